"""What every Python peer shares: the JSON-lines loop, the shapes of the bars, memory, timing.

A peer reads one JSON object per line from standard input and answers each with one line on standard output:

    {"work": "sft_7m", "threads": 2, "seconds": 5}   ->   {"work": "sft_7m", "tokens_per_s": ..., "steps": ..., ...}

`{"work": "quit"}` or the end of the input ends it. What cannot be done is answered with {"error": "..."}; nothing else is ever
written to standard output. A model stays in memory between two requests of the same work, and `{"work": "drop"}` frees it.
"""
import json
import os
import sys
import time

# The shapes of the bars (hidden, layers, heads / kv heads, head_dim, FFN, vocabulary, tied; rows x tokens of one SFT step).
SHAPES = {
    "7m": dict(hidden_size=288, num_hidden_layers=6, num_attention_heads=6, num_key_value_heads=6, head_dim=48, intermediate_size=768,
               vocab_size=4096, rope_theta=10000.0, rows=8, tokens=256),
    "100m": dict(hidden_size=768, num_hidden_layers=12, num_attention_heads=12, num_key_value_heads=4, head_dim=64,
                 intermediate_size=2048, vocab_size=32000, rope_theta=10000.0, rows=2, tokens=512),
    "1b": dict(hidden_size=2048, num_hidden_layers=16, num_attention_heads=32, num_key_value_heads=8, head_dim=64,
               intermediate_size=8192, vocab_size=128256, rope_theta=500000.0, rows=1, tokens=512),
}


def token(i, vocabulary):
    """Token `i` of the texts that all sides read, Gavel's worker too: a hash, so that no side needs the other's random numbers."""
    x = i * 2654435761 & 0xFFFFFFFF
    x ^= x >> 16
    x = x * 2246822519 & 0xFFFFFFFF
    x ^= x >> 13
    return x * vocabulary >> 32


def text(vocabulary, count, first=0):
    return [token(first + i, vocabulary) for i in range(count)]


# The pairs of one DPO step; tokens of a prompt and of each completion, at most.
PAIRS = {"7m": dict(pairs=8, prompt=128, completion=128), "100m": dict(pairs=2, prompt=256, completion=256)}


def pairs(name, step, ragged):
    """The rows of DPO step `step`. Ragged ones have lengths from 8 to the most less 8, the same in each step, so that all steps do
    as much and only the texts differ."""
    vocabulary, shape = SHAPES[name]["vocab_size"], PAIRS[name]
    keys = {"prompt_ids": shape["prompt"], "chosen_ids": shape["completion"], "rejected_ids": shape["completion"]}
    rows, first = [], step * shape["pairs"] * sum(keys.values())
    for i in range(shape["pairs"]):
        row = {}
        for k, (key, most) in enumerate(keys.items()):
            row[key] = text(vocabulary, 8 + token(1000 + 3 * i + k, most - 15) if ragged else most, first)
            first += most
        rows.append(row)
    return rows


def peers_folder():
    """Where models and libraries of the peers lie, outside the tree."""
    return os.environ.get("GAVEL_PEERS") or os.path.join(os.path.expanduser("~"), ".cache", "gavel-peers")


def memory(key):
    """VmHWM (peak) or VmRSS (now) of this process in bytes."""
    with open("/proc/self/status") as f:
        for line in f:
            if line.startswith(key + ":"):
                return int(line.split()[1]) * 1024
    raise RuntimeError(f"no {key} in /proc/self/status")


def timed(step, request, seconds):
    """Calls `step` until the request's `seconds` have passed and at least `least` times; wall and processor time of each call."""
    least = request.get("least", 3)
    times, end = [], time.perf_counter() + request.get("seconds", seconds)
    while len(times) < least or time.perf_counter() < end:
        wall, cpu = time.perf_counter(), time.process_time()
        step()
        times.append((time.perf_counter() - wall, time.process_time() - cpu))
    return times


def rates(times, amount, unit="tokens_per"):
    """Best and median rate of calls that each did `amount`; `..._cpu_s` is the best per second of processor time, which with
    one thread says what a quiet machine would give, whatever else runs."""
    wall, cpu = sorted(w for w, _ in times), min(c for _, c in times)
    return {f"{unit}_s": amount / wall[0], f"{unit}_s_median": amount / wall[len(wall) // 2], f"{unit}_cpu_s": amount / cpu,
            "steps": len(times)}


def serve(works):
    """Answers requests with the functions of `works` until the input ends."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a library prints goes to standard error
    for line in sys.stdin:
        if not line.strip():
            continue
        request = {}
        try:
            request = json.loads(line)
            if request["work"] == "quit":
                break
            if request["work"] not in works:
                raise ValueError(f"unknown work '{request['work']}'; known: {', '.join(works)}")
            answer = {"work": request["work"], **works[request["work"]](request), "vm_hwm": memory("VmHWM")}
        except Exception as e:  # any failure is an answer: the other side decides what to do
            answer = {"work": request.get("work"), "error": f"{type(e).__name__}: {e}"}
        out.write(json.dumps(answer) + "\n")
