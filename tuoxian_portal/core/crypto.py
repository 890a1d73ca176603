"""Personal numbers: encrypted at rest, found through a keyed hash, masked when shown.

个人信息保护法 Art. 51 asks for encryption and de-identification. AES-256-GCM with a random nonce;
the keyed hash is HMAC-SHA-256 so that equal numbers can be found without being readable.
"""

import base64
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

PREFIX = "v1:"


class Unreadable(Exception):
    """A number was sealed under another `FIELD_ENCRYPTION_KEY`. Pages answer 503 and say so."""


def _key(purpose: bytes) -> bytes:
    return hmac.new(settings.FIELD_KEY, purpose, hashlib.sha256).digest()


def encrypt(text: str) -> str:
    """`text` as a printable token; different each time."""
    nonce = os.urandom(12)
    sealed = AESGCM(_key(b"encrypt")).encrypt(nonce, text.encode(), None)
    return PREFIX + base64.b64encode(nonce + sealed).decode()


def decrypt(token: str) -> str:
    """What `encrypt` was given. Raises `Unreadable` under another key."""
    raw = base64.b64decode(token.removeprefix(PREFIX))
    try:
        return AESGCM(_key(b"encrypt")).decrypt(raw[:12], raw[12:], None).decode()
    except InvalidTag as error:
        raise Unreadable(
            "个人信息无法解密：FIELD_ENCRYPTION_KEY 与写入数据时的不同。数据没有损坏，恢复原来的密钥即可读取。"
        ) from error


def keyed_hash(text: str) -> str:
    """64 hex digits by which an equal number is found; "" for an empty one."""
    return hmac.new(_key(b"lookup"), text.encode(), hashlib.sha256).hexdigest() if text else ""


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
