"""Generated queries for ./dev drill opensearch: those whose score, or whose rules, Lucene alone has no oracle for."""

from peer_shop import KEYWORDS, NUMBERS, SELLERS, TEXTS

MINIMUMS = ("1", "2", 2, 3, "-1", "-2", -1, "50%", "75%", "-25%", "-50%", "100%", "0%", "2<75%", "2<-25% 4<-2", "3<90%", "1<2 3<-25%", "5", "-9", "150%")
ZONES = ("UTC", "Asia/Shanghai", "America/New_York", "Europe/Berlin", "+05:30", "-03:00", "Australia/Lord_Howe")


class Queries:
    def __init__(self, random, shop):
        self.random = random
        self.shop = shop

    def some(self, **options):
        """About half of the keys, each with one of its values."""
        return {key: self.random.choice(values) for key, values in options.items() if self.random.random() < 0.5}

    def any(self, depth=2):
        """Any query."""
        kinds = [self.match, self.match, self.multi_match, self.term, self.range, self.phrase]
        if depth > 0:
            kinds += [self.boolean, self.boolean, self.dis_max, self.function_score, self.nested, self.query_string, self.boosting, self.constant_score]
        make = self.random.choice(kinds)
        return make(depth - 1) if make in (self.boolean, self.dis_max, self.function_score, self.boosting, self.constant_score) else make()

    # ---- leaves

    def match(self):
        field = self.random.choice(TEXTS)
        body = {"query": self.random.choice((self.shop.text, self.shop.words))(5), **self.some(operator=("and", "or"), boost=(0.5, 2, 3.25))}
        if self.random.random() < 0.4:
            body["minimum_should_match"] = self.random.choice(MINIMUMS)
        if self.random.random() < 0.15:
            body.update(fuzziness=self.random.choice(("AUTO", 1, 2)), **self.some(prefix_length=(0, 1), max_expansions=(50,)))
        return {"match": {field: body}}

    def phrase(self):
        field = self.random.choice(TEXTS)
        kind = self.random.choice(("match_phrase", "match_phrase", "match_phrase_prefix", "match_bool_prefix"))
        body = {"query": self.shop.text(4, field), **self.some(boost=(2,))}
        if kind == "match_phrase":
            body.update(self.some(slop=(0, 1, 2, 3)))
        return {kind: {field: body}}

    def fields(self):
        count = self.random.randint(2, 4)
        fields = self.random.sample(("name", "name_en", "description", "subtitle", "brand"), count)
        return [field + self.random.choice(("", "", "^2", "^0.5", "^3")) for field in fields]

    def multi_match(self):
        kind = self.random.choice(("best_fields", "most_fields", "cross_fields", "cross_fields", "phrase", "phrase_prefix", "bool_prefix"))
        fields = [field for field in self.fields() if kind != "phrase_prefix" or not field.startswith("brand")] or ["name"]
        body = {"query": self.random.choice((self.shop.text, self.shop.words))(4), "type": kind, "fields": fields,
                **self.some(boost=(0.7, 2), tie_breaker=(0, 0.3, 1.0))}
        if "phrase" not in kind:
            body.update(self.some(operator=("and", "or")))
            if self.random.random() < 0.4:
                body["minimum_should_match"] = self.random.choice(MINIMUMS)
        elif kind == "phrase":
            body.update(self.some(slop=(1, 2)))
        if kind in ("best_fields", "most_fields") and self.random.random() < 0.1:
            body["fuzziness"] = self.random.choice(("AUTO", 1))
        return {"multi_match": body}

    def term(self):
        kind = self.random.choice(("term", "terms", "exists", "prefix", "wildcard", "ids"))
        field = self.random.choice((*KEYWORDS, "stock", "on_sale", "rating"))
        if field == "on_sale" and kind in ("term", "terms"):
            field = "brand"  # scores of booleans are known to differ
        if kind == "term":
            return {"term": {field: {"value": self.shop.value(field), **self.some(boost=(2, 0.5))}}}
        if kind == "terms":
            return {"terms": {field: [self.shop.value(field) for _ in range(self.random.randint(1, 4))], **self.some(boost=(2, 0.5))}}
        if kind == "exists":
            return {"exists": {"field": self.random.choice((*KEYWORDS, *NUMBERS, "created", "place", "address", "description", "offers"))}}
        if kind == "ids":
            return {"ids": {"values": [str(self.random.randrange(len(self.shop.rows))) for _ in range(5)]}}
        text = str(self.shop.value(self.random.choice(KEYWORDS)))
        field = self.random.choice(KEYWORDS)
        if kind == "prefix":
            return {"prefix": {field: {"value": text[:self.random.randint(1, 2)]}}}
        return {"wildcard": {field: {"value": self.random.choice((f"*{text[-1]}", f"{text[0]}*", f"?{text[1:]}", f"*{text[:1]}*"))}}}

    def range(self):
        field = self.random.choice((*NUMBERS, "created", "updated", "address", "brand"))
        low, high = self.shop.value(field), self.shop.value(field)
        if isinstance(low, (int, float)) or field == "brand":
            low, high = min(low, high), max(low, high)
        bounds = self.random.choice(({"gte": low, "lt": high}, {"gt": low}, {"lte": high}, {"gte": low, "lte": high}))
        if field == "created" and self.random.random() < 0.5:
            bounds = self.random.choice(({"gte": "2025-03-01||/M", "lt": "2025-03-01||+2M/d"}, {"gte": "2025-10-26", "lte": "2025-10-26"}, {"gt": "2025-06"}))
            bounds = {**bounds, **self.some(time_zone=ZONES)}
        return {"range": {field: {**bounds, **self.some(boost=(2,))}}}

    # ---- compounds

    def boolean(self, depth=1):
        clauses = {}
        for occur, chance, most in (("must", 0.5, 2), ("should", 0.7, 4), ("filter", 0.3, 2), ("must_not", 0.2, 1)):
            if self.random.random() < chance:
                clauses[occur] = [self.any(depth) for _ in range(self.random.randint(1, most))]
        if self.random.random() < 0.4:
            clauses["minimum_should_match"] = self.random.choice(MINIMUMS)
        return {"bool": {**clauses, **self.some(boost=(2,))}}

    def dis_max(self, depth=1):
        return {"dis_max": {"queries": [self.any(depth) for _ in range(self.random.randint(1, 4))], **self.some(tie_breaker=(0, 0.2, 0.7, 1.0), boost=(2,))}}

    def boosting(self, depth=1):
        return {"boosting": {"positive": self.any(depth), "negative": self.any(depth), "negative_boost": self.random.choice((0.2, 0.5, 1))}}

    def constant_score(self, depth=1):
        return {"constant_score": {"filter": self.any(depth), **self.some(boost=(1.7,))}}

    def nested(self):
        inner = self.random.choice((
            {"term": {"offers.seller": self.random.choice(SELLERS)}},
            {"match": {"offers.note": self.shop.text(3, "description")}},
            {"bool": {"must": [{"match": {"offers.note": "the box"}}], "filter": [{"range": {"offers.price": {"lt": self.random.randint(1, 400)}}}]}},
            {"function_score": {"query": {"match_all": {}}, "field_value_factor": {"field": "offers.price", "missing": 1}}}))
        return {"nested": {"path": "offers", "query": inner, **self.some(score_mode=("avg", "sum", "min", "max", "none"), boost=(2,))}}

    # ---- functions

    def function(self):
        function = self.random.choice((self.factor, self.decay, self.weight))()
        if self.random.random() < 0.5:
            function["filter"] = self.random.choice((self.term, self.range, self.match))()
        return function

    def weight(self):
        return {"weight": self.random.choice((0.5, 2, 3.7))}

    def factor(self):
        field = self.random.choice(("price", "stock", "rating", "weight", "sizes"))
        factor = {"field": field, "missing": 1, **self.some(factor=(0.5, 1.3, 2))}
        if field in ("rating", "weight", "price"):
            factor.update(self.some(modifier=("none", "log1p", "log2p", "ln1p", "ln2p", "square", "sqrt", "reciprocal")))
        else:
            factor.update(self.some(modifier=("none", "log1p", "log2p", "ln1p", "ln2p", "square", "sqrt")))
        return {"field_value_factor": factor, **self.some(weight=(2,))}

    def decay(self):
        shape = self.random.choice(("gauss", "exp", "linear"))
        field = self.random.choice(("weight", "created", "place", "sizes"))
        if field == "weight":
            origin = {"origin": self.shop.value(field), "scale": self.random.choice((10, 5.5)), **self.some(offset=(2,))}
        elif field == "sizes":
            origin = {"origin": 40, "scale": 2}
        elif field == "created":
            origin = {"origin": self.random.choice(("2025-06-01", "2025-01-15T10:00:00Z")), "scale": self.random.choice(("30d", "12h", "100d")), **self.some(offset=("1d", "6h"))}
        else:
            origin = {"origin": self.shop.value(field), "scale": self.random.choice(("30km", "500km")), **self.some(offset=("1km", "100m"))}
        body = {field: {**origin, **self.some(decay=(0.3, 0.9))}}
        if field == "sizes":
            body.update(self.some(multi_value_mode=("min", "max", "avg", "sum")))
        return {shape: body, **self.some(weight=(1.5,))}

    def function_score(self, depth=1):
        body = {"query": self.any(depth)} if self.random.random() < 0.8 else {}
        if self.random.random() < 0.7:
            body["functions"] = [self.function() for _ in range(self.random.randint(1, 4))]
            body.update(self.some(score_mode=("multiply", "sum", "avg", "first", "max", "min")))
        else:
            function = self.random.choice((self.factor, self.decay, self.weight))()
            body.update({key: value for key, value in function.items() if key != "weight" or len(function) == 1})
        body.update(self.some(boost_mode=("multiply", "replace", "sum", "avg", "max", "min"), boost=(2,)))
        body.update({key: value for key, value in self.some(max_boost=(3, 100), min_score=(0.5, 1)).items() if self.random.random() < 0.3})
        return {"function_score": body}

    # ---- the query language

    def query_string(self):
        parts = []
        for _ in range(self.random.randint(1, 4)):
            parts.append(self.random.choice(("", "", "", "+", "-", "NOT ", "AND ", "OR ")) + self.query_string_part())
        text = " ".join(parts)
        for operator in ("AND ", "OR "):
            text = text.removeprefix(operator)
        body = {"query": text, **self.some(default_operator=("AND", "OR"), lenient=(True,))}
        if self.random.random() < 0.5:
            body["default_field"] = self.random.choice(TEXTS)
        else:
            body.update(fields=self.fields(), **self.some(type=("best_fields", "most_fields", "cross_fields"), tie_breaker=(0.3,)))
        if self.random.random() < 0.3:
            body["minimum_should_match"] = self.random.choice(MINIMUMS)
        return {"query_string": body}

    def query_string_part(self):
        word = "".join(each for each in self.shop.text(1) if each.isalnum()) or "x"
        brand, low = self.shop.value("brand"), self.random.randint(1, 100)
        return self.random.choice((
            word, word, word, f'"{self.plain(self.shop.text(3))}"', f'"{self.plain(self.shop.text(3))}"~2', f"{word}^2", f"name:{word}", f"brand:{brand}", f"{word[:2]}*",
            f"price:[{low} TO {low * 3}]", f"stock:>{low}", f"stock:<={low}", f"({word} {self.plain(self.shop.text(1))})^1.5", f"({word} AND name:{word})",
            f"_exists_:{self.random.choice(NUMBERS)}", f"{word}~1", f"tags:({word} OR wireless)", f"rating:[* TO {low % 5}]", "created:[2025-01-01 TO 2025-06-30}"))

    @staticmethod
    def plain(text):
        return "".join(each if each.isalnum() or each == " " else " " for each in text).strip() or "x"
