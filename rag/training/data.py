"""What the reader learns from: questions with their passages, and sentences with theirs."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from rag.chunk import Count, fit_header, passages
from rag.embed import Embedder
from rag.sentences import sentence_spans

SHIFTS = {"new_wiki": 1.0, "reddit": 0.25, "amazon_reviews": 0.2}
"""The sets, and how much of each is used: an encyclopedia is nearer to news than talk is."""
NEAR = 8
"""A wrong passage is drawn from so many that retrieval ranks first."""
LIKEST = 4
"""Of another article of a set, a passage is drawn from so many that share most of its words."""
ROOM = 200
"""Tokens of a passage, as in a library."""


@dataclass(frozen=True, slots=True)
class Text:
    """A passage to be read."""

    text: str
    spans: tuple[tuple[int, int], ...] = ()
    """Characters [start, end) of the answers; none where it does not answer."""


@dataclass(frozen=True, slots=True)
class Group:
    """A question and passages that answer it or come near."""

    question: str
    texts: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A sentence and a passage that supports it or not."""

    sentence: str
    text: str
    supported: bool


@dataclass(frozen=True, slots=True)
class _Question:
    """A question of a public set, with the place of its passage."""

    text: str
    context: int
    answers: tuple[str, ...]
    span: tuple[int, int] | None


def public(folder: Path, embedder: Embedder, seed: int) -> tuple[list[Group], list[Pair]]:
    """SQuADShifts and the even articles of the SQuAD 2.0 half, with negatives from retrieval.

    Returns the groups and, as pairs, each question with a right or a wrong answer for a sentence.
    """
    chance = random.Random(seed)
    contexts: list[str] = []
    questions: list[_Question] = []
    for name, share in SHIFTS.items():
        found: list[_Question] = []
        _load(folder / f"{name}_v1.0.json", contexts, found)
        questions += chance.sample(found, int(share * len(found)))
    _load(folder / "squad2-halfdev.json", contexts, questions, even=True)
    nearest = _nearest(questions, contexts, embedder)
    spoken: dict[int, list[str]] = {}
    for q in questions:
        spoken.setdefault(q.context, []).extend(q.answers[:1])
    groups, pairs = [], []
    for q, near in zip(questions, nearest, strict=True):
        own = Text(contexts[q.context], (q.span,) if q.span else ())
        wrong = [i for i in near if i != q.context and not holds(contexts[i], q.answers)]
        texts = (own, Text(contexts[chance.choice(wrong[:NEAR])])) if q.span and wrong else (own,)
        groups.append(Group(q.text, texts))
        others = [a for a in spoken.get(q.context, ()) if not _alike(a, q.answers)]
        if q.span:
            right = not others or chance.random() < 0.5
            answer = q.answers[0] if right else chance.choice(others)
            pairs.append(Pair(f"{q.text} {answer}", contexts[q.context], right))
    return groups, pairs


def drawn(files: Iterable[Path], count: Count, seed: int) -> tuple[list[Group], list[Pair]]:
    """What a stage learns from the articles written for this: questions, near misses, sentences."""
    groups, pairs = written(records(files), count, seed)
    pairs += corrupted((g.texts[0].text for g in groups[::2]), seed)
    return groups + list(near_misses(groups, seed)), pairs


def records(files: Iterable[Path]) -> list[dict[str, Any]]:
    """The records of files of JSON lines, such as articles with their questions and statements."""
    lines = (line for path in files for line in path.read_text("utf-8").splitlines())
    return [json.loads(line) for line in lines]


def written(
    articles: Sequence[dict[str, Any]], count: Count, seed: int
) -> tuple[list[Group], list[Pair]]:
    """Each question of the articles with passages of its own article, and each statement.

    Where articles form a set, also with a passage of another of them.
    """
    chance = random.Random(seed)
    groups: list[Group] = []
    pairs: list[Pair] = []
    parts = [_parts(article, count) for article in articles]
    of_set: dict[str, list[int]] = {}
    for n, article in enumerate(articles):
        of_set.setdefault(article.get("set", f"article {n}"), []).append(n)
    for n, article in enumerate(articles):
        others = of_set.get(article.get("set", ""), ())
        beside = [text for other in others if other != n for _, text in parts[other]]
        for question in article["questions"]:
            groups += _grouped(question, parts[n], beside, chance)
        head = parts[n][0][1].split("\n")[0]
        for statement in article["statements"]:
            paragraph = article["paragraphs"][statement["paragraph"] - 1]
            text = f"{head}\n{paragraph}"
            pairs.append(Pair(statement["text"], text, statement["supported"]))
            if statement["supported"]:
                following = statement["paragraph"] % len(article["paragraphs"])
                text = f"{head}\n{article['paragraphs'][following]}"
                pairs.append(Pair(statement["text"], text, False))
    chance.shuffle(groups)
    return groups, pairs


