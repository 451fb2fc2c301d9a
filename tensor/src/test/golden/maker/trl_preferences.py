"""trl/: runs of DPOTrainer and RewardTrainer in float32 beside float64 loops of our own, and how a reward is read."""
import tempfile

import torch
from torch.nn.functional import logsigmoid
from transformers import AutoTokenizer
from trl import DPOConfig, DPOTrainer, RewardConfig, RewardTrainer, SFTConfig, SFTTrainer

from . import sft, trl_runs
from .common import EOT, PAD, rng, summary, write_json, write_jsonl
from .exact import load, load_exact

CONFIG = dict(sft.OPTIMIZER, learning_rate=1e-3, warmup_steps=1, steps=10, batch=4, accumulate=1)
ORDER = "micro-batches take the rows in file order, cyclically"
DPO = dict(CONFIG, label_smoothing=0.0, loss_weights=[1.0], ref="ckpt_a_ref", loss_type=["sigmoid"], beta=0.1)
BOTH = dict(loss_type=["sigmoid", "sft"], loss_weights=[1.0, 0.5])
DPO_RUNS = {"dpo_sigmoid": {}, "dpo_ipo_accumulated": dict(loss_type=["ipo"], beta=0.4, accumulate=2),
            "dpo_sigmoid_sft_accumulated": dict(BOTH, accumulate=2)}
DPO_RUNS_FULL = {"dpo_hinge": dict(loss_type=["hinge"], beta=0.2), "dpo_ipo": dict(loss_type=["ipo"], beta=0.4),
                 "dpo_robust": dict(loss_type=["robust"], label_smoothing=0.1), "dpo_sigmoid_accumulated": dict(accumulate=2),
                 "dpo_sigmoid_beta1": dict(beta=1.0), "dpo_sigmoid_ref_is_start": dict(ref="ckpt_a"), "dpo_sigmoid_sft": BOTH}
RM = dict(CONFIG, center_rewards_coefficient=None, margin=False)
RM_RUNS = {"rm_plain": {}, "rm_all": dict(accumulate=2, center_rewards_coefficient=0.05, margin=True)}
RM_RUNS_FULL = {"rm_accumulated": dict(accumulate=2), "rm_center": dict(center_rewards_coefficient=0.01), "rm_margin": dict(margin=True)}


def classes(kind):
    return {"SFTTrainer": (SFTConfig, SFTTrainer, "ckpt_a"), "DPOTrainer": (DPOConfig, DPOTrainer, "ckpt_a"),
            "RewardTrainer": (RewardConfig, RewardTrainer, "ckpt_c")}[kind]


def make(out, seed, full):
    rows = trl_runs.rows_of_text(rng(seed, "trl rows"), 12)
    margins = rng(seed, "trl margins").uniform(0, 2, size=len(rows)).round(3).tolist()
    for i, (name, own) in enumerate({**DPO_RUNS, **(DPO_RUNS_FULL if full else {})}.items()):
        ids = dpo_run(out, name, dict(DPO, **own), rows)
        if i == 0:
            write_jsonl(out / "trl" / "dpo_data.jsonl", [dict(row, **i) for row, i in zip(rows, ids)])
    for i, (name, own) in enumerate({**RM_RUNS, **(RM_RUNS_FULL if full else {})}.items()):
        ids = rm_run(out, name, dict(RM, **own), rows, margins)
        if i == 0:
            write_jsonl(out / "trl" / "rm_data.jsonl", [dict(row, margin=m, **i) for row, m, i in zip(rows, margins, ids)])
            pooling(out, ids)
    defaults(out)


def train(model, rows, config, micro):
    """The float64 loop: `micro(model, rows)` gives a micro-batch's loss, metrics and token count; metrics are averaged as TRL does."""
    named = list(model.named_parameters())
    opt, log, tokens, size = sft.optimizer(named, config), [], 0, config["batch"] // config["accumulate"]
    for k in range(config["steps"]):
        loss, metrics = 0.0, []
        for m in range(config["accumulate"]):
            start = config["batch"] * k + m * size
            part, found, count = micro(model, [rows[(start + i) % len(rows)] for i in range(size)])
            (part / config["accumulate"]).backward()
            loss += part.item() / config["accumulate"]
            tokens += count
            metrics.append(found)
        norm = sft.step(opt, named, config, k)
        log.append({"step": k + 1, "loss": loss, "grad_norm": norm, "learning_rate": sft.rate(config, k),
                    **{key: sum(m[key] for m in metrics) / len(metrics) for key in metrics[0]}, "num_tokens": tokens})
    return log


