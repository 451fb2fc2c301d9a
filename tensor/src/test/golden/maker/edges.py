"""safetensors_edge/: small files, right and wrong in one way each, and the library's verdict on them."""
import hashlib
import json
import struct

from safetensors import SafetensorError, deserialize, safe_open

from .common import rng, write_json

DTYPES = {"BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "F8_E8M0": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2, "I32": 4,
          "U32": 4, "F32": 4, "C64": 8, "F64": 8, "I64": 8, "U64": 8}
X2 = '"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}'


def entry(name, dtype, shape, begin, end):
    return f'"{name}":{{"dtype":"{dtype}","shape":{json.dumps(shape, separators=(",", ":"))},"data_offsets":[{begin},{end}]}}'


def one(dtype, shape, size):
    return "{" + entry("x", dtype, shape, 0, size) + "}"


def a(dtype='"U8"', shape="[2]", offsets="[0,2]", more=""):
    """A tensor entry written by hand, so that any part can be wrong."""
    return f'{{"a":{{"dtype":{dtype},"shape":{shape},"data_offsets":{offsets}{more}}}}}'


class Cases:
    def __init__(self, r):
        self.r, self.rows = r, []

    def bytes(self, n):
        return self.r.integers(0, 256, size=n, dtype="uint8").tobytes()

    def raw(self, name, content, valid, why):
        self.rows.append((name, content, valid, why))

    def add(self, name, header, data, valid, why, length=None):
        """`data` is a number of random bytes or the bytes themselves; `length` replaces the header's length field."""
        header = header.encode() if isinstance(header, str) else header
        data = self.bytes(data) if isinstance(data, int) else data
        self.raw(name, struct.pack("<Q", len(header) if length is None else length) + header + data, valid, why)


def shapes_and_types(c):
    for dtype, size in DTYPES.items():
        if dtype == "BOOL":
            c.add("dtype_BOOL", one(dtype, [4], 4), b"\0\1\1\0", True, "dtype")
        else:
            c.add(f"dtype_{dtype}", one(dtype, [2, 3], 6 * size), 6 * size, True, "dtype")
    c.add("dtype_BOOL_value_2", one("BOOL", [4], 4), b"\0\2\xff\1", True, "bytes other than 0 and 1 are not looked at")
    c.add("dtype_F4", one("F4", [4], 2), 2, True, "two values a byte")
    c.add("dtype_F4_odd", one("F4", [3], 2), 2, False, "bits are not a multiple of 8")
    c.add("dtype_F6", one("F6_E2M3", [4], 3), 3, True, "four values in three bytes")
    c.add("dtype_lower_case", a('"f32"', offsets="[0,8]"), 8, False, "dtype names are upper case")
    c.add("dtype_unknown", a('"F31"', offsets="[0,8]"), 8, False, "unknown dtype")
    why = "zero, minus zero, infinities, NaN, smallest subnormal"
    for dtype, code, values in (("BF16", "H", [0, 0x8000, 0x7f80, 0xff80, 0x7fc0, 1]), ("F16", "H", [0, 0x8000, 0x7c00, 0xfc00, 0x7e00, 1]),
                                ("F32", "I", [0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc00000, 1])):
        data = struct.pack(f"<6{code}", *values)
        c.add(f"special_values_{dtype}", one(dtype, [6], len(data)), data, True, why)
    c.add("scalar", one("F32", [], 4), 4, True, "shape []")
    c.add("zero_size", one("F32", [0], 0), 0, True, "no elements")
    c.add("zero_size_middle", "{" + ",".join([entry("a", "F32", [2], 0, 8), entry("e", "F32", [3, 0, 5], 8, 8),
                                             entry("b", "F32", [1], 8, 12)]) + "}", 12, True, "an empty tensor between two others")
    c.add("many_dims", a(shape=json.dumps([1] * 40 + [2], separators=(",", ":"))), 2, True, "41 dimensions")
    c.add("unaligned_f64", "{" + entry("a", "U8", [3], 0, 3) + "," + entry("b", "F64", [1], 3, 11) + "}", 11, True, "F64 at an odd offset")
    several(c)


