"""The library as a retriever for people's own LangChain chains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever

from rag.records import Passage


class PassageRetriever(BaseRetriever):
    """Gives one Document per passage, best first, with what a citation needs as metadata."""

    search: Callable[[str], list[Passage]]

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        return [_document(passage) for passage in self.search(query)]


def _document(passage: Passage) -> Document:
    metadata: dict[str, Any] = {
        "article": passage.article,
        "title": passage.title,
        "outlet": passage.outlet,
        "source": passage.url or passage.article,
        "published": passage.published.text if passage.published else None,
        "paragraphs": list(passage.paragraphs),
        "score": passage.score,
        "similarity": passage.similarity,
        "note": passage.note,
        "correction": passage.correction,
        "also_in": list(passage.also_in),
        "version": passage.version,
    }
    return Document(page_content=passage.text, metadata=metadata, id=str(passage.id))
