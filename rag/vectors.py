"""The vectors of the passages, in Chroma. The only file that knows chromadb."""

from __future__ import annotations

import functools
import gc
import itertools
import logging
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import LibraryError
from rag.records import Window
from rag.schema import number_of

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

FOLDER = "vectors"
FIRST = "passages"
"""The collection of a new library, which lies in the folder itself; a later one in a subfolder."""
UNDATED = -(10**6)
"""The day stored for an article without a date: before every date there is."""

# Neighbours looked at per query: at the default of 100, searches for 100 neighbours lose some.
SEARCH_WIDTH = 200
# Vectors read at a time: Chroma refuses more than 32,766.
PART = 5_000
# Chroma writes its graph to disk every so many vectors. Its default of 1,000 rewrites the whole
# graph 70 times while 70,000 vectors are added.
SYNC_EVERY = 10_000
# Clients of Chroma that are let go of before the garbage is collected, which takes a tenth of a
# second: they refer to themselves in circles and keep some seven files open each.
COLLECT_EVERY = 16


# Chroma keeps a table of open databases, not safe to change from two threads at a time.
_OPENING = threading.Lock()
_CLOSED = itertools.count(1)


class Vectors:
    """One collection of vectors, its ids the passage ids."""

    def __init__(self, library: Path, collection: str) -> None:
        """Opens (or makes) the collection in the library's folder; loads Chroma on first use.

        Each has a database of its own, for Chroma frees no space and a damaged one stays damaged.
        """
        self._library = library
        self._path = library / FOLDER / ("" if collection == FIRST else collection)
        self._name = collection
        self._lock = threading.RLock()
        self._client: ClientAPI | None = None
        self._collection: Collection | None = None

    def add(
        self,
        ids: Sequence[int],
        vectors: NDArray[np.float32],
        days: Sequence[int | None],
        outlets: Sequence[str | None],
    ) -> None:
        """Stores unit vectors [n, dimension]; an id that is there already is replaced."""
        metadatas: list[Any] = [
            {"day": UNDATED if day is None else day, "outlet": outlet or ""}
            for day, outlet in zip(days, outlets, strict=True)
        ]
        collection = self._open()
        most = self._client.get_max_batch_size() if self._client else len(ids)
        for i in range(0, len(ids), most):
            part = slice(i, i + most)
            with self._writing():
                collection.upsert(
                    [str(id_) for id_ in ids[part]],
                    embeddings=vectors[part],
                    metadatas=metadatas[part],
                )

    def remove(self, ids: Sequence[int]) -> None:
        """Deletes the vectors that are there."""
        if ids:
            collection = self._open()
            with self._writing():
                collection.delete([str(id_) for id_ in ids])

    def nearest(
        self,
        query: NDArray[np.float32],
        k: int,
        window: Window | None = None,
        outlets: Sequence[str] | None = None,
    ) -> list[tuple[int, float]]:
        """The `k` nearest (passage id, cosine) within the window and outlets, best first."""
        found = self._read(
            lambda collection: collection.query(
                query_embeddings=query[None, :],
                n_results=k,
                where=_where(window or Window(), outlets),
                include=["distances"],
            )
        )
        distances = found["distances"] or [[]]
        return [(int(i), 1.0 - d) for i, d in zip(found["ids"][0], distances[0], strict=True)]

    def similarities(
        self, query: NDArray[np.float32], ids: Sequence[int]
    ) -> list[tuple[int, float]]:
        """(passage id, cosine) for each of `ids` that is stored, best first. Exact."""
        if not ids:
            return []
        names = [str(id_) for id_ in ids]
        found = self._read(lambda collection: collection.get(names, include=["embeddings"]))
        scores = np.asarray(found["embeddings"], np.float32).reshape(-1, len(query)) @ query
        order = np.argsort(-scores, kind="stable")
        return [(int(found["ids"][i]), float(scores[i])) for i in order]

    def everything(
        self,
    ) -> Iterator[tuple[list[int], NDArray[np.float32], list[tuple[int | None, str | None]]]]:
        """Passage ids, vectors [n, dimension] and (day, outlet) of all that is stored, by parts.

        Raises LibraryError where it cannot be read.
        """
        names = self._read(lambda collection: collection.get(include=[]))["ids"]
        for i in range(0, len(names), PART):
            part = names[i : i + PART]
            found = self._read(functools.partial(_get, part))
            places = [
                (None if m["day"] == UNDATED else m["day"], m["outlet"] or None)
                for m in found["metadatas"]
            ]
            yield [int(n) for n in found["ids"]], np.asarray(found["embeddings"]), places

    def count(self) -> int:
        return int(self._read(lambda collection: collection.count()))

    def is_readable(self, dimension: int) -> bool:
        """False where a process was killed while Chroma wrote its graph, which it does in place."""
        try:
            self.nearest(np.full(dimension, dimension**-0.5, np.float32), 1)
        except LibraryError:
            return False
        return True

    def close(self) -> None:
        """Lets go of what is in memory; it is read anew when it is needed."""
        with self._lock:
            if self._client is not None:
                _close()
            self._client = self._collection = None

    def drop_others(self) -> None:
        """Deletes what rebuilds have left in the library: older vectors, or unfinished ones."""
        top = self._library / FOLDER
        for path in top.glob(f"{FIRST}-*") if self._path == top else top.iterdir():
            if path != self._path:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _read(self, work: Callable[[Collection], Any]) -> Any:
        """What `work` returns; tried anew where another process wrote to the folder meanwhile."""
        from chromadb.errors import ChromaError

        try:
            return work(self._open())
        except ChromaError:
            self.close()
        try:
            return work(self._open())
        except ChromaError as error:
            raise self._damaged(error) from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        from chromadb.errors import ChromaError

        try:
            yield
        except ChromaError as error:
            raise LibraryError(
                f"{self._path} cannot be written to ({error}); free some space or its permissions, "
                "then run the same command again: nothing was lost."
            ) from error

    def _damaged(self, error: Exception) -> LibraryError:
        return LibraryError(
            f"The vectors in {self._path} cannot be read ({error}); make them anew from the "
            f"articles with: citewire rebuild --library {self._library}"
        )

    def _open(self) -> Collection:
        with self._lock:
            if self._collection is None:
                try:
                    self._client, self._collection = _connect(self._path, self._name)
                except Exception as error:  # chromadb raises plain Exception from its Rust part
                    raise self._damaged(error) from error
            return self._collection


