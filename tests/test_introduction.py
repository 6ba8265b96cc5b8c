"""Who somebody is, and what something is."""

import json
from pathlib import Path

import pytest

from rag import Article, Newsroom

STORIES = [
    {
        "title": "Council splits over the harbour",
        "published": "2025-03-01",
        "text": "The vote on the harbour went to Ida Moll by 31 votes to 12.\n\n"
        "Her main opponent, Jonas Reuter, asked for a count by hand.\n\n"
        "Ida Moll, a former harbour pilot, thanked Sund's president, Vera Kline.\n\n"
        "The Lanterns, who want the old pier kept, stayed away, and so did the Port Trust.",
    },
    {
        "title": "Moll on her first week",
        "published": "2025-03-08",
        "text": "Moll took the chair on Monday. The Port Trust gave her a tour of the docks.",
    },
]


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    folder = tmp_path_factory.mktemp("introduction")
    path = folder / "stories.json"
    path.write_text(json.dumps(STORIES), "utf-8")
    room = Newsroom.open(folder / "library")
    room.add(path)
    return room


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("Who is Ida Moll?", "Ida Moll, a former harbour pilot"),
        ("who's moll", "Ida Moll, a former harbour pilot"),
        ("And who is Jonas Réuter?", "Her main opponent, Jonas Reuter"),
        ("Who is Vera Kline?", "Sund's president, Vera Kline"),
        ("Who are the Lanterns?", "The Lanterns, who want the old pier kept"),
        ("What is the Port Trust?", "The Port Trust gave her a tour"),
    ],
)
def test_the_sentence_that_introduces_a_name_comes_first(
    question: str, says: str, room: Newsroom
) -> None:
    answer = room.ask(question)
    assert says in " ".join(s.text for s in answer.statements[:2])
    assert (answer.status, answer.short) == ("answered", None)


def test_a_name_that_is_only_mentioned_is_less_sure(room: Newsroom) -> None:
    introduced, mentioned = room.ask("Who is Jonas Reuter?"), room.ask("What is the Port Trust?")
    assert mentioned.confidence < introduced.confidence


def test_a_name_after_a_word_like_an_office_is_not_introduced(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "library")
    text = "Shares in the yard fell. {} Quist met the crews at the harbour."
    words = ("However", "In September", "Waiting for")
    room.add_articles(Article("The yard", (text.format(word),)) for word in words)
    assert room.ask("Who is Quist?").confidence < 0.9


def test_a_word_with_a_capital_only_where_a_sentence_begins_names_nobody(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "library")
    text = "Turnout was 54% in the end. The turnout of 2019 had been 61%."
    room.add_articles([Article("Vote in Sund", (text,))])
    assert room.ask("What was the turnout?").short == "54%"


@pytest.mark.parametrize(
    "question", ["Who is he?", "What is it?", "When?", "What happened to him?", "Tell me more"]
)
def test_a_question_that_names_nothing_is_asked_back(question: str, newsroom: Newsroom) -> None:
    answer = newsroom.ask(question)
    assert (answer.status, answer.reason) == ("declined", "empty")
    assert "who or what is meant" in answer.text


def test_a_name_that_the_library_does_not_have_is_declined(room: Newsroom) -> None:
    assert room.ask("Who is Ada Brandt?").status == "declined"


def test_who_holds_an_office_is_no_name(room: Newsroom) -> None:
    assert room.ask("Who is the president of Sund?").short == "Vera Kline"


def test_who_a_person_of_the_last_answer_is(room: Newsroom) -> None:
    asked = "Who asked for a count by hand?"
    before = {"question": asked, "answer": room.ask(asked).text}
    assert "main opponent" in room.ask("Who is he?", history=[before]).text
    before = {"question": asked, "answer": "In Sund, Jonas Reuter asked for a count by hand."}
    assert "main opponent" in room.ask("Who is he?", history=[before]).text
