"""Question files: JSON lines, one question with what is known of its answer per line."""

from __future__ import annotations

import functools
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from rag.errors import QuestionError
from rag.evaluation.metrics import normalise
from rag.records import Answer, StoredArticle, to_plain

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SHOWN = 5
"""Problems named in one message: enough to see a pattern, few enough to read."""
_STRICT: Any = {"extra": "forbid", "strict": True}


@dataclass(frozen=True, slots=True)
class Gold:
    """A paragraph that holds the answer."""

    __pydantic_config__ = _STRICT
    article: str
    """Key of the article."""
    paragraph: int | None = None
    """From 1; None until `resolve` has found the quote."""
    quote: str | None = None
    """Words of the paragraph. Where they stand at another number, they win."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the circumstances it is asked in, and what is known of its answer."""

    __pydantic_config__ = _STRICT
    id: str
    question: str
    answers: tuple[str, ...] = ()
    """Alternatives for the short answer; any one is right."""
    facts: tuple[tuple[str, ...], ...] = ()
    """What the answer must say: all of them, each in any one of its wordings."""
    paragraphs: tuple[Gold, ...] = ()
    answerable: bool = True
    """False where the library does not hold the answer and declining is right."""
    kind: str = ""
    history: tuple[dict[str, str], ...] = ()
    """Earlier turns as {"question", "answer"}."""
    rewrite: str | None = None
    """A human's standalone form of a follow-up question."""
    since: date | None = None
    until: date | None = None
    as_of: date | None = None
    now: datetime | None = None
    """When it is asked; a day in the file is its midnight."""
    outlets: tuple[str, ...] = ()
    origin: str = ""
    """The line it came from, for messages."""


class Room(Protocol):
    """What the harness needs of a `Newsroom`."""

    def ask(self, question: str, **options: Any) -> Answer: ...

    def article(self, key: str) -> StoredArticle: ...


def load(path: str | Path) -> tuple[Question, ...]:
    """The questions of a file, in order. Raises QuestionError naming the lines at fault."""
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise QuestionError(f"{path} cannot be read as a question file: {error}") from error
    questions: dict[str, Question] = {}
    problems: list[str] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            question = replace(_parse(line), origin=f"line {number}")
            if question.id in questions:
                first = questions[question.id].origin
                raise ValueError(f"id {question.id!r} is already on {first}")
            questions[question.id] = question
        except ValueError as error:
            problems.append(f"line {number}: {error}")
    if not questions and not problems:
        raise QuestionError(f'{path} is empty; expected lines like {{"id": "1", "question": "…"}}')
    _fail_on(problems, str(path))
    return tuple(questions.values())


def save(questions: Iterable[Question], path: str | Path, *, overwrite: bool = False) -> None:
    """Writes a question file that `load` reads back.

    Raises QuestionError where it cannot be written, and as `refuse_existing` unless `overwrite`.
    """
    if not overwrite:
        refuse_existing(path)
    lines = []
    for question in questions:
        data = {name: value for name, value in to_plain(replace(question, origin="")).items()
                if value not in (None, "", [])}  # fmt: skip
        lines.append(json.dumps(data, ensure_ascii=False) + "\n")
    try:
        with Path(path).open("w" if overwrite else "x", encoding="utf-8") as file:
            file.writelines(lines)
    except OSError as error:
        raise QuestionError(f"{path} cannot be written: {error.strerror}.") from error


def refuse_existing(path: str | Path) -> None:
    """Raises QuestionError where there is such a file: it may hold a person's work."""
    if Path(path).exists():
        raise QuestionError(
            f"{path} exists and may hold somebody's work; name another file, or replace it with "
            "--force."
        )


def resolve(questions: Iterable[Question], room: Room) -> tuple[Question, ...]:
    """The questions with every gold paragraph's number as it is in the library.

    Raises QuestionError for an article, paragraph or quote that the library does not hold.
    """
    resolved, problems = [], []
    for question in questions:
        found = []
        for gold in question.paragraphs:
            try:
                found.append(replace(gold, paragraph=_number(gold, room)))
            except ValueError as error:
                problems.append(f"{question.origin} ({question.id}): {error}".lstrip())
        resolved.append(replace(question, paragraphs=tuple(found)))
    _fail_on(problems, "The gold paragraphs do not fit the library")
    return tuple(resolved)