def _parts(article: dict[str, Any], count: Count) -> list[tuple[range, str]]:
    """The passages of an article, as in a library, and its single paragraphs, with their numbers.

    The reader also reads paragraphs alone, and more negatives are had so.
    """
    head = fit_header(article["title"], day(article), ROOM, count)
    room = ROOM - count([head])[0]
    return [
        *(
            (range(span.first, span.last + 1), f"{head}\n{span.text}")
            for span in passages(article["paragraphs"], room, count)
        ),
        *((range(n, n + 1), f"{head}\n{text}") for n, text in enumerate(article["paragraphs"], 1)),
    ]


def near_misses(groups: Iterable[Group], seed: int) -> Iterator[Group]:
    """What comes as near to an answer as can be, made from questions that have one.

    Of each: the passage beside itself without the sentences that answer, and a like question, about
    another name, year or number of the passage, which it does not answer.
    """
    chance = random.Random(seed)
    for group in groups:
        own = next((t for t in group.texts if t.spans), None)
        if own is None:
            continue
        rest = _without_answer(own)
        if rest:
            yield Group(group.question, (own, Text(rest)))
        other = _exchanged(group.question, own, chance)
        if other:
            yield Group(other, (Text(own.text),))


def corrupted(texts: Iterable[str], seed: int) -> Iterator[Pair]:
    """A sentence of each text as it stands, and with a name, a number or its sense changed."""
    chance = random.Random(seed)
    for text in texts:
        # Not the title, where there is one.
        start, end = chance.choice(_sentences(text)[1:] or _sentences(text))
        sentence = text[start:end]
        at = _DENIABLE.search(sentence)
        changed = _exchanged(sentence, Text(text), chance)
        if at and (changed is None or chance.random() < 0.3):
            end = at.end(1)
            denied = " not" if not at[2] else ""
            changed = sentence[:end] + denied + sentence[end + len(at[2] or "") :]
        if changed:
            yield Pair(sentence, text, True)
            yield Pair(changed, text, False)


def _sentences(text: str) -> list[tuple[int, int]]:
    """[start, end) of each sentence of a text of several lines."""
    spans, at = [], 0
    for line in text.split("\n"):
        spans += [(at + a, at + b) for a, b in sentence_spans(line)]
        at += len(line) + 1
    return spans


def _without_answer(text: Text) -> str | None:
    """The text without its answering sentences; None where nothing is left or still answers."""
    kept = [
        (a, b)
        for a, b in _sentences(text.text)
        if all(b <= start or a >= end for start, end in text.spans)
    ]
    rest = " ".join(text.text[a:b] for a, b in kept)
    answers = [text.text[a:b] for a, b in text.spans]
    return rest if len(kept) > 1 and not holds(rest, answers) else None


def _exchanged(sentence: str, text: Text, chance: random.Random) -> str | None:
    """The sentence with one of its names or numbers exchanged for another of the text."""
    answers = {w for a, b in text.spans for w in words(text.text[a:b])}
    known = words(sentence) | answers
    for pattern in chance.sample(_NAMED, len(_NAMED)):
        here = [m for m in pattern.finditer(sentence) if m.start() > 0]
        others = sorted(
            {m.group() for m in pattern.finditer(text.text) if _foreign(text.text, m, known)}
        )
        if here and others:
            at = chance.choice(here)
            return sentence[: at.start()] + chance.choice(others) + sentence[at.end() :]
    return None


def _foreign(text: str, found: re.Match[str], known: set[str]) -> bool:
    """Not in the question or the answer, and not capitalised for starting a sentence."""
    starts = text[: found.start()].rstrip()[-1:] in ("", ".", "?", "!", '"')
    return not starts and not known & words(found.group())


_NO_NAMES = (
    "January|February|March|April|May|June|July|August|September|October|November|December|"
    "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|He|She|It|They|We|You|The|This|That"
)
_NAMED = (
    re.compile(rf"\b(?!(?:{_NO_NAMES})\b)[A-Z]\w+(?:[ -][A-Z]\w+)*"),
    re.compile(r"\b(?:1[5-9]|20)\d\d\b"),
    re.compile(r"(?<![\d.,])\d{1,3}(?:,\d{3})*(?:\.\d+)?(?![\d,])"),
)
"""Names, years, other numbers."""
_DENIABLE = re.compile(
    r"\b((?:is|was|were|are|has|had|have|will|would|can|could|did|does)\b)( not\b)?"
)


