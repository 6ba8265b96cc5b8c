"""Trains the reader."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from rag.crossencoder import LONGEST
from rag.training.data import Group, Pair
from rag.training.model import Network

WINDOW = 320
"""Tokens of question and passage together; what is beyond is cut from the passage."""
BATCH = 32
"""Passages of a step."""
RATE = 1.5e-4
HEAD_RATE = 5 * RATE
WARM_UP = 0.06
SETTLED = 2
"""Lowest layers that a settled network keeps as they are."""
SAVED_EVERY = 200
"""Steps after which a stage can be taken up again."""

NONE = (0,)
"""The token that is marked where there is no answer, as by Devlin et al. 2019 for SQuAD 2.0."""


@dataclass(frozen=True, slots=True)
class Row:
    """One input of the network."""

    ids: list[int]
    types: list[int]
    starts: tuple[int, ...]
    """Tokens at which an answer starts; the first of all, `NONE`, where there is none."""
    ends: tuple[int, ...]

    @property
    def answers(self) -> bool:
        return self.starts != NONE


@dataclass(frozen=True, slots=True)
class Item:
    """What belongs together in a step: the passages of a question, or one sentence."""

    rows: tuple[Row, ...]
    support: bool | None = None
    """For a sentence: whether the passage supports it."""


def items(groups: Sequence[Group], pairs: Sequence[Pair], tokenizer: Tokenizer) -> list[Item]:
    found = [
        Item(tuple(_row(tokenizer, g.question, t.text, t.spans) for t in g.texts)) for g in groups
    ]
    found += [Item((_row(tokenizer, p.sentence, p.text, ()),), p.supported) for p in pairs]
    return found


def _row(tokenizer: Tokenizer, first: str, text: str, spans: Sequence[tuple[int, int]]) -> Row:
    encoded = tokenizer.encode(first[:LONGEST], text)
    starts, ends = [], []
    for start, end in spans:
        inside = [
            i for i, (a, b) in enumerate(encoded.offsets)
            if encoded.type_ids[i] == 1 and a < end and b > start
        ]  # fmt: skip
        if inside:
            starts.append(inside[0])
            ends.append(inside[-1])
    return Row(encoded.ids, encoded.type_ids, tuple(starts) or NONE, tuple(ends) or NONE)


def batches(found: Sequence[Item], chance: random.Random) -> Iterator[list[Item]]:
    """Steps of about `BATCH` rows of like length, in random order."""
    shuffled = list(found)
    chance.shuffle(shuffled)
    chunks = []
    for start in range(0, len(shuffled), BATCH * 40):
        part = sorted(
            shuffled[start : start + BATCH * 40], key=lambda i: max(len(r.ids) for r in i.rows)
        )
        batch: list[Item] = []
        for item in part:
            batch.append(item)
            if sum(len(i.rows) for i in batch) >= BATCH:
                chunks.append(batch)
                batch = []
        if batch:
            chunks.append(batch)
    chance.shuffle(chunks)
    yield from chunks


def settle(network: Network) -> None:
    """Keeps the lowest layers as they are and drops nothing out, which takes 0.6 of the time.

    For a network that has read much.
    """
    for layer in (network.encoder.embeddings, *network.encoder.encoder.layer[:SETTLED]):
        layer.requires_grad_(False)
    for module in network.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0


def train(
    network: Network, name: str, found: Sequence[Item], checkpoint: Path, seed: int,
    resume: bool = False,
) -> None:  # fmt: skip
    """One stage: every item once, in steps of `BATCH` passages; saves the network at the end.

    The learning rate rises over the first steps and then falls to zero. Meanwhile everything is
    saved from time to time beside the checkpoint, with ".part" behind its name; with `resume` the
    stage goes on from there, on a CPU as if it had never stopped.
    """
    part = checkpoint.with_name(f"{checkpoint.name}.part")
    # Each stage draws its own, so that one which follows a checkpoint is as if there were none.
    torch.manual_seed(seed)
    steps = list(batches(found, random.Random(seed)))
    device = next(network.parameters()).device
    heads = [p for n, p in network.named_parameters() if not n.startswith("encoder.")]
    body = [p for p in network.encoder.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": RATE}, {"params": heads, "lr": HEAD_RATE}], weight_decay=0.01
    )
    warm = max(1, int(len(steps) * WARM_UP))

    def rate(step: int) -> float:
        return min((step + 1) / warm, max(0.0, (len(steps) - step) / max(1, len(steps) - warm)))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
    lasting: dict[str, Any] = {"network": network, "optimizer": optimizer, "schedule": schedule}
    done, mean = 0, 0.0
    if resume and part.exists():
        saved = torch.load(part, map_location=device, weights_only=True)
        for key, thing in lasting.items():
            thing.load_state_dict(saved[key])
        done, mean = saved["done"], saved["mean"]
        torch.set_rng_state(saved["chance"].cpu())
    # Without AVX-512, 16 bits take many times as long as 32.
    is_short_fast = device.type != "cpu" or "AVX512" in torch.backends.cpu.get_cpu_capability()
    network.train()
    network.encoder.set_attn_implementation("sdpa")  # takes an eighth less time; exported is eager
    began = time.monotonic()
    for step, batch in enumerate(steps[done:], done + 1):
        with torch.autocast(device.type, torch.bfloat16, enabled=is_short_fast):
            spans, verdicts = network(*_tensors(batch, device))
        loss = _loss(batch, spans.float(), verdicts.float())
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_([*body, *heads], 1.0)
        optimizer.step()
        schedule.step()
        share = max(0.02, 1 / step)
        mean += share * (loss.item() - mean)
        if step % 20 == 0 or step == len(steps):
            left = (time.monotonic() - began) / (step - done) * (len(steps) - step) / 60
            print(f"{name}: step {step} of {len(steps)}, loss {mean:.3f}, {left:.0f} minutes left",
                  flush=True)  # fmt: skip
        if step % SAVED_EVERY == 0 and step < len(steps):
            state = {key: thing.state_dict() for key, thing in lasting.items()}
            _save({**state, "done": step, "mean": mean, "chance": torch.get_rng_state()}, part)
    _save(network.state_dict(), checkpoint)
    part.unlink(missing_ok=True)


def _save(state: object, path: Path) -> None:
    """Writes the file whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    torch.save(state, new)
    new.replace(path)


