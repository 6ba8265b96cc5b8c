"""The library on disk: one SQLite file that holds the articles and the word index.

The file is the truth. The vectors beside it are derived: every passage of an article that is in
the file has its vector, and vectors that may be there without a passage are listed in `strays`
before they are written, so that a killed process leaves nothing that the next one cannot mend.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from rag import stories
from rag.chunk import Span
from rag.errors import LibraryError, LibraryMismatch, LibraryMissing, unusable
from rag.filter import Filter, version_on
from rag.records import Article, ExportedArticle, Passage, StoredArticle, Timestamp
from rag.schema import PASSAGES, SCHEMA, SCHEMA_VERSION, day_of, number_of

FILE = "library.sqlite"
HASHED = "sha256:"
"""What the key of an article without an address begins with."""
REMOVED = "removed "
"""Before the key of a removed article, the name in `meta` of the time (UTC) of its removal."""
PATIENCE = 30_000
"""Milliseconds for which another process's transaction is waited for."""


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An article with its passages, each with the id of a vector that is already stored."""

    key: str
    article: Article
    passages: Sequence[tuple[int, Span]]


def article_key(article: Article) -> str:
    """What it is given, else the canonical URL, else "sha256:" and the hash of what it says.

    That is outlet, title and text: the same text in two outlets is two articles.
    """
    outlet = [article.outlet] if article.outlet else []
    told = _digest(*outlet, article.title, *article.paragraphs)
    return article.key or article.url or HASHED + told


def fingerprint(article: Article) -> str:
    """Equal for two readings of one article exactly if nothing a reader sees has changed."""
    dates = (t.text if t else "" for t in (article.published, article.updated))
    own = article.correction and article.correction not in " ".join(article.paragraphs)
    beside = [article.correction or ""] if own else []
    return _digest(article.title, article.outlet or "", article.note or "", *article.authors,
                   *dates, *beside, *article.paragraphs)  # fmt: skip


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


class Library:
    """The articles of one folder. May be used from many threads; each has its own connection."""

    def __init__(self, folder: Path) -> None:
        """Opens the library in `folder`.

        Raises LibraryMissing where there is none, LibraryMismatch where a newer version made it,
        LibraryError where the file is damaged or an older version made it.
        """
        self.folder = folder
        self._local = threading.local()
        if not (folder / FILE).is_file():
            raise LibraryMissing(
                f"There is no library in {folder}; make one with: citewire add --library {folder} "
                "FILES"
            )
        ((version,),) = self._rows("PRAGMA user_version")
        tables = {name for (name,) in self._rows("SELECT name FROM sqlite_master")}
        if version > SCHEMA_VERSION:
            raise LibraryMismatch(
                f"{folder} was made by a newer Citewire (format {version}; this one reads up to "
                f"{SCHEMA_VERSION}); update Citewire to read it"
            )
        is_whole = {"meta", "articles", "words", "copies", "strays"} <= tables
        if version < SCHEMA_VERSION or not is_whole:
            raise LibraryError(
                f"{folder / FILE} is not a whole library, or an older Citewire made it; move the "
                "whole folder away, then restore a backup or add the articles again."
            )

    @classmethod
    def create(cls, folder: Path, meta: dict[str, str]) -> Library:
        """Makes an empty library in `folder`, whole or not at all, and opens it."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            unfinished = folder / (FILE + ".new")
            for left in folder.glob(f"{FILE}.new*"):  # by a process that was killed
                left.unlink()
            db = sqlite3.connect(unfinished)
            db.executescript(f"{SCHEMA} PRAGMA user_version = {SCHEMA_VERSION};")
            rows = [*meta.items(), ("generation", "0")]
            db.executemany("INSERT INTO meta VALUES (?, ?)", rows)
            db.commit()
            db.execute("PRAGMA journal_mode = WAL")
            db.close()
            place(unfinished, folder)
        except (OSError, sqlite3.OperationalError) as error:
            raise LibraryError(
                f"No library can be made in {folder} ({error}); name a folder you may write to "
                "with --library."
            ) from error
        return cls(folder)

    @property
    def _db(self) -> sqlite3.Connection:
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            db = sqlite3.connect(self.folder / FILE, timeout=PATIENCE / 1000, isolation_level=None)
            db.execute("PRAGMA foreign_keys = ON")
            self._local.db = db
        return db

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, which also moves `generation` on."""
        with self._told("written to") as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("UPDATE meta SET value = value + 1 WHERE name = 'generation'")
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    @contextmanager
    def _told(self, use: str = "read") -> Iterator[sqlite3.Connection]:
        """The file; what SQLite says of it is told as a LibraryError."""
        try:
            yield self._db
        except sqlite3.DatabaseError as error:
            raise unusable(self.folder, error, use) from error

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        with self._told() as db:
            return db.execute(sql, values).fetchall()

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """The library as it is now, for several reads; what is written within is taken back.

        One within another is part of it.
        """
        with self._told() as db:
            if db.in_transaction:
                yield db
                return
            db.execute("BEGIN")
            try:
                yield db
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")

    def copy_to(self, path: Path) -> None:
        """Writes what the library holds at this moment into a file of its own."""
        copy(self._db, path, "DELETE")

    def close(self) -> None:
        """Closes this thread's connection; it is opened anew when it is needed."""
        self._db.close()
        self._local.db = None

    # Facts about the library

    def meta(self, name: str) -> str:
        rows = self._rows("SELECT value FROM meta WHERE name = ?", (name,))
        return rows[0][0] if rows else ""

    def set_meta(self, values: dict[str, str]) -> None:
        with self._writing() as db:
            db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(values.items()))

    @property
    def generation(self) -> int:
        """Moves on with every change, by whatever process."""
        return int(self.meta("generation"))

    def counts(self) -> dict[str, int]:
        """How many articles, stories and passages there are."""
        ((articles, stories),) = self._rows("SELECT count(*), count(DISTINCT story) FROM articles")
        return {"articles": articles, "stories": stories, "passages": self.passage_count()}

    def passage_count(self) -> int:
        return int(self._rows("SELECT count(*) FROM passages")[0][0])

    def outlets(self) -> dict[str, int]:
        """Name of each outlet and its number of articles, most first."""
        return dict(
            self._rows(
                "SELECT outlet, count(*) FROM articles WHERE outlet IS NOT NULL "
                "GROUP BY outlet ORDER BY 2 DESC, 1"
            )
        )

    def days(self) -> tuple[date | None, date | None]:
        """First and last publication day."""
        ((low, high),) = self._rows("SELECT min(day), max(day) FROM articles")
        return day_of(low), day_of(high)

    # Reading articles

    def keys(self) -> list[str]:
        return [key for (key,) in self._rows("SELECT key FROM articles ORDER BY id")]

    def articles(self) -> Iterator[StoredArticle]:
        """Every article that is there when its turn comes, in the order they were added."""
        for key in self.keys():
            with suppress(KeyError):
                yield self.article(key)

    def fingerprint_of(self, key: str) -> str | None:
        """Fingerprint of the newest version under `key`, or None where there is none."""
        rows = self._rows("SELECT fingerprint FROM articles WHERE key = ?", (key,))
        return rows[0][0] if rows else None

    def key_from(self, origin: str) -> str | None:
        """The key of the article without an address that was last stored from the file or line."""
        rows = self._rows(
            "SELECT a.key FROM articles a JOIN versions v ON v.article = a.id"
            " AND v.number = a.version WHERE v.origin = ? AND a.key LIKE ?"
            " ORDER BY v.id DESC LIMIT 1",
            (origin, HASHED + "%"),
        )
        return rows[0][0] if rows else None

    def story_of(self, key: str) -> int:
        """Number of the article's story: equal for articles that are copies of one text.

        It is another after a change of the library. Raises KeyError.
        """
        rows = self._rows("SELECT story FROM articles WHERE key = ?", (key,))
        if not rows:
            raise KeyError(key)
        return int(rows[0][0])

    def article(self, key: str, version: int | None = None) -> StoredArticle:
        """The article under `key`, its newest version unless another is asked for.

        Raises KeyError where there is none.
        """
        rows = self._rows(
            "SELECT v.id, v.number, v.title, v.url, v.outlet, v.authors, v.published, v.updated,"
            " v.fetched, v.note, v.origin, v.correction, a.id"
            " FROM articles a JOIN versions v ON v.article = a.id"
            " AND v.number = coalesce(?, a.version) WHERE a.key = ?",
            (version, key),
        )
        if not rows:
            raise KeyError(key)
        (row,) = rows
        texts = self._rows(
            "SELECT text FROM paragraphs WHERE version = ? ORDER BY number", (row[0],)
        )
        article = Article(
            title=row[2], paragraphs=tuple(text for (text,) in texts), url=row[3], outlet=row[4],
            authors=tuple(json.loads(row[5])), published=_timestamp(row[6]),
            updated=_timestamp(row[7]), fetched=_timestamp(row[8]), note=row[9], origin=row[10],
            correction=row[11],
        )  # fmt: skip
        return StoredArticle(key, row[1], article, self._also_in([row[12]]).get(row[12], ()))

    def versions(self, key: str) -> list[StoredArticle]:
        """Every version of the article under `key`, newest first. Raises KeyError."""
        newest = self.article(key)
        return [newest, *(self.article(key, n) for n in range(newest.version - 1, 0, -1))]

    def copies(self, key: str, as_of: date | None = None) -> list[StoredArticle]:
        """The other articles of the story, as they came; those of a day, as they were on it."""
        with self.snapshot():
            found = self._rows(
                "SELECT b.key FROM articles a JOIN articles b ON b.story = a.story AND b.id != a.id"
                " WHERE a.key = ? ORDER BY b.id",
                (key,),
            )
            held = [self.article(k, self.version_on(k, as_of) if as_of else None) for (k,) in found]
        return [
            stored for stored in held
            if not (as_of and stored.article.day and stored.article.day > as_of)
        ]  # fmt: skip

    def version_on(self, key: str, day: date) -> int:
        """The newest version that there was on the day; the first where there was none yet."""
        sql = f"SELECT ({version_on(day, 'number')}) FROM articles a WHERE a.key = ?"
        return int(self._rows(sql, (key,))[0][0])

    def _also_in(self, articles: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """The other outlets with copies of each article, in the order in which they came."""
        rows = self._rows(
            "SELECT a.id, b.outlet FROM articles a JOIN articles b ON b.story = a.story"
            " AND b.outlet IS NOT a.outlet AND b.outlet IS NOT NULL"
            " WHERE a.id IN (SELECT value FROM json_each(?))"
            " GROUP BY a.id, b.outlet ORDER BY min(b.id)",
            (json.dumps(list(articles)),),
        )
        found: dict[int, tuple[str, ...]] = {}
        for article, outlet in rows:
            found[article] = (*found.get(article, ()), outlet)
        return found

    def every_version(self) -> Iterator[StoredArticle]:
        """Every version of every article: all first ones in the order they were added, then on."""
        found = self._rows(
            "SELECT a.key, v.number FROM versions v JOIN articles a ON a.id = v.article"
            " ORDER BY v.number, a.id"
        )
        for key, number in found:
            yield self.article(key, number)

    def holds(self, exported: ExportedArticle) -> bool:
        """True if this version of the article is here, also if it is not the newest."""
        try:
            held = self.article(exported.key, exported.version).article
        except KeyError:
            return False
        return fingerprint(held) == fingerprint(exported)

    # Searching

    def scope(self, chosen: Filter) -> tuple[int, date | None, int]:
        """Articles within the filter, the newest day among them, and how many have no date."""
        days = f"SELECT {chosen.day} AS day FROM articles a{chosen.where()}"
        sql = f"SELECT count(*), max(day), count(*) - count(day) FROM ({days})"
        ((count, newest, undated),) = self._rows(sql, chosen.values)
        return count, day_of(newest), undated

    def passage_ids(self, chosen: Filter, most: int) -> list[int] | None:
        """Ids of the passages within the filter, or None if there are more than `most`."""
        sql = "SELECT p.id FROM articles a JOIN passages p ON p.article = a.id" + chosen.where()
        rows = self._rows(sql + " LIMIT ?", (*chosen.values, most + 1))
        return [row[0] for row in rows] if len(rows) <= most else None

    def newest(self, chosen: Filter, count: int) -> list[int]:
        """Ids of the first passages of the `count` newest articles within the filter."""
        sql = (
            "SELECT min(p.id) FROM articles a JOIN passages p ON p.article = a.id"
            f" WHERE {chosen.day} IS NOT NULL{chosen.also()} GROUP BY a.id"
            f" ORDER BY {chosen.day} DESC, a.id DESC LIMIT ?"
        )
        return [row[0] for row in self._rows(sql, (*chosen.values, count))]

    def keep(self, ids: Sequence[int], chosen: Filter) -> set[int]:
        """Those of the passage `ids` that exist and lie within the filter."""
        sql = (
            "SELECT p.id FROM passages p JOIN articles a ON a.id = p.article"
            " WHERE p.id IN (SELECT value FROM json_each(?))" + chosen.also()
        )
        return {row[0] for row in self._rows(sql, (json.dumps(list(ids)), *chosen.values))}

    def search_words(self, words: Sequence[str], k: int, chosen: Filter) -> list[tuple[int, float]]:
        """The `k` best (passage id, BM25 score) for any of the `words`; higher is better."""
        if not words:
            return []
        match = " OR ".join(f'"{word}"' for word in words)
        sql = "SELECT words.rowid, -bm25(words, 0.5, 1.0) FROM words"
        if chosen.clause:
            sql += " JOIN passages p ON p.id = words.rowid JOIN articles a ON a.id = p.article"
        sql += f" WHERE words MATCH ?{chosen.also()} ORDER BY 2 DESC, 1 LIMIT ?"
        return self._rows(sql, (match, *chosen.values, k))

    def passages(self, ids: Iterable[int]) -> dict[int, Passage]:
        """The passages with these ids; unknown ids are left out."""
        rows = self._rows(
            "SELECT p.id, a.key, v.title, v.outlet, v.url, v.published, p.first, p.last, p.text,"
            " v.note, v.correction, a.story, a.id, a.version"
            f" FROM {PASSAGES} WHERE p.id IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ids)),),
        )
        also_in = self._also_in(list({r[12] for r in rows}))
        return {
            r[0]: Passage(id=r[0], article=r[1], title=r[2], outlet=r[3], url=r[4],
                          published=_timestamp(r[5]), paragraphs=tuple(range(r[6], r[7] + 1)),
                          text=r[8], note=r[9], correction=r[10], story=r[11],
                          also_in=also_in.get(r[12], ()), version=r[13])
            for r in rows
        }  # fmt: skip

    def document_frequency(self, words: Iterable[str]) -> dict[str, int]:
        """How many passages hold each (stemmed) word of the index; absent words are left out."""
        sql = "SELECT term, doc FROM word_counts WHERE term IN (SELECT value FROM json_each(?))"
        return dict(self._rows(sql, (json.dumps(list(words)),)))

    # Changing

    def reserve(self, count: int) -> range:
        """`count` new passage ids, noted as strays until their article is added."""
        with self._writing() as db:
            sql = (
                "SELECT max(coalesce((SELECT max(vector) FROM strays), 0),"
                " coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'passages'), 0))"
            )
            first = db.execute(sql).fetchone()[0] + 1
            ids = range(first, first + count)
            db.executemany("INSERT INTO strays VALUES (?)", ((i,) for i in ids))
        return ids

    def put(self, new: Sequence[NewArticle]) -> list[str]:
        """Adds articles, or new versions of them, whole, in one transaction.

        Returns the keys of those that are copies of articles that were there before them.
        """
        with self._writing() as db:
            return [item.key for item in new if _put(db, item)]

    def remove(self, key: str) -> bool:
        """Purges the article with every version and passage; False where there was none.

        Its words are overwritten in the file, too, or as soon as nobody reads it any more. Its
        vectors are strays from then on. The key is noted as removed until an article is put under
        it again.
        """
        self._db.execute("PRAGMA secure_delete = ON")
        try:
            with self._writing() as db:
                row = db.execute("SELECT id FROM articles WHERE key = ?", (key,)).fetchone()
                if row:
                    _unindex(db, row[0])
                    stories.leave(db, row[0])
                    db.execute("DELETE FROM articles WHERE id = ?", row)
                    noted = (REMOVED + key,)
                    db.execute("INSERT OR REPLACE INTO meta VALUES (?, datetime())", noted)
                    db.execute("INSERT INTO words (words) VALUES ('optimize')")  # forgets its words
        finally:
            self._db.execute("PRAGMA secure_delete = OFF")
        self._db.execute(f"PRAGMA busy_timeout = {PATIENCE // 100}")
        with suppress(sqlite3.OperationalError):  # it is being read: a later one does it
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.execute(f"PRAGMA busy_timeout = {PATIENCE}")
        return row is not None

    def is_removed(self, key: str) -> bool:
        """True if there was an article under `key` that was purged and has not come back."""
        return bool(self.meta(REMOVED + key))

    def strays(self) -> list[int]:
        """Vectors that may be stored without a passage."""
        return [row[0] for row in self._rows("SELECT vector FROM strays ORDER BY vector")]

    def forget_strays(self, vectors: Sequence[int]) -> None:
        with self._writing() as db:
            db.executemany("DELETE FROM strays WHERE vector = ?", ((v,) for v in vectors))

    def switch(self, meta: dict[str, str]) -> None:
        """Goes over to rebuilt vectors, among which are no strays; indexes the words anew, too."""
        with self._writing() as db:
            db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", list(meta.items()))
            db.execute("DELETE FROM strays")
            db.execute("INSERT INTO words (words) VALUES ('delete-all')")
            db.execute(
                "INSERT INTO words (rowid, title, text) SELECT p.id, v.title, p.text"
                f" FROM {PASSAGES} ORDER BY p.id"
            )

    def each_passage(self) -> Iterator[tuple[int, int | None, str | None, str, str]]:
        """(id, day, outlet, title, text) of every passage; the day counts from 1970-01-01."""
        sql = f"SELECT p.id, a.day, a.outlet, v.title, p.text FROM {PASSAGES} ORDER BY p.id"
        with self._told() as db:
            yield from db.execute(sql)


def place(file: Path, folder: Path) -> None:
    """Makes the file the library of the folder, where there is none.

    What a killed process has left of another one is deleted: SQLite would write it into this.
    """
    for ending in ("-wal", "-shm"):
        (folder / (FILE + ending)).unlink(missing_ok=True)
    file.rename(folder / FILE)


def copy(db: sqlite3.Connection, path: Path, journal: Literal["WAL", "DELETE"]) -> None:
    """Writes a database, as it is at this moment, into the file `path`."""
    with closing(sqlite3.connect(path)) as new:
        db.backup(new)
        new.execute(f"PRAGMA journal_mode = {journal}")


def _put(db: sqlite3.Connection, new: NewArticle) -> bool:
    """Stores an article; True if it is a copy of another."""
    article = new.article
    row = db.execute("SELECT id, version FROM articles WHERE key = ?", (new.key,)).fetchone()
    facts = (article.outlet, number_of(article.day), fingerprint(article))
    left = None
    if row:
        identity, number = row[0], row[1] + 1
        _unindex(db, identity)
        left = stories.leave(db, identity)
        db.execute(
            "UPDATE articles SET version = ?, outlet = ?, day = ?, fingerprint = ? WHERE id = ?",
            (number, *facts, identity),
        )
    else:
        number = 1
        identity = db.execute(
            "INSERT INTO articles (key, version, outlet, day, fingerprint) VALUES (?, 1, ?, ?, ?)",
            (new.key, *facts),
        ).lastrowid
        db.execute("DELETE FROM meta WHERE name = ?", (REMOVED + new.key,))
    stamps = (_stamp_text(t) for t in (article.published, article.updated, article.fetched))
    version = db.execute(
        "INSERT INTO versions (article, number, title, url, outlet, authors, published, updated,"
        " fetched, note, origin, correction) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (identity, number, article.title, article.url, article.outlet,
         json.dumps(article.authors, ensure_ascii=False), *stamps, article.note, article.origin,
         article.correction),
    ).lastrowid  # fmt: skip
    db.executemany(
        "INSERT INTO paragraphs VALUES (?, ?, ?)",
        ((version, n, text) for n, text in enumerate(article.paragraphs, 1)),
    )
    for passage, span in new.passages:
        db.execute(
            "INSERT INTO passages VALUES (?, ?, ?, ?, ?)",
            (passage, identity, span.first, span.last, span.text),
        )
        db.execute(
            "INSERT INTO words (rowid, title, text) VALUES (?, ?, ?)",
            (passage, article.title, span.text),
        )
        db.execute("DELETE FROM strays WHERE vector = ?", (passage,))
    return stories.join(db, identity, left)


def _unindex(db: sqlite3.Connection, article: int) -> None:
    """Takes the article's passages out of passages and words, and notes their vectors as strays."""
    rows = db.execute(
        f"SELECT p.id, v.title, p.text FROM {PASSAGES} WHERE a.id = ?", (article,)
    ).fetchall()
    for row in rows:
        db.execute("INSERT INTO words (words, rowid, title, text) VALUES ('delete', ?, ?, ?)", row)
        db.execute("INSERT INTO strays VALUES (?)", row[:1])
    db.execute("DELETE FROM passages WHERE article = ?", (article,))


def _stamp_text(stamp: Timestamp | None) -> str | None:
    return f"{stamp.text}|{stamp.source}" if stamp else None


def _timestamp(text: str | None) -> Timestamp | None:
    return Timestamp(*text.split("|", 1)) if text else None
