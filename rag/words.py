"""Words as they are compared: folded, stemmed, in one spelling, without those that say little."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

STOP_WORDS = frozenset(
    "a about after again all also am an and any are as at be because been before being between "
    "both but by can could did do does doing during each for from further had has have having he "
    "her here hers him his how i if in into is it its itself just many me more most much my no nor "
    "not now of off on once only or other our out over own please s same she should so some such t "
    "than that the their them then there these they this those through to too under until up us "
    "very was we were what when where which while who whom whose why will with would you your tell "
    "know happen happened say said says according anyone anything something someone ever exactly "
    "news article report reports reported latest story describe explain summarise summarize "
    "going happening don didn isn wasn doesn ll re ve".split()
)
_LETTERS = re.compile(r"[^\W\d_]+")
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
# Letters that are not ASCII, with the one before them, which an accent may belong to.
_MARKED = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")
# The WHO and the US are no stop words.
ACRONYM = re.compile(r"\b[A-Z]{2,}\b")
_SHORT_FORMS = (
    (r"United States(?: of America)?|U\.S(?:\.A)?\.?|US(?!\$)", "USA"),
    (r"United Kingdom|Great Britain|U\.K\.?", "UK"),
    (r"United Nations|U\.N\.?", "UN"),
    (r"European Union|E\.U\.?", "EU"),
    (r"chief executive(?: officer)?", "CEO"),
    (r"per cent|percent", "%"),
)
_FAHRENHEIT = re.compile(r"(?<=\d)(?: ?° ?)?F\b")
_CELSIUS = re.compile(r"(?<=\d)(?: ?°(?: ?C\b)?|C\b| degrees (?:C|[Cc]elsius|[Cc]entigrade)\b)")
# Peoples that are not called like their country (the others differ in their endings only), and
# titles and measures in short.
_OTHERWISE = {
    "km": "kilometre", "kg": "kilogram", "feet": "foot", "ft": "foot",
    "capt": "captain", "gov": "governor", "sen": "senator", "rep": "representative",
    "prof": "professor", "sgt": "sergeant",
    "american": "usa", "america": "usa", "british": "uk", "britain": "uk", "french": "france",
    "spanish": "spain", "spaniard": "spain", "dutch": "netherlands", "swiss": "switzerland",
    "danish": "denmark", "irish": "ireland", "polish": "poland", "finnish": "finland",
    "swedish": "sweden", "english": "england", "scottish": "scotland", "welsh": "wales",
    "israeli": "israel", "peruvian": "peru", "belgian": "belgium", "afghan": "afghanistan",
    "nigerian": "nigeria",  # Niger's are Nigeriens
    "filipino": "philippines", "thai": "thailand", "greek": "greece", "turkish": "turkey",
    "turkiye": "turkey", "burmese": "myanmar", "portuguese": "portugal", "norwegian": "norway",
}  # fmt: skip
# Verbs whose forms have no stem in common.
IRREGULAR = {
    form: forms.split()[0]
    for forms in (
        "am is are was were been|beat beaten|become became|begin began begun|bring brought|"
        "break broke broken|build built|buy bought|catch caught|choose chose chosen|come came|"
        "draw drew drawn|drive drove driven|fall fell fallen|feel felt|fight fought|find found|"
        "fly flew flown|forget forgot forgotten|get got|give gave given|go went gone|"
        "grow grew grown|hear heard|hide hid hidden|hold held|keep kept|know knew known|lead led|"
        "leave left|lose lost|"
        "make made|mean meant|meet met|pay paid|ride rode ridden|rise rose risen|run ran|"
        "say said|see saw seen|sell sold|send sent|shake shook shaken|shoot shot|sink sank sunk|"
        "sit sat|sleep slept|speak spoke spoken|spend spent|stand stood|steal stole stolen|"
        "strike struck|swear swore sworn|swim swam swum|take took taken|teach taught|tell told|"
        "think thought|throw threw thrown|understand understood|wake woke woken|wear wore worn|"
        "win won|withdraw withdrew withdrawn|write wrote written"
    ).split("|")
    for form in forms.split()
}
# British endings and the American ones.
_SPELLINGS = (
    (r"our(?=$|ed$|ing$|s$|er)", "or"), (r"tre(?=s?$)", "ter"), (r"ence(?=s?$)", "ense"),
    (r"is(?=(?:e[ds]?|ing|ations?)$)", "iz"), (r"ll(?=(?:ed|ing|ers?)$)", "l"),
    (r"programme", "program"),
)  # fmt: skip
_ENDING = re.compile(r"(?:e?s|e?d|ing|e?rs?|is?|(?:i|vi)?a?ns?|ese|ish)?")
# "Łódź" is typed "Lodz": letters that are none with a mark.
_UNMARKED = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "ı": "i", "þ": "th", "æ": "ae", "œ": "oe", "ß": "ss"}
)
LIKE = 4
"""Letters from which two words are taken to speak of the same."""


def words(text: str) -> list[str]:
    """The words of a text in lower case, without accents and possessive endings."""
    return [w.removesuffix("'s") for w in WORD.findall(folded(text))]


def folded(text: str) -> str:
    """The text in lower case and without accents, as the word index takes it."""
    return _MARKED.sub(lambda found: _unmarked(found[0]), text.lower().replace("’", "'"))


@lru_cache(maxsize=4096)
def _unmarked(letters: str) -> str:
    marks = unicodedata.normalize("NFKD", letters)
    return unicodedata.normalize("NFC", "".join(c for c in marks if not unicodedata.combining(c)))


def terms(text: str) -> tuple[str, ...]:
    """The content words of a text, in order, none twice."""
    named = set() if text.isupper() else {w.lower() for w in ACRONYM.findall(text)}
    return tuple(dict.fromkeys(w for w in words(text) if w not in STOP_WORDS or w in named))


# A stemmer keeps the word that it is at work on: two threads at once would get each other's.
_STEMMING = threading.Lock()


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Porter's stem, the same as the word index takes."""
    with _STEMMING:
        return str(_stemmer().stemWord(folded(word)))


