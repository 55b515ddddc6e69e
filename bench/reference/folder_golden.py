"""What transformers makes of a folder that we wrote: src/vision-language/fixtures/text.json.

Opens the folder with AutoTokenizer, AutoConfig, GenerationConfig, the Pillow image processor and the model
class. Strings and conversations of corpus.json become the golden file; a conversation with two pictures
must give the ids, patches and logits that our own code left in ours.json.
Usage: python folder_golden.py FOLDER   (written by write-folder.ts)
"""
import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import torch
import transformers
from peft import PeftModel
from PIL import Image
from resize_golden import picture
from safetensors.torch import load_file
from transformers import (
    AutoConfig,
    AutoTokenizer,
    GenerationConfig,
    PreTrainedTokenizerFast,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLProcessor,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.processing_utils import ProcessorMixin

HERE = Path(__file__).resolve().parent
OUT = HERE.parents[1] / "src" / "vision-language" / "fixtures" / "text.json"


def processor_without_videos(folder):
    """Qwen2_5_VLProcessor without its video part, which needs torchvision."""
    check = ProcessorMixin.check_argument_for_proper_class

    def lenient(self, name, value):
        return None if name == "video_processor" else check(self, name, value)

    ProcessorMixin.check_argument_for_proper_class = lenient
    try:
        return Qwen2_5_VLProcessor(
            Qwen2VLImageProcessorPil.from_pretrained(folder),
            AutoTokenizer.from_pretrained(folder),
            None,
            chat_template=(Path(folder) / "chat_template.jinja").read_text(),
        )
    finally:
        ProcessorMixin.check_argument_for_proper_class = check


def compare_model(folder):
    """Our ids, patches and logits of a conversation with pictures are those of transformers."""
    ours = json.loads((Path(folder) / "ours.json").read_text())
    pictures = [{"type": "image", "image": Image.fromarray(picture(*size))} for size in ours["sizes"]]
    messages = [{"role": "user", "content": pictures + [{"type": "text", "text": ours["text"]}]}]
    inputs = processor_without_videos(folder).apply_chat_template(
        messages, tokenize=True, return_dict=True, return_tensors="pt", add_generation_prompt=True
    )
    assert inputs["input_ids"][0].tolist() == ours["input_ids"]
    assert inputs["image_grid_thw"].tolist() == ours["image_grid_thw"]
    values = inputs["pixel_values"].numpy().astype("<f4").tobytes()
    assert hashlib.sha256(values).hexdigest() == ours["pixel_values_sha256"]

    def load(place):
        model, report = Qwen2_5_VLForConditionalGeneration.from_pretrained(
            place, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
        )
        assert not any(report.values()), report
        return model

    def compare(model, what, *columns):
        with torch.no_grad():
            last = model(**inputs).logits[0, -1].numpy()
        for column in columns:
            difference = float(np.abs(last - np.array(ours[column])).max())
            assert difference <= 1e-5, (what, column, difference)
            print(f"{what}: {column}, largest {np.abs(last).max():.3f}, difference {difference:.1e}")

    model = load(folder)
    compare(model, "model we wrote", "last_logits")
    assert (Path(folder) / "shards" / "model.safetensors.index.json").exists()
    compare(load(Path(folder) / "shards"), "model we wrote in shards", "last_logits")
    adapter = Path(folder) / "adapter"
    adapted = PeftModel.from_pretrained(model, adapter)
    keys = set(load_file(adapter / "adapter_model.safetensors"))
    named = {name.replace(".default.", ".") for name, _ in adapted.named_parameters() if "lora_" in name}
    assert keys == named, keys ^ named
    compare(adapted, f"adapter we wrote, {len(keys)} tensors", "last_logits_adapted", "last_logits_merged")


def main(folder):
    compare_model(folder)
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
