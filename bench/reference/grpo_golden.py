"""What TRL's GRPOTrainer computes from fixed tensors, for src/training/grpo-reference.test.ts.

Writes src/training/fixtures/grpo.json: losses with the gradient of every log-probability, and advantages. Both come
from TRL's own methods (`_compute_loss`, `_generate_and_score_completions`) of a real trainer on a tiny text model;
only what they would get from the model (log-probabilities, completions) is given to them. `upstream` is the loss and
the advantage of SpatialLadder's trainer, written here once more from their description.
"""
import json
import math
import tempfile
from pathlib import Path

import torch
from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM
from trl import GRPOConfig, GRPOTrainer
import trl

OUT = Path(__file__).resolve().parents[2] / "src" / "training" / "fixtures"
G, MAX_LENGTH = 4, 7
LENGTHS = [7, 1, 4, 6, 2, 7, 3, 5]
LOSS_TYPES = ("grpo", "bnpo", "dr_grpo", "dapo")
REWARDS = [2.0, 0.0, 1.3, 0.7, 1.0, 1.0, 1.0, 1.0, 0.1, 0.9, 0.2, 2.0]


def formula(phase, scale, shift):
    values = [math.sin(1.9 * i + phase) for i in range(len(LENGTHS) * MAX_LENGTH)]
    return (scale * torch.tensor(values, dtype=torch.float64) + shift).float().reshape(len(LENGTHS), MAX_LENGTH)


LOGP = formula(0.1, 0.9, -1.2)
OLD = LOGP + formula(1.3, 0.35, 0.0)
REFERENCE = LOGP + formula(2.6, 0.6, 0.1)
MASK = torch.tensor([[1 if t < length else 0 for t in range(MAX_LENGTH)] for length in LENGTHS])
ADVANTAGES = torch.tensor([1.2, -0.7, 0.0, -0.5, 0.9, -1.4, 0.3, 0.2])


