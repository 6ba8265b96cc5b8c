"""The sample library: the articles in `corpus/`, made into a library on first use."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

from rag.chunk import LONGEST
from rag.errors import SourceError
from rag.schema import SCHEMA_VERSION
from rag.settings import Settings

NAME = "sample"
"""Names the sample library where a library's folder is expected."""

Progress = Callable[[str, int, int], None]


def corpus() -> Path:
    """The folder of the sample articles: in the installed package, or beside it in a checkout."""
    here = Path(__file__).parent
    for folder in (here / "corpus", here.parent / "corpus"):
        if (folder / "articles").is_dir():
            return folder
    raise SourceError(
        f"The sample articles are not in {here.parent / 'corpus'}; in a checkout of Citewire bring "
        "them back with: git checkout corpus; elsewhere install it from one again."
    )


def build(settings: Settings, progress: Progress | None = None) -> Path:
    """The folder of the sample library, built first where it is not there yet.

    It is rebuilt when an article, the embedder, the passage length or the format is another.
    """
    from rag.newsroom import Newsroom

    articles = corpus() / "articles"
    digest = hashlib.sha256(f"{settings.embedder} {LONGEST} {SCHEMA_VERSION}".encode())
    for path in sorted(articles.rglob("*.md")):
        digest.update(path.name.encode() + path.read_bytes())
    folder = settings.cache / f"sample-{digest.hexdigest()[:16]}"
    if (folder / "complete").exists():
        return folder
    if progress:
        progress("Preparing the embedding model", 0, 1)
    from rag.add import writing

    with writing(settings.cache / "sample-build"):
        if (folder / "complete").exists():  # another process built it meanwhile
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        room = Newsroom(folder, settings)
        _ = room.embedder
        room.add(articles, progress=_labelled(progress, "Building the sample library"))
        (folder / "complete").touch()
    return folder


def _labelled(progress: Progress | None, label: str) -> Callable[[int, int], None] | None:
    return (lambda done, total: progress(label, done, total)) if progress else None
