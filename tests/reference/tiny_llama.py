#!/usr/bin/env python3
"""Golden values of a tiny llama, in plain PyTorch and f32 arithmetic on one thread, without transformers.

Writes, into the folder given as argument:
  tiny-llama/          config.json and model.safetensors of a random model
  tiny-llama.json      tokens, labels, logits, loss; ten AdamW losses with warmup, cosine and clipping; packed loss
  tiny-llama-grads.safetensors  the gradient of every weight for that loss
  tiny-lora/           a PEFT adapter with random A and B
  tiny-lora.json       logits with the adapter, and the norm of every adapter gradient
"""
import json, math, os, struct, sys
import torch
import torch.nn.functional as F

torch.set_num_threads(1)
OUT = sys.argv[1]
CONFIG = dict(architectures=["LlamaForCausalLM"], model_type="llama", hidden_act="silu", hidden_size=32, intermediate_size=56, num_hidden_layers=2,
              num_attention_heads=4, num_key_value_heads=2, head_dim=8, vocab_size=97, max_position_embeddings=64, rms_norm_eps=1e-6,
              rope_theta=10000.0, tie_word_embeddings=False, torch_dtype="float32", bos_token_id=1, eos_token_id=[2, 3])


def save(path, tensors):
    names = sorted(tensors)
    header, at = {"__metadata__": {"format": "pt"}}, 0
    for name in names:
        size = tensors[name].numel() * 4
        header[name] = dict(dtype="F32", shape=list(tensors[name].shape), data_offsets=[at, at + size])
        at += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for name in names:
            f.write(tensors[name].detach().contiguous().numpy().tobytes())


def build(seed):
    g = torch.Generator().manual_seed(seed)
    c, p = CONFIG, {}
    d, hd, h, kv, ff, v = c["hidden_size"], c["head_dim"], c["num_attention_heads"], c["num_key_value_heads"], c["intermediate_size"], c["vocab_size"]

    def new(name, *shape, base=0.0):
        p[name] = (base + 0.2 * torch.randn(*shape, generator=g)).requires_grad_(True)

    new("model.embed_tokens.weight", v, d)
    for i in range(c["num_hidden_layers"]):
        b = f"model.layers.{i}."
        for n, o, inner in (("q", h * hd, d), ("k", kv * hd, d), ("v", kv * hd, d), ("o", d, h * hd)):
            new(f"{b}self_attn.{n}_proj.weight", o, inner)
        for n, o, inner in (("gate", ff, d), ("up", ff, d), ("down", d, ff)):
            new(f"{b}mlp.{n}_proj.weight", o, inner)
        new(b + "input_layernorm.weight", d, base=1.0)
        new(b + "post_attention_layernorm.weight", d, base=1.0)
    new("model.norm.weight", d, base=1.0)
    new("lm_head.weight", v, d)
    return p


def rms(x, w):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + CONFIG["rms_norm_eps"]) * w


