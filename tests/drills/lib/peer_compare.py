"""How two answers to one search differ: [(path, ours, theirs)].

Scores may differ by 1e-6 of their size, other numbers with a fraction by 1e-9 (sums of many in another order). Hits are compared in their order; those whose sort
keys are equal, or without a sort whose scores are, as sets, of which the first and the last one may have been cut anywhere. All else has to be equal.
"""

SCORE_TOLERANCE = 1e-6
NUMBER_TOLERANCE = 1e-9
# What tells of the machine, or of the request's own run.
OURS_ALONE = {"took", "_shards", "timed_out", "_index", "_node", "_shard", "_nested_index"}


def close(ours, theirs, tolerance):
    return ours == theirs or abs(ours - theirs) <= tolerance * max(abs(ours), abs(theirs))


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class Comparison:
    def __init__(self, body):
        self.found = []
        self.cut_above = bool(body.get("from"))  # hits of the first page's rank may stand on the page before

    def differs(self, path, ours, theirs):
        self.found.append((path, ours, theirs))

    def answers(self, ours, theirs):
        """Of two (status, answer)."""
        if ours[0] != theirs[0]:
            self.differs("status", self.reason(ours), self.reason(theirs))
        elif ours[0] == 200:
            self.values("", ours[1], theirs[1])
        return self.found

    @staticmethod
    def reason(answer):
        status, body = answer
        if status == 200 or not isinstance(body, dict) or not isinstance(body.get("error"), dict):
            return status
        error = body["error"]
        cause = (error.get("root_cause") or [error])[0]
        return f"{status} {cause.get('type')}: {cause.get('reason')}"

    def values(self, path, ours, theirs):
        if is_number(ours) and is_number(theirs):
            score = path.endswith(("score", "_explanation.value")) or (".sort[" in path and isinstance(ours, float))
            if not close(ours, theirs, SCORE_TOLERANCE if score else NUMBER_TOLERANCE):
                self.differs(path, ours, theirs)
        elif isinstance(ours, dict) and isinstance(theirs, dict):
            self.objects(path, ours, theirs)
        elif isinstance(ours, list) and isinstance(theirs, list):
            self.lists(path, ours, theirs)
        elif ours != theirs:
            self.differs(path, ours, theirs)

    def objects(self, path, ours, theirs):
        if isinstance(ours.get("hits"), list) and isinstance(theirs.get("hits"), list):
            self.hits(f"{path}.hits", ours["hits"], theirs["hits"])
        for key in {**ours, **theirs}:
            here = f"{path}.{key}"
            if key in OURS_ALONE or (key == "hits" and isinstance(ours.get(key), list)):
                continue
            if key == "_explanation":
                self.values(f"{here}.value", (ours.get(key) or {}).get("value"), (theirs.get(key) or {}).get("value"))
            elif key not in ours:
                self.differs(here, "absent", theirs[key])
            elif key not in theirs:
                self.differs(here, ours[key], "absent")
            else:
                self.values(here, ours[key], theirs[key])

    def lists(self, path, ours, theirs):
        if all(isinstance(each, str) for each in (*ours, *theirs)):  # fragments, values of a field
            if ours != theirs:
                self.differs(path, ours, theirs)
            return
        if path.endswith(".buckets") and all(isinstance(each, dict) and "score" in each for each in (*ours, *theirs)):
            self.significant(path, ours, theirs)
            return
        if len(ours) != len(theirs):
            self.differs(f"{path}.length", len(ours), len(theirs))
        for at, (one, other) in enumerate(zip(ours, theirs)):
            before = len(self.found)
            self.values(f"{path}[{at}]", one, other)
            if len(self.found) > before + 3:
                return  # what follows is told by this

    def significant(self, path, ours, theirs):
        """Buckets of equal scores come in any order, and the last ones of them are cut anywhere."""
        last = theirs[-1]["score"] if theirs else 0
        by_key = {each["key"]: each for each in theirs}
        if [round(each["score"], 9) for each in ours] != [round(each["score"], 9) for each in theirs]:
            self.differs(path, ours, theirs)
            return
        for each in ours:
            if each["key"] in by_key:
                self.values(f"{path}[{each['key']}]", each, by_key[each["key"]])
            elif not close(each["score"], last, NUMBER_TOLERANCE):
                self.differs(path, each, "absent")

    # ---- hits

    def hits(self, path, ours, theirs):
        if len(ours) != len(theirs):
            self.differs(f"{path}.length", len(ours), len(theirs))
            return
        before = len(self.found)
        start = 0
        while start < len(theirs) and len(self.found) == before:
            end = start + 1
            while end < len(theirs) and self.tied(theirs[start], theirs[end]):
                end += 1
            self.group(f"{path}[{start}]", ours[start:end], theirs[start:end], end == len(theirs) or (start == 0 and self.cut_above))
            start = end

    @staticmethod
    def tied(one, other):
        if "sort" in one:
            return one["sort"] == other["sort"]
        return one.get("_score") is not None and close(one["_score"], other["_score"], SCORE_TOLERANCE)

    @staticmethod
    def identity(hit):
        return hit.get("_id"), str(hit.get("_nested"))

    def group(self, path, ours, theirs, cut):
        """Hits of one rank; `cut`: not all of them."""
        by_identity = {self.identity(hit): hit for hit in theirs}
        for at, hit in enumerate(ours):
            twin = by_identity.pop(self.identity(hit), None)
            if twin is None and not cut:
                self.differs(f"{path}.order", [self.identity(each)[0] for each in ours][:5], [self.identity(each)[0] for each in theirs][:5])
                return
            if twin is not None:
                self.objects(path, hit, twin)
            else:  # another one of an equal rank
                for key in ("_score", "sort"):
                    self.values(f"{path}.{key}", hit.get(key), theirs[at].get(key))
