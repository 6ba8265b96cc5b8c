"""What is measured of one answer. A figure over many questions is the mean of these.

Every function is pure and can be worked out by hand. A question's gold paragraphs must carry
their numbers (`resolve`).
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

from rag.records import Answer

if TYPE_CHECKING:
    from rag.evaluation.questions import Question

SLACK = 5
"""Words that a short answer may have beyond the gold one: room for a title or a unit, not for a
sentence that names several candidates."""
LEADING, LEADING_LENGTH = 3, 600
"""Statements, and characters, in which the facts must stand: what is read first is what is
answered."""
_HEDGED = re.compile(r"\b(?:or|not|nor|never|neither|unlike)\b", re.IGNORECASE)
"""What names several candidates, or the wrong one."""
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_PUNCTUATION = str.maketrans("", "", string.punctuation)
MARKER = re.compile(r"\s*\[\d+\]")


def normalise(text: str) -> str:
    """Lower case, without ASCII punctuation, single spaces; "a", "an" and "the" stay.

    The rule of RealTimeQA (Kasai et al. 2023), so that figures stand beside published ones.
    """
    return " ".join(text.lower().translate(_PUNCTUATION).split())


def numbers(text: str) -> Counter[str]:
    """The numbers as they are written, for `normalise` makes "1.5" and "15" one."""
    return Counter(number.replace(",", "") for number in _NUMBER.findall(text))


def contains(text: str, phrase: str) -> bool:
    """True if the phrase stands in the text as whole words, both normalised, with its numbers."""
    wanted = normalise(phrase)
    held = bool(wanted) and f" {wanted} " in f" {normalise(text)} "
    return held and numbers(phrase) <= numbers(text)


def equal(one: str, other: str) -> bool:
    """True if both are the same, normalised, and have the same numbers."""
    return normalise(one) == normalise(other) and numbers(one) == numbers(other)


def gold_rank(question: Question, answer: Answer) -> int | None:
    """Rank, from 1, of the first passage that holds a gold paragraph; None if none does."""
    gold = {(g.article, g.paragraph) for g in question.paragraphs}
    for rank, passage in enumerate(answer.passages, 1):
        if any((passage.article, number) in gold for number in passage.paragraphs):
            return rank
    return None


def found(question: Question, answer: Answer, measure: str) -> float:
    """A retrieval measure of the passages that were found, as ir_measures computes it.

    `measure` is its name there, such as "Success@5", "R@10", "RR" or "nDCG@10". The documents are
    paragraphs: a passage stands for the gold paragraphs it holds, or for none.
    """
    import ir_measures

    gold = {f"{g.article} {g.paragraph}" for g in question.paragraphs}
    ranked: dict[str, None] = {}
    for rank, passage in enumerate(answer.passages, 1):
        held = [key for n in passage.paragraphs if (key := f"{passage.article} {n}") in gold]
        new = [key for key in held if key not in ranked]
        ranked.update(dict.fromkeys(new or [f"rank {rank}"]))
    run = [ir_measures.ScoredDoc("", key, -rank) for rank, key in enumerate(ranked)]
    judged = [ir_measures.Qrel("", key, 1) for key in sorted(gold)]
    values = ir_measures.iter_calc([ir_measures.parse_measure(measure)], judged, run)
    return float(next(iter(values)).value)


def short_right(question: Question, answer: Answer) -> bool:
    """True if the short answer contains a gold alternative and at most 5 more words.

    One that adds "or" or "not" is not right: "Tokyo or Osaka", "not Tokyo".
    """
    short = answer.short or ""
    size = len(normalise(short).split())
    return answer.status != "declined" and any(
        contains(short, gold)
        and size <= len(normalise(gold).split()) + SLACK
        and len(_HEDGED.findall(short)) <= len(_HEDGED.findall(gold))
        for gold in question.answers
    )


def missing_facts(question: Question, answer: Answer) -> tuple[str, ...]:
    """The facts (their first wording) that the first three statements say in no wording.

    Of these the first 600 characters count.
    """
    text = MARKER.sub("", " ".join(s.text for s in answer.statements[:LEADING]))[:LEADING_LENGTH]
    return tuple(
        fact[0] for fact in question.facts if not any(contains(text, wording) for wording in fact)
    )


def answer_right(question: Question, answer: Answer) -> bool:
    """True if the short answer is right, or the first three statements say all the facts.

    An answer in the statements counts only where `facts` ask for it. Declining is never right
    here: for unanswerable questions see `declined_when_should`.
    """
    said_all = bool(question.facts) and not missing_facts(question, answer)
    return answer.status != "declined" and (short_right(question, answer) or said_all)


def exact_match(question: Question, answer: Answer) -> bool:
    """True if the short answer equals a gold alternative, both normalised and with equal numbers.

    Exact match of SQuAD (Rajpurkar et al. 2016), stricter in two ways: by RealTimeQA's
    normalisation articles count, and "1.5" is not "15".
    """
    short = answer.short or ""
    return answer.status != "declined" and any(equal(short, g) for g in question.answers)


def f1(question: Question, answer: Answer) -> float:
    """2 · shared words / (words of the short answer + words of the gold one), best gold.

    Token F1 of SQuAD (Rajpurkar et al. 2016) with RealTimeQA's normalisation. A word shared
    twice counts twice; no short answer, or a declined one, scores 0.
    """
    if answer.status == "declined":
        return 0.0
    words = normalise(answer.short or "").split()
    return max((overlap(words, normalise(g).split()) for g in question.answers), default=0.0)


def overlap(one: Sequence[str], other: Sequence[str]) -> float:
    """F1 of the words that two texts have in common, each as often as both have it."""
    shared = (Counter(one) & Counter(other)).total()
    return 2 * shared / (len(one) + len(other)) if shared else 0.0


def cites_gold(question: Question, answer: Answer) -> bool:
    """True if at least one citation is of a gold paragraph."""
    return any(gold_citations(question, answer))


def citation_precision(question: Question, answer: Answer) -> float | None:
    """Share of the citations that are of a gold paragraph; None for a declined answer.

    A declined answer cites nothing and claims nothing, so it has no precision; an answer that
    claims something and cites nothing has 0.
    """
    if answer.status == "declined":
        return None
    cited = gold_citations(question, answer)
    return sum(cited) / len(cited) if cited else 0.0


def gold_citations(question: Question, answer: Answer) -> list[bool]:
    """For each citation of the answer, whether it is of a gold paragraph."""
    gold = {(g.article, g.paragraph) for g in question.paragraphs}
    return [(c.article, c.paragraph) in gold for c in answer.citations]


def kept_share(question: Question, answer: Answer) -> float | None:
    """Share of the writer's statements that the check let stand; None where it wrote none.

    A figure that Citewire gives itself: what another judge says is measured by the citations.
    """
    written = len(answer.statements) + len(answer.dropped)
    return len(answer.statements) / written if written else None


def declined_when_should(question: Question, answer: Answer) -> bool:
    """True if an unanswerable question is declined."""
    return not question.answerable and answer.status == "declined"


def answered_when_should(question: Question, answer: Answer) -> bool:
    """True if an answerable question is not declined, be the answer right or wrong."""
    return question.answerable and answer.status != "declined"


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure of the report and the questions that it is taken of."""

    name: str
    stage: str
    """What part of the work it measures."""
    label: str
    applies: Callable[[Question], object]
    """True, or not empty, for these questions."""
    measure: Callable[[Question, Answer], float | None]
    """From 0 to 1; None where the answer has no such figure."""


