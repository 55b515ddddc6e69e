"""Reads a folder as ScanNet lays one out, with Python's struct, zlib, json and Pillow, from the description of
the formats and not from our readers, and prints all it holds as one JSON object. Long arrays are printed as
the SHA-256 of their little-endian bytes.

    python bench/reference/scannet_reader.py scans/scene1000_00
"""

import hashlib
import io
import json
import math
import pathlib
import struct
import sys
import zlib

import numpy as np
from PIL import Image


def sha(data):
    return hashlib.sha256(data).hexdigest()


def numbers(values):
    """JSON has no infinities."""
    return [v if math.isfinite(v) else str(v) for v in values]


def sens(path):
    data = path.read_bytes()
    at = 0

    def take(layout):
        nonlocal at
        values = struct.unpack_from("<" + layout, data, at)
        at += struct.calcsize("<" + layout)
        return values

    version, length = take("IQ")
    assert version == 4, version
    name = data[at : at + length].decode("ascii")
    at += length
    color_k, color_e, depth_k, depth_e = (take("16f") for _ in range(4))
    color_codec, depth_codec = take("2i")
    color_w, color_h, depth_w, depth_h = take("4I")
    (shift,) = take("f")
    (count,) = take("Q")
    frames = []
    for _ in range(count):
        pose = take("16f")
        color_time, depth_time, color_size, depth_size = take("4Q")
        color = data[at : at + color_size]
        at += color_size
        packed = data[at : at + depth_size]
        at += depth_size
        assert len(packed) == depth_size
        depth = zlib.decompress(packed) if depth_codec == 1 else packed
        assert len(depth) == 2 * depth_w * depth_h
        picture = Image.open(io.BytesIO(color)).convert("RGB")
        assert picture.size == (color_w, color_h)
        frames.append(
            {
                "pose": numbers(pose),
                "timestamps": [color_time, depth_time],
                "color": sha(color),
                "pixels": sha(picture.tobytes()),
                "depth": sha(depth),
            }
        )
    (imu,) = take("Q")
    at += 128 * imu
    assert at == len(data), (at, len(data))
    return {
        "sensor": name,
        "intrinsic_color": numbers(color_k),
        "extrinsic_color": numbers(color_e),
        "intrinsic_depth": numbers(depth_k),
        "extrinsic_depth": numbers(depth_e),
        "codecs": [color_codec, depth_codec],
        "sizes": [color_w, color_h, depth_w, depth_h],
        "depth_shift": shift,
        "frames": frames,
    }


def ply(path):
    data = path.read_bytes()
    head, body = data.split(b"end_header\n", 1)
    lines = head.decode("ascii").splitlines()
    assert lines[:2] == ["ply", "format binary_little_endian 1.0"], lines[:2]
    counts = {line.split()[1]: int(line.split()[2]) for line in lines if line.startswith("element")}
    vertex = np.dtype([("xyz", "<f4", 3), ("rgba", "u1", 4)])
    face = np.dtype([("n", "u1"), ("corners", "<i4", 3)])
    v, f = counts["vertex"], counts["face"]
    assert len(body) == 16 * v + 13 * f, (len(body), v, f)
    vertices = np.frombuffer(body, vertex, v)
    faces = np.frombuffer(body, face, f, 16 * v)
    assert (vertices["rgba"][:, 3] == 255).all() and (faces["n"] == 3).all()
    return {
        "vertices": v,
        "faces": f,
        "positions": sha(np.ascontiguousarray(vertices["xyz"]).tobytes()),
        "colors": sha(np.ascontiguousarray(vertices["rgba"][:, :3]).tobytes()),
        "corners": sha(np.ascontiguousarray(faces["corners"]).tobytes()),
    }


def objects(folder, name):
    """The vertices of every object, by joining segments and groups."""
    segments = json.loads((folder / f"{name}_vh_clean_2.0.010000.segs.json").read_text())
    aggregation = json.loads((folder / f"{name}.aggregation.json").read_text())
    assert aggregation["sceneId"] == f"scannet.{name}", aggregation["sceneId"]
    owner = {s: g["objectId"] for g in aggregation["segGroups"] for s in g["segments"]}
    vertices = {g["objectId"]: [] for g in aggregation["segGroups"]}
    for v, segment in enumerate(segments["segIndices"]):
        if segment in owner:
            vertices[owner[segment]].append(v)
    labels = {g["objectId"]: g["label"] for g in aggregation["segGroups"]}
    found = [
        {"id": i, "label": labels[i], "vertices": sha(np.array(vertices[i], "<u4").tobytes())}
        for i in sorted(vertices)
        if vertices[i]
    ]
    return {"vertices": len(segments["segIndices"]), "objects": found}


def meta(path):
    pairs = (line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def main():
    folder = pathlib.Path(sys.argv[1])
    name = folder.name
    scan = {
        "sens": sens(folder / f"{name}.sens"),
        "mesh": ply(folder / f"{name}_vh_clean_2.ply"),
        "annotation": objects(folder, name),
        "meta": meta(folder / f"{name}.txt"),
    }
    json.dump(scan, sys.stdout)


main()
