"""The chat page in a real browser: the running app, a real library, a reader's clicks and keys.

Every test fails on an error in the browser's console, on a request of the page to another host,
and on a connection of the app to another machine.
"""

import os
import re
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from openai_server import OpenAIServer, Prompt, Step, pieces
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from rag import Article, Newsroom, Timestamp

pytestmark = pytest.mark.browser

CHROMIUM = "/usr/bin/chromium"
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PATIENCE = 60_000
"""Milliseconds: a slow machine loads the models while the first test runs."""
expect.set_options(timeout=PATIENCE)

HOSTILE = "Vault of Brandt & Sons robbed <img src=x onerror=hacked()> :material/home: **twice**"
ARTICLES = [
    Article(
        title="Ferry sinks off Port Ellery",
        paragraphs=(
            "The ferry Queen Maud sank off Port Ellery on Friday night.",
            "All 214 people aboard were rescued by lifeboats. The water was four degrees cold.",
            "Captain Ruth Ansel said the engine room had flooded.",
            "An inquiry into the sinking begins in April.",
        ),
        url="https://herald.example/ferry-sinks",
        outlet="Ellery Herald",
        published=Timestamp("2025-03-01", "test"),
        note="Sample text about an invented ferry.",
    ),
    Article(
        title="Late frost ruins cherry orchards",
        paragraphs=(
            "Frost destroyed two thirds of the cherry crop in the Ganten valley.",
            "Growers put the damage at £4.2 million.",
        ),
        url="https://post.example/orchard-frost",
        outlet="Valley Post",
        published=Timestamp("2025-05-10", "test"),
    ),
    Article(
        title=HOSTILE,
        paragraphs=(
            "Guard <script>hacked()</script> Oda Brandt found the vault <b>open</b> at six.",
            "The robbers took 73 gold coins from the vault of Brandt & Sons <img src=x "
            "onerror=hacked()> and left by bicycle.",
        ),
        url="javascript:hacked()",
        outlet="<i>Night</i> Gazette",
    ),
]
RESCUED = "How many people were rescued from the ferry Queen Maud?"


seen = threading.Event()
"""Set when the reader has looked at an answer that is half written."""


def write(prompt: Prompt) -> Iterator[Step]:
    """A language model: a sentence that its paragraph holds, a pause, and one that none holds."""
    number = prompt.find("The ferry Queen Maud sank")
    # The first sentence is complete when the second has begun.
    yield from pieces(f"{ARTICLES[0].paragraphs[0]} [{number}] The owner of it")
    seen.wait(PATIENCE / 1000)
    yield from pieces(f" paid 9,000 crowns. [{number}]")


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    with OpenAIServer(write) as server:
        yield server.url


LAUNCHER = """
import sys
from pathlib import Path
from typing import Any

def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo"):
        host = args[1][0] if event == "socket.connect" and isinstance(args[1], tuple) else args[0]
        local = ("127.", "::1", "localhost")
        if isinstance(host, str) and not host.startswith(local):
            with open(sys.argv[3], "a") as calls:
                print(event, args, file=calls)

sys.addaudithook(watch)
from ui import launch
launch(Path(sys.argv[1]), int(sys.argv[2]), False)
"""


