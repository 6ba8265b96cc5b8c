"""Lines of `citewire export`: articles as the library holds them, read back without a loss."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from rag.errors import SourceError
from rag.records import Article, ExportedArticle, StoredArticle, Timestamp, to_plain
from rag.sources.fields import canonical

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
        json.dumps(item, ensure_ascii=False).encode()  # fails for halves of characters
        values = {"title": "", **item, "paragraphs": item["text"]}
        given = {
            f.name: _value(f.name, values[f.name]) for f in fields(Article) if f.name in values
        }
        found = ExportedArticle(**given, version=item["version"])
        is_whole = found.key and found.paragraphs and canonical(found.url) == found.url
        if not is_whole or not isinstance(found.version, int) or found.version < 1:
            raise ValueError
        return found
    except (KeyError, TypeError, ValueError) as error:
        raise SourceError("it is no whole line of citewire export; export it again") from error


def _value(name: str, value: Any) -> Any:
    if name in ("published", "updated", "fetched"):
        return Timestamp(_text(value["text"]), _text(value["source"]))
    if name in ("paragraphs", "authors"):
        return tuple(map(_text, value)) if isinstance(value, list) else _text(None)
    return _text(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value
