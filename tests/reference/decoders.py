#!/usr/bin/env python3
"""Golden values of tiny decoders of every family, in plain PyTorch and f32 on one thread, without transformers.

python3 tests/reference/decoders.py tests/Models.Tests/data/decoders [NAME...]

Per configuration a folder: config.json and model.safetensors of a random model; golden.safetensors with the token ids and masks of three
documents, their logits, the loss over the supervised tokens, the gradient of every weight, and ten AdamW steps (losses and norms).
Beside that folder, classifiers/ gets models whose logits of three classes come from the last token of each document.
"""
import math, os, sys
import torch
import torch.nn.functional as F
from golden import Weights, documents, gradients, ints, ten_steps, write

SMALL = dict(hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, vocab_size=37,
             max_position_embeddings=64, rms_norm_eps=1e-5, tie_word_embeddings=False, torch_dtype="float32", bos_token_id=1, eos_token_id=2)


def llama(**more):
    return {**SMALL, "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu", "rope_theta": 10000.0, **more}


# Long frequencies and short contexts, so that every branch of a scaling rule is taken.
ROTARY = dict(num_attention_heads=2, num_key_value_heads=1, head_dim=16, num_hidden_layers=2)
CONFIGS = {
    "gpt2": dict(architectures=["GPT2LMHeadModel"], model_type="gpt2", n_embd=16, n_layer=3, n_head=4, n_positions=64, vocab_size=37, n_inner=None,
                 activation_function="gelu_new", layer_norm_epsilon=1e-5, torch_dtype="float32", bos_token_id=36, eos_token_id=36),
    "gpt2-inverse": dict(architectures=["GPT2LMHeadModel"], model_type="gpt2", n_embd=16, n_layer=3, n_head=2, n_positions=32, vocab_size=37, n_inner=40,
                         activation_function="gelu", layer_norm_epsilon=1e-5, scale_attn_by_inverse_layer_idx=True, tie_word_embeddings=False,
                         torch_dtype="float32", bos_token_id=36, eos_token_id=36),
    "llama": llama(num_hidden_layers=3, attention_bias=True, mlp_bias=True),
    "llama-linear": llama(**ROTARY, rope_scaling=dict(type="linear", factor=2.5)),
    "llama3": llama(**ROTARY, tie_word_embeddings=True, rope_theta=500000.0, max_position_embeddings=128, rope_scaling=dict(
        rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32)),
    "llama-dynamic": llama(**ROTARY, max_position_embeddings=12, rope_scaling=dict(rope_type="dynamic", factor=4.0)),
    "llama-yarn": llama(**ROTARY, max_position_embeddings=64, rope_scaling=dict(
        rope_type="yarn", factor=4.0, original_max_position_embeddings=16, beta_fast=8.0, beta_slow=1.0)),
    "smollm": llama(hidden_size=36, intermediate_size=48, num_attention_heads=9, num_key_value_heads=3, rope_theta=100000.0, rms_norm_eps=1e-5,
                    tie_word_embeddings=True, attention_bias=False, rope_interleaved=False, pretraining_tp=1, rope_scaling=None, attention_dropout=0.0,
                    is_llama_config=True, torch_dtype="float32"),
    "mistral": {**SMALL, "architectures": ["MistralForCausalLM"], "model_type": "mistral", "hidden_act": "silu", "rope_theta": 10000.0, "sliding_window": 7},
    "qwen2": {**SMALL, "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "hidden_act": "silu", "rope_theta": 1000000.0, "num_hidden_layers": 3,
              "tie_word_embeddings": True, "use_sliding_window": True, "sliding_window": 6, "max_window_layers": 1, "rms_norm_eps": 1e-6},
    "qwen3": {**SMALL, "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "hidden_act": "silu", "head_dim": 8, "rope_theta": 1000000.0,
              "use_sliding_window": False, "sliding_window": None, "max_window_layers": 2, "attention_bias": False, "rms_norm_eps": 1e-6},
    # The spelling of transformers 5.
    "gemma2": {**{k: v for k, v in SMALL.items() if k not in ("torch_dtype", "tie_word_embeddings")}, "architectures": ["Gemma2ForCausalLM"],
               "model_type": "gemma2", "hidden_activation": "gelu_pytorch_tanh", "head_dim": 8, "num_hidden_layers": 3, "query_pre_attn_scalar": 12,
               "sliding_window": 7, "attn_logit_softcapping": 5.0, "final_logit_softcapping": 3.0, "rms_norm_eps": 1e-6, "dtype": "float32",
               "layer_types": ["sliding_attention", "full_attention", "sliding_attention"], "rope_parameters": dict(rope_type="default", rope_theta=10000.0)},
}

