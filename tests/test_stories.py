"""Copies, versions and corrections: one story is one voice, and what changed can be seen."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rag import AddReport, Article, Newsroom, Settings, Timestamp
from rag.cli import cli
from rag.sources import exported
from ui import cards

WIRE = Article(
    title="Dam at Orrin Falls gives way",
    paragraphs=(
        "ORRIN FALLS — A dam above the town of Orrin Falls gave way before dawn on Tuesday, sending "
        "water through 340 homes and cutting the only road to the valley.",
        "All 1,200 people of the lower town had been led to the school on the hill two hours "
        "earlier, after the dam keeper, Marta Lindqvist, saw water seep through the eastern wall.",
        "“I rang the fire brigade and then I rang every door on Mill Street,” Lindqvist told "
        "reporters outside the school. “Nobody argued with me.”",
        "Three people were treated for cold in the hospital of Brannock, 18 miles away, and were "
        "sent home in the afternoon, a spokesman for the hospital said.",
        "The dam was built in 1931 for a paper mill that closed in 1988, and has belonged to the "
        "county since then. Inspectors called its eastern wall weak in 2019 and again in 2022.",
        "The county set aside $4.1 million for repairs last spring, but no firm had been chosen by "
        "the time the wall broke, according to the minutes of its council.",
        "Governor Alan Reyes promised to pay for the road before winter and said that he had asked "
        "the state's engineers to look at 62 other dams of the same age.",
        "The water reached the second floor of the town hall, where the archive of the valley was "
        "kept. Volunteers carried 400 boxes of papers to the church on Tuesday night.",
    ),
    url="https://wire.example/dam",
    outlet="Northern Wire",
    published=Timestamp("2031-03-04", "test"),
)
QUESTION = "How many homes did the water go through when the dam at Orrin Falls gave way?"


def copy(name: str, **changes: object) -> Article:
    return replace(WIRE, url=f"https://{name.lower()}.example/dam", outlet=name, **changes)  # type: ignore[arg-type]


def cut(*numbers: int) -> tuple[str, ...]:
    return tuple(p for n, p in enumerate(WIRE.paragraphs, 1) if n not in numbers)


P = WIRE.paragraphs
REWRITTEN = (
    "Hundreds of families woke to water in their streets on Tuesday when the old dam over Orrin "
    "Falls broke; the valley's only road is gone and 340 homes are wet."
)
EDITED = tuple(
    p.replace("gave way", "broke").replace("told reporters", "said").replace("had been", "were")
    for p in P
)
COPIES = [
    copy("Headline", title="Town wakes to flood"),
    copy("Edited", paragraphs=EDITED),
    copy("Cut", paragraphs=cut(3, 6, 8)),
    copy("Order", paragraphs=(P[0], P[4], P[6], P[1], P[3], P[2], P[7], P[5])),
    copy("Framed", paragraphs=("By our own staff", *P, "Do you know more? Write to the newsroom.")),
    copy("Lede", paragraphs=(REWRITTEN, *P[1:])),
    copy("Later", paragraphs=cut(3, 8), published=Timestamp("2031-03-06", "test")),
    copy("Undated", published=None),
]
NEWS = (
    "The county council of Orrin Falls dismissed its chief engineer, Paul Hask, on Thursday, two "
    "days after he had told it that warnings about the broken dam never reached him.",
    "Hask had run the department for 11 years. Letters that the Brannock Courier printed on "
    "Wednesday show that he answered inspectors in 2022.",
    "A lawyer of his said that he will appeal against what she called a search for a scapegoat.",
)
OTHERS = [
    copy("Next", paragraphs=(*NEWS, *P[4:]), published=Timestamp("2031-03-06", "test")),
    copy("Longer", paragraphs=(*NEWS, *P), published=Timestamp("2031-03-06", "test")),
    copy("Brief", paragraphs=P[:1]),
    copy(
        "Template",
        paragraphs=tuple(
            p.replace("Orrin Falls", "Tarn Mills").replace("Lindqvist", "Oduya").replace("340", "95")
            .replace("1,200", "310").replace("Brannock", "Selby").replace("1931", "1947")
            .replace("1988", "2001").replace("2019", "2014").replace("2022", "2016")
            .replace("$4.1", "$2.6").replace("Alan Reyes", "Ines Moreau").replace("62", "17")
            .replace("400", "90").replace("Marta", "Grace").replace("Mill Street", "High Road")
            .replace("Tuesday", "Friday").replace("18", "40")
            for p in P
        ),
    ),
    copy(
        "Series",
        paragraphs=tuple(p.replace("340", "95").replace("1,200", "310").replace("62", "17") for p in P),
        published=Timestamp("2031-03-06", "test"),
    ),
]  # fmt: skip


def outlet(article: Article) -> str:
    return str(article.outlet)


def add(folder: Path, *articles: Article) -> Newsroom:
    room = Newsroom.open(folder)
    room.add_articles(articles)
    return room


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the one article."""
    room = add(tmp_path_factory.mktemp("made") / "library", WIRE)
    room.close()
    return room.folder


