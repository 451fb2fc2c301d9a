#!/usr/bin/env python3
"""llama.cpp (through llama-cpp-python's bindings) at the decode work of the bars, on a bf16 GGUF of the 1B shape."""
import ctypes
import os
import time

import llama_cpp

from peer import peers_folder, rates, serve, text, timed

SHOWN = 16  # greedy tokens that an answer shows, for comparison

held = {}


class Context:
    """One model and one context for `copies` sequences of one prompt, whose keys and values they share."""

    def __init__(self, path, copies, length):
        start = time.perf_counter()
        self.model = llama_cpp.llama_model_load_from_file(path.encode(), llama_cpp.llama_model_default_params())
        if not self.model:
            raise RuntimeError(f"llama.cpp cannot load {path}")
        params = llama_cpp.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = length + copies * 256, 512, 512
        params.n_seq_max, params.kv_unified = copies, True
        self.context = llama_cpp.llama_init_from_model(self.model, params)
        if not self.context:
            raise RuntimeError("llama.cpp cannot make a context")
        self.memory = llama_cpp.llama_get_memory(self.context)
        self.vocab = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(self.model))
        self.batch = llama_cpp.llama_batch_init(max(512, copies), 0, 1)
        self.copies, self.length, self.at = copies, length, length
        self.sampler = sampler(copies)
        self.load_s = time.perf_counter() - start

    def threads(self, n):
        llama_cpp.llama_set_n_threads(self.context, n, n)

    def feed(self, rows):
        """rows: (token, position, sequence, whether logits are wanted)."""
        for i, (token, position, sequence, wanted) in enumerate(rows):
            self.batch.token[i], self.batch.pos[i], self.batch.logits[i] = token, position, wanted
            self.batch.n_seq_id[i], self.batch.seq_id[i][0] = 1, sequence
        self.batch.n_tokens = len(rows)
        if llama_cpp.llama_decode(self.context, self.batch) != 0:
            raise RuntimeError("llama_decode failed")

    def prefill(self):
        llama_cpp.llama_memory_clear(self.memory, True)
        self.feed([(t, i, 0, i == self.length - 1) for i, t in enumerate(text(self.vocab, self.length))])
        for s in range(1, self.copies):
            llama_cpp.llama_memory_seq_cp(self.memory, 0, s, -1, -1)
        first = llama_cpp.llama_sampler_sample(self.sampler, self.context, -1)
        self.last, self.at = [first] * self.copies, self.length

    def step(self):
        if self.at >= self.length + 128:
            for s in range(self.copies):
                llama_cpp.llama_memory_seq_rm(self.memory, s, self.length, -1)
            self.at = self.length
        self.feed([(t, self.at, s, True) for s, t in enumerate(self.last)])
        self.last = [llama_cpp.llama_sampler_sample(self.sampler, self.context, s) for s in range(self.copies)]
        self.at += 1


def sampler(copies):
    chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
    if copies == 1:
        llama_cpp.llama_sampler_chain_add(chain, llama_cpp.llama_sampler_init_greedy())
    else:
        llama_cpp.llama_sampler_chain_add(chain, llama_cpp.llama_sampler_init_top_p(0.95, 1))
        llama_cpp.llama_sampler_chain_add(chain, llama_cpp.llama_sampler_init_dist(7))
    return chain


def drop(request=None):
    for c in held.values():
        llama_cpp.llama_free(c.context)
        llama_cpp.llama_model_free(c.model)
    held.clear()
    return {}


def model_file(request):
    return request.get("model") or os.path.join(peers_folder(), "models", "1b.gguf")


def greedy(c):
    ids = []
    for _ in range(SHOWN):
        ids.append(c.last[0])
        c.step()
    return ids


def decode(copies):
    def work(request):
        if copies not in held:
            drop()
            held[copies] = Context(model_file(request), copies, request.get("prompt", 500 if copies > 1 else 8))
            held[copies].threads(request.get("threads", 1))
            held[copies].prefill()
            held[copies].ids = greedy(held[copies]) if copies == 1 else []
        c = held[copies]
        c.threads(request.get("threads", 1))
        c.step()
        return {**rates(timed(c.step, request, 5), copies), "ids": c.ids}

    return work


def load(request):
    drop()
    start = time.perf_counter()
    c = Context(model_file(request), 1, 2)
    c.threads(request.get("threads", 1))
    c.prefill()
    held["load"] = c
    return {"load_s": c.load_s, "first_token_s": time.perf_counter() - start, "first_token": c.last[0]}


@llama_cpp.llama_log_callback
def silent(level, text, data):
    pass


if __name__ == "__main__":
    llama_cpp.llama_log_set(silent, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    serve({"hello": lambda request: {"llama_cpp_python": llama_cpp.__version__,
                                     "features": llama_cpp.llama_print_system_info().decode()},
           "drop": drop, "decode_1b": decode(1), "decode_1b_32": decode(32), "load_1b": load})
