"""What a page states about its article; agencies' JSON; corrections."""

import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rag import Article, Newsroom, sources
from rag.records import Rejected
from rag.sources import html

PAGE = """<!doctype html><html><head><title>Old bridge closes</title>{head}</head><body>
<header><time datetime="2026-11-20">Friday, 20 November 2026</time></header>
<article><h1>Old bridge closes</h1>{byline}
<p>The old stone bridge over the Dale closed on Monday for repairs, the county council said on
3 June 2019, and it will open again in the autumn, if the river allows it.</p>
<p>It was last mended on 5 March 1998. Nobody on the council could say what the work had cost.</p>
{end}</article>
<aside><time datetime="2020-01-01">1 January 2020</time> Another story</aside>
<footer>Published by Dale Media on 7 July 2017. © 2024 Dale Courier</footer></body></html>"""


def read(folder: Path, name: str, content: str | dict[str, Any]) -> Article | Rejected:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    (item,) = sources.read(path)
    return item


def page(folder: Path, head: str = "", byline: str = "", end: str = "") -> Article:
    item = read(folder, "a.html", PAGE.format(head=head, byline=byline, end=end))
    assert isinstance(item, Article), item
    return item


def stamps(article: Article) -> tuple[tuple[str, str] | None, ...]:
    both = (article.published, article.updated)
    return tuple((stamp.text, stamp.source) if stamp else None for stamp in both)


