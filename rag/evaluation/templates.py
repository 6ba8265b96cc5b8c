"""Sentences turned round into questions by grammar: "The ferry Maud sank in 2011." becomes "When
did the ferry Maud sink?"

A sentence whose grammar is not plain gives none, and neither does one whose question could not be
understood without the article. What is missed costs nothing; what is wrong costs a person's time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rag import days, facts
from rag.check import gives_orders
from rag.evaluation.background import Background, called, finished, in_full, without_pronoun
from rag.evaluation.grammar import (
    ABOUT,
    BE,
    COUNT,
    DAY,
    FINITE,
    FULL_NAME,
    MONEY,
    MONTH,
    MONTHS,
    NAME,
    NO_PERSON,
    NOT_FIRST,
    PAST,
    SECOND_VERB,
    STATED,
    UNIT,
    WEEKDAY,
    WORD,
    Clause,
    first_clause,
)
from rag.evaluation.metrics import contains
from rag.records import Article
from rag.sentences import sentences

LONGEST_SENTENCE = 500
"""Characters of a sentence that is tried: a longer one is a table or a list."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A question that a paragraph answers."""

    question: str
    answers: tuple[str, ...]
    """At least one stands in the quote; the others say the same."""
    paragraph: int
    """Its number, from 1."""
    quote: str
    """The sentence that the question was made of."""


def questions(article: Article) -> Iterator[Drafted]:
    """Every question that the templates find in an article, in the order of its paragraphs."""
    background = Background.of(article)
    for number, paragraph in enumerate(article.paragraphs, 1):
        before = ""
        for quote in [] if gives_orders(paragraph) else sentences(paragraph):
            sentence = without_pronoun(quote, before, background.people)
            for template in _TEMPLATES if len(quote) <= LONGEST_SENTENCE else ():
                for question, answers in template(sentence, background):
                    asked = question if template in _TOLD else finished(question, background)
                    held = any(answer in quote for answer in answers)
                    if asked and held and not any(contains(asked, a) for a in answers):
                        yield Drafted(f"{asked}?", tuple(dict.fromkeys(answers)), number, quote)
            before = sentence


_PLAIN = re.compile(
    rf"(?P<opening>(?:On|In) [^,;\"“”]{{3,30}}, )?(?P<subject>[^,;:()\"“”—]{{2,70}}?)"
    rf"(?:, (?:which|who|a|an|the) [^,;\"“”]{{2,90}},)? (?P<verb>{FINITE}) (?!by\b)(?P<rest>.+)"
)


def _plain(sentence: str, background: Background) -> Clause | None:
    """The first clause where its subject is a noun phrase that names something."""
    m = _PLAIN.fullmatch(sentence)
    if not m or not (rest := first_clause(m["rest"])) or re.match(r"(?:not|never|also|to)\b", rest):
        return None
    if SECOND_VERB.match(rest):
        return None
    subject, first = m["subject"], m["subject"].split()[0]
    if re.search(r"\b(?:that|who|which|what|as|if|said|to)\b|(?<![\w-])\d", subject):
        return None
    if first in ("The", "A", "An"):
        subject = subject[0].lower() + subject[1:]
    elif first.lower() in NOT_FIRST or not _is_name(first, subject, background):
        return None
    return Clause(m["opening"] or "", subject, m["verb"], rest)


def _is_name(first: str, subject: str, background: Background) -> bool:
    """True where the first word of a sentence is not capitalised for standing there only."""
    inside = rf"\w,? {re.escape(first.removesuffix(chr(39) + 's'))}\b"
    texts = (*background.article.paragraphs, background.article.title)
    return bool(re.match(rf"{WORD} {WORD}", subject)) or any(re.search(inside, t) for t in texts)


# Templates: the questions of a sentence with their answers, before `finished`

Found = Iterator[tuple[str, list[str]]]

_WORDS_SAID = r"[\"“](?P<said>[^\"“”]{25,160}?)[,.]?[\"”]"
_ASIDE = r"(?:, [^,;\"“”]{2,110},)?"
_SAID = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_WORDS_SAID},? said (?P<name>{NAME})(?=[,.]| on | at |$)",
        rf"{_WORDS_SAID},? (?P<name>{NAME}) (?:said|told)\b",
        rf"(?P<name>{NAME}){_ASIDE} (?:said|told [\w ]+)[:,] {_WORDS_SAID}",
    )
)