LABELS = dict(id2label={"0": "billing", "1": "delivery", "2": "other"}, label2id={"billing": 0, "delivery": 1, "other": 2})
CLASSIFIERS = {
    "gpt2": {**CONFIGS["gpt2"], "architectures": ["GPT2ForSequenceClassification"], **LABELS},
    "llama": {**CONFIGS["llama3"], "architectures": ["LlamaForSequenceClassification"], **LABELS},
    "gemma2": {**CONFIGS["gemma2"], "architectures": ["Gemma2ForSequenceClassification"], **LABELS},
}


def activation(name):
    tanh = lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))
    return {"silu": F.silu, "gelu": F.gelu, "gelu_new": tanh, "gelu_pytorch_tanh": tanh}[name]


def labels(c):
    return len(c["id2label"]) if "ForSequenceClassification" in c["architectures"][0] else 0


# ---- GPT-2 ----

def build_gpt2(c, p):
    d, inner = c["n_embd"], c["n_inner"] or 4 * c["n_embd"]
    p.new("transformer.wte.weight", c["vocab_size"], d)
    p.new("transformer.wpe.weight", c["n_positions"], d)
    for i in range(c["n_layer"]):
        h = f"transformer.h.{i}."
        for name in ("ln_1", "ln_2"):
            p.new(f"{h}{name}.weight", d, base=1.0)
            p.new(f"{h}{name}.bias", d)
        for name, a, b in (("attn.c_attn", d, 3 * d), ("attn.c_proj", d, d), ("mlp.c_fc", d, inner), ("mlp.c_proj", inner, d)):
            p.new(f"{h}{name}.weight", a, b)
            p.new(f"{h}{name}.bias", b)
    p.new("transformer.ln_f.weight", d, base=1.0)
    p.new("transformer.ln_f.bias", d)
    if labels(c):
        p.new("score.weight", labels(c), d)
    elif not c.get("tie_word_embeddings", True):
        p.new("lm_head.weight", c["vocab_size"], d)


def forward_gpt2(c, p, ids):
    d, heads, eps, t = c["n_embd"], c["n_head"], c["layer_norm_epsilon"], len(ids)
    act, size = activation(c["activation_function"]), d // heads
    norm = lambda x, name: F.layer_norm(x, (d,), p[name + ".weight"], p[name + ".bias"], eps)
    conv = lambda x, name: x @ p[name + ".weight"] + p[name + ".bias"]
    x = p["transformer.wte.weight"][torch.tensor(ids)] + p["transformer.wpe.weight"][:t]
    mask = torch.ones(t, t, dtype=torch.bool).tril()
    for i in range(c["n_layer"]):
        h = f"transformer.h.{i}."
        q, k, v = (z.view(t, heads, size).transpose(0, 1) for z in conv(norm(x, h + "ln_1"), h + "attn.c_attn").split(d, -1))
        scores = q @ k.transpose(-1, -2) / math.sqrt(size)
        if c.get("scale_attn_by_inverse_layer_idx"):
            scores = scores / (i + 1)
        a = scores.masked_fill(~mask, -math.inf).softmax(-1) @ v
        x = x + conv(a.transpose(0, 1).reshape(t, d), h + "attn.c_proj")
        x = x + conv(act(conv(norm(x, h + "ln_2"), h + "mlp.c_fc")), h + "mlp.c_proj")
    head = p["score.weight"] if labels(c) else p["transformer.wte.weight"] if c.get("tie_word_embeddings", True) else p["lm_head.weight"]
    return norm(x, "transformer.ln_f") @ head.T


# ---- Llama and its relatives ----

def sizes(c):
    return c["num_attention_heads"], c["num_key_value_heads"], c.get("head_dim") or c["hidden_size"] // c["num_attention_heads"]


def biases(c):
    family, wanted = c["model_type"], bool(c.get("attention_bias"))
    return {"qwen2": (True, False), "mistral": (False, False)}.get(family, (wanted, wanted)) + (family == "llama" and bool(c.get("mlp_bias")),)


