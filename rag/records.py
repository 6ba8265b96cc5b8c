"""The data that the stages hand to one another. Everything here is frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from itertools import chain
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Timestamp:
    """A point in time as its source gave it: a whole day, or an instant."""

    text: str
    """ISO 8601: "2025-03-30" is a day, "2025-03-30T19:00:00+09:00" an instant with its offset."""
    source: str
    """Where it was read: "front matter", "JSON-LD datePublished", "visible text", "clock"."""

    def __post_init__(self) -> None:
        """Raises ValueError for what is neither a day nor an instant with its offset."""
        try:
            if len(self.text) != 10 and datetime.fromisoformat(self.text).tzinfo is None:
                raise ValueError
            date.fromisoformat(self.text[:10])
        except ValueError as error:
            raise ValueError(
                f"{self.text!r} is neither a day, such as 2025-03-30, nor an instant with its "
                "offset, such as 2025-03-30T19:00:00+09:00."
            ) from error

    @property
    def precision(self) -> Literal["day", "instant"]:
        return "day" if len(self.text) == 10 else "instant"

    @property
    def day(self) -> date:
        """The calendar day where it was written, not converted to UTC."""
        return date.fromisoformat(self.text[:10])


@dataclass(frozen=True, slots=True)
class Article:
    """One story as one outlet published it, as read from a source."""

    title: str
    paragraphs: tuple[str, ...]
    """Cleaned, in order, none repeated. Paragraph n of a citation is `paragraphs[n - 1]`."""
    url: str | None = None
    """Canonical address, or None where the source gave none."""
    outlet: str | None = None
    """Name of the publisher; where only an address is known, its host name."""
    authors: tuple[str, ...] = ()
    published: Timestamp | None = None
    """None where the source does not say. Never the time of fetching."""
    updated: Timestamp | None = None
    fetched: Timestamp | None = None
    """When it was read into the library."""
    note: str | None = None
    """A remark shown with every citation of the article, such as "Sample text"."""
    origin: str = ""
    """The file (and line) or the address it came from, for messages."""
    correction: str | None = None
    """What the outlet says it has corrected or clarified, in its words."""
    key: str = ""
    """What a library is to call it where it has no address, such as an agency's URN."""
    remark: str = ""
    """What its source says that cannot be used, in words. Not stored."""

    def __post_init__(self) -> None:
        """Raises ValueError where there is no paragraph, and for what is none."""
        if not self.paragraphs:
            raise ValueError(f"{self.title!r} has no paragraph; give it at least one.")
        for number, text in enumerate(self.paragraphs, 1):
            if "\n" in text or not text.strip():
                raise ValueError(
                    f"Paragraph {number} of {self.title!r} is empty or has a line break; give each "
                    "paragraph as a text of its own."
                )

    @property
    def day(self) -> date | None:
        """The day on which it was published, where that is known."""
        return self.published.day if self.published else None


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as the library holds it."""

    key: str
    """Canonical URL, or what its agency calls it, or "sha256:…" of title and text."""
    version: int
    """1 for the first text seen under this key."""
    article: Article
    also_in: tuple[str, ...] = ()
    """Other outlets of which the library holds a copy, perhaps edited, whatever their dates."""

    def paragraph(self, number: int) -> str:
        return self.article.paragraphs[number - 1]


@dataclass(frozen=True, slots=True)
class ExportedArticle(Article):
    """One version of an article as another library held it under its key."""

    version: int = 0


@dataclass(frozen=True, slots=True)
class Rejected:
    """Something that was offered to the library and not taken."""

    origin: str
    """File, line or address."""
    reason: str
    """What is wrong and what to do about it."""
    withdraws: str = ""
    """Key of the article that its agency has withdrawn with this. Where a library holds it, it is
    no rejection: the article is marked as withdrawn."""
    withdrawn: Timestamp | None = None
    """When that was, where the agency says so: a later item that is usable counts."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that was left out of an article that was taken."""

    origin: str
    """File, line or address."""
    text: str