@pytest.fixture
def room(made: Path, tmp_path: Path) -> Newsroom:
    """A copy of it, to be changed."""
    shutil.copytree(made, tmp_path / "library")
    return Newsroom.open(tmp_path / "library")


@pytest.mark.parametrize("copied", COPIES, ids=outlet)
def test_a_copy_is_no_second_story(copied: Article, room: Newsroom) -> None:
    report = room.add_articles([copied])
    assert report.copies == report.added == (copied.url,)
    assert (room.status().articles, room.status().stories) == (2, 1)
    assert room.article("https://wire.example/dam").also_in == (copied.outlet,)


@pytest.mark.parametrize("other", OTHERS, ids=outlet)
def test_what_shares_background_or_words_is_another_story(other: Article, room: Newsroom) -> None:
    report = room.add_articles([other])
    assert (report.added, report.copies) == ((other.url,), ())
    assert room.status().stories == 2


def soldier(name: str, town: str) -> tuple[str, ...]:
    return (
        "The Department of Defense announced today the death of a soldier who was supporting "
        "Operation Enduring Freedom.",
        f"Sgt. {name}, of {town}, died June 21 at Kandahar Airfield, Afghanistan, of wounds "
        "sustained when insurgents attacked his unit using an improvised explosive device.",
        "He was assigned to the 1st Battalion, 502nd Infantry Regiment, 2nd Brigade Combat Team, "
        "101st Airborne Division (Air Assault), Fort Campbell, Ky.",
        "For more information the media may contact the Fort Campbell public affairs office at "
        "270-798-9966.",
    )


def quake(place: str, time: str) -> tuple[str, ...]:
    return (
        f"A magnitude 5.1 earthquake struck near {place} on Monday, the United States Geological "
        "Survey said.",
        f"The quake hit at {time} at a depth of 10 km, the USGS said. There were no immediate "
        "reports of damage or casualties.",
        "The Pacific Tsunami Warning Center said that there was no tsunami threat to Hawaii. The "
        "USGS Did You Feel It page collects reports of shaking.",
    )


def by_election(name: str, seat: str) -> tuple[str, ...]:
    return (
        f"{name} of the Labour Party has won the {seat} by-election for the House of Commons, the "
        "returning officer announced on Friday.",
        "The by-election was one of three held on Thursday, the first electoral test for Prime "
        "Minister Anne Walker since she took office in May. Polls had predicted heavy losses for "
        "her Conservative Party.",
        "The leader of the opposition, Mark Dale, called the night a verdict on the government. "
        "“People are tired of waiting,” he told BBC Radio 4. The Conservative Party chairman, "
        "Peter Lund, said that governments often lost by-elections.",
    )


def charged(name: str, age: int, town: str) -> tuple[str, ...]:
    return (
        f"A {town} man has been charged over his alleged role in the riot at Parliament House on "
        "6 January, the Crown Prosecution Service said on Monday.",
        f"{name}, {age}, is accused of violent disorder and criminal damage. He will appear at "
        "Westminster Magistrates' Court on Friday.",
        "More than 120 people have been charged over the riot, in which protesters broke through "
        "police lines and smashed windows. Thirty-two police officers were hurt.",
        "Chief Crown Prosecutor Helen Moore said: “Our prosecutors have established that there is "
        "sufficient evidence to bring a case to trial and that it is in the public interest.”",
    )


