"""Reads the retrieved passages without a trained network: by words, likeness and the kind asked."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag import facts
from rag.chunk import embedded, header
from rag.embed import Tokens
from rag.evidence import Evidence, Reading, sentences_of
from rag.question import Asked
from rag.records import Article, Passage, StoredArticle
from rag.retrieve import Index, articles_of
from rag.words import STOP_WORDS, WORD, stem, stems, words

Vectors = NDArray[np.float32]

# A further sentence is worth adding where its score is at least 0.75 of the best one's; 0.85 where
# that already holds the person, place, date or number asked for. As differences of logarithms.
NEAR, NEAR_SHORT = -math.log(0.75), -math.log(0.85)

READ = 5
"""Passages that are read word by word, the best first: each costs 14 ms on two cores."""
# Weights of a sentence's score, set by hand on the sample questions for development.
LIKENESS, SENTENCE, PASSAGE, FITS = 4.0, 2.0, 2.0, 0.6
# Logistic regression of "is about something in the library" on the development questions against
# questions about other things (SQuAD 2.0, weekly news quizzes): ROC area 0.99. It does not tell an
# answer from a near miss in the right article; that takes a trained reader.
LOGIT = (8.4, 9.2, 3.8, -10.2)
# Question words at least this rare, as a share of the mean weight, must be met for confidence.
RARE = 0.7


@dataclass(frozen=True, slots=True)
class Likely(Evidence):
    """A sentence with what its likeness to the question is made of."""

    likeness: float
    """Cosine of the question with the sentence as its passage makes it mean, -1 to 1."""
    met: float
    """How well the passage meets the question's words: mean over the words, by rarity, of the best
    cosine of the word's vector with that of any token. -1 to 1."""
    weakest: float
    """The same for the rare word that is met worst."""

    @property
    def about(self) -> float:
        """Log odds that the passage is about what the question is about."""
        features = (self.likeness, self.met, self.weakest, 1.0)
        return sum(w * x for w, x in zip(LOGIT, features, strict=True))


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The question's content words."""

    asked: Asked
    vectors: Vectors
    """Unit vectors of the words in the question's context, [words, dimension]."""
    rarity: Vectors
    """Their inverse document frequency: rare words say what the question is about. [words]"""
    whole: Vectors
    """Unit vector of the question."""


def read(asked: Asked, passages: Sequence[Passage], index: Index) -> Reading:
    """Ranks the sentences of the first `READ` passages as answers to the question.

    Question and passages are compared by late interaction (Khattab and Zaharia 2020) of the
    embedder's token vectors: each question word is met by the token nearest in meaning, which
    finds "killed" for "died" and needs no training.
    """
    first = passages[:READ]
    texts = [embedded(header(p.title, p.day), p.text) for p in first]
    question, *read = index.embedder.encode_short([asked.text, *texts])
    wanted = _wanted(asked, question, index)
    if not len(wanted.vectors):
        return Reading((), tuple(passages), 0.0, 0.0)
    articles = articles_of(first, index.store)
    found: list[Likely] = []
    for passage, text, tokens in zip(first, texts, read, strict=True):
        found += _sentences(wanted, articles[passage.article], passage, text, tokens)
    found.sort(key=lambda e: -e.score)
    met = {e.passage.id: e.met for e in found}
    ordered = sorted(first, key=lambda p: -met.get(p.id, 0.0)) + list(passages[READ:])
    confidence = 1 / (1 + math.exp(-found[0].about)) if found else 0.0
    short = bool(found and found[0].short)
    return Reading(tuple(found), tuple(ordered), confidence, NEAR_SHORT if short else NEAR)


def _wanted(asked: Asked, question: Tokens, index: Index) -> _Wanted:
    content = [stem(w) for w in asked.terms]
    held = index.store.document_frequency(content)
    total = max(index.store.passage_count(), 1)
    weights = {w: math.log(1 + total / (held.get(w, 0) + 0.5)) for w in content}
    vectors, rarity = [], []
    for match in WORD.finditer(asked.text):
        weight = weights.get(stem("".join(words(match[0]))))
        rows = [
            row
            for row, (start, end) in enumerate(question.offsets)
            if match.start() <= start < end <= match.end()
        ]
        if weight is not None and rows:
            vector = question.tokens[rows].mean(axis=0)
            vectors.append(vector / np.linalg.norm(vector))
            rarity.append(weight)
    return _Wanted(
        asked, np.array(vectors, np.float32), np.array(rarity, np.float32), question.vector
    )


