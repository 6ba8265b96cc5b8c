"""Addresses to articles: pages, feeds with the pages that they lead to, and files on the web."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from rag.errors import FetchError, SourceError
from rag.followed import EntryPage, Feed, PageArticle, alone
from rag.library import article_key
from rag.records import Article, Rejected, Timestamp
from rag.settings import Settings
from rag.sources import feeds, fields, files, formats, html
from rag.sources.web import Page, Web

LONGEST_WAIT = timedelta(hours=6)
"""Up to which a feed whose server keeps failing is left alone."""
FIRST_WAIT = timedelta(minutes=1)
"""After the first failure of a feed's server; doubled with each one that follows."""
_KINDS = {"text/plain": "text", "text/markdown": "markdown"}

AGAIN = timedelta(hours=1)
"""After which the page of an entry is looked at again, for a correction seldom changes the feed;
then after as long as it is known, so that the pauses double. One that could not be read is tried in
the next round, for it may come after its entry, and then after as long as it has been failing."""

Held = Callable[[str], bool]
"""Whether the library holds an article of that key: the page of one that was removed is not read
again."""
Told = Callable[[int, int], None]
"""Called with the number of addresses that were read and the number there are."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What was found at an address."""

    items: tuple[Article | Rejected, ...]
    feed: Feed | None = None
    """What to remember after the items are stored; None where it is no feed."""


def visit(
    url: str, web: Web, held: Held, before: Feed | None = None, told: Told | None = None
) -> Visit:
    """The articles at an address: of a page, of a feed's entries, or of a file that `add` reads.

    What cannot be had becomes a Rejected with its address; one entry stops no other. `before` is
    what is remembered of the address, where it is a feed. robots.txt is heeded for all but the
    address itself, and for that, too, where it is a feed that is followed.
    """
    now = datetime.now(UTC)
    polite = before is not None and before.followed
    etag, modified = (before.etag, before.modified) if before else (None, None)
    try:
        page = web.get(url, polite=polite, etag=etag, modified=modified)
        if page.is_new and not feeds.is_feed(page):
            if polite:
                raise SourceError(f"it is no feed{_hint(page)}")
            return Visit(tuple(_articles(page, url)))
        feed = replace(
            before or Feed(url), last_good=now.isoformat(timespec="seconds"), last_error=None,
            failures=0, not_before=None,
        )  # fmt: skip
        found = _entries(page, feed, held) if page.is_new else Visit((), feed)
        return _with_pages(found, web, held, told)
    except SourceError as error:
        rejected = Rejected(url, f"{error}.")
        failed = replace(_failed(before, error, now), alone=web.alone()) if before else None
        return Visit((rejected,), failed)


def poll(
    urls: Sequence[str], settings: Settings, before: Mapping[str, Feed], held: Held,
    told: Told | None = None,
) -> Iterator[Visit]:  # fmt: skip
    """Visits each feed, as followed; where none is named, all that are. For one after the other.

    One whose server asked to be left alone is passed over until then.
    """
    web = Web(settings, alone(before.values()))
    now = datetime.now(UTC)
    for url in dict.fromkeys(urls) or [feed.url for feed in before.values() if feed.followed]:
        feed = replace(before.get(url, Feed(url)), followed=True)
        if feed.not_before and datetime.fromisoformat(feed.not_before) > now:
            reason = f"its server is left alone until {feed.not_before} ({feed.last_error})."
            yield Visit((Rejected(url, reason),))
            continue
        found = visit(url, web, held, feed, told)
        if found.feed and not found.feed.last_good:
            # What was never read is no feed to follow, but its server may ask to be left alone.
            feed = replace(found.feed, followed=False)
            found = replace(found, feed=feed if feed.not_before else None)
        yield found


def visits(
    urls: Sequence[str], settings: Settings, before: Mapping[str, Feed], held: Held,
    told: Told | None = None,
) -> Iterator[Visit]:  # fmt: skip
    """What lies at each address, which may be that of a feed; one after the other."""
    web = Web(settings, alone(before.values()))
    for url in dict.fromkeys(urls):
        yield visit(url, web, held, before.get(url), told)


def _hint(page: Page) -> str:
    """Which feed a page names that is none itself."""
    text = files.decoded(page.content, html.charset(page.content, page.charset))
    named = html.feed(text, page.url)
    return (
        f"; the page names this one: {named}" if named else "; add a single page with: citewire add"
    )


def _failed(feed: Feed, error: SourceError, now: datetime) -> Feed:
    until = _until(error, now, min(FIRST_WAIT * 2 ** min(feed.failures, 20), LONGEST_WAIT))
    failures = feed.failures + 1 if until else 0
    return replace(feed, last_error=str(error), failures=failures, not_before=until)


def _until(error: SourceError, now: datetime, least: timedelta) -> str | None:
    """Until when a server that asks for it is left alone, as ISO 8601 in UTC."""
    if not isinstance(error, FetchError) or not error.wait:
        return None
    wait = max(least, timedelta(seconds=error.wait))
    return (now + wait).isoformat(timespec="seconds")


