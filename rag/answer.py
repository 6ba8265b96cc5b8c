"""From a question to a checked answer: the path of `ask`, in order."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rag import check, cite, llm, prompt, question, reader, write
from rag.errors import ModelError
from rag.records import Answer, Citation, Passage, Reason, Searched, Statement, Status
from rag.retrieve import Index, Scope, retrieve
from rag.settings import Settings

NEAREST = 3
"""Passages offered with a declined answer."""
LEAST_CONFIDENCE = 0.5
"""Below this the library is taken not to answer."""

GREETING = "Hello. Ask me a question about the news in the library."
EMPTY = "There is no question. Ask, for example: What happened in …?"
NO_SUPPORT = "The library does not answer this question."
NOTHING = "There are no articles in the library yet; add some with: citewire add FILES"
WINDOW_EMPTY = "No article in the library was published in that period."
OUTLET_MISSING = "No article in the library is from {}."
ARTICLE_MISSING = "None of the named articles is in the library."
LEFT_OUT = "{} left out: not found in the articles."


@dataclass
class _Draft:
    """An answer in the making."""

    asked: str
    standalone: str
    index: Index
    scope: Scope
    library: str
    timings: dict[str, float] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    shown: list[Statement] = field(default_factory=list)
    dropped: list[Statement] = field(default_factory=list)
    numbers: dict[tuple[str, int], int] = field(default_factory=dict)
    model: str | None = None
    confidence: float = 0.0
    short: str | None = None

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.timings[stage] = self.timings.get(stage, 0.0) + time.perf_counter() - start


def stream(
    asked: str, index: Index, scope: Scope, history: Sequence[Mapping[str, str]],
    model: str | None, k: int, settings: Settings, library: str,
) -> Iterator[Statement | Answer]:  # fmt: skip
    """Yields each statement that holds, then the Answer; `k` passages are read for it."""
    text = question.clean(asked)
    draft = _Draft(text, text, index, scope, library)
    if not text or question.is_greeting(text):
        yield _declined(draft, "greeting" if text else "empty", GREETING if text else EMPTY)
        return
    searched = _searched(draft)
    if not searched.articles:
        yield _nothing_to_search(draft)
        return
    with draft.timed("question"):
        draft.standalone = _standalone(draft, history, model, settings)
        parts = question.analyse(draft.standalone, text)
    with draft.timed("retrieve"):
        draft.passages = retrieve(draft.standalone, index, scope, k)
    with draft.timed("read"):
        reading = reader.read(parts, draft.passages, index)
        draft.confidence = reading.confidence
        draft.passages = list(reading.passages)
    if model is not None and draft.passages:
        yield from _by_model(draft, model, settings)
    # A statement that was shown is never taken back, so the articles' own words are used only
    # where nothing of the model's was.
    if not draft.shown and draft.confidence >= LEAST_CONFIDENCE and draft.model is None:
        draft.short = write.short(reading)
        yield from _checked(draft, write.extract(parts, reading))
    if not draft.shown:
        yield _declined(draft, "no_support", NO_SUPPORT)
        return
    if draft.dropped:
        count = len(draft.dropped)
        what = "One sentence was" if count == 1 else f"{count} sentences were"
        draft.notices.append(LEFT_OUT.format(what))
    broken = bool(draft.dropped or draft.notices)
    yield _answer(draft, "partial" if broken else "answered",
                  "statements_dropped" if draft.dropped else "")  # fmt: skip


def _standalone(
    draft: _Draft, history: Sequence[Mapping[str, str]], model: str | None, settings: Settings
) -> str:
    if history and model is not None:
        try:
            rewritten = llm.complete(prompt.rewrite_messages(draft.asked, history), model, settings)
            if 0 < len(rewritten) <= question.LONGEST and "\n" not in rewritten:
                return rewritten
        except ModelError:
            pass  # the answer's own call says what is wrong with the model
    return question.standalone(draft.asked, history)


def _by_model(draft: _Draft, model: str, settings: Settings) -> Iterator[Statement]:
    """The model's statements that hold. Sets `draft.model` unless the model could not be used."""
    seen: dict[tuple[str, int], check.Source] = {}
    for passage in draft.passages:
        stored = draft.index.store.article(passage.article)
        for number in passage.paragraphs:
            seen.setdefault((passage.article, number), check.Source(stored, number))
    messages, sources = prompt.answer_messages(
        draft.standalone, list(seen.values()), draft.scope.window.as_of, settings.prompt_tokens
    )
    said_none = False

    def pieces() -> Iterator[str]:
        nonlocal said_none
        text = llm.stream(messages, model, settings)
        start = ""
        for piece in text:
            start += piece
            if len(start.strip()) >= len(prompt.NO_ANSWER):
                break
        said_none = start.strip().upper().startswith(prompt.NO_ANSWER)
        if not said_none:
            yield start
            yield from text

    with draft.timed("write"):
        try:
            yield from _checked(draft, cite.drafts(pieces(), sources))
        except ModelError as error:
            what = "The rest of the answer is missing." if draft.shown else ""
            draft.notices.append(f"{error}. {what}".strip())
            if not draft.shown:
                draft.notices.append("The answer below is in the articles' own words.")
    if draft.shown or said_none:
        draft.model = model


