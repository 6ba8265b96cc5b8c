"""Upkeep of the library: what disagrees is noticed, and everything can be carried away and back."""

import gc
import json
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rag import Newsroom, Settings, vectors
from rag.backup import restore
from rag.cli import cli
from rag.errors import EmbedderError, LibraryBusy, LibraryError
from rag.followed import Feed, remember
from rag.library import Library
from rag.question import stem

FERRY: dict[str, Any] = {
    "url": "https://herald.example/ferry", "title": "Ferry sinks off Port Ellery",
    "published": "2025-03-01T22:10:00+01:00", "outlet": "Ellery Herald", "authors": ["Ida Møller"],
    "note": "Sample text", "text": "The ferry Queen Maud sank off Port Ellery on Friday night.\n\n"
    "All 214 people aboard were rescued by lifeboats.",
}  # fmt: skip
CORRECTED: dict[str, Any] = dict(
    FERRY,
    text=FERRY["text"].replace("214", "216"),
    updated="2025-03-02",
)
FROST: dict[str, Any] = {
    "title": "Late frost ruins cherry orchards", "published": "2025-05-10",
    "text": "Frost destroyed two thirds of the cherry crop in the Ganten valley.\n\n"
    + "Growers put the damage at four million. " * 60,
}  # fmt: skip
COPY = dict(FERRY, url="https://wire.example/ferry", outlet="Wire", title="Ferry down")


def write(folder: Path, *stories: dict[str, Any], name: str = "stories.jsonl") -> Path:
    path = folder / name
    path.write_text("\n".join(json.dumps(story) for story in stories), "utf-8")
    return path


def citewire(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [*map(str, arguments)], catch_exceptions=False)


