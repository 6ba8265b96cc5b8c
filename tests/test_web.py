"""Pages and feeds of the web, from a real server on loopback."""

import gzip
import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from web_server import Answer, Request, Site, running

from rag import AddReport, Newsroom, Settings, followed
from rag.backup import restore
from rag.cli import main
from rag.errors import LibraryReadOnly, SourceError
from rag.library import Library
from rag.sources import feeds, network

PAGE = """<!doctype html><html><head><title>{title}</title>
<meta property="og:site_name" content="Ellery Herald">{head}</head><body>
<nav><a href="/">Home</a></nav><article><h1>{title}</h1>{byline}
<p>{text}</p><p>Captain Ruth Ansel said on Monday that the engine room had been flooded for hours
before anybody on the bridge was told.</p></article></body></html>"""


def page(title: str, text: str, head: str = "", byline: str = "") -> str:
    return PAGE.format(title=title, text=text, head=head, byline=byline)


FERRY = page(
    "Ferry sinks off Port Ellery",
    "The ferry Queen Maud sank off Port Ellery on Friday night, and all 214 people aboard were "
    "rescued by lifeboats.",
)


def rss(*items: str, title: str = "Ellery Herald") -> str:
    return (
        '<?xml version="1.0"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel><title>{title}</title>{''.join(items)}</channel></rss>"
    )


def item(site: Site, path: str, more: str = "") -> str:
    return (
        f"<item><title>Story {path}</title><link>{site.url(path)}</link>"
        f"<guid>{path}</guid><pubDate>Sat, 01 Mar 2025 08:00:00 +0100</pubDate>{more}</item>"
    )


@pytest.fixture
def site() -> Iterator[Site]:
    with running() as site:
        yield site


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    settings = Settings(fetch_private=True, fetch_delay=0.001, fetch_timeout=5.0)
    return Newsroom.open(tmp_path / "library", settings=settings)


def reason(report: AddReport) -> str:
    """Why the only thing that was added was rejected; in one line."""
    (rejected,) = report.rejected
    assert not report.added and "\n" not in rejected.reason and len(rejected.reason) < 300
    return rejected.reason


def polled(room: Newsroom, *feeds: str) -> AddReport:
    (report,) = room.follow(*feeds)
    return report


# One page


def test_a_page_is_read_and_cited_by_its_address(room: Newsroom, site: Site) -> None:
    site.pages["/ferry"] = FERRY
    report = room.add(site.url("/ferry?utm_source=mail#top"))
    assert report.added == (site.url("/ferry"),)
    answer = room.ask("How many people were rescued from the ferry Queen Maud?")
    assert answer.citations[0].url == site.url("/ferry")
    assert answer.citations[0].outlet == "Ellery Herald"
    article = room.article(site.url("/ferry")).article
    assert article.published is None and article.updated is None
    assert article.fetched and article.fetched.source == "clock"
    assert room.add(site.url("/ferry")).unchanged == (site.url("/ferry"),)
    assert "/robots.txt" not in site.asked  # one named page is no crawling


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_lead_to_the_address_that_is_kept(
    status: int, room: Newsroom, site: Site
) -> None:
    site.pages["/old"] = lambda r: r.send(b"", status=status, Location="/new")
    site.pages["/new"] = FERRY
    assert room.add(site.url("/old")).added == (site.url("/new"),)


def test_a_canonical_address_counts_on_its_own_site_only(room: Newsroom, site: Site) -> None:
    for at, (named, kept) in enumerate(
        [
            ("/real", "/real"),
            (site.url("/real2?utm_medium=x"), "/real2"),
            ("https://post.example/theirs", "/page2"),
            (site.url("/"), "/page3"),
        ]
    ):
        head = f'<link rel="canonical" href="{named}">'
        site.pages[f"/page{at}"] = page(f"Story number {at}", f"Number {at} is told. " * 9, head)
        assert room.add(site.url(f"/page{at}")).added == (site.url(kept),)


@pytest.mark.parametrize(
    "head",
    [
        '<meta property="og:url" content="http://[bad">',
        '<link rel="canonical" href="https://[::1">',
        '<script type="application/ld+json">{"@type": "NewsArticle", "@id": "http://[x"}</script>',
    ],
)
def test_a_page_may_name_an_address_that_is_none(head: str, room: Newsroom, site: Site) -> None:
    site.pages["/ferry"] = FERRY.replace("</head>", f"{head}</head>")
    assert room.add(site.url("/ferry")).added == (site.url("/ferry"),)


def test_other_kinds_of_files(room: Newsroom, site: Site) -> None:
    story = {
        "title": "Frost in May",
        "text": "Frost ruined the cherries.",
        "url": "https://e.example/f",
    }
    site.pages["/a.json"] = lambda r: r.send(json.dumps(story), kind="application/json")
    site.pages["/b.txt"] = lambda r: r.send(
        "Mill burns\n\nThe mill burned down.", kind="text/plain"
    )
    site.pages["/c.pdf"] = lambda r: r.send(b"%PDF-1.7", kind="application/pdf")
    report = room.add(*(site.url(f"/{name}") for name in ("a.json", "b.txt", "c.pdf")))
    assert report.added == ("https://e.example/f", site.url("/b.txt"))
    assert report.rejected[0].reason == "it is application/pdf, which is not read."


WORDS = "The café “Chez Zoë” paid £4,000 to the mayor’s office on Monday, said the council’s clerk."


@pytest.mark.parametrize(
    ("encoding", "header", "meta"),
    [
        ("utf-8", "text/html", ""),
        ("utf-8", "text/html; charset=iso-8859-1", ""),
        ("cp1252", "text/html; charset=utf-8", ""),
        ("cp1252", "text/html; charset=base64", ""),
        ("cp1252", "text/html", '<meta charset="iso-8859-1">'),
        ("utf-16", "text/html", ""),
        ("mac-roman", "text/html; charset=macintosh", ""),
    ],
)
def test_encodings(encoding: str, header: str, meta: str, room: Newsroom, site: Site) -> None:
    text = page("A gift to the mayor", WORDS, meta)
    site.pages["/a"] = lambda r: r.send(text.encode(encoding), kind=header)
    (key,) = room.add(site.url("/a")).added
    if encoding != "mac-roman":  # not one of the encodings that pages have
        assert WORDS in room.article(key).article.paragraphs


