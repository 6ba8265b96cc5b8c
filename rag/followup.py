"""A question made to stand alone, and taken apart where it asks for several things."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from rag import facts, timeframe
from rag.likeness import NO_PERSON
from rag.question import BE_OR_DO, begins, is_greeting, names, subject
from rag.sentences import sentences
from rag.words import STOP_WORDS, capitalised, stem, stems, terms

PARTS = 3
"""Questions that one may ask; one that asks more is read as a whole."""

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
# Words that point back at what was said before.
_PRONOUN = re.compile(
    r"\b(?:he|she|they|him|her|them|his|hers|theirs?|its|"
    # "Is it true that …?", "How long did it take her to …?"
    r"it(?! (?:(?:is|was) )?(?:true|take|took|possible|likely|going to|known|clear)\b))\b",
    re.IGNORECASE,
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
    r"\b(?:the|latest|recent|any|more) news\b|\bheadlines\b|\bstories\b|\bnews (?:from|of|this)\b",
    re.IGNORECASE,
)
# "the Noto earthquake", "the rugby world cup": up to five words that are no stop words.
_STOP = "|".join(sorted(STOP_WORDS, key=len, reverse=True))
_PHRASE = re.compile(
    rf"\b(?:the|an?|in|at|of|on|for|by|from)\s+(?:the\s+)?((?:(?!(?:{_STOP})\b)[\w'’&.-]+\s*){{1,5}})",
    re.IGNORECASE,
)
# "Who won, and by how much?", but no relative or indirect clause: "… and where he will meet them".
_ASKS = (
    r"(?:(?:at|by|for|from|in|on|since|to|until|with) )?(?:"
    rf"(?:when|where|why|how)(?=$| {BE_OR_DO})|how (?:many|much|long|old|far|big|high|fast)\b|"
    rf"what (?={BE_OR_DO}|happened|caused)|who (?!(?:he|she|they|it|we|you|the|an?)\b)(?=[a-z]))"
)
_AND = re.compile(rf",? and (?={_ASKS})")
_BOTH = re.compile(rf"([Ww]h(?:en|ere|y)|[Hh]ow) and (when|where|why|how) (?={BE_OR_DO})(.+)")
_RELATIVE = re.compile(r"\w .*\b(?:who|that|which)\b")
_END = re.compile(r"(?: (\([^()]*\)))?[?. ]*$")
_OPENING = re.compile(r"^(?:and|but|so|what about|how about|also|or|ok(?:ay)?,?)\b", re.IGNORECASE)


def core(text: str) -> str:
    """The question in a text that says more: "Hello, I have a test. Who won the World Cup?"

    The rest is kept where it names something, or the question itself names nothing.
    """
    said = sentences(text)
    asked = [s for s in said if s.endswith("?")]
    rest = " ".join(s for s in said if s not in asked and not is_greeting(s))
    is_empty = not (names(rest) or facts.numbers(rest))
    if len(asked) == 1 and is_empty and names(asked[0]) and not points_back(asked[0]):
        text = asked[0]
    return _POLITE.sub("", text)


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
    known, new = set(stems(question)), []
    for said in carried:
        if not known.issuperset(stems(said)):
            new.append(said)
            known.update(stems(said))
    return f"{question.rstrip('?. ')} ({', '.join(new)})?" if new else question


def parts(question: str, asked: str) -> list[tuple[str, str]]:
    """The questions that one asks, each standing alone, and as it was `asked` in it.

    "Who won the final, and by how much?" asks two, "When and where did it sink?" as well, and so do
    two sentences. Where that is not certain, it is one.
    """
    whole = [(question, asked)]
    end = _END.search(question)
    text, carried = question[: end.start()] if end else question, (end and end[1]) or ""
    both = _BOTH.fullmatch(text)
    found = (
        [f"{word} {both[3]}" for word in both.groups()[:2]]
        if both
        else [part for sentence in text.split("? ") for part in _AND.split(sentence)]
    )
    words = [f"{part.rstrip('?. ')}?" for part in found]
    first, *rest = words
    is_relative = _RELATIVE.search(first) and any(w.startswith("who") for w in rest)
    is_quoted = bool(set(text) & set('"“”'))
    is_more = bool(both and _AND.search(both[3]))
    if not rest or len(words) > PARTS or not all(map(begins, words)):
        return whole
    if is_quoted or is_relative or is_more:
        return whole
    known, named = carried[1:-1], names(" ".join(rest))
    if not known and (points_back(first) or (named and not names(first))):
        return whole

    def alone(part: str) -> str:
        if names(part) and not points_back(part):
            return part
        says_much = names(first) and set(terms(part)) - _VAGUE
        told = subjects(first) if says_much else [first[:-1]]
        return f"{part[:-1]} ({', '.join([*told, known] if known else told)})?"

    opening = f"{first[:-1]} {carried}?" if carried else first
    return [(opening, first), *((alone(part), part) for part in rest)]


def _person(text: str) -> list[str]:
    """The name of a text that is most likely somebody's, if there is one: of two words rather than
    of one, and not "Tokyo" of "in Tokyo" or "Tokyo's"."""
    found = [
        name.text
        for name in facts.names(text)
        if not _WHERE.search(text[: name.span[0]]) and not _OWNS.match(text[name.span[1] :])
    ]
    full = [name for name in found if " " in name and not NO_PERSON.search(name)]
    return [*full, *(name for name in found if not name.isupper())][:1]


def changes_subject(question: str, standalone: str, found: Iterable[str]) -> bool:
    """True where no text found tells of what the question names and of what was carried over.

    "What happened to the whale?" is no follow-up of a question about a bank.
    """
    texts = list(found)
    own = {stem for subject in subjects(question) for stem in stems(subject)}
    own = own or set(map(stem, capitalised(terms(question), texts)))
    carried = set(stems(standalone)) - set(stems(question))
    # "And in Wales?" says nothing by itself; "What about the ferry strike?" may.
    is_short = bool(_OPENING.match(question)) and len(terms(question)) < 2
    if not own or not carried or is_short or points(question):
        return False
    told = (set(stems(text)) for text in texts)
    return not any(2 * len(own & said) >= len(own) and carried & said for said in told)


def points(question: str) -> bool:
    """True for words that mean what was said before: "he", "there", "more"."""
    return bool(_PRONOUN.search(question) or _POINTERS.search(question))


def subjects(question: str) -> list[str]:
    """What a question is about: its names, each with the nouns around it, and "the …" phrases."""
    found = [m[1].strip() for m in _PHRASE.finditer(question)]
    held = " ".join(found)
    return found + [n.text for n in names(question) if n.text not in held]


def points_back(question: str) -> bool:
    """True where a question cannot be understood without the one before it."""
    pronoun, named = _PRONOUN.search(question), names(question)
    # "Who did Hegseth meet on his trip?" says itself who is meant.
    if _OPENING.match(question) or (pronoun and not (named and named[0].span[0] < pronoun.start())):
        return True
    if named:
        return False
    if _POINTERS.search(question):
        return True
    if not subject(question) and (_THE_NEWS.search(question) or timeframe.says(question)):
        return False
    return sum(word not in _VAGUE for word in terms(question)) < 2