def summoned(country: str) -> tuple[str, ...]:
    return (
        f"The Foreign Ministry on Tuesday summoned the ambassador of {country} to protest against "
        "the expulsion of two diplomats, spokesman Karl Weber told reporters in Berlin.",
        "Weber said that the expulsion was without grounds and that Germany reserved the right to "
        "respond. Foreign Minister Lena Vogt discussed the matter with her colleagues of the "
        "European Union in Brussels.",
        "The European Union imposed sanctions on several officials in March over the jailing of "
        "opposition politicians. The Kremlin called the sanctions hostile.",
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (soldier("Brandon M. Silk, 25", "Orono, Maine"),
         soldier("Joshua D. Powell, 24", "Quitman, Texas")),
        (quake("Honshu, Japan", "3:12 p.m."), quake("Luzon, Philippines", "9:40 a.m.")),
        (by_election("Mary Stone", "Ashford"), by_election("John Reed", "Selby")),
        (charged("Daniel Hart", 34, "Leeds"), charged("Ryan Cole", 41, "Hull")),
        (summoned("Russia"), summoned("Belarus")),
    ],
    ids=["soldiers", "quakes", "by-elections", "charges", "ambassadors"],
)  # fmt: skip
def test_the_same_words_of_others_are_other_news(
    one: tuple[str, ...], other: tuple[str, ...], tmp_path: Path
) -> None:
    room = add(
        tmp_path / "library", *(copy(n, paragraphs=p) for n, p in (("A", one), ("B", other)))
    )
    assert room.status().stories == 2


@pytest.mark.parametrize(
    ("name", "spelt"),
    [("Marta Lindqvist", "Märta Lindkvist"), ("Brannock", "Branock"), ("Alan Reyes", "Al Reyez")],
)
def test_a_copy_may_spell_names_in_its_own_way(name: str, spelt: str, room: Newsroom) -> None:
    paragraphs = tuple(
        p.replace(name, spelt).replace(name.split()[-1], spelt.split()[-1]) for p in EDITED
    )
    assert len(room.add_articles([copy("Spelt", paragraphs=paragraphs)]).copies) == 1


def test_one_of_the_copies_answers_and_names_the_others(tmp_path: Path) -> None:
    room = add(tmp_path / "library", WIRE, *COPIES[:2])
    found = {p.article for p in room.search(QUESTION)}
    assert len(found) == 1
    answer = room.ask(QUESTION)
    citation = answer.citations[0]
    assert {c.article for c in answer.citations} == found
    others = {"Northern Wire", "Headline", "Edited"} - {citation.outlet}
    assert set(citation.also_in) == others
    assert f"; also in {', '.join(citation.also_in)}), paragraph 1" in str(answer)
    assert set(answer.to_dict()["citations"][0]["also_in"]) == others
    assert cards.citation_card(citation, room)["also"] == f"also in {', '.join(citation.also_in)}"
    shown = CliRunner().invoke(cli, ["search", QUESTION, "--library", str(room.folder)]).output
    assert "also in " in shown


def test_a_story_falls_apart_where_only_a_removed_article_held_it(tmp_path: Path) -> None:
    """Two papers cut different halves: neither is a copy of the other, both are of the wire's."""
    upper, lower = copy("Upper", paragraphs=P[:5]), copy("Lower", paragraphs=(P[0], *P[4:]))
    room = add(tmp_path / "library", upper, lower)
    assert room.status().stories == 2
    room.add_articles([WIRE])
    assert room.status().stories == 1
    room.remove(str(WIRE.url))
    assert room.status().stories == 2
    assert room.article(str(upper.url)).also_in == ()