def _sentences(
    wanted: _Wanted, article: StoredArticle, passage: Passage, text: str, tokens: Tokens
) -> Iterator[Likely]:
    """The sentences of a passage with their scores."""
    cosines = wanted.vectors @ tokens.tokens.T
    met = _mean(cosines.max(axis=1), wanted)
    rare = wanted.rarity >= RARE * wanted.rarity.mean()
    weakest = float(cosines.max(axis=1)[rare].min())
    starts = np.array([start for start, _ in tokens.offsets])
    at = len(text) - len(passage.text)
    for said in sentences_of(passage, article):
        inside = (starts >= at + said.span[0]) & (starts < at + said.span[1])
        if not inside.any():
            continue
        mean = tokens.tokens[inside].mean(axis=0)
        likeness = float(mean @ wanted.whole / np.linalg.norm(mean))
        short = None
        if not said.is_note:
            short = short_answer(wanted.asked, said.text, article.article)
        fits = short is not None or (wanted.asked.kind == "reason" and _CAUSE.search(said.text))
        score = (
            LIKENESS * likeness
            + SENTENCE * _mean(cosines[:, inside].max(axis=1), wanted)
            + PASSAGE * met
            + FITS * bool(fits)
        )
        logarithm = math.log(max(score, 1e-9))
        yield Likely(said.source, said.text, passage, logarithm, short, likeness, met, weakest)


def _mean(cosines: Vectors, wanted: _Wanted) -> float:
    """Mean over the question's words, weighted by rarity."""
    return float(cosines @ wanted.rarity / wanted.rarity.sum())


# The exact words of an answer


def short_answer(asked: Asked, sentence: str, article: Article) -> str | None:
    """The words of the sentence that are of the kind asked for, nearest to the question's words."""
    known = set(stems(asked.text))
    if asked.kind == "number":
        candidates = [n for n in numbers(sentence) if counts(asked.text, n, sentence)]
    elif asked.kind == "date":
        candidates = facts.date_spans(sentence)
    elif asked.kind == "person":
        # "Who" is also a team or a country, where that is the subject: "South Africa won".
        candidates = [
            n for n in facts.names(sentence)
            if not known & set(stems(n.text))
            and (n.span[0] <= SUBJECT or _is_person(n.text, article))
        ]  # fmt: skip
    elif asked.kind == "name":
        candidates = list(facts.names(sentence))
    elif asked.kind == "place":
        candidates = [
            n for n in facts.names(sentence)
            if re.search(r"\b(?:in|at|near|to|from|off|of|on|outside|around|across)(?: the)? $",
                         sentence[: n.span[0]])
        ]  # fmt: skip
    else:
        return None
    new = [c for c in candidates if not set(stems(c.text)) <= known]
    if not new:
        return None
    anchors = [
        m.start() for m in WORD.finditer(sentence)
        if (w := "".join(words(m[0]))) not in STOP_WORDS and stem(w) in known
    ]  # fmt: skip
    return min(new, key=lambda c: (_distance(c.span, anchors), c.span)).text


def _distance(span: tuple[int, int], anchors: Sequence[int]) -> float:
    """Characters from the span to the words of the question, the two nearest counted."""
    gaps = sorted(min(abs(a - span[0]), abs(a - span[1])) for a in anchors)[:2]
    return sum(gaps) / len(gaps) if gaps else 0.0


SUBJECT = 4
"""Characters of a sentence in which a name is its subject: at the start, or behind "The"."""

