"""What the commands share: options, opening a library, progress, JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rag.errors import CitewireError
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.newsroom import Newsroom
    from rag.records import AddReport

REMARKS = 5
"""Remarks that are printed: a file may give thousands of dates that are none."""

Command = Callable[..., Any]


class OutFile(click.Path):
    """A file to be written. That its folder exists is seen before the work, not after it."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, writable=True, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        path: Path = super().convert(value, param, ctx)  # type: ignore[assignment]
        if not path.absolute().parent.is_dir():
            raise CitewireError(f"There is no folder {path.absolute().parent} for {path.name}.")
        return path


library_option = click.option("--library", metavar="DIR", help="Its folder, or 'sample'.")
model_option = click.option("--model", help="Language model, as provider:name; 'none' for none.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")


def filter_options(command: Command) -> Command:
    """Gives a command the options that say where an answer may come from."""
    options = [
        click.option("--since", metavar="DAY", help="Only articles published on or after it."),
        click.option("--until", metavar="DAY", help="Only articles published on or before it."),
        click.option("--as-of", metavar="DAY", help="As a reader on that day would be answered."),
        click.option("--undated", type=click.Choice(["include", "exclude"]),
                     help="Articles without a date; --since and --until exclude them."),
        click.option("--outlet", "outlets", multiple=True, help="Only this outlet (repeatable)."),
        click.option("--article", "articles", multiple=True, help="Only this one (repeatable)."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def named_settings(library: str | None) -> Settings:
    """The settings, with the library of the command line where one is named."""
    loaded = Settings.load()
    return replace(loaded, library=Path(library).expanduser()) if library else loaded


def own(library: str | None) -> Newsroom:
    """The library that a command may change: the one that is named, else the user's own."""
    from rag.newsroom import Newsroom

    settings = named_settings(library)
    return Newsroom.open(settings.library or settings.data / "library", settings=settings)


def opened(library: str | None, quiet: bool = False) -> Newsroom:
    """The library of the command line, prepared with a progress bar where that takes a while."""
    from rag.newsroom import Newsroom

    with progress(quiet) as show:
        return Newsroom.open(settings=named_settings(library), progress=show)


@contextmanager
def progress(quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr that appears with the first call: what is done, how much, of how much."""
    bar: Any = None
    task: Any = None

    def show(label: str, done: int, total: int) -> None:
        nonlocal bar, task
        if quiet:
            return
        if bar is None:
            from rich import progress as bars
            from rich.console import Console

            bar = bars.Progress(
                bars.TextColumn("{task.description}"), bars.BarColumn(),
                bars.TaskProgressColumn(), bars.TimeElapsedColumn(),
                bars.TextColumn("left"), bars.TimeRemainingColumn(),
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


def given(filters: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in filters.items() if value not in (None, ())}


def print_json(data: Any) -> None:
    click.echo(json.dumps(data, ensure_ascii=False, indent=1))


def say(as_json: bool, data: Any, text: str) -> None:
    """Prints the data as JSON where that is asked for, else the text."""
    if as_json:
        print_json(data)
    else:
        click.echo(text)


def exit_if_nothing_was_read(report: AddReport) -> None:
    """Exits with 1 where all that was asked for was rejected."""
    if report.rejected and not (report.added or report.updated or report.unchanged or report.older):
        sys.exit(1)


def print_rejected(report: AddReport) -> None:
    """Prints what was not taken, and the first remarks on what was."""
    for item in report.rejected:
        click.echo(f"rejected: {item.origin}: {item.reason}", err=True)
    for remark in report.remarks[:REMARKS]:
        click.echo(f"note: {remark.origin}: {remark.text}", err=True)
    more = len(report.remarks) - REMARKS
    if more > 0:
        click.echo(f"note: … and {more:,} more like these; --json has them all", err=True)
