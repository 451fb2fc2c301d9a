"""losses/trl_losses.jsonl: TRL's own loss code of every preference loss that it has, in float64, on given log-probabilities.

`DPOTrainer._compute_loss` runs on a stand-in for the trainer and on a stand-in for the model, which returns the given numbers; CPO's and
ORPO's loss methods on given means. Nothing of a loss is written again here but what TRL leaves to other parts: ORPO's likelihood term
(TRL's runs over the prompt too, the paper's Eq. 6 over the answer), and the term of Iterative RPO, which this TRL no longer has.
"""
import sys
from collections import defaultdict
from types import SimpleNamespace
from unittest.mock import patch

import torch

from .common import rng, write_jsonl
from .losses import BETAS, SCALES, SMOOTHING, normal

PAIRED = ["sigmoid", "hinge", "ipo", "exo_pair", "nca_pair", "robust", "bco_pair", "sppo_hard", "aot", "aot_unpaired", "apo_zero",
          "apo_down", "discopop", "sft", "sigmoid_norm"]
SMOOTHED = ["exo_pair", "robust", "aot", "aot_unpaired"]
MIXES = [(["sigmoid", "sft"], None), (["sigmoid", "bco_pair", "sft"], [0.8, 0.2, 1.0]), (["robust", "ipo"], [0.5, 2.0])]


def make(out, seed):
    r = rng(seed, "trl losses")
    draws = [(n, scale) for n in (1, 5) for scale in SCALES]
    # f32 is the default of the tensors that TRL makes of its settings, float(): what ORPO computes in
    torch.set_default_dtype(torch.float64)
    try:
        with patch.object(torch.Tensor, "float", torch.Tensor.double):
            rows = [dpo(r, [kind], None, *draw) for kind in PAIRED for draw in draws]
            rows += [dpo(r, kinds, weights, 5, scale) for kinds, weights in MIXES for scale in SCALES[1:3]]
            rows += [mean_based(r, kind, *draw) for kind in ("simpo", "orpo") for draw in draws]
            rows += [rpo(r, *draw) for draw in draws[::2]]
    finally:
        torch.set_default_dtype(torch.float32)
    write_jsonl(out / "losses" / "trl_losses.jsonl", rows)


def sums(r, n, scale):
    """Log-probabilities of the completions and their numbers of tokens; all log-probabilities are below 0."""
    lengths = [torch.tensor(r.integers(1, 60, size=n)) for _ in range(2)]
    refs = [-(normal(r, n, 30).abs() + 1) for _ in range(2)]
    policies = [(-(-ref + normal(r, n, scale)).abs() - 0.01).requires_grad_() for ref in refs]
    return policies, refs, lengths


def row(kinds, weights, settings, policies, refs, lengths, per_pair, loss, rewards):
    loss.backward()
    grads = [torch.zeros_like(p) if p.grad is None else p.grad for p in policies]
    return {"loss_type": kinds, "loss_weights": weights, **settings, "policy_chosen": policies[0], "policy_rejected": policies[1],
            "ref_chosen": refs[0], "ref_rejected": refs[1], "chosen_lengths": lengths[0], "rejected_lengths": lengths[1],
            "per_pair": per_pair, "loss": loss.item(), "grad_policy_chosen": grads[0], "grad_policy_rejected": grads[1],
            "rewards_chosen": rewards[0], "rewards_rejected": rewards[1]}


def dpo(r, kinds, weights, n, scale):
    # e^(b d) of discopop is infinite in TRL where its factor is 0: small betas there
    beta = float(r.choice(BETAS[:2] if "discopop" in kinds else BETAS))
    eps = float(r.choice(SMOOTHING[1 if "exo_pair" in kinds else 0:])) if set(kinds) & set(SMOOTHED) else 0.0
    tau = float(r.choice([0.05, 0.5]))
    policies, refs, lengths = sums(r, n, scale)
    loss, seen = compute_loss(kinds, weights or [1.0] * len(kinds), beta, eps, tau, policies, refs, lengths)
    settings = {"beta": beta, "label_smoothing": eps} | ({"discopop_tau": tau} if "discopop" in kinds else {})
    per_pair = seen["per_sequence_loss"].detach().clone() if len(kinds) == 1 else None
    return row(kinds, weights, settings, policies, refs, lengths, per_pair, loss, (seen["chosen_rewards"], seen["rejected_rewards"]))