@dataclass(frozen=True, slots=True)
class AddReport:
    """What became of everything given to `Newsroom.add`."""

    added: tuple[str, ...] = ()
    """Keys of articles that are new."""
    updated: tuple[str, ...] = ()
    """Keys of articles that were there with another text."""
    unchanged: tuple[str, ...] = ()
    older: tuple[str, ...] = ()
    """Keys of articles of which the library holds a later state; these were left out."""
    copies: tuple[str, ...] = ()
    """Keys of added articles that are copies of others: the same text, perhaps lightly edited."""
    rejected: tuple[Rejected, ...] = ()
    remarks: tuple[Remark, ...] = ()
    """What could not be used of articles that were taken, such as a date that is none."""

    @classmethod
    def of(cls, reports: Sequence[AddReport]) -> AddReport:
        """What several reports say together."""
        return cls(*(tuple(chain(*(getattr(r, f.name) for r in reports))) for f in fields(cls)))

    def __str__(self) -> str:
        names = ("added", "updated", "unchanged", "older", "copies", "rejected")
        return ", ".join(f"{len(getattr(self, name))} {name}" for name in names)


@dataclass(frozen=True, slots=True)
class Passage:
    """Consecutive paragraphs of one article: the unit that is retrieved."""

    id: int
    article: str
    """Key of the article."""
    title: str
    outlet: str | None
    url: str | None
    published: Timestamp | None
    paragraphs: tuple[int, ...]
    """Numbers of its paragraphs; one number where it is a part of a long paragraph."""
    text: str
    """Its paragraphs joined by a newline."""
    score: float = 0.0
    """Fused rank score; higher is better. Comparable within one search only."""
    similarity: float = 0.0
    """Cosine of question and passage in [-1, 1]; 0.0 where it was found by words only."""
    note: str | None = None
    correction: str | None = None
    """What the outlet corrected in the article, in its words."""
    story: int = 0
    """Equal for passages of articles that are copies of one text."""
    also_in: tuple[str, ...] = ()
    """Other outlets of which the library holds a copy of the article, perhaps edited."""
    version: int = 1
    """Of the article; its newest, or the newest of the day that the question is asked on."""

    @property
    def day(self) -> date | None:
        """The day on which the article was published, where that is known."""
        return self.published.day if self.published else None


@dataclass(frozen=True, slots=True)
class Citation:
    """One statement's reference to one paragraph."""

    number: int
    """As shown in the answer. One number per cited paragraph."""
    article: str
    outlet: str | None
    title: str
    url: str | None
    published: Timestamp | None
    paragraph: int
    """From 1, within the article version that was read."""
    quote: str
    """The exact words of the paragraph that carry the statement."""
    span: tuple[int, int]
    """Characters [start, end) of the quote in the paragraph."""
    answer_span: tuple[int, int]
    """Characters [start, end) of the statement in `Answer.text`."""
    note: str | None = None
    """The article's own remark, such as "Sample text"."""
    correction: str | None = None
    """What the outlet corrected in the article, in its words; where it corrected nothing, what
    another did in its copy, with that one's name."""
    also_in: tuple[str, ...] = ()
    """Other outlets whose copy of the article says the same. One voice with this one."""
    version: int = 1
    """The version of the article that was read."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer with its citations and the verdict on it."""

    text: str
    """The sentence as shown, with its markers: "He met Gen Nakatani. [1]"."""
    citations: tuple[Citation, ...]
    verdict: Literal["supported", "unsupported"]
    reason: str
    """Why, in words."""

    def __str__(self) -> str:
        return self.text


