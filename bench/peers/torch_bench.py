#!/usr/bin/env python3
"""What plain eager PyTorch does with the shapes and modes of `bench`, as JSON lines with the same fields.

    torch_bench.py A|B|C full|lora|decode|prefill [--dtype fp32|bf16] [--threads N] [--steps N] [--weights FILE]
    torch_bench.py gemm M N K [--dtype fp32|bf16] | embed [--threads N] [--steps N]

A number is fair only where PyTorch is tuned: see TorchPeer.cs for the environment it is started in. --weights reads what
`bench ... --save-weights FILE` wrote, so that losses can be compared: with the same weights and tokens they agree.
"""
import argparse
import json
import math
import resource
import struct
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

SHAPES = {  # vocabulary, width, layers, heads, key/value heads, inner width, tokens per text, texts per batch
    "A": (512, 128, 4, 4, 2, 352, 256, 8),
    "B": (8192, 512, 8, 8, 4, 1408, 512, 8),
    "C": (49152, 576, 30, 9, 3, 1536, 512, 2),
}
RANK, ALPHA, PROMPT, GENERATED, PREFILL = 8, 16, 64, 127, 512


class RmsNorm(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        wide = x.float()
        return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + 1e-5)).to(x.dtype) * self.weight


class Adapted(nn.Module):
    """base(x) + scale · (x·Aᵀ)·Bᵀ"""

    def __init__(self, base):
        super().__init__()
        self.base = base
        self.a = nn.Parameter(torch.randn(RANK, base.in_features) * 0.02)
        self.b = nn.Parameter(torch.zeros(base.out_features, RANK))

    def forward(self, x):
        return self.base(x) + F.linear(F.linear(x, self.a), self.b) * (ALPHA / RANK)


def turned(x, cos, sin):
    near, far = x.chunk(2, -1)
    return torch.cat((near * cos - far * sin, far * cos + near * sin), -1)


class Block(nn.Module):
    def __init__(self, width, heads, kv_heads, inner):
        super().__init__()
        self.heads, self.kv_heads, self.size = heads, kv_heads, width // heads

        def linear(inputs, outputs):
            return nn.Linear(inputs, outputs, bias=False)

        self.input_norm, self.inner_norm = RmsNorm(width), RmsNorm(width)
        self.q, self.k, self.v = linear(width, width), linear(width, kv_heads * self.size), linear(width, kv_heads * self.size)
        self.o = linear(width, width)
        self.gate, self.up, self.down = linear(width, inner), linear(width, inner), linear(inner, width)

    def forward(self, x, cos, sin, mask, cache, at):
        texts, tokens, width = x.shape
        h = self.input_norm(x)
        q = turned(self.q(h).view(texts, tokens, self.heads, self.size).transpose(1, 2), cos, sin)
        k = turned(self.k(h).view(texts, tokens, self.kv_heads, self.size).transpose(1, 2), cos, sin)
        v = self.v(h).view(texts, tokens, self.kv_heads, self.size).transpose(1, 2)
        if cache is not None:
            keys, values = cache
            keys[:, :, at:at + tokens], values[:, :, at:at + tokens] = k, v
            k, v = keys[:, :, :at + tokens], values[:, :, :at + tokens]
        group = self.heads // self.kv_heads
        if group > 1:
            k = k.unsqueeze(2).expand(-1, -1, group, -1, -1).reshape(texts, self.heads, -1, self.size)
            v = v.unsqueeze(2).expand(-1, -1, group, -1, -1).reshape(texts, self.heads, -1, self.size)
        scores = torch.matmul(q, k.transpose(-1, -2)) * (1 / math.sqrt(self.size))
        if mask is not None:
            scores = scores + mask
        mixed = torch.matmul(torch.softmax(scores, -1).to(v.dtype), v)
        x = x + self.o(mixed.transpose(1, 2).reshape(texts, tokens, width))
        h = self.inner_norm(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class Decoder(nn.Module):
    def __init__(self, shape):
        super().__init__()
        vocabulary, width, layers, heads, kv_heads, inner, _, _ = shape
        self.table = nn.Embedding(vocabulary, width)
        self.blocks = nn.ModuleList(Block(width, heads, kv_heads, inner) for _ in range(layers))
        self.norm = RmsNorm(width)
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02)
        size = width // heads
        angles = torch.arange(2048).float()[:, None] * (1.0 / (10000 ** (torch.arange(0, size, 2).float() / size)))[None]
        self.cos, self.sin = angles.cos(), angles.sin()

    def forward(self, ids, caches=None, at=0, last=False):
        tokens = ids.shape[1]
        x = self.table(ids)
        cos, sin = self.cos[at:at + tokens].to(x.dtype), self.sin[at:at + tokens].to(x.dtype)
        mask = torch.full((tokens, tokens), float("-inf"), dtype=x.dtype).triu(1) if tokens > 1 else None
        for i, block in enumerate(self.blocks):
            x = block(x, cos, sin, mask, None if caches is None else caches[i], at)
        x = self.norm(x)
        return F.linear(x[:, -1:] if last else x, self.table.weight)


