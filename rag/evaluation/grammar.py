"""What the templates know of English: how names, dates and numbers look, and plain clauses."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag import facts

# Names

RANK = (
    r"(?:(?:(?:Vice|Deputy|Prime|Foreign|Finance|Defen[cs]e|Health|Interior|Acting) )*(?:President|"
    r"Minister|Secretary|General|Governor|Mayor|Senator|Judge|Captain|Pope|King|Queen|Prince|"
    r"Princess|Cardinal|Councillor|Inspector|Sergeant|Dr|Mr|Mrs|Ms|Sir)\.? )"
)
WORD = r"[^\W\d_a-zß-öø-ÿ][\w’'.-]*\w"
FULL_NAME = rf"(?:[A-Z]\. )?{WORD}(?: (?:(?:de|da|du|van|von|bin|al|[A-Z]\.) )*{WORD})+"
NAME = rf"(?:{RANK}?{FULL_NAME}|{WORD})"
NO_PERSON = re.compile(
    r"['’]s |^(?:Stadium|Mount|Lake|New|Post|North|South|East|West|Port|Fort|Cape|San|Saint|Wadi|"
    r"River)\b|\b(?:[IVX]+|Party|Bank|City|Town|Council|Cup|League|House|Media|Group|Court|Minister)$"
)
# No name begins with them, though sentences do.
NOT_FIRST = frozenset(
    "a about after against all although among as at because before between both by despite during "
    "even for from he her his if in inside inland it its most no not of on one only other others "
    "over she since some that the their these they this those under until we when where while who "
    "with".split()
)

# Dates and numbers

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
MONTH = rf"(?:{'|'.join(MONTHS)})"
WEEKDAY = rf"(?:{'|'.join(name.title() for name in facts.WEEKDAYS)})"
DAY = rf"(?:\d{{1,2}} {MONTH}|{MONTH} \d{{1,2}})(?:,? \d{{4}})?"
ABOUT = (
    r"(?:(?:about|around|roughly|some|nearly|almost|over|more than|at least|up to|only|just|all|"
    r"a little over|close to) )*"
)
COUNT = (
    r"(?:\d[\d,.]*(?: (?:hundred|thousand|million|billion|trillion))?|two|three|four|five|six|"
    r"seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|"
    r"nineteen|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:-\w+)?)"
)
MONEY = (
    r"(?:[£$€]\d[\d,.]*(?:(?:m|bn)\b| million| billion| trillion)?|\d[\d,.]*(?: million| billion|"
    r" trillion)? (?:[A-Z]\w+ )?(?:dollars|euros|pounds|francs|rupees|yen|crowns))"
)
UNIT = (
    r"(?:[a-z-]+ ){0,2}?(?!times)(?:[a-z]{3,}[^sui\W]s|people|men|women|children)"
    r"(?! (?:after|before|ago|later|earlier|old|of age|in)\b)"
)

# Verbs

_IRREGULAR = dict(
    pair.split(":")
    for pair in "became:become began:begin bought:buy brought:bring broke:break built:build "
    "came:come caught:catch chose:choose cost:cost cut:cut drew:draw drove:drive fell:fall "
    "flew:fly fought:fight found:find gave:give got:get grew:grow held:hold hit:hit kept:keep "
    "knew:know led:lead left:leave lost:lose made:make met:meet paid:pay put:put ran:run rose:rise "
    "sank:sink saw:see sent:send set:set shot:shoot sold:sell spent:spend spoke:speak stole:steal "
    "stood:stand struck:strike swept:sweep took:take threw:throw told:tell went:go "
    "withdrew:withdraw won:win wrote:write".split()
)
_REGULAR = (
    "abandon accept accuse achieve acquire add adopt agree announce appear appoint approve arrest "
    "arrive ask attack attend award back block board borrow burn call capture carry cause "
    "celebrate challenge change charge charter claim climb close collapse collect collide complete "
    "concede confirm congratulate convict count crash create cross cover damage decide declare "
    "decline defeat defend delay demand deny destroy detain die disappear discover dismiss disrupt "
    "double earn elect employ end enter escape evacuate expand explode face fail file finish "
    "follow gain gather happen head help hire honour host impose increase injure inspect install "
    "introduce invade invest invite issue join kick kill land last launch lift lower marry "
    "measure miss mourn move need nominate offer open operate order overturn own pass perform "
    "place play pledge postpone predict present promise propose provide publish qualify raise "
    "reach receive recommend record recover reduce refuse reject release remain remove reopen "
    "repair replace report require rescue resign restore resume retain retire return reveal rule "
    "save score seize sentence separate serve settle share sign start stay storm suffer supply "
    "support surround survive suspend test topple touch trade train transmit travel treat trigger "
    "turn unveil urge use visit vote vow walk want warn watch welcome work"
).split()
BASE = _IRREGULAR | {
    re.sub(r"(?<=[^aeiou])y$", "i", base).removesuffix("e") + "ed": base for base in _REGULAR
}
PAST = "|".join(BASE)
FINITE = rf"(?:was|were|is|are|has|have|had|will|would|can|could|{PAST})"
BE = ("was", "were")
STATED = (*BE, *BASE)
"""Verbs of what has happened, so that a weekday lies before publication."""

# Clauses

_CLAUSE_END = re.compile(
    r",(?!\d)|:(?!\d)|[;—–(]| (?:but|while|although|though|whereas|because|when|where|until|"
    r"so that|(?:as|after|before|since|if) (?:he|she|it|they|the))\b|"
    rf" (?:and|or) (?=[^,;]*?\b(?:{FINITE}|said|\w+ed)\b)"
)

_LISTED = re.compile(rf" [\w '’-]{{1,40}}(?:, [\w '’-]{{1,40}})*,? and (?!{FINITE})")
# "The number of confirmed deaths was …": the first word that looks like the verb was none.
SECOND_VERB = re.compile(
    r"(?:(?!\b(?:that|who|which|what|whether|how|why|where|than|as|after|before)\b).)*?"
    r"\b(?:was|were|is|are|has|have|had)\b"
)


def first_clause(text: str) -> str | None:
    """The first clause of a predicate; None where it would end inside a list or quotation."""
    text = text.rstrip(".")
    if any(mark in text for mark in '"“”'):
        return None
    if not (end := _CLAUSE_END.search(text)):
        return text
    listed = end[0] == "," and _LISTED.match(text, end.end())
    return None if listed else text[: end.start()]


@dataclass(frozen=True, slots=True)
class Clause:
    """A sentence's first clause, and what stands before it."""

    opening: str
    subject: str
    verb: str
    rest: str

    def ask(self, word: str, rest: str) -> str:
        """The clause turned round after a question word: "When did the ferry sink"."""
        if self.verb in BASE:
            return f"{word} did {self.subject} {BASE[self.verb]} {rest}"
        if self.verb == "had" and not re.match(rf"(?:been|{PAST}|\w+e[dn])\b", rest):
            return f"{word} did {self.subject} have {rest}"
        return f"{word} {self.verb} {self.subject} {rest}"