def sha256(path: str | Path) -> str:
    """SHA-256 of a question file, in hexadecimal."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _fail_on(problems: Sequence[str], where: str) -> None:
    if problems:
        more = f"; and {len(problems) - SHOWN} more" * (len(problems) > SHOWN)
        raise QuestionError(f"{where}: {'; '.join(problems[:SHOWN])}{more}")


def _number(gold: Gold, room: Room) -> int:
    try:
        paragraphs = room.article(gold.article).article.paragraphs
    except KeyError:
        raise ValueError(f"there is no article {gold.article}") from None
    named = gold.paragraph or 0
    if gold.quote is None:
        if not 1 <= named <= len(paragraphs):
            raise ValueError(f"{gold.article} has {len(paragraphs)} paragraphs, no {named}")
        return named
    quote = " ".join(gold.quote.split())
    places = [n for n, text in enumerate(paragraphs, 1) if quote in " ".join(text.split())]
    if not places:
        raise ValueError(f"the quote {gold.quote!r} is nowhere in {gold.article}")
    return named if named in places else places[0]


def _parse(line: str) -> Question:
    """The question on a line. Raises ValueError saying what is wrong with it."""
    from pydantic import ValidationError

    try:
        data = json.loads(line, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at character {error.pos + 1}") from None
    if isinstance(data, dict):
        _shape(data)
    try:
        question = _adapter().validate_json(json.dumps(data))
    except ValidationError as error:
        raise ValueError("; ".join(_spell(e) for e in error.errors(include_url=False))) from None
    if flaw := next(_flaws(question, data), None):
        raise ValueError(flaw)
    return question


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these pairs. Raises ValueError where a key repeats: json takes the last."""
    for name, times in Counter(name for name, _ in pairs).items():
        if times > 1:
            raise ValueError(f"{name}: stands {times} times; keep one of them")
    return dict(pairs)


def _shape(data: dict[str, Any]) -> None:
    """Brings what may be written in two ways into one: a fact's wordings, a day as an instant."""
    if isinstance(facts := data.get("facts"), list):
        data["facts"] = [[fact] if isinstance(fact, str) else fact for fact in facts]
    if isinstance(now := data.get("now"), str) and len(now) == len("2025-03-30"):
        data["now"] = f"{now}T00:00"


@functools.lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Question]:
    from pydantic import TypeAdapter

    return TypeAdapter(Question)


def _spell(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    if error["type"] == "unexpected_keyword_argument":
        return f"{where}: unknown field"
    message = f"{where or 'the line'}: {error['msg']}"
    if error["type"] == "missing":
        return message
    return f"{message}, got {json.dumps(error['input'], ensure_ascii=False, default=str)[:60]}"


def _flaws(question: Question, data: dict[str, Any]) -> Iterator[str]:
    """What is wrong with a question although every field has its type."""
    if "origin" in data:
        yield "origin: unknown field"
    for name, value in data.items():
        if value == [] or (isinstance(value, str) and not value.strip()):
            yield f"{name}: is empty; leave it out or fill it"
        elif not question.answerable and name in ("answers", "facts", "paragraphs"):
            yield f"{name}: stands beside answerable=false; remove one of them"
    for phrase in (*question.answers, *(p for fact in question.facts for p in fact or ("",))):
        if not normalise(phrase):
            yield f"answers and facts: {phrase!r} has no words"
    for gold in question.paragraphs:
        given = [x for x in (gold.paragraph, gold.quote) if x is not None]
        if not given or not all(x.strip() if isinstance(x, str) else x > 0 for x in given):
            yield f"paragraphs: {gold.article!r} has neither a paragraph from 1 nor a quote"
    for turn in question.history:
        if set(turn) != {"question", "answer"}:
            yield f"history: expected question and answer, got {', '.join(turn) or 'nothing'}"
    if question.since and question.until and question.since > question.until:
        yield f"since: {question.since} is after until {question.until}"
