"""What a page states about its article: address, outlet, authors, dates, correction.

How a date is found. A page tells its date in up to six places, here in the order of trust:

1. JSON-LD: `datePublished` and `dateModified` of the page's article. Objects of another type, such
   as the site or its videos, and other articles that the page lists do not count.
2. meta elements: `article:published_time` and its kin.
3. microdata: elements with `itemprop="datePublished"`.
4. visible text between the headline and the first paragraph: "Published 5 May 2024", a time
   element, or a date alone in an element of the class "date" or the like.
5. the feed that led to the page.
6. the address: /2024/05/05/.

Where they differ, the day that most places name wins, and among equals the day of the place that
comes first. Of the places that name this day (two instants that are one in different zones do, too)
the most exact one is kept: an instant with a zone, an instant without one, a day. A date in the
article's own sentences, in a copyright line or in a picture's caption is never used, nor is the
time of fetching: an article without a date stays without one. `updated` is found in the same way,
without the address, and is dropped where it is not later than `published`.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from rag.records import Timestamp
from rag.sources import clean
from rag.sources.fields import canonical, joined, same_site, timestamp

_META = {
    "published": (
        "article:published_time", "og:article:published_time", "datepublished", "parsely-pub-date",
        "pubdate", "publishdate", "publish-date", "publish_date", "date-published", "sailthru.date",
        "dc.date.issued", "dcterms.issued", "dcterms.created", "dc.date", "date",
    ),
    "updated": (
        "article:modified_time", "og:article:modified_time", "datemodified", "og:updated_time",
        "dcterms.modified", "dc.date.modified", "last-modified",
    ),
}  # fmt: skip
_PROPERTY = {"published": "datePublished", "updated": "dateModified"}
_ARTICLE = re.compile(r"\w*(?:Article|BlogPosting|Report)|LiveBlogPosting|SocialMediaPosting")

_LABEL = re.compile(
    r"(?:(?P<published>(?:(?:first|originally) )?(?:published|posted))"
    r"|(?P<updated>(?:last )?(?:updated|modified|amended)))\b(?:\s+(?:on|at))?\s*:?\s*",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"(?:^|[\s_-])(?:date|dateline|time|timestamp|publish\w*|posted|updated)\b", re.I
)
_UPDATED = re.compile(r"updat|modif", re.IGNORECASE)
LONGEST = 120
"""Characters of an element that tells a date and little else."""
TEXT = 80
"""Characters from which a paragraph is the text that the headline and its dates stand above."""
LOOKED_AT = 300
"""Elements after the headline among which a visible date is looked for."""
_ASIDE = {"aside", "nav", "footer", "figure", "form", "script", "style", "template"}
_PATH = re.compile(r"/((?:19|20)\d\d)[/-](\d\d?)[/-](\d\d?)(?=[/-]|$)")

Stamps = dict[str, Timestamp]
"""By the field: "published", "updated"."""


def stated(tree: Any, url: str | None = None, feed: Stamps | None = None) -> dict[str, Any]:
    """The fields of the page's article, named as in JSON; the dates as Timestamps.

    `url` is where the page was fetched from, None for a file; `feed` what led to it says.
    """
    metas = _metas(tree)
    address = _canonical(metas, url)
    linked = _linked(tree, address)
    places = [
        _stamps({n: linked.get(key) for n, key in _PROPERTY.items()}, "JSON-LD", _PROPERTY),
        _of_metas(metas),
        _stamps(_microdata(tree), "microdata", _PROPERTY),
        _visible(tree),
        feed or {},
    ]
    path = _PATH.search(urlsplit(address or "").path)
    day = timestamp("-".join(n.zfill(2) for n in path.groups()), "address") if path else None
    published = agreed(
        [*(p["published"] for p in places if "published" in p), *([day] * bool(day))]
    )
    updated = agreed([place["updated"] for place in places if "updated" in place])
    return {
        "url": address,
        "outlet": metas.get("og:site_name") or _name(linked.get("publisher")),
        "authors": list(_names(linked.get("author"))),
        "published": published,
        "updated": updated if not published or _is_later(updated, published) else None,
        "correction": _correction(linked.get("correction")),
    }


def agreed(stamps: Sequence[Timestamp | None]) -> Timestamp | None:
    """The date by the rule above, of those that each place tells, in the order of trust."""
    told = [stamp for stamp in stamps if stamp]
    if not told:
        return None
    camps = [[other for other in told if _agree(stamp, other)] for stamp in told]
    largest: list[Timestamp] = max(camps, key=len)
    days = Counter(stamp.day for stamp in largest)
    return min(largest, key=lambda stamp: (_vagueness(stamp), -days[stamp.day]))


def _agree(one: Timestamp, other: Timestamp) -> bool:
    if one.day == other.day:
        return True
    if "day" in (one.precision, other.precision):
        return False
    return datetime.fromisoformat(one.text) == datetime.fromisoformat(other.text)


def _vagueness(stamp: Timestamp) -> int:
    return 2 if stamp.precision == "day" else int("assumed" in stamp.source)


def _is_later(one: Timestamp | None, other: Timestamp) -> bool:
    if one is None or "day" in (one.precision, other.precision):
        return one is not None and (one.day, one.precision) > (other.day, other.precision)
    return datetime.fromisoformat(one.text) > datetime.fromisoformat(other.text)


def _stamps(texts: Mapping[str, Any], place: str, names: Mapping[str, str]) -> Stamps:
    """The texts that tell a day, by field; `names` says how the place calls each."""
    found = {
        field: timestamp(text.strip(), f"{place} {names.get(field, '')}".strip())
        for field, text in texts.items()
        if isinstance(text, str)
    }
    return {field: stamp for field, stamp in found.items() if stamp}


# Metas, links and microdata


def _metas(tree: Any) -> dict[str, str]:
    """Each name of the page's meta and link elements, in small letters, with its first value."""
    values: dict[str, str] = {}
    for element in tree.iter("meta", "link"):
        value = element.get("content") or element.get("href")
        for attribute in ("property", "name", "itemprop", "rel", "http-equiv"):
            if value and (name := element.get(attribute)):
                values.setdefault(name.strip().lower(), value.strip())
    return values


