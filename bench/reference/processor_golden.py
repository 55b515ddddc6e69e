"""Patches of pictures and videos: src/vision-language/fixtures/processor.json.

Pictures go through transformers' Qwen2VLImageProcessorPil. Videos are cut by numpy from frames that Pillow
resized (transformers' own video processor needs torchvision, whose resize is another one). The pictures
are those of resize_golden.py, which the test makes by the same formula. Each entry holds the grid, the
SHA-256 of the float32 values, their sum and some of them with their positions. `twice` entries were resized by
Pillow first as qwen-vl-utils' loader resizes. `sizes` are hashes over the sizes that thousands of pictures get.
"""
import hashlib
import json
import math
from pathlib import Path

import numpy as np
import transformers
from PIL import Image
from resize_golden import picture
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil, smart_resize

OUT = Path(__file__).resolve().parents[2] / "src" / "vision-language" / "fixtures" / "processor.json"

# width, height, min_pixels, max_pixels
PICTURES = [
    (168, 112, 3136, 100352),
    (640, 480, 12544, 100352),
    (1296, 968, 12544, 100352),
    (1288, 980, 12544, 100352),
    (480, 640, 12544, 100352),
    (720, 1280, 12544, 100352),
    (100, 100, 3136, 12845056),
    (42, 70, 3136, 12845056),
    (14, 98, 3136, 12845056),
    (13, 17, 3136, 12845056),
    (1, 1, 3136, 12845056),
    (900, 5, 3136, 100352),
    (3, 500, 12544, 100352),
    (333, 777, 3136, 50176),
    (1024, 32, 3136, 12544),
    (29, 27, 3136, 12845056),
    (200, 1, 3136, 12845056),
    (4, 800, 3136, 12845056),
    (9, 1500, 3136, 12845056),
    (1999, 1501, 12544, 1003520),
    (1920, 1080, 12544, 413952),
    (333, 251, 401408, 12845056),
    (420, 280, 200704, 1003520),
]
# Sizes of the original's data, and those where the loader's step changes what comes out or is at its own limits.
TWICE = [
    (1296, 968, 12544, 100352),
    (1296, 968, 12544, 413952),
    (640, 480, 12544, 413952),
    (480, 640, 12544, 100352),
    (731, 548, 12544, 401408),
    (844, 475, 12544, 401408),
    (13, 17, 12544, 100352),
    (900, 5, 3136, 100352),
    (6, 1100, 3136, 12845056),
    (57, 41, 3136, 12845056),
    (1, 1, 12544, 100352),
    (4001, 3607, 12544, 100352),
]
# Frames, width, height; True: through the loader's step too.
VIDEOS = [(1, 60, 45), (2, 60, 45), (3, 60, 45), (8, 56, 84), (5, 100, 40), (4, 1296, 968, True), (3, 900, 5, True)]
LIMITS = [(3136, 12845056), (12544, 100352), (12544, 413952), (200704, 1003520)]
SIZES = 6000


def entry(values, grid, **facts):
    values = np.ascontiguousarray(values, dtype="<f4")
    flat = values.reshape(-1)
    at = [int(i) for i in np.linspace(0, flat.size - 1, 12)]
    return facts | {
        "grid": [int(n) for n in grid],
        "shape": list(values.shape),
        "sha256": hashlib.sha256(values.tobytes()).hexdigest(),
        "sum": math.fsum(flat.tolist()),
        "samples": [[i, float(flat[i])] for i in at],
    }


def loader_size(width, height, factor=28, least=4 * 784, most=16384 * 784):
    """The size that qwen-vl-utils' loader gives a picture: its sides are clamped before its area is looked at."""
    w, h = (max(factor, round(side / factor) * factor) for side in (width, height))
    if w * h > most:
        shrink = math.sqrt(width * height / most)
        w, h = (math.floor(side / shrink / factor) * factor for side in (width, height))
    elif w * h < least:
        grow = math.sqrt(least / (width * height))
        w, h = (math.ceil(side * grow / factor) * factor for side in (width, height))
    return w, h


def loaded(width, height, twice, shift=0):
    image = Image.fromarray(np.roll(picture(width, height), shift, axis=1))
    return image.resize(loader_size(width, height)) if twice else image


def pictures(cases, twice=False):
    for width, height, low, high in cases:
        processor = Qwen2VLImageProcessorPil(size={"shortest_edge": low, "longest_edge": high})
        out = processor(images=[loaded(width, height, twice)], return_tensors="np")
        yield entry(
            out["pixel_values"], out["image_grid_thw"][0], width=width, height=height, min_pixels=low, max_pixels=high
        )


def videos():
    processor = Qwen2VLImageProcessorPil()
    mean, std = np.float32(processor.image_mean), np.float32(processor.image_std)
    for count, width, height, *twice in VIDEOS:
        first = loaded(width, height, twice)
        h, w = smart_resize(first.height, first.width, min_pixels=3136, max_pixels=100352)
        frames = []
        for index in range(count):
            frame = loaded(width, height, twice, index)
            resized = np.asarray(frame.resize((w, h), Image.Resampling.BICUBIC))
            frames.append(((resized * (1 / 255)).astype(np.float32) - mean) / std)
        if count % 2:
            frames.append(frames[-1])
        clip = np.stack(frames).transpose(0, 3, 1, 2)
        t, gh, gw = len(frames) // 2, h // 14, w // 14
        clip = clip.reshape(t, 2, 3, gh // 2, 2, 14, gw // 2, 2, 14)
        clip = clip.transpose(0, 3, 6, 4, 7, 2, 1, 5, 8).reshape(t * gh * gw, -1)
        yield entry(clip, (t, gh, gw), frames=count, width=width, height=height, twice=bool(twice))


def some_sizes():
    """Sides from 1 to 6,000, small ones as often as large ones, no more than 200 to 1."""
    for i in range(SIZES):
        bits = [((2 * i + k + 1) * 2654435761) % 2**32 for k in range(2)]
        width, height = (1 + (b >> 8) % (6000 >> (b & 7)) for b in bits)
        if max(width, height) <= 200 * min(width, height):
            yield width, height


def sizes():
    for low, high in LIMITS:
        for twice in (False, True):
            lines = []
            for width, height in some_sizes():
                w, h = loader_size(width, height) if twice else (width, height)
                try:
                    h, w = smart_resize(h, w, min_pixels=low, max_pixels=high)
                except ValueError:  # the loader's step can make what is nearly too thin too thin
                    h = w = 0
                lines.append(f"{width} {height} {w} {h}\n")
            digest = hashlib.sha256("".join(lines).encode()).hexdigest()
            yield {"min_pixels": low, "max_pixels": high, "twice": twice, "count": len(lines), "sha256": digest}


if __name__ == "__main__":
    groups = {
        "pictures": list(pictures(PICTURES)),
        "twice": list(pictures(TWICE, twice=True)),
        "videos": list(videos()),
        "sizes": list(sizes()),
    }
    text = ",\n".join(
        f'"{name}": [\n' + ",\n".join("  " + json.dumps(e) for e in entries) + "\n]" for name, entries in groups.items()
    )
    OUT.write_text(f'{{"transformers": "{transformers.__version__}",\n{text}}}\n')
    print(f"{OUT.name}: {', '.join(f'{len(entries)} {name}' for name, entries in groups.items())}")
