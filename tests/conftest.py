"""What tests share: a clean environment, and the sample library, built once."""

import os

import pytest

from rag import Newsroom, Settings
from rag.settings import PREFIX

for name in [name for name in os.environ if name.startswith(PREFIX)]:
    del os.environ[name]  # a developer's own settings change no test


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=40, help="processes killed by the slow test")
    parser.addoption("--kill-seed", type=int, default=2, help="of the moments they are killed at")


@pytest.fixture(scope="session")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    """The sample library, built anew from `corpus/`, as somebody without one of their own has it.

    Only the exported embedding model is the one that this machine may have prepared before.
    """
    folder = tmp_path_factory.mktemp("newsroom")
    models = Settings().cache / "models"
    models.mkdir(parents=True, exist_ok=True)
    (folder / "models").symlink_to(models)
    return Newsroom.open(settings=Settings(cache=folder, data=folder / "data"))
