"""What tests share: a clean environment, and what takes long to make, made once."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from rag import Newsroom, Settings, embed
from rag.settings import PREFIX

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")
"""The number of this process, where it is one of several that share the tests."""

for name in [name for name in os.environ if name.startswith(PREFIX)]:
    del os.environ[name]  # a developer's own settings change no test


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=40, help="processes killed by the slow test")
    parser.addoption("--kill-seed", type=int, default=2, help="of the moments they are killed at")


def pytest_sessionstart() -> None:
    embedder = embed.load(Settings())  # exported, if need be, before there are workers
    if WORKER and sys.platform == "linux":
        # Networks that run on all cores in each worker wait for one another: a third more time.
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[int(WORKER) % len(cores)]})
        embedder.encode_query("Who?")  # OpenVINO counts the cores, once and for all
        os.sched_setaffinity(0, cores)


@contextmanager
def shared(name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that all workers have in common, while none of the others is at it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if WORKER else base) / name
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "lock"):
        yield folder


@pytest.fixture(scope="session")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    """The sample library, built anew from `corpus/`, as somebody without one of their own has it.

    Only the exported embedding model is the one that this machine may have prepared before.
    """
    with shared("newsroom", tmp_path_factory) as folder:
        if not (folder / "models").exists():
            (folder / "models").symlink_to(Settings().cache / "models")
        return Newsroom.open(settings=Settings(cache=folder, data=folder / "data"))


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a reader's network as training begins with it."""
    with shared("untrained", tmp_path_factory) as folder:
        if not (folder / "card.json").exists():
            import torch

            from rag.training.export import export
            from rag.training.model import Network

            torch.manual_seed(7)
            export(Network(Path(embed.source(embed.DEFAULT))), folder, {})
        return folder
