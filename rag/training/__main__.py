"""`python -m rag.training PUBLIC OUT`: from public sets and the written articles to a reader."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import torch
from tokenizers import Tokenizer
from torch import Tensor

from rag import embed, runtime
from rag.settings import Settings
from rag.training import train
from rag.training.export import export
from rag.training.lessons import Lessons
from rag.training.model import Network
from rag.training.restore import restore

WRITTEN = Path(__file__).parent / "written"
STAGES = ("public", "news", "sets", "misses")
TRIAL = "reports"
"""The stages, each a method of `Lessons`, and the one on trial."""
SETTLED = ("misses", TRIAL)
"""Those that are learned by a settled network."""
MEAN = {
    "sets": {"news": 2, "sets": 1},
    "misses": {"misses": 4, "sets-mean": 1},
    "reports": {"reports": 1, "misses-mean": 1},
}
"""After which stage the weights are averaged, with what share of each. A stage learns more near
misses and forgets some of what was learned of other texts; the mean does better than either
(Wortsman et al. 2022, WiSE-FT)."""
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
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint in OUT.")
def main(
    public: Path, out: Path, written: Path, seed: int, device: str, start: Path | None,
    trial: bool, resume: bool,
) -> None:  # fmt: skip
    """Train on the public sets in the folder PUBLIC, then on what was written for this.

    OUT gets a checkpoint after each stage and reader.xml, reader.bin and card.json at the end.
    """
    files = [
        *public.glob("*.json"),
        *written.rglob("*.jsonl"),
        *(start.glob("reader.bin") if start else ()),
    ]
    _begin(out, {"seed": seed, "data": sorted(map(runtime.sha256, files))}, resume)
    torch.manual_seed(seed)
    source = Path(embed.source(embed.DEFAULT))
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(train.WINDOW, strategy="longest_first")
    network = Network(source).to(device)
    lessons = Lessons(public, written, embed.load(Settings.load()), tokenizer, seed)
    stages = [*STAGES, TRIAL] if trial else [*STAGES]
    if start:
        restore(network, start)
        *_, before, last = stages
        torch.save(network.state_dict(), out / f"{before}-mean.pt")
        stages = [last]
    for stage in stages:
        if stage in SETTLED:
            train.settle(network)
        checkpoint = out / f"{stage}.pt"
        if not (resume and checkpoint.exists()):
            train.train(network, stage, getattr(lessons, stage)(), checkpoint, seed, resume)
        network.load_state_dict(_load(checkpoint, device))
        if stage in MEAN:
            network.load_state_dict(_mean(out, MEAN[stage], device))
            torch.save(network.state_dict(), out / f"{stage}-mean.pt")
    export(network.cpu(), out, {"base": embed.DEFAULT, "seed": seed, "by_words": BY_WORDS})
    click.echo(f"The reader is in {out}; use it with CITEWIRE_READER={out}")


def _begin(out: Path, run: dict[str, Any], resume: bool) -> None:
    """Notes which run OUT is of; raises where it is of another, or one that is not to go on."""
    noted = out / "run.json"
    if resume and noted.exists():
        if json.loads(noted.read_text("utf-8")) != run:
            raise click.UsageError(f"{out} is of a run on other data or seed; name another folder.")
    elif any(out.glob("*.pt*")):
        raise click.UsageError(f"{out} holds a run: go on with --resume, or name another folder.")
    out.mkdir(parents=True, exist_ok=True)
    noted.write_text(json.dumps(run), "utf-8")


def _load(checkpoint: Path, device: str) -> dict[str, Tensor]:
    weights: dict[str, Tensor] = torch.load(checkpoint, map_location=device, weights_only=True)
    return weights


def _mean(out: Path, shares: Mapping[str, float], device: str) -> dict[str, Tensor]:
    """The mean of the weights in checkpoints, each by its share."""
    mean: dict[str, Tensor] = {}
    for name, share in shares.items():
        part = share / sum(shares.values())
        for key, weight in _load(out / f"{name}.pt", device).items():
            mean[key] = mean.get(key, 0) + part * weight
    return mean


if __name__ == "__main__":
    main()
