"""RSS and Atom feeds to their entries.

Read with lxml rather than feedparser, which takes minutes for some feeds of a megabyte.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

from lxml import etree

from rag.errors import SourceError
from rag.records import Article, Timestamp
from rag.sources import clean, fields, files, html
from rag.sources.web import Page

MOST = 500
"""Entries that are read of one feed. Feeds have 10 to 100; some sites put their archive in one."""
WHOLE = 1000
"""Characters from which the text of an entry with an address is the article itself, if it does not
break off."""
_HEAD = re.compile(
    r"[\s\ufeff\u00ef\u00bb\u00bf]*"
    r"(?:<\?[^>]*>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*+(?:\[[^\]]*+\]\s*+)?>\s*)*+",
    re.DOTALL,
)
_ROOT = re.compile(r"<(?:rss|feed|rdf:RDF)[\s>]", re.IGNORECASE)
_DECLARED = re.compile(rb"\s*<\?xml[^>]*encoding=[\"']([\w-]+)")
_NAMED = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)[A-Za-z]\w{1,30};")
_MARKED = re.compile("[<&]")
_TAG = re.compile(r"<[^<>]*>")
_MAIL = re.compile(r"[^\s@]{1,100}@[^\s@]{1,100}(?:\s*\((.*)\))?$")
_BROKEN_OFF = re.compile(
    r"(?:…|\.\.\.|\[…\]|\[\.\.\.\]|(?:read|continue) (?:more|reading)\W*)$", re.I
)
_VOCABULARIES = {
    None, "http://www.w3.org/2005/Atom", "http://purl.org/atom/ns#", "http://purl.org/rss/1.0/",
    "http://my.netscape.com/rdf/simple/0.9/", "http://purl.org/rss/1.0/modules/content/",
    "http://purl.org/dc/elements/1.1/", "http://purl.org/dc/terms/",
}  # fmt: skip
_CONTENT = ("encoded", "content", "description", "summary")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed."""

    id: str
    """The feed's own name for it and its address; its title where it has neither."""
    state: str
    """Changes when the entry does."""
    url: str | None
    title: str | None
    authors: tuple[str, ...]
    stamps: dict[str, Timestamp]
    """"published" and "updated", as far as the feed tells them."""
    content: str
    """HTML of the text that the feed carries; "" for none."""
    outlet: str | None
    """The feed's title."""

    def article(self, feed: str) -> Article | None:
        """The article, where the feed at that address carries the whole of it.

        Of another site's articles it does not: whoever writes a feed could replace them. The text
        of an entry that leads nowhere is all there is of it, however short.
        """
        if self.url and (len(self.content) < WHOLE or not fields.same_site(self.url, feed)):
            return None
        lines = html.lines(self.content)
        text = "\n".join(clean.kept(lines))
        if not text or (self.url and (len(text) < WHOLE or _breaks_off(lines))):
            return None
        told = {"url": self.url, "title": self.title, "outlet": self.outlet}
        if not self.url and self.id != self.title:
            told["key"] = f"{feed}#{self.id}"  # of every version of it
        return fields.article(
            {**told, "authors": list(self.authors), **self.stamps},
            lines,
            self.url or self.id,
            "feed",
        )


def _breaks_off(lines: Sequence[str]) -> bool:
    """True if the text ends with a sign that there is more, whatever of a page stands below it."""
    for line in map(str.rstrip, reversed(lines)):
        if _BROKEN_OFF.search(line):
            return True
        if clean.kept([line]):
            return False
    return False


def is_feed(page: Page) -> bool:
    """True for RSS and Atom, whatever the server calls it."""
    is_utf16 = page.content.startswith((b"\xff\xfe", b"\xfe\xff"))
    head = page.content[:20_000].decode("utf-16" if is_utf16 else "latin-1", "replace")
    return _root(head) is not None


def _root(text: str) -> int | None:
    """Where the root element of a feed begins; None for what is no feed."""
    found = _HEAD.match(text)
    return found.end() if found and _ROOT.match(text, found.end()) else None


