"""Language models, by name, through LangChain. The only file that knows its chat models."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from rag.errors import ModelError
from rag.settings import Settings

Message = tuple[str, str]
"""Role ("system", "human") and text."""


def stream(messages: Sequence[Message], name: str, settings: Settings) -> Iterator[str]:
    """The model's text in pieces, as they come.

    Raises ModelError where the name is unknown, its package missing, or the server does not
    answer, breaks off, or takes longer than `settings.model_timeout` in all.
    """
    model = _model(name, settings)
    deadline = time.monotonic() + settings.model_timeout
    try:
        for chunk in model.stream(list(messages)):
            if time.monotonic() > deadline:
                raise TimeoutError(f"no end after {settings.model_timeout:g} seconds")
            if isinstance(chunk.text, str) and chunk.text:
                yield chunk.text
    except Exception as error:  # every provider raises its own kinds
        raise ModelError(f"The language model {name} gave no whole answer: {_short(error)}") from error


def complete(messages: Sequence[Message], name: str, settings: Settings) -> str:
    """The model's whole text. Raises ModelError as `stream` does."""
    return "".join(stream(messages, name, settings)).strip()


def _model(name: str, settings: Settings) -> Any:
    from langchain.chat_models import init_chat_model

    provider, _, model = name.partition(":")
    if not provider or not model:
        raise ModelError(
            f"The language model {name!r} cannot be used; expected provider:name, for example "
            "openai:gpt-5-mini, anthropic:claude-haiku-4-5 or ollama:llama3.2."
        )
    options: dict[str, Any] = {"timeout": settings.model_timeout, "max_retries": 1}
    if provider == "ollama":
        options = {"client_kwargs": {"timeout": settings.model_timeout}}
    if settings.model_url:
        options["base_url"] = settings.model_url
    try:
        return init_chat_model(model, model_provider=provider, temperature=0, **options)
    except ImportError as error:
        raise ModelError(
            f"The language model {name} needs a package that is not installed; run: "
            f"pip install 'citewire[{provider}]'"
        ) from error
    except Exception as error:  # a missing key is an error of the provider's own kind
        raise ModelError(f"The language model {name} cannot be used: {_short(error)}") from error


def _short(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text[:200]
