"""gradients/: float64 gradients of every parameter, for two causal models and one reward model."""
import torch
from torch.nn.functional import logsigmoid

from .common import random_ids, rng, write_json, write_tensors
from .exact import load, load_exact

LENGTHS = [5, 17, 2, 40]
PROMPTS = [1, 12, 1, 25]


def token_loss(model, seqs, prompts=None):
    """Mean of -log p over the predicted tokens at positions from `prompts[i]` on: one mean over the batch."""
    terms = []
    for i, s in enumerate(seqs):
        first = max(1, prompts[i] if prompts else 1)
        logps = model(torch.tensor([s])).logits[0, :-1].log_softmax(-1)
        terms.append(-logps.gather(1, torch.tensor(s[1:], dtype=torch.long)[:, None])[first - 1:, 0])
    terms = torch.cat(terms)
    return terms.mean(), terms.numel()


def rewards(model, seqs):
    return torch.cat([model(torch.tensor([s])).logits[0] for s in seqs])


def run(model, loss):
    """Loss, gradients by name, L2 norm over all."""
    model.zero_grad()
    loss.backward()
    grads = {n: p.grad.clone() for n, p in model.named_parameters()}
    return loss.item(), grads, torch.cat([g.flatten() for g in grads.values()]).norm().item()


def largest_relative_error(f32, exact):
    return max(((f32[n].double() - g).norm() / g.norm()).item() for n, g in exact.items())


def make(out, seed):
    result = {}
    for kind in "ab":
        seqs = [random_ids(rng(seed, f"gradients {kind}{i}"), n) for i, n in enumerate(LENGTHS)]
        model, f32 = load_exact(out / f"ckpt_{kind}"), load(out / f"ckpt_{kind}")
        loss, grads, norm = run(model, token_loss(model, seqs)[0])
        write_tensors(out / "gradients" / f"{kind}.safetensors", grads)
        result[kind] = {"what": "mean of -log p over all predicted tokens of the batch", "sequences": seqs,
                        "tokens": token_loss(model, seqs)[1], "loss": loss, "grad_norm": norm,
                        "largest_relative_error_of_a_tensor_in_float32":
                            largest_relative_error(run(f32, token_loss(f32, seqs)[0])[1], grads)}
        if kind == "a":
            value, tokens = token_loss(model, seqs, PROMPTS)
            loss, grads, norm = run(model, value)
            result["a_completion_only"] = {
                "what": "mean of -log p over tokens at positions >= prompt_lengths[i] (position 0 is never predicted)",
                "sequences": seqs, "prompt_lengths": PROMPTS, "tokens": tokens, "loss": loss, "grad_norm": norm,
                "per_parameter_norm": {n: g.norm().item() for n, g in grads.items()}}
    result["c"] = bradley_terry(out, rng(seed, "gradients c"))
    write_json(out / "gradients" / "gradients.json", result)


def bradley_terry(out, r):
    chosen, rejected = [random_ids(r, n) for n in (5, 17)], [random_ids(r, n) for n in (2, 40)]

    def loss(model):
        values = rewards(model, chosen + rejected)
        return -logsigmoid(values[:2] - values[2:]).mean(), values

    model, f32 = load_exact(out / "ckpt_c"), load(out / "ckpt_c")
    value, values = loss(model)
    value, grads, norm = run(model, value)
    write_tensors(out / "gradients" / "c.safetensors", grads)
    return {"what": "mean of -log sigmoid(r_chosen - r_rejected)", "chosen": chosen, "rejected": rejected,
            "rewards": values.tolist(), "loss": value, "grad_norm": norm,
            "largest_relative_error_of_a_tensor_in_float32": largest_relative_error(run(f32, loss(f32)[0])[1], grads)}