def test_a_packed_page(room: Newsroom, site: Site) -> None:
    site.pages["/a"] = lambda r: r.send(
        gzip.compress(FERRY.encode()), kind="text/html", Content_Encoding="gzip"
    )
    assert room.add(site.url("/a")).added


# What goes wrong


def drip(request: Request) -> None:
    request.send_response(200)
    request.end_headers()
    for _ in range(200):
        request.wfile.write(b" ")
        time.sleep(0.05)


def drip_headers(request: Request) -> None:
    request.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for at in range(200):
        request.wfile.write(f"X-{at}: 1\r\n".encode())
        time.sleep(0.05)


def endless(request: Request) -> None:
    request.send_response(200)
    request.send_header("Content-Type", "text/html")
    request.end_headers()
    while True:
        request.wfile.write(b"<p>More of it.</p>" * 1000)


BOMB = gzip.compress(bytes(100_000_000), 1)


def bomb(request: Request) -> None:
    request.send(BOMB, kind="text/html", Content_Encoding="gzip")


def cut_off(request: Request) -> None:
    request.send_response(200)
    request.send_header("Content-Length", "5000")
    request.end_headers()
    request.wfile.write(b"<html>")
    request.close_connection = True


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "the server answers 404 Not Found."),
        (lambda r: r.send(b"", status=500), "the server answers 500 Internal Server Error."),
        (lambda r: r.send(b"", status=403), "403 Forbidden"),
        (lambda r: r.send(b"", status=302, Location="/a"), "round in a circle"),
        (lambda r: r.send(b"", status=302, Location=f"{r.path}x"), "more than 5 times"),
        (lambda r: r.send(b"", status=302, Location="file:///etc/passwd"), "only http and https"),
        (lambda r: r.send(b"", status=302), "302"),
        (drip, "did not arrive within 1 seconds; see CITEWIRE_FETCH_TIMEOUT"),
        (drip_headers, "did not arrive within 1 seconds"),
        (endless, "more than 10,000,000 bytes"),
        (bomb, "more than 10,000,000 bytes"),
        (cut_off, "broken"),
        (lambda r: r.wfile.write(b"What?\r\n\r\n"), "broken"),
        (lambda r: r.send(b"no gzip", Content_Encoding="gzip"), "broken"),
        (lambda r: r.send(b"", kind="text/html"), "it is empty"),
        (lambda r: r.send("<html><nav>Home</nav></html>"), "no text"),
        (lambda r: r.send(bytes(range(256)) * 9, kind="text/html"), "not text"),
    ],
)
def test_a_page_that_cannot_be_had_is_one_line(
    answer: Callable[[Request], None] | None, says: str, tmp_path: Path, site: Site
) -> None:
    if answer:
        for at in range(9):
            site.pages["/a" + "x" * at] = answer
    settings = Settings(fetch_private=True, fetch_delay=0.001, fetch_timeout=1.0)
    room = Newsroom.open(tmp_path / "library", settings=settings)
    start = time.monotonic()
    report = room.add(site.url("/a"))
    assert says in reason(report) and report.rejected[0].origin == site.url("/a")
    assert time.monotonic() - start < 10


def test_hosts_that_are_not_there(room: Newsroom) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "cannot be reached" in reason(room.add(f"http://127.0.0.1:{port}/"))
    assert "there is no host nowhere.invalid" in reason(room.add("http://nowhere.invalid/"))
    assert "no address of the web" in reason(room.add("http://herald.example:port/"))
    with pytest.raises(SourceError, match="expected http or https"):
        room.add("ftp://herald.example/feed")


def test_nothing_is_fetched_for_a_library_that_is_read_only(newsroom: Newsroom, site: Site) -> None:
    with pytest.raises(LibraryReadOnly):
        newsroom.add(site.url("/"))
    with pytest.raises(LibraryReadOnly):
        next(newsroom.follow(site.url("/")))
    assert site.asked == []


def test_an_overloaded_server_is_asked_again_when_it_says(room: Newsroom, site: Site) -> None:
    def answer(request: Request) -> None:
        if len(site.asked) == 1:
            request.send(b"", status=429, Retry_After="1")
        elif len(site.asked) == 2:
            request.send(b"", status=503)
        else:
            request.send(FERRY)

    site.pages["/a"] = answer
    assert room.add(site.url("/a")).added
    times = [when for when, _ in site.requests]
    assert len(times) == 3 and times[1] - times[0] >= 1


def test_one_that_asks_for_an_hour_is_left_alone(room: Newsroom, site: Site) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    site.pages["/a"] = lambda r: r.send(b"", status=429, Retry_After=later)
    report = room.add(site.url("/a"), site.url("/b"))
    assert "429 Too Many Requests" in report.rejected[0].reason
    assert "127.0.0.1 asks to be left alone for 3" in report.rejected[1].reason
    assert site.asked == ["/a"]


def test_there_is_a_pause_between_requests_to_one_host(tmp_path: Path, site: Site) -> None:
    settings = Settings(fetch_private=True, fetch_delay=0.2)
    room = Newsroom.open(tmp_path / "library", settings=settings)
    room.add(site.url("/a"), site.url("/b"), site.url("/c"))
    first, *_, last = (when for when, _ in site.requests)
    assert last - first >= 0.35


# Addresses that are not fetched


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "0.0.0.0", "[::1]", "2130706433", "[::ffff:127.0.0.1]", "127.1"],
)
def test_ones_own_machine_is_refused(host: str, tmp_path: Path, site: Site) -> None:
    room = Newsroom.open(tmp_path / "library", settings=Settings(fetch_delay=0.001))
    said = reason(room.add(site.url("/", host)))
    assert "CITEWIRE_FETCH_PRIVATE=1" in said or "there is no host" in said
    assert site.asked == []


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("93.184.215.14", True), ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("10.0.0.1", False), ("172.16.0.1", False), ("192.168.1.1", False), ("127.0.0.2", False),
        ("169.254.169.254", False), ("100.64.0.1", False), ("0.0.0.0", False), ("224.0.0.1", False),
        ("240.0.0.1", False), ("255.255.255.255", False), ("192.0.2.1", False), ("::", False),
        ("::1", False), ("fe80::1", False), ("fe80::1%eth0", False), ("fc00::1", False),
        ("ff02::1", False), ("::ffff:10.0.0.1", False), ("::ffff:93.184.215.14", True),
        ("64:ff9b::a00:1", False), ("64:ff9b::5db8:d70e", True), ("2002:a00:1::1", False),
        ("2001:0:4136:e378:8000:63bf:3fff:fdd2", False), ("2001:db8::1", False),
    ],
)  # fmt: skip
def test_which_addresses_are_public(address: str, expected: bool) -> None:
    assert network.is_public(address) is expected


