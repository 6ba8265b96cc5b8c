"""The harness on two hand-made articles and hand-made answers, every figure worked out by hand."""

from __future__ import annotations

import io
import json
import math
import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from rag.errors import QuestionError
from rag.evaluation import (
    Gold,
    Question,
    Report,
    asker,
    compare,
    evaluate,
    gate,
    labels,
    load,
    metrics,
    report,
    resolve,
)
from rag.evaluation import sha256 as hash_of
from rag.evaluation.evaluate import Row, figure
from rag.records import (
    Answer,
    Article,
    Citation,
    Passage,
    Searched,
    Statement,
    Status,
    StoredArticle,
    Window,
)

MEETING = "https://north.example/meeting"
FERRY = "https://south.example/ferry"
ARTICLES = {
    MEETING: ("Minister flies in.", "Hegseth met Gen Nakatani in Tokyo on Sunday.", "Rain fell."),
    FERRY: ("The ferry strike ended.", "Some 1,200 crew\u00a0went  back to work."),
}


class FakeRoom:
    """Two articles, and answers by question."""

    def __init__(self, answers: dict[str, Answer] | None = None) -> None:
        self.answers = answers or {}
        self.asked: list[dict[str, Any]] = []

    def article(self, key: str) -> StoredArticle:
        return StoredArticle(key, 1, Article(title=key, paragraphs=ARTICLES[key]))

    def ask(self, question: str, **options: Any) -> Answer:
        self.asked.append(options)
        return self.answers[question]


def passage(key: str, *numbers: int) -> Passage:
    return Passage(1, key, key, None, key, None, numbers, "")


def citation(key: str, number: int, quote: str = "quoted") -> Citation:
    return Citation(1, key, None, key, key, None, number, quote, (0, 6), (0, 6))


def answer(
    *texts: str, short: str | None = None, passages: tuple[Passage, ...] = (),
    citations: tuple[Citation, ...] = (), status: Status = "answered",
) -> Answer:  # fmt: skip
    declined = status == "declined"
    return Answer(
        question="", standalone_question="", text=" ".join(texts), short=short, confidence=0.5,
        statements=() if declined else tuple(Statement(t, (), "supported", "") for t in texts),
        citations=citations, status=status, reason="no_support" if declined else "", notices=(),
        nearest=(), passages=passages, window=Window(), model=None,
        searched=Searched(2, None, 0, True, "fake"),
    )  # fmt: skip


DECLINED = answer("The library does not answer this.", status="declined")
WHO = Question(
    "who", "Who did Hegseth meet?", answers=("Gen Nakatani", "Nakatani"),
    facts=(("Nakatani",), ("Tokyo", "Japan's capital")), paragraphs=(Gold(MEETING, 2),),
    kind="person",
)  # fmt: skip
CREW = Question("crew", "How many went back?", facts=(("1,200",),), paragraphs=(Gold(FERRY, 2),))
MOON = Question("moon", "Who landed on the moon?", answerable=False, kind="unanswerable")
PERFECT = answer(
    "He met Gen Nakatani. [1]", "They met in Tokyo. [1]", short="Gen Nakatani",
    passages=(passage(MEETING, 1, 2), passage(FERRY, 1)), citations=(citation(MEETING, 2),),
)  # fmt: skip
WRONG = answer(
    "Rain fell. [1]", short="rain", passages=(passage(FERRY, 1), passage(FERRY, 2)),
    citations=(citation(MEETING, 3),),
)  # fmt: skip


# Metrics


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("The  U.S.\n“Army”, it's", "the us “army” its"),
        ("$1,200.50 (one-time)", "120050 onetime"),
        ("?!", ""),
    ],
)
def test_normalise(text: str, normal: str) -> None:
    assert metrics.normalise(text) == normal


@pytest.mark.parametrize(
    ("short", "right"),
    [
        ("1.5 million", True), ("about 1.5 million people", True), ("15 million", False),
        ("1.5 million or 2 million", False), ("not 1.5 million", False),
    ],
)  # fmt: skip
def test_a_number_is_right_as_it_is_written_and_alone(short: str, right: bool) -> None:
    question = Question("many", "How many came?", answers=("1.5 million",))
    given = answer("They came. [1]", short=short)
    assert metrics.answer_right(question, given) is right
    assert metrics.exact_match(question, given) is (short == "1.5 million")