def linked(**fields: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle"} | fields)}</script>'


def meta(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{content}">'


LD = "JSON-LD datePublished"
META = "meta article:published_time"
CANONICAL = '<link rel="canonical" href="https://dale.example/2024/05/06/bridge">'


def test_a_page_within_many_elements_is_read_in_no_time() -> None:
    text = "<html><body><h1>News</h1>" + "<div>" * 240 + "word word " * 400_000 + "</div>" * 240
    start = time.monotonic()
    html.page(text, "https://dale.example/news", {})
    assert time.monotonic() - start < 10  # it took 19 seconds


def test_another_articles_facts_are_not_the_pages(tmp_path: Path) -> None:
    other = linked(url="https://dale.example/other", datePublished="2020-01-01", author="Cy Long")
    found = page(tmp_path, other + CANONICAL)
    assert found.authors == () and found.published and found.published.source == "address"
    same = linked(url="http://www.dale.example/2024/05/06/bridge/", author="Cy Long")
    assert page(tmp_path, same + CANONICAL).authors == ("Cy Long",)


@pytest.mark.parametrize(
    ("head", "byline", "published"),
    [
        ("", "", None),
        # each place on its own
        (linked(datePublished="2024-05-06T10:00:00+01:00"), "", ("2024-05-06T10:00:00+01:00", LD)),
        (linked(datePublished="2024-05-06"), "", ("2024-05-06", LD)),
        (meta("article:published_time", "2024-05-06T10:00Z"), "", ("2024-05-06T10:00:00+00:00", META)),
        ("", '<span itemprop="datePublished">6 May 2024</span>', ("2024-05-06", "microdata datePublished")),
        ("", "<p>Published 6 May 2024, 10:00 BST</p>", ("2024-05-06T10:00:00+01:00", "visible text")),
        ("", '<div class="article-date">May 6, 2024</div>', ("2024-05-06", "visible text")),
        ("", '<time datetime="2024-05-06T10:00:00Z">2 hours ago</time>', ("2024-05-06T10:00:00+00:00", "visible text")),
        (CANONICAL, "", ("2024-05-06", "address")),
        # an instant without a zone says so
        (linked(datePublished="2024-05-06T10:00:00"), "", ("2024-05-06T10:00:00+00:00", f"{LD}, zone assumed UTC")),
        # other objects of JSON-LD are not the article
        ('<script type="application/ld+json">{"@type": "WebSite", "datePublished": "2001-01-01"}</script>', "", None),
        (linked(**{"@type": "WebPage", "hasPart": [{"@type": "NewsArticle", "datePublished": "2001-01-01"}]}), "", None),
        (linked(**{"@type": "WebPage", "mainEntity": {"@type": ["Thing", "ReportageNewsArticle"], "datePublished": "2024-05-06"}}), "", ("2024-05-06", LD)),
        ('<script type="application/ld+json">{"broken": </script>' + linked(datePublished="2024-05-06"), "", ("2024-05-06", LD)),
        # two places differ: the first of the list
        (linked(datePublished="2024-05-06") + meta("article:published_time", "2024-05-09"), "", ("2024-05-06", LD)),
        # a third decides
        (linked(datePublished="2024-05-09") + meta("article:published_time", "2024-05-06"), "<p>Published: May 6, 2024</p>", ("2024-05-06", META)),
        (linked(datePublished="2026-05-09T10:00:00Z") + meta("article:published_time", "2024-05-06") + CANONICAL, "", ("2024-05-06", META)),
        # they agree: the most exact
        (linked(datePublished="2024-05-06") + meta("article:published_time", "2024-05-06T23:30:00-04:00"), "", ("2024-05-06T23:30:00-04:00", META)),
        (linked(datePublished="2024-05-06T10:00:00") + meta("article:published_time", "2024-05-06T10:00:00+02:00"), "", ("2024-05-06T10:00:00+02:00", META)),
        (linked(datePublished="2024-05-07T03:30:00Z") + meta("article:published_time", "2024-05-06T23:30:00-04:00") + CANONICAL, "", ("2024-05-06T23:30:00-04:00", META)),
        # what names no day is passed over
        (linked(datePublished="yesterday") + meta("article:published_time", "2024-05-06"), "", ("2024-05-06", META)),
        (linked(datePublished=20240506, author=7, publisher=[], correction=3), "", None),
    ],
)  # fmt: skip
def test_when_a_page_was_published(
    head: str, byline: str, published: tuple[str, str] | None, tmp_path: Path
) -> None:
    assert stamps(page(tmp_path, head, byline)) == (published, None)


@pytest.mark.parametrize(
    ("head", "byline", "updated"),
    [
        (linked(dateModified="2024-05-08T09:00:00Z"), "", ("2024-05-08T09:00:00+00:00", "JSON-LD dateModified")),
        (meta("og:updated_time", "2024-05-08"), "", ("2024-05-08", "meta og:updated_time")),
        ("", "<p>Published 6 May 2024 | Updated 8 May 2024, 10:15 GMT</p>", ("2024-05-08T10:15:00+00:00", "visible text")),
        ("", "<div><span>Last updated</span> <time datetime='2024-05-08'>8 May</time></div>", ("2024-05-08", "visible text")),
        # what is not later than the publication is no update
        (linked(datePublished="2024-05-06T10:00:00Z", dateModified="2024-05-06T10:00:00Z"), "", None),
        (linked(datePublished="2024-05-06T10:00:00Z", dateModified="2024-05-05T10:00:00Z"), "", None),
        (linked(datePublished="2024-05-06", dateModified="2024-05-06"), "", None),
        (linked(datePublished="2024-05-06", dateModified="2024-05-06T12:00:00Z"), "", ("2024-05-06T12:00:00+00:00", "JSON-LD dateModified")),
    ],
)  # fmt: skip
def test_when_a_page_was_updated(
    head: str, byline: str, updated: tuple[str, str] | None, tmp_path: Path
) -> None:
    assert stamps(page(tmp_path, head, byline))[1] == updated


def test_the_article_with_the_pages_address_is_the_one(tmp_path: Path) -> None:
    other = linked(url="https://dale.example/other", datePublished="2020-01-01")
    own = linked(mainEntityOfPage={"@id": "https://dale.example/2024/05/06/bridge?utm_source=x"},
                 datePublished="2024-05-06T10:00:00Z")  # fmt: skip
    found = page(tmp_path, CANONICAL + other + own)
    assert found.published and found.published.text == "2024-05-06T10:00:00+00:00"
    assert found.url == "https://dale.example/2024/05/06/bridge"


def test_who_wrote_a_page(tmp_path: Path) -> None:
    author = [
        {"@type": "Person", "name": "By Ann  Poole"},
        "Bo Reed",
        {"name": "https://x.example/c"},
    ]
    found = page(tmp_path, linked(author=author, publisher={"name": "Dale Courier"}))
    assert (found.authors, found.outlet) == (("Ann Poole", "Bo Reed"), "Dale Courier")
    both = linked(publisher={"name": "Dale Media Group"}) + meta("og:site_name", "Dale Courier")
    assert page(tmp_path, both).outlet == "Dale Courier"


# Corrections


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Correction: The bridge was built in 1784.", True),
        ("– Correction: A previous version misstated the number of arches.", True),
        ("CORRECTION (6 May): The bridge is older.", True),
        ("Correction, May 6, 2024: The bridge is older.", True),
        ("Corrections & Clarifications: The mayor is Ann Poole.", True),
        ("Clarification — the mayor was not asked.", True),
        ("Clarification: The county owns the bridge, not the road.", True),
        ("• This article was amended on 6 May 2024 to correct the year.", True),
        ("Editor’s note: An earlier version of this story gave a wrong year.", True),
        ("Editor’s note: This story has been updated to correct the number of arches.", True),
        ("An earlier version of this article misstated the bridge’s age.", True),
        ("This story has been corrected to show that nobody was hurt.", True),
        ("(Corrects spelling of name in paragraph 3)", True),
        ("Correction officers went on strike on Monday: they want more pay.", False),
        ("Corrections officers were hurt.", False),
        ("The correction of prices came late.", False),
        ("Correction of the market – a fall of 10% – is due, she said.", False),
        ("A previous version of the law failed in parliament.", False),
        ("This report has been revised by the ministry.", False),
        ("Editor’s note: Ann Poole is a columnist.", False),
        ("Correction of the river's course cost $3 million: too much, critics say.", False),
    ],
)
def test_corrections(text: str, expected: bool, tmp_path: Path) -> None:
    found = read(tmp_path, "a.json", {"title": "Old bridge", "text": ["It is closed.", text]})
    assert isinstance(found, Article)
    assert found.correction == (text if expected else None)
    assert found.paragraphs == ("It is closed.", text)  # it can be read and cited


