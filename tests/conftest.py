"""What tests share: a clean environment, and the sample library, built once."""

import os
from pathlib import Path

import pytest

from rag import Newsroom, Settings, sample
from rag.settings import PREFIX

for name in [name for name in os.environ if name.startswith(PREFIX)]:
    del os.environ[name]  # a developer's own settings change no test


@pytest.fixture(scope="session")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Newsroom:
    """The sample library, built anew from `corpus/`.

    Only the exported embedding model is the one that this machine may have prepared before.
    """
    cache = tmp_path_factory.mktemp("cache")
    models = Settings().cache / "models"
    models.mkdir(parents=True, exist_ok=True)
    (cache / "models").symlink_to(models)
    settings = Settings(cache=cache)
    return Newsroom(sample.build(settings), settings)