def test_an_update_moves_an_article_to_another_story(room: Newsroom) -> None:
    other = copy("Elsewhere")
    room.add_articles([other])
    assert room.status().stories == 1
    room.add_articles([replace(other, paragraphs=NEWS)])
    assert room.status().stories == 2
    room.add_articles([other])
    assert room.status().stories == 1


def test_stories_do_not_depend_on_the_order(tmp_path: Path) -> None:
    articles = [WIRE, *COPIES, *OTHERS]
    one, other = (
        add(tmp_path / str(n), *order) for n, order in enumerate((articles, articles[::-1]))
    )
    for article in articles:
        outlets = [set(room.article(str(article.url)).also_in) for room in (one, other)]
        assert outlets[0] == outlets[1]


# A correction among copies

NOTE = "Correction: The water went through 230 homes, not 340."


def corrected(article: Article, *wrong: str) -> Article:
    """The article, a day later, with other numbers and a note at its end."""
    paragraphs = list(article.paragraphs)
    for number, text in enumerate(wrong or ("340",)):
        paragraphs = [p.replace(text, str(230 + number)) for p in paragraphs]
    updated = Timestamp("2031-03-05", "test")
    return replace(
        article, paragraphs=(*paragraphs, NOTE), updated=updated, fetched=updated, correction=NOTE
    )


@pytest.mark.parametrize("wrong", [("340",), ("340", "1,200", "62")], ids=str)
def test_what_one_outlet_corrected_is_told_and_not_the_copies(
    wrong: tuple[str, ...], tmp_path: Path
) -> None:
    room = add(tmp_path / "library", WIRE, COPIES[0], COPIES[1])
    assert len(room.ask(QUESTION).citations[0].also_in) == 2
    report = room.add_articles([corrected(COPIES[0], *wrong)])
    assert report.updated == (COPIES[0].url,)
    answer = room.ask(QUESTION)
    citation = answer.citations[0]
    assert (citation.outlet, citation.version, citation.correction) == ("Headline", 2, NOTE)
    assert "230 homes" in answer.text and "340 homes" not in answer.text
    assert citation.also_in == ()  # the others say 340


@pytest.mark.parametrize("step", [1, -1], ids=["copy first", "correction first"])
def test_a_copy_of_what_was_corrected_is_one_in_any_order(step: int, tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "library")
    others = [COPIES[1], corrected(WIRE, "340", "1,200", "62")]
    for article in (WIRE, *others[::step]):
        room.add_articles([article])
    assert room.status().stories == 1
    citation = room.ask(QUESTION, outlets=["Edited"]).citations[0]
    assert citation.correction == f"Northern Wire: {NOTE}"


@pytest.mark.parametrize("reader", ["shipped", "none"])
def test_a_correction_is_told_whole(reader: str, tmp_path: Path) -> None:
    note = "Correction: We said that 140 of the new homes would be let. The right figure is 104."
    article = Article(
        title="Homes at Tannery Quay get the go-ahead",
        paragraphs=("The council has agreed to the plan for new homes at Tannery Quay.", note),
        correction=note,
    )
    room = Newsroom.open(tmp_path / "library", settings=Settings(reader=reader))
    room.add_articles([article])
    answer = room.ask("How many of the new homes at Tannery Quay would be let?")
    assert answer.status == "answered" and note in answer.text
    assert answer.short != "140"


@pytest.mark.parametrize("reader", ["shipped", "none"])
def test_a_correction_answers_for_what_it_corrects(reader: str, tmp_path: Path) -> None:
    plan = Article(
        title="Homes planned at Tannery Quay",
        paragraphs=("Of the 260 new homes at Tannery Quay, 140 would be let at affordable rents.",),
        published=Timestamp("2031-04-24", "test"),
    )
    note = "Correction: Our article said that 140 of the 260 homes would be let. It is 104."
    approved = Article(
        title="Tannery Quay gets the go-ahead",
        paragraphs=("The council has agreed to the plan for Tannery Quay.", note),
        published=Timestamp("2031-05-02", "test"),
        correction=note,
    )
    room = Newsroom.open(tmp_path / "library", settings=Settings(reader=reader))
    room.add_articles([plan, approved])
    answer = room.ask("How many homes at Tannery Quay would be let at affordable rents?")
    assert note in answer.text and answer.short is None
    assert plan.paragraphs[0] not in answer.text


