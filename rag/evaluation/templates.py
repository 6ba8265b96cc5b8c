"""Sentences turned round into questions by grammar: "The ferry Maud sank in 2011." becomes "When
did the ferry Maud sink?"

A sentence whose grammar is not plain gives none, and neither does one whose question could not be
understood without the article. What is missed costs nothing; what is wrong costs a person's time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from rag import days, facts
from rag.check import gives_orders
from rag.evaluation.metrics import contains
from rag.question import terms
from rag.records import Article
from rag.sentences import sentences

SHORTEST, LONGEST = 5, 28
"""Words of a question: fewer say too little, more are a sentence that nobody would ask."""
LONGEST_SENTENCE = 500
"""Characters of a sentence that is tried: a longer one is a table or a list."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that a paragraph answers."""

    question: str
    answers: tuple[str, ...]
    """At least one stands in the quote; the others say the same."""
    paragraph: int
    """Its number, from 1."""
    quote: str
    """The sentence that the question was made of."""


def questions(article: Article) -> Iterator[Asked]:
    """Every question that the templates find in an article, in the order of its paragraphs."""
    story = Story(article, _people(article), _event(article))
    for number, paragraph in enumerate(article.paragraphs, 1):
        before = ""
        for quote in [] if gives_orders(paragraph) else sentences(paragraph):
            sentence = _without_pronoun(quote, before, story.people)
            for template in _TEMPLATES if len(quote) <= LONGEST_SENTENCE else ():
                for question, answers in template(sentence, story):
                    asked = question if template in _TOLD else _finished(question, story)
                    held = any(answer in quote for answer in answers)
                    if asked and held and not any(contains(asked, a) for a in answers):
                        yield Asked(f"{asked}?", tuple(dict.fromkeys(answers)), number, quote)
            before = sentence


# What an article tells about its sentences


@dataclass(frozen=True, slots=True)
class Story:
    """An article, the full names of its people by surname, and the event it is about, if plain."""

    article: Article
    people: dict[str, str]
    event: str | None
    """As "the earthquake in Morocco's High Atlas"."""

    @property
    def published(self) -> date | None:
        return self.article.published.day if self.article.published else None


_RANK = (
    r"(?:(?:(?:Vice|Deputy|Prime|Foreign|Finance|Defen[cs]e|Health|Interior|Acting) )*(?:President|"
    r"Minister|Secretary|General|Governor|Mayor|Senator|Judge|Captain|Pope|King|Queen|Prince|"
    r"Princess|Cardinal|Councillor|Inspector|Sergeant|Dr|Mr|Mrs|Ms|Sir)\.? )"
)
_WORD = r"[^\W\d_a-zß-öø-ÿ][\w’'.-]*\w"
_FULL_NAME = rf"(?:[A-Z]\. )?{_WORD}(?: (?:(?:de|da|du|van|von|bin|al|[A-Z]\.) )*{_WORD})+"
_NAME = rf"(?:{_RANK}?{_FULL_NAME}|{_WORD})"
_NO_PERSON = re.compile(
    r"['’]s |^(?:Stadium|Mount|Lake|New|Post|North|South|East|West|Port|Fort|Cape|San|Saint|Wadi|"
    r"River)\b|\b(?:[IVX]+|Party|Bank|City|Town|Council|Cup|League|House|Media|Group|Court|Minister)$"
)
# No name begins with them, though sentences do.
_NOT_FIRST = frozenset(
    "a about after against all although among as at because before between both by despite during "
    "even for from he her his if in inside inland it its most no not of on one only other others "
    "over she since some that the their these they this those under until we when where while who "
    "with".split()
)


def _people(article: Article) -> dict[str, str]:
    """Full names by surname: of those who have a rank, or are called by their surname elsewhere."""
    names = [n.text for text in article.paragraphs for n in facts.names(text)]
    found: dict[str, set[str]] = {}
    for name in names:
        full = re.sub(rf"^{_RANK}", "", name)
        first, last = full.split()[0], full.split()[-1]
        known = full != name or last in names
        if re.fullmatch(_FULL_NAME, full) and known and first.lower() not in _NOT_FIRST:
            found.setdefault(last, set()).add(full)
    return {last: full.pop() for last, full in found.items()
            if len(full) == 1 and not any(map(_NO_PERSON.search, full))}  # fmt: skip


