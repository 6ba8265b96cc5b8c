"""The front door: a library that one adds to, searches and asks."""

from __future__ import annotations

import functools
import gc
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from rag import crossencoder, library, sample
from rag.errors import (
    LibraryError,
    LibraryMismatch,
    LibraryReadOnly,
    QuestionError,
    SourceError,
)
from rag.library import Library
from rag.records import (
    AddReport,
    Answer,
    Article,
    Passage,
    Rejected,
    Scope,
    Statement,
    StoredArticle,
    Window,
)  # fmt: skip
from rag.retrieve import By, Index
from rag.settings import Settings
from rag.vectors import FIRST, Vectors

if TYPE_CHECKING:
    from langchain_core.retrievers import BaseRetriever

    from rag.embed import Embedder
    from rag.followed import Feed, Health

Day = date | datetime | str | None
"""A day: a date, a datetime (its calendar day), or ISO text such as "2025-03-30"."""


log = logging.getLogger(__name__)


class _Unset:
    """Marks a `model` that was left out: the setting decides."""


UNSET = _Unset()


@dataclass(frozen=True, slots=True)
class LibraryStatus:
    """What a library holds."""

    library: str
    path: str
    articles: int
    stories: int
    passages: int
    outlets: dict[str, int]
    oldest: date | None
    newest: date | None
    size: int
    """Bytes on disk."""
    feeds: tuple[Health, ...]
    """The followed ones."""
    attention: tuple[str, ...]
    """What needs somebody's attention, in words."""


