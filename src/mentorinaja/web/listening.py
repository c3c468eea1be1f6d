"""The socket people connect to."""

from __future__ import annotations

import socket

import uvicorn

# Linux gives a connection up when what was sent was not acknowledged for so long; by itself it would try for a
# quarter of an hour. Streams speak every ten seconds, so that the line of a phone without network ends soon.
_UNHEARD_MS = 20_000


def bind(config: uvicorn.Config) -> socket.socket:
    """The bound socket of these settings. Exits with 1, and says why, when the address is taken."""
    listening = config.bind_socket()
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # Accepted connections inherit it.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNHEARD_MS)
    return listening