_EVENT = (
    r"(?i:earthquakes?|quakes?|(?:wild)?fire|blaze|floods?|blackout|collision|crash|gale|storm|"
    r"cyclone|hurricane|disaster|outage|strike|shooting|explosion|blast|attack|landslide)"
)
_NAMED_EVENT = re.compile(
    rf"(?P<name>(?:{_WORD} ){{1,3}})(?P<event>{_EVENT})\b|"
    rf"\b(?P<what>{_EVENT}) (?P<where>(?:in|at|on|off|near) (?:the |[a-z]+ern |central )?"
    rf"{_WORD}(?: {_WORD})*)"
)


def _event(article: Article) -> str | None:
    """As "the Myanmar earthquake" for the title "Myanmar earthquake kills 1,600", else None."""
    if not (m := _NAMED_EVENT.search(article.title)):
        return None
    # In a title with capitals all over, or at its start, a capital makes no name.
    name = re.compile(rf"[a-z],? {re.escape((m['name'] or m['where']).strip())}\b")
    if not any(map(name.search, article.paragraphs)) and not (m["where"] and m.start()):
        return None
    event = (m["name"] or "") + (m["event"] or m["what"]).lower()
    return f"the {event} {m['where'] or ''}".rstrip()


def _without_pronoun(sentence: str, before: str, people: dict[str, str]) -> str:
    """The sentence with the one person of the sentence before in place of its "He" or "She"."""
    spoken = [full for last, full in people.items() if re.search(rf"\b{re.escape(last)}\b", before)]
    if len(spoken) != 1 or not re.match(r"(?:He|She) ", sentence):
        return sentence
    begins = rf"{_RANK}?(?:{_WORD} ){{0,3}}{re.escape(spoken[0].split()[-1])}\b"
    return f"{spoken[0]} {sentence.split(' ', 1)[1]}" if re.match(begins, before) else sentence


def _called(name: str, story: Story) -> list[str]:
    """What a person may be called: as here without the rank, in full, by surname."""
    bare = re.sub(rf"^{_RANK}", "", name)
    last = bare.split()[-1]
    return [bare, story.people.get(last, bare), *([last] if last in story.people else [])]


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
_BASE = _IRREGULAR | {
    re.sub(r"(?<=[^aeiou])y$", "i", base).removesuffix("e") + "ed": base for base in _REGULAR
}
_PAST = "|".join(_BASE)
_FINITE = rf"(?:was|were|is|are|has|have|had|will|would|can|could|{_PAST})"
_BE = ("was", "were")
_STATED = (*_BE, *_BASE)
"""Verbs of what has happened, so that a weekday lies before publication."""
_CLAUSE_END = re.compile(
    r",(?!\d)|:(?!\d)|[;—–(]| (?:but|while|although|though|whereas|because|when|where|until|"
    r"so that|(?:as|after|before|since|if) (?:he|she|it|they|the))\b|"
    rf" (?:and|or) (?=[^,;]*?\b(?:{_FINITE}|said|\w+ed)\b)"
)

_LISTED = re.compile(rf" [\w '’-]{{1,40}}(?:, [\w '’-]{{1,40}})*,? and (?!{_FINITE})")
# "The number of confirmed deaths was …": the first word that looks like the verb was none.
_SECOND_VERB = re.compile(
    r"(?:(?!\b(?:that|who|which|what|whether|how|why|where|than|as|after|before)\b).)*?"
    r"\b(?:was|were|is|are|has|have|had)\b"
)


def _clause(text: str) -> str | None:
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
        if self.verb in _BASE:
            return f"{word} did {self.subject} {_BASE[self.verb]} {rest}"
        if self.verb == "had" and not re.match(rf"(?:been|{_PAST}|\w+e[dn])\b", rest):
            return f"{word} did {self.subject} have {rest}"
        return f"{word} {self.verb} {self.subject} {rest}"


