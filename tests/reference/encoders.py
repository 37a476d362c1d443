#!/usr/bin/env python3
"""Golden values of tiny encoders (BERT, ViT), in plain PyTorch and f32 on one thread, without transformers.

python3 tests/reference/encoders.py tests/Models.Tests/data/encoders [NAME...]

Per configuration a folder: config.json and model.safetensors of a random model; golden.safetensors with three texts or two images, the last hidden
states, the head's output, a loss, the gradient of every weight, and ten AdamW steps. A classifier's loss is its cross-entropy; that of a model
without a head is the mean over the inputs of the squared length of their vector (texts: mean over tokens; images: the first token).
"""
import math, sys
import torch
import torch.nn.functional as F
from golden import Weights, gradients, ints, ten_steps, write

BERT = dict(model_type="bert", vocab_size=41, hidden_size=16, num_hidden_layers=3, num_attention_heads=4, intermediate_size=40, hidden_act="gelu",
            max_position_embeddings=32, type_vocab_size=2, layer_norm_eps=1e-12, pad_token_id=0, position_embedding_type="absolute", torch_dtype="float32")
VIT = dict(model_type="vit", hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=32, hidden_act="gelu", layer_norm_eps=1e-12,
           image_size=12, patch_size=4, num_channels=3, qkv_bias=True, torch_dtype="float32")
NAMES = {"0": "circle", "1": "square", "2": "star"}
CONFIGS = {
    "bert": {**BERT, "architectures": ["BertModel"]},
    "minilm": {**BERT, "architectures": ["BertModel"], "hidden_size": 48, "num_attention_heads": 12, "num_hidden_layers": 2, "intermediate_size": 96},
    "bert-classifier": {**BERT, "architectures": ["BertForSequenceClassification"], "id2label": NAMES, "label2id": {v: int(k) for k, v in NAMES.items()}},
    "vit": {**VIT, "architectures": ["ViTModel"], "qkv_bias": False, "patch_size": 6, "num_channels": 1},
    "vit-classifier": {**VIT, "architectures": ["ViTForImageClassification"], "id2label": NAMES, "label2id": {v: int(k) for k, v in NAMES.items()}},
}
HEADED = ("BertForSequenceClassification", "ViTForImageClassification")


def linear(p, path, outs, ins, bias=True):
    p.new(f"{path}.weight", outs, ins)
    if bias:
        p.new(f"{path}.bias", outs)


def norm(p, path, size):
    p.new(f"{path}.weight", size, base=1.0)
    p.new(f"{path}.bias", size)


def root(c):
    return c["model_type"] + "." if c["architectures"][0] in HEADED else ""


