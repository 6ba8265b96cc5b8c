"""What is given to `add`, read into articles."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from rag.errors import SourceError
from rag.records import Article, Rejected
from rag.sources import files, formats

Advance = Callable[[int], None]
"""Called with the bytes on disk that were read since the last call."""


def is_address(source: str | Path) -> bool:
    """True for what is on the web rather than in a file; `rag.follow` reads that."""
    return str(source).strip().lower().startswith(("http://", "https://"))


def read(source: str | Path, advance: Advance | None = None) -> Iterator[Article | Rejected]:
    """Every article of a file, or of the files below a folder: folder by folder, sorted by name.

    Articles are read as they are asked for. What cannot be read becomes a Rejected with its file
    (and line), and the rest goes on; so does a document of another kind below a folder. Pictures
    and the like, hidden files and links to folders are passed over. What `advance` is called with
    adds up to `size(source)`.

    Raises SourceError, before the first article, where the source is missing, of a kind that is
    not read, or a folder with nothing to read.
    """
    paths = _paths(source)
    return (item for path in paths for item in formats.articles(path, advance or (lambda _: None)))


def size(source: str | Path) -> int:
    """Bytes on disk of all files that `read` would read. Raises SourceError as `read` does."""
    return sum(map(files.size, _paths(source)))


def _paths(source: str | Path) -> list[Path]:
    text = str(source).strip()
    if is_address(text):
        raise SourceError(
            f"{text} is on the web, and here files are read; add it with: citewire add"
        )
    if "://" in text[:20]:
        raise SourceError(f"{text[:200]} is no address that is fetched; expected http or https.")
    try:
        path = Path(source).expanduser()
        there = bool(text) and path.exists()
    except (OSError, RuntimeError):  # an article's text instead of a path; ~nobody
        there = False
    if not there:
        raise SourceError(f"There is no file or folder {text[:200]!r}; check the path.")
    if path.is_dir():
        return _below(path)
    if not files.kind(path):
        raise SourceError(f"{path} is of a kind that is not read; save it as {files.KINDS}.")
    return [path]


def _below(folder: Path) -> list[Path]:
    found: list[Path] = []
    # A folder that cannot be listed stands for itself, and is rejected when it is read.
    walk = os.walk(folder, onerror=lambda error: found.append(Path(error.filename)))
    for root, folders, names in walk:
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        shown = (Path(root, name) for name in sorted(names) if not name.startswith("."))
        found += (path for path in shown if files.kind(path) or files.is_missed(path))
    if all(map(files.is_missed, found)):
        raise SourceError(f"{folder} holds no file that is read; put in {files.KINDS}.")
    return found