def test_facts_at_the_end_of_a_long_answer_do_not_count() -> None:
    long = answer("It rained. " * 60 + "1,200 people went back. [1]")
    assert not metrics.answer_right(CREW, long)
    assert metrics.answer_right(CREW, answer("1,200 people went back. [1]"))


def test_ranks_are_those_of_the_passages_on_random_input() -> None:
    chance = random.Random(0)
    for _ in range(200):
        held = [chance.sample(range(1, 30), 2) for _ in range(12)]
        gold = chance.sample(range(1, 30), 3)
        question = Question("q", "?", paragraphs=tuple(Gold("a", n) for n in gold))
        given = answer("It is so.", passages=tuple(passage("a", n) for n, _ in held))
        first = next((r for r, (n, _) in enumerate(held, 1) if n in gold), 99)
        assert metrics.found(question, given, "RR@10") == (1 / first if first <= 10 else 0)
        assert metrics.found(question, given, "Success@5") == (first <= 5)
        share = len(set(gold) & {n for n, _ in held[:10]}) / 3
        assert metrics.found(question, given, "R@10") == pytest.approx(share)


@pytest.mark.parametrize("given", ["Tokyo.", None, replace(PERFECT, confidence=float("nan"))])
def test_what_is_no_answer_fails_its_question_only(given: Any) -> None:
    report = evaluate([WHO, CREW], lambda question: PERFECT if question is WHO else given)
    first, second = report.rows
    assert first.verdict == "right" and (second.status, second.verdict) == ("error", "wrong")
    assert "is no Answer" in str(second.error)
    json.dumps(report.to_dict(), allow_nan=False)


@pytest.mark.parametrize(
    ("text", "phrase", "found"),
    [
        ("He met Gen. Nakatani.", "gen nakatani", True),
        ("a category", "cat", False),
        ("", "", False),
        ("anything", "!", False),
    ],
)
def test_contains_takes_whole_words(text: str, phrase: str, found: bool) -> None:
    assert metrics.contains(text, phrase) is found


@pytest.mark.parametrize(
    ("passages", "at_1", "at_3", "reciprocal"),
    [
        ((passage(MEETING, 1, 2),), True, True, 1.0),
        ((passage(MEETING, 1), passage(FERRY, 2), passage(MEETING, 2, 3)), False, True, 1 / 3),
        ((passage(FERRY, 1),) * 3 + (passage(MEETING, 2),), False, False, 1 / 4),
        ((passage(FERRY, 2), passage(MEETING, 1)), False, False, 0.0),
        ((), False, False, 0.0),
    ],
)
def test_finding(passages: tuple[Passage, ...], at_1: bool, at_3: bool, reciprocal: float) -> None:
    found = answer("x", passages=passages)
    assert metrics.found(WHO, found, "Success@1") == at_1
    assert metrics.found(WHO, found, "Success@3") == at_3
    assert metrics.found(WHO, found, "RR") == pytest.approx(reciprocal)


def test_finding_several_gold_paragraphs() -> None:
    both = replace(WHO, paragraphs=(Gold(MEETING, 2), Gold(FERRY, 2)))
    found = answer("x", passages=(passage(FERRY, 1), passage(MEETING, 1, 2), passage(MEETING, 2)))
    assert metrics.found(both, found, "R@10") == 0.5
    ideal = 1 + 1 / math.log2(3)
    assert metrics.found(both, found, "nDCG@10") == pytest.approx(1 / math.log2(3) / ideal)


def test_kept_by_the_check() -> None:
    dropped = tuple(Statement(t, (), "unsupported", "") for t in ("a", "b", "c"))
    assert metrics.kept_share(WHO, replace(PERFECT, dropped=dropped)) == pytest.approx(2 / 5)
    assert metrics.kept_share(WHO, PERFECT) == 1.0
    assert metrics.kept_share(WHO, DECLINED) is None


@pytest.mark.parametrize(
    ("short", "right"),
    [
        ("Gen. Nakatani", True),
        ("the Japanese defence minister, Gen Nakatani", True),  # 4 more words
        ("one two three four five Nakatani", True),  # 5 more
        ("one two three four five six Nakatani", False),
        ("Nakatanis", False),
        ("", False),
        (None, False),
    ],
)
def test_short_answer(short: str | None, right: bool) -> None:
    question = replace(WHO, answers=("Nakatani",), facts=())
    assert metrics.answer_right(question, answer("Nakatani.", short=short)) is right


