"""Addresses of downloads: signed, so that none can be made up; still only their buyer can use them."""

from __future__ import annotations

import hashlib
from functools import cache

from itsdangerous import BadSignature, URLSafeSerializer

from mentorinaja.settings import Settings


def download_path(settings: Settings, public_id: str) -> str:
    """`/unduh/…`: the address under which an order's product is fetched."""
    return f"/unduh/{_serializer(settings.secret_key).dumps(public_id)}"


def order_in(settings: Settings, token: str) -> str | None:
    """The public id of the order that an address names, or None when it is not one of ours."""
    try:
        named = _serializer(settings.secret_key).loads(token)
    except BadSignature:
        return None
    return named if isinstance(named, str) else None


@cache
def _serializer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt="download", signer_kwargs={"digest_method": hashlib.sha256})
