"""What the referees of models share: safetensors files, random weights, documents with uneven masks, ten steps of AdamW."""
import json, math, os, struct
import torch

torch.set_num_threads(1)


def save(path, tensors):
    """Writes f32 and i32 tensors as safetensors."""
    names, header, at = sorted(tensors), {"__metadata__": {"format": "pt"}}, 0
    for name in names:
        size = tensors[name].numel() * 4
        kind = "I32" if tensors[name].dtype == torch.int32 else "F32"
        header[name] = dict(dtype=kind, shape=list(tensors[name].shape), data_offsets=[at, at + size])
        at += size
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for name in names:
            f.write(tensors[name].detach().contiguous().numpy().tobytes())


class Weights(dict):
    """Random trainable tensors, a function of the seed and of the order in which they are asked for."""

    def __init__(self, seed):
        super().__init__()
        self.generator = torch.Generator().manual_seed(seed)

    def new(self, name, *shape, base=0.0, std=0.2):
        self[name] = (base + std * torch.randn(*shape, generator=self.generator)).requires_grad_(True)


def documents(vocabulary, lengths=(24, 9, 17), skips=(7, 1, 12), seed=11):
    """Token ids, and per token whether it is a label: of each document all after the first few."""
    g = torch.Generator().manual_seed(seed)
    ids = [torch.randint(0, vocabulary, (n,), generator=g).tolist() for n in lengths]
    return ids, [[t >= skip for t in range(n)] for n, skip in zip(lengths, skips)]


def decays(name):
    """Weight decay is for matrices alone."""
    return not name.endswith(".bias") and "norm" not in name.lower() and "ln_" not in name


def ten_steps(weights, loss_of):
    """Losses before, and gradient norms of, ten steps: warmup of two, cosine, decay 0.1 on matrices, clipping at 1. loss_of(weights) gives parts to sum."""
    copies = {k: v.detach().clone().requires_grad_(True) for k, v in weights.items()}
    groups = [dict(params=[v for k, v in copies.items() if decays(k)], weight_decay=0.1), dict(params=[v for k, v in copies.items() if not decays(k)], weight_decay=0.0)]
    optimizer = torch.optim.AdamW([g for g in groups if g["params"]], lr=1.0, betas=(0.9, 0.999), eps=1e-8)
    losses, norms = [], []
    for step in range(10):
        rate = 1e-2 * (step / 2 if step < 2 else 0.5 * (1 + math.cos(math.pi * (step - 2) / 8)))
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        total = 0.0
        for part in loss_of(copies):
            part.backward()
            total += part.item()
        norms.append(torch.nn.utils.clip_grad_norm_(list(copies.values()), 1.0).item())
        losses.append(total)
        optimizer.step()
    return torch.tensor(losses), torch.tensor(norms)


def ints(rows):
    return torch.tensor([x for row in rows for x in row], dtype=torch.int32)


def write(folder, config, weights, golden):
    os.makedirs(folder, exist_ok=True)
    with open(f"{folder}/config.json", "w") as f:
        json.dump(config, f, indent=2)
        f.write("\n")
    save(f"{folder}/model.safetensors", weights)
    save(f"{folder}/golden.safetensors", golden)


def gradients(weights, loss):
    """One gradient per weight under "grad." and its name; zeros where the loss does not reach."""
    found = torch.autograd.grad(loss, list(weights.values()), allow_unused=True)
    return {f"grad.{name}": torch.zeros_like(weights[name]) if g is None else g for name, g in zip(weights, found)}
