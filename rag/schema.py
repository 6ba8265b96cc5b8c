"""The tables of a library."""

from __future__ import annotations

from datetime import date, timedelta

EPOCH = date(1970, 1, 1)
"""Day 0 of `articles.day`."""
SCHEMA_VERSION = 1
SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE articles (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, version INTEGER NOT NULL,
    outlet TEXT, day INTEGER, fingerprint TEXT NOT NULL, story INTEGER NOT NULL DEFAULT 0);
CREATE INDEX articles_by_story ON articles (story);
CREATE TABLE versions (
    id INTEGER PRIMARY KEY, article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    number INTEGER NOT NULL, title TEXT NOT NULL, url TEXT, outlet TEXT, authors TEXT NOT NULL,
    published TEXT, updated TEXT, fetched TEXT, note TEXT, origin TEXT NOT NULL, correction TEXT,
    UNIQUE (article, number));
CREATE INDEX versions_by_origin ON versions (origin);
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
CREATE TABLE bands (
    band INTEGER NOT NULL, article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    PRIMARY KEY (band, article)) WITHOUT ROWID;
CREATE INDEX bands_by_article ON bands (article);
CREATE TABLE copies (
    article INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    other INTEGER NOT NULL REFERENCES articles ON DELETE CASCADE,
    PRIMARY KEY (article, other)) WITHOUT ROWID;
"""
PASSAGES = (
    "passages p JOIN articles a ON a.id = p.article"
    " JOIN versions v ON v.article = a.id AND v.number = a.version"
)
"""Each passage `p` with its article `a` and the newest version `v` of that."""


def number_of(day: date | None) -> int | None:
    """The day as `articles.day` has it; None for none."""
    return None if day is None else (day - EPOCH).days


def day_of(number: int | None) -> date | None:
    """The day of a number in `articles.day`; None for none."""
    return None if number is None else EPOCH + timedelta(days=number)