def read_weights(model, path):
    """What `--save-weights` wrote: f32 weights in this order, then the token ids of the batch, i32; the ids are returned."""
    order = [model.table.weight]
    for b in model.blocks:
        order += [b.input_norm.weight, b.q.weight, b.k.weight, b.v.weight, b.o.weight, b.gate.weight, b.up.weight, b.down.weight, b.inner_norm.weight]
    order.append(model.norm.weight)
    with open(path, "rb") as file, torch.no_grad():
        for parameter in order:
            parameter.copy_(torch.frombuffer(bytearray(file.read(parameter.numel() * 4)), dtype=torch.float32).view(parameter.shape))
        rest = file.read()
    return torch.tensor(struct.unpack(f"<{len(rest) // 4}i", rest))


def median(values):
    return sorted(values)[len(values) // 2]


def train(options, model, shape):
    vocabulary, length, texts = shape[0], shape[6], shape[7]
    ids = read_weights(model, options.weights).view(texts, length) if options.weights else torch.randint(0, vocabulary, (texts, length))
    if options.mode == "lora":
        for parameter in model.parameters():
            parameter.requires_grad_(False)
        for block in model.blocks:
            for name in ("q", "k", "v", "o", "gate", "up", "down"):
                setattr(block, name, Adapted(getattr(block, name)))
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0)
    # Every token but a text's first is a label, as in our batch.
    labels = torch.cat((ids[:, 1:], torch.full((texts, 1), -100)), 1).reshape(-1)
    times, losses, warm, begin = [], [], 0, time.perf_counter()
    while warm == 0 or len(times) - warm < options.steps:
        start = time.perf_counter()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=options.dtype == "bf16"):
            logits = model(ids)
        loss = F.cross_entropy(logits.float().view(-1, vocabulary), labels)
        del logits
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        times.append(time.perf_counter() - start)
        losses.append(loss.item())
        if warm == 0 and time.perf_counter() - begin >= 2:
            warm = len(times)
    times, tokens = times[warm:], texts * length
    return dict(train_params=sum(p.numel() for p in trained), tok_s_med=round(tokens / median(times), 1), tok_s_best=round(tokens / min(times), 1),
                step_s=round(median(times), 4), loss0=round(losses[0], 4), loss1=round(losses[1], 4))


def answer(options, model, shape):
    """Decoding of 127 tokens after a prompt of 64, or prefilling 512."""
    model.eval()
    dtype = torch.bfloat16 if options.dtype == "bf16" else torch.float32
    model = model.to(dtype)
    vocabulary, size, prompt = shape[0], shape[1] // shape[3], PROMPT if options.mode == "decode" else PREFILL
    prefills, decodes = [], []
    with torch.inference_mode():
        for repetition in range(options.steps + 1):
            count = GENERATED if repetition > 0 else GENERATED // 4
            room = prompt + (GENERATED + 1 if options.mode == "decode" else 0)
            caches = [[torch.zeros(1, shape[4], room, size, dtype=dtype) for _ in range(2)] for _ in range(shape[2])]
            ids = torch.randint(0, vocabulary, (1, prompt))
            start = time.perf_counter()
            token = model(ids, caches, 0, True).argmax(-1)
            prefills.append(time.perf_counter() - start)
            if options.mode == "prefill":
                continue
            start = time.perf_counter()
            for i in range(count):
                token = model(token, caches, PROMPT + i).argmax(-1)
            decodes.append(time.perf_counter() - start)
    # The first repetition warms up.
    prefills, decodes = prefills[1:], decodes[1:]
    if options.mode == "prefill":
        return dict(prefill512_tok_s=round(PREFILL / median(prefills), 1), prefill512_best=round(PREFILL / min(prefills), 1))
    return dict(decode_tok_s_med=round(GENERATED / median(decodes), 1), decode_best=round(GENERATED / min(decodes), 1), prefill64_tok_s=round(PROMPT / median(prefills), 1))