class Newsroom:
    """A library of articles and everything one does with it. May be used from many threads."""

    def __init__(
        self, folder: Path, settings: Settings, *, name: str = "", read_only: bool = False
    ):
        """Use `Newsroom.open`."""
        self.folder = folder
        self.settings = settings
        self.name = name or folder.name
        self.read_only = read_only
        self.as_of: date | None = None
        """The day questions are asked on where they name none: the sample library's newest."""
        self._lock = threading.RLock()
        self._store: Library | None = None
        self._vectors: Vectors | None = None
        self._embedder: Embedder | None = None
        self._generation = -1
        self._whole = -1
        """The generation of which every passage is known to have its vector."""

    @classmethod
    def open(
        cls,
        path: str | Path | None = None,
        *,
        settings: Settings | None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> Newsroom:
        """Opens the library in the folder `path`; a folder without one is filled by `add`.

        Left out: the library that the settings name, else the user's own, else the sample library,
        which "sample" always names (read-only; built on first use, which calls `progress` with what
        is done, how much of it, and how much there is). Raises LibraryMismatch where a newer
        version made it, LibraryError where it is damaged; for the sample library also SourceError
        where its articles are not installed, and what `add` raises while it is built. That another
        embedder made a library is noticed by the first question or change.
        """
        settings = settings or Settings.load()
        named = path or settings.library
        own = settings.data / "library"
        if str(named) == sample.NAME or not (named or (own / library.FILE).exists()):
            folder = sample.build(settings, progress)
            room = cls(folder, settings, name="the sample library", read_only=True)
            room.as_of = room._opened().days()[1]
            return room
        room = cls(Path(named or own).expanduser(), settings)
        if (room.folder / library.FILE).exists():
            room._opened()
        return room

    # Filling the library

    def add(
        self, *sources: str | Path, progress: Callable[[int, int], None] | None = None
    ) -> AddReport:
        """Adds the articles of files, folders, pages and feeds; returns what became of each.

        `progress` is called with how much was read and how much there is: bytes of files, then
        entries of a feed. Only an address touches the network; what cannot be fetched is rejected.
        Raises SourceError for a source that does not exist, and what `add_articles` raises.
        """
        from rag import sources as reading

        for source in sources:
            if not isinstance(source, (str, Path)):
                raise SourceError(f"{source!r} is not a source; name files, folders or addresses.")
        addresses = [str(source).strip() for source in sources if reading.is_address(source)]
        paths = [source for source in sources if not reading.is_address(source)]
        total = sum(reading.size(path) for path in paths)
        read = 0

        def advance(size: int) -> None:
            nonlocal read
            read += size
            if progress:
                progress(read, total)

        items = (item for path in paths for item in reading.read(path, advance))
        if not addresses:
            return self.add_articles(items)
        from rag import follow

        self._check_writable()
        reports = [self.add_articles(items)] if paths else []
        for visit in follow.visits(addresses, self.settings, self._feeds(), self._holds, progress):
            if visit.feed:  # others may follow it by now, or no longer
                reports.append(self._add_fed(visit.items, replace(visit.feed, followed=False)))
            else:
                reports.append(self.add_articles(visit.items))
        return AddReport.of(reports)

    def add_articles(self, items: Iterable[Article | Rejected]) -> AddReport:
        """Adds articles that are already read, for one's own sources.

        Raises LibraryReadOnly for the sample library, LibraryBusy where another process has been
        writing to the library for 20 seconds, LibraryMismatch where another embedder or a newer
        version made it, EmbedderError and ReaderError where these cannot be loaded, LibraryError
        where the library is damaged or cannot be written to.
        """
        from rag import add

        with self._changing(creating=True) as index:
            return add.add(items, index.store, index.vectors, index.embedder)

    def follow(
        self, *feeds: str, progress: Callable[[int, int], None] | None = None
    ) -> Iterator[AddReport]:
        """Adds what is new in each feed, and remembers the feed; none named: all remembered ones.

        Yields what became of each feed's entries when they are stored. `progress` is called with
        the entries that were read and how many there are. A feed that cannot be read is rejected
        and stops no other. Raises what `add_articles` raises, but waits for other processes.
        """
        from rag import follow

        self._check_writable()
        before = self._feeds()
        for visit in follow.poll(feeds, self.settings, before, self._holds, progress):
            feed = visit.feed
            if feed and feed.url in before and feed.url not in self._feeds():
                feed = None  # it was unfollowed meanwhile
            yield self._add_fed(visit.items, feed, patient=True)

    def unfollow(self, feed: str) -> None:
        """Follows a feed no longer; its articles stay.

        Raises SourceError for an unknown one, and what `remove` raises of the library.
        """
        from rag import followed

        with self._changing() as index:
            followed.forget(index.store, feed)

    def _feeds(self) -> dict[str, Feed]:
        from rag import followed

        there = (self.folder / library.FILE).exists()
        return followed.known(self._opened()) if there else {}

    def _holds(self, key: str) -> bool:
        there = (self.folder / library.FILE).exists()
        return there and self._opened().fingerprint_of(key) is not None

    def _add_fed(
        self, items: Iterable[Article | Rejected], feed: Feed | None, patient: bool = False
    ) -> AddReport:
        """Adds what a feed led to, but for what somebody has removed; remembers the feed."""
        from rag import add, followed

        with self._changing(creating=True, patient=patient) as index:
            wanted = followed.wanted(items, index.store)
            report = add.add(wanted, index.store, index.vectors, index.embedder)
            if feed:
                followed.remember(index.store, feed)
            return report

    def remove(self, key: str) -> None:
        """Purges an article with all its versions, passages and vectors.

        Its key stays noted, so that no feed brings it back; adding it by name does. Raises KeyError
        where there is none, LibraryMissing, and what `add_articles` raises.
        """
        from rag import add

        with self._changing() as index:
            known = index.store.remove(key)
            add.sweep(index.store, index.vectors)  # also where it was killed between these two
            if not known:
                raise KeyError(key)

    def rebuild(self, progress: Callable[[int, int], None] | None = None) -> int:
        """Embeds every passage anew, with the embedder of the settings; returns how many.

        The vectors in use are replaced only when all are done. They are deleted with the next
        change of the library, for another process may still be reading them. Raises EmbedderError
        where a passage does not fit the embedder: then export the articles and add them to a new
        library, which then knows neither the feeds of this one nor what was removed from it. Raises
        the other errors of `remove`, but LibraryMismatch for a newer version only.
        """
        with self._changing(rebuilding=True) as index:
            self._embed_anew(index, progress)
            return index.store.passage_count()

    def _embed_anew(self, index: Index, progress: Callable[[int, int], None] | None = None) -> None:
        from rag import add

        name = f"{FIRST}-{index.store.generation + 1}"
        new = Vectors(self.folder, name)
        add.rebuild(index.store, new, index.embedder, progress)
        index.store.switch(
            {"collection": name, "embedder": self.embedder.fingerprint,
             "embedder_name": self.settings.embedder}
        )  # fmt: skip

    @contextmanager
    def _changing(
        self, creating: bool = False, rebuilding: bool = False, patient: bool = False
    ) -> Iterator[Index]:
        from rag import add

        self._check_writable()
        if not creating:
            self._opened()
        with add.writing(self.folder, patient):
            if creating and not (self.folder / library.FILE).exists():
                meta = {"embedder": self.embedder.fingerprint, "collection": FIRST,
                        "embedder_name": self.settings.embedder}  # fmt: skip
                Library.create(self.folder, meta)
            index = self._index(any_embedder=rebuilding)
            index.vectors.drop_others()
            is_readable = rebuilding or index.vectors.is_readable(index.embedder.dimension)
            if not rebuilding and not (is_readable and self._has_every_vector()):
                log.warning(
                    "The vectors in %s are damaged or missing, as a killed process can leave them; "
                    "all %s passages are embedded anew first.",
                    self.folder, f"{index.store.passage_count():,}",
                )  # fmt: skip
                self._embed_anew(index)
                index = self._index()
            yield index

    def _check_writable(self) -> None:
        if self.read_only:
            raise LibraryReadOnly(
                f"{self.name[0].upper()}{self.name[1:]} is read-only; make your own with: "
                "citewire add --library FOLDER FILES"
            )

    # Looking inside

    def article(self, key: str, version: int | None = None) -> StoredArticle:
        """The article under `key`, its newest version unless another is named. Raises KeyError."""
        return self._opened().article(key, version)

    def versions(self, key: str) -> list[StoredArticle]:
        """Every version of the article under `key`, newest first. Raises KeyError."""
        return self._opened().versions(key)

    def articles(self) -> Iterator[StoredArticle]:
        """Every article, in the order they were added; they may be removed meanwhile."""
        return self._opened().articles()

    def every_version(self) -> Iterator[StoredArticle]:
        """Every version of every article: all first ones in the order they were added, then on.

        That is what `citewire export` writes. Feeds and what was removed are not among it.
        """
        return self._opened().every_version()

    def status(self, check: bool = False) -> LibraryStatus:
        """Counts, outlets, dates, and what needs attention.

        With `check`, everything is read and compared: articles, word index and vectors; and feeds
        are named that failed when last asked for or were not read for a day. Raises LibraryError
        where the library itself is damaged.
        """
        from rag import add, followed
        from rag.audit import audit, mend
        from rag.sources import files

        store = self._opened()
        assert self._vectors is not None
        generation = store.generation
        counts = store.counts()
        oldest, newest = store.days()
        attention = []
        strays = len(store.strays())
        stored = counts["passages"]
        try:
            stored = self._vectors.count()
        except LibraryError as error:
            attention.append(str(error))
        # What another process is at work on, or was while this was counted, is no fault.
        is_still = not add.is_writing(self.folder) and store.generation == generation
        if strays and is_still:
            attention.append(f"{strays} vectors of an interrupted change; the next add mends it.")
        if is_still and not strays and not check and stored != counts["passages"]:
            attention.append(f"{stored} vectors for {counts['passages']} passages; {mend(store)}")
        if check:
            attention += [p for p in audit(store, self._vectors) if p not in attention]
            attention += followed.failing(store)
        size = sum(map(files.size, self.folder.rglob("*")))
        return LibraryStatus(
            library=self.name, path=str(self.folder), **counts, outlets=store.outlets(),
            oldest=oldest, newest=newest, size=size, feeds=followed.health(store),
            attention=tuple(attention),
        )  # fmt: skip

    def backup(self, path: str | Path) -> int:
        """Writes articles, versions and word index into one file; returns its bytes.

        It is the library as of one moment, also while another process adds to it. Raises
        LibraryError where the file cannot be written, or is there and no backup.
        """
        from rag.backup import backup

        return backup(self._opened(), Path(path).expanduser())

    def outlets(self) -> dict[str, int]:
        """Each outlet's name and number of articles, most first."""
        return self._opened().outlets()

    def close(self) -> None:
        """Lets go of the files that this thread opened; they are opened anew when they are needed.

        Those of another thread are let go of when it ends.
        """
        with self._lock:
            if self._store is not None and self._vectors is not None:
                self._store.close()
                self._vectors.close()
                gc.collect()  # Chroma's client refers to itself, and holds its files until then

    # Asking

    def ask(self, question: str, *, model: str | _Unset | None = UNSET, **filters: Any) -> Answer:
        """Answers a question from the library; every statement is cited and checked.

        `filters`: `history` (earlier turns as {"question", "answer"}), `since`, `until`, `as_of`
        (days), `undated` ("include" or "exclude"), `outlets` (names), `articles` (keys), `k`
        (passages to find: a language model reads what its prompt has room for; without one, the
        first few are read).
        `model` is a language model as "provider:name"; None or "none" for none; left out, the
        setting. Raises QuestionError for what is no question, ModelError for a model that cannot be
        used, LibraryMissing where there is no library, LibraryMismatch where another embedder or a
        newer version made it, LibraryError where it is damaged, EmbedderError and ReaderError where
        these cannot be loaded.
        """
        *_, answer = self.stream(question, model=model, **filters)
        assert isinstance(answer, Answer)
        return answer

    def stream(
        self,
        question: str,
        *,
        history: Sequence[Mapping[str, str]] = (),
        since: Day = None,
        until: Day = None,
        as_of: Day = None,
        undated: Literal["include", "exclude"] | None = None,
        outlets: Sequence[str] | None = None,
        articles: Sequence[str] | None = None,
        k: int = 12,
        model: str | _Unset | None = UNSET,
    ) -> Iterator[Statement | Answer]:
        """Yields each checked statement as it is ready, and at the end the Answer.

        The statements' texts joined by a space are the answer's text; a declined answer yields no
        statement. Raises what `ask` raises.
        """
        from rag import answer

        scope = self._scope(since, until, as_of, undated, outlets, articles)
        chosen = self.settings.model if isinstance(model, _Unset) else model
        return answer.stream(
            question,
            self._searchable(),
            scope,
            _turns(history or ()),
            chosen,
            _count(k),
            self.settings,
            self.name,
        )

    def search(
        self,
        question: str,
        k: int = 10,
        *,
        since: Day = None,
        until: Day = None,
        as_of: Day = None,
        undated: Literal["include", "exclude"] | None = None,
        outlets: Sequence[str] | None = None,
        articles: Sequence[str] | None = None,
        by: By = "both",
    ) -> list[Passage]:
        """The `k` best passages for a question, best first; no answer is written.

        `by` is "words" (BM25), "meaning" (vectors) or "both". Raises what `ask` raises, but for the
        ModelError.
        """
        from rag.question import clean
        from rag.retrieve import retrieve

        scope = self._scope(since, until, as_of, undated, outlets, articles)
        index = self._searchable()
        with index.store.snapshot():
            return retrieve(clean(question), index, scope, _count(k), by)

    def as_retriever(self, k: int = 10, **filters: Any) -> BaseRetriever:
        """The library as a LangChain retriever; `filters` as for `search`.

        The retriever raises what `search` raises.
        """
        from rag.langchain import PassageRetriever

        return PassageRetriever(search=functools.partial(self.search, k=k, **filters))

    # Parts, loaded when first needed

    @property
    def embedder(self) -> Embedder:
        with self._lock:
            if self._embedder is None:
                from rag import embed

                self._embedder = embed.load(self.settings)
            return self._embedder

    def _opened(self) -> Library:
        """The library as it is now, whichever process changed it."""
        with self._lock:
            if self._store is None:
                self._store = Library(self.folder)
            generation = self._store.generation
            if generation != self._generation:
                if self._vectors is not None:
                    self._vectors.close()
                self._vectors = Vectors(self.folder, self._store.meta("collection"))
                self._generation = generation
            return self._store

    def _index(self, any_embedder: bool = False) -> Index:
        """The parts that answer."""
        with self._lock:
            store = self._opened()
            assert self._vectors is not None
            made_with = store.meta("embedder")
            if made_with != self.embedder.fingerprint and not any_embedder:
                raise LibraryMismatch(
                    f"{self.folder} was made with the embedding model "
                    f"{store.meta('embedder_name')!r} ({made_with[:8]}), and the setting is "
                    f"{self.settings.embedder!r} ({self.embedder.fingerprint[:8]}); set "
                    "CITEWIRE_EMBEDDER to the former, or run: citewire rebuild --library "
                    f"{self.folder}"
                )
            network = crossencoder.named(self.settings.reader)
            return Index(store, self._vectors, self.embedder, network)

    def _searchable(self) -> Index:
        """The parts that answer, none of them missing."""
        with self._lock:
            index = self._index()
            if self._whole != self._generation:
                if not self._has_every_vector():
                    raise LibraryError(
                        f"Vectors of {self.folder} are missing; make them anew from the articles "
                        f"with: citewire rebuild --library {self.folder}"
                    )
                self._whole = self._generation
            return index

    def _has_every_vector(self) -> bool:
        """False where there are fewer vectors than passages.

        While another process is at work there may be more, never fewer.
        """
        assert self._store is not None and self._vectors is not None
        is_whole = self._vectors.count() >= self._store.passage_count()
        return is_whole or self._store.generation != self._generation

    def _scope(
        self, since: Day, until: Day, as_of: Day, undated: Literal["include", "exclude"] | None,
        outlets: Sequence[str] | None, articles: Sequence[str] | None,
    ) -> Scope:  # fmt: skip
        days = {n: _day(n, v) for n, v in (("since", since), ("until", until), ("as_of", as_of))}
        first, last = days["since"], days["until"]
        if first and last and first > last:
            raise QuestionError(f"since={first} is after until={last}; exchange them.")
        if undated not in (None, "include", "exclude"):
            raise QuestionError(f"undated={undated!r}; expected 'include' or 'exclude'.")
        kept = undated or ("exclude" if first or last else "include")
        stored: dict[str, list[str]] = {}
        for name in self._opened().outlets() if outlets else ():
            stored.setdefault(name.casefold(), []).append(name)
        return Scope(
            Window(first, last, days["as_of"] or self.as_of, kept),
            tuple(n for o in _several(outlets) for n in stored.get(o.casefold(), [o]))
            if outlets
            else None,
            None if articles is None else _several(articles),
        )


def _count(k: int) -> int:
    if k < 1:
        raise QuestionError(f"k is {k}; expected a number from 1.")
    return k


def _several(names: Sequence[str] | str | None) -> tuple[str, ...]:
    """Names, also where only one is given as it stands."""
    return (names,) if isinstance(names, str) else tuple(names or ())


def _turns(history: Sequence[Mapping[str, str]]) -> Sequence[Mapping[str, str]]:
    """Earlier turns, "" for what one lacks. Raises QuestionError for what has another form."""
    for turn in history:
        if not isinstance(turn, Mapping) or not {"question", "answer"} <= turn.keys():
            raise QuestionError(
                f"history holds {turn!r}; expected turns like "
                '{"question": "Who spoke?", "answer": "The mayor."}'
            )
    return [{name: str(turn[name] or "") for name in ("question", "answer")} for turn in history]


def _day(name: str, value: Day) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date) or value is None:
        return value
    try:
        return datetime.fromisoformat(value).date()
    except (TypeError, ValueError) as error:
        raise QuestionError(f"{name}={value!r} is not a date; for example 2025-03-30.") from error


def ask(question: str, *, library: str | Path | None = None, **options: Any) -> Answer:
    """Answers a question from the default library, or from the one in the folder `library`.

    The options are those of `Newsroom.ask`. The library stays open for the next question.
    """
    return _room(library).ask(question, **options)


@functools.lru_cache(maxsize=4)
def _room(path: str | Path | None) -> Newsroom:
    return Newsroom.open(path)


__all__ = ["UNSET", "LibraryStatus", "Newsroom", "ask"]
