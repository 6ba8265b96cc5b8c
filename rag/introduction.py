"""Who somebody is, or what something is: the sentences that introduce a name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.check import Source
from rag.evidence import Evidence, Reading, sentences_of
from rag.facts import OPENERS
from rag.records import Passage
from rag.retrieve import Index
from rag.sentences import is_whole
from rag.words import STOP_WORDS, folded

INTRODUCED, MENTIONED = 0.9, 0.55
"""Confidence where a sentence says who is named, and where sentences only name them."""
# Scores: of what stands behind the name and before it, of the sentence's subject, of the full name
# where the question gives a part of it, and taken for each paragraph before, few of which count.
BEHIND, BEFORE, SUBJECT, FULL, LATER, LATEST = 3.0, 2.0, 1.0, 1.0, 0.1, 0.4
SAYS_WHO = 1.5
"""Score from which a sentence says who is named."""
NEAR = 1.0

_ASKED = re.compile(
    r"(?:(?:and|but|so|ok(?:ay)?),? )?"
    r"(?P<who>who|what)(?: exactly)?(?:['’](?:s|re)| is| are| was| were) "
    r"(?:(?:he|she|it|they|this|that) \((?P<carried>[^(),]+)[^()]*\)|"
    r"(?P<the>the )?(?P<name>[^\W\d_][^,;:?()]*?))[\s?]*",
    re.IGNORECASE,
)
_PLURAL = re.compile(r"\bwho(?: exactly)?(?: are| were|['’]re)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:[-.][^\W_]+)*")
_SMALL = frozenset("of the and for de la van von al".split())
"""Words of a name that need no capital."""
# "Gen" of "Gen Nakatani", "Hester" of "Hester Quaid".
_FIRST_NAMES = re.compile(r"(?:(?<![.!?] )[A-Z][\w.'’-]+ ){1,2}$")
# ", who leads", ", the mayor", ", 58,", ", head of the bank", ", Japan's defence minister"
_BEHIND = re.compile(
    r"(?:,| \(| [–—-]) ?(?:the|an?|one of|who|whose|then|now|formerly|once|also|\d{1,3})\b|"
    r",(?: (?!\w+ing\b)[\w-]+){1,3} (?:of|at|for) |, [A-Z][\w-]*['’]s "
)
_IS = re.compile(
    r" (?:is|was|are|were|became|has been) (?:now |then )?"
    r"(?:the|an?|one of|elected|appointed|born|named)\b"
)
_NO_SUBJECT = re.compile(r"\b(?:about|against|at|by|for|from|in|of|on|to|with) $")
# "her main opponent, ", "the council's leader ", "Prime Minister "
_BEFORE = re.compile(
    r"\b(?:his|her|its|their|the|an?) (?:[\w'’-]+ ){0,4}?[a-z]+, $|"
    r"\b(?!(?i:after|either|ever|for|former|her|however|later|never|nor|other|over|per|rather|under|want|"
    r"whether|(?:sept|nov|dec)ember|october) )"
    r"(?:[A-Za-z-]+(?:er|or|ist|ian|man|woman|dent|ant|ary|ess)|boss|chair|chief|coach|company|"
    r"firm|group|head|judge|model|party|probe|ship|son|spacecraft|star|wife|"
    r"[Gg]eneral|[Kk]ing|[Pp]ope|[Qq]ueen) $"
)


@dataclass(frozen=True, slots=True)
class _Naming:
    """A sentence that names what is asked about."""

    source: Source
    passage: Passage
    sentence: str
    start: int
    end: int
    """Characters [start, end) of the name in the sentence."""

    @property
    def first_names(self) -> str:
        """The names and titles right before the name."""
        found = _FIRST_NAMES.search(self.sentence[: self.start])
        is_name = found and not OPENERS & set(found[0].lower().split())
        return found[0] if found and is_name else ""

    def score(self, usual: str) -> float:
        """How much the sentence says of who is named, `usual` being the usual first names."""
        before, behind = self.sentence[: self.start], self.sentence[self.end :]
        shorter = before.removesuffix(self.first_names)
        is_subject = not _NO_SUBJECT.search(shorter)
        says = BEHIND * bool(_BEHIND.match(behind) or (is_subject and _IS.match(behind)))
        says += BEFORE * bool(_BEFORE.search(before) or _BEFORE.search(shorter))
        says += SUBJECT * (not before) + FULL * bool(usual and self.first_names == usual)
        return says - min(LATER * self.source.number, LATEST)


def name_asked(question: str) -> str | None:
    """The name in "Who is Ida Moll?" and "What are the Houthis?"; None in other questions."""
    match = _ASKED.fullmatch(question)
    # "Who is the mayor?" asks for a name, "Who are the Houthis?" gives one.
    if match is None or (
        match["the"] and match["who"].lower() == "who" and not _PLURAL.search(question)
    ):
        return None
    name: str = match["carried"] or match["name"]
    return None if STOP_WORDS.issuperset(name.lower().split()) else name  # "he"


def read(name: str, passages: Sequence[Passage], index: Index) -> Reading | None:
    """The sentences of the passages that name it, those first that say who or what it is.

    None where the words nowhere stand as a name.
    """
    found = list(_namings(name, passages, index))
    # "Turnout was 54%" begins with a capital and names nobody.
    common = re.compile(rf"\b{re.escape(name.lower())}\b")
    is_common = any(common.search(p.text) for p in passages)
    if all(n.start == 0 and is_common for n in found):
        return None
    usual = Counter(n.first_names for n in found if n.first_names).most_common(1)
    scored = [(n, n.score(usual[0][0] if usual else "")) for n in found]
    evidence = [Evidence(n.source, n.sentence, n.passage, score, None) for n, score in scored]
    evidence.sort(key=lambda e: -e.score)
    confidence = INTRODUCED if evidence[0].score >= SAYS_WHO else MENTIONED
    return Reading(tuple(evidence), tuple(passages), confidence, NEAR)


def _namings(name: str, passages: Sequence[Passage], index: Index) -> Iterator[_Naming]:
    wanted = [folded(word) for word in _WORD.findall(name)]
    for passage in passages:
        article = index.store.article(passage.article, passage.version)
        for said in sentences_of(passage, article):
            says = is_whole(said.text) and not said.text.endswith("?") and not said.is_note
            for span in _spans(wanted, said.text) if says else ():
                yield _Naming(said.source, passage, said.text, *span)


def _spans(wanted: Sequence[str], sentence: str) -> Iterator[tuple[int, int]]:
    """Characters [start, end) of each place where the words stand, written as a name."""
    words = list(_WORD.finditer(sentence))
    for at in range(len(words) - len(wanted) + 1):
        some = words[at : at + len(wanted)]
        is_same = all(folded(w[0]) == known for w, known in zip(some, wanted, strict=True))
        is_name = all(not w[0].islower() or w[0] in _SMALL for w in some)
        # "Apple" is not "Apple Music", nor "President" the name of President Biden.
        if is_same and is_name and not re.match(r" [A-Z]", sentence[some[-1].end() :]):
            yield some[0].start(), some[-1].end()
