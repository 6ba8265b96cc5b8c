"""Reads the retrieved passages: which of them answer, in which sentence, in which words?

A trained network (`CITEWIRE_READER`) reads the question with each passage; of the sentences that it
puts first, likeness to the question decides with it. Where there is no network, `rag.likeness`
takes its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from rag import days, facts, likeness
from rag.chunk import embedded, header
from rag.crossencoder import Array, CrossEncoder, Read
from rag.evidence import Evidence, Reading, sentences_of
from rag.question import Asked
from rag.records import Article, Passage, StoredArticle
from rag.retrieve import Index, articles_of
from rag.words import LIKE, STOP_WORDS, capitalised, has_word, plain, stem, stems, words, words_of

READ = 6
"""Passages that are read, the best first: each costs 20 ms on two cores, and more find no more."""
LONGEST = 30
"""Tokens of the exact words of an answer; more is a sentence."""
# Weight of a passage's own retrieval score beside the network's log odds that it answers.
RETRIEVED = 5.0
# Equal words in different articles count together: their scores are added as exp(score / this).
SOFT = 2.0
# Taken from passages by age, where the question asks for what is new.
AGED = 2.0
_NEW = re.compile(
    r"\b(?:this (?:week|month|year|weekend)|recent(?:ly)?|latest|newest|today|tonight|yesterday|"
    r"what(?: is|['’]s) new|any news|"
    r"last (?:night|week|weekend|month)|past (?:week|weekend|month)|"
    r"(?:on|last) (?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    re.IGNORECASE,
)
# Of reports on one matter the newest counts, unless an earlier time is asked for.
LATER = 3.0
_EARLIER = re.compile(
    r"\b(?:first|original(?:ly)?|initial(?:ly)?|early|earlier|earliest|before|previous(?:ly)?|"
    r"(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"\b(?:\d{1,2}[.:]\d\d|\d{4}s?|noon|midnight|dawn|dusk|today|yesterday|tonight|tomorrow|"
    r"spring|summer|autumn|winter|christmas|easter|century|centuries|[ap]\.?m|o['’]clock|"
    r"(?:second|minute|hour|day|(?:over)?night|fortnight|eve|morning|afternoon|evening|week|"
    r"weekend|month|year|decade)s?|(?:hour|dai|week|month|year)ly)\b|\d ?[ap]\.?m\b",
    re.IGNORECASE,
)
_HOW_LONG = re.compile(r"\bhow (?:long|often|soon|late|old)\b", re.IGNORECASE)
_NONE = re.compile(r"(?:none|nobody|no one|zero)\b", re.IGNORECASE)
# Taken for each word of the question that names something and that the article does not have, and
# for each year that is none of its own.
UNNAMED = 14.0
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
NEXT = 1
"""Years from an article's day within which its events lie, though it names no year."""
# Taken once for names that the library does not have at all.
UNHEARD = 8.0
# Taken from the score of words that are not of the kind asked for.
UNFIT = 4.0
IN_SENTENCES = frozenset({"account", "reason", "whether"})
"""Kinds of question that are answered in sentences, not in a few exact words."""
NEAR = 3.0
"""Log odds below the best sentence at which another is still added to the answer."""
LIKE_READ = 3
"""Passages, those of the best sentences, whose sentences are compared with the question."""
LIKENESS, LEAST_LIKE = 12.0, -0.6
"""Weight of a sentence's likeness, as a logarithm of its share of the greatest, and its floor."""
ELSEWHERE = 2.0
"""Taken from sentences of other articles than the best one's: they may tell of something else."""
ALONE_READ, ALONE = 8, 0.5
"""Sentences that are read once more, each by itself, and the weight of the log odds it has then."""
LATER_LIKE, ALONE_LIKE = 0.1, 0.02
"""The same as `LATER` and `ALONE`, of scores of likeness."""
SLOPE, MIDDLE = 0.22, -3.4
"""Of the logistic curve from the log odds of the surest passage, or the mean of these and those of
the surest sentence, to the confidence; fitted to the development questions."""


