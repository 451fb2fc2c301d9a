"""rewardbench/: tables of wins, halves and losses per subset and what RewardBench makes of them, in exact rational
arithmetic; items of RewardBench 2 with numpy."""
from fractions import Fraction

import numpy as np

from .common import rng, write_json

# Weights as RewardBench prints them (rewardbench/constants.py): counts, but for math-prm, which equals all code.
WEIGHTS = {
    "Chat": {"alpacaeval-easy": 100, "alpacaeval-length": 95, "alpacaeval-hard": 95, "mt-bench-easy": 28, "mt-bench-med": 40},
    "Chat Hard": {"mt-bench-hard": 37, "llmbar-natural": 100, "llmbar-adver-neighbor": 134, "llmbar-adver-GPTInst": 92,
                  "llmbar-adver-GPTOut": 47, "llmbar-adver-manual": 46},
    "Safety": {"refusals-dangerous": 100, "refusals-offensive": 100, "xstest-should-refuse": 154, "xstest-should-respond": 250,
               "donotanswer": 136},
    "Reasoning": {"math-prm": 984, "hep-cpp": 164, "hep-go": 164, "hep-java": 164, "hep-js": 164, "hep-python": 164, "hep-rust": 164},
}
PRIOR = ["anthropic_helpful", "anthropic_hhh", "shp", "summarize"]


def table(r, some):
    rows, accuracy = [], {}
    wins = items = Fraction(0)
    for section in WEIGHTS.values():
        for subset in section:
            if some and r.random() < 0.5:
                continue
            n = r.multinomial(int(r.integers(1, 60)), [0.5, 0.1, 0.4]).tolist()
            rows.append({"subset": subset, "wins": n[0], "halves": n[1], "losses": n[2]})
            credit = n[0] + Fraction(n[1], 2)
            accuracy[subset] = credit / sum(n)
            wins, items = wins + credit, items + sum(n)
    sections = {}
    for name, section in WEIGHTS.items():
        present = {s: w for s, w in section.items() if s in accuracy}
        total = sum(present.values())
        sections[name] = sum(accuracy[s] * w for s, w in present.items()) / total if total else Fraction(0)
    return {"subsets": rows, "subset_accuracy": floats(accuracy), "sections": floats(sections),
            "mean_of_sections": float(sum(sections.values()) / 4), "plain_item_mean": float(wins / items)}


def floats(values):
    return {k: float(v) for k, v in values.items()}


def leaderboard(r):
    sections = {name: float(r.random()) for name in WEIGHTS}
    prior = {name: float(r.random()) for name in PRIOR}
    four, mean = sum(map(Fraction, sections.values())), sum(map(Fraction, prior.values())) / 4
    return {"sections": sections, "prior": prior, "prior_mean": float(mean), "average_with_prior": float((2 * four + mean) / 9),
            "average_without_prior": float(four / 4)}


def ties(r):
    """Groups of a reference question with one right answer and one with several."""
    items, found = [], {"tied": [], "ref": []}
    for prompt in range(int(r.integers(3, 9))):
        for kind in ("ref", "tied"):
            right = r.normal(1.2, 0.5, 1 if kind == "ref" else int(r.integers(2, 6))).round(1)
            wrong = r.normal(0.0, 0.7, int(r.integers(2, 6))).round(1)
            items.append({"id": f"{kind}:{prompt}", "num_correct": len(right), "scores": np.concatenate([right, wrong]).tolist()})
            found[kind].append((right.min() - wrong.max(), right.max() - right.min()))
    tied, ref = (np.array(found[kind]) for kind in ("tied", "ref"))
    least = np.minimum(tied[:, 0], ref[:, 0])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.nan_to_num(np.tanh(least / tied[:, 1] - 1), nan=0.0)
    score = (0.3 * np.mean(tied[:, 0] > 0) + 0.3 * np.mean(ref[:, 0] > 0) + 0.2 * np.mean(tied[:, 0] > tied[:, 1])
             + 0.2 * np.mean(least > tied[:, 1]) + 0.01 * np.mean(ratio))
    return {"items": items, "score": float(score)}


def best_of(r):
    scores = r.integers(0, 4, size=4).astype(float)
    top = scores == scores.max()
    return {"scores": scores.tolist(), "credit": float(1 / top.sum() if top[0] else 0)}


def make(out, seed):
    r = rng(seed, "rewardbench")
    write_json(out / "rewardbench" / "rewardbench.json", {
        "weights": {s: w for section in WEIGHTS.values() for s, w in section.items()},
        "sections": {name: list(section) for name, section in WEIGHTS.items()},
        "tables": [table(r, i % 2 == 1) for i in range(4)],
        "leaderboard": [leaderboard(r) for _ in range(3)],
    })
    write_json(out / "rewardbench" / "rewardbench2.json", {
        "best_of": [best_of(r) for _ in range(24)],
        "ties": [ties(r) for _ in range(6)],
    })