@pytest.mark.parametrize(
    "value",
    ["It is older.", {"@type": "CorrectionComment", "text": "It is older."}, ["It is", {"text": "older."}]],
)  # fmt: skip
def test_corrections_of_schema_org(value: Any, tmp_path: Path) -> None:
    assert page(tmp_path, linked(correction=value)).correction == "It is older."
    assert page(tmp_path, linked(correction="https://dale.example/corrections")).correction is None


# ninjs

NINJS: dict[str, dict[str, Any]] = {
    "1": {
        "uri": "http://agency.example/items/1", "type": "text", "version": "2",
        "firstcreated": "2024-05-06T10:00:00+02:00", "versioncreated": "2024-05-06T12:30:00+02:00",
        "pubstatus": "usable", "copyrightholder": "Dale News Agency", "byline": "By Ann Poole and Bo Reed",
        "headline": "Old bridge closes", "description_text": "In short.",
        "body_html": "<p>The bridge is closed.</p><p>It is <b>old</b>.</p>",
        "body_text": "The bridge is closed. It is old.",
    },
    "3": {
        "uri": "http://agency.example/items/1", "type": "text", "version": "2",
        "firstCreated": "2024-05-06T10:00:00+02:00", "versionCreated": "2024-05-06T12:30:00+02:00",
        "pubStatus": "usable", "copyrightHolder": "Somebody", "by": "Ann Poole, Bo Reed",
        "infoSources": [{"name": "Dale News Agency"}],
        "headlines": [{"role": "short", "value": "Bridge"}, {"role": "main", "value": "Old bridge closes"}],
        "bodies": [
            {"role": "summary", "contentType": "text/html", "value": "<p>In short, the bridge is closed and old.</p>" * 9},
            {"role": "main", "contentType": "text/plain", "value": "The bridge is closed. It is old."},
            {"role": "html", "contentType": "text/html", "value": "<p>The bridge is closed.</p><p>It is <b>old</b>.</p>"},
        ],
    },
}  # fmt: skip


