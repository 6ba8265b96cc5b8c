"""The checkable parts of a text: its numbers, dates, names and quotations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

MONTHS = {
    name: number
    for number, names in enumerate(
        "january jan|february feb|march mar|april apr|may|june jun|july jul|august aug|"
        "september sept sep|october oct|november nov|december dec".split("|"), 1)
    for name in names.split()
}  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_UP_TO_TWELVE, _OVER_TWELVE = r"0?[1-9]|1[0-2]", r"1[3-9]|2\d|3[01]"
_DATE = re.compile(
    rf"\b(?:(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?: of)? (?P<m1>{_MONTH})\b\.?"
    rf"|(?P<m2>{_MONTH})\b\.? (?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\b(?!,\d|\.\d)"
    rf"|(?P<m3>{_MONTH})\b\.?(?= (?:19|20)\d\d\b))(?:,? (?P<y>(?:19|20)\d\d)\b)?"
    r"|\b(?P<iso>(?:19|20)\d\d-\d\d-\d\d)\b"
    # 28/03/2025 and 03/28/2025; of 05/04/2025 nobody knows which is the month.
    rf"|\b(?:(?P<d3>{_OVER_TWELVE})/(?P<n1>{_UP_TO_TWELVE})|"
    rf"(?P<n2>{_UP_TO_TWELVE})/(?P<d4>{_OVER_TWELVE}))/(?P<y2>(?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_SCALES = {"hundred": 100, "thousand": 1_000, "k": 1_000, "million": 1_000_000, "m": 1_000_000,
           "mn": 1_000_000, "billion": 10**9, "bn": 10**9, "b": 10**9, "trillion": 10**12,
           "tn": 10**12, "dozen": 12}  # fmt: skip
# Thousands are set apart by commas or by spaces, which may be thin or unbreakable.
_NUMBER = re.compile(
    r"(?<![\w.])(?P<digits>\d{1,3}(?:[, \u00a0\u2009\u202f]\d{3})+(?!\d)(?:\.\d+)?|"
    r"\d+(?:\.\d+)?|\.\d+)"
    r"(?:(?:-|\s)?(?P<scale>hundred|thousand|million|billion|trillion|mn|bn|tn|dozen)\b"
    r"|(?P<letter>[kmb])\b)?",  # "300 m" are metres
    re.IGNORECASE,
)
_MULTIPLIED = re.compile(
    r"(?<![\d.,])(\d+(?:,\d{3})*(?:\.\d+)?) (1000|1000000|1000000000|1000000000000)\b"
)
SIGNS = "$£€¥₹₽₩₺₦₱₴"
"""The signs of currencies, which stand before a number."""
CURRENCIES = dict(
    zip(
        "dollar pound euro yen rupee rouble ruble lira naira peso hryvnia".split(),
        "$£€¥₹₽₽₺₦₱₴",
        strict=True,
    )
) | {name: name for name in "franc yuan rand krona krone zloty dirham riyal shekel baht".split()}
"""Names of currencies to what they are compared by."""
_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_SCALE = "dozen|hundred|thousand|million|billion|trillion"
# "Hundreds" and "several hundred" are not 100.
_VAGUE = rf"(?:several|few|many) (?:{_SCALE})|(?:{_SCALE})s"
# "one" is a pronoun far more often than a count, so the word alone is no claim about a number.
_WITHIN = "".join(
    f"(?<!{word} )(?<!{word} and )" for word in f"{_TENS}|hundred|thousand|million".split("|")
)
_NO_COUNT = re.compile(
    rf"\b(?:{_VAGUE}|{_WITHIN}(?:one\b(?! (?:{_SCALE}|and a half|point)\b)|first|second))\b",
    re.IGNORECASE,
)
# What the reading of numbers leaves in words.
_PARTS = (
    (r"\b(\d+) and a half\b", r"\1.5"),
    (r"\bhalf (?:an? )?(?=10{3,}\b|dozen\b)", "0.5 "),
    (r"(?<!\d )\bdozen\b", "1 dozen"),
)

_CAPITAL = (
    r"(?:(?:[A-Z]\.){2,}|[A-Z]\.(?= [A-Z])|(?:Mr|Mrs|Ms|Dr|Gen|Sen|Rep|Gov|Prof|St|Lt|Col)\.|"
    r"(?:Mc|Mac|O['’]|d['’]|al-|el-)?[^\W\d_a-zß-öø-ÿ][\w’'&-]*)"
)
_NAME = re.compile(
    rf"(?<!\w){_CAPITAL}(?:[ -](?:(?:of|the|de|la|le|van|von|bin|for|al|del|da) )*{_CAPITAL})*"
)
# Of "what's" and "he'd".
_ENDING = re.compile(r"['’]\w{1,2}$")
QUOTED = re.compile(r"[\"“]([^\"“”]+)[\"”]")
"""What stands between double quotation marks, and the marks."""
_NOT_NAMES = frozenset(
    "a an and as at after all also although another any because before both but by during each "
    "even every few fewer for from had has have he her here his how however i if in instead it its "
    "just last later less like many may more most much my nearly neither next no nor not now of on "
    "once one only or other our out over several she since so some still such than that the their "
    "them then there these they this those though through to today tomorrow tonight two three four "
    "five six seven eight nine ten under until up us was we were what when where whether which "
    "while who whose why will with within without would yes yet yesterday you your about above "
    "across against along among below down around according asked despite did do does is are be "
    "been being can could should might must first second third meanwhile earlier officials police "
    "people residents experts critics supporters scientists researchers rescuers correction".split()
)
OPENERS = _NOT_NAMES | frozenset(MONTHS) - {"may"} | frozenset(WEEKDAYS)


@dataclass(frozen=True, slots=True)
class Found:
    """Something checkable, with its characters [start, end) in the text."""

    text: str
    span: tuple[int, int]


@lru_cache(maxsize=8192)
def numbers(text: str) -> frozenset[float]:
    """The values of the numbers in a text, in digits or words: "1.2 million" is 1200000.0.

    Days and years inside dates count as numbers too. "Six-hundred" and "600" are the same.
    """
    from text_to_num import alpha2digit

    spelled = _NO_COUNT.sub(lambda m: "_" * len(m[0]), text.replace("-", " "))
    digits = alpha2digit(spelled, "en", threshold=0)
    for pattern, number in _PARTS:
        digits = re.sub(pattern, number, digits, flags=re.IGNORECASE)
    while multiplied := _MULTIPLIED.search(digits):
        product = float(multiplied[1].replace(",", "")) * float(multiplied[2])
        digits = digits.replace(multiplied[0], f"{product:f}", 1)
    digits = re.sub(r"(?<=\d)(?:st|nd|rd|th)\b", "", digits)
    values = set()
    for match in _NUMBER.finditer(digits):
        scale = _SCALES.get((match["scale"] or match["letter"] or "").lower(), 1)
        values.add(round(float(re.sub(r"[^\d.]", "", match["digits"])) * scale, 6))
    return frozenset(values)


def vague(text: str) -> frozenset[str]:
    """The scales of what a text counts but loosely: "hundred" for "hundreds" or "a few hundred"."""
    scales = (
        re.search(_SCALE, found.lower()) for found in re.findall(rf"\b(?:{_VAGUE})\b", text, re.I)
    )
    return frozenset(scale[0] for scale in scales if scale)


def dates(text: str) -> list[tuple[int | None, int, int | None]]:
    """(year, month, day) of each date in a text; a missing year or day is None."""
    found: list[tuple[int | None, int, int | None]] = []
    for match in _DATE.finditer(text):
        if match["iso"]:
            year, month, day = map(int, match["iso"].split("-"))
            found.append((year, month, day))
            continue
        if match["y2"]:
            month, day = int(match["n1"] or match["n2"]), int(match["d3"] or match["d4"])
            found.append((int(match["y2"]), month, day))
            continue
        name = match["m1"] or match["m2"] or match["m3"]
        if match["m3"] is None and name[0].islower():
            continue  # "may 5" is hardly a date
        number = match["d1"] or match["d2"]
        found.append((int(match["y"]) if match["y"] else None, MONTHS[name.lower()],
                      int(number) if number else None))  # fmt: skip
    return found


def date_spans(text: str) -> list[Found]:
    """Dates, month-and-year and weekdays in a text, as written."""
    found = [Found(m[0], m.span()) for m in _DATE.finditer(text)]
    for match in re.finditer(rf"\b(?:{'|'.join(WEEKDAYS)})\b", text, re.IGNORECASE):
        found.append(Found(match[0], match.span()))
    for match in re.finditer(r"\b(?:19|20)\d\d\b", text):
        if not any(f.span[0] <= match.start() < f.span[1] for f in found):
            found.append(Found(match[0], match.span()))
    return sorted(found, key=lambda f: f.span)


def number_spans(text: str) -> list[Found]:
    """Numbers in a text as written, in digits or in words, with their scale."""
    found = [Found(m[0], m.span()) for m in _NUMBER.finditer(text)]
    for match in _NUMBER_WORDS.finditer(text):
        found.append(Found(match[0], match.span()))
    return sorted(found, key=lambda f: f.span)


_NUMBER_WORD = (
    f"{_VAGUE}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|"
    f"fifteen|sixteen|seventeen|eighteen|nineteen|{_TENS}|{_SCALE}|half|twice|a dozen|a third|"
    "a quarter"
)
_NUMBER_WORDS = re.compile(
    rf"\b(?:\d+ and a half|{_NUMBER_WORD})(?:[- ](?:and[- ])?(?:an?[- ])?(?:{_NUMBER_WORD}))*\b",
    re.I,
)


@lru_cache(maxsize=8192)
def names(text: str) -> tuple[Found, ...]:
    """Runs of capitalised words that name somebody or something, in order.

    The first word of a sentence counts only where it is no ordinary opening word: "Who", but "WHO".
    """
    found = []
    shouts = text.isupper()
    for match in _NAME.finditer(text):
        start = match.start()
        words = match[0]
        while words and _opens(words.split()[0], shouts):
            rest = words.split(" ", 1)
            start += len(words) if len(rest) == 1 else len(rest[0]) + 1
            words = rest[1] if len(rest) > 1 else ""
            if words and not words[0].isupper():
                words = ""
        words = re.sub(r"['’]s$|['’&-]+$", "", words)
        if len(words) > 1:
            found.append(Found(words, (start, start + len(words))))
    return tuple(found)


def _opens(word: str, shouts: bool) -> bool:
    """True for a capitalised word that names nobody; "WHO" does in a text not all in capitals."""
    bare = _ENDING.sub("", word.strip("."))
    is_acronym = bare.isupper() and len(bare) > 1 and not shouts
    return bare.lower() in OPENERS and not is_acronym


def quotations(text: str) -> list[str]:
    """What stands between double quotation marks."""
    return [match[1].strip(" ,.") for match in QUOTED.finditer(text)]


def weekday_date(name: str, published: date) -> date:
    """The day a weekday's name means in an article: the latest such day up to publication."""
    back = (published.weekday() - WEEKDAYS.index(name.lower())) % 7
    return published - timedelta(days=back)