def build_llama(c, p):
    d, inner, v, (heads, groups, size) = c["hidden_size"], c["intermediate_size"], c["vocab_size"], sizes(c)
    qkv_bias, o_bias, mlp_bias = biases(c)
    gemma = c["model_type"] == "gemma2"
    base = 0.0 if gemma else 1.0
    p.new("model.embed_tokens.weight", v, d)
    for i in range(c["num_hidden_layers"]):
        b = f"model.layers.{i}."
        linears = [("self_attn.q_proj", heads * size, d, qkv_bias), ("self_attn.k_proj", groups * size, d, qkv_bias), ("self_attn.v_proj", groups * size, d, qkv_bias),
                   ("self_attn.o_proj", d, heads * size, o_bias), ("mlp.gate_proj", inner, d, mlp_bias), ("mlp.up_proj", inner, d, mlp_bias), ("mlp.down_proj", d, inner, mlp_bias)]
        for name, out, into, bias in linears:
            p.new(f"{b}{name}.weight", out, into)
            if bias:
                p.new(f"{b}{name}.bias", out)
        if c["model_type"] == "qwen3":
            p.new(b + "self_attn.q_norm.weight", size, base=1.0)
            p.new(b + "self_attn.k_norm.weight", size, base=1.0)
        for name in ("input_layernorm", "post_attention_layernorm") + (("pre_feedforward_layernorm", "post_feedforward_layernorm") if gemma else ()):
            p.new(f"{b}{name}.weight", d, base=base)
    p.new("model.norm.weight", d, base=base)
    if labels(c):
        p.new("score.weight", labels(c), d)
    elif not tied(c):
        p.new("lm_head.weight", v, d)


def tied(c):
    return c.get("tie_word_embeddings", c["model_type"] == "gemma2")