def _entries(page: Page, feed: Feed, held: Held) -> Visit:
    """What the feed itself says. Pages that its new and changed entries lead to are due at once."""
    entries = list(islice(feeds.entries(page), feeds.MOST + 1))
    items: list[Article | Rejected] = []
    if len(entries) > feeds.MOST:
        entries.pop()
        if feed.entries < feeds.MOST:  # later rounds say no more of it
            reason = f"the feed has more than {feeds.MOST} entries; only so many are read."
            items.append(Rejected(feed.url, reason))
    pages = {e.id: feed.pages[e.id] for e in entries if e.id in feed.pages}
    for entry in entries:
        if feed.seen.get(entry.id) == entry.state or _is_removed(pages.get(entry.id), entry, held):
            continue
        try:
            article = entry.article(page.url)
        except SourceError as error:
            items.append(Rejected(entry.url or f"{feed.url} ({entry.id})", f"{error}."))
            continue
        if article:
            items.append(article)
            pages.pop(entry.id, None)
        elif entry.url:
            stamps = {name: (s.text, s.source) for name, s in entry.stamps.items()}
            pages[entry.id] = EntryPage(entry.url, stamps=stamps)
        else:
            reason = "the entry has neither an address nor a text."
            items.append(Rejected(f"{feed.url} ({entry.id})", reason))
    seen = {entry.id: entry.state for entry in entries}
    feed = replace(feed, entries=len(entries), seen=seen, pages=pages,
                   etag=page.etag, modified=page.modified)  # fmt: skip
    return Visit(tuple(items), feed)


def _is_removed(page: EntryPage | None, entry: feeds.Entry, held: Held) -> bool:
    """True if the entry's page was read and is no longer held; it is not even asked for."""
    return bool(page and page.key and page.url == entry.url and not held(page.key))


def _with_pages(found: Visit, web: Web, held: Held, told: Told | None) -> Visit:
    """What was found, and what those pages of entries say that are due.

    Those of a host that refuses for load are left for a later round.
    """
    assert found.feed
    items, pages = list(found.items), dict(found.feed.pages)
    now = datetime.now(UTC)
    due = [name for name, page in pages.items() if _is_due(page, held, now)]
    for number, name in enumerate(due, 1):
        page = pages[name]
        when = datetime.now(UTC).isoformat(timespec="seconds")
        first = page.first or when
        try:
            if web.refuses(page.url):
                continue
            article = _fetched(page.url, web, page.stamps)
            since = first if page.key else when
            pages[name] = replace(page, key=article_key(article), first=since, last=when)
            items.append(article)
        except SourceError as error:
            pages[name] = replace(page, first=first, last=when)
            if not page.last:  # later rounds say no more of it
                items.append(Rejected(page.url, f"{error}; a later round tries again."))
        finally:
            if told:
                told(number, len(due))
    return Visit(tuple(items), replace(found.feed, pages=pages, alone=web.alone()))


def _is_due(page: EntryPage, held: Held, now: datetime) -> bool:
    if not (page.first and page.last):
        return True
    first, last = map(datetime.fromisoformat, (page.first, page.last))
    if not page.key:
        return now - last >= last - first
    return now - last >= max(AGAIN, last - first) and held(page.key)


def _fetched(url: str, web: Web, stamps: Mapping[str, Sequence[str]]) -> Article:
    page = web.get(url)
    if _kind(page) != "html" or feeds.is_feed(page):
        raise SourceError(f"it is no page but {page.kind or 'of an unknown kind'}")
    found = _page(page, url, {name: Timestamp(*stamp) for name, stamp in stamps.items()})
    return PageArticle.of(found)


def _articles(page: Page, origin: str) -> Iterator[Article | Rejected]:
    kind = _kind(page)
    if kind is None:
        raise SourceError(f"it is {page.kind or 'of an unknown kind'}, which is not read")
    if kind == "html":
        yield _page(page, origin, {})
        return
    address = fields.canonical(page.url)
    for item in formats.of_bytes(kind, page.content, origin):
        if isinstance(item, Article) and not item.url and kind in ("text", "markdown"):
            item = replace(item, url=address, outlet=item.outlet or fields.host(address))
        yield item


def _page(page: Page, origin: str, stamps: dict[str, Any]) -> Article:
    charset = html.charset(page.content, page.charset)
    if _is_front(page.url) and not _is_front(origin):
        raise SourceError("it leads to the front page of its site, as what was deleted often does")
    if not page.content.strip():
        raise SourceError("it is empty")
    found, lines = html.page(files.decoded(page.content, charset), page.url, stamps)
    return fields.article(found, lines, origin, "html")


def _is_front(url: str) -> bool:
    parts = urlsplit(url)
    return parts.path in ("", "/") and not parts.query


def _kind(page: Page) -> str | None:
    """How to read a page, by what the server says it is, and where it says nothing by its look."""
    kind, start = page.kind, page.content.lstrip()[:1]
    if "html" in kind or (not kind and start == b"<"):
        return "html"
    if kind.endswith(("/json", "+json")) or (not kind and start in (b"{", b"[")):
        return "json"
    if kind in ("application/x-ndjson", "application/jsonl"):
        return "jsonl"
    return _KINDS.get(kind)
