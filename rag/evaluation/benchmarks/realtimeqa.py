"""RealTimeQA (Kasai et al. 2023): weekly news quizzes, with the articles a web search returned.

A folder holds `articles.jsonl.gz` (url, title, published, authors, text) and `questions.jsonl`
(id, date, question, choices, answers, search_urls); `prepare` makes one from a clone of the
public repository realtimeqa/realtimeqa_public.
"""

from __future__ import annotations

import datetime
import functools
import gzip
import hashlib
import itertools
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from rag import chunk, sources
from rag.errors import QuestionError
from rag.evaluation import labels
from rag.evaluation.benchmarks import baselines
from rag.evaluation.evaluate import Report, evaluate, measured_with
from rag.evaluation.metrics import MARKER, contains, normalise
from rag.evaluation.questions import Question, sha256
from rag.newsroom import Newsroom
from rag.records import Answer, Article, Passage, Rejected, Scope, Window, to_plain
from rag.settings import Settings
from rag.sources.fields import canonical

Lane = Literal["same", "open", "lead"]
Show = Callable[[str, int, int], None]
Scopes = dict[str, list[str] | None]
"""Keys of the articles that each question may use, by its id; None for all."""
Found = dict[str, list[list[Passage]]]
"""The passages for each question, by name of what found them."""

DEPTHS = (1, 5, 10)
LEAD_RESULTS, LEAD_PARAGRAPHS = 5, 2
"""What the published systems were given: of each of the first five results the first two
paragraphs, under the title."""
CANDIDATES = 50
"""Passages of each search that are fused."""
RRF = 60
"""Constant of reciprocal rank fusion (Cormack et al. 2009)."""


@dataclass(frozen=True, slots=True)
class Published:
    """What others measured of open answers."""

    name: str
    year: int
    questions: int | None
    """None where it is not told."""
    given: Literal["lead", "nothing"]
    """The lead of five results of a web search, or no article at all."""
    exact_match: float
    f1: float
    note: str = ""


