"""What goes wrong with what a caller gives, as one tree.

    CitewireError
    ├── SettingsError        a setting has a value that cannot be used
    ├── SourceError          something given to `add` cannot be read
    │   ├── FetchError       an address cannot be fetched, or may not be
    │   └── WithdrawnError   an agency has withdrawn an item
    ├── LibraryError         the library folder cannot be used as it is
    │   ├── LibraryMissing   there is no library at that place
    │   ├── LibraryReadOnly  the sample library, which is not to be changed
    │   ├── LibraryBusy      another process is writing to it
    │   └── LibraryMismatch  made with other settings, or by a newer version
    ├── EmbedderError        the embedding model cannot be loaded
    ├── ReaderError          the trained reader cannot be loaded
    ├── ModelError           the language model cannot be reached or loaded
    └── QuestionError        a question, filter or question file that cannot be used

A message names the value, says what was expected, and how to mend it. "Nothing found" is an
answer, not an error; a key that the library does not hold is Python's KeyError.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from rag.records import Timestamp


class CitewireError(Exception):
    """Base of all errors raised on purpose."""


class SettingsError(CitewireError):
    """A setting has a value that cannot be used."""


class SourceError(CitewireError):
    """Something given to `add` cannot be read."""


class FetchError(SourceError):
    """An address cannot be fetched, or may not be."""

    def __init__(
        self, message: str, *, passes: bool = False, wait: float = 0.0, status: int = 0
    ) -> None:
        super().__init__(message)
        self.passes = passes
        """True for what may be over at the next attempt: no connection, an overloaded server."""
        self.wait = wait
        """Seconds for which the server asks to be left alone."""
        self.status = status
        """What it answers in HTTP, such as 404; 0 where it was not asked or gave no answer."""


class WithdrawnError(SourceError):
    """An agency has withdrawn an item."""

    def __init__(self, message: str, key: str, when: Timestamp | None) -> None:
        super().__init__(message)
        self.key = key
        """Of the article in a library."""
        self.when = when
        """When it was withdrawn; None where the agency does not say."""


class LibraryError(CitewireError):
    """The library folder cannot be used as it is."""


class LibraryMissing(LibraryError):
    """There is no library at that place."""


class LibraryReadOnly(LibraryError):
    """The sample library may be read but not changed."""


class LibraryBusy(LibraryError):
    """Another process is writing to the library."""


class LibraryMismatch(LibraryError):
    """The library was made with other settings, or by a newer version."""


class EmbedderError(CitewireError):
    """The embedding model cannot be loaded."""


class ReaderError(CitewireError):
    """The trained reader cannot be loaded."""


class ModelError(CitewireError):
    """The language model cannot be reached or loaded."""


class QuestionError(CitewireError):
    """A question, filter or question file that cannot be used."""


def unusable(folder: Path, error: sqlite3.DatabaseError, use: str = "read") -> LibraryError:
    """What SQLite says of the library in `folder`, with what to do about it."""
    if isinstance(error, sqlite3.OperationalError):  # the file may be whole
        return LibraryError(
            f"{folder} cannot be {use} ({error}); free some space, wait for what else is using it, "
            "or copy the library to a folder that you may write to, which even reading takes; then "
            "run the same command again: nothing was lost."
        )
    return LibraryError(
        f"{folder} is damaged ({error}); move the whole folder away, then restore a backup or add "
        "the articles again."
    )