def _tensors(batch: Sequence[Item], device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    rows = [r for item in batch for r in item.rows]
    longest = max(len(r.ids) for r in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    mask, types = torch.zeros_like(ids), torch.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row.ids)] = torch.tensor(row.ids)
        mask[i, : len(row.ids)] = 1
        types[i, : len(row.ids)] = torch.tensor(row.types)
    return ids.to(device), mask.to(device), types.to(device)


def _loss(batch: Sequence[Item], spans: Tensor, verdicts: Tensor) -> Tensor:
    """Mean of the losses: where, whether it answers (each, and which of the group), supports."""
    losses: dict[str, list[Tensor]] = {"span": [], "answers": [], "rank": [], "support": []}
    at = 0
    for item in batch:
        rows = range(at, at + len(item.rows))
        at += len(item.rows)
        if item.support is not None:
            losses["support"].append(_binary(verdicts[rows[0], 1], item.support))
            continue
        right = []
        for i, row in zip(rows, item.rows, strict=True):
            losses["answers"].append(_binary(verdicts[i, 0], row.answers))
            right.append(row.answers)
            size = len(row.ids)
            for column, marks in ((0, row.starts), (1, row.ends)):
                # Any of several answers is right: their probabilities are added.
                logs = torch.log_softmax(spans[i, :size, column], 0)
                losses["span"].append(-torch.logsumexp(logs[list(set(marks))], 0) / 2)
        if any(right) and not all(right):
            logs = torch.log_softmax(verdicts[rows.start : rows.stop, 0], 0)
            losses["rank"].append(-torch.logsumexp(logs[torch.tensor(right)], 0))
    weights = {"span": 2.0, "answers": 1.0, "rank": 0.5, "support": 1.0}
    total = sum(len(i.rows) for i in batch)
    parts = [weights[k] * torch.stack(v).sum() / total for k, v in losses.items() if v]
    return torch.stack(parts).sum()


def _binary(logit: Tensor, target: bool) -> Tensor:
    return nn.functional.softplus(-logit if target else logit)
