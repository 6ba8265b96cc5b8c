"""The command line. Reads arguments and prints; all work is done by `Newsroom`."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rag.errors import CitewireError
from rag.records import Answer, to_plain
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.newsroom import Newsroom

Command = Callable[..., Any]

_library = click.option("--library", metavar="DIR", help="Folder of the library.")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")


def _filters(command: Command) -> Command:
    options = [
        click.option("--since", metavar="DAY", help="Only articles published on or after it."),
        click.option("--until", metavar="DAY", help="Only articles published on or before it."),
        click.option("--as-of", metavar="DAY", help="As a reader on that day would be answered."),
        click.option("--outlet", "outlets", multiple=True, help="Only this outlet (repeatable)."),
        click.option("--article", "articles", multiple=True, help="Only this one (repeatable)."),
        click.option("--model", help="Language model, as provider:name; 'none' for none."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="citewire", prog_name="citewire")
def cli() -> None:
    """Ask the news and get answers whose every sentence cites its paragraph."""


@cli.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@_library
@_json
def add(sources: Sequence[str], library: str | None, as_json: bool) -> None:
    """Add articles from files and folders: text, Markdown, HTML, JSON, JSON lines, or gzip."""
    from rag.newsroom import Newsroom

    settings = _settings(library)
    if settings.library is None:
        settings = replace(settings, library=settings.data / "library")
    room = Newsroom.open(settings=settings)
    with _progress(quiet=as_json) as show:
        show("Preparing the embedding model", 0, 1)
        _ = room.embedder
        report = room.add(*sources, progress=lambda done, total: show("Adding", done, total))
    if as_json:
        _print_json(to_plain(report))
        return
    for item in report.rejected:
        click.echo(f"rejected: {item.origin}: {item.reason}", err=True)
    click.echo(f"{str(report).capitalize()}. Library: {room.folder}")


@cli.command()
@click.argument("question")
@_library
@_filters
@click.option("-k", type=click.IntRange(1, 50), default=None, help="Passages to read.")
@_json
def ask(
    question: str, library: str | None, model: str | None, k: int | None, as_json: bool,
    **filters: Any,
) -> None:  # fmt: skip
    """Answer QUESTION from the library, with citations."""
    with _open(library, quiet=as_json) as room:
        if k is not None:
            filters["k"] = k
        if model is not None:
            filters["model"] = None if model == "none" else model
        if as_json:
            _print_json(room.ask(question, **_given(filters)).to_dict())
            return
        shown = False
        for item in room.stream(question, **_given(filters)):
            if isinstance(item, Answer):
                text = str(item)
                click.echo(text[len(item.text) :].lstrip("\n") if shown else text)
            else:
                click.echo(item.text)
                shown = True


@cli.command()
@click.argument("question")
@_library
@_filters
@click.option("-k", type=click.IntRange(1, 1000), default=10, help="How many passages.")
@_json
def search(
    question: str, library: str | None, model: str | None, k: int, as_json: bool, **filters: Any
) -> None:
    """List the passages that fit QUESTION best, without an answer."""
    with _open(library, quiet=as_json) as room:
        passages = room.search(question, k, **_given(filters))
    if as_json:
        _print_json(to_plain(passages))
        return
    for rank, p in enumerate(passages, 1):
        day = p.published.day if p.published else "undated"
        numbers = f"{p.paragraphs[0]}-{p.paragraphs[-1]}"
        click.echo(f"{rank:2}. {p.title} ({p.outlet or 'no outlet'}, {day}), paragraphs {numbers}")
        click.echo(f"    {' '.join(p.text.split())[:200]}")


@cli.command()
@_library
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the page.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser window.")
def chat(library: str | None, port: int | None, no_browser: bool) -> None:
    """Open the chat page in the browser."""
    from ui import launch

    with _open(library) as room:
        _ = room.embedder
    named = _settings(library).library
    launch(named, port, not no_browser)


@cli.command()
@_library
@_json
@click.option("--check", is_flag=True, help="Exit with 1 where something needs attention.")
def status(library: str | None, as_json: bool, check: bool) -> None:
    """Say what the library holds and what needs attention."""
    with _open(library, quiet=as_json) as room:
        found = room.status()
    if as_json:
        _print_json(to_plain(found))
    else:
        for field in fields(found):
            value = getattr(found, field.name)
            if isinstance(value, dict):
                value = ", ".join(f"{name} ({count})" for name, count in value.items())
            elif isinstance(value, tuple):
                value = "; ".join(value) or "none"
            click.echo(f"{field.name:10} {value}")
    if check and found.attention:
        sys.exit(1)


@cli.command()
@click.argument("key")
@_library
def remove(key: str, library: str | None) -> None:
    """Purge the article KEY (its address, or what search --json calls it) from the library."""
    with _open(library) as room:
        try:
            room.remove(key)
        except KeyError:
            raise CitewireError(
                f"There is no article {key} in {room.name}; list them with: citewire export"
            ) from None
    click.echo(f"Removed {key}.")


@cli.command()
@_library
def rebuild(library: str | None) -> None:
    """Embed every passage anew, with the embedder of the settings."""
    with _open(library) as room, _progress() as show:
        count = room.rebuild(lambda done, total: show("Embedding", done, total))
    click.echo(f"Rebuilt {count:,} vectors of {room.folder}.")


@cli.command()
@_library
def export(library: str | None) -> None:
    """Print every article as a JSON line that `add` can read back."""
    with _open(library) as room:
        for stored in room.articles():
            a = stored.article
            stamps = {n: t.text for n in ("published", "updated") if (t := getattr(a, n))}
            record = {"url": a.url, "title": a.title, "outlet": a.outlet, "authors": a.authors,
                      **stamps, "note": a.note, "text": list(a.paragraphs)}  # fmt: skip
            click.echo(json.dumps({k: v for k, v in record.items() if v}, ensure_ascii=False))


@cli.command()
@click.argument("questions", type=click.Path(path_type=Path))
@_library
@click.option("--model", help="Language model, as provider:name; 'none' for none.")
@click.option("--html", type=click.Path(path_type=Path), help="Write a report for people to FILE.")
@click.option("--floors", type=click.Path(path_type=Path), help="Fail where a figure is below.")
@click.option("--update", is_flag=True, help="Raise the floors to what was measured.")
@click.option("--lower", is_flag=True, help="With --update: lower floors, too.")
@_json
def evaluate(
    questions: Path, library: str | None, model: str | None, html: Path | None,
    floors: Path | None, update: bool, lower: bool, as_json: bool,
) -> None:  # fmt: skip
    """Ask every question of a file and score the answers against what the file says."""
    from rag import evaluation
    from rag.evaluation import gate, report

    loaded = evaluation.load(questions)
    with _open(library, quiet=as_json) as room, _progress(quiet=as_json) as show:
        options = {} if model is None else {"model": None if model == "none" else model}
        result = evaluation.evaluate(
            evaluation.resolve(loaded, room), evaluation.asker(room, **options),
            questions_sha256=evaluation.sha256(questions), library=room.name,
            articles=room.status().articles, settings=options,
            progress=lambda done, total: show("Asking", done, total),
        )  # fmt: skip
    if html:
        report.write_html(result, html)
    if as_json:
        _print_json(result.to_dict())
    else:
        report.show(result)
    if floors and update:
        gate.update(result, floors, allow_lower=lower)
    elif floors and (short := gate.check(result, floors)):
        raise CitewireError("; ".join(map(str, short)))


@cli.command()
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@_json
def compare(before: Path, after: Path, as_json: bool) -> None:
    """Say what got better and what got worse between two reports of `evaluate --json`."""
    from rag.evaluation import compare as comparing

    found = comparing.compare(comparing.read(before), comparing.read(after))
    if as_json:
        _print_json(to_plain(found))
    else:
        comparing.show(found)


@cli.group()
def benchmark() -> None:
    """Measure Citewire beside other ways of doing the same."""


@benchmark.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option("--articles", "count", default=500, help="How many articles are added.")
@click.option("--questions", "asked", default=100, help="How many questions are asked.")
@_json
def speed(folder: Path, count: int, asked: int, as_json: bool) -> None:
    """Time adding and asking beside the usual LangChain recipe, and a new process.

    FOLDER holds articles.jsonl.gz and questions.jsonl.
    """
    from rag.evaluation.speed import speed as measure

    lines = (folder / "questions.jsonl").read_text("utf-8").splitlines()[:asked]
    texts = [json.loads(line)["question"] for line in lines]
    with _progress(quiet=as_json) as show:
        found = measure(folder / "articles.jsonl.gz", texts, count, lambda text: show(text, 0, 1))
    if as_json:
        _print_json(found)
        return
    click.echo(f"{found['articles']} articles, {found['characters']:,} characters")
    click.echo(f"{'':18}{'citewire':>10}{'other':>10}{'ratio':>8}   seconds")
    for name in ("add", "retrieve_median", "cold"):
        pair = found[name]
        click.echo(f"{name:18}{pair['citewire']:10.3f}{pair['other']:10.3f}{pair['ratio']:8.3f}")
    click.echo(f"{'ask_median':18}{found['ask_median']:10.3f}")


def _settings(library: str | None) -> Settings:
    settings = Settings.load()
    return replace(settings, library=Path(library).expanduser()) if library else settings


@contextmanager
def _open(library: str | None, quiet: bool = False) -> Iterator[Newsroom]:
    from rag.newsroom import Newsroom

    with _progress(quiet) as show:
        room = Newsroom.open(settings=_settings(library), progress=show)
    yield room


@contextmanager
def _progress(quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr that appears with the first call: what is done, how much, of how much."""
    bar: Any = None
    task: Any = None

    def show(label: str, done: int, total: int) -> None:
        nonlocal bar, task
        if quiet:
            return
        if bar is None:
            from rich import progress
            from rich.console import Console

            bar = progress.Progress(
                progress.TextColumn("{task.description}"), progress.BarColumn(),
                progress.TaskProgressColumn(), progress.TimeElapsedColumn(),
                progress.TextColumn("left"), progress.TimeRemainingColumn(),
                console=Console(stderr=True),
            )  # fmt: skip
            task = bar.add_task(label, total=None)
            bar.start()
        bar.update(task, description=label, completed=done, total=total if total > 1 else None)

    try:
        yield show
    finally:
        if bar is not None:
            bar.stop()


def _given(filters: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in filters.items() if value not in (None, ())}


def _print_json(data: Any) -> None:
    click.echo(json.dumps(data, ensure_ascii=False, indent=1))


def main() -> None:
    """Runs the command line: exit code 0 done, 1 failed with one line on stderr, 2 usage."""
    try:
        cli(standalone_mode=False)
    except CitewireError as error:
        click.echo(f"citewire: {error}", err=True)
        sys.exit(1)
    except click.UsageError as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("citewire: stopped; what was finished is kept.", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


if __name__ == "__main__":
    main()
