"""votes/: the expected credit of a majority of k votes drawn from n, by enumeration and in exact rational arithmetic."""
from fractions import Fraction
from itertools import combinations
from math import comb

from .common import rng, write_json

KS = [1, 2, 3, 4, 5, 7, 8, 15, 16, 31, 32]


def credit(votes):
    total = sum(votes)
    return Fraction(1) if total > 0 else Fraction(1, 2) if total == 0 else Fraction(0)


def enumerated(votes, k):
    subsets = list(combinations(votes, k))
    return sum(map(credit, subsets), Fraction(0)) / len(subsets)


def rational(votes, k):
    right, wrong = votes.count(1), votes.count(-1)
    none = len(votes) - right - wrong
    ways = sum(Fraction(comb(right, i) * comb(wrong, j) * comb(none, k - i - j)) * credit([1] * i + [-1] * j)
               for i in range(k + 1) for j in range(k + 1 - i))
    return ways / comb(len(votes), k)


def make(out, seed):
    r = rng(seed, "votes")
    small, tables = [], []
    for i in range(16):
        votes = r.choice([1, -1, 0], size=1 + i % 8, p=[0.45, 0.35, 0.2]).tolist()
        for k in range(1, len(votes) + 1):
            value = enumerated(votes, k)
            assert value == rational(votes, k)
            small.append({"how": "enumerated", "votes": votes, "k": k, "value": float(value),
                          "fraction": f"{value.numerator}/{value.denominator}"})
    for index in range(6):
        table = []
        for _ in range(int(r.integers(3, 8))):
            p = r.random() * 0.95
            table.append(r.choice([1, -1, 0], size=32, p=[p, 0.95 - p, 0.05]).tolist())
        for k in KS:
            items = [rational(votes, k) for votes in table]
            row = {"how": "rational", "table": table if k == 1 else None, "index": index, "k": k, "per_item": [float(v) for v in items],
                   "value": float(sum(items) / len(items))}
            tables.append(row)
    write_json(out / "votes" / "majority.json", {"votes": "1 correct, -1 wrong, 0 abstain", "small": small, "tables": tables})