def test_a_correction_leaves_alone_what_it_does_not_correct(tmp_path: Path) -> None:
    note = "Correction: We said that 12 people died in the flood in Valencia. The number was 9."
    valencia = Article(
        title="Flood in Valencia",
        paragraphs=("Nine people died in the flood in Valencia, officials said.", note),
        published=Timestamp("2031-05-01", "test"),
        correction=note,
    )
    recife = Article(
        title="Flood in Recife",
        paragraphs=("Twelve people died in the flood in Recife, the mayor said.",),
        published=Timestamp("2031-05-02", "test"),
    )
    room = Newsroom.open(tmp_path / "library")
    room.add_articles([valencia, recife])
    assert room.ask("How many people died in the flood in Recife?").short == "Twelve"
    assert room.ask("How many people died in the flood in Valencia?").short == "Nine"


def test_a_corrected_copy_belongs_to_its_story_though_its_note_is_long(tmp_path: Path) -> None:
    text = (
        "A man of 27 was pulled from the river at Ellery on Monday by two fishermen.",
        "He was taken to hospital, where doctors said that he would be home within the week.",
    )
    note = "Correction: We first said that the man was 27. The police say that he is 72 years old."
    wrong = Article(
        title="Man saved", paragraphs=text, outlet="County Wire", url="https://w.example"
    )
    right = Article(
        title="Man saved at Ellery",
        paragraphs=(text[0].replace("27", "72"), text[1], note),
        outlet="Ellery Post",
        url="https://p.example",
        correction=note,
    )
    room = Newsroom.open(tmp_path / "library")
    assert len(room.add_articles([wrong, right]).copies) == 1
    asked = "How old was the man who was pulled from the river at Ellery?"
    assert "72" in room.ask(asked).text
    citation = room.ask(asked, outlets=["County Wire"]).citations[0]
    assert citation.correction == f"Ellery Post: {note}"


def test_what_a_correction_quotes_is_no_note(tmp_path: Path) -> None:
    story = Article(
        title="Mayor of Ellery",
        paragraphs=("The council met in Ellery.", "Ann Poole resigned in Ellery on Friday."),
        correction="We said first: Ann Poole resigned in Ellery on Friday. It was on Thursday.",
    )
    room = Newsroom.open(tmp_path / "library")
    room.add_articles([story])
    assert room.ask("Who resigned in Ellery?").short == "Ann Poole"


def test_a_note_in_one_copy_is_shown_with_the_others(room: Newsroom) -> None:
    room.add_articles([corrected(COPIES[0])])
    citation = room.ask(QUESTION, outlets=["Northern Wire"]).citations[0]
    assert "340 homes" in citation.quote
    assert citation.correction == f"Headline: {NOTE}"
    assert citation.also_in == ()
    kept = room.ask("When was the dam at Orrin Falls built?", outlets=["Northern Wire"])
    assert kept.citations[0].also_in == ("Headline",)


def test_asked_on_a_day_an_article_says_what_it_said_then(room: Newsroom) -> None:
    room.add_articles([corrected(WIRE), COPIES[1]])
    citation = room.ask(QUESTION).citations[0]
    assert (citation.version, citation.correction) == (2, NOTE) and "230 homes" in citation.quote
    answer = room.ask(QUESTION, as_of="2031-03-04")
    citation = answer.citations[0]
    assert (citation.version, citation.correction) == (1, None) and "340 homes" in citation.quote
    assert citation.also_in == ("Edited",)
    assert NOTE not in str(answer)
    assert "340" in cards.citation_card(citation, room)["paragraphs"][0]["quote"]
    asked = room.ask("What did the correction say about the homes?", as_of="2031-03-04")
    assert NOTE not in str(asked)


def test_on_a_day_only_the_copies_of_that_day_count(room: Newsroom) -> None:
    later = Timestamp("2031-03-20", "test")
    room.add_articles([replace(COPIES[1], published=later, correction="It was 230 homes.")])
    citation = room.ask(QUESTION, as_of="2031-03-05").citations[0]
    assert "Edited" not in citation.also_in and citation.correction is None


