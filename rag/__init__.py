"""Citewire: ask the news, get answers whose every sentence cites its paragraph.

    from rag import ask, Newsroom

Importing this package is cheap: models and databases are loaded when first used.
"""

from rag.errors import CitewireError
from rag.newsroom import Newsroom, ask
from rag.records import (
    AddReport,
    Answer,
    Article,
    Citation,
    Passage,
    Statement,
    StoredArticle,
    Timestamp,
)
from rag.settings import Settings

__all__ = [
    "AddReport",
    "Answer",
    "Article",
    "Citation",
    "CitewireError",
    "Newsroom",
    "Passage",
    "Settings",
    "Statement",
    "StoredArticle",
    "Timestamp",
    "ask",
]
