"""The vectors of the passages, in Chroma. The only file that knows chromadb."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import LibraryError
from rag.records import Window

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

FOLDER = "vectors"
UNDATED = -(10**6)
"""The day stored for an article without a date: before every date there is."""

# Neighbours looked at per query: at the default of 100, searches for 100 neighbours lose some.
SEARCH_WIDTH = 200
# Chroma writes its graph to disk every so many vectors. Its default of 1,000 rewrites the whole
# graph 70 times while 70,000 vectors are added.
SYNC_EVERY = 10_000


class Vectors:
    """One collection of vectors, its ids the passage ids."""

    def __init__(self, library: Path, collection: str) -> None:
        """Opens (or makes) the collection in the library's folder; loads Chroma on first use."""
        self._path = library / FOLDER
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
            collection.upsert(
                [str(id_) for id_ in ids[part]], embeddings=vectors[part], metadatas=metadatas[part]
            )

    def remove(self, ids: Sequence[int]) -> None:
        """Deletes the vectors that are there."""
        if ids:
            self._open().delete([str(id_) for id_ in ids])

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

    def count(self) -> int:
        return self._open().count()

    def reopen(self) -> None:
        """Lets go of what is in memory: another process has changed the folder."""
        with self._lock:
            if self._client is not None:
                _close(self._client)
            self._client = self._collection = None

    def drop(self) -> None:
        """Deletes the whole collection."""
        with self._lock:
            self._open()
            if self._client is not None:
                self._client.delete_collection(self._name)
            self.reopen()

    def _read(self, work: Callable[[Collection], Any]) -> Any:
        """What `work` returns; tried anew where another process wrote to the folder meanwhile."""
        from chromadb.errors import ChromaError

        try:
            return work(self._open())
        except ChromaError:
            self.reopen()
        try:
            return work(self._open())
        except ChromaError as error:
            raise _damaged(self._path, error) from error

    def _open(self) -> Collection:
        with self._lock:
            if self._collection is None:
                self._client, self._collection = _connect(self._path, self._name)
            return self._collection


def _connect(path: Path, name: str) -> tuple[ClientAPI, Collection]:
    import chromadb
    from chromadb.config import Settings

    # Chroma 1.5 logs an error for each telemetry event it cannot send, even when told to send none.
    logging.getLogger("chromadb.telemetry").setLevel(logging.CRITICAL)
    try:
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
    except Exception as error:  # chromadb raises plain Exception from its Rust part
        raise _damaged(path, error) from error
    return client, collection


def _damaged(path: Path, error: Exception) -> LibraryError:
    return LibraryError(
        f"The vectors in {path} cannot be read ({error}); make them anew from the articles with: "
        f"citewire rebuild --library {path.parent}"
    )


def _close(client: ClientAPI) -> None:
    from chromadb.api.shared_system_client import SharedSystemClient

    SharedSystemClient.clear_system_cache()


def _where(window: Window, outlets: Sequence[str] | None) -> Any:
    """The filter in Chroma's language, or None for everything."""
    from rag.library import EPOCH

    clauses: list[Any] = []
    for bound, sign in ((window.since, "$gte"), (window.until, "$lte"), (window.as_of, "$lte")):
        if bound is not None:
            clauses.append({"day": {sign: (bound - EPOCH).days}})
    if window.since is not None and window.undated == "include":
        clauses[0] = {"$or": [clauses[0], {"day": UNDATED}]}
    if window.undated == "exclude":
        clauses.append({"day": {"$ne": UNDATED}})
    if outlets is not None:
        clauses.append({"outlet": {"$in": list(outlets)}})
    return {"$and": clauses} if len(clauses) > 1 else clauses[0] if clauses else None
