"""trl/: runs of TRL's own trainers in float32 beside our float64 loops on the same rows, and what they make of texts."""
import itertools
import logging
import tempfile

import torch
from datasets import Dataset, disable_progress_bars
from transformers import AutoTokenizer, PrinterCallback, TrainerCallback
from trl import SFTConfig, SFTTrainer

from . import sft, texts, trl_preferences
from .common import read_json, rng, scaled_difference, summary, write_json
from .exact import load, load_exact

OWN_KEYS = ("step", "q_proj0_l2")


class Watch(TrainerCallback):
    """Keeps every logged row."""

    def __init__(self):
        self.rows = []

    def on_log(self, args, state, control, logs=None, **kwargs):
        if "learning_rate" in logs:
            self.rows.append({k: float(v) for k, v in logs.items() if k != "epoch"} | {"step": state.global_step})


def arguments(config, folder, **more):
    """The Trainer's arguments for `config`: float32 on one CPU thread, rows in file order, every step logged."""
    return dict(
        output_dir=folder, per_device_train_batch_size=config["batch"] // config["accumulate"],
        gradient_accumulation_steps=config["accumulate"], max_steps=config["steps"], learning_rate=config["learning_rate"],
        warmup_steps=config["warmup_steps"], lr_scheduler_type="cosine", adam_beta1=config["adam_beta1"], optim="adamw_torch",
        adam_beta2=config["adam_beta2"], adam_epsilon=config["adam_epsilon"], weight_decay=config["weight_decay"],
        max_grad_norm=config["max_grad_norm"], logging_steps=1, save_strategy="no", report_to="none", bf16=False, use_cpu=True,
        gradient_checkpointing=False, train_sampling_strategy="sequential", dataloader_num_workers=0, disable_tqdm=True, **more)


def quiet():
    logging.disable(logging.WARNING)
    disable_progress_bars()


def run(trainer_class, model, args, rows, tokenizer, **more):
    """Trains; returns the logged rows, the first collated micro-batch and the trained model."""
    watch = Watch()
    trainer = trainer_class(model=model, args=args, train_dataset=Dataset.from_list(rows), processing_class=tokenizer,
                            callbacks=[watch], **more)
    trainer.remove_callback(PrinterCallback)
    first = next(iter(trainer.get_train_dataloader()))
    trainer.train()
    return watch.rows, {k: v.tolist() for k, v in first.items()}, trainer


def difference(trl, exact):
    return max(scaled_difference(a[k], b[k]) for a, b in zip(trl, exact, strict=True) for k in b if k not in OWN_KEYS)


def make(out, seed, full):
    quiet()
    sft_runs(out)
    preparation(out, seed)
    trl_preferences.make(out, seed, full)


def sft_runs(out):
    given = read_json(out / "sft" / "sft.json")
    tokenizer = AutoTokenizer.from_pretrained(out / "ckpt_a")
    rows = [{"input_ids": r["prompt_ids"] + r["completion_ids"],
             "labels": [-100] * len(r["prompt_ids"]) + r["completion_ids"]} for r in given["rows"]]
    for name, accumulate in (("sft_plain", 1), ("sft_accumulated", 2)):
        config = dict(sft.CONFIG, batch=sft.BATCH, accumulate=accumulate)
        model = load_exact(out / "ckpt_a")
        exact = sft.train(model, given["rows"], config, accumulate)
        with tempfile.TemporaryDirectory() as folder:
            log, first, trainer = run(SFTTrainer, load(out / "ckpt_a"), SFTConfig(**arguments(config, folder)), rows, tokenizer)
        write_json(out / "trl" / f"{name}.json", {
            "trainer": "SFTTrainer", "checkpoint": "ckpt_a", "data": "../sft/sft.json", "config": config,
            "first_micro_batch": {k: first[k] for k in ("input_ids", "labels", "attention_mask")}, "trl_f32": log, "exact_f64": exact,
            "largest_scaled_difference": difference(log, exact), "final_trl_f32": summary(trainer.model.named_parameters())})


def sentence(r, n):
    words = [w for w in texts.TRAINING.split() if w.isascii()]
    return " ".join(str(w) for w in r.choice(words, size=n))


def rows_of_text(r, n):
    """Prompt, chosen and rejected; the second row's chosen text already ends with the end token."""
    rows = [{"prompt": sentence(r, int(r.integers(3, 7))) + "?", "chosen": " " + sentence(r, int(r.integers(2, 9))),
             "rejected": " " + sentence(r, int(r.integers(2, 9)))} for _ in range(n)]
    rows[1]["chosen"] += "<|eot_id|>"
    return rows


# Rows in which the prompt's last tokens merge with the completion's first, or seem to.
MERGING = [("Which is the bett", "er answer."), ("The sum is ", "the second."), ("It is [[", "B]]"), ("Say it:\n", "\nanswer"),
           ("end<|eot_id|>", "B<|eot_id|>")]


def talk(row):
    """The row as a conversation."""
    return {k: [{"role": "user" if k == "prompt" else "assistant", "content": v}] for k, v in row.items()}


def implicit(row):
    """The row without its prompt, which both completions then begin with."""
    return {k: row["prompt"] + row[k] for k in ("chosen", "rejected")}


def preparation(out, seed):
    """What the trainers make of texts, conversations and merging rows at three values of max_length, and of implicit prompts."""
    r = rng(seed, "trl preparation")
    plain = rows_of_text(r, 5)
    merging = [{"prompt": p, "chosen": c, "rejected": c[::-1]} for p, c in MERGING]
    trainers = ["SFTTrainer", "DPOTrainer", "RewardTrainer"]
    cases = [*itertools.product((plain, [talk(row) for row in plain[2:] + plain[:1]]), (None, 20, 34)), (merging, None)]
    result = []
    for rows, length in cases:
        for trainer in trainers:
            modes = ["keep_start", "keep_end"] if trainer == "DPOTrainer" and length else ["keep_start"]
            result += [prepared(out, trainer, rows, length, mode) for mode in modes]
    for rows, trainer in itertools.product((plain, [talk(row) for row in plain]), trainers[1:]):
        result.append(prepared(out, trainer, [implicit(row) for row in rows], None, "keep_start"))
    write_json(out / "trl" / "preparation.json", result)


COLUMNS = {"SFTTrainer": ("input_ids", "labels"), "DPOTrainer": ("prompt_ids", "chosen_ids", "rejected_ids"),
           "RewardTrainer": ("chosen_ids", "rejected_ids")}


def prepared(out, kind, rows, length, mode):
    if kind == "SFTTrainer":
        rows = [{"prompt": row["prompt"], "completion": row["chosen"]} for row in rows]
    row = {"trainer": kind, "input": rows, "max_length": length}
    more = {} if kind == "RewardTrainer" else {"truncation_mode": mode}
    tokenizer = AutoTokenizer.from_pretrained(out / "ckpt_a")
    config, trainer_class, checkpoint = trl_preferences.classes(kind)
    with tempfile.TemporaryDirectory() as folder:
        args = config(output_dir=folder, max_length=length, report_to="none", bf16=False, use_cpu=True, **more)
        trainer = trainer_class(model=load(out / checkpoint), args=args, train_dataset=Dataset.from_list(rows), processing_class=tokenizer)
    kept = [{k: example[k] for k in COLUMNS[kind]} for example in trainer.train_dataset]
    row |= more | {"rows_kept": len(kept), "prepared": kept}
    if kind == "DPOTrainer":
        row["collated"] = {k: v.tolist() for k, v in trainer.data_collator(kept).items()} if kept else {}
    return row
