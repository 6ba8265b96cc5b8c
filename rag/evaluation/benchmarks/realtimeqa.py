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
from rag.evaluation.evaluate import Report, evaluate
from rag.evaluation.metrics import normalise
from rag.evaluation.questions import Question, sha256
from rag.newsroom import Newsroom
from rag.records import Answer, Article, Passage, Rejected, Window
from rag.retrieve import Index, Scope
from rag.settings import Settings
from rag.sources.fields import canonical

Lane = Literal["same", "open", "lead"]
Show = Callable[[str, int, int], None]

DEPTHS = (1, 3, 5, 10)
LEAD_RESULTS, LEAD_PARAGRAPHS = 5, 2
"""What the published systems were given: of each of the first five results the first two
paragraphs, under the title."""
CANDIDATES = 50
"""Passages of each search that are fused."""
RRF = 60
"""Constant of reciprocal rank fusion (Cormack et al. 2009)."""

PUBLISHED = {
    "GPT-3 with Google search": (37.5, 49.3),
    "RAG (BART, 0.5 B) with Google search": (25.3, 32.1),
    "GPT-3 alone": (15.0, 22.8),
    "T5-11B alone": (9.3, 14.3),
}
"""Exact match and F1 of open answers on the 805 questions of 2022, as the authors published them.
Each was given the lead of five results."""


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
class Asked:
    """A question of the quiz."""

    question: Question
    urls: tuple[str, ...]
    """Keys of the articles that the web search returned that week, best first."""


def load(folder: Path) -> list[Asked]:
    """The questions that can be asked openly, each with an id of its own.

    Raises QuestionError, naming the line, where the folder is no such.
    """
    path = folder / "questions.jsonl"
    asked: list[Asked] = []
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
    folder: Path, lane: Lane, settings: Settings, show: Show, *, limit: int | None = None,
    model: str | None = None, recipe: bool = True,
) -> tuple[dict[str, Any], Report]:  # fmt: skip
    """Asks the questions (the first `limit`) in a lane.

    Returns the figures, ready for JSON, and every question with its answer.

    "same": each question may use only the articles of its own search; "open": all of the folder;
    "lead": of the first five results, title and two paragraphs. All are asked as of the day after
    the question's date.
    """
    asked = load(folder)[:limit]
    room = library(folder, lane, settings, show)
    scopes = {a.question.id: _articles(a, lane, room) for a in asked}

    def ask(question: Question, keys: Sequence[str] | None = None) -> Answer:
        keys = scopes[question.id] if keys is None else keys
        return room.ask(question.question, as_of=question.as_of, articles=keys, model=model)

    report = evaluate(
        [a.question for a in asked], ask, questions_sha256=sha256(folder / "questions.jsonl"),
        library=room.name, articles=room.status().articles,
        settings={"lane": lane, "limit": limit, "model": model},
        progress=lambda done, total: show("Asking", done, total),
    )  # fmt: skip
    figures = {
        "schema": 1,
        "lane": lane,
        "questions": len(asked),
        "answers": _answers(report),
        "retrieval": _retrieval(report, asked, scopes, room, lane, settings, show, recipe),
        "declining": _declining(report, ask, scopes, room, show),
        "by_hand": labels.judge(report.rows, labels.load()),
        "published_2022": PUBLISHED,
        "report": report.to_dict(),
    }
    return figures, report


def table(found: dict[str, Any]) -> str:
    """The figures as text, with the published rows beside ours."""
    answers, declining = found["answers"], found["declining"]
    exact, f1 = answers["exact_match"], answers["f1"]
    lines = [f"Open answers, lane {found['lane']}, {found['questions']} questions:",
             f"  {'':38}{'exact':>7}{'F1':>7}"]  # fmt: skip
    ours = f"Citewire (95%: {exact['low']}-{exact['high']}, {f1['low']}-{f1['high']})"
    lines.append(f"  {ours:38}{exact['value']:7}{f1['value']:7}")
    lines += [f"  {name + ', 2022':38}{em:7}{f:7}" for name, (em, f) in PUBLISHED.items()]
    lines += [
        f"  The answer's text holds the gold answer: {answers['gold_in_text']}% (of "
        f"{answers['text_characters']} characters on average)",
        f"  Declined: {answers['declined']}%; {answers['seconds_median']} s per question (median)",
        "",
        "Share of questions with the gold answer in the first passages:",
        f"  {'':20}" + "".join(f"{f'first {k}':>10}" for k in DEPTHS) + f"{'characters of 5':>17}",
    ]
    for name, row in found["retrieval"].items():
        figures = "".join(f"{row[f'recall@{k}']:10}" for k in DEPTHS)
        lines.append(f"  {name:20}{figures}{row['characters@5']:17,}")
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
            "article that holds the answer:",
            f"  declined {declining['declined']}%; ROC area of the confidence "
            f"{declining['roc_area']}",
        ]
    return "\n".join(lines)


