"""A text as rows of words that can be compared: numbers, days and names among the others."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple

from rag import facts
from rag.question import STOP_WORDS, stem
from rag.sentences import sentences

Kind = Literal["word", "number", "day", "name"]


class Day(NamedTuple):
    """A day as far as it is known; None for what is not."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None
    """0 for Monday."""

    def within(self, other: Day) -> bool:
        """True where the other says all that this one says."""
        return all(mine is None or mine == its for mine, its in zip(self, other, strict=True))


@dataclass(frozen=True, slots=True)
class Word:
    """A content word, or a whole number, day or name."""

    kind: Kind
    text: str
    """As written."""
    keys: frozenset[object]
    """What it may be known by: a stem; values; a name's words, and its initials as a tuple; the
    days it may mean."""
    start: int
    """Of its first character in the sentence."""
    unit: str = ""
    """Of a number: "£" for any money, "%", or nothing."""
    lead: str = ""
    """What stands between the word before and this one."""
    denied: bool = False
    """It is what a denial denies: "reopen" in "did not reopen the bridge"."""
    doubtful: bool = False
    """It stands behind a denial in the same clause: "reopen" and "bridge"."""

    def same(self, other: Word) -> bool:
        """True where this word, of a statement, may mean what the other, of a source, means."""
        if self.kind != other.kind:
            return False
        if self.kind == "name" and not self.keys <= other.keys:
            return bool((self.keys & other.keys) - _OFFICES)
        days = ((a, b) for a in self.keys for b in other.keys)
        return bool(self.keys & other.keys) or any(
            isinstance(a, Day) and isinstance(b, Day) and a.within(b) for a, b in days
        )


Row = tuple[Word, ...]
"""The words of one sentence, in order, without those that carry no meaning of their own."""


class _Told(NamedTuple):
    """What is known of the time a text is about."""

    published: date | None
    years: tuple[int, ...]
    """Those it mentions."""