@pytest.mark.parametrize(
    ("texts", "missing"),
    [
        (("He met Nakatani. [1]", "That was in Tokyo. [2]"), ()),
        (("He met Nakatani in Japan's capital.",), ()),
        (("He met Nakatani.",), ("Tokyo",)),
        (("One.", "Two.", "He met Nakatani.", "In Tokyo."), ("Tokyo",)),  # the fourth is too late
        ((), ("Nakatani", "Tokyo")),
    ],
)
def test_facts(texts: tuple[str, ...], missing: tuple[str, ...]) -> None:
    given = answer(*texts)
    assert metrics.missing_facts(WHO, given) == missing
    assert metrics.answer_right(WHO, given) is not bool(missing)


def test_a_citation_marker_is_no_fact() -> None:
    question = Question("n", "How many?", facts=(("2",),))
    assert not metrics.answer_right(question, answer("There were some. [2]"))
    assert metrics.answer_right(question, answer("There were 2. [1]"))


def test_a_declined_answer_is_never_right() -> None:
    declined = replace(PERFECT, status="declined")
    assert not metrics.answer_right(WHO, declined)
    assert not metrics.exact_match(WHO, declined)
    assert metrics.f1(WHO, declined) == 0


@pytest.mark.parametrize(
    ("short", "exact", "f1"),
    [
        ("gen. Nakatani", True, 1.0),
        ("General Gen Nakatani", False, 0.8),  # 2 shared of 3 and 2
        ("Nakatani Nakatani", False, 2 / 3),  # beside "Nakatani": 1 shared of 2 and 1
        ("rain", False, 0.0),
        (None, False, 0.0),
    ],
)
def test_exact_match_and_f1(short: str | None, exact: bool, f1: float) -> None:
    given = answer("x", short=short)
    assert metrics.exact_match(WHO, given) is exact
    assert metrics.f1(WHO, given) == pytest.approx(f1)


@pytest.mark.parametrize(
    ("given", "cites", "precision"),
    [
        (answer("x", citations=(citation(MEETING, 2),)), True, 1.0),
        (answer("x", citations=(citation(MEETING, 2), citation(MEETING, 3))), True, 0.5),
        (answer("x", citations=(citation(FERRY, 2),)), False, 0.0),
        (answer("x"), False, 0.0),
        (DECLINED, False, None),
    ],
)
def test_citing(given: Answer, cites: bool, precision: float | None) -> None:
    assert metrics.cites_gold(WHO, given) is cites
    assert metrics.citation_precision(WHO, given) == precision


@pytest.mark.parametrize(
    ("question", "given", "rightly_declined", "rightly_answered"),
    [
        (MOON, DECLINED, True, False),
        (MOON, PERFECT, False, False),
        (WHO, PERFECT, False, True),
        (WHO, replace(PERFECT, status="partial"), False, True),
        (WHO, DECLINED, False, False),
    ],
)
def test_declining(
    question: Question, given: Answer, rightly_declined: bool, rightly_answered: bool
) -> None:
    assert metrics.declined_when_should(question, given) is rightly_declined
    assert metrics.answered_when_should(question, given) is rightly_answered


# Question files


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str) -> Path:
        path = tmp_path / "questions.jsonl"
        path.write_text(text, "utf-8")
        return path

    return write


