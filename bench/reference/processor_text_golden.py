"""What transformers makes of a folder that our processor wrote: src/vision-language/fixtures/text.json.

Opens the folder with AutoTokenizer, AutoConfig, GenerationConfig and the Pillow image processor, encodes and
decodes the strings of corpus.json and renders its conversations.
Usage: python processor_text_golden.py FOLDER   (written by write-processor-folder.ts)
"""
import json
import sys
from pathlib import Path

import transformers
from transformers import AutoConfig, AutoTokenizer, GenerationConfig, PreTrainedTokenizerFast
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

HERE = Path(__file__).resolve().parent
OUT = HERE.parents[1] / "src" / "vision-language" / "fixtures" / "text.json"


def main(folder):
    data = json.loads((HERE / "corpus.json").read_text())
    tokenizer = AutoTokenizer.from_pretrained(folder)
    other = PreTrainedTokenizerFast.from_pretrained(folder)
    strings, chats = [], []
    for text in data["strings"] + data["corpus"]:
        ids = tokenizer.encode(text, add_special_tokens=False)
        assert ids == other.encode(text), text
        strings.append(
            {
                "text": text,
                "ids": ids,
                "decoded": tokenizer.decode(ids),
                "skipping": tokenizer.decode(ids, skip_special_tokens=True),
            }
        )
    for messages in data["chats"]:
        for options in ({"add_generation_prompt": True}, {"add_vision_id": True}):
            text = tokenizer.apply_chat_template(messages, tokenize=False, **options)
            ids = tokenizer.encode(text, add_special_tokens=False)
            chats.append({"messages": messages, "options": options, "text": text, "ids": ids})

    image_processor = Qwen2VLImageProcessorPil.from_pretrained(folder)
    assert dict(image_processor.size) == {"shortest_edge": 3136, "longest_edge": 50176}, image_processor.size
    config = AutoConfig.from_pretrained(folder)
    assert config.text_config.vocab_size == len(tokenizer), (config.text_config.vocab_size, len(tokenizer))
    assert config.tie_word_embeddings and config.text_config.rope_parameters["mrope_section"] == [2, 3, 3]
    assert config.image_token_id == tokenizer.convert_tokens_to_ids("<|image_pad|>")
    generation = GenerationConfig.from_pretrained(folder)
    assert generation.eos_token_id == tokenizer.convert_tokens_to_ids(["<|im_end|>", "<|endoftext|>"])
    assert generation.do_sample is False and tokenizer.pad_token_id == generation.pad_token_id

    head = {"transformers": transformers.__version__, "vocab_size": len(tokenizer)}
    rows = lambda entries: "[\n" + ",\n".join("  " + json.dumps(e) for e in entries) + "\n]"
    OUT.write_text(
        json.dumps(head)[:-1] + ',\n"strings": ' + rows(strings) + ',\n"chats": ' + rows(chats) + "}\n"
    )
    print(f"{OUT.name}: {len(strings)} strings, {len(chats)} chats, vocabulary of {len(tokenizer)}")


if __name__ == "__main__":
    main(sys.argv[1])