def entries(page: Page) -> Iterator[Entry]:
    """The entries of a feed, as it orders them. Raises SourceError where it is no feed at all."""
    declared = _DECLARED.match(page.content[:200])
    charset = page.charset or (declared[1].decode() if declared else None)
    root = _parsed(files.decoded(page.content, html.charset(b"", charset)))
    titles = (e.text or "" for top in (root, *root[:1]) for e in top if _name(e) == "title")
    outlet = " ".join(next(titles, "").split()) or None
    yield from (_entry(item, page.url, outlet) for item in root.iter("{*}item", "{*}entry"))


def _parsed(text: str) -> Any:
    """The root of a document: broken parts left out, no entity expanded, nothing loaded."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True,
                             remove_comments=True, remove_pis=True, encoding="utf-8")  # fmt: skip
    if (start := _root(text)) is None:
        raise SourceError("the feed cannot be parsed: it does not begin with its root element")
    text = text[start:]  # without the DOCTYPE: entities in attributes are expanded, come what may
    # Feeds name characters as HTML does, which XML does not know.
    text = _NAMED.sub(lambda found: unescape(found[0]), text)
    try:
        root = etree.fromstring(text.encode(), parser)
    except (etree.LxmlError, ValueError) as error:
        raise SourceError(f"the feed cannot be parsed ({error})") from error
    if root is None:
        raise SourceError("the feed cannot be parsed: it has no element")
    return root


def _entry(item: Any, base: str, outlet: str | None) -> Entry:
    parts: dict[str, Any] = {}
    links = []
    for element in item.iterchildren("*"):
        name = _name(element)
        if name == "link" and element.get("rel", "alternate") == "alternate":
            links.append(element.get("href") or element.text or "")
        parts.setdefault(name, element)
    told = {name: (e.text or "").strip() for name, e in parts.items()}
    links = [fields.joined(base, link.strip()) for link in links if link.strip()]
    if "guid" in parts and parts["guid"].get("isPermaLink", "true") == "true":
        links.append(told["guid"])  # an address as it stands, or none
    url = next((address for link in links if (address := fields.canonical(link))), None)
    texts = {
        "published": told.get("pubDate") or told.get("published") or told.get("date"),
        "updated": told.get("updated") or told.get("modified"),
    }
    stamps = {n: s for n, t in texts.items() if (s := fields.timestamp(t, f"feed {n}"))}
    if "updated" in stamps and stamps["updated"].text == getattr(
        stamps.get("published"), "text", ""
    ):
        del stamps["updated"]
    content = max((_markup(parts[name]) for name in _CONTENT if name in parts), key=len, default="")
    title = _markup(parts["title"]) if "title" in parts else ""
    title = " ".join(html.lines(title)) if _MARKED.search(title) else title
    headline = " ".join(title.split())
    # What counts visitors sits in the tags and changes every time.
    state = "\0".join([url or "", title, *(t or "" for t in texts.values()), _TAG.sub("", content)])
    # Some feeds give every entry the same name.
    name = told.get("guid") or told.get("id") or ""
    return Entry(
        id=" ".join(dict.fromkeys(part for part in (name, url) if part)) or headline,
        state=hashlib.sha256(state.encode()).hexdigest()[:16],
        url=url,
        title=headline or None,
        authors=tuple(_authors(item)),
        stamps=stamps,
        content=content,
        outlet=outlet,
    )


def _name(element: Any) -> str:
    """The element's name in the vocabularies that are read; "" in others, such as media:title."""
    if not isinstance(element.tag, str):  # an entity that nobody knows
        return ""
    name = etree.QName(element)
    return name.localname if name.namespace in _VOCABULARIES else ""


def _markup(element: Any) -> str:
    """HTML of an element's content, which is written as text, or as elements in XHTML."""
    if not len(element):
        return element.text or ""
    parts = (etree.tostring(child, encoding="unicode") for child in element)
    return (element.text or "") + "".join(parts)


def _authors(item: Any) -> Iterator[str]:
    for element in item.iterchildren("*"):
        if _name(element) in ("author", "creator"):
            names = [child.text for child in element if _name(child) == "name"]
            text = " ".join((names[0] if names else element.text or "").split())
            mail = _MAIL.match(text)  # "ann@herald.example (Ann Poole)"
            if name := (mail[1] or "" if mail else text):
                yield name
