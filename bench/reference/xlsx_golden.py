"""Spreadsheets and tables as VLMEvalKit leaves them: src/evaluation/predictions/fixtures/vlmevalkit-*.{xlsx,tsv,json}.

Written by pandas over XlsxWriter with the options of VLMEvalKit's `dump`, once more over openpyxl, and as the
`.tsv` and `.json` of its PRED_FORMAT. Questions and answers are made up. `vlmevalkit-raw.json` has the raw texts;
`full-cell.xlsx` a text that a cell cannot hold.
Needs pandas, xlsxwriter and openpyxl, which the other scripts here do not, and is run by hand: spreadsheets name
the time they were written.
"""
import csv
import json
from pathlib import Path

import pandas as pd

OUT = Path(__file__).resolve().parents[2] / "src" / "evaluation" / "predictions" / "fixtures"

RAW = [
    "A",
    "  B. left \r\n",
    "<think>\n\tIt is \u201cthe\u201d chair \uff14, _x0041_ & <b>.\x0b</think>\n<answer>C</answer>",
    "",
    "=1+2",
    "4",
    "Failed to obtain answer via API.",
    "http://localhost/a, I think",
    '"A", he said,\tand left',
]


def table():
    return pd.DataFrame(
        {
            "index": range(len(RAW)),
            "question": [f"Which is nearest to {i}?\nChoose." for i in range(len(RAW))],
            "candidates": [None if i == 5 else "['A. chair', 'B. left', 'C. bed']" for i in range(len(RAW))],
            "answer": ["A", "B", "C", "A", "A", "4.0", "B", "C", "A"],
            "question_type": ["object_counting" if i == 5 else "route_planning" for i in range(len(RAW))],
            "prediction": RAW,
        }
    )


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    data = table()
    options = {"options": {"strings_to_formulas": False}}
    with pd.ExcelWriter(OUT / "vlmevalkit.xlsx", engine="xlsxwriter", engine_kwargs=options) as writer:
        data.to_excel(writer, index=False)
    # openpyxl refuses control characters, escapes no _x0041_, and takes a leading = for a formula.
    plain = data.assign(prediction=[text.replace("\x0b", "").replace("_x0041_", "").lstrip("=") for text in RAW])
    with pd.ExcelWriter(OUT / "vlmevalkit-openpyxl.xlsx", engine="openpyxl") as writer:
        plain.to_excel(writer, sheet_name="ALL", index=False)
    data.to_csv(OUT / "vlmevalkit.tsv", sep="\t", index=False, encoding="utf-8", quoting=csv.QUOTE_ALL)
    (OUT / "vlmevalkit-records.json").write_text(json.dumps(data.to_dict("records"), indent=4, ensure_ascii=False))
    (OUT / "vlmevalkit-raw.json").write_text(json.dumps(RAW, ensure_ascii=True, indent=1) + "\n")
    full = pd.DataFrame([{"index": 0, "question": "How many table(s) are in this room?", "prediction": "x" * 40_000}])
    with pd.ExcelWriter(OUT / "full-cell.xlsx", engine="xlsxwriter", engine_kwargs=options) as writer:
        full.to_excel(writer, index=False)
    print(f"vlmevalkit: {len(RAW)} rows, pandas {pd.__version__}")
