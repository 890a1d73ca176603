"""Personal numbers: encrypted at rest, found through a keyed hash, masked when shown.

个人信息保护法 Art. 51 asks for encryption and de-identification. AES-256-GCM with a random nonce;
the keyed hash is HMAC-SHA-256 so that equal numbers can be found without being readable.

`settings.FIELD_KEYS` begins with the key that seals; those after it are former ones that only open, as in
`cryptography.fernet.MultiFernet`, which is not used because it seals with AES-128-CBC. A token names its
key, so that what is left under a former one can be counted without opening it (`core.key_rotation`).
"""

import base64
import hashlib
import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

PREFIX = "v2:"
NAMELESS = "v1:"  # from before tokens named their key


class Unreadable(Exception):
    """A number was sealed under a key that is not in `settings.FIELD_KEYS`. Pages answer 503 and say so."""


@lru_cache(maxsize=32)
def _derived(key: bytes, purpose: bytes) -> bytes:
    return hmac.new(key, purpose, hashlib.sha256).digest()


def sealed_prefix(key: bytes | None = None) -> str:
    """What every token under `key` (the one that seals now) begins with."""
    return f"{PREFIX}{_derived(key or settings.FIELD_KEYS[0], b'name').hex()[:8]}:"


def encrypt(text: str) -> str:
    """`text` as a printable token; different each time."""
    nonce = os.urandom(12)
    sealed = AESGCM(_derived(settings.FIELD_KEYS[0], b"encrypt")).encrypt(nonce, text.encode(), None)
    return sealed_prefix() + base64.b64encode(nonce + sealed).decode()


def decrypt(token: str) -> str:
    """What `encrypt` was given, under the present or a former key. Raises `Unreadable` under another."""
    nameless = token.startswith(NAMELESS)
    raw = base64.b64decode(token.rpartition(":")[2])
    for key in settings.FIELD_KEYS:
        if nameless or token.startswith(sealed_prefix(key)):
            try:
                return AESGCM(_derived(key, b"encrypt")).decrypt(raw[:12], raw[12:], None).decode()
            except InvalidTag:
                continue
    raise Unreadable(
        "个人信息无法解密：FIELD_ENCRYPTION_KEY 与写入数据时的不同。数据没有损坏，恢复原来的密钥即可读取。"
    )


def keyed_hash(text: str, key: bytes | None = None) -> str:
    """64 hex digits by which an equal number is found; "" for an empty one.

    While former keys are listed the oldest of them makes it, because the stored ones are under it until
    `manage.py rotate_key --hashes` has made them all anew.
    """
    if not text:
        return ""
    key = _derived(key or settings.FIELD_KEYS[-1], b"lookup")
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def mask_identity(number: str) -> str:
    """`150122********1234` for a number of 18 characters, the outer quarter for others."""
    if len(number) == 18:
        return number[:6] + "*" * 8 + number[14:]
    keep = len(number) // 4
    return number[:keep] + "*" * (len(number) - 2 * keep) + number[len(number) - keep :]


def mask_phone(number: str) -> str:
    """`138****5678`."""
    return number[:3] + "****" + number[-4:] if len(number) >= 9 else "*" * len(number)


def mask_email(address: str) -> str:
    """`z***@example.com`: the first character and the domain stay."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}***@{domain}" if name else "***"


def mask_name(name: str) -> str:
    """`张*`, `张*三`: the first and, from three characters on, the last character stay."""
    if len(name) <= 1:
        return name
    return name[0] + "*" * (len(name) - 2) + name[-1] if len(name) > 2 else name[0] + "*"
