"""What there is to say of a subject, and what is new."""

import json
from pathlib import Path

import pytest

from rag import Newsroom

STORIES = [
    {
        "url": "https://herald.example/closes",
        "title": "Quell Bridge closes after cracks are found",
        "published": "2025-10-08",
        "text": "The Quell Bridge was shut on Tuesday after inspectors found cracks.\n\n"
        "It opened in 1931. The Quell Bridge carries 5,600 vehicles a day.",
    },
    {
        "url": "https://herald.example/bill",
        "title": "Repair bill for Quell Bridge triples",
        "published": "2025-11-20",
        "text": "Correction, 21 November: An earlier version said that the bill had doubled.\n\n"
        "Engineers have found more. Repairs to the Quell Bridge will cost £3.6m.",
    },
    {
        "url": "https://herald.example/reopens",
        "title": "Quell Bridge reopens",
        "published": "2026-05-18",
        "text": "A bus full of singers was the first to cross the Quell Bridge on Monday.",
    },
    {
        "url": "https://herald.example/mill",
        "title": "Lorry hits Mill Lane wall",
        "published": "2026-09-02",
        "text": "A lorry ran into a wall in Mill Lane.\n\nCars were sent over the Quell Bridge.",
    },
    {"title": "The history of Quell", "text": "Quell was founded by monks, who built a mill."},
]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    folder = tmp_path_factory.mktemp("overview")
    path = folder / "stories.json"
    path.write_text(json.dumps(STORIES), "utf-8")
    room = Newsroom.open(folder / "library")
    room.add(path)
    return room


def begins(room: Newsroom, question: str, **filters: str) -> list[str]:
    answer = room.ask(question, **filters)
    return [s.text.partition(" [")[0] for s in answer.statements]


@pytest.mark.parametrize(
    "question",
    ["What happened to the Quell Bridge?", "What's the latest on Quell Bridge?", "quell bridge"],
)
def test_a_subject_is_told_by_its_reports_the_newest_first(room: Newsroom, question: str) -> None:
    assert begins(room, question) == [
        "A bus full of singers was the first to cross the Quell Bridge on Monday.",
        "Repairs to the Quell Bridge will cost £3.6m.",
        "The Quell Bridge was shut on Tuesday after inspectors found cracks.",
    ]


@pytest.mark.parametrize("question", ["latest news", "Give me the top 3 stories", "What's new?"])
def test_the_news_are_the_newest_stories(room: Newsroom, question: str) -> None:
    lorry, bus, more = begins(room, question)
    assert (lorry, more) == ("A lorry ran into a wall in Mill Lane.", "Engineers have found more.")
    assert bus.startswith("A bus full of singers")


def test_the_news_are_no_follow_up(room: Newsroom) -> None:
    history = [{"question": "What happened to the Quell Bridge?", "answer": "It reopened."}]
    assert room.ask("latest news", history=history).standalone_question == "latest news"
    about = room.ask("What's the news on that?", history=history).standalone_question
    assert "quell" in about


def test_the_news_of_a_day(room: Newsroom) -> None:
    assert begins(room, "latest news", as_of="2025-10-31") == [
        "The Quell Bridge was shut on Tuesday after inspectors found cracks."
    ]


@pytest.mark.parametrize(
    "question", ["What happened this month?", "What's the news about the Quell Bridge this month?"]
)
def test_the_news_of_a_month(room: Newsroom, question: str) -> None:
    assert begins(room, question, as_of="2026-05-31") == [
        "A bus full of singers was the first to cross the Quell Bridge on Monday."
    ]


def test_old_news_are_no_news_of_today(room: Newsroom) -> None:
    answer = room.ask("What happened today?", as_of="2026-09-20")
    assert (answer.status, answer.reason) == ("declined", "window_empty")
    assert answer.nearest[0].title == "Lorry hits Mill Lane wall"  # the newest there is


def test_the_news_of_a_library_without_dates(tmp_path: Path) -> None:
    path = tmp_path / "history.txt"
    path.write_text("Quell was founded by monks, who built a mill.", "utf-8")
    room = Newsroom.open(tmp_path / "library")
    room.add(path)
    assert room.ask("latest news").status == "declined"