_PLAIN = re.compile(
    rf"(?P<opening>(?:On|In) [^,;\"“”]{{3,30}}, )?(?P<subject>[^,;:()\"“”—]{{2,70}}?)"
    rf"(?:, (?:which|who|a|an|the) [^,;\"“”]{{2,90}},)? (?P<verb>{_FINITE}) (?!by\b)(?P<rest>.+)"
)


def _plain(sentence: str, story: Story) -> Clause | None:
    """The first clause where its subject is a noun phrase that names something."""
    m = _PLAIN.fullmatch(sentence)
    if not m or not (rest := _clause(m["rest"])) or re.match(r"(?:not|never|also|to)\b", rest):
        return None
    if _SECOND_VERB.match(rest):
        return None
    subject, first = m["subject"], m["subject"].split()[0]
    if re.search(r"\b(?:that|who|which|what|as|if|said|to)\b|(?<![\w-])\d", subject):
        return None
    if first in ("The", "A", "An"):
        subject = subject[0].lower() + subject[1:]
    elif first.lower() in _NOT_FIRST or not _is_name(first, subject, story):
        return None
    return Clause(m["opening"] or "", subject, m["verb"], rest)


def _is_name(first: str, subject: str, story: Story) -> bool:
    """True where the first word of a sentence is not capitalised for standing there only."""
    inside = rf"\w,? {re.escape(first.removesuffix(chr(39) + 's'))}\b"
    texts = (*story.article.paragraphs, story.article.title)
    return bool(re.match(rf"{_WORD} {_WORD}", subject)) or any(re.search(inside, t) for t in texts)


# Templates: the questions of a sentence with their answers, before `_finished`

Found = Iterator[tuple[str, list[str]]]

_WORDS_SAID = r"[\"“](?P<said>[^\"“”]{25,160}?)[,.]?[\"”]"
_ASIDE = r"(?:, [^,;\"“”]{2,110},)?"
_SAID = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_WORDS_SAID},? said (?P<name>{_NAME})(?=[,.]| on | at |$)",
        rf"{_WORDS_SAID},? (?P<name>{_NAME}) (?:said|told)\b",
        rf"(?P<name>{_NAME}){_ASIDE} (?:said|told [\w ]+)[:,] {_WORDS_SAID}",
    )
)


def _who_said(sentence: str, story: Story) -> Found:
    for pattern in _SAID:
        m = pattern.match(sentence)
        if m and m["said"][0].isupper() and m["name"].split()[0].lower() not in _NOT_FIRST:
            yield f"Who said, “{m['said']}”", _called(m["name"], story)


_POST = (
    r"(?:minister|president|executive|director|spokesman|spokeswoman|chair|chairman|chairwoman|"
    r"head|mayor|secretary|governor|commander|founder|owner|editor|chief|officer|chancellor|"
    r"engineer|treasurer|ambassador|archbishop|bishop|administrator|commissioner|general|speaker|"
    r"surveyor|headteacher|principal|rector|secretary of state|attorney general)"
)
_LEADS = r"(?:captain|coach|leader|manager)"
_ADJECTIVES = r"(?:(?!the )[a-z][\w-]* ){0,3}"
_ORGANISATION = rf"{_ADJECTIVES}{_WORD}(?: (?:(?:and|of|the|for) )*{_WORD})*"
_POSTS = (
    rf"(?P<post>(?:the )?{_ADJECTIVES}(?:{_POST}|{_LEADS}) (?:of|at|for) (?:the )?{_ORGANISATION})",
    rf"(?P<post>(?:[Tt]he )?{_WORD}(?: {_WORD})*['’]s? {_ADJECTIVES}{_POST}|"
    rf"[Tt]he {_WORD} {_ADJECTIVES}{_POST})",
)
_HOLDERS = tuple(
    re.compile(pattern)
    for post in _POSTS
    for pattern in (
        rf"\b(?P<name>{_FULL_NAME}), (?:\d\d, )?{post}(?=[,.])",
        rf"\b{post}, (?P<name>{_FULL_NAME})(?=[,.])",
    )
)


