"""What is given to `add`, read into articles."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from rag.errors import SourceError
from rag.records import Article, Rejected
from rag.sources import files, formats

Advance = Callable[[int], None]
"""Called with the bytes that were read since the last call."""


def read(source: str | Path, advance: Advance | None = None) -> Iterator[Article | Rejected]:
    """Every article of a file or of the files below a folder, in the order of their paths.

    What cannot be read becomes a Rejected, and the rest goes on. Raises SourceError where the
    source itself is missing, of a kind that is not read, or a folder with nothing to read.
    """
    for path in _paths(source):
        yield from formats.articles(path, advance or (lambda size: None))


def size(source: str | Path) -> int:
    """Bytes of all files that `read` would read. Raises SourceError as `read` does."""
    return sum(path.stat().st_size for path in _paths(source))


def _paths(source: str | Path) -> list[Path]:
    text = str(source)
    if text.startswith(("http://", "https://")):
        raise SourceError(f"{text} is on the web; save the page as an .html file and add that file.")
    path = Path(source).expanduser()
    if path.is_dir():
        found = sorted(p for p in path.rglob("*") if p.is_file() and files.kind(p))
        shown = [p for p in found if not any(part.startswith(".") for part in p.parts[len(path.parts) :])]
        if not shown:
            raise SourceError(f"{path} holds no file that can be read; expected {files.KINDS}.")
        return shown
    if not path.exists():
        raise SourceError(f"There is no file or folder {path}; check the path.")
    if not files.kind(path):
        raise SourceError(f"{path} is of a kind that is not read; expected {files.KINDS}.")
    return [path]