def several(c):
    sizes, at, entries = [], 0, []
    for i in range(4):
        dtype = str(c.r.choice(list(DTYPES)[1:]))
        shape = c.r.integers(0, 4, size=int(c.r.integers(0, 3))).tolist()
        n = DTYPES[dtype]
        for s in shape:
            n *= s
        sizes.append(n)
        entries.append(entry(f"t{i}", dtype, shape, at, at + n))
        at += n
    order = c.r.permutation(4)
    c.add("random_valid", "{" + ",".join(entries[i] for i in order) + "}", at, True, "several dtypes and shapes")


def sizes_that_overflow(c):
    for name, dtype, shape, why, valid in (
            ("dim_2_32_plus", "U8", [1 << 32, 1 << 32], "product is 2^64", False),
            ("dim_2_64", "U8", [1 << 64], "dimension does not fit 64 bits", False),
            ("huge_shape", "U8", [1 << 62, 4], "product overflows 64 bits to 0", False),
            ("huge_shape_times_size", "F64", [1 << 61], "number of bits overflows", False),
            ("huge_with_zero", "U8", [1 << 63, 4, 0], "overflows before the zero is reached", False),
            ("zero_with_huge", "U8", [0, 1 << 63, 4], "zero first: no overflow in a left to right product", True),
            ("int_overflow_32", "U8", [65536, 65536], "product is 2^32, data is empty", False)):
        c.add(name, a(f'"{dtype}"', json.dumps(shape, separators=(",", ":")), "[0,0]"), 0, valid, why)


def ranges(c):
    two = lambda s, t: "{" + entry("a", "U8", [s[1] - s[0]], *s) + "," + entry("b", "U8", [t[1] - t[0]], *t) + "}"
    c.add("hole", two((0, 2), (4, 6)), 6, False, "bytes 2..4 belong to nobody")
    c.add("hole_at_start", a(offsets="[2,4]"), 4, False, "first tensor does not begin at 0")
    c.add("overlap", two((0, 4), (2, 6)), 6, False, "ranges overlap")
    c.add("same_range", two((0, 4), (0, 4)), 4, False, "two tensors share bytes")
    c.add("end_before_begin", a(offsets="[2,0]"), 2, False, "end < begin")
    c.add("trailing_bytes", a(), 3, False, "one byte after the last tensor")
    c.add("missing_bytes", a(shape="[4]", offsets="[0,4]"), 3, False, "one byte short")
    c.add("size_mismatch", a('"F32"', offsets="[0,4]"), 4, False, "shape needs 8 bytes, range has 4")
    c.add("offsets_not_in_header_order", "{" + entry("a", "F32", [1], 8, 12) + "," + entry("b", "F32", [2], 0, 8) + "}", 12, True,
          "sorted by offset before the check")
    c.add("two_unsorted_names", "{" + entry("b", "F32", [2], 0, 8) + "," + entry("a", "F32", [1], 8, 12) + "}", 12, True,
          "order in the header is free, offsets must tile the data")


def numbers(c):
    c.add("negative_offset", a(offsets="[-2,0]"), 2, False, "negative offset")
    c.add("negative_shape", a(shape="[-2]"), 2, False, "negative dimension")
    c.add("negative_shapes_product_positive", a(shape="[-1,-2]"), 2, False, "two negative dimensions")
    c.add("float_shape", a(shape="[2.0]"), 2, False, "dimension written as 2.0")
    c.add("float_offset", a(offsets="[0.0,2.0]"), 2, False, "offsets written as 0.0 and 2.0")
    c.add("exponent_number", a(shape="[2e0]"), 2, False, "dimension written 2e0")
    c.add("leading_zero_number", a(shape="[02]"), 2, False, "dimension written 02")
    c.add("offset_as_string", a(shape='["2"]', offsets='["0","2"]'), 2, False, "numbers as strings")
    c.add("three_offsets", a(offsets="[0,2,4]"), 2, False, "three offsets")
    c.add("header_nan", a(shape="[NaN]"), 2, False, "NaN is not JSON")


