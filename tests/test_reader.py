"""A trained reader, named in the settings: here one whose heads have learned nothing yet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag import Article, Newsroom, Settings, Timestamp, check, crossencoder, embed, reader
from rag.errors import ReaderError
from rag.records import StoredArticle

FERRY = (
    "Ferry aground off Port Quell (2 May 2031)\nThe ferry Alma ran aground off Port Quell on Friday "
    "with 212 people on board.\nCaptain Ines Moreau said that the rudder had failed."
)
STATEMENTS = Path(__file__).with_name("statements.jsonl")
TOKYO = "Who did Hegseth meet in Tokyo?"


@pytest.fixture(scope="module")
def network(untrained: Path) -> crossencoder.CrossEncoder:
    return crossencoder.load(untrained)


def test_a_reader_can_be_trained_on(untrained: Path, network: crossencoder.CrossEncoder) -> None:
    import torch

    from rag.training.model import Network
    from rag.training.restore import restore

    restored = Network(Path(embed.source(embed.DEFAULT))).eval()
    restore(restored, untrained)
    (read,) = network.read("Who was the captain?", ["Ines Moreau."])
    ids = torch.tensor(
        [[101, 2040, 2001, 1996, 2952, 1029, 102, 1999, 2229, 2062, 4887, 1012, 102]]
    )
    types = torch.tensor([[0] * 7 + [1] * 6])
    with torch.no_grad():
        spans, verdicts = restored(ids, torch.ones_like(ids), types)
    assert verdicts[0].tolist() == pytest.approx([read.answers, read.supports], abs=0.02)
    assert read.none == pytest.approx(float(spans[0, 0].sum()), abs=0.02)


def test_every_token_of_the_passage_is_read(network: crossencoder.CrossEncoder) -> None:
    (read,) = network.read("Who was in command of the ferry?", [FERRY])
    words = [FERRY[start:end] for start, end in read.offsets]
    assert words[:3] == ["Ferry", "aground", "off"]
    assert len(words) == len(read.starts) == len(read.ends)


def test_two_readings_are_the_same_whatever_stands_beside(
    network: crossencoder.CrossEncoder,
) -> None:
    (one,) = network.read("Who was the captain?", [FERRY])
    _, other = network.read("Who was the captain?", ["Another.", FERRY])
    assert (one.answers, one.starts.tolist()) == (other.answers, other.starts.tolist())


def test_nothing_and_too_much_to_read(network: crossencoder.CrossEncoder) -> None:
    assert network.read("Who?", []) == []
    empty, long = network.read("Who " * 20_000, ["", "word " * 50_000])
    assert len(empty.starts) == 0
    assert 100 < len(long.offsets) < 400


def test_the_reader_of_the_settings_is_asked(
    untrained: Path, newsroom: Newsroom, tmp_path: Path
) -> None:
    cache = newsroom.settings.cache
    room = Newsroom.open(settings=Settings(cache=cache, data=tmp_path, reader=str(untrained)))
    without = newsroom.ask(TOKYO, model=None)
    answer = room.ask(TOKYO, model=None)
    assert answer.confidence != without.confidence
    assert {p.id for p in answer.passages} == {p.id for p in without.passages}
    for c in answer.citations:  # what it has not learned to find, it still cites rightly
        assert newsroom.article(c.article).paragraph(c.paragraph)[slice(*c.span)] == c.quote


def test_damaged_files_are_one_clear_error(
    untrained: Path, newsroom: Newsroom, tmp_path: Path
) -> None:
    data = bytearray((untrained / "reader.bin").read_bytes())
    data[1000] ^= 1
    for name in ("reader.xml", "card.json"):
        (tmp_path / name).write_bytes((untrained / name).read_bytes())
    (tmp_path / "reader.bin").write_bytes(data)
    settings = Settings(cache=newsroom.settings.cache, data=tmp_path, reader=str(tmp_path))
    with pytest.raises(ReaderError, match=r"damaged.*CITEWIRE_READER=none"):
        Newsroom.open(settings=settings).ask(TOKYO)
    (tmp_path / "reader.bin").unlink()
    with pytest.raises(ReaderError, match=r"cannot be loaded.*reader\.bin"):
        Newsroom.open(settings=settings).ask(TOKYO)


def test_the_shipped_reader_finds_exact_words_and_tells_when_there_are_none() -> None:
    network = crossencoder.named("shipped")
    assert network
    for question, words in (
        ("Who was in command of the ferry?", "Ines Moreau"),
        ("How many were aboard the Alma?", "212"),
    ):
        (read,) = network.read(question, [FERRY])
        best = reader.best_words(read, 0, len(FERRY), FERRY)
        assert best and words in best.text
        others = network.read(question, [FERRY, "Rain fell on Oulu for a third day on Tuesday."])
        assert others[0].answers > others[1].answers + 2


def test_an_article_that_does_not_name_who_is_asked_about_does_not_answer(
    newsroom: Newsroom,
) -> None:
    answer = newsroom.ask("Who is the prime minister of Norway?", model=None)
    assert answer.status == "declined"


def test_the_reader_joins_the_check(newsroom: Newsroom) -> None:
    network = crossencoder.named("shipped")
    assert network
    judged: dict[bool, list[float]] = {True: [], False: []}
    for line in STATEMENTS.read_text("utf-8").splitlines()[::3]:
        row = json.loads(line)
        stored = newsroom.article(row["article"])
        sources = [check.Source(stored, number) for number in row["paragraphs"]]
        judged[row["holds"]].append(check.support(row["statement"], sources, network))
    pairs = [told > untold for told in judged[True] for untold in judged[False]]
    assert sum(pairs) / len(pairs) > 0.6  # the ROC area; 0.5 is chance
    source = sources[0]
    assert check.fault(source.text.split(". ")[0], [source], network) is None


@pytest.mark.parametrize("asked", ["Tell me about the tram", "What happened in Lahaina?"])
def test_a_subject_is_enough_of_a_question(asked: str, newsroom: Newsroom) -> None:
    assert newsroom.ask(asked, model=None).status == "answered"


def test_what_is_new_is_asked_of_new_articles(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "library")
    text = "Port Quell won the harbour cup on Sunday, beating Tarn Hollow 3-1. {} scored twice."
    articles = [
        Article("Port Quell win the cup", (text.format(name),), published=Timestamp(day, "test"))
        for name, day in (("Ada Berg", "2021-05-02"), ("Ines Moreau", "2025-05-04"))
    ]
    room.add_articles(articles)
    answer = room.ask("Who scored twice in the harbour cup this week?", as_of="2025-05-06")
    assert answer.short and "Moreau" in answer.short


def test_what_has_no_date_is_not_new(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "library")
    text = "{} won the harbour cup on Sunday, ahead of nine other boats."
    told = {"Jan Roth": "2019-05-04", "Ada Berg": None, "Ines Moreau": "2025-05-04"}
    articles = [
        Article(
            f"Cup for {name}",
            (text.format(name),),
            published=Timestamp(day, "test") if day else None,
        )
        for name, day in told.items()
    ]
    room.add_articles(articles)
    answer = room.ask("Who won the latest harbour cup?", as_of="2025-06-01")
    assert answer.short and "Moreau" in answer.short


@pytest.mark.parametrize(
    "question",
    [
        "Who is meant in https://example.com/a?" + "&x1=9f3a-7b2c" * 50,
        "Кто из министров встретился с Хегсетом в Токио " + "и почему он туда поехал " * 40 + "?",
    ],
)
def test_a_question_longer_than_the_window_is_answered_or_declined(
    question: str, newsroom: Newsroom
) -> None:
    assert newsroom.ask(question, model=None).status in ("answered", "declined")


def test_the_end_of_a_long_paragraph_is_read_by_the_check(newsroom: Newsroom) -> None:
    network = crossencoder.load(crossencoder.SHIPPED)
    bakery = newsroom.article("https://coastlineradio.example/news/seaweed-loaf-wins-county-prize")
    other = " ".join(bakery.article.paragraphs)
    said = "All 214 people aboard the ferry were rescued by lifeboats."

    def support(text: str) -> float:
        stored = StoredArticle("x", 1, Article("News", (text,)))
        statement = "Lifeboats saved everybody aboard the ferry."
        return check.support(statement, [check.Source(stored, 1)], network)

    assert support(f"{other} {said}") > support(other) + 1


def test_of_reports_on_one_matter_the_newest_counts(tmp_path: Path) -> None:
    room = Newsroom.open(tmp_path / "library")
    told = (
        ("2025-02-04", "Repairs to the Quell bridge will cost four million crowns."),
        (
            "2025-06-03",
            "The council heard that repairs to the Quell bridge will now cost nine million crowns, as more cracks were found.",
        ),
    )
    articles = [
        Article("Quell bridge", (text,), published=Timestamp(day, "test")) for day, text in told
    ]
    room.add_articles(articles)
    asked = "How much will repairs to the Quell bridge cost?"
    assert "nine" in (room.ask(asked).short or "")
    assert "four" in (room.ask(asked.replace("will", "would originally")).short or "")
    assert "four" in (room.ask(asked, until="2025-03-01").short or "")
