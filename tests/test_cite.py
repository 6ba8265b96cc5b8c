"""From what a model writes to sentences with sources, worked out by hand."""

from collections.abc import Iterator
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import Article
from rag.check import Source
from rag.cite import Draft, best_quote, cite, drafts
from rag.records import StoredArticle
from rag.sentences import sentences

STORED = StoredArticle(
    "key", 1,
    Article(
        title="Ferry sinks",
        paragraphs=(
            "The ferry sank off Port Ellery on Friday night. It was built in 1987.",
            "All 214 people aboard were rescued. Nobody was hurt. Two dogs were saved by a trawler.",
            'Captain Ansel said: "We had ten minutes. Nobody panicked."',
        ),
        url="https://herald.example/ferry",
        note="Sample text",
    ),
)  # fmt: skip
SOURCES = [Source(STORED, number) for number in (1, 2, 3)]


def read(text: str) -> list[tuple[str, list[int]]]:
    """The sentences of a text with the numbers of the paragraphs they cite."""
    return [(d.text, [s.number for s in d.sources]) for d in drafts([text], SOURCES)]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        # Where a marker may stand.
        ("It sank [1].", [("It sank.", [1])]),
        ("It sank. [1]", [("It sank.", [1])]),
        ("It sank.[1] All left.[2]", [("It sank.", [1]), ("All left.", [2])]),
        ("It sank [1], and all left [2].", [("It sank, and all left.", [1, 2])]),
        ("It sank [1]. [2] All left [3].", [("It sank.", [1, 2]), ("All left.", [3])]),
        ("It sank [1]! Did all leave? [2]", [("It sank!", [1]), ("Did all leave?", [2])]),
        ("It sank [1]... Then all left [2].", [("It sank...", [1]), ("Then all left.", [2])]),
        # What a marker may look like.
        ("It sank [1, 2].", [("It sank.", [1, 2])]),
        ("It sank [1][3].", [("It sank.", [1, 3])]),
        ("It sank [1], [3]. All left.", [("It sank.", [1, 3]), ("All left.", [])]),
        ("It sank [1-3].", [("It sank.", [1, 2, 3])]),
        ("It sank [1–2; 3].", [("It sank.", [1, 2, 3])]),
        ("It sank [3-1].", [("It sank.", [])]),
        ("It sank【2】.", [("It sank.", [2])]),
        ("It sank【2†source】.", [("It sank.", [2])]),
        ("It sank [paragraph 2]. It left [^3].", [("It sank.", [2]), ("It left.", [3])]),
        ("It sank [1](https://herald.example/a).", [("It sank.", [1])]),
        ("It sank [2][2].", [("It sank.", [2])]),
        # What is no marker, or points to nothing.
        ("It sank in [2024] [1].", [("It sank in [2024].", [1])]),
        ("It sank [9].", [("It sank.", [])]),
        ("It sank [0][1].", [("It sank.", [1])]),
        ("It sank [sic] (2) [1].", [("It sank [sic] (2).", [1])]),
        ('He said "it [the ship] sank [12]" [1].', [('He said "it [the ship] sank [12]".', [1])]),
        # Where a sentence ends.
        ("Capt. R. Ansel left at 5 p.m. Monday [1].", [("Capt. R. Ansel left at 5 p.m. Monday.", [1])]),
        ("The U.S. Navy paid $3.5 million [1].", [("The U.S. Navy paid $3.5 million.", [1])]),
        ("It cost $1. [1] It left [2].", [("It cost $1.", [1]), ("It left.", [2])]),
        ('He said: "It sank. All left." [3]', [('He said: "It sank. All left."', [3])]),
        ("“It sank,” he said [3]. “All left.” [2]", [("“It sank,” he said.", [3]), ("“All left.”", [2])]),
        ("It sank [1]\nAll left [2]", [("It sank.", [1]), ("All left.", [2])]),
        # Markdown, and what is no sentence.
        ("- **It sank** [1]\n* All left. [2]", [("It sank.", [1]), ("All left.", [2])]),
        ("1. It sank. [1]\n2) All left [2].", [("It sank.", [1]), ("All left.", [2])]),
        ("**It sank.** [1] _All_ `left` [2].", [("It sank.", [1]), ("All left.", [2])]),
        ("## Summary\nIn short:\n\nIt sank [1].", [("It sank.", [1])]),
        ("It sank [1].\n\nSources:\n[1] Ferry sinks (Herald)\n[2] Other", [("It sank.", [1])]),
        ("NO ANSWER", [("NO ANSWER.", [])]),
        ("", []),
        (" \n 1. [2] --- \n", []),
    ],
)  # fmt: skip
def test_sentences_and_their_markers(text: str, sentences: list[tuple[str, list[int]]]) -> None:
    assert read(text) == sentences