def _grouped(
    question: dict[str, Any], parts: Sequence[tuple[range, str]], beside: Sequence[str],
    chance: random.Random,
) -> Iterator[Group]:  # fmt: skip
    """A question with passages of its article, and one of those `beside` that come nearest."""
    answers = question.get("answers", [])
    asked = words(question["question"])
    apart = [text for text in beside if not holds(text, [a["text"] for a in answers])]
    apart.sort(key=lambda text: -len(asked & words(text)))
    other = [Text(chance.choice(apart[:LIKEST]))] if apart else []
    texts = []
    for numbers, text in parts:
        here = [a for a in answers if a["paragraph"] in numbers]
        spans = [
            s for a in here for s in spans_of(text, a["text"], 1 + a["paragraph"] - numbers.start)
        ]
        # Another paragraph that holds the words may answer too: neither right nor wrong.
        if spans or not holds(text, [a["text"] for a in answers]):
            texts.append(Text(text, tuple(spans)))
    right = [t for t in texts if t.spans]
    wrong = [t for t in texts if not t.spans]
    if right:
        near = chance.sample(wrong, min(len(wrong), 2))
        yield Group(question["question"], (chance.choice(right), *near, *other))
    else:
        # Nothing was left out above: there are no words of an answer to find elsewhere.
        near = [texts[n] for n, (numbers, _) in enumerate(parts) if question["near"] in numbers]
        yield Group(question["question"], (chance.choice(near), chance.choice(wrong), *other))


def contexts(path: Path) -> Iterator[str]:
    """The paragraphs of a set that has the form of SQuAD."""
    for article in json.loads(path.read_text("utf-8"))["data"]:
        for paragraph in article["paragraphs"]:
            yield paragraph["context"]


def _load(path: Path, contexts: list[str], questions: list[_Question], even: bool = False) -> None:
    articles = json.loads(path.read_text("utf-8"))["data"]
    for article in articles[::2] if even else articles:
        for paragraph in article["paragraphs"]:
            contexts.append(paragraph["context"])
            for qa in paragraph["qas"]:
                answers = tuple(a["text"] for a in qa["answers"])
                span = None
                if answers:
                    # The words that most people marked; of equals the shortest.
                    counts = Counter(answers)
                    best = min(qa["answers"], key=lambda a: (-counts[a["text"]], len(a["text"])))
                    start = best["answer_start"]
                    span = (start, start + len(best["text"]))
                    answers = (best["text"], *answers)
                questions.append(_Question(qa["question"], len(contexts) - 1, answers, span))


def _nearest(
    questions: Sequence[_Question], contexts: Sequence[str], embedder: Embedder
) -> list[list[int]]:
    """For each question the contexts nearest in meaning, best first."""
    short = [_cut(c, embedder) for c in contexts]
    of_contexts = embedder.encode(short)
    of_questions = embedder.encode([_cut(q.text, embedder) for q in questions])
    found = []
    for start in range(0, len(questions), 1000):
        scores = of_questions[start : start + 1000] @ of_contexts.T
        found += np.argsort(-scores, axis=1)[:, : 3 * NEAR].tolist()
    return found


def _cut(text: str, embedder: Embedder) -> str:
    while embedder.count([text])[0] > embedder.window:
        text = text[: len(text) * 9 // 10]
    return text


def holds(text: str, answers: Sequence[str]) -> bool:
    """True where the text has the words of one of the answers."""
    plain = f" {_plain(text)} "
    return any(f" {_plain(a)} " in plain for a in answers)


def spans_of(text: str, words: str, lines: int = 0) -> tuple[tuple[int, int], ...]:
    """Characters [start, end) where words first stand, behind so many lines of a text; or none.

    Whole words come before a part of others: "6" is not the one in "2016".
    """
    at = 0
    for _ in range(lines):
        at = text.index("\n", at) + 1
    whole = re.compile(rf"(?<!\w){re.escape(words)}(?!\w)").search(text, at)
    start = whole.start() if whole else text.find(words, at)
    return ((start, start + len(words)),) if start >= 0 else ()


def _alike(one: str, others: Sequence[str]) -> bool:
    said = words(one)
    return any(said & words(other) for other in others)


def words(text: str) -> set[str]:
    return set(_plain(text).split())


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def day(article: dict[str, Any]) -> date:
    return date.fromisoformat(article["published"])