def _checked(draft: _Draft, written: Iterable[cite.Draft]) -> Iterator[Statement]:
    """Checks and numbers each sentence; yields those that hold and keeps the others aside."""
    for sentence in written:
        reason = check.fault(sentence.text, sentence.sources)
        if reason is None:
            start = sum(len(s.text) + 1 for s in draft.shown)
            text, citations = cite.cite(sentence, draft.numbers, start)
            statement = Statement(text, citations, "supported", "its facts stand in what it cites")
            draft.shown.append(statement)
            yield statement
        else:
            draft.dropped.append(Statement(sentence.text, (), "unsupported", reason))


def _searched(draft: _Draft) -> Searched:
    window = draft.scope.window
    chosen = draft.index.store.within(window, draft.scope.outlets, draft.scope.articles)
    count, newest, undated = draft.index.store.scope(chosen)
    included = window.undated == "include"
    return Searched(count, newest, undated, included, draft.library)


def _nothing_to_search(draft: _Draft) -> Answer:
    store, scope = draft.index.store, draft.scope
    if not store.counts()["articles"]:
        return _declined(draft, "library_empty", NOTHING)
    if scope.outlets and not set(scope.outlets) & set(store.outlets()):
        return _declined(draft, "outlet_missing", OUTLET_MISSING.format(" or ".join(scope.outlets)))
    if scope.articles is not None and not any(store.fingerprint_of(k) for k in scope.articles):
        return _declined(draft, "article_missing", ARTICLE_MISSING)
    return _declined(draft, "window_empty", WINDOW_EMPTY)


def _declined(draft: _Draft, reason: Reason, notice: str) -> Answer:
    draft.notices.append(notice)
    return _answer(draft, "declined", reason)


def _answer(draft: _Draft, status: Status, reason: Reason) -> Answer:
    declined = status == "declined"
    citations: tuple[Citation, ...] = tuple(c for s in draft.shown for c in s.citations)
    return Answer(
        question=draft.asked, standalone_question=draft.standalone,
        text=" ".join(draft.notices if declined else [s.text for s in draft.shown]),
        short=draft.short, confidence=draft.confidence, statements=tuple(draft.shown),
        citations=citations, status=status, reason=reason, notices=tuple(draft.notices),
        nearest=tuple(draft.passages[:NEAREST]) if declined else (),
        passages=tuple(draft.passages), window=draft.scope.window, searched=_searched(draft),
        model=draft.model, dropped=tuple(draft.dropped), timings=dict(draft.timings),
    )  # fmt: skip
