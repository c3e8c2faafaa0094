"""Makes a request smaller for as long as it still shows a difference."""

import copy


# Left in, since without them OpenSearch is known to answer otherwise.
KEPT = ("shard_size", "background_filter")


def places(value, path=()):
    """Paths of all that may be left out, the largest first."""
    if isinstance(value, dict):
        for key, child in value.items():
            if key in KEPT:
                continue
            yield path + (key,)
            yield from places(child, path + (key,))
    elif isinstance(value, list):
        for at, child in enumerate(value):
            yield path + (at,)
            yield from places(child, path + (at,))


def without(body, path):
    smaller = copy.deepcopy(body)
    at = smaller
    for step in path[:-1]:
        at = at[step]
    del at[path[-1]]
    return smaller


def hoisted(body, path):
    """The body with a query of a list or of a key in the place of the query around it; None where there is none."""
    found = body
    for step in path:
        found = found[step]
    if not isinstance(found, dict) or len(found) != 1 or path[0] != "query" or len(path) < 3:
        return None
    return {**body, "query": found}


def shrink(body, differs, limit=150):
    """The smallest body found, by at most `limit` questions, for which differs(body) is true."""
    questions = 0
    smaller = True
    while smaller and questions < limit:
        smaller = False
        for path in sorted(places(body), key=len):
            for candidate in (hoisted(body, path), without(body, path)):
                if candidate is None or candidate == body or questions >= limit:
                    continue
                questions += 1
                if differs(candidate):
                    body, smaller = candidate, True
                    break
            if smaller:
                break
    return body
