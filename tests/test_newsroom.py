"""The library through its front door: adding, changing, searching, asking."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rag import Answer, Article, Newsroom, Settings, Timestamp
from rag.cli import cli
from rag.errors import (
    LibraryError,
    LibraryMismatch,
    LibraryMissing,
    LibraryReadOnly,
    QuestionError,
    SourceError,
)

STORIES = [
    {
        "url": "https://herald.example/ferry-sinks",
        "title": "Ferry sinks off Port Ellery",
        "published": "2025-03-01",
        "outlet": "Ellery Herald",
        "text": "The ferry Queen Maud sank off Port Ellery on Friday night.\n\n"
        "All 214 people aboard were rescued by lifeboats and fishing vessels.\n\n"
        "Captain Ruth Ansel said the engine room had flooded.",
    },
    {
        "url": "https://post.example/orchard-frost",
        "title": "Late frost ruins cherry orchards",
        "published": "2025-05-10",
        "outlet": "Valley Post",
        "text": "Frost destroyed two thirds of the cherry crop in the Ganten valley.\n\n"
        "Growers put the damage at £4.2 million.",
    },
    {
        "url": "https://post.example/undated",
        "title": "The history of the Ganten valley railway",
        "outlet": "Valley Post",
        "text": "The Ganten valley railway opened in 1891 and closed in 1964.",
    },
]


def write(folder: Path, stories: list[dict[str, str]], name: str = "stories.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(json.dumps(story) for story in stories), "utf-8")
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stories' file and a library of them."""
    folder = tmp_path_factory.mktemp("made")
    room = Newsroom.open(folder / "library")
    room.add(write(folder, STORIES))
    room.close()
    return folder


