"""Nothing is lost where a process is killed. The work is done by kills.py."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = Path(__file__).parent / "kills.py"


def kill(folder: Path, kills: int, seed: int) -> None:
    command = [sys.executable, str(KILLS), str(folder), str(kills), str(seed)]
    environ = dict(os.environ, PYTHONPATH=str(KILLS.parent.parent))
    done = subprocess.run(command, capture_output=True, text=True, env=environ)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]


def test_killed_processes_lose_nothing(tmp_path: Path) -> None:
    kill(tmp_path, 3, seed=1)


@pytest.mark.slow
def test_many_killed_processes_lose_nothing(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    kill(tmp_path, pytestconfig.getoption("--kills"), pytestconfig.getoption("--kill-seed"))