@pytest.fixture
def one_public(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Newsroom:
    """A library for which 127.0.0.1 is the internet, and 127.0.0.2 is not."""
    monkeypatch.setattr(network, "is_public", lambda address: address == "127.0.0.1")
    return Newsroom.open(tmp_path / "library", settings=Settings(fetch_delay=0.001))


def test_a_redirect_to_a_private_address_is_refused(one_public: Newsroom, site: Site) -> None:
    inside = site.url("/secret", "127.0.0.2")
    site.pages |= {"/a": lambda r: r.send(b"", status=302, Location=inside), "/secret": FERRY}
    assert "127.0.0.2, an address of your own" in reason(one_public.add(site.url("/a")))
    assert site.asked == ["/a"]


def test_the_address_that_was_looked_at_is_the_one_that_is_connected_to(
    one_public: Newsroom, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name server that tells another address at every question gains nothing."""
    resolve, told = socket.getaddrinfo, iter(["127.0.0.1", "127.0.0.2"])

    def lookup(host: str, *args: object, **more: object) -> object:
        return resolve(next(told) if host == "rebinds.example" else host, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    site.pages["/a"] = FERRY
    url = site.url("/a", "rebinds.example")
    assert one_public.add(url).added == (url,)
    assert site.requests[0][1]["Host"] == f"rebinds.example:{site.port}"
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **m: resolve("127.0.0.2", *a[1:], **m))
    assert "rebinds.example is 127.0.0.2" in reason(one_public.add(url))


# Feeds


def test_a_feed_is_added_and_asked(room: Newsroom, site: Site) -> None:
    site.pages["/rss"] = rss(item(site, "/ferry"))
    site.pages["/ferry"] = FERRY
    assert room.add(site.url("/rss")).added == (site.url("/ferry"),)
    answer = room.ask("How many people were rescued from the ferry Queen Maud?")
    assert answer.status == "answered" and answer.citations[0].url == site.url("/ferry")
    published = answer.citations[0].published
    assert published and published.text == "2025-03-01T08:00:00+01:00"
    assert published.source == "feed published"


def test_one_failing_entry_stops_no_other(room: Newsroom, site: Site) -> None:
    site.pages |= {"/rss": rss(
        item(site, "/gone"), "<item><title>Neither link nor text</title></item>",
        item(site, "/ferry"), item(site, "/photo"), item(site, "/rss"),
    ), "/ferry": FERRY, "/photo": lambda r: r.send(b"\xff\xd8", kind="image/jpeg")}  # fmt: skip
    report = room.add(site.url("/rss"))
    assert report.added == (site.url("/ferry"),)
    assert [r.reason for r in report.rejected] == [
        "the entry has neither an address nor a text.",
        "the server answers 404 Not Found; a later round tries again.",
        "it is no page but image/jpeg; a later round tries again.",
        "it is no page but application/xml; a later round tries again.",
    ]
    assert report.rejected[1].origin == site.url("/gone")


LONG = "".join(
    f"<p>Paragraph {n} of the report on the harbour says something new.</p>" for n in range(20)
)


FOOTER = '<p>The post <a href="/a">Harbour</a> appeared first on <a href="/">Herald</a>.</p>'


def test_entries_may_share_a_name(room: Newsroom, site: Site) -> None:
    guid = "<guid isPermaLink='false'>news</guid>"
    paths = ("/ferry", "/bridge")
    items = (item(site, path).replace(f"<guid>{path}</guid>", guid) for path in paths)
    site.pages |= {"/rss": rss(*items), "/ferry": FERRY, "/bridge": page("Bridge", LONG)}
    assert room.add(site.url("/rss")).added == tuple(site.url(path) for path in paths)
    assert room.add(site.url("/rss")).added == ()


def test_an_entry_with_the_whole_text_is_not_fetched(room: Newsroom, site: Site) -> None:
    def with_text(path: str, html: str) -> str:
        return item(site, path, f"<content:encoded><![CDATA[{html}]]></content:encoded>")

    site.pages["/rss"] = rss(
        with_text("/whole", LONG + "<script>steal()</script>"),
        with_text("/cut", LONG + "<p>And then […]</p>"),
        with_text("/long", LONG + FOOTER),
        with_text("/short", LONG + "<p>And then he left.</p><p>Read more</p>" + FOOTER),
    )
    site.pages |= {"/cut": FERRY, "/short": FERRY}
    whole, cut, long, short = (site.url(path) for path in ("/whole", "/cut", "/long", "/short"))
    assert room.add(site.url("/rss")).added == (whole, long, cut, short)
    assert site.pages_asked() == ["/rss", "/cut", "/short"]
    assert room.article(long).article.paragraphs == room.article(whole).article.paragraphs
    article = room.article(whole).article
    assert len(article.paragraphs) == 20 and "steal" not in "".join(article.paragraphs)
    assert (article.title, article.outlet) == ("Story /whole", "Ellery Herald")
    assert article.published and article.published.source == "feed published"


SHORT = (
    "<p>The ferry Queen Maud sank off Port Ellery on Friday night, and all 214 people aboard were "
    "rescued by lifeboats.</p><p>Captain Ruth Ansel said on Monday that the engine room had been "
    "flooded for hours […]</p>"
)


@pytest.mark.parametrize("guid", ["<guid>17</guid>", '<guid isPermaLink="false">a:17</guid>', ""])
def test_the_text_of_an_entry_without_an_address_is_the_article(
    guid: str, room: Newsroom, site: Site
) -> None:
    def entry(text: str, title: str = "Ferry sinks", more: str = "") -> str:
        text = f"<description><![CDATA[{text}]]></description>"
        return rss(f"<item><title>{title}</title>{guid}{text}{more}</item>")

    site.pages["/rss"] = entry(SHORT)
    (key,) = polled(room, site.url("/rss")).added
    article = room.article(key).article
    assert (article.title, article.url, len(article.paragraphs)) == ("Ferry sinks", None, 2)
    assert "214" in room.ask("How many people were aboard the ferry Queen Maud?").text
    if guid:  # by which one entry is told from another
        site.pages["/rss"] = entry(SHORT.replace("214", "215"), "Ferry sank")
        assert polled(room).updated == (key,)
        room.remove(key)
        site.pages["/rss"] = entry(SHORT, "Our ferry sank")
        assert polled(room) == AddReport()

    site.pages |= {"/rss": entry(SHORT, more="<link>/ferry</link>"), "/ferry": FERRY}
    site.pages_asked()
    assert room.add(site.url("/rss")).added == (site.url("/ferry"),)  # the page is asked for
    assert site.pages_asked() == ["/rss", "/ferry"]


def test_an_atom_feed(room: Newsroom, site: Site) -> None:
    site.pages["/ferry"] = FERRY
    site.pages["/atom"] = (
        '<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        '<title>Herald</title><entry><id>tag:1</id><title>Ferry</title><link href="/ferry"/>'
        "<published>2025-03-01T08:00:00+01:00</published><updated>2025-03-02T09:30:00Z</updated>"
        "</entry></feed>"
    )
    (key,) = room.add(site.url("/atom")).added
    article = room.article(key).article
    assert article.updated and article.updated.text == "2025-03-02T09:30:00+00:00"
    assert article.updated.source == "feed updated"


LEVELS = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(12))


@pytest.mark.parametrize(("levels", "name"), [("", "l0"), (LEVELS, "l12")])
def test_entities_of_a_feed_are_not_expanded(
    levels: str, name: str, room: Newsroom, site: Site, tmp_path: Path
) -> None:
    (tmp_path / "secret.txt").write_text("The password of the harbour is swordfish.")
    doctype = (
        f'<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY l0 "haha">{levels}'
        f'<!ENTITY file SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]>'
    )
    site.pages |= {
        "/rss": f"{doctype}<rss><channel><title>T</title><item><title>&{name}; A</title>"
        f"<guid>1</guid><description>&file; &{name}; {LONG}</description></item></channel></rss>",
        "/atom": f'{doctype}<feed xmlns="http://www.w3.org/2005/Atom"><entry><id>1</id>'
        f'<title>Ferry</title><link href="/&{name};ferry"/></entry></feed>',
        "/ferry": FERRY,
    }
    start = time.process_time()
    report = room.add(site.url("/rss"), site.url("/atom"))
    assert time.process_time() - start < 20
    assert len(report.added) == 2 and not report.rejected and site.asked[-1] == "/ferry"
    article = room.article(report.added[0]).article
    texts = "".join([article.title, *article.paragraphs])
    assert "says something new" in texts
    assert "swordfish" not in texts and "haha" not in texts


@pytest.mark.parametrize("content", ["<rss><channel><item>", "<rss", "<feed>" + "<b>" * 50_000])
def test_a_broken_feed_is_one_line_or_empty(content: str, room: Newsroom, site: Site) -> None:
    site.pages["/rss"] = content
    report = room.add(site.url("/rss"))
    assert not report.added and len(report.rejected) <= 1


def test_robots_txt_is_heeded_for_what_a_feed_leads_to(room: Newsroom, site: Site) -> None:
    site.pages |= {
        "/robots.txt": "User-agent: *\nDisallow: /private\n\nUser-agent: other\nDisallow: /",
        "/rss": rss(item(site, "/private/a"), item(site, "/moved"), item(site, "/ferry")),
        "/moved": lambda r: r.send(b"", status=302, Location="/private/b"),
        "/ferry": FERRY,
        "/private/a": FERRY,
    }
    report = room.add(site.url("/rss"))
    assert report.added == (site.url("/ferry"),)
    assert [r.reason for r in report.rejected] == [
        "the site's robots.txt forbids it to programs; a later round tries again."
    ] * 2
    assert site.pages_asked() == ["/rss", "/moved", "/ferry"]
    assert room.add(site.url("/private/a")).added  # somebody named it


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda r: r.send(b"", status=503), "/robots.txt cannot be had: the server answers 503"),
        (lambda r: r.send(b"", status=302, Location=r.path), "/robots.txt cannot be had"),
        (lambda r: r.send(b"User-agent: *", Content_Encoding="gzip"), "/robots.txt cannot be had"),
        (f"User-agent: *\nDisallow: /\n{'# Nothing. ' * 50_000}", "robots.txt forbids it"),
        ("\ufeffUser-agent: *\nDisallow: /", "robots.txt forbids it"),
    ],
)
def test_robots_txt_that_fails_is_a_no_and_a_long_one_counts(
    answer: Answer, says: str, room: Newsroom, site: Site
) -> None:
    site.pages |= {"/robots.txt": answer, "/rss": rss(item(site, "/ferry")), "/ferry": FERRY}
    report = room.add(site.url("/rss"))
    assert says in reason(report)
    assert "/ferry" not in site.asked
    site.pages["/robots.txt"] = "User-agent: *\nDisallow:"
    assert room.add(site.url("/rss")).added  # nothing was taken as done


def test_robots_txt_is_asked_for_again_where_its_server_was_busy(
    room: Newsroom, site: Site
) -> None:
    answers = iter([503])

    def robots(request: Request) -> None:
        status = next(answers, 404)
        request.send(b"", status=status)

    site.pages |= {"/robots.txt": robots, "/rss": rss(item(site, "/ferry")), "/ferry": FERRY}
    assert room.add(site.url("/rss")).added


def test_robots_txt_that_stays_away_is_asked_for_by_one_page(room: Newsroom, site: Site) -> None:
    site.pages |= {
        "/robots.txt": lambda r: r.send(b"", status=500),
        "/rss": rss(*(item(site, f"/{n}") for n in range(4))),
    }
    assert len(room.add(site.url("/rss")).rejected) == 4
    assert site.asked.count("/robots.txt") == 3


def test_a_feed_named_twice_is_read_once(room: Newsroom, site: Site) -> None:
    site.pages |= {"/rss": rss(item(site, "/ferry")), "/ferry": FERRY}
    assert polled(room, site.url("/rss"), site.url("/rss")).added
    assert site.pages_asked() == ["/rss", "/ferry"]


@pytest.mark.parametrize("status", [403, 404, 410])
def test_where_there_is_no_robots_txt_all_is_allowed(
    status: int, room: Newsroom, site: Site
) -> None:
    site.pages |= {
        "/robots.txt": lambda r: r.send(b"", status=status),
        "/rss": rss(item(site, "/ferry")),
        "/ferry": FERRY,
    }
    assert room.add(site.url("/rss")).added


# Following


def test_a_followed_feed_is_asked_for_what_is_new(room: Newsroom, site: Site) -> None:
    state = {"etag": '"1"', "items": item(site, "/ferry")}

    def feed(request: Request) -> None:
        if request.headers.get("If-None-Match") == state["etag"]:
            request.send(b"", status=304)
        else:
            request.send(rss(state["items"]), ETag=state["etag"], Last_Modified="yesterday")

    site.pages |= {"/rss": feed, "/ferry": FERRY}
    assert polled(room, site.url("/rss")).added == (site.url("/ferry"),)
    assert [feed.url for feed in room.status().feeds] == [site.url("/rss")]
    assert site.pages_asked() == ["/rss", "/ferry"]

    again = Newsroom.open(room.folder, settings=room.settings)
    assert polled(again) == AddReport()
    assert site.pages_asked() == ["/rss"]
    assert site.requests[-1][1]["If-Modified-Since"] == "yesterday"

    state |= {"etag": '"2"', "items": item(site, "/ferry") + item(site, "/mill")}
    site.pages["/mill"] = page(
        "Mill burns", "The mill on the Dale burned down on Sunday morning. " * 3
    )
    assert polled(again).added == (site.url("/mill"),)
    assert site.pages_asked() == ["/rss", "/mill"]  # the ferry is known

    state |= {"etag": '"3"', "items": item(site, "/ferry", "<description>214 saved</description>")}
    site.pages["/ferry"] = FERRY.replace("214", "215")
    assert polled(again).updated == (site.url("/ferry"),)

    again.remove(site.url("/ferry"))
    state["etag"] = '"4"'
    assert polled(again) == AddReport()  # what was removed does not come back

    again.unfollow(site.url("/rss"))
    assert list(again.follow()) == [] and again.status().feeds == ()
    with pytest.raises(SourceError, match="not a feed of this library"):
        again.unfollow(site.url("/rss"))


def test_what_is_unfollowed_during_a_round_stays_so(room: Newsroom, site: Site) -> None:
    def feed(request: Request) -> None:
        room.unfollow(site.url("/rss"))  # as another process does while this one reads
        request.send(rss(item(site, "/ferry")))

    site.pages |= {"/rss": rss(item(site, "/ferry")), "/ferry": FERRY}
    polled(room, site.url("/rss"))
    assert len(room.status().feeds) == 1
    site.pages["/rss"] = feed
    polled(room)
    assert room.status().feeds == ()


def test_a_feed_that_is_followed_or_unfollowed_while_it_is_added_stays_so(
    room: Newsroom, site: Site
) -> None:
    feed, other = site.url("/rss"), replace_settings(room)  # another process
    site.pages |= {"/rss": rss(item(site, "/ferry")), "/ferry": FERRY}

    def follow(*_: int) -> None:
        list(other.follow(feed))

    room.add(feed, progress=follow)
    assert [known.url for known in room.status().feeds] == [feed]
    site.pages["/rss"] = rss(item(site, "/ferry", "<description>214 saved</description>"))
    room.add(feed, progress=lambda *_: other.unfollow(feed))
    assert room.status().feeds == ()


def read_ago(room: Newsroom, first: float, last: float) -> None:
    """Makes the library remember its pages as read, or tried, so many hours ago.

    What a server asked for is over by then.
    """
    store, now = Library(room.folder), datetime.now(UTC)
    began, ended = ((now - timedelta(hours=ago)).isoformat() for ago in (first, last))
    for feed in followed.known(store).values():
        pages = {name: replace(page, first=began, last=ended) for name, page in feed.pages.items()}
        followed.remember(store, replace(feed, pages=pages, alone={}, not_before=None))


def test_a_correction_is_seen_though_the_feed_does_not_change(room: Newsroom, site: Site) -> None:
    def feed(request: Request) -> None:
        known = request.headers.get("If-None-Match") == '"1"'
        text = b"" if known else rss(item(site, "/ferry"), item(site, "/mill"))
        request.send(text, status=304 if known else 200, ETag='"1"')

    mill = page("Mill burns", "The mill on the Dale burned down on Sunday morning. " * 3)
    site.pages |= {"/rss": feed, "/ferry": FERRY, "/mill": mill}
    polled(room, site.url("/rss"))
    question = "How many people were aboard the ferry Queen Maud?"
    assert "214" in room.ask(question).text
    note = "Correction: An earlier version gave the number of people aboard as 214."
    site.pages["/ferry"] = FERRY.replace("214", "216").replace(
        "</article>", f"<p>{note}</p></article>"
    )
    assert polled(room) == AddReport()  # it was read a moment ago
    room.remove(site.url("/mill"))
    read_ago(room, 1, 1)
    site.pages_asked()
    report = polled(room)
    assert report.updated == (site.url("/ferry"),) and not report.added
    assert site.pages_asked() == ["/rss", "/ferry"]  # not what was removed
    answer = room.ask(question)
    assert "216" in answer.text and answer.citations[0].correction == note
    assert [v.version for v in room.versions(site.url("/ferry"))] == [2, 1]
    assert room.article(site.url("/ferry")).article.published
    assert polled(room) == AddReport()


TEASER = "This story is for readers who pay for it: four pounds a month, and the first one is free."
LATER = '<meta property="article:modified_time" content="2025-03-02T08:00:00+01:00">'
NOTE = "<p>Correction: An earlier version gave the number of people aboard as 214.</p></article>"


@pytest.mark.parametrize(
    ("now", "is_taken"),
    [
        (page("Ferry sinks off Port Ellery", TEASER), False),
        (page("Ferry sinks off Port Ellery", TEASER, LATER), True),
        (page("Ferry sinks off Port Ellery", TEASER).replace("</article>", NOTE), True),
        (FERRY.replace("</article>", f"{LONG}</article>"), True),
    ],
)
def test_a_page_that_has_lost_its_text_replaces_nothing(
    now: str, is_taken: bool, room: Newsroom, site: Site
) -> None:
    key = site.url("/ferry")
    site.pages |= {"/rss": rss(item(site, "/ferry")), "/ferry": FERRY}
    polled(room, site.url("/rss"))
    site.pages["/ferry"] = now
    read_ago(room, 1, 1)
    report = polled(room)
    assert (report.updated, report.unchanged) == (((key,), ()) if is_taken else ((), (key,)))
    if not is_taken:
        (remark,) = report.remarks
        assert remark.origin == key and f"stays; to replace it: citewire add {key}" in remark.text
        assert "214" in room.ask("How many people were aboard the ferry Queen Maud?").text
        assert room.add(key).updated == (key,)


def test_what_leads_to_the_front_page_is_not_read(room: Newsroom, site: Site) -> None:
    def gone(request: Request) -> None:
        request.send(b"", status=302, Location="/")

    site.pages |= {"/rss": rss(item(site, "/ferry")), "/ferry": FERRY, "/": page("News", LONG)}
    polled(room, site.url("/rss"))
    changed = item(site, "/ferry", "<description>214 saved</description>")
    site.pages |= {"/rss": rss(changed, item(site, "/mill")), "/ferry": gone, "/mill": gone}
    assert [r.origin for r in polled(room).rejected] == [site.url("/ferry"), site.url("/mill")]
    assert "leads to the front page" in reason(room.add(site.url("/mill")))
    assert [stored.key for stored in room.articles()] == [site.url("/ferry")]
    assert room.add(site.url("/")).added == (site.url("/"),)


def test_too_many_entries_are_said_once(
    room: Newsroom, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "MOST", 20)
    site.pages |= {"/rss": rss(item(site, "/ferry") * 21), "/ferry": FERRY}
    assert "more than 20 entries" in polled(room, site.url("/rss")).rejected[0].reason
    assert polled(room) == AddReport()


@pytest.mark.parametrize("way", ["page", "whole text"])
def test_what_was_removed_comes_back_by_name_only(way: str, room: Newsroom, site: Site) -> None:
    def entry(title: str) -> str:
        more = f"<content:encoded><![CDATA[{LONG}]]></content:encoded>" if way != "page" else ""
        return item(site, "/ferry", more).replace("Story /ferry", title)

    key = site.url("/ferry")
    site.pages |= {"/rss": rss(entry("Ferry sinks")), "/ferry": FERRY}
    assert polled(room, site.url("/rss")).added == (key,)
    room.remove(key)
    assert room.status(check=True).attention == ()

    site.pages["/rss"] = rss(entry("Ferry sinks, all rescued"))
    site.pages_asked()
    assert polled(room) == AddReport()
    assert site.pages_asked() == ["/rss"]
    site.pages["/rss"] = rss()
    polled(room)  # the feed forgets it
    site.pages |= {"/rss": rss(entry("Ferry sank")), "/other": rss(entry("Our ferry sank"))}
    assert polled(room) == polled(room, site.url("/other")) == AddReport()
    room.unfollow(site.url("/rss"))
    assert polled(room, site.url("/rss")) == room.add(site.url("/other")) == AddReport()
    assert room.status().articles == 0

    site.pages_asked()
    assert room.add(key).added == (key,)
    site.pages["/ferry"] = FERRY.replace("214", "215")
    site.pages["/rss"] = rss(entry("Ferry sank on Friday"))
    assert polled(room, site.url("/rss")).updated == (key,)  # followed as before


def test_a_backup_remembers_what_was_removed(room: Newsroom, site: Site, tmp_path: Path) -> None:
    site.pages |= {"/rss": rss(item(site, "/ferry")), "/ferry": FERRY}
    polled(room, site.url("/rss"))
    room.remove(site.url("/ferry"))
    room.unfollow(site.url("/rss"))
    room.backup(tmp_path / "news.backup")
    restore(tmp_path / "news.backup", tmp_path / "restored", room.settings)
    restored = Newsroom.open(tmp_path / "restored", settings=room.settings)
    assert polled(restored, site.url("/rss")) == AddReport()


def test_a_feed_cannot_replace_another_sites_article(room: Newsroom, site: Site) -> None:
    theirs = site.url("/ferry", "localhost")
    site.pages["/ferry"] = FERRY
    room.add(theirs)
    false = f"<content:encoded><![CDATA[{LONG}]]></content:encoded>"
    entry = item(site, "/ferry", false).replace(site.url("/ferry"), theirs)
    site.pages["/rss"] = rss(entry)
    room.add(site.url("/rss"))
    assert "Queen Maud" in room.article(theirs).paragraph(1)


def test_an_author_of_many_signs_takes_no_time(room: Newsroom, site: Site) -> None:
    site.pages |= {"/rss": rss(item(site, "/ferry", f"<author>{'@' * 50_000} x</author>")),
                   "/ferry": FERRY}  # fmt: skip
    start = time.monotonic()
    assert room.add(site.url("/rss")).added
    assert time.monotonic() - start < 10


def test_who_follows_waits_for_who_adds(
    room: Newsroom, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag import add

    monkeypatch.setattr(add, "WAIT_SECONDS", 0.1)
    site.pages |= {"/rss": rss(item(site, "/ferry")), "/ferry": FERRY}
    with add.writing(room.folder):
        reports: list[AddReport] = []
        following = threading.Thread(target=lambda: reports.append(polled(room, site.url("/rss"))))
        following.start()
        time.sleep(1)
    following.join(20)
    assert reports[0].added == (site.url("/ferry"),)


@pytest.mark.parametrize("status", [403, 404, 410, 500, 503])
def test_a_page_that_cannot_be_read_is_tried_again(status: int, room: Newsroom, site: Site) -> None:
    def feed(request: Request) -> None:
        known = request.headers.get("If-None-Match") == '"1"'
        text = b"" if known else rss(item(site, "/gone"), item(site, "/ferry"))
        request.send(text, status=304 if known else 200, ETag='"1"')

    site.pages |= {"/rss": feed, "/ferry": lambda r: r.send(b"", status=status)}
    first = polled(room, site.url("/rss"))
    assert [r.origin for r in first.rejected] == [site.url("/gone"), site.url("/ferry")]
    assert f"{status} " in first.rejected[1].reason and "tries again" in first.rejected[1].reason

    site.pages["/ferry"] = FERRY  # it comes some minutes after its entry
    site.pages_asked()
    second = polled(room)
    assert second.added == (site.url("/ferry"),)
    assert second.rejected == ()  # what was said in the round before is not said again
    assert site.pages_asked() == ["/rss", "/gone", "/ferry"]
    published = room.article(site.url("/ferry")).article.published
    assert published and published.source == "feed published"

    read_ago(room, 3, 1)  # the pauses grow: after two hours of failing comes one of two hours
    assert polled(room) == AddReport()
    assert site.pages_asked() == ["/rss"]
    read_ago(room, 4, 2)
    assert polled(room).rejected == ()
    assert "/gone" in site.pages_asked()


def test_a_host_that_asks_for_an_hour_is_left_alone_in_the_next_rounds(
    room: Newsroom, site: Site
) -> None:
    site.pages |= {
        "/rss": rss(item(site, "/ferry")),
        "/ferry": lambda r: r.send(b"", status=429, Retry_After="3600"),
    }
    assert "429" in reason(polled(room, site.url("/rss")))
    mill = page("Mill burns", "The mill on the Dale burned down on Sunday morning. " * 3)
    both = rss(item(site, "/ferry", "<description>214 saved</description>"), item(site, "/mill"))
    site.pages |= {"/rss": both, "/ferry": FERRY, "/mill": mill}
    site.pages["/b"] = both
    site.asked.clear()
    for report in room.follow(site.url("/rss"), site.url("/b")):
        assert "127.0.0.1 asks to be left alone for 3" in reason(report)
    elsewhere = site.url("/b", "localhost")
    assert polled(room, elsewhere) == AddReport()
    assert [path for path in site.asked if path != "/robots.txt"] == ["/b"]  # of the other host
    assert "left alone for 3" in reason(room.add(site.url("/mill")))
    read_ago(room, 1, 1)
    assert len(polled(room, site.url("/rss")).added) == 2


def test_a_new_feed_whose_server_asks_for_it_is_left_alone(room: Newsroom, site: Site) -> None:
    site.pages["/rss"] = lambda r: r.send(b"", status=503, Retry_After="7200")
    assert "503" in reason(polled(room, site.url("/rss")))
    assert room.status().feeds == ()
    site.asked.clear()
    assert "its server is left alone until" in reason(polled(room, site.url("/rss")))
    assert site.asked == []
    site.pages |= {"/rss": rss(item(site, "/ferry")), "/ferry": FERRY}
    read_ago(room, 1, 1)
    assert polled(room, site.url("/rss")).added == (site.url("/ferry"),)
    assert len(room.status().feeds) == 1


def test_a_host_that_refuses_for_load_is_asked_for_no_other_page_in_that_round(
    room: Newsroom, site: Site
) -> None:
    site.pages |= {
        "/a": rss(item(site, "/ferry"), item(site, "/mill")),
        "/b": rss(item(site, "/bridge")),
        "/ferry": lambda r: r.send(b"", status=429),
        "/mill": page("Mill burns", "The mill on the Dale burned down on Sunday morning. " * 3),
        "/bridge": page("Bridge", LONG),
    }
    first, second = room.follow(site.url("/a"), site.url("/b"))
    assert site.url("/ferry") == first.rejected[0].origin and "429" in reason(first)
    assert second == AddReport()
    assert site.pages_asked() == ["/a", "/ferry", "/ferry", "/ferry", "/b"]
    site.pages["/ferry"] = FERRY
    assert [len(report.added) for report in room.follow()] == [2, 1]


def test_what_a_changed_entry_leads_to_is_read_as_soon_as_it_can_be(
    room: Newsroom, site: Site
) -> None:
    site.pages |= {"/rss": rss(item(site, "/ferry")), "/ferry": FERRY}
    polled(room, site.url("/rss"))
    site.pages |= {
        "/rss": rss(item(site, "/ferry", "<description>215 were saved.</description>")),
        "/ferry": lambda r: r.send(b"", status=404),
    }
    assert "404" in reason(polled(room))
    site.pages["/ferry"] = FERRY.replace("214", "215")
    assert polled(room).updated == (site.url("/ferry"),)


def test_a_feed_that_fails_stops_no_other_and_is_remembered(room: Newsroom, site: Site) -> None:
    site.pages |= {"/a": rss(item(site, "/ferry")), "/b": rss(), "/ferry": FERRY}
    list(room.follow(site.url("/a"), site.url("/b", "localhost")))
    good = room.status().feeds
    assert [feed.entries for feed in good] == [1, 0]
    assert good[0].last_error is None and str(good[0].last_good).endswith("+00:00")

    site.pages |= {"/a": lambda r: r.send(b"", status=503, Retry_After="600"), "/b": FERRY}
    first, second = room.follow()
    assert "503" in reason(first) and "it is no feed" in reason(second)
    bad = room.status().feeds
    assert [feed.last_good for feed in bad] == [feed.last_good for feed in good]
    assert "503" in str(bad[0].last_error) and "no feed" in str(bad[1].last_error)
    soon = datetime.now(UTC) + timedelta(minutes=9)
    assert datetime.fromisoformat(str(bad[0].not_before)) > soon
    assert "503" in str(bad[0]) and "left alone until" in str(bad[0])

    site.pages_asked()
    first, _ = room.follow()
    assert "left alone until" in reason(first)
    assert site.pages_asked() == ["/b"]


@pytest.mark.parametrize(
    "answer",
    [
        lambda r: r.send(rss(), ETag='"é"'),
        lambda r: r.send(b"", status=503, Retry_After=f"Mon, 01 Jan {'9' * 20} 00:00:00 GMT"),
        rss("<item><title>Mill burns</title><link>http://[oops/x</link></item>"),
        rss("&desk;<item><title>Mill burns</title><guid>1</guid><author>&desk;</author></item>"),
        '<feed xmlns="http://www.w3.org/2005/Atom">&desk;<entry><id>1</id><title>Mill burns</title>'
        "<author>&desk;<name>Ann Poole</name></author></entry></feed>",
        page("Mill burns", "", '<link type="application/rss+xml" href="http://[oops/x">'),
    ],
)
def test_nothing_that_a_server_sends_stops_other_feeds(
    answer: Answer, room: Newsroom, site: Site
) -> None:
    site.pages |= {"/a": answer, "/b": rss(item(site, "/ferry")), "/ferry": FERRY}
    feeds = site.url("/a", "localhost"), site.url("/b")
    first, second = room.follow(*feeds)
    assert not first.added and second.added == (site.url("/ferry"),)
    assert list(room.follow(*feeds))[1] == AddReport()


def test_what_is_no_feed_is_not_followed(room: Newsroom, site: Site) -> None:
    site.pages["/page"] = FERRY
    assert "it is no feed; add a single page with: citewire add" in reason(
        polled(room, site.url("/page"))
    )
    head = '<link rel="alternate" type="application/rss+xml" href="/rss">'
    site.pages["/page"] = page("Ferry sinks", "It sank. " * 20, head)
    assert f"this one: {site.url('/rss')}" in reason(polled(room, site.url("/page")))
    site.pages["/robots.txt"] = "User-agent: Citewire\nDisallow: /"
    assert "robots.txt" in reason(polled(replace_settings(room), site.url("/page")))
    assert room.status().feeds == ()


def replace_settings(room: Newsroom) -> Newsroom:
    return Newsroom.open(room.folder, settings=replace(room.settings))


def test_articles_are_kept_feed_by_feed(room: Newsroom, site: Site) -> None:
    site.pages |= {"/a": rss(item(site, "/ferry")), "/b": rss(item(site, "/mill")), "/ferry": FERRY}
    rounds = room.follow(site.url("/a"), site.url("/b"))
    assert next(rounds).added == (site.url("/ferry"),)
    assert "/b" not in site.asked
    assert [s.key for s in room.articles()] == [site.url("/ferry")]


def test_the_writers_lock_is_free_while_pages_are_fetched(
    room: Newsroom, site: Site, tmp_path: Path
) -> None:
    asked, go = threading.Event(), threading.Event()

    def slow(request: Request) -> None:
        asked.set()
        assert go.wait(20)
        request.send(FERRY)

    site.pages["/ferry"] = slow
    adding = threading.Thread(target=room.add, args=(site.url("/ferry"),))
    adding.start()
    assert asked.wait(5)
    (tmp_path / "mill.txt").write_text("Mill burns\n\nThe mill burned down on Sunday.")
    other = Newsroom.open(room.folder, settings=room.settings)
    assert other.add(tmp_path / "mill.txt").added
    go.set()
    adding.join(20)
    assert len(list(room.articles())) == 2


@pytest.fixture
def citewire(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Runs a command; returns its exit status and what it printed on stdout and stderr."""
    monkeypatch.setenv("CITEWIRE_FETCH_PRIVATE", "yes")
    monkeypatch.setenv("CITEWIRE_FETCH_DELAY", "0.001")

    def run(*arguments: str) -> tuple[int, str, str]:
        command = ["citewire", *arguments, "--library", str(tmp_path / "news")]
        monkeypatch.setattr(sys, "argv", command)
        try:
            main()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        return status, *capsys.readouterr()

    return run


def test_the_command_line(citewire: Callable[..., tuple[int, str, str]], site: Site) -> None:
    site.pages |= {"/rss": rss(item(site, "/ferry"), item(site, "/gone")), "/ferry": FERRY}
    status, said, complaint = citewire("follow", site.url("/rss"), "--once")
    assert status == 0 and "1 added" in said
    why = "the server answers 404 Not Found; a later round tries again."
    assert complaint == f"rejected: {site.url('/gone')}: {why}\n"
    assert json.loads(citewire("follow", "--once", "--json")[1])["added"] == []
    assert site.url("/rss") in citewire("status")[1]
    assert "no longer" in citewire("follow", "--forget", site.url("/rss"))[1]
    status, _, complaint = citewire("follow", "--forget", site.url("/rss"))
    assert status == 1 and "is not a feed of this library" in complaint


def test_the_exit_status_is_1_where_all_was_rejected(
    citewire: Callable[..., tuple[int, str, str]], site: Site
) -> None:
    site.pages |= {"/ferry": FERRY, "/rss": rss(item(site, "/ferry")), "/none": rss()}
    for arguments, expected in [
        (("add", site.url("/gone"), site.url("/missing")), 1),
        (("add", site.url("/gone"), "--json"), 1),
        (("add", site.url("/gone"), site.url("/ferry")), 0),
        (("add", site.url("/gone"), site.url("/ferry")), 0),  # unchanged
        (("follow", "--once", site.url("/gone")), 1),
        (("follow", "--once", site.url("/gone"), site.url("/rss")), 0),
        (("follow", "--once", site.url("/none")), 0),  # nothing was rejected
    ]:
        assert citewire(*arguments)[0] == expected, arguments


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("FETCH_DELAY", "0", "a number from 0.001 on"),
        ("FETCH_DELAY", "-1", "a number from 0.001 on"),
        ("FETCH_TIMEOUT", "nan", "a number from 0.001 on"),
        ("FETCH_TIMEOUT", "inf", "a number from 0.001 on"),
        ("PROMPT_TOKENS", "many", "a whole number from 1 on"),
    ],
)
def test_a_setting_out_of_its_range_is_one_line(
    name: str,
    value: str,
    expected: str,
    citewire: Callable[..., tuple[int, str, str]],
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(f"CITEWIRE_{name}", value)
    status, said, complaint = citewire("add", site.url("/ferry"))
    line = f"citewire: CITEWIRE_{name}={value!r} cannot be used; expected {expected}.\n"
    assert (status, said, complaint, site.asked) == (1, "", line, [])


def test_a_feed_that_fails_is_named_at_once(
    citewire: Callable[..., tuple[int, str, str]], site: Site
) -> None:
    site.pages["/rss"] = rss()
    citewire("follow", "--once", site.url("/rss"))
    assert citewire("status", "--check")[0] == 0
    for answer, expected in ((FERRY, 1), (rss(), 0), (None, 1), (rss(), 0)):
        site.pages |= {"/rss": answer or (lambda r: r.send(b"", status=404))}
        assert citewire("follow", "--once")[0] == expected
        status, said, _ = citewire("status", "--check")
        assert status == expected and said.count("citewire follow --once") == expected
    site.pages["/rss"] = lambda r: r.send(b"", status=503)
    assert citewire("follow", "--once")[0] == 1
    assert citewire("status", "--check")[0] == 0  # it is overloaded, and asked again in a minute
