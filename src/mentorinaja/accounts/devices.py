"""The device a request comes from."""

from __future__ import annotations

from mentorinaja.accounts.actions import Device
from mentorinaja.web.viewer import AnyRequest


def device_of(request: AnyRequest) -> Device:
    """The client's address (a trusted proxy's word for it was taken by the server) and what it calls itself."""
    address = request.client.host if request.client else ""
    return Device(address, request.headers.get("user-agent", ""))
