"""ninjs, the JSON in which news agencies send their items (IPTC, versions 1 to 3).

The versions differ in how they name and nest things: `body_html` became one of `bodies`,
`versioncreated` became `versionCreated`. Names are compared in small letters, and both ways to nest
are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rag.errors import SourceError, WithdrawnError
from rag.records import Timestamp
from rag.sources import clean, corrections, html
from rag.sources.fields import canonical, timestamp

_SIGNS = {"versioncreated", "firstcreated", "contentcreated", "headlines", "bodies", "headline",
          "pubstatus", "representationtype"}  # fmt: skip
_MARKUP = re.compile(r"<(?:p|div|section|br|h\d)\b", re.IGNORECASE)
_NO_BODY = {"caption", "summary", "teaser", "lead"}
_BY = re.compile(r"^(?:by|von|par|por|av|af|di)\s+", re.IGNORECASE)
_AND = re.compile(r",\s*|\s+(?:and|und|et|y|og|och|&)\s+")


def is_ninjs(item: Any) -> bool:
    """True for an object with a `uri`, which ninjs requires, and another of its names."""
    if not isinstance(item, dict) or not isinstance(item.get("uri"), str) or "text" in item:
        return False
    names = set(map(str.lower, item))
    return bool(names & _SIGNS) or any(n.startswith(("body_", "headline_")) for n in names)


def read(item: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The fields of an item's article, named as in our JSON, and its blocks of text.

    `firstcreated` is its publication and `versioncreated` its update; where there is only the
    latter, it is the publication of a first version and else the update. Raises SourceError for an
    item under embargo, WithdrawnError for one that its agency has withdrawn or withheld.
    """
    uri = item["uri"].strip()
    item = {name.lower(): value for name, value in item.items()}
    status = item.get("pubstatus") or "usable"
    if str(status).lower() != "usable":
        raise WithdrawnError(
            f"it was withdrawn: its agency says pubstatus {str(status)[:40]!r}",
            canonical(uri) or uri,
            _stamp(item, "versioncreated"),
        )
    if until := item.get("embargoed"):
        _check_embargo(str(until)[:40])
    first, this = (_stamp(item, name) for name in ("firstcreated", "versioncreated"))
    is_first = first is None and str(item.get("version") or "1") == "1"
    note = item.get("ednote")
    outlet = _outlet(item)
    return {
        "url": uri,
        "key": None if canonical(uri) else uri,
        "title": _text(item, "headline", "headlines"),
        "outlet": outlet,
        "authors": [name for name in _authors(item) if name != outlet],
        "published": this if is_first else first,
        "updated": None if is_first or this == first else this,
        "correction": corrections.found([note]) if isinstance(note, str) else None,
    }, _blocks(item)


def _check_embargo(until: str) -> None:
    """Raises SourceError before that time, and where it is none: better late than too early."""
    try:
        end = datetime.fromisoformat(until)
    except ValueError as error:
        raise SourceError(f"its embargo ends at {until!r}, which is no time") from error
    if datetime.now(UTC) < (end if end.tzinfo else end.replace(tzinfo=UTC)):
        raise SourceError(f"it is embargoed until {until}; add it again after that")


def _stamp(item: Mapping[str, Any], name: str) -> Timestamp | None:
    text = item.get(name)
    return timestamp(text, f"ninjs {name}") if isinstance(text, str) else None


def _outlet(item: Mapping[str, Any]) -> str | None:
    sources = item.get("infosources") or item.get("infosource")
    listed = sources if isinstance(sources, list) else []
    named = [s.get("name") for s in listed if isinstance(s, dict)]
    found = [*named, item.get("copyrightholder")]
    return next((name for name in found if isinstance(name, str) and name), None)


def _authors(item: Mapping[str, Any]) -> list[str]:
    line = item.get("byline") or item.get("by") or ""
    return [name for name in _AND.split(_BY.sub("", line)) if name] if isinstance(line, str) else []


def _texts(item: Mapping[str, Any], one: str, several: str) -> list[tuple[str, str]]:
    """Role and value of each text under a name: `body_html` of version 1, `bodies` of 2 and 3."""
    found = [
        (name.partition("_")[2], value)
        for name, value in item.items()
        if name == one or name.startswith(f"{one}_")
    ]
    listed: Sequence[Any] = item.get(several) or []
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, dict):
            entry = {name.lower(): value for name, value in entry.items()}
            found.append((str(entry.get("role") or ""), entry.get("value")))
    return [(role.lower(), value) for role, value in found if isinstance(value, str) and value]


def _text(item: Mapping[str, Any], one: str, several: str) -> str | None:
    """The text in the role "main", else the first."""
    texts = _texts(item, one, several)
    text = next((t for role, t in texts if role in ("", "main")), texts[0][1] if texts else None)
    return " ".join(html.lines(text)) if text and "<" in text else text


def _blocks(item: Mapping[str, Any]) -> list[str]:
    """The blocks of the body: the one with markup, which has its paragraphs, else the longest."""
    bodies = [text for role, text in _texts(item, "body", "bodies") if role not in _NO_BODY]
    if not bodies:
        raise SourceError("it is a ninjs item without a body of text")
    marked = [text for text in bodies if _MARKUP.search(text)]
    if marked:
        return html.lines(max(marked, key=len))
    return clean.blocks(clean.tidy(max(bodies, key=len)))