def entries(c):
    c.add("array_tensor", '{"a":["U8",[2],[0,2]]}', 2, False, "tensor entry written as an array")
    c.add("null_tensor", '{"a":null}', 0, False, "tensor entry is null")
    c.add("missing_dtype", '{"a":{"shape":[2],"data_offsets":[0,2]}}', 2, False, "field missing")
    c.add("missing_shape", '{"a":{"dtype":"U8","data_offsets":[0,2]}}', 2, False, "field missing")
    c.add("missing_offsets", '{"a":{"dtype":"U8","shape":[2]}}', 2, False, "field missing")
    c.add("extra_field", a(more=',"note":"x"'), 2, True, "unknown field is ignored")
    c.add("duplicate_key_in_tensor", '{"x":{"dtype":"U8","dtype":"U8","shape":[2],"data_offsets":[0,2]}}', 2, False, "duplicate field")
    again = X2.replace('"x"', '"\\u0078"', 1)
    c.add("duplicate_names_escaped", "{" + X2 + "," + again + "}", 2, False, "duplicate name, once escaped")
    c.add("duplicate_names_same_offsets", "{" + X2 + "," + X2 + "}", 2, False, "duplicate name")
    c.add("duplicate_names_tiling", "{" + X2 + "," + X2.replace("[0,2]", "[2,4]") + "}", 4, False, "duplicate name")
    c.add("empty_name", "{" + entry("", "U8", [2], 0, 2) + "}", 2, True, "empty tensor name")
    c.add("name_with_path", "{" + entry("../../x/y\\\\z", "U8", [2], 0, 2) + "}", 2, True, "a name is only a name")
    c.add("unicode_name", "{" + entry("\\u00e9\\u4e16\\ud83d\\udc4d", "U8", [2], 0, 2) + "}", 2, True, "name with escapes")
    c.add("unicode_name_raw", "{" + entry("\u00e9\u4e16\U0001f44d", "U8", [2], 0, 2) + "}", 2, True, "name in raw UTF-8")
    c.add("no_tensors", "{}", 0, True, "an empty header")


def metadata(c):
    meta = lambda m: '{"__metadata__":' + m + "," + X2 + "}"
    c.add("metadata", meta('{"format":"pt","k":"\\u00e9\\n"}'), 2, True, "metadata of strings")
    c.add("metadata_int", meta('{"k":1}'), 2, False, "metadata value is a number")
    c.add("metadata_null", meta('{"k":null}'), 2, False, "metadata value is null")
    c.add("metadata_nested", meta('{"k":{"a":"b"}}'), 2, False, "metadata value is an object")
    c.add("metadata_is_null", meta("null"), 2, False, "metadata is null")
    c.add("metadata_is_string", meta('"x"'), 2, False, "metadata is not an object")
    c.add("metadata_is_tensor", '{"__metadata__":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}', 2, False,
          "the reserved name used for a tensor")
    c.add("duplicate_metadata", '{"__metadata__":{"a":"1"},"__metadata__":{"a":"2"},' + X2 + "}", 2, False, "metadata twice")
    c.add("only_metadata", '{"__metadata__":{"format":"pt"}}', 0, True, "metadata alone")