def test_load_reads_every_field(written: Callable[[str], Path]) -> None:
    record = {
        "id": "1", "question": "And when?", "answers": ["Sunday"],
        "facts": ["Tokyo", ["Sunday", "30 March"]],
        "paragraphs": [{"article": MEETING, "paragraph": 2, "quote": "on Sunday"}],
        "answerable": True, "kind": "date", "history": [{"question": "Who?", "answer": "He."}],
        "rewrite": "When did they meet?", "since": "2025-03-01", "until": "2025-03-31",
        "as_of": "2025-04-01", "now": "2025-04-01T09:30:00+09:00", "outlets": ["North"],
    }  # fmt: skip
    other = '{"id": "2", "question": "Why\u2028now?", "now": "2025-04-02"}'
    first, second = load(written(f"\ufeff{json.dumps(record)}\n\n{other}\n"))
    assert first.answers == ("Sunday",)
    assert first.facts == (("Tokyo",), ("Sunday", "30 March"))
    assert first.paragraphs == (Gold(MEETING, 2, "on Sunday"),)
    assert (first.kind, first.rewrite, first.outlets) == ("date", "When did they meet?", ("North",))
    assert first.history == ({"question": "Who?", "answer": "He."},)
    assert (first.since, first.until) == (date(2025, 3, 1), date(2025, 3, 31))
    assert first.as_of == date(2025, 4, 1)
    assert first.now == datetime.fromisoformat("2025-04-01T09:30:00+09:00")
    assert second == Question(
        "2", "Why\u2028now?", now=datetime.fromisoformat("2025-04-02T00:00"), origin="line 3"
    )
    assert second.answerable


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ('"answers": []', "answers: is empty"),
        ('"answers": ["?!"]', "'?!' has no words"),
        ('"answers": ["a"], "answers": ["b"]', "answers: stands 2 times"),
        ('"answers": "Sunday"', "answers: .* array"),
        ('"answers": [5]', "answers.0: .* string, got 5"),
        ('"facts": ["a", []]', "has no words"),
        ('"kind": " "', "kind: is empty"),
        ('"colour": 1', "colour: unknown field"),
        ('"origin": "x"', "origin: unknown field"),
        ('"answerable": "no"', "answerable: .* boolean"),
        ('"answerable": false, "answers": ["x"]', "answers: stands beside answerable=false"),
        ('"since": "2025-13-01"', "since: .* date"),
        ('"since": "2025-02-02", "until": "2025-02-01"', "since: 2025-02-02 is after"),
        ('"now": "yesterday!"', "now: .* datetime"),
        ('"history": [{"question": "x"}]', "history: expected question and answer, got question"),
        ('"paragraphs": [{"article": "k"}]', "'k' has neither"),
        ('"paragraphs": [{"article": "k", "paragraph": 0}]', "'k' has neither"),
        ('"paragraphs": [{"article": "k", "paragraph": 1, "quote": " "}]', "'k' has neither"),
        ('"paragraphs": [{"article": "k", "paragraph": -1, "quote": "q"}]', "'k' has neither"),
        ('"paragraphs": [{"article": "k", "paragraph": true}]', "paragraph: .* integer, got true"),
        ('"paragraphs": [{"paragraph": 1}]', "paragraphs.0.article: Field required"),
        ('"id": "good"', "id 'good' is already on line 1"),
    ],
)
def test_load_names_the_line_at_fault(
    fields: str, complaint: str, written: Callable[[str], Path]
) -> None:
    bad = fields if fields.startswith('"id"') else f'"id": "2", {fields}'
    path = written(f'{{"id": "good", "question": "q"}}\n\n{{{bad}, "question": "q"}}\n')
    with pytest.raises(QuestionError, match=rf"questions\.jsonl: line 3: .*{complaint}"):
        load(path)


def test_load_lists_the_first_problems(written: Callable[[str], Path]) -> None:
    lines = ["nonsense", "[1]", '{"id": "1"}', '{"question": "q"}', '{"id": "", "question": "q"}']
    with pytest.raises(QuestionError) as caught:
        load(written("\n".join([*lines, "{", "{"])))
    message = str(caught.value)
    assert re.findall(r"line (\d): ", message) == ["1", "2", "3", "4", "5"]
    assert "line 1: not JSON" in message
    assert "line 3: question: Field required" in message
    assert message.endswith("; and 2 more")
    assert "\n" not in message


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_an_empty_file_is_an_error(text: str, written: Callable[[str], Path]) -> None:
    with pytest.raises(QuestionError, match="is empty"):
        load(written(text))


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="cannot be read"):
        load(tmp_path / "missing.jsonl")


def test_resolve_lets_the_quote_win() -> None:
    golds = (
        Gold(MEETING, 1, "met Gen Nakatani"), Gold(MEETING, 3), Gold(FERRY, None, "crew went back"),
        Gold(MEETING, 3, "n"),  # stands in all three: the number given is kept
    )  # fmt: skip
    (resolved,) = resolve([replace(WHO, paragraphs=golds)], FakeRoom())
    assert [gold.paragraph for gold in resolved.paragraphs] == [2, 3, 2, 3]


def test_resolve_names_question_and_line() -> None:
    golds = (Gold("https://gone.example", 1), Gold(FERRY, 3), Gold(FERRY, 1, "met Gen Nakatani"))
    with pytest.raises(QuestionError) as caught:
        resolve([WHO, replace(CREW, paragraphs=golds, origin="line 2")], FakeRoom())
    message = str(caught.value)
    assert "line 2 (crew): there is no article https://gone.example" in message
    assert f"{FERRY} has 2 paragraphs, no 3" in message
    assert "the quote 'met Gen Nakatani' is nowhere in" in message


