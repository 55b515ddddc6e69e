"""What torch, transformers and safetensors compute, for the tests of src/torch.

Writes src/torch/fixtures/:
  optimizer.json         ten AdamW updates (three settings), clip_grad_norm_, learning rates of get_scheduler
  python.safetensors     one tensor of every element type, written by Python
Reads src/torch/fixtures/ours.safetensors (our writer's bytes, kept by a test) and checks every value.
Gradients are a formula of step and position, so that the test makes the same ones.
"""
import json
import math
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import get_scheduler

OUT = Path(__file__).resolve().parents[2] / "src" / "torch" / "fixtures"
STEPS = 10
SHAPES = {"weight": (2, 3), "bias": (3,)}


def formula(count, phase):
    return torch.tensor([math.sin(1.7 * i + phase) for i in range(count)], dtype=torch.float64).float()


def start():
    return {
        name: torch.nn.Parameter(formula(math.prod(shape), 0.3 + index).reshape(shape))
        for index, (name, shape) in enumerate(SHAPES.items())
    }


def gradient(step, index, shape, scale=1.0):
    return scale * formula(math.prod(shape), 0.9 * step + 2.0 * index).reshape(shape)


def trace(betas, eps, weight_decay):
    params = start()
    optimizer = torch.optim.AdamW(params.values(), lr=1.0, betas=betas, eps=eps, weight_decay=weight_decay)
    rates, rows = [], []
    for step in range(STEPS):
        rate = 0.05 * (1 + step % 3)
        optimizer.param_groups[0]["lr"] = rate
        for index, p in enumerate(params.values()):
            p.grad = gradient(step, index, p.shape)
        optimizer.step()
        rates.append(rate)
        rows.append([x for p in params.values() for x in p.detach().flatten().tolist()])
    return {"betas": betas, "eps": eps, "weight_decay": weight_decay, "rates": rates, "parameters": rows}


def clipping(scale, limit):
    params = start()
    for index, p in enumerate(params.values()):
        p.grad = gradient(0, index, p.shape, scale)
    norm = torch.nn.utils.clip_grad_norm_(params.values(), limit)
    after = [x for p in params.values() for x in p.grad.flatten().tolist()]
    return {"scale": scale, "limit": limit, "norm": norm.item(), "after": after}


def schedule(name, warmup, total):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = get_scheduler(name, optimizer, num_warmup_steps=warmup, num_training_steps=total)
    factors = []
    for _ in range(total):
        factors.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    return {"name": name, "warmup": warmup, "total": total, "factors": factors}


def every_type():
    return {
        "u8": torch.tensor([0, 1, 255], dtype=torch.uint8),
        "i8": torch.tensor([-128, 0, 127], dtype=torch.int8),
        "i16": torch.tensor([-32768, 7, 32767], dtype=torch.int16),
        "i32": torch.tensor([[-2147483648, 5], [6, 2147483647]], dtype=torch.int32),
        "i64": torch.tensor([-9007199254740991, 9007199254740991], dtype=torch.int64),
        "f16": torch.tensor([1.0, -2.5, 65504.0], dtype=torch.float16),
        "bf16": torch.tensor([1.0, -2.5, 3.0e38, 0.1], dtype=torch.bfloat16),
        "f32": torch.tensor([[0.1, -1.5e-38, 3.4e38]], dtype=torch.float32),
        "f64": torch.tensor([0.1, 1e-300], dtype=torch.float64),
        "bool": torch.tensor([True, False, True]),
        "scalar": torch.tensor(4.25),
        "empty": torch.zeros(0, 4),
    }


def check_ours():
    ours, expected = load_file(OUT / "ours.safetensors"), every_type()
    assert ours.keys() == expected.keys(), sorted(ours)
    for name, value in expected.items():
        assert ours[name].dtype == value.dtype and ours[name].shape == value.shape, name
        assert torch.equal(ours[name], value), name


if __name__ == "__main__":
    golden = {
        "torch": torch.__version__,
        "adamw": [
            trace((0.9, 0.999), 1e-8, 0.0),
            trace((0.9, 0.999), 1e-8, 0.1),
            trace((0.8, 0.95), 1e-3, 0.01),
        ],
        "clip": [clipping(1.0, 1.0), clipping(0.01, 1.0), clipping(100.0, 0.5)],
        "schedules": [
            schedule(name, warmup, total)
            for name in ("constant", "constant_with_warmup", "linear", "cosine")
            for warmup, total in ((0, 7), (1, 8), (3, 12))
        ],
    }
    (OUT / "optimizer.json").write_text(json.dumps(golden) + "\n")
    save_file(every_type(), OUT / "python.safetensors", metadata={"format": "pt"})
    if (OUT / "ours.safetensors").exists():
        check_ours()
        print("ours.safetensors: read and equal")
    print("optimizer.json, python.safetensors: written")