def _who_held(sentence: str, story: Story) -> Found:
    if not (day := story.published):
        return
    for m in (m for pattern in _HOLDERS for m in pattern.finditer(sentence)):
        post = re.sub("^The ", "the ", m["post"])
        if post[0].islower() and not post.startswith("the "):
            post = f"the {post}"
        past = re.search(r"\b(?:former\w*|another|late|then|deputy and)\b", post)
        if not past and m["name"].split()[0].lower() not in _NOT_FIRST:
            when = f"{_MONTHS[day.month - 1]} {day.year}"
            yield f"Who was {post} in {when}", _called(m["name"], story)


_DEED = rf"(?P<rest>(?:{_FINITE}|said|\w+ed) "
_DID = re.compile(rf"(?P<name>{_NAME})(?:, (?:\d\d|(?!{_WORD})[^,;\"“”]{{2,120}}),)? {_DEED}.+)")
_WHO_DID = re.compile(rf"(?P<name>{_NAME}), who {_DEED}[^,]+)[,.]")
_PERSONAL = re.compile(
    r"(?:(?:was|has been) (?:named (?:best|player|man|woman)|born|elected|sworn|appointed|arrested|"
    r"sentenced)|said|told|resigned|scored|apologised)\b"
)
_BY_ANY = re.compile(r"(?:won|beat|defeated|bought|acquired|agreed to (?:buy|acquire)) ")


def _who_did(sentence: str, story: Story) -> Found:
    whole = _DID.fullmatch(sentence)
    for m in [*([whole] if whole else []), *_WHO_DID.finditer(sentence)]:
        rest = _clause(m["rest"])
        if not rest or m["name"].split()[0].lower() in _NOT_FIRST:
            continue
        by_verb = " " in m["name"] and (m is not whole or _PERSONAL.match(rest))
        if by_verb or m["name"].split()[-1] in story.people:
            yield f"Who {rest}", _called(m["name"], story)
        elif m is whole and _BY_ANY.match(rest) and not _NO_PERSON.match(m["name"]):
            yield f"Who {rest}", [m["name"]]


_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_MONTH = rf"(?:{'|'.join(_MONTHS)})"
_WEEKDAY = rf"(?:{'|'.join(name.title() for name in facts.WEEKDAYS)})"
_DAY = rf"(?:\d{{1,2}} {_MONTH}|{_MONTH} \d{{1,2}})(?:,? \d{{4}})?"
_WHEN = re.compile(
    rf" ?\b(?:(?:late |early )?[Oo]n (?P<day>(?:{_WEEKDAY},? )?{_DAY}|{_WEEKDAY})"
    r"(?: (?:morning|afternoon|evening|night))?|"
    rf"[Ii]n (?P<month>(?:{_MONTH} )?(?:19|20)\d\d|{_MONTH}))(?! (?:and|or|to|last|this|next) )"
)

_CLOCK = re.compile(r" ?\bat (?:about )?\d[\d.:]* ?[ap]\.?m\b\.?")


def _when(sentence: str, story: Story) -> Found:
    clause = _plain(sentence, story)
    if not clause or clause.verb not in _STATED:
        return
    opening = _WHEN.match(clause.opening)
    m = opening or _WHEN.search(clause.rest)
    if not m:
        return
    rest = clause.rest if opening else clause.rest[: m.start()] + clause.rest[m.end() :]
    said = m["day"] or m["month"]
    found = next((f for f in days.spans(m[0]) if f.text == said), None)
    full = _in_full(found, m[0], story) if found else None
    if full and not days.spans(rest):
        yield clause.ask("When", _CLOCK.sub("", rest)), [said, full]


