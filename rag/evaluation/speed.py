"""How fast: Citewire beside the usual LangChain recipe, on the same articles, in one run.

The recipe is RecursiveCharacterTextSplitter (1000/200), HuggingFaceEmbeddings with the same model
in fp32 and batches of 32, and Chroma. It needs `pip install citewire[benchmark]`.
"""

from __future__ import annotations

import itertools
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from rag import embed, sources
from rag.newsroom import Newsroom
from rag.records import Article
from rag.settings import Settings

COLD_RUNS = 3
"""The fastest of so many new processes is taken: whatever else runs only makes one slower."""


def speed(
    articles: Path, questions: Sequence[str], count: int, show: Callable[[str], None]
) -> dict[str, Any]:
    """Times adding the first `count` articles, asking `questions` warm, and asking cold.

    Returns seconds, characters per second and the ratios, ready for JSON.
    """
    read = (item for item in sources.read(articles) if isinstance(item, Article))
    chosen = list(itertools.islice(read, count))
    characters = sum(len(p) for a in chosen for p in a.paragraphs)
    with tempfile.TemporaryDirectory() as folder:
        show(f"Adding {len(chosen)} articles to Citewire")
        settings = replace(Settings.load(), library=Path(folder, "ours"))
        room = Newsroom.open(settings=settings)
        _ = room.embedder.encode(["warm"])
        ours = _timed(lambda: room.add_articles(iter(chosen)))
        show("Adding the same articles to the LangChain recipe")
        store, theirs = _recipe(chosen, Path(folder, "theirs"), settings)
        show(f"Asking {len(questions)} questions of both")
        room.ask(questions[0])
        answers = [room.ask(q, model=None) for q in questions]
        whole = [_timed(partial(room.ask, q, model=None)) for q in questions]
        recipe = [_timed(partial(store.similarity_search, q, k=10)) for q in questions]
    show("Starting new processes")
    cold = min(_process("-m", "rag.cli", "ask", "Who did Hegseth meet in Tokyo?")
               for _ in range(COLD_RUNS))  # fmt: skip
    heavy = min(_process("-c", "import sentence_transformers") for _ in range(COLD_RUNS))
    retrieval = statistics.median(a.timings["retrieve"] for a in answers)
    return {
        "articles": len(chosen),
        "characters": characters,
        "add": _pair(ours, theirs) | {"characters_per_second": round(characters / ours)},
        "retrieve_median": _pair(retrieval, statistics.median(recipe)),
        "ask_median": round(statistics.median(whole), 4),
        "cold": _pair(cold, heavy),
    }


def _recipe(articles: Sequence[Article], folder: Path, settings: Settings) -> tuple[Any, float]:
    """The recipe's store with the articles in it, and the seconds that adding took."""
    from langchain_chroma import Chroma
    from langchain_core.documents import Document
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    model = HuggingFaceEmbeddings(
        model_name=embed.source(settings.embedder),
        model_kwargs={"device": "cpu"}, encode_kwargs={"batch_size": 32},
    )  # fmt: skip
    model.embed_query("warm")
    store = Chroma("recipe", model, persist_directory=str(folder))
    splitter = RecursiveCharacterTextSplitter(chunk_size=1000, chunk_overlap=200)
    documents = [Document("\n\n".join(a.paragraphs), metadata={"title": a.title}) for a in articles]

    def add() -> None:
        parts = splitter.split_documents(documents)
        for i in range(0, len(parts), 5000):  # Chroma's own limit for one call is near this
            store.add_documents(parts[i : i + 5000])

    return store, _timed(add)


def _timed(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _process(*arguments: str) -> float:
    command = [sys.executable, *arguments]
    return _timed(lambda: subprocess.run(command, check=True, capture_output=True))


def _pair(ours: float, theirs: float) -> dict[str, float]:
    return {"citewire": round(ours, 4), "other": round(theirs, 4), "ratio": round(ours / theirs, 3)}