@dataclass(frozen=True, slots=True)
class Words:
    """Exact words that may be the answer."""

    text: str
    score: float
    """Log probability among all words of the text that was read."""


def read(
    asked: Asked, passages: Sequence[Passage], index: Index, network: CrossEncoder, today: date
) -> Reading:
    """Ranks the sentences of the first `READ` passages as answers to the question.

    Where it asks for what is new ("this week"), articles count less the older they are `today`,
    beside the newest of them.
    """
    first = passages[:READ]
    heads = [_head(p) for p in first]
    inputs = [embedded(head, p.text) for head, p in zip(heads, first, strict=True)]
    found = network.read(asked.text, inputs)
    articles = articles_of(first, index.store)
    texts = {key: words_of(_text(stored.article)) for key, stored in articles.items()}
    named = _naming(asked, articles.values())
    unnamed = {
        key: sum(not has_word(text, word) for word in named) + _of_other_years(asked, articles[key])
        for key, text in texts.items()
    }
    aged = AGED if is_of_news(asked) else 0.0
    ages = _ages(first, today)
    newest = min(ages.values(), default=0.0)
    wanting = {p.id: UNNAMED * unnamed[p.article] + aged * (ages[p.id] - newest) for p in first}
    sure = {p.id: f.odds - wanting[p.id] for p, f in zip(first, found, strict=True)}
    odds = {p.id: sure[p.id] + RETRIEVED * p.score for p in first}
    ordered = sorted(first, key=lambda p: -odds[p.id]) + list(passages[READ:])
    # Why something happened is told when it happens.
    is_timeless = asked.kind in ("account", "reason")
    behind = {} if is_timeless else _behind(asked, {p.article: p for p in first}, texts)
    surest = max(sure.values(), default=-np.inf)
    if asked.kind in IN_SENTENCES:
        alike = likeness.read(asked, ordered, index)
        chosen, near, weight = _later_first(alike.evidence, behind), alike.near, ALONE_LIKE
        ordered = list(alike.passages)
    else:
        evidence: list[Evidence] = []
        for passage, head, one in zip(first, heads, found, strict=True):
            article, at = articles[passage.article], len(head) + 1
            evidence += _sentences(asked, article, passage, one, at, odds[passage.id])
        evidence = sorted(_agreeing(evidence), key=lambda e: -e.score)
        chosen, near, weight = _with_likeness(asked, evidence, index, behind), NEAR, ALONE
    alone = _alone(asked, chosen[:ALONE_READ], network)
    # "All 214 people aboard were rescued" by itself does not tell whether everybody survived.
    if asked.kind not in IN_SENTENCES and alone:
        surest = (surest + max(own - wanting[e.passage.id] for e, own in alone)) / 2
    if _is_unheard_of(asked, index, texts.values()):
        surest -= UNHEARD
    confidence = float(1 / (1 + np.exp(-SLOPE * (surest - MIDDLE))))
    return Reading(_with_alone(chosen, alone, weight), tuple(ordered), confidence, near)


def _with_likeness(
    asked: Asked, evidence: Sequence[Evidence], index: Index, behind: Mapping[str, float]
) -> tuple[Evidence, ...]:
    """The evidence, best first, its scores lower the less a sentence is like the question.

    The network knows which words answer, and likeness which sentence speaks of what was asked.
    Sentences of articles that are `behind` others count less.
    """
    first = list({e.passage.id: e.passage for e in evidence}.values())[:LIKE_READ]
    alike = likeness.read(asked, first, index).evidence
    logs = {(e.passage.id, e.text): e.score - alike[0].score for e in reversed(alike)}

    def score(e: Evidence) -> float:
        like = max(LEAST_LIKE, logs.get((e.passage.id, e.text), LEAST_LIKE))
        return e.score + LIKENESS * like - LATER * behind.get(e.passage.article, 0.0)

    best = max(evidence, key=score, default=None)
    found = []
    for e in evidence:
        is_elsewhere = best is not None and e.passage.article != best.passage.article
        found.append(replace(e, score=score(e) - ELSEWHERE * is_elsewhere))
    return tuple(sorted(found, key=lambda e: -e.score))