# Running


def run(**overrides: Answer) -> Report:
    """WHO is answered perfectly, CREW wrongly, MOON is declined, and one question is unknown."""
    answers = {"who": PERFECT, "crew": WRONG, "moon": DECLINED, **overrides}
    unknown = replace(WHO, id="unknown", question="Who knows?")
    room = FakeRoom({q.question: answers[q.id] for q in (WHO, CREW, MOON)})
    return evaluate(
        (WHO, CREW, MOON, unknown), asker(room), questions_sha256="abc", library="fake",
        articles=2, settings={"model": None},
    )  # fmt: skip


def test_totals_equal_the_hand_calculation() -> None:
    figures = {name: (figure.value, figure.n) for name, figure in run().totals.items()}
    third = pytest.approx(1 / 3)
    assert figures == {  # of WHO (right), CREW (wrong; gold at rank 2) and the failed one
        "success@1": (third, 3),
        "success@3": (pytest.approx(2 / 3), 3),
        "success@5": (pytest.approx(2 / 3), 3),
        "success@10": (pytest.approx(2 / 3), 3),
        "recall@10": (pytest.approx(2 / 3), 3),
        "reciprocal_rank": (pytest.approx((1 + 1 / 2 + 0) / 3), 3),
        "ndcg@10": (pytest.approx((1 + 1 / math.log2(3) + 0) / 3), 3),
        "answer_right": (third, 3),
        "exact_match": (0.5, 2),  # CREW names no short answer
        "f1": (0.5, 2),
        "cites_gold": (third, 3),
        "citation_precision": (third, 3),
        "kept": (pytest.approx(2 / 3), 3),  # nothing was written for MOON
        "answered_when_should": (pytest.approx(2 / 3), 3),
        "declined_when_should": (1.0, 1),
    }


def test_an_interval_holds_the_mean_and_narrows_with_more_questions() -> None:
    few, many = figure([0.0, 1.0] * 10), figure([0.0, 1.0] * 1000)
    assert few.low < few.value == 0.5 < few.high
    # The normal approximation: 1.96 standard errors of a coin thrown 2,000 times.
    assert [many.low, many.high] == pytest.approx([0.478, 0.522], abs=2e-3)
    assert figure([0.0, 1.0] * 10) == few  # the same every time


def rows(*marks: tuple[float, bool, bool]) -> Report:
    """Of (confidence, answerable, right) for each question; what is not right is answered."""
    questions, answers = [], {}
    for i, (confidence, answerable, right) in enumerate(marks):
        known = ("x",) if answerable else ()
        questions.append(Question(str(i), str(i), answers=known, answerable=answerable))
        given = answer("x", short="x" if right else "y")
        answers[str(i)] = replace(
            given if answerable or not right else DECLINED, confidence=confidence
        )
    return evaluate(questions, lambda q: answers[q.id])


def test_risk_and_coverage() -> None:
    report = rows((0.9, True, True), (0.8, True, False), (0.8, True, True), (0.7, False, False),
                  (0.1, False, True))  # fmt: skip
    assert report.risk_coverage == [
        (1 / 5, 0.0, 0.9), (3 / 5, pytest.approx(1 / 3), 0.8), (4 / 5, 1 / 2, 0.7)
    ]  # fmt: skip


def test_the_roc_area_of_the_confidence() -> None:
    report = rows((0.9, True, True), (0.2, True, True), (0.5, False, False), (0.2, False, True))
    # Of four pairs of an answerable and an unanswerable question, 2 are in order and 1 is level.
    assert report.confidence_roc == pytest.approx(2.5 / 4)
    assert rows((0.9, True, True)).confidence_roc is None


def test_stages_add_up_to_the_whole() -> None:
    timed = replace(PERFECT, timings={"retrieve": 0.0, "read": 0.0})
    report = evaluate([WHO, CREW], lambda q: timed if q is WHO else DECLINED)
    assert list(report.stages) == ["retrieve", "read", "other"]
    assert sum(report.stages.values()) == pytest.approx(sum(r.seconds for r in report.rows) / 2)


def test_kinds_are_totalled_apart() -> None:
    kinds = run().kinds
    assert list(kinds) == ["person", "(no kind)", "unanswerable"]
    assert (kinds["person"]["answer_right"].value, kinds["person"]["answer_right"].n) == (0.5, 2)
    assert list(kinds["unanswerable"]) == ["declined_when_should"]


