"""The page from top to bottom."""

from __future__ import annotations

import itertools
import re
import shlex
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import streamlit as st

from rag.errors import LibraryMissing
from ui import sidebar, turn
from ui.conversations import ConversationsError
from ui.desk import Asking, Desk, in_words

_HERE = Path(__file__).parent

TITLE = "Ask the news"
ASK = "Ask about the news in the library"
WHAT_IT_IS = (
    "Answers come only from the articles in this library, and every sentence opens the paragraph "
    "it rests on."
)
EMPTY = "This library holds no articles yet. Add some with:"
POLL = 0.2
"""Seconds between two looks at what is under way."""
PATIENCE = 0.5
"""Seconds that a look waits for news; what the reader does on the page waits as long."""


@st.cache_resource(show_spinner=False)
def shared() -> Desk:
    return Desk()


def show() -> None:
    """Draws the page; what goes wrong is said in words."""
    st.set_page_config(page_title="Citewire", page_icon=str(_HERE / "icon.svg"), layout="centered")
    st.html(_HERE / "page.css")
    try:
        _page(shared())
    except Exception as error:
        st.error(sidebar.plain(in_words(error)))


def _page(desk: Desk) -> None:
    if desk.room is None:
        _opening(desk)
        return
    try:
        status = desk.room.status()
    except LibraryMissing as error:
        with st.sidebar:
            sidebar.brand()
        st.error(sidebar.plain(str(error)))
        st.button("Look again", key="again")
        return
    conversation = _conversation()
    with st.sidebar:
        filters = sidebar.show(desk, status, conversation)
    stuck = filters.exclude_all
    typed = st.chat_input(sidebar.NO_DAYS if stuck else ASK, key="question", disabled=stuck)
    question = typed or st.session_state.pop("suggested", None)
    if question:
        desk.ask(conversation, question, filters)
    # What is under way is looked up first: it may be saved between the two look-ups, not lost.
    asking = desk.asking(conversation)
    try:
        turns = desk.turns(conversation)
    except ConversationsError as error:
        turns = []
        st.error(sidebar.plain(str(error)))
    saved = {taken["id"] for taken in turns}
    waiting = [one for one in asking if one.turn["id"] not in saved]
    if not turns and not waiting:
        _first_page(desk, status.articles, disabled=stuck)
    # Each in a container, as a fragment is: so a turn keeps its place on the page, and with it
    # what the reader has opened, when its answer is complete.
    for taken in turns:
        with st.container():
            turn.draw(taken)
    current = next((one for one in waiting if not one.done.is_set()), None)
    for one in waiting:
        if one.done.is_set():
            with st.container():
                _unsaved(desk, one)
        else:
            st.fragment(_follow, run_every=POLL)(desk, one, itertools.count(), one is current)


def _unsaved(desk: Desk, asking: Asking) -> None:
    """A question that failed, or an answer that could not be saved."""
    turn.draw(asking.turn)
    if asking.error:
        st.error(sidebar.plain(asking.error))
        with st.container(horizontal=True):
            for label, on_click in (("Ask again", _ask_again), ("Remove", _remove)):
                key = f"{label}-{asking.turn['id']}"
                st.button(label, key=key, on_click=on_click, args=(desk, asking))


def _ask_again(desk: Desk, asking: Asking) -> None:
    if desk.drop(asking):
        desk.ask(asking.conversation, asking.turn["question"], asking.filters)


def _remove(desk: Desk, asking: Asking) -> None:
    desk.drop(asking)


def _opening(desk: Desk) -> None:
    with st.sidebar:
        sidebar.brand()
    _welcome()
    if desk.error:
        st.error(sidebar.plain(desk.error))
        st.button("Try again", key="again", on_click=shared.clear)
        return

    def look() -> None:
        if desk.room is not None or desk.error:
            st.rerun()
        label, done, total = desk.progress
        st.progress(min(done / max(total, 1), 1.0), text=f"{label}…")

    st.fragment(look, run_every=POLL)()


def _conversation() -> str:
    """The conversation of this tab: the one its address names, else a new one."""
    given = st.query_params.get("c", "")
    if re.fullmatch(r"[0-9a-f]{32}", given):
        return given
    st.query_params["c"] = uuid.uuid4().hex
    return st.query_params["c"]


def _first_page(desk: Desk, articles: int, disabled: bool) -> None:
    assert desk.room is not None
    _welcome()
    if not articles:
        st.warning(EMPTY)
        folder = shlex.quote(str(desk.room.folder))
        st.code(f"citewire add --library {folder} FILES", language="bash")
        st.button("Look again", key="again")
        return
    questions, complete = desk.suggestions(articles)
    if not complete:
        _when(lambda: desk.suggestions(articles) != (questions, False))
    with st.container(key="suggestions", gap="xsmall"):
        for number, question in enumerate(questions):
            st.button(
                sidebar.plain(question), key=f"suggestion-{number}", width="stretch",
                on_click=st.session_state.__setitem__, args=("suggested", question),
                disabled=disabled,
            )  # fmt: skip


def _welcome() -> None:
    st.html(f'<div class="welcome"><h1>{TITLE}</h1><p>{WHAT_IT_IS}</p></div>')


def _when(ready: Callable[[], bool]) -> None:
    """Draws the page anew once `ready`."""

    def look() -> None:
        if ready():
            st.rerun()

    st.fragment(look, run_every=POLL)()


def _follow(desk: Desk, asking: Asking, looks: Iterator[int], stops: bool) -> None:
    if next(looks):  # not at the first look, which is part of drawing the whole page
        asking.news.wait(PATIENCE)
        asking.news.clear()
    turn.draw(asking.turn)
    if asking.done.is_set():
        st.rerun()
    if stops:
        key = f"stop-{asking.turn['id']}"
        st.button("Stop", key=key, icon=":material/stop:", on_click=desk.stop, args=(asking,))