@lru_cache(maxsize=1)
def _stemmer() -> Any:  # snowballstemmer has no types
    import snowballstemmer

    return snowballstemmer.stemmer("porter")


@lru_cache(maxsize=4096)
def content(text: str) -> frozenset[str]:
    """The stems of the words that say what a text is about."""
    return frozenset(map(stem, terms(text)))


@lru_cache(maxsize=4096)
def stems(text: str) -> tuple[str, ...]:
    return tuple(stem(word) for word in words(text))


@lru_cache(maxsize=65536)
def known_as(word: str) -> str:
    """The form in which a word is compared: its stem in one spelling, a people as its country."""
    word = folded(word)
    word = IRREGULAR.get(word) or _OTHERWISE.get(word, word)
    for pattern, spelling in _SPELLINGS:
        word = re.sub(pattern, spelling, word)
    return stem(word)


@lru_cache(maxsize=8192)
def plain_words(text: str) -> tuple[str, ...]:
    """The words of a text in lower case, each in one form, without "'s" and "l'"."""
    return tuple(bare(w) for w in WORD.findall(plain(text)))


def bare(word: str) -> str:
    return re.sub(r"^[dl]['’](?=\w{3})|['’]s?$", "", word.lower())


def plain(text: str) -> str:
    """The text with one form for what has several: "U.S." and "United States", 4:10 and 4.10."""
    text = text.replace("’", "'")
    for pattern, form in _SHORT_FORMS:
        text = re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", form, text)
    text = _CELSIUS.sub(" degrees", _FAHRENHEIT.sub(" degrees Fahrenheit", text))
    return re.sub(r"\b(\d{1,2}):(\d\d)(?!\d)", r"\1.\2", text)


def capitalised(words: Iterable[str], texts: Iterable[str]) -> set[str]:
    """Those of the words, in lower case, that the texts write with a capital only: names, mostly.

    Many a question is typed without capitals.
    """
    written = {w for text in texts for w in _LETTERS.findall(text)}
    return {w for w in words if w.capitalize() in written and w not in written}


def words_of(*texts: str) -> set[str]:
    """The words of texts, as `has_word` compares them; of "U.N." and "United Nations" also "UN"."""
    forms = {form for text in texts for form in (text, plain(text))}
    return {_latin(known_as(word)) for form in forms for word in words(form)}


def has_word(there: set[str], word: str) -> bool:
    """True where the words of a text hold this one, or one like it: "Mexican" for "Mexico".

    One is like another that differs in its ending: "Austria" is not like "Australia". A short
    word takes but a few endings: "Porto" is not like "port".
    """
    word = _latin(known_as(word))
    return word in there or any(
        _is_like(word, other) for other in there if other[:LIKE] == word[:LIKE]
    )


def _latin(word: str) -> str:
    return word if word.isascii() else word.translate(_UNMARKED)


def _is_like(one: str, other: str) -> bool:
    """Of two words that begin with the same letters, `LIKE` of them."""
    short, long = sorted((one, other), key=len)
    if len(short) <= LIKE:
        return bool(_ENDING.fullmatch(long[len(short) :]))
    return other.startswith(_root(one)) or one.startswith(_root(other))


def _root(word: str) -> str:
    """What a word that is like this one begins with."""
    return word[: max(LIKE, len(word) - 1)]
