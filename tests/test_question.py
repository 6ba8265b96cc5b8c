"""What a question asks for; follow-ups made to stand alone; several questions in one."""

from __future__ import annotations

import time
from datetime import date

import pytest

from rag import question, timeframe
from rag.errors import QuestionError
from rag.followup import parts, standalone
from rag.question import analyse
from rag.words import has_word, words_of

MAYOR = [{"question": "Who is Ida Moll?", "answer": "Ida Moll is the mayor of Derna."}]
FINAL = [
    {
        "question": "Who won the rugby final?",
        "answer": "South Africa beat New Zealand 12-11, and captain Siya Kolisi lifted the cup.",
    }
]


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ("When the bank failed, how much did depositors withdraw?", "number"),
        ("When the ferry sank, who was the captain?", "person"),
        ("When did Hale, who resigned, leave?", "date"),
        ("Where was the ferry when it sank?", "place"),
        ("What is in the news?", "overview"),
        ("Give me the top 5 headlines", "overview"),
        ("recent news", "overview"),
    ],
)
def test_what_is_asked_for(asked: str, kind: str) -> None:
    assert analyse(asked).kind == kind


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("List the countries that signed the treaty", ()),
        ("Approximately how many people died?", ()),
        ("Besides Norway, who joined?", ("Norway",)),
        ("Didn't Hale resign?", ("Hale",)),
        ("Describe Ida Moll", ("Ida Moll",)),
        ("WHO announced it?", ("WHO",)),
        ("HOW MANY PEOPLE DIED IN THE NOTO EARTHQUAKE", ()),
        ("How Many Passengers Died When The Ferry Sank?", ()),
    ],
)
def test_the_names_in_a_question(asked: str, names: tuple[str, ...]) -> None:
    assert analyse(asked).names == names


@pytest.mark.parametrize(
    ("asked", "about"),
    [
        ("What happened this week?", ()),
        ("What's the news this morning?", ()),
        ("Any news from yesterday?", ()),
        ("Give me the top 5 headlines", ()),
        ("What happened in 2023?", ("2023",)),
        ("What happened in Gaza last week?", ("gaza",)),
    ],
)
def test_what_news_are_asked_for(asked: str, about: tuple[str, ...]) -> None:
    assert analyse(asked).subject == about


@pytest.mark.parametrize(
    "asked",
    [
        "Tell me more about him", "Describe her", "Whom did she meet?", "Didn't she resign?",
        "Thanks. Where does she live?", "Great, where does she live?", "Is it true?",
    ],
)  # fmt: skip
def test_a_follow_up_carries_over_who_was_meant(asked: str) -> None:
    assert standalone(asked, MAYOR) == f"{asked.rstrip('?')} (Ida Moll)?"


@pytest.mark.parametrize(
    "asked",
    [
        "Is it true that Hegseth met Nakatani in Tokyo?", "Gaza?", "What happened this week?",
        "How long did it take Hegseth to reach Tokyo?", "Hegseth said he would do what?",
    ],
)  # fmt: skip
def test_a_question_of_its_own_carries_nothing_over(asked: str) -> None:
    assert standalone(asked, MAYOR) == asked


def test_he_is_a_person_rather_than_a_country() -> None:
    assert standalone("How old is he?", FINAL).startswith("How old is he (Siya Kolisi, ")


@pytest.mark.parametrize(
    "asked",
    [
        "What did the US and WHO announce?",
        "Did Hegseth say when and where he will meet Nakatani?",
        "What is known about how and why the Titan submersible imploded?",
        "Who is the man who shot Abe and who joined the church?",
        'Who said "I came, I saw and when did I conquer"?',
        "Who wrote When Breath Becomes Air and Why We Sleep?",
        "Did police say who did it and what they found?",
        "How many people died and how many were injured in the Morocco earthquake?",
        "Why did it sink and who built it?",
        "When and how much did the rate rise?",
        "Really? Who won?",
        "Who won the cup? Hale was sad.",
    ],
)
def test_what_is_one_question_stays_one(asked: str) -> None:
    assert parts(asked, asked) == [(asked, asked)]


@pytest.mark.parametrize(
    ("asked", "second", "words"),
    [
        (
            "Who won the 2023 rugby final, and by how much?",
            "by how much (Who won the 2023 rugby final)?",
            "by how much?",
        ),
        (
            "Who won the final and who were the runners-up?",
            "who were the runners-up (Who won the final)?",
            "who were the runners-up?",
        ),
        (
            "Where was Hale born? When did she resign?",
            "When did she resign (Hale)?",
            "When did she resign?",
        ),
    ],
)
def test_a_part_stands_alone_with_what_it_leaves_out(asked: str, second: str, words: str) -> None:
    assert parts(asked, asked)[1:] == [(second, words)]


def test_each_part_has_what_was_carried_over() -> None:
    carried = "Why did it sink and who built it (Queen Maud)?"
    assert [words for _, words in parts(carried, carried)] == ["Why did it sink?", "who built it?"]
    assert all("Queen Maud" in alone for alone, _ in parts(carried, carried))


@pytest.mark.parametrize(
    ("said", "first", "last"),
    [
        ("today", 13, 13), ("yesterday", 12, 12), ("last night", 12, 13), ("this week", 9, 13),
        ("last week", 2, 8), ("the past week", 6, 13), ("this month", 1, 13),
    ],
)  # fmt: skip
def test_the_days_that_a_question_means(said: str, first: int, last: int) -> None:
    friday = date(2025, 6, 13)
    found = timeframe.days(f"What happened {said}?", friday)
    assert found == (date(2025, 6, first), date(2025, 6, last))


@pytest.mark.parametrize(
    ("written", "typed"),
    [("Lech Wałęsa", "Walesa"), ("Ødegaard", "odegaard"), ("Lodz", "Łódź"), ("Kılıç", "Kilic")],
)
def test_a_name_is_found_as_it_is_typed(written: str, typed: str) -> None:
    assert has_word(words_of(written), typed.lower())


def test_a_long_text_is_refused_at_once() -> None:
    began = time.monotonic()
    with pytest.raises(QuestionError, match="ask in at most 2,000"):
        question.clean("<a " + "=" * 40_000)
    assert time.monotonic() - began < 5
