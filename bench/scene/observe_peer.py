"""What frames show, in numpy: the peer of observe.ts, on the same files, by the same rule (`ladder`).

Written from the description of the rule, twice: object by object, as published pipelines do, and with arrays over
all vertices of all objects at once, per-object numbers by bincount and reduceat. Depth is inflated by zlib. Prints
what it found and the seconds each frame took, after a first round that does not count.

    python3 observe_peer.py FOLDER ROUNDS
"""

import json
import pathlib
import sys
import time
import zlib

import numpy as np

folder, rounds = pathlib.Path(sys.argv[1]), int(sys.argv[2])
about = json.loads((folder / "about.json").read_text())
width, height, shift = about["width"], about["height"], about["depthShift"]
depth_k, color_k = about["depth"], about["color"]
depth_matrix, color_matrix = (
    np.array([[k["fx"], 0, k["cx"]], [0, k["fy"], k["cy"]], [0, 0, 1]]) for k in (depth_k, color_k)
)
positions = np.fromfile(folder / "positions.f32", dtype="<f4").reshape(-1, 3)
areas = np.fromfile(folder / "areas.f32", dtype="<f4").reshape(-1, 3)
starts = np.fromfile(folder / "starts.u32", dtype="<u4").astype(np.int64)
count = len(starts) - 1
owner = np.repeat(np.arange(count), np.diff(starts))
payloads = [(folder / f"depth{i}.z").read_bytes() for i in range(about["frames"])]
poses = [np.array(m).reshape(4, 4) for m in about["worldToCamera"]]


def observe(payload, m):
    depth = np.frombuffer(zlib.decompress(payload), dtype="<u2")
    local = positions @ m[:3, :3].T + m[:3, 3]
    index = np.flatnonzero(local[:, 2] >= 0.1)
    local = local[index]
    z = local[:, 2]
    column = np.floor(depth_k["fx"] * local[:, 0] / z + depth_k["cx"] + 0.5).astype(np.int64)
    row = np.floor(depth_k["fy"] * local[:, 1] / z + depth_k["cy"] + 0.5).astype(np.int64)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    index, local, column, row = index[inside], local[inside], column[inside], row[inside]
    z = local[:, 2]
    d = depth[row * width + column] / shift
    seen = (d > 0) & (z <= d + np.maximum(0.05, 0.02 * d))
    index, local, z = index[seen], local[seen], z[seen]
    mine = owner[index]
    visible = np.bincount(mine, minlength=count)
    facing = np.einsum("ij,ij->i", areas[index] @ m[:3, :3].T, local)
    area = np.bincount(mine, weights=np.abs(facing) / z**3, minlength=count)
    pixels = np.floor(area * depth_k["fx"] * depth_k["fy"] + 0.5).astype(np.int64)
    pixels = np.where(visible > 0, np.maximum(pixels, 1), 0)
    u = color_k["fx"] * local[:, 0] / z + color_k["cx"]
    v = color_k["fy"] * local[:, 1] / z + color_k["cy"]
    boxes = np.tile(np.array([0, 0, -1, -1]), (count, 1))
    shown = np.flatnonzero(visible)
    if len(shown):
        # Vertices lie object after object, so each shown object is one run.
        first = np.concatenate([[0], np.cumsum(visible[shown])[:-1]])
        sides = [np.minimum.reduceat(u, first), np.minimum.reduceat(v, first)]
        sides += [np.maximum.reduceat(u, first), np.maximum.reduceat(v, first)]
        sides = np.floor(np.stack(sides, 1) + 0.5).astype(np.int64)
        sides[:, :2] = np.maximum(sides[:, :2], 0)
        sides[:, 2] = np.minimum(sides[:, 2], about["colorWidth"] - 1)
        sides[:, 3] = np.minimum(sides[:, 3], about["colorHeight"] - 1)
        kept = (sides[:, 2] >= sides[:, 0]) & (sides[:, 3] >= sides[:, 1])
        boxes[shown[kept]] = sides[kept]
    return visible, pixels, boxes


def observe_object(depth, world_to_camera, k):
    """Vertices seen, pixels and box of one object: homogeneous points, matrix after matrix."""
    own = slice(starts[k], starts[k + 1])
    points = np.hstack([positions[own], np.ones((starts[k + 1] - starts[k], 1))])
    local = (world_to_camera @ points.T).T[:, :3]
    front = local[:, 2] >= 0.1
    local, area = local[front], areas[own][front]
    pixel = (depth_matrix @ local.T).T
    column = np.floor(pixel[:, 0] / pixel[:, 2] + 0.5).astype(int)
    row = np.floor(pixel[:, 1] / pixel[:, 2] + 0.5).astype(int)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    local, area = local[inside], area[inside]
    d = depth[row[inside], column[inside]] / shift
    seen = (d > 0) & (local[:, 2] <= d + np.maximum(0.05, 0.02 * d))
    local, area = local[seen], area[seen]
    if not len(local):
        return 0, 0, [0, 0, -1, -1]
    facing = np.abs(((area @ world_to_camera[:3, :3].T) * local).sum(axis=1)) / local[:, 2] ** 3
    pixels = max(1, int(np.floor(facing.sum() * depth_k["fx"] * depth_k["fy"] + 0.5)))
    pixel = (color_matrix @ local.T).T
    u, v = pixel[:, 0] / pixel[:, 2], pixel[:, 1] / pixel[:, 2]
    box = np.floor(np.array([u.min(), v.min(), u.max(), v.max()]) + 0.5).astype(int)
    low = np.maximum(box[:2], 0)
    high = np.minimum(box[2:], [about["colorWidth"] - 1, about["colorHeight"] - 1])
    return len(local), pixels, [*low, *high] if (high >= low).all() else [0, 0, -1, -1]


def observe_each(payload, m):
    depth = np.frombuffer(zlib.decompress(payload), dtype="<u2").reshape(height, width)
    rows = [observe_object(depth, m, k) for k in range(count)]
    visible, pixels, boxes = (np.array(column) for column in zip(*rows))
    return visible, pixels, boxes


def timed(way):
    seconds = []
    for _ in range(rounds):
        for payload, m in zip(payloads, poses):
            began = time.perf_counter()
            way(payload, m)
            seconds.append(time.perf_counter() - began)
    return seconds


found = [observe(payload, m) for payload, m in zip(payloads, poses)]
each = [observe_each(payload, m) for payload, m in zip(payloads, poses)]
for one, other in zip(found, each):
    # Sums of floats in another order may round a pixel up or down.
    assert (one[0] == other[0]).all() and (one[2] == other[2]).all() and np.abs(one[1] - other[1]).max() <= 1
print(
    json.dumps(
        {
            "numpy": np.__version__,
            "seconds": timed(observe),
            "seconds_each": timed(observe_each),
            "seconds_inflate": timed(lambda payload, _: zlib.decompress(payload)),
            "visible": [v.tolist() for v, _, _ in found],
            "pixels": [p.tolist() for _, p, _ in found],
            "boxes": [b.ravel().tolist() for _, _, b in found],
        }
    )
)