def attention(c, p, path, x):
    n, d, h = x.shape[0], c["hidden_size"], c["num_attention_heads"]
    q, k, v = (F.linear(x, p[f"{path}.{name}.weight"], p.get(f"{path}.{name}.bias")).view(n, h, d // h).transpose(0, 1) for name in ("query", "key", "value"))
    return (torch.softmax(q @ k.transpose(-1, -2) / math.sqrt(d // h), -1) @ v).transpose(0, 1).reshape(n, d)


def apply(p, path, x):
    return F.linear(x, p[f"{path}.weight"], p.get(f"{path}.bias"))


def ln(c, p, path, x):
    return F.layer_norm(x, x.shape[-1:], p[f"{path}.weight"], p[f"{path}.bias"], c["layer_norm_eps"])


# ---- BERT ----

def build_bert(c, p):
    r, d = root(c), c["hidden_size"]
    p.new(f"{r}embeddings.word_embeddings.weight", c["vocab_size"], d)
    p.new(f"{r}embeddings.position_embeddings.weight", c["max_position_embeddings"], d)
    p.new(f"{r}embeddings.token_type_embeddings.weight", c["type_vocab_size"], d)
    norm(p, f"{r}embeddings.LayerNorm", d)
    for i in range(c["num_hidden_layers"]):
        b = f"{r}encoder.layer.{i}"
        for name in ("query", "key", "value"):
            linear(p, f"{b}.attention.self.{name}", d, d)
        linear(p, f"{b}.attention.output.dense", d, d)
        norm(p, f"{b}.attention.output.LayerNorm", d)
        linear(p, f"{b}.intermediate.dense", c["intermediate_size"], d)
        linear(p, f"{b}.output.dense", d, c["intermediate_size"])
        norm(p, f"{b}.output.LayerNorm", d)
    linear(p, f"{r}pooler.dense", d, d)
    if "id2label" in c:
        linear(p, "classifier", len(c["id2label"]), d)


def hidden_bert(c, p, ids, types):
    r = root(c)
    x = F.embedding(torch.tensor(ids), p[f"{r}embeddings.word_embeddings.weight"])
    x = x + p[f"{r}embeddings.position_embeddings.weight"][: len(ids)] + F.embedding(torch.tensor(types), p[f"{r}embeddings.token_type_embeddings.weight"])
    x = ln(c, p, f"{r}embeddings.LayerNorm", x)
    for i in range(c["num_hidden_layers"]):
        b = f"{r}encoder.layer.{i}"
        x = ln(c, p, f"{b}.attention.output.LayerNorm", x + apply(p, f"{b}.attention.output.dense", attention(c, p, f"{b}.attention.self", x)))
        x = ln(c, p, f"{b}.output.LayerNorm", x + apply(p, f"{b}.output.dense", F.gelu(apply(p, f"{b}.intermediate.dense", x))))
    return x


def golden_bert(c, p):
    g = torch.Generator().manual_seed(5)
    ids = [torch.randint(1, c["vocab_size"], (n,), generator=g).tolist() for n in (19, 1, 8)]
    types = [[int(t >= len(x) // 2) for t in range(len(x))] for x in ids]
    labels = [2, 0, 1]
    pooled = lambda q, i: torch.tanh(apply(q, f"{root(c)}pooler.dense", hidden_bert(c, q, ids[i], types[i])[0]))

    def parts(q):
        for i in range(len(ids)):
            if "id2label" in c:
                yield F.cross_entropy(apply(q, "classifier", pooled(q, i))[None], torch.tensor([labels[i]]), reduction="sum") / len(ids)
            else:
                yield hidden_bert(c, q, ids[i], types[i]).mean(0).square().sum() / len(ids)

    out = torch.stack([apply(p, "classifier", pooled(p, i)) if "id2label" in c else pooled(p, i) for i in range(len(ids))])
    inputs = dict(ids=ints(ids), lengths=ints([[len(x) for x in ids]]), types=ints(types), labels=ints([labels]))
    return inputs, torch.cat([hidden_bert(c, p, ids[i], types[i]) for i in range(len(ids))]), out, parts


# ---- ViT ----

def build_vit(c, p):
    r, d, patch = root(c), c["hidden_size"], c["patch_size"]
    p.new(f"{r}embeddings.cls_token", 1, 1, d)
    p.new(f"{r}embeddings.position_embeddings", 1, 1 + (c["image_size"] // patch) ** 2, d)
    p.new(f"{r}embeddings.patch_embeddings.projection.weight", d, c["num_channels"], patch, patch)
    p.new(f"{r}embeddings.patch_embeddings.projection.bias", d)
    for i in range(c["num_hidden_layers"]):
        b = f"{r}encoder.layer.{i}"
        for name in ("query", "key", "value"):
            linear(p, f"{b}.attention.attention.{name}", d, d, c["qkv_bias"])
        linear(p, f"{b}.attention.output.dense", d, d)
        linear(p, f"{b}.intermediate.dense", c["intermediate_size"], d)
        linear(p, f"{b}.output.dense", d, c["intermediate_size"])
        norm(p, f"{b}.layernorm_before", d)
        norm(p, f"{b}.layernorm_after", d)
    norm(p, f"{r}layernorm", d)
    if "id2label" in c:
        linear(p, "classifier", len(c["id2label"]), d)
    else:
        linear(p, "pooler.dense", d, d)


def hidden_vit(c, p, image):
    r = root(c)
    x = F.conv2d(image[None], p[f"{r}embeddings.patch_embeddings.projection.weight"], p[f"{r}embeddings.patch_embeddings.projection.bias"], stride=c["patch_size"])
    x = torch.cat([p[f"{r}embeddings.cls_token"][0], x[0].flatten(1).T]) + p[f"{r}embeddings.position_embeddings"][0]
    for i in range(c["num_hidden_layers"]):
        b = f"{r}encoder.layer.{i}"
        x = x + apply(p, f"{b}.attention.output.dense", attention(c, p, f"{b}.attention.attention", ln(c, p, f"{b}.layernorm_before", x)))
        x = x + apply(p, f"{b}.output.dense", F.gelu(apply(p, f"{b}.intermediate.dense", ln(c, p, f"{b}.layernorm_after", x))))
    return ln(c, p, f"{r}layernorm", x)


def golden_vit(c, p):
    g = torch.Generator().manual_seed(7)
    images = torch.randn(2, c["num_channels"], c["image_size"], c["image_size"], generator=g)
    labels = [1, 2]

    def parts(q):
        for i in range(len(images)):
            first = hidden_vit(c, q, images[i])[0]
            if "id2label" in c:
                yield F.cross_entropy(apply(q, "classifier", first)[None], torch.tensor([labels[i]]), reduction="sum") / len(images)
            else:
                yield first.square().sum() / len(images)

    firsts = [hidden_vit(c, p, image)[0] for image in images]
    out = torch.stack([apply(p, "classifier", x) if "id2label" in c else torch.tanh(apply(p, "pooler.dense", x)) for x in firsts])
    return dict(pixels=images, labels=ints([labels])), torch.cat([hidden_vit(c, p, image) for image in images]), out, parts


def main():
    for seed, (name, config) in enumerate(CONFIGS.items()):
        if sys.argv[2:] and name not in sys.argv[2:]:
            continue
        weights = Weights(200 + seed)
        (build_bert if config["model_type"] == "bert" else build_vit)(config, weights)
        inputs, hidden, out, parts = (golden_bert if config["model_type"] == "bert" else golden_vit)(config, weights)
        loss = sum(parts(weights))
        losses, norms = ten_steps(weights, parts)
        values = {**inputs, "hidden": hidden, "out": out, "loss": loss.detach().reshape(1), "losses": losses, "norms": norms, **gradients(weights, loss)}
        write(f"{sys.argv[1]}/{name}", config, weights, values)
        print(f"{name:16} loss {loss.item():.5f} -> {losses[-1].item():.5f}")


main()
