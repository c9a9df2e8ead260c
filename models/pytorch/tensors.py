"""Named arrays in one file, in the safetensors form, as models/tensor-file.ts writes and reads it."""

import gzip
import json

import numpy as np

TYPES = {"F32": "<f4", "F64": "<f8", "I32": "<i4", "U32": "<u4", "U8": "u1"}


def read_tensors(path):
    """The arrays of a file, views into its bytes, and its texts."""
    with open(path, "rb") as file:
        raw = file.read()
    first = 8 + int.from_bytes(raw[:8], "little")
    head = json.loads(raw[8:first])
    texts = head.pop("__metadata__", {})
    arrays = {}
    for name, entry in head.items():
        begin, end = entry["data_offsets"]
        flat = np.frombuffer(raw[first + begin : first + end], TYPES[entry["dtype"]])
        arrays[name] = flat.reshape(entry["shape"])
    return arrays, texts


def write_tensors(path, arrays, texts):
    """Writes arrays of the known types; a name that ends in .gz is compressed, the same bytes every time."""
    names = {np.dtype(form): name for name, form in TYPES.items()}
    head, parts, end = {"__metadata__": texts}, [], 0
    for name, array in arrays.items():
        raw = np.ascontiguousarray(array).tobytes()
        head[name] = {"dtype": names[array.dtype], "shape": array.shape, "data_offsets": [end, end + len(raw)]}
        parts.append(raw + bytes(-len(raw) % 8))
        end += len(parts[-1])
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    whole = len(text).to_bytes(8, "little") + text + b"".join(parts)
    with open(path, "wb") as file:
        file.write(gzip.compress(whole, 9, mtime=0) if str(path).endswith(".gz") else whole)