_ABOUT = (
    r"(?:(?:about|around|roughly|some|nearly|almost|over|more than|at least|up to|only|just|all|"
    r"a little over|close to) )*"
)
_COUNT = (
    r"(?:\d[\d,.]*(?: (?:hundred|thousand|million|billion|trillion))?|two|three|four|five|six|"
    r"seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|"
    r"nineteen|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:-\w+)?)"
)
_MONEY = (
    r"(?:[£$€]\d[\d,.]*(?:(?:m|bn)\b| million| billion| trillion)?|\d[\d,.]*(?: million| billion|"
    r" trillion)? (?:[A-Z]\w+ )?(?:dollars|euros|pounds|francs|rupees|yen|crowns))"
)
_UNIT = (
    r"(?:[a-z-]+ ){0,2}?(?!times)(?:[a-z]{3,}[^sui\W]s|people|men|women|children)"
    r"(?! (?:after|before|ago|later|earlier|old|of age|in)\b)"
)
_WHOLE = rf"(?:of (?:the |{_WORD}['’]s )(?:[\d,]+ )?)?"
# "spent", "has set aside", "is paying NASA", before what was counted.
_DONE = (
    rf"(?P<done>(?:(?:been )?(?:{_PAST}|\w+e[dn]|\w+ing|worth)(?: aside| up| out)? )?"
    rf"(?:{_WORD}(?: {_WORD})* )?)"
)
_COUNTED = re.compile(
    rf"{_DONE}{_ABOUT}(?:(?P<share>\d[\d.]*(?:%| per ?cent)) of (?P<whole>.+)|"
    rf"(?P<money>{_MONEY})(?P<paid>(?: .+)?)|"
    rf"(?P<count>{_COUNT}) (?P<unit>{_WHOLE}{_UNIT})(?P<more>(?: .+)?))"
)


def _how_many(sentence: str, story: Story) -> Found:
    clause = _plain(sentence, story)
    m = _COUNTED.fullmatch(clause.rest) if clause else None
    if not clause or not m or (clause.verb in _BE and not m["done"]):
        return
    if re.search(r" and .*\d|\bnot\b", clause.rest):
        return
    if m["share"]:
        word, answer, more = f"What percentage of {m['whole']}", m["share"], ""
    elif m["money"]:
        word, answer, more = "How much", m["money"], m["paid"]
    else:
        word, answer, more = f"How many {m['unit']}", m["count"], m["more"]
    yield clause.ask(word, f"{m['done'] or ''}{more}"), [answer]


_COUNTED_FIRST = re.compile(
    rf"(?i:{_ABOUT}(?P<count>{_COUNT})) (?P<unit>{_UNIT}(?: (?!{_FINITE})[^,;]{{2,50}}?)?) "
    rf"(?P<rest>{_FINITE} .+)"
)
_HARM = re.compile(
    r"\b(?:killed|injured|dead|died|hurt|missing|rescued|evacuated|damaged|destroyed|cancelled|"
    r"trapped|cut off|treated|unhurt|saved|displaced|homeless)\b"
)


def _how_many_did(sentence: str, story: Story) -> Found:
    m = _COUNTED_FIRST.fullmatch(sentence)
    if m and (rest := _clause(m["rest"])):
        question = f"How many {m['unit']} {rest}"
        harmed = story.event and _HARM.search(rest) and not facts.names(question[8:])
        yield f"{question} in {story.event}" if harmed else question, [m["count"]]


_HAPPENED = re.compile(
    r"(?:born|held|launched|landed|met|crashed|collided|died|opened|struck|sank|began|signed|"
    r"arrested|buried|arrived|lifted off|took off|took place|gathered|elected|found|built)\b"
)
_PLACE = re.compile(
    rf" (?:in|at|near|outside) (?P<place>(?:the )?{_WORD}(?: (?:(?:of|the|de|in) )*{_WORD})*)"
    r"(?=$| on | in )"
)


def _where(sentence: str, story: Story) -> Found:
    clause = _plain(sentence, story)
    if not clause or clause.verb not in _STATED or not (m := _PLACE.search(clause.rest)):
        return
    happened = clause.rest if clause.verb in _BE else f"{clause.verb} {clause.rest}"
    rest = clause.rest[: m.start()] + clause.rest[m.end() :]
    elsewhere = _PLACE.search(rest) or re.search(r"\bfrom (?:the )?[A-Z]", rest)
    if _HAPPENED.match(happened) and not elsewhere and not re.search(_MONTH, m["place"]):
        yield clause.ask("Where", rest), [m["place"]]


_TEMPLATES: tuple[Callable[[str, Story], Found], ...] = (
    _who_said, _who_held, _who_did, _when, _how_many, _how_many_did, _where,
)  # fmt: skip
_TOLD = (_who_said, _who_held)
"""Templates whose questions tell enough as they are."""


# What makes a question one that anybody can be asked

