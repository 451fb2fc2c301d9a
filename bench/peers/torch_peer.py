#!/usr/bin/env python3
"""PyTorch + transformers at the work of the bars, on the CPU. Protocol: peer.py; works and their keys: README.md."""
import gc
import os
import time
from importlib.metadata import version

import torch
from transformers import DynamicCache, LlamaConfig, LlamaForCausalLM
from transformers.generation.logits_process import TopPLogitsWarper

from peer import SHAPES, peers_folder, rates, serve, text, timed

held = {}


def config(name, **more):
    shape = {k: v for k, v in SHAPES[name].items() if k not in ("rows", "tokens", "rope_theta")}
    return LlamaConfig(**shape, rope_parameters={"rope_type": "default", "rope_theta": SHAPES[name]["rope_theta"]},
                       tie_word_embeddings=True, max_position_embeddings=4096, bos_token_id=0, eos_token_id=1,
                       attn_implementation="sdpa", **more)


def drop(request=None):
    held.clear()
    gc.collect()
    return {}


def hold(name, make):
    """The state of work `name`, made once; another work's state is freed first."""
    if name not in held:
        drop()
        held[name] = make()
    return held[name]


SHOWN = 16  # greedy tokens that an answer shows, for comparison


def sft_state(name, folder):
    torch.manual_seed(1)
    if folder:
        model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa", use_cache=False).train()
    else:
        model = LlamaForCausalLM(config(name, use_cache=False)).train()
    # what transformers' Trainer takes by default
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.0, fused=True)
    shape = (8, SHAPES[name]["rows"], SHAPES[name]["tokens"])
    ids = torch.tensor(text(SHAPES[name]["vocab_size"], shape[0] * shape[1] * shape[2])).view(shape)
    return {"model": model, "optimizer": optimizer, "ids": ids, "step": 0}


def sft_step(state):
    ids = state["ids"][state["step"] % len(state["ids"])]
    loss = state["model"](input_ids=ids, labels=ids).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(state["model"].parameters(), 1.0)
    state["optimizer"].step()
    state["optimizer"].zero_grad()
    state["step"] += 1
    return loss.item()


def sft(name):
    """A whole training step: forward, loss, backward, clipping, AdamW, zero_grad."""

    def work(request):
        torch.set_num_threads(request.get("threads", 1))
        key = ("sft", name, request.get("model"))
        fresh = key not in held
        state = hold(key, lambda: sft_state(name, request.get("model")))
        losses = [sft_step(state)] if fresh else []  # the first step makes the optimizer's state
        times = timed(lambda: losses.append(sft_step(state)), request, 5)
        return {**rates(times, SHAPES[name]["rows"] * SHAPES[name]["tokens"]), "loss": losses}

    return work


def dpo(name):
    """A whole step of TRL's DPOTrainer: its loss with that of the frozen reference, backward, clipping, AdamW, zero_grad."""

    def work(request):
        import trl_peer  # takes seconds

        torch.set_num_threads(request.get("threads", 1))
        key = ("dpo", name, request["model"], request.get("ragged", False))
        fresh = key not in held
        run = hold(key, lambda: trl_peer.DpoRun(name, request["model"], request.get("ragged", False)))
        seen = [run.step()] if fresh else []  # the first step makes the optimizer's state
        times = timed(lambda: seen.append(run.step()), request, 5)
        return {**rates(times, run.tokens), **{figure: [s[figure] for s in seen] for figure in trl_peer.FIGURES}}

    return work


def model_1b():
    return os.path.join(peers_folder(), "models", "1b")


def load_1b(folder=None):
    return LlamaForCausalLM.from_pretrained(folder or model_1b(), dtype=torch.bfloat16, attn_implementation="sdpa").eval()


def prefilled(model, length, copies):
    """The keys and values of one prompt, for `copies` samples of it, and the last token of each."""
    ids = torch.tensor([text(model.config.vocab_size, length)])
    cache = DynamicCache(config=model.config)
    last = model(ids, past_key_values=cache, logits_to_keep=1).logits[:, -1].argmax(-1, keepdim=True)
    cache.batch_repeat_interleave(copies)
    return cache, last.repeat(copies, 1)


def decode_state(request, copies):
    model = load_1b(request.get("model"))
    cache, last = prefilled(model, request.get("prompt", 500 if copies > 1 else 8), copies)
    return {"model": model, "cache": cache, "last": last, "length": cache.get_seq_length(), "ids": []}


def decode(copies):
    """One decode step of `copies` sequences, drawing with top-p where several; the cache is cut back when it grew by 128."""
    top_p = TopPLogitsWarper(0.95)

    @torch.inference_mode()
    def step(state):
        if state["cache"].get_seq_length() > state["length"] + 128:
            state["cache"].crop(state["length"])
        logits = state["model"](state["last"], past_key_values=state["cache"]).logits[:, -1].float()
        if copies == 1:
            state["last"] = logits.argmax(-1, keepdim=True)
        else:
            state["last"] = torch.multinomial(top_p(None, logits).softmax(-1), 1)

    def work(request):
        torch.set_num_threads(request.get("threads", 1))
        with torch.inference_mode():
            fresh = ("decode", copies) not in held
            state = hold(("decode", copies), lambda: decode_state(request, copies))
        if fresh and copies == 1:
            for _ in range(SHOWN):
                state["ids"].append(state["last"].item())
                step(state)
        step(state)
        return {**rates(timed(lambda: step(state), request, 5), copies), "ids": state["ids"]}

    return work


def load(request):
    """From files to the first token, in this process: ask a fresh one for a figure that means something."""
    torch.set_num_threads(request.get("threads", 1))
    drop()
    start = time.perf_counter()
    model = load_1b(request.get("model"))
    loaded = time.perf_counter() - start
    with torch.inference_mode():
        first = model(torch.tensor([[128000, 9906]])).logits[0, -1].argmax().item()
    return {"load_s": loaded, "first_token_s": time.perf_counter() - start, "first_token": first}


def gemm(request):
    """f32 product m x n x k; NT means B is stored [n, k], TN that A is stored [k, m]."""
    torch.set_num_threads(request.get("threads", 1))
    m, n, k, layout = request["m"], request["n"], request["k"], request.get("layout", "NN")
    a = torch.randn((k, m) if layout[0] == "T" else (m, k))
    b = torch.randn((n, k) if layout[1] == "T" else (k, n))
    a, b, c = a.t() if layout[0] == "T" else a, b.t() if layout[1] == "T" else b, torch.empty(m, n)
    return rates(timed(lambda: torch.mm(a, b, out=c), request, 1), 2e-9 * m * n * k, "gflop_per")


def hello(request):
    import transformers

    return {"torch": torch.__version__, "transformers": transformers.__version__, "trl": version("trl"),
            "capability": torch.backends.cpu.get_cpu_capability()}


if __name__ == "__main__":
    serve({"hello": hello, "drop": drop, "sft_7m": sft("7m"), "sft_100m": sft("100m"), "dpo_7m": dpo("7m"), "dpo_100m": dpo("100m"),
           "decode_1b": decode(1), "decode_1b_32": decode(32), "load_1b": load, "gemm": gemm})
