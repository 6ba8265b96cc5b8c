"""What each stage of the training learns; prepared when it is wanted, for it takes minutes."""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer

from rag.embed import Embedder
from rag.training import data, misses, reports
from rag.training.data import Group, Pair
from rag.training.train import Item, items

PUBLIC = 700
"""Answerable questions of the public sets that are seen again beside the written articles."""
AGAIN = {"sets": 2, "misses": 5, "reports": 8}
"""Of the texts of the stage before, one in so many is seen again."""
BESIDE = {"misses": 1_500, "reports": 4_000}
"""Questions of the public sets, with their passages, that a stage sees again."""


@dataclass(frozen=True)
class Lessons:
    """The public sets in a folder, and what was written for this in another."""

    folder: Path
    written: Path
    """With the folders `sets`, articles that come in sets of like events, `misses`, what was
    written on these articles and on public paragraphs afterwards, and `reports`, which came with
    their questions after that."""
    embedder: Embedder
    tokenizer: Tokenizer
    seed: int

    def public(self) -> list[Item]:
        groups, pairs = self._public
        return self._items(groups, pairs[: len(groups) // 4])

    def news(self) -> list[Item]:
        """The articles that stand alone, beside some of the public questions."""
        return self._news

    def sets(self) -> list[Item]:
        return self._of_sets

    def misses(self) -> list[Item]:
        before = self._of_sets[:: AGAIN["misses"]]
        return before + self._beside("misses") + self._near

    def reports(self) -> list[Item]:
        before = self._near[:: AGAIN["reports"]]
        told = reports.read(_files(self.written / "reports"), self.embedder.count, self.seed)
        return before + self._beside("reports") + self._items(*told)

    @functools.cached_property
    def _public(self) -> tuple[list[Group], list[Pair]]:
        chance = random.Random(self.seed)
        groups, pairs = data.public(self.folder, self.embedder, self.seed)
        chance.shuffle(groups)
        chance.shuffle(pairs)
        return groups, pairs

    @functools.cached_property
    def _news(self) -> list[Item]:
        again = _again(*self._public, self.seed)
        return self._items(*again) + self._drawn(self.written)

    @functools.cached_property
    def _of_sets(self) -> list[Item]:
        return self._news[:: AGAIN["sets"]] + self._drawn(self.written / "sets")

    @functools.cached_property
    def _near(self) -> list[Item]:
        of = [*_files(self.written), *_files(self.written / "sets")]
        folder = self.written / "misses"
        missed = misses.read(folder, self.folder, sorted(of), self.embedder.count, self.seed)
        return self._items(*missed)

    def _beside(self, stage: str) -> list[Item]:
        return self._items(self._public[0][: BESIDE[stage]], [])

    def _drawn(self, folder: Path) -> list[Item]:
        return self._items(*data.drawn(_files(folder), self.embedder.count, self.seed))

    def _items(self, groups: list[Group], pairs: list[Pair]) -> list[Item]:
        return items(groups, pairs, self.tokenizer)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jsonl"))


def _again(groups: list[Group], pairs: list[Pair], seed: int) -> tuple[list[Group], list[Pair]]:
    """Of the public sets what a later stage sees, too: questions without an answer above all."""
    none = [g for g in groups if not g.texts[0].spans]
    answered = [g for g in groups if g.texts[0].spans]
    random.Random(seed).shuffle(answered)
    near = data.near_misses(answered[: 2 * PUBLIC], seed)
    told = data.corrupted((g.texts[0].text for g in answered[:PUBLIC]), seed)
    return [*none, *answered[:PUBLIC], *near], [*pairs[:PUBLIC], *told]
