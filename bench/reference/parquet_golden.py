"""Parquet files in the layout of Hugging Face datasets, by Arrow itself: src/evaluation/data/fixtures/rows-*.parquet.

Eleven rows in row groups of four, with what published benchmarks hold and what readers get wrong: nulls, empty
lists, nulls in lists, text beyond ASCII, pictures as bytes, by path, absent, and lists of them. One file each by
snappy, zstd and gzip, the last with data pages of version 2. rows.json says what a reader must find; bytes of a
picture stand there as their SHA-256. Needs pyarrow and pillow.
"""
import hashlib
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

OUT = Path(__file__).resolve().parents[2] / "src" / "evaluation" / "data" / "fixtures"
ROWS = 11
PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("question", pa.string()),
        ("options", pa.list_(pa.string())),
        ("pruned", pa.bool_()),
        ("size", pa.float64()),
        ("bbox", pa.list_(pa.list_(pa.float32()))),
        ("counts", pa.list_(pa.int64())),
        ("image", PICTURE),
        ("images", pa.list_(PICTURE)),
    ],
    # datasets keeps its own types here.
    metadata={
        "huggingface": json.dumps({"info": {"features": {"image": {"_type": "Image"}, "images": [{"_type": "Image"}]}}})
    },
)


def picture(i):
    out = io.BytesIO()
    Image.new("RGB", (8 + i, 6), (20 * i, 255 - 20 * i, 7 * i)).save(out, "PNG")
    return {"bytes": out.getvalue(), "path": f"{i}.png" if i % 2 else None}


def row(i):
    options = [None, [], ["A. chair", "B. größer", None], ["A. left"]][i % 4]
    return {
        "id": 10 * i,
        "question": None if i == 5 else f"How many chairs ({i})?\nIf « {i} » rooms …",
        "options": options,
        "pruned": None if i % 5 == 4 else i % 2 == 0,
        "size": None if i == 3 else i / 4,
        "bbox": None if i == 2 else [[i, 0.5], []],
        "counts": None if i == 6 else list(range(i % 3)),
        "image": None if i == 4 else {"bytes": None, "path": "beside.png"} if i == 7 else picture(i),
        "images": None if i == 9 else [None if (i, k) == (3, 1) else picture(10 * k % 12) for k in range(i % 4)],
    }


def described(value):
    if isinstance(value, dict):
        digest = None if value["bytes"] is None else hashlib.sha256(value["bytes"]).hexdigest()
        return {"sha256": digest, "path": value["path"]}
    return [described(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    rows = [row(i) for i in range(ROWS)]
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    for codec, version in [("snappy", "1.0"), ("zstd", "1.0"), ("gzip", "2.0")]:
        pq.write_table(table, OUT / f"rows-{codec}.parquet", row_group_size=4, compression=codec, data_page_version=version)
    beside = picture(7)["bytes"]
    (OUT / "beside.png").write_bytes(beside)
    rows[7]["image"]["bytes"] = beside
    text = ",\n".join(" " + json.dumps({k: described(v) for k, v in r.items()}, ensure_ascii=False) for r in rows)
    (OUT / "rows.json").write_text(f"[\n{text}\n]\n", encoding="utf-8")
    print(f"{ROWS} rows, pyarrow {pa.__version__}")