@pytest.fixture
def room(made: Path, tmp_path: Path) -> Newsroom:
    """A copy of it, to be changed."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return Newsroom.open(tmp_path / "library")


def test_answers_cite_the_paragraph_that_says_it(room: Newsroom) -> None:
    answer = room.ask("How many people were rescued from the ferry Queen Maud?")
    assert answer.status == "answered"
    assert answer.short == "214"
    citation = answer.citations[0]
    assert (citation.article, citation.paragraph) == ("https://herald.example/ferry-sinks", 2)
    paragraph = room.article(citation.article).paragraph(citation.paragraph)
    assert paragraph[slice(*citation.span)] == citation.quote
    assert answer.text[slice(*citation.answer_span)] == answer.statements[0].text


@pytest.mark.parametrize(
    "question",
    [
        "HOW MANY PEOPLE WERE RESCUED FROM THE FERRY QUEEN MAUD",
        "How Many People Were Rescued From The Ferry Queen Maud?",
        "Approximately how many people were rescued from the ferry Queen Maud?",
        "When the ferry Queen Maud sank, how many people were rescued?",
    ],
)
def test_capitals_and_openings_are_no_names(room: Newsroom, question: str) -> None:
    assert room.ask(question).short == "214"


def test_another_year_is_another_event(room: Newsroom) -> None:
    asked = "How many people were rescued from the ferry Queen Maud in {}?"
    assert room.ask(asked.format(2025)).short == "214"
    assert room.ask(asked.format(1998)).status == "declined"


def test_each_of_several_questions_is_answered(room: Newsroom) -> None:
    answer = room.ask(
        "How many people were rescued from the ferry Queen Maud and when did it sink?"
    )
    assert (answer.status, answer.short) == ("answered", "214; Friday night")
    answer = room.ask("How many people were rescued from the ferry Queen Maud and who built it?")
    assert (answer.status, answer.reason, answer.short) == ("partial", "part_unanswered", "214")
    assert answer.notices == ("No sure answer was found to: who built it?",)
    assert answer.confidence < 0.5
    both = "Who built the ferry Queen Maud and who is the mayor of Porto?"
    assert room.ask(both).status == "declined"
    answer = room.ask("When and where did the ferry Queen Maud sink?")
    assert answer.short == "Friday night; Port Ellery"
    assert answer.text == "The ferry Queen Maud sank off Port Ellery on Friday night. [1]"  # once


def test_streamed_statements_add_up_to_the_answer(room: Newsroom) -> None:
    *statements, answer = room.stream("What happened to the ferry Queen Maud?")
    assert statements and isinstance(answer, Answer)
    assert " ".join(map(str, statements)) == answer.text
    assert tuple(statements) == answer.statements


def test_a_people_stands_for_its_country(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "library")
    story = {"title": "Cabinet falls", "text": "Dutch voters elected Ida Moll as prime minister."}
    room.add(write(tmp_path, [story]))
    assert room.ask("Who was elected prime minister of the Netherlands?").short == "Ida Moll"
    assert room.ask("Who was elected prime minister of Portugal?").status == "declined"


def test_a_port_is_not_porto(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "library")
    text = "The mayor, Ida Moll, said that the port was closed. Omani ships wait outside."
    room.add(write(tmp_path, [{"title": "Storm hits Arnes", "text": text}]))
    assert room.ask("Who is the mayor of Arnes?").short == "Ida Moll"
    assert room.ask("Who is the mayor of Porto?").status == "declined"
    assert room.ask("Whose ships of Oman wait outside the port?").status == "answered"


def test_a_name_is_one_without_its_capital_too(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "library")
    stories = [
        {"title": "Vote in Sund", "text": "Ida Moll was elected mayor of Sund on Sunday."},
        {"title": "Floods in Arnes", "text": "The mayor of Arnes closed the bridges on Monday."},
    ]
    room.add(write(tmp_path, stories))
    assert room.ask("who was elected mayor of sund?").short == "Ida Moll"
    assert room.ask("who was elected mayor of arnes?").status == "declined"


@pytest.mark.parametrize(
    "asked",
    [
        "how many poeple were resqued from the ferry qeen maud?",
        "Hello! I read this on the train. How many people were rescued from the ferry Queen Maud?",
        "Can you please tell me how many people were rescued from the ferry Queen Maud?",
        "May I ask how many people were rescued from the ferry Queen Maud?",
        "<b>How many people</b> were rescued from the ferry <script>Queen Maud?",
    ],
)
def test_a_question_may_be_misspelt_wrapped_or_marked_up(asked: str, room: Newsroom) -> None:
    answer = room.ask(asked)
    assert answer.short == "214"
    assert "Queen Maud" in answer.standalone_question.replace("queen maud", "Queen Maud")


def test_a_word_of_the_library_is_not_taken_for_a_misspelling(room: Newsroom) -> None:
    assert "frost" in room.ask("Did the frost sink the ferry?").standalone_question
    asked = "Did the Brannock bridge collapse?"
    assert room.ask(asked).standalone_question == asked


@pytest.mark.parametrize(
    "asked",
    [
        "Were the boats unmanned?",
        "Did Marina leave Brannocksea?",
        "Is a fare of £4 <two or three> too much?",
        "I mean the frost of May 2025. How large was the damage in the Ganten valley?",
    ],
)
def test_words_that_decide_stay_as_they_are(asked: str, room: Newsroom) -> None:
    assert room.ask(asked).standalone_question == asked


@pytest.mark.parametrize(
    ("asked", "settled"),
    [
        ("Did everybody on the Queen Maud survive?", "All 214 people aboard were rescued"),
        ("Is the Ganten valley railway still open?", "closed in 1964"),
        ("Why did the Queen Maud sink?", "the engine room had flooded"),
    ],
)
def test_yes_no_and_why_are_answered_in_sentences(asked: str, settled: str, room: Newsroom) -> None:
    answer = room.ask(asked)
    assert settled in answer.text
    assert answer.short is None


def test_the_outlet_of_an_article_and_a_name_with_an_apostrophe_are_known(
    room: Newsroom, tmp_path: Path
) -> None:
    text = "Nuala O'Brien resigned as harbour master of Grane on Monday after 11 years."
    story = {"title": "Harbour master leaves", "outlet": "Tarn Echo", "text": text}
    room.add(write(tmp_path, [story]))
    answer = room.ask("According to the Tarn Echo, who resigned as harbour master?")
    assert answer.short == "Nuala O'Brien"
    assert "resigned" in room.ask("What happened to O'Brien?").text


@pytest.mark.parametrize(
    ("asked", "short"),
    [
        ("How much time was spent on the Harlow pumping station?", "31 hours"),
        ("How much was spent on the Harlow pumping station?", "£4.2 million"),
        ("In what year did an earthquake crack the walls of the pumping station?", "1987"),
        ("What cracked when the earthquake struck the pumping station?", "its walls"),
    ],
)
def test_the_exact_words_are_of_the_kind_asked_for(
    asked: str, short: str, room: Newsroom, tmp_path: Path
) -> None:
    text = "Engineers spent 31 hours on the Harlow pumping station. The work cost £4.2 million."
    walls = "An earthquake of magnitude 6.1 cracked its walls in 1987."
    story = {"title": "Pumping station mended", "text": f"{text}\n\n{walls}"}
    room.add(write(tmp_path, [story]))
    assert room.ask(asked).short == short


def test_another_subject_ends_what_a_conversation_carries_over(room: Newsroom) -> None:
    history = [{"question": "What happened to the ferry Queen Maud?", "answer": "It sank."}]
    asked = "How much was the damage in the orchards?"
    answer = room.ask(asked, history=history)
    assert (answer.standalone_question, answer.short) == (asked, "£4.2 million")
    asked = "What did the company say?"
    assert "Queen Maud" in room.ask(asked, history=history).standalone_question
    for asked in (
        "And what about the valley railway?",
        "Is there any news about frost in the orchards?",
        "What happened this week in the orchards?",
    ):
        assert room.ask(asked, history=history).standalone_question == asked
    assert "214" in (room.ask("How many were rescued?", history=history).short or "")


@pytest.mark.parametrize(
    ("question", "short"),
    [
        ("How many people were rescued from the ferry Queen Maud?", "214"),
        ("How many people were rescued from the ferry Queen Maude?", "214"),
        ("How many people were rescued from the ferry Quéen Maüd?", "214"),
        ("How many people were rescued from the ferry Princess Ida?", None),
        ("How many people were rescued off Brannock?", None),
        ("How much was the damage in the Ganten valley?", "£4.2 million"),
        ("How much was the damage in the Selby valley?", None),
    ],
)
def test_what_is_asked_of_a_name_is_not_answered_of_another(
    question: str, short: str | None, room: Newsroom
) -> None:
    answer = room.ask(question)
    assert (answer.status, answer.short) == ("answered" if short else "declined", short)


def test_what_is_not_in_the_library_is_declined_without_citations(room: Newsroom) -> None:
    answer = room.ask("Who won the chess championship in Reykjavik?")
    assert (answer.status, answer.reason) == ("declined", "no_support")
    assert answer.citations == () and answer.statements == ()
    assert answer.nearest and answer.searched.articles == 3


@pytest.mark.parametrize(("question", "reason"), [("hiya!", "greeting"), ("  ", "empty")])
def test_greetings_and_empty_questions(room: Newsroom, question: str, reason: str) -> None:
    answer = room.ask(question)
    assert (answer.status, answer.reason, answer.citations) == ("declined", reason, ())


def test_a_question_of_a_page_is_refused_in_words(room: Newsroom) -> None:
    with pytest.raises(QuestionError, match="10,000 characters"):
        room.ask("x" * 10_000)


def test_answers_are_json(room: Newsroom) -> None:
    data = json.loads(json.dumps(room.ask("When did the Ganten valley railway open?").to_dict()))
    assert data["schema"] == 1
    assert data["citations"][0]["published"] is None


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, 3),
        ({"since": "2025-05-01"}, 1),
        ({"until": "2025-04-01"}, 1),
        ({"as_of": "2025-04-01"}, 2),
        ({"as_of": "2025-04-01", "undated": "exclude"}, 1),
        ({"since": "2025-05-01", "undated": "include"}, 2),
        ({"outlets": ["Valley Post"]}, 2),
        ({"articles": ["https://post.example/undated"]}, 1),
        ({"outlets": ["Valley Post"], "since": "2025-01-01"}, 1),
    ],
)
def test_filters(room: Newsroom, filters: dict[str, str], expected: int) -> None:
    found = {p.article for p in room.search("valley ferry frost railway", **filters)}  # type: ignore[arg-type]
    assert len(found) == expected
    assert room.ask("What happened in the valley?", **filters).searched.articles == expected


def test_undated_articles_are_kept_by_the_command_line(room: Newsroom) -> None:
    for undated, expected in ((), 1), (("--undated", "include"), 2), (("--undated", "exclude"), 1):
        options = ["--since", "2025-05-01", "--json", "--library", str(room.folder), *undated]
        asked = CliRunner().invoke(cli, ["ask", "What happened in the valley?", *options])
        assert json.loads(asked.stdout)["searched"]["articles"] == expected
        found = CliRunner().invoke(cli, ["search", "valley ferry frost railway", *options])
        assert len({p["article"] for p in json.loads(found.stdout)}) == expected


def test_empty_filters_say_which(room: Newsroom) -> None:
    assert room.ask("Who?", since="2031-01-01").reason == "window_empty"
    assert room.ask("Who?", outlets=["Nobody's Paper"]).reason == "outlet_missing"
    assert room.ask("Who?", articles=["https://nowhere.example/"]).reason == "article_missing"
    with pytest.raises(QuestionError, match="since='soon'"):
        room.ask("Who?", since="soon")
    with pytest.raises(QuestionError, match="exchange"):
        room.ask("Who?", since="2025-02-01", until="2025-01-01")


def test_adding_twice_changes_nothing(room: Newsroom, tmp_path: Path) -> None:
    before = room.status()
    report = room.add(tmp_path / "stories.jsonl")
    assert (len(report.unchanged), len(report.added)) == (3, 0)
    assert room.status() == before


def test_sources_that_differ_say_nothing_new_when_read_again(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "library")
    longer = dict(STORIES[0], text=f"{STORIES[0]['text']}\n\nAn inquiry begins on Monday.")
    both = write(tmp_path, [STORIES[0], longer])
    key = STORIES[0]["url"]
    assert room.add(both).updated == (key,)
    assert room.add(both).unchanged == (key, key)
    assert room.add(write(tmp_path, [STORIES[0]], "old.jsonl")).unchanged == (key,)
    assert room.article(key).version == 2


def test_a_source_may_take_back_what_it_said(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "library")
    longer = dict(STORIES[0], text=f"{STORIES[0]['text']}\n\nAn inquiry begins on Monday.")
    room.add(write(tmp_path, STORIES[:1]))
    for version, story in enumerate([longer, STORIES[0]], 2):
        key = STORIES[0]["url"]
        assert room.add(write(tmp_path, [story])).updated == (key,)
        assert room.article(key).version == version


def test_a_source_without_the_correction_does_not_take_it_back(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "library")
    key = STORIES[0]["url"]
    room.add(
        write(tmp_path, [dict(STORIES[0], correction="It was Saturday night.", note="Sample")])
    )
    other = write(tmp_path, STORIES[:1], "other.jsonl")
    assert room.add(other).unchanged == (key,)
    article = room.article(key).article
    assert (article.correction, article.note) == ("It was Saturday night.", "Sample")


def test_a_corrected_article_replaces_its_older_version(room: Newsroom, tmp_path: Path) -> None:
    corrected = dict(STORIES[0], text=STORIES[0]["text"].replace("214", "216"))
    report = room.add(write(tmp_path, [corrected], "corrected.jsonl"))
    assert report.updated == (STORIES[0]["url"],)
    assert room.ask("How many people were rescued from the ferry?").short == "216"
    key = STORIES[0]["url"]
    assert "214" in room.article(key, version=1).paragraph(2)
    assert "216" in room.article(key).paragraph(2)
    assert not room.status().attention


def test_remove_purges(room: Newsroom) -> None:
    key = STORIES[0]["url"]
    room.remove(key)
    assert key not in {p.article for p in room.search("ferry Queen Maud")}
    assert room.status().articles == 2 and not room.status().attention
    with pytest.raises(KeyError):
        room.remove(key)


def test_rebuild_keeps_everything(room: Newsroom) -> None:
    before = [p.article for p in room.search("cherry frost")]
    assert room.rebuild() == room.status().passages
    assert [p.article for p in room.search("cherry frost")] == before
    assert not room.status().attention


def test_articles_that_another_process_adds_are_found(room: Newsroom, tmp_path: Path) -> None:
    assert room.ask("Who bakes the best rye bread in Tarnholm?").status == "declined"
    story = {"url": "https://herald.example/bread", "title": "Prize for rye bread in Tarnholm",
             "text": "Baker Oda Lindqvist bakes the best rye bread in Tarnholm, a jury said."}  # fmt: skip
    path = write(tmp_path, [story], "bread.jsonl")
    command = [sys.executable, "-m", "rag.cli", "add", "--library", str(room.folder), str(path)]
    subprocess.run(command, check=True, capture_output=True)
    answer = room.ask("Who bakes the best rye bread in Tarnholm?")
    assert "Oda Lindqvist" in answer.text
    passage = next(p for p in room.search("best rye bread") if p.article == story["url"])
    assert passage.similarity > 0.5


@pytest.mark.slow
def test_a_killed_process_leaves_whole_articles(tmp_path: Path) -> None:
    text = "\n\n".join(
        f"Paragraph {n} about the harbour of Ellery and its gulls." for n in range(9)
    )
    stories = [
        {"url": f"https://e.example/{n}", "title": f"Story {n}", "text": f"Number {n}.\n\n{text}"}
        for n in range(4000)
    ]
    path = write(tmp_path, stories)
    folder = tmp_path / "library"
    command = [sys.executable, "-m", "rag.cli", "add", "--library", str(folder), str(path)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    while not _articles(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    count = _articles(folder)
    assert 0 < count < 4000
    room = Newsroom.open(folder)
    assert all(len(stored.article.paragraphs) == 10 for stored in room.articles())
    room.add(write(tmp_path, stories[: count + 50], "again.jsonl"))
    status = room.status()
    assert status.articles == count + 50 and not status.attention


def _articles(folder: Path) -> int:
    try:
        with sqlite3.connect(f"file:{folder / 'library.sqlite'}?mode=ro", uri=True) as db:
            return int(db.execute("SELECT count(*) FROM articles").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="Linux lists open files there")
def test_a_closed_library_holds_no_file(room: Newsroom) -> None:
    found = room.search("cherry frost")
    room.close()
    opened = [path.resolve() for path in Path("/proc/self/fd").iterdir()]
    assert [path for path in opened if path.is_relative_to(room.folder)] == []
    assert room.search("cherry frost") == found


def test_a_library_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(LibraryMissing, match="citewire add"):
        Newsroom.open(tmp_path / "none").ask("Who won?")
    for change in (lambda room: room.remove("key"), Newsroom.rebuild):
        with pytest.raises(LibraryMissing, match="citewire add"):
            change(Newsroom.open(tmp_path / "none"))
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("text", ["One.\nTwo.", " "])
def test_what_is_no_paragraph_makes_no_article(text: str) -> None:
    with pytest.raises(ValueError, match="'News' has no paragraph"):
        Article("News", ())
    with pytest.raises(ValueError, match="Paragraph 2 of 'News' is empty or has a line break"):
        Article(title="News", paragraphs=("It rained.", text))


@pytest.mark.parametrize("text", ["yesterday", "2025-03-30T19:00:00", "2025-02-30"])
def test_what_is_no_point_in_time_is_one_clear_error(text: str) -> None:
    with pytest.raises(ValueError, match="neither a day, such as 2025-03-30, nor an instant"):
        Timestamp(text, "test")


def test_a_damaged_library(room: Newsroom) -> None:
    for name in ("library.sqlite", "library.sqlite-wal"):
        path = room.folder / name
        if path.exists():
            path.write_bytes(os.urandom(path.stat().st_size // 2))
    with pytest.raises(LibraryError, match="damaged"):
        Newsroom.open(room.folder)


@pytest.mark.parametrize("table", ["meta", "articles", "passages"])
def test_damage_that_is_met_while_reading_is_one_clear_error(table: str, room: Newsroom) -> None:
    room.close()
    with closing(sqlite3.connect(room.folder / "library.sqlite")) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (size,) = db.execute("PRAGMA page_size").fetchone()
        sql = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (page,) = db.execute(sql, (table,)).fetchone()
    with (room.folder / "library.sqlite").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    with pytest.raises(LibraryError, match=r"is damaged \(.*restore a backup"):
        Newsroom.open(room.folder).ask("Who saw the cherry frost?")


def test_a_library_of_a_newer_version(room: Newsroom) -> None:
    with sqlite3.connect(room.folder / "library.sqlite") as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(LibraryMismatch, match="newer"):
        Newsroom.open(room.folder)


def test_a_library_of_another_embedder(room: Newsroom) -> None:
    with sqlite3.connect(room.folder / "library.sqlite") as db:
        db.execute("UPDATE meta SET value = 'other' WHERE name LIKE 'embedder%'")
    with pytest.raises(LibraryMismatch, match="CITEWIRE_EMBEDDER"):
        Newsroom.open(room.folder).ask("Who won?")


def test_a_bad_source_loses_nothing(room: Newsroom, tmp_path: Path) -> None:
    before = room.status()
    with pytest.raises(SourceError, match="nowhere"):
        room.add(tmp_path / "nowhere")
    broken = tmp_path / "broken.jsonl"
    broken.write_text('{"title": "Fine", "text": "The gate is open."}\n{"title": \n', "utf-8")
    report = room.add(broken)
    assert len(report.added) == 1
    assert report.rejected[0].origin.endswith("broken.jsonl:2")
    assert room.status().articles == before.articles + 1


def test_a_file_is_no_folder_for_a_library(tmp_path: Path) -> None:
    path = write(tmp_path, STORIES)
    with pytest.raises(LibraryError, match="cannot be written to"):
        Newsroom.open(path).add(path)
    assert path.read_text("utf-8")


def test_the_sample_library_opens_read_only(tmp_path: Path, newsroom: Newsroom) -> None:
    assert newsroom.status().articles >= 65
    assert newsroom.as_of == newsroom.status().newest
    with pytest.raises(LibraryReadOnly, match="read-only"):
        newsroom.add(write(tmp_path, STORIES))


def test_unknown_settings_are_named() -> None:
    from rag.errors import SettingsError

    with pytest.raises(SettingsError, match="CITEWIRE_LIBRARI"):
        Settings.load({"CITEWIRE_LIBRARI": "x"})
    assert replace(Settings.load({}), model="a:b").model == "a:b"


def test_an_outlet_is_named_as_people_name_it(newsroom: Newsroom) -> None:
    name = next(iter(newsroom.outlets()))
    expected = newsroom.search("council", k=3, outlets=[name])
    assert expected and {p.outlet for p in expected} == {name}
    assert newsroom.search("council", k=3, outlets=name.upper()) == expected  # one, as it stands


@pytest.mark.parametrize("history", ["hi", ["hi"], [{"question": "Who?"}]])
def test_a_history_of_another_form_is_one_clear_error(history: Any, newsroom: Newsroom) -> None:
    with pytest.raises(QuestionError, match="expected turns like"):
        newsroom.ask("And when?", history=history)


@pytest.mark.parametrize("source", [None, [], 5])
def test_what_is_no_source_is_one_clear_error(source: Any, room: Newsroom) -> None:
    with pytest.raises(SourceError, match="is not a source"):
        room.add(source)


def test_a_name_in_capitals_is_no_stop_word(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "library")
    text = "The WHO declared the outbreak of cholera in Port Quell over on Monday."
    room.add_articles([Article(title="WHO on cholera", paragraphs=(text,))])
    assert [p.text for p in room.search("What did the WHO do?", by="words")] == [text]
    assert room.search("Who will it do?", by="words") == []


def test_a_title_without_spaces_and_odd_numbers_are_taken(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "library")
    text = "On 30.03.2025 1000 people gathered in Port Quell."
    report = room.add_articles([Article(title="x" * 3000, paragraphs=(text,))])
    assert len(report.added) == 1
    assert room.ask("How many people gathered in Port Quell?", model=None).statements


@pytest.mark.parametrize("k", [0, -3])
def test_a_count_of_nothing_is_one_clear_error(k: int, newsroom: Newsroom) -> None:
    for ask in (newsroom.ask, newsroom.search):
        with pytest.raises(QuestionError, match=f"k is {k}"):
            ask("Who met Nakatani?", k=k)


def test_a_named_article_gives_all_its_passages(newsroom: Newsroom) -> None:
    longest = max(newsroom.articles(), key=lambda a: sum(map(len, a.article.paragraphs)))
    found = newsroom.search(longest.article.title, k=50, articles=[longest.key])
    assert {n for p in found for n in p.paragraphs} == set(
        range(1, len(longest.article.paragraphs) + 1)
    )


def test_no_articles_give_no_passages(newsroom: Newsroom) -> None:
    assert newsroom.search("Who met Nakatani?", articles=[]) == []


def test_a_greeting_is_told_in_no_time_and_only_what_is_left_out_is_carried_over(
    newsroom: Newsroom,
) -> None:
    started = time.monotonic()
    answer = newsroom.ask("thank you " * 20 + "but who won?", model=None)
    assert time.monotonic() - started < 10
    assert answer.reason != "greeting"
    history = [{"question": "What did the Noto earthquake destroy?", "answer": "The market."}]
    asked = "Who did Hegseth meet on his trip to Tokyo?"
    assert newsroom.ask(asked, history=history, model=None).standalone_question == asked
    history = [{"question": "How did the Starliner astronauts get home?", "answer": "By Dragon."}]
    answer = newsroom.ask("Was anybody else on board?", history=history, model=None)
    assert "Starliner" in answer.standalone_question


def test_the_command_line_shows_the_statements_and_then_the_rest(newsroom: Newsroom) -> None:
    question = "How many people were aboard the Japan Airlines jet?"
    answer = newsroom.ask(question, model=None)
    assert answer.headline and str(answer).startswith(answer.headline)
    environ = {
        "CITEWIRE_CACHE": str(newsroom.settings.cache),
        "CITEWIRE_DATA": str(newsroom.settings.data),
    }
    done = CliRunner(env=environ).invoke(cli, ["ask", question])
    shown = [s.text for s in answer.statements] + [f"In short: {answer.headline}"]
    assert done.output == "\n".join([*shown, answer.footnotes]) + "\n"
