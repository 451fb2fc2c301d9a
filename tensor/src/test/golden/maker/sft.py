"""sft/: twenty steps of fine-tuning in float64, once in whole batches and once accumulated, and the optimizer alone."""
import copy
import math

import torch

from .common import EOT, random_ids, rng, summary, write_json, write_tensors
from .exact import load_exact

OPTIMIZER = {"optimizer": "AdamW, decoupled decay", "adam_beta1": 0.9, "adam_beta2": 0.95, "adam_epsilon": 1e-8, "weight_decay": 0.1,
             "max_grad_norm": 1.0, "schedule": "linear warm-up then cosine to 0"}
CONFIG = dict(OPTIMIZER, learning_rate=2e-3, warmup_steps=2, steps=20)
BATCH = 4


def rate(config, step):
    """The rate of step `step`, counted from 0; with any warm-up the first is 0."""
    peak, warm, steps = config["learning_rate"], config["warmup_steps"], config["steps"]
    if step < warm:
        return peak * step / warm
    return peak * (1 + math.cos(math.pi * (step - warm) / (steps - warm))) / 2


def decayed(name, parameter=None):
    """The library's rule: norms and biases are not decayed, the embedding and the head are."""
    return not any("norm" in part.split("_") or part.endswith("layernorm") or "bias" in part for part in name.split("."))


def optimizer(named, config):
    groups = [{"params": [p for n, p in named if decayed(n)], "weight_decay": config["weight_decay"]},
              {"params": [p for n, p in named if not decayed(n)], "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=config["learning_rate"], betas=(config["adam_beta1"], config["adam_beta2"]),
                             eps=config["adam_epsilon"], foreach=False, fused=False)


def step(opt, named, config, k):
    """Clips, sets the rate of step k and updates; returns the norm before clipping."""
    norm = torch.nn.utils.clip_grad_norm_([p for _, p in named], config["max_grad_norm"], foreach=False).item()
    for group in opt.param_groups:
        group["lr"] = rate(config, k)
    opt.step()
    opt.zero_grad()
    return norm


def data(r):
    rows = []
    for _ in range(16):
        prompt = random_ids(r, int(r.integers(4, 24)))
        rows.append({"prompt_ids": prompt, "completion_ids": random_ids(r, int(r.integers(3, 30)), bos=False)})
        rows[-1]["completion_ids"][-1] = EOT
    return rows


def completion_terms(model, row):
    """-log p, entropy and whether the best guess was right, for each completion token."""
    ids = row["prompt_ids"] + row["completion_ids"]
    at = slice(len(row["prompt_ids"]) - 1, len(ids) - 1)
    logps = model(torch.tensor([ids])).logits[0, at].log_softmax(-1)
    targets = torch.tensor(row["completion_ids"])
    entropy = -(logps.exp() * logps).sum(-1)
    return -logps.gather(1, targets[:, None])[:, 0], entropy.detach(), (logps.argmax(-1) == targets).double()


def train(model, rows, config, accumulate):
    """The trajectory; `accumulate` micro-batches per step, all divided by the token count of the whole step."""
    named = list(model.named_parameters())
    opt, log = optimizer(named, config), []
    for k in range(config["steps"]):
        batch = [rows[(BATCH * k + i) % len(rows)] for i in range(BATCH)]
        tokens = sum(len(row["completion_ids"]) for row in batch)
        size, loss, entropies, accuracies = BATCH // accumulate, 0.0, [], []
        for m in range(accumulate):
            terms = [completion_terms(model, row) for row in batch[m * size:(m + 1) * size]]
            part = torch.cat([t[0] for t in terms]).sum() / tokens
            part.backward()
            loss += part.item()
            entropies.append(torch.cat([t[1] for t in terms]).mean().item())
            accuracies.append(torch.cat([t[2] for t in terms]).mean().item())
        norm = step(opt, named, config, k)
        log.append({"step": k + 1, "loss": loss, "grad_norm": norm, "learning_rate": rate(config, k),
                    "entropy": sum(entropies) / accumulate, "mean_token_accuracy": sum(accuracies) / accumulate,
                    "q_proj0_l2": model.model.layers[0].self_attn.q_proj.weight.detach().norm().item()})
    return log


def make(out, seed):
    rows = data(rng(seed, "sft"))
    start = load_exact(out / "ckpt_a")
    whole, parts = copy.deepcopy(start), copy.deepcopy(start)
    log, accumulated = train(whole, rows, CONFIG, 1), train(parts, rows, CONFIG, 2)
    named = dict(whole.named_parameters())
    difference = max((p - q).abs().max().item() for p, q in zip(whole.parameters(), parts.parameters()))
    write_json(out / "sft" / "sft.json", {
        "checkpoint": "ckpt_a", "dtype": "float64", "batch": BATCH, "order": "step k (from 0) takes rows (4k .. 4k+3) mod 16",
        "loss": "sum of -log p over completion tokens (end token included) / number of completion tokens in the 4 rows",
        "optimizer": CONFIG, "no_decay": [n for n in named if not decayed(n)], "decay": [n for n in named if decayed(n)],
        "rows": rows, "log": log, "log_accumulated_2x2": accumulated, "max_abs_parameter_difference_accumulated": difference,
        "final": summary(named.items())})
    write_tensors(out / "sft" / "final_parameters_f32.safetensors", {n: p.float() for n, p in named.items()})
    kept = ("model.layers.0.self_attn.q_proj.weight", "model.norm.weight")
    write_tensors(out / "sft" / "final_tensors_f64.safetensors", {n: named[n] for n in kept})
    write_json(out / "sft" / "adamw.json", optimizer_alone(rng(seed, "adamw")))


def optimizer_alone(r):
    """Gradients from far below to far above the clipping norm, and from near nothing to large."""
    config = dict(OPTIMIZER, learning_rate=0.01, warmup_steps=3, steps=12)
    shapes = {"w": (3, 4), "bias": (4,), "norm": (2,)}
    named = [(n, torch.nn.Parameter(torch.tensor(r.standard_normal(s)))) for n, s in shapes.items()]
    opt, steps = optimizer(named, config), []
    result = {"optimizer": config, "decayed": [n for n in shapes if decayed(n)],
              "start": {n: p.detach().tolist() for n, p in named}, "steps": steps}
    for k in range(config["steps"]):
        scale = (1e-3, 0.2, 4.0, 1e-9)[k % 4]
        for _, p in named:
            p.grad = torch.tensor(r.standard_normal(p.shape) * scale)
        gradients = {n: p.grad.tolist() for n, p in named}
        norm = step(opt, named, config, k)
        steps.append({"gradients": gradients, "grad_norm": norm, "learning_rate": rate(config, k),
                      "parameters_after": {n: p.detach().tolist() for n, p in named}})
    return result
