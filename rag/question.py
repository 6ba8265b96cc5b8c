"""What a question asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from rag import facts, timeframe
from rag.errors import QuestionError
from rag.words import ACRONYM, STOP_WORDS, WORD, terms

LONGEST = 2_000
"""Characters of a question that are read: a page of text is not a question."""

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

_TAG = re.compile(r"</?[a-z][a-z0-9]*(?:\s[^<>]*=[^<>]*)?\s*/?>", re.IGNORECASE)
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
                 r"know|what(?: is|['’]s) (?:new|happening|going on|in the news|the (?:latest|news|"
                 r"headlines|top stor))|give me|show me|any news|"
                 r"anything (?:about|new|on)|(?:latest|recent) news|headlines|"
                 r"news (?:from|of|on|about|this|today)"),
    # "What was damaged when the storm hit?" asks for no date.
    ("fact", r"what|which"),
)  # fmt: skip
BE_OR_DO = r"(?:are|can|could|did|do|does|had|has|have|is|may|might|should|was|were|will|would)\b"
_WHETHER = re.compile(
    r"(?:(?:and|but|so|ok(?:ay)?),? )?(?:am|are|can|could|did|do|does|had|has|have|is|"
    r"may(?! \d| day\b)|might|must|shall|should|was|were|will|would)(?:n['’]t)? "
    r"(?!you\b|there any(?:thing| news)\b)",
    re.IGNORECASE,
)
_KIND_PATTERNS = tuple((kind, re.compile(rf"\b(?:{p})\b", re.I)) for kind, p in _KINDS)
# "When the bank failed, how much was lost?" asks for no date.
_CLAUSE = re.compile(
    rf"^(?:when|where) (?!{BE_OR_DO}).*, "
    r"(?=(?:\w+ )?(?:who|whom|whose|what|when|where|which|why|how)\b)",
    re.IGNORECASE,
)
_OF_NEWS = frozenset("today headline headlines top stories new newest give show recent".split())
# "the top 5 stories"
_SO_MANY = re.compile(r"\b\d+ (?=(?:\w+ )?(?:headlines|news|stories)\b)", re.IGNORECASE)
# Words that open a question, beside those that carry no content.
_OPENERS = frozenset("besides briefly compare find give list name show summarize thanks".split())
_DENIED = re.compile(r"n['’]t$")
_SMALL = frozenset("a an and as at by for from in of on or the to vs with".split())
TITLED = 5
"""Words of a question from which all with capitals say that none is a name for that."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question taken apart."""

    text: str
    kind: Kind
    terms: tuple[str, ...]
    """Its content words in lower case, in order, none twice."""
    names: tuple[str, ...]
    """The names in it, as its capitals tell them; not one word that is its first."""

    @property
    def subject(self) -> tuple[str, ...]:
        return subject(self.text)


def clean(question: str) -> str:
    """The question with white space folded, without control characters and HTML tags.

    Raises QuestionError where it is no text or longer than `LONGEST`.
    """
    if not isinstance(question, str):
        raise QuestionError(f"The question is {question!r}; expected a text: 'Who won?'")
    text = " ".join("".join(c if c.isprintable() else " " for c in question).split())
    if len(text) > LONGEST:
        raise QuestionError(
            f"The question has {len(text):,} characters; ask in at most {LONGEST:,}. It begins: "
            f"{text[:60]}…"
        )
    return " ".join(_TAG.sub(" ", text).split())


def is_greeting(question: str) -> bool:
    """True for "hello", "thanks" and the like: nothing that a library could answer."""
    return bool(_GREETING.fullmatch(question))


def analyse(question: str, asked: str = "") -> Asked:
    """Takes a cleaned, standalone question apart; `asked` is its form in the conversation."""
    # Whether one word at the beginning is a name, capitals do not tell.
    named = tuple(
        n.text for n in names(question)
        if " " in n.text or n.text.isupper() or question[: n.span[0]].strip()
    )  # fmt: skip
    asked = asked or question
    asked = _CLAUSE.sub("", asked if asked.isupper() else ACRONYM.sub("X", asked))
    kind: Kind = "overview" if len(asked.split()) < 3 else "fact"
    if _WHETHER.match(asked):
        return Asked(question, "whether", terms(question), named)
    first = len(asked)
    for name, pattern in _KIND_PATTERNS:
        match = pattern.search(asked)
        if match and match.start() < first:
            kind, first = name, match.start()
    return Asked(question, kind, terms(question), named)


def begins(text: str) -> bool:
    """True where the text begins as a question does."""
    return bool(_WHETHER.match(text) or any(p.match(text) for _, p in _KIND_PATTERNS))


def subject(question: str) -> tuple[str, ...]:
    """The terms without those that ask for the news, or for those of a time: none where it names
    no subject."""
    asked = terms(_SO_MANY.sub("", timeframe.without(question)))
    return tuple(term for term in asked if term not in _OF_NEWS)


def names(question: str) -> tuple[facts.Found, ...]:
    """The names in a question, as its capitals tell them.

    None where all words have capitals, and none that opens it: "Thanks", "Didn't", "Compare".
    """
    given = WORD.findall(question)
    if question.isupper() or (
        len(given) >= TITLED and not any(w[0].islower() and w not in _SMALL for w in given)
    ):
        return ()
    found = (_behind_opening(name, question) for name in facts.names(question))
    return tuple(name for name in found if name)


def _behind_opening(name: facts.Found, question: str) -> facts.Found | None:
    """The name without a word that opens the question, None where that is all."""
    start, end = name.span
    first, _, rest = name.text.partition(" ")
    if question[:start].strip():
        return name
    opening = _DENIED.sub("", first.lower())
    is_word = opening in STOP_WORDS | _OPENERS or re.match(r"[,.!]", question[start + len(first) :])
    if (first.isupper() and len(first) > 1) or not is_word:
        return name
    return facts.Found(rest, (end - len(rest), end)) if rest else None
