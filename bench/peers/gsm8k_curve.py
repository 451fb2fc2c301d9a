#!/usr/bin/env python3
"""Oracle: the loss curve of PyTorch + transformers on real rows, for `gavel sft` to follow.

    gsm8k_curve.py --model DIR --dataset train.jsonl --output_file torch.jsonl [--steps 200] [--threads 2]
    gsm8k_curve.py --compare torch.jsonl metrics.jsonl

The same run in Gavel, from the same folder DIR (`gavel init`):

    gavel sft --model_name_or_path DIR --dataset train.jsonl --prompt_column question --completion_column answer --max_length 512 \\
        --shuffle_dataset false --per_device_train_batch_size 8 --max_steps 200 --learning_rate 1e-4 --lr_scheduler_type linear \\
        --warmup_steps 0 --logging_steps 1 --dtype float32 --output_dir OUT        # then compare OUT/metrics.jsonl

Rows are made as TRL makes them of prompt and completion texts: the end token's text is appended to the completion, prompt and prompt +
completion are tokenised as whole strings, the completion begins at the first token that differs, rows are cut to max_length and dropped
when no label is left. The loss is the sum over the labels of the 8 rows divided by their number. Each step is written when it is done.
"""
import argparse
import json
import os
import sys

BAR_STEPS, BAR_EACH, BAR_MEAN = 50, 1e-3, 1e-2


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--compare", nargs=2, metavar=("TORCH", "METRICS"))
    p.add_argument("--model")
    p.add_argument("--dataset")
    p.add_argument("--output_file")
    p.add_argument("--prompt_column", default="question")
    p.add_argument("--completion_column", default="answer")
    p.add_argument("--max_length", type=int, default=512)
    p.add_argument("--batch", type=int, default=8)
    p.add_argument("--steps", type=int, default=200, help="steps of the schedule")
    p.add_argument("--stop_after", type=int, help="end earlier than the schedule")
    p.add_argument("--learning_rate", type=float, default=1e-4)
    p.add_argument("--threads", type=int, default=2)
    args = p.parse_args()
    if not args.compare and not (args.model and args.dataset and args.output_file):
        p.error("give --model, --dataset and --output_file, or --compare")
    return args


def rows(args, tokenizer):
    """Token ids and labels of every usable row, in file order."""
    with open(args.dataset, encoding="utf-8") as f:
        for line in f:
            row = json.loads(line)
            prompt, completion = row[args.prompt_column], row[args.completion_column]
            if not completion.endswith(tokenizer.eos_token):
                completion += tokenizer.eos_token
            alone, ids = tokenizer(prompt)["input_ids"], tokenizer(prompt + completion)["input_ids"]
            same = next((i for i, (a, b) in enumerate(zip(alone, ids)) if a != b), min(len(alone), len(ids)))
            ids, labels = ids[:args.max_length], ([-100] * same + ids[same:])[:args.max_length]
            if any(label != -100 for label in labels):
                yield ids, labels


def batches(args, tokenizer):
    import itertools

    import torch

    stream = itertools.cycle(list(rows(args, tokenizer)))
    while True:
        batch = list(itertools.islice(stream, args.batch))
        width = max(len(ids) for ids, _ in batch)
        pad = lambda values, with_: torch.tensor([v + [with_] * (width - len(v)) for v in values])
        yield pad([i for i, _ in batch], 0), pad([label for _, label in batch], -100), pad([[1] * len(i) for i, _ in batch], 0)


def train(args):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.set_num_threads(args.threads)
    tokenizer = AutoTokenizer.from_pretrained(args.model)
    model = AutoModelForCausalLM.from_pretrained(args.model, dtype=torch.float32, attn_implementation="sdpa").train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.learning_rate, weight_decay=0.0)
    with open(args.output_file, "w", encoding="utf-8", buffering=1) as out:
        for k, (ids, labels, mask) in zip(range(args.stop_after or args.steps), batches(args, tokenizer)):
            logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1]
            loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=-100)
            loss.backward()
            norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0).item()
            rate = args.learning_rate * (1 - k / args.steps)
            optimizer.param_groups[0]["lr"] = rate
            optimizer.step()
            optimizer.zero_grad()
            out.write(json.dumps({"step": k + 1, "loss": loss.item(), "grad_norm": norm, "learning_rate": rate,
                                  "num_labels": int((labels[:, 1:] != -100).sum())}) + "\n")


def curve(path):
    with open(path, encoding="utf-8") as f:
        loaded = [json.loads(line) for line in f if line.strip()]
    return {row["step"]: row["loss"] for row in loaded if "loss" in row}


def compare(torch_file, metrics_file):
    """Every loss within 1e-3 for 50 steps, 1e-2 on average over all."""
    mine, theirs = curve(metrics_file), curve(torch_file)
    missing = sorted(set(theirs) - set(mine))
    if missing:
        sys.exit(f"{metrics_file} has no loss for step {missing[0]} (train with --logging_steps 1)")
    differences = {s: abs(mine[s] - theirs[s]) for s in theirs}
    early = max((d, s) for s, d in differences.items() if s <= BAR_STEPS)
    mean = sum(differences.values()) / len(differences)
    met = early[0] <= BAR_EACH and mean <= BAR_MEAN
    print(json.dumps({"steps": len(theirs), f"largest_in_{BAR_STEPS}": early[0], "at_step": early[1], "mean": mean,
                      "largest": max(differences.values()), "bar_met": met}))
    return 0 if met else 1


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    arguments_ = arguments()
    sys.exit(compare(*arguments_.compare) if arguments_.compare else train(arguments_))
