"""Pages of the web, fetched politely and within bounds."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version

import httpcore2
import httpx2
from protego import Protego

from rag.errors import FetchError
from rag.settings import Settings
from rag.sources.network import Guard, Transport

AGENT = f"Citewire/{version('citewire')}"
LARGEST = 10_000_000
"""Bytes of a page or feed, unpacked. News pages have some 500,000, feeds up to 2,000,000."""
LARGEST_ROBOTS = 512_000
"""Bytes that are read of a robots.txt; RFC 9309 asks for no less."""
REDIRECTS = 5
"""Redirects in a row, as RFC 9309 asks for and more than sites use."""
ATTEMPTS = 3
"""Requests for one page where the server is overloaded or out of order."""
PATIENCE = 60.0
"""Seconds up to which a server's wish to be left alone is waited for rather than given up."""
LONGEST = 7 * 86400.0
"""Seconds up to which a server's wish to be left alone is heeded."""
_BUSY = {429, 503}
"""These are said of a whole host, the others of `_OVERLOADED` perhaps of one page only."""
_OVERLOADED = {500, 502, 504} | _BUSY
_MOVED = {301, 302, 303, 307, 308}


@dataclass(frozen=True, slots=True)
class Page:
    """What a server sent."""

    url: str
    """Where it lies, after redirects."""
    content: bytes
    """Unpacked. Empty where `is_new` is false."""
    is_new: bool
    """False where the server says that it has not changed (304)."""
    kind: str
    """Media type, such as "text/html"; "" where the server does not say."""
    charset: str | None
    etag: str | None
    modified: str | None
    """Its Last-Modified as the server wrote it."""