class Sentences(nn.Module):
    """A BERT encoder of MiniLM's shape (6 layers, width 384, 12 heads, inner 1536), mean pooling."""

    WIDTH, HEADS, INNER, LAYERS, VOCABULARY = 384, 12, 1536, 6, 30522

    def __init__(self):
        super().__init__()
        width, inner = self.WIDTH, self.INNER
        self.words, self.places, self.types = nn.Embedding(self.VOCABULARY, width), nn.Embedding(512, width), nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width, eps=1e-12)
        names = {"q": (width, width), "k": (width, width), "v": (width, width), "o": (width, width), "up": (width, inner), "down": (inner, width)}
        self.blocks = nn.ModuleList(nn.ModuleDict({**{n: nn.Linear(*s) for n, s in names.items()}, "n1": nn.LayerNorm(width, eps=1e-12), "n2": nn.LayerNorm(width, eps=1e-12)}) for _ in range(self.LAYERS))

    def forward(self, ids):
        texts, tokens = ids.shape
        x = self.norm(self.words(ids) + self.places.weight[:tokens] + self.types.weight[0])
        for b in self.blocks:
            q, k, v = (b[n](x).view(texts, tokens, self.HEADS, -1).transpose(1, 2) for n in "qkv")
            scores = torch.matmul(q, k.transpose(-1, -2)) * (1 / math.sqrt(self.WIDTH // self.HEADS))
            mixed = torch.matmul(torch.softmax(scores, -1), v).transpose(1, 2).reshape(texts, tokens, self.WIDTH)
            x = b["n1"](x + b["o"](mixed))
            x = b["n2"](x + b["down"](F.gelu(b["up"](x))))
        return x.mean(1)


def embed(options):
    model, texts, tokens = Sentences().eval(), 64, 128
    ids = torch.randint(0, Sentences.VOCABULARY, (texts, tokens))
    with torch.inference_mode():
        times = timed(lambda: model(ids), options.steps)
    return dict(bench="embed", texts=texts, tokens=tokens, texts_s_med=round(texts / median(times), 1), texts_s_best=round(texts / min(times), 1), tok_s_med=round(texts * tokens / median(times), 1))


def gemm(options):
    m, n, k = options.sizes
    a, w = torch.randn(m, k), torch.randn(n, k)
    if options.dtype == "bf16":
        a, w = a.bfloat16(), w.bfloat16()
    with torch.inference_mode():
        times = timed(lambda: F.linear(a, w) if options.dtype == "bf16" else torch.mm(a, w.t()), 20, seconds=1.0, warm_up=0.5)
    flops = 2.0 * m * n * k / 1e9
    return dict(bench="gemm", dtype=options.dtype, m=m, n=n, k=k, gflops_median=round(flops / median(times), 1), gflops_best=round(flops / min(times), 1))


def timed(work, count, seconds=0.0, warm_up=2.0):
    """Seconds of each call, after a warm-up of one call and at least two seconds; at least `count` calls and, where asked for, so many seconds."""
    begin = time.perf_counter()
    work()
    while time.perf_counter() - begin < warm_up:
        work()
    times, begin = [], time.perf_counter()
    while len(times) < count or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return times


def blas():
    """Name of the BLAS library that was loaded."""
    with open("/proc/self/maps") as maps:
        files = {line.split("/")[-1].strip() for line in maps if "openblas" in line or "mkl" in line}
    return ", ".join(f for f in sorted(files) if "-r" in f) or ", ".join(sorted(files)) or "unknown"


def main():
    words = sys.argv[1:]
    if words[:1] == ["gemm"]:
        words[1:4] = ["--sizes", *words[1:4]]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=[*SHAPES, "gemm", "embed"])
    parser.add_argument("mode", nargs="?", choices=["full", "lora", "decode", "prefill"])
    parser.add_argument("--sizes", type=int, nargs=3)
    parser.add_argument("--dtype", default="fp32", choices=["fp32", "bf16"])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--weights")
    options = parser.parse_args(words)
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    if options.what in SHAPES:
        if options.mode is None:
            parser.error("a shape needs a mode: full, lora, decode, prefill")
        shape = SHAPES[options.what]
        model = Decoder(shape)
        result = dict(cfg=options.what, mode=options.mode, dtype=options.dtype, params=sum(p.numel() for p in model.parameters()))
        result.update((train if options.mode in ("full", "lora") else answer)(options, model, shape))
    else:
        result = embed(options) if options.what == "embed" else gemm(options)
    result["peak_rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    result["threads"] = options.threads
    result["engine"] = f"torch {torch.__version__}"
    result["blas"] = blas()
    print(json.dumps(result), flush=True)


main()
