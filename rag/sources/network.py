"""Connections to the web that cannot be led astray. The only file that knows httpcore.

A name is looked up once, and the connection goes to an address that was looked at: whatever a name
server or a redirect says, nothing on this machine or in its network is reached. Proxies of the
environment are not used, because behind one the address cannot be looked at.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any

import httpcore2
import httpx2

from rag.errors import FetchError

TRIED = 3
"""Addresses of one name that are tried, for hosts of which some do not answer."""
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Guard(httpcore2.NetworkBackend):
    """Connects to public addresses only, and lets nothing go on past the deadline."""

    def __init__(self, private: bool) -> None:
        self.private = private
        """Whether addresses of one's own machine and network may be reached, too."""
        self.deadline = 0.0
        """On the monotonic clock; to be set before each request."""

    def left(self) -> float:
        """Seconds to the deadline. Raises httpcore's ReadTimeout where it has passed."""
        if (seconds := self.deadline - time.monotonic()) <= 0:
            raise httpcore2.ReadTimeout
        return seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """A connection to one of the host's addresses. Raises FetchError where none is public."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(f"there is no host {host}") from error
        addresses = list(dict.fromkeys(str(place[0]) for *_, place in found))
        allowed = [a for a in addresses if self.private or is_public(a)][:TRIED]
        if not allowed:
            raise FetchError(
                f"{host} is {addresses[0]}, an address of your own machine or network; to fetch "
                "from there, set CITEWIRE_FETCH_PRIVATE=1"
            )
        plain = httpcore2.SyncBackend()
        for last, address in enumerate(allowed, 1 - len(allowed)):
            try:
                seconds = self.left() if last == 0 else self.left() / 2
                return _Stream(plain.connect_tcp(address, port, seconds), self)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if last == 0:
                    raise
        raise AssertionError


class _Stream(httpcore2.NetworkStream):
    """A connection each of whose steps has what is left of the time; httpcore's own limit is for
    one step, and a server that sends a byte now and then would never meet it."""

    def __init__(self, stream: httpcore2.NetworkStream, guard: Guard) -> None:
        self._stream = stream
        self._guard = guard

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._guard.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._guard.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        secure = self._stream.start_tls(ssl_context, server_hostname, self._guard.left())
        return _Stream(secure, self._guard)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class Transport(httpx2.BaseTransport):
    """httpx's way to the network, through a `Guard`."""

    def __init__(self, guard: Guard) -> None:
        self._pool = httpcore2.ConnectionPool(network_backend=guard, keepalive_expiry=60)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        url = httpcore2.URL(
            scheme=request.url.raw_scheme, host=request.url.raw_host,
            port=request.url.port, target=request.url.raw_path,
        )  # fmt: skip
        headers = request.headers.raw
        got = self._pool.handle_request(httpcore2.Request(request.method, url, headers=headers))
        return httpx2.Response(got.status, headers=got.headers, stream=_Body(got))

    def close(self) -> None:
        self._pool.close()


class _Body(httpx2.SyncByteStream):
    def __init__(self, response: httpcore2.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        with closing(self._response):
            yield from self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


def is_public(address: str) -> bool:
    """True for an address of the internet; one inside another, such as ::ffff:10.0.0.1, counts."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner or ip.teredo:
            return bool(inner) and is_public(str(inner))
        if ip.is_site_local:
            return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved)