def test_an_article_with_a_later_date_was_there_before(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "library")
    again = corrected(WIRE)
    room.add_articles([WIRE])
    room.add_articles([replace(again, published=Timestamp("2031-04-10", "test"))])
    answer = room.ask(QUESTION, as_of="2031-03-05")
    assert answer.citations[0].version == 1 and "340 homes" in answer.citations[0].quote
    assert (answer.searched.articles, str(answer.searched.newest)) == (1, "2031-03-04")
    assert room.search(QUESTION, as_of="2031-03-05", until="2031-03-31")
    assert not room.search(QUESTION, as_of="2031-03-05", since="2031-04-01")
    assert room.search(QUESTION, as_of="2031-04-10", since="2031-04-01")[0].version == 2


def test_a_part_of_a_long_paragraph_has_its_earlier_words(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "library")
    names = [
        f"{a}{b}" for a in ("Ad", "Bo", "Cor", "Dun", "Er", "Fal") for b in ("ler", "man", "son")
    ]
    said = [f"Member {name} spoke for an hour about the bins and the buses." for name in names * 3]
    text = " ".join([*said, "The mayor said that the bridge will cost £4.2 million."])
    before = replace(WIRE, title="Council meets", paragraphs=(text,))
    changed = text.replace("Adler spoke for an", "Adler did not speak for half an")
    later = Timestamp("2031-03-08", "test")
    after = replace(before, paragraphs=(changed.replace("4.2", "4.9"),), updated=later)
    for article in (before, after):
        room.add_articles([article])
    asked = "How much will the bridge cost?"
    assert room.ask(asked).short == "£4.9 million"
    assert room.ask(asked, as_of="2031-03-05").short == "£4.2 million"


def test_a_copy_with_another_author_tells_no_more_than_before(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "library")
    short = copy("Cut", paragraphs=cut(5))
    room.add_articles([WIRE, short])
    room.add_articles([replace(short, authors=("Sam Poe",))])
    assert room.ask("When was the dam at Orrin Falls built?").short == "1931"


# Versions


def stamped(day: str | None, text: str, **changes: object) -> Article:
    updated = Timestamp(day, "test") if day else None
    return replace(WIRE, paragraphs=(text, *P[1:]), updated=updated, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("held", "read"),
    [
        ("2031-03-06", "2031-03-05"),
        ("2031-03-06", None),  # published on the 4th
        ("2031-03-06T10:00:00+00:00", "2031-03-06T11:00:00+02:00"),
    ],
)
def test_an_older_reading_does_not_replace_a_newer(
    held: str, read: str | None, tmp_path: Path
) -> None:
    room = add(tmp_path / "library", stamped(held, "The newer text."))
    report = room.add_articles([stamped(read, "The older text.")])
    assert report.older == (WIRE.url,) and report.updated == ()
    assert "1 older" in str(report)
    assert room.article(str(WIRE.url)).paragraph(1) == "The newer text."


def test_a_correction_without_a_new_date_is_no_older_reading(tmp_path: Path) -> None:
    room = add(tmp_path / "library", stamped("2031-03-06", "The first text."))
    corrected = stamped(None, "The second text.", correction="Correction: It was the second.")
    assert room.add_articles([corrected]).updated == (WIRE.url,)


def test_an_earlier_correction_is_an_older_reading(tmp_path: Path) -> None:
    twice = stamped("2031-03-10", "The third text.", correction="Correction: It was the third.")
    once = stamped("2031-03-06", "The second text.", correction="Correction: It was the second.")
    room = add(tmp_path / "library", twice)
    assert room.add_articles([once]).older == (WIRE.url,)


