#!/usr/bin/env python3
"""Losses of preference training, in plain PyTorch and f32 arithmetic on one thread, on the tiny llama and adapter of tiny_llama.py.

  python3 tests/reference/preferences.py tests/Models.Tests/data tests/Training.Tests/data

Writes preferences.json (pairs; per loss its value and rewards) and preferences.safetensors (gradient of every tensor of the adapter, per loss).
DPO: Rafailov et al. 2023; label smoothing: Mitchell 2023; IPO on averages over tokens: Azar et al. 2023; ORPO: Hong et al. 2024.
The reference is the base without the adapter.
"""
import json, struct, sys, os
DATA, OUT = sys.argv[1], sys.argv[2]
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.argv[1] = OUT
from tiny_llama import forward, save
import torch
import torch.nn.functional as F


def load(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    out = {}
    for name, e in json.loads(data[8:8 + n]).items():
        if name != "__metadata__":
            a, b = e["data_offsets"]
            out[name] = torch.frombuffer(bytearray(data[8 + n + a:8 + n + b]), dtype=torch.float32).view(e["shape"]).clone()
    return out


base = load(f"{DATA}/tiny-llama/model.safetensors")
lora = {k: v.requires_grad_(True) for k, v in load(f"{DATA}/tiny-lora/adapter_model.safetensors").items()}
config = json.load(open(f"{DATA}/tiny-lora/adapter_config.json"))
scale = config["lora_alpha"] / (config["r"] ** 0.5 if config["use_rslora"] else config["r"])
g = torch.Generator().manual_seed(23)
pairs = []
for prompt, chosen, rejected in ((5, 4, 7), (9, 6, 2), (3, 8, 8)):
    p = torch.randint(0, 97, (prompt,), generator=g).tolist()
    pairs.append(dict(prompt=p, chosen=torch.randint(0, 97, (chosen,), generator=g).tolist(), rejected=torch.randint(0, 97, (rejected,), generator=g).tolist()))


def answer(prompt, completion, adapter):
    ids = prompt + completion
    logp = forward(base, ids, lora=adapter, scale=scale).log_softmax(-1)
    return sum(logp[t - 1, ids[t]] for t in range(len(prompt), len(ids)))


def loss(kind, beta, smoothing):
    total, rewards = 0.0, []
    for q in pairs:
        c, r = (answer(q["prompt"], q[k], lora) for k in ("chosen", "rejected"))
        with torch.no_grad():
            rc, rr = (answer(q["prompt"], q[k], None) for k in ("chosen", "rejected"))
        if kind == "dpo":
            z = beta * ((c - rc) - (r - rr))
            total = total - (1 - smoothing) * F.logsigmoid(z) - smoothing * F.logsigmoid(-z)
            rewards.append((beta * (c - rc), beta * (r - rr)))
        else:
            c, rc, r, rr = c / len(q["chosen"]), rc / len(q["chosen"]), r / len(q["rejected"]), rr / len(q["rejected"])
            if kind == "ipo":
                total = total + ((c - rc) - (r - rr) - 1 / (2 * beta)) ** 2
                rewards.append((beta * (c - rc), beta * (r - rr)))
            else:
                odds = (c - r) - (torch.log1p(-torch.exp(c)) - torch.log1p(-torch.exp(r)))
                total = total - c - beta * F.logsigmoid(odds)
                rewards.append((beta * c, beta * r))
    return total / len(pairs), rewards


values, grads = [], {}
for name, kind, beta, smoothing in (("dpo", "dpo", 0.1, 0.0), ("dpo_smooth", "dpo", 0.5, 0.1), ("ipo", "ipo", 0.2, 0.0), ("orpo", "orpo", 0.3, 0.0)):
    value, rewards = loss(kind, beta, smoothing)
    for key, grad in zip(lora, torch.autograd.grad(value, list(lora.values()))):
        grads[f"{name}.{key}"] = grad
    mean = lambda xs: float(sum(float(x) for x in xs) / len(pairs))
    values.append(dict(name=name, kind=kind, beta=beta, label_smoothing=smoothing, loss=float(value), chosen=mean(c for c, _ in rewards), rejected=mean(r for _, r in rewards),
                       accuracy=mean(float(c > r) for c, r in rewards)))
os.makedirs(OUT, exist_ok=True)
with open(f"{OUT}/preferences.json", "w") as f:
    json.dump(dict(pairs=pairs, losses=values), f, indent=1)
    f.write("\n")
save(f"{OUT}/preferences.safetensors", grads)
print(json.dumps(values, indent=1))
