"""Reads back with Arrow and with `datasets` what `spatial-ladder data export` wrote and compares it with the data set.

Usage: dataset_reader.py DATA HUB, where DATA is the folder that `data build` filled and HUB the exported one.
Questions, options, answers, evidence and the bytes of all pictures must be equal, the card must say how many rows
there are, and `datasets`, which goes by the card, must see pictures as pictures and the same features in both places.
"""
import io
import json
import os
import sys
import tempfile
from pathlib import Path

os.environ.update(HF_DATASETS_OFFLINE="1", HF_HUB_OFFLINE="1", HF_DATASETS_DISABLE_PROGRESS_BARS="1")
import datasets
import pyarrow.parquet as pq
from PIL import Image

data, hub = map(Path, sys.argv[1:3])
OWN = {"grounding": "spld_grounding_data.jsonl", "spatial": "spld_spatial_data.jsonl"}
BENCHMARK = {"SPBench-SI": "SPBench-SI.jsonl", "SPBench-MV": "SPBench-MV.jsonl"}
COLUMNS = {
    "columns": ["question_id", "question", "options", "answer", "question_type", "data_type", "scene_name"],
    "benchmark": ["id", "dataset", "scene_name", "question_type", "question", "ground_truth", "options"],
}


def rows_of(source):
    return [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]


def compare_row(row, want, where):
    """A row of the export with the row of the data set; True if all is equal."""
    benchmark = "ground_truth" in want
    for name in COLUMNS["benchmark" if benchmark else "columns"]:
        if name in row:
            assert row[name] == want[name], f"{where}: {name}: {row[name]} is not {want[name]}"
    if not benchmark:
        assert json.loads(row["evidence"]) == want["evidence"], f"{where}: evidence"
    paths = [f"{want['scene_name']}/{name}" for name in want["images"]] if benchmark else want["image"]
    assert [image["path"] for image in row["images"]] == paths, f"{where}: pictures"
    for image in row["images"]:
        picture = (data / "images" / image["path"]).read_bytes()
        assert image["bytes"] == picture, f"{where}: bytes of {image['path']}"


def compare(config, source, cache):
    expected = rows_of(source)
    tables = [pq.read_table(file) for file in sorted(hub.glob(f"{config}/*.parquet"))]
    rows = [row for table in tables for row in table.to_pylist()]
    assert len(rows) == len(expected), f"{hub}/{config}: {len(rows)} rows, {source} has {len(expected)}"
    for i, (row, want) in enumerate(zip(rows, expected)):
        compare_row(row, want, f"{hub}/{config} row {i} by Arrow")
    for table in tables:
        features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
        assert list(features) == table.column_names, f"{config}: features are not its columns"

    split = "test" if source.name in BENCHMARK.values() else "train"
    loaded = datasets.load_dataset(str(hub), config, split=split, cache_dir=cache)
    assert len(loaded) == len(expected), f"{hub}/{config}: datasets reads {len(loaded)} rows"
    images = loaded.features["images"]
    assert isinstance(images.feature, datasets.Image), f"{config}: datasets takes images for {images}"
    of_file = datasets.Features.from_arrow_schema(tables[0].schema)
    assert of_file == loaded.features, f"{config}: the card says {loaded.features}, the file {of_file}"
    promised = datasets.load_dataset_builder(str(hub), config, cache_dir=cache).info.splits[split].num_examples
    assert promised == len(expected), f"{config}: the card promises {promised} rows"
    raw = loaded.cast_column("images", datasets.List(datasets.Image(decode=False)))
    for i, (row, want) in enumerate(zip(raw, expected)):
        compare_row(row, want, f"{hub}/{config} row {i} by datasets")
    for i in range(0, len(loaded), max(1, len(loaded) // 20)):
        for shown, kept in zip(loaded[i]["images"], raw[i]["images"]):
            assert shown.size == Image.open(io.BytesIO(kept["bytes"])).size, f"{config} row {i}: decoded size"
    return len(rows)


with tempfile.TemporaryDirectory() as cache:
    found = {c: data / f for c, f in {**OWN, **BENCHMARK}.items() if (hub / c).is_dir()}
    assert found, f"{hub}: no configuration"
    rows = sum(compare(config, source, cache) for config, source in found.items())
print(f"{hub}: {rows} rows equal to those of {data}")
