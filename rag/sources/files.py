"""Bytes on disk to text: compression, encodings, limits."""

from __future__ import annotations

import gzip
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, cast

from rag.errors import SourceError

SUFFIXES = {
    ".txt": "text", ".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html",
    ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl",
}  # fmt: skip
KINDS = ".txt, .md, .html, .json or .jsonl, each also as .gz"
LONGEST = 5_000_000
"""Bytes of one article, or of one line of JSON lines. The longest news features have 200,000."""
LONGEST_JSON = 200_000_000
"""Bytes of a .json file, which has to be read whole; JSON lines have no such limit."""

_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_INVISIBLE = re.compile(r"[\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\u00ad]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def kind(path: Path) -> str | None:
    """What the name says the file is, or None for a kind that is not read."""
    name = path.name.lower().removesuffix(".gz")
    return SUFFIXES.get(Path(name).suffix)


def whole(path: Path, most: int) -> bytes:
    """The content of a file, uncompressed.

    Raises SourceError where it is empty, longer than `most`, or cannot be read.
    """
    with _opened(path) as file:
        data = _guarded(lambda: file.read(most + 1))
    if len(data) > most:
        raise SourceError(f"longer than {most:,} bytes; split it into one file per article")
    if not data.strip():
        raise SourceError("the file is empty")
    return data


def lines(path: Path) -> Iterator[tuple[int, bytes | None]]:
    """Number, from 1, and content of each line; None for one longer than `LONGEST`.

    Raises SourceError where the file cannot be read further.
    """
    with _opened(path) as file:
        number = 0
        while line := _guarded(lambda: file.readline(LONGEST + 1)):
            number += 1
            if len(line) > LONGEST:
                while line and not line.endswith(b"\n"):
                    line = _guarded(lambda: file.readline(LONGEST + 1))
                yield number, None
            elif line.strip():
                yield number, line


def text(data: bytes) -> str:
    """The text of the bytes: UTF-8, else by its byte order mark, else guessed.

    Raises SourceError where it is no text.
    """
    for mark, encoding in _BOMS.items():
        if data.startswith(mark):
            return tidy(data.decode(encoding, "replace"))
    try:
        decoded = data.decode("utf-8")
        if "\0" not in decoded:
            return tidy(decoded)
    except UnicodeDecodeError:
        pass
    from charset_normalizer import from_bytes

    best = from_bytes(data[:100_000]).best()
    if best is None or (b"\0" in data and not best.encoding.startswith(("utf_16", "utf_32"))):
        raise SourceError("the file is not text")
    return tidy(data.decode(best.encoding, "replace"))


def tidy(text: str) -> str:
    """Line ends as "\\n", composed characters (NFC), nothing invisible, plain spaces."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")
    text = _CONTROL.sub("", _INVISIBLE.sub("", text))
    return unicodedata.normalize("NFC", re.sub(r"[^\S\n]", " ", text))


def _opened(path: Path) -> IO[bytes]:
    try:
        opened = gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")
        return cast(IO[bytes], opened)
    except OSError as error:
        raise SourceError(f"it cannot be opened ({error.strerror})") from error


def _guarded(read: Callable[[], bytes]) -> bytes:
    """What `read` returns; a damaged file is a SourceError."""
    try:
        return read()
    except (OSError, EOFError) as error:
        raise SourceError(f"it cannot be read to its end ({error})") from error
