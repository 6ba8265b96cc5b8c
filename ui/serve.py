"""Starts the page: one process, bound to this machine, that reports to nobody."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from pathlib import Path

from rag.errors import CitewireError

HOST = "127.0.0.1"
FIRST_PORT = 8501
"""Streamlit's own; taken by another page, the next free one is used."""
PORTS_TRIED = 100

OPTIONS = {
    "server.address": HOST,
    "server.fileWatcherType": "none",
    "server.showEmailPrompt": "false",
    "browser.serverAddress": HOST,
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": "false",
    "runner.magicEnabled": "false",
    # Each look at an answer under way would go through all the objects of the loaded models.
    "runner.postScriptGC": "false",
    "logger.hideWelcomeMessage": "true",
    "logger.level": "warning",
}
ALLOWED_HOSTS = (HOST, "localhost")
"""A page elsewhere whose name is pointed at this machine gets no connection."""
THEME = {
    "theme.font": "sans-serif",
    "theme.headingFont": "serif",
    "theme.baseRadius": "0.6rem",
    "theme.showWidgetBorder": "true",
    "theme.showSidebarBorder": "false",
    "theme.light.primaryColor": "#0b6159",
    "theme.light.backgroundColor": "#fdfcfa",
    "theme.light.secondaryBackgroundColor": "#f5f2ec",
    "theme.light.textColor": "#1d1c1a",
    "theme.light.linkColor": "#0b6159",
    "theme.light.borderColor": "#e4dfd5",
    "theme.light.sidebar.backgroundColor": "#f5f2ec",
    "theme.light.sidebar.secondaryBackgroundColor": "#fdfcfa",
    "theme.dark.primaryColor": "#5ebcb0",
    "theme.dark.backgroundColor": "#16171a",
    "theme.dark.secondaryBackgroundColor": "#1e2023",
    "theme.dark.textColor": "#ebe8e2",
    "theme.dark.linkColor": "#7fd0c5",
    "theme.dark.borderColor": "#34363a",
    "theme.dark.sidebar.backgroundColor": "#1e2023",
    "theme.dark.sidebar.secondaryBackgroundColor": "#16171a",
}


def launch(library: Path | None, port: int | None, open_browser: bool) -> None:
    """Serves the page until the process is stopped, and says on stdout where it is.

    `library` is the folder of the library (None: as `Newsroom.open` decides); `port` None takes
    the first free one from 8501. Raises CitewireError where the port is taken.
    """
    if library is not None:
        os.environ["CITEWIRE_LIBRARY"] = str(library)
    port = _free_port((port,) if port else range(FIRST_PORT, FIRST_PORT + PORTS_TRIED))
    print(f"Citewire is at http://{HOST}:{port} (Ctrl-C stops it).", flush=True)

    from streamlit.web.cli import main

    main(
        ["run", str(Path(__file__).with_name("app.py")), *flags(port, open_browser)],
        prog_name="streamlit",
    )


def flags(port: int, open_browser: bool) -> list[str]:
    """The options of `streamlit run`; they go before what the user's own configuration says."""
    options = {**OPTIONS, **THEME, "server.port": str(port),
               "server.headless": "false" if open_browser else "true"}  # fmt: skip
    hosts = [f"--server.allowedHosts={host}" for host in ALLOWED_HOSTS]
    return [*(f"--{name}={value}" for name, value in options.items()), *hosts]


def _free_port(ports: Sequence[int]) -> int:
    for port in ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    tried = f"Port {ports[0]} is" if len(ports) == 1 else f"The ports {ports[0]} to {ports[-1]} are"
    raise CitewireError(f"{tried} taken; name another one, for example: citewire chat --port 8700")
