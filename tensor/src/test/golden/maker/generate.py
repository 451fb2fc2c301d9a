"""generate/: greedy continuations by the library's `generate`, stopping, and the probabilities sampling draws from."""
import itertools

import numpy as np
import torch
from transformers import GenerationConfig, LogitsProcessorList
from transformers.generation.logits_process import (MinPLogitsWarper, TemperatureLogitsWarper, TopKLogitsWarper,
                                                    TopPLogitsWarper)

from .common import EOS, PAD, random_ids, rng, write_json, write_jsonl
from .exact import load, load_exact

PROMPTS = [1, 4, 19, 60, 120]
STEPS = 64


def greedy(model, ids, mask=None, eos=None, steps=STEPS):
    config = GenerationConfig(do_sample=False, max_new_tokens=steps, eos_token_id=eos, pad_token_id=PAD)
    model.generation_config = config
    mask = torch.ones_like(ids) if mask is None else mask
    return model.generate(ids, attention_mask=mask, generation_config=config)[:, ids.shape[1]:].tolist()


@torch.no_grad()
def make(out, seed):
    rows, stops = [], []
    for kind in "ab":
        f32, f64 = load(out / f"ckpt_{kind}"), load_exact(out / f"ckpt_{kind}")
        prompts = [random_ids(rng(seed, f"generate {kind}{n}"), n) for n in PROMPTS]
        batched = left_padded(f32, prompts)
        for prompt, other in zip(prompts, batched):
            row = greedy_row(kind, f32, f64, prompt)
            row["same_in_left_padded_batch"] = other == row["continuation"]
            stops += stop_rows(len(rows), f32, row)
            rows.append(row)
    write_jsonl(out / "generate" / "greedy.jsonl", rows)
    write_json(out / "generate" / "stop.json", stops)
    write_jsonl(out / "generate" / "sampling.jsonl", sampling(rng(seed, "sampling")))


def left_padded(f32, prompts):
    width = max(map(len, prompts))
    ids = torch.tensor([[PAD] * (width - len(p)) + p for p in prompts])
    mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts])
    return greedy(f32, ids, mask)


def greedy_row(kind, f32, f64, prompt):
    ids = torch.tensor([prompt])
    continuation = greedy(f32, ids)[0]
    logps = f64(torch.tensor([prompt + continuation])).logits[0, len(prompt) - 1:-1].log_softmax(-1)
    top = logps.topk(2)
    gaps = top.values[:, 0] - top.values[:, 1]
    return {"checkpoint": kind, "prompt": prompt, "continuation": continuation,
            "continuation_stop_at_eos": greedy(f32, ids, eos=EOS)[0], "top2_gap_f64": gaps.tolist(), "min_gap": gaps.min().item(),
            "argmax_f64": top.indices[:, 0].tolist(),
            "logp_f64": logps.gather(1, torch.tensor(continuation)[:, None])[:, 0].tolist()}


def stop_rows(index, f32, row):
    """One early and one later id of the continuation declared the end id."""
    ids = torch.tensor([row["prompt"]])
    return [{"row": index, "eos": row["continuation"][at], "expected": greedy(f32, ids, eos=row["continuation"][at])[0]}
            for at in (1 + index % 4, 20)]


SETTINGS = [{}, {"temperature": 0.7}, {"top_p": 0.95}, {"top_p": 0.5}, {"top_k": 5}, {"top_k": 1}, {"top_k": 1000}, {"min_p": 0.1},
            {"min_p": 1.0}, {"min_p": 0.0}, {"top_p": 1e-9}, {"temperature": 0.01}, {"temperature": 1.3, "top_k": 8, "top_p": 0.8},
            {"temperature": 0.6, "top_p": 0.9}, {"temperature": 2.0, "top_k": 12, "top_p": 0.9, "min_p": 0.05},
            {"temperature": 100.0, "min_p": 0.2}, {"temperature": 1.0, "top_p": 0.95, "min_p": 0.02}, {"top_k": 3, "min_p": 0.5}]


def vectors(r):
    n = 19
    for i, scale in enumerate((0.5, 1.0, 3.0, 9.0)):
        yield f"scale{i}", r.standard_normal(n) * scale
    yield "ties", r.integers(-2, 4, size=n) / 2.0
    yield "flat", np.zeros(n)
    yield "far", np.where(np.arange(n) == 7, 70.0, -70.0)
    yield "minus_inf", np.where(r.random(n) < 0.4, -np.inf, r.standard_normal(n))


def sampling(r):
    rows = []
    for (name, logits), setting in itertools.product(vectors(r), SETTINGS):
        scores = torch.tensor(logits)[None]
        kept, cut = warped(scores, setting)
        finite = logits[np.isfinite(logits)]
        probs = kept.softmax(-1)[0]
        rows.append({"vector": name, "closest_cut": cut, "logits": logits.tolist(), **setting, "probs": probs.tolist(),
                     "kept": int(torch.isfinite(kept).sum()), "has_ties": len(set(finite.tolist())) < len(finite)})
    return rows


def warped(scores, setting):
    """The library's processors in the library's order, and how near any candidate came to a threshold."""
    none, cut = torch.zeros((1, 1), dtype=torch.long), 1.0
    if "temperature" in setting and setting["temperature"] != 1.0:
        scores = TemperatureLogitsWarper(setting["temperature"])(none, scores)
    if "top_k" in setting:
        scores = TopKLogitsWarper(setting["top_k"])(none, scores)
    if "top_p" in setting:
        mass = scores.sort(-1).values.softmax(-1).cumsum(-1)
        cut = min(cut, (mass[:, :-1] - (1 - setting["top_p"])).abs().min().item())  # the last always stays
        scores = LogitsProcessorList([TopPLogitsWarper(setting["top_p"])])(none, scores)
    if "min_p" in setting:
        ratio = scores.softmax(-1) / scores.softmax(-1).max()
        ratio = ratio[(ratio > 0) & (ratio < 1)]
        if ratio.numel():
            cut = min(cut, (ratio - setting["min_p"]).abs().min().item())
        scores = MinPLogitsWarper(setting["min_p"])(none, scores)
    return scores, cut