def _get(names: list[str], collection: Collection) -> Any:
    return collection.get(names, include=["embeddings", "metadatas"])


def _connect(path: Path, name: str) -> tuple[ClientAPI, Collection]:
    import chromadb
    from chromadb.config import Settings

    # Chroma 1.5 logs an error for each telemetry event it cannot send, even when told to send none.
    logging.getLogger("chromadb.telemetry").setLevel(logging.CRITICAL)
    with _OPENING:
        client = chromadb.PersistentClient(path, Settings(anonymized_telemetry=False))
    collection = client.get_or_create_collection(
        name,
        embedding_function=None,
        configuration={
            "hnsw": {
                "space": "cosine", "ef_construction": 100, "max_neighbors": 16,
                "ef_search": SEARCH_WIDTH, "sync_threshold": SYNC_EVERY,
            }
        },
    )  # fmt: skip
    return client, collection


def _close() -> None:
    """Makes the next client read the folder anew; those that nobody uses close with the garbage."""
    from chromadb.api.shared_system_client import SharedSystemClient

    with _OPENING:
        SharedSystemClient.clear_system_cache()
    if next(_CLOSED) % COLLECT_EVERY == 0:
        gc.collect()


def _where(window: Window, outlets: Sequence[str] | None) -> Any:
    """The filter in Chroma's language, or None for everything."""
    clauses: list[Any] = []
    for bound, sign in ((window.since, "$gte"), (window.until, "$lte"), (window.as_of, "$lte")):
        if bound is not None:
            clauses.append({"day": {sign: number_of(bound)}})
    if window.since is not None and window.undated == "include":
        clauses[0] = {"$or": [clauses[0], {"day": UNDATED}]}
    if window.undated == "exclude":
        clauses.append({"day": {"$ne": UNDATED}})
    if outlets is not None:
        clauses.append({"outlet": {"$in": list(outlets)}})
    return {"$and": clauses} if len(clauses) > 1 else clauses[0] if clauses else None