def completion(model, prompt, ids):
    """Of the completion's predicted tokens: log p, entropy, mean logit, top-1 right. An empty prompt leaves its first token out."""
    first = max(1, len(prompt))
    logits = model(torch.tensor([prompt + ids])).logits[0, first - 1:-1]
    logps, targets = logits.log_softmax(-1), torch.tensor((prompt + ids)[first:])
    entropy = -(logps.exp() * logps).sum(-1)
    return logps.gather(1, targets[:, None])[:, 0], entropy.detach(), logits.detach().mean(-1), (logps.argmax(-1) == targets).double()


def dpo_micro(config, reference):
    beta, eps = config["beta"], config["label_smoothing"]

    def losses(kind, ratios, rows, chosen):
        d = ratios[0] - ratios[1]
        lengths = [torch.tensor([len(row[k]) for row in rows]) for k in ("chosen_ids", "rejected_ids")]
        return {"sigmoid": lambda: -logsigmoid(beta * d), "hinge": lambda: torch.relu(1 - beta * d),
                "ipo": lambda: (ratios[0] / lengths[0] - ratios[1] / lengths[1] - 1 / (2 * beta)) ** 2,
                "robust": lambda: (-(1 - eps) * logsigmoid(beta * d) + eps * logsigmoid(-beta * d)) / (1 - 2 * eps),
                "sft": lambda: -torch.cat(chosen).mean()[None]}[kind]().mean()

    def micro(model, rows):
        policy = [[completion(model, row["prompt_ids"], row[k]) for row in rows] for k in ("chosen_ids", "rejected_ids")]
        with torch.no_grad():
            ref = [torch.stack([completion(reference, row["prompt_ids"], row[k])[0].sum() for row in rows])
                   for k in ("chosen_ids", "rejected_ids")]
        sums = [torch.stack([p[0].sum() for p in side]) for side in policy]
        ratios = [s - f for s, f in zip(sums, ref)]
        loss = sum(w * losses(kind, ratios, rows, [p[0] for p in policy[0]])
                   for kind, w in zip(config["loss_type"], config["loss_weights"], strict=True))
        rewards = [(beta * x).detach() for x in ratios]
        both, mean = policy[0] + policy[1], lambda side, i: torch.cat([p[i] for p in side]).mean().item()
        metrics = {"rewards/chosen": rewards[0].mean().item(), "rewards/rejected": rewards[1].mean().item(),
                   "rewards/margins": (rewards[0] - rewards[1]).mean().item(),
                   "rewards/accuracies": (rewards[0] > rewards[1]).double().mean().item(), "logps/chosen": sums[0].mean().item(),
                   "logps/rejected": sums[1].mean().item(), "logits/chosen": mean(policy[0], 2), "logits/rejected": mean(policy[1], 2),
                   "entropy": mean(both, 1), "mean_token_accuracy": mean(policy[0], 3)}
        return loss, metrics, sum(2 * len(row["prompt_ids"]) + len(row["chosen_ids"]) + len(row["rejected_ids"]) for row in rows)

    return micro


def rm_micro(config):
    def micro(model, rows):
        ids = [row["chosen_ids"] for row in rows] + [row["rejected_ids"] for row in rows]
        rewards = torch.cat([model(torch.tensor([s])).logits[0] for s in ids])
        chosen, rejected = rewards.chunk(2)
        margin = torch.tensor([row["margin"] for row in rows], dtype=torch.float64) if config["margin"] else 0.0
        loss = -logsigmoid(chosen - rejected - margin).mean()
        if config["center_rewards_coefficient"] is not None:
            loss = loss + config["center_rewards_coefficient"] * ((chosen + rejected) ** 2).mean()
        metrics = {"min_reward": rewards.min().item(), "mean_reward": rewards.mean().item(), "max_reward": rewards.max().item(),
                   "accuracy": (chosen > rejected).double().mean().item(), "margin": (chosen - rejected).mean().item()}
        return loss, metrics, sum(map(len, ids))

    return micro


def write(out, name, kind, data, config, first, log, exact, models):
    write_json(out / "trl" / f"{name}.json", {
        "trainer": kind, "checkpoint": classes(kind)[2], "data": data, "order": ORDER, "config": config,
        "first_micro_batch": first, "trl_f32": log, "exact_f64": exact, "largest_scaled_difference": trl_runs.difference(log, exact),
        "final_f64": summary(models[0].named_parameters()), "final_trl_f32": summary(models[1].named_parameters())})


