"""Paragraphs in which an outlet says that it has corrected or clarified its article.

They stay paragraphs of the article, where they can be read and cited, and are kept beside it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

LONGEST = 1500
"""Characters of a note; newspapers' own stay under 1,000."""
MOST = 10
"""Notes on one article. A page with more lists what was corrected in others."""

_THIS = r"(?:this|our) (?:\w+ ){0,2}(?:article|story|report|piece|post|column|headline)"
_DONE = r"(?:corrected|amended|clarified|(?:updated|changed) to (?:correct|clarify))"
_WHEN = r"(?:\s*\([^)]{1,40}\)|,? (?:on |of )?(?:[A-Z][a-z]{2,8}\.? )?\d[^:–—]{0,20})"
_NOTE = re.compile(
    # "Correction:", "Corrections & Clarifications —", "Correction (6 May):", "CORRECTION, May 6:"
    r"[•*·–—\s-]*(?:(?:editor['’]?s['’]? )?(?:corrections?|clarifications?)"
    rf"(?: (?:and|&) clarifications?)?{_WHEN}?(?:\s*:|\s+[–—-]\s)"
    # "This article was amended on 6 May to …", "Editor's note: An earlier version of this story …"
    rf"|(?:[^.:]{{0,40}}: ?)?(?:{_THIS} (?:has been|was|were) (?:\w+ ){{0,2}}{_DONE}\b"
    rf"|(?:an?|the) (?:earlier|previous|original) version of {_THIS}"
    rf"|{_THIS} (?:originally|previously|initially|incorrectly)"
    r" (?:said|stated|reported|misstated)\b)"
    # "(Corrects spelling of name in paragraph 3)", "(This May 6 story has been corrected to …)"
    rf"|\((?:corrects|clarifies|this (?:[\w.]+ ){{0,4}}story (?:has been|was) {_DONE})\b)",
    re.IGNORECASE,
)


def found(paragraphs: Sequence[str]) -> str | None:
    """The notes among the paragraphs, joined by a space; None where there is none or too many."""
    notes = [text for text in paragraphs if len(text) <= LONGEST and _NOTE.match(text)]
    return " ".join(notes) if 0 < len(notes) <= MOST else None
