"""Random tiny Qwen2.5-VL checkpoints and what transformers computes with them.

Writes, for every model below, src/vision-language/fixtures/<name>/:
  config.json, generation_config.json, model.safetensors   as transformers saves them
  golden.safetensors      per case: inputs, position_ids, rope_deltas, logits, loss, greedy continuation, of some the
                          attention weights of the last eight tokens in all layers, and of the gradient of every
                          parameter (in the order of names) its norm and a sketch
Whole gradients would be half a megabyte a case. A sketch is sixteen sums of all elements under signs from a hash:
the root mean square of what two sketches differ by is, up to some twenty percent, the norm of the difference.
The case `rates` is there once more by the positions of transformers 4.49, as rates.4.49.<name> (last logits).

Parameters carry the names of the checkpoint on disk (`visual.*`, `model.*`, `lm_head.*`).
Usage: python tiny_checkpoint.py [output folder]
"""
import json
import math
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import safe_open, save_file
from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

FIXTURES = Path(__file__).resolve().parents[2] / "src" / "vision-language" / "fixtures"

PAD, IM_START, IM_END, VISION_START, VISION_END, VISION_PAD, IMAGE, VIDEO = range(290, 298)
BANNED = [PAD, VISION_START, VISION_END, VISION_PAD, IMAGE, VIDEO]

IDS = dict(
    image_token_id=IMAGE,
    video_token_id=VIDEO,
    vision_start_token_id=VISION_START,
    vision_end_token_id=VISION_END,
)
TEXT = dict(
    vocab_size=300,
    hidden_size=64,
    num_attention_heads=4,
    rms_norm_eps=1e-6,
    max_position_embeddings=4096,
    bos_token_id=PAD,
    eos_token_id=IM_END,
    pad_token_id=PAD,
)

# `tiny`: grouped heads, windows of 8x8 patches at work beside full attention, its own lm_head.
# `tiny-tied`: tied embeddings, no grouping, only full attention, patches of two pixels.
MODELS = {
    "tiny": Qwen2_5_VLConfig(
        tie_word_embeddings=False,
        text_config=dict(
            **TEXT,
            intermediate_size=112,
            num_hidden_layers=3,
            num_key_value_heads=2,
            rope_parameters=dict(
                rope_type="default", type="mrope", rope_theta=1e6, mrope_section=[2, 3, 3]
            ),
        ),
        vision_config=dict(
            depth=3,
            hidden_size=32,
            num_heads=2,
            intermediate_size=44,
            patch_size=4,
            window_size=32,
            fullatt_block_indexes=[1],
            tokens_per_second=2,
            out_hidden_size=64,
        ),
        **IDS,
    ),
    "tiny-tied": Qwen2_5_VLConfig(
        tie_word_embeddings=True,
        text_config=dict(
            **TEXT,
            intermediate_size=96,
            num_hidden_layers=2,
            num_key_value_heads=4,
            rope_parameters=dict(
                rope_type="default", type="mrope", rope_theta=1e4, mrope_section=[4, 2, 2]
            ),
        ),
        vision_config=dict(
            depth=2,
            hidden_size=24,
            num_heads=2,
            intermediate_size=36,
            patch_size=2,
            window_size=16,
            fullatt_block_indexes=[0, 1],
            tokens_per_second=4,
            out_hidden_size=64,
        ),
        **IDS,
    ),
}


