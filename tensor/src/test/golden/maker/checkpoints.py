"""ckpt_a, ckpt_b, ckpt_c, ckpt_a_ref: random weights written by the library; config_spellings."""
import copy
import shutil

import torch
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, LlamaForSequenceClassification

from .common import BOS, EOS, PAD, VOCAB, read_json, torch_rng, write_json
from .exact import load

COMMON = dict(vocab_size=VOCAB, max_position_embeddings=512, rms_norm_eps=1e-5, bos_token_id=BOS, eos_token_id=EOS,
              pad_token_id=PAD, hidden_act="silu")
PLAIN = {"rope_type": "default", "rope_theta": 500000.0}
LLAMA3 = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
          "original_max_position_embeddings": 64}

A = dict(COMMON, hidden_size=32, intermediate_size=56, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
         head_dim=8, tie_word_embeddings=False, rope_parameters=PLAIN)
B = dict(COMMON, hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
         head_dim=12, tie_word_embeddings=True, rope_parameters=LLAMA3)
C = dict(COMMON, hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=4,
         head_dim=6, tie_word_embeddings=False, rope_parameters=dict(PLAIN, rope_theta=10000.0))


def gain(name):
    """Standard deviation times sqrt(inputs): large enough that attention is sharp and logits differ."""
    for part, g in (("q_proj", 1.6), ("k_proj", 1.6), ("embed_tokens", 2.5), ("lm_head", 2.5), ("score", 2.0)):
        if part in name:
            return g
    return 1.0


@torch.no_grad()
def randomize(model, generator):
    for name, p in model.named_parameters():
        noise = torch.randn(p.shape, generator=generator)
        p.copy_(1 + 0.15 * noise if p.dim() == 1 else noise * gain(name) / p.shape[1] ** 0.5)


def tokenizer_into(out, folder):
    for f in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(out / "tokenizer_tiny" / f, out / folder / f)


def save(model, folder, **kw):
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder, **kw)
    for f in folder.iterdir():
        f.chmod(0o644)


def make(out, seed):
    sampling = dict(bos_token_id=BOS, eos_token_id=EOS, pad_token_id=PAD)
    a = LlamaForCausalLM(LlamaConfig(**A))
    randomize(a, torch_rng(seed, "ckpt_a"))
    a.generation_config = GenerationConfig(do_sample=True, temperature=0.6, top_p=0.9, **sampling)
    save(a, out / "ckpt_a")

    ref = copy.deepcopy(a)
    g = torch_rng(seed, "ckpt_a_ref")
    with torch.no_grad():
        for p in ref.parameters():
            p.add_(0.02 * torch.randn(p.shape, generator=g))
    save(ref, out / "ckpt_a_ref")

    b = LlamaForCausalLM(LlamaConfig(**B)).to(torch.bfloat16)
    randomize(b, torch_rng(seed, "ckpt_b"))
    b.generation_config = GenerationConfig(**sampling)
    total = sum(p.numel() * 2 for p in b.parameters())
    save(b, out / "ckpt_b", max_shard_size=int(total * 0.48))
    assert len(list((out / "ckpt_b").glob("*.safetensors"))) == 3

    # no num_labels key is written: one entry in id2label says it
    c = LlamaForSequenceClassification(LlamaConfig(**C, num_labels=1))
    randomize(c, torch_rng(seed, "ckpt_c"))
    save(c, out / "ckpt_c")
    for folder in ("ckpt_a", "ckpt_b", "ckpt_c"):
        tokenizer_into(out, folder)
    spellings(out)


def spellings(out):
    """The older ways of writing the same configurations; all load to the same logits (checked here)."""
    folder = out / "config_spellings"
    b = read_json(out / "ckpt_b" / "config.json")
    rope, dtype = b.pop("rope_parameters"), b.pop("dtype")
    older = {k: v for k, v in rope.items() if k not in ("rope_theta", "rope_type")}
    variants = {"newer": dict(b, dtype=dtype, rope_parameters=rope)}
    for name, kind in (("older_rope_type", ["rope_type"]), ("older_type", ["type"]), ("older_both", ["rope_type", "type"])):
        scaling = dict(older, **{k: "llama3" for k in kind})
        variants[name] = dict(b, torch_dtype=dtype, rope_theta=rope["rope_theta"], rope_scaling=scaling)
    a = read_json(out / "ckpt_a" / "config.json")
    rope, dtype = a.pop("rope_parameters"), a.pop("dtype")
    del a["head_dim"]
    variants["ckpt_a_older_no_head_dim"] = dict(a, torch_dtype=dtype, rope_theta=rope["rope_theta"], rope_scaling=None)
    for name, config in variants.items():
        write_json(folder / f"{name}.json", config, indent=1)
        check_spelling(out, name, config)


def check_spelling(out, name, config):
    import tempfile
    from pathlib import Path

    source = out / ("ckpt_a" if name.startswith("ckpt_a") else "ckpt_b")
    ids = torch.arange(100)[None]
    with tempfile.TemporaryDirectory() as tmp:
        for f in source.glob("model*"):
            shutil.copyfile(f, Path(tmp) / f.name)
        write_json(Path(tmp) / "config.json", config)
        with torch.no_grad():
            assert torch.equal(load(Path(tmp))(ids).logits, load(source)(ids).logits), name
