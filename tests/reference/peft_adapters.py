#!/usr/bin/env python3
"""Golden adapters on tiny-llama in plain PyTorch: LoRA, rsLoRA, DoRA, patterns, modules_to_save, chosen layers.

  peft_adapters.py tests/Models.Tests/data

Reads tiny-llama/ and tiny-llama.json there; writes peft/CASE/{adapter_config.json, adapter_model.safetensors}, peft/CASE-grads.safetensors
(the gradient of every trained tensor), peft/CASE-merged.safetensors for some (by peft_merge.py) and peft/golden.json (loss, logits of document 0).
"""
import json, math, os, subprocess, sys
import torch
import torch.nn.functional as F
import peft_merge
from tiny_llama import CONFIG, rms, save

OUT = sys.argv[1]
KEYS = dict(peft_type="LORA", task_type="CAUSAL_LM", base_model_name_or_path="tiny-llama", revision=None, inference_mode=True, r=4, lora_alpha=6, lora_dropout=0.0,
            target_modules=["q_proj", "v_proj"], exclude_modules=None, bias="none", fan_in_fan_out=False, modules_to_save=None, init_lora_weights=True,
            use_rslora=False, use_dora=False, rank_pattern={}, alpha_pattern={}, layers_to_transform=None, layers_pattern=None, auto_mapping=None)
CASES = {
    "lora": {},
    "rslora": dict(use_rslora=True, target_modules=["o_proj", "down_proj"]),
    "dora": dict(use_dora=True, target_modules="all-linear"),
    "patterns": dict(target_modules=r".*\.(q_proj|up_proj|o_proj)", use_rslora=True, use_dora=True, rank_pattern={r"layers\.1\..*_proj": 3, "q_proj": 2}, alpha_pattern={"up_proj": 9}),
    "saved": dict(target_modules=["v_proj", "gate_proj"], modules_to_save=["lm_head", "input_layernorm"], exclude_modules=["1.mlp.gate_proj"]),
    "layers": dict(target_modules="all-linear", exclude_modules=r".*k_proj", layers_to_transform=[1], layers_pattern="layers"),
}
TARGETS = {
    "lora": lambda p, i: p.endswith(("q_proj", "v_proj")), "rslora": lambda p, i: p.endswith(("o_proj", "down_proj")), "dora": lambda p, i: True,
    "patterns": lambda p, i: p.endswith(("q_proj", "up_proj", "o_proj")),
    "saved": lambda p, i: p.endswith("v_proj") or (p.endswith("gate_proj") and i == 0), "layers": lambda p, i: i == 1 and not p.endswith("k_proj"),
}


