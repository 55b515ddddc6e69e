"""Python's side of the benchmark: transformers on torch, eager, the same folder, inputs and threads.

    python3 peer.py FOLDER      (started by run.ts)
"""

import json
import resource
import statistics
import sys
import time

import torch
import transformers
from transformers import Qwen2_5_VLForConditionalGeneration

folder = sys.argv[1]
ROWS, GRID, VISUAL, TEXT, NEW_TOKENS, ROUNDS = 8, (1, 12, 16), 48, 120, 128, 7
torch.set_num_threads(2)
transformers.utils.logging.set_verbosity_error()


def timed(body, rounds=ROUNDS):
    times = []
    for turn in range(-2, rounds):
        began = time.perf_counter()
        body()
        if turn >= 0:
            times.append(1000 * (time.perf_counter() - began))
    return statistics.median(times)


def load():
    return Qwen2_5_VLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)


ids = torch.tensor(
    [[992] + [995] * VISUAL + [993] + [(i * 37 + row * 101 + 5) % 900 for i in range(TEXT)] for row in range(ROWS)]
)
index = torch.arange(ROWS * VISUAL * 4 * 1176, dtype=torch.int64)
patches = (((index * 7919) % 1009).double() / 504.5 - 1).float().view(-1, 1176)
inputs = {
    "input_ids": ids,
    "attention_mask": torch.ones_like(ids),
    "mm_token_type_ids": (ids == 995).int(),
    "pixel_values": patches,
    "image_grid_thw": torch.tensor([GRID] * ROWS),
}
labels = ids.clone()
labels[:, : VISUAL + 2] = -100
model = load()
model.train()
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-6, weight_decay=0.0)
losses = []


def step():
    loss = model(**inputs, labels=labels).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    losses.append(loss.item())


training = timed(step)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
model.eval()
a, b = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[1.0, 2.0], [3.0, 4.0]])


def additions():
    for _ in range(10_000):
        a + b


def sample(tokens=NEW_TOKENS):
    with torch.no_grad():
        model.generate(
            **inputs, max_new_tokens=tokens, min_new_tokens=tokens, do_sample=True, temperature=1.0, top_k=0,
            pad_token_id=990, suppress_tokens=[992, 993, 994, 995, 996],
        )


print(
    json.dumps(
        {
            "library": f"torch {torch.__version__}, transformers {transformers.__version__}",
            "ms": {
                "10,000 additions of 2 x 2": timed(additions),
                "training step": training,
                f"prefill of {ROWS} rows and one token": timed(lambda: sample(1), 5),
                f"sampling {NEW_TOKENS} tokens for {ROWS} rows": timed(sample, 5),
                "loading the folder": timed(load),
            },
            "loss": losses[0],
            "peak": peak,
        }
    )
)
