#!/usr/bin/env python3
"""PyTorch on a CUDA device at the work of `gavel bench gpu`, which starts this: a plain Llama in torch alone, eager,
scaled_dot_product_attention with grouped queries, fused AdamW.

    torch_gpu_peer.py WORK,WORK... SECONDS

    sft:SHAPE:ROWS:TOKENS:HOW        a training step. HOW: bf16 (weights, gradients and moments in bf16, no f32 master),
                                     mixed (f32 weights and moments, autocast to bf16), checkpointed (as bf16, blocks recomputed)
    decode:SHAPE:SAMPLES:PROMPT      the next token of samples of one prompt; greedy for one, top-p 0.95 for several

SHAPE is NAME/HIDDEN/LAYERS/HEADS/KV_HEADS/HEAD_DIM/FFN/VOCABULARY/TIED. One line of JSON answers each work; wall clock around
a step with a wait at its end, median after two (decode: five) warm ones. Nothing is begun after SECONDS.
"""
import gc
import json
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint

DEVICE = "cuda"


class Shape:
    def __init__(self, text):
        words = text.split("/")
        self.name, self.tied = words[0], words[8] == "true"
        self.hidden, self.layers, self.heads, self.kv, self.dim, self.ffn, self.vocab = map(int, words[1:8])


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), -1)


