"""From a question to a checked answer: the path of `ask`, in order."""

from __future__ import annotations

import functools
import itertools
import re
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date

from rag import (
    check,
    cite,
    copies,
    evidence,
    followup,
    introduction,
    likeness,
    llm,
    overview,
    prompt,
    question,
    reader,
    spelling,
    timeframe,
    write,
)
from rag.errors import ModelError
from rag.evidence import Reading
from rag.filter import Filter
from rag.question import Asked
from rag.records import Answer, Citation, Passage, Reason, Scope, Searched, Statement, Status
from rag.retrieve import Index, retrieve
from rag.settings import CAUTION, Settings

NEAREST = 3
"""Passages offered with a declined answer."""

GREETING = "Ask me a question about the news in the library."
EMPTY = "There is no question. Ask, for example: What happened in …?"
UNCLEAR = "The question by itself says too little; name who or what is meant."
NO_SUPPORT = "No sure answer to this question was found in the library."
NOTHING = "There are no articles in the library yet; add some with: citewire add FILES"
WINDOW_EMPTY = "No article in the library was published in that period."
OUTLET_MISSING = "No article in the library is from {}."
ARTICLE_MISSING = "None of the named articles is in the library."
_OWN = frozenset({GREETING, EMPTY, UNCLEAR, NO_SUPPORT, NOTHING, WINDOW_EMPTY, ARTICLE_MISSING})
"""Texts of answers that name nobody."""
PART_MISSING = "No sure answer was found to: {}"
LEFT_OUT = "{} left out: not found in the articles."
OWN_WORDS = "The answer is in the articles' own words."
REST_MISSING = "The rest of the answer is missing."
NOTHING_HELD = "Nothing that the language model {} wrote was found in the articles it cites."
SAID_NONE = "The language model {} found no answer in the articles."
NO_ROOM = "No paragraph fits into {:,} tokens for the language model; set CITEWIRE_PROMPT_TOKENS."


@dataclass(frozen=True)
class _Part:
    """One of the questions that a question asks."""

    words: str
    """As it was asked."""
    asked: Asked
    reading: Reading


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
    checked: set[str] = field(default_factory=set)
    numbers: dict[tuple[str, int], int] = field(default_factory=dict)
    model: str | None = None
    no_answer: bool = False
    """The language model said that the passages hold none."""
    rewritten: bool = False
    """The language model made the question standalone."""
    failed: bool = False
    """The language model could not be used, or broke off."""
    confidence: float = 0.0
    short: str | None = None

    @functools.cached_property
    def searched(self) -> Searched:
        """What the filters leave of the library."""
        window, store = self.scope.window, self.index.store
        count, newest, undated = store.scope(Filter.of(self.scope))
        included = window.undated == "include"
        if not included:
            every = replace(self.scope, window=replace(window, undated="include"))
            undated = store.scope(Filter.of(every))[2]
        return Searched(count, newest, undated, included, self.library)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.timings[stage] = self.timings.get(stage, 0.0) + time.perf_counter() - start


