"""`python -m rag.training PUBLIC OUT`: from public sets and the written articles to a reader."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click
import torch
from tokenizers import Tokenizer
from torch import Tensor

from rag import embed
from rag.settings import Settings
from rag.training import data, misses, reports, train
from rag.training.export import export
from rag.training.model import Network
from rag.training.restore import restore

WRITTEN = Path(__file__).parent / "written"
SETS = "sets"
"""Folder, within that of the written articles, of those that come in sets of like events."""
MISSES = "misses"
"""Folder, there, of what was written on these articles and on public paragraphs afterwards."""
REPORTS = "reports"
"""Folder, there, of reports that came with their questions after that."""
AGAIN = {"sets": 2, "misses": 5, "reports": 8}
"""Of the texts of the stage before, one in so many is seen again."""
BESIDE = {"misses": 1_500, "reports": 1_000}
"""Questions of the public sets, with their passages, that a stage sees again."""
PUBLIC = 700
"""Answerable questions of the public sets that are seen again beside the written articles."""

MEAN = {"news": 2, "sets": 1}
MISSED = {"misses": 4, "mean": 1}
TOLD = {"reports": 1, "missed": 1}
"""Stages whose weights are averaged, and the share of each: after the sets, the near misses and the
reports. A stage learns more near misses and forgets some of what was learned of other texts; the
mean does better than either (Wortsman et al. 2022, WiSE-FT)."""
BY_WORDS = 0.5
"""What the words' own odds count in a network that has learned the near misses."""


@click.command()
@click.argument("public", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--written",
    type=click.Path(exists=True, path_type=Path),
    default=WRITTEN,
    help="Folder of the written articles, *.jsonl, with the folders sets, misses and reports.",
)
@click.option("--seed", default=7, help="Of everything that is drawn.")
@click.option("--device", default="cpu", help='"cpu" (hours) or "cuda" (minutes).')
@click.option(
    "--start",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A reader's folder, such as rag/weights, whose weights stand for all stages but the last.",
)
@click.option("--trial", is_flag=True, help="Train the stage that is on trial, too: the reports.")
@click.option("--resume", is_flag=True, help="Go on after the stages whose checkpoints are in OUT.")
def main(
    public: Path, out: Path, written: Path, seed: int, device: str, start: Path | None,
    trial: bool, resume: bool,
) -> None:  # fmt: skip
    """Train on the public sets in the folder PUBLIC, then on what was written for this.

    OUT gets a checkpoint after each stage and reader.xml, reader.bin and card.json at the end.
    """
    out.mkdir(parents=True, exist_ok=True)
    random.seed(seed)
    torch.manual_seed(seed)
    chance = random.Random(seed)
    embedder = embed.load(Settings.load())
    source = Path(embed.source(embed.DEFAULT))
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(train.WINDOW, strategy="longest_first")
    network = Network(source).to(device)
    groups, pairs = data.public(public, embedder, seed)
    chance.shuffle(groups)
    chance.shuffle(pairs)
    alone = data.drawn(sorted(written.glob("*.jsonl")), embedder.count, seed)
    sets = data.drawn(sorted((written / SETS).glob("*.jsonl")), embedder.count, seed)
    news = train.items(*_again(groups, pairs, seed), tokenizer) + train.items(*alone, tokenizer)
    # Each with a learning rate that rises and falls.
    of_sets = news[:: AGAIN["sets"]] + train.items(*sets, tokenizer)
    stages: dict[str, Callable[[], list[train.Item]]] = {
        "public": lambda: train.items(groups, pairs[: len(groups) // 4], tokenizer),
        "news": lambda: news,
        "sets": lambda: of_sets,
    }

    def load(checkpoint: Path) -> None:
        network.load_state_dict(torch.load(checkpoint, map_location=device, weights_only=True))

    def stage(name: str, made: Callable[[], list[train.Item]]) -> None:
        checkpoint = out / f"{name}.pt"
        if resume and checkpoint.exists():
            load(checkpoint)
        else:
            train.train(network, name, made(), checkpoint)

    def average(name: str, shares: Mapping[str, float]) -> None:
        torch.save(_mean(out, shares, device), out / f"{name}.pt")
        load(out / f"{name}.pt")

    files = sorted([*written.glob("*.jsonl"), *(written / SETS).glob("*.jsonl")])
    missed = misses.read(written / MISSES, public, files, embedder.count, seed)
    near = train.items(*missed, tokenizer)
    first = "missed" if start and trial else "mean"
    if start:
        restore(network, start)
        torch.save(network.state_dict(), out / f"{first}.pt")
    else:
        for name, made in stages.items():
            stage(name, made)
        average("mean", MEAN)
    train.settle(network)
    if first == "mean":
        again = train.items(groups[: BESIDE["misses"]], [], tokenizer)
        stage("misses", lambda: of_sets[:: AGAIN["misses"]] + again + near)
        average("missed", MISSED)
    if trial:
        again = train.items(groups[: BESIDE["reports"]], [], tokenizer)
        told = reports.read(sorted((written / REPORTS).glob("*.jsonl")), embedder.count, seed)
        of_reports = near[:: AGAIN["reports"]] + again + train.items(*told, tokenizer)
        stage("reports", lambda: of_reports)
        average("told", TOLD)
    card: dict[str, Any] = {
        "base": embed.DEFAULT,
        "seed": seed,
        "public": len(groups),
        "written": len(alone[0] + sets[0]),
        "misses": len(missed[0]),
        "by_words": BY_WORDS,
    }
    export(network.cpu(), out, card)
    click.echo(f"The reader is in {out}; use it with CITEWIRE_READER={out}")


def _mean(out: Path, shares: Mapping[str, float], device: str) -> dict[str, Tensor]:
    """The mean of the weights in the stages' checkpoints, each by its share."""
    mean: dict[str, Tensor] = {}
    for stage, share in shares.items():
        part = share / sum(shares.values())
        weights = torch.load(out / f"{stage}.pt", map_location=device, weights_only=True)
        for name, weight in weights.items():
            mean[name] = mean.get(name, 0) + part * weight
    return mean


def _again(
    groups: list[data.Group], pairs: list[data.Pair], seed: int
) -> tuple[list[data.Group], list[data.Pair]]:
    """Of the public sets what a later stage sees, too: questions without an answer above all."""
    none = [g for g in groups if not g.texts[0].spans]
    answered = [g for g in groups if g.texts[0].spans]
    random.Random(seed).shuffle(answered)
    near = data.near_misses(answered[: 2 * PUBLIC], seed)
    told = data.corrupted((g.texts[0].text for g in answered[:PUBLIC]), seed)
    return [*none, *answered[:PUBLIC], *near], [*pairs[:PUBLIC], *told]


main()
