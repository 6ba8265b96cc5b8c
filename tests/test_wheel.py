"""The package as it is installed: the pins, the wheel, and the wheel at work with no network."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
import warnings
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent

Command = Callable[..., subprocess.CompletedProcess[str]]


def closure(name: str, *extras: str) -> dict[str, str]:
    """Name and version of a distribution and of everything it needs here."""
    done: dict[tuple[str, str], str] = {}
    waiting = [(canonicalize_name(name), extra) for extra in ("", *extras)]
    while waiting:
        item = waiting.pop()
        if item in done:
            continue
        done[item] = metadata.version(item[0]).partition("+")[0]
        for needed in map(Requirement, metadata.requires(item[0]) or []):
            if needed.marker is None or needed.marker.evaluate({"extra": item[1]}):
                waiting += [(canonicalize_name(needed.name), e) for e in ("", *needed.extras)]
    return {name: version for (name, _), version in done.items() if name != "citewire"}


def test_every_package_is_pinned_at_the_version_that_is_tested() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    needed = closure("citewire", "test")
    assert len(needed) > 100
    assert {name: pins.get(name) for name in needed} == needed


def test_every_package_that_is_installed_is_credited() -> None:
    text = (ROOT / "THIRD_PARTY.md").read_text("utf-8").partition("\n## Packages\n")[2]
    licences = re.findall(r"^- \*\*[^*]+\*\*: (.*?)\.$", text, re.DOTALL | re.MULTILINE)
    credited = {name for names in licences for name in re.split(r",\s+", names)}
    credited |= set(re.findall(r"`([\w-]+)` \(", text))  # that only some builds bring
    cuda = ("cuda-", "nvidia-")  # many and ever others; they are credited in one sentence
    assert {n for n in closure("citewire") if not n.startswith(cuda)} <= credited


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(folder)]
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", *options, str(ROOT)]
    subprocess.run(pip, check=True)
    (path,) = folder.glob("citewire-*.whl")
    return path


@pytest.fixture(scope="module")
def home(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The empty home of somebody who installed the wheel; `venv` beside it is what they installed.

    The other packages are those of this environment, which the wheel's own come before.
    """
    home = tmp_path_factory.mktemp("somebody") / "home"
    home.mkdir()
    folder = home.parent / "venv"
    venv.create(folder)
    site = sysconfig.get_path("purelib", vars={"base": str(folder)})
    Path(site, "others.pth").write_text(f"{sysconfig.get_path('purelib')}\n", "utf-8")
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python")]
    options = ["--quiet", "--no-deps", "--no-index", "--ignore-installed"]
    subprocess.run([*pip, "install", *options, str(wheel)], check=True)
    return home


@pytest.fixture(scope="module")
def unshare() -> list[str]:
    """A command before another that takes the network from it."""
    for command in (["unshare", "--net"], ["unshare", "--map-root-user", "--net"]):
        if shutil.which("unshare") and not subprocess.run([*command, "true"]).returncode:
            return command
    message = "NOT TESTED: that the package works offline; `unshare --net` does not run here"
    if os.environ.get("CI"):
        pytest.fail(message)
    warnings.warn(message, stacklevel=1)
    pytest.skip(message)


@pytest.fixture
def offline(home: Path, unshare: list[str]) -> Command:
    """Runs a program of the wheel's environment where there is no network at all."""
    kept = {"PATH", "LANG", "LC_ALL", "TMPDIR"}
    environment = {name: os.environ[name] for name in kept & set(os.environ)}
    # Without CI, which some packages take as a sign not to report anything to their makers.
    environment |= {"HOME": str(home), "COLUMNS": "100"}

    def run(program: str, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*unshare, str(home.parent / "venv" / "bin" / program), *arguments],
            cwd=home, env=environment, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return done

    return run


