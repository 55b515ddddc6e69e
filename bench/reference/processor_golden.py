"""Patches of pictures and videos: src/vision-language/fixtures/processor.json.

Pictures go through transformers' Qwen2VLImageProcessorPil. Videos are cut by numpy from frames that Pillow
resized (transformers' own video processor needs torchvision, whose resize is another one). The pictures
are those of resize_golden.py, which the test makes by the same formula. Each entry holds the grid, the
SHA-256 of the float32 values and some of the values with their positions.
"""
import hashlib
import json
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
]
VIDEOS = [(1, 60, 45), (2, 60, 45), (3, 60, 45), (8, 56, 84), (5, 100, 40)]


def entry(values, grid, **facts):
    values = np.ascontiguousarray(values, dtype="<f4")
    flat = values.reshape(-1)
    at = [int(i) for i in np.linspace(0, flat.size - 1, 12)]
    return facts | {
        "grid": [int(n) for n in grid],
        "shape": list(values.shape),
        "sha256": hashlib.sha256(values.tobytes()).hexdigest(),
        "samples": [[i, float(flat[i])] for i in at],
    }


def pictures():
    for width, height, low, high in PICTURES:
        processor = Qwen2VLImageProcessorPil(size={"shortest_edge": low, "longest_edge": high})
        out = processor(images=[Image.fromarray(picture(width, height))], return_tensors="np")
        yield entry(
            out["pixel_values"], out["image_grid_thw"][0], width=width, height=height, min_pixels=low, max_pixels=high
        )


def videos():
    processor = Qwen2VLImageProcessorPil()
    mean, std = np.float32(processor.image_mean), np.float32(processor.image_std)
    for count, width, height in VIDEOS:
        h, w = smart_resize(height, width, min_pixels=3136, max_pixels=100352)
        frames = []
        for index in range(count):
            rolled = np.roll(picture(width, height), index, axis=1)
            resized = np.asarray(Image.fromarray(rolled).resize((w, h), Image.Resampling.BICUBIC))
            frames.append(((resized * (1 / 255)).astype(np.float32) - mean) / std)
        if count % 2:
            frames.append(frames[-1])
        clip = np.stack(frames).transpose(0, 3, 1, 2)
        t, gh, gw = len(frames) // 2, h // 14, w // 14
        clip = clip.reshape(t, 2, 3, gh // 2, 2, 14, gw // 2, 2, 14)
        clip = clip.transpose(0, 3, 6, 4, 7, 2, 1, 5, 8).reshape(t * gh * gw, -1)
        yield entry(clip, (t, gh, gw), frames=count, width=width, height=height)


if __name__ == "__main__":
    groups = {"pictures": list(pictures()), "videos": list(videos())}
    text = ",\n".join(
        f'"{name}": [\n' + ",\n".join("  " + json.dumps(e) for e in entries) + "\n]" for name, entries in groups.items()
    )
    OUT.write_text(f'{{"transformers": "{transformers.__version__}",\n{text}}}\n')
    print(f"{OUT.name}: {len(groups['pictures'])} pictures, {len(groups['videos'])} videos")
