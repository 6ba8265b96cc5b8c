"""Does the library agree with itself? Articles, passages, word index and vectors, row by row."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from operator import itemgetter

import numpy as np

from rag.errors import LibraryError
from rag.library import Library
from rag.schema import PASSAGES
from rag.vectors import Vectors

UNIT = 1e-3
"""How far from 1 the length of a vector may be: storing in 32 bits gives 1e-7."""
NAMED = 3
"""How many articles or passages a message names."""

Place = tuple[int | None, str | None]
"""Day and outlet of a passage's article, which its vector carries for filtering."""


def audit(store: Library, vectors: Vectors) -> list[str]:
    """What disagrees, in words that say how to mend it; empty where all is whole.

    Every article has its paragraphs; its passages hold exactly their words; the word index is what
    indexing the passages anew gives; every passage has one vector of length 1 with its day and
    outlet; and no vector is without a passage, strays excepted. Reads everything and changes
    nothing; another process may add articles meanwhile.
    """
    try:
        with store.snapshot() as db:
            found = [*_file(db), *_articles(db), *_words(db, store)]
    except LibraryError as error:
        return [str(error)]
    return found + list(_vectors(store, vectors))


def _file(db: sqlite3.Connection) -> Iterator[str]:
    for (problem,) in db.execute(f"PRAGMA integrity_check({NAMED})"):
        if problem != "ok":
            what = problem.splitlines()[-1]
            yield f"The file is damaged ({what}); put back a backup: citewire restore"
    if db.execute("PRAGMA foreign_key_check").fetchone():
        yield "The file has rows that belong to no article; put back a backup: citewire restore"


def _articles(db: sqlite3.Connection) -> Iterator[str]:
    versions = db.execute(
        "SELECT a.key FROM articles a LEFT JOIN versions v ON v.article = a.id GROUP BY a.id"
        " HAVING count(v.id) != coalesce(max(v.number), -1)"
        " UNION SELECT a.key FROM versions v JOIN articles a ON a.id = v.article"
        " LEFT JOIN paragraphs p ON p.version = v.id GROUP BY v.id"
        " HAVING count(p.number) != coalesce(max(p.number), -1)"
    )
    yield from _named("articles lack a version or a paragraph", (key for (key,) in versions))
    articles = db.execute(
        "SELECT a.key, a.id, v.id FROM articles a"
        " LEFT JOIN versions v ON v.article = a.id AND v.number = a.version"
    )
    torn = (key for key, article, version in articles if not _is_whole(db, article, version))
    yield from _named("articles have other passages than paragraphs", torn)


def _is_whole(db: sqlite3.Connection, article: int, version: int | None) -> bool:
    """True if the passages hold the words of the paragraphs, all of them, once and in order."""
    texts = [
        text
        for (text,) in db.execute(
            "SELECT text FROM paragraphs WHERE version = ? ORDER BY number", (version,)
        )
    ]
    passages = db.execute(
        "SELECT first, last, text FROM passages WHERE article = ? ORDER BY id", (article,)
    )
    at = 0
    for (first, last), parts in groupby(passages, itemgetter(0, 1)):
        if first != at + 1 or _letters(map(itemgetter(2), parts)) != _letters(texts[at:last]):
            return False
        at = last
    return at == len(texts) > 0


def _letters(texts: Iterable[str]) -> str:
    """The texts without white space, at which passages are cut and joined."""
    return "".join("".join(texts).split())


def _words(db: sqlite3.Connection, store: Library) -> Iterator[str]:
    """Compares the word index with one that is made anew, in SQLite's temporary file."""
    (made,) = db.execute("SELECT sql FROM sqlite_master WHERE name = 'words'").fetchone()
    db.execute(made.replace("TABLE words", "TABLE temp.anew", 1))
    db.execute("CREATE VIRTUAL TABLE temp.anew_counts USING fts5vocab(temp, anew, row)")
    db.execute(
        "INSERT INTO temp.anew (rowid, title, text) SELECT p.id, v.title, p.text"
        f" FROM {PASSAGES} ORDER BY p.id"
    )
    for ours, anew in (
        ("SELECT id, sz FROM main.words_docsize", "SELECT id, sz FROM temp.anew_docsize"),
        ("SELECT term, doc, cnt FROM word_counts", "SELECT term, doc, cnt FROM temp.anew_counts"),
    ):
        for one, other in ((ours, anew), (anew, ours)):
            if db.execute(f"{one} EXCEPT {other} LIMIT 1").fetchone():
                yield f"The word index is not that of the passages; {mend(store)}"
                return


def _vectors(store: Library, vectors: Vectors) -> Iterator[str]:
    # Read before and after: what another process changes meanwhile is in one of them only.
    before, strays = _places(store), set(store.strays())
    wrong: list[int] = []
    seen: set[int] = set()
    vectors.close()
    try:
        for ids, stored, places in vectors.everything():
            seen.update(ids)
            lengths = np.linalg.norm(stored, axis=1)
            wrong += [
                id_ for id_, length, place in zip(ids, lengths, places, strict=True)
                if abs(length - 1) > UNIT or before.get(id_, place) != place
            ]  # fmt: skip
    except LibraryError as error:
        yield str(error)
        return
    after = _places(store)
    missing = before.keys() & after.keys() - seen
    extra = seen - before.keys() - after.keys() - strays - set(store.strays())
    for problem, ids_ in (
        ("passages have no vector", missing),
        ("vectors belong to no passage", extra),
        ("vectors have another length, day or outlet than they should", after.keys() & wrong),
    ):
        if ids_:
            yield f"{len(ids_):,} {problem}; {mend(store)}"


def mend(store: Library) -> str:
    """What to do where vectors or words are not those of the passages."""
    return f"mend with: citewire rebuild --library {store.folder}"


def _places(store: Library) -> dict[int, Place]:
    return {id_: (day, outlet) for id_, day, outlet, _, _ in store.each_passage()}


def _named(problem: str, keys: Iterable[str]) -> Iterator[str]:
    found: Sequence[str] = list(keys)
    if found:
        some = ", ".join(found[:NAMED]) + (", …" if len(found) > NAMED else "")
        yield (
            f"{len(found):,} {problem} ({some}); remove them and add them again, or put back a "
            "backup"
        )
