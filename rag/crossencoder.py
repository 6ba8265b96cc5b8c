"""The trained reader's network: reads two texts together.

It is trained by `rag.training` from all-MiniLM-L6-v2, whose word vectors are kept as they are: its
files hold only what was trained, and the word vectors are taken from the embedding model's package.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag import embed, runtime
from rag.errors import ReaderError

Array = NDArray[np.float32]

SHIPPED = Path(__file__).with_name("weights")
FILES = ("reader.xml", "reader.bin")


@dataclass(frozen=True, slots=True)
class Read:
    """What the network makes of a question or a sentence, and a passage."""

    answers: float
    """Log odds that the passage answers the question, by the whole of it."""
    supports: float
    """Log odds that the passage supports the sentence."""
    none: float
    """Logit that no words of the passage answer, to be compared with a start's and an end's."""
    starts: Array
    """Logits of each token of the passage that the answer starts there, [tokens]."""
    ends: Array
    """Logits of each token of the passage that the answer ends there, [tokens]."""
    offsets: list[tuple[int, int]]
    """Characters [start, end) of each of these tokens in the passage."""

    by_words: float = 0.0
    """What the words' own odds count beside those of the whole."""

    @property
    def odds(self) -> float:
        """Log odds that the passage answers, by the whole of it and by its words together.

        A network may have been taught to mark the first token where no words answer; then it
        counts by how much the likeliest words outdo that.
        """
        if not self.by_words or not len(self.starts):
            return self.answers
        words = float(self.starts.max() + self.ends.max())
        return self.answers + self.by_words * (words - self.none)


class CrossEncoder:
    """The network. May be used from many threads."""

    fingerprint: str
    """SHA-256 of the weights."""

    def __init__(self, folder: Path) -> None:
        """Opens the weights in `folder`; raises ReaderError where they are not what they were."""
        from safetensors import safe_open
        from tokenizers import Tokenizer

        try:
            card = json.loads((folder / "card.json").read_text("utf-8"))
            found = {name: runtime.sha256(folder / name) for name in FILES}
        except (OSError, ValueError) as error:
            raise ReaderError(
                f"The reader in {folder} cannot be loaded ({error}); {_REPAIR}"
            ) from error
        if found != card.get("sha256"):
            raise ReaderError(f"The reader in {folder} is damaged: its hash differs; {_REPAIR}")
        self.fingerprint = found["reader.bin"]
        self._by_words = float(card.get("by_words", 0.0))
        self._model = runtime.Model(folder / FILES[0])
        source = Path(embed.source(embed.DEFAULT))
        self._tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(card["window"], strategy="longest_first")
        with safe_open(source / "model.safetensors", "np") as tensors:
            self._words: Array = tensors.get_tensor("embeddings.word_embeddings.weight")

    def read(self, first: str, passages: Sequence[str]) -> list[Read]:
        """Reads a question (or a sentence) together with each passage.

        What is beyond the window of the network is not read, of the longer of the two texts; a
        library's passages are within it.
        """
        encoded = self._tokenizer.encode_batch([(first[:LONGEST], text) for text in passages])
        inputs: Iterable[dict[str, NDArray[Any]]] = (
            {
                "words": self._words[one.ids][None],
                "mask": np.ones((1, len(one.ids)), np.int64),
                "types": np.array([one.type_ids], np.int64),
            }
            for one in encoded
        )
        results = self._model.run(inputs, (0, 1))
        read = []
        for one, ((spans,), (verdict,)) in zip(encoded, results, strict=True):
            rows = [n for n, s in enumerate(one.sequence_ids) if s == 1]
            every = one.offsets  # made anew each time it is asked for
            offsets = [every[n] for n in rows]
            answers, supports = map(float, verdict)
            none = float(spans[0].sum())
            starts, ends = spans[rows, 0], spans[rows, 1]
            read.append(Read(answers, supports, none, starts, ends, offsets, self._by_words))
        return read


LONGEST = 600
"""Characters of a question or sentence that are read, which leaves room for a passage."""
LONGEST_READ = 1_100
"""Characters of a paragraph that is read in one beside a question or sentence."""
_REPAIR = (
    "make it anew with python -m rag.training, or go on without: CITEWIRE_READER=none answers by "
    "words and likeness"
)


@functools.lru_cache(maxsize=2)
def load(folder: Path) -> CrossEncoder:
    """The network in `folder`: one for all libraries. Raises ReaderError."""
    return CrossEncoder(folder)


def named(reader: str) -> CrossEncoder | None:
    """The network by its name in the settings, None for "none". Raises ReaderError."""
    if reader == "none":
        return None
    return load(SHIPPED if reader == "shipped" else Path(reader).expanduser())
