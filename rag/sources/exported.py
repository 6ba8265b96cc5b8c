"""Lines of `citewire export`: articles as the library holds them, read back without a loss."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from typing import Any

from rag.errors import SourceError
from rag.records import Article, ExportedArticle, StoredArticle, Timestamp, to_plain

MARK = "citewire"
"""The field that tells an exported line from other JSON; its value is the format."""
FORMAT = 1


def line(stored: StoredArticle) -> str:
    """One version of an article as a line of JSON."""
    article = to_plain(stored.article)
    article["text"] = article.pop("paragraphs")
    given = {name: value for name, value in article.items() if value not in (None, [], "")}
    record = {MARK: FORMAT, "key": stored.key, "version": stored.version, **given}
    return json.dumps(record, ensure_ascii=False)


def read(item: dict[str, Any]) -> ExportedArticle:
    """The version that a line holds. Raises SourceError where it is of another form."""
    if item[MARK] != FORMAT:
        raise SourceError(f"it was exported in format {item[MARK]!r}; update Citewire to read it")
    try:
        values = {"title": "", **item, "paragraphs": item["text"]}
        given = {f.name: _value(values[f.name]) for f in fields(Article) if f.name in values}
        found = ExportedArticle(**given, version=item["version"])
        texts = (found.key, found.title, *found.paragraphs)
        if not found.paragraphs or not all(isinstance(text, str) for text in texts):
            raise TypeError
        return found
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError("it is no whole line of citewire export; export it again") from error


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        datetime.fromisoformat(value["text"])  # else a ValueError
        return Timestamp(value["text"], value["source"])
    return tuple(value) if isinstance(value, list) else value
