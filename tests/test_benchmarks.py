"""The public benchmarks, each on a few records of its own form, made up here."""

from __future__ import annotations

import gzip
import json
import random
import re
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from rag import Article, Newsroom, Settings, crossencoder
from rag.cli import cli
from rag.errors import CitewireError, QuestionError
from rag.evaluation import draft, metrics, sha256
from rag.evaluation.benchmarks import baselines, realtimeqa, sample, speed, squad2, support
from rag.evaluation.benchmarks.recipe import Recipe, first_passage
from rag.evaluation.evaluate import measured_with
from rag.records import Scope, Timestamp

ROOT = Path(__file__).parent.parent

FERRY = (
    "The ferry Alma ran aground off Port Quell on Friday with 212 people on board.\n\n"
    "The coastguard of Quell took all of them ashore in small boats.\n\n"
    "Captain Ines Moreau said that the rudder had failed."
)
BRIDGE = (
    "The council of Quell voted to close the old bridge.\n\n"
    "Engineers had found cracks in two of its piers.\n\n"
    "It will be rebuilt for 12 million euros by the firm Tarn Works."
)
QUIZ = "Take our quiz. How many people were on board the ferry that ran aground? 100, 212 or 300?"


def result(url: str, text: str | None, title: str = "A title") -> dict[str, object]:
    found: dict[str, object] = {
        "url": url, "title": title, "text": text, "authors": [], "publish_date": "2031/05/02"
    }  # fmt: skip
    return {k: v for k, v in found.items() if v is not None}


