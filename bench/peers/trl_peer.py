"""TRL's DPO step for torch_peer.py: what its trainer computes, called step by step so that each one can be timed."""
import tempfile

import torch
from datasets import Dataset
from tokenizers import Tokenizer, models
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast
from trl import DPOConfig, DPOTrainer

from peer import pairs

BATCHES = 64  # before rows come again: what has been learned by heart has no gradient to speak of
FIGURES = ("loss", "rewards/chosen", "rewards/rejected", "logps/chosen", "logps/rejected")


def no_words():
    """The trainer asks for a tokenizer; all that it needs is the padding's id, as the rows that are learned are ids."""
    words = Tokenizer(models.WordLevel({"<pad>": 0, "<eos>": 1, "<unk>": 2}, unk_token="<unk>"))
    return PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>")


class DpoRun:
    """Policy and reference from one folder, float32; TRL's defaults but for bf16 and checkpointing, which are off, and a learning rate
    at which the first steps' rewards can be compared."""

    def __init__(self, name, folder, ragged):
        args = DPOConfig(output_dir=tempfile.gettempdir(), use_cpu=True, bf16=False, gradient_checkpointing=False, max_length=None,
                         learning_rate=1e-4, report_to="none", save_strategy="no", disable_tqdm=True)
        model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa")
        text = Dataset.from_list([{"prompt": "a", "chosen": " b", "rejected": " c"}])  # what it learns comes from the collator below
        self.trainer = DPOTrainer(model=model, args=args, train_dataset=text, processing_class=no_words())
        self.model = self.trainer.model.train()
        self.optimizer = self.trainer.create_optimizer()
        self.batches = [self.trainer.data_collator(pairs(name, b, ragged)) for b in range(BATCHES)]
        self.tokens = self.batches[0]["attention_mask"].sum().item()
        self.steps = 0

    def step(self):
        loss = self.trainer.compute_loss(self.model, self.batches[self.steps % BATCHES])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.trainer.args.max_grad_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.steps += 1
        metrics = self.trainer._metrics["train"]
        seen = {"loss": loss.item(), **{figure: metrics[figure][-1] for figure in FIGURES[1:]}}
        metrics.clear()
        return seen
