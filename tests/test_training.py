"""The reader's training: what it learns from, and the command from texts to a reader in use."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from click.testing import CliRunner
from tokenizers import Tokenizer
from torch import Tensor

from rag import embed
from rag.crossencoder import CrossEncoder
from rag.training import data, misses, reports, train
from rag.training.__main__ import main
from rag.training.model import Network

PASSAGE = (
    "The ferry Alma ran aground off Port Quell on Friday. Captain Ines Moreau said that the rudder "
    "had failed. Mayor Otto Brandt thanked the 14 volunteers. The harbour was closed until Sunday."
)
CAPTAIN = PASSAGE.index("the rudder had failed"), PASSAGE.index(". Mayor")


def group(question: str) -> data.Group:
    return data.Group(question, (data.Text(PASSAGE, (CAPTAIN,)),))


def test_a_near_miss_lacks_the_answer_or_asks_about_another() -> None:
    without, other = data.near_misses([group("What did Ines Moreau say?")], seed=1)
    assert [bool(t.spans) for t in without.texts] == [True, False]
    assert "rudder" not in without.texts[1].text
    assert "14 volunteers" in without.texts[1].text
    assert other.question in ("What did Mayor Otto Brandt say?", "What did Port Quell say?")
    assert not other.texts[0].spans


def test_a_corrupted_sentence_stands_beside_the_true_one() -> None:
    pairs = list(data.corrupted([PASSAGE] * 20, seed=1))
    assert len(pairs) >= 20
    for true, false in zip(pairs[::2], pairs[1::2], strict=True):
        assert true.supported
        assert true.sentence in PASSAGE
        assert not false.supported
        assert false.sentence not in PASSAGE


def test_a_question_is_put_to_the_articles_of_its_set(tmp_path: Path) -> None:
    def article(ferry: str, people: int) -> dict[str, Any]:
        text = f"The ferry {ferry} ran aground on Friday with {people} people on board."
        return {
            "set": "ferries", "title": f"{ferry} aground", "published": "2031-05-02",
            "paragraphs": [text, "The harbour was closed."], "statements": [],
            "questions": [
                {"question": f"How many were on the {ferry}?",
                 "answers": [{"paragraph": 1, "text": str(people)}]},
                {"question": f"Who owns the {ferry}?", "near": 1},
            ],
        }  # fmt: skip

    path = tmp_path / "ferries.jsonl"
    path.write_text("\n".join(json.dumps(article(*a)) for a in (("Alma", 212), ("Berta", 90))))
    groups, _ = data.written(
        data.records([path]), lambda texts: [len(t.split()) for t in texts], seed=1
    )
    assert len(groups) == 4
    for group in groups:
        own, other = ("Alma", "Berta") if "Alma" in group.question else ("Berta", "Alma")
        assert [t.text for t in group.texts if t.spans and other in t.text] == []
        assert any(own in t.text for t in group.texts)
        assert any(other in t.text for t in group.texts)


def write_misses(folder: Path, title: str) -> None:
    """A question that is answered, one that is not, and two sentences, on an article and a text."""
    folder.mkdir()
    news = {"title": title, "none": [["Who saved the Alma?", 2]],
            "asked": [["Who blamed the steering?", 2, "Ines Moreau"]],
            "said": [["The steering broke.", 2, True]]}  # fmt: skip
    (folder / "news.jsonl").write_text(json.dumps(news))
    text = {"context": hashlib.sha256(PASSAGE.replace("Alma", "A").encode()).hexdigest()[:10],
            "none": ["Who mended the rudder?"], "asked": [["Who gave thanks?", "Otto Brandt"]],
            "said": [["The rudder held.", False]]}  # fmt: skip
    (folder / "encyclopedia.jsonl").write_text(json.dumps(text))


def test_near_misses_are_put_to_the_texts_they_were_written_on(tmp_path: Path) -> None:
    article = {"title": "Alma", "published": "2031-05-02", "paragraphs": PASSAGE.split(". ")}
    own = {"questions": [{"question": "Who owns her?", "near": 1}], "statements": []}
    (tmp_path / "one.jsonl").write_text(json.dumps({**article, **own}))
    qas = [{"question": "Whose ferry?", "answers": []}]
    public = {"data": [{"paragraphs": [{"context": PASSAGE.replace("Alma", "A"), "qas": qas}]}]}
    (tmp_path / "new_wiki_v1.0.json").write_text(json.dumps(public))
    write_misses(tmp_path / "misses", "Alma")
    groups, pairs = misses.read(
        tmp_path / "misses", tmp_path, [tmp_path / "one.jsonl"],
        lambda texts: [len(t.split()) for t in texts], seed=1,
    )  # fmt: skip
    found = {g.question: [t.text[slice(*s)] for t in g.texts for s in t.spans] for g in groups}
    assert found == {
        "Who saved the Alma?": [], "Who blamed the steering?": ["Ines Moreau"],
        "Who mended the rudder?": [], "Who gave thanks?": ["Otto Brandt"],
    }  # fmt: skip
    told = {(p.sentence, p.supported) for p in pairs}
    assert {("The steering broke.", True), ("The rudder held.", False)} <= told


def test_a_report_is_asked_by_the_passage_or_by_the_sentence(tmp_path: Path) -> None:
    write_report(tmp_path)
    groups, pairs = reports.read(
        tmp_path.glob("*.jsonl"), lambda texts: [len(t.split()) for t in texts], seed=1
    )
    (thanks,) = [g for g in groups if g.question == "Who gave thanks?"]
    (again,) = [g for g in groups if g.question == "Who thanked them?"]
    for group in (thanks, again):
        found = [[t.text[slice(*span)] for span in t.spans] for t in group.texts]
        assert found == [["Otto Brandt"], []]
    assert PASSAGE in thanks.texts[0].text
    right, wrong = again.texts
    assert right.text.split("\n")[1].startswith("Mayor Otto Brandt")
    assert wrong.text.split("\n")[0] == right.text.split("\n")[0] == "Alma (2 May 2031)"
    (none,) = [g for g in groups if g.question == "Who mended the rudder?"]
    assert [t.spans for t in none.texts] == [()] and "rudder" in none.texts[0].text
    assert data.Pair("The rudder held.", f"Alma (2 May 2031)\n{PASSAGE}", False) in pairs


def write_report(folder: Path) -> None:
    """An article with a question that it answers, one that it does not, and a sentence."""
    rest = "The weather was fair. Nobody was hurt."
    report = {"title": "Alma", "published": "2031-05-02", "paragraphs": [PASSAGE, rest],
              "asked": [["Who gave thanks?", 1, "Otto Brandt"],
                        ["Who led them?", 1, "Ines Moreau"],
                        ["Who thanked them?", 1, "Otto Brandt"]],
              "none": [["Who mended the rudder?", 1]],
              "said": [["The rudder held.", 1, False]]}  # fmt: skip
    folder.mkdir(exist_ok=True)
    (folder / "alma.jsonl").write_text(json.dumps(report))


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--seed", "8", "--resume"], "other data or seed"), ([], "go on with --resume")],
)
def test_a_run_is_not_mixed_with_another(tmp_path: Path, options: list[str], said: str) -> None:
    (tmp_path / "public.pt").write_bytes(b"weights")
    (tmp_path / "run.json").write_text('{"seed": 7, "data": []}')
    done = CliRunner().invoke(main, [*options, str(tmp_path), str(tmp_path)])
    assert done.exit_code == 2 and said in done.output
    assert (tmp_path / "public.pt").read_bytes() == b"weights"


def test_words_are_marked_where_they_answer() -> None:
    text = "Fire in 2016\nIn 2016 a fire began.\nAll 6 crews came in 6 minutes."
    assert data.spans_of(text, "6", lines=2) == ((text.index("6 crews"), text.index(" crews")),)
    assert data.spans_of(text, "2016", lines=1) == ((16, 20),)
    assert data.spans_of(text, "crew") and not data.spans_of(text, "2016", lines=2)


def test_a_stage_that_was_stopped_goes_on_as_if_it_had_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Path(embed.source(embed.DEFAULT))
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_padding()
    found = train.items([group(f"Who is number {n}?") for n in range(6)], [], tokenizer)
    monkeypatch.setattr(train, "BATCH", 1)
    monkeypatch.setattr(train, "SAVED_EVERY", 2)

    def learn(name: str, resume: bool = False) -> dict[str, Tensor]:
        torch.manual_seed(5)
        train.train(Network(source), "stage", found, tmp_path / name, 5, resume)
        weights: dict[str, Tensor] = torch.load(tmp_path / name, weights_only=True)
        return weights

    whole = learn("whole.pt")
    losses = iter([train._loss] * 5)
    with monkeypatch.context() as stopping:
        stopping.setattr(train, "_loss", lambda *given: next(losses)(*given))
        with pytest.raises(StopIteration):
            learn("stopped.pt")
    assert not (tmp_path / "stopped.pt").exists()
    resumed = learn("stopped.pt", resume=True)
    assert all(torch.equal(weight, resumed[name]) for name, weight in whole.items())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["stopped.pt", "whole.pt"]


@pytest.mark.slow
def test_the_command_makes_a_reader(tmp_path: Path) -> None:
    """From made-up sets in the form of the public ones: what is learned from so little is nothing."""
    start = PASSAGE.index("Ines Moreau")
    asked = [
        {"question": "Who was the captain?", "answers": [{"text": "Ines Moreau", "answer_start": start}]},
        {"question": "Who owns the ferry?", "answers": []},
    ]  # fmt: skip
    articles = [
        {"paragraphs": [{"context": PASSAGE.replace("Alma", n), "qas": asked}]} for n in "ABCD"
    ]
    for name in (*(f"{n}_v1.0" for n in data.SHIFTS), "squad2-halfdev"):
        (tmp_path / f"{name}.json").write_text(json.dumps({"data": articles * 3}))
    article = {
        "title": "Ferry aground", "published": "2031-05-02", "paragraphs": PASSAGE.split(". "),
        "questions": [
            {"question": "Who was in command?", "answers": [{"paragraph": 2, "text": "Ines Moreau"}]},
            {"question": "Who owns the Alma?", "near": 1},
        ],
        "statements": [{"text": "A ferry hit the ground.", "paragraph": 1, "supported": True}],
    }  # fmt: skip
    written = tmp_path / "written"
    (written / "sets").mkdir(parents=True)
    (written / "one.jsonl").write_text(json.dumps(article))
    pair = [json.dumps({**article, "set": "ferries", "title": t}) for t in ("Alma", "Berta")]
    (written / "sets" / "two.jsonl").write_text("\n".join(pair))
    write_misses(written / "misses", "Alma")
    write_report(written / "reports")
    command = [sys.executable, "-m", "rag.training", "--written", str(written)]
    command += ["--trial", str(tmp_path), str(tmp_path / "o")]
    subprocess.run(command, check=True, capture_output=True, env=os.environ, timeout=500)
    (read,) = CrossEncoder(tmp_path / "o").read("Who was in command?", [PASSAGE])
    assert len(read.starts) > 30