def folder_of_model(folder):
    words = {word: i for i, word in enumerate(["<pad>", "<eos>", "a", "b", "c", "d", "?", "<unk>"])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>")
    config = Qwen2Config(
        vocab_size=8, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, pad_token_id=0, eos_token_id=1, bos_token_id=0,
    )
    torch.manual_seed(0)
    Qwen2ForCausalLM(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return fast


def trainer_of(folder, tokenizer, **options):
    settings = {
        "output_dir": folder + "/out", "num_generations": G, "max_completion_length": MAX_LENGTH, "use_cpu": True,
        "bf16": False, "gradient_checkpointing": False, "report_to": [], "per_device_train_batch_size": len(LENGTHS),
        "steps_per_generation": 1, **options,
    }
    return GRPOTrainer(
        model=folder, processing_class=tokenizer, args=GRPOConfig(**settings),
        reward_funcs=lambda completions, **_: [0.0] * len(completions),
        train_dataset=Dataset.from_dict({"prompt": ["a b c", "b c d", "c d a"]}),
    )


def loss_case(folder, tokenizer, batches, use_old, options):
    """Loss and gradients of every batch of one step."""
    size = len(LENGTHS) // batches
    trainer = trainer_of(folder, tokenizer, **{
        **options, "per_device_train_batch_size": size, "gradient_accumulation_steps": batches,
        "steps_per_generation": batches,
    })
    trainer.current_gradient_accumulation_steps = batches
    trainer.model.train()
    losses, gradients = [], []
    for start in range(0, len(LENGTHS), size):
        rows = slice(start, start + size)
        leaf = LOGP[rows].clone().requires_grad_()
        trainer._get_per_token_logps_and_entropies = lambda *_, **__: (leaf, torch.zeros_like(leaf), None)
        inputs = {
            "prompt_ids": torch.ones(size, 1, dtype=torch.long), "prompt_mask": torch.ones(size, 1, dtype=torch.long),
            "completion_ids": torch.full((size, MAX_LENGTH), 2), "completion_mask": MASK[rows],
            "advantages": ADVANTAGES[rows], "ref_per_token_logps": REFERENCE[rows],
            "num_items_in_batch": MASK.sum(),
        }
        if use_old:
            inputs["old_per_token_logps"] = OLD[rows]
        loss = trainer._compute_loss(trainer.model, inputs)
        loss.backward()
        losses.append(loss.item())
        gradients.append(leaf.grad[MASK[rows].bool()].tolist())
    return {"options": options, "old": use_old, "batches": batches, "loss": losses, "gradient": gradients}


def upstream_case(use_old, epsilon_high, beta):
    """Per token -min(rA, clip(r)A) + beta k3; mean over a completion's tokens, then over completions."""
    leaf = LOGP.clone().requires_grad_()
    ratio = torch.exp(leaf - (OLD if use_old else leaf.detach()))
    A = ADVANTAGES[:, None]
    token = -torch.min(ratio * A, torch.clamp(ratio, 1 - 0.2, 1 + (epsilon_high or 0.2)) * A)
    if beta:
        d = REFERENCE - leaf
        token = token + beta * (torch.exp(d) - d - 1)
    loss = ((token * MASK).sum(1) / MASK.sum(1)).mean()
    loss.backward()
    options = {"beta": beta, "epsilon": 0.2, **({"epsilon_high": epsilon_high} if epsilon_high else {})}
    return {
        "options": options, "old": use_old, "batches": 1, "loss": [loss.item()],
        "gradient": [leaf.grad[MASK.bool()].tolist()],
    }


def advantage_case(folder, tokenizer, scale):
    trainer = trainer_of(folder, tokenizer, scale_rewards=scale, beta=0.0, per_device_train_batch_size=len(REWARDS))
    trainer.model.train()

    trainer._calculate_rewards = lambda inputs, prompts, completions, ids: torch.tensor(REWARDS)[:, None]
    trainer.generation_config.max_new_tokens = 2
    inputs = [{"prompt": "a b c"} for _ in REWARDS]
    output = trainer._generate_and_score_completions(inputs)
    return {"scale_rewards": scale, "advantages": output["advantages"].tolist()}


def upstream_advantages():
    groups = torch.tensor(REWARDS, dtype=torch.float64).reshape(-1, G)
    return ((groups - groups.mean(1, keepdim=True)) / (groups.std(1, keepdim=True) + 1e-4)).flatten().tolist()


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        tokenizer = folder_of_model(folder)
        settings = [
            (False, {"beta": 0.0}),
            (True, {"beta": 0.04, "epsilon_high": 0.28, "use_bias_correction_kl": False}),
            (False, {"beta": 0.3, "use_bias_correction_kl": False}),
            (True, {"beta": 0.3, "epsilon_high": 0.28, "use_bias_correction_kl": True}),
            (False, {"beta": 0.3, "use_bias_correction_kl": True}),
            (True, {"beta": 0.0, "epsilon": 0.1}),
        ]
        losses = [
            loss_case(folder, tokenizer, batches, use_old, {"loss_type": kind, **options})
            for kind in LOSS_TYPES for use_old, options in settings for batches in (1, 2)
        ]
        advantages = [advantage_case(folder, tokenizer, scale) for scale in ("group", "batch", "none")]
    golden = {
        "trl": trl.__version__,
        "torch": torch.__version__,
        "group": G,
        "max_completion_length": MAX_LENGTH,
        "lengths": LENGTHS,
        "logp": LOGP[MASK.bool()].tolist(),
        "old": OLD[MASK.bool()].tolist(),
        "reference": REFERENCE[MASK.bool()].tolist(),
        "advantages": ADVANTAGES.tolist(),
        "losses": losses,
        "rewards": REWARDS,
        "scaled": advantages,
        "upstream": {
            "losses": [upstream_case(old, high, beta) for old, high, beta in ((False, None, 0.01), (True, None, 0.01), (True, 0.28, 0.0))],
            "advantages": upstream_advantages(),
        },
    }
    (OUT / "grpo.json").write_text(json.dumps(golden) + "\n")
    print("grpo.json: written")
