"""The command line. Reads arguments and prints; all work is done by `Newsroom`."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

import click

from rag import cli_evaluation
from rag.console import (
    exit_if_nothing_was_read,
    filter_options,
    given,
    json_option,
    library_option,
    model_option,
    named_settings,
    opened,
    own,
    print_json,
    print_rejected,
    progress,
    say,
)
from rag.errors import CitewireError, LibraryReadOnly
from rag.records import AddReport, Answer, StoredArticle, to_plain
from rag.sample import NAME as SAMPLE


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="citewire", prog_name="citewire")
def cli() -> None:
    """Ask the news and get answers whose every sentence cites its paragraph."""


@cli.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@library_option
@json_option
def add(sources: Sequence[str], library: str | None, as_json: bool) -> None:
    """Add articles from files and folders (text, Markdown, HTML, JSON, JSON lines, or gzip), or
    from addresses of pages and feeds. Exits with 1 where all of it was rejected."""
    room = own(library)
    with progress(quiet=as_json) as show:
        show("Preparing the embedding model", 0, 1)
        _ = room.embedder
        report = room.add(*sources, progress=lambda done, total: show("Adding", done, total))
    if as_json:
        print_json(to_plain(report))
    else:
        print_rejected(report)
        click.echo(f"{str(report).capitalize()}. Library: {room.folder}")
    exit_if_nothing_was_read(report)


@cli.command()
@click.argument("feeds", nargs=-1, metavar="[FEED]...")
@library_option
@click.option("--every", type=click.FloatRange(min=1), default=30, show_default=True,
              metavar="MINUTES", help="Time between two rounds.")  # fmt: skip
@click.option("--once", is_flag=True, help="One round only, for cron.")
@click.option("--forget", is_flag=True, help="Follow these feeds no longer.")
@json_option
def follow(
    feeds: Sequence[str], library: str | None, every: float, once: bool, forget: bool, as_json: bool
) -> None:
    """Add what is new in RSS and Atom feeds, again and again; those named once are remembered.

    With --once, exits with 1 where all there was to read was rejected.
    """
    room = own(library)
    if forget and not feeds:
        raise click.UsageError("--forget goes with the feeds to forget.")
    for feed in feeds if forget else ():
        room.unfollow(feed)
        click.echo(f"{feed} is followed no longer; its articles stay.", err=as_json)
    if not feeds and not room.status().feeds:
        raise CitewireError(f"{room.folder} follows no feed; name one: citewire follow FEED")
    while not forget:
        start = time.monotonic()
        reports = []
        for report in room.follow(*feeds):
            reports.append(report)
            if as_json:
                click.echo(json.dumps(to_plain(report), ensure_ascii=False))
            else:
                print_rejected(report)
                click.echo(f"{datetime.now():%Y-%m-%d %H:%M} {report}")
        if once:
            exit_if_nothing_was_read(AddReport.of(reports))
            return
        time.sleep(max(0.0, start + 60 * every - time.monotonic()))


@cli.command()
@click.argument("question")
@library_option
@filter_options
@model_option
@click.option("-k", type=click.IntRange(1, 50), default=None, help="Passages to find.")
@json_option
def ask(question: str, library: str | None, as_json: bool, **options: Any) -> None:
    """Answer QUESTION from the library, with citations."""
    room = opened(library, quiet=as_json)
    if as_json:
        print_json(room.ask(question, **given(options)).to_dict())
        return
    for item in room.stream(question, **given(options)):
        if not isinstance(item, Answer):
            click.echo(item.text)
        elif not item.statements:
            click.echo(item)
        else:
            in_short = f"In short: {item.headline}\n" if item.headline else ""
            click.echo(f"{in_short}{item.footnotes}")


@cli.command()
@click.argument("question")
@library_option
@filter_options
@click.option("-k", type=click.IntRange(1, 1000), default=10, help="How many passages.")
@json_option
def search(question: str, library: str | None, k: int, as_json: bool, **filters: Any) -> None:
    """List the passages that fit QUESTION best, without an answer."""
    passages = opened(library, quiet=as_json).search(question, k, **given(filters))
    if as_json:
        print_json(to_plain(passages))
        return
    for rank, p in enumerate(passages, 1):
        day = p.day or "undated"
        numbers = f"{p.paragraphs[0]}-{p.paragraphs[-1]}"
        where = f"{p.outlet or 'no outlet'}, {day}"
        where += f"; also in {', '.join(p.also_in)}" if p.also_in else ""
        click.echo(f"{rank:2}. {p.title} ({where}), paragraphs {numbers}")
        click.echo(f"    {' '.join(p.text.split())[:200]}")


@cli.command()
@library_option
@click.option("--port", type=click.IntRange(1, 65535), help="Port of the page.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser window.")
def chat(library: str | None, port: int | None, no_browser: bool) -> None:
    """Open the chat page in the browser."""
    from ui import launch

    _ = opened(library).embedder
    named = named_settings(library).library
    launch(named, port, not no_browser)


@cli.command()
@library_option
@json_option
@click.option("--check", is_flag=True, help="Compare everything; exit with 1 if need be.")
def status(library: str | None, as_json: bool, check: bool) -> None:
    """Say what the library holds and what needs attention.

    --check compares articles, word index and vectors row by row, and exits with 1 where they
    disagree or anything else needs attention.
    """
    found = opened(library, quiet=as_json).status(check)
    if as_json:
        print_json(to_plain(found))
    else:
        for field in fields(found):
            value = getattr(found, field.name)
            if isinstance(value, dict):
                value = ", ".join(f"{name} ({count})" for name, count in value.items())
            elif isinstance(value, tuple):
                value = "; ".join(map(str, value)) or "none"
            elif isinstance(value, int):
                value = f"{value / 1e6:,.1f} MB" if field.name == "size" else f"{value:,}"
            click.echo(f"{field.name:10} {value}")
    if check and found.attention:
        sys.exit(1)


@cli.command()
@click.argument("key")
@library_option
@click.option("--version", type=click.IntRange(1), help="Not the newest, but this one.")
@click.option("--diff", is_flag=True, help="What the version changed in the one before.")
@json_option
def show(key: str, library: str | None, version: int | None, diff: bool, as_json: bool) -> None:
    """Print the article KEY (its address, or what search --json calls it), or what it changed."""
    from rag.versions import changes

    room = opened(library, quiet=as_json)
    try:
        held = {stored.version: stored for stored in room.versions(key)}
    except KeyError:
        raise _no_article(key, room.name) from None
    chosen = held.get(version or max(held))
    if chosen is None:
        raise CitewireError(f"{key} has no version {version}; expected 1 to {max(held)}.")
    before = held.get(chosen.version - 1)
    found = list(changes(before.article, chosen.article)) if before and diff else []
    if as_json:
        print_json({**to_plain(chosen), **({"changes": to_plain(found)} if diff else {})})
    elif diff:
        first = "the first version" if len(held) > 1 else "one version"
        what = f"version {chosen.version} since {before.version}" if before else first
        click.echo(f"{chosen.article.title}: {what}")
        for change in found:
            click.echo(change)
    else:
        click.echo(_whole(chosen, max(held)))


def _whole(stored: StoredArticle, newest: int) -> str:
    """An article to be read, its paragraphs numbered as they are cited."""
    a = stored.article
    stamps = ((n, t) for n in ("published", "updated") if (t := getattr(a, n)))
    facts = [a.outlet, *a.authors, *(f"{n} {t.text}" for n, t in stamps)]
    also = f"Also in {', '.join(stored.also_in)}" if stored.also_in else None
    which = f"Version {stored.version} of {newest}" if newest > 1 else None
    above = (a.title, "; ".join(f for f in facts if f), a.url, also, which, a.note, a.correction)
    texts = (f"{number:3} {text}" for number, text in enumerate(a.paragraphs, 1))
    return "\n".join([*(line for line in above if line), "", *texts])


def _no_article(key: str, library: str) -> CitewireError:
    return CitewireError(
        f"There is no article {key} in {library}; find its key with: citewire search --json WORDS"
    )


@cli.command()
@click.argument("key")
@library_option
@json_option
def remove(key: str, library: str | None, as_json: bool) -> None:
    """Purge the article KEY (its address, or what search --json calls it) from the library."""
    room = opened(library, quiet=as_json)
    try:
        room.remove(key)
    except KeyError:
        raise _no_article(key, room.name) from None
    say(as_json, {"removed": key}, f"Removed {key}.")


@cli.command()
@library_option
@json_option
def rebuild(library: str | None, as_json: bool) -> None:
    """Embed every passage anew, with the embedder of the settings."""
    room = opened(library, quiet=as_json)
    with progress(quiet=as_json) as show:
        count = room.rebuild(lambda done, total: show("Embedding", done, total))
    say(as_json, {"passages": count}, f"Rebuilt {count:,} vectors of {room.folder}.")


@cli.command()
@click.argument("file", type=click.File("w", "utf-8", atomic=True), default="-")
@library_option
def export(file: TextIO, library: str | None) -> None:
    """Write every version of every article to FILE, as JSON lines that `add` reads back."""
    from rag.sources import exported

    for stored in opened(library).every_version():
        click.echo(exported.line(stored), file)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@library_option
@json_option
def backup(file: Path, library: str | None, as_json: bool) -> None:
    """Write the library to one FILE, also while it is in use. Vectors are left out."""
    size = opened(library, quiet=as_json).backup(file)
    say(as_json, {"bytes": size}, f"Wrote {size / 1e6:,.1f} MB to {file}.")


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@library_option
@json_option
def restore(file: Path, library: str | None, as_json: bool) -> None:
    """Make a library from a backup FILE, in the folder --library; embeds every passage."""
    from rag.backup import restore

    settings = named_settings(library)
    folder = settings.library or settings.data / "library"
    if str(folder) == SAMPLE:
        raise LibraryReadOnly("The sample library is not to be restored; name another --library.")
    with progress(quiet=as_json) as show:
        count = restore(file, folder, settings, lambda a, b: show("Embedding", a, b))
    say(as_json, {"articles": count}, f"Restored {count:,} articles to {folder}.")


for command in cli_evaluation.COMMANDS:
    cli.add_command(command)


def main() -> None:
    """Runs the command line.

    Exit code 0: done; 1: failed, with one line on stderr; 2: usage; 130: stopped by Ctrl-C.
    """
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
    except OSError as error:
        click.echo(f"citewire: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