_VAGUE = re.compile(
    r"\b(?:I|you|we|us|our|he|she|him|hers|it|they|them|this|these|those|there|here|then|now|so|"
    r"such|others?|another|same|former|latter|ones|one(?= of|$)|also|too|again|instead|next|last|"
    r"ago|earlier|later|yesterday|today|tomorrow|tonight|both|each|either|neither|however|more|"
    r"further|already|respectively)\b", re.IGNORECASE
)  # fmt: skip
_OWNED = re.compile(r"\b(?:his|her|its|their)\b")
_POINTING = re.compile(
    r"\b[Tt]he (?!first|second|third|\w+est\b|most\b|world\b|sea\b|moon\b)"
    r"(?:[a-z][\w-]* ){0,3}?"
    r"[a-z][\w-]*(?<! time)(?=$|['’]| (?:by|with|on|after|before|during|as|than|under|until|since|"
    r"and|over|into|against|through|about)\b)"
)

# "Japanese" and the like tell too little.
_PEOPLE = re.compile(r"\w+(?:ese|ian|[rx]ican|ish|eli|ench|erman|wiss)")
_AN_EVENT = re.compile(rf"\bthe (?:{_EVENT})\b(?! (?:in|at|of|on|near|that)\b)")


def _finished(question: str, story: Story) -> str | None:
    """The question with days and names in full; None where it would not be understood."""
    owner = not question.startswith(("Who ", "Where "))
    if _VAGUE.search(question) or (_OWNED.search(question) and not owner):
        return None
    if not (dated := _with_days(" ".join(question.split()), story)):
        return None
    full = _with_names(dated, story)
    if _POINTING.search(full) or not SHORTEST <= len(full.split()) <= LONGEST:
        return None
    return full if _tells(full) else None


def _tells(question: str) -> bool:
    """True where a question names enough of its story: a name of several words, two others, or a
    name with a date or three content words. "When" takes two names, since people do much on many
    days, and "how many" three content words or two long names."""
    names = [n.text for n in facts.names(question.split(" ", 1)[1]) if n.text not in _MONTHS]
    named = {word.lower() for name in names for word in name.split()}
    others = [word for word in terms(question) if word not in named and not word.isdigit()]
    names = [name for name in names if not _PEOPLE.fullmatch(name)]
    points = sum(min(len(name.split()), 2) for name in names) + bool(facts.dates(question))
    if question.startswith("When "):
        return len(set(names)) > 1
    if question.startswith("How "):
        return bool(names) and (len(others) > 2 or points > 3)
    return bool(names) and points + len(others) // 3 > 1


def _with_days(question: str, story: Story) -> str | None:
    """The question with its days in full; None where one is not certain."""
    spans = days.spans(question)
    inner = {f for f in spans for o in spans if o.span[0] < f.span[0] and f.span[1] <= o.span[1]}
    for found in reversed([f for f in spans if f not in inner]):  # no "May" of "3 May"
        before, after = question[: found.span[0]], question[found.span[1] :]
        full = _in_full(found, question, story)
        if not full or not re.search(r"\b(?:on|in|of|since|from|until|between|and) $", before):
            return None
        if re.match(r"['’]", after):
            return None
        question = before + full + re.sub(r"^ (?:morning|afternoon|evening|night)\b", "", after)
    return question


def _in_full(found: facts.Found, text: str, story: Story) -> str | None:
    """A past day, month or year with its year; None where it is not certain."""
    told = days.Told(story.published, ())
    meant = {(d.year, d.month or 0, d.day or 0) for d in days.meant(found, text, told) if d.year}
    if day := story.published:
        meant = {d for d in meant if d <= (day.year, day.month, day.day)}
    if len(meant) != 1:
        return None
    year, month, number = meant.pop()
    return " ".join(str(part) for part in (number, month and _MONTHS[month - 1], year) if part)


def _with_names(question: str, story: Story) -> str:
    """The question with full names for surnames, and what "the fire" is called."""
    for name in reversed(facts.names(question)):
        full = story.people.get(name.text, name.text)
        question = question[: name.span[0]] + full + question[name.span[1] :]
    return _AN_EVENT.sub(story.event, question) if story.event else question
