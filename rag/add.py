"""Putting articles into the library: what is new is split, embedded and stored, whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from rag import chunk, copies, library
from rag.embed import Embedder
from rag.errors import LibraryBusy, LibraryError
from rag.library import Library, NewArticle
from rag.records import AddReport, Article, ExportedArticle, Rejected, Remark, Timestamp
from rag.schema import day_of, number_of
from rag.sources import fields
from rag.vectors import Vectors

# Passages embedded and stored together. Large enough to sort by length with little padding, small
# enough that a killed process loses seconds of work.
BATCH_PASSAGES = 1024
LOCK = "write.lock"
# How long a second writer waits for the first before it says so.
WAIT_SECONDS = 20.0


@dataclass
class _Batch:
    articles: dict[str, tuple[Article, list[chunk.Span], str]] = field(default_factory=dict)
    """Key to article, passages and embedded header."""
    size: int = 0


@contextmanager
def writing(folder: Path, patient: bool = False) -> Iterator[None]:
    """Keeps other processes from writing to the library meanwhile.

    Raises LibraryBusy where one is, unless it is `patient` and waits for ever, LibraryError where
    the folder cannot be written to.
    """
    from filelock import FileLock, Timeout

    lock = FileLock(folder / LOCK, timeout=-1 if patient else WAIT_SECONDS)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise LibraryBusy(
            f"Another process is writing to {folder}; try again when it has finished."
        ) from error
    except OSError as error:
        raise LibraryError(
            f"{folder} cannot be written to ({error.strerror}); name another folder with --library."
        ) from error
    try:
        yield
    finally:
        lock.release()


def is_writing(folder: Path) -> bool:
    """True while a process is writing to the library."""
    from filelock import FileLock, Timeout

    try:
        with FileLock(folder / LOCK, timeout=0):
            return False
    except Timeout:
        return True
    except OSError:
        return False


def add(
    items: Iterable[Article | Rejected],
    store: Library,
    vectors: Vectors,
    embedder: Embedder,
) -> AddReport:
    """Adds the articles to the library; to be called within `writing`.

    An article is stored only together with all its vectors. An ExportedArticle is
    unchanged where that very version is here. Rejected items are passed on into the report. An
    error of `items` is raised after what they gave before it is stored.
    """
    sweep(store, vectors)
    intake = _Intake(store, vectors, embedder)
    try:
        for item in items:
            intake.take(item)
    except Exception:  # whatever stopped the reading, what was read before is stored
        intake.report()
        raise
    return intake.report()


class _Intake:
    """Articles on their way into the library, and what becomes of each."""

    def __init__(self, store: Library, vectors: Vectors, embedder: Embedder) -> None:
        self._store, self._vectors, self._embedder = store, vectors, embedder
        self._batch = _Batch()
        states = ("added", "updated", "unchanged", "older", "copies")
        self._keys: dict[str, list[str]] = {state: [] for state in states}
        self._rejected: list[Rejected] = []
        self._withdrawn: list[Rejected] = []
        self._remarks: list[Remark] = []
        self._exported: dict[tuple[str, int], str] = {}  # key and version to fingerprint

    def take(self, item: Article | Rejected) -> None:
        """Takes an article into the batch; keeps what is rejected or withdrawn for `report`."""
        if isinstance(item, Rejected):
            (self._withdrawn if item.withdraws else self._rejected).append(item)
            return
        if item.remark:
            self._remarks.append(Remark(item.origin, item.remark))
        key = _key(item, self._store)
        if key in self._batch.articles:
            self.flush()
        version = item.version if isinstance(item, ExportedArticle) else 0
        state, whole = _state(key, item, self._store, self._exported.get((key, version - 1)))
        if version:
            self._exported[key, version] = library.fingerprint(item)
        self._keys[state].append(key)
        if state in ("added", "updated"):
            _prepare(self._batch, key, whole, self._embedder)
            if self._batch.size >= BATCH_PASSAGES:
                self.flush()

    def withdraw(self, notice: Rejected) -> None:
        """Takes the agency's notice as a new version of the article, where that is held."""
        if not self._store.fingerprint_of(notice.withdraws):
            self._rejected.append(notice)
            return
        held = self._store.article(notice.withdraws).article
        if is_before(notice.withdrawn, held.updated or held.published):
            self._keys["older"].append(notice.withdraws)  # its agency has released it since then
        else:
            self.take(_withdrawn(notice, held))

    def flush(self) -> None:
        """Stores the batch."""
        full, self._batch = self._batch, _Batch()
        self._keys["copies"] += _store(full, self._store, self._vectors, self._embedder)

    def report(self) -> AddReport:
        """Stores what is left and withdraws what is to be; returns what became of everything."""
        self.flush()
        # What is withdrawn may be among what was added, before its withdrawal or after.
        for notice in self._withdrawn:
            self.withdraw(notice)
        self.flush()
        new = set(self._keys["added"])
        self._keys["copies"] = [key for key in self._keys["copies"] if key in new]
        found = {state: tuple(keys) for state, keys in self._keys.items()}
        return AddReport(**found, rejected=tuple(self._rejected), remarks=tuple(self._remarks))


def _key(read: Article, store: Library) -> str:
    """The article's key; that of the one it is a new version of where a file was edited."""
    key = library.article_key(read)
    is_hashed = key.startswith(library.HASHED) and not isinstance(read, ExportedArticle)
    if not is_hashed or store.fingerprint_of(key):
        return key
    before = store.key_from(read.origin)
    if before is None:
        return key
    held = store.article(before).article
    is_other = held.outlet and read.outlet and held.outlet != read.outlet
    if is_other or held.published != read.published:
        return key
    texts = [copies.read(article.paragraphs, None) for article in (held, read)]
    return before if copies.revised(*texts) else key


