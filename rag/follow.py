"""Addresses to articles: pages, feeds with the pages that they lead to, and files on the web."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from rag.errors import FetchError, SourceError
from rag.followed import Feed
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
then after as long as it is known, so that the pauses double."""

Held = Callable[[str], bool]
"""Whether the library holds an article of that key: what was removed does not come back."""
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
        found = _entries(page, web, feed, told) if page.is_new else Visit((), feed)
        return _again(found, web, held, now)
    except SourceError as error:
        rejected = Rejected(url, f"{error}.")
        return Visit((rejected,), _failed(before, error, now) if before else None)


def poll(
    urls: Sequence[str], settings: Settings, before: Mapping[str, Feed], held: Held,
    told: Told | None = None,
) -> Iterator[Visit]:  # fmt: skip
    """Visits each feed, as followed; where none is named, all that are. For one after the other.

    One whose server asked to be left alone is passed over until then.
    """
    web = Web(settings)
    now = datetime.now(UTC)
    for url in urls or [feed.url for feed in before.values() if feed.followed]:
        feed = replace(before.get(url, Feed(url)), followed=True)
        if feed.not_before and datetime.fromisoformat(feed.not_before) > now:
            reason = f"its server is left alone until {feed.not_before} ({feed.last_error})."
            yield Visit((Rejected(url, reason),))
            continue
        found = visit(url, web, held, feed, told)
        is_kept = url in before or (found.feed and found.feed.last_good)
        yield found if is_kept else replace(found, feed=None)


def visits(
    urls: Sequence[str], settings: Settings, before: Mapping[str, Feed], held: Held,
    told: Told | None = None,
) -> Iterator[Visit]:  # fmt: skip
    """What lies at each address, which may be that of a feed; one after the other."""
    web = Web(settings)
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
    feed = replace(feed, last_error=str(error))
    if not isinstance(error, FetchError) or not error.wait:
        return feed
    own = min(FIRST_WAIT * 2 ** min(feed.failures, 20), LONGEST_WAIT)
    until = now + max(own, timedelta(seconds=min(error.wait, 7 * 86400)))
    return replace(feed, failures=feed.failures + 1, not_before=until.isoformat(timespec="seconds"))


def _entries(page: Page, web: Web, feed: Feed, told: Told | None) -> Visit:
    entries = list(islice(feeds.entries(page), feeds.MOST + 1))
    items: list[Article | Rejected] = []
    if len(entries) > feeds.MOST:
        reason = f"the feed has more than {feeds.MOST} entries; only so many are read."
        items.append(Rejected(feed.url, reason))
        entries = entries[: feeds.MOST]
    seen: dict[str, str] = {}
    pages = {e.id: feed.pages[e.id] for e in entries if e.id in feed.pages}
    for number, entry in enumerate(entries, 1):
        done = True
        if feed.seen.get(entry.id) != entry.state:
            try:
                article = entry.article(page.url)
                if article is None:
                    article = _linked(entry, web)
                    pages[entry.id] = _visited(entry, article)
                items.append(article)
            except SourceError as error:
                items.append(Rejected(entry.url or f"{feed.url} ({entry.id})", f"{error}."))
                done = not (isinstance(error, FetchError) and error.passes)
        if done:
            seen[entry.id] = entry.state
        if told:
            told(number, len(entries))
    # Asked whether it is new, the server would say no and the entries that failed never come.
    whole = len(seen) == len({entry.id for entry in entries})
    feed = replace(
        feed, entries=len(entries), seen=seen, pages=pages,
        etag=page.etag if whole else None, modified=page.modified if whole else None,
    )  # fmt: skip
    return Visit(tuple(items), feed)


def _linked(entry: feeds.Entry, web: Web) -> Article:
    if not entry.url:
        raise SourceError("the entry has neither an address nor a whole article")
    return _fetched(entry.url, web, entry.stamps)


def _fetched(url: str, web: Web, stamps: Mapping[str, Timestamp]) -> Article:
    page = web.get(url)
    if _kind(page) != "html" or feeds.is_feed(page):
        raise SourceError(f"it is no page but {page.kind or 'of an unknown kind'}")
    return _page(page, url, dict(stamps))


def _visited(entry: feeds.Entry, article: Article) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    stamps = {name: [stamp.text, stamp.source] for name, stamp in entry.stamps.items()}
    return {"url": entry.url, "key": article_key(article), "first": now, "last": now,
            "stamps": stamps}  # fmt: skip


def _again(found: Visit, web: Web, held: Held, now: datetime) -> Visit:
    """What was found, and what the pages of entries say that were read some time ago."""
    assert found.feed
    items, pages = list(found.items), dict(found.feed.pages)
    for name, known in pages.items():
        first, last = (datetime.fromisoformat(known[when]) for when in ("first", "last"))
        if now - last >= max(AGAIN, last - first) and held(known["key"]):
            stamps = {field: Timestamp(*stamp) for field, stamp in known["stamps"].items()}
            with suppress(SourceError):  # the library holds it as it was
                items.append(_fetched(known["url"], web, stamps))
            pages[name] = {**known, "last": now.isoformat(timespec="seconds")}
    return Visit(tuple(items), replace(found.feed, pages=pages))


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
    if not page.content.strip():
        raise SourceError("it is empty")
    found, lines = html.page(files.decoded(page.content, charset), page.url, stamps)
    return fields.article(found, lines, origin, "html")


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