def stream(
    asked: str, index: Index, scope: Scope, history: Sequence[Mapping[str, str]],
    model: str | None, k: int, settings: Settings, library: str,
) -> Iterator[Statement | Answer]:  # fmt: skip
    """Yields each statement that holds, then the Answer; `k` passages are found for it."""
    text = question.clean(asked)
    chat = llm.load(model, settings)
    draft = _Draft(text, followup.core(text), index, scope, library)
    if not text or question.is_greeting(text):
        yield _declined(draft, "greeting" if text else "empty", GREETING if text else EMPTY)
        return
    if not draft.searched.articles:
        yield _nothing_to_search(draft)
        return
    with draft.timed("question"):
        core = draft.standalone
        said = [{**t, "answer": "" if t["answer"] in _OWN else t["answer"]} for t in history]
        draft.standalone = _standalone(draft, said, chat)
        understood = question.analyse(draft.standalone, core)
    is_news = understood.kind == "overview" and not followup.points(draft.standalone)
    if is_news and (days := timeframe.days(core, _today(scope))):
        draft = replace(draft, scope=_within(scope, *days))
        if not draft.searched.articles:
            with index.store.snapshot():
                draft.passages = list(overview.news(index, scope).passages)
            yield _declined(draft, "window_empty", WINDOW_EMPTY)
            return
    if not (understood.terms or is_news or scope.articles):
        yield _declined(draft, "empty", UNCLEAR)
        return
    # Another process may add and remove articles meanwhile.
    with index.store.snapshot():
        with draft.timed("retrieve"):
            draft.passages = retrieve(draft.standalone, index, draft.scope, k)
            if (mended := _mended(draft, core)) != draft.standalone:
                draft.standalone = mended
                draft.passages = retrieve(mended, index, draft.scope, k)
        # A language model answers a question as a whole.
        asked_for = [(draft.standalone, core)] if chat else followup.parts(draft.standalone, core)
        read = _read(draft, asked_for, k)
        sources = _sources(draft) if chat and not draft.failed else []
    if chat and sources:
        yield from _by_model(draft, chat, sources, settings)
    missing = len(draft.dropped)
    # A statement that was shown is never taken back, so the articles' own words are used only
    # where nothing of the model's was.
    unsure: list[_Part] = []
    if not draft.shown and not draft.no_answer:
        unsure = [p for p in read if p.reading.confidence < CAUTION[settings.caution]]
        most = write.SENTENCES - (len(read) > 1)
        draft.checked.clear()  # what a model wrote may stand elsewhere in the articles
        for part in (p for p in read if p not in unsure):
            written = write.extract(part.asked, part.reading, most)
            yield from _checked(draft, written)
            if not any(s.text.startswith(d.text) for s in draft.shown for d in written):
                unsure.append(part)
        missing = len(draft.dropped) - missing
        if chat and draft.shown:
            draft.notices.append(OWN_WORDS)
    if not draft.shown:
        yield _declined(draft, "no_support", NO_SUPPORT)
        return
    draft.notices += [PART_MISSING.format(p.words) for p in unsure]
    shorts = (_shown_in(draft, write.short(p.reading)) for p in read if p not in unsure)
    draft.short = "; ".join(dict.fromkeys(short for short in shorts if short)) or None
    if missing:
        what = "One sentence was" if missing == 1 else f"{missing} sentences were"
        draft.notices.append(LEFT_OUT.format(what))
    broken = draft.failed and draft.model is not None
    reason: Reason = (
        "statements_dropped" if missing else "model_failed" if broken else
        "part_unanswered" if unsure else ""
    )  # fmt: skip
    yield _answer(draft, "partial" if reason else "answered", reason)


def _today(scope: Scope) -> date:
    return scope.window.as_of or date.today()


def _within(scope: Scope, first: date, last: date) -> Scope:
    """The scope, narrowed to the days that the question asks about."""
    window = scope.window
    since, until = max(window.since or first, first), min(window.until or last, last)
    return replace(scope, window=replace(window, since=since, until=until, undated="exclude"))


def _standalone(draft: _Draft, history: Sequence[Mapping[str, str]], chat: llm.Model | None) -> str:
    if history and chat:
        try:
            reply = chat.complete(prompt.rewrite_messages(draft.standalone, history))
        except ModelError as error:
            draft.failed = True  # it is not asked again: that would be waiting twice
            draft.notices.append(str(error))
        else:
            if rewritten := prompt.rewritten(reply, draft.standalone, history):
                draft.rewritten = True
                return rewritten
    return followup.standalone(draft.standalone, history)


def _mended(draft: _Draft, core: str) -> str:
    """The standalone question as what was found with it shows it to be meant."""
    found = [f"{p.title} {p.text}" for p in draft.passages]
    is_new = not draft.rewritten and followup.changes_subject(core, draft.standalone, found)
    return spelling.corrected(core if is_new else draft.standalone, draft.index, found)


def _read(draft: _Draft, questions: Sequence[tuple[str, str]], k: int) -> list[_Part]:
    """Each of the questions, as it stands alone and as it was asked, with what was read for it.

    The draft gets the `k` best passages of all, and the least confidence.
    """
    found = []
    for text, words in questions:
        passages = draft.passages
        if len(questions) > 1:
            with draft.timed("retrieve"):
                passages = retrieve(text, draft.index, draft.scope, k)
        with draft.timed("read"):
            asked, reading = _read_one(draft, question.analyse(text, words), passages)
        reading = replace(reading, evidence=evidence.corrected(reading.evidence))
        found.append(_Part(words, asked, reading))
    ranked = itertools.chain(*itertools.zip_longest(*(part.reading.passages for part in found)))
    draft.passages = list({p.id: p for p in ranked if p}.values())[:k]
    draft.confidence = min(part.reading.confidence for part in found)
    return found