def forward(p, lora, scales, ids):
    c, hd = CONFIG, CONFIG["head_dim"]
    h, kv, t = c["num_attention_heads"], c["num_key_value_heads"], len(ids)
    pre = "base_model.model."
    w = lambda name: lora.get(pre + name, p.get(name))
    angle = torch.arange(t).float()[:, None] / c["rope_theta"] ** (torch.arange(0, hd, 2, dtype=torch.int64).float() / hd)
    cos, sin = torch.cat([angle.cos()] * 2, -1), torch.cat([angle.sin()] * 2, -1)
    turn = lambda x: x * cos + torch.cat([-x[..., hd // 2:], x[..., : hd // 2]], -1) * sin

    def linear(y, path):
        z, key = F.linear(y, w(path + ".weight")), pre + path + ".lora_"
        if key + "A.weight" not in lora:
            return z
        a, b, s = lora[key + "A.weight"], lora[key + "B.weight"], scales[path]
        z2 = s * F.linear(F.linear(y, a), b)
        if key + "magnitude_vector" not in lora:
            return z + z2
        n = (w(path + ".weight") + s * (b @ a)).norm(dim=1).detach()
        g = lora[key + "magnitude_vector"] / n
        return z + (g - 1) * z + g * z2

    mask = torch.ones(t, t, dtype=torch.bool).tril()
    x = p["model.embed_tokens.weight"][torch.tensor(ids)]
    for i in range(c["num_hidden_layers"]):
        b = f"model.layers.{i}."
        y = rms(x, w(b + "input_layernorm.weight"))
        q = turn(linear(y, b + "self_attn.q_proj").view(t, h, hd).transpose(0, 1))
        k = turn(linear(y, b + "self_attn.k_proj").view(t, kv, hd).transpose(0, 1)).repeat_interleave(h // kv, 0)
        v = linear(y, b + "self_attn.v_proj").view(t, kv, hd).transpose(0, 1).repeat_interleave(h // kv, 0)
        s = (q @ k.transpose(-1, -2) / math.sqrt(hd)).masked_fill(~mask, float("-inf")).softmax(-1)
        x = x + linear((s @ v).transpose(0, 1).reshape(t, h * hd), b + "self_attn.o_proj")
        y = rms(x, w(b + "post_attention_layernorm.weight"))
        x = x + linear(F.silu(linear(y, b + "mlp.gate_proj")) * linear(y, b + "mlp.up_proj"), b + "mlp.down_proj")
    return rms(x, w("model.norm.weight")) @ w("lm_head.weight").T


def main():
    golden, world = {}, json.load(open(f"{OUT}/tiny-llama.json"))
    p = {k: torch.tensor(v) for k, v in peft_merge.read(f"{OUT}/tiny-llama/model.safetensors").items()}
    g = torch.Generator().manual_seed(29)
    for case, change in CASES.items():
        c, lora, scales = dict(KEYS, **change), {}, {}
        for name in p:
            path = name[: -len(".weight")]
            if not path.endswith("_proj") or not TARGETS[case](path, int(path.split(".")[2])):
                continue
            r, alpha = peft_merge.pattern(c["rank_pattern"], path, c["r"]), peft_merge.pattern(c["alpha_pattern"], path, c["lora_alpha"])
            scales[path] = alpha / (math.sqrt(r) if c["use_rslora"] else r)
            key, w = f"base_model.model.{path}.lora_", p[name]
            lora[key + "A.weight"] = 0.2 * torch.randn(r, w.shape[1], generator=g)
            lora[key + "B.weight"] = 0.2 * torch.randn(w.shape[0], r, generator=g)
            if c["use_dora"]:
                lora[key + "magnitude_vector"] = w.norm(dim=1) * (1 + 0.1 * torch.randn(w.shape[0], generator=g))
        for module in c["modules_to_save"] or []:
            for name in [n for n in p if n.endswith(module + ".weight")]:
                lora["base_model.model." + name] = p[name] + 0.05 * torch.randn(p[name].shape, generator=g)
        lora = {k: v.clone().requires_grad_(True) for k, v in lora.items()}
        folder = f"{OUT}/peft/{case}"
        os.makedirs(folder, exist_ok=True)
        json.dump(c, open(folder + "/adapter_config.json", "w"), indent=2, sort_keys=True)
        save(folder + "/adapter_model.safetensors", lora)
        run = lambda _, ids: forward(p, lora, scales, ids)
        total, count = 0.0, 0
        for ids, mask in zip(world["documents"], world["supervised"]):
            rows = [t for t in range(len(ids) - 1) if mask[t + 1]]
            total, count = total + F.cross_entropy(run(p, ids)[rows], torch.tensor([ids[t + 1] for t in rows]), reduction="sum"), count + len(rows)
        save(f"{OUT}/peft/{case}-grads.safetensors", dict(zip(lora, torch.autograd.grad(total / count, list(lora.values())))))
        golden[case] = dict(loss=(total / count).item(), logits=run(p, world["documents"][0]).detach().flatten().tolist())
        if case in ("lora", "patterns"):
            subprocess.run([sys.executable, os.path.dirname(__file__) + "/peft_merge.py", f"{OUT}/tiny-llama", folder, f"{OUT}/peft/{case}-merged.safetensors"], check=True)
    json.dump(golden, open(f"{OUT}/peft/golden.json", "w"))


main()
