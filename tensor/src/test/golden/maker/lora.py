"""lora/: adapters that PEFT makes of the checkpoints, with what comes of them in float64: log-probabilities, logits, gradients."""
import json
import shutil

import torch
from torch.nn.functional import logsigmoid
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

from .common import random_ids, rng, torch_rng, write_json, write_tensors
from .exact import exact

LENGTHS = [5, 12, 2, 9]

# name: (checkpoint, task, options of LoraConfig)
ADAPTERS = {
    "a_default": ("ckpt_a", "CAUSAL_LM", {"r": 4, "lora_alpha": 8}),
    "b_all": ("ckpt_b", "CAUSAL_LM", {"r": 4, "lora_alpha": 6, "target_modules": "all-linear", "use_rslora": True,
                                      "modules_to_save": ["embed_tokens"]}),
    "c_score": ("ckpt_c", "SEQ_CLS", {"r": 4, "lora_alpha": 4, "target_modules": ["q_proj", "o_proj", "down_proj"],
                                      "modules_to_save": ["score"]}),
    # a classifier on a causal model: the head is the adapter's alone
    "a_score": ("ckpt_a", "SEQ_CLS", {"r": 2, "lora_alpha": 8, "target_modules": ["v_proj", "gate_proj"]}),
}


def adapter(folder, task, options, g):
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(int(torch.randint(1 << 30, (1,), generator=g)))
    if task == "SEQ_CLS":
        model = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=1, dtype=torch.float32)
    else:
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    model = get_peft_model(model, LoraConfig(task_type=task, **options))
    with torch.no_grad():
        for n, p in model.named_parameters():
            if p.requires_grad:  # B begins as zero: an adapter that has learned something is wanted
                p.add_(torch.randn(p.shape, generator=g) * 0.1)
    return model.eval()


def outputs(model, seqs, task):
    """Logits after the last token of each sequence, and the log-probabilities of all other tokens."""
    logits = [model(input_ids=torch.tensor([s])).logits[0] for s in seqs]
    if task == "SEQ_CLS":
        return torch.cat(logits), None
    logps = [z[:-1].log_softmax(-1).gather(1, torch.tensor(s[1:])[:, None])[:, 0] for z, s in zip(logits, seqs)]
    return torch.stack([z[-1] for z in logits]), torch.cat(logps)


def name_in_file(name):
    return name.replace(".modules_to_save.default", "").replace(".default", "")


def one(out, name, seed):
    base, task, options = ADAPTERS[name]
    model = adapter(out / base, task, options, torch_rng(seed, f"lora {name}"))
    folder = out / "lora" / name
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(str(folder))
    (folder / "README.md").unlink()
    config = json.loads((folder / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = f"../../{base}"
    config["target_modules"].sort()  # PEFT writes a set
    (folder / "adapter_config.json").write_text(json.dumps(config, indent=2, sort_keys=True))
    model = exact(model)
    seqs = [random_ids(rng(seed, f"lora {name} {i}"), n) for i, n in enumerate(LENGTHS)]
    logits, logps = outputs(model, seqs, task)
    if task == "SEQ_CLS":
        loss = -logsigmoid(logits[:2] - logits[2:]).mean()
        what = "mean of -log sigmoid(r_i - r_(i+2)) over the first two sequences"
    else:
        loss, what = -logps.mean(), "mean of -log p over all predicted tokens of the batch"
    loss.backward()
    tensors = {f"grad.{name_in_file(n)}": p.grad for n, p in model.named_parameters() if p.requires_grad}
    tensors["logits"] = logits
    if logps is not None:
        tensors["logps"] = logps
    if base != "ckpt_a" or task != "SEQ_CLS":
        with torch.no_grad(), model.disable_adapter():
            tensors["base_logits"] = outputs(model, seqs, task)[0]
    write_tensors(out / "lora" / f"{name}.safetensors", tensors)
    return {"base": base, "task": task, "what": what, "sequences": seqs, "loss": loss.item()}


def make(out, seed):
    write_json(out / "lora" / "lora.json", {name: one(out, name, seed) for name in ADAPTERS})
