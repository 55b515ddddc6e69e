"""Pillow's resize of pictures made by a formula, bicubic and Lanczos: src/images/fixtures/resize.json.

Pictures are hashed noise with flat bars, so that rounding and clamping both matter; the test makes the
same pictures in TypeScript. Each entry: filter, sizes [width, height], SHA-256 of the RGB bytes, first bytes.
"""
import hashlib
import json
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

OUT = Path(__file__).resolve().parents[2] / "src" / "images" / "fixtures" / "resize.json"

BICUBIC = [
    ((37, 29), (28, 28)),
    ((37, 29), (56, 84)),
    ((37, 29), (37, 56)),
    ((37, 29), (84, 29)),
    ((5, 200), (28, 112)),
    ((200, 5), (140, 28)),
    ((1, 1), (28, 28)),
    ((2, 3), (1, 1)),
    ((640, 480), (364, 252)),
    ((1296, 968), (364, 252)),
    ((1296, 968), (1288, 980)),
    ((97, 61), (196, 112)),
    ((168, 112), (168, 112)),
    # Pillow's passes the other way round.
    ((6, 1100), (28, 840)),
    ((9, 1500), (3, 700)),
]
# Sizes that frames take in SpatialLadder's evaluation are among them.
LANCZOS = [
    ((37, 29), (28, 28)),
    ((37, 29), (56, 84)),
    ((37, 29), (37, 56)),
    ((37, 29), (84, 29)),
    ((5, 200), (28, 112)),
    ((200, 5), (140, 28)),
    ((1, 1), (28, 28)),
    ((2, 3), (1, 1)),
    ((97, 61), (9, 200)),
    ((640, 480), (731, 548)),
    ((480, 640), (548, 731)),
    ((1296, 968), (733, 547)),
    ((1920, 1080), (844, 475)),
    ((168, 112), (168, 112)),
    ((6, 1100), (28, 840)),
    ((9, 1500), (3, 700)),
]


def picture(width, height):
    y, x, c = np.meshgrid(
        *(np.arange(n, dtype=np.uint32) for n in (height, width, 3)), indexing="ij"
    )
    noise = (x * x * np.uint32(7) + x * y * np.uint32(13) + y * y * np.uint32(3) + c * np.uint32(101)) * np.uint32(
        2654435761
    )
    values = noise >> np.uint32(24)
    bars = (x // 4 + y // 6) % 3 == 0
    return np.where(bars, np.uint32(255) * (((x // 8) + c) % 2), values).astype(np.uint8)


if __name__ == "__main__":
    entries = []
    for name, cases in [("bicubic", BICUBIC), ("lanczos", LANCZOS)]:
        for source, target in cases:
            out = Image.fromarray(picture(*source)).resize(target, Image.Resampling[name.upper()]).tobytes()
            digest = hashlib.sha256(out).hexdigest()
            entries.append({"filter": name, "from": source, "to": target, "sha256": digest, "head": list(out[:24])})
    OUT.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join("  " + json.dumps(entry) for entry in entries)
    OUT.write_text(f'{{"pillow": "{PIL.__version__}", "cases": [\n{lines}\n]}}\n')
    print(f"{OUT.name}: {len(entries)} cases, Pillow {PIL.__version__}")
