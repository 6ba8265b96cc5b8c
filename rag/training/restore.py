"""The files of a reader back to a network that can be trained on."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from rag import runtime
from rag.crossencoder import FILES
from rag.errors import ReaderError
from rag.training.model import Network

_FIRST = ("token_type_embeddings", "position_embeddings", "LayerNorm")
_HEADS = ("pooled", "verdict", "span")


def restore(network: Network, folder: Path) -> None:
    """Gives the network the weights of the reader in `folder`, which are 16 bits each.

    The files keep the order in which the weights are used, and few of the names. Raises ReaderError
    where they are not those of such a network.
    """
    found = [torch.from_numpy(weights) for weights in runtime.weights(folder / FILES[0])]
    state = network.state_dict()
    names = _names(list(state))
    if [state[n].numel() for n in names] != [weights.numel() for weights in found]:
        raise ReaderError(
            f"The weights in {folder} are not those of a reader; train from the start"
        )
    given: dict[str, Tensor] = {
        name: weights.reshape(state[name].shape) for name, weights in zip(names, found, strict=True)
    }
    network.load_state_dict({**state, **given})


def _names(every: list[str]) -> list[str]:
    """The names of the trained weights, in the order of the files."""
    lowest = [n for part in _FIRST for n in every if n.startswith(f"encoder.embeddings.{part}")]
    layers = [n for n in every if n.startswith("encoder.encoder.layer.")]
    heads = [n for part in _HEADS for n in every if n.startswith(f"{part}.")]
    return lowest + layers + heads
