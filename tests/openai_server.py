"""A server on loopback that speaks OpenAI's chat-completions protocol, and models to put behind it.

A model is a function from the text it was sent to the pieces of its reply. It reads the numbered
paragraphs out of the prompt and does nothing that cannot be worked out by hand.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Wait:
    """The model falls silent for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Status:
    """The server refuses, before any word."""

    code: int
    message: str


@dataclass(frozen=True)
class Drop:
    """The connection is cut."""


@dataclass(frozen=True)
class Drip:
    """The server keeps the connection alive with blanks and never says a word more."""

    seconds: float


@dataclass(frozen=True)
class Full:
    """The model reached its limit of tokens."""


Step = str | Wait | Status | Drop | Drip | Full
Model = Callable[["Prompt"], Iterable[Step]]


@dataclass(frozen=True)
class Prompt:
    """What the model was sent."""

    system: str
    human: str

    @property
    def question(self) -> str:
        return re.split(r"(?:Last q|Q)uestion: ", self.human)[-1]

    @property
    def paragraphs(self) -> dict[int, str]:
        """The numbered paragraphs; none where a follow-up is to be rewritten."""
        blocks = re.findall(r"^\[(\d+)\] .*\n(.*)$", self.human, re.MULTILINE)
        return {int(number): text for number, text in blocks}

    def find(self, words: str) -> int:
        """The number of the paragraph that holds the words."""
        return next(n for n, text in self.paragraphs.items() if words in text)

    def best(self) -> tuple[int, str]:
        """The paragraph that shares most words with the question."""
        asked = set(re.findall(r"\w{4,}", self.question.lower()))
        return max(
            self.paragraphs.items(),
            key=lambda item: len(asked & set(re.findall(r"\w{4,}", item[1].lower()))),
        )


class OpenAIServer:
    """Serves a model on a free port of loopback, streaming or not, as it is asked to."""

    def __init__(self, model: Model) -> None:
        self.prompts: list[Prompt] = []
        """What was asked, in order."""
        self.requests: list[dict[str, Any]] = []
        """The bodies of the requests."""
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                texts = {m["role"]: str(m["content"]) for m in body["messages"]}
                prompt = Prompt(texts.get("system", ""), texts.get("user", ""))
                server.requests.append(body)
                server.prompts.append(prompt)
                with suppress(BrokenPipeError, ConnectionResetError):  # the client has hung up
                    self.answer(iter(model(prompt)), bool(body.get("stream")))

            def answer(self, steps: Iterator[Step], streaming: bool) -> None:
                first = next(steps, "")
                if isinstance(first, Status):
                    self.begin(first.code, "application/json")
                    self.wfile.write(json.dumps({"error": {"message": first.message}}).encode())
                    return
                self.begin(200, "text/event-stream" if streaming else "application/json")
                finish, text = "stop", ""
                for step in chain((first,), steps):
                    if isinstance(step, Wait):
                        time.sleep(step.seconds)
                    elif isinstance(step, Drip):
                        self.drip(step.seconds)
                    elif isinstance(step, Drop):
                        self.close_connection = True
                        return
                    elif isinstance(step, Full):
                        finish = "length"
                    elif isinstance(step, str):
                        text += step
                        if streaming:
                            self.send({"delta": {"role": "assistant", "content": step}}, None)
                if streaming:
                    self.send({"delta": {}}, finish)
                    self.wfile.write(b"data: [DONE]\n\n")
                else:
                    message = {"role": "assistant", "content": text}
                    self.wfile.write(self.reply({"message": message}, finish))

            def begin(self, code: int, kind: str) -> None:
                self.send_response(code)
                self.send_header("Content-Type", kind)
                self.end_headers()

            def reply(self, choice: dict[str, Any], finish: str | None) -> bytes:
                whole = {
                    "id": "1", "object": "chat.completion.chunk", "created": 1, "model": "test",
                    "choices": [{"index": 0, "finish_reason": finish, **choice}],
                }  # fmt: skip
                return json.dumps(whole).encode()

            def send(self, choice: dict[str, Any], finish: str | None) -> None:
                self.wfile.write(b"data: " + self.reply(choice, finish) + b"\n\n")
                self.wfile.flush()

            def drip(self, seconds: float) -> None:
                end = time.monotonic() + seconds
                while time.monotonic() < end:
                    self.wfile.write(b": still here\n\n")
                    self.wfile.flush()
                    time.sleep(0.05)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._http.shutdown()
        self._http.server_close()


def pieces(text: str, size: int = 4) -> Iterator[str]:
    """A text as a model sends it: a few characters at a time."""
    for at in range(0, len(text), size):
        yield text[at : at + size]


def reader(prompt: Prompt) -> Iterator[str]:
    """A model that does as it is told: the best paragraph, sentence by sentence, each cited."""
    number, text = prompt.best()
    yield from pieces(" ".join(f"{s} [{number}]" for s in re.split(r"(?<=\.) ", text)))


def says(text: str) -> Model:
    """A model that always writes the same."""
    return lambda prompt: pieces(text)