def library(folder: Path, lane: Lane, settings: Settings, show: Show) -> Newsroom:
    """The library of the folder's articles, kept in the cache between runs."""
    path = folder / "articles.jsonl.gz"
    if not path.is_file():
        raise QuestionError(
            f"There is no {path}; name a folder made by: citewire benchmark prepare"
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
    with gzip.open(out / "articles.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(a, ensure_ascii=False) + "\n" for a in articles.values())
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


def _asked(record: _Record, time: int) -> Asked:
    """`time` counts the questions of this id: some files give one to two questions."""
    if not all(map(normalise, record.answers)):
        raise ValueError(f"answers: {list(record.answers)} has one without words")
    question = Question(
        id=record.id if time == 1 else f"{record.id}-{time}", question=record.question,
        answers=tuple(" ".join(order) for order in itertools.permutations(record.answers)),
        as_of=record.date + datetime.timedelta(days=1),
    )  # fmt: skip
    return Asked(question, tuple(canonical(u) or u for u in record.search_urls))


def _spell(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or 'the line'}: {first['msg']}"
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON: {error.msg} at character {error.pos + 1}"
    return str(error)


def _articles(asked: Asked, lane: Lane, room: Newsroom) -> list[str] | None:
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
    texts = [row.answer.text if row.status not in ("declined", "error") and row.answer else ""
             for row in report.rows]  # fmt: skip
    held = [_holds(text, row.question) for text, row in zip(texts, report.rows, strict=True)]
    return {
        "exact_match": _percent(report, "exact_match"),
        "f1": _percent(report, "f1"),
        "gold_in_text": round(100 * fmean(held), 1),
        "text_characters": round(fmean(map(len, texts))),
        "declined": round(100 * fmean(row.status == "declined" for row in report.rows), 1),
        "seconds_median": round(report.median_seconds, 3),
    }


def _percent(report: Report, name: str) -> dict[str, float]:
    figure = report.totals[name]
    return {k: round(100 * getattr(figure, k), 1) for k in ("value", "low", "high")}


def _retrieval(
    report: Report, asked: Sequence[Asked], scopes: dict[str, list[str] | None], room: Newsroom,
    lane: Lane, settings: Settings, show: Show, recipe: bool,
) -> dict[str, Any]:  # fmt: skip
    """Answer-recall of ours and of the baselines, on the same passages but for the recipe's."""
    found: dict[str, list[list[Passage]]] = {
        "Citewire": [list(r.answer.passages) if r.answer else [] for r in report.rows]
    }
    index = baselines.index(room)
    for done, a in enumerate(asked, 1):
        for name, passages in _baselines(a, scopes[a.question.id], index).items():
            found.setdefault(name, []).append(passages)
        show("Searching for the baselines", done, len(asked))
    if recipe:
        found["LangChain recipe"] = _recipe(asked, scopes, room, lane, settings, show)
    return {
        name: {
            f"recall@{k}": round(
                fmean(any(_holds(p.text, a.question) for p in passages[:k])
                      for a, passages in zip(asked, lists, strict=True)), 3)
            for k in DEPTHS
        } | {"characters@5": round(fmean(sum(len(p.text) for p in ps[:5]) for ps in lists))}
        for name, lists in found.items()
    }  # fmt: skip


def _baselines(asked: Asked, keys: Sequence[str] | None, index: Index) -> dict[str, list[Passage]]:
    question = asked.question
    scope = Scope(Window(as_of=question.as_of), articles=None if keys is None else tuple(keys))
    words, meaning = (
        search(question.question, index, CANDIDATES, scope)
        for search in (baselines.by_words, baselines.by_vectors)
    )
    ranks: dict[int, float] = {}
    for found in (words, meaning):
        for rank, passage in enumerate(found, 1):
            ranks[passage.id] = ranks.get(passage.id, 0.0) + 1 / (RRF + rank)
    by_id = {p.id: p for p in (*words, *meaning)}
    fused = sorted(by_id.values(), key=lambda p: (-ranks[p.id], p.id))
    return {"BM25": words, "Vectors": meaning, "Rank fusion": fused}


def _recipe(
    asked: Sequence[Asked], scopes: dict[str, list[str] | None], room: Newsroom, lane: Lane,
    settings: Settings, show: Show,
) -> list[list[Passage]]:  # fmt: skip
    from rag.evaluation.benchmarks.recipe import Recipe

    recipe = Recipe(room.folder / "recipe", settings)
    wanted = {key for keys in scopes.values() for key in keys or ()}
    stored = room.articles() if lane == "open" else map(room.article, sorted(wanted))
    recipe.add(stored, lambda done, total: show("Adding to the LangChain recipe", done, total))
    lists = []
    for done, a in enumerate(asked, 1):
        keys = scopes[a.question.id]
        lists.append(recipe.search(a.question.question, keys=keys))
        show("Asking the LangChain recipe", done, len(asked))
    return lists


def _declining(
    report: Report, ask: Callable[[Question, Sequence[str]], Answer],
    scopes: dict[str, list[str] | None], room: Newsroom, show: Show,
) -> dict[str, Any]:  # fmt: skip
    """Are questions that were answered right declined once nothing holds the answer any more?"""
    right = [row for row in report.rows if row.answer and row.verdict == "right"]
    if not right:
        return {"questions": 0}
    every = [stored.key for stored in room.articles()] if None in scopes.values() else []
    text = functools.cache(lambda key: normalise(" ".join(_words(room, key))))
    before, after, declined = [], [], 0
    for done, row in enumerate(right, 1):
        keys = scopes[row.question.id]
        left = [k for k in (every if keys is None else keys) if not _holds(text(k), row.question)]
        answer = ask(row.question, left)
        assert row.answer is not None
        before.append(row.answer.confidence)
        after.append(answer.confidence)
        declined += answer.status == "declined"
        show("Asking without the gold articles", done, len(right))
    from sklearn.metrics import roc_auc_score

    labels = [1] * len(before) + [0] * len(after)
    return {
        "questions": len(right),
        "declined": round(100 * declined / len(right), 1),
        "roc_area": round(float(roc_auc_score(labels, before + after)), 3),
    }


def _words(room: Newsroom, key: str) -> Iterator[str]:
    article = room.article(key).article
    yield article.title
    yield from article.paragraphs


def _holds(text: str, question: Question) -> bool:
    """True if the normalised text contains a gold answer."""
    plain = normalise(text)
    return any((gold := normalise(answer)) and gold in plain for answer in question.answers)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text("utf-8").splitlines():
        if line.strip():
            yield json.loads(line)
