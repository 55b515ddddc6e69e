"""Reads the three JSONL files and pictures as SpatialLadder's training code does, and says whether it could train on them.

Usage: upstream_reader.py FOLDER, the one that `spatial-ladder data export --format upstream` filled. Nothing here comes
from this program: each stage's loader is written down from what is known of the original's, its checks are made
explicit, and every row goes through it: boxes rescaled as stage 1 does, the user's text put together, the target
made, and the rewards of stage 3 given for the row's own answer, which must be full.
"""
import json
import math
import re
import sys
from pathlib import Path

from PIL import Image

folder = Path(sys.argv[1])
FIELDS = {
    "spld_grounding_data.jsonl": {"question_id", "question", "answer", "image", "data_type"},
    "spld_spatial_data.jsonl": {"question_id", "question", "options", "answer", "image", "question_type", "data_type"},
    "spld_coldstart_data.jsonl": {"question_id", "prompt", "solution", "image", "data_type"},
}
TYPES = {
    "relative direction", "relative distance", "absolute distance", "object size", "object count", "room size",
    "appearance order",
}
HEIGHT, WIDTH = 968, 1296  # hard-coded in stage 1


def smart_resize(height, width, factor=28, least=16 * 28 * 28, most=128 * 28 * 28):
    h, w = round(height / factor) * factor, round(width / factor) * factor
    if h * w > most:
        beta = math.sqrt(height * width / most)
        h, w = math.floor(height / beta / factor) * factor, math.floor(width / beta / factor) * factor
    elif h * w < least:
        beta = math.sqrt(least / (height * width))
        h, w = math.ceil(height * beta / factor) * factor, math.ceil(width * beta / factor) * factor
    return h, w


def rescale(box):
    """Stage 1: boxes of 1296 x 968 frames in the resized picture, rounded as Python rounds, clamped."""
    new_h, new_w = smart_resize(HEIGHT, WIDTH)
    at = lambda value, old, new: min(max(round(value * new / old), 0), new - 1)
    x1, y1, x2, y2 = box
    return [at(x1, WIDTH, new_w), at(y1, HEIGHT, new_h), at(x2, WIDTH, new_w), at(y2, HEIGHT, new_h)]


def clean(text):
    found = re.findall(r"<answer>(.*?)</answer>", text, re.S)
    text = found[-1] if found else text
    return re.sub(r"(?<=\s)\n", "", text).replace("\n", " ").strip().rstrip(".").lower()


def accuracy(said, truth, numeric):
    if not numeric:
        return float(clean(said) == clean(truth))
    predicted, target = float(clean(said)), float(clean(truth))
    error = abs(predicted - target) / target
    return sum(error <= 1 - (0.5 + 0.05 * i) + 1e-12 for i in range(10)) / 10


def well_formed(text):
    whole = re.fullmatch(r"<think>.*?</think>\s*<answer>.*?</answer>", text.strip(), re.S)
    return bool(whole) and text.count("<think>") == 1 and text.count("<answer>") == 1


def check_common(row, name, where):
    assert set(row) == FIELDS[name], f"{where}: fields {sorted(row)}"
    assert type(row["question_id"]) is int, f"{where}: question_id {row['question_id']!r}"
    assert row["data_type"] in {"single_image", "multi_view", "video"}, f"{where}: data_type {row['data_type']}"
    assert row["image"] and all(type(image) is str for image in row["image"]), f"{where}: image"
    if row["data_type"] == "single_image":
        assert len(row["image"]) == 1, f"{where}: {len(row['image'])} pictures"
    for image in row["image"]:
        assert not image.startswith("/") and ".." not in image.split("/"), f"{where}: path {image}"
        assert (folder / "images" / image).is_file(), f"{where}: no picture {image}"


def stage_1(row, where):
    with Image.open(folder / "images" / row["image"][0]) as picture:
        width, height = picture.convert("RGB").size
    labels = set()
    for item in row["answer"]:
        assert set(item) == {"bbox_2d", "label"} and type(item["label"]) is str, f"{where}: {item}"
        x1, y1, x2, y2 = item["bbox_2d"]
        assert all(type(value) is int for value in item["bbox_2d"]), f"{where}: {item}"
        assert 0 <= x1 < x2 <= width and 0 <= y1 < y2 <= height, f"{where}: {item} in {width} x {height}"
        assert item["label"] not in labels, f"{where}: {item['label']} twice"
        labels.add(item["label"])
        a, b, c, d = rescale(item["bbox_2d"])
        assert 0 <= a <= c < 364 and 0 <= b <= d < 252, f"{where}: rescaled to {(a, b, c, d)}"
    # Boxes are taken for those of 1296 x 968 frames, whatever the picture is.
    return (width, height) == (WIDTH, HEIGHT)


def stage_2(row, where):
    question, options, answer = row["question"], row["options"], row["answer"]
    assert type(question) is str and question and "<image>" not in question, f"{where}: question"
    assert row["question_type"] in TYPES, f"{where}: question_type {row['question_type']}"
    assert type(answer) is str, f"{where}: answer {answer!r}"
    if options is None:
        text = f"Question: {question}\n\nPlease answer the question using a numerical value (e.g., 42 or 3.1) directly."
        assert float(answer) > 0, f"{where}: answer {answer}, which the reward divides by"
    else:
        listed = "\n".join(options)
        text = f"Question: {question}Options:\n{listed}\n\nPlease answer with the option's letter from the given choices directly."
        letters = [option[:3] for option in options]
        assert letters == [f"{chr(65 + i)}. " for i in range(len(options))], f"{where}: options {options}"
        assert f"{answer}. " in letters, f"{where}: answer {answer}"
    said = f"<think>so</think> <answer>{answer}</answer>"
    assert accuracy(said, answer, options is None) == 1 and well_formed(said), f"{where}: reward of its own answer"
    return text


def cold_start(row, spatial, where):
    assert type(row["prompt"]) is str and row["prompt"].startswith("Question: "), f"{where}: prompt"
    assert well_formed(row["solution"]), f"{where}: solution"
    key = (row["question_id"], tuple(row["image"]))
    source = [one for one in spatial.get(key, []) if row["prompt"].startswith(f"Question: {one['question']}")]
    assert source, f"{where}: no question of the second stage has this id, picture and text"
    right = [one for one in source if accuracy(row["solution"], one["answer"], one["options"] is None) == 1]
    assert right, f"{where}: its solution is not the answer {source[0]['answer']}"


rows = {name: [json.loads(line) for line in (folder / name).read_text(encoding="utf-8").splitlines()] for name in FIELDS}
for name, own in rows.items():
    for i, row in enumerate(own):
        check_common(row, name, f"{name} row {i + 1}")
as_assumed = [stage_1(row, f"spld_grounding_data.jsonl row {i + 1}") for i, row in enumerate(rows["spld_grounding_data.jsonl"])]
spatial = {}
for i, row in enumerate(rows["spld_spatial_data.jsonl"]):
    stage_2(row, f"spld_spatial_data.jsonl row {i + 1}")
    spatial.setdefault((row["question_id"], tuple(row["image"])), []).append(row)
for i, row in enumerate(rows["spld_coldstart_data.jsonl"]):
    cold_start(row, spatial, f"spld_coldstart_data.jsonl row {i + 1}")
counts = ", ".join(f"{len(own)} of {name}" for name, own in rows.items())
other = len(as_assumed) - sum(as_assumed)
note = f"; {other} boxed pictures are not 1296 x 968, which stage 1 takes them for" if other else ""
print(f"{folder}: {counts} read as the original does{note}")