def _alone(
    asked: Asked, evidence: Sequence[Evidence], network: CrossEncoder
) -> list[tuple[Evidence, float]]:
    """Each with the log odds that it answers, read without its neighbours, and its words cut anew.

    Beside others a sentence shares in what they answer, and its words may be cut too long: those
    found without them are the better cut where they are a part of these.
    """
    heads = [_head(e.passage) for e in evidence]
    inputs = [embedded(head, e.text) for head, e in zip(heads, evidence, strict=True)]
    reads = network.read(asked.text, inputs)
    found = []
    for e, head, text, one in zip(evidence, heads, inputs, reads, strict=True):
        words = best_words(one, len(head) + 1, len(text), text, asked) if e.short else None
        is_part = words and e.short and words.text in e.short
        found.append((replace(e, short=words.text) if words and is_part else e, one.odds))
    return found


def _with_alone(
    evidence: Sequence[Evidence], alone: Sequence[tuple[Evidence, float]], weight: float
) -> tuple[Evidence, ...]:
    """The evidence, best first, with what reading its first sentences alone gave."""
    least = min((odds for _, odds in alone), default=0.0)
    every = [*alone, *((e, least) for e in evidence[len(alone) :])]
    again = [replace(e, score=e.score + weight * odds) for e, odds in every]
    return tuple(sorted(again, key=lambda e: -e.score))


def is_of_news(asked: Asked) -> bool:
    """True where the question asks for what is new: "this week", "the latest"."""
    return bool(_NEW.search(asked.text))


def _later_first(evidence: Sequence[Evidence], behind: Mapping[str, float]) -> tuple[Evidence, ...]:
    """Evidence with scores of likeness, best first, less what its articles are `behind` others."""
    found = [
        replace(e, score=e.score - LATER_LIKE * behind.get(e.passage.article, 0.0))
        for e in evidence
    ]
    return tuple(sorted(found, key=lambda e: -e.score))


def _ages(passages: Iterable[Passage], day: date) -> dict[int, float]:
    """For each passage's id the logarithm of the weeks from its article's date to the day, and one
    more. What has no date is taken to be as old as the oldest."""
    found = {
        p.id: float(np.log1p(max(0, (day - p.published.day).days) / 7)) if p.published else None
        for p in passages
    }
    oldest = max((age for age in found.values() if age is not None), default=0.0)
    return {id_: oldest if age is None else age for id_, age in found.items()}


def _behind(
    asked: Asked, articles: Mapping[str, Passage], texts: Mapping[str, set[str]]
) -> dict[str, float]:
    """How far each article is behind the newest that has all words of the question, as `_ages`.

    Nothing where the question asks for an earlier time.
    """
    if _EARLIER.search(asked.text) or facts.dates(asked.text):
        return {}
    days = [
        p.published.day
        for key, p in articles.items()
        if p.published and all(has_word(texts[key], term) for term in asked.terms)
    ]
    if not days:
        return {}
    ages = _ages(articles.values(), max(days))
    return {key: ages[p.id] for key, p in articles.items()}


def _naming(asked: Asked, articles: Iterable[StoredArticle]) -> set[str]:
    """The words of the question that name something: by a capital there, or in the articles."""
    capital = capitalised(asked.terms, (_text(stored.article) for stored in articles))
    # Of "US Steel" articles may say "American".
    named = " ".join(name for name in asked.names if name.lower() not in STOP_WORDS)
    return capital | set(words(plain(named)))


def _of_other_years(asked: Asked, stored: StoredArticle) -> int:
    """How many years the question names that are far from the article's day, and not in it."""
    named, day = _YEAR.findall(asked.text), stored.article.day
    if not named:
        return 0
    near = range(day.year - NEXT, day.year + NEXT + 1) if day else ()
    known = {*_YEAR.findall(_text(stored.article)), *map(str, near)}
    return sum(year not in known for year in named)


