"""losses/: preference losses, Bradley-Terry and masked cross-entropy in float64, with gradients by automatic differentiation."""
import torch
from torch.nn.functional import cross_entropy, logsigmoid, softplus

from .common import rng, write_jsonl

BETAS = [0.01, 0.1, 0.4, 1.0, 5.0]
SMOOTHING = [0.0, 0.05, 0.1, 0.3, 0.49]
SCALES = [0.1, 3.0, 60.0, 400.0]


def make(out, seed):
    r = rng(seed, "losses")
    rows = [preference(r, kind) for kind in ("sigmoid", "hinge", "ipo", "robust") for _ in range(20)]
    rows += [conservative(r) for _ in range(12)] + [bradley_terry(r) for _ in range(18)] + [tokens(r) for _ in range(14)]
    write_jsonl(out / "losses" / "losses.jsonl", rows)


def normal(r, n, scale):
    return torch.tensor(r.standard_normal(n) * scale, dtype=torch.float64)


def preference(r, kind):
    n, scale, beta = int(r.integers(1, 6)), float(r.choice(SCALES)), float(r.choice(BETAS))
    eps = float(r.choice(SMOOTHING)) if kind == "robust" else 0.0
    chosen_lengths, rejected_lengths = (torch.tensor(r.integers(1, 60, size=n)) for _ in range(2))
    ref_chosen, ref_rejected = (-(normal(r, n, 30).abs() + 1) for _ in range(2))
    # one row in five has the policy equal to the reference: reward 0, accuracy 0
    scale = 0.0 if r.random() < 0.2 else scale
    policy_chosen = (ref_chosen + normal(r, n, scale)).requires_grad_()
    policy_rejected = (ref_rejected + normal(r, n, scale)).requires_grad_()
    ratio_chosen, ratio_rejected = policy_chosen - ref_chosen, policy_rejected - ref_rejected
    d = ratio_chosen - ratio_rejected
    per_pair = {
        "sigmoid": lambda: -logsigmoid(beta * d),
        "hinge": lambda: torch.relu(1 - beta * d),
        "ipo": lambda: (ratio_chosen / chosen_lengths - ratio_rejected / rejected_lengths - 1 / (2 * beta)) ** 2,
        "robust": lambda: (-(1 - eps) * logsigmoid(beta * d) + eps * logsigmoid(-beta * d)) / (1 - 2 * eps),
    }[kind]()
    per_pair.mean().backward()
    return {"loss_type": kind, "beta": beta, "label_smoothing": eps, "policy_chosen": policy_chosen, "policy_rejected": policy_rejected,
            "ref_chosen": ref_chosen, "ref_rejected": ref_rejected, "chosen_lengths": chosen_lengths,
            "rejected_lengths": rejected_lengths, "per_pair": per_pair, "loss": per_pair.mean().item(),
            "grad_policy_chosen": policy_chosen.grad, "grad_policy_rejected": policy_rejected.grad,
            "rewards_chosen": beta * ratio_chosen, "rewards_rejected": beta * ratio_rejected,
            "accuracy": (beta * ratio_chosen > beta * ratio_rejected).double().mean().item()}


def conservative(r):
    beta, eps = float(r.choice([0.1, 0.5, 1.0])), float(r.choice(SMOOTHING[1:4]))
    delta = normal(r, 4, float(r.choice(SCALES[:3]))).requires_grad_()
    per_pair = (1 - eps) * softplus(-beta * delta, threshold=1e9) + eps * softplus(beta * delta, threshold=1e9)
    per_pair.mean().backward()
    return {"loss_type": "conservative", "beta": beta, "label_smoothing": eps, "delta": delta, "per_pair": per_pair,
            "loss": per_pair.mean().item(), "grad_delta": delta.grad}


def bradley_terry(r):
    n, scale = int(r.integers(1, 6)), float(r.choice(SCALES))
    chosen, rejected = normal(r, n, scale).requires_grad_(), normal(r, n, scale).requires_grad_()
    margin = normal(r, n, 1.0).abs() if r.random() < 0.5 else None
    center = [None, 0.01, 0.3][int(r.integers(0, 3))]
    d = chosen - rejected
    loss = -logsigmoid(d if margin is None else d - margin).mean()
    if center is not None:
        loss = loss + center * ((chosen + rejected) ** 2).mean()
    loss.backward()
    return {"loss_type": "bradley_terry", "rewards_chosen": chosen, "rewards_rejected": rejected, "margin": margin,
            "center_rewards_coefficient": center, "loss": loss.item(), "grad_chosen": chosen.grad, "grad_rejected": rejected.grad}


def tokens(r):
    n, vocab, scale = int(r.integers(1, 6)), int(r.integers(2, 9)), float(r.choice([1.0, 10.0, 300.0]))
    logits = torch.tensor(r.standard_normal((n, vocab)) * scale, requires_grad=True)
    targets, mask = torch.tensor(r.integers(0, vocab, size=n)), torch.tensor(r.integers(0, 2, size=n))
    mask[int(r.integers(0, n))] = 1
    loss = (cross_entropy(logits, targets, reduction="none") * mask).sum() / mask.sum()
    loss.backward()
    return {"loss_type": "cross_entropy", "logits": logits, "targets": targets, "mask": mask, "loss": loss.item(),
            "grad_logits": logits.grad}
