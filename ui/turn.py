"""A turn on the page: the question, its answer, and the cards that open behind the numbers.

It is drawn in the page itself, from data and as text only, by `turn.js`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "citewire_turn",
    html='<article class="turn"></article>',
    css=(_HERE / "turn.css").read_text("utf-8"),
    js=(_HERE / "turn.js").read_text("utf-8"),
)


def draw(turn: dict[str, Any]) -> None:
    """Shows a turn as far as it has come; drawn again under the same id, it goes on from there."""
    _component(key=f"turn-{turn['id']}", data=turn)
