"""What a question asks for, and a follow-up made to stand alone."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from rag import facts
from rag.errors import QuestionError
from rag.sentences import sentences

LONGEST = 2_000
"""Characters of a question that are read: a page of text is not a question."""
PARTS = 3
"""Questions that one may ask; one that asks more is read as a whole."""

Kind = Literal[
    "person",
    "place",
    "date",
    "number",
    "name",
    "reason",
    "fact",
    "account",
    "overview",
    "whether",
]
"""What the answer must hold. "reason": why; "fact": something else that is short; "account":
sentences; "overview": what there is to say of a subject; "whether": a sentence that settles a yes
or no."""

TYPED = frozenset({"person", "place", "date", "number", "name"})
"""Kinds whose answer can be told by its form."""

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
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
# Letters that are not ASCII, with the one before them, which an accent may belong to.
_MARKED = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]+")
# The WHO and the US are no stop words.
_ACRONYM = re.compile(r"\b[A-Z]{2,}\b")
_TAG = re.compile(r"</?[a-z][a-z0-9]*(?:\s[^<>]*=[^<>]*)?\s*/?>", re.IGNORECASE)
# "Could you please tell me", where the question itself follows.
_POLITE = re.compile(
    r"^(?:(?:please|hi|hello|hey|so|well)[, ]+)*"
    r"(?:(?:can|could|would|will) you (?:please )?(?:tell me|say|explain)|(?:please )?tell me|"
    r"do you (?:happen to )?know|I(?:['’]d| would) like to know|I (?:want|need) to know|"
    r"I (?:wonder(?:ed)?|was wondering)|(?:can|could|may|might) I ask|(?:have you )?any idea)"
    r"(?: please)?,? "
    r"(?=(?:who|whom|whose|what|when|where|which|why|how)\b)",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"(?:hiya|hi|hello|hey|greetings|good (?:morning|afternoon|evening|day)|thanks?|thank you|"
    r"bye|goodbye|ok(?:ay)?|cheers|how are you|who are you|what can you do|help|there|citewire|"
    r"so much|very much|a lot|again|please|all|everyone|you|for your help|to you|doing|today|"
    r"[\s,.!?])++",
    re.IGNORECASE,
)
_KINDS: tuple[tuple[Kind, str], ...] = (
    ("number", r"how (?:many|much|far|long|old|tall|high|big|large|fast|deep|heavy|wide|often|"
               r"strong|powerful|late|near|close|thick|hot|cold|expensive)|"
               r"what (?:percentage|percent|proportion|share|number|sum|amount|"
               r"magnitude|score|cost|price|speed|age|margin)|by how|at what (?:speed|price|age)|"
               r"(?:what|which) (?:was|is|were) the (?:\w+ ){0,2}(?:score|magnitude|toll|cost|"
               r"price|margin|number|budget|fine|turnout|majority)"),
    ("date", r"when|(?:on |in |by |until |from |since )?(?:what|which) (?:\w+ )?(?:day|date|month|"
             r"year|weekday|time)|how soon|(?:what|which) (?:was|is) the date"),
    ("place", r"where|(?:in |at |to |from |near |off |on )?(?:what|which) (?:\w+ )?(?:city|country|"
              r"town|place|state|region|island|street|village|stadium|venue|province|county|port|"
              r"airport|location|prefecture|ocean|sea|river|countries|cities|states)"),
    ("person", r"who|whose|whom|(?:to |by |with |from )?(?:what|which) (?:\w+ )?(?:person|man|"
               r"woman|president|minister|player|striker|captain|actor|director|leader|author|"
               r"scientist|scientists|official|judge|coach|winner|councillor|mayor|manager)"),
    ("name", r"(?:by |for |to |in |at |on |with |from )?(?:what|which) (?:\w+ ){0,2}(?:company|"
             r"team|side|party|outlet|agency|bank|firm|club|film|book|spacecraft|rocket|ship|"
             r"name|group|organi[sz]ation|university|museum|newspaper|nation|charity|body|lander)|"
             r"what (?:is|was) the (?:\w+ )?name|what (?:is|was) .{3,40} (?:called|named)"),
    ("reason", r"why|how come|what (?:caused|led|was the (?:cause|reason)|made)|for what reason"),
    ("account", r"how (?:did|do|does|was|were|is|are|has|have|will|can|could)|what went|explain"),
    ("overview", r"what happened|what (?:is|are) .* about|tell me|describe|summari[sz]e|what do we "
                 r"know|what(?: is|['’]s) (?:new|happening|going on|the (?:latest|news|"
                 r"headlines|top stor))|give me|any news|"
                 r"anything (?:about|new|on)|latest news"),
    # "What was damaged when the storm hit?" asks for no date.
    ("fact", r"what|which"),
)  # fmt: skip
_WHETHER = re.compile(
    r"(?:(?:and|but|so|ok(?:ay)?),? )?(?:am|are|can|could|did|do|does|had|has|have|is|"
    r"may(?! \d| day\b)|might|must|shall|should|was|were|will|would)(?:n['’]t)? "
    r"(?!you\b|there any(?:thing| news)\b)",
    re.IGNORECASE,
)
_KIND_PATTERNS = tuple((kind, re.compile(rf"\b(?:{p})\b", re.I)) for kind, p in _KINDS)
# Words that point back at what was said before.
_PRONOUN = re.compile(
    r"\b(?:he|she|they|him|her|them|his|hers|theirs?|its|it(?! (?:is|was) true))\b", re.IGNORECASE
)
_PERSON = re.compile(r"\b(?:he|she|him|her|his|hers)\b", re.IGNORECASE)
_WHERE, _OWNS = re.compile(r"\b(?:in|at|from|near|of|to)(?: the)? $", re.I), re.compile(r"['’]s\b")
_POINTERS = re.compile(
    # "This week" is a time, "is there" says that something is, "that" may begin a clause.
    r"\b(?:th(?:is|ese)(?! (?:week|month|year|days?|morning|afternoon|evening|season)\b)|those|"
    r"(?:about|after|at|before|by|did|does|for|from|in|is|like|of|on|to|was|with) that|"
    r"that(?=\W*$)|(?<!\bare )(?<!\bis )(?<!\bwas )(?<!\bwere )there|then|else|another|"
    r"more(?=\W*$)|the (?:\w+ )?ones?|"
    r"the (?:others?|company|team|man|woman|bank|agency|attack|deal|"
    r"event|game|match|country|government|group|film|vote|election|strike|storm|fire|quake|"
    r"earthquake|crash|law|bridge|town|two|mission|lander|spacecraft|club|merger|takeover|flood|"
    r"outage|firm|visit|talks|meeting))\b",
    re.IGNORECASE,
)
_VAGUE = frozenset("day time people year month long many much old big number reason exact".split())
_THE_NEWS = re.compile(
    r"\b(?:the|latest|today['’]s) news\b|\bheadlines\b|\bstories\b", re.IGNORECASE
)
_OF_NEWS = frozenset("today headline headlines top stories new newest".split())
# "the Noto earthquake", "the rugby world cup": up to five words that are no stop words.
_STOP = "|".join(sorted(STOP_WORDS, key=len, reverse=True))
_PHRASE = re.compile(
    rf"\b(?:the|an?|in|at|of|on|for|by|from)\s+(?:the\s+)?((?:(?!(?:{_STOP})\b)[\w'’&.-]+\s*){{1,5}})",
    re.IGNORECASE,
)
# "Who won, and by how much?", but no relative or indirect clause: "… and where he will meet them".
_BE_OR_DO = r"(?:are|can|could|did|do|does|had|has|have|is|may|might|should|was|were|will|would)\b"
_ASKS = (
    r"(?:(?:at|by|for|from|in|on|since|to|until|with) )?(?:"
    rf"(?:when|where|why|how)(?=$| {_BE_OR_DO})|how (?:many|much|long|old|far|big|high|fast)\b|"
    rf"what (?={_BE_OR_DO}|happened|caused)|who (?!he|she|they|it|we|you|the|an?\b)(?=[a-z]))"
)
_AND = re.compile(rf",? and (?={_ASKS})")
_BOTH = re.compile(r"([Ww]h(?:en|ere|y)|[Hh]ow) and (when|where|why|how) (.+)")
_RELATIVE = re.compile(r"\w .*\b(?:who|that|which)\b")
_END = re.compile(r"(?: (\([^()]*\)))?[?. ]*$")
_OPENING = re.compile(r"^(?:and|but|so|what about|how about|also|or|ok(?:ay)?,?)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question taken apart."""

    text: str
    kind: Kind
    terms: tuple[str, ...]
    """Its content words in lower case, in order, none twice."""
    names: tuple[str, ...]
    """The names in it."""

    @property
    def subject(self) -> tuple[str, ...]:
        """The terms without those that ask for the news: none where it names no subject."""
        return tuple(term for term in self.terms if term not in _OF_NEWS)


