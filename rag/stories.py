"""The stories of a library: articles that are copies of one text, directly or through others.

`copies` holds every pair of copies, both ways; a story is what hangs together by them, and is
named after the smallest id in it. So it is the same in whatever order articles come and go.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rag import copies
from rag.schema import day_of

MOST = 50
"""At most so many articles are compared with a new one: those that share most bands, the latest of
equals. Thousands may carry the same text, and they hang together by these, too."""


@dataclass(frozen=True, slots=True)
class Left:
    """What an article was when it left its story."""

    text: copies.Text
    others: tuple[int, ...]
    """Its copies."""


def join(db: sqlite3.Connection, article: int, left: Left | None) -> bool:
    """Finds the copies of a stored article that is in no story yet; True if there are any.

    Copies of an earlier version, and those of the version `left` before it, stay copies where that
    was only put right: they still tell what was wrong.
    """
    texts = list(_texts(db, article))
    text = texts[0]
    bands = copies.bands(text)
    marks = ",".join("?" * len(bands))
    near = db.execute(
        f"SELECT article FROM bands WHERE band IN ({marks}) GROUP BY article"
        " ORDER BY count(*) DESC, article DESC LIMIT ?",
        (*bands, MOST),
    ).fetchall()
    found = {
        other
        for (other,) in near
        if any(copies.copied(own, its) for its in _texts(db, other) for own in texts)
    }
    if left and copies.revised(left.text, text):
        found.update(left.others)
    db.executemany("INSERT INTO bands VALUES (?, ?)", ((band, article) for band in set(bands)))
    pairs = [pair for other in found for pair in ((article, other), (other, article))]
    db.executemany("INSERT INTO copies VALUES (?, ?)", pairs)
    _name(db, [article])
    return bool(found)


def leave(db: sqlite3.Connection, article: int) -> Left:
    """Takes an article out of its story, which falls apart where only the article held it."""
    others = [r[0] for r in db.execute("SELECT other FROM copies WHERE article = ?", (article,))]
    left = Left(next(_texts(db, article)), tuple(others))
    db.execute("DELETE FROM bands WHERE article = ?", (article,))
    db.execute("DELETE FROM copies WHERE article = ?1 OR other = ?1", (article,))
    _name(db, others)
    return left


def _name(db: sqlite3.Connection, articles: Iterable[int]) -> None:
    """Gives all that hangs together with each of the articles one name."""
    for article in articles:
        rows = db.execute(
            "WITH RECURSIVE same (id) AS (VALUES (?) UNION"
            " SELECT other FROM copies JOIN same ON article = id) SELECT id FROM same",
            (article,),
        ).fetchall()
        name = min(rows)[0]
        db.executemany("UPDATE articles SET story = ? WHERE id = ?", ((name, i) for (i,) in rows))


def _texts(db: sqlite3.Connection, article: int) -> Iterator[copies.Text]:
    """The newest version's text, then those before it for as long as they were only put right."""
    sql = "SELECT id FROM versions WHERE article = ? ORDER BY number DESC"
    after = None
    for (version,) in db.execute(sql, (article,)).fetchall():
        text = _text(db, version)
        if after and not copies.revised(text, after):
            return
        yield text
        after = text


def _text(db: sqlite3.Connection, version: int) -> copies.Text:
    """A version's text, without what was corrected in it: a copy does not say that."""
    rows = db.execute(
        "SELECT a.day, p.text, v.correction FROM versions v JOIN articles a ON a.id = v.article"
        " JOIN paragraphs p ON p.version = v.id WHERE v.id = ? ORDER BY p.number",
        (version,),
    ).fetchall()
    texts = [text for _, text, note in rows if text not in (note or "")]
    return copies.read(texts or [text for _, text, _ in rows], day_of(rows[0][0]))
