#!/usr/bin/env python3
"""Writes small Parquet files as pyarrow writes them, and beside each the same rows as JSON lines.

    python3 -m venv VENV && VENV/bin/pip install pyarrow==26.0.1
    VENV/bin/python make.py

The columns are those of public preference data sets, with made-up contents, and one file with other types: several row groups, pages with
and without dictionaries, three compressions, nulls at every level, empty lists and texts.
"""
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).resolve().parent

MESSAGES = pa.list_(pa.struct([("content", pa.string()), ("role", pa.string())]))
TURNS = pa.list_(pa.struct([("from", pa.string()), ("value", pa.string())]))


def talk(question, answer):
    return [{"content": question, "role": "user"}, {"content": answer, "role": "assistant"}]


def write(name, rows, schema, **options):
    table = pa.Table.from_pylist(rows, schema=schema)
    pq.write_table(table, HERE / f"{name}.parquet", **options)
    back = pq.read_table(HERE / f"{name}.parquet").to_pylist()
    assert back == rows, name
    with open(HERE / f"{name}.jsonl", "w", encoding="utf-8") as out:
        for row in back:
            out.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")


def ultrafeedback_binarized():
    rows = []
    for i in range(7):
        q = f"Question {i}: why is \"x\" = {i}?\n"
        rows.append({
            "prompt": q, "prompt_id": f"{i:064x}", "chosen": talk(q, f"Because é {i} 😀."), "rejected": talk(q, f"No idea\t{i}."),
            "messages": talk(q, f"Because é {i} 😀."), "score_chosen": 8.5 - i / 10, "score_rejected": 7.9 if i == 6 else 1.0,
        })
    schema = pa.schema([
        ("prompt", pa.string()), ("prompt_id", pa.string()), ("chosen", MESSAGES), ("rejected", MESSAGES), ("messages", MESSAGES),
        ("score_chosen", pa.float64()), ("score_rejected", pa.float64()),
    ])
    write("ultrafeedback_binarized", rows, schema, row_group_size=3, compression="snappy")


def ultrainteract():
    rows = []
    for i in range(6):
        turns = [{"from": "user", "value": f"Solve {i // 2}."}]
        for step in range(i % 2):
            turns += [{"from": "assistant", "value": f"Step {step}"}, {"from": "user", "value": "Observation: wrong."}]
        rows.append({
            "task": ["Coding", "Math_CoT", "Logic"][i // 2], "dataset": "made-up", "trajectory": turns, "chosen": f"Right {i}",
            "rejected": f"Wrong {i}", "id": f"{i // 2:08x}_{i % 2}_0", "parent_id": f"{i // 2:08x}",
        })
    schema = pa.schema([(k, TURNS if k == "trajectory" else pa.string()) for k in rows[0]])
    write("ultrainteract", rows, schema, row_group_size=4, compression="zstd", use_dictionary=["task", "dataset"])


def rewardbench():
    rows = [{
        "prompt": f"p {i}", "chosen": f"good {i}", "chosen_model": "a", "rejected": f"bad {i}", "rejected_model": "b",
        "subset": ["alpacaeval-easy", "hep-java"][i % 2], "id": 30 + i,
    } for i in range(4)]
    schema = pa.schema([(k, pa.int64() if k == "id" else pa.string()) for k in rows[0]])
    write("rewardbench", rows, schema, compression="none", data_page_version="2.0")


def types():
    rows = [
        {"text": "", "large": "L" * 300, "yes": True, "small": -(2 ** 31), "big": 2 ** 62, "unsigned": 2 ** 64 - 1, "half": 0.5,
         "double": 0.1, "ids": [1, 2, 128255], "nested": [[1], [], None], "box": {"a": 1, "b": [{"c": None}]}, "word": "same"},
        {"text": "zero \u0000 quote \" back \\ line\n", "large": None, "yes": None, "small": None, "big": None, "unsigned": None,
         "half": None, "double": None, "ids": None, "nested": None, "box": None, "word": "same"},
        {"text": None, "large": "", "yes": False, "small": 7, "big": -1, "unsigned": 0, "half": -0.25, "double": 1e300, "ids": [],
         "nested": [], "box": {"a": None, "b": None}, "word": None},
    ] * 3
    schema = pa.schema([
        ("text", pa.string()), ("large", pa.large_string()), ("yes", pa.bool_()), ("small", pa.int32()), ("big", pa.int64()),
        ("unsigned", pa.uint64()), ("half", pa.float32()), ("double", pa.float64()), ("ids", pa.list_(pa.int32())),
        ("nested", pa.list_(pa.list_(pa.int64()))),
        ("box", pa.struct([("a", pa.int64()), ("b", pa.list_(pa.struct([("c", pa.string())])))])),
        ("word", pa.dictionary(pa.int32(), pa.string())),
    ])
    write("types", rows, schema, row_group_size=2, compression="gzip")


def not_a_number():
    table = pa.table({"prompt": ["q", "q"], "chosen": ["a", "a"], "rejected": ["b", "b"], "margin": [float("nan"), 0.5]})
    pq.write_table(table, HERE / "not_a_number.parquet")


ultrafeedback_binarized()
ultrainteract()
rewardbench()
types()
not_a_number()
