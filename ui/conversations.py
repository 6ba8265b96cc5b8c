"""The reader's own conversations, in a file of their own: no part of any library."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag import CitewireError

SCHEMA = 1
TITLE = 80
"""Characters of its first question that a conversation is listed under."""

_TABLES = """
CREATE TABLE IF NOT EXISTS turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation TEXT NOT NULL,
    library TEXT NOT NULL,
    question TEXT NOT NULL,
    turn TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS turns_by_conversation ON turns (conversation, id);
"""


class ConversationsError(CitewireError):
    """The file of the conversations cannot be read or written."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as it is listed."""

    id: str
    title: str
    """The beginning of its first question."""


class Conversations:
    """Turns in the order they were taken. Used from many threads and processes."""

    def __init__(self, path: Path):
        self.path = path

    def add(self, conversation: str, library: str, turn: dict[str, Any]) -> None:
        """Saves a turn at the end of a conversation. Raises ConversationsError."""
        with self._open() as db, db:
            db.execute(
                "INSERT INTO turns (conversation, library, question, turn) VALUES (?, ?, ?, ?)",
                (conversation, library, turn["question"], json.dumps(turn, ensure_ascii=False)),
            )

    def turns(self, conversation: str, library: str) -> list[dict[str, Any]]:
        """The turns of a conversation with a library, oldest first; none where it is not known."""
        with self._open() as db:
            found = db.execute(
                "SELECT turn FROM turns WHERE conversation = ? AND library = ? ORDER BY id",
                (conversation, library),
            ).fetchall()
        return [json.loads(turn) for (turn,) in found]

    def recent(self, library: str, count: int) -> list[Conversation]:
        """The conversations with a library, the one last spoken in first."""
        with self._open() as db:
            found = db.execute(
                "SELECT first.conversation, first.question FROM turns AS first JOIN ("
                "SELECT MIN(id) AS first, MAX(id) AS last FROM turns WHERE library = ? "
                "GROUP BY conversation) ON first.id = first ORDER BY last DESC LIMIT ?",
                (library, count),
            ).fetchall()
        return [Conversation(key, _shortened(question)) for key, question in found]

    def delete(self, conversation: str, library: str) -> None:
        """Removes a conversation with a library for good."""
        of_both = (conversation, library)
        with self._open() as db, db:
            db.execute("DELETE FROM turns WHERE conversation = ? AND library = ?", of_both)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self.path, timeout=10)) as db:
                (version,) = db.execute("PRAGMA user_version").fetchone()
                if version > SCHEMA:
                    raise ConversationsError(
                        f"{self.path} was written by a newer Citewire; update yours to read it"
                    )
                if version < SCHEMA:
                    self.path.chmod(0o600)
                    db.executescript(_TABLES + f"PRAGMA user_version = {SCHEMA};")
                # What is deleted is overwritten in the file as well.
                db.execute("PRAGMA secure_delete = ON")
                yield db
        except (sqlite3.Error, OSError) as error:
            raise ConversationsError(
                f"Your conversations in {self.path} cannot be used ({error}); if the file is "
                "damaged, move it away and a new one is made."
            ) from error


def _shortened(question: str) -> str:
    return question if len(question) <= TITLE else question[: TITLE - 1].rstrip() + "…"
