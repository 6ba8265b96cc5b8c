"""Paragraphs that belong to a page rather than to its article.

Only short paragraphs are looked at, and each is matched as a whole, so that a sentence about
cookies or a newsletter stays. What has quotation marks in it is somebody's words and stays, too.
"""

from __future__ import annotations

import re

LONGEST = 200
"""Characters up to which a paragraph may be boilerplate; a longer one says something of its own."""

_ANY = r"[^\"“”]*"
_PLACE = (
    r"(?:facebook|twitter|x|instagram|whatsapp|linkedin|reddit|tiktok|threads|youtube|telegram)"
)
_AGENCY = r"(?:getty(?: images)?|reuters|afp|ap|epa|alamy|shutterstock|bloomberg)(?: europe)?"

_PATTERNS = (
    # Labels of the page's own parts
    r"advertis(?:ement|ing)s?|sponsored(?: content)?|paid content|ad feedback",
    r"comments?|leave a comment|print|e-?mail|save|share|close|menu|search|home|loading|up next",
    rf"{_PLACE}|copy link|skip to (?:main )?content|back to top|log ?in|sign in|register",
    r"most (?:read|popular|viewed)|trending(?: now)?|recommended(?: for you)?",
    r"(?:the )?(?:story|article) continues (?:below|after)(?: (?:the )?[\w ]{1,20})?",
    # A dateline that was cut off from its paragraph: "Seoul, South Korea CNN —"
    r"(?-i:(?:[A-Z][\w.’'/-]*,? (?:and )?){1,6}[—–])",
    # References to other articles: "Read more: Mayor resigns", "RELATED:"
    r"(?:(?:read|see|learn|watch|listen|keep reading|related|recommended|more)"
    r"(?: more| also| next| now| this| coverage| stor(?:y|ies)| articles?| content| links)?"
    r"|also read|more on this(?: story)?|you (?:may|might) also like)(?: ?:.*)?",
    rf"(?:you can )?(?:read|see|learn|find out) (?:more|it|them)(?: about {_ANY})? (?:right )?here",
    # What WordPress puts below a text in a feed
    r"(?-i:The post [^a-z].*) (?:appeared first|first appeared) on .+",
    # Newsletters and subscriptions
    r"(?:[^.\"“”]{0,80}[:?!] ?)?(?-i:Sign up|SIGN UP|Subscribe|SUBSCRIBE|Get|GET)\b"
    rf"(?={_ANY}\b(?:newsletters?|your inbox)\b){_ANY}",
    rf"(?-i:Sign up|Subscribe) (?:to|for) {_ANY}\b(?:alerts|updates|briefing)\b{_ANY}",
    rf"(?:would you like|want) to (?:receive|get) {_ANY}\b(?:newsletter|inbox)\b{_ANY}",
    rf"(?:subscribe|sign up)(?: (?:now|today|here|to {_ANY}\b(?:now|today|here))\b{_ANY})?",
    rf"(?:thank you for )?support(?:ing)? (?:our|local|quality|independent) journalism"
    rf"(?:[.:!]| and | by | with ){_ANY}|already a subscriber\b{_ANY}",
    # Sharing and following
    r"share (?:this|the) (?:article|story|page|post)(?: (?:on|via|by|with) [\w ]{1,20})?",
    rf"share (?:on|via|by|with) (?:{_PLACE}|e-?mail)",
    rf"(?:follow|like|join|find) us (?:on|at)\b{_ANY}|follow {_ANY}(?: on {_PLACE}\b|@\w){_ANY}",
    rf"(?:click|tap) here (?:to|for)\b{_ANY}|(?:to|for) {_ANY},? (?:click|tap) here",
    # Notices
    rf"(?:we|(?:this|our) (?:web)?site)(?: and our partners)? uses? cookies\b{_ANY}",
    r"(?:accept|reject|allow|manage)(?: all)? cookies",
    rf"by {_ANY}\byou (?:agree|accept|consent)\b{_ANY}",
    rf"©{_ANY}|copyright (?:©|\(c\)|\d{{4}}){_ANY}|\(c\) ?\d{{4}}\b{_ANY}",
    rf"(?:{_ANY}\b\d{{4}}\b{_ANY})?all rights reserved(?:\.{_ANY})?",
    rf"{_ANY}\bpurchases?\b{_ANY}\blinks\b{_ANY}\bmay\b{_ANY}\bcommission",
    # Credits of pictures, without the caption
    rf"getty images|(?:(?:photo|image|picture)s? )?(?:by|via|courtesy of) {_AGENCY}",
    r"(?:photo|image|picture|photograph|illustration)s?(?: credits?)?: [^.\"“”]{1,80}",
    rf"(?!.*[.!?]$)(?:[^\s/]+ ){{0,3}}[^\s/]+(?:/[^/]{{2,30}})*/{_AGENCY}|ap photo/[^.]{{2,40}}",
)
_BOILERPLATE = re.compile(
    # Arrows, bullets and brackets around it do not matter.
    rf"[^\w\"“‘'©]{{0,4}}(?:{'|'.join(f'(?:{pattern})' for pattern in _PATTERNS)})[^\w\"”’']*",
    re.IGNORECASE,
)


def is_boilerplate(text: str) -> bool:
    """True for a short paragraph on one line that is part of the page around an article."""
    return len(text) <= LONGEST and bool(_BOILERPLATE.fullmatch(text))