def question(number: int, text: str, choices: list[str], *answer: int) -> dict[str, object]:
    return {
        "question_id": f"20310502_{number}", "question_date": "2031/05/02",
        "question_sentence": text, "question_source": "Post", "question_url": "https://post.example/q1",
        "choices": choices, "answer": [str(i) for i in answer], "evidence": "",
    }  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A RealTimeQA folder, made from a clone as the public repository is laid out."""
    clone = tmp_path_factory.mktemp("clone")
    past = clone / "past" / "2031"
    past.mkdir(parents=True)
    asked = [
        question(0, "How many people were on board the ferry that ran aground?", ["100", "212"], 1),
        question(1, "Which firm will rebuild the old bridge of Quell?", ["Tarn Works", "Orr"], 0),
        question(2, "All of these ran aground except", ["Alma", "Elba"], 1),
    ]
    ferry, bridge = "https://post.example/ferry", "https://post.example/bridge"
    found = [
        [result(ferry, FERRY, "Ferry aground"), result("https://post.example/q1", "Answers"),
         result("https://post.example/weekly-quiz", "Text"), result("https://a.example/b", QUIZ)],
        [result(ferry, "seen already"), result(bridge, BRIDGE, "Bridge to close"),
         result("https://a.example/gone", None)],
        [],
    ]  # fmt: skip
    searches = [
        {"question_id": q["question_id"], "search_result": r}
        for q, r in zip(asked, found, strict=True)
    ]
    for name, records in (("qa", asked), ("gcs", searches)):
        lines = "".join(json.dumps(r) + "\n" for r in records)
        (past / f"20310502_{name}.jsonl").write_text(lines, "utf-8")
    out = tmp_path_factory.mktemp("realtimeqa")
    done = CliRunner().invoke(
        cli,
        ["benchmark", "prepare", "realtimeqa", str(clone), str(out), "2031"],
        catch_exceptions=False,
    )
    assert "2 articles and 3 questions" in done.output
    return out


def test_prepare_leaves_out_quizzes_and_what_was_seen(folder: Path) -> None:
    with gzip.open(folder / "articles.jsonl.gz", "rt", encoding="utf-8") as file:
        articles = [json.loads(line) for line in file]
    assert [a["url"][-6:] for a in articles] == ["/ferry", "bridge"]
    assert articles[0] == {
        "url": "https://post.example/ferry", "title": "Ferry aground", "published": "2031-05-02",
        "authors": [], "text": FERRY,
    }  # fmt: skip
    first, *_ = map(json.loads, (folder / "questions.jsonl").read_text("utf-8").splitlines())
    assert (first["date"], first["answers"]) == ("2031-05-02", ["212"])
    assert len(first["search_urls"]) == 4  # also of pages without text, as they were found


def test_prepare_makes_the_same_bytes_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 2e9)
    past = tmp_path / "past" / "2031"
    past.mkdir(parents=True)
    odd = question(0, "Which line\u2028is broken?", ["This\u2028one"], 0)
    found = {
        "question_id": "20310502_0",
        "search_result": [result("https://a.example/1", "A\u2028b")],
    }
    for name, record in (("qa", odd), ("gcs", found)):
        line = json.dumps(record, ensure_ascii=False)
        (past / f"20310502_{name}.jsonl").write_text(line + "\n", "utf-8")
    assert realtimeqa.prepare(tmp_path, tmp_path / "one", 2031) == (1, 1)
    monkeypatch.setattr("time.time", lambda: 3e9)
    assert realtimeqa.prepare(tmp_path, tmp_path / "two", 2031) == (1, 1)
    for name in ("articles.jsonl.gz", "questions.jsonl"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
    (asked,) = realtimeqa.load(tmp_path / "one")
    assert asked.question.answers == ("This\u2028one",)


def test_what_cannot_be_asked_openly_is_left_out(folder: Path) -> None:
    first, second = realtimeqa.load(folder)
    assert first.question.as_of is not None
    assert first.question.as_of.isoformat() == "2031-05-03"
    assert second.urls[0] == "https://post.example/ferry"


def record(answers: object, id_: str = "1") -> str:
    return json.dumps({"id": id_, "date": "2031-05-02", "question": "Which two?", "choices": [],
                       "answers": answers, "search_urls": []})  # fmt: skip


def test_several_answers_count_in_any_order(tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text(record(["Alma", "Elba"]), "utf-8")
    (asked,) = realtimeqa.load(tmp_path)
    assert asked.question.answers == ("Alma Elba", "Elba Alma")


def test_each_question_has_an_id_of_its_own(tmp_path: Path) -> None:
    lines = [record(["Alma"], "7"), record(["Elba"], "7"), record(["Alma"], "8"), ""]
    (tmp_path / "questions.jsonl").write_text("\n".join(lines), "utf-8")
    assert [a.question.id for a in realtimeqa.load(tmp_path)] == ["7", "7-2", "8"]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (record([]), "line 2: .*answers: .* at least 1"),
        (record("Alma"), "line 2: .*answers: Input should be a valid tuple"),
        (record(["Alma", "%"]), "line 2: .*without words"),
        ('{"id": 1}', "line 2: .*id: "),
        ("{", "line 2: .*no JSON: .* at character 2"),
    ],
)
def test_a_broken_line_is_named(line: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text(f"{record(['Alma'])}\n{line}\n", "utf-8")
    with pytest.raises(QuestionError, match=fault):
        realtimeqa.load(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("lane", ["same", "open", "lead"])
def test_every_lane_is_measured(lane: realtimeqa.Lane, folder: Path, newsroom: Newsroom) -> None:
    told: list[str] = []
    found, report = realtimeqa.run(
        folder, lane, newsroom.settings, lambda label, *_: told.append(label), recipe=lane == "open"
    )
    assert found["questions"] == len(report.rows) == 2
    assert [row.error for row in report.rows] == [None, None]
    others = {"BM25", "Vectors", "Rank fusion"} | (
        {"LangChain recipe"} if lane == "open" else set()
    )
    assert set(found["retrieval"]) == {"Citewire", *others}
    # The firm stands in a third paragraph, which the lead does not hold.
    held = 0.5 if lane == "lead" else 1.0
    assert {row["recall@10"] for row in found["retrieval"].values()} == {held}
    assert found["answers"]["gold_in_text"] >= 50
    # With one of two articles gone, there is nothing or the wrong one to answer from.
    declining = found["declining"]
    right = sum(row.verdict == "right" for row in report.rows)
    assert declining["questions"] + declining["nothing_left"] == right > 0
    assert declining["nothing_left"] == (lane != "open" and report.rows[0].verdict == "right")
    if declining["questions"]:
        assert declining["roc_area"] >= 0.5 and declining["failed"] == 0
        assert declining["risk_coverage"][0][0] > 0
    read = found["retrieval"]["Citewire"]
    assert 0 < read["characters@1"] <= read["characters@5"] <= read["characters@10"]
    shown = realtimeqa.table(found).splitlines()
    rows = [line for line in shown if "GPT" in line or "RAG" in line or "Opus" in line]
    assert len(rows) == 7 and all("not like for like" in row for row in rows)
    assert [row["f1"] for row in found["published"] if row["year"] == 2026] == [47.6, 41.2, 39.2]
    assert json.loads(json.dumps(found))["lane"] == lane
    assert "Asking" in told


def test_a_question_keeps_to_its_own_articles(folder: Path, newsroom: Newsroom) -> None:
    found, report = realtimeqa.run(folder, "same", newsroom.settings, lambda *_: None, recipe=False)
    answer = report.rows[0].answer
    assert answer is not None
    assert {p.article for p in answer.passages} == {"https://post.example/ferry"}
    # Without that article the question has none: that it is declined then says nothing.
    assert [row.verdict for row in report.rows] == ["right", "wrong"]
    assert found["declining"] == {"questions": 0, "nothing_left": 1}


def test_a_passage_holds_an_answer_in_whole_words(
    folder: Path, tmp_path: Path, newsroom: Newsroom
) -> None:
    (tmp_path / "articles.jsonl.gz").write_bytes((folder / "articles.jsonl.gz").read_bytes())
    lines = [record(["boat"], "1"), record(["212"], "2"), record(["2"], "3")]
    (tmp_path / "questions.jsonl").write_text("\n".join(lines), "utf-8")
    found, report = realtimeqa.run(
        tmp_path, "open", newsroom.settings, lambda *_: None, every=2, recipe=False
    )
    assert [row.question.id for row in report.rows] == ["1", "3"]
    assert {row["recall@10"] for row in found["retrieval"].values()} == {0.0}
    measured = found["report"]["settings"]
    assert (measured["every"], measured["reader"], measured["caution"]) == (2, "shipped", "normal")


def test_no_such_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="benchmark prepare"):
        realtimeqa.load(tmp_path)
    (tmp_path / "questions.jsonl").touch()
    with pytest.raises(QuestionError, match="it holds no questions"):
        realtimeqa.load(tmp_path)
    with pytest.raises(QuestionError, match="holds no"):
        realtimeqa.prepare(tmp_path, tmp_path / "out", 2031)
    with pytest.raises(QuestionError, match="QAGS"):
        support.run(tmp_path, None, lambda *_: None)


def test_support_takes_the_majority_and_the_best_window(tmp_path: Path) -> None:
    article = FERRY.replace("\n\n", " ")

    def sentence(text: str, *votes: str) -> dict[str, object]:
        responses = [{"worker_id": i, "response": vote} for i, vote in enumerate(votes)]
        return {"sentence": text, "responses": responses}

    sentences = [
        sentence("Captain Ines Moreau said the rudder had failed.", "yes", "yes", "no"),
        sentence("The ferry Alma ran aground with 212 people on board.", "yes", "yes", "yes"),
        sentence("The ferry Alma ran aground with 312 people on board.", "no", "yes", "no"),
        sentence("Captain Paul Orr said the rudder had failed.", "no", "no", "no"),
    ]
    for name in support.FILES:
        record = {"article": article, "summary_sentences": sentences, "note": "one\u2028line"}
        line = json.dumps(record, ensure_ascii=False)
        (tmp_path / name).write_text(line + "\n", "utf-8")
    found = support.run(tmp_path, None, lambda *_: None)
    assert found["judges"]["rules"]["pooled"] == {
        "sentences": 8, "supported": 0.5, "balanced_accuracy": 100.0, "roc_area": 1.0
    }  # fmt: skip
    assert re.search(r"^rules, pooled +8 +100\.0 +1\.0$", support.table(found), re.M)


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"article": "A."}',
        '{"article": "A.", "summary_sentences": [{"sentence": "A.", "responses": []}]}',
        '{"article": "A.", "summary_sentences": '
        '[{"sentence": "A.", "responses": [{"response": "yes"}]}]}',
    ],
)
def test_support_refuses_what_is_no_qags(text: str, tmp_path: Path) -> None:
    for name in support.FILES:
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(QuestionError, match=r"mturk_cnndm\.jsonl cannot be read as QAGS"):
        support.run(tmp_path, None, lambda *_: None)


def test_squad2_refuses_a_file_of_one_kind_of_questions(tmp_path: Path) -> None:
    path = tmp_path / "squad.json"
    qa = {"question": "Who commanded it?", "answers": [{"text": "Ines Moreau"}]}
    for data in ([], [{"paragraphs": [{"context": FERRY, "qas": [qa]}]}]):
        path.write_text(json.dumps({"data": data}), "utf-8")
        with pytest.raises(QuestionError, match=r"squad\.json does not hold both kinds"):
            squad2.load(path, odd=False)


@pytest.mark.parametrize("option", ["--articles", "--questions"])
def test_speed_is_not_measured_of_nothing(option: str, folder: Path) -> None:
    done = CliRunner().invoke(cli, ["benchmark", "speed", str(folder), option, "0"])
    assert done.exit_code == 2 and "0 is not in the range" in done.output


def test_squad2_between_declining_everything_and_nothing(tmp_path: Path, untrained: Path) -> None:
    def asked(text: str, *answers: str) -> dict[str, object]:
        return {"question": text, "answers": [{"text": a, "answer_start": 0} for a in answers]}

    questions = [asked("Who commanded it?", "Ines Moreau"), asked("Who owned it?"), asked("Why?")]
    even, odd = ({"paragraphs": [{"context": FERRY, "qas": questions[:n]}]} for n in (1, 3))
    path = tmp_path / "squad.json"
    path.write_text(json.dumps({"data": [even, odd]}), "utf-8")
    assert len(squad2.load(path, odd=False)) == 4
    items = squad2.load(path, odd=True)
    network = crossencoder.load(untrained)
    never, always = (squad2.run(items, network, least, lambda *_: None) for least in (1e9, -1e9))
    assert never["f1"] == never["exact_match"] == never["f1_declining_everything"] == 66.7
    assert (never["unanswerable_declined"], always["unanswerable_declined"]) == (100.0, 0.0)
    assert always["f1"] == pytest.approx(always["answerable_f1"] / 3, abs=0.1)
    assert never["f1_best_threshold"] >= 66.7
    assert re.search(r"^unanswerable_declined +100\.0$", squad2.table(never), re.M)
    with pytest.raises(QuestionError, match=r"SQuAD 2\.0"):
        squad2.load(tmp_path / "nothing.json", odd=True)


def test_copies_are_told_from_follow_ups(tmp_path: Path) -> None:
    chance = random.Random(1)
    words = ["".join(chance.choices("aeilnorst", k=6)) for _ in range(3000)]

    def paragraph() -> str:
        name, number = chance.choice(words).title(), chance.randint(10, 999)
        return " ".join((name, *chance.choices(words, k=35), str(number))) + "."

    records = [
        {"url": f"https://post.example/{n}", "title": f"Story {n}", "published": f"2021-05-{n + 1:02}",
         "text": "\n\n".join(paragraph() for _ in range(9))}
        for n in range(8)
    ]  # fmt: skip
    records.append({**records[1], "url": "https://wire.example/1"})
    records.append({"url": "https://wire.example/2", "title": "Left for tuning", "text": "No."})
    records.append({**records[1], "url": "https://desk.example/1"})
    records[8], records[9] = records[9], records[8]
    with gzip.open(tmp_path / "articles.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)
    command = ["benchmark", "copies", str(tmp_path)]
    done = CliRunner().invoke(cli, [*command, "--json"], catch_exceptions=False)
    found = json.loads(done.output)
    assert (found["articles"], found["wrong"], found["neighbours"]["grouped"]) == (5, 0, [])
    missed = {name for name, f in found["copies"].items() if f["grouped"] < f["pairs"]}
    assert missed <= {"all of it"} and found["found"] > 0.85
    assert found["groups"] == [["https://post.example/1", "https://wire.example/1"]]
    shown = CliRunner().invoke(cli, command, catch_exceptions=False).output
    assert "2 articles are in 1 groups of copies" in shown


@pytest.fixture
def room(tmp_path: Path, newsroom: Newsroom) -> Newsroom:
    """The ferry, the ferry of another outlet, and the bridge."""
    room = Newsroom.open(tmp_path / "two", settings=newsroom.settings)
    articles = [
        ("ferry", FERRY, "2031-05-02"),
        ("wire", FERRY, None),
        ("bridge", BRIDGE, "2031-05-03"),
    ]
    room.add_articles(
        Article(name, tuple(text.split("\n\n")), f"https://post.example/{name}",
                published=Timestamp(day, "made") if day else None)
        for name, text, day in articles
    )  # fmt: skip
    return room


def test_the_baselines_only_search(room: Newsroom) -> None:
    index = baselines.index(room)
    ferry, wire, bridge = (f"https://post.example/{name}" for name in ("ferry", "wire", "bridge"))
    for search in (baselines.by_words, baselines.by_vectors):
        found = search("Who was the captain of the ferry?", index)
        assert {p.article for p in found[:2]} == {ferry, wire}  # copies are not put together
        only = search("Who was the captain of the ferry?", index, 10, Scope(articles=(bridge,)))
        assert {p.article for p in only} <= {bridge}
    assert baselines.by_words("Who was it and what?", index) == []


@pytest.mark.slow
def test_speed_beside_the_recipe(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask(room: Newsroom, question: str, **options: object) -> object:
        asked.append(question)
        return answered(room, question, **options)  # type: ignore[arg-type]

    answered = Newsroom.ask
    monkeypatch.setattr(Newsroom, "ask", ask)
    command = ["benchmark", "speed", str(folder), "--questions", "2", "--json"]
    done = CliRunner().invoke(cli, command)
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["articles"] == 2
    assert found["add_again"]["again"] < found["add"]["citewire"]
    assert 100 < found["add_megabytes"] < 1500 or sys.platform != "linux"
    for name in ("add", "retrieve_median", "cold"):
        assert found[name]["ratio"] > 0
    # Each is timed when it is asked for the first time.
    assert asked[0] == speed.WARMING and len(asked) == len(set(asked)) == 3
    assert "ask_median" in speed.table(found)


def test_the_recipe_finds_paragraphs(room: Newsroom, tmp_path: Path) -> None:
    recipe = Recipe(tmp_path / "recipe", room.settings)
    for _ in range(2):  # what is there already is not added again
        recipe.add(room.articles())
    found = recipe.search("Which firm will rebuild the bridge?", k=10)
    assert len(found) == 3
    assert (found[0].article, found[0].paragraphs) == ("https://post.example/bridge", (1, 2, 3))
    only = ["https://post.example/wire"]
    (one,) = recipe.search("Which firm will rebuild the bridge?", keys=only)
    assert one.text == FERRY
    day = date(2031, 5, 2)
    assert len(recipe.search("Which firm?", as_of=day)) == 2  # the bridge is of the day after
    assert [p.text for p in recipe.search("Which firm?", keys=only, as_of=day)] == [FERRY]
    assert recipe.search("Which firm?", keys=[]) == []
    # Two articles have the same text: their titles, embedded with it, tell them apart.
    for title in ("ferry", "wire"):
        assert recipe.search(title)[0].article == f"https://post.example/{title}"


def test_the_sample_questions_are_asked_of_all(room: Newsroom, tmp_path: Path) -> None:
    def asked(id_: str, text: str, article: str, number: int, **more: object) -> str:
        gold = {"article": f"https://post.example/{article}", "paragraph": number}
        return json.dumps({"id": id_, "question": text, "paragraphs": [gold], **more}) + "\n"

    questions, readme = tmp_path / "questions.jsonl", tmp_path / "README.md"
    history = [{"question": "Who will rebuild the old bridge of Quell?", "answer": "Tarn Works."}]
    questions.write_text(
        asked("1", "What did Captain Ines Moreau say?", "wire", 3, facts=["rudder"])
        + asked("2", "For how much?", "bridge", 3, history=history),
        "utf-8",
    )
    found = sample.run(room, lambda *_: None, questions)
    assert list(found["systems"]) == ["Citewire", "without its reader", *sample.SEARCH_ONLY]
    for name, system in found["systems"].items():
        assert system["characters"] > 100
        assert ("kept" in system["totals"]) is (name not in sample.SEARCH_ONLY)
    words = found["systems"]["BM25"]["totals"]
    assert words["success@3"]["value"] == 1.0  # "For how much?" alone would find nothing
    assert (words["answer_right"]["value"], words["answer_right"]["n"]) == (1.0, 1)
    readme.write_text("Before\n{} old {}\nafter".format(*sample.MARKS), "utf-8")
    sample.write(found, readme)
    sample.write(found, readme)
    assert readme.read_text("utf-8").count(sample.markdown(found)) == 1
    assert re.search(
        r"\| Kept by the check \| [^|]+ \| [^|–]+ \| – \| – \| – \|", readme.read_text("utf-8")
    )
    readme.write_text("No table", "utf-8")
    with pytest.raises(QuestionError, match="no place for the table"):
        sample.write(found, readme)


def test_a_system_that_fails_has_no_figures(room: Newsroom, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"id": "first", "question": "Which firm will rebuild the bridge?"}\n')
    settings = replace(room.settings, reader=str(tmp_path / "none"))
    broken = Newsroom.open(room.folder, settings=settings)
    with pytest.raises(CitewireError, match=r"Citewire .*first \(ReaderError: The reader in"):
        sample.run(broken, lambda *_: None, questions)


def test_a_drafted_question_is_answered_right_by_a_sentence(room: Newsroom) -> None:
    asked, *_ = draft(room).questions
    said = first_passage(asked.question, room.search(asked.question))
    assert said.short is None and metrics.answer_right(asked, said)


def test_the_published_figures_are_of_the_shipped_weights_and_default_settings(
    tmp_path: Path,
) -> None:
    found = json.loads((ROOT / "rag" / "evaluation" / "figures.json").read_text("utf-8"))
    card = json.loads((ROOT / "rag" / "weights" / "card.json").read_text("utf-8"))
    assert found["settings"]["reader_sha256"] == card["sha256"]["reader.bin"]
    shipped = measured_with(Newsroom.open(tmp_path, settings=Settings()), model=None)
    assert found["settings"] == {**shipped, "version": found["settings"]["version"]}


def test_the_readme_has_the_figures_that_were_measured() -> None:
    found = json.loads((ROOT / "rag" / "evaluation" / "figures.json").read_text("utf-8"))
    begin, end = sample.MARKS
    table = f"{begin}\n{sample.markdown(found)}\n{end}"
    assert table in (ROOT / "README.md").read_text("utf-8"), "run: citewire benchmark sample"
    assert found["questions_sha256"] == sha256(ROOT / "corpus" / "questions" / "untouched.jsonl")