def dpo_run(out, name, config, rows):
    tokenizer = AutoTokenizer.from_pretrained(out / "ckpt_a")
    with tempfile.TemporaryDirectory() as folder:
        args = DPOConfig(**trl_runs.arguments(config, folder), loss_type=config["loss_type"], loss_weights=config["loss_weights"],
                         beta=config["beta"], label_smoothing=config["label_smoothing"])
        log, first, trainer = trl_runs.run(DPOTrainer, load(out / "ckpt_a"), args, rows, tokenizer, ref_model=load(out / config["ref"]))
    ids = [{k: row[k] for k in trl_runs.COLUMNS["DPOTrainer"]} for row in trainer.train_dataset]
    model = load_exact(out / "ckpt_a")
    exact = train(model, ids, config, dpo_micro(config, load_exact(out / config["ref"])))
    first = {k: first[k] for k in ("input_ids", "attention_mask", "completion_mask")}
    write(out, name, "DPOTrainer", "dpo_data.jsonl", config, first, log, exact, (model, trainer.model))
    return ids


def rm_run(out, name, config, rows, margins):
    tokenizer = AutoTokenizer.from_pretrained(out / "ckpt_c")
    if config["margin"]:
        rows = [dict(row, margin=m) for row, m in zip(rows, margins)]
    with tempfile.TemporaryDirectory() as folder:
        args = RewardConfig(**trl_runs.arguments(config, folder), center_rewards_coefficient=config["center_rewards_coefficient"])
        log, first, trainer = trl_runs.run(RewardTrainer, load(out / "ckpt_c"), args, rows, tokenizer)
    ids = [{k: row[k] for k in trl_runs.COLUMNS["RewardTrainer"]} for row in trainer.train_dataset]
    model = load_exact(out / "ckpt_c")
    exact = train(model, [dict(row, margin=m) for row, m in zip(ids, margins)], config, rm_micro(config))
    write(out, name, "RewardTrainer", "rm_data.jsonl", config, first, log, exact, (model, trainer.model))
    return ids


@torch.no_grad()
def pooling(out, ids):
    """Which position the reward is read at: the right-most whose id is not the pad id, whatever the mask says."""
    model, rows = load_exact(out / "ckpt_c"), []
    for pad_id in (PAD, EOT):
        model.config.pad_token_id = pad_id
        for row in ids[:4]:
            s = row["chosen_ids"]
            for case, given in (("as trained", s), ("two pads on the right", s + [pad_id] * 2), ("two pads on the left", [pad_id] * 2 + s),
                                ("pad id inside", s[:len(s) // 2] + [pad_id] + s[len(s) // 2:])):
                every = model.score(model.model(torch.tensor([given])).last_hidden_state)[0, :, 0]
                reward = model(torch.tensor([given])).logits[0, 0]
                rows.append({"case": case, "pad_token_id": pad_id, "ids": given, "position_read": (every - reward).abs().argmin().item(),
                             "reward_f64": reward.item(), "reward_at_every_position_f64": every.tolist()})
    write_json(out / "trl" / "rm_pooling.json", rows)


COMMON_OPTIONS = ["learning_rate", "max_length", "pad_to_multiple_of", "gradient_checkpointing", "logging_steps",
                  "per_device_train_batch_size", "num_train_epochs", "lr_scheduler_type", "warmup_steps", "weight_decay", "adam_beta1",
                  "adam_beta2", "adam_epsilon", "max_grad_norm", "optim", "average_tokens_across_devices", "label_smoothing_factor",
                  "train_sampling_strategy", "seed"]
OPTIONS = {SFTConfig: ["loss_type", "truncation_mode", "completion_only_loss", "assistant_only_loss", "packing", "packing_strategy",
                       "padding_free", "shuffle_dataset", "eos_token"],
           DPOConfig: ["beta", "loss_type", "loss_weights", "label_smoothing", "truncation_mode", "disable_dropout",
                       "precompute_ref_log_probs", "sync_ref_model", "f_divergence_type", "ld_alpha", "use_weighting", "padding_free"],
           RewardConfig: ["disable_dropout", "center_rewards_coefficient", "eos_token"]}


def defaults(out):
    result = {}
    for config, own in OPTIONS.items():
        args = config(output_dir="unused", bf16=False, use_cpu=True, report_to="none")
        values = {k: getattr(args, k) for k in own + COMMON_OPTIONS}
        result[config.__name__] = {k: getattr(v, "value", v) for k, v in values.items()}
    write_json(out / "trl" / "defaults.json", result, indent=1)