PUBLISHED = (
    Published("GPT-3 with Google search", 2022, 805, "lead", 37.5, 49.3),
    Published("RAG (BART, 0.5 B) with Google search", 2022, 805, "lead", 25.3, 32.1),
    Published("GPT-3 alone", 2022, 805, "nothing", 15.0, 22.8),
    Published("T5-11B alone", 2022, 805, "nothing", 9.3, 14.3),
    Published("GPT-3 with Google search", 2023, 1240, "lead", 25.8, 35.7),
    Published("RAG (BART, 0.5 B) with Google search", 2023, 1240, "lead", 4.0, 5.1),
    Published("GPT-5.3", 2026, None, "lead", 35.7, 47.6),
    Published("Llama-4 Maverick", 2026, None, "lead", 33.8, 41.2),
    Published("Claude Opus 4.6", 2026, None, "lead", 28.2, 39.2,
              "in sentences; the gold answer is in 47.9%"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Record:
    """A line of `questions.jsonl`."""

    id: str
    date: datetime.date
    question: str
    answers: Annotated[tuple[str, ...], Field(min_length=1)]
    search_urls: tuple[str, ...]


_RECORD = TypeAdapter(_Record)


@dataclass(frozen=True, slots=True)
class QuizQuestion:
    """A question of the quiz."""

    question: Question
    day: datetime.date
    """Of the quiz."""
    urls: tuple[str, ...]
    """Keys of the articles that the web search returned that week, best first."""


def load(folder: Path) -> list[QuizQuestion]:
    """The questions that can be asked openly, each with an id of its own.

    Raises QuestionError, naming the line, where the folder is no such.
    """
    path = folder / "questions.jsonl"
    asked: list[QuizQuestion] = []
    seen: Counter[str] = Counter()
    where = str(path)
    try:
        for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
            where = f"{path}, line {number}"
            if line.strip():
                record = _RECORD.validate_python(json.loads(line))
                seen[record.id] += 1
                if "except" not in record.question.strip().lower()[-10:]:
                    asked.append(_asked(record, seen[record.id]))
        if not asked:
            where = str(path)
            raise ValueError("it holds no questions")
    except (OSError, ValueError) as error:
        raise QuestionError(
            f"{where}: cannot be read as RealTimeQA questions ({_spell(error)}); "
            "make the folder with: citewire benchmark prepare realtimeqa CLONE OUT YEAR"
        ) from error
    return asked


def run(
    folder: Path, lane: Lane, settings: Settings, show: Show, *, every: int = 1,
    limit: int | None = None, model: str | None = None, recipe: bool = True,
) -> tuple[dict[str, Any], Report]:  # fmt: skip
    """Asks the questions (the first of each `every`, and of these the first `limit`) in a lane.

    Returns the figures, ready for JSON, and every question with its answer.

    "same": each question may use only the articles of its own search; "open": all of the folder;
    "lead": of the first five results, title and two paragraphs. All are asked as of the day after
    the question's date.
    """
    asked = load(folder)[::every][:limit]
    room = library(folder, lane, settings, show)
    scopes = {a.question.id: _articles(a, lane, room) for a in asked}
    others = _baselines(asked, scopes, room, show)
    if recipe:
        others["LangChain recipe"] = _recipe(asked, scopes, room, show)

    def ask(question: Question, keys: Sequence[str] | None = None) -> Answer:
        keys = scopes[question.id] if keys is None else keys
        return room.ask(question.question, as_of=question.as_of, articles=keys, model=model)

    report = evaluate(
        [a.question for a in asked], ask, questions_sha256=sha256(folder / "questions.jsonl"),
        library=room.name, articles=room.status().articles,
        settings=measured_with(room, lane=lane, every=every, limit=limit, model=model),
        progress=lambda done, total: show("Asking", done, total),
    )  # fmt: skip
    figures = {
        "schema": 1,
        "lane": lane,
        "years": sorted({a.day.year for a in asked}),
        "questions": len(asked),
        "answers": _answers(report),
        "retrieval": _retrieval(report, others),
        "declining": _declining(report, ask, scopes, room, show),
        "by_hand": labels.judge(report.rows, labels.load()),
        "published": to_plain(PUBLISHED),
        "report": report.to_dict(),
    }
    return figures, report


def table(found: dict[str, Any]) -> str:
    """The figures as text, with the published rows beside ours."""
    answers, declining = found["answers"], found["declining"]
    exact, f1 = answers["exact_match"], answers["f1"]
    years = "-".join(map(str, found["years"]))
    lane, asked = found["lane"], found["questions"]
    ours = f"Citewire (95%: {exact['low']}-{exact['high']}, {f1['low']}-{f1['high']})"
    lines = [
        f"Open answers, lane {lane}, {asked} questions of {years}:",
        _line("", "year", "questions", "given", "exact", "F1"),
        _line(ours, years, asked, lane, exact["value"], f1["value"]),
    ]
    for row in PUBLISHED:
        like = (found["years"], lane, asked) == ([row.year], row.given, row.questions)
        notes = [note for note in (row.note, "" if like else "not like for like") if note]
        line = _line(row.name, row.year, row.questions or "?", row.given, row.exact_match, row.f1)
        lines.append(f"{line}  {'; '.join(notes)}".rstrip())
    lines += [
        f"  The answer's text holds the gold answer: {answers['gold_in_text']}% (of "
        f"{answers['text_characters']} characters on average, where it is not declined)",
        f"  Declined: {answers['declined']}%; {answers['seconds_median']} s per question (median)",
        "",
        "Share of questions with the gold answer in the first passages:",
        f"  {'(characters that these hold)':30}" + "".join(f"{f'first {k}':>18}" for k in DEPTHS),
    ]
    for name, row in found["retrieval"].items():
        cells = (f"{row[f'recall@{k}']:.3f} ({row[f'characters@{k}']:,})" for k in DEPTHS)
        lines.append(f"  {name:30}{''.join(f'{cell:>18}' for cell in cells)}")
    by_hand = found["by_hand"]
    if by_hand["labelled"]:
        lines += [
            "",
            f"Of {by_hand['shown']} statements shown, {by_hand['labelled']} rest on words that a "
            "person has labelled:",
            f"  supported {by_hand['supported']}, partly {by_hand['partly']}, helpful to answer "
            f"the question {by_hand['relevant']}",
        ]
    if declining["questions"]:
        lines += [
            "",
            f"Of {declining['questions']} questions answered right, asked again without every "
            f"article that holds the answer ({declining['nothing_left']} more have no other):",
            f"  declined {declining['declined']}%",
            f"  ROC area of the confidence, of both together: {declining['roc_area']}",
            *(
                f"  the surest {coverage:.0%} answered: {risk:.1%} wrong"
                for coverage, risk, _ in _some(declining["risk_coverage"])
            ),
        ]
    return "\n".join(lines)


def _line(name: str, *cells: object) -> str:
    widths = (6, 11, 9, 7, 7)
    return f"  {name:38}" + "".join(f"{cell!s:>{w}}" for cell, w in zip(cells, widths, strict=True))


def _some(points: Sequence[Sequence[float]]) -> list[Sequence[float]]:
    """Of a curve's points the last below each fifth of the whole."""
    return list({int(5 * point[0]): point for point in points}.values())


def library(folder: Path, lane: Lane, settings: Settings, show: Show) -> Newsroom:
    """The library of the folder's articles, kept in the cache between runs."""
    path = folder / "articles.jsonl.gz"
    if not path.is_file():
        raise QuestionError(
            f"There is no {path}; name a folder made by: citewire benchmark prepare realtimeqa"
        )
    part = "lead" if lane == "lead" else "whole"
    digest = hashlib.sha256(f"{sha256(path)} {part} {settings.embedder} {chunk.LONGEST}".encode())
    place = settings.cache / "benchmarks" / f"realtimeqa-{part}-{digest.hexdigest()[:12]}"
    room = Newsroom.open(place, settings=settings)
    done = place / "complete"
    if not done.exists():
        total, read = sources.size(path), 0

        def advance(size: int) -> None:
            nonlocal read
            read += size
            show("Adding the articles (once)", read, total)

        items = sources.read(path, advance)
        room.add_articles(map(_lead, items) if lane == "lead" else items)
        done.touch()
    return room


def prepare(clone: Path, out: Path, year: int) -> tuple[int, int]:
    """Makes the folder `out` from a clone; returns how many articles and questions it holds.

    Left out are articles without text, all but the first of one address, and quiz pages.
    """
    past = clone / "past" / str(year)
    found = sorted(past.glob("*_gcs.jsonl"))
    if not found:
        raise QuestionError(
            f"{past} holds no *_gcs.jsonl; name a clone of realtimeqa/realtimeqa_public, and a year"
        )
    asked = [q for path in sorted(past.glob("*_qa.jsonl")) for q in _lines(path)]
    quizzes = {q["question_url"] for q in asked}
    texts = [q["question_sentence"] for q in asked]
    pattern = re.compile("|".join(re.escape(t) for t in texts if len(t) > 30) or r"(?!)")
    articles: dict[str, dict[str, Any]] = {}
    urls: dict[str, list[str]] = {}
    for path in found:
        for line in _lines(path):
            results = line["search_result"]
            urls[line["question_id"]] = [r["url"] for r in results if r.get("url")]
            for r in results:
                text, url = r.get("text") or "", r.get("url") or ""
                if not text.strip() or not url or url in articles:
                    continue
                if url in quizzes or "quiz" in url.lower() or pattern.search(text):
                    continue
                day = (r.get("publish_date") or "").replace("/", "-") or None
                articles[url] = {"url": url, "title": r.get("title") or "", "published": day,
                                 "authors": r.get("authors") or [], "text": text}  # fmt: skip
    out.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(a, ensure_ascii=False) + "\n" for a in articles.values())
    (out / "articles.jsonl.gz").write_bytes(gzip.compress(lines.encode(), mtime=0))
    with (out / "questions.jsonl").open("w", encoding="utf-8") as file:
        for q in asked:
            record = {
                "id": q["question_id"], "date": q["question_date"].replace("/", "-"),
                "question": q["question_sentence"], "choices": q["choices"],
                "answers": [q["choices"][int(i)] for i in q["answer"]],
                "search_urls": urls.get(q["question_id"], []),
            }  # fmt: skip
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    return len(articles), len(asked)


def _asked(record: _Record, time: int) -> QuizQuestion:
    """`time` counts the questions of this id: some files give one to two questions."""
    if not all(map(normalise, record.answers)):
        raise ValueError(f"answers: {list(record.answers)} has one without words")
    question = Question(
        id=record.id if time == 1 else f"{record.id}-{time}", question=record.question,
        answers=tuple(" ".join(order) for order in itertools.permutations(record.answers)),
        as_of=record.date + datetime.timedelta(days=1),
    )  # fmt: skip
    urls = tuple(canonical(u) or u for u in record.search_urls)
    return QuizQuestion(question, record.date, urls)


def _spell(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or 'the line'}: {first['msg']}"
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON: {error.msg} at character {error.pos + 1}"
    return str(error)


def _articles(asked: QuizQuestion, lane: Lane, room: Newsroom) -> list[str] | None:
    """Keys of the articles that the question may use; None for all."""
    if lane == "open":
        return None
    urls = asked.urls[:LEAD_RESULTS] if lane == "lead" else asked.urls
    return [u for u in urls if _holds_article(room, u)]


def _holds_article(room: Newsroom, key: str) -> bool:
    try:
        room.article(key)
    except KeyError:
        return False
    return True


def _lead(item: Article | Rejected) -> Article | Rejected:
    if isinstance(item, Rejected):
        return item
    return replace(item, paragraphs=item.paragraphs[:LEAD_PARAGRAPHS])


def _answers(report: Report) -> dict[str, Any]:
    given = [(MARKER.sub("", row.answer.text), row.question) for row in report.rows
             if row.answer and row.status != "declined"]  # fmt: skip
    held = sum(_holds(text, question) for text, question in given)
    return {
        "exact_match": _percent(report, "exact_match"),
        "f1": _percent(report, "f1"),
        "gold_in_text": round(100 * held / len(report.rows), 1),
        "text_characters": round(fmean(len(text) for text, _ in given)) if given else None,
        "declined": round(100 * fmean(row.status == "declined" for row in report.rows), 1),
        "failed": sum(row.status == "error" for row in report.rows),
        "seconds_median": round(report.median_seconds, 3),
    }


def _percent(report: Report, name: str) -> dict[str, float]:
    figure = report.totals[name]
    return {k: round(100 * getattr(figure, k), 1) for k in ("value", "low", "high")}


def _retrieval(report: Report, others: Found) -> dict[str, Any]:
    """Answer-recall of ours and of the others, and how much they read for it."""
    ours = [list(row.answer.passages) if row.answer else [] for row in report.rows]
    figures: dict[str, Any] = {}
    for name, lists in {"Citewire": ours, **others}.items():
        row = figures[name] = {}
        for k in DEPTHS:
            found = [any(_holds(p.text, r.question) for p in passages[:k])
                     for r, passages in zip(report.rows, lists, strict=True)]  # fmt: skip
            row[f"recall@{k}"] = round(fmean(found), 3)
            row[f"characters@{k}"] = round(fmean(sum(len(p.text) for p in ps[:k]) for ps in lists))
    return figures


def _baselines(asked: Sequence[QuizQuestion], scopes: Scopes, room: Newsroom, show: Show) -> Found:
    """What each baseline finds on the same passages, a list per question."""
    index = baselines.index(room)
    found: Found = {"BM25": [], "Vectors": [], "Rank fusion": []}
    for done, question in enumerate((a.question for a in asked), 1):
        keys = scopes[question.id]
        scope = Scope(Window(as_of=question.as_of), articles=None if keys is None else tuple(keys))
        words, meaning = (
            search(question.question, index, CANDIDATES, scope)
            for search in (baselines.by_words, baselines.by_vectors)
        )
        ranks: Counter[int] = Counter()
        for passages in (words, meaning):
            ranks.update({p.id: 1 / (RRF + rank) for rank, p in enumerate(passages, 1)})
        by_id = {p.id: p for p in (*words, *meaning)}
        fused = sorted(by_id.values(), key=lambda p: (-ranks[p.id], p.id))
        for name, passages in zip(found, (words, meaning, fused), strict=True):
            found[name].append(passages)
        show("Searching for the baselines", done, len(asked))
    return found


def _recipe(
    asked: Sequence[QuizQuestion], scopes: Scopes, room: Newsroom, show: Show
) -> list[list[Passage]]:
    from rag.evaluation.benchmarks.recipe import Recipe

    recipe = Recipe(room.folder / "recipe", room.settings)
    wanted = {key for keys in scopes.values() for key in keys or ()}
    stored = room.articles() if None in scopes.values() else map(room.article, sorted(wanted))
    recipe.add(stored, lambda done, total: show("Adding to the LangChain recipe", done, total))
    lists = []
    for done, question in enumerate((a.question for a in asked), 1):
        keys, day = scopes[question.id], question.as_of
        lists.append(recipe.search(question.question, keys=keys, as_of=day))
        show("Asking the LangChain recipe", done, len(asked))
    return lists


def _declining(
    report: Report, ask: Callable[[Question, Sequence[str]], Answer], scopes: Scopes,
    room: Newsroom, show: Show,
) -> dict[str, Any]:  # fmt: skip
    """Are questions that were answered right declined once nothing holds the answer any more?

    Those with nothing left to search are counted and left out: that these are declined says
    nothing. Risk by coverage and the ROC area are of both together: the questions as they were
    answered right, and again where any answer is wrong.
    """
    right = [row for row in report.rows if row.answer and row.verdict == "right"]
    every = [stored.key for stored in room.articles()] if None in scopes.values() else []
    text = functools.cache(lambda key: " ".join(_words(room, key)))
    left: dict[str, list[str]] = {}
    for row in right:
        keys = scopes[row.question.id]
        left[row.question.id] = [
            k for k in (every if keys is None else keys) if not _holds(text(k), row.question)
        ]
    again = evaluate(
        [replace(row.question, answers=(), answerable=False) for row in right],
        lambda question: ask(question, left[question.id]),
        progress=lambda done, total: show("Asking without the gold articles", done, total),
    )
    pairs = [(was, now) for was, now in zip(right, again.rows, strict=True)
             if not now.answer or now.answer.searched.articles]  # fmt: skip
    counts = {"questions": len(pairs), "nothing_left": len(right) - len(pairs)}
    if not pairs:
        return counts
    before, after = zip(*pairs, strict=True)
    both = Report((*before, *after))
    return counts | {
        "declined": round(100 * fmean(row.status == "declined" for row in after), 1),
        "failed": sum(row.status == "error" for row in after),
        "roc_area": round(both.confidence_roc or 0.0, 3),
        "risk_coverage": [[round(x, 4) for x in point] for point in both.risk_coverage],
    }


def _words(room: Newsroom, key: str) -> Iterator[str]:
    article = room.article(key).article
    yield article.title
    yield from article.paragraphs


def _holds(text: str, question: Question) -> bool:
    """True if the text contains a gold answer."""
    return any(contains(text, answer) for answer in question.answers)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text("utf-8").split("\n"):
        if line.strip():
            yield json.loads(line)
