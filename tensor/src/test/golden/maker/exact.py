"""Llama in float64 all through.

transformers computes RMSNorm and the rotary angles in float32 even in a float64 model. Both are replaced here by versions that
follow the dtype, with inverse frequencies computed in float64; everything else is the library's own code.
"""
import copy
import math
import types

import torch
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification
from transformers.models.llama.modeling_llama import LlamaRMSNorm, LlamaRotaryEmbedding


def inv_freq(config):
    rope = config.rope_parameters
    f = rope["rope_theta"] ** (-torch.arange(0, config.head_dim, 2, dtype=torch.float64) / config.head_dim)
    if rope["rope_type"] == "default":
        return f
    assert rope["rope_type"] == "llama3", rope
    low, high, factor = rope["low_freq_factor"], rope["high_freq_factor"], rope["factor"]
    cycles = rope["original_max_position_embeddings"] * f / (2 * math.pi)
    smooth = ((cycles - low) / (high - low)).clamp(0, 1)
    return (1 - smooth) * f / factor + smooth * f


def _norm(self, x):
    return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.variance_epsilon))


def _rotary(self, x, position_ids):
    angles = position_ids[..., None].double() * inv_freq(self.config)
    angles = torch.cat((angles, angles), dim=-1)
    return angles.cos(), angles.sin()


def exact(model):
    """A float64 copy of `model` without float32 inside."""
    model = copy.deepcopy(model).double()
    for module in model.modules():
        if isinstance(module, LlamaRMSNorm):
            module.forward = types.MethodType(_norm, module)
        elif isinstance(module, LlamaRotaryEmbedding):
            module.forward = types.MethodType(_rotary, module)
    return model


def load(folder, dtype=torch.float32):
    """The library's model of `folder`, in evaluation mode."""
    import json

    kind = json.loads((folder / "config.json").read_text())["architectures"][0]
    cls = AutoModelForSequenceClassification if "Classification" in kind else AutoModelForCausalLM
    return cls.from_pretrained(folder, dtype=dtype).eval()


def load_exact(folder):
    return exact(load(folder))
