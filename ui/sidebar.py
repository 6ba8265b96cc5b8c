"""The side of the page: what the library holds, the limits of a question, the conversations."""

from __future__ import annotations

import html
import re
import uuid
from datetime import date

import streamlit as st

from rag.newsroom import LibraryStatus
from rag.records import day_in_words
from ui.conversations import Conversation, ConversationsError
from ui.desk import Desk, Filters

FIRST_DAY, LAST_DAY = date(1600, 1, 1), date(2200, 1, 1)
"""What the date fields take: any day that news can be of."""

SAMPLE = "Short texts written for Citewire, about real and invented events."
OWN = "For articles of your own, start the page again after: citewire add FILES"
LISTED = 30
"""Conversations that are listed at first, and more each time that older ones are asked for."""
NO_DAYS = "“Published from” is after “Published to”."
LEAVES = (
    "With a model named, the question and the passages it is answered from leave this machine, "
    "unless the model runs on it."
)


def show(desk: Desk, status: LibraryStatus, conversation: str) -> Filters:
    """Draws the sidebar; returns what the next question is limited to."""
    brand()
    st.button(
        "New conversation", icon=":material/add:", key="new", width="stretch", on_click=_go_to,
        args=(uuid.uuid4().hex,),
    )  # fmt: skip
    _library(desk, status)
    filters = _filters(desk, status)
    _conversations(desk, conversation)
    return filters


def brand() -> None:
    st.html('<div class="brand"><span>Cite</span>wire</div>')


def plain(text: str) -> str:
    """The text with every sign escaped that Markdown would take for its own."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", " ".join(text.split()))


def _library(desk: Desk, status: LibraryStatus) -> None:
    assert desk.room is not None
    sample = desk.room.read_only
    name = "Sample library" if sample else status.library
    counts = f"{_count(status.articles, 'article')} from {_count(len(status.outlets), 'outlet')}"
    lines = [f"<b>{html.escape(name)}</b>", counts]
    if status.newest:
        lines.append(f"Newest: {day_in_words(status.newest)}")
    if sample:
        lines += [f"<i>{SAMPLE}</i>", f"<i>{OWN}</i>"]
    lines += [f"<em>{html.escape(remark)}</em>" for remark in status.attention]
    st.html(f'<div class="library">{"".join(f"<div>{line}</div>" for line in lines)}</div>')


def _count(number: int, name: str) -> str:
    return f"{number:,} {name}{'s' * (number != 1)}"


def _filters(desk: Desk, status: LibraryStatus) -> Filters:
    with st.container(key="filters"):
        st.html('<div class="heading">Search only</div>')
        since, until = (
            st.date_input(
                label, value=None, min_value=FIRST_DAY, max_value=LAST_DAY, key=key,
                format="YYYY-MM-DD",
            )
            for label, key in (("Published from", "since"), ("Published to", "until"))
        )  # fmt: skip
        if Filters(since, until).exclude_all:
            st.html(f'<div class="aside wrong">{NO_DAYS}</div>')
        outlets = st.multiselect(
            "Outlets", list(status.outlets), key="outlets", placeholder="All outlets"
        )
    with st.container(key="model-used"):
        model = st.text_input(
            "Language model", value=desk.settings.model or "", key="model",
            placeholder="none: answers in the articles' own words", autocomplete="off",
        )  # fmt: skip
        st.html(f'<div class="aside">{LEAVES}</div>')
    return Filters(since, until, tuple(outlets), model.strip() or None)


def _conversations(desk: Desk, current: str) -> None:
    listed = st.session_state.setdefault("listed", LISTED)
    try:
        found = desk.conversations.recent(desk.library, listed + 1)
    except ConversationsError as error:
        st.error(plain(str(error)))
        return
    if not found:
        return
    with st.container(key="conversations", gap=None):
        st.html('<div class="heading">Conversations</div>')
        for conversation in found[:listed]:
            marked = "now" if conversation.id == current else "past"
            row = st.container(
                key=f"{marked}-{conversation.id}", horizontal=True, gap=None,
                vertical_alignment="center",
            )  # fmt: skip
            with row:
                st.button(
                    plain(conversation.title), key=f"open-{conversation.id}", type="tertiary",
                    width="stretch", on_click=_go_to, args=(conversation.id,),
                )  # fmt: skip
                if st.button(
                    plain(f"Delete “{conversation.title}”"), icon=":material/delete:",
                    key=f"delete-{conversation.id}", type="tertiary",
                ):  # fmt: skip
                    _confirm(desk, conversation, current)
        if len(found) > listed and st.button("Show older", key="older", type="tertiary"):
            st.session_state["listed"] += LISTED
            st.rerun()


@st.dialog("Delete this conversation?")
def _confirm(desk: Desk, conversation: Conversation, current: str) -> None:
    st.markdown(plain(conversation.title))
    st.caption("It is removed from this machine for good. The articles stay in the library.")
    with st.container(horizontal=True):
        is_sure = st.button("Delete", type="primary", key="delete")
        if st.button("Keep it", key="keep"):
            st.rerun()
    if is_sure:
        try:
            desk.forget(conversation.id)
        except ConversationsError as error:
            st.error(plain(str(error)))
            return
        if conversation.id == current:
            _go_to(uuid.uuid4().hex)
        st.rerun()


def _go_to(conversation: str) -> None:
    st.query_params["c"] = conversation