def test_a_failure_scores_zero_and_keeps_its_reason() -> None:
    row = run().rows[3]
    assert (row.answer, row.status, row.verdict) == (None, "error", "wrong")
    assert row.error == "KeyError: 'Who knows?'"
    assert set(row.metrics) == set(run().rows[0].metrics)
    assert set(row.metrics.values()) == {0.0}


def test_the_report_is_json() -> None:
    data = json.loads(json.dumps(run().to_dict()))
    assert data["schema"] == 1
    assert data["totals"]["answer_right"] == {"value": 0.3333, "n": 3, "low": 0.0, "high": 1.0}
    assert data["kinds"]["unanswerable"] == {
        "declined_when_should": {"value": 1.0, "n": 1, "low": 0.2065, "high": 1.0}  # Wilson
    }
    assert (data["questions_sha256"], data["library"], data["articles"]) == ("abc", "fake", 2)
    assert data["settings"] == {"model": None}
    assert [r["verdict"] for r in data["rows"]] == ["right", "wrong", "right", "wrong"]
    assert data["rows"][0]["short"] == "Gen Nakatani"
    assert data["rows"][2]["reason"] == "no_support"


def test_an_answer_without_known_truth_is_not_scored() -> None:
    question = Question("open", "What is new?")
    for given, verdict in ((PERFECT, "unscored"), (DECLINED, "wrong")):
        (row,) = evaluate([question], lambda _, given=given: given).rows  # type: ignore[misc]
        assert row.verdict == verdict
        assert "answered_when_should" in row.metrics
        assert not {"answer_right", "declined_when_should"} & set(row.metrics)


def test_asker_passes_what_the_question_says() -> None:
    room = FakeRoom({"q": PERFECT})
    turn = {"question": "a", "answer": "b"}
    day, now = date(2025, 3, 1), datetime.fromisoformat("2025-03-02T10:00")
    full = Question("1", "q", since=day, until=day, as_of=day, now=now, outlets=("North",),
                    history=(turn,))  # fmt: skip
    ask = asker(room, model=None)
    for question in (full, Question("2", "q", now=now)):
        ask(question)
    assert room.asked == [
        {"history": (turn,), "since": day, "until": day, "as_of": day, "outlets": ("North",),
         "model": None},
        {"history": (), "since": None, "until": None, "as_of": now, "outlets": None,
         "model": None},
    ]  # fmt: skip


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    evaluate([WHO, MOON], lambda _: DECLINED, progress=lambda *step: told.append(step))
    assert told == [(1, 2), (2, 2)]


def test_gold_without_a_number_is_refused_before_anything_is_asked() -> None:
    unresolved = replace(WHO, paragraphs=(Gold(MEETING, None, "Tokyo"),))
    with pytest.raises(QuestionError, match=r"who: .*resolve"):
        evaluate([unresolved], lambda _: pytest.fail("asked"))


# Reports


def test_the_terminal_table() -> None:
    from rich.console import Console

    console = Console(file=io.StringIO(), width=100)
    odd = Question("odd", "q", kind="[bold]")
    report.show(replace(run(), rows=(*run().rows, *evaluate([odd], lambda _: WRONG).rows)), console)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert re.search(r"^5 questions: 1 answered right, 1 rightly declined, 1 not scored, "
                     r"1 answered wrong,\s+1 failed", text)  # fmt: skip
    assert re.search(r"Answered right\s+0\.333\s+0\.000-1\.000\s+3\b", text)
    assert re.search(r"person\s+2\s+0\.500\s+0\.500\s+0\.500\s+0\.500\s+-", text)
    assert "[bold]" in text
    assert "failed: unknown: KeyError: 'Who knows?'" in text


def test_the_page_escapes_and_loads_nothing(tmp_path: Path) -> None:
    evil = '<script>alert("x")</script>'
    bad = answer(
        evil, short=evil, passages=(passage(FERRY, 1),), citations=(citation(FERRY, 1, evil),)
    )
    path = tmp_path / "report.html"
    asked = [replace(WHO, question=evil, id=evil, kind=evil), CREW]
    report.write_html(evaluate(asked, lambda _: bad, settings={"model": evil}), path)
    page = path.read_text("utf-8")
    assert "alert(" in page
    assert evil not in page
    assert page.count("<script") == 1  # our own
    links = re.findall(r"\b(?:src|href|action)\s*=\s*(\S+)", page)
    assert [link.split(">")[0] for link in links[:2]] == ['"#q1"', '"#q2"']
    assert len(links) == 2
    assert not re.search(r"url\(|@import|<(?:link|img|iframe|object)", page)
    assert "default-src 'none'" in page


