"""Language models, by name, through LangChain. The only file that knows its chat models."""

from __future__ import annotations

import functools
import os
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.errors import ModelError
from rag.settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

Message = tuple[str, str]
"""Role ("system", "human") and text."""

PATIENCE = 3
"""A whole answer may take so many times the settings' `model_timeout`, the wait for one word."""
LONGEST = 8_000
"""Characters after which a model is no longer listened to: it was asked for a few sentences."""

_EXAMPLES = "openai:gpt-5-mini, anthropic:claude-haiku-4-5 or ollama:llama3.2"
_KEYS = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
_FAILURES = {
    400: "refused the request", 401: "refused the key", 403: "refused the key",
    404: "is not known to its server", 413: "was given too much to read",
    429: "has no quota left or is too busy",
}  # fmt: skip
_CUT_SHORT = ("length", "max_tokens", "model_length")


@dataclass(frozen=True, slots=True)
class Model:
    """A language model that can be asked."""

    name: str
    """As "provider:name"."""
    timeout: float
    """Seconds to wait for the next words."""
    _chat: BaseChatModel

    def stream(self, messages: Sequence[Message]) -> Iterator[str]:
        """The model's text in pieces, as they come.

        Raises ModelError where the server does not answer, breaks off, lets `timeout` pass without
        a word, or takes more than `PATIENCE` times as long in all.
        """
        pieces: queue.Queue[str | Exception | None] = queue.Queue()
        stopped = threading.Event()
        reader = functools.partial(self._read, list(messages), pieces, stopped)
        # In a thread of its own, since a server that sends blanks now and then keeps every
        # provider's own time limit from running out.
        threading.Thread(target=reader, name="citewire-model", daemon=True).start()
        end = time.monotonic() + PATIENCE * self.timeout
        length = 0
        try:
            while length < LONGEST:
                piece = pieces.get(timeout=max(min(self.timeout, end - time.monotonic()), 0.001))
                if piece is None:
                    return
                if isinstance(piece, Exception):
                    raise ModelError(f"The language model {self.name} {_why(piece)}.") from piece
                length += len(piece)
                yield piece
        except queue.Empty:
            waited = "began no answer" if not length else "did not end its answer"
            limit = self.timeout if time.monotonic() < end else PATIENCE * self.timeout
            raise ModelError(
                f"The language model {self.name} {waited} within {limit:g} seconds."
            ) from None
        finally:
            stopped.set()

    def _read(
        self, messages: list[Message], pieces: queue.Queue[str | Exception | None],
        stopped: threading.Event,
    ) -> None:  # fmt: skip
        ended = ""
        try:
            for chunk in self._chat.stream(messages):
                if stopped.is_set():
                    return
                if text := str(chunk.text):
                    pieces.put(text)
                said = getattr(chunk, "response_metadata", {})
                ended = ended or next((str(v) for k, v in said.items() if k in _REASONS and v), "")
            if ended in _CUT_SHORT or (not ended and self.name.startswith("openai:")):
                raise ConnectionError("broke off")
            pieces.put(None)
        except Exception as error:  # every provider raises its own kinds
            pieces.put(error)

    def complete(self, messages: Sequence[Message]) -> str:
        """The model's whole text. Raises ModelError as `stream` does."""
        return "".join(self.stream(messages)).strip()


# What providers call the reason for which an answer ended.
_REASONS = ("finish_reason", "stop_reason", "done_reason")


def named(model: str | None) -> str | None:
    """The name of a model; None also for "none", which names none."""
    return None if model == "none" else model


def load(name: str | None, settings: Settings) -> Model | None:
    """The model of that name, None where it names none; nothing is sent yet.

    Raises ModelError for a name that is not "provider:name", an unknown provider, and a package
    or key that is missing.
    """
    name = named(name)
    return _load(name, settings.model_url, settings.model_timeout) if name is not None else None


@functools.lru_cache(maxsize=8)
def _load(name: str, url: str | None, timeout: float) -> Model:
    from langchain.chat_models import init_chat_model

    provider, _, model = name.partition(":")
    if not provider or not model:
        raise ModelError(
            f"The language model {name!r} cannot be used; expected provider:name, for example "
            f"{_EXAMPLES}."
        )
    options = _options(provider, url, timeout)
    key = _KEYS.get(provider)
    if key and not os.environ.get(key):
        if "base_url" not in options:
            raise ModelError(f"The language model {name} needs a key; set {key} to it.")
        options["api_key"] = "none"  # a server of one's own asks for none
    try:
        return Model(name, timeout, init_chat_model(model, model_provider=provider, **options))
    except ImportError as error:
        raise ModelError(
            f"The language model {name} needs a package that is not installed; run: pip install "
            f"langchain-{provider.replace('_', '-')}"
        ) from error
    except Exception as error:  # every provider raises its own kinds
        raise ModelError(
            f"The language model {name!r} cannot be used ({_short(str(error))}); expected "
            f"provider:name, for example {_EXAMPLES}."
        ) from error


def _options(provider: str, url: str | None, timeout: float) -> dict[str, Any]:
    """What the provider's class is made with.

    The temperature is left at the provider's: OpenAI's and Anthropic's newer models refuse any
    other. Ollama's models all take one, and answer more alike at 0.
    """
    options: dict[str, Any] = {"base_url": url} if url and provider == "openai" else {}
    if provider in ("openai", "anthropic"):
        options |= {"timeout": timeout, "max_retries": 1}
    elif provider == "ollama":
        options |= {"temperature": 0, "client_kwargs": {"timeout": timeout}}
    return options


def _why(error: Exception) -> str:
    """What went wrong, in plain words, with the server's own where they may help."""
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        body = getattr(error, "body", None)
        said = body.get("message") if isinstance(body, dict) else None
        what = _FAILURES.get(status, "failed at its server")
        return f"{what} (status {status}{f': {_short(str(said))}' if said else ''})"
    kind = type(error).__name__
    if "Timeout" in kind:
        return "did not answer in time"
    if "Connect" in kind and "broke off" not in str(error):
        return "cannot be reached"
    return "broke off its answer"


def _short(text: str) -> str:
    return " ".join(text.split())[:160].rstrip(".")