@pytest.mark.parametrize("read", ["2031-03-06T09:00:00+00:00", "2031-03-07", "2031-03-06"], ids=str)
def test_what_is_not_certainly_older_is_a_new_version(read: str, tmp_path: Path) -> None:
    room = add(tmp_path / "library", stamped("2031-03-06", "The first text."))
    report = room.add_articles([stamped(read, "The second text.")])
    assert report.updated == (WIRE.url,) and report.older == ()
    versions = room.versions(str(WIRE.url))
    assert [v.version for v in versions] == [2, 1]
    assert [v.paragraph(1) for v in versions] == ["The second text.", "The first text."]


def test_a_reading_that_does_not_say_keeps_what_is_known(tmp_path: Path) -> None:
    known = stamped("2031-03-06", "The first text.", authors=("Ida Møller",))
    room = add(tmp_path / "library", known)
    silent: dict[str, Any] = {"published": None, "updated": None, "authors": ()}
    hosted = replace(known, **silent, outlet="wire.example")
    assert room.add_articles([hosted]).unchanged == (WIRE.url,)
    changed = replace(hosted, paragraphs=("The second text.", *P[1:]))
    assert room.add_articles([changed]).updated == (WIRE.url,)
    held = room.article(str(WIRE.url)).article
    assert held.paragraphs == changed.paragraphs
    assert (held.published, held.updated) == (WIRE.published, None)  # when it changed is not known
    assert (held.outlet, held.authors) == (WIRE.outlet, ("Ida Møller",))
    other = replace(changed, outlet="Southern Wire", authors=("Jon Dahl",))
    assert room.add_articles([other]).updated == (WIRE.url,)
    assert room.article(str(WIRE.url)).article.outlet == "Southern Wire"


def test_an_edited_file_is_a_new_version(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "library")
    path = tmp_path / "dam.txt"

    def add_text(title: str, *paragraphs: str) -> AddReport:
        path.write_text("\n\n".join([title, *paragraphs]), "utf-8")
        return room.add(path)

    (key,) = add_text("Dam gives way", *P).added
    assert add_text("Dam gives way", *P).unchanged == (key,)
    assert add_text("Dam gives way", P[0].replace("340", "304"), *P[1:]).updated == (key,)
    assert add_text("Dam breaks at Orrin Falls", *P).updated == (key,)
    assert [v.version for v in room.versions(key)] == [3, 2, 1]
    assert "340 homes" in room.ask(QUESTION).text
    (other,) = add_text("Dam gives way", *NEWS).added  # another article, the same name
    assert add_text("Dam gives way", NEWS[0].replace("two", "2"), *NEWS[1:]).updated == (other,)
    assert room.status().articles == 2


def test_the_same_text_of_several_outlets_is_several_articles(tmp_path: Path) -> None:
    """Whatever their dates, and in whatever order they come."""
    days = {"Herald": "2031-03-05", "Post": "2031-03-04", "Courier": "2031-03-06"}
    lines = [
        json.dumps({"title": WIRE.title, "text": list(P), "outlet": name, "published": day})
        for name, day in days.items()
    ]
    path = tmp_path / "same.jsonl"
    path.write_text("\n".join(lines), "utf-8")
    room = Newsroom.open(tmp_path / "library")
    report = room.add(path)
    assert (len(report.added), report.updated, report.older) == (3, (), ())
    assert room.article(report.added[0]).also_in == ("Post", "Courier")
    assert room.add(path).unchanged == report.added