def _head(passage: Passage) -> str:
    return header(passage.title, passage.day)


def _text(article: Article) -> str:
    return " ".join((article.title, article.outlet or "", *article.paragraphs))


def _is_unheard_of(asked: Asked, index: Index, texts: Iterable[set[str]]) -> bool:
    """True if the question names what the library nowhere does, and the articles nothing like it.

    What is like it may be meant: "Texan" for Texas, "Dutch" for the Netherlands. Initials may stand
    for words.
    """
    names = {w for name in asked.names if not name.isupper() for w in words(name) if len(w) >= LIKE}
    held = index.store.document_frequency(stem(w) for w in names)
    missing = [w for w in names if stem(w) not in held]
    there = set().union(*texts) if missing else set()
    return not all(has_word(there, name) for name in missing)


def _agreeing(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The evidence, its score higher where other articles give the same exact words."""
    found: dict[str, dict[str, float]] = {}
    for e in evidence:
        if e.short:
            of = found.setdefault(_same(e.short), {})
            of[e.passage.article] = max(e.score, of.get(e.passage.article, -np.inf))
    more = {}
    for said, of in found.items():
        scores = np.array(list(of.values()))
        best = scores.max()
        more[said] = float(SOFT * np.log(np.exp((scores - best) / SOFT).sum()))
    return [replace(e, score=e.score + more.get(_same(e.short or ""), 0.0)) for e in evidence]


def _same(said: str) -> str:
    return " ".join(stems(said))


def _sentences(
    asked: Asked, article: StoredArticle, passage: Passage, one: Read, at: int, odds: float
) -> Iterator[Evidence]:
    """The sentences of a passage, whose text starts at character `at` of what was read."""
    whole = " " * at + passage.text
    for said in sentences_of(passage, article):
        start, end = said.span
        words = best_words(one, at + start, at + end, whole, asked)
        if words:
            short = None if said.is_note else words.text
            yield Evidence(said.source, said.text, passage, odds + words.score, short)


def best_words(
    one: Read, low: int, high: int, text: str, asked: Asked | None = None
) -> Words | None:
    """The best words within characters [low, high) of the text that was read, if there are any.

    Words that are not of the kind `asked` for count less.
    """
    rows = [i for i, (start, end) in enumerate(one.offsets) if start >= low and end <= high]
    if not rows:
        return None
    starts, ends = _log_softmax(one.starts), _log_softmax(one.ends)
    score = starts[rows][:, None] + ends[rows][None, :]
    legal = np.triu(np.ones_like(score)) - np.triu(np.ones_like(score), LONGEST)
    score = np.where(legal > 0, score, -np.inf)
    best: Words | None = None
    for flat in np.argsort(-score, axis=None)[:5]:
        i, j = np.unravel_index(flat, score.shape)
        if not np.isfinite(score[i, j]):
            break
        words = text[one.offsets[rows[int(i)]][0] : one.offsets[rows[int(j)]][1]]
        value = float(score[i, j]) - UNFIT * (asked is not None and not _fits(asked, words))
        if best is None or value > best.score:
            best = Words(words, value)
    return best


def _fits(asked: Asked, words: str) -> bool:
    """False where the words cannot be what the question asks for."""
    if asked.kind == "number":
        is_time = _HOW_LONG.search(asked.text) and _TIME.search(words)
        counted = (likeness.counts(asked.text, n, words) for n in likeness.numbers(words))
        return bool(is_time or _NONE.match(words)) or any(counted)
    if asked.kind == "date":
        return bool(days.spans(words) or _TIME.search(words))
    if asked.kind == "name" and words.islower():
        return False
    new = set(stems(words)) - set(stems(asked.text))
    return bool(new)


def _log_softmax(logits: Array) -> Array:
    shifted = logits - logits.max()
    logs: Array = (shifted - np.log(np.exp(shifted).sum())).astype(np.float32)
    return logs