_CAUSE = re.compile(
    r"\b(?:because|since|due to|owing to|as a result|caus(?:ed?|ing)|after|so that|in order to|"
    r"blam(?:ed?|ing)|led to|reason|triggered|prompted|forced|to avoid|to allow|following|over)\b",
    re.IGNORECASE,
)
NO_PERSON = re.compile(
    r"\b(?:of|for|Agency|Bank|Board|Centre|Center|City|Club|College|Company|Council|Court|Cup|"
    r"Department|East|Foundation|Group|Hospital|House|Inc|Institute|International|Island|Islands|"
    r"League|Ltd|Ministry|Museum|National|New|North|Office|Party|Police|Prize|River|School|Sea|Service|"
    r"Society|South|State|States|Street|Trust|Union|United|University|West|World)\b"
)
_TITLE = (
    r"(?:Mr|Mrs|Ms|Dr|Prof|Gen|Sir|Pope|King|Queen|Prince|Princess|President|Minister|Secretary|"
    r"Captain|Judge|Governor|Senator|Mayor|Councillor|Chancellor|Professor|Cardinal|coach|captain|"
    r"minister|president|secretary|manager|leader|director|chief|striker|engineer)"
)


def _is_person(name: str, article: Article) -> bool:
    """Two or more words without a word of organisations and places, or a surname used alone.

    A single word is a surname where the article puts a title or another name before it.
    """
    if NO_PERSON.search(name) or name.isupper():
        return False
    if " " in name:
        return True
    text = " ".join(article.paragraphs)
    full = rf"(?:{_TITLE}\.?|(?<![.] )(?<!^)[A-Z][\w’'-]+|^[A-Z][\w’'-]+) {re.escape(name)}\b"
    before = {m[0].split()[0] for m in re.finditer(full, text)}
    return any(not NO_PERSON.search(word) and word.lower() not in _NOT_FIRST for word in before)


_NOT_FIRST = frozenset("the in on at from to of and for with by but as after before new".split())

_UNIT = re.compile(
    r"(?:-|\s)?(?:%|per ?cent|percent|(?:square )?(?:kilomet(?:er|re)s?|met(?:er|re)s?|miles?|"
    r"feet|foot|tonnes?|tons?|acres?|hectares?|kilograms?|kg|km|mph|degrees(?: Celsius)?|pounds?|"
    r"dollars?|euros?|yen|years?|months?|weeks?|days?|hours?|minutes?|seconds?|magnitude|points?|"
    r"people|times|votes|seats))\b|%"
)


# "How much did it cost?" asks for money, "How much water was lost?" does not.
_MONEY = re.compile(
    r"\bhow much (?:money|cash|(?:more |less )?"
    r"(?:is|was|are|were|did|do|does|has|have|had|will|would|could|can|should|must|to))\b.*\b"
    r"(?:cost|pay|paid|spen[dt]|worth|price|owe|los[et]|rais|giv|earn|fined?|sell|sold|bid|offer|"
    r"hand|money|fund|invest|damage)|\b(?:price|cost|bill|budget|fee|salary|fine)\b",
    re.IGNORECASE,
)
_CURRENCY = re.compile(
    rf"[{facts.SIGNS}]|\b(?:(?:{'|'.join(facts.CURRENCIES)})s?|kron(?:er|or)|pence|cents)\b"
)
_HOW_MANY = re.compile(r"\bhow many (?:more |other )?([\w’'-]+)", re.IGNORECASE)


def counts(question: str, number: facts.Found, sentence: str) -> bool:
    """True where the number counts what the question asks for: money is money, people no hours."""
    behind = sentence[number.span[1] : number.span[1] + 30]
    is_money = bool(_CURRENCY.search(number.text) or _CURRENCY.match(behind.strip()))
    asked = _HOW_MANY.search(question)
    if asked is None:
        return is_money or not _MONEY.search(question)
    if stem(asked[1].lower()) in set(stems(number.text + behind)):
        return True
    # Passengers are people, too.
    of_others = _UNIT.search(number.text.removesuffix(" people"))
    return not (is_money or "%" in number.text or of_others)


def numbers(sentence: str) -> list[facts.Found]:
    """Numbers with what stands around them: "$3.2 billion", "85 minutes", "31-29"."""
    dated = [f.span for f in facts.date_spans(sentence)]
    found = []
    for number in facts.number_spans(sentence):
        start, end = number.span
        if any(a <= start < b for a, b in dated):
            continue
        lead = re.search(rf"(?:US|A|C)?[{facts.SIGNS}]$", sentence[:start])
        start = lead.start() if lead else start
        tail = re.match(r"(?: ?[-–] ?\d+)", sentence[end:])
        end += tail.end() if tail else 0
        unit = _UNIT.match(sentence[end:])
        end += unit.end() if unit else 0
        found.append(facts.Found(sentence[start:end], (start, end)))
    return found
