"""Writes the tiny scans in src/scene/scannet/fixtures/ with Python's struct, zlib and Pillow, from the
description of ScanNet's formats (SensorData version 4, meshes, segments, exported frames, 2D annotation,
labels) and not from our own writer, so that readers and writers can be checked against it.

    python bench/reference/scannet_fixture.py
"""

import io
import json
import pathlib
import struct
import zipfile
import zlib

import numpy as np
from PIL import Image

OUT = pathlib.Path(__file__).resolve().parents[2] / "src/scene/scannet/fixtures"
NAME = "scene0007_00"
COLOR, DEPTH = (8, 6), (4, 3)
K_COLOR = [7.5, 0, 4.0, 0, 0, 7.25, 3.0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
K_DEPTH = [3.75, 0, 1.5, 0, 0, 3.5, 1.0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
EYE = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
POSE = [1, 0, 0, 0.5, 0, 0, 1, -2, 0, -1, 0, 1.25, 0, 0, 0, 1]
LOST = [float("-inf")] * 16
ZERO = [0.0] * 15 + [1.0]
ALIGN = [0, -1, 0, 0.25, 1, 0, 0, 0.5, 0, 0, 1, -0.125, 0, 0, 0, 1]


def jpeg(value):
    out = io.BytesIO()
    Image.new("RGB", COLOR, (value, 100, 200)).save(out, "JPEG", quality=90)
    return out.getvalue()


def depth(frame):
    values = np.arange(12, dtype="<u2") * 257 + frame
    values[5] = 0
    return values


def png(values, dtype):
    """A grey picture; its rows as numpy has them."""
    out = io.BytesIO()
    Image.fromarray(np.asarray(values, dtype=dtype)).save(out, "PNG")
    return out.getvalue()


def masks(frame):
    """Instances of frame 0, 2, ...: object 0 (value 1) is a bar, object 1 (value 2) an L around nothing."""
    instance = np.zeros(COLOR[::-1], dtype=int)
    label = np.zeros(COLOR[::-1], dtype=int)
    if frame != 1:
        instance[1:3, 2:5] = 1
        instance[3:6, 7] = 2
        instance[5, 3:8] = 2
        label[instance == 1] = 2
        label[instance == 2] = 1357
    return instance, label


def zipped(path, folder, pictures):
    """Members are named N.png, without zeros in front; one is stored, the others are deflated."""
    with zipfile.ZipFile(path, "w") as out:
        for n, data in pictures.items():
            kind = zipfile.ZIP_STORED if n == 0 else zipfile.ZIP_DEFLATED
            out.writestr(zipfile.ZipInfo(f"{folder}/{n}.png"), data, compress_type=kind)


LABEL_COLUMNS = (
    "id raw_category category count nyu40id eigen13id nyuClass nyu40class eigen13class ModelNet40 ModelNet10 "
    "ShapeNetCore55 synsetoffset wnsynsetid wnsynsetkey mpcat40 mpcat40index"
).split()
LABELS = [
    (1, "wall", "wall", 1, "wall"),
    (2, "chair", "chair", 5, "chair"),
    (2, "Chair ", "chair", 5, "chair"),  # id 2 again; a blank at the end
    (14, "desk", "desk", 14, "desk"),
    (1357, "kitchen cabinets", "kitchen cabinet", 3, "cabinet"),
    (155, "dvd player", "", 40, "otherprop"),
    (80, "constructor", "constructor", 39, "otherfurniture"),
    (22, "sofa chair", "armchair", 5, "chair"),
    (27, "mirror", "mirror", 19, "mirror"),
]


def labels_tsv(path):
    """CRLF, and tabs at the end of every other row, as in some of the copies that go round."""
    lines = ["\t".join(LABEL_COLUMNS)]
    for i, (number, raw, category, nyu, name) in enumerate(LABELS):
        row = [number, raw, category, 10 * i, nyu, 0, name, name, name, "", "", "", "", "", "", name, 0]
        lines.append("\t".join(str(cell) for cell in row) + "\t\t" * (i % 2))
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode())


def ply_labels(path):
    """18 bytes a vertex: label after alpha. 50 and 149 are no classes."""
    head = "ply\nformat binary_little_endian 1.0\ncomment MLIB generated\nelement vertex 4\n"
    head += "".join(f"property float {a}\n" for a in "xyz")
    head += "".join(f"property uchar {c}\n" for c in ("red", "green", "blue", "alpha"))
    head += "property ushort label\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n"
    with open(path, "wb") as f:
        f.write(head.encode())
        for i, label in enumerate((40, 50, 149, 1)):
            f.write(struct.pack("<3f4BH", i, 2 * i, -i, i, i, i, 255, label))
        f.write(struct.pack("<B3i", 3, 3, 1, 0))


def annotation(folder):
    """Aggregations with ScanNet's known faults."""
    folder.mkdir(exist_ok=True)
    label = ["chair", "desk", "lamp"]
    segments = [[3, 17], [20], [5, 9]]
    groups = [
        {"id": i, "objectId": i, "segments": segments[i % 3][:: 1 if i < 3 else -1], "label": label[i % 3]}
        for i in range(6)
    ]
    doubled = {"sceneId": "scannet.scene0217_00", "appId": "Aggregator.v2", "segGroups": groups}
    doubled["segmentsFile"] = "scannet.scene0217_00_vh_clean_2.0.010000.segs.json"
    (folder / "scene0217_00.aggregation.json").write_text(json.dumps(doubled))
    high = {**doubled, "segmentsFile": "scannet.scene0217_00_vh_clean.segs.json"}
    (folder / "scene0217_00_vh_clean.aggregation.json").write_text(json.dumps(high))


def small_colour(folder):
    """scene0704_00 has colour of 640x480, here as exported with numbers of six digits; no axisAlignment."""
    for part in ("color", "depth", "pose", "intrinsic", "instance-filt"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    picture = io.BytesIO()
    Image.new("RGB", (640, 480), (90, 120, 30)).save(picture, "JPEG", quality=30)
    for number in (9, 10, 100):
        (folder / f"color/{number:06d}.jpg").write_bytes(picture.getvalue())
        (folder / f"depth/{number:06d}.png").write_bytes(png(depth(number).reshape(3, 4), np.uint16))
        pose = list(POSE)
        pose[3] = number
        (folder / f"pose/{number:06d}.txt").write_text("\n".join(" ".join(map(str, pose[4 * r : 4 * r + 4])) for r in range(4)))
    k = "577.590698 0 318.905426 0\n0 578.729797 242.683609 0\n0 0 1 0\n0 0 0 1\n"
    (folder / "intrinsic/intrinsic_color.txt").write_text(k)
    (folder / "intrinsic/intrinsic_depth.txt").write_text("\n".join(" ".join(str(v) for v in K_DEPTH[4 * r : 4 * r + 4]) for r in range(4)))
    instance = np.zeros((480, 640), dtype=np.uint8)
    instance[100:200, 50:61] = 254
    (folder / "instance-filt/9.png").write_bytes(png(instance, np.uint8))
    (folder / f"{folder.name}.txt").write_bytes(b"colorHeight = 480\r\ncolorWidth = 640\r\nsceneType = Misc.\r\n")


def sens(path, color_codec, depth_codec, frames, trailer):
    name = b"StructureSensor"
    with open(path, "wb") as f:
        f.write(struct.pack("<IQ", 4, len(name)) + name)
        for matrix in (K_COLOR, EYE, K_DEPTH, EYE):
            f.write(struct.pack("<16f", *matrix))
        f.write(struct.pack("<2i4If", color_codec, depth_codec, *COLOR, *DEPTH, 1000.0))
        f.write(struct.pack("<Q", len(frames)))
        for i, (pose, color, deep) in enumerate(frames):
            f.write(struct.pack("<16f", *pose))
            f.write(struct.pack("<4Q", 33333 * i, 33333 * i, len(color), len(deep)))
            f.write(color + deep)
        if trailer:
            f.write(struct.pack("<Q", 1) + struct.pack("<15dQ", *range(15), 99))


def ply_binary(path):
    """Six vertices, three triangles; returned are the plain values."""
    xyz = [(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1.5), (2, 2, 0.5), (3, 2, 0.5)]
    rgb = [(10 * i, 20 * i, 255 - i) for i in range(6)]
    faces = [(0, 1, 2), (0, 1, 3), (3, 4, 5)]
    head = "ply\nformat binary_little_endian 1.0\ncomment VCGLIB generated\nelement vertex 6\n"
    head += "".join(f"property float {a}\n" for a in "xyz")
    head += "".join(f"property uchar {c}\n" for c in ("red", "green", "blue", "alpha"))
    head += "element face 3\nproperty list uchar int vertex_indices\nend_header\n"
    with open(path, "wb") as f:
        f.write(head.encode())
        for p, c in zip(xyz, rgb):
            f.write(struct.pack("<3f4B", *p, *c, 255))
        for face in faces:
            f.write(struct.pack("<B3i", 3, *face))


def main():
    scan = OUT / NAME
    scan.mkdir(parents=True, exist_ok=True)
    (OUT / "sens").mkdir(exist_ok=True)
    packed = [zlib.compress(depth(i).tobytes(), 8) for i in range(3)]
    colors = [jpeg(60 * i) for i in range(3)]
    poses = [POSE, LOST, POSE]
    sens(scan / f"{NAME}.sens", 2, 1, list(zip(poses, colors, packed)), True)
    raw = [(POSE, bytes(range(8 * 6 * 3)), depth(0).tobytes())]
    sens(OUT / "sens/raw.sens", 0, 0, raw, False)
    picture = io.BytesIO()
    Image.new("RGB", COLOR, (1, 2, 3)).save(picture, "PNG")
    mixed = [(pose, picture.getvalue(), depth(i).tobytes()) for i, pose in enumerate((POSE, LOST, ZERO))]
    sens(OUT / "sens/png.sens", 1, 0, mixed, True)
    sens(OUT / "sens/occi.sens", 2, 2, [(POSE, colors[0], b"\1\2\3")], False)
    ply_binary(scan / f"{NAME}_vh_clean_2.ply")
    ply_labels(OUT / "labels-binary.ply")
    labels_tsv(OUT / "labels.combined.tsv")
    annotation(OUT / "annotation")
    small_colour(OUT / "scene0704_00")
    instances = {n: png(masks(n)[0], np.uint8) for n in range(3)}
    zipped(scan / f"{NAME}_2d-instance-filt.zip", "instance-filt", instances)
    labels = {n: png(masks(n)[1], np.uint16) for n in range(3)}
    zipped(scan / f"{NAME}_2d-label-filt.zip", "label-filt", labels)
    # Segment 40 is in two groups (the later one has it); the group with objectId 2 repeats the first.
    groups = [
        {"id": 0, "objectId": 0, "segments": [10, 40], "label": "Chair"},
        {"id": 1, "objectId": 1, "segments": [40, 50], "label": "desk"},
        {"id": 2, "objectId": 2, "segments": [40, 10], "label": "Chair"},
    ]
    segments = {"params": {"kThresh": "0.0100000"}, "sceneId": NAME, "segIndices": [10, 10, 10, 7, 40, 50]}
    aggregation = {
        "sceneId": f"scannet.{NAME}",
        "appId": "Aggregator.v2",
        "segGroups": groups,
        "segmentsFile": f"scannet.{NAME}_vh_clean_2.0.010000.segs.json",
    }
    (scan / f"{NAME}_vh_clean_2.0.010000.segs.json").write_text(json.dumps(segments))
    (scan / f"{NAME}.aggregation.json").write_text(json.dumps(aggregation))
    lines = [
        "appVersionId = 1",
        "axisAlignment = " + " ".join(f"{v:.6f}" for v in ALIGN),
        "deviceName = a = b",
        "sceneType = Bedroom / Hotel",
    ]
    (scan / f"{NAME}.txt").write_text("\n".join(lines) + "\n")

    exported = OUT / "exported"
    for folder in ("color", "depth", "pose", "intrinsic"):
        (exported / folder).mkdir(parents=True, exist_ok=True)
    for number, pose in ((2, POSE), (10, LOST)):
        (exported / f"color/{number}.jpg").write_bytes(jpeg(number))
        Image.fromarray(depth(number).reshape(3, 4).astype(np.uint16)).save(exported / f"depth/{number}.png")
        rows = [" ".join(f"{v:f}" for v in pose[4 * r : 4 * r + 4]) for r in range(4)]
        (exported / f"pose/{number}.txt").write_text("\n".join(rows) + "\n")
    (exported / "intrinsic/intrinsic_color.txt").write_text("7.5 0 4\n0 7.25 3\n0 0 1\n")
    rows = [" ".join(str(v) for v in K_DEPTH[4 * r : 4 * r + 4]) for r in range(4)]
    (exported / "intrinsic/intrinsic_depth.txt").write_text("\n".join(rows) + "\n")

    (OUT / "labels.ply").write_text(
        "ply\nformat ascii 1.0\ncomment MLIB generated\nelement vertex 5\n"
        "property float x\nproperty float y\nproperty float z\n"
        "property uchar red\nproperty uchar green\nproperty uchar blue\nproperty uchar alpha\n"
        "property ushort label\nelement face 2\nproperty list uchar int vertex_indices\nend_header\n"
        "0 0 0 1 2 3 255 5\n1 0 0 4 5 6 255 5\n1 1 0 7 8 9 255 0\n0 1 0 10 11 12 255 39\n0 0 1e0 13 14 15 255 149\n"
        "4 0 1 2 3\n3 0 1 4\n"
    )


main()
