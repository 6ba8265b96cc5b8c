"""The commands that measure: `evaluate`, `compare`, `questions` and `benchmark`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from rag.console import (
    OutFile,
    given,
    json_option,
    library_option,
    model_option,
    named_settings,
    opened,
    print_json,
    progress,
    say,
)
from rag.errors import CitewireError
from rag.records import to_plain
from rag.sample import NAME as SAMPLE


@click.command()
@click.argument("questions", type=click.Path(path_type=Path))
@library_option
@model_option
@click.option("-k", type=click.IntRange(1, 50), help="Passages to find.")
@click.option("--html", type=OutFile(), help="Write a report for people to FILE.")
@click.option("--floors", type=OutFile(), help="Fail where a figure is below.")
@click.option("--update", is_flag=True, help="Raise the floors to what was measured.")
@click.option("--lower", is_flag=True, help="With --update: lower floors, too.")
@json_option
def evaluate(
    questions: Path, library: str | None, model: str | None, k: int | None, html: Path | None,
    floors: Path | None, update: bool, lower: bool, as_json: bool,
) -> None:  # fmt: skip
    """Ask every question of a file and score the answers against what the file says."""
    from rag import evaluation
    from rag.evaluation import gate, report
    from rag.evaluation.evaluate import measured_with

    if (update or lower) and not floors:
        raise click.UsageError("--update and --lower go with --floors FILE.")
    if floors and not update:
        gate.read(floors)
    loaded = evaluation.load(questions)
    room = opened(library, quiet=as_json)
    options = given({"k": k, "model": model})
    with progress(quiet=as_json) as show:
        result = evaluation.evaluate(
            evaluation.resolve(loaded, room), evaluation.asker(room, **options),
            questions_sha256=evaluation.sha256(questions), library=room.name,
            articles=room.status().articles, settings=measured_with(room, **options),
            progress=lambda done, total: show("Asking", done, total),
        )  # fmt: skip
    if html:
        report.write_html(result, html)
    if as_json:
        print_json(result.to_dict())
    else:
        report.show(result)
    if floors and update:
        gate.update(result, floors, allow_lower=lower)
    elif floors and (short := gate.check(result, floors)):
        raise CitewireError("; ".join(map(str, short)))


@click.command()
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@json_option
def compare(before: Path, after: Path, as_json: bool) -> None:
    """Say what got better and what got worse between two reports of `evaluate --json`."""
    from rag.evaluation import compare as comparing

    found = comparing.compare(comparing.read(before), comparing.read(after))
    if as_json:
        print_json(to_plain(found))
    else:
        comparing.show(found)


@click.command()
@click.argument("out", type=OutFile(), metavar="OUT")
@library_option
@click.option("--count", type=click.IntRange(1), default=50, help="How many questions, at most.")
@model_option
@click.option("--force", is_flag=True, help="Replace OUT where there is such a file.")
def questions(out: Path, library: str | None, count: int, model: str | None, force: bool) -> None:
    """Draft a question file OUT about the library, to be read, mended and used by `evaluate`."""
    from rag import evaluation
    from rag.evaluation.questions import refuse_existing

    if not force:
        refuse_existing(out)
    room = opened(library)
    with progress() as show:
        drafts = evaluation.draft(
            room, count, model=room.settings.model if model is None else model,
            progress=lambda done, total: show("Drafting", done, total),
        )  # fmt: skip
    evaluation.save(drafts.questions, out, overwrite=force)
    for reason, times in drafts.skipped.items():
        click.echo(f"not used, {times} times: {reason}", err=True)
    if len(drafts.questions) < count:
        why = "no other sentence of the library tells plainly who, when, where or how many"
        click.echo(f"fewer than {count}: {why}", err=True)
    click.echo(
        f"{len(drafts.questions)} questions drafted. Strike out in {out} what nobody would ask, "
        f"then run: citewire evaluate {out}{f' --library {library}' if library else ''}"
    )


@click.group()
def benchmark() -> None:
    """Measure Citewire on public data sets and beside other ways of doing the same."""


@benchmark.command()
@click.option("--json", "out", type=OutFile(), help="Write the figures to FILE.")
@click.option("--readme", type=OutFile(), help="Put the table into FILE, too.")
@click.option("--questions", "asked", type=click.Path(path_type=Path),
              help="Others than the held-out ones on the sample library.")  # fmt: skip
def sample(out: Path | None, readme: Path | None, asked: Path | None) -> None:
    """Ask Citewire and a LangChain recipe about the sample library; prints Markdown."""
    from rag.evaluation.benchmarks import sample as questions

    room = opened(SAMPLE)
    with progress() as show:
        found = questions.run(room, show, asked)
    if out:
        out.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    if readme:
        questions.write(found, readme)
    click.echo(questions.markdown(found))


@benchmark.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--articles", "count", type=click.IntRange(1), default=500, show_default=True,
              help="How many articles are added.")  # fmt: skip
@click.option("--questions", "asked", type=click.IntRange(1), default=100, show_default=True,
              help="How many questions are asked.")  # fmt: skip
@json_option
def speed(folder: Path, count: int, asked: int, as_json: bool) -> None:
    """Time adding and asking beside the usual LangChain recipe, adding again, and a new process.

    FOLDER is one of RealTimeQA, as `benchmark prepare` makes it.
    """
    from rag.evaluation.benchmarks import realtimeqa
    from rag.evaluation.benchmarks import speed as timing

    texts = [a.question.question for a in realtimeqa.load(folder)[:asked]]
    with progress(quiet=as_json) as show:
        found = timing.run(folder / "articles.jsonl.gz", texts, count, lambda t: show(t, 0, 1))
    say(as_json, found, timing.table(found))


@benchmark.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--lane",
    type=click.Choice(("same", "open", "lead")),
    default="same",
    help="What a question may use: the articles of its own search, all, or leads.",
)
@click.option("--every", type=click.IntRange(1), default=1, show_default=True,
              help="Only the first of each so many questions: 6 is what we publish.")  # fmt: skip
@click.option("--limit", type=click.IntRange(1), help="Only the first so many of these.")
@model_option
@click.option("--no-recipe", is_flag=True, help="Leave the LangChain recipe out; it adds slowly.")
@click.option("--json", "out", type=OutFile(), help="Write all of it to FILE.")
@click.option("--html", type=OutFile(), help="Write a report for people to FILE.")
def realtimeqa(
    folder: Path, lane: Any, every: int, limit: int | None, model: str | None, no_recipe: bool,
    out: Path | None, html: Path | None,
) -> None:  # fmt: skip
    """Answer the weekly news quizzes of RealTimeQA in FOLDER, beside published systems."""
    from rag.evaluation import report
    from rag.evaluation.benchmarks import realtimeqa as quiz

    with progress() as show:
        found, rows = quiz.run(folder, lane, named_settings(None), show, every=every, limit=limit,
                               model=model, recipe=not no_recipe)  # fmt: skip
    if out:
        out.write_text(json.dumps(found, ensure_ascii=False, indent=1), "utf-8")
    if html:
        report.write_html(rows, html)
    click.echo(quiz.table(found))


@benchmark.command()
@click.argument("folder", type=click.Path(path_type=Path))
@json_option
def support(folder: Path, as_json: bool) -> None:
    """Judge whether articles support sentences: QAGS, in FOLDER."""
    from rag import crossencoder
    from rag.evaluation.benchmarks import support as qags

    network = crossencoder.named(named_settings(None).reader)
    with progress(quiet=as_json) as show:
        found = qags.run(folder, network, show)
    say(as_json, found, qags.table(found))


@benchmark.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--tuning", is_flag=True, help="The half of the articles that limits are set with.")
@json_option
def copies(folder: Path, tuning: bool, as_json: bool) -> None:
    """Make copies and follow-ups of the articles in FOLDER, and count which are grouped.

    FOLDER is one of RealTimeQA, as `benchmark prepare` makes it.
    """
    from rag.evaluation.benchmarks import copies as grouping

    with progress(quiet=as_json) as show:
        found = grouping.run(folder, tuning, show)
    say(as_json, found, grouping.table(found))


@benchmark.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--all", "every", is_flag=True, help="Also the articles at even positions.")
@json_option
def squad2(file: Path, every: bool, as_json: bool) -> None:
    """Read the paragraphs of a SQuAD 2.0 FILE with the reader of CITEWIRE_READER."""
    from rag import crossencoder
    from rag.evaluation.benchmarks import squad2 as squad

    network = crossencoder.named(named_settings(None).reader)
    if network is None:
        raise CitewireError("There is no reader to measure; name its folder in CITEWIRE_READER.")
    with progress(quiet=as_json) as show:
        found = squad.run(squad.load(file, odd=not every), network, 0.0, show)
    say(as_json, found, squad.table(found))


@benchmark.command()
@click.argument("name", type=click.Choice(("realtimeqa",)))
@click.argument("clone", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.argument("year", type=int)
def prepare(name: str, clone: Path, out: Path, year: int) -> None:
    """Make a RealTimeQA folder OUT of a YEAR from a CLONE of realtimeqa/realtimeqa_public."""
    from rag.evaluation.benchmarks import realtimeqa as quiz

    articles, questions = quiz.prepare(clone, out, year)
    click.echo(f"{articles:,} articles and {questions:,} questions in {out}.")


COMMANDS = (evaluate, compare, questions, benchmark)
"""What the command line takes from here."""