@dataclass
class App:
    """The running app."""

    port: int
    room: Newsroom
    folder: Path

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory, model: str) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("page")
    room = Newsroom.open(folder / "library")
    room.add_articles(ARTICLES)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "launcher.py").write_text(LAUNCHER)
    arguments = (folder / "launcher.py", room.folder, port, folder / "calls")
    command = [sys.executable, *map(str, arguments)]
    paths = {"PYTHONPATH": str(Path(__file__).parent.parent), "CITEWIRE_DATA": str(folder / "data")}
    keys = {"CITEWIRE_MODEL_URL": model, "OPENAI_API_KEY": "none"}
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **paths, **keys}, stdout=log, stderr=log
        )
        try:
            _wait_for(port, process)
            yield App(port, room, folder)
        finally:
            process.terminate()
            process.wait(10)
    said = (folder / "log").read_text()
    assert "Traceback" not in said, said
    assert not (folder / "calls").exists(), (folder / "calls").read_text()


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the app did not start")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@dataclass
class Reader:
    """Somebody at the page."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def ask(self, question: str) -> Locator:
        """Types a question; returns its turn, answered."""
        turn = self.begin(question)
        expect(turn).to_have_attribute("aria-busy", "false", timeout=PATIENCE)
        return turn

    def begin(self, question: str) -> Locator:
        number = self.turns.count()
        box = self.page.get_by_placeholder("Ask about the news in the library")
        box.fill(question)
        box.press("Enter")
        turn = self.turns.nth(number)
        expect(turn.get_by_role("heading", name=question)).to_be_visible(timeout=PATIENCE)
        return turn

    @property
    def turns(self) -> Locator:
        return self.page.get_by_role("article", name="Question and answer")


@contextmanager
def opened(browser: Browser, address: str, **look: Any) -> Iterator[Reader]:
    """The page in a window of its own that looks like this; fails on complaints at the end."""
    context = browser.new_context(**look)
    context.set_default_timeout(PATIENCE)
    reader = Reader(context.new_page())
    page, complaints = reader.page, reader.complaints
    page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def note(address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1":
            complaints.append(f"request to {address}")

    page.on("request", lambda request: note(request.url))
    page.on("websocket", lambda socket: note(socket.url))
    page.add_init_script("window.hacked = () => { window.wasHacked = true; }")
    page.goto(address)
    yield reader
    context.close()
    assert complaints == []


@pytest.fixture
def reader(app: App, browser: Browser) -> Iterator[Reader]:
    with opened(browser, app.address, viewport={"width": 1200, "height": 850}) as reader:
        reader.page.get_by_role("button", name="New conversation").click()
        expect(reader.page.get_by_role("heading", name="Ask the news")).to_be_visible()
        yield reader


def check_card(turn: Locator) -> None:
    """Opens the first source of a turn on the ferry, and looks at what it shows."""
    chip = turn.get_by_role("button", name="Source 1: Ellery Herald").first
    chip.click()
    card = turn.get_by_role("region", name="Source 1: Ellery Herald, Ferry sinks off Port Ellery")
    expect(card).to_be_visible()
    expect(card).to_contain_text("published 1 March 2025")
    expect(card).to_contain_text("Sample text about an invented ferry.")
    expect(card.locator("mark")).to_have_text("All 214 people aboard were rescued by lifeboats.")
    expect(card.locator("li")).to_have_text(
        [
            "1The ferry Queen Maud sank off Port Ellery on Friday night.",
            "2All 214 people aboard were rescued by lifeboats. The water was four degrees cold.",
            "3Captain Ruth Ansel said the engine room had flooded.",
        ]
    )
    link = card.get_by_role("link", name="Read it at herald.example")
    expect(link).to_have_attribute("href", "https://herald.example/ferry-sinks")
    expect(link).to_have_attribute("target", "_blank")
    assert "noopener" in (link.get_attribute("rel") or "")
    card.get_by_role("button", name="Close").click()
    expect(card).to_have_count(0)
    expect(chip).to_be_focused()


def test_an_answer_opens_its_sources_now_later_and_after_a_reload(reader: Reader) -> None:
    first = reader.ask(RESCUED)
    expect(first.locator("[aria-live=polite] .short")).to_contain_text("214")
    expect(first.locator(".searched")).to_contain_text("Searched 3 articles of library")
    assert f"{ARTICLES[0].paragraphs[1].split('. ')[0]}.[1]" in first.locator(".text").inner_text()
    check_card(first)
    second = reader.ask("And what did Captain Ruth Ansel say about it?")
    expect(second).to_contain_text("Captain Ruth Ansel said the engine room had flooded.")
    check_card(first)
    reader.page.reload()
    expect(reader.turns).to_have_count(2)
    check_card(reader.turns.first)
    expect(reader.turns.nth(1)).to_contain_text("Captain Ruth Ansel")


def test_a_card_stays_open_while_the_reader_goes_on(reader: Reader) -> None:
    first = reader.ask(RESCUED)
    first.get_by_role("button", name="Source 1").first.click()
    reader.ask("What did the frost destroy in the Ganten valley?")
    expect(first.locator("mark")).to_have_text("All 214 people aboard were rescued by lifeboats.")


def test_sources_by_keyboard(reader: Reader) -> None:
    turn = reader.ask(RESCUED)
    chip = turn.get_by_role("button", name="Source 1: Ellery Herald").first
    expect(chip).to_have_attribute("aria-expanded", "false")
    chip.focus()
    press = reader.page.keyboard.press
    press("Enter")
    expect(chip).to_have_attribute("aria-expanded", "true")
    press("Tab")
    expect(turn.get_by_role("button", name="Close")).to_be_focused()
    press("Tab")
    expect(turn.get_by_role("link", name="Read it at herald.example")).to_be_focused()
    press("Escape")
    expect(turn.locator(".card")).to_have_count(0)
    expect(chip).to_be_focused()


def test_an_opened_card_is_in_view_and_stays_there(reader: Reader) -> None:
    reader.page.set_viewport_size({"width": 1200, "height": 520})
    reader.ask(RESCUED)
    turn = reader.ask("Who was the captain of the ferry Queen Maud?")
    turn.locator(".statement").get_by_role("button", name="Source 1").first.click()
    reader.page.wait_for_timeout(1000)  # longer than the page takes to scroll to its end
    mark = turn.locator("mark").bounding_box()
    bar = reader.page.get_by_placeholder("Ask about the news").bounding_box()
    assert mark and bar
    assert 0 < mark["y"] < bar["y"] - mark["height"]


def test_articles_are_shown_as_text_and_never_run(reader: Reader) -> None:
    question = "How many gold coins did the robbers take from the vault of Brandt & Sons?"
    turn = reader.ask(question)
    turn.get_by_role("button", name="Source 1").first.click()
    card = turn.get_by_role("region")
    expect(card.get_by_role("heading")).to_have_text(HOSTILE)
    expect(card.locator(".origin")).to_contain_text("<i>Night</i> Gazette")
    expect(card.locator(".origin")).to_contain_text("undated")
    expect(card.locator("mark")).to_contain_text("Sons <img src=x onerror=hacked()> and left")
    expect(card).to_contain_text("Guard <script>hacked()</script> Oda Brandt")
    expect(card.get_by_role("link")).to_have_count(0)
    expect(turn.locator("img, script, b b, i, iframe")).to_have_count(0)
    reader.page.locator(".st-key-outlets").click()
    expect(reader.page.get_by_role("option", name="<i>Night</i> Gazette")).to_be_visible()
    reader.page.keyboard.press("Escape")
    assert reader.page.evaluate("window.wasHacked") is None


def test_a_question_is_shown_as_text(reader: Reader) -> None:
    question = f"What of {HOSTILE} and $x^2$ :red[this] [that](https://evil.example)?"
    reader.ask(question)
    expect(reader.turns.get_by_role("heading").first).to_have_text(question)
    listed = reader.page.locator(".st-key-conversations")
    expect(listed).to_contain_text("What of Vault of Brandt & Sons robbed <img src=x onerror=hac")
    expect(listed.locator("img, a, strong")).to_have_count(0)
    assert reader.page.evaluate("window.wasHacked") is None


def test_suggestions_are_asked_with_a_click(reader: Reader) -> None:
    suggested = reader.page.locator(".st-key-suggestions button").first
    expect(suggested).to_contain_text("Tell me about “")
    question = suggested.inner_text()
    suggested.click()
    expect(reader.turns.first.get_by_role("heading", name=question)).to_be_visible()
    expect(reader.turns.first.locator(".searched")).to_be_visible()
    assert any(article.title in question for article in ARTICLES)


def test_what_is_not_in_the_library_is_declined(reader: Reader) -> None:
    turn = reader.ask("Who won the chess championship in Reykjavik?")
    expect(turn.locator("[aria-live=polite] .declined")).to_be_visible()
    expect(turn.locator(".chip")).to_have_count(0)
    expect(turn.locator(".searched")).to_contain_text("Searched 3 articles")
    nearest = turn.locator(".nearest")
    expect(nearest).to_contain_text("not an answer")
    row = nearest.get_by_role("button").first
    row.click()
    expect(nearest.get_by_role("region").locator("li").first).to_be_visible()
    expect(nearest.locator("mark")).to_have_count(0)
    row.press("Escape")
    expect(nearest.get_by_role("region")).to_have_count(0)


def test_filters_limit_what_is_searched(reader: Reader) -> None:
    page = reader.page
    page.locator(".st-key-outlets").click()
    page.get_by_role("option", name="Valley Post").click()
    page.keyboard.press("Escape")
    turn = reader.ask(RESCUED)
    expect(turn.get_by_role("list", name="Limited to")).to_have_text("Valley Post")
    expect(turn.locator(".searched")).to_contain_text("Searched 1 article of library")
    page.locator(".st-key-outlets").get_by_role("button", name=re.compile("[Cc]lear")).click()
    page.locator(".st-key-since").get_by_role("spinbutton").first.click()
    page.keyboard.type("20250401")
    page.keyboard.press("Escape")
    expect(page.locator(".st-key-since")).to_contain_text("2025")
    turn = reader.ask("What did the frost destroy in the Ganten valley?")
    expect(turn.get_by_role("list", name="Limited to")).to_have_text("from 1 April 2025")
    expect(turn.locator(".searched")).to_contain_text("Searched 1 article of library")


def test_filters_stay_while_articles_are_added(app: App, reader: Reader) -> None:
    reader.page.locator(".st-key-outlets").click()
    reader.page.get_by_role("option", name="Valley Post").click()
    reader.page.keyboard.press("Escape")
    key = "https://post.example/more-frost"
    app.room.add_articles([replace(ARTICLES[1], title="More frost", url=key)])
    try:
        for _ in range(2):
            limits = reader.ask(RESCUED).get_by_role("list", name="Limited to")
            expect(limits).to_have_text("Valley Post")
    finally:
        app.room.remove(key)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dates_between_which_no_day_lies_are_said(app: App, browser: Browser, scheme: str) -> None:
    with opened(browser, app.address, color_scheme=scheme) as reader:
        for key, day in (("since", "20250402"), ("until", "20250401")):
            reader.page.locator(f".st-key-{key}").get_by_role("spinbutton").first.click()
            reader.page.keyboard.type(day)
            reader.page.keyboard.press("Escape")
        box = reader.page.get_by_placeholder("“Published from” is after “Published to”")
        expect(box).to_be_disabled()
        said = reader.page.locator(".wrong")
        assert _contrast(said, reader.page.get_by_test_id("stSidebar")) > 4.5


def test_a_model_writes_sentence_by_sentence(reader: Reader) -> None:
    page = reader.page
    expect(page.get_by_text("leave this machine, unless the model runs on it")).to_be_visible()
    turn = begin_with_a_model(reader)
    turn.locator(".statement .chip").first.click()
    expect(turn.locator("mark")).to_be_visible()
    seen.set()
    expect(turn).to_have_attribute("aria-busy", "false")
    expect(turn.locator(".statement")).to_have_count(1)
    expect(turn.locator("mark")).to_be_visible()  # the card that was opened on the way
    expect(turn.locator(".searched")).to_contain_text("Written by openai:test")
    expect(turn.get_by_text("9,000 crowns")).to_be_hidden()
    turn.get_by_text("Show the sentence left out").click()
    expect(turn.locator(".dropped li")).to_contain_text("Not supported")
    expect(turn.locator(".dropped li")).to_contain_text("The owner of it paid 9,000 crowns.")


def test_an_answer_is_stopped_with_a_click(reader: Reader) -> None:
    turn = begin_with_a_model(reader)
    stop = reader.page.get_by_role("button", name="Stop")
    stop.click()
    expect(turn).to_have_attribute("aria-busy", "false")
    expect(stop).to_have_count(0)
    expect(turn.locator(".statement")).to_have_count(1)
    expect(turn.locator("[aria-live=polite] .notice")).to_contain_text("Stopped before")
    seen.set()
    reader.page.reload()
    expect(reader.turns.locator(".notice")).to_contain_text("Stopped before")


def begin_with_a_model(reader: Reader) -> Locator:
    """A turn of which one sentence is written; the other comes when it was `seen`."""
    seen.clear()
    reader.page.get_by_label("Language model").fill("openai:test")
    reader.page.get_by_label("Language model").press("Enter")
    turn = reader.begin("Tell me about the ferry Queen Maud.")
    expect(turn.locator(".statement")).to_have_count(1)
    expect(turn.locator(".waiting")).to_be_visible()
    return turn


def test_a_question_of_a_page_is_refused_in_one_line(reader: Reader) -> None:
    reader.ask("x" * 10_000)
    alert = reader.page.get_by_test_id("stAlert")
    expect(alert).to_contain_text("The question has 10,000 characters")
    assert "Traceback" not in alert.inner_text()


def test_conversations_are_opened_and_deleted(reader: Reader) -> None:
    page = reader.page
    question = "Who was the captain of the ferry that sank off Port Ellery?"
    reader.ask(question)
    page.get_by_role("button", name="New conversation").click()
    expect(reader.turns).to_have_count(0)
    page.get_by_role("button", name=question, exact=True).click()
    expect(reader.turns).to_have_count(1)
    page.get_by_role("button", name=f"Delete “{question}”").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(reader.turns).to_have_count(0)
    expect(page.get_by_role("button", name=question, exact=True)).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", name="Ask the news")).to_be_visible()
    expect(page.get_by_role("button", name=question, exact=True)).to_have_count(0)


def test_a_conversation_that_cannot_be_deleted_stays(app: App, reader: Reader) -> None:
    page, question = reader.page, "Who was the captain of the ferry Queen Maud, if any?"
    reader.ask(question)
    refuse = "BEFORE DELETE ON turns BEGIN SELECT RAISE(FAIL, 'disk is full'); END"
    with sqlite3.connect(app.folder / "data" / "conversations.sqlite") as db:
        db.execute(f"CREATE TRIGGER full {refuse}")
    page.get_by_role("button", name=f"Delete “{question}”").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("dialog").get_by_test_id("stAlert")).to_contain_text("disk is full")
    with sqlite3.connect(app.folder / "data" / "conversations.sqlite") as db:
        db.execute("DROP TRIGGER full")
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(reader.turns).to_have_count(0)


def test_articles_that_are_added_meanwhile_are_found(app: App, reader: Reader) -> None:
    question = "Who bakes the best rye bread in Tarnholm?"
    expect(reader.ask(question).locator(".declined")).to_be_visible()
    text = "Baker Oda Lindqvist bakes the best rye bread in Tarnholm, a jury said on Monday."
    key = "https://herald.example/bread"
    prize = Article(title="Prize for rye bread in Tarnholm", paragraphs=(text,), url=key)
    app.room.add_articles([prize])
    try:
        expect(reader.ask(question)).to_contain_text("Oda Lindqvist")
    finally:
        app.room.remove(key)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_a_phone(app: App, browser: Browser, scheme: str) -> None:
    phone = {"viewport": {"width": 360, "height": 740}, "color_scheme": scheme}
    with opened(browser, f"{app.address}/?c={'f' * 32}", **phone) as reader:
        turn = reader.ask(RESCUED)
        turn.get_by_role("button", name="Source 1").first.click()
        mark = turn.locator("mark")
        expect(mark).to_be_in_viewport()
        width = "e => e.scrollWidth - e.clientWidth"
        assert reader.page.locator("#stMain").evaluate(width) == 0
        assert _contrast(mark) > 4.5
        assert _contrast(turn.locator(".beside p").first, turn.locator(".card")) > 4.5


def test_no_menus_of_streamlit(reader: Reader) -> None:
    for name in ("stAppDeployButton", "stMainMenu", "stStatusWidget"):
        expect(reader.page.get_by_test_id(name)).to_be_hidden()
    assert reader.page.title() == "Citewire"


def test_another_name_for_this_machine_gets_no_connection(app: App) -> None:
    def status(host: str) -> int:
        connection = HTTPConnection("127.0.0.1", app.port, timeout=10)
        connection.request("GET", "/_stcore/stream", headers={
            "Host": host, "Origin": f"http://{host}", "Connection": "Upgrade",
            "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        })  # fmt: skip
        return connection.getresponse().status

    assert status(f"127.0.0.1:{app.port}") == 101
    assert status(f"evil.example:{app.port}") == 403


def _contrast(words: Locator, ground: Locator | None = None) -> float:
    """WCAG's contrast of an element's text on its own background, or on that of `ground`."""
    look = """e => {
        const canvas = document.createElement('canvas').getContext('2d');
        const style = getComputedStyle(e);
        return [style.color, style.backgroundColor].map(colour => {
            canvas.fillStyle = colour;
            canvas.fillRect(0, 0, 1, 1);
            return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
        });
    }"""
    front = words.evaluate(look)[0]
    back = (ground or words).evaluate(look)[1]

    def luminance(colour: list[int]) -> float:
        parts = [v / 255 for v in colour]
        red, green, blue = (
            v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(front), luminance(back)))
    return (high + 0.05) / (low + 0.05)