def _state(key: str, read: Article, store: Library, before: str | None) -> tuple[str, Article]:
    """What a reading is beside what the library holds, and the article as it is to be stored.

    `before` is the fingerprint of the version before it in the same export.
    """
    known = store.fingerprint_of(key)
    if known is None:
        return "added", read
    if known == library.fingerprint(read):
        return "unchanged", read
    if isinstance(read, ExportedArticle) and store.holds(read):
        return "unchanged", read
    if isinstance(read, ExportedArticle):
        is_older = known != before and _older(read, store.article(key).article)
        return "older" if is_older else "updated", read
    held, *earlier = (stored.article for stored in store.versions(key))
    # What another source has said since then is not taken back by reading this one again.
    said = [held] if read.origin == held.origin else [held, *earlier]
    if any(_says_no_more(read, article) for article in said):
        return "unchanged", read
    whole = _completed(read, held)
    return "older" if _older(read, held) else "updated", whole


def _says_no_more(read: Article, held: Article) -> bool:
    return library.fingerprint(_completed(read, held)) == library.fingerprint(held)


def _withdrawn(notice: Rejected, held: Article) -> Article:
    """The article that its agency has withdrawn: it stays, and every citation of it says so."""
    said = f"{notice.reason[0].upper()}{notice.reason[1:]}"
    now = Timestamp(datetime.now(UTC).isoformat(timespec="seconds"), "clock")
    return replace(
        held, key=notice.withdraws, correction=said, origin=notice.origin, fetched=now,
        updated=notice.withdrawn or held.updated,
    )  # fmt: skip


def _completed(read: Article, held: Article) -> Article:
    """What was read, with what is held of the article where this reading does not say it."""
    is_named = read.outlet and read.outlet != fields.host(read.url)
    same_text = read.paragraphs == held.paragraphs
    other_source = same_text and read.origin != held.origin
    return replace(
        read,
        note=read.note or (held.note if other_source else None),
        correction=read.correction or (held.correction if other_source else None),
        published=read.published or held.published,
        updated=read.updated or (held.updated if same_text else None),
        outlet=read.outlet if is_named else held.outlet or read.outlet,
        authors=read.authors or held.authors,
    )


def _older(read: Article, held: Article) -> bool:
    """True if what was read is certainly an earlier state of the article than what is held."""
    if read.correction and read.correction != held.correction and not read.updated:
        return False  # it is corrected, and its date was left as it was
    return is_before(read.updated or read.published, held.updated or held.published)


def is_before(one: Timestamp | None, other: Timestamp | None) -> bool:
    """True if the one is certainly before the other."""
    if one is None or other is None:
        return False
    if "day" in (one.precision, other.precision):
        return one.day < other.day
    return datetime.fromisoformat(one.text) < datetime.fromisoformat(other.text)


def sweep(store: Library, vectors: Vectors) -> None:
    """Deletes vectors that a killed process or a removed article left behind."""
    strays = store.strays()
    if strays:
        vectors.remove(strays)
        store.forget_strays(strays)


def rebuild(
    store: Library,
    vectors: Vectors,
    embedder: Embedder,
    progress: Callable[[int, int], None] | None,
) -> None:
    """Embeds every passage and stores it in `vectors`, an empty collection."""
    total = store.passage_count()
    done = 0
    passages = store.each_passage()
    while part := list(islice(passages, BATCH_PASSAGES)):
        texts = []
        for _, day, _, title, text in part:
            header = chunk.fit_header(title, day_of(day), room(embedder), embedder.count)
            texts.append(chunk.embedded(header, text))
        vectors.add(
            [row[0] for row in part], embedder.encode(texts),
            [row[1] for row in part], [row[2] for row in part],
        )  # fmt: skip
        done += len(part)
        if progress:
            progress(done, total)


def room(embedder: Embedder) -> int:
    """Longest passage in tokens, its header included."""
    return min(chunk.LONGEST, embedder.window)


def _prepare(batch: _Batch, key: str, article: Article, embedder: Embedder) -> None:
    header = chunk.fit_header(article.title, article.day, room(embedder), embedder.count)
    left = room(embedder) - embedder.count([header])[0]
    spans = chunk.passages(article.paragraphs, left, embedder.count)
    batch.articles[key] = (article, spans, header)
    batch.size += len(spans)


def _store(batch: _Batch, store: Library, vectors: Vectors, embedder: Embedder) -> list[str]:
    """Stores the batch; returns the keys of those that are copies."""
    if not batch.articles:
        return []
    texts = [chunk.embedded(h, s.text) for _, spans, h in batch.articles.values() for s in spans]
    embedded = embedder.encode(texts)
    ids = store.reserve(len(texts))
    days: list[int | None] = []
    outlets: list[str | None] = []
    new: list[NewArticle] = []
    at = iter(ids)
    for key, (article, spans, _) in batch.articles.items():
        days += [number_of(article.day)] * len(spans)
        outlets += [article.outlet] * len(spans)
        new.append(NewArticle(key, article, [(next(at), span) for span in spans]))
    vectors.add(ids, embedded, days, outlets)
    copies = store.put(new)
    sweep(store, vectors)
    return copies
