"""Display settings: 长辈模式, contrast and colour scheme, kept in one cookie and applied by the server."""

from dataclasses import dataclass
from typing import Self

from django.http import HttpRequest

COOKIE = "display"
SIZES = {"normal": "标准", "elder": "长辈模式"}
CONTRASTS = {"normal": "标准", "high": "高对比度"}
SCHEMES = {"auto": "跟随系统", "light": "浅色", "dark": "深色"}


@dataclass(frozen=True)
class DisplaySettings:
    size: str = "normal"
    contrast: str = "normal"
    scheme: str = "auto"

    @classmethod
    def from_request(cls, request: HttpRequest) -> Self:
        return cls.parse(request.COOKIES.get(COOKIE, ""))

    @classmethod
    def parse(cls, text: str) -> Self:
        """From the cookie `size.contrast.scheme`; anything unknown falls back to the default."""
        size, contrast, scheme = [*text.split("."), "", "", ""][:3]
        return cls(
            size if size in SIZES else "normal",
            contrast if contrast in CONTRASTS else "normal",
            scheme if scheme in SCHEMES else "auto",
        )

    def __str__(self) -> str:
        return f"{self.size}.{self.contrast}.{self.scheme}"
