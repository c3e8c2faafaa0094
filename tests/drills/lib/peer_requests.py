"""Generated search requests for ./dev drill opensearch: a query, and what is done with its hits."""

from peer_aggregations import Aggregations
from peer_queries import Queries
from peer_shop import KEYWORDS, NUMBERS, TEXTS

KINDS = ("query", "query", "minimum_should_match", "multi_match", "function_score", "query_string", "nested", "aggregations", "aggregations", "aggregations",
         "pipelines", "highlight", "highlight", "collapse", "sort", "search_after", "rescore", "fields")


class Requests:
    """make() gives (kind, body)."""

    def __init__(self, random, shop):
        self.random = random
        self.shop = shop
        self.queries = Queries(random, shop)
        self.buckets = Aggregations(random, shop, self.queries)
        self.some = self.queries.some

    def make(self):
        kind = self.random.choice(KINDS)
        body = getattr(self, kind)()
        body.setdefault("_source", False)
        body.setdefault("track_total_hits", True)
        return kind, body

    def page(self):
        return {"size": self.random.choice((1, 10, 10, 30, 100)), **({"from": self.random.choice((1, 10))} if self.random.random() < 0.2 else {})}

    def query(self):
        return {"query": self.queries.any(2), **self.page()}

    def minimum_should_match(self):
        minimum = self.random.choice(("1", 2, 3, "-1", -2, "50%", "-30%", "2<75%", "2<-25% 4<-2", "1<2 3<-25%", "0", 0, "100%", "-100%", "7"))
        if self.random.random() < 0.5:
            clauses = [self.queries.any(0) for _ in range(self.random.randint(1, 6))]
            query = {"bool": {"should": clauses, "minimum_should_match": minimum, **self.some(filter=([self.queries.range()],))}}
        else:
            query = {"match": {self.random.choice(TEXTS): {"query": self.shop.words(6), "minimum_should_match": minimum, **self.some(operator=("and", "or"))}}}
        return {"query": query, **self.page()}

    def multi_match(self):
        return {"query": self.queries.multi_match(), **self.page()}

    def function_score(self):
        return {"query": self.queries.function_score(1), **self.page(), **({"min_score": 0.7} if self.random.random() < 0.1 else {})}

    def query_string(self):
        return {"query": self.queries.query_string(), **self.page()}

    def nested(self):
        query = self.queries.nested()
        query["nested"]["inner_hits"] = {"size": self.random.randint(1, 5), "_source": False, **self.some(sort=([{"offers.price": "asc"}],))}
        if self.random.random() < 0.4:
            query = {"bool": {"must": [query, self.queries.match()]}}
        return {"query": query, **self.page()}

    def aggregations(self):
        body = {"size": 0, "aggs": self.buckets.tree(self.random.choice((1, 2, 2, 3)))}
        if self.random.random() < 0.2:
            body["aggs"]["all"] = {"global": {}, "aggs": self.buckets.tree(1)}
        if self.random.random() < 0.6:
            body["query"] = self.queries.any(1)
        return body

    def pipelines(self):
        return {"size": 0, "aggs": self.buckets.siblings(), **({"query": self.queries.any(1)} if self.random.random() < 0.4 else {})}

    # ---- hits

    def highlight(self):
        field = self.random.choice(TEXTS)
        query = self.random.choice((
            lambda: {"match": {field: self.shop.text(5, field)}}, lambda: {"match_phrase": {field: {"query": self.shop.text(3, field), "slop": self.random.choice((0, 2))}}},
            lambda: {"multi_match": {"query": self.shop.words(3), "fields": ["name", "name_en", "description"]}}, self.queries.query_string,
            lambda: {"bool": {"should": [self.queries.match() for _ in range(3)], "must_not": [self.queries.match()]}},
            lambda: {"prefix": {field: {"value": self.queries.plain(self.shop.text(1)).lower()[:2]}}}, lambda: {"match_phrase_prefix": {field: self.shop.text(2, field)}}))()
        options = {"type": "unified", **self.some(fragment_size=(20, 50, 100, 0), number_of_fragments=(0, 1, 3, 5), order=("score", "none"), no_match_size=(0, 30), boundary_scanner=("sentence", "word"),
                                                  require_field_match=(True, False), encoder=("html", "default"), tags_schema=("styled",))}
        options["fields"] = {name: self.some(number_of_fragments=(0, 2), fragment_size=(30,)) for name in self.random.choice(((field,), ("name", "name_en", "description"), ("*",)))}
        return {"query": query, "highlight": options, "size": self.random.choice((5, 20))}

    def collapse(self):
        collapse = {"field": self.random.choice(("brand", "category", "stock"))}
        if self.random.random() < 0.5:
            collapse["inner_hits"] = {"name": "best", "size": self.random.randint(1, 3), "sort": [{"weight": "asc"}, {"sku": "asc"}], "_source": False}
        sorts = self.sorts() if self.random.random() < 0.5 else [{"_score": "desc"}, {"sku": "asc"}]
        return {"query": self.queries.match(), "collapse": collapse, "sort": sorts, **self.page()}

    def sorts(self):
        sorts = []
        for _ in range(self.random.randint(1, 2)):
            field = self.random.choice((*KEYWORDS, *NUMBERS[1:], "created", "updated", "on_sale", "_score", "place", "address", "offers.price"))
            order = {"order": self.random.choice(("asc", "desc"))}
            if field == "_score":
                sorts.append({"_score": order})
            elif field == "place":
                sorts.append({"_geo_distance": {"place": self.shop.value("place"), "unit": self.random.choice(("km", "m")), **order}})
            elif field == "offers.price":
                sorts.append({field: {**order, "nested": {"path": "offers", **self.some(filter=({"term": {"offers.seller": "bob"}},))}, **self.some(mode=("min", "max", "avg", "sum"))}})
            else:
                order.update(self.some(missing=("_first", "_last")))
                if field in ("sizes", "tags"):
                    order.update(self.some(mode=("min", "max", *(("sum", "avg", "median") if field == "sizes" else ()))))
                sorts.append({field: order})
        return sorts + [{"sku": "asc"}]

    def sort(self):
        return {"query": self.queries.any(1), "sort": self.sorts(), **self.page(), **self.some(track_scores=(True,)), **({"post_filter": self.queries.term()} if self.random.random() < 0.2 else {})}

    def search_after(self):
        after = [self.random.choice(({"weight": "asc"}, {"weight": "desc"}, {"brand": "asc"}, {"stock": "desc"}, {"rating": "asc"}, {"created": "desc"})), {"sku": "asc"}]
        field = next(iter(after[0]))
        value = self.shop.value(field)
        return {"query": self.queries.match() if self.random.random() < 0.6 else {"match_all": {}}, "sort": after, "search_after": [value, self.shop.value("sku")], **self.some(size=(3, 20))}

    def rescore(self):
        rescorer = {"window_size": self.random.choice((5, 20, 100)), "query": {"rescore_query": self.queries.any(1), **self.some(
            query_weight=(0.5, 2), rescore_query_weight=(0.3, 4), score_mode=("total", "multiply", "avg", "max", "min"))}}
        return {"query": self.queries.match(), "rescore": rescorer, "size": self.random.choice((5, 10, 20))}

    def fields(self):
        return {"query": self.queries.match(), "size": 5, "_source": self.random.choice((False, True, ["name*", "price"], {"excludes": ["offers", "d*"]})),
                "docvalue_fields": ["stock", {"field": "created", "format": self.random.choice(("epoch_millis", "yyyy-MM-dd"))}, "brand", "tags", "on_sale", "rating", "sizes", "address"],
                "fields": ["name", "price", "cat*", {"field": "updated", "format": "yyyy-MM-dd"}, "offers.seller" if self.random.random() < 0.1 else "weight"],
                "explain": self.random.random() < 0.5}