def test_the_page_says_what_went_wrong() -> None:
    page = report.html(run(crew=DECLINED))
    assert "2 of 4 questions right" in page
    assert page.count("Declined, although the library holds the answer.") == 1
    assert "KeyError: &#39;Who knows?&#39;" in page
    assert len(re.findall(r'data-tags="right answered"', page)) == 1
    assert len(re.findall(r'data-tags="wrong declined"', page)) == 1


@pytest.mark.parametrize(
    ("question", "given", "said"),
    [
        (WHO, PERFECT, []),
        (WHO, replace(PERFECT, short="Japan"), ["The short answer is “Japan”."]),
        (WHO, replace(PERFECT, short=None), []),  # right by its facts
        (MOON, DECLINED, []),
        (MOON, PERFECT, ["Answered, although the library does not hold the answer."]),
        (
            WHO,
            WRONG,
            [
                "No gold paragraph was found (passages found: 2).",
                "No gold paragraph is cited.",
                "The short answer is “rain”.",
                "Not said in the first three statements: Nakatani; Tokyo.",
            ],
        ),
        (CREW, replace(WRONG, short=None), [
            "No gold paragraph is cited.", "Not said in the first three statements: 1,200.",
        ]),
    ],
)  # fmt: skip
def test_faults(question: Question, given: Answer, said: list[str]) -> None:
    (row,) = evaluate([question], lambda _: given).rows
    assert report.faults(row) == said


# The gate


@pytest.fixture
def floors(tmp_path: Path) -> Path:
    path = tmp_path / "floors.json"
    text = {"questions_sha256": "abc", "floors": {"answer_right": 0.333, "f1": 0.5}}
    path.write_text(json.dumps(text), "utf-8")
    return path


def test_the_gate_holds_and_falls(floors: Path) -> None:
    assert gate.check(run(), floors) == ()
    (fallen,) = gate.check(run(who=replace(PERFECT, short="General Gen Nakatani")), floors)
    assert (fallen.name, fallen.floor) == ("f1", 0.5)
    assert fallen.value == pytest.approx(0.4)  # mean of 0.8 and 0
    assert str(fallen) == "f1 is 0.4000, below its floor of 0.5"


def test_a_figure_that_is_not_measured_is_below_its_floor(floors: Path) -> None:
    only = replace(run(), rows=run().rows[2:3])
    assert [s.name for s in gate.check(only, floors)] == ["answer_right", "f1"]
    assert "f1 is not measured" in str(gate.check(only, floors)[1])


def test_the_gate_refuses_other_questions(floors: Path) -> None:
    with pytest.raises(QuestionError, match="questions_sha256 is xyz, pinned is abc"):
        gate.check(replace(run(), questions_sha256="xyz"), floors)
    gate.update(run(), floors)
    with pytest.raises(QuestionError, match="questions is 3, pinned is 4"):
        gate.check(replace(run(), rows=run().rows[:3]), floors)


def test_update_raises_and_lowers_only_when_allowed(floors: Path) -> None:
    better = replace(run(), rows=run().rows[:3])
    assert gate.update(better, floors) == {"answer_right": 0.5, "f1": 1.0}
    before = floors.read_text("utf-8")
    with pytest.raises(QuestionError, match=r"answer_right is 0\.3333, below its floor of 0\.5"):
        gate.update(run(), floors)
    assert floors.read_text("utf-8") == before
    assert gate.update(run(), floors, allow_lower=True) == {"answer_right": 0.333, "f1": 0.5}
    assert gate.check(run(), floors) == ()


def test_update_pins_everything_at_first(tmp_path: Path) -> None:
    path = tmp_path / "floors.json"
    assert set(gate.update(run(), path)) == set(run().totals)
    pinned = json.loads(path.read_text("utf-8"))
    assert (pinned["questions_sha256"], pinned["questions"]) == ("abc", 4)
    assert gate.check(run(), path) == ()


