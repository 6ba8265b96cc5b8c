"""How fast: Citewire beside the usual LangChain recipe, on the same articles, in one run.

A new process of `citewire ask` is beside one that only imports sentence-transformers, with which
the recipe's would begin.
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

from rag import sources
from rag.evaluation.benchmarks.recipe import Recipe
from rag.library import article_key
from rag.newsroom import Newsroom
from rag.records import Answer, Article, StoredArticle
from rag.settings import Settings

_ADD = """
import itertools, re, sys
from rag import Article, Newsroom, sources
read = (item for item in sources.read(sys.argv[1]) if isinstance(item, Article))
Newsroom.open(sys.argv[2]).add_articles(itertools.islice(read, int(sys.argv[3])))
print(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
"""
"""Prints the most kilobytes that it took: getrusage counts those of the process that started it."""
WARMING = "Who did Hegseth meet in Tokyo?"
"""Asked before any time is taken, so that models are loaded; it is none of the questions."""
COLD_RUNS = 3
"""The fastest of so many new processes is taken: whatever else runs only makes one slower."""


def run(
    articles: Path, questions: Sequence[str], count: int, show: Callable[[str], None]
) -> dict[str, Any]:
    """Times adding the first `count` articles and adding them again, and asking warm and cold.

    Each question is asked once: what is kept of it would make the second time faster.
    Returns seconds, characters per second, ratios, and the most megabytes that a process took that
    added the articles (0 where the system is not Linux); ready for JSON.
    """
    read = (item for item in sources.read(articles) if isinstance(item, Article))
    chosen = list(itertools.islice(read, count))
    characters = sum(len(p) for a in chosen for p in a.paragraphs)
    with tempfile.TemporaryDirectory() as folder:
        show(f"Adding {len(chosen)} articles to Citewire")
        settings = replace(Settings.load(), library=Path(folder, "ours"))
        room = Newsroom.open(settings=settings)
        _ = room.embedder.encode(["warm"])
        ours = _timed(lambda: room.add_articles(chosen))
        again = _timed(lambda: room.add_articles(chosen))
        show("Adding them in a process of its own")
        memory = _memory(articles, Path(folder, "apart"), count)
        show("Adding the same articles to the LangChain recipe")
        recipe = Recipe(Path(folder, "theirs"), settings)
        stored = [StoredArticle(article_key(a), 1, a) for a in chosen]
        theirs = _timed(lambda: recipe.add(stored))
        show(f"Asking {len(questions)} questions of both")
        answers: list[Answer] = []

        def ask(question: str) -> None:
            answers.append(room.ask(question, model=None))

        room.ask(WARMING, model=None)
        recipe.search(WARMING)
        whole = [_timed(partial(ask, q)) for q in questions]
        searches = [_timed(partial(recipe.search, q)) for q in questions]
    show("Starting new processes")
    command = ("-m", "rag.cli", "ask", WARMING, "--library", "sample", "--model", "none")
    cold = min(_process(*command) for _ in range(COLD_RUNS))
    heavy = min(_process("-c", "import sentence_transformers") for _ in range(COLD_RUNS))
    retrieval = statistics.median(a.timings["retrieve"] for a in answers)
    return {
        "articles": len(chosen),
        "characters": characters,
        "add": _pair(ours, theirs) | {"characters_per_second": round(characters / ours)},
        "add_again": {"first": round(ours, 4), "again": round(again, 4),
                      "ratio": round(again / ours, 4)},
        "add_megabytes": memory,
        "retrieve_median": _pair(retrieval, statistics.median(searches)),
        "ask_median": round(statistics.median(whole), 4),
        "cold": _pair(cold, heavy),
    }  # fmt: skip


def table(found: dict[str, Any]) -> str:
    """The figures as text."""
    lines = [
        f"{found['articles']} articles, {found['characters']:,} characters",
        f"{'':18}{'citewire':>10}{'other':>10}{'ratio':>8}   seconds",
    ]
    for name in ("add", "retrieve_median", "cold"):
        pair = found[name]
        lines.append(f"{name:18}{pair['citewire']:10.3f}{pair['other']:10.3f}{pair['ratio']:8.3f}")
    again, memory = found["add_again"], found["add_megabytes"]
    return "\n".join([
        *lines,
        f"{'ask_median':18}{found['ask_median']:10.3f}",
        f"Adding again took {again['ratio']:.3f} of the first time; {memory} MB at most.",
    ])  # fmt: skip


def _memory(articles: Path, library: Path, count: int) -> int:
    """Megabytes; 0 where the system does not count in kilobytes."""
    command = [sys.executable, "-c", _ADD, str(articles), str(library), str(count)]
    if sys.platform != "linux":
        return 0
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(done.stdout.split()[-1]) // 1024


def _timed(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _process(*arguments: str) -> float:
    command = [sys.executable, *arguments]
    return _timed(lambda: subprocess.run(command, check=True, capture_output=True))


def _pair(ours: float, theirs: float) -> dict[str, float]:
    return {"citewire": round(ours, 4), "other": round(theirs, 4), "ratio": round(ours / theirs, 3)}
