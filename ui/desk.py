"""What all open pages share: the library, the saved conversations, the questions under way.

A question is answered in a thread of its own. Streamlit runs the page anew, and drops the run
before, whenever the reader touches something; the answer must not be lost with it.
"""

from __future__ import annotations

import logging
import threading
import uuid
from dataclasses import dataclass
from datetime import date

from rag import Answer, CitewireError, Newsroom, Settings
from rag.errors import LibraryMissing
from rag.records import day_in_words
from ui import cards
from ui.conversations import Conversations
from ui.suggestions import suggestions

log = logging.getLogger(__name__)

UNEXPECTED = (
    "Something went wrong that should not have. The window in which Citewire was started says "
    "what; asking again may help."
)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the reader limits a question to."""

    since: date | None = None
    until: date | None = None
    outlets: tuple[str, ...] = ()
    model: str | None = None

    @property
    def exclude_all(self) -> bool:
        """True where no day lies between the first and the last."""
        return bool(self.since and self.until and self.since > self.until)

    def in_words(self) -> list[str]:
        """The limits, to be shown with the question."""
        days = (("from", self.since), ("to", self.until))
        return [*(f"{name} {day_in_words(d)}" for name, d in days if d), *self.outlets]


class Asking:
    """A question on its way to its answer."""

    def __init__(self, conversation: str, question: str, filters: Filters):
        self.conversation = conversation
        self.filters = filters
        self.turn = cards.asked(uuid.uuid4().hex, question, filters.in_words())
        """As far as it has come; replaced, never changed."""
        self.error: str | None = None
        self.news = threading.Event()
        """Set when there is more to see."""
        self.done = threading.Event()
        self.unwanted = False
        """Its conversation was deleted meanwhile."""


class Desk:
    """Made once for each process."""

    def __init__(self) -> None:
        self.settings = Settings.load()
        self.conversations = Conversations(self.settings.data / "conversations.sqlite")
        self.room: Newsroom | None = None
        self.progress: tuple[str, int, int] = ("Opening the library", 0, 1)
        """What is being done before the library can be used, how much, of how much."""
        self.error: str | None = None
        self._suggested: list[str] = []
        self._suggested_of = -1
        self._sought = False
        self._asking: dict[str, list[Asking]] = {}
        self._lock = threading.Lock()
        threading.Thread(target=self._open, name="opening", daemon=True).start()

    @property
    def library(self) -> str:
        """What the conversations with this library are filed under."""
        assert self.room is not None
        return "sample" if self.room.read_only else str(self.room.folder.resolve())

    def ask(self, conversation: str, question: str, filters: Filters) -> Asking:
        """Begins to answer a question, after those asked before it in the conversation."""
        asking = Asking(conversation, question, filters)
        with self._lock:
            queue = self._asking.setdefault(conversation, [])
            before = queue[-1] if queue else None
            queue.append(asking)
        threading.Thread(target=self._answer, args=(asking, before), daemon=True).start()
        return asking

    def asking(self, conversation: str) -> list[Asking]:
        """The questions of a conversation that are not saved: under way, or failed."""
        with self._lock:
            return list(self._asking.get(conversation, ()))

    def turns(self, conversation: str) -> list[cards.Turn]:
        """The saved turns of a conversation, oldest first."""
        return self.conversations.turns(conversation, self.library)

    def forget(self, conversation: str) -> None:
        """Deletes a conversation, and what is under way in it."""
        with self._lock:
            for asking in self._asking.pop(conversation, ()):
                asking.unwanted = True
            self.conversations.delete(conversation, self.library)

    def suggestions(self, articles: int) -> tuple[list[str], bool]:
        """Questions to begin with, of a library of so many articles, and whether that is all.

        Seeking them loads the models, so that the reader's first question need not wait for that.
        """
        with self._lock:
            if articles != self._suggested_of:
                self._suggested_of, self._suggested, self._sought = articles, [], False
                threading.Thread(target=self._suggest, args=(articles,), daemon=True).start()
            return list(self._suggested), self._sought

    def _open(self) -> None:
        try:
            self.room = Newsroom.open(settings=self.settings, progress=self._advance)
            self.suggestions(self.room.status().articles)
        except LibraryMissing:
            pass  # the page looks for it whenever it is shown, and says so
        except Exception as error:
            self.error = in_words(error)

    def _suggest(self, articles: int) -> None:
        assert self.room is not None
        try:
            for question in suggestions(self.room) if articles else ():
                with self._lock:
                    if self._suggested_of != articles:
                        return
                    self._suggested.append(question)
                    under_way = [asking for queue in self._asking.values() for asking in queue]
                for asking in under_way:  # the reader's questions go first
                    asking.done.wait()
        except Exception as error:
            in_words(error)  # a question of the reader's will say the same
        with self._lock:
            self._sought = self._sought or self._suggested_of == articles

    def _advance(self, label: str, done: int, total: int) -> None:
        self.progress = (label, done, total)

    def _answer(self, asking: Asking, before: Asking | None) -> None:
        if before:
            before.done.wait()
        try:
            self._stream(asking)
            with self._lock:
                if not asking.unwanted:
                    self.conversations.add(asking.conversation, self.library, asking.turn)
                    self._settled(asking)
        except Exception as error:
            asking.error = in_words(error)
        finally:
            asking.done.set()
            asking.news.set()

    def _stream(self, asking: Asking) -> None:
        room, filters = self.room, asking.filters
        assert room is not None
        earlier = self.turns(asking.conversation)
        for item in room.stream(
            asking.turn["question"],
            history=[cards.told(turn) for turn in earlier],
            since=filters.since,
            until=filters.until,
            outlets=filters.outlets or None,
            model=filters.model,
        ):
            if isinstance(item, Answer):
                asking.turn = cards.with_answer(asking.turn, item)
            else:
                asking.turn = cards.with_statement(asking.turn, item, room)
            asking.news.set()

    def _settled(self, asking: Asking) -> None:
        """Drops a saved question, and the failed ones before it."""
        queue = self._asking[asking.conversation]
        del queue[: queue.index(asking) + 1]


def in_words(error: Exception) -> str:
    """A message for the reader; what is not ours to word goes to the log."""
    if isinstance(error, CitewireError):
        return str(error)
    log.error("unexpected: %s", error, exc_info=error)
    return UNEXPECTED