SURE = 0.8
"""Confidence from which the exact words of an answer are shown by themselves: below it most are
wrong, and the sentence they stand in says more."""
Status = Literal["answered", "partial", "declined"]
Reason = Literal[
    "", "greeting", "empty", "no_support", "library_empty", "window_empty", "outlet_missing",
    "article_missing", "statements_dropped", "part_unanswered", "model_failed",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Window:
    """The publication dates an answer may draw on."""

    since: date | None = None
    """First day, inclusive."""
    until: date | None = None
    """Last day, inclusive; leaves undated articles out."""
    as_of: date | None = None
    """Last day, inclusive, for a reader living on that day; leaves undated articles in."""
    undated: Literal["include", "exclude"] = "include"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an answer may come from."""

    window: Window = Window()
    outlets: tuple[str, ...] | None = None
    articles: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Searched:
    """What an answer was sought in."""

    articles: int
    """Articles within the filters."""
    newest: date | None
    """Publication day of the newest of them."""
    undated: int
    """Articles without a date that the window left in or out."""
    undated_included: bool
    library: str
    """Name of the library, for people."""

    def __str__(self) -> str:
        text = f"Searched {self.articles:,} article{'s' * (self.articles != 1)} of {self.library}"
        if self.newest:
            text += f", newest {day_in_words(self.newest)}"
        if self.undated:
            text += f"; {self.undated:,} undated left {'in' if self.undated_included else 'out'}"
        return text + "."


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question, with everything needed to check it."""

    question: str
    standalone_question: str
    """The question as it was searched, with what a follow-up leaves out filled in."""
    text: str
    """The shown statements joined by a space; of a declined answer, its notices."""
    short: str | None
    """The exact words of the answer, of several questions with "; " between; None where more than a
    fact is asked for."""
    confidence: float
    """How sure it is, from 0 to 1, that the library answers the question."""
    statements: tuple[Statement, ...]
    """The shown statements, in order."""
    citations: tuple[Citation, ...]
    """The citations of the shown statements, in order of appearance."""
    status: Status
    reason: Reason
    """Why an answer is partial or declined, such as "part_unanswered" where one of several
    questions is not answered; empty for a full answer."""
    notices: tuple[str, ...]
    """Sentences of ours that claim nothing about the news."""
    nearest: tuple[Passage, ...]
    """The closest passages, offered when declining."""
    passages: tuple[Passage, ...]
    """What was found, best first. A language model is given what its prompt has room for; without
    one, the first few are read."""
    window: Window
    searched: Searched
    model: str | None
    """The language model whose statements are shown; None for the extractive writer."""
    dropped: tuple[Statement, ...] = ()
    """Statements the writer made that failed the check, with the reason. Not shown."""
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds per stage."""

    @property
    def headline(self) -> str | None:
        """`short`, where it is sure enough to be shown by itself."""
        return self.short if self.confidence >= SURE else None

    @property
    def is_searched(self) -> bool:
        """False for a greeting and for what asks nothing: the library was left alone."""
        return self.reason not in ("greeting", "empty")

    @property
    def understood(self) -> str | None:
        """The question as it was searched, where that is another than was asked."""
        is_other = self.standalone_question.lower() not in self.question.lower()
        return self.standalone_question if is_other and self.is_searched else None

    @property
    def footnotes(self) -> str:
        """What stands below the answer: its sources, notices, and what was searched."""
        lines: list[str] = []
        seen: set[int] = set()
        for c in self.citations:
            if c.number not in seen:
                seen.add(c.number)
                where = _where(c.outlet, c.published)
                also = f"; also in {', '.join(c.also_in)}" if c.also_in else ""
                lines.append(f"  [{c.number}] {c.title} ({where}{also}), paragraph {c.paragraph}")
                told = c.correction and c.correction in self.text
                below = (c.url, c.note, None if told else c.correction)
                lines.extend(f"      {line}" for line in below if line)
        if self.status != "declined":
            lines.extend(self.notices)
        for p in self.nearest:
            lines.append(
                f"  - {p.title} ({_where(p.outlet, p.published)}), paragraph {p.paragraphs[0]}"
            )
            lines.extend(f"      {line}" for line in (p.url, p.note, p.correction) if line)
        if self.understood:
            lines.append(f"Understood as: {self.understood}")
        if self.is_searched:
            lines.append(str(self.searched))
        return "\n".join(lines)

    def __str__(self) -> str:
        short = f"{self.headline}\n\n" if self.headline else ""
        return f"{short}{self.text}\n{self.footnotes}"

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready, with `"schema": 1`. Dates are ISO 8601, a missing value is null."""
        return {"schema": 1, **to_plain(self)}


def _where(outlet: str | None, published: Timestamp | None) -> str:
    day = published and published.day
    return ", ".join(str(part) for part in (outlet, day) if part) or "undated"


def day_in_words(day: date) -> str:
    """A day in words: "30 March 2025"."""
    return f"{day.day} {day:%B %Y}"  # Windows has no %-d


def to_plain(value: Any) -> Any:
    """A record, or a collection of records, as JSON-ready data."""
    if isinstance(value, Timestamp):
        return {"text": value.text, "precision": value.precision, "source": value.source}
    if hasattr(value, "__dataclass_fields__"):
        return {name: to_plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, dict):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [to_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return value
