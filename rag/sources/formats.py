"""Text, Markdown, HTML and JSON to articles."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rag.errors import SourceError, WithdrawnError
from rag.records import Article, Rejected
from rag.sources import clean, exported, files, html, ninjs
from rag.sources.fields import article

Items = Iterator[Article | Rejected]


def articles(path: Path, advance: Callable[[int], None]) -> Items:
    """The articles of one file. `advance` is called with the bytes on disk that each one took."""
    size = files.size(path)
    origin = str(path.absolute())  # story.md of one folder is not that of another
    told = 0
    try:
        with files.opened(path) as (file, position):
            if files.is_missed(path):
                raise SourceError(f"it is of a kind that is not read; save it as {files.KINDS}")
            for item in _READERS[files.kind(path) or "text"](file, origin):
                yield item
                now = min(position(), size)
                advance(now - told)
                told = now
    except SourceError as error:
        yield rejected(str(path), error)
    advance(size - told)


def of_bytes(kind: str, data: bytes, origin: str) -> Items:
    """The articles of what was sent rather than saved; `kind` is one of `files.kind`."""
    try:
        yield from _READERS[kind](io.BufferedReader(io.BytesIO(data)), origin)
    except SourceError as error:
        yield rejected(origin, error)


def rejected(origin: str, error: SourceError) -> Rejected:
    if isinstance(error, WithdrawnError):
        return Rejected(origin, f"{error}.", error.key, error.when)
    return Rejected(origin, f"{error}.")


def _text(file: files.Stream, origin: str) -> Items:
    text = clean.tidy(files.decoded(files.whole(file)))
    yield article({}, clean.blocks(text), origin, "text")


def _html(file: files.Stream, origin: str) -> Items:
    data = files.whole(file, files.LONGEST_PAGE)
    fields, lines = html.page(files.decoded(data, html.charset(data)))
    yield article(fields, lines, origin, "html")


def _markdown(file: files.Stream, origin: str) -> Items:
    from markdown_it import MarkdownIt

    fields, body = _front_matter(clean.tidy(files.decoded(files.whole(file))))
    # Text that is indented was scraped so; it is no code.
    tokens = MarkdownIt().disable(["code", "fence"]).parse(body)
    blocks = []
    for at, token in enumerate(tokens):
        if token.type == "inline":
            parts = (part for part in token.children or () if part.type in _WORDS)
            blocks.append("".join(part.content or " " for part in parts))
            if tokens[at - 1].tag == "h1" and not fields.get("title"):
                fields["title"] = blocks[-1]
        elif token.type == "html_block":
            blocks += html.lines(token.content)
    yield article({**fields, **_UNNAMED}, blocks, origin, "front matter")


_UNNAMED = {"key": None}
"""A field of that name means anything in other people's files, not what a library is to call it."""
_WORDS = {"text", "code_inline", "softbreak", "hardbreak"}
"""What is read of a Markdown paragraph: not its pictures and tags, nor the marks of links."""


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    """The fields above the text, each as it is written, and the text itself."""
    from frontmatter.default_handlers import YAMLHandler

    handler = YAMLHandler()
    if not handler.detect(text):
        return {}, text
    try:
        head, body = handler.split(text)
        fields = _yaml(head)
    except ValueError:  # there is no second line of dashes: the first is a rule
        return {}, text
    if not isinstance(fields, dict):
        raise SourceError("its front matter has no fields; expected lines such as title: Words")
    return {n: None if value in ("", "~", "null") else value for n, value in fields.items()}, body


def _yaml(head: str) -> Any:
    """What the lines say; a value with a colon, as titles have, may stand without quotes."""
    import yaml

    problem = ""
    for lines in (
        head,
        _COLON.sub(lambda m: f"{m[1]}{json.dumps(m[2], ensure_ascii=False)}", head),
    ):
        try:
            return yaml.load(lines, Loader=yaml.BaseLoader)  # leaves dates and numbers as written
        except (yaml.YAMLError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            line = f" in line {mark.line + 1}" if mark else ""
            problem = problem or f"{getattr(error, 'problem', None) or 'it cannot be parsed'}{line}"
    raise SourceError(f"its front matter is no YAML ({problem}); put the value in quotes")


_COLON = re.compile(r"^([\w-]+: +)(?![\"'\[{|>&*!])(.*: .*)$", re.MULTILINE)


def _json(file: files.Stream, origin: str) -> Items:
    data = _parsed(files.whole(file, files.LONGEST_JSON))
    if isinstance(data, dict) and isinstance(data.get("articles"), list):
        data = data["articles"]
    if not isinstance(data, list):
        yield _record(data, origin)
        return
    for number, item in enumerate(data, 1):
        try:
            yield _record(item, f"{origin}:{number}")
        except SourceError as error:
            yield rejected(f"{origin}:{number}", error)


def _json_lines(file: files.Stream, origin: str) -> Items:
    for number, line in files.lines(file):
        try:
            if line is None:
                raise SourceError(f"the line has more than {files.LONGEST:,} bytes")
            yield _record(_parsed(line), f"{origin}:{number}")
        except SourceError as error:
            yield rejected(f"{origin}:{number}", error)


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(files.decoded(data), strict=False)
    except json.JSONDecodeError as error:
        line = f"line {error.lineno}, " if error.lineno > 1 else ""
        raise SourceError(f"it is no JSON ({error.msg}, {line}column {error.colno})") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, or [[[[[[
        raise SourceError("it is JSON with a number or a nesting out of all bounds") from error


def _record(item: Any, origin: str) -> Article:
    if ninjs.is_ninjs(item):
        return article(*ninjs.read(item), origin, "ninjs")
    if not isinstance(item, dict):
        raise SourceError("it is no object with the fields title and text")
    if exported.MARK in item:
        return exported.read(item)
    text = item.get("text")
    parts = [text] if isinstance(text, str) else text
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise SourceError("its field text is missing or no text; expected one or a list of them")
    blocks = [block for part in parts for block in clean.blocks(clean.tidy(part))]
    return article({**item, **_UNNAMED}, blocks, origin, "json")


_READERS: dict[str, Callable[[files.Stream, str], Items]] = {
    "text": _text, "markdown": _markdown, "html": _html, "json": _json, "jsonl": _json_lines,
}  # fmt: skip
