#!/usr/bin/env python3
"""Oracle: transformers loads a model folder and computes the log-probabilities that Gavel computed from it.

    gavel logprobs --model_name_or_path DIR --dataset texts.jsonl > logprobs.jsonl
    check_hf_load.py DIR logprobs.jsonl [--tolerance 3e-4] [--dtype float32]

DIR may be the folder of a LoRA adapter: then its base is loaded, and PEFT puts the adapter on it (needs peft; --base_model where the base is not
where its config says, as for gavel).

Compares `logprobs` and, where given, `top` of every line with the library's; also that every tensor of the files was used and none was
missing. Prints one JSON line; exit code 0 if all differences are within the tolerance, else 1.
"""
import argparse
import json
import os
import sys
from pathlib import Path


def differences(model, row, torch):
    """Of one line: the largest differences of the log-probabilities and of the top lists (whose ids must be near-equal in rank)."""
    with torch.no_grad():
        logps = model(torch.tensor([row["ids"]])).logits[0].double().log_softmax(-1)
    given = row["logprobs"]
    if len(given) != len(row["ids"]) or given[0] is not None:
        sys.exit("a line's logprobs must have one entry per id, the first null")
    worst = max((abs(g - logps[t - 1, row["ids"][t]].item()) for t, g in enumerate(given) if t > 0), default=0.0)
    top = max((abs(p - logps[t, i].item()) for t, best in enumerate(row.get("top", [])) for i, p in best), default=0.0)
    return worst, top


def load(folder, base, dtype, torch):
    """The model, and what is wrong with its files."""
    from transformers import AutoModelForCausalLM

    config = Path(folder) / "adapter_config.json"
    if not config.exists():
        model, info = AutoModelForCausalLM.from_pretrained(folder, dtype=dtype, output_loading_info=True)
        return model, {k: sorted(map(str, v)) for k, v in info.items() if v}
    from peft import PeftModel, get_peft_model_state_dict
    from safetensors.torch import load_file

    if base is None:
        name = json.loads(config.read_text(encoding="utf-8"))["base_model_name_or_path"]
        base = next((p for p in (Path(folder) / name, Path(name)) if p.is_dir()), name)
    model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base, dtype=dtype), folder)
    stored, held = load_file(Path(folder) / "adapter_model.safetensors"), get_peft_model_state_dict(model)
    problems = {"missing_keys": sorted(held.keys() - stored.keys()), "unexpected_keys": sorted(stored.keys() - held.keys()),
                "changed": sorted(k for k in held.keys() & stored.keys() if not torch.equal(held[k], stored[k].to(held[k].dtype)))}
    return model, {k: v for k, v in problems.items() if v}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("model")
    p.add_argument("logprobs")
    p.add_argument("--base_model")
    p.add_argument("--tolerance", type=float, default=3e-4)
    p.add_argument("--dtype", default="float32", help="type in which the library computes")
    args = p.parse_args()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import torch

    model, problems = load(args.model, args.base_model, getattr(torch, args.dtype), torch)
    worst, top, lines = 0.0, 0.0, 0
    with open(args.logprobs, encoding="utf-8") as f:
        for line in f:
            row = json.loads(line)
            if "error" in row:
                sys.exit(f"line {lines + 1} is an error: {row['error']}")
            a, b = differences(model.eval(), row, torch)
            worst, top, lines = max(worst, a), max(top, b), lines + 1
    good = lines > 0 and max(worst, top) <= args.tolerance and not problems
    print(json.dumps({"lines": lines, "largest_difference": worst, "largest_difference_of_top": top, "loading": problems, "ok": good}))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