_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_EMPTY = (STOP_WORDS - {"say", "says", "said"}) | frozenset(
    "about around roughly approximately nearly almost over least yet still longer even including "
    "never cannot without am pm mr mrs ms old aged".split()
)
# Stems of what a person is called by besides a name: two presidents are not the same.
_OFFICES = frozenset(
    "presid prime minist secretari gener senat governor mayor councillor captain judg king queen "
    "princ pope cardin leader sir dame ceo professor dr".split()
)
# Words that open a sentence with a capital and name nobody, beside those of `facts.names`.
_OPENERS = frozenset(
    "nobody everybody everyone someone strong heavy high low local national global new old young "
    "big small large great long short early late full further former current recent additional "
    "winds rain waves flames smoke prices shares sales profits costs talks trains flights traffic "
    "schools hospitals shops homes houses buildings roads ships planes drivers passengers patients "
    "pupils students teachers doctors nurses engineers workers staff crews soldiers troops firefighters "
    "investors customers clients shareholders banks companies authorities investigators prosecutors "
    "lawyers voters councillors politicians leaders families children women men survivors victims "
    "witnesses protesters campaigners organisers volunteers neighbours tourists visitors farmers "
    "fishermen fans players analysts economists regulators contractors celebrations reports".split()
)
_SHORT_FORMS = (
    (r"United States(?: of America)?|U\.S\.A?\.?|US(?!\$)", "USA"),
    (r"United Kingdom|Great Britain|U\.K\.", "UK"),
    (r"United Nations|U\.N\.", "UN"),
    (r"European Union|E\.U\.", "EU"),
    (r"chief executive(?: officer)?", "CEO"),
    (r"per cent|percent", "%"),
)
# Peoples that are not called like their country. The others differ in their endings only.
_PEOPLES = {
    "american": "usa", "america": "usa", "british": "uk", "britain": "uk", "french": "france",
    "spanish": "spain", "spaniard": "spain", "dutch": "netherlands", "swiss": "switzerland",
    "danish": "denmark", "irish": "ireland", "polish": "poland", "finnish": "finland",
    "swedish": "sweden", "english": "england", "scottish": "scotland", "welsh": "wales",
    "filipino": "philippines", "thai": "thailand", "greek": "greece", "turkish": "turkey",
    "turkiye": "turkey", "burmese": "myanmar", "portuguese": "portugal", "norwegian": "norway",
}  # fmt: skip
# British endings and the American ones.
_SPELLINGS = (
    (r"our(?=$|ed$|ing$|s$|er)", "or"), (r"tre(?=s?$)", "ter"), (r"ence(?=s?$)", "ense"),
    (r"is(?=(?:e[ds]?|ing|ations?)$)", "iz"), (r"ll(?=(?:ed|ing|ers?)$)", "l"),
    (r"programme", "program"),
)  # fmt: skip
_MONTHS = {name.capitalize(): number for name, number in facts.MONTHS.items()}
_DAY = re.compile(
    rf"\b(?:{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\b(?!\.? \d)|"
    r"\b(?:yesterday|today|tonight|tomorrow|(?:last|this|next) (?:month|year)|years? ago)\b"
)
_WEEKDAY = re.compile(rf"\b({'|'.join(facts.WEEKDAYS)}),? (?:the )?$", re.IGNORECASE)
# In such a sentence a day may lie ahead.
_AHEAD = re.compile(
    r"\b(?:will|would|shall|due|next|until|by|expect(?:ed|s)?|plan(?:s|ned)?|scheduled|coming|"
    r"hopes?|intends?|(?:is|are|was|were) to|set (?:for|to))\b"
)
_TWO = frozenset({"both", "twice", "pair", "couple"})
_ORDINAL = re.compile(
    r"\b(?:both|twice|pair|couple|(?:(?:twen|thir|for|fif|six|seven|eigh|nine)ty-)?"
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|\w+t(?:een|ie)th|tenth|eleventh|"
    r"twelfth)\b",
    re.IGNORECASE,
)
_MONEY_BEFORE = re.compile(r"[£$€¥]$")
_MONEY_AFTER = re.compile(r" (?:dollar|pound|euro|yen|franc|rupee)")
# "No more than 20" and "not only" deny nothing.
_DENIAL = re.compile(
    r"\b(?:not(?! only\b)|no(?! (?:more|fewer|less|later|doubt)\b)|never|none|nobody|nothing|neither|"
    r"nor|without|cannot|rather than|instead of|den(?:y|ies|ied|ying)|unable|fail(?:s|ed)?|"
    r"refus(?:es|ed|ing)|declin(?:es|ed|ing)(?= to))\b|n['’]t\b",
    re.IGNORECASE,
)
_DOUBT = re.compile(
    r"\b(?:too \w+|rul(?:es?|ed|ing) out|reject(?:s|ed|ing)?|lack(?:s|ed|ing)?|prevent(?:s|ed|ing)?)\b",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(
    r"[,;:()\"“”—]|\b(?:but|when|whether|what|why|how|who|where|if|because|until|before)\b|$"
)


@lru_cache(maxsize=65536)
def known_as(word: str) -> str:
    """The form in which a word is compared: its stem in one spelling, a people as its country."""
    decomposed = unicodedata.normalize("NFKD", word)
    word = "".join(c for c in decomposed if not unicodedata.combining(c))
    word = _PEOPLES.get(word, word)
    for pattern, spelling in _SPELLINGS:
        word = re.sub(pattern, spelling, word)
    return stem(word)


def words(text: str) -> list[str]:
    """The words of a text in lower case, without possessive endings, long forms shortened."""
    return [re.sub(r"['’]s?$", "", w).lower() for w in _WORD.findall(plain(text))]


def plain(text: str) -> str:
    """The text with one form for what has several: "U.S." and "United States", 4:10 and 4.10."""
    for pattern, form in _SHORT_FORMS:
        text = re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", form, text)
    return re.sub(r"\b(\d{1,2}):(\d\d)(?!\d)", r"\1.\2", text)


@lru_cache(maxsize=4096)
def rows(text: str, published: date | None = None) -> tuple[Row, ...]:
    """The sentences of a text; `published` tells what "Tuesday" and "last year" mean in it."""
    told = _Told(published, tuple(int(y) for y in re.findall(r"\b(?:19|20)\d\d\b", text)))
    return tuple(_row(sentence, told) for sentence in map(plain, sentences(text)))


def _row(sentence: str, told: _Told) -> Row:
    row = list(_marks(sentence, told))
    taken = [(w.start, w.start + len(w.text)) for w in row]
    for match in _WORD.finditer(sentence):
        text = re.sub(r"['’]s?$", "", match[0]).lower()
        inside = any(start <= match.start() < end for start, end in taken)
        if not inside and len(text) > 1 and text not in _EMPTY and not re.search(r"n['’]t$", text):
            row.append(Word("word", text, frozenset({known_as(text)}), match.start()))
    row.sort(key=lambda w: w.start)
    at = 0
    for i, word in enumerate(row):
        row[i] = replace(word, lead=sentence[at : word.start])
        at = word.start + len(word.text)
    return tuple(_with_denials(row, sentence))


def _with_denials(row: list[Word], sentence: str) -> list[Word]:
    for pattern in (_DENIAL, _DOUBT):
        for match in pattern.finditer(sentence):
            end = _CLAUSE_END.search(sentence, match.end())
            last = end.start() if end else len(sentence)
            scope = [i for i, w in enumerate(row) if match.end() <= w.start < last]
            first = next((i for i in scope if not row[i].text.endswith("ly")), None)
            for i in scope:
                denied = row[i].denied or (pattern is _DENIAL and i == first)
                row[i] = replace(row[i], denied=denied, doubtful=True)
    return row


def _marks(sentence: str, told: _Told) -> Iterator[Word]:
    """The days, numbers and names of a sentence, none overlapping another."""
    taken: list[tuple[int, int]] = []

    def free(start: int, end: int) -> bool:
        if any(a < end and start < b for a, b in taken):
            return False
        taken.append((start, end))
        return True

    # "Under 80 may vote" holds no date.
    days = [(*d.span, d.text) for d in facts.date_spans(sentence) if not d.text.islower()]
    for start, end, text in days + [(*m.span(), m[0]) for m in _DAY.finditer(sentence)]:
        if free(start, end):
            meant = _days(text.rstrip("."), sentence, start, end, told)
            yield Word("day", text, frozenset((*meant, text.lower())), start)
    names = [n for n in facts.names(sentence) if n.text.lower() not in _OPENERS]
    numbers = [(*n.span, n.text) for n in facts.number_spans(sentence)]
    numbers += [(*m.span(), m[0]) for m in _ORDINAL.finditer(sentence)]
    for start, end, text in sorted(numbers, key=lambda n: (n[0], -n[1])):
        values = facts.numbers(text) or ({2.0} if text.lower() in _TWO else frozenset())
        # The number in "Luna-25" is part of a name.
        in_name = any(n.span[0] < start < n.span[1] for n in names)
        if values and not in_name and free(start, end):
            money = _MONEY_BEFORE.search(sentence[:start]) or _MONEY_AFTER.match(sentence[end:])
            unit = "£" if money else "%" if re.match(r" ?%", sentence[end:]) else ""
            yield Word("number", text, frozenset(values), start, unit)
    for name in names:
        keys = {known_as(w) for w in words(name.text) if w not in _EMPTY}
        if keys and free(*name.span):
            yield Word("name", name.text, frozenset(keys | _initials(name.text)), name.span[0])


def _initials(name: str) -> set[tuple[str, ...]]:
    """The initials that a name, or its last words, may be known by; of "NASA" its letters."""
    parts = re.findall(r"\b[A-Z][\w-]*", name.replace("USA", "US"))
    letters = [p if p.isupper() else p[0] for p in parts]
    runs = ("".join(letters[i:]) for i in range(len(letters)))
    return {tuple(run) for run in runs if len(run) > 1}


def _days(text: str, sentence: str, start: int, end: int, told: _Told) -> Iterator[Day]:
    """The days that a date, weekday, month, year or word like "yesterday" may mean."""
    if text.lower() in facts.WEEKDAYS:
        yield Day(weekday=facts.WEEKDAYS.index(text.lower()))
        if told.published:
            day = facts.weekday_date(text, told.published)
            yield _known(day)
            if _AHEAD.search(sentence):
                yield _known(day + timedelta(days=7))
    elif text in _MONTHS:
        yield from _dated(None, _MONTHS[text], None, sentence[:start], sentence[end:], told)
    elif re.fullmatch(r"(?:19|20)\d\d", text):
        yield Day(year=int(text))
    elif found := facts.dates(text):
        yield from _dated(*found[0], sentence[:start], sentence[end:], told)
    elif told.published:
        yield from _relative(text, sentence[:start], told.published)


def _dated(
    year: int | None, month: int, day: int | None, before: str, after: str, told: _Told
) -> Iterator[Day]:
    """A date in the years it may be of: that of the latest such day up to publication, the next
    where the sentence looks ahead, and those that the text mentions."""
    years: Sequence[int | None] = (year,)
    if year is None and told.published:
        now = told.published
        past = now.year - ((month, day or 1) > (now.month, now.day))
        years = [past, *told.years]
        if before.lower().endswith("last "):
            years = [*years, past - 1]
        elif _AHEAD.search(before + after):
            years = [*years, past + 1]
        if other := re.match(r",? (last|this|next) year", after):
            years = [now.year + ("last", "this", "next").index(other[1]) - 1]
    named = _WEEKDAY.search(before)
    weekday = facts.WEEKDAYS.index(named[1].lower()) if named else None
    for y in years:
        if weekday is not None or not (y and day):
            yield Day(y, month, day, weekday)
        # A weekday that a statement names must be the right one; a source may be mistaken.
        if y and day and (told.published or weekday is None) and day <= monthrange(y, month)[1]:
            yield _known(date(y, month, day))


def _relative(text: str, before: str, published: date) -> Iterator[Day]:
    """The days that "yesterday", "last month", "this year" or "two years ago" mean."""
    days = {"yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1}
    first, _, unit = text.partition(" ")
    step = {"last": -1, "next": 1}.get(first, 0)
    if text in days:
        yield _known(published + timedelta(days=days[text]))
    elif unit == "month":
        month = published.year * 12 + published.month - 1 + step
        yield Day(month // 12, month % 12 + 1)
    elif unit == "year":
        yield Day(published.year + step)
    else:
        for back in facts.numbers(" ".join(before.split()[-2:])) or {1.0}:
            yield Day(max(published.year - int(back), 1))


def _known(day: date) -> Day:
    return Day(day.year, day.month, day.day, day.weekday())
