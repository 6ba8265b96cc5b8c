"""What a source says about an article, checked and made into the record."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote, urljoin, urlsplit
from zoneinfo import ZoneInfo

from rag.errors import SourceError
from rag.records import Article, Timestamp
from rag.sources import clean, corrections
from rag.sources.files import LONGEST

FIRST_YEAR = 1605
"""Of the first newspaper. An earlier date stands for a missing one, as 0001-01-01 often does."""
_EPOCH = (date(1970, 1, 1), datetime(1970, 1, 1, tzinfo=UTC))
"""Likewise: what a missing date becomes where dates are numbers, as a day and as an instant."""
_TIME = re.compile(r"\d:\d\d|\d ?[ap]\.?m\b", re.IGNORECASE)
_WEEK = re.compile(r"\d{4}-?W\d\d", re.IGNORECASE)
"""A whole week in ISO 8601, which Python takes for its Monday."""
_YEAR = re.compile(r"(?<!\d)(?:1[6-9]|20)\d\d(?!\d)")

# In summer and winter alike; dateparser takes them for winter's.
_US_ZONE = re.compile(r"\b([ECMP]T)\b")
_US_ZONES = {"ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver",
             "PT": "America/Los_Angeles"}  # fmt: skip

# courlan's clean_url is not used: it drops queries such as "?12345" and "?cid=…" with the trackers
# and takes an address within an address for the one meant, so that different articles become one.
_TRACKING = re.compile(
    r"(?:utm_\w+|mtm_\w+|(?:fb|g|gb|d|y|ys|tw|tt|ms)clid|gclsrc|[gw]braid|igshid|igsh|mc_[ce]id|mkt_tok"
    r"|li_fat_id|_ga|_gl|_hsenc|_hsmi|vero_id|oly_(?:enc|anon)_id)(?:=|$)",
    re.IGNORECASE,
)
# Hours of India, Ireland or Israel, of the Gulf or Guam: the day is all that is certain.
_MANY_ZONES = re.compile(r"\b(?:IST|GST)\b")
_HOST = re.compile(r"[\w.-]+|\[[\da-f:.]+\]")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def article(fields: Mapping[str, Any], blocks: Sequence[str], origin: str, source: str) -> Article:
    """The article of the blocks of text and of what the source says; other fields are ignored.

    `source` says where the dates stand that are no Timestamps yet. Raises SourceError where there
    is no text or too much, or where a field is of a wrong type.
    """
    if sum(map(len, blocks)) > LONGEST:
        raise SourceError(f"its text has more than {LONGEST:,} characters; split it up")
    lines = clean.kept(blocks)
    title = _line(fields, "title") or clean.headline(lines)
    paragraphs = clean.paragraphs(lines, title)
    if not paragraphs:
        raise SourceError("there is no text in it")
    url = canonical(_line(fields, "url"))
    stamps = {name: _stamp(fields, name, source) for name in ("published", "updated")}
    return Article(
        title=title,
        paragraphs=paragraphs,
        url=url,
        outlet=_line(fields, "outlet") or host(url),
        authors=_lines(fields, "authors"),
        published=stamps["published"],
        updated=stamps["updated"],
        fetched=Timestamp(datetime.now(UTC).isoformat(timespec="seconds"), "clock"),
        note=_line(fields, "note"),
        origin=origin,
        correction=_line(fields, "correction") or corrections.found(paragraphs),
        key=_line(fields, "key") or "",
        remark=_unread(fields, stamps),
    )


def _unread(fields: Mapping[str, Any], stamps: Mapping[str, Timestamp | None]) -> str:
    """What the source gives for a date and is none, in words."""
    given = ((name, fields.get(name)) for name, stamp in stamps.items() if not stamp)
    lost = " and ".join(f"{name} {str(value)[:40]!r}" for name, value in given if value)
    return f"{lost} names no day from {FIRST_YEAR} to today; left out." if lost else ""


def _stamp(fields: Mapping[str, Any], name: str, source: str) -> Timestamp | None:
    value = fields.get(name)
    return value if isinstance(value, Timestamp) else timestamp(_line(fields, name), source)


def _line(fields: Mapping[str, Any], name: str) -> str | None:
    """The field's text on one line; None for a missing or empty one."""
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise SourceError(f"its field {name} is a {type(value).__name__}; expected a text")
    return " ".join(clean.tidy(value).split()) or None if value else None