def _of_metas(metas: Mapping[str, str]) -> Stamps:
    found: Stamps = {}
    for field, names in _META.items():
        stamps = (timestamp(metas.get(name), f"meta {name}") for name in names)
        if stamp := next((s for s in stamps if s), None):
            found[field] = stamp
    return found


def _microdata(tree: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for field, name in _PROPERTY.items():
        for element in tree.xpath(f"//*[@itemprop='{name}'][not(self::meta)]"):
            text = element.get("content") or element.get("datetime") or element.text_content()
            found.setdefault(field, text)
    return found


def _canonical(metas: Mapping[str, str], url: str | None) -> str | None:
    """The address under which the article is kept.

    A page that was fetched may name another one only on its own site, because it could otherwise
    replace somebody else's article, and not the site's front page, which careless sites name on
    every page.
    """
    named = [canonical(joined(url or "", metas.get(n, ""))) for n in ("canonical", "og:url")]
    if url is None:
        return next((address for address in named if address), None)
    fetched = canonical(url)
    for address in named:
        is_front = address and urlsplit(address).path == "/" and not urlsplit(address).query
        if address and same_site(address, url) and (not is_front or urlsplit(url).path in "/"):
            return address
    return fetched


# JSON-LD


def _linked(tree: Any, url: str | None) -> Mapping[str, Any]:
    """The JSON-LD object of the page's article: the one with the page's address, or with none."""
    articles: list[Mapping[str, Any]] = []
    for script in tree.iterfind(".//script[@type='application/ld+json']"):
        try:
            articles += _articles(json.loads(script.text or "", strict=False))
        except (ValueError, RecursionError):  # one script is broken; there may be others
            continue
    unnamed: list[Mapping[str, Any]] = []
    for article in articles:
        own = (article.get(name) for name in ("url", "@id", "mainEntityOfPage"))
        ids = [value.get("@id") if isinstance(value, dict) else value for value in own]
        named = [canonical(joined(url or "", i)) for i in ids if isinstance(i, str)]
        paths = {urlsplit(name).path.strip("/") for name in named if name} - {""}
        if url and urlsplit(url).path.strip("/") in paths:
            return article
        if not url or not paths:
            unnamed.append(article)
    return unnamed[0] if unnamed else {}


def _articles(data: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(data, list):
        for item in data:
            yield from _articles(item)
    elif isinstance(data, dict):
        kinds = data.get("@type")
        kinds = kinds if isinstance(kinds, list) else [kinds]
        if any(isinstance(kind, str) and _ARTICLE.fullmatch(kind) for kind in kinds):
            yield data
        for name in ("@graph", "mainEntity"):
            yield from _articles(data.get(name))


def _names(value: Any) -> Iterator[str]:
    """The names of one or several people or organisations, however they are given."""
    if isinstance(value, list):
        for item in value:
            yield from _names(item)
    elif name := _name(value):
        yield name


def _name(value: Any) -> str | None:
    name = value.get("name") if isinstance(value, dict) else value
    if not isinstance(name, str) or name.startswith(("http://", "https://")):
        return None
    return re.sub(r"^by\s+", "", " ".join(clean.tidy(name).split()), flags=re.IGNORECASE) or None


def _correction(value: Any) -> str | None:
    """The text of schema.org's `correction`: a text, a CorrectionComment, or several."""
    values = value if isinstance(value, list) else [value]
    texts = (v.get("text") or v.get("description") if isinstance(v, dict) else v for v in values)
    kept = [t for t in texts if isinstance(t, str) and not t.startswith(("http://", "https://"))]
    return " ".join(kept) or None


# Visible text


def _visible(tree: Any) -> Stamps:
    """The dates that a reader sees between the headline and the text."""
    found: Stamps = {}
    heading = tree.find(".//h1")
    if heading is None:
        return found
    for number, element in enumerate(_after(heading)):
        text = _beginning(element)
        if number >= LOOKED_AT or (element.tag == "p" and len(text) >= TEXT):
            break
        if len(text) <= LONGEST:
            for field, stamp in _seen(element, text).items():
                found.setdefault(field, stamp)
    return found


def _beginning(element: Any) -> str:
    """The text of an element as far as it matters: a page within 300 elements is not read 300
    times."""
    parts: list[str] = []
    for part in element.itertext():
        parts += part[: 20 * LONGEST].split()
        if sum(map(len, parts)) > LONGEST:
            break
    return " ".join(parts)


def _after(heading: Any) -> Iterator[Any]:
    """The elements that begin after the headline, but for those that stand beside the article."""
    place = heading
    while place is not None:
        for sibling in place.itersiblings():
            yield from _inside(sibling)
        place = place.getparent()


def _inside(element: Any) -> Iterator[Any]:
    if isinstance(element.tag, str) and element.tag not in _ASIDE:
        yield element
        for child in element:
            yield from _inside(child)


def _seen(element: Any, text: str) -> Stamps:
    """The dates that one short element tells."""
    labels = list(_LABEL.finditer(text))
    if labels and labels[0].start() == 0 and element.tag != "time":
        ends = [label.start() for label in labels[1:]] + [len(text)]
        parts = {
            str(label.lastgroup): text[label.end() : end].strip(" |·•–—-,;()")
            for label, end in reversed(list(zip(labels, ends, strict=True)))
        }
        return _stamps(parts, "visible text", {})
    marks = f"{element.get('class', '')} {element.get('id', '')} {element.get('data-testid', '')}"
    if element.tag == "time":
        before = element.getprevious()
        lead = before.text_content() + (before.tail or "") if before is not None else ""
        marks += f" {lead} {element.getparent().text or ''} {text}"
    elif not _DATED.search(marks):
        return {}
    field = "updated" if _UPDATED.search(marks) else "published"
    told = _LABEL.sub("", text, count=1)
    return _stamps({field: element.get("datetime") or told}, "visible text", {})
