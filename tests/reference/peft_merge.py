#!/usr/bin/env python3
"""Merges a PEFT adapter by PEFT's formula, from the files alone: peft_merge.py BASE_FOLDER ADAPTER_FOLDER OUT.safetensors"""
import json, math, re, struct, sys
import numpy as np


def read(path):
    raw = open(path, "rb").read()
    n = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8:8 + n])
    header.pop("__metadata__", None)
    return {k: np.frombuffer(raw, "<f4", math.prod(v["shape"]), 8 + n + v["data_offsets"][0]).reshape(v["shape"]) for k, v in header.items()}


def pattern(patterns, path, absent):
    return next((v for p, v in patterns.items() if re.match(rf"(.*\.)?({p})$", path)), absent)


def merge(base, adapter, c):
    out, pre = dict(base), "base_model.model."
    for key, a in adapter.items():
        if not key.endswith(".lora_A.weight"):
            if ".lora_" not in key: out[key[len(pre):]] = a
            continue
        path = key[len(pre):-len(".lora_A.weight")]
        r, alpha = pattern(c["rank_pattern"], path, c["r"]), pattern(c["alpha_pattern"], path, c["lora_alpha"])
        delta = adapter[pre + path + ".lora_B.weight"].astype(float) @ a.astype(float) * (alpha / (math.sqrt(r) if c["use_rslora"] else r))
        w = base[path + ".weight"].astype(float) + (delta.T if c["fan_in_fan_out"] else delta)
        if c["use_dora"]: w *= (adapter[pre + path + ".lora_magnitude_vector"] / np.sqrt((w * w).sum(1)))[:, None]
        out[path + ".weight"] = w.astype("<f4")
    return out


if __name__ == "__main__":
    merged = merge(read(sys.argv[1] + "/model.safetensors"), read(sys.argv[2] + "/adapter_model.safetensors"), json.load(open(sys.argv[2] + "/adapter_config.json")))
    at = np.cumsum([0] + [4 * merged[k].size for k in sorted(merged)]).tolist()
    head = json.dumps({k: dict(dtype="F32", shape=list(merged[k].shape), data_offsets=at[i:i + 2]) for i, k in enumerate(sorted(merged))}).encode()
    open(sys.argv[3], "wb").write(struct.pack("<Q", len(head)) + head + b"".join(merged[k].tobytes() for k in sorted(merged)))
