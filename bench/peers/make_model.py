#!/usr/bin/env python3
"""Writes a random-weight model of a bar's shape as a Hugging Face folder, and with --gguf also as a file for llama.cpp.

    make_model.py --shape 1b --out DIR [--dtype bfloat16] [--tokenizer DIR] [--gguf FILE]

Nothing in it comes from a released model. The tokenizer's files, if any, are copied (tokenizer.json.gz is unpacked).
"""
import argparse
import gzip
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from torch_peer import config

BEGIN, STOPS = 128000, [128001, 128008, 128009]


def tensors(c, dtype, generator):
    def normal(*shape):
        return (torch.randn(shape, generator=generator) * 0.02).to(dtype)

    h, f, q, kv = c.hidden_size, c.intermediate_size, c.num_attention_heads * c.head_dim, c.num_key_value_heads * c.head_dim
    yield "model.embed_tokens.weight", normal(c.vocab_size, h)
    for i in range(c.num_hidden_layers):
        p = f"model.layers.{i}."
        yield p + "input_layernorm.weight", torch.ones(h, dtype=dtype)
        yield p + "post_attention_layernorm.weight", torch.ones(h, dtype=dtype)
        for name, rows, columns in (("q_proj", q, h), ("k_proj", kv, h), ("v_proj", kv, h), ("o_proj", h, q)):
            yield f"{p}self_attn.{name}.weight", normal(rows, columns)
        for name, rows, columns in (("gate_proj", f, h), ("up_proj", f, h), ("down_proj", h, f)):
            yield f"{p}mlp.{name}.weight", normal(rows, columns)
    yield "model.norm.weight", torch.ones(h, dtype=dtype)


def write_folder(shape, out, dtype, tokenizer):
    c = config(shape, dtype=dtype, architectures=["LlamaForCausalLM"])
    if c.vocab_size == 128256:
        c.bos_token_id, c.eos_token_id = BEGIN, STOPS
    out.mkdir(parents=True, exist_ok=True)
    save_file(dict(tensors(c, dtype, torch.Generator().manual_seed(3))), str(out / "model.safetensors"), metadata={"format": "pt"})
    c.save_pretrained(out)
    for name in ("tokenizer.json", "tokenizer.json.gz", "tokenizer_config.json") if tokenizer else ():
        source = tokenizer / name
        if source.exists() and name.endswith(".gz"):
            with gzip.open(source) as packed, open(out / "tokenizer.json", "wb") as f:
                shutil.copyfileobj(packed, f)
        elif source.exists():
            shutil.copyfile(source, out / name)
    return c


def interleaved(w, heads):
    """llama.cpp turns adjacent pairs, Hugging Face the two halves of a head: rows are reordered to agree."""
    return w.view(heads, 2, -1, w.shape[1]).transpose(1, 2).reshape(w.shape)


def write_gguf(c, folder, file):
    import gguf

    w = gguf.GGUFWriter(str(file), "llama")
    w.add_context_length(c.max_position_embeddings)
    w.add_embedding_length(c.hidden_size)
    w.add_block_count(c.num_hidden_layers)
    w.add_feed_forward_length(c.intermediate_size)
    w.add_head_count(c.num_attention_heads)
    w.add_head_count_kv(c.num_key_value_heads)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    w.add_rope_freq_base(c.rope_parameters["rope_theta"])
    w.add_rope_dimension_count(c.head_dim)
    w.add_vocab_size(c.vocab_size)
    w.add_tokenizer_model("no_vocab")
    w.add_file_type(gguf.LlamaFileType.MOSTLY_BF16)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, c.num_hidden_layers)
    for name, t in load_file(str(folder / "model.safetensors")).items():
        if "q_proj" in name:
            t = interleaved(t, c.num_attention_heads)
        elif "k_proj" in name:
            t = interleaved(t, c.num_key_value_heads)
        to = names.get_name(name, try_suffixes=(".weight",))
        if t.dim() == 1:
            w.add_tensor(to, t.float().numpy())
        else:
            w.add_tensor(to, t.bfloat16().contiguous().view(torch.uint8).numpy(), raw_dtype=gguf.GGMLQuantizationType.BF16)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--shape", choices=["7m", "100m", "1b"], required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--dtype", choices=["float32", "bfloat16"], default="bfloat16")
    p.add_argument("--tokenizer", type=Path)
    p.add_argument("--gguf", type=Path)
    args = p.parse_args()
    c = write_folder(args.shape, args.out, getattr(torch, args.dtype), args.tokenizer)
    if args.gguf:
        write_gguf(c, args.out, args.gguf)


if __name__ == "__main__":
    main()
