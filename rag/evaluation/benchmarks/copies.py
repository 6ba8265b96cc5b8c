"""Are copies found, and told from follow-ups? Copies are made of real articles, and so are others.

Every second article of a folder, by the order of the file, is left for setting the limits with;
the figures are of the rest.
"""

from __future__ import annotations

import random
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from rag import sources
from rag.errors import SourceError
from rag.library import Library, NewArticle, article_key
from rag.records import Article, Timestamp

ORIGINALS = 200
"""So many articles are copied, each in every way."""
FEWEST_WORDS, FEWEST_PARAGRAPHS = 120, 6
"""Of an article that is copied: in less there is nothing to cut and to rewrite."""
LIGHT = 0.05
"""Share of the words that a light edit changes."""
FURNITURE = (
    "By the staff of the Daily Record",
    "This article was first published by our partners and is shown here with their permission.",
    "Do you know more about this? Write to the newsroom in confidence at tips@record.example.",
    "© Daily Record. No part of it may be reproduced without written permission.",
)
_WORD = re.compile(r"\w+(?:[.,:'’]\w+)*")

Edit = Callable[[Article, Article, random.Random], Article]
"""An article, its nearest neighbour, and chance, to the other article of a pair."""


def run(folder: Path, tuning: bool, show: Callable[[str, int, int], None]) -> dict[str, Any]:
    """What was grouped, of each kind of copies and of others, ready for JSON.

    `tuning` takes the half that the limits were set with. Raises SourceError where there are no
    articles.
    """
    read = sources.read(folder / "articles.jsonl.gz")
    articles = [item for item in read if isinstance(item, Article)][int(not tuning) :: 2]
    if not articles:
        raise SourceError(f"There are no articles in {folder}; name one that `prepare` made.")
    with tempfile.TemporaryDirectory() as place:
        library = Library.create(Path(place), {})
        start = time.process_time()
        keys = [article_key(a) for a in articles]
        for at in range(0, len(articles), 100):
            library.put([NewArticle(article_key(a), a, []) for a in articles[at : at + 100]])
            show("Adding articles", at, len(articles))
        spent = (time.process_time() - start) / len(articles)
        groups = _groups(library, keys)
        pairs = list(_pairs(articles))
        near = [(a, b) for a, b in pairs if _same(library, article_key(a), article_key(b))]
        figures: dict[str, Any] = {}
        for number, (name, edit) in enumerate({**COPIES, **OTHERS}.items()):
            show("Comparing", number, len(COPIES) + len(OTHERS))
            grouped = sum(_grouped(library, edit, *pair) for pair in pairs)
            figures[name] = {"pairs": len(pairs), "grouped": grouped}
    return {
        "schema": 1,
        "articles": len(articles),
        "copies": {name: figures[name] for name in COPIES},
        "others": {name: figures[name] for name in OTHERS},
        "found": sum(figures[n]["grouped"] for n in COPIES) / max(len(COPIES) * len(pairs), 1),
        "wrong": sum(figures[n]["grouped"] for n in OTHERS),
        "neighbours": {
            "pairs": len(pairs),
            "grouped": [[article_key(a), article_key(b)] for a, b in near],
        },
        "milliseconds": round(1000 * spent, 2),
        "groups": groups,
    }


def table(found: dict[str, Any]) -> str:
    """The figures as text."""
    lines = []
    for kind in ("copies", "others"):
        lines.append(f"{kind:32}{'pairs':>7}{'grouped':>9}")
        lines += [f"  {n:30}{f['pairs']:7}{f['grouped']:9}" for n, f in found[kind].items()]
    near, groups = found["neighbours"], found["groups"]
    lines += [
        f"Found {found['found']:.1%} of the copies, {found['wrong']} wrongly. Grouping one of "
        f"{found['articles']:,} articles takes {found['milliseconds']} ms.",
        f"Of {near['pairs']} articles and the nearest of another day, {len(near['grouped'])} are "
        "grouped.",
        *(f"  {' and '.join(pair)}" for pair in near["grouped"]),
        f"As published, {sum(map(len, groups))} articles are in {len(groups)} groups of copies.",
    ]
    return "\n".join(lines)


def _groups(library: Library, keys: Sequence[str]) -> list[list[str]]:
    """The stories of several articles that are there as published, the largest first."""
    stories: dict[int, list[str]] = {}
    for key in dict.fromkeys(keys):
        stories.setdefault(library.story_of(key), []).append(key)
    return sorted((keys for keys in stories.values() if len(keys) > 1), key=len, reverse=True)


