"""A trained network to the files that are shipped."""

from __future__ import annotations

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rag import embed
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
    runtime = embed.openvino()
    network.encoder.set_attn_implementation("eager")  # whose order of weights `restore` knows
    folder.mkdir(parents=True, exist_ok=True)
    words = network.encoder.embeddings.word_embeddings(torch.tensor([[101, 2054, 102, 2178, 102]]))
    example = (words, torch.ones(1, 5, dtype=torch.long), torch.tensor([[0, 0, 0, 1, 1]]))
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of every branch in Python; the tests compare the results
        exported = runtime.convert_model(_Shipped(network.eval()), example_input=example)
    width = words.shape[-1]
    for port, name in zip(exported.inputs, ("words", "mask", "types"), strict=True):
        port.get_tensor().set_names({name})
        shape = [-1, -1, width] if name == "words" else [-1, -1]
        port.get_node().set_partial_shape(runtime.PartialShape(shape))
    exported.validate_nodes_and_infer_types()
    runtime.save_model(exported, folder / FILES[0], compress_to_fp16=True)
    _compare(network, folder, runtime)
    hashes = {n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in FILES}
    text = json.dumps({**card, "window": WINDOW, "sha256": hashes}, indent=1)
    (folder / "card.json").write_text(text + "\n", "utf-8")


def _compare(network: Network, folder: Path, runtime: Any) -> None:
    """Raises ReaderError where the files do not give what the network gives."""
    ids = torch.randint(1000, 20000, (2, 90))
    words = network.encoder.embeddings.word_embeddings(ids).detach()
    mask, types = torch.ones_like(ids), (torch.arange(90) > 12).long().expand(2, -1)
    with torch.no_grad():
        expected = [t.numpy() for t in _Shipped(network)(words, mask, types)]
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    model = runtime.Core().compile_model(folder / FILES[0], "CPU", options)
    given = model({"words": words.numpy(), "mask": mask.numpy(), "types": types.numpy()})
    furthest = max(float(np.abs(given[i] - expected[i]).max()) for i in (0, 1))
    if furthest > FURTHEST:
        raise ReaderError(
            f"The exported reader is off by {furthest:.3f}, at most {FURTHEST} is right"
        )
