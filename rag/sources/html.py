"""A page to its fields and lines of text. The only file that knows trafilatura."""

from __future__ import annotations

import re
from typing import Any

from rag.errors import SourceError
from rag.sources import clean, metadata
from rag.sources.fields import joined

_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_ENCODINGS = re.compile(r"utf-?8|windows-125\d|iso-8859-\d+|koi8-[ru]|gb\w+|big5|shift_jis|euc-\w+")
"""Encodings of pages. Python knows more, some of which are slow or not meant for text."""

_PICTURE = re.compile(r"data:[\w/+.-]+;base64,[\w+/=]+")
"""A file within the page. The parser stops without a word at one of more than 10 MB."""
_UNSEEN = ["//template", "//noscript", "//*[@hidden]"]
_FEEDS = ("application/rss+xml", "application/atom+xml")
_BLOCKS = "p div br li ul ol tr table h1 h2 h3 h4 h5 h6 blockquote section article hr pre".split()


def charset(data: bytes, server: str | None = None) -> str | None:
    """The encoding that the server declares, else the page itself, as browsers take it."""
    found = _CHARSET.search(data[:2048])
    name = (server or (found[1].decode() if found else "")).lower()
    return "cp1252" if name == "iso-8859-1" else name if _ENCODINGS.fullmatch(name) else None


def page(
    text: str, url: str | None = None, feed: metadata.Stamps | None = None
) -> tuple[dict[str, Any], list[str]]:
    """The fields of the article on a page, named as in JSON, and its lines of text.

    Scripts, menus and comments are left out. `url` is where it was fetched from, `feed` the dates
    that the feed which led to it tells. Raises SourceError where there is no article.
    """
    import trafilatura

    try:
        tree = trafilatura.load_html(_PICTURE.sub("", text))
        stated = metadata.stated(tree, url, feed) if tree is not None else {}
        # trafilatura's own date is not taken: it goes on to search the text, where a date may be
        # that of an event.
        found: Any = trafilatura.bare_extraction(
            tree, favor_precision=True, include_comments=False, with_metadata=True,
            prune_xpath=_UNSEEN, date_extraction_params={"extensive_search": False},
        )  # fmt: skip
    except Exception as error:  # whatever a parser makes of a page that somebody broke
        raise SourceError(f"the page cannot be parsed ({type(error).__name__})") from error
    if found is None or not found.text:
        raise SourceError("no article was found in the page; its scripts, if any, are not run")
    own = {
        "title": found.title,
        "outlet": found.sitename,
        "authors": [name.strip() for name in (found.author or "").split(";")],
    }
    fields = own | {name: value for name, value in stated.items() if value}
    return fields, [line.strip(" -|") for line in clean.tidy(found.text).split("\n")]


def feed(text: str, url: str) -> str | None:
    """The address of the feed that a page names."""
    from lxml import etree, html

    try:
        links = html.document_fromstring(text.encode(), base_url=url).iterfind(".//link[@href]")
    except (etree.LxmlError, ValueError):
        return None
    found = (joined(url, link.get("href")) for link in links if link.get("type") in _FEEDS)
    return next((address for address in found if address), None)


def lines(fragment: str) -> list[str]:
    """The lines of text of a piece of HTML that holds nothing but an article."""
    from lxml import etree, html

    try:
        tree = html.fragment_fromstring(_PICTURE.sub("", fragment), create_parent="div")
        for element in tree.xpath("|".join([*_UNSEEN, "//script", "//style", "//figure"])):
            element.drop_tree()
        for element in tree.iter(*_BLOCKS):
            element.text = f"\n{element.text or ''}"
            element.tail = f"\n{element.tail or ''}"
        text = tree.text_content()
    except (etree.LxmlError, ValueError, RecursionError) as error:
        raise SourceError(f"its HTML cannot be parsed ({type(error).__name__})") from error
    return clean.tidy(text).split("\n")
