"""dtypes/: rounding between the float types, by the library. Compare bits."""
import numpy as np
import torch

from .common import rng, write_tensors

SPECIAL = [0.0, -0.0, np.inf, -np.inf, 1e-45, -1e-45, 1.1754942e-38, 1.1754944e-38, 3.4028235e38, 3.3961773e38, 3.3961775e38,
           1.00390625, 1.01171875, 1.0039061, 1.0039064, 65504.0, 65519.996, 65520.0, 2.9802322e-08, 2.9802326e-08, 5.9604645e-08,
           6.1035156e-05, 6.0975552e-05, 6.1005354e-05]


def make(out, seed):
    r = rng(seed, "dtypes")
    bits = r.integers(0, 1 << 32, size=500, dtype=np.uint32)
    # the lower half set to exactly one half of a bfloat16 step, or of a float16 step: ties
    ties = np.concatenate([bits[:120] & 0xffff0000 | 0x8000, bits[120:240] & 0xffffe000 | 0x1000])
    x = np.concatenate([np.array(SPECIAL, np.float32), bits.view(np.float32), ties.view(np.float32),
                        (r.standard_normal(300) * 10.0 ** r.uniform(-8, 5, 300)).astype(np.float32)])
    x = torch.tensor(x[~np.isnan(x)])
    y = torch.tensor(r.standard_normal(200) * 10.0 ** r.uniform(-46, 39, 200))
    write_tensors(out / "dtypes" / "rounding.safetensors", {
        "x_f32": x, "bf16": x.bfloat16(), "f16": x.half(), "bf16_as_f32": x.bfloat16().float(), "f16_as_f32": x.half().float(),
        "y_f64": y, "y_f32": y.float(), "y_bf16": y.bfloat16()})
