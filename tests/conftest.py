"""What tests share: a clean environment, and what takes long to make, made once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from rag import Newsroom, Settings, embed
from rag.settings import PREFIX

IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ
"""Whether this process is one of several that share the tests."""

for name in [name for name in os.environ if name.startswith(PREFIX)]:
    del os.environ[name]  # a developer's own settings change no test


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=40, help="processes killed by the slow test")
    parser.addoption("--kill-seed", type=int, default=2, help="of the moments they are killed at")


def pytest_sessionstart() -> None:
    if not IS_WORKER:
        embed.load(Settings())  # exports the model where that is to be done, once for all workers


@contextmanager
def shared(name: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that all workers have in common, while none of the others is at it."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if IS_WORKER else base) / name
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
