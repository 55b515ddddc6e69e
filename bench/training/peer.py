"""TRL's side of the benchmark: GRPOTrainer and SFTTrainer on the same folder, pictures, texts and reward.

    python3 peer.py JSON      (started by run.ts; prints one line of JSON)
"""
import json
import re
import resource
import statistics
import sys
import tempfile
import time

import torch
import transformers
import trl
from datasets import Dataset
from PIL import Image
from transformers import AutoTokenizer, Qwen2_5_VLForConditionalGeneration, TrainerCallback
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.models.qwen2_5_vl.processing_qwen2_5_vl import Qwen2_5_VLProcessor
from transformers.processing_utils import ProcessorMixin

job = json.loads(sys.argv[1])
shape, folder = job["shape"], job["folder"]
torch.set_num_threads(2)
transformers.utils.logging.set_verbosity_error()
TOTAL = shape["steps"] + 2

# Without torchvision there is no video processor; image-only templates work without one.
check = ProcessorMixin.check_argument_for_proper_class
ProcessorMixin.check_argument_for_proper_class = lambda self, name, value: (
    None if name == "video_processor" else check(self, name, value)
)
tokenizer = AutoTokenizer.from_pretrained(folder)
processor = Qwen2_5_VLProcessor(
    image_processor=Qwen2VLImageProcessorPil.from_pretrained(folder), tokenizer=tokenizer, video_processor=None,
    chat_template=tokenizer.chat_template,
)
images = [Image.open(file).convert("RGB") for file in job["pictures"]]


def prompt(i):
    return [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": job["questions"][i]}]}]


class Clock(TrainerCallback):
    times, began = [], 0.0

    def on_step_begin(self, *_, **__):
        self.began = time.perf_counter()

    def on_step_end(self, args, state, control, **__):
        if state.global_step > 2:
            self.times.append(1000 * (time.perf_counter() - self.began))


def reward(completions, **_):
    texts = [one[0]["content"] if isinstance(one, list) else one for one in completions]
    return [len(re.findall("the", text)) / 10 + (len(text) % 7) / 7 for text in texts]


clock = Clock()
common = {
    "max_steps": TOTAL, "learning_rate": shape["learningRate"], "use_cpu": True, "bf16": False, "fp16": False,
    "gradient_checkpointing": False, "report_to": [], "logging_steps": 1000, "save_strategy": "no",
    "dataloader_num_workers": 0, "weight_decay": 0.0, "lr_scheduler_type": "constant", "warmup_steps": 0,
    "max_grad_norm": 1.0, "disable_tqdm": True, "gradient_accumulation_steps": 1,
}
with tempfile.TemporaryDirectory() as out:
    if job["kind"] == "grpo":
        rows = shape["prompts"]
        # As many rows as the run needs, each prompt once a step.
        data = Dataset.from_list([{"prompt": prompt(i), "image": images[i % len(images)]} for i in range(rows)] * TOTAL)
        special = [tokenizer.convert_tokens_to_ids(token) for token in job["banned"]]
        trainer = trl.GRPOTrainer(
            model=folder, processing_class=processor, reward_funcs=reward, train_dataset=data, callbacks=[clock],
            args=trl.GRPOConfig(
                output_dir=out, per_device_train_batch_size=rows * shape["generations"],
                num_generations=shape["generations"], max_completion_length=shape["completionTokens"],
                beta=job["beta"], loss_type="grpo", temperature=1.0, top_k=0, use_bias_correction_kl=False,
                generation_kwargs={"suppress_tokens": special, "min_new_tokens": shape["completionTokens"]},
                model_init_kwargs={"dtype": "float32"}, **common,
            ),
        )
    else:
        rows = shape["rows"]
        data = Dataset.from_list([
            {
                "prompt": prompt(i), "images": [images[i % len(images)]],
                "completion": [{"role": "assistant", "content": [{"type": "text", "text": job["answers"][i]}]}],
            }
            for i in range(rows)
        ] * TOTAL)
        trainer = trl.SFTTrainer(
            model=Qwen2_5_VLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32),
            processing_class=processor, train_dataset=data, callbacks=[clock],
            args=trl.SFTConfig(output_dir=out, per_device_train_batch_size=rows, max_length=None, **common),
        )
    if job["frozenTower"]:
        for name, value in trainer.model.named_parameters():
            if "visual" in name:
                value.requires_grad_(False)
    trainer.train()
print(json.dumps({
    "library": f"torch {torch.__version__}, transformers {transformers.__version__}, trl {trl.__version__}",
    "ms": statistics.median(clock.times),
    "steps": len(clock.times),
    "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
}))
