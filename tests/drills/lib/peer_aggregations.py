"""Generated aggregations for ./dev drill opensearch: all kinds that both engines have, one within the other."""

from peer_queries import ZONES
from peer_shop import DATES, KEYWORDS, NUMBERS, SELLERS

CALENDARS = ("minute", "hour", "day", "1d", "week", "month", "1M", "quarter", "year")
FIXED = ("12h", "1d", "7d", "30d", "90m", "36h")
METRICS = ("min", "max", "avg", "sum", "value_count", "stats", "extended_stats", "cardinality")


class Aggregations:
    def __init__(self, random, shop, queries):
        self.random = random
        self.shop = shop
        self.queries = queries
        self.some = queries.some

    def tree(self, depth=2):
        """{"a": ..., "b": ...}: one to three, with others below."""
        return {name: self.any(depth) for name in "abc"[:self.random.choice((1, 1, 2, 3))]}

    def any(self, depth):
        if depth == 0 or self.random.random() < 0.2:
            return self.random.choice((self.metric, self.metric, self.metric, self.percentiles, self.weighted_avg, self.top_hits))()
        make = self.random.choice((
            self.terms, self.terms, self.terms, self.number_terms, self.histogram, self.date_histogram, self.date_histogram, self.range, self.date_range,
            self.ip_range, self.geo_distance, self.filter, self.filters, self.adjacency, self.missing, self.composite, self.significant, self.rare, self.nested, self.global_))
        return make(depth)

    def below(self, body, depth, parent="other"):
        """The body with sub-aggregations; of histograms with pipelines beside them."""
        below = body.pop("aggs", {})
        if self.random.random() < 0.6 and depth > 1:
            below.update(self.tree(depth - 1))
        if parent == "histogram" and self.random.random() < 0.5:
            below.update(self.sequence())
        elif parent in ("histogram", "terms") and self.random.random() < 0.25:
            below.update(self.selection())
        if below:
            body["aggs"] = below
        return body

    # ---- metrics

    def metric(self):
        kind = self.random.choice(METRICS)
        if kind in ("cardinality", "value_count"):
            return {kind: {"field": self.random.choice((*KEYWORDS, *NUMBERS, "sku", "address", "created"))}}
        body = {"field": self.random.choice((*NUMBERS, "created", "on_sale"))}
        if body["field"] != "on_sale" and self.random.random() < 0.2:
            body["missing"] = self.random.choice((0, 7))
        if kind == "extended_stats":
            body.update(self.some(sigma=(1, 3)))
        return {kind: body}

    def percentiles(self):
        field = self.random.choice(NUMBERS)
        if self.random.random() < 0.5:
            return {"percentiles": {"field": field, **self.some(percents=([50], [1, 99.9], [25, 50, 75]), keyed=(False,))}}
        return {"percentile_ranks": {"field": field, "values": sorted({self.shop.value(field) for _ in range(2)}), **self.some(keyed=(False,))}}

    def weighted_avg(self):
        return {"weighted_avg": {"value": {"field": "rating", **self.some(missing=(3,))}, "weight": {"field": self.random.choice(("stock", "price")), **self.some(missing=(1,))}}}

    def top_hits(self):
        return {"top_hits": {"size": self.random.randint(1, 4), "sort": [{self.random.choice(("weight", "created", "brand")): self.random.choice(("asc", "desc"))}, {"sku": "asc"}],
                             "_source": self.random.choice((False, ["name", "price"], "offers"))}}

    # ---- by value

    def order(self):
        """(order, the metric that it goes by)."""
        kind = self.random.choice(("count", "key", "metric", "both", "stats"))
        way = self.random.choice(("asc", "desc"))
        if kind in ("count", "key"):
            return {f"_{kind}": way}, {}
        if kind == "both":
            return [{"_count": way}, {"_key": self.random.choice(("asc", "desc"))}], {}
        if kind == "metric":
            return {"m": way}, {"m": {self.random.choice(("min", "max", "sum", "avg", "value_count")): {"field": self.random.choice(NUMBERS)}}}
        return {f"m.{self.random.choice(('min', 'max', 'avg', 'sum', 'count'))}": way}, {"m": {"stats": {"field": self.random.choice(NUMBERS)}}}

    def terms(self, depth):
        field = self.random.choice((*KEYWORDS, "name.raw", "address"))
        body = {"field": field, "size": self.random.choice((3, 10, 10, 50, 1000)), "shard_size": 10000}
        body.update({key: value for key, value in self.some(min_doc_count=(0, 1, 2, 5), missing=("none",)).items() if field != "address" or key != "missing"})
        below = {}
        if self.random.random() < 0.5:
            body["order"], below = self.order()
        if field != "address" and self.random.random() < 0.3:
            body.update(self.random.choice((
                {"include": self.shop.value(field)[:1] + ".*"}, {"exclude": ".*" + self.shop.value(field)[-1]}, {"include": ".*[a-m]", "exclude": "[a-f].*"},
                {"include": [self.shop.value(field), self.shop.value(field)]}, {"exclude": [self.shop.value(field)]})))
        return self.below({"terms": body, "aggs": below}, depth, "terms")

    def number_terms(self, depth):
        field = self.random.choice(("stock", "rating", "sizes", "on_sale", "price", "created"))
        body = {"field": field, "size": self.random.choice((3, 10, 1000)), "shard_size": 10000, **self.some(min_doc_count=(1, 2))}
        below = {}
        if field in ("stock", "sizes", "rating") and self.random.random() < 0.4:
            body.update(self.random.choice(({"missing": 3}, {"include": [2, 5, 40]}, {"exclude": [0, 41]})))
        if self.random.random() < 0.5:
            body["order"], below = self.order()
        return self.below({"terms": body, "aggs": below}, depth, "terms")

    def significant(self, depth):
        heuristic = self.random.choice(({}, {}, {"chi_square": {}}, {"gnd": {}}, {"mutual_information": {"include_negatives": True}}, {"percentage": {}}))
        return self.below({"significant_terms": {"field": self.random.choice(KEYWORDS), "background_filter": {"exists": {"field": "sku"}}, "shard_size": 10000, **heuristic, **self.some(min_doc_count=(1, 3), size=(5,))}}, 0)

    def rare(self, depth):
        return self.below({"rare_terms": {"field": self.random.choice((*KEYWORDS, "stock")), **self.some(max_doc_count=(1, 5, 20))}}, depth)

    def composite(self, depth):
        sources, kinds = [], self.random.sample(("brand", "category", "stock", "price", "created"), self.random.randint(1, 3))
        for field in kinds:
            order = self.some(order=("asc", "desc"))
            if field == "price":
                source = {"histogram": {"field": field, "interval": 50, **order}}
            elif field == "created":
                source = {"date_histogram": {"field": field, "calendar_interval": self.random.choice(("month", "day")), **order, **self.some(time_zone=ZONES, format=("yyyy-MM-dd",))}}
            else:
                source = {"terms": {"field": field, **order, **self.some(missing_bucket=(True,))}}
            sources.append({field: source})
        return self.below({"composite": {"sources": sources, "size": self.random.choice((3, 10, 100))}}, depth)

    # ---- by interval

    def bounded(self, body, bounds):
        if self.random.random() < 0.25:
            body[self.random.choice(("extended_bounds", "hard_bounds"))] = bounds
            body.pop("keyed", None)
        return body

    def histogram(self, depth):
        field, interval = self.random.choice((("price", 50), ("price", 12.5), ("rating", 0.5), ("stock", 25), ("sizes", 3), ("weight", 4)))
        body = {"field": field, "interval": interval, **self.some(min_doc_count=(0, 1, 3), offset=(1, 0.25), keyed=(True,))}
        if self.random.random() < 0.2:
            body["missing"] = 5
        body = self.bounded(body, {"min": 0, "max": interval * 30})
        return self.below({"histogram": self.ordered(body)}, depth, "histogram")

    def ordered(self, body):
        if self.random.random() < 0.2:
            body["order"] = {self.random.choice(("_key", "_count")): self.random.choice(("asc", "desc"))}
        return body

    def date_histogram(self, depth):
        field = self.random.choice(DATES)
        body = {"field": field}
        if self.random.random() < 0.6:
            body["calendar_interval"] = self.random.choice(CALENDARS)
        else:
            body["fixed_interval"] = self.random.choice(FIXED)
        body.update(self.some(time_zone=ZONES, min_doc_count=(0, 1, 2), format=("yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ssXXX", "epoch_millis"), keyed=(True,)))
        if body.get("calendar_interval") in ("minute", "hour") or body.get("fixed_interval") == "90m":
            body["min_doc_count"] = 1
        if self.random.random() < 0.2:
            body["offset"] = self.random.choice(("+6h", "-3h", "1d"))
        if self.random.random() < 0.15 and "format" not in body:
            body["missing"] = "2025-05-05T00:00:00Z" if field == "created" else "2025-05-05 00:00:00"
        if body.get("min_doc_count") == 0 and body.get("format", "yyyy-MM-dd") == "yyyy-MM-dd" and "format" in body:
            body = self.bounded(body, {"min": "2024-12-01", "max": "2025-12-24"})
        return self.below({"date_histogram": self.ordered(body)}, depth, "histogram")

    def range(self, depth):
        field = self.random.choice(NUMBERS)
        low, high = sorted((self.shop.value(field), self.shop.value(field)))
        ranges = [{"to": low}, {"from": low, "to": high}, {"from": high, "key": "dear"}, {"from": low}][self.random.randint(0, 2):]
        return self.below({"range": {"field": field, "ranges": ranges, **self.some(keyed=(True,))}}, depth)

    def date_range(self, depth):
        ranges = [{"to": "2025-01-01"}, {"from": "2025-01-01", "to": "2025-06-01||/M"}, {"from": "2025-03-30||+1d/d", "key": "late"}]
        return self.below({"date_range": {"field": "created", "ranges": ranges, **self.some(time_zone=ZONES, format=("yyyy-MM-dd",), keyed=(True,), missing=("2025-02-02",))}}, depth)

    def ip_range(self, depth):
        return self.below({"ip_range": {"field": "address", "ranges": [{"to": "10.1.0.0"}, {"from": "10.1.0.0", "to": "10.2.5.7"}, {"mask": "10.2.0.0/16"}, {"from": "2001:db8::"}],
                                        **self.some(keyed=(True,))}}, depth)

    def geo_distance(self, depth):
        return self.below({"geo_distance": {"field": "place", "origin": self.shop.value("place"), "unit": "km", "ranges": [{"to": 50}, {"from": 50, "to": 700}, {"from": 700}],
                                            **self.some(keyed=(True,), distance_type=("plane", "arc"))}}, depth)

    # ---- by query

    def filter(self, depth):
        return self.below({"filter": self.queries.any(1)}, depth)

    def filters(self, depth):
        if self.random.random() < 0.5:
            filters = {name: self.queries.any(0) for name in ("first", "second")}
        else:
            filters = [self.queries.any(0) for _ in range(3)]
        return self.below({"filters": {"filters": filters, **self.some(other_bucket=(True,))}}, depth)

    def adjacency(self, depth):
        return self.below({"adjacency_matrix": {"filters": {name: self.queries.any(0) for name in ("x", "y", "z")}, **self.some(separator=("|",))}}, depth)

    def missing(self, depth):
        return self.below({"missing": {"field": self.random.choice((*KEYWORDS, *NUMBERS, "created", "place"))}}, depth)

    def global_(self, depth):
        return self.terms(depth)  # only at the top: see peer_requests

    def nested(self, depth):
        inner = self.random.choice((
            {"terms": {"field": "offers.seller"}, "aggs": {"p": {"avg": {"field": "offers.price"}}, "back": {"reverse_nested": {}, "aggs": {"b": {"terms": {"field": "brand"}}}}}},
            {"histogram": {"field": "offers.price", "interval": 100}, "aggs": {"back": {"reverse_nested": {}, "aggs": {"r": {"avg": {"field": "rating"}}}}}},
            {"filter": {"term": {"offers.seller": self.random.choice(SELLERS)}}, "aggs": {"s": {"stats": {"field": "offers.price"}}}},
            {"date_histogram": {"field": "offers.since", "calendar_interval": "quarter"}}))
        return {"nested": {"path": "offers"}, "aggs": {"in": inner}}

    # ---- of others

    def sequence(self):
        """A metric of each bucket, and what goes from bucket to bucket."""
        pipelines = {
            "sum_up": {"cumulative_sum": {"buckets_path": "m"}}, "change": {"derivative": {"buckets_path": "m", **self.some(gap_policy=("skip", "insert_zeros"))}},
            "count_change": {"derivative": {"buckets_path": "_count"}}, "diff": {"serial_diff": {"buckets_path": "m", "lag": 2}},
            "move": {"moving_fn": {"buckets_path": "m", "window": 3, "script": self.random.choice((
                "MovingFunctions.unweightedAvg(values)", "MovingFunctions.max(values)", "MovingFunctions.sum(values)", "MovingFunctions.linearWeightedAvg(values)",
                "MovingFunctions.ewma(values, 0.3)")), **self.some(shift=(0, 1))}},
            "twice": {"bucket_script": {"buckets_path": {"a": "m", "c": "_count"}, "script": "params.a * 2 + params.c", **self.some(gap_policy=("skip", "insert_zeros"))}}}
        chosen = self.random.sample(sorted(pipelines), 2)
        return {"m": {self.random.choice(("sum", "avg", "max")): {"field": self.random.choice(("stock", "rating", "price"))}}, **{name: pipelines[name] for name in chosen}}

    def selection(self):
        pipeline = self.random.choice((
            {"bucket_selector": {"buckets_path": {"n": "_count"}, "script": "params.n > 3"}},
            {"bucket_sort": {"sort": [{"_count": {"order": "desc"}}, {"_key": {"order": "asc"}}], **self.some(size=(3,), **{"from": (1,)})}}))
        return {"pick": pipeline}

    def siblings(self):
        """Buckets, and pipelines over them beside them."""
        kinds = ("avg_bucket", "max_bucket", "min_bucket", "sum_bucket", "stats_bucket", "extended_stats_bucket", "percentiles_bucket")
        buckets = self.random.choice((self.terms, self.histogram, self.date_histogram))(1)
        buckets.setdefault("aggs", {})["v"] = {self.random.choice(("sum", "avg", "max")): {"field": self.random.choice(("stock", "rating", "price"))}}
        next(iter(buckets.values())).pop("keyed", None)
        return {"b": buckets, **{f"p{at}": {kind: {"buckets_path": self.random.choice(("b>v", "b._count")), **self.some(gap_policy=("skip", "insert_zeros"))}}
                                 for at, kind in enumerate(self.random.sample(kinds, 2))}}
