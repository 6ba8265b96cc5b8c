"""The chat page without a browser: what it asks, shows, saves and says."""

import json
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openai_server import OpenAIServer, Prompt, pieces
from streamlit.testing.v1 import AppTest

import ui
from rag import Article, CitewireError, Newsroom, Timestamp
from ui import cards, serve, sidebar
from ui.conversations import Conversations, ConversationsError
from ui.desk import UNEXPECTED, in_words
from ui.page import shared

APP = str(Path(ui.__file__).with_name("app.py"))
FERRY = Article(
    title="Ferry sinks off Port Ellery",
    paragraphs=(
        "The ferry Queen Maud sank off Port Ellery on Friday night.",
        "All 214 people aboard were rescued by lifeboats and fishing vessels.",
        "Captain Ruth Ansel said the engine room had flooded.",
    ),
    url="https://herald.example/ferry-sinks",
    outlet="Ellery Herald",
    published=Timestamp("2025-03-01", "test"),
    note="Sample text",
)
FROST = Article(
    title="Late frost ruins cherry orchards",
    paragraphs=(
        "Frost destroyed two thirds of the cherry crop in the Ganten valley.",
        "Growers put the damage at £4.2 million.",
    ),
    url="https://post.example/orchard-frost",
    outlet="Valley Post",
    published=Timestamp("2025-05-10", "test"),
)
RESCUED = "How many people were rescued from the ferry Queen Maud?"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the page looks for its library; there is none yet."""
    monkeypatch.setenv("CITEWIRE_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("CITEWIRE_DATA", str(tmp_path / "data"))
    shared.clear()
    yield tmp_path / "library"
    shared.clear()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "library"
    Newsroom.open(folder).add_articles([FERRY, FROST])
    return folder


@pytest.fixture
def room(folder: Path, made: Path) -> Newsroom:
    shutil.copytree(made, folder)
    return Newsroom.open(folder)


@pytest.fixture
def kept(folder: Path) -> Path:
    """The file of the conversations."""
    return folder.parent / "data" / "conversations.sqlite"


def visit(conversation: str | None = None) -> AppTest:
    """The page as it is first drawn, once the library is open."""
    page = AppTest.from_file(APP, default_timeout=60)
    if conversation:
        page.query_params["c"] = conversation
    return until(page, lambda: bool(page.chat_input or page.error))


def until(page: AppTest, condition: Callable[[], bool]) -> AppTest:
    """Draws the page again, as a browser does while something is under way."""
    deadline = time.monotonic() + 60
    page.run()
    while not condition():
        assert time.monotonic() < deadline, "the page did not come to it within a minute"
        time.sleep(0.1)
        page.run()
    return page


def turns(page: AppTest) -> list[dict[str, Any]]:
    """What the page gives to the component that draws the turns."""
    return [json.loads(e.proto.json) for e in page.main if e.type == "bidi_component"]


def ask(page: AppTest, question: str) -> dict[str, Any]:
    page.chat_input[0].set_value(question)
    until(page, lambda: bool(turns(page)) and turns(page)[-1]["state"] != "asked")
    return turns(page)[-1]


def test_an_answer_carries_its_cards(room: Newsroom) -> None:
    turn = ask(visit(), RESCUED)
    assert (turn["question"], turn["status"], turn["short"]) == (RESCUED, "answered", "214")
    assert turn["searched"] == "Searched 2 articles of library, newest 10 May 2025."
    statement = turn["statements"][0]
    assert statement["text"] == FERRY.paragraphs[1]  # without the marker [1]
    (card,) = statement["cards"]
    assert (card["number"], card["outlet"], card["title"]) == (1, "Ellery Herald", FERRY.title)
    assert (card["date"], card["note"]) == ("published 1 March 2025", "Sample text")
    assert (card["url"], card["site"]) == (FERRY.url, "herald.example")
    before, cited, after = card["paragraphs"]
    assert before == {"number": 1, "text": FERRY.paragraphs[0]}
    assert cited == {"number": 2, "before": "", "quote": FERRY.paragraphs[1], "after": ""}
    assert after == {"number": 3, "text": FERRY.paragraphs[2]}


def test_a_conversation_is_there_after_a_reload_and_a_new_tab_begins_another(
    room: Newsroom,
) -> None:
    page = visit()
    first = ask(page, RESCUED)
    follow_up = ask(page, "And what did Captain Ruth Ansel say about it?")
    assert "Ruth Ansel" in follow_up["text"]
    assert follow_up["understood"].startswith("And what did Captain Ruth Ansel")
    conversation = page.query_params["c"]
    assert turns(visit(conversation)) == [first, follow_up]
    assert turns(visit()) == []


def test_a_new_conversation_keeps_the_old_one_in_the_list(room: Newsroom) -> None:
    page = visit()
    ask(page, RESCUED)
    page.button(key="new").click()
    assert turns(page.run()) == []
    ask(page, "What did the frost destroy in the Ganten valley?")
    older = next(b for b in page.sidebar.button if b.label == sidebar.plain(RESCUED))
    assert [t["question"] for t in turns(older.click().run())] == [RESCUED]


def test_the_first_page_suggests_questions_that_are_answered(room: Newsroom) -> None:
    page = visit()

    def suggested() -> list[Any]:
        return [b for b in page.main.button if str(b.key).startswith("suggestion-")]

    until(page, lambda: bool(suggested()))
    chosen = suggested()[0]
    assert chosen.label.startswith("Tell me about")
    chosen.click()
    until(page, lambda: bool(turns(page)) and turns(page)[-1]["state"] == "done")
    assert turns(page)[0]["status"] == "answered"


def test_what_is_not_in_the_library_is_declined_with_the_nearest(room: Newsroom) -> None:
    turn = ask(visit(), "Who won the chess championship in Reykjavik?")
    assert (turn["status"], turn["statements"], turn["sources"]) == ("declined", [], [])
    assert turn["notices"] and turn["nearest"]
    assert all("number" not in passage for passage in turn["nearest"])


def test_a_greeting_claims_no_search(room: Newsroom) -> None:
    turn = ask(visit(), "hello")
    assert (turn["searched"], turn["nearest"]) == ("", [])


def test_filters_limit_the_next_question(room: Newsroom) -> None:
    page = visit()
    assert page.multiselect[0].options == ["Ellery Herald", "Valley Post"]
    page.multiselect[0].set_value(["Valley Post"])
    turn = ask(page, RESCUED)
    assert turn["filters"] == ["Valley Post"]
    assert turn["searched"].startswith("Searched 1 article of")
    page.multiselect[0].set_value([])
    page.date_input[0].set_value(date(2031, 1, 1))
    turn = ask(page, RESCUED)
    assert (turn["filters"], turn["reason"]) == (["from 1 January 2031"], "window_empty")
    page.date_input[1].set_value(date(2030, 1, 1))
    (box,) = page.run().chat_input
    assert (box.disabled, box.placeholder) == (True, sidebar.NO_DAYS)


def test_a_question_of_a_page_is_refused_in_one_line(room: Newsroom) -> None:
    page = visit()
    turn = ask(page, "x" * 10_000)
    assert turn["state"] == "failed"
    (said,) = page.error
    assert "10,000 characters" in said.value.replace("\\", "") and "\n" not in said.value
    assert ask(page, RESCUED)["status"] == "answered"
    assert len(turns(page)) == 1 and not page.error


def test_a_failed_question_is_asked_again_once_and_removed(room: Newsroom) -> None:
    page = visit()
    failed = ask(page, "x" * 10_000)
    for tab in (page, visit(page.query_params["c"])):
        tab.button(key=f"Ask again-{failed['id']}").click().run()
    until(page, lambda: all(turn["state"] == "failed" for turn in turns(page)))
    (again,) = turns(page)
    assert again["id"] != failed["id"]
    page.button(key=f"Remove-{again['id']}").click().run()
    assert turns(page) == [] and not page.error


def test_an_answer_that_cannot_be_saved_is_shown_and_saved_later(
    room: Newsroom, kept: Path
) -> None:
    page = visit()
    with sqlite3.connect(kept) as db:
        full = "BEGIN SELECT RAISE(FAIL, 'disk is full'); END"
        db.execute(f"CREATE TRIGGER full BEFORE INSERT ON turns {full}")
    ask(page, RESCUED)
    until(page, lambda: bool(page.error))
    assert "This answer is not saved" in page.error[0].value.replace("\\", "")
    (turn,) = turns(page)
    assert (turn["state"], turn["short"], len(turn["sources"])) == ("done", "214", 1)
    with sqlite3.connect(kept) as db:
        db.execute("DROP TRIGGER full")
    follow_up = ask(page, "And what did Captain Ruth Ansel say about it?")
    assert follow_up["understood"]  # from the answer before
    page.run()
    assert turns(visit(page.query_params["c"])) == turns(page) == [turn, follow_up]
    assert not page.error


def test_conversations_that_cannot_be_read_leave_the_page(room: Newsroom, kept: Path) -> None:
    page = visit()
    kept.write_bytes(b"no database" * 100)
    page.run()
    assert "move it away" in page.sidebar.error[0].value
    assert page.chat_input and not page.chat_input[0].disabled
    kept.unlink()
    assert ask(page, RESCUED)["status"] == "answered" and not page.error


@pytest.mark.parametrize("deleted", [False, True])
def test_an_answer_is_stopped_where_it_is(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch, deleted: bool
) -> None:
    stopped, hung_up = threading.Event(), threading.Event()

    def endless(prompt: Prompt) -> Iterator[str]:
        number = prompt.find(FERRY.paragraphs[0])
        yield from pieces(f"{FERRY.paragraphs[0]} [{number}] {FERRY.paragraphs[2]}")
        stopped.wait(60)
        yield from pieces(f" [{number + 2}] ")
        try:
            while True:
                yield "And "
                time.sleep(0.1)
        finally:
            hung_up.set()

    with OpenAIServer(endless) as server:
        monkeypatch.setenv("CITEWIRE_MODEL_URL", server.url)
        page = visit()
        conversation = page.query_params["c"]
        page.text_input[0].set_value("openai:test")
        page.chat_input[0].set_value("Tell me about the ferry Queen Maud.")
        until(page, lambda: bool(turns(page)) and len(turns(page)[0]["statements"]) == 1)
        if deleted:
            shared().forget(conversation)
        else:
            page.button(key=f"stop-{turns(page)[0]['id']}").click().run()
            (turn,) = turns(page)
            assert turn["statements"][0]["text"] == FERRY.paragraphs[0] and turn["sources"]
            assert (turn["state"], turn["notices"]) == ("done", [cards.STOPPED])
        kept = turns(visit(conversation))
        assert kept == ([] if deleted else [turn])
        page.text_input[0].set_value("")
        assert ask(page, RESCUED)["status"] == "answered"  # though the model goes on
        stopped.set()
        assert hung_up.wait(60)
    assert len(turns(visit(conversation))) == len(kept) + 1


def test_a_missing_library_says_what_to_do(folder: Path) -> None:
    page = visit()
    assert "citewire add" in page.error[0].value.replace("\\", "")
    Newsroom.open(folder).add_articles([FERRY])
    page.button(key="again").click().run()
    assert not page.error and ask(page, RESCUED)["status"] == "answered"


def test_an_empty_library_says_what_to_do(folder: Path) -> None:
    Newsroom.open(folder).add_articles([])
    page = visit()
    assert "no articles" in page.warning[0].value
    assert page.code[0].value == f"citewire add --library {folder} FILES"


def test_a_wrong_setting_is_said_in_words(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITEWIRE_LIBARY", "news")
    page = visit()
    assert "CITEWIRE\\_LIBARY is not a setting" in page.error[0].value
    assert not page.exception


def test_the_unexpected_is_said_in_words_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert in_words(ValueError("secret")) == UNEXPECTED
    assert "secret" in caplog.text


def test_a_model_that_cannot_be_used_is_said(room: Newsroom) -> None:
    page = visit()
    page.text_input[0].set_value("nonsense")
    assert ask(page, RESCUED)["state"] == "failed"
    assert "'nonsense' cannot be used" in page.error[0].value.replace("\\", "")


def test_a_card_shows_the_version_that_was_cited(room: Newsroom) -> None:
    citation = room.ask(RESCUED).citations[0]
    text = FERRY.paragraphs[1].replace("214", "216")
    room.add_articles([replace(FERRY, paragraphs=("New first paragraph.", text))])
    card = cards.citation_card(citation, room)
    assert [p.get("quote", p.get("text")) for p in card["paragraphs"]] == list(FERRY.paragraphs)
    room.remove(citation.article)
    (only,) = cards.citation_card(citation, room)["paragraphs"]
    assert only == {"number": 2, "before": "", "quote": citation.quote, "after": ""}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://herald.example/a", "https://herald.example/a"),
        ("http://herald.example", "http://herald.example"),
        ("javascript:alert(1)", ""),
        ("data:text/html,<script>alert(1)</script>", ""),
        ("file:///etc/passwd", ""),
        ("https://", ""),
        (r"https://evil.example\@good.example/a", ""),
        ("https://good.example@evil.example/a", ""),
        ("https://evil.example/\t@good.example", ""),
        ("https://good.example/@author/a", "https://good.example/@author/a"),
        ("http://[", ""),
        (None, ""),
    ],
)
def test_only_addresses_of_the_web_become_links(
    room: Newsroom, url: str | None, shown: str
) -> None:
    citation = replace(room.ask(RESCUED).citations[0], url=url, published=None)
    card = cards.citation_card(citation, room)
    assert (card["url"], card["date"]) == (shown, "undated")


def test_exact_words_that_are_not_sure_are_not_shown(room: Newsroom) -> None:
    answer = room.ask(RESCUED)
    turn = cards.asked("1", RESCUED, [])
    assert cards.with_answer(turn, answer)["short"] == "214"
    assert cards.with_answer(turn, replace(answer, confidence=0.5))["short"] == ""


def test_conversations_of_a_newer_version_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "conversations.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(ConversationsError, match="newer Citewire"):
        Conversations(path).recent("library", 30)
    path.write_bytes(b"no database" * 100)
    with pytest.raises(ConversationsError, match="move it away"):
        Conversations(path).turns("1", "library")


def test_conversations_are_listed_by_library_and_last_use(tmp_path: Path) -> None:
    kept = Conversations(tmp_path / "data" / "conversations.sqlite")
    for conversation, library, question in [
        ("a", "one", "First?"), ("b", "one", "Second? " * 30), ("c", "two", "Third?"),
        ("a", "one", "Fourth?"),
    ]:  # fmt: skip
        kept.add(conversation, library, {"question": question})
    first, second = kept.recent("one", 30)
    assert (first.id, first.title, second.id, second.title[:8]) == ("a", "First?", "b", "Second? ")
    assert len(second.title) <= 80 and kept.recent("one", 1) == [first]
    assert [t["question"] for t in kept.turns("a", "one")] == ["First?", "Fourth?"]
    assert kept.turns("a", "two") == []  # its address may be opened beside another library
    assert kept.path.stat().st_mode & 0o077 == 0
    kept.delete("a", "two")
    assert len(kept.turns("a", "one")) == 2
    kept.delete("a", "one")
    assert [c.id for c in kept.recent("one", 30)] == ["b"] and kept.turns("a", "one") == []
    assert b"Fourth?" not in kept.path.read_bytes()  # overwritten, not only unlisted


def test_the_page_is_started_privately() -> None:
    flags = serve.flags(8765, open_browser=False)
    for flag in (
        "--server.address=127.0.0.1", "--server.port=8765", "--server.headless=true",
        "--browser.gatherUsageStats=false", "--server.fileWatcherType=none",
        "--server.allowedHosts=127.0.0.1",
    ):  # fmt: skip
        assert flag in flags


def test_a_port_that_is_taken_is_said() -> None:
    with socket.socket() as taken:
        taken.bind((serve.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CitewireError, match=f"Port {port} is taken"):
            serve.launch(None, port, False)


def test_the_page_shows_before_anything_heavy_is_loaded() -> None:
    code = (
        "import sys, ui; assert 'streamlit' not in sys.modules;"
        "import ui.page; print([m for m in ('torch', 'chromadb', 'openvino', 'transformers',"
        " 'langchain', 'sentence_transformers') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