@pytest.mark.parametrize("version", NINJS)
def test_ninjs(version: str, tmp_path: Path) -> None:
    found = read(tmp_path, "a.json", NINJS[version])
    assert isinstance(found, Article), found
    assert (found.title, found.url) == ("Old bridge closes", "http://agency.example/items/1")
    assert found.paragraphs == ("The bridge is closed.", "It is old.")
    assert (found.outlet, found.authors) == ("Dale News Agency", ("Ann Poole", "Bo Reed"))
    assert stamps(found) == (
        ("2024-05-06T10:00:00+02:00", "ninjs firstcreated"),
        ("2024-05-06T12:30:00+02:00", "ninjs versioncreated"),
    )


def test_what_ninjs_leaves_out(tmp_path: Path) -> None:
    item = NINJS["1"] | {"uri": "urn:newsml:agency.example:1", "ednote": "Corrects the year: 1784"}
    del item["firstcreated"], item["byline"], item["headline"], item["body_html"]
    later = read(tmp_path, "a.json", item)
    assert isinstance(later, Article)
    assert stamps(later) == (None, ("2024-05-06T12:30:00+02:00", "ninjs versioncreated"))
    assert (later.url, later.authors, later.title) == (None, (), "The bridge is closed.")
    assert later.key == "urn:newsml:agency.example:1"
    first = read(tmp_path, "b.json", item | {"version": "1"})
    assert isinstance(first, Article)
    assert stamps(first) == (("2024-05-06T12:30:00+02:00", "ninjs versioncreated"), None)
    for change, says in (
        ({"pubstatus": "canceled"}, "withdrawn: its agency says pubstatus 'canceled'"),
        ({"embargoed": "2999-01-01T08:00:00Z"}, "embargoed until 2999-01-01T08:00:00Z"),
        ({"embargoed": "Monday"}, "its embargo ends at 'Monday', which is no time"),
        ({"body_text": ""}, "without a body"),
        ({"body_text": 3, "bodies": 7, "infosource": "x"}, "without a body"),
    ):
        gone = read(tmp_path, "c.json", item | change)
        assert isinstance(gone, Rejected) and says in gone.reason


OTHERS = ("URI", "edNote", "embargoed", "infoSource", "infoSources", "title", "language", "body")


@pytest.mark.parametrize("value", [5, True, [], {}, None, [5], {"name": 5}])
@pytest.mark.parametrize("version", NINJS)
def test_a_ninjs_field_of_a_wrong_type_is_left_out_or_a_reason(
    version: str, value: Any, tmp_path: Path
) -> None:
    for name in (*NINJS[version], *OTHERS):
        found = read(tmp_path, "a.json", NINJS[version] | {name: value})
        assert isinstance(found, Article) or (found.reason and "\n" not in found.reason), name


def test_what_was_read_before_a_failure_is_stored(tmp_path: Path) -> None:
    def broken() -> Iterator[Article | Rejected]:
        (tmp_path / "a.json").write_text(json.dumps(NINJS["3"] | {"infoSources": 5}), "utf-8")
        yield from sources.read(tmp_path / "a.json")
        raise RuntimeError("this source of one's own is broken")

    room = Newsroom.open(tmp_path / "library")
    with pytest.raises(RuntimeError, match="of one's own"):
        room.add_articles(broken())
    (stored,) = room.articles()
    assert (stored.article.title, stored.article.outlet) == ("Old bridge closes", "Somebody")