def _who_said(sentence: str, background: Background) -> Found:
    for pattern in _SAID:
        m = pattern.match(sentence)
        if m and m["said"][0].isupper() and m["name"].split()[0].lower() not in NOT_FIRST:
            yield f"Who said, “{m['said']}”", called(m["name"], background)


_POST = (
    r"(?:minister|president|executive|director|spokesman|spokeswoman|chair|chairman|chairwoman|"
    r"head|mayor|secretary|governor|commander|founder|owner|editor|chief|officer|chancellor|"
    r"engineer|treasurer|ambassador|archbishop|bishop|administrator|commissioner|general|speaker|"
    r"surveyor|headteacher|principal|rector|secretary of state|attorney general)"
)
_LEADS = r"(?:captain|coach|leader|manager)"
_ADJECTIVES = r"(?:(?!the )[a-z][\w-]* ){0,3}"
_ORGANISATION = rf"{_ADJECTIVES}{WORD}(?: (?:(?:and|of|the|for) )*{WORD})*"
_POSTS = (
    rf"(?P<post>(?:the )?{_ADJECTIVES}(?:{_POST}|{_LEADS}) (?:of|at|for) (?:the )?{_ORGANISATION})",
    rf"(?P<post>(?:[Tt]he )?{WORD}(?: {WORD})*['’]s? {_ADJECTIVES}{_POST}|"
    rf"[Tt]he {WORD} {_ADJECTIVES}{_POST})",
)
_HOLDERS = tuple(
    re.compile(pattern)
    for post in _POSTS
    for pattern in (
        rf"\b(?P<name>{FULL_NAME}), (?:\d\d, )?{post}(?=[,.])",
        rf"\b{post}, (?P<name>{FULL_NAME})(?=[,.])",
    )
)


def _who_held(sentence: str, background: Background) -> Found:
    if not (day := background.published):
        return
    for m in (m for pattern in _HOLDERS for m in pattern.finditer(sentence)):
        post = re.sub("^The ", "the ", m["post"])
        if post[0].islower() and not post.startswith("the "):
            post = f"the {post}"
        past = re.search(r"\b(?:former\w*|another|late|then|deputy and)\b", post)
        if not past and m["name"].split()[0].lower() not in NOT_FIRST:
            when = f"{MONTHS[day.month - 1]} {day.year}"
            yield f"Who was {post} in {when}", called(m["name"], background)


_DEED = rf"(?P<rest>(?:{FINITE}|said|\w+ed) "
_DID = re.compile(rf"(?P<name>{NAME})(?:, (?:\d\d|(?!{WORD})[^,;\"“”]{{2,120}}),)? {_DEED}.+)")
_WHO_DID = re.compile(rf"(?P<name>{NAME}), who {_DEED}[^,]+)[,.]")
_PERSONAL = re.compile(
    r"(?:(?:was|has been) (?:named (?:best|player|man|woman)|born|elected|sworn|appointed|arrested|"
    r"sentenced)|said|told|resigned|scored|apologised)\b"
)
_BY_ANY = re.compile(r"(?:won|beat|defeated|bought|acquired|agreed to (?:buy|acquire)) ")


def _who_did(sentence: str, background: Background) -> Found:
    whole = _DID.fullmatch(sentence)
    for m in [*([whole] if whole else []), *_WHO_DID.finditer(sentence)]:
        rest = first_clause(m["rest"])
        if not rest or m["name"].split()[0].lower() in NOT_FIRST:
            continue
        by_verb = " " in m["name"] and (m is not whole or _PERSONAL.match(rest))
        if by_verb or m["name"].split()[-1] in background.people:
            yield f"Who {rest}", called(m["name"], background)
        elif m is whole and _BY_ANY.match(rest) and not NO_PERSON.match(m["name"]):
            yield f"Who {rest}", [m["name"]]


_WHEN = re.compile(
    rf" ?\b(?:(?:late |early )?[Oo]n (?P<day>(?:{WEEKDAY},? )?{DAY}|{WEEKDAY})"
    r"(?: (?:morning|afternoon|evening|night))?|"
    rf"[Ii]n (?P<month>(?:{MONTH} )?(?:19|20)\d\d|{MONTH}))(?! (?:and|or|to|last|this|next) )"
)