def forward(p, ids, lora=None, scale=0.0):
    c, hd = CONFIG, CONFIG["head_dim"]
    h, kv, t = c["num_attention_heads"], c["num_key_value_heads"], len(ids)
    inv = 1.0 / (c["rope_theta"] ** (torch.arange(0, hd, 2, dtype=torch.int64).float() / hd))
    angle = torch.arange(t).float()[:, None] * inv
    cos, sin = torch.cat([angle.cos()] * 2, -1), torch.cat([angle.sin()] * 2, -1)

    def turn(x):
        a, b = x[..., : hd // 2], x[..., hd // 2:]
        return x * cos + torch.cat([-b, a], -1) * sin

    mask = torch.ones(t, t, dtype=torch.bool).tril()
    x = p["model.embed_tokens.weight"][torch.tensor(ids)]
    for i in range(c["num_hidden_layers"]):
        b = f"model.layers.{i}."

        def linear(y, name):
            z = F.linear(y, p[b + name + ".weight"])
            key = f"base_model.model.{b}{name}.lora_"
            if lora and key + "A.weight" in lora:
                z = z + scale * F.linear(F.linear(y, lora[key + "A.weight"]), lora[key + "B.weight"])
            return z

        y = rms(x, p[b + "input_layernorm.weight"])
        q = turn(linear(y, "self_attn.q_proj").view(t, h, hd).transpose(0, 1))
        k = turn(linear(y, "self_attn.k_proj").view(t, kv, hd).transpose(0, 1)).repeat_interleave(h // kv, 0)
        v = linear(y, "self_attn.v_proj").view(t, kv, hd).transpose(0, 1).repeat_interleave(h // kv, 0)
        s = (q @ k.transpose(-1, -2) / math.sqrt(hd)).masked_fill(~mask, float("-inf")).softmax(-1)
        x = x + linear((s @ v).transpose(0, 1).reshape(t, h * hd), "self_attn.o_proj")
        y = rms(x, p[b + "post_attention_layernorm.weight"])
        x = x + linear(F.silu(linear(y, "mlp.gate_proj")) * linear(y, "mlp.up_proj"), "mlp.down_proj")
    return rms(x, p["model.norm.weight"]) @ p["lm_head.weight"].T


def loss_sum(p, ids, supervised, **kw):
    logits = forward(p, ids, **kw)
    rows = [t for t in range(len(ids) - 1) if supervised[t + 1]]
    return F.cross_entropy(logits[rows], torch.tensor([ids[t + 1] for t in rows]), reduction="sum"), len(rows)


def main():
    g = torch.Generator().manual_seed(11)
    documents = [torch.randint(0, 97, (n,), generator=g).tolist() for n in (24, 9, 17)]
    masks = [[t >= skip for t in range(len(ids))] for ids, skip in zip(documents, (7, 1, 12))]
    p = build(3)
    os.makedirs(f"{OUT}/tiny-llama", exist_ok=True)
    with open(f"{OUT}/tiny-llama/config.json", "w") as f:
        json.dump(CONFIG, f, indent=2)
    save(f"{OUT}/tiny-llama/model.safetensors", p)
    logits = [forward(p, ids).detach() for ids in documents]
    parts = [loss_sum(p, ids, mask) for ids, mask in zip(documents, masks)]
    count = sum(n for _, n in parts)
    loss = sum(s for s, _ in parts) / count
    save(f"{OUT}/tiny-llama-grads.safetensors", dict(zip(p, torch.autograd.grad(loss, list(p.values())))))

    losses, norms = [], []
    q = {k: v.detach().clone().requires_grad_(True) for k, v in p.items()}
    decay = [v for k, v in q.items() if "norm" not in k]
    other = [v for k, v in q.items() if "norm" in k]
    optimizer = torch.optim.AdamW([dict(params=decay, weight_decay=0.1), dict(params=other, weight_decay=0.0)], lr=1.0, betas=(0.9, 0.999), eps=1e-8)
    for step in range(10):
        rate = 1e-2 * (step / 2 if step < 2 else 0.5 * (1 + math.cos(math.pi * (step - 2) / 8)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        total = 0.0
        for ids, mask in zip(documents, masks):
            part = loss_sum(q, ids, mask)[0] / count
            part.backward()
            total += part.item()
        norms.append(torch.nn.utils.clip_grad_norm_(list(q.values()), 1.0).item())
        losses.append(total)
        optimizer.step()
    with open(f"{OUT}/tiny-llama.json", "w") as f:
        json.dump(dict(documents=documents, supervised=masks, logits=[l.flatten().tolist() for l in logits], loss=loss.item(), labels=count,
                       losses=losses, norms=norms), f)

    lora, config = {}, dict(peft_type="LORA", task_type="CAUSAL_LM", base_model_name_or_path="tiny-llama", revision=None, inference_mode=True, r=4, lora_alpha=6,
                            lora_dropout=0.0, target_modules=["q_proj", "down_proj", "o_proj"], exclude_modules=None, bias="none", fan_in_fan_out=False,
                            modules_to_save=None, init_lora_weights=True, use_rslora=True, use_dora=False, rank_pattern={}, alpha_pattern={},
                            layers_to_transform=None, layers_pattern=None)
    for name, w in p.items():
        if any(t in name for t in config["target_modules"]):
            key = "base_model.model." + name[: -len("weight")]
            lora[key + "lora_A.weight"] = (0.2 * torch.randn(4, w.shape[1], generator=g)).requires_grad_(True)
            lora[key + "lora_B.weight"] = (0.2 * torch.randn(w.shape[0], 4, generator=g)).requires_grad_(True)
    os.makedirs(f"{OUT}/tiny-lora", exist_ok=True)
    with open(f"{OUT}/tiny-lora/adapter_config.json", "w") as f:
        json.dump(config, f, indent=2, sort_keys=True)
    save(f"{OUT}/tiny-lora/adapter_model.safetensors", lora)
    scale = 6 / math.sqrt(4)
    adapted = sum(loss_sum(p, ids, mask, lora=lora, scale=scale)[0] for ids, mask in zip(documents, masks)) / count
    save(f"{OUT}/tiny-lora-grads.safetensors", dict(zip(lora, torch.autograd.grad(adapted, list(lora.values())))))
    with open(f"{OUT}/tiny-lora.json", "w") as f:
        json.dump(dict(loss=adapted.item(), logits=[forward(p, ids, lora=lora, scale=scale).detach().flatten().tolist() for ids in documents]), f)


if __name__ == "__main__":
    main()
