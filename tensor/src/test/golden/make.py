#!/usr/bin/env python3
"""Makes a golden set: results of the reference libraries that Gavel's tests compare with.

    python make.py                          writes the small set beside this file (it is committed)
    python make.py --seed 7 --out DIR --full writes another set of the same forms anywhere
    python make.py --only forward,generate  makes some parts only (those they build on must be there)

README.md says what each file holds and which library versions to install.
"""
import argparse
import os
import time
import warnings
from pathlib import Path

# One thread and no downloads: the same bits on every run of one machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def parts():
    """The parts in the order in which they build on each other: (name, function)."""
    from maker import (checkpoints, dtypes, edges, forward, generate, gradients, lora, losses, prompts, ratings, rewardbench, sft,
                       tokenizer, trl_losses, trl_runs, votes)

    return [
        ("tokenizer_tiny", tokenizer.make),
        ("checkpoints", checkpoints.make),
        ("end_to_end", tokenizer.make_end_to_end),
        ("forward", forward.make),
        ("gradients", gradients.make),
        ("lora", lora.make),
        ("generate", generate.make),
        ("sft", sft.make),
        ("losses", losses.make),
        ("trl_losses", trl_losses.make),
        ("votes", votes.make),
        ("rewardbench", rewardbench.make),
        ("ratings", ratings.make),
        ("dtypes", dtypes.make),
        ("safetensors_edge", edges.make),
        ("prompts", prompts.make),
        ("trl", trl_runs.make),
    ]


def main():
    here = Path(__file__).resolve().parent
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--seed", type=int, default=20)
    p.add_argument("--out", type=Path, default=here)
    p.add_argument("--full", action="store_true", help="with all of TRL's runs: the committed set leaves most out for their size")
    p.add_argument("--only", default="", help="comma-separated names of parts")
    args = p.parse_args()

    import torch
    from transformers.utils import logging

    logging.disable_progress_bar()
    warnings.filterwarnings("ignore", category=FutureWarning)  # of options that TRL sets itself, and of keep_end
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    all_parts = parts()
    only = [n for n in args.only.split(",") if n]
    unknown = set(only) - {n for n, _ in all_parts}
    if unknown:
        p.error(f"no part named {sorted(unknown)}; parts are {[n for n, _ in all_parts]}")
    args.out.mkdir(parents=True, exist_ok=True)
    for name, make in all_parts:
        if only and name not in only:
            continue
        start = time.time()
        make(args.out, args.seed, *([args.full] if name == "trl" else []))
        print(f"{name}: {time.time() - start:.1f} s", flush=True)


if __name__ == "__main__":
    main()