def _lines(fields: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = fields.get(name)
    if values is None or isinstance(values, str):
        values = [values]
    if not isinstance(values, list) or not all(isinstance(v, str | None) for v in values):
        raise SourceError(f"its field {name} is no list of texts")
    return tuple(text for value in values if (text := _line({name: value}, name)))


def timestamp(text: str | None, source: str) -> Timestamp | None:
    """The day or the instant that the text tells.

    An instant without a zone is taken as UTC, and the source says so. None for what names no day,
    month and year, may mean two days (03/04/2025), lies beyond tomorrow, or stands for "missing".
    """
    found = _parsed(text) if text else None
    if isinstance(found, datetime) and found.tzinfo is None:
        found, source = found.replace(tzinfo=UTC), f"{source}, zone assumed UTC"
    if found is None or found.year < FIRST_YEAR or found in _EPOCH:
        return None
    day = found.date() if isinstance(found, datetime) else found
    if day > datetime.now(UTC).date() + timedelta(days=1):
        return None
    instant = found.isoformat(timespec="seconds") if isinstance(found, datetime) else None
    return Timestamp(instant or day.isoformat(), source)


def _parsed(text: str) -> datetime | date | None:
    if _WEEK.fullmatch(text):
        return None
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            return read(text.upper())
        except ValueError:
            continue
    if len(text) > 60 or not _YEAR.search(text):
        return None
    import dateparser

    text, zone = _zoned(text)
    settings = {"REQUIRE_PARTS": ["day", "month", "year"], "PARSERS": ["absolute-time"]}
    orders = ("MDY", "DMY")
    read_as = {
        dateparser.parse(text, languages=["en"], settings={**settings, "DATE_ORDER": order})
        for order in orders
    }
    found: datetime | None = read_as.pop()
    if read_as or found is None:
        return None
    if not _TIME.search(text) or _MANY_ZONES.search(text):
        return found.date()
    return found.replace(tzinfo=ZoneInfo(zone)) if zone else found


def _zoned(text: str) -> tuple[str, str | None]:
    """The text without "ET" or the like, and the zone that it names."""
    found = _US_ZONE.search(text)
    return (_US_ZONE.sub("", text), _US_ZONES[found[1]]) if found else (text, None)


def canonical(url: str | None) -> str | None:
    """The address without what does not change the page: fragment, default port, tracking.

    None for what is no address of the web.
    """
    try:
        parts = urlsplit((url or "").strip())
        host, port = (parts.hostname or ""), parts.port
    except ValueError:
        return None
    host = f"[{host}]" if ":" in host else host
    if parts.scheme not in _DEFAULT_PORTS or not _HOST.fullmatch(host):
        return None
    place = host if port in (None, _DEFAULT_PORTS[parts.scheme]) else f"{host}:{port}"
    query = "&".join(p for p in parts.query.split("&") if not _TRACKING.match(p))
    path, query = (quote(part, safe="%/:=&?~+!$,;'@()*[]|") for part in (parts.path or "/", query))
    return f"{parts.scheme}://{place}{path}" + (f"?{query}" if query else "")


def joined(base: str, address: str) -> str:
    """The address as seen from the base; "" where it cannot be parsed, as http://[x cannot."""
    try:
        return urljoin(base, address)
    except ValueError:
        return ""


def host(url: str | None) -> str | None:
    """The host of an address, without "www."."""
    name = urlsplit(url).hostname if url else None
    return name.removeprefix("www.") if name else None


def same_site(one: str, other: str) -> bool:
    """True for addresses of one host, or of a host and one below it."""
    a, b = f".{host(one)}", f".{host(other)}"
    return a.endswith(b) or b.endswith(a)
