"""The usual LangChain recipe, to be measured against. Needs the extra `benchmark`.

RecursiveCharacterTextSplitter (1000 characters, 200 of overlap), HuggingFaceEmbeddings with the
same model in fp32 and batches of 32, and Chroma. Each chunk is embedded under its article's title
and day, as each of Citewire's passages is; neither is part of its text, nor of its characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import chunk, embed
from rag.errors import CitewireError
from rag.records import (
    Answer,
    Article,
    Citation,
    Passage,
    Searched,
    Statement,
    StoredArticle,
    Window,
)
from rag.settings import Settings

if TYPE_CHECKING:
    from langchain_core.documents import Document

SIZE, OVERLAP = 1000, 200
"""Characters of a chunk, and how many it shares with the next."""
BATCH = 5000
"""Chroma's own limit for one call is near this."""


class Recipe:
    """A Chroma store filled and searched as the tutorials do it."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        """Opens or makes the store in `folder`. Raises CitewireError without the extra."""
        try:
            from langchain_chroma import Chroma
            from langchain_huggingface import HuggingFaceEmbeddings
        except ImportError as error:
            raise CitewireError(
                f"The LangChain recipe is not installed ({error.name} is missing); run: "
                "pip install -c constraints.txt -e '.[benchmark]'"
            ) from error
        model = HuggingFaceEmbeddings(
            model_name=embed.source(settings.embedder),
            model_kwargs={"device": "cpu"}, encode_kwargs={"batch_size": 32},
        )  # fmt: skip
        model.embed_query("warm")
        self._articles: dict[str, StoredArticle] = {}
        self._store = Chroma("headed", model, persist_directory=str(folder))

    def add(
        self, articles: Iterable[StoredArticle], show: Callable[[int, int], None] | None = None
    ) -> None:
        """Splits and stores articles; those that are there already are only remembered."""
        from langchain_core.documents import Document
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        splitter = RecursiveCharacterTextSplitter(
            chunk_size=SIZE, chunk_overlap=OVERLAP, add_start_index=True
        )
        new = []
        for stored in articles:
            self._articles[stored.key] = stored
            if not self._store.get(where={"key": stored.key}, limit=1, include=[])["ids"]:
                text = "\n\n".join(stored.article.paragraphs)
                new.append(
                    Document(text, metadata={"key": stored.key, "day": _day(stored.article)})
                )
        parts = splitter.split_documents(new)
        for part in parts:
            part.page_content = f"{self._head(part)}{part.page_content}"
        for start in range(0, len(parts), BATCH):
            self._store.add_documents(parts[start : start + BATCH])
            if show:
                show(min(start + BATCH, len(parts)), len(parts))

    def search(
        self, question: str, k: int = 10, keys: Sequence[str] | None = None,
        as_of: date | None = None,
    ) -> list[Passage]:  # fmt: skip
        """The `k` nearest chunks as passages, each with the paragraphs it overlaps.

        Only of the articles under `keys`, and of none that was published after `as_of`.
        """
        if keys is not None and not keys:
            return []
        filters: list[dict[str, Any]] = []
        if keys is not None:
            filters.append({"key": {"$in": list(keys)}})
        if as_of is not None:
            filters.append({"day": {"$lte": as_of.toordinal()}})
        where: Any = {"$and": filters} if len(filters) > 1 else next(iter(filters), None)
        found = self._store.similarity_search_with_score(question, k=k, filter=where)
        return [self._passage(document, -distance) for document, distance in found]

    def _head(self, document: Document) -> str:
        """What stands in front of a chunk's own text."""
        article = self._articles[document.metadata["key"]].article
        return chunk.embedded(chunk.header(article.title, article.day), "")

    def _passage(self, document: Document, score: float) -> Passage:
        key, start = document.metadata["key"], document.metadata["start_index"]
        stored, text = self._articles[key], document.page_content.removeprefix(self._head(document))
        end, at, numbers = start + len(text), 0, []
        for number, paragraph in enumerate(stored.article.paragraphs, 1):
            if at < end and at + len(paragraph) > start:
                numbers.append(number)
            at += len(paragraph) + 2
        article = stored.article
        return Passage(0, key, article.title, article.outlet, article.url, article.published,
                       tuple(numbers), text, score=score)  # fmt: skip


def _day(article: Article) -> int:
    """Days since year 1; 0 where there is no date."""
    return article.published.day.toordinal() if article.published else 0


def first_passage(question: str, passages: Sequence[Passage]) -> Answer:
    """The answer of a system that only searches: its first passage, citing what that overlaps."""
    statements: list[Statement] = []
    for best in passages[:1]:
        text = f"{best.text} [1]"
        citations = tuple(
            Citation(1, best.article, best.outlet, best.title, best.url, best.published, number,
                     best.text, (0, 0), (0, len(text)))
            for number in best.paragraphs
        )  # fmt: skip
        statements.append(Statement(text, citations, "supported", "not checked"))
    return Answer(
        question=question, standalone_question=question,
        text=statements[0].text if statements else "", short=None,
        confidence=passages[0].score if passages else -1.0, statements=tuple(statements),
        citations=tuple(c for s in statements for c in s.citations),
        status="answered" if statements else "declined",
        reason="" if statements else "no_support", notices=(), nearest=(),
        passages=tuple(passages), window=Window(), model=None,
        searched=Searched(0, None, 0, True, ""),
    )  # fmt: skip