_gold, _answers, _answerable = map(attrgetter, ("paragraphs", "answers", "answerable"))


def _has_truth(question: Question) -> bool:
    return question.answerable and bool(question.answers or question.facts)


METRICS = (
    *(
        Metric(f"success@{k}", "Finding", f"Hit@{k}", _gold,
               partial(found, measure=f"Success@{k}"))
        for k in (1, 3, 5, 10)
    ),
    Metric("recall@10", "Finding", "Recall@10", _gold,
           partial(found, measure="R@10")),
    Metric("reciprocal_rank", "Finding", "MRR@10", _gold,
           partial(found, measure="RR@10")),
    Metric("ndcg@10", "Finding", "nDCG@10", _gold,
           partial(found, measure="nDCG@10")),
    Metric("answer_right", "Answering", "Answered right", _has_truth, answer_right),
    Metric("exact_match", "Answering", "Exact match", _answers, exact_match),
    Metric("f1", "Answering", "Token F1", _answers, f1),
    Metric("cites_gold", "Citing", "Cites a gold paragraph", _gold, cites_gold),
    Metric("citation_precision", "Citing", "Citation precision", _gold,
           citation_precision),
    Metric("kept", "Citing", "Kept by the check", lambda _: True, kept_share),
    Metric("answered_when_should", "Declining", "Answered when it should", _answerable,
           answered_when_should),
    Metric("declined_when_should", "Declining", "Declined when it should",
           lambda question: not question.answerable, declined_when_should),
)  # fmt: skip


def score(question: Question, answer: Answer | None) -> dict[str, float]:
    """Every figure that the question has, by name; all 0 where there is no answer."""
    figures = {
        m.name: 0.0 if answer is None else m.measure(question, answer)
        for m in METRICS
        if m.applies(question)
    }
    return {name: float(value) for name, value in figures.items() if value is not None}