def clean(question: str) -> str:
    """The question with white space folded, without control characters and HTML tags.

    Raises QuestionError where it is no text or longer than `LONGEST`.
    """
    if not isinstance(question, str):
        raise QuestionError(f"The question is {question!r}; expected a text: 'Who won?'")
    text = " ".join("".join(c if c.isprintable() else " " for c in question).split())
    text = " ".join(_TAG.sub(" ", text).split())
    if len(text) > LONGEST:
        raise QuestionError(
            f"The question has {len(text):,} characters; ask in at most {LONGEST:,}. It begins: "
            f"{text[:60]}…"
        )
    return text


def core(text: str) -> str:
    """The question in a text that says more: "Hello, I have a test. Who won the World Cup?"

    The rest is kept where it names something, or the question itself names nothing.
    """
    said = sentences(text)
    asked = [s for s in said if s.endswith("?")]
    rest = " ".join(s for s in said if s not in asked and not is_greeting(s))
    is_empty = not (facts.names(rest) or facts.numbers(rest))
    if len(asked) == 1 and is_empty and facts.names(asked[0]) and not points_back(asked[0]):
        text = asked[0]
    return _POLITE.sub("", text)


def is_greeting(question: str) -> bool:
    """True for "hello", "thanks" and the like: nothing that a library could answer."""
    return bool(_GREETING.fullmatch(question))