@pytest.mark.parametrize("outlets", [("Herald", "Post"), (None, None)], ids=str)
def test_a_file_of_the_same_name_elsewhere_is_another_article(
    outlets: tuple[str | None, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Newsroom.open(tmp_path / "library")
    for number, name in enumerate(outlets):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        record = {"title": f"Dam {number}", "text": list(P), "outlet": name}
        Path("dam.json").write_text(json.dumps(record), "utf-8")
        (key,) = room.add("dam.json").added
        assert room.add(folder / "dam.json").unchanged == (key,)
        Path("dam.json").write_text(json.dumps(record | {"title": "Dam breaks"}), "utf-8")
        assert room.add("dam.json").updated == (key,)
    assert (room.status().articles, room.status().stories) == (2, 1)


def test_next_weeks_file_is_another_article(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "library")
    path = tmp_path / "draw.json"
    for day, number in (("2025-03-01", "17"), ("2025-03-08", "42")):
        text = f"The number that was drawn in the Orrin Falls lottery on Saturday is {number}."
        path.write_text(json.dumps({"title": "Draw", "published": day, "text": text}), "utf-8")
        assert len(room.add(path).added) == 1


def test_an_agencys_item_has_versions_too(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "library")
    key = "urn:newsml:agency.example:7"
    item = {"uri": key, "headline": "Ferry sinks", "body_text": "All 214 people were rescued."}
    for version, text in enumerate((item["body_text"], "All 215 people were rescued."), 1):
        path = tmp_path / "item.json"
        path.write_text(json.dumps(item | {"body_text": text, "version": str(version)}), "utf-8")
        report = room.add(path)
    assert report.updated == (key,)
    assert room.ask("How many people were rescued?").short == "215"
    assert [v.version for v in room.versions(key)] == [2, 1]
    line = tmp_path / "all.jsonl"
    line.write_text("\n".join(map(exported.line, room.every_version())), "utf-8")
    again = Newsroom.open(tmp_path / "again")
    again.add(line)
    assert [v.article.paragraphs for v in again.versions(key)] == [
        v.article.paragraphs for v in room.versions(key)
    ]


def test_show_prints_an_article_and_what_it_changed(room: Newsroom) -> None:
    corrected = replace(
        WIRE,
        paragraphs=(P[0].replace("340", "304"), *P[1:7], "Correction: It was 304 homes, not 340."),
        correction="Correction: It was 304 homes, not 340.",
    )
    room.add_articles([corrected])
    key, library = str(WIRE.url), ["--library", str(room.folder)]

    def show(*options: str) -> str:
        done = CliRunner().invoke(cli, ["show", key, *library, *options], catch_exceptions=False)
        return done.output

    whole = show()
    assert "Northern Wire; published 2031-03-04" in whole and "Version 2 of 2" in whole
    assert "  1 ORRIN FALLS — A dam" in whole and "304 homes" in whole
    assert "  8 The water reached" in show("--version", "1")
    assert show("--diff").splitlines()[1:6] == [
        "correction",
        "+ Correction: It was 304 homes, not 340.",
        "paragraph 1",
        f"- {P[0]}",
        f"+ {corrected.paragraphs[0]}",
    ]
    assert P[1] not in show("--diff")
    assert show("--version", "1", "--diff").strip() == f"{WIRE.title}: the first version"
    changes = json.loads(show("--diff", "--json"))["changes"]
    assert [c["place"] for c in changes] == ["correction", "paragraph 1", "paragraph 8"]
    runner = CliRunner()
    no_version = runner.invoke(cli, ["show", key, *library, "--version", "7"])
    assert "has no version 7; expected 1 to 2" in str(no_version.exception)
    assert "There is no article x" in str(runner.invoke(cli, ["show", "x", *library]).exception)


# Corrections


def test_a_correction_is_shown_with_every_citation(tmp_path: Path) -> None:
    text = "Correction, 5 March 2031: The dam was built in 1931."
    path = tmp_path / "dam.json"
    record = {"url": WIRE.url, "title": WIRE.title, "text": [*P, text]}
    path.write_text(json.dumps(record), "utf-8")
    room = Newsroom.open(tmp_path / "library")
    room.add(path)
    assert room.article(str(WIRE.url)).article.correction == text
    assert room.search(QUESTION)[0].correction == text
    answer = room.ask(QUESTION)
    assert answer.citations[0].correction == text
    assert f"      {text}" in str(answer)
    assert answer.to_dict()["citations"][0]["correction"] == text
    assert cards.citation_card(answer.citations[0], room)["correction"] == text


def test_a_correction_beside_the_text_is_a_change_and_is_exported(room: Newsroom) -> None:
    report = room.add_articles([replace(WIRE, correction="It was 304 homes.")])
    assert report.updated == (WIRE.url,)
    lines = CliRunner().invoke(cli, ["export", "--library", str(room.folder)]).output
    assert json.loads(lines.splitlines()[-1])["correction"] == "It was 304 homes."
