"""What Python and numpy answer where the benchmarks' scorers lean on them; the tests of src/scoring loop over it.

Writes src/scoring/fixtures/python.json. Needs numpy, nothing else:
python3 bench/reference/python_golden.py
"""

import json
import re
import sys
import unicodedata
import warnings
from pathlib import Path

import numpy as np

OUT = Path(__file__).resolve().parents[2] / "src/scoring/fixtures/python.json"


def to_float(text):
    """As a string, since JSON has no nan; None for ValueError."""
    try:
        return repr(float(text))
    except ValueError:
        return None


FLOATS = [
    "4", "4.0", "4.", ".5", "5.", ".", "-", "+", "+4", "-4", "- 4", "4 ", "\n4\n", "4\n", "4\n\n m", "1\n2",
    "\n", "\t4", "4\u000b", "4\u001c", "４\u001c", "\u001f4", "\u00854", "\u00a04\u00a0", "\u20034", "\u200b4", "\ufeff4", "4\u0000",
    "1e1", "1E1", "1e+1", "1e-1", "1e", "e1", "1e1.5", "1e400", "-1e400", "1e-400", "1_0", "1__0", "_10", "10_",
    "1_.0", "1._0", "1.0_0", "1e1_0", "1_e1", "inf", "-inf", "+inf", "Inf", "INF", "infinity", "Infinity",
    "-INFINITY", "infinit", "nan", "NaN", "-nan", "+NAN", "nano", "0x10", "0b1", "0o7", "1,200", "1.200,5",
    "4m", "4 meters", "4meters", "four", "twenty-one", "None", "none", "True", "½", "²", "Ⅳ", "四", "४२", "٤٢",
    "４", "４．５", "４.５", "𝟒", "𝟜𝟚", "１e１", "-４", "１＿０", "--4", "+-4", "4-", "4+", "0", "00", "007", "-0", "0.1",
    "0.30000000000000004", "123456789012345678901234567890", "9007199254740993", "2.2250738585072011e-308",
    "4.9e-324", "2e-324", "1.7976931348623157e308", "1.7976931348623159e308", "4.35", "0.1e1", "1 2",
    "<answer>4</answer>", "4.0.0", "", "   ",
]  # fmt: skip

STRIPS = [
    "", " ", " a ", "\n\ta\x0b\x0c\r", "\x1ca\x1f", "\x85a\xa0", "\u1680a\u2000\u200a", "\u2028a\u2029",
    "\u202fa\u205f\u3000", "\ufeffa\ufeff", "\u200ba\u200b", "\u180ea", "a b", "\u2060a", "\x00a ",
]  # fmt: skip

SPLITS = ["", " ", "A", "A B", " A", "A  B", "A\nB C", "A\tB", "A\xa0B C", "A\u3000B", "4\n", "a. b c", "\n A"]

PATTERNS = {
    r"\b([A-D])\b": "i",
    r"\b(a|an|one|two)\b": "",
    r"(\d+(\.\d+)?)": "",
    r"(?<!\^)\d+\.\d+|(?<!\^)\d+": "",
    r"^[A-D]\.?$": "",
    r"^[\(\[\{]?[A-D][\)\]\}]?\.?$": "i",
    r"^.*$": "",
    r"<answer>(.*?)</answer>": "s",
    r"\w+": "",
    r"\W": "",
    r"[\w.]+\s\D": "",
    r"\S+$": "",
}
TEXTS = [
    "", "A", "a", "A.", "A\n", "A.\n", "A\n\n", "(A)", "(A).\n", "[b]", "A_", "_A", "Aé", "éA", "A1", "1A", "A٣", "A²",
    "A中", "中A", "A\u0301", "A\u200bB", "A-B", "A'B", "It is a chair", "B\nA", "A\r", "A\u2028B", "A\x85", "a\r\nb",
    "one", "one.", "oné", "twoone", "two-one", "one_", "an Ⅳ", "ª a", "½a a", "4", "４.５", "٤٫٥", "1.5m^2", "m^2 1.5",
    "m^21.5", "1,5", ".5", "-1.5", "2 then 1.5", "1e1", "x4y", "²", "Ⅳ 4", "<answer>A</answer>", "<answer>\nA\r\n</answer>",
    "<answer>A", "<answer>A</answer><answer>B</answer>", "\x1c a b", "a\x1f1", "tab\tq", "naïve café", "ß ẞ", "K\u212a", "🙂A🙂",
    "𝐀 A", "𝟒 4", "\ufeffA", "A\u00ad", "क्A", "👍🏽 b",
]  # fmt: skip

FLAGS = {"": 0, "i": re.I, "s": re.S}

# Texts go to Python and JavaScript alike; offsets count UTF-16 units there, so matches are given as texts.
LOWERS = ["ABC", "İ", "ΑΣ", "ΑΣ Β", "ẞ", "Ǆ", "K", "Ａ", "ONE", "\u2160"]


def ranges(holds):
    """First and last code points of the runs of characters for which it holds; surrogates left out."""
    runs, start = [], None
    for code in range(sys.maxunicode + 2):
        good = code <= sys.maxunicode and not 0xD800 <= code <= 0xDFFF and bool(holds(chr(code)))
        if good and start is None:
            start = code
        if not good and start is not None:
            runs.append([start, code - 1])
            start = None
    return runs


def linspaces():
    pairs = [(n, k) for k in (0, 1, 2, 3, 5, 8, 16, 32, 64, 128) for n in (1, 2, 3, 7, 10, 31, 32, 33, 100, 191, 1235, 2999)]
    # The pairs in which floor(i * (n - 1) / (k - 1)) in whole numbers is not what numpy gives.
    for k in (8, 16, 32, 64, 128):
        for n in range(2, 3000):
            numpys = np.linspace(0, n - 1, k, dtype=int)
            whole = (np.arange(k) * (n - 1)) // (k - 1)
            if not np.array_equal(numpys, whole):
                pairs.append((n, k))
    return [{"n": n, "k": k, "frames": np.linspace(0, n - 1, k, dtype=int).tolist()} for n, k in pairs]


def checksums():
    """Sum and weighted sum of every linspace for n in 1..2999, per k: too many to write out."""
    out = []
    for k in (8, 16, 32, 64, 128):
        rows = [np.linspace(0, n - 1, k, dtype=int) for n in range(1, 3000)]
        weighted = sum(int((row * (np.arange(k) + 1)).sum()) * (i % 97 + 1) for i, row in enumerate(rows))
        out.append({"k": k, "last": 2999, "weighted": weighted})
    return out


def main():
    warnings.simplefilter("error")
    golden = {
        "python": sys.version.split()[0],
        "unicode": unicodedata.unidata_version,
        "numpy": np.__version__,
        "float": [[text, to_float(text)] for text in FLOATS],
        "strip": [[text, text.strip()] for text in STRIPS],
        "split": [[text, text.split(" ")[0]] for text in SPLITS],
        "lower": [[text, text.lower()] for text in LOWERS],
        "re": [
            {"pattern": p, "flags": f, "matches": [[t, [m.group(0) for m in re.finditer(p, t, FLAGS[f])]] for t in TEXTS]}
            for p, f in PATTERNS.items()
        ],
        "classes": {name: ranges(re.compile("\\" + name).match) for name in "wds"},
        # Another Unicode version may know these.
        "unassigned": ranges(lambda char: unicodedata.category(char) == "Cn"),
        "linspace": linspaces(),
        "linspace_checksums": checksums(),
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(golden, separators=(",", ":"), ensure_ascii=True) + "\n")
    print(f"{OUT}: {OUT.stat().st_size} bytes")


main()
