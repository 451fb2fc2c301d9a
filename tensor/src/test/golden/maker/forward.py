"""forward/: logits, hidden states, log-probabilities and rewards, exact and as the library computes them in float32."""
import torch

from .common import pad, random_ids, rng, write_json, write_tensors
from .exact import inv_freq, load, load_exact

LENGTHS = [1, 2, 7, 33, 80]
HIDDEN_OF = 3


def sequences(r):
    """One sequence in three starts without the begin token."""
    return [random_ids(r, n, bos=i % 3 != 2) for i, n in enumerate(LENGTHS)]


def positions(n):
    return sorted({0, n // 3, n // 2, n - 1})


@torch.no_grad()
def make(out, seed):
    for kind in "abc":
        folder, seqs = out / f"ckpt_{kind}", sequences(rng(seed, f"forward {kind}"))
        f32, f64 = load(folder), load_exact(folder)
        tensors = hidden(f32, f64, seqs[HIDDEN_OF])
        if kind == "c":
            difference = rewards(f32, f64, seqs, tensors)
        else:
            difference = logits(f32, f64, seqs, tensors)
        write_tensors(out / "forward" / f"{kind}.safetensors", tensors)
        write_json(out / "forward" / f"{kind}.json", {
            "sequences": seqs, "logits_f64_positions": [] if kind == "c" else [positions(len(s)) for s in seqs],
            "hidden_states_sequence": HIDDEN_OF, "max_abs_f32_minus_f64": difference})


def hidden(f32, f64, sequence):
    ids = torch.tensor([sequence])
    inner = [m.model(ids, output_hidden_states=True).hidden_states for m in (f32, f64)]
    return {"hidden_f32": torch.cat(inner[0]), "hidden_f64": torch.cat(inner[1]),
            "inv_freq_f32": f32.model.rotary_emb.inv_freq, "inv_freq_f64": inv_freq(f64.config)}


def logits(f32, f64, seqs, tensors):
    ids, mask = pad(seqs)
    batch = f32(ids, attention_mask=mask).logits
    worst = 0.0
    for i, s in enumerate(seqs):
        exact = f64(torch.tensor([s])).logits[0]
        mine = batch[i, : len(s)]
        worst = max(worst, (mine - exact).abs().max().item())
        top = exact.topk(5)
        logps = exact.log_softmax(-1)
        tensors |= {f"seq{i}.logits_f32": mine, f"seq{i}.logits_f64": exact[positions(len(s))],
                    f"seq{i}.top5_ids": top.indices, f"seq{i}.top5_logits_f64": top.values,
                    f"seq{i}.logsumexp_f64": exact.logsumexp(-1),
                    f"seq{i}.target_logps_f64": logps[:-1].gather(1, torch.tensor(s[1:], dtype=torch.long)[:, None])[:, 0]}
    return worst


def rewards(f32, f64, seqs, tensors):
    ids, mask = pad(seqs)
    tensors["reward_f32"] = f32(ids, attention_mask=mask).logits[:, 0]
    tensors["reward_f64"] = torch.stack([f64(torch.tensor([s])).logits[0, 0] for s in seqs])
    return (tensors["reward_f32"] - tensors["reward_f64"]).abs().max().item()
