"""What all parts share: seeded random numbers, exact JSON, tensor files, ids of the special tokens."""
import json
import zlib

import numpy as np
import torch
from safetensors.torch import save_file

SPECIAL = ["<|begin_of_text|>", "<|end_of_text|>", "<|finetune_right_pad_id|>", "<|start_header_id|>", "<|end_header_id|>",
           "<|eom_id|>", "<|eot_id|>", "<|python_tag|>"] + [f"<|reserved_special_token_{i}|>" for i in range(4)]

# Another size than the large set's 384, so that a test which relies on its ids is found out.
VOCAB = 336
ORDINARY = VOCAB - len(SPECIAL)
BOS, END_OF_TEXT, PAD = ORDINARY, ORDINARY + 1, ORDINARY + 2
EOM, EOT = ORDINARY + 5, ORDINARY + 6
EOS = [END_OF_TEXT, EOM, EOT]


def rng(seed, name):
    """One stream per part, so that a change in one part leaves the others as they are."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def torch_rng(seed, name):
    g = torch.Generator()
    g.manual_seed(int(rng(seed, name).integers(1 << 62)))
    return g


def finite(x):
    """JSON has no infinity: minus infinity is written null."""
    if isinstance(x, dict):
        return {k: finite(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [finite(v) for v in x]
    if isinstance(x, (np.floating, np.integer, np.bool_)):
        return finite(x.item())
    if isinstance(x, torch.Tensor):
        return finite(x.tolist())
    if isinstance(x, float) and x == -np.inf:
        return None
    return x


def dumps(obj, **kw):
    return json.dumps(finite(obj), allow_nan=False, **kw)


def write_json(path, obj, indent=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dumps(obj, indent=indent) + "\n", encoding="utf-8")


def write_jsonl(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(dumps(r) + "\n" for r in rows), encoding="utf-8")


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def read_jsonl(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write_tensors(path, tensors):
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({k: v.detach().contiguous() for k, v in tensors.items()}, str(path), metadata={"format": "pt"})


def random_ids(r, n, bos=True):
    """n token ids without special tokens, after the begin token where asked for."""
    ids = r.integers(0, ORDINARY, size=n).tolist()
    return [BOS] + ids[1:] if bos else ids


def pad(sequences, value=PAD):
    """Right-padded ids and their mask."""
    width = max(map(len, sequences))
    ids = torch.tensor([s + [value] * (width - len(s)) for s in sequences])
    mask = torch.tensor([[1] * len(s) + [0] * (width - len(s)) for s in sequences])
    return ids, mask


def summary(parameters):
    """What the trajectories say about every parameter: sum, l2, dot product with cos(index), first three values."""
    out = {}
    for name, p in parameters:
        v = p.detach().double().flatten()
        out[name] = {"sum": v.sum().item(), "l2": v.norm().item(),
                     "dot_cos_index": (v * torch.cos(torch.arange(v.numel(), dtype=torch.float64))).sum().item(),
                     "first": v[:3].tolist()}
    return out


def scaled_difference(x, y):
    return abs(x - y) / (1 + abs(y))
