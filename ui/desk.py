"""What all open pages share: the library, the saved conversations, the questions under way.

A question is answered in a thread of its own. Streamlit runs the page anew, and drops the run
before, whenever the reader touches something; the answer must not be lost with it.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from rag import Answer, CitewireError, Newsroom, Settings
from rag.errors import LibraryMissing
from rag.records import day_in_words
from ui import cards
from ui.conversations import Conversations, ConversationsError
from ui.suggestions import suggestions

log = logging.getLogger(__name__)

UNEXPECTED = (
    "Something went wrong that should not have. The window in which Citewire was started says "
    "what; asking again may help."
)
UNSAVED = "This answer is not saved. {}"


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
        """Why it has no answer, or why its answer is not saved."""
        self.news = threading.Event()
        """Set when there is more to see."""
        self.done = threading.Event()
        """Set when nothing is added any more: it was answered, failed, was stopped or deleted."""


@dataclass
class Suggested:
    """Questions to begin with, as far as they were sought."""

    articles: int
    """What the library held when they were."""
    questions: list[str] = field(default_factory=list)
    complete: bool = False


class Desk:
    """Made once for each process."""

    def __init__(self) -> None:
        self.settings = Settings.load()
        self.conversations = Conversations(self.settings.data / "conversations.sqlite")
        self.room: Newsroom | None = None
        self.progress: tuple[str, int, int] = ("Opening the library", 0, 1)
        """What is being done before the library can be used, how much, of how much."""
        self.error: str | None = None
        self._suggested = Suggested(articles=-1)
        self._asking: dict[str, list[Asking]] = {}
        self._lock = threading.RLock()
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
            self.conversations.delete(conversation, self.library)
            # The last one first: none begins when that before it has ended.
            for asking in reversed(self._asking.pop(conversation, [])):
                asking.done.set()
                asking.news.set()

    def stop(self, asking: Asking) -> None:
        """Ends the question that is being answered; what is shown of its answer stays."""
        with self._lock:
            self._show(asking, cards.stopped(asking.turn))

    def drop(self, asking: Asking) -> bool:
        """Takes a question that is not saved off its conversation; False where it is gone."""
        with self._lock:
            queue = self._asking.get(asking.conversation, [])
            if is_there := asking in queue:
                queue.remove(asking)
            return is_there

    def suggestions(self, articles: int) -> tuple[list[str], bool]:
        """Questions to begin with, of a library of so many articles, and whether that is all.

        Seeking them loads the models, so that the reader's first question need not wait for that.
        """
        with self._lock:
            if articles != self._suggested.articles:
                self._suggested = Suggested(articles)
                threading.Thread(target=self._suggest, args=(self._suggested,), daemon=True).start()
            return list(self._suggested.questions), self._suggested.complete

    def _open(self) -> None:
        try:
            self.room = Newsroom.open(settings=self.settings, progress=self._advance)
            self.suggestions(self.room.status().articles)
        except LibraryMissing:
            pass  # the page looks for it whenever it is shown, and says so
        except Exception as error:
            self.error = in_words(error)

    def _suggest(self, sought: Suggested) -> None:
        assert self.room is not None
        try:
            for question in suggestions(self.room) if sought.articles else ():
                with self._lock:
                    if self._suggested is not sought:
                        return
                    sought.questions.append(question)
                    under_way = [asking for queue in self._asking.values() for asking in queue]
                for asking in under_way:  # the reader's questions go first
                    asking.done.wait()
        except Exception as error:
            in_words(error)  # a question of the reader's will say the same
        sought.complete = True

    def _advance(self, label: str, done: int, total: int) -> None:
        self.progress = (label, done, total)

    def _answer(self, asking: Asking, before: Asking | None) -> None:
        if before:
            before.done.wait()
        if asking.done.is_set():
            return
        try:
            for turn in self._turns(asking):
                if not self._show(asking, turn):
                    return
        except Exception as error:
            self._show(asking, {**asking.turn, "state": "failed"}, in_words(error))

    def _turns(self, asking: Asking) -> Iterator[cards.Turn]:
        """The turn each time that it has grown; left off, the model is listened to no longer."""
        room, filters, turn = self.room, asking.filters, asking.turn
        assert room is not None
        unsaved = [one.turn for one in self.asking(asking.conversation)]
        earlier = self.turns(asking.conversation)
        earlier += [one for one in unsaved if one["state"] == "done"]
        for item in room.stream(
            turn["question"],
            history=[cards.told(one) for one in earlier],
            since=filters.since,
            until=filters.until,
            outlets=filters.outlets or None,
            model=filters.model,
        ):
            if isinstance(item, Answer):
                turn = cards.with_answer(turn, item)
            else:
                turn = cards.with_statement(turn, item, room)
            yield turn

    def _show(self, asking: Asking, turn: cards.Turn, error: str | None = None) -> bool:
        """Shows a question as far as it has come; False where it was stopped or deleted before."""
        with self._lock:
            if asking.done.is_set():
                return False
            asking.turn, asking.error = turn, error
            if turn["state"] == "done":
                self._save(asking)
            if turn["state"] != "asked":
                asking.done.set()
            asking.news.set()
            return True

    def _save(self, asking: Asking) -> None:
        """Saves an answer, after those that could not be; drops the failed questions before it."""
        queue = self._asking[asking.conversation]
        try:
            while asking in queue:
                if queue[0].turn["state"] == "done":
                    self.conversations.add(asking.conversation, self.library, queue[0].turn)
                del queue[0]
        except ConversationsError as error:
            asking.error = UNSAVED.format(error)


def in_words(error: Exception) -> str:
    """A message for the reader; what is not ours to word goes to the log."""
    if isinstance(error, CitewireError):
        return str(error)
    log.error("unexpected: %s", error, exc_info=error)
    return UNEXPECTED
