"""rewardbench/ratings.json: what RewardBench 2's scripts read off judges' texts (rewardbench/generative_v2.py) and what they make
of it (scripts/run_generative_v2.py, rewardbench/utils.py), with the mean of several draws in the place of one rating."""
import re

import numpy as np

from .common import rng, write_json

# Ends of texts that a rule may get wrong: what touches the number, what follows it, numbers that are none from 1 to 10.
ENDS = ["7", "10", "1", "0", "00", "01", "11", "100", "110", "-3", "+4", "9.5", "9.10", "8/10", "8 / 10", "10/10.", "7.", "**7**",
        "[[7]]", "(7)", "Rating: 7", "rating:7", "rating7", "_7", "7_", "a 10", "a10", "x1", "7\n", "7 \n\n", "\t7\t", "7\u00a0",
        "7\u2003", "7\u2028", "7\x1c", "7\x85", "7\u200b", "7 !", "7 stars", "seven", "", " ", "\n", "é7", "é 7", "分7", "分 7", "½7",
        "²7", "Ⅷ7", "٣7", "٧", "７", "7️⃣", "😀7", "-10", "1 0", "1\n0", "10 9", "9 10", "#3", "$5", "5%", "3-", "—8", "’6", "e\u03015",
        "210", "2 10", "10\r\n", "<|eot|>4", "4</s>", "10\n\n\n", "2,5", "1e1"]
LETTERS = ["[[A]]", "[[B]]", "[[C]]", "[[D]]", "[[D]] [[B]]", "not [[A]] but [[C]]", "[[E]]", "[C]", "[[a]]", "[[ B ]]", "", "A",
           "[[[D]]]", "[[A] ]", "\n[[C]]\n"]


def rating(text):
    """-1: none."""
    m = re.search(r"\b([1-9]|10)\b\s*$", text.strip())
    return int(m.group(1)) if m else -1


def letter(text):
    return next((x for x in "ABCD" if f"[[{x}]]" in text), None)


def said(r, right):
    """Mostly readable; right responses get more, and often the same."""
    low = 8 if right else 5
    return str(r.choice([f"Good enough.\n\n{r.integers(low, 11)}", f"Because of this, {low + r.integers(2)}", "No idea.", "7 of ten"],
                        p=[0.4, 0.5, 0.06, 0.04]))


def mean(ratings):
    read = [x for x in ratings if x != -1]
    return sum(read) / len(read) if read else -1


def credit(scores):
    read = [x for x in scores if x != -1]
    if not read:
        return 0.25
    winners = [i for i, x in enumerate(scores) if x == max(read)]
    return (0 in winners) / len(winners)


def ties_score(items):
    """Over prompts of which there are both kinds."""
    stats = {"ref": {}, "tied": {}}
    for item in items:
        kind, prompt = item["id"].split(":")
        right, wrong = item["scores"][: item["num_correct"]], item["scores"][item["num_correct"]:]
        stats[kind][prompt] = (min(right) - max(wrong), max(right) - min(right))
    both = [p for p in stats["tied"] if p in stats["ref"]]
    gap = np.array([stats["tied"][p][0] for p in both])
    least = np.minimum(gap, [stats["ref"][p][0] for p in both])
    spread = np.array([stats["tied"][p][1] for p in both], dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        bounded = np.nan_to_num(np.tanh(least / spread - 1), nan=0.0)
    accuracy = [np.mean([s[0] > 0 for s in stats[kind].values()]) for kind in ("tied", "ref")]
    return float(0.3 * accuracy[0] + 0.3 * accuracy[1] + 0.2 * np.mean(gap > spread) + 0.2 * np.mean(least > spread) + 0.01 * np.mean(bounded))


def questions(r, n):
    """Rows as the data set has them, every draw of every response, and the score of each subset."""
    kinds = [(str(i), str(r.choice(["Math", "Focus", "Precise IF"])), 1) for i in range(16)]
    for prompt in range(4):
        kinds += [(f"ref:{prompt}", "Ties", 1), (f"tied:{prompt}", "Ties", int(r.integers(2, 4)))]
    rows, votes, scores, credits, ties = [], [], [], {}, []
    for id, subset, correct in kinds:
        total = 4 if subset != "Ties" else correct + int(r.integers(2, 4))
        rows.append({"id": id, "prompt": f"Question {id}?", "chosen": [f"right {i}" for i in range(correct)],
                     "rejected": [f"wrong {i}" for i in range(total - correct)], "num_correct": correct, "total_completions": total,
                     "subset": subset})
        row = []
        for response in range(total):
            texts = [said(r, response < correct) for _ in range(n)]
            if int(r.integers(30)) == 0 or id == "0":
                texts = ["No number."] * n
            found = [rating(t) for t in texts]
            votes += [{"id": id, "response": response, "draw": d, "rating": None if x == -1 else x, "text": t, "ids": [1], "finish_reason": "stop",
                       "logprob": -1.0} for d, (t, x) in enumerate(zip(texts, found))]
            row.append(float(mean(found)))
        scores.append(row)
        if subset == "Ties":
            ties.append({"id": id, "num_correct": correct, "scores": row})
        else:
            credits.setdefault(subset, []).append(credit(row))
    subsets = {s: sum(c) / len(c) for s, c in credits.items()} | {"Ties": ties_score(ties)}
    return {"n": n, "rows": rows, "votes": votes, "scores": scores, "subsets": subsets}


def named(r, n):
    """Choices of the best of four. With several draws the most frequent letters share the credit."""
    texts = [str(r.choice(LETTERS)) for _ in range(n)]
    slot = int(r.integers(4))
    found = [letter(t) for t in texts]
    read = [x for x in found if x]
    top = [x for x in "ABCD" if read and read.count(x) == max(map(read.count, read))]
    worth = ("ABCD"[slot] in top) / len(top) if top else 0.25
    return {"texts": texts, "verdicts": found, "slot": slot, "credit": worth}


def make(out, seed):
    r = rng(seed, "ratings")
    texts = ENDS + [f"It is fine. {end}" for end in ENDS] + ["".join(r.choice(list("1058 .\n_a分"), size=int(r.integers(1, 6)))) for _ in range(200)]
    write_json(out / "rewardbench" / "ratings.json", {
        "readings": [{"text": t, "rating": rating(t)} for t in texts],
        "questions": [questions(r, n) for n in (1, 3)],
        "named": [named(r, n) for n in [1] * 20 + [5] * 20],
    })