@pytest.mark.slow
def test_the_wheel_holds_all_that_the_checkout_has(wheel: Path) -> None:
    def files(folder: str, target: str) -> set[str]:
        paths = (p.relative_to(ROOT / folder) for p in (ROOT / folder).rglob("*") if p.is_file())
        left_out = (".", "__pycache__")  # what the tests and Python leave behind
        kept = (p for p in paths if not any(part.startswith(left_out) for part in p.parts))
        return {f"{target}/{p.as_posix()}" for p in kept}

    expected = files("rag", "rag") | files("ui", "ui") | files("corpus", "rag/corpus")
    names = set(ZipFile(wheel).namelist())
    packed = {name for name in names if ".dist-info/" not in name}
    assert packed == expected
    assert {"LICENSE", "THIRD_PARTY.md"} <= {Path(n).name for n in names - packed}


@pytest.mark.slow
def test_the_programs_of_the_tests_have_no_network(offline: Command) -> None:
    attempt = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=5)"
    assert "Network is unreachable" in offline("python", "-c", attempt, code=1).stderr


@pytest.mark.slow
def test_the_sample_library_answers_from_outside_the_checkout(offline: Command, home: Path) -> None:
    where = offline("python", "-c", "import rag, ui; print(rag.__file__, ui.__file__)").stdout
    assert str(ROOT) not in where
    assert where.count(str(home.parent)) == 2

    question = "Who did Hegseth meet in Tokyo?"
    answer = json.loads(offline("citewire", "ask", question, "--json").stdout)
    assert answer["status"] == "answered"
    assert "Gen Nakatani" in answer["text"]
    assert any("Gen Nakatani" in citation["quote"] for citation in answer["citations"])


@pytest.mark.slow
def test_ones_own_articles_are_added_and_asked(offline: Command, home: Path) -> None:
    (home / "ferry.md").write_text(
        "---\ntitle: Ferry sinks off Port Ellery\noutlet: Ellery Herald\npublished: 2025-03-01\n"
        "---\n\nThe ferry Queen Maud sank off Port Ellery.\n\n"
        "All 214 people aboard the ferry were rescued.\n",
        "utf-8",
    )
    assert "1 added" in offline("citewire", "add", "ferry.md", "--library", "mine").stdout
    question = "How many people were rescued from the ferry?"
    answer = json.loads(offline("citewire", "ask", question, "--library", "mine", "--json").stdout)
    assert answer["short"] == "214"
    assert answer["citations"][0]["paragraph"] == 2


@pytest.mark.slow
def test_nothing_is_left_behind_but_our_own(offline: Command, home: Path) -> None:
    """Packages that report to their makers mark whom they report on in the home folder."""
    offline("citewire", "ask", "Who did Hegseth meet in Tokyo?")
    ours = (".cache/citewire/", ".local/share/citewire/", "mine/", "ferry.md")
    files = {p.relative_to(home).as_posix() for p in home.rglob("*") if p.is_file()}
    assert {name for name in files if not name.startswith(ours)} == set()


# Serves the page on a loopback of its own, reads it as a browser would begin to, and ends it.
PAGE = """
import fcntl, pathlib, socket, struct, subprocess, sys, time, urllib.request
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:  # SIOCSIFFLAGS: lo, IFF_UP
    fcntl.ioctl(control, 0x8914, struct.pack("16sh", b"lo", 1))
citewire = pathlib.Path(sys.executable).with_name("citewire")
page = subprocess.Popen([citewire, "chat", "--no-browser", "--port", "8599"])
try:
    for _ in range(120):
        assert page.poll() is None
        try:
            urllib.request.urlopen("http://127.0.0.1:8599/_stcore/health", timeout=5)
            break
        except OSError:
            time.sleep(1)
    print(urllib.request.urlopen("http://127.0.0.1:8599/", timeout=5).read().decode())
finally:
    page.terminate()
    page.wait(30)
"""


@pytest.mark.slow
def test_the_page_is_served(offline: Command) -> None:
    assert '<div id="root">' in offline("python", "-c", PAGE).stdout
