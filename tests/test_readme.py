"""The README and its two companions are true: their code runs, their tables are the code's."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from rag import Settings

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "rag/sources/README.md", "rag/evaluation/README.md")
TEXTS = {page: (ROOT / page).read_text("utf-8") for page in PAGES}
README = TEXTS["README.md"]
BLOCK = re.compile(
    r"(?:<!-- (?P<mark>[^\n]*?) -->\n)?```(?P<kind>bash|python)\n(?P<code>.*?)```", re.S
)
BLOCKS = [m.groupdict() for text in TEXTS.values() for m in BLOCK.finditer(text)]
MARKS = ("untested: ", "run by .ci/run itself")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a reader has before them; what the commands write is not written into the checkout."""
    (tmp_path / "corpus").symlink_to(ROOT / "corpus")
    return tmp_path


def environment(folder: Path) -> dict[str, str]:
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "CITEWIRE_DATA": str(folder / "data"), "PATH": programs, "COLUMNS": "100"}


def test_every_block_is_run_or_says_why_not() -> None:
    fences = sum(text.count("```") for text in TEXTS.values())
    assert len(BLOCKS) == fences // 2 - 1  # all but the drawing of the path
    for block in BLOCKS:
        assert block["mark"] is None or block["mark"].startswith(MARKS), block["mark"]


@pytest.mark.parametrize("kind", ["python", pytest.param("bash", marks=pytest.mark.slow)])
def test_the_blocks_run(folder: Path, kind: str) -> None:
    code = "\n".join(b["code"] or "" for b in BLOCKS if b["kind"] == kind and not b["mark"])
    command = [sys.executable, "-c", code] if kind == "python" else ["bash", "-ec", code]
    done = subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "Gen Nakatani" in done.stdout
    assert "214 people" in done.stdout
    if kind == "bash":
        assert (folder / "report.html").stat().st_size > 10_000
        assert "1871" in done.stdout
        assert "Queen Maud" in (folder / "articles.jsonl").read_text("utf-8")


def test_the_settings_table_is_that_of_the_code() -> None:
    source = (ROOT / "rag" / "settings.py").read_text("utf-8")
    for field in fields(Settings):
        text = re.search(rf'    {field.name}: .*?"""(.*?)"""', source, re.S)
        assert text, field.name
        default = "" if field.default is MISSING or field.default is None else field.default
        shown = f"`{default}`" if default != "" and not isinstance(default, Path) else ""
        row = f"| `CITEWIRE_{field.name.upper()}` | {shown} | {' '.join(text[1].split())} |"
        assert row in README, f"README.md lacks this line:\n{row}"


@pytest.mark.parametrize("page", PAGES)
def test_pictures_and_links_lead_somewhere(page: str) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", TEXTS[page]):
        assert ((ROOT / page).parent / target).exists(), target


def test_citewire_is_on_the_path() -> None:
    assert shutil.which("citewire", path=str(Path(sys.executable).parent))