def test_an_embargo_ends(tmp_path: Path) -> None:
    item = NINJS["3"] | {"embargoed": "2024-05-06T12:00:00+02:00"}
    assert isinstance(read(tmp_path, "a.json", item), Article)


@pytest.mark.parametrize("order", ["item first", "withdrawal first"])
def test_an_item_and_its_withdrawal_may_come_together(order: str, tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "library")
    item = NINJS["3"]
    items = [item, item | {"pubStatus": "canceled", "uri": f" {item['uri']} "}]
    path = tmp_path / "items.jsonl"
    lines = items if order == "item first" else items[::-1]
    path.write_text("\n".join(map(json.dumps, lines)), "utf-8")
    (key,) = room.add(path).added
    assert room.add(path).unchanged == (key, key)
    assert "withdrawn" in (room.article(key).article.correction or "")
    path.write_text(json.dumps(item | {"pubStatus": "Usable"}), "utf-8")
    assert not room.add(path).rejected


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2, 3))))
def test_what_an_agency_releases_after_it_was_withheld_is_usable(
    order: tuple[int, ...], tmp_path: Path
) -> None:
    body = "The bridge is closed. It is {} years old."
    items = {
        at: NINJS["1"] | {"body_html": "", "body_text": body.format(at), "pubstatus": status,
                          "versioncreated": f"2024-05-06T1{at}:00:00+02:00"}
        for at, status in ((1, "usable"), (2, "withheld"), (3, "usable"))
    }  # fmt: skip
    room = Newsroom.open(tmp_path / "library")
    (tmp_path / "items.json").write_text(json.dumps([items[at] for at in order]), "utf-8")
    report = room.add(tmp_path / "items.json")
    assert not report.rejected
    article = room.article(report.added[0]).article
    assert (article.correction, article.paragraphs[0]) == (None, body.format(3))
    (tmp_path / "again.json").write_text(
        json.dumps(items[2] | {"versioncreated": "2024-05-06T14:00:00+02:00"})
    )
    assert room.add(tmp_path / "again.json").updated == report.added
    assert "withheld" in (room.article(report.added[0]).article.correction or "")


def test_what_an_agency_withdraws_is_marked_with_every_citation(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "library")
    path = tmp_path / "item.json"
    item = NINJS["3"]
    when = {"versionCreated": "2024-05-08T09:00:00+02:00"}
    withdrawn = item | when | {"pubStatus": "canceled", "bodies": []}
    path.write_text(json.dumps(withdrawn), "utf-8")
    (rejected,) = room.add(path).rejected
    assert "withdrawn" in rejected.reason
    path.write_text(json.dumps(item), "utf-8")
    (key,) = room.add(path).added
    path.write_text(json.dumps(withdrawn), "utf-8")
    report = room.add(path)
    assert (report.updated, report.rejected) == ((key,), ())
    assert room.add(path).unchanged == (key,)
    note = "It was withdrawn: its agency says pubstatus 'canceled'."
    assert room.ask("Tell me about the old bridge.").citations[0].correction == note
    assert room.article(key, 1).article.correction is None
    before = room.ask("Tell me about the old bridge.", as_of="2024-05-07").citations[0]
    assert (before.version, before.correction) == (1, None)
    after = room.ask("Tell me about the old bridge.", as_of="2024-05-08").citations[0]
    assert (after.version, after.correction) == (2, note)
    late = {"versionCreated": "2024-05-07T09:00:00+02:00", "bodies": [
        {"role": "main", "contentType": "text/plain", "value": "The bridge is closed for a year."}
    ]}  # fmt: skip
    path.write_text(json.dumps(item | late), "utf-8")
    assert room.add(path).older == (key,)
    assert room.article(key).article.correction == note
