"""The tables of a library, and how those of an older one become these."""

from __future__ import annotations

import sqlite3
from datetime import date

EPOCH = date(1970, 1, 1)
"""Day 0 of `articles.day`."""
SCHEMA_VERSION = 2
_STORIES = """
CREATE INDEX articles_by_story ON articles (story);
CREATE TABLE bands (
    band INTEGER NOT NULL, article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    PRIMARY KEY (band, article)) WITHOUT ROWID;
CREATE INDEX bands_by_article ON bands (article);
CREATE TABLE copies (
    article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    other INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    PRIMARY KEY (article, other)) WITHOUT ROWID;
"""
SCHEMA = f"""
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, version INTEGER NOT NULL,
    outlet TEXT, day INTEGER, fingerprint TEXT NOT NULL, story INTEGER NOT NULL DEFAULT 0);
CREATE TABLE versions (
    id INTEGER PRIMARY KEY, article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    number INTEGER NOT NULL, title TEXT NOT NULL, url TEXT, outlet TEXT, authors TEXT NOT NULL,
    published TEXT, updated TEXT, fetched TEXT, note TEXT, origin TEXT NOT NULL, correction TEXT,
    UNIQUE (article, number));
CREATE TABLE paragraphs (
    version INTEGER NOT NULL REFERENCES versions ON DELETE CASCADE,
    number INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (version, number)) WITHOUT ROWID;
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    first INTEGER NOT NULL, last INTEGER NOT NULL, text TEXT NOT NULL);
CREATE INDEX passages_by_article ON passages (article);
CREATE VIRTUAL TABLE words USING fts5(
    title, text, content='', tokenize='porter unicode61 remove_diacritics 2');
CREATE VIRTUAL TABLE word_counts USING fts5vocab(words, row);
CREATE TABLE strays (vector INTEGER PRIMARY KEY);
{_STORIES}"""


def migrate(db: sqlite3.Connection) -> None:
    """Brings the tables of an older version up to this one, in one transaction.

    Takes some seconds for a thousand articles: the copies among them are sought.
    """
    db.execute("BEGIN IMMEDIATE")
    try:
        (version,) = db.execute("PRAGMA user_version").fetchone()
        if version == 1:  # no other process did it meanwhile
            _from_1(db)
            db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise


def _from_1(db: sqlite3.Connection) -> None:
    """To 2: near copies are a story, too, and corrections have their column."""
    from rag import stories
    from rag.sources import corrections

    db.execute("DROP INDEX articles_by_story")
    db.execute("ALTER TABLE articles DROP COLUMN story")
    db.execute("ALTER TABLE articles ADD COLUMN story INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE versions ADD COLUMN correction TEXT")
    for statement in _STORIES.strip().split(";\n"):
        db.execute(statement)
    for (version,) in db.execute("SELECT id FROM versions").fetchall():
        sql = "SELECT text FROM paragraphs WHERE version = ? ORDER BY number"
        rows = db.execute(sql, (version,))
        if note := corrections.found([text for (text,) in rows]):
            db.execute("UPDATE versions SET correction = ? WHERE id = ?", (note, version))
    for (article,) in db.execute("SELECT id FROM articles ORDER BY id").fetchall():
        stories.join(db, article)
