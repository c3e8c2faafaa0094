"""Medians, quantiles and their 95 % intervals, by order statistics: no assumption about how times are spread."""

import math


def quantile(samples, q):
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, max(0, math.ceil(q * len(ordered)) - 1))]


def median(samples):
    ordered = sorted(samples)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def interval(samples, q=0.5, confidence=0.95):
    """The order statistics between which the q-quantile lies with the given confidence; the extremes where samples are too few."""
    ordered = sorted(samples)
    count = len(ordered)
    tail = (1 - confidence) / 2
    below = cumulative = 0.0
    low, high = 0, count - 1
    for rank in range(count + 1):
        # In logarithms: the factors alone would overflow and underflow.
        below = math.exp(math.lgamma(count + 1) - math.lgamma(rank + 1) - math.lgamma(count - rank + 1)
                         + rank * math.log(q) + (count - rank) * math.log1p(-q))
        if cumulative + below <= tail:
            low = rank
        if cumulative < 1 - tail <= cumulative + below:
            high = rank
        cumulative += below
    return ordered[min(low, count - 1)], ordered[min(high, count - 1)]