def randomise(model, generator):
    """Weights large enough that attention and logits are far from uniform; logits stay within a few units,
    since fp32 itself (transformers' as well as ours) errs by 1e-5 at logits of ten."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() > 1:
                std = 0.1 if "lm_head" in name or "embed_tokens" in name else 0.12
                parameter.copy_(std * noise)
            elif name.endswith("bias"):
                parameter.copy_(0.1 * noise)
            else:
                parameter.copy_(1 + 0.2 * noise)


class Builder:
    """Makes the inputs of the cases from one random stream."""

    def __init__(self, config, generator):
        self.config, self.generator = config, generator

    def text(self, length):
        return torch.randint(0, 290, (length,), generator=self.generator).tolist()

    def vision(self, token, grid):
        return [VISION_START] + [token] * (grid[0] * grid[1] * grid[2] // 4) + [VISION_END]

    def pixels(self, grids):
        vision = self.config.vision_config
        width = vision.in_channels * vision.temporal_patch_size * vision.patch_size**2
        rows = sum(t * h * w for t, h, w in grids)
        return torch.randn(rows, width, generator=self.generator)

    def case(self, rows, images=(), videos=(), seconds=None):
        length = max(map(len, rows))
        out = {
            "input_ids": torch.tensor([[PAD] * (length - len(r)) + r for r in rows]),
            "attention_mask": torch.tensor([[0] * (length - len(r)) + [1] * len(r) for r in rows]),
        }
        if images:
            out["image_grid_thw"] = torch.tensor(images)
            out["pixel_values"] = self.pixels(images)
        if videos:
            out["video_grid_thw"] = torch.tensor(videos)
            out["pixel_values_videos"] = self.pixels(videos)
        if seconds is not None:
            out["second_per_grid_ts"] = torch.tensor(seconds)
        # Loss on the second half of every row, as on an answer.
        starts = [length - len(r) // 2 for r in rows]
        positions = torch.arange(length)
        trained = torch.stack([positions >= s for s in starts]) & (out["input_ids"] < 290)
        out["labels"] = torch.where(trained, out["input_ids"], -100)
        return out


def cases(config, generator):
    b = Builder(config, generator)
    t, v = b.text, b.vision
    return {
        "text": b.case([t(13)]),
        # Larger than one window in both directions, and no multiple of it.
        "image": b.case([t(4) + v(IMAGE, (1, 10, 12)) + t(7)], images=[(1, 10, 12)]),
        "images": b.case(
            [t(2) + v(IMAGE, (1, 4, 6)) + t(1) + v(IMAGE, (1, 18, 8)) + v(IMAGE, (1, 2, 2)) + t(8)],
            images=[(1, 4, 6), (1, 18, 8), (1, 2, 2)],
        ),
        # Time runs past the longer side of the grid: here the position rules differ.
        "video": b.case([t(3) + v(VIDEO, (4, 4, 6)) + t(9)], videos=[(4, 4, 6)], seconds=[1.5]),
        # Two frame rates, one of them below a second, the second video without whole steps.
        "videos": b.case(
            [t(3) + v(VIDEO, (2, 4, 4)) + t(2) + v(VIDEO, (3, 2, 4)) + t(9)],
            videos=[(2, 4, 4), (3, 2, 4)],
            seconds=[0.5, 0.7],
        ),
        "both": b.case(
            [t(3) + v(IMAGE, (1, 4, 10)) + t(2) + v(VIDEO, (2, 10, 4)) + t(9)],
            images=[(1, 4, 10)],
            videos=[(2, 10, 4)],
            seconds=[1.0],
        ),
        "padded": b.case(
            [t(3) + v(IMAGE, (1, 10, 10)) + t(9), t(2) + v(IMAGE, (1, 4, 6)) + t(6)],
            images=[(1, 10, 10), (1, 4, 6)],
        ),
        # The same grid at three frame rates; under 4.49 the text after the last goes on 20 positions later.
        "rates": b.case(
            [t(2) + v(VIDEO, (3, 2, 4)) + t(1) + v(VIDEO, (3, 2, 4)) + t(1) + v(VIDEO, (3, 2, 4)) + t(7)],
            videos=[(3, 2, 4)] * 3,
            seconds=[0.5, 1.0, 5.0],
        ),
        # Image and video, text alone, video alone: a batch whose rows have nothing in common.
        "mixed": b.case(
            [
                t(2) + v(VIDEO, (2, 4, 4)) + t(1) + v(IMAGE, (1, 2, 4)) + t(5),
                t(9),
                t(1) + v(VIDEO, (3, 2, 4)) + t(5),
            ],
            images=[(1, 2, 4)],
            videos=[(2, 4, 4), (3, 2, 4)],
            seconds=[2.0, 0.5],
        ),
    }


def positions_4_49(inputs, config):
    """[3, 1, S] of one row without padding: what comes after a block starts past its largest position."""
    [ids] = inputs["input_ids"].tolist()
    grids = iter(zip(inputs["video_grid_thw"].tolist(), inputs["second_per_grid_ts"].tolist()))
    columns = []
    while len(columns) < len(ids):
        start = max((max(column) for column in columns), default=-1) + 1
        if ids[len(columns)] != VIDEO:
            columns.append([start] * 3)
            continue
        (t, h, w), seconds = next(grids)
        for frame in range(t):
            time = math.floor(frame * seconds * config.vision_config.tokens_per_second)
            columns += [[start + time, start + y, start + x] for y in range(h // 2) for x in range(w // 2)]
    return torch.tensor(columns).T[:, None]


def sketch(gradient):
    """Sixteen sums of the elements, signs from the bits of a hash of their places."""
    values = gradient.double().flatten().numpy()
    h = np.arange(1, values.size + 1, dtype=np.uint32) * np.uint32(2654435761)
    for shift, factor in ((15, 2246822519), (13, 3266489917)):
        h = (h ^ (h >> np.uint32(shift))) * np.uint32(factor)
    h ^= h >> np.uint32(16)
    signs = 1.0 - 2.0 * ((h[None] >> np.arange(16, dtype=np.uint32)[:, None]) & 1)
    return torch.from_numpy(signs @ values).float()


def gradients_of(model):
    """Norms [P] and sketches [P, 16] by the sorted names of the checkpoint; zero where nothing arrived."""
    named = {disk_name(name): parameter for name, parameter in model.named_parameters()}
    gradients = [torch.zeros(1) if named[name].grad is None else named[name].grad for name in sorted(named)]
    norms = torch.stack([gradient.double().norm() for gradient in gradients]).float()
    return {"gradient_norms": norms, "gradient_sketches": torch.stack([sketch(gradient) for gradient in gradients])}


def disk_name(name):
    """In-memory name of transformers 5 -> the name it writes."""
    return name.replace("model.visual.", "visual.").replace("model.language_model.", "model.")


def run(name, config, output):
    generator = torch.Generator().manual_seed(20251022)
    model = Qwen2_5_VLForConditionalGeneration._from_config(
        config, attn_implementation="eager", dtype=torch.float32
    ).eval()
    randomise(model, generator)
    folder = output / name
    model.save_pretrained(folder)

    golden = {}
    for case, inputs in cases(config, generator).items():
        ids = inputs["input_ids"]
        types = (ids == IMAGE).int() + 2 * (ids == VIDEO).int()
        arguments = {k: v for k, v in inputs.items() if k != "labels"} | {"mm_token_type_ids": types}
        if types.any():
            grids = {k: v for k, v in arguments.items() if not k.startswith("pixel")}
            positions, deltas = model.model.get_rope_index(**grids)
            inputs |= {"position_ids": positions, "rope_deltas": deltas.flatten()}

        def forward_and_back(**more):
            model.zero_grad()
            model.model.rope_deltas = None
            result = model(**arguments, labels=inputs["labels"], **more)
            result.loss.backward()
            return {"logits": result.logits.detach(), "loss": result.loss.detach()} | gradients_of(model)

        results = forward_and_back()
        if case == "rates":
            old = {"position_ids": positions_4_49(inputs, config)}
            old |= forward_and_back(**old)
            # Every token before them has its say in the last ones.
            old["logits"] = old["logits"][:, -8:]
            results |= {f"4.49.{k}": v for k, v in old.items()}
        inputs |= results
        model.model.rope_deltas = None
        with torch.no_grad():
            if case in ("image", "padded"):
                shares = model(**arguments, output_attentions=True).attentions
                inputs["attentions"] = torch.stack(shares)[..., -8:, :]
                model.model.rope_deltas = None
            generated = model.generate(
                **arguments, do_sample=False, max_new_tokens=16, eos_token_id=None, suppress_tokens=BANNED
            )
        inputs["generated"] = generated[:, ids.shape[1] :]
        golden |= {f"{case}.{key}": value.contiguous() for key, value in inputs.items()}

    save_file(golden, folder / "golden.safetensors", metadata={"format": "pt"})
    with safe_open(folder / "model.safetensors", "pt") as saved:
        names = {disk_name(name) for name, _ in model.named_parameters()}
        assert names == set(saved.keys()), names ^ set(saved.keys())
    sizes = {path.name: path.stat().st_size for path in sorted(folder.iterdir())}
    print(name, len(names), "parameters", json.dumps(sizes))


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else FIXTURES
    torch.set_num_threads(1)
    for model_name, model_config in MODELS.items():
        run(model_name, model_config, target)
