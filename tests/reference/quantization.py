#!/usr/bin/env python3
"""Golden NF4, FP4, double quantisation and row-wise int8 by bitsandbytes' definitions, in numpy and PyTorch (for its linspace), without bitsandbytes.

  quantization.py tests/Models.Tests/data/quantization

Writes weights.safetensors (F32) and, for each kind, codes and scales, as one golden.safetensors.
"""
import json, os, struct, sys
import numpy as np
import torch

NF4 = np.array([-1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0, 0.07958029955625534,
                0.16093020141124725, 0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1], "f4")
# bitsandbytes' own constants of the kernel, not computed from the table
NF4_MIDDLES = np.array([-0.8480964004993439, -0.6106329262256622, -0.4599952697753906, -0.33967943489551544, -0.23460740596055984, -0.13791173323988914, -0.045525018125772476, 0.03979014977812767,
                        0.1202552504837513, 0.2035212516784668, 0.2920137718319893, 0.3893125355243683, 0.5016634166240692, 0.6427869200706482, 0.8614784181118011], "f4")
FP4 = np.array([0, 0.0052083333, 0.66666667, 1, 0.33333333, 0.5, 0.16666667, 0.25], "f4")


def four_bit(x, size, kind):
    scales, codes = [], []
    for at in range(0, x.size, size):
        block = x[at:at + size]
        largest = np.abs(block).max()
        y = np.clip(block * (np.float32(1) / max(largest, np.float32(1e-38))), -1, 1).astype("f4")
        scales.append(largest)
        if kind == "nf4":
            codes += [int((NF4_MIDDLES < v).sum()) for v in y]
        else:
            order = np.argsort(FP4)
            middles = ((FP4[order][:-1].astype("f8") + FP4[order][1:]) / 2).astype("f4")
            codes += [int(order[(middles < abs(v)).sum()]) | (8 if v < 0 else 0) for v in y]
    codes += [7 if kind == "nf4" else 0] * (len(codes) % 2)
    packed = np.array([a << 4 | b for a, b in zip(codes[::2], codes[1::2])], "u1")
    table = NF4 if kind == "nf4" else np.concatenate([FP4, -FP4])
    values = np.array([table[c] * scales[i // size] for i, c in enumerate(codes[:x.size])], "f4")
    return packed, np.array(scales, "f4"), values


def dynamic_map():
    """In f64, rounded once. bitsandbytes takes PyTorch's f32 linspace, whose last bits depend on the machine's vectors: within two ulp."""
    data, theirs = [0.0, 1.0], [0.0, 1.0]
    for i in range(7):
        for out, edges in ((data, np.linspace(0.1, 1, 2 ** i + 1)), (theirs, torch.linspace(0.1, 1, 2 ** i + 1))):
            means = (edges[:-1] + edges[1:]) / 2.0
            out += (10 ** (i - 6) * means).tolist() + (-(10 ** (i - 6)) * means).tolist()
    data, theirs = np.array(sorted(data), "f4"), np.array(sorted(theirs), "f4")
    assert np.abs(data.view("i4") - theirs.view("i4")).max() <= 2
    return data


def nested(scales, size=256):
    offset = np.float32(scales.astype("f8").mean())
    rest, table = scales - offset, dynamic_map()
    middles = ((table[:-1].astype("f8") + table[1:]) / 2).astype("f4")
    codes, outer = [], []
    for at in range(0, rest.size, size):
        block = rest[at:at + size]
        largest = np.abs(block).max()
        y = np.clip(block * (np.float32(1) / max(largest, np.float32(1e-38))), -1, 1)
        outer.append(largest)
        codes += [int((middles < v).sum()) for v in y]
    return np.array(codes, "u1"), np.array(outer, "f4"), np.array([offset], "f4"), table


def save(path, tensors):
    names = {"float32": "F32", "uint8": "U8", "int8": "I8"}
    header, at = {}, 0
    for k, v in tensors.items():
        header[k] = dict(dtype=names[str(v.dtype)], shape=list(v.shape), data_offsets=[at, at + v.nbytes])
        at += v.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    open(path, "wb").write(struct.pack("<Q", len(text)) + text + b"".join(v.tobytes() for v in tensors.values()))


def main(out):
    os.makedirs(out, exist_ok=True)
    r = np.random.RandomState(3)
    tables = np.repeat(NF4_MIDDLES, 5)[:64]  # ties, with a scale of one
    w = {"normal": (0.02 * r.randn(48, 64)).astype("f4"), "long": r.standard_t(2, (32, 540)).astype("f4"), "odd": r.randn(5, 27).astype("f4"), "zeros": np.zeros((3, 64), "f4"),
         "ties": np.concatenate([tables, [1.0]]).astype("f4").reshape(1, 65)}
    golden = {"map": dynamic_map()}
    for name, x in w.items():
        for kind in ("nf4", "fp4"):
            for size in (64, 128) if name != "long" else (64,):
                key = f"{name}.{kind}.{size}."
                golden[key + "codes"], golden[key + "absmax"], values = four_bit(x.reshape(-1), size, kind)
                if name != "long":
                    golden[key + "values"] = values
        golden[name + ".nested.codes"], golden[name + ".nested.absmax"], golden[name + ".nested.offset"], _ = nested(golden[name + ".nf4.64.absmax"])
        largest = np.abs(x).max(1)
        golden[name + ".int8.codes"] = np.round(x * np.float32(127) / np.where(largest == 0, 1, largest)[:, None].astype("f4")).astype("i1")
        golden[name + ".int8.absmax"] = largest.astype("f4")
    save(out + "/weights.safetensors", w)
    save(out + "/golden.safetensors", golden)
    for name in ("normal",):
        x = w[name].reshape(-1).astype("f8")
        e = golden[name + ".nf4.64.values"].astype("f8") - x
        print("relative rms error of NF4", np.sqrt((e ** 2).mean() / (x ** 2).mean()))


if __name__ == "__main__":
    main(sys.argv[1])