def rotary(c, size, length):
    """Frequencies and the factor on cosine and sine, after transformers' modeling_rope_utils."""
    rope = {**(c.get("rope_scaling") or {}), **(c.get("rope_parameters") or {})}
    kind, theta = rope.get("rope_type", rope.get("type", "default")), c.get("rope_theta", rope.get("rope_theta"))
    longest, steps = c["max_position_embeddings"], torch.arange(0, size, 2, dtype=torch.int64).float() / size
    if kind == "dynamic":
        reach = max(length, longest)
        theta = theta * ((rope["factor"] * reach / longest) - (rope["factor"] - 1)) ** (size / (size - 2))
    f = 1.0 / theta ** steps
    if kind in ("default", "dynamic"):
        return f, 1.0
    if kind == "linear":
        return f / rope["factor"], 1.0
    if kind == "llama3":
        low, high, old, factor = rope["low_freq_factor"], rope["high_freq_factor"], rope["original_max_position_embeddings"], rope["factor"]
        wave = 2 * math.pi / f
        scaled = torch.where(wave > old / low, f / factor, f)
        smooth = (old / wave - low) / (high - low)
        between = (wave <= old / low) & (wave >= old / high)
        return torch.where(between, (1 - smooth) * scaled / factor + smooth * scaled, scaled), 1.0
    if kind == "yarn":
        factor, old = rope["factor"], rope["original_max_position_embeddings"]
        edge = lambda turns: size * math.log(old / (turns * 2 * math.pi)) / (2 * math.log(theta))
        low, high = max(math.floor(edge(rope.get("beta_fast", 32))), 0), min(math.ceil(edge(rope.get("beta_slow", 1))), size - 1)
        ramp = ((torch.arange(size // 2).float() - low) / (high - low if high != low else 0.001)).clamp(0, 1)
        return f / factor * ramp + f * (1 - ramp), 0.1 * math.log(factor) + 1
    raise ValueError(kind)


def window_of(c, layer):
    window = c.get("sliding_window")
    if c["model_type"] == "gemma2":
        return window if layer % 2 == 0 else None
    if c["model_type"] in ("qwen2", "qwen3"):
        return window if c.get("use_sliding_window") and layer >= c["max_window_layers"] else None
    return window if c["model_type"] == "mistral" else None


def forward_llama(c, p, ids):
    d, t, (heads, groups, size), eps = c["hidden_size"], len(ids), sizes(c), c["rms_norm_eps"]
    gemma, act = c["model_type"] == "gemma2", activation(c.get("hidden_activation") or c["hidden_act"])
    f, factor = rotary(c, size, t)
    angle = torch.arange(t).float()[:, None] * f
    cos, sin = torch.cat([angle.cos()] * 2, -1) * factor, torch.cat([angle.sin()] * 2, -1) * factor

    def norm(x, name):
        x = x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps)
        return x * (1 + p[name + ".weight"]) if gemma else x * p[name + ".weight"]

    def turn(x):
        a, b = x[..., : size // 2], x[..., size // 2:]
        return x * cos + torch.cat([-b, a], -1) * sin

    x = p["model.embed_tokens.weight"][torch.tensor(ids)]
    if gemma:
        x = x * torch.tensor(d ** 0.5, dtype=x.dtype)
    distance = torch.arange(t)[:, None] - torch.arange(t)[None, :]
    for i in range(c["num_hidden_layers"]):
        b = f"model.layers.{i}."
        linear = lambda y, name: F.linear(y, p[b + name + ".weight"], p.get(b + name + ".bias"))
        y = norm(x, b + "input_layernorm")
        split = lambda name, n: linear(y, f"self_attn.{name}_proj").view(t, n, size).transpose(0, 1)
        q, k, v = split("q", heads), split("k", groups), split("v", groups)
        if c["model_type"] == "qwen3":
            q, k = norm(q, b + "self_attn.q_norm"), norm(k, b + "self_attn.k_norm")
        q, k, v = turn(q), turn(k).repeat_interleave(heads // groups, 0), v.repeat_interleave(heads // groups, 0)
        scores = q @ k.transpose(-1, -2) * (c["query_pre_attn_scalar"] if gemma else size) ** -0.5
        if gemma and c.get("attn_logit_softcapping"):
            scores = torch.tanh(scores / c["attn_logit_softcapping"]) * c["attn_logit_softcapping"]
        seen = distance >= 0
        if window_of(c, i):
            seen = seen & (distance < window_of(c, i))
        a = scores.masked_fill(~seen, -math.inf).softmax(-1) @ v
        a = linear(a.transpose(0, 1).reshape(t, heads * size), "self_attn.o_proj")
        x = x + (norm(a, b + "post_attention_layernorm") if gemma else a)
        y = norm(x, b + ("pre_feedforward_layernorm" if gemma else "post_attention_layernorm"))
        y = linear(act(linear(y, "mlp.gate_proj")) * linear(y, "mlp.up_proj"), "mlp.down_proj")
        x = x + (norm(y, b + "post_feedforward_layernorm") if gemma else y)
    if labels(c):
        return norm(x, "model.norm") @ p["score.weight"].T
    logits = norm(x, "model.norm") @ p["model.embed_tokens.weight" if tied(c) else "lm_head.weight"].T
    cap = c.get("final_logit_softcapping") if gemma else None
    return torch.tanh(logits / cap) * cap if cap else logits


def golden(c, seed):
    build, forward = (build_gpt2, forward_gpt2) if c["model_type"] == "gpt2" else (build_llama, forward_llama)
    p = Weights(seed)
    build(c, p)
    ids, masks = documents(c["vocab_size"])
    count = sum(sum(mask[1:]) for mask in masks)

    def parts(q):
        for tokens, mask in zip(ids, masks):
            rows = [t for t in range(len(tokens) - 1) if mask[t + 1]]
            yield F.cross_entropy(forward(c, q, tokens)[rows], torch.tensor([tokens[t + 1] for t in rows]), reduction="sum") / count

    loss = sum(parts(p))
    losses, norms = ten_steps(p, parts)
    result = dict(ids=ints(ids), lengths=ints([[len(x) for x in ids]]), supervised=ints(masks), loss=loss.detach().reshape(1), losses=losses, norms=norms,
                  logits=torch.cat([forward(c, p, x).detach() for x in ids]))
    return p, {**result, **gradients(p, loss)}


def golden_classifier(c, seed):
    build, forward = (build_gpt2, forward_gpt2) if c["model_type"] == "gpt2" else (build_llama, forward_llama)
    p = Weights(seed)
    build(c, p)
    ids, _ = documents(c["vocab_size"])
    logits = lambda q: torch.stack([forward(c, q, x)[-1] for x in ids])
    loss_of = lambda q: F.cross_entropy(logits(q), torch.tensor([2, 0, 1]))
    loss = loss_of(p)
    losses, norms = ten_steps(p, lambda q: [loss_of(q)])
    result = dict(ids=ints(ids), lengths=ints([[len(x) for x in ids]]), supervised=ints([[0] * len(x) for x in ids]), loss=loss.detach().reshape(1), losses=losses,
                  norms=norms, logits=logits(p).detach())
    return p, {**result, **gradients(p, loss)}


def classifiers(folder):
    for seed, (name, config) in enumerate(CLASSIFIERS.items()):
        weights, values = golden_classifier(config, 300 + seed)
        write(f"{folder}/{name}", config, weights, values)
        print(f"{name:14} classes, loss {values['loss'].item():.5f} -> {values['losses'][-1].item():.5f}")


def main():
    if not sys.argv[2:]:
        classifiers(os.path.join(os.path.dirname(sys.argv[1].rstrip("/")), "classifiers"))
    for seed, (name, config) in enumerate(CONFIGS.items()):
        if sys.argv[2:] and name not in sys.argv[2:]:
            continue
        weights, values = golden(config, 100 + seed)
        write(f"{sys.argv[1]}/{name}", config, weights, values)
        print(f"{name:14} loss {values['loss'].item():.5f} -> {values['losses'][-1].item():.5f}, largest logit {values['logits'].abs().max().item():.2f}")


main()