def analyse(question: str, asked: str = "") -> Asked:
    """Takes a cleaned, standalone question apart; `asked` is its form in the conversation."""
    named = tuple(n.text for n in facts.names(question))
    asked = asked or question
    asked = asked if asked.isupper() else _ACRONYM.sub("X", asked)
    kind: Kind = "overview" if len(asked.split()) < 3 else "fact"
    if _WHETHER.match(asked):
        return Asked(question, "whether", terms(question), named)
    first = len(asked)
    for name, pattern in _KIND_PATTERNS:
        match = pattern.search(asked)
        if match and match.start() < first:
            kind, first = name, match.start()
    return Asked(question, kind, terms(question), named)


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
    named = set() if text.isupper() else {w.lower() for w in _ACRONYM.findall(text)}
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


def standalone(question: str, history: Sequence[Mapping[str, str]]) -> str:
    """The question with what it leaves out carried over from the turns before it.

    A question that points back ("he", "the company", "And when?") or says too little to stand
    alone is followed by the subjects of the last question that stood alone, in brackets, and by
    the person that the last answer names where it says "he" or "she".
    """
    if not history or not points_back(question):
        return question
    carried: list[str] = []
    if _PERSON.search(question):
        carried += _person(history[-1]["answer"])
    for turn in reversed(history):
        before = turn["question"]
        carried += subjects(before) if set(terms(question)) - _VAGUE else terms(before)
        if carried and not points_back(before):
            break
    known = set(stems(question))
    new = [c for c in dict.fromkeys(carried) if not set(stems(c)) <= known]
    return f"{question.rstrip('?. ')} ({', '.join(new)})?" if new else question


