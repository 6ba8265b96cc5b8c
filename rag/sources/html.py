"""A saved page to its fields and lines of text. The only file that knows trafilatura."""

from __future__ import annotations

import re
from typing import Any

from rag.errors import SourceError
from rag.sources import clean

_CHARSET = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_ENCODINGS = re.compile(r"utf-?8|windows-125\d|iso-8859-\d+|koi8-[ru]|gb\w+|big5|shift_jis|euc-\w+")
"""Encodings of pages. Python knows more, some of which are slow or not meant for text."""

# Only what a page states for machines. trafilatura asks htmldate, which goes on to search the text,
# where a date may be that of an event, of a picture or of the copyright.
_NAMES = {
    "published": ("article:published_time", "datepublished", "parsely-pub-date", "pubdate", "date"),
    "updated": ("article:modified_time", "datemodified", "og:updated_time"),
    "url": ("canonical", "og:url"),
}
_PICTURE = re.compile(r"data:[\w/+.-]+;base64,[\w+/=]+")
"""A file within the page. The parser stops without a word at one of more than 10 MB."""
_UNSEEN = ["//template", "//*[@hidden]"]
_LINKED_DATA = re.compile(r'"(date(?:Published|Modified))"\s*:\s*"([^"]+)"')


def charset(data: bytes) -> str | None:
    """The encoding that a page declares, as browsers take it."""
    found = _CHARSET.search(data[:2048])
    name = found[1].decode().lower() if found else ""
    return "cp1252" if name == "iso-8859-1" else name if _ENCODINGS.fullmatch(name) else None


def page(text: str) -> tuple[dict[str, Any], list[str]]:
    """The fields of the article on a page, named as in JSON, and its lines of text.

    Scripts, menus and comments are left out. Raises SourceError where there is no article.
    """
    import trafilatura

    try:
        tree = trafilatura.load_html(_PICTURE.sub("", text))
        stated = _stated(tree) if tree is not None else {}
        found: Any = trafilatura.bare_extraction(
            tree, favor_precision=True, include_comments=False, with_metadata=True,
            prune_xpath=_UNSEEN, date_extraction_params={"extensive_search": False},
        )  # fmt: skip
    except Exception as error:  # whatever a parser makes of a page that somebody broke
        raise SourceError(f"the page cannot be parsed ({type(error).__name__})") from error
    if found is None or not found.text:
        raise SourceError("no article was found in the page")
    authors = [name.strip() for name in (found.author or "").split(";")]
    fields = {"title": found.title, "outlet": found.sitename, "authors": authors, **stated}
    return fields, [line.strip(" -|") for line in clean.tidy(found.text).split("\n")]


def blocks(markup: str) -> list[str]:
    """The text of each element of a piece of HTML, without scripts."""
    import trafilatura

    tree = trafilatura.load_html(f"<html><body>{markup}</body></html>")
    found = []
    for element in tree.iterfind(".//body/*") if tree is not None else ():
        if element.tag not in ("script", "style"):
            found.append("".join(element.itertext()))
        found.append(element.tail or "")
    return [text.strip() for text in found if text.strip()]


def _stated(tree: Any) -> dict[str, str | None]:
    values: dict[str, str] = {}
    for element in tree.iter("meta", "link", "time"):
        value = element.get("content") or element.get("href") or element.get("datetime")
        for attribute in ("property", "name", "itemprop", "rel"):
            if value and (name := element.get(attribute)):
                values.setdefault(name.lower(), value)
    for script in tree.iterfind(".//script[@type='application/ld+json']"):
        for name, value in _LINKED_DATA.findall(script.text or ""):
            values.setdefault(name.lower(), value)
    return {
        field: next((values[name] for name in names if name in values), None)
        for field, names in _NAMES.items()
    }
