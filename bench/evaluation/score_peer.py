"""VSI-Bench scored by its own rules and by SpatialLadder's, in plain Python: the peer of score.ts.

Written from the description of the rules, not from this program's scorer, so that the two check each other.
Prints overall and per-type scores of both, and the seconds it took.
"""

import json
import re
import sys
import time

NUMERIC = {"object_counting", "object_abs_distance", "object_size_estimation", "room_size_estimation"}
LEVELS = ["object_rel_direction_easy", "object_rel_direction_medium", "object_rel_direction_hard"]
STEP = (0.95 - 0.5) / 9
LIMITS = [1 - (0.95 if i == 9 else 0.5 + i * STEP) for i in range(10)]
UNITS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split()
TENS = "thirty forty fifty sixty seventy eighty ninety".split()
TABLE = (
    [(word, i + 1) for i, word in enumerate(UNITS)]
    + [(word, 30 + 10 * i) for i, word in enumerate(TENS)]
    + [("zero", 0), ("a", 1), ("an", 1)]
)
WORDS = [(re.compile(r"\b%s\b" % word), value) for word, value in TABLE]


def relative_accuracy(text, target):
    try:
        value = float(text)
    except ValueError:
        return 0.0
    error = abs(value - target) / target
    return sum(error <= limit for limit in LIMITS) / 10


def official(raw, truth, numeric):
    said = raw.split(" ")[0].rstrip(".").strip()
    if numeric:
        return relative_accuracy(said, float(truth))
    return float(said.lower() == truth.lower())


def paper(raw, truth, numeric):
    text = raw
    if "<answer>" in raw:
        found = re.search(r"<answer>(.*?)</answer>", raw, re.DOTALL)
        text = found.group(1).strip() if found else "None"
    if not numeric:
        rest = text.replace("Answer:", "")
        word = rest.split(" ")[0].strip()
        said = word[0] if re.match(r"^[A-D]\.?$", word) else rest.strip()
        return float(said.lower() == truth.lower())
    lower = text.strip().lower()
    for pattern, value in WORDS:
        if pattern.search(lower):
            return relative_accuracy(str(value), float(truth))
    digits = re.search(r"(\d+(\.\d+)?)", lower)
    return relative_accuracy(digits.group(1) if digits else "None", float(truth))


def summary(scores):
    types = {name: sum(values) / len(values) for name, values in scores.items()}
    terms = {name: score for name, score in types.items() if name not in LEVELS}
    terms["object_rel_direction"] = sum(types[level] for level in LEVELS) / 3
    return {"overall": sum(terms.values()) / len(terms), "types": types}


def main(data, predictions):
    began = time.perf_counter()
    with open(predictions) as lines:
        said = {row["id"]: row["prediction"] for row in map(json.loads, lines)}
    scores = {"official": {}, "paper": {}}
    with open(data) as lines:
        for row in map(json.loads, lines):
            kind = row["question_type"]
            for name, rule in (("official", official), ("paper", paper)):
                score = rule(said[row["id"]], row["ground_truth"], kind in NUMERIC)
                scores[name].setdefault(kind, []).append(score)
    result = {name: summary(values) for name, values in scores.items()}
    print(json.dumps({**result, "seconds": time.perf_counter() - began}))


main(*sys.argv[1:])