def parts(question: str, asked: str) -> list[tuple[str, str]]:
    """The questions that one asks, each standing alone, and as it was `asked` in it.

    "Who won the final, and by how much?" asks two, "When and where did it sink?" as well. Where
    that is not certain, it is one.
    """
    whole = [(question, asked)]
    end = _END.search(question)
    text, carried = question[: end.start()] if end else question, (end and end[1]) or ""
    both = _BOTH.fullmatch(text)
    found = [f"{w} {both[3]}" for w in both.groups()[:2]] if both else _AND.split(text)
    words = [f"{part.rstrip('?. ')}?" for part in found]
    first, *rest = words
    opens = _WHETHER.match(first) or any(p.match(first) for _, p in _KIND_PATTERNS)
    is_relative = _RELATIVE.search(first) and any(w.startswith("who") for w in rest)
    is_quoted = bool(set(text) & set('"“”'))
    if not rest or len(words) > PARTS or not opens or is_quoted or is_relative:
        return whole
    if both and _AND.search(both[3]):
        return whole
    known, named = carried[1:-1], facts.names(" ".join(rest))
    if not known and (points_back(first) or (named and not facts.names(first))):
        return whole

    def alone(part: str) -> str:
        if facts.names(part) and not points_back(part):
            return part
        says_much = facts.names(first) and set(terms(part)) - _VAGUE
        told = subjects(first) if says_much else [first[:-1]]
        return f"{part[:-1]} ({', '.join([*told, known] if known else told)})?"

    opening = f"{first[:-1]} {carried}?" if carried else first
    return [(opening, first), *((alone(part), part) for part in rest)]


def _person(text: str) -> list[str]:
    """The first name of a text that may be somebody's: not "Tokyo" of "in Tokyo" or "Tokyo's"."""
    return [
        name.text
        for name in facts.names(text)
        if not _WHERE.search(text[: name.span[0]]) and not _OWNS.match(text[name.span[1] :])
    ][:1]


def changes_subject(question: str, standalone: str, found: Iterable[str]) -> bool:
    """True where no text found tells of what the question names and of what was carried over.

    "What happened to the whale?" is no follow-up of a question about a bank.
    """
    own = {stem for subject in subjects(question) for stem in stems(subject)}
    carried = set(stems(standalone)) - set(stems(question))
    # "And in Wales?" says nothing by itself; "What about the ferry strike?" may.
    is_short = bool(_OPENING.match(question)) and len(terms(question)) < 2
    if not own or not carried or is_short or points(question):
        return False
    told = (set(stems(text)) for text in found)
    return not any(2 * len(own & said) >= len(own) and carried & said for said in told)


def points(question: str) -> bool:
    """True for words that mean what was said before: "he", "there", "more"."""
    return bool(_PRONOUN.search(question) or _POINTERS.search(question))


def subjects(question: str) -> list[str]:
    """What a question is about: its names, each with the nouns around it, and "the …" phrases."""
    found = [m[1].strip() for m in _PHRASE.finditer(question)]
    held = " ".join(found)
    return found + [n.text for n in facts.names(question) if n.text not in held]


def points_back(question: str) -> bool:
    """True where a question cannot be understood without the one before it."""
    pronoun, named = _PRONOUN.search(question), facts.names(question)
    # "Who did Hegseth meet on his trip?" says itself who is meant.
    if _OPENING.match(question) or (pronoun and not (named and named[0].span[0] < pronoun.start())):
        return True
    if named:
        return False
    if _POINTERS.search(question):
        return True
    if _THE_NEWS.search(question) and _OF_NEWS.issuperset(terms(question)):
        return False
    return sum(word not in _VAGUE for word in terms(question)) < 2