class Block(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.s = s
        line = lambda i, o: nn.Linear(i, o, bias=False)
        self.norm1, self.norm2 = nn.RMSNorm(s.hidden, 1e-6), nn.RMSNorm(s.hidden, 1e-6)
        self.q, self.k, self.v = line(s.hidden, s.heads * s.dim), line(s.hidden, s.kv * s.dim), line(s.hidden, s.kv * s.dim)
        self.o = line(s.heads * s.dim, s.hidden)
        self.gate, self.up, self.down = line(s.hidden, s.ffn), line(s.hidden, s.ffn), line(s.ffn, s.hidden)

    def forward(self, x, cos, sin, cache=None, at=0):
        b, t, _ = x.shape
        h = self.norm1(x)
        split = lambda y, n: y.view(b, t, n, self.s.dim).transpose(1, 2)
        q, k, v = rotate(split(self.q(h), self.s.heads), cos, sin), rotate(split(self.k(h), self.s.kv), cos, sin), split(self.v(h), self.s.kv)
        q, k = q.to(v.dtype), k.to(v.dtype)
        if cache is not None:
            cache[0][:, :, at:at + t], cache[1][:, :, at:at + t] = k, v
            k, v = cache[0][:, :, :at + t], cache[1][:, :, :at + t]
        y = F.scaled_dot_product_attention(q, k, v, is_causal=t > 1, enable_gqa=True)
        x = x + self.o(y.transpose(1, 2).reshape(b, t, -1))
        h = self.norm2(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class Llama(nn.Module):
    def __init__(self, s):
        super().__init__()
        self.s = s
        self.embed = nn.Embedding(s.vocab, s.hidden)
        self.blocks = nn.ModuleList(Block(s) for _ in range(s.layers))
        self.norm = nn.RMSNorm(s.hidden, 1e-6)
        self.head = nn.Linear(s.hidden, s.vocab, bias=False)
        if s.tied:
            self.head.weight = self.embed.weight
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=0.02)

    def angles(self, first, count, dtype):
        f = 5e5 ** (-torch.arange(0, self.s.dim, 2, device=DEVICE, dtype=torch.float32) / self.s.dim)
        a = torch.arange(first, first + count, device=DEVICE, dtype=torch.float32)[:, None] * f
        return a.cos().to(dtype), a.sin().to(dtype)

    def forward(self, ids, caches=None, at=0, recompute=False, last=False):
        x = self.embed(ids)
        cos, sin = self.angles(at, ids.shape[1], x.dtype)
        for i, block in enumerate(self.blocks):
            if recompute:
                x = checkpoint(block, x, cos, sin, use_reentrant=False)
            else:
                x = block(x, cos, sin, caches[i] if caches else None, at)
        return self.head(self.norm(x[:, -1:] if last else x))


def make(s, dtype):
    torch.manual_seed(1)
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(DEVICE):
            return Llama(s)
    finally:
        torch.set_default_dtype(before)


def timed(step, warm, count):
    """Median milliseconds."""
    for _ in range(warm):
        step()
    times = []
    for _ in range(count):
        torch.cuda.synchronize()
        start = time.perf_counter()
        step()
        torch.cuda.synchronize()
        times.append(1e3 * (time.perf_counter() - start))
    return sorted(times)[len(times) // 2]


def sft(shape, rows, tokens, how):
    s, rows, tokens = Shape(shape), int(rows), int(tokens)
    model = make(s, torch.float32 if how == "mixed" else torch.bfloat16)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.0, fused=True)
    ids = torch.randint(s.vocab, (rows, tokens), device=DEVICE)

    def step():
        with torch.autocast(DEVICE, torch.bfloat16, enabled=how == "mixed"):
            logits = model(ids, recompute=how == "checkpointed")
        loss = F.cross_entropy(logits[:, :-1].reshape(-1, s.vocab).float(), ids[:, 1:].reshape(-1))
        loss.backward()
        del logits
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    large = how == "checkpointed"
    ms = timed(step, 2, 3 if large else 7)
    ours = f"{s.name}, {rows} x {tokens:,} tokens"
    return dict(what=f"fine-tuning {ours}, {how}", ours=ours, samples=0, milliseconds=ms, tokens_per_s=1e3 * rows * tokens / ms,
                peak_gb=torch.cuda.max_memory_allocated() / 1e9)


def top_p(logits, p=0.95):
    """transformers' TopPLogitsWarper, and a draw."""
    values, order = logits.sort(-1)
    values = values.masked_fill(values.softmax(-1).cumsum(-1) <= 1 - p, float("-inf"))
    return order.gather(-1, torch.multinomial(values.softmax(-1), 1))


@torch.inference_mode()
def decode(shape, samples, prompt):
    s, samples, prompt = Shape(shape), int(samples), int(prompt)
    model, room = make(s, torch.bfloat16), prompt + 129
    empty = lambda: torch.zeros(samples, s.kv, room, s.dim, device=DEVICE, dtype=torch.bfloat16)
    caches = [(empty(), empty()) for _ in range(s.layers)]
    ids = torch.randint(s.vocab, (1, prompt), device=DEVICE)
    one = [(k[:1], v[:1]) for k, v in caches]
    last = model(ids, one, last=True)[:, -1].argmax(-1, keepdim=True).repeat(samples, 1)
    for k, v in caches:
        k[1:], v[1:] = k[:1], v[:1]
    state = {"at": prompt, "last": last}

    def step():
        if state["at"] == room:
            state["at"] = prompt
        logits = model(state["last"], caches, state["at"])[:, -1].float()
        state["last"] = logits.argmax(-1, keepdim=True) if samples == 1 else top_p(logits)
        state["last"].cpu()
        state["at"] += 1

    ms = timed(step, 5, 50)
    return dict(what=f"decoding {s.name}, {samples} of {prompt} tokens", ours="", samples=samples, milliseconds=ms,
                tokens_per_s=1e3 * samples / ms)


def main():
    works, end = sys.argv[1].split(","), time.perf_counter() + float(sys.argv[2])
    if not torch.cuda.is_available():
        print(json.dumps({"error": f"torch {torch.__version__} sees no CUDA device"}), flush=True)
        return
    for work in works:
        kind, *arguments = work.split(":")
        try:
            if time.perf_counter() > end:
                raise TimeoutError(f"no time was left for {work}")
            torch.cuda.reset_peak_memory_stats()
            answer = {"sft": sft, "decode": decode}[kind](*arguments)
        except Exception as e:  # the other works go on
            answer = {"error": f"{work}: {type(e).__name__}: {e}"[:300]}
        gc.collect()
        torch.cuda.empty_cache()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