def compute_loss(kinds, weights, beta, eps, tau, policies, refs, lengths):
    """The loss, and the variables that TRL's function had when it returned."""
    from trl import DPOTrainer

    both = torch.cat(lengths)
    n, width = len(both), int(both.max())
    # one token of prompt; the first of the completion has the whole sum, the others have probability 1
    mask = (torch.arange(width + 1)[None] > 0) & (torch.arange(width + 1)[None] <= both[:, None])
    per_token = torch.cat([torch.cat(policies)[:, None], torch.zeros(n, width - 1)], dim=1)
    outputs = SimpleNamespace(log_probs=per_token, entropy=torch.zeros(n, width), mean_logits=torch.zeros(n, width),
                              is_top1=torch.zeros(n, width, dtype=torch.bool))

    def model(**_):
        return outputs

    gather = SimpleNamespace(device=torch.device("cpu"), gather=lambda x: x, gather_for_metrics=lambda x: x)
    trainer = SimpleNamespace(
        model=SimpleNamespace(training=True), accelerator=gather, aux_loss_enabled=False, ld_alpha=None, precompute_ref_logps=True,
        f_divergence_type="reverse_kl", beta=beta, label_smoothing=eps, loss_types=kinds, loss_weights=weights, use_weighting=False,
        args=SimpleNamespace(discopop_tau=tau), _metrics={"train": defaultdict(list)}, _total_train_tokens=0, _tp_size=1)
    inputs = {"input_ids": torch.ones(n, width + 1, dtype=torch.long), "attention_mask": mask.long(), "completion_mask": mask.long(),
              "ref_chosen_logps": refs[0], "ref_rejected_logps": refs[1]}
    seen = {}

    def keep(frame, event, _):
        if event == "return" and frame.f_code is DPOTrainer._compute_loss.__code__:
            seen.update(frame.f_locals)

    sys.setprofile(keep)
    try:
        loss = DPOTrainer._compute_loss(trainer, model, inputs, return_outputs=False)
    finally:
        sys.setprofile(None)
    return loss, seen


def mean_based(r, kind, n, scale):
    from trl.experimental.cpo import CPOTrainer
    from trl.experimental.orpo import ORPOTrainer

    beta = float(r.choice([0.1, 1.0, 2.5, 10.0]))
    policies, refs, lengths = sums(r, n, scale)
    means = [p / count for p, count in zip(policies, lengths)]
    gather = SimpleNamespace(device=torch.device("cpu"))
    if kind == "simpo":
        eps, gamma = float(r.choice(SMOOTHING)), float(r.choice([0.0, 0.5, 1.6]))
        trainer = SimpleNamespace(accelerator=gather, loss_type="simpo", beta=beta, simpo_gamma=gamma, label_smoothing=eps, alpha=0.0)
        per_pair, *rewards = CPOTrainer.cpo_loss(trainer, *means)
        settings = {"beta": beta, "label_smoothing": eps, "simpo_gamma": gamma}
    else:
        trainer = SimpleNamespace(accelerator=gather, beta=beta)
        losses, *rewards, _, _ = ORPOTrainer.odds_ratio_loss(trainer, *means)
        per_pair = -means[0] - losses
        settings = {"beta": beta, "label_smoothing": 0.0}
    return row([kind], None, settings, policies, refs, lengths, per_pair, per_pair.mean(), rewards)


def rpo(r, n, scale):
    """Iterative RPO, arXiv 2404.19733, Eq. 1: TRL's sigmoid loss and alpha times the mean of -log p(chosen) / tokens of chosen."""
    beta, alpha = float(r.choice(BETAS)), float(r.choice([0.5, 1.0]))
    policies, refs, lengths = sums(r, n, scale)
    loss, seen = compute_loss(["sigmoid"], [1.0], beta, 0.0, 0.05, policies, refs, lengths)
    loss = loss - alpha * (policies[0] / lengths[0]).mean()
    settings = {"beta": beta, "label_smoothing": 0.0, "rpo_alpha": alpha}
    return row(["sigmoid"], None, settings, policies, refs, lengths, None, loss, (seen["chosen_rewards"], seen["rejected_rewards"]))
