"""The settings, read from the environment in one place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import inf
from pathlib import Path

import platformdirs

from rag.errors import SettingsError

PREFIX = "CITEWIRE_"
CAUTION = {"strict": 0.8, "normal": 0.5, "lenient": 0.3}
"""The least confidence with which the library is taken to answer."""
LEAST = 0.001
"""Seconds. No pause or limit is shorter: an overloaded server's pauses are multiples of it."""
_WORDS = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True, slots=True)
class Settings:
    """One field per variable: `CITEWIRE_` and the name in capitals."""

    library: Path | None = None
    """Folder of the library. Unset: the user's own, or the sample library where there is none."""
    model: str | None = None
    """Language model as "provider:name", for example "openai:gpt-5-mini". Unset: none."""
    model_url: str | None = None
    """Base address of an OpenAI-compatible server, for models named "openai:…"."""
    model_timeout: float = 60.0
    """Seconds to wait for the language model's next words; a whole answer may take three times as
    long."""
    prompt_tokens: int = 6000
    """Room for the passages and the question in the language model's prompt."""
    embedder: str = "all-MiniLM-L6-v2"
    """The embedding model: this name, a folder, or a name on the Hugging Face hub."""
    reader: str = "shipped"
    """The trained reader: "shipped", "none", or a folder made by `python -m rag.training`."""
    caution: str = "normal"
    """How sure it must be, without a language model, to answer: "strict", "normal" or "lenient"."""
    fetch_private: bool = False
    """1: also fetch from addresses of your own machine and network, which is refused otherwise."""
    fetch_delay: float = 1.0
    """Seconds between requests to one host, from 0.001; more where its robots.txt asks for more."""
    fetch_timeout: float = 30.0
    """Seconds within which a page must have arrived."""
    cache: Path = Path(platformdirs.user_cache_dir("citewire"))
    """Folder for prepared models and the sample library, else ~/.cache/citewire; may be deleted."""
    data: Path = Path(platformdirs.user_data_dir("citewire"))
    """Folder for your own library and conversations, else ~/.local/share/citewire."""

    def __post_init__(self) -> None:
        if self.caution not in CAUTION:
            raise SettingsError(
                f"{PREFIX}CAUTION is {self.caution!r}; expected {', '.join(CAUTION)}."
            )

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """The settings of `environ` (default: the process environment).

        Raises SettingsError for an unknown `CITEWIRE_` name or a value of the wrong kind.
        """
        environ = os.environ if environ is None else environ
        known = {PREFIX + f.name.upper(): f for f in fields(cls)}
        values: dict[str, object] = {}
        for name, text in environ.items():
            if not name.startswith(PREFIX) or not text:
                continue
            if name not in known:
                choices = ", ".join(sorted(known))
                raise SettingsError(f"{name} is not a setting; the settings are {choices}.")
            values[known[name].name] = _parse(name, str(known[name].type), text)
        return cls(**values)  # type: ignore[arg-type]


def _parse(name: str, kind: str, text: str) -> object:
    if kind.startswith("Path"):
        return Path(text).expanduser()
    if kind == "bool":
        if text.lower() not in _WORDS:
            raise SettingsError(f"{name}={text!r} is neither 1 (yes) nor 0 (no).")
        return _WORDS[text.lower()]
    if kind in ("int", "float"):
        least, what = (1, "a whole number") if kind == "int" else (LEAST, "a number")
        try:
            number = int(text) if kind == "int" else float(text)
        except ValueError:
            number = 0
        if not least <= number < inf:
            raise SettingsError(f"{name}={text!r} cannot be used; expected {what} from {least} on.")
        return number
    return text
