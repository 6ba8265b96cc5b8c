"""Files to text: compression, limits, encodings."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rag.errors import SourceError

Stream = gzip.GzipFile | io.BufferedReader

KINDS = ".txt, .md, .html, .json or .jsonl (also as .gz)"
_SUFFIXES = {
    ".txt": "text", ".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html",
    ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl",
}  # fmt: skip

_DOCUMENTS = {".pdf", ".doc", ".docx", ".odt", ".rtf", ".epub", ".xml", ".mht", ".csv", ".xlsx"}
"""What may hold articles and is not read."""

LONGEST = 5_000_000
"""Bytes of one article, or of one line of JSON lines. The longest news articles have 100,000; what
is above this is a book, a log or a data dump, which would crowd out everything else."""
LONGEST_PAGE = 25_000_000
"""Bytes of an HTML file, which may carry its pictures and scripts. Its text has the limit above."""
LONGEST_JSON = 100_000_000
"""Bytes of a .json file, which is read whole and takes some five times its size in memory."""

_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe\0\0": "utf-32", b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16",
}  # fmt: skip
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f]")
_ENGLISH = bytes(range(128)) + "‘’“”–—…•£€©®°\u00a0".encode("cp1252")
_FOREIGN = 0.08
"""Share of bytes beyond those of English up to which a text is taken for Windows-1252, on which
guessing is weak: "£" and "€" come out wrong. French has some 0.05, Polish and Czech 0.09."""


def kind(path: Path) -> str | None:
    """What the name says the file is; None for a kind that is not read."""
    return _SUFFIXES.get(Path(path.name.lower().removesuffix(".gz")).suffix)


def is_missed(path: Path) -> bool:
    """True for a document of a kind that is not read, which a person should be told of."""
    return Path(path.name.lower().removesuffix(".gz")).suffix in _DOCUMENTS


def size(path: Path) -> int:
    """Bytes on disk; 0 for a file that is not there any more."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


@contextmanager
def opened(path: Path) -> Iterator[tuple[Stream, Callable[[], int]]]:
    """The content of a file, uncompressed, and how many of the bytes on disk were read so far.

    Raises SourceError where it cannot be opened, and within the block where it cannot be read on.
    """
    try:
        if not path.is_file():  # to open a pipe would wait for ever
            raise SourceError("it cannot be read: no file, gone, or not permitted")
        with path.open("rb") as raw:
            packed = path.suffix.lower() == ".gz"
            yield gzip.GzipFile(fileobj=raw) if packed else raw, raw.tell
    except (gzip.BadGzipFile, zlib.error) as error:  # found out only after the fact
        raise SourceError(f"it is damaged ({error}), and what was read of it may be") from error
    except (OSError, EOFError) as error:
        raise SourceError(f"it cannot be read to its end ({error})") from error


def whole(file: Stream, most: int = LONGEST) -> bytes:
    """All of the content. Raises SourceError where it is empty or has more than `most` bytes."""
    data = file.read(most + 1)
    if len(data) > most:
        raise SourceError(f"it has more than {most:,} bytes; split it, or make it .jsonl")
    if not data.strip():
        raise SourceError("it is empty")
    return data


def lines(file: Stream) -> Iterator[tuple[int, bytes | None]]:
    """Number, from 1, and content of each line with content; None for one above `LONGEST`."""
    readline = _readline(file)
    number = 0
    while line := readline(LONGEST + 1):
        number += 1
        if len(line) > LONGEST:
            while line and not line.endswith(b"\n"):
                line = readline(LONGEST)
            yield number, None
        elif line.strip():
            yield number, line


def _readline(file: Stream) -> Callable[[int], bytes]:
    """Reads a line in UTF-8, also where the file is in UTF-16, as Windows' `>` writes it."""
    encoding = _marked(file.peek(4))
    if encoding in (None, "utf-8-sig"):
        return file.readline
    text = io.TextIOWrapper(file, encoding, errors="replace", newline="\n")
    return lambda most: text.readline(most).encode()


def decoded(data: bytes, declared: str | None = None) -> str:
    """The text of the bytes: by their mark, as UTF-8, as `declared`, or as is most likely.

    Bytes that do not belong to the encoding become U+FFFD. Raises SourceError for what is no text.
    """
    text = data.decode(_marked(data) or _encoding(data, declared), "replace")
    if len(_CONTROLS.findall(text)) > len(text) / 100:
        raise SourceError("it is not text")
    return text


def _marked(data: bytes) -> str | None:
    return next((name for mark, name in _MARKS.items() if data.startswith(mark)), None)


def _encoding(data: bytes, declared: str | None) -> str:
    if b"\0" in data:
        return _unmarked_utf16(data)
    try:
        data.decode()
        return "utf-8"
    except UnicodeDecodeError:
        as_utf8 = data.decode("utf-8", "replace")
    slips = as_utf8.count("\N{REPLACEMENT CHARACTER}")
    others = len(as_utf8) - len(as_utf8.encode("ascii", "ignore")) - slips
    if slips <= others:  # another encoding is next to never right by chance as UTF-8
        return "utf-8"
    is_western = len(data.translate(None, _ENGLISH)) <= _FOREIGN * len(data)
    for name in [declared or ""] + ["cp1252"] * is_western:
        with suppress(UnicodeDecodeError, LookupError):
            data.decode(name)
            return name
    from charset_normalizer import from_bytes

    if (best := from_bytes(data[:100_000]).best()) is None:
        raise SourceError("it is not text")
    return best.encoding


def _unmarked_utf16(data: bytes) -> str:
    """In UTF-16, letters of the Latin alphabet have a zero as their upper byte."""
    first, second = data[::2].count(0), data[1::2].count(0)
    if max(first, second) < len(data) / 4:
        raise SourceError("it is not text")
    return "utf-16-le" if first < second else "utf-16-be"