def _pairs(articles: Sequence[Article]) -> Iterator[tuple[Article, Article]]:
    """Articles to be copied, each with the one of another day that is nearest to it by words.

    One that has less than half an article of paragraphs of its own is not taken: it is a copy as it
    stands, or too short to make follow-ups with.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = [" ".join(a.paragraphs) for a in articles]
    vectors = TfidfVectorizer(sublinear_tf=True, stop_words="english").fit_transform(texts)
    fit = [
        n
        for n, a in enumerate(articles)
        if a.published
        and len(a.paragraphs) >= FEWEST_PARAGRAPHS
        and _words(a.paragraphs) >= FEWEST_WORDS
    ]  # fmt: skip
    for n in random.Random(0).sample(fit, min(ORIGINALS, len(fit))):
        near = (vectors @ vectors[n].T).toarray().ravel()
        here = articles[n].published
        for other in near.argsort()[::-1]:
            there = articles[other].published
            own = [p for p in articles[other].paragraphs if p not in articles[n].paragraphs]
            long = _words(own) >= _words(articles[n].paragraphs) / 2
            if other in fit and long and here and there and there.day != here.day:
                yield articles[n], articles[other]
                break


def _grouped(library: Library, edit: Edit, one: Article, near: Article) -> bool:
    """True if the edited article becomes part of the story of the one it was made of."""
    made = replace(edit(one, near, random.Random(one.title)), url="https://copy.example/")
    library.put([NewArticle("https://copy.example/", made, [])])
    same = _same(library, "https://copy.example/", article_key(one))
    library.remove("https://copy.example/")
    return same


def _words(paragraphs: Iterable[str]) -> int:
    return sum(len(p.split()) for p in paragraphs)


def _same(library: Library, one: str, other: str) -> bool:
    return library.story_of(one) == library.story_of(other)


def _edited(one: Article, share: float, chance: random.Random) -> Article:
    """Some words left out, doubled, or put in the place of others of the article."""
    pool = [w for p in one.paragraphs for w in p.split() if w.islower()] or ["the"]

    def change(word: str) -> list[str]:
        if not word.islower() or chance.random() >= share:
            return [word]
        return chance.choice(([], [chance.choice(pool)], [word, chance.choice(pool)]))

    texts = (" ".join(w for word in p.split() for w in change(word)) for p in one.paragraphs)
    return replace(one, paragraphs=tuple(text for text in texts if text))


def _cut(one: Article, share: float, chance: random.Random) -> Article:
    """Some paragraphs left out, anywhere but at the top."""
    count = len(one.paragraphs)
    gone = set(chance.sample(range(1, count), int(share * count)))
    return replace(one, paragraphs=tuple(p for n, p in enumerate(one.paragraphs) if n not in gone))


def _reordered(one: Article, chance: random.Random) -> Article:
    rest = list(one.paragraphs[1:])
    chance.shuffle(rest)
    return replace(one, paragraphs=(one.paragraphs[0], *rest))


def _furnished(one: Article) -> Article:
    return replace(one, paragraphs=(FURNITURE[0], *one.paragraphs, *FURNITURE[1:]))


def _new_lede(one: Article, chance: random.Random) -> Article:
    """The first paragraph in other words: its own in another order, so that the facts stay."""
    words = one.paragraphs[0].split()
    chance.shuffle(words)
    return replace(one, paragraphs=(" ".join(words), *one.paragraphs[1:]))


def _everything(one: Article, chance: random.Random) -> Article:
    edited = _new_lede(_edited(_cut(one, 0.2, chance), 0.03, chance), chance)
    return replace(_furnished(edited), title="Another headline", outlet="Daily Record")


def _later(one: Article) -> Article:
    assert one.published
    day = one.published.day + timedelta(days=1)
    return replace(one, published=Timestamp(day.isoformat(), "made"))


def _follow_up(one: Article, near: Article, share: float) -> Article:
    """News from the neighbour instead of that share of the article's words, above the rest."""
    words = share * _words(one.paragraphs)
    news = _top([p for p in near.paragraphs if p not in one.paragraphs], words)
    rest = one.paragraphs[len(_top(one.paragraphs, words)) :]
    return replace(one, title=near.title, paragraphs=(*news, *rest))


def _top(paragraphs: Sequence[str], words: float) -> list[str]:
    """The first paragraphs, until they have so many words."""
    taken: list[str] = []
    for paragraph in paragraphs:
        if _words(taken) >= words:
            break
        taken.append(paragraph)
    return taken


def _template(one: Article, chance: random.Random, names: bool = True) -> Article:
    """The same words of other amounts, and of other people and places."""
    lower = {w for p in one.paragraphs for w in _WORD.findall(p)}
    other: dict[str, str] = {}

    def change(match: re.Match[str]) -> str:
        word = match[0]
        if any(c.isdigit() for c in word):
            return other.setdefault(word, str(chance.randint(2, 9999)))
        if names and word[0].isupper() and word.casefold() not in lower:
            letters = [*word.casefold()]
            chance.shuffle(letters)
            return other.setdefault(word, "".join(letters).capitalize() + "o")
        return word

    return replace(one, paragraphs=tuple(_WORD.sub(change, p) for p in one.paragraphs))


COPIES: dict[str, Edit] = {
    "headline changed": lambda a, b, c: replace(a, title="Another headline"),
    "words edited": lambda a, b, c: _edited(a, LIGHT, c),
    "words edited, a day later": lambda a, b, c: _later(_edited(a, LIGHT, c)),
    "paragraphs cut": lambda a, b, c: _cut(a, 0.4, c),
    "paragraphs cut, a day later": lambda a, b, c: _later(_cut(a, 0.4, c)),
    "paragraphs reordered": lambda a, b, c: _reordered(a, c),
    "furniture added": lambda a, b, c: _furnished(a),
    "lede rewritten": lambda a, b, c: _new_lede(a, c),
    "all of it": lambda a, b, c: _everything(a, c),
}
OTHERS: dict[str, Edit] = {
    "follow-up, half new": lambda a, b, c: _follow_up(a, b, 0.5),
    "follow-up, 30% new": lambda a, b, c: _follow_up(a, b, 0.3),
    "follow-up, 20% new, a day later": lambda a, b, c: _later(_follow_up(a, b, 0.2)),
    "template": lambda a, b, c: _template(a, c),
    "template, a day later": lambda a, b, c: _later(_template(a, c)),
    "other numbers, a day later": lambda a, b, c: _later(_template(a, c, names=False)),
}
