#!/usr/bin/env python3
"""A model's weights as transformers saves them with bitsandbytes: which tensors there are, under which names, with which bytes.

  quantized_folder.py tests/Models.Tests/data/tiny-llama tests/Models.Tests/data/quantization

Writes nf4-double/, fp4/ and int8/model.safetensors, and values.json: SHA-256 of the numbers (f32) that each quantised tensor stands for."""
import hashlib, json, os, sys
import numpy as np
from peft_merge import read
from quantization import FP4, NF4, four_bit, nested, save


def quantised(name, w, kind, double):
    packed, scales, values = four_bit(w.reshape(-1), 64, kind)
    state = dict(quant_type=kind, blocksize=64, dtype="float32", shape=list(w.shape))
    out = {name: packed.reshape(-1, 1), name + ".quant_map": NF4 if kind == "nf4" else np.concatenate([FP4, -FP4]).astype("f4")}
    if double:
        codes, outer, offset, table = nested(scales)
        state.update(nested_blocksize=256, nested_dtype="float32", nested_offset=float(offset[0]))
        out.update({name + ".absmax": codes, name + ".nested_absmax": outer, name + ".nested_quant_map": table})
        scales = table[codes] * np.repeat(outer, 256)[:codes.size] + offset
        numbers = np.array([out[name + ".quant_map"][b >> 4 if i == 0 else b & 15] for b in packed for i in (0, 1)], "f4")
        values = numbers * np.repeat(scales, 64)[:numbers.size].astype("f4")
    else:
        out[name + ".absmax"] = scales
    out[f"{name}.quant_state.bitsandbytes__{kind}"] = np.frombuffer(json.dumps(state).encode(), "u1")
    return out, values.reshape(w.shape)


def eight(name, w):
    largest = np.abs(w).max(1)
    codes = np.round(w * np.float32(127) / np.where(largest == 0, 1, largest)[:, None].astype("f4")).astype("i1")
    path = name[:-len("weight")]
    return {name: codes, path + "SCB": largest.astype("f4"), path + "weight_format": np.array(0, "u1")}, codes.astype("f4") * (largest / np.float32(127))[:, None]


base, out = read(sys.argv[1] + "/model.safetensors"), sys.argv[2]
digests = {}
for folder in ("nf4-double", "fp4", "int8"):
    tensors = {}
    for name, w in base.items():
        if not name.endswith("_proj.weight"):
            tensors[name] = w
            continue
        parts, values = eight(name, w) if folder == "int8" else quantised(name, w, folder[:3], "double" in folder)
        tensors.update(parts)
        digests[f"{folder}/{name}"] = hashlib.sha256(values.astype("<f4").tobytes()).hexdigest()
    os.makedirs(f"{out}/{folder}", exist_ok=True)
    save(f"{out}/{folder}/model.safetensors", tensors)
json.dump(digests, open(out + "/values.json", "w"), indent=1, sort_keys=True)