def process(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """The command where it matters that it is a process of its own."""
    command = [sys.executable, "-m", "rag.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, **options)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    """A library with an article without address, two versions of another, and a copy."""
    folder = tmp_path_factory.mktemp("made")
    room = Newsroom.open(folder / "library")
    room.add(write(folder, FROST, FERRY, COPY))
    room.add(write(folder, CORRECTED))
    return room


@pytest.fixture
def room(made: Newsroom, tmp_path: Path) -> Newsroom:
    """A copy of it, to be changed."""
    made.close()
    shutil.copytree(made.folder, tmp_path / "library")
    return Newsroom.open(tmp_path / "library")


def rows(room: Newsroom) -> dict[str, list[Any]]:
    """Everything the library holds, without the numbers that SQLite gives to rows."""
    article = "SELECT key FROM articles WHERE articles.id = article"
    queries = {
        "articles": "SELECT key, version, outlet, day, fingerprint, story FROM articles",
        "versions": f"SELECT ({article}) AS key, * FROM versions",
        "paragraphs": "SELECT a.key, v.number, p.number, p.text FROM paragraphs p"
        " JOIN versions v ON v.id = p.version JOIN articles a ON a.id = v.article",
        "passages": f"SELECT ({article}), first, last, text FROM passages",
        "words": "SELECT term, doc, cnt FROM word_counts",
    }  # fmt: skip
    with closing(sqlite3.connect(room.folder / "library.sqlite")) as db:
        db.row_factory = sqlite3.Row
        found = {name: [dict(row) for row in db.execute(sql)] for name, sql in queries.items()}
        names = db.execute("SELECT id, text FROM passages").fetchall()
    for row in found["versions"]:
        del row["id"], row["article"]
    everything = {name: sorted(map(str, part)) for name, part in found.items()}
    texts = dict(names)
    assert room._vectors is not None
    room._vectors.close()
    everything["vectors"] = sorted(
        str((texts[i], place, [round(float(x), 3) + 0.0 for x in vector]))
        for ids, stored, places in room._vectors.everything()
        for i, vector, place in zip(ids, stored, places, strict=True)
    )
    return everything


# What disagrees is noticed


def sql(statement: str) -> Callable[[Newsroom], None]:
    def damage(room: Newsroom) -> None:
        with sqlite3.connect(room.folder / "library.sqlite") as db:
            db.execute(statement)

    return damage


def lose_a_vector(room: Newsroom) -> None:
    assert room._vectors is not None
    room._vectors.remove([2])


def leave_a_vector(room: Newsroom) -> None:
    assert room._vectors is not None
    room._vectors.add([99], room.embedder.encode(["Nobody's words"]), [None], [None])


def date_a_vector(room: Newsroom) -> None:
    assert room._vectors is not None
    room._vectors.add([2], room.embedder.encode(["Other words"]), [5], ["Wire"])


@pytest.mark.parametrize(
    ("damage", "message", "mended"),
    [
        (lose_a_vector, "1 passages have no vector", True),
        (leave_a_vector, "1 vectors belong to no passage", True),
        (date_a_vector, "another length, day or outlet", True),
        (sql("INSERT INTO words (words) VALUES ('delete-all')"), "The word index", True),
        (sql("INSERT INTO words (rowid, title, text) VALUES (99, 'a', 'b')"), "word index", True),
        (sql("UPDATE passages SET text = 'Frost.' WHERE id = 1"), "other passages", False),
        (sql("DELETE FROM paragraphs WHERE number = 1 AND version = 1"), "lack a version", False),
        (sql("DELETE FROM versions WHERE number = 1 AND id = 2"), "lack a version", False),
        (sql("DELETE FROM articles WHERE version = 1"), "belong to no article", False),
    ],
)
def test_what_disagrees_is_noticed(
    damage: Callable[[Newsroom], None], message: str, mended: bool, room: Newsroom
) -> None:
    assert room.status(check=True).attention == ()
    damage(room)
    found = " ".join(room.status(check=True).attention)
    assert message in found
    if mended:
        assert f"citewire rebuild --library {room.folder}" in found
        room.rebuild()
        assert room.status(check=True).attention == ()


def test_status_tells_scripts(room: Newsroom, tmp_path: Path) -> None:
    done = citewire("status", "--check", "--json", "--library", room.folder)
    found = json.loads(done.stdout)
    assert done.exit_code == 0 and found["attention"] == [] and found["feeds"] == []
    assert (found["articles"], found["stories"], found["newest"]) == (3, 2, "2025-05-10")
    assert found["size"] > 100_000
    lose_a_vector(room)
    done = citewire("status", "--check", "--library", room.folder)
    assert done.exit_code == 1 and "1 passages have no vector" in done.stdout


def test_a_stale_feed_is_noticed(room: Newsroom) -> None:
    good = Feed("https://a.example/feed", followed=True, last_good=datetime.now(UTC).isoformat())
    old = replace(good, url="https://b.example/feed", last_good="2025-03-01T08:00:00+00:00")
    remember(Library(room.folder), good, old)
    (problem,) = room.status(check=True).attention
    assert old.url in problem and "last read 2025-03-01" in problem


def test_damaged_vectors_are_rebuilt(room: Newsroom) -> None:
    room.close()
    (room.folder / "vectors" / "chroma.sqlite3").write_bytes(b"no database" * 1000)
    room = Newsroom.open(room.folder)
    assert "citewire rebuild" in " ".join(room.status(check=True).attention)
    room.rebuild()
    assert room.status(check=True).attention == ()


@pytest.mark.parametrize("change", ["PRAGMA user_version = 0", "DROP TABLE copies"])
def test_a_library_of_another_form_is_one_clear_error(change: str, room: Newsroom) -> None:
    sql(change)(room)
    with pytest.raises(LibraryError, match=r"an older Citewire made it; .* add the articles again"):
        Newsroom.open(room.folder)


def test_a_passage_too_long_for_another_embedder_says_what_to_do(room: Newsroom) -> None:
    sql(f"UPDATE passages SET text = '{'word ' * 600}' WHERE id = 1")(room)
    with pytest.raises(EmbedderError, match=r"citewire export FILE, and add that file to a new"):
        room.rebuild()


@pytest.mark.parametrize("mend", [Newsroom.rebuild, Newsroom.add], ids=["rebuild", "add"])
def test_missing_vectors_are_no_answer(mend: Callable[[Newsroom], object], room: Newsroom) -> None:
    asked = "How many people were rescued from the ferry?"
    answered = room.ask(asked).text
    room.close()
    shutil.rmtree(room.folder / "vectors")
    room = Newsroom.open(room.folder)
    assert f"citewire rebuild --library {room.folder}" in room.status().attention[0]
    for read in (room.ask, room.search):
        with pytest.raises(LibraryError, match=r"are missing; .* citewire rebuild"):
            read(asked)
    mend(room)
    assert room.ask(asked).text == answered
    assert room.status(check=True).attention == ()


def test_what_a_kill_does_to_the_graph_is_mended_by_the_next_change(
    room: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "SYNC_EVERY", 100)
    many = [dict(FROST, title=f"Frost {n}", text=f"Frost number {n} fell.") for n in range(150)]
    room = Newsroom.open(tmp_path / "new")
    room.add(write(tmp_path, *many))
    room.close()
    (graph,) = (room.folder / "vectors").glob("*/index_metadata.pickle")
    graph.write_bytes(graph.read_bytes()[:1000])
    room = Newsroom.open(room.folder)
    assert "citewire rebuild" in " ".join(room.status(check=True).attention)
    done = process("add", write(tmp_path, FERRY), "--library", room.folder)
    assert done.returncode == 0 and "150 passages are embedded anew" in done.stderr
    assert room.status(check=True).attention == () and room.status().articles == 151


def test_a_rebuild_leaves_nothing_behind(room: Newsroom, tmp_path: Path) -> None:
    for number in range(2):
        room.rebuild()
        room.add(write(tmp_path, dict(FROST, title=f"Frost {number}")))
        names = [path.name for path in (room.folder / "vectors").iterdir()]
        assert len(names) == 1 and names[0].startswith("passages-")


def test_remove_purges_every_version(room: Newsroom) -> None:
    room.remove(str(FERRY["url"]))
    left = str(rows(room))
    assert "herald.example" not in left and "216" not in left and "Wire" in left
    assert room.status(check=True).attention == ()


def test_each_article_may_be_removed_when_it_is_listed(room: Newsroom) -> None:
    for stored in room.articles():
        room.remove(stored.key)
    assert room.status().articles == 0 and room.status(check=True).attention == ()


def test_an_article_is_removed_while_the_same_thread_reads(room: Newsroom) -> None:
    versions = room.every_version()
    next(versions)
    room.remove(str(FERRY["url"]))
    versions.close()  # type: ignore[attr-defined]
    assert "216" not in str(rows(room)) and room.status(check=True).attention == ()


def test_no_word_of_what_was_removed_stays_on_disk(room: Newsroom, tmp_path: Path) -> None:
    secret = dict(FROST, url="https://a.example/", title="Zyxwold", text="Qhovarth was arrested.")
    room.add(write(tmp_path, secret))
    room.remove("https://a.example/")
    room.backup(tmp_path / "news.backup")
    for path in (tmp_path / "news.backup", *room.folder.rglob("*")):
        held = path.read_bytes().lower() if path.is_file() else b""
        assert b"qhovarth" not in held and b"zyxwold" not in held


# Away and back


def test_an_export_makes_an_equal_library(made: Newsroom, tmp_path: Path) -> None:
    path = tmp_path / "export.jsonl"
    assert citewire("export", path, "--library", made.folder).exit_code == 0
    other = Newsroom.open(tmp_path / "other")
    other.add(path)
    assert rows(other) == rows(made)
    again = other.add(path)
    assert not (again.added or again.updated or again.rejected)
    assert rows(other) == rows(made)
    assert citewire("export", "--library", other.folder).stdout == path.read_text("utf-8")


def test_an_export_keeps_a_version_that_does_not_say_when_it_changed(tmp_path: Path) -> None:
    changed = {k: v for k, v in CORRECTED.items() if k not in ("published", "updated")}
    room = Newsroom.open(tmp_path / "library")
    for story in (dict(FERRY, updated="2025-03-05"), changed):
        room.add(write(tmp_path, story))
    path = tmp_path / "export.jsonl"
    assert citewire("export", path, "--library", room.folder).exit_code == 0
    other = Newsroom.open(tmp_path / "other")
    assert other.add(path).older == ()
    assert rows(other) == rows(room)
    other.add(write(tmp_path, dict(CORRECTED, updated="2025-03-09", title="Ferry lost")))
    assert other.add(path).updated == () and other.article(FERRY["url"]).version == 3


LINE = {"citewire": 1, "key": "k", "version": 1, "title": "T", "text": ["Words."]}
BROKEN: list[dict[str, Any]] = [
    {"citewire": 2}, {"text": []}, {"text": [5]}, {"text": ["Two\nlines."]}, {"version": None},
    {"version": 0}, {"version": "x"}, {"key": 5}, {"key": ""}, {"key": "\ud800"}, {"note": 5},
    {"authors": [5]}, {"authors": "Ann"}, {"url": "javascript:alert(1)"}, {"published": "soon"},
    {"published": {"text": "2025-03-30"}}, {"published": {"text": "soon", "source": "json"}},
    {"published": {"text": "2025-03-30T19:00:00", "source": "json"}},
]  # fmt: skip


def test_broken_lines_of_an_export_are_rejected(tmp_path: Path) -> None:
    path = write(tmp_path, *({**LINE, **change} for change in BROKEN), FERRY)
    report = Newsroom.open(tmp_path / "library").add(path)
    found = {r.origin: r.reason for r in report.rejected}
    assert list(found) == [f"{path}:{number}" for number in range(1, len(BROKEN) + 1)]
    assert all("export" in reason for reason in found.values())
    assert report.added == (FERRY["url"],)


def test_a_backup_makes_an_equal_library(made: Newsroom, tmp_path: Path) -> None:
    path, folder = tmp_path / "news.backup", tmp_path / "other"
    assert citewire("backup", path, "--library", made.folder).exit_code == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["news.backup"]
    done = citewire("restore", path, "--library", folder)
    assert (done.exit_code, done.stdout) == (0, f"Restored 3 articles to {folder}.\n")
    other = Newsroom.open(folder)
    assert rows(other) == rows(made) and other.status(check=True).attention == ()
    assert {p.name for p in folder.iterdir()} >= {"library.sqlite", "vectors"}
    assert not (folder / "restoring").exists()
    with pytest.raises(LibraryError, match="holds a library already"):
        restore(path, folder, Settings())


def test_backups_to_one_file_leave_all_others_alone(made: Newsroom, tmp_path: Path) -> None:
    path, own = tmp_path / "news", tmp_path / "news.new"
    own.write_text("mine", "utf-8")
    with ThreadPoolExecutor(4) as pool:
        sizes = list(pool.map(lambda _: made.backup(path), range(12)))
    assert set(sizes) == {path.stat().st_size}
    assert sorted(tmp_path.iterdir()) == [path, own] and own.read_text("utf-8") == "mine"


def test_what_is_no_backup(made: Newsroom, tmp_path: Path) -> None:
    notes = write(tmp_path, FERRY)
    with pytest.raises(LibraryError, match="is no backup, and would be lost"):
        made.backup(notes)
    with pytest.raises(LibraryError, match="would be lost"):
        made.backup(made.folder / "library.sqlite")
    other = Newsroom.open(tmp_path / "other")
    other.add(notes)
    with pytest.raises(LibraryError, match="would be lost"):
        made.backup(other.folder / "library.sqlite")
    with pytest.raises(LibraryError, match="in a folder that exists"):
        made.backup(tmp_path / "none" / "news.backup")
    with pytest.raises(LibraryError, match="is no backup"):
        restore(notes, tmp_path / "library", Settings())
    made.backup(tmp_path / "news.backup")
    content = (tmp_path / "news.backup").read_bytes()
    library, half = tmp_path / "library", len(content) // 2
    for damaged, says in (
        (content[:half], "is no backup, or damaged"),
        (
            content[:half] + bytes(5000) + content[half + 5000 :],
            r"backup is damaged \(.*take another",
        ),
    ):
        (tmp_path / "news.backup").write_bytes(damaged)
        with pytest.raises(LibraryError, match=says):
            restore(tmp_path / "news.backup", library, Settings())
    with pytest.raises(LibraryError, match="There is no file"):
        restore(tmp_path / "old.backup", library, Settings())
    assert not library.exists()


def test_a_restore_harms_nothing_that_is_there(made: Newsroom, tmp_path: Path) -> None:
    made.backup(tmp_path / "news.backup")
    for own in ("vectors/drawing.svg", "restoring/mine.txt", "notes.txt"):
        folder = tmp_path / own.replace("/", "-")
        (folder / own).parent.mkdir(parents=True)
        (folder / own).write_text("Mine.")
        with pytest.raises(LibraryError, match="name an empty folder"):
            restore(tmp_path / "news.backup", folder, Settings())
        assert (folder / own).read_text() == "Mine."
    with sqlite3.connect(tmp_path / "places.sqlite") as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")
    with pytest.raises(LibraryError, match="would be lost"):
        made.backup(tmp_path / "places.sqlite")


def test_what_a_killed_process_left_beside_a_lost_library_does_not_come_back(
    room: Newsroom, tmp_path: Path
) -> None:
    room.backup(tmp_path / "news.backup")
    kept = tmp_path / "wal"
    Newsroom.open(room.folder).add(write(tmp_path, dict(FERRY, url="https://a.example/")))
    shutil.copy(room.folder / "library.sqlite-wal", kept)
    shutil.rmtree(room.folder)
    room.folder.mkdir()
    shutil.copy(kept, room.folder / "library.sqlite-wal")
    assert restore(tmp_path / "news.backup", room.folder, Settings()) == 3
    again = Newsroom.open(room.folder)
    assert [a.key for a in again.articles()] and again.status(check=True).attention == ()
    assert again.status().articles == 3


# Several at once


@pytest.fixture
def adder(room: Newsroom, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that adds many articles to the library, some at a time."""
    stories = (dict(FROST, title=f"Frost {n}", text=f"Frost number {n} fell.") for n in range(120))
    path = write(tmp_path, *stories, name="many.jsonl")
    code = "import sys, rag.add; rag.add.BATCH_PASSAGES = 12; from rag.cli import main; main()"
    command = [sys.executable, "-c", code, "add", str(path), "--library", str(room.folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.wait()


def test_many_threads_ask_while_another_process_adds(
    room: Newsroom, adder: subprocess.Popen[str], tmp_path: Path
) -> None:
    seen: list[int] = []
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            while adder.poll() is None:
                passages = room.search("Which frost fell?", k=50)
                assert all(p.similarity for p in passages)
                assert "rescued" in room.ask("How many people were rescued from the ferry?").text
                seen.append(room.status().articles)
                assert not room.status().attention
                room.backup(tmp_path / f"{threading.get_ident()}.backup")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert adder.wait() == 0
    assert len(set(seen)) > 2 and room.status().articles == 123
    assert room.search("Frost 119", k=1)[0].title == "Frost 119"
    assert room.status(check=True).attention == ()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are counted in /proc")
def test_changes_by_others_leave_no_files_open(room: Newsroom) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    gc.disable()  # In a large process, such as that of the page, Python rarely collects by itself.
    try:
        for _ in range(40):
            sql("UPDATE meta SET value = value + 1 WHERE name = 'generation'")(room)
            assert room.search("ferry")
        # 16 clients of a dozen files each; all 40 would hold 500.
        assert len(list(Path("/proc/self/fd").iterdir())) < before + 250
    finally:
        gc.enable()


def test_many_threads_count_the_same_words() -> None:
    endings = ("ed", "ing", "ation", "ational", "iveness", "ements", "fulness", "icities")
    words = [start + end for start in ("harbour", "rescu", "relat", "eff") for end in endings]
    stem.cache_clear()
    alone = [stem(word) for word in words]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            for _ in range(20):
                stem.cache_clear()
                found = threads.map(lambda n: [stem(w) for w in words[n:] + words[:n]], range(8))
                for n, stems in enumerate(found):
                    assert stems == alone[n:] + alone[:n]
    finally:
        sys.setswitchinterval(interval)


def test_articles_may_be_removed_while_they_are_read(room: Newsroom, tmp_path: Path) -> None:
    copies = [dict(FERRY, url=f"https://o{n}.example/", outlet=f"Outlet {n}") for n in range(4)]
    path = write(tmp_path, *copies, name="copies.jsonl")
    room.add(path)
    code = (
        "import sys; from rag import Newsroom; room = Newsroom.open(sys.argv[1])\n"
        "for _ in range(3):\n"
        "    for n in range(4): room.remove(f'https://o{n}.example/')\n"
        "    room.add(sys.argv[2])"
    )
    command = [sys.executable, "-c", code, str(room.folder), str(path)]
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            assert room.ask("How many people were rescued from the ferry?").status == "answered"
            room.search("ferry")
    assert process.returncode == 0


def test_two_adders_wait_for_each_other(
    room: Newsroom, adder: subprocess.Popen[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from rag import add

    monkeypatch.setattr(add, "WAIT_SECONDS", 200)  # however slow the machine is
    while room.status().articles == 3 and adder.poll() is None:
        time.sleep(0.1)
    room.add(write(tmp_path, dict(FERRY, url="https://a.example/")))
    assert adder.wait() == 0
    assert room.status().articles == 124 and not room.status(check=True).attention


def test_who_waits_too_long_says_so(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    from rag import add

    monkeypatch.setattr(add, "WAIT_SECONDS", 0.1)
    with add.writing(room.folder):
        with pytest.raises(LibraryBusy, match="try again"):
            Newsroom.open(room.folder).remove(str(FERRY["url"]))
        assert room.status(check=True).attention == ()


# A full disk, a folder that may not be written to


def test_a_full_disk_loses_nothing(room: Newsroom, tmp_path: Path) -> None:
    before = rows(room)
    stories = [dict(FROST, title=f"Frost {n}", text="Frost fell.") for n in range(60)]
    path = write(tmp_path, *stories, name="many.jsonl")
    room.close()

    def limit() -> None:
        most = max(path.stat().st_size for path in room.folder.rglob("*")) + 20_000
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    done = process("add", path, "--library", room.folder, preexec_fn=limit)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr and "nothing was lost" in done.stderr
    assert rows(room) | {"vectors": []} == before | {"vectors": []}
    room.add(path)
    assert room.status().articles == 63 and not room.status(check=True).attention


def test_a_folder_that_may_not_be_written_to(room: Newsroom, tmp_path: Path) -> None:
    before = rows(room)
    room.close()
    path = write(tmp_path, dict(FERRY, url="https://a.example/"))
    with closing(sqlite3.connect(room.folder / "library.sqlite")) as db:
        db.execute("SELECT * FROM meta").fetchall()  # somebody reads it: its log lies beside it
        for command in (["add", str(path)], ["remove", str(FERRY["url"])], ["rebuild"]):
            done = read_only(room.folder, *command)
            assert done.returncode == 1, done
            assert "cannot be written to" in done.stderr.splitlines()[-1], done.stderr
            assert "Traceback" not in done.stderr
    assert not list(room.folder.glob("library.sqlite-*"))
    for command in (["status"], ["add", str(path)], ["ask", "Who was on the ferry?"]):
        done = read_only(room.folder, *command)
        assert done.returncode == 1 and "copy the library" in done.stderr.splitlines()[-1], done
    assert rows(room) == before


def read_only(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command while the folder is read-only, for root as well."""
    if os.geteuid():
        modes = {p: p.stat().st_mode for p in [folder, *folder.rglob("*")]}
        try:
            for path in modes:
                path.chmod(0o555 if path.is_dir() else 0o444)
            return process(*arguments, "--library", folder)
        finally:
            for path, mode in modes.items():
                path.chmod(mode)
    inner = [sys.executable, "-m", "rag.cli", *arguments, "--library", str(folder)]
    mount = 'mount --bind -o ro "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    command = ["unshare", "-m", "sh", "-c", mount, str(folder), *inner]
    if shutil.which("unshare") is None:
        pytest.skip("root, and no unshare")
    return subprocess.run(command, capture_output=True, text=True, timeout=300)
