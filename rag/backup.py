"""The library as one file, and back. The vectors are left out: they are derived."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from rag.add import LOCK, writing
from rag.errors import LibraryError
from rag.library import FILE, Library, copy, place
from rag.settings import Settings
from rag.vectors import FOLDER

UNFINISHED = "restoring"
"""Folder, within the library's, in which it is restored until it is whole."""


def backup(store: Library, path: Path) -> int:
    """Writes the library as it is at this moment into one file; returns its bytes.

    It takes the place of an older backup when it is complete. Others may write to the library
    meanwhile. Raises LibraryError where the file cannot be written or is something else, and for
    the name that the database of a library has.
    """
    target = path.resolve()
    is_library = target.name == FILE or target.is_relative_to(store.folder.resolve())
    if is_library or (path.exists() and not _is_backup(path)):
        raise LibraryError(f"{path} is no backup, and would be lost; name another file.")
    try:
        # A folder, not a file: what is in it may be read by whoever may read other new files.
        with tempfile.TemporaryDirectory(prefix=f"{path.name}.", dir=path.parent) as folder:
            unfinished = Path(folder) / path.name
            store.copy_to(unfinished)
            unfinished.replace(path)
    except (OSError, sqlite3.Error) as error:
        raise LibraryError(
            f"{path} cannot be written ({error}); name a file in a folder that exists and has room."
        ) from error
    return path.stat().st_size


def restore(
    path: Path, folder: Path, settings: Settings, progress: Callable[[int, int], None] | None = None
) -> int:
    """Makes the library of a backup in `folder`, whole or not at all; returns its articles.

    Every passage is embedded, with the embedder of the settings. Raises LibraryError where the
    folder holds a library or anything else but an unfinished one of a restore that was cut short,
    or where the file is no backup or is damaged.
    """
    from rag.newsroom import Newsroom

    _check_backup(path)
    with writing(folder):
        if (folder / FILE).exists():
            raise LibraryError(f"{folder} holds a library already; name another with --library.")
        unfinished = folder / UNFINISHED
        if not _is_free(folder):
            raise LibraryError(f"{folder} holds other files; name an empty folder with --library.")
        for left in (unfinished, folder / FOLDER):
            shutil.rmtree(left, ignore_errors=True)
        unfinished.mkdir()
        try:
            with _opened(path) as db:
                copy(db, unfinished / FILE, "WAL")
        except sqlite3.Error as error:
            raise LibraryError(f"{path} cannot be restored ({error}); take another.") from error
        room = Newsroom.open(unfinished, settings=settings)
        room.rebuild(progress)
        count = room.status().articles
        room.close()
        (unfinished / FOLDER).rename(folder / FOLDER)
        place(unfinished / FILE, folder)  # from here on there is a library
        shutil.rmtree(unfinished)
    return count


def _check_backup(path: Path) -> None:
    """Raises LibraryError for what cannot be restored, before anything is written."""
    if not path.exists():
        raise LibraryError(f"There is no file {path}; name one that citewire backup made.")
    if not _is_backup(path):
        raise LibraryError(f"{path} is no backup, or damaged; name one that citewire backup made.")
    try:
        with _opened(path) as db:
            found = [problem for (problem,) in db.execute("PRAGMA quick_check(1)")]
    except sqlite3.DatabaseError as error:
        found = [str(error)]
    if found != ["ok"]:
        raise LibraryError(
            f"The backup {path} is damaged ({found[0].splitlines()[-1]}); take another."
        )


def _opened(path: Path) -> closing[sqlite3.Connection]:
    """A file's database, to be read only."""
    return closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True))


def _is_free(folder: Path) -> bool:
    """True for an empty folder, also with what a restore or a process that was killed has left."""
    own = {FILE + "-wal", FILE + "-shm", LOCK}
    left = {path.name for path in folder.iterdir()} - own
    unfinished = {path.name for path in (folder / UNFINISHED).glob("*")} - own
    return not left or (left <= {UNFINISHED, FOLDER} and unfinished <= {FILE, FOLDER} and
                        UNFINISHED in left)  # fmt: skip


def _is_backup(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        with _opened(path) as db:
            names = {name for (name,) in db.execute("SELECT name FROM sqlite_master")}
            (version,) = db.execute("PRAGMA user_version").fetchone()
    except sqlite3.DatabaseError:
        return False
    return version >= 1 and {"meta", "articles", "versions", "paragraphs"} <= names