_CLOCK = re.compile(r" ?\bat (?:about )?\d[\d.:]* ?[ap]\.?m\b\.?")


def _when(sentence: str, background: Background) -> Found:
    clause = _plain(sentence, background)
    if not clause or clause.verb not in STATED:
        return
    opening = _WHEN.match(clause.opening)
    m = opening or _WHEN.search(clause.rest)
    if not m:
        return
    rest = clause.rest if opening else clause.rest[: m.start()] + clause.rest[m.end() :]
    said = m["day"] or m["month"]
    found = next((f for f in days.spans(m[0]) if f.text == said), None)
    full = in_full(found, m[0], background) if found else None
    if full and not days.spans(rest):
        yield clause.ask("When", _CLOCK.sub("", rest)), [said, full]


_WHOLE = rf"(?:of (?:the |{WORD}['’]s )(?:[\d,]+ )?)?"
# "spent", "has set aside", "is paying NASA", before what was counted.
_DONE = (
    rf"(?P<done>(?:(?:been )?(?:{PAST}|\w+e[dn]|\w+ing|worth)(?: aside| up| out)? )?"
    rf"(?:{WORD}(?: {WORD})* )?)"
)
_COUNTED = re.compile(
    rf"{_DONE}{ABOUT}(?:(?P<share>\d[\d.]*(?:%| per ?cent)) of (?P<whole>.+)|"
    rf"(?P<money>{MONEY})(?P<paid>(?: .+)?)|"
    rf"(?P<count>{COUNT}) (?P<unit>{_WHOLE}{UNIT})(?P<more>(?: .+)?))"
)


def _how_many(sentence: str, background: Background) -> Found:
    clause = _plain(sentence, background)
    m = _COUNTED.fullmatch(clause.rest) if clause else None
    if not clause or not m or (clause.verb in BE and not m["done"]):
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
    rf"(?i:{ABOUT}(?P<count>{COUNT})) (?P<unit>{UNIT}(?: (?!{FINITE})[^,;]{{2,50}}?)?) "
    rf"(?P<rest>{FINITE} .+)"
)
_HARM = re.compile(
    r"\b(?:killed|injured|dead|died|hurt|missing|rescued|evacuated|damaged|destroyed|cancelled|"
    r"trapped|cut off|treated|unhurt|saved|displaced|homeless)\b"
)


def _how_many_did(sentence: str, background: Background) -> Found:
    m = _COUNTED_FIRST.fullmatch(sentence)
    if m and (rest := first_clause(m["rest"])):
        question = f"How many {m['unit']} {rest}"
        harmed = background.event and _HARM.search(rest) and not facts.names(question[8:])
        yield f"{question} in {background.event}" if harmed else question, [m["count"]]


_HAPPENED = re.compile(
    r"(?:born|held|launched|landed|met|crashed|collided|died|opened|struck|sank|began|signed|"
    r"arrested|buried|arrived|lifted off|took off|took place|gathered|elected|found|built)\b"
)
_PLACE = re.compile(
    rf" (?:in|at|near|outside) (?P<place>(?:the )?{WORD}(?: (?:(?:of|the|de|in) )*{WORD})*)"
    r"(?=$| on | in )"
)


def _where(sentence: str, background: Background) -> Found:
    clause = _plain(sentence, background)
    if not clause or clause.verb not in STATED or not (m := _PLACE.search(clause.rest)):
        return
    happened = clause.rest if clause.verb in BE else f"{clause.verb} {clause.rest}"
    rest = clause.rest[: m.start()] + clause.rest[m.end() :]
    elsewhere = _PLACE.search(rest) or re.search(r"\bfrom (?:the )?[A-Z]", rest)
    if _HAPPENED.match(happened) and not elsewhere and not re.search(MONTH, m["place"]):
        yield clause.ask("Where", rest), [m["place"]]


_TEMPLATES: tuple[Callable[[str, Background], Found], ...] = (
    _who_said, _who_held, _who_did, _when, _how_many, _how_many_did, _where,
)  # fmt: skip
_TOLD = (_who_said, _who_held)
"""Templates whose questions tell enough as they are."""
