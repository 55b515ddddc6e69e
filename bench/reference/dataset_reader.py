"""Reads back with Arrow what `spatial-ladder data export` wrote and compares every value with the data set's JSONL.

Usage: dataset_reader.py DATA HUB, where DATA is the folder that `data build` filled and HUB the exported one.
Questions, options, answers, evidence and the bytes of all pictures must be equal, and the features that the
`datasets` library reads must name the columns of the file.
"""
import json
import sys
from pathlib import Path

import pyarrow.parquet as pq

data, hub = map(Path, sys.argv[1:3])
CONFIGS = {"grounding": "spld_grounding_data.jsonl", "spatial": "spld_spatial_data.jsonl"}
SAME = ["question_id", "question", "options", "answer", "question_type", "data_type", "scene_name"]


def compare(config, source):
    expected = {}
    if source.exists():
        for line in source.read_text().splitlines():
            row = json.loads(line)
            expected[row["question_id"]] = row
    found = 0
    for file in sorted(hub.glob(f"{config}/*.parquet")):
        table = pq.read_table(file)
        features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
        assert list(features) == table.column_names, f"{file}: features are not its columns"
        for row in table.to_pylist():
            want = expected.pop(row["question_id"])
            where = f"{file}, question {row['question_id']}"
            for name in SAME:
                if name in row:
                    assert row[name] == want[name], f"{where}: {name}: {row[name]} is not {want[name]}"
            assert json.loads(row["evidence"]) == want["evidence"], f"{where}: evidence"
            assert [image["path"] for image in row["images"]] == want["image"], f"{where}: pictures"
            for image in row["images"]:
                picture = (data / "images" / image["path"]).read_bytes()
                assert image["bytes"] == picture, f"{where}: bytes of {image['path']}"
            found += 1
    assert not expected, f"{hub}/{config}: {len(expected)} rows of {source} are missing"
    return found


rows = sum(compare(config, data / name) for config, name in CONFIGS.items())
assert rows > 0, f"{hub}: no rows"
print(f"{hub}: {rows} rows equal to those of {data}")