PARTS = (
    "It sank", "Gen. Nakatani", "U.S.", "p.m.", "3.5", " it", " It", "'s", " ", ".", "!", "…", ",", ":",
    "[1]", "[2, 3]", "[99]", "[2024]", "[sic]", "【1】", "†", "[", "]", "[1](", "http://a.b", "(", ")",
    '"', "“", "”", "\n", "- ", "1. ", "#", "**", "_", "–",
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=30).map("".join), st.data())
def test_it_makes_no_difference_how_the_text_was_cut(text: str, data: st.DataObject) -> None:
    whole = list(drafts([text], SOURCES))
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=9).map(sorted))
    cut = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    assert list(drafts(cut, SOURCES)) == whole
    assert list(drafts(text, SOURCES)) == whole


def test_a_sentence_is_given_as_soon_as_the_next_has_begun() -> None:
    def pieces() -> Iterator[str]:
        for piece in ("It sank", " [1]. ", "All ", "left"):
            seen.append(piece)
            yield piece

    seen: list[str] = []
    assert next(drafts(pieces(), SOURCES)).text == "It sank."
    assert seen == ["It sank", " [1]. ", "All "]


def test_text_that_never_ends_a_sentence_is_read_as_fast_as_it_arrives() -> None:
    start = process_time()
    assert len(list(drafts("A. " * 200, SOURCES))) == 1
    assert process_time() - start < 5  # seconds


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("It sank [1].", ["It sank."]),
        ("It sank. [1]", ["It sank."]),
        ("It sank [1]. All le", ["It sank."]),
        ("It sank.", []),
        ("It sank [1]", []),
    ],
)
def test_text_that_breaks_off_keeps_its_whole_sentences(text: str, kept: list[str]) -> None:
    def pieces() -> Iterator[str]:
        yield text
        raise ConnectionError

    found = drafts(pieces(), SOURCES)
    assert [next(found).text for _ in kept] == kept
    with pytest.raises(ConnectionError):
        next(found)


@pytest.mark.parametrize(
    ("statement", "paragraph", "quote"),
    [
        ("Nobody was hurt.", 2, "Nobody was hurt."),
        ("The ferry sank on Friday.", 1, "The ferry sank off Port Ellery on Friday night."),
        ("The ship was built in 1987.", 1, "It was built in 1987."),
        ("The ferry, built in 1987, sank on Friday.", 1, STORED.paragraph(1)),
        ("All 214 people and two dogs were saved.", 2, STORED.paragraph(2)),
        ("Completely different words.", 2, "All 214 people aboard were rescued."),
    ],
)
def test_the_quote_is_what_carries_the_statement(
    statement: str, paragraph: int, quote: str
) -> None:
    text = STORED.paragraph(paragraph)
    start, end = best_quote(statement, text)
    assert text[start:end] == quote


def test_citations_are_numbered_as_they_appear() -> None:
    numbers: dict[tuple[str, int], int] = {}
    first, (one,) = cite(Draft("All 214 were rescued.", (SOURCES[1],)), numbers, 0)
    second, (two, three) = cite(
        Draft("It sank, and nobody was hurt.", (SOURCES[0], SOURCES[1])), numbers, len(first) + 1
    )
    assert first == "All 214 were rescued. [1]"
    assert second == "It sank, and nobody was hurt. [1][2]"
    answer = f"{first} {second}"
    assert [(c.number, c.paragraph) for c in (one, two, three)] == [(1, 2), (1, 2), (2, 1)]
    assert answer[slice(*one.answer_span)] == first
    assert answer[slice(*three.answer_span)] == second
    for citation in (one, two, three):
        assert STORED.paragraph(citation.paragraph)[slice(*citation.span)] == citation.quote
        assert (citation.title, citation.url, citation.note) == (
            "Ferry sinks", "https://herald.example/ferry", "Sample text",
        )  # fmt: skip


def test_an_hour_and_its_zone_are_in_one_sentence() -> None:
    said = [
        "It landed at 6:23 p.m. Eastern time near the pole.",
        "It fell over at 7 p.m.",
        "All cheered.",
    ]
    assert sentences(" ".join(said)) == said