def test_update_drops_no_floor(floors: Path) -> None:
    before = floors.read_text("utf-8")
    only = replace(run(), rows=run().rows[1:3])  # of these none names a short answer
    with pytest.raises(QuestionError, match=r"f1 not measured; .* strike it out"):
        gate.update(only, floors, allow_lower=True)
    assert floors.read_text("utf-8") == before


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"questions_sha256": "a", "floors": {"f1": "x"}}',
        '{"questions_sha256": "abc", "floors": {"f1": NaN}}',
    ],
)  # fmt: skip
def test_a_broken_file_of_floors_is_an_error(text: str, tmp_path: Path) -> None:
    path = tmp_path / "floors.json"
    path.write_text(text, "utf-8")
    with pytest.raises(QuestionError, match="is not a file of floors"):
        gate.check(run(), path)


def test_the_hash_is_of_the_files_bytes(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")  # the example of FIPS 180-2
    assert hash_of(path).startswith("ba7816bf8f01cfea414140de5dae2223b00361a3")


# Comparing


def test_comparing_says_what_moved(tmp_path: Path) -> None:
    before, after = run(crew=DECLINED).to_dict(), run(who=WRONG, crew=DECLINED).to_dict()
    found = compare.compare(before, after)
    moved = {c.name: (c.before, c.after, c.n) for c in found.changes if c.before != c.after}
    assert moved["f1"] == (0.5, 0.0, 2)
    assert moved["success@1"] == pytest.approx((1 / 3, 0.0, 3))
    assert (found.better, found.worse) == ((), ("who",))
    assert all(c.p == 1.0 for c in found.changes)  # one question that moved proves nothing
    assert compare.compare(before, before).worse == ()


def test_the_paired_test_against_the_sign_test() -> None:
    # Ten questions got right and none wrong: 2 of the 2^10 assignments of signs are as extreme.
    before = rows(*[(0.5, True, i < 10) for i in range(20)]).to_dict()
    after = rows(*[(0.5, True, True) for _ in range(20)]).to_dict()
    (right,) = (c for c in compare.compare(before, after).changes if c.name == "answer_right")
    assert (right.before, right.after, right.n) == (0.5, 1.0, 20)
    figures = 5  # that these reports hold: Holm's correction takes the smallest times all of them
    assert right.p == pytest.approx(figures * 2 / 2**10)


def test_comparing_is_printed_and_refuses_other_questions(tmp_path: Path) -> None:
    from rich.console import Console

    console = Console(file=io.StringIO(), width=100)
    compare.show(compare.compare(run().to_dict(), run(who=WRONG).to_dict()), console)
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert re.search(r"Token F1\s+0\.500\s+0\.000\s+-0\.500\s+1\.000\s+2\s+noise", text)
    assert "Worse: 1 questions: who" in text
    with pytest.raises(QuestionError, match="different question files: abc and xyz"):
        compare.compare(run().to_dict(), replace(run(), questions_sha256="xyz").to_dict())
    path = tmp_path / "a.json"
    path.write_text(json.dumps(run().to_dict()), "utf-8")
    assert compare.read(path)["questions_sha256"] == "abc"
    bare = json.dumps({**run().to_dict(), "rows": [{"id": "who", "verdict": "right"}]})
    for text in ("", "[]", "{}", '{"rows": 1}', bare):
        path.write_text(text, "utf-8")
        with pytest.raises(QuestionError, match="is not a report"):
            compare.read(path)


def test_labels_are_found_again_by_the_words_a_statement_repeats() -> None:
    paragraph = ARTICLES[MEETING][1]

    def resting(start: int, end: int, text: str = "") -> Row:
        cited = replace(citation(MEETING, 2), span=(start, end), quote=paragraph[start:end])
        said = f"{text or paragraph[start:end]} [1]"
        found = replace(PERFECT, statements=(Statement(said, (cited,), "supported", ""),))
        return Row(WHO, found, {}, 0.0)

    label = labels.Label("who", MEETING, 2, (0, 20), "partly", relevant=True)
    rows = [resting(0, 20), resting(2, 20), resting(9, len(paragraph))]
    assert labels.judge([resting(0, 20, "He was arrested.")], [label])["labelled"] == 0
    assert labels.judge(rows, [label]) == {
        "shown": 3, "labelled": 2, "supported": 0.0, "partly": 1.0, "relevant": 1.0
    }  # fmt: skip
    assert labels.judge(rows[2:], [label])["relevant"] is None


def test_two_hundred_statements_are_labelled() -> None:
    found = labels.load()
    assert len(found) == 200
    assert {label.supported for label in found} <= {"yes", "partly", "no"}