def header_text(c):
    head = "{" + X2 + "}"
    c.add("bom", "\ufeff" + head, 2, False, "byte order mark")
    c.add("deep_json", '{"a":' * 200 + "1" + "}" * 200, 0, False, "deeply nested")
    c.add("header_comment", a().replace("{", "{/**/", 1), 2, False, "comment")
    c.add("header_is_array", "[]", 0, False, "header is not an object")
    c.add("header_not_json", "{x}", 0, False, "not JSON")
    c.add("header_not_utf8", head.encode().replace(b'"x"', b'"\xff"', 1), 2, False, "invalid UTF-8 in a name")
    c.add("header_overlong_utf8", head.encode().replace(b'"x"', b'"\xc0\xaf"', 1), 2, False, "overlong UTF-8")
    c.add("header_only_spaces", "   ", 0, False, "header of blanks")
    c.add("header_surrogate_escape", "{" + entry("\\ud800", "U8", [2], 0, 2) + "}", 2, False, "lone surrogate escape in a name")
    c.add("header_trailing_comma", '{"a":{"dtype":"U8","shape":[2,],"data_offsets":[0,2]},}', 2, False, "trailing commas")
    c.add("trailing_garbage_in_header", a() + "}", 2, False, "a second value after the header")
    c.add("leading_space", " " + head, 2, False, "the format says the header begins with {")
    c.add("padded_spaces", head + "   ", 2, True, "trailing spaces, as the writer does")
    c.add("padded_1000_spaces", head + " " * 1000, 2, True, "more trailing spaces")
    c.add("padded_newline_tab", head + "\n\t\r ", 2, True, "other JSON white space after the header")
    c.add("padded_nul", head + "\0\0", 2, False, "NUL is not JSON white space")


def lengths(c):
    head = "{" + X2 + "}"
    c.raw("empty_file", b"", False, "no bytes")
    c.raw("seven_bytes", b"\0" * 7, False, "shorter than the length field")
    c.raw("eight_zero_bytes", b"\0" * 8, False, "header of length 0")
    c.add("header_empty", "", 0, False, "header of length 0")
    c.raw("header_truncated", struct.pack("<Q", len(head)) + head.encode()[:-3], False, "file ends inside the header")
    c.add("length_100_million_and_1", head, 2, False, "header longer than allowed", length=100_000_001)
    c.add("length_2_63", head, 2, False, "length negative when read signed", length=1 << 63)
    c.add("length_max", head, 2, False, "8 + length overflows", length=(1 << 64) - 1)
    c.add("length_past_end", head, 2, False, "header length beyond the file", length=len(head) + 3)
    c.add("length_short_by_one", head, 2, False, "header cut by one byte", length=len(head) - 1)


def verdict(path, valid, why):
    row = {"file": path.name, "library_accepts": True, "library_error": None, "expected_valid": valid, "why": why}
    try:
        tensors = deserialize(path.read_bytes())
    except SafetensorError as e:
        row |= {"library_accepts": False, "library_error": f"{type(e).__name__}: {e}"}
        tensors = None
    try:
        with safe_open(str(path), framework="np") as f:
            opened, meta = True, f.metadata()
    except SafetensorError:
        opened = False
    if opened != row["library_accepts"]:
        row["safe_open_accepts"] = opened
    if tensors is not None:
        row["metadata"] = dict(sorted(meta.items())) if meta else meta
        row["tensors"] = {name: {"dtype": t["dtype"], "shape": t["shape"], "sha256": hashlib.sha256(bytes(t["data"])).hexdigest()}
                          for name, t in sorted(tensors, key=lambda pair: pair[0])}
    if row["library_accepts"] != valid:
        row["note"] = "the library and the written format (or caution) disagree"
    return row


def make(out, seed):
    folder = out / "safetensors_edge"
    folder.mkdir(parents=True, exist_ok=True)
    c = Cases(rng(seed, "edges"))
    for group in (shapes_and_types, sizes_that_overflow, ranges, numbers, entries, metadata, header_text, lengths):
        group(c)
    rows = []
    for name, content, valid, why in sorted(c.rows, key=lambda row: row[0]):
        path = folder / f"{name}.safetensors"
        path.write_bytes(content)
        rows.append(verdict(path, valid, why))
    write_json(folder / "verdicts.json", rows, indent=1)
