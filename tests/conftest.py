"""What tests share: a clean environment, and the sample library, built once."""

import os

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


@pytest.fixture(scope="session")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    """The sample library, built anew from `corpus/`, as somebody without one of their own has it.

    Built once for all workers. Only the exported embedding model is the one that this machine may
    have prepared before.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if IS_WORKER else base) / "newsroom"
    folder.mkdir(exist_ok=True)
    with FileLock(folder / "lock"):
        if not (folder / "models").exists():
            (folder / "models").symlink_to(Settings().cache / "models")
        return Newsroom.open(settings=Settings(cache=folder, data=folder / "data"))
