"""What a library remembers of its feeds.

It lies in the library and is stored after the articles that were read: whatever is cut short is
read again. An entry is read once, and again when the feed changes it. What was removed does not
come back, whatever feed leads to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from rag import copies
from rag.add import is_before
from rag.errors import SourceError
from rag.library import Library, article_key
from rag.records import Article, Rejected

_META = "feeds"
STALE = timedelta(days=1)
"""Feeds keep some days of entries: what is read once a day misses none."""


@dataclass(frozen=True, slots=True)
class EntryPage:
    """The page that an entry leads to. All of it is JSON; times are ISO 8601 in UTC."""

    url: str
    key: str | None = None
    """In the library; None where it could not be read."""
    first: str | None = None
    """When it was first read, or first failed to be; None where it was not tried."""
    last: str | None = None
    """When it was last tried."""
    stamps: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The times that the feed tells, each as text and source."""


@dataclass(frozen=True, slots=True)
class Feed:
    """What a library remembers of a feed. All of it is JSON."""

    url: str
    followed: bool = False
    """Whether `follow` reads it where no feed is named."""
    last_good: str | None = None
    """When it was last read, as ISO 8601 in UTC."""
    last_error: str | None = None
    """What went wrong since then."""
    entries: int = 0
    """Entries it had when it was last read anew."""
    failures: int = 0
    """Failures in a row of an overloaded server."""
    not_before: str | None = None
    """Until when `follow` leaves it alone, as ISO 8601 in UTC."""
    etag: str | None = None
    modified: str | None = None
    seen: dict[str, str] = field(default_factory=dict)
    """The entries it had, each with its state."""
    pages: dict[str, EntryPage] = field(default_factory=dict)
    """Of the entries that lead to pages."""
    alone: dict[str, str] = field(default_factory=dict)
    """Hosts that asked to be left alone, with until when, as they were known when it was last
    asked for; see `Web.alone`. They count for every feed."""


@dataclass(frozen=True, slots=True)
class PageArticle(Article):
    """An article as a page tells it that an entry leads to, and which may be a stub by now."""

    @classmethod
    def of(cls, article: Article) -> PageArticle:
        return cls(*(getattr(article, f.name) for f in fields(article)))


@dataclass(frozen=True, slots=True)
class Health:
    """How a followed feed is doing; the fields are those of `Feed`."""

    url: str
    last_good: str | None
    last_error: str | None
    entries: int
    not_before: str | None

    def __str__(self) -> str:
        error = f" ({self.last_error})" if self.last_error else ""
        wait = f", left alone until {self.not_before}" if self.not_before else ""
        return f"{self.url} was last read {self.last_good or 'never'}{error}{wait}"


def known(store: Library) -> dict[str, Feed]:
    """The feeds that the library remembers, by address."""
    stored = json.loads(store.meta(_META) or "[]")
    return {item["url"]: _feed(item) for item in stored}


def _feed(stored: dict[str, Any]) -> Feed:
    pages = {entry: EntryPage(**page) for entry, page in stored.get("pages", {}).items()}
    return Feed(**{**stored, "pages": pages})


def health(store: Library) -> tuple[Health, ...]:
    """How each feed that is followed was doing when it was last asked for."""
    names = [f.name for f in fields(Health)]
    followed = (feed for feed in known(store).values() if feed.followed)
    return tuple(Health(*(getattr(feed, name) for name in names)) for feed in followed)


def failing(store: Library) -> Iterator[str]:
    """The followed feeds that failed when last asked for, or were not read for a day, in words.

    One whose server is overloaded is left alone for a while; that is a fault only after a day.
    """
    before = (datetime.now(UTC) - STALE).isoformat()
    for feed in health(store):
        failed = feed.last_error and not feed.not_before
        if failed or (feed.last_good or "") < before:
            yield f"The feed {feed}; read it with: citewire follow --once --library {store.folder}"


def alone(feeds: Iterable[Feed]) -> dict[str, str]:
    """The hosts that asked to be left alone, whichever feed led to them, with until when."""
    return dict(sorted(told for feed in feeds for told in feed.alone.items()))  # the latest stays


def wanted(items: Iterable[Article | Rejected], store: Library) -> Iterator[Article | Rejected]:
    """What feeds led to, without the articles that somebody has removed.

    What is held stands in place of a page that has lost its text, with a remark that says so.
    """
    for item in items:
        if isinstance(item, Rejected):
            yield item
            continue
        key = article_key(item)
        is_again = isinstance(item, PageArticle) and store.fingerprint_of(key)
        held = store.article(key).article if is_again else None
        if held and _has_lost_its_text(item, held):
            said = "its page has lost most of the text that is held, which stays"
            remark = f"{said}; to replace it: citewire add {item.origin} --library {store.folder}"
            yield replace(held, key=key, origin=item.origin, remark=remark)
        elif not store.is_removed(key):
            yield item


def _has_lost_its_text(read: Article, held: Article) -> bool:
    """True for what a site puts in place of an article, such as a teaser or "not found".

    A text that was rewritten is told from it by a date or a correction that the page states; the
    feed's date says nothing of what the page sends.
    """
    is_dated = read.updated and not read.updated.source.startswith("feed")
    is_later = is_dated and is_before(held.updated or held.published, read.updated)
    if is_later or (read.correction and read.correction != held.correction):
        return False
    before, after = (copies.read(article.paragraphs, None) for article in (held, read))
    return not copies.stands(before, after)


def remember(store: Library, *feeds: Feed) -> None:
    """Stores what is known of the feeds; to be called while nobody else writes to the library.

    One that is followed stays so until somebody forgets it.
    """
    before = known(store)
    for feed in feeds:
        is_followed = feed.followed or (feed.url in before and before[feed.url].followed)
        before[feed.url] = replace(feed, followed=is_followed)
    _store(store, before)


def forget(store: Library, url: str) -> None:
    """Follows a feed no longer. Raises SourceError for one that is not known."""
    everything = known(store)
    if url not in everything:
        names = ", ".join(everything) or "none"
        raise SourceError(f"{url} is not a feed of this library; its feeds: {names}.")
    _store(store, {name: feed for name, feed in everything.items() if name != url})


def _store(store: Library, everything: dict[str, Feed]) -> None:
    store.set_meta({_META: json.dumps([asdict(f) for f in everything.values()])})
