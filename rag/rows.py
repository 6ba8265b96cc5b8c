"""A text as rows of words that can be compared: numbers, days and names among the others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple

from rag import days, facts
from rag.days import Day, Told
from rag.sentences import sentences
from rag.words import IRREGULAR, STOP_WORDS, WORD, bare, known_as, plain

Kind = Literal["word", "number", "day", "name"]


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
    """Of a number: the currency, "%", "am" or "pm", the stem of what it measures or counts in, or
    nothing; with "-" before it below zero."""
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
        if self.kind != "day" or self.keys & other.keys:
            return bool(self.keys & other.keys)
        pairs = ((a, b) for a in self.keys for b in other.keys)
        return any(isinstance(a, Day) and isinstance(b, Day) and a.within(b) for a, b in pairs)


Row = tuple[Word, ...]
"""The words of one sentence, in order, without those that carry no meaning of their own."""


REACH = 5
"""Words on either side that make up a word's surroundings."""

_EMPTY = (STOP_WORDS - {"say", "says", "said"}) | frozenset(
    "about around roughly approximately nearly almost over above below down less fewer least "
    "yet still longer even including never cannot without am pm mr mrs ms old aged people "
    "person".split()
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
    "schools hospitals shops homes houses buildings roads ships planes drivers passengers "
    "patients pupils students teachers doctors nurses engineers workers staff crews soldiers "
    "troops firefighters investors customers clients shareholders banks companies authorities "
    "investigators prosecutors lawyers voters councillors politicians leaders families children "
    "women men survivors victims witnesses protesters campaigners organisers volunteers "
    "neighbours tourists visitors farmers fishermen fans players analysts economists regulators "
    "contractors celebrations reports".split()
)
_TWO = frozenset({"second", "both", "twice", "pair", "couple"})
"""Words for the number, which `facts.numbers` passes over."""
_ORDINAL = re.compile(
    r"\b(?:both|twice|pair|couple|(?:(?:twen|thir|for|fif|six|seven|eigh|nine)ty-)?"
    r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|\w+t(?:een|ie)th|tenth|eleventh|"
    r"twelfth)\b",
    re.IGNORECASE,
)
# Words on whose side of a number it stands makes a difference: "from 5 to 8", "two of the nine".
_LINK = re.compile(r"\b(?:from|to|of)\b")
_MONEY_BEFORE = re.compile(rf"[{facts.SIGNS}](?=[-−]?$)")
_BELOW_ZERO = re.compile(rf"(?:^|[\s({facts.SIGNS}])[-−]$|\bminus $")
_UNIT = re.compile(r"[ -]?(?:square |cubic |US |Swiss )?([^\W\d_]+)")
_HALF_DAY = re.compile(r" ?([ap])\.?m\b")
# "6 to 8 weeks", "20, 30 and 40 per cent": a unit is of all that stand in a row.
_LISTED = re.compile(r"(?:,|,? (?:to|and|or)|[-–]) ?")
# "No more than 20" and "not only" deny nothing.
_DENIAL = re.compile(
    r"\b(?:not(?! only\b)|no(?! (?:more|fewer|less|later|doubt)\b)|never|none|nobody|nothing|"
    r"neither|nor|without|cannot|den(?:y|ies|ied|ying)|unable|fail(?:s|ed)?|"
    r"refus(?:es|ed|ing)|declin(?:es|ed|ing)(?= to))\b|n['’]t\b",
    re.IGNORECASE,
)
_DOUBT = re.compile(
    r"\b(?:too \w+|rather than|instead of|rul(?:es?|ed|ing) out|reject(?:s|ed|ing)?|"
    r"lack(?:s|ed|ing)?|prevent(?:s|ed|ing)?)\b",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(
    r"[,;:()\"“”—]|\b(?:but|when|whether|what|why|how|who|where|if|because|until|before)\b|$"
)


def is_participle(word: Word) -> bool:
    """True for a verb's form that may follow "was"."""
    return word.kind == "word" and (word.text.endswith("ed") or word.text in IRREGULAR)


_CURRENCIES = {known_as(name): sign for name, sign in facts.CURRENCIES.items()}
# What things are measured in: "300 hectares" are not 300 acres.
_MEASURES = frozenset(
    known_as(word)
    for word in "second minute hour day week month year decade century millimetre centimetre metre "
    "kilometre inch foot yard mile acre hectare gram kilogram kilo ton tonne ounce stone litre "
    "gallon barrel degree volt watt kilowatt megawatt gigawatt knot mph kph".split()
)


@lru_cache(maxsize=4096)
def rows(text: str, published: date | None = None) -> tuple[Row, ...]:
    """The sentences of a text; `published` tells what "Tuesday" and "last year" mean in it."""
    return tuple(_row(sentence, published) for sentence in map(plain, sentences(text)))


def _row(sentence: str, published: date | None) -> Row:
    years = tuple(int(year) for year in re.findall(r"\b(?:19|20)\d\d\b", sentence))
    row = list(_marks(sentence, Told(published, years)))
    taken = [(w.start, w.start + len(w.text)) for w in row]
    for match in WORD.finditer(sentence):
        text = bare(match[0])
        inside = any(start <= match.start() < end for start, end in taken)
        if not inside and len(text) > 1 and text not in _EMPTY and not re.search(r"n['’]t$", text):
            row.append(Word("word", text, frozenset({known_as(text)}), match.start()))
    row.sort(key=lambda w: w.start)
    at = 0
    for i, word in enumerate(row):
        row[i] = replace(word, lead=sentence[at : word.start])
        at = word.start + len(word.text)
    for i in range(len(row) - 1, 0, -1):
        one, two = row[i - 1 : i + 1]
        listed = one.kind == two.kind == "number" and _LISTED.fullmatch(two.lead)
        if listed and not one.unit:
            row[i - 1] = replace(one, unit=two.unit.lstrip("-"))
    return tuple(_with_denials(row, sentence))


def _with_denials(row: list[Word], sentence: str) -> list[Word]:
    for pattern in (_DENIAL, _DOUBT):
        for match in pattern.finditer(sentence):
            last = next(_CLAUSE_END.finditer(sentence, match.end())).start()
            scope = [i for i, w in enumerate(row) if match.end() <= w.start < last]
            first = min(scope, key=lambda i: not _is_plain(row[i]), default=None)
            for i in scope:
                denied = row[i].denied or (pattern is _DENIAL and i == first)
                row[i] = replace(row[i], denied=denied, doubtful=True)
    return row


def _is_plain(word: Word) -> bool:
    """True for what a denial before it denies, rather than an adverb, a name or a day between."""
    return word.kind == "word" and not word.text.endswith("ly")


def _marks(sentence: str, told: Told) -> Iterator[Word]:
    """The days, numbers and names of a sentence, none overlapping another."""
    taken: list[tuple[int, int]] = []

    def free(start: int, end: int) -> bool:
        if any(a < end and start < b for a, b in taken):
            return False
        taken.append((start, end))
        return True

    for found in days.spans(sentence):
        if free(*found.span):
            keys = {*days.meant(found, sentence, told), found.text.lower()}
            yield Word("day", found.text, frozenset(keys), found.span[0])
    names = [n for n in facts.names(sentence) if n.text.lower() not in _OPENERS]
    numbers = [(*n.span, n.text) for n in facts.number_spans(sentence)]
    numbers += [(*m.span(), m[0]) for m in _ORDINAL.finditer(sentence)]
    for start, end, text in sorted(numbers, key=lambda n: (n[0], -n[1])):
        values: frozenset[object] = facts.numbers(text) or facts.vague(text)
        values = values or (frozenset({2.0}) if text.lower() in _TWO else frozenset())
        # The number in "Luna-25" is part of a name.
        in_name = any(n.span[0] < start < n.span[1] for n in names)
        if values and not in_name and free(start, end):
            unit = _unit(sentence[:start], sentence[end:])
            yield Word("number", text, values, start, unit)
    for name in names:
        # "The WHO" is a name although "who" is none; "Something went wrong" begins with none.
        opening = name.span[0] == 0 and name.text.lower() in _EMPTY and not name.text.isupper()
        parts = {known_as(bare(w)) for w in WORD.findall(name.text) if not w[0].islower()}
        if parts and not opening and free(*name.span):
            yield Word("name", name.text, frozenset(parts | _initials(name.text)), name.span[0])


def _unit(before: str, after: str) -> str:
    """What a number between the two texts is in."""
    sign = "-" if _BELOW_ZERO.search(before) else ""
    if money := _MONEY_BEFORE.search(before):
        return sign + money[0]
    if re.match(r" ?%", after):
        return sign + "%"
    if half := _HALF_DAY.match(after):
        return half[1] + "m"
    named = _UNIT.match(after)
    unit = known_as(named[1].lower()) if named else ""
    return sign + (_CURRENCIES.get(unit) or (unit if unit in _MEASURES else ""))


def _initials(name: str) -> set[tuple[str, ...]]:
    """The initials that a name, or its last words, may be known by; of "NASA" its letters."""
    parts = re.findall(r"\b[A-Z]\w*", name.replace("USA", "US"))
    letters = [p if p.isupper() else p[0] for p in parts]
    runs = ("".join(letters[i:]) for i in range(len(letters)))
    return {tuple(run) for run in runs if len(run) > 1}


def _neighbours(row: Row, i: int) -> dict[object, int]:
    """The keys around a word, each with how many words away it is, negative before it."""
    found: dict[object, int] = {}
    for j in range(max(0, i - REACH), min(len(row), i + REACH + 1)):
        # Days stand in a row of their own: "Saturday, 19 August".
        apart = j == i or row[i].kind == row[j].kind == "day"
        for key in () if apart else row[j].keys:
            if key not in found or abs(j - i) < abs(found[key]):
                found[key] = j - i
    for step, lead in ((-1, row[i].lead), (1, row[i + 1].lead if i + 1 < len(row) else "")):
        found |= dict.fromkeys(_LINK.findall(lead), step)
    return found


class Place(NamedTuple):
    """A word of a source, and how alike its surroundings are to those of a word compared to it."""

    likeness: float
    """For each neighbour in common 1 over its distance; half of that where it stands on the other
    side."""
    row: Row
    at: int

    @property
    def word(self) -> Word:
        return self.row[self.at]


def alike(row: Row, i: int, source: Sequence[Row], among: Callable[[Word], bool]) -> list[Place]:
    """The places of the source whose word is `among` those wanted, for word `i` of a row."""
    mine = _neighbours(row, i)
    return [
        Place(_likeness(mine, _neighbours(there, j)), there, j)
        for there in source for j, word in enumerate(there) if among(word)
    ]  # fmt: skip


def _likeness(mine: dict[object, int], its: dict[object, int]) -> float:
    return sum(
        (1.0 if mine[key] * its[key] > 0 else 0.5) / max(abs(mine[key]), abs(its[key]))
        for key in mine.keys() & its.keys()
    )
