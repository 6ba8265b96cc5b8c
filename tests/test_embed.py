"""The embedder as a part of its own; what its vectors are worth is seen in the other tests."""

import subprocess
import sys

from rag import Newsroom

FREED = """
from pathlib import Path
from rag.embed import Embedder

for _ in range(6):  # with OpenVINO's own queue, one of the first five never ended
    Embedder(Path({folder!r})).encode_short(["The council voted.", "One long sentence. " * 40])
"""


def test_an_embedder_may_be_freed_while_it_is_still_warm(newsroom: Newsroom) -> None:
    (folder,) = (newsroom.settings.cache / "models").glob("all-MiniLM-L6-v2-*-v2")
    code = FREED.format(folder=str(folder))
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
