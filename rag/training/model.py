"""The reader as a network: an encoder with four heads."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AutoModel


class Network(nn.Module):
    """Reads (question or sentence, passage) and says where, whether it answers and supports."""

    def __init__(self, encoder: Path | str) -> None:
        super().__init__()
        # Drawing the dropout of every attention weight takes a sixth of the time on a CPU.
        self.encoder = AutoModel.from_pretrained(
            encoder, attn_implementation="eager", attention_probs_dropout_prob=0.0
        )
        # Frozen: the heads need them least, and what is shipped gets smaller by half.
        self.encoder.embeddings.word_embeddings.requires_grad_(False)
        width = self.encoder.config.hidden_size
        self.span = nn.Linear(width, 2)
        self.pooled = nn.Linear(width, width)
        self.verdict = nn.Linear(width, 2)

    def forward(self, ids: Tensor, mask: Tensor, types: Tensor) -> tuple[Tensor, Tensor]:
        """Logits [n, tokens, 2] of answer start and end; [n, 2] of "answers" and "supports"."""
        hidden = self.encoder(
            input_ids=ids, attention_mask=mask, token_type_ids=types
        ).last_hidden_state
        return self.heads(hidden)

    def heads(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """The same of the encoder's last hidden states [n, tokens, width]."""
        first = torch.nn.functional.gelu(self.pooled(hidden[:, 0]))
        return self.span(hidden), self.verdict(first)
