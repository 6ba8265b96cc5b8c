"""Text, Markdown, HTML and JSON to articles."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from rag.errors import SourceError
from rag.records import Article, Rejected, Timestamp
from rag.sources import clean, files

TITLE = 100
"""Characters of a title that is made from the first sentence of a text without one."""


def articles(path: Path, advance: Callable[[int], None]) -> Iterator[Article | Rejected]:
    """The articles of one file; `advance` is told the bytes it took."""
    kind = files.kind(path)
    size = path.stat().st_size
    told = 0
    try:
        if kind == "jsonl":
            for number, line in files.lines(path):
                yield _line(path, number, line)
                # Of a compressed file only the size as a whole is known: a line is taken as a
                # quarter of its length, and the rest is told at the end.
                step = min(len(line or b"") // (4 if path.suffix == ".gz" else 1), size - told)
                told += step
                advance(step)
        elif kind == "json":
            yield from _json(path)
        else:
            data = files.whole(path, files.LONGEST)
            yield {"text": _text, "markdown": _markdown, "html": _html}[kind or ""](data, str(path))
    except SourceError as error:
        yield Rejected(str(path), f"{error}.")
    advance(size - told)


def _line(path: Path, number: int, line: bytes | None) -> Article | Rejected:
    origin = f"{path}:{number}"
    if line is None:
        return Rejected(origin, f"the line is longer than {files.LONGEST:,} bytes.")
    try:
        return _record(json.loads(files.text(line)), origin)
    except json.JSONDecodeError as error:
        return Rejected(origin, f"the line is no JSON ({error.msg}, column {error.colno}).")
    except SourceError as error:
        return Rejected(origin, f"{error}.")


def _json(path: Path) -> Iterator[Article | Rejected]:
    try:
        data = json.loads(files.text(files.whole(path, files.LONGEST_JSON)))
    except json.JSONDecodeError as error:
        raise SourceError(f"the file is no JSON ({error.msg}, line {error.lineno})") from error
    if isinstance(data, dict) and isinstance(data.get("articles"), list):
        data = data["articles"]
    for number, item in enumerate(data if isinstance(data, list) else [data], 1):
        origin = f"{path}:{number}" if isinstance(data, list) else str(path)
        try:
            yield _record(item, origin)
        except SourceError as error:
            yield Rejected(origin, f"{error}.")


def _text(data: bytes, origin: str) -> Article:
    title, blocks = clean.scraped(files.text(data))
    return _article({"title": title}, blocks, origin, "text")


def _markdown(data: bytes, origin: str) -> Article:
    import frontmatter
    import yaml

    try:
        post = frontmatter.loads(files.text(data))
    except yaml.YAMLError as error:
        raise SourceError(f"its front matter is no YAML ({' '.join(str(error).split())})") from error
    blocks = clean.blocks(post.content)
    fields = dict(post.metadata)
    if blocks and blocks[0].startswith("# ") and not fields.get("title"):
        fields["title"] = blocks[0]
    return _article(fields, [clean.without_markup(b) for b in blocks], origin, "front matter")


def _html(data: bytes, origin: str) -> Article:
    import trafilatura

    found = trafilatura.bare_extraction(data, favor_precision=True, include_comments=False,
                                        with_metadata=True, deduplicate=False)  # fmt: skip
    if not isinstance(found, trafilatura.settings.Document) or not found.text:
        raise SourceError("no article was found in the page")
    authors = [name.strip() for name in (found.author or "").split(";") if name.strip()]
    fields = {"title": found.title, "url": found.url, "outlet": found.sitename,
              "published": found.date, "authors": authors}  # fmt: skip
    return _article(fields, files.tidy(found.text).split("\n"), origin, "html meta")


def _record(item: Any, origin: str) -> Article:
    if not isinstance(item, dict):
        raise SourceError(f"expected an object with title and text, got {json.dumps(item)[:40]}")
    text = item.get("text")
    if isinstance(text, list) and all(isinstance(part, str) for part in text):
        blocks = [files.tidy(part) for part in text]
    elif isinstance(text, str):
        blocks = clean.blocks(files.tidy(text))
    else:
        raise SourceError(f"its field text is {json.dumps(text)[:40]}; expected the article's text")
    return _article(item, blocks, origin, "json")


def _article(
    fields: Mapping[str, Any], blocks: Sequence[str], origin: str, source: str
) -> Article:
    title = " ".join(files.tidy(_string(fields, "title") or "").lstrip("# ").split())
    paragraphs = clean.paragraphs(blocks, title)
    if not paragraphs:
        raise SourceError("there is no text in it")
    if len(title) < 2:
        title = _shortened(paragraphs[0])
    url = clean.canonical(_string(fields, "url"))
    authors = fields.get("authors") or []
    if isinstance(authors, str):
        authors = [authors]
    if not isinstance(authors, list) or not all(isinstance(a, str) for a in authors):
        raise SourceError(f"its field authors is {authors!r}; expected a list of names")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Article(
        title=title, paragraphs=paragraphs, url=url,
        outlet=_string(fields, "outlet") or clean.host(url), authors=tuple(authors),
        published=timestamp(fields.get("published"), source),
        updated=timestamp(fields.get("updated"), source),
        fetched=Timestamp(now, "clock"), note=_string(fields, "note"), origin=origin,
    )  # fmt: skip


def _string(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is None or isinstance(value, str):
        return value.strip() or None if value else None
    if isinstance(value, (int, float, date)):
        return str(value)
    raise SourceError(f"its field {name} is {value!r}; expected a text")


def _shortened(text: str) -> str:
    if len(text) <= TITLE:
        return text
    return text[: TITLE - 1].rsplit(" ", 1)[0] + "…"


def timestamp(value: Any, source: str) -> Timestamp | None:
    """The day or the instant that `value` tells; None where it tells none, or the future.

    An instant without a zone is taken as UTC, and the source says so.
    """
    if isinstance(value, datetime):
        found: datetime | date | None = value
    elif isinstance(value, date):
        found = value
    else:
        found = _parsed(value) if isinstance(value, str) else None
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    if found is None:
        return None
    if not isinstance(found, datetime):
        return Timestamp(found.isoformat(), source) if found <= tomorrow else None
    if found.date() > tomorrow:
        return None
    if found.tzinfo is None:
        found, source = found.replace(tzinfo=UTC), f"{source}, zone assumed UTC"
    return Timestamp(found.isoformat(timespec="seconds"), source)


def _parsed(text: str) -> datetime | date | None:
    text = text.strip()
    try:
        return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
    except ValueError:
        pass
    import dateparser

    # Only what names day, month and year itself: a date is never made up from today's.
    settings = {"REQUIRE_PARTS": ["day", "month", "year"], "STRICT_PARSING": True}
    found = dateparser.parse(text, languages=["en"], settings=settings)
    return found.date() if found else None
