"""A trained network to the files that are shipped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rag import runtime
from rag.crossencoder import FILES
from rag.errors import ReaderError
from rag.training.model import Network
from rag.training.train import WINDOW

FURTHEST = 0.1
"""Largest difference of a logit by 16-bit weights."""


class _Shipped(nn.Module):
    """The network behind its word vectors."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, words: Tensor, mask: Tensor, types: Tensor) -> tuple[Tensor, Tensor]:
        hidden = self.network.encoder(
            inputs_embeds=words, attention_mask=mask, token_type_ids=types
        ).last_hidden_state
        return self.network.heads(hidden)


def export(network: Network, folder: Path, card: dict[str, Any]) -> None:
    """Writes the weights (16-bit) and a card with their hashes into `folder`."""
    network.encoder.set_attn_implementation("eager")  # whose order of weights `restore` knows
    folder.mkdir(parents=True, exist_ok=True)
    words = network.encoder.embeddings.word_embeddings(torch.tensor([[101, 2054, 102, 2178, 102]]))
    mask, types = torch.ones(1, 5, dtype=torch.long), torch.tensor([[0, 0, 0, 1, 1]])
    example = {"words": words, "mask": mask, "types": types}
    runtime.save(_Shipped(network.eval()), example, folder / FILES[0])
    _compare(network, folder)
    hashes = {name: runtime.sha256(folder / name) for name in FILES}
    text = json.dumps({**card, "window": WINDOW, "sha256": hashes}, indent=1)
    (folder / "card.json").write_text(text + "\n", "utf-8")


def _compare(network: Network, folder: Path) -> None:
    """Raises ReaderError where the files do not give what the network gives."""
    ids = torch.randint(1000, 20000, (2, 90))
    words = network.encoder.embeddings.word_embeddings(ids).detach()
    mask, types = torch.ones_like(ids), (torch.arange(90) > 12).long().expand(2, -1)
    with torch.no_grad():
        expected = [t.numpy() for t in _Shipped(network)(words, mask, types)]
    inputs = {"words": words.numpy(), "mask": mask.numpy(), "types": types.numpy()}
    (given,) = runtime.Model(folder / FILES[0], exact=True).run([inputs], (0, 1))
    furthest = max(float(np.abs(a - b).max()) for a, b in zip(given, expected, strict=True))
    if furthest > FURTHEST:
        raise ReaderError(
            f"The exported reader is off by {furthest:.3f}, at most {FURTHEST} is right"
        )
