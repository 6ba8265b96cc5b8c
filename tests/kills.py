"""Kills processes that change a library, and looks at what they leave. Run by test_kill.py.

One process without threads imports everything and then only forks: each child looks at what the
one before it left, runs the interrupted command again, and goes on with commands of its own until
it is killed. So every process starts like a fresh one, but for the imports.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # no thread before a fork

import chromadb  # noqa: F401  imported once instead of in every child
import rich.progress  # noqa: F401

import rag.add
import rag.vectors
from rag import Newsroom, sources
from rag.cli import cli
from rag.errors import CitewireError
from rag.records import Article

rag.add.BATCH_PASSAGES = 8  # several transactions in a command
rag.vectors.SYNC_EVERY = 100  # Chroma writes its graph often
LONGEST_LIFE = 2.5
"""Seconds from a child's readiness to its death, at most."""

State = dict[str, list[tuple[str, ...]]]
"""Key to the paragraphs of each version."""


class World:
    """What should be in the library, and the commands that change it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.random = random.Random(seed)
        self.articles = [a for a in _articles() if a.url]
        self.state: State = {}
        self.count = 0

    def command(self) -> tuple[list[str], State]:
        """The next command, and what is in the library when it has run."""
        self.count += 1
        chance = self.random.random()
        if chance < 0.1 and self.state:
            return ["rebuild"], self.state
        if chance < 0.3 and len(self.state) > 12:
            key = self.random.choice(sorted(self.state))
            return ["remove", key], {k: v for k, v in self.state.items() if k != key}
        after = dict(self.state)
        records = []
        for article in self.random.sample(self.articles, self.random.randint(1, 6)):
            key = str(article.url)
            # The beginning of a real article: a child is to be writing, not embedding, when killed.
            texts = article.paragraphs[:2]
            if key in after:
                texts += (f"Correction number {self.count} was made to this article.",)
            after[key] = [*after.get(key, []), texts]
            records.append({"url": key, "title": article.title, "outlet": article.outlet,
                            "published": article.published and article.published.text,
                            "text": list(texts)})  # fmt: skip
        path = self.folder / f"{self.count}.jsonl"
        path.write_text("\n".join(json.dumps(record) for record in records), "utf-8")
        return ["add", str(path)], after


def _articles() -> list[Article]:
    found = sources.read(Path(__file__).parent.parent / "corpus" / "articles")
    return [item for item in found if isinstance(item, Article)]


def run(command: list[str], library: Path) -> None:
    cli([command[0], *command[1:], "--library", str(library)], standalone_mode=False)


def held(room: Newsroom) -> State:
    """What is in the library, each article with all its versions."""
    return {
        stored.key: [
            room.article(stored.key, n).article.paragraphs for n in range(1, stored.version + 1)
        ]
        for stored in room.articles()
    }


def look(library: Path, before: State, after: State, again: list[str]) -> None:
    """Checks what a killed child left, and that running its command again completes the work."""
    if (library / "library.sqlite").exists():
        room = Newsroom.open(library)
        found = held(room)
        for key in before.keys() | after.keys() | found.keys():
            assert found.get(key) in (before.get(key), after.get(key)), key
        _agree(room, after_kill=True)
    try:
        run(again, library)
    except CitewireError as error:
        if again[0] != "remove" or "There is no article" not in str(error):
            raise  # else it was removed before the kill
    room = Newsroom.open(library)
    assert held(room) == after
    _agree(room)


def _agree(room: Newsroom, after_kill: bool = False) -> None:
    found = room.status(check=True).attention
    if after_kill:  # what a kill may leave: vectors to be swept, or a graph half written
        found = tuple(p for p in found if "interrupted" not in p and "cannot be read" not in p)
    assert not found, found


def child(world: World, library: Path, pending: tuple[list[str], State] | None, tell: int) -> None:
    """Looks, then runs commands until it is killed, telling of each when it begins and has ended."""
    if pending:
        look(library, world.state, pending[1], pending[0])
        world.state = pending[1]
    os.write(tell, b"ready\n")
    while True:
        command, after = world.command()
        os.write(tell, b"begin\n")
        run(command, library)
        os.write(tell, b"end\n")
        world.state = after


def fork(world: World, library: Path, pending: Any) -> tuple[int, int]:
    """A child's process and the pipe on which it tells how far it is."""
    listen, tell = os.pipe()
    if pid := os.fork():
        os.close(tell)
        return pid, listen
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        child(world, library, pending, tell)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def main(folder: Path, kills: int, seed: int) -> None:
    library = folder / "library"
    world, moments = World(folder, seed), random.Random(-seed)
    pending: tuple[list[str], State] | None = None
    stats: dict[str, int] = {}
    for number in range(kills):
        pid, listen = fork(world, library, pending)
        told = os.read(listen, 6)
        if told != b"ready\n":
            sys.exit(f"kill {number} (seed {seed}): {pending and pending[0]} was not completed")
        if pending:
            world.state = pending[1]
        time.sleep(moments.uniform(0, LONGEST_LIFE))
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        assert os.WIFSIGNALED(status), f"kill {number} (seed {seed}): the child failed by itself"
        with os.fdopen(listen) as rest:
            lines = rest.read().split()
        for line in lines:
            if line == "begin":
                pending = world.command()
            else:
                assert pending
                world.state = pending[1]
                pending = None
        if pending:
            stats[pending[0][0]] = stats.get(pending[0][0], 0) + 1
        print(number, len(lines) // 2, pending and pending[0][0], len(world.state), flush=True)
    print(json.dumps(stats))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