def _read_one(draft: _Draft, asked: Asked, passages: Sequence[Passage]) -> tuple[Asked, Reading]:
    """The question as it was taken, and what reading the passages for it gives."""
    index = draft.index
    if asked.kind == "overview" and not asked.subject:
        return asked, overview.news(index, draft.scope)
    name = introduction.name_asked(asked.text)
    if name and (introduced := introduction.read(name, passages, index)):
        return replace(asked, kind="overview"), introduced
    # The network has learned from questions that ask for something in particular.
    if index.network and asked.kind != "overview":
        return asked, reader.read(asked, passages, index, index.network, _today(draft.scope))
    read = overview.read if asked.kind == "overview" else likeness.read
    return asked, read(asked, passages, index)


def _sources(draft: _Draft) -> list[check.Source]:
    """The paragraphs of the passages, none twice."""
    seen: dict[tuple[str, int], check.Source] = {}
    for passage in draft.passages:
        stored = draft.index.store.article(passage.article, passage.version)
        for number in passage.paragraphs:
            seen.setdefault((passage.article, number), check.Source(stored, number))
    return list(seen.values())


def _by_model(
    draft: _Draft, chat: llm.Model, given: list[check.Source], settings: Settings
) -> Iterator[Statement]:
    """The model's statements that hold. Sets `draft.model` where there are any."""
    messages, sources = prompt.answer_messages(
        draft.standalone, given, draft.scope.window.as_of, settings.prompt_tokens
    )
    if not sources:
        draft.notices.append(NO_ROOM.format(settings.prompt_tokens))
        return
    with draft.timed("write"):
        try:
            for statement in _checked(draft, cite.drafts(chat.stream(messages), sources)):
                draft.model = chat.name
                yield statement
        except ModelError as error:
            draft.failed = True
            draft.notices += [str(error), REST_MISSING] if draft.shown else [str(error)]
            return
    if not draft.shown:
        draft.notices.append((SAID_NONE if draft.no_answer else NOTHING_HELD).format(chat.name))


def _checked(draft: _Draft, written: Iterable[cite.Draft]) -> Iterator[Statement]:
    """Checks and numbers each sentence; yields those that hold and keeps the others aside."""
    for sentence in written:
        if prompt.says_none(sentence.text):
            draft.no_answer = True
        if prompt.says_none(sentence.text) or sentence.text in draft.checked:
            continue
        draft.checked.add(sentence.text)
        reason = check.fault(sentence.text, sentence.sources, draft.index.network)
        if reason is None:
            start = sum(len(s.text) + 1 for s in draft.shown)
            text, found = cite.cite(sentence, draft.numbers, start)
            citations = tuple(_with_copies(citation, draft) for citation in found)
            statement = Statement(text, citations, "supported", "its facts stand in what it cites")
            draft.shown.append(statement)
            yield statement
        else:
            draft.dropped.append(Statement(sentence.text, (), "unsupported", reason))


def _with_copies(citation: Citation, draft: _Draft) -> Citation:
    """The citation with what the copies of its article add: who says the same, who corrected it."""
    held = draft.index.store.copies(citation.article, draft.scope.window.as_of)
    others = [stored.article for stored in held if stored.article.outlet != citation.outlet]
    saying = [o.outlet for o in others if o.outlet and copies.says(o, citation.quote)]
    corrected = (f"{o.outlet}: {o.correction}" for o in others if o.outlet and o.correction)
    return replace(
        citation,
        also_in=tuple(dict.fromkeys(saying)),
        correction=citation.correction or next(corrected, None),
    )


def _shown_in(draft: _Draft, short: str | None) -> str | None:
    """The exact words of the answer, if a shown statement has them."""
    whole = re.compile(rf"(?<!\w){re.escape(short or '')}(?!\w)")
    return short if short and any(whole.search(s.text) for s in draft.shown) else None


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


def _nearest(passages: Sequence[Passage]) -> tuple[Passage, ...]:
    """The first passage of each of the nearest articles."""
    first: dict[str, Passage] = {}
    for passage in passages:
        first.setdefault(passage.article, passage)
    return tuple(first.values())[:NEAREST]


def _answer(draft: _Draft, status: Status, reason: Reason) -> Answer:
    declined = status == "declined"
    citations: tuple[Citation, ...] = tuple(c for s in draft.shown for c in s.citations)
    return Answer(
        question=draft.asked, standalone_question=draft.standalone,
        text=" ".join(draft.notices if declined else [s.text for s in draft.shown]),
        short=draft.short, confidence=draft.confidence, statements=tuple(draft.shown),
        citations=citations, status=status, reason=reason, notices=tuple(draft.notices),
        nearest=_nearest(draft.passages) if declined else (),
        passages=tuple(draft.passages), window=draft.scope.window, searched=draft.searched,
        model=draft.model, dropped=tuple(draft.dropped), timings=dict(draft.timings),
    )  # fmt: skip
