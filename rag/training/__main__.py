"""`python -m rag.training PUBLIC OUT`: from public sets and the written articles to a reader."""

from __future__ import annotations

import random
from collections.abc import Mapping
from pathlib import Path

import click
import torch
from tokenizers import Tokenizer
from torch import Tensor

from rag import embed
from rag.settings import Settings
from rag.training import data, train
from rag.training.export import export
from rag.training.model import Network

WRITTEN = Path(__file__).parent / "written"
SETS = "sets"
"""Folder, within that of the written articles, of those that come in sets of like events."""
AGAIN = 2
"""Of the texts of the stage before, one in so many is seen again beside the sets."""
PUBLIC = 700
"""Answerable questions of the public sets that are seen again beside the written articles."""

MEAN = {"news": 2, "sets": 1}
"""Stages whose weights are averaged at the end, and the share of each: the last learns more near
misses and forgets some of what was learned of support and of other texts; the mean does better than
either (Wortsman et al. 2022, WiSE-FT)."""


@click.command()
@click.argument("public", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("out", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--written",
    type=click.Path(exists=True, path_type=Path),
    default=WRITTEN,
    help="Folder of the written articles, *.jsonl, and of their sets, sets/*.jsonl.",
)
@click.option("--seed", default=7, help="Of everything that is drawn.")
@click.option("--device", default="cpu", help='"cpu" (hours) or "cuda" (minutes).')
@click.option("--resume", is_flag=True, help="Go on after the stages whose checkpoints are in OUT.")
def main(public: Path, out: Path, written: Path, seed: int, device: str, resume: bool) -> None:
    """Train on the public sets in the folder PUBLIC, then on the written articles and their sets.

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
    tokenizer.enable_truncation(train.WINDOW, strategy="only_second")
    network = Network(source).to(device)
    groups, pairs = data.public(public, embedder, seed)
    chance.shuffle(groups)
    chance.shuffle(pairs)
    alone = data.drawn(sorted(written.glob("*.jsonl")), embedder.count, seed)
    sets = data.drawn(sorted((written / SETS).glob("*.jsonl")), embedder.count, seed)
    again = _again(groups, pairs, seed)
    news = train.items(*again, tokenizer) + train.items(*alone, tokenizer)
    # Each with a learning rate that rises and falls.
    stages = {
        "public": train.items(groups, pairs[: len(groups) // 4], tokenizer),
        "news": news,
        "sets": news[::AGAIN] + train.items(*sets, tokenizer),
    }
    for name, items in stages.items():
        checkpoint = out / f"{name}.pt"
        if resume and checkpoint.exists():
            network.load_state_dict(torch.load(checkpoint, map_location=device, weights_only=True))
        else:
            train.train(network, name, items, checkpoint)
    network.load_state_dict(_mean({out / f"{name}.pt": MEAN[name] for name in MEAN}, device))
    card = {
        "base": embed.DEFAULT,
        "seed": seed,
        "public": len(groups),
        "written": len(alone[0] + sets[0]),
    }
    export(network.cpu(), out, card)
    click.echo(f"The reader is in {out}; use it with CITEWIRE_READER={out}")


def _mean(shares: Mapping[Path, float], device: str) -> dict[str, Tensor]:
    """The mean of the weights in the checkpoints, each by its share."""
    mean: dict[str, Tensor] = {}
    for checkpoint, share in shares.items():
        part = share / sum(shares.values())
        for name, weight in torch.load(checkpoint, map_location=device, weights_only=True).items():
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