class Web:
    """Fetches pages: one at a time, with a pause between two from one host. For one thread."""

    def __init__(self, settings: Settings, alone: Mapping[str, str]) -> None:
        """`alone`: the hosts that asked for it before, as `Web.alone` told them."""
        self._settings = settings
        self._guard = Guard(settings.fetch_private)
        self._client = httpx2.Client(
            transport=Transport(self._guard), headers={"User-Agent": AGENT}, trust_env=False
        )
        self._robots: dict[str, Protego | FetchError] = {}
        now, clock = datetime.now(UTC), time.monotonic()
        self._free = {
            host: clock + (datetime.fromisoformat(until) - now).total_seconds()
            for host, until in alone.items()
        }
        """From when on each host may be asked again, on the monotonic clock."""
        self._busy: set[str] = set()
        """Hosts that refused a page for load at each attempt."""

    def alone(self) -> dict[str, str]:
        """Hosts that ask to be left alone for longer than is waited for, and until when each does.

        As ISO 8601 in UTC.
        """
        now = datetime.now(UTC)
        waits = {host: self._wait(host) for host in self._free}
        return {
            host: (now + timedelta(seconds=wait)).isoformat(timespec="seconds")
            for host, wait in waits.items()
            if wait > PATIENCE
        }

    def refuses(self, url: str) -> bool:
        """True if the address is of a host that has refused for load and is to be left alone."""
        host = _address(url).host
        return host in self._busy or self._wait(host) > PATIENCE

    def get(
        self, url: str, *, polite: bool = True, etag: str | None = None, modified: str | None = None
    ) -> Page:
        """The page at an address. Raises FetchError, in one line, where there is none.

        `polite`: heed robots.txt. What somebody named is fetched as a browser would, without.
        `etag` and `modified`: of the copy that is there already; see `Page.is_new`.
        """
        known = {"If-None-Match": etag, "If-Modified-Since": modified}
        # What a server sent need not be what a request may hold.
        headers = {name: value for name, value in known.items() if value and value.isascii()}
        for attempt in range(ATTEMPTS):
            try:
                return self._fetch(url, headers, polite, attempt=attempt)
            except FetchError as error:
                if not 0 < error.wait <= PATIENCE or attempt == ATTEMPTS - 1:
                    raise
        raise AssertionError

    def _fetch(
        self, url: str, headers: dict[str, str], polite: bool, *,
        first: int | None = None, attempt: int = 0,
    ) -> Page:  # fmt: skip
        """One attempt, redirects included; the `first` bytes, where not all are needed."""
        seen: list[str] = []
        while True:
            place = _address(url)
            if str(place) in seen:
                raise FetchError("its redirects go round in a circle")
            if len(seen) > REDIRECTS:
                raise FetchError(f"it is redirected more than {REDIRECTS} times")
            if polite:
                self._heed(place, attempt)
            self._pause(place)
            self._guard.deadline = time.monotonic() + self._settings.fetch_timeout
            seen.append(str(place))
            try:
                with self._client.stream("GET", place, headers=headers) as response:
                    if response.status_code in _MOVED and "location" in response.headers:
                        url = str(place.join(response.headers["location"]))
                        continue
                    return _page(response, self._refusal(response, attempt), first)
            except (httpx2.TimeoutException, httpcore2.TimeoutException) as error:
                limit = self._settings.fetch_timeout
                message = f"it did not arrive within {limit:g} seconds; see CITEWIRE_FETCH_TIMEOUT"
                raise FetchError(message, passes=True) from error
            except (httpx2.TransportError, httpcore2.NetworkError) as error:
                message = f"the host cannot be reached ({_said(error)})"
                raise FetchError(message, passes=True) from error
            except (httpx2.HTTPError, httpx2.InvalidURL, httpcore2.ProtocolError) as error:
                raise FetchError(f"the server's answer is broken ({_said(error)})") from error

    def _refusal(self, response: httpx2.Response, attempt: int) -> FetchError | None:
        """What is wrong with an answer; a host that is overloaded is left alone for a while."""
        status = response.status_code
        if status in (200, 304):
            return None
        message = f"the server answers {status} {response.reason_phrase}".strip()
        if status not in _OVERLOADED:
            return FetchError(message, status=status)
        own = self._settings.fetch_delay * 2 ** (attempt + 1)
        wait = min(LONGEST, max(own, _seconds(response.headers.get("retry-after", ""))))
        self._free[response.url.host] = time.monotonic() + wait
        if status in _BUSY and attempt == ATTEMPTS - 1:
            self._busy.add(response.url.host)
        return FetchError(message, passes=True, wait=wait, status=status)

    def _wait(self, host: str) -> float:
        """Seconds until the host may be asked again; less than 0 where it may be."""
        now = time.monotonic()
        return self._free.get(host, now) - now

    def _pause(self, url: httpx2.URL) -> None:
        """Waits until the host may be asked again."""
        host = url.host
        wait = self._wait(host)
        if wait > PATIENCE:
            message = f"{host} asks to be left alone for {wait:.0f} seconds"
            raise FetchError(message, passes=True, wait=wait)
        if wait > 0:
            time.sleep(wait)
        rules = self._robots.get(_origin(url))
        asked = (rules.crawl_delay(AGENT) if isinstance(rules, Protego) else None) or 0.0
        delay = max(self._settings.fetch_delay, min(float(asked), PATIENCE))
        self._free[host] = time.monotonic() + delay

    def _heed(self, url: httpx2.URL, attempt: int) -> None:
        """Raises FetchError where the site's robots.txt forbids the page to programs."""
        origin = _origin(url)
        rules = self._robots.get(origin)
        if rules is None or (attempt and isinstance(rules, FetchError)):
            rules = self._robots[origin] = self._rules(origin, attempt)
        if isinstance(rules, FetchError):
            message = f"{origin}/robots.txt cannot be had: {rules}"
            raise FetchError(message, passes=True, wait=rules.wait) from rules
        if not rules.can_fetch(str(url), AGENT):
            raise FetchError("the site's robots.txt forbids it to programs")

    def _rules(self, origin: str, attempt: int) -> Protego | FetchError:
        """The site's rules, or why they cannot be had, which is a prohibition (RFC 9309).

        Where the server says that there are none, everything is allowed.
        """
        try:
            page = self._fetch(
                f"{origin}/robots.txt", {}, polite=False, first=LARGEST_ROBOTS, attempt=attempt
            )
        except FetchError as error:
            if 400 <= error.status < 500 and not error.passes:
                return Protego.parse("")
            # Asked for again by the page that is waited for, and for no other.
            last = attempt == ATTEMPTS - 1
            return FetchError(str(error), passes=True, wait=0.0 if last else error.wait)
        return Protego.parse(page.content.decode("utf-8-sig", "replace"))


def _address(url: str) -> httpx2.URL:
    try:
        place = httpx2.URL(url)
    except (httpx2.InvalidURL, ValueError) as error:
        raise FetchError("it is no address of the web") from error
    if place.scheme not in ("http", "https") or not place.host:
        raise FetchError(f"only http and https are fetched, and this is {str(place)[:100]!r}")
    return place.copy_with(fragment=None)


def _origin(url: httpx2.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _page(response: httpx2.Response, refusal: FetchError | None, first: int | None) -> Page:
    if refusal:
        raise refusal
    content = bytearray()
    for part in response.iter_bytes():
        content += part
        if first and len(content) >= first:
            break
        if len(content) > LARGEST:
            raise FetchError(f"it has more than {LARGEST:,} bytes")
    return Page(
        url=str(response.url),
        content=bytes(content[:first]),
        is_new=response.status_code != 304,
        kind=response.headers.get("content-type", "").partition(";")[0].strip().lower(),
        charset=response.charset_encoding,
        etag=response.headers.get("etag"),
        modified=response.headers.get("last-modified"),
    )


def _seconds(text: str) -> float:
    """Of a Retry-After, which is a number of seconds or a date; 0.0 for none."""
    if text.strip().isdecimal():
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
