"""Files as people upload them, made from bytes: small, valid, one of each allowed type."""

import io
import zipfile
from typing import Literal, overload

from PIL import Image


def zipped(parts: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def pdf(more: bytes = b"") -> bytes:
    return b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R " + more + b">>\n%%EOF\n"


def jpeg(colour: str = "white") -> bytes:
    buffer = io.BytesIO()
    Image.effect_noise((120, 90), 40).convert("RGB").save(buffer, "JPEG", comment=colour)
    return buffer.getvalue()


def png() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(buffer, "PNG")
    return buffer.getvalue()


def ofd() -> bytes:
    """As GB/T 33190: `OFD.xml` at the root names the document."""
    root = '<?xml version="1.0"?><ofd:OFD xmlns:ofd="http://www.ofdspec.org/2016" DocType="OFD"/>'
    return zipped({"OFD.xml": root.encode(), "Doc_0/Document.xml": b"<ofd:Document/>"})


@overload
def docx(*, parts: Literal[True]) -> dict[str, bytes]: ...
@overload
def docx(*, parts: Literal[False] = ...) -> bytes: ...
def docx(*, parts: bool = False) -> bytes | dict[str, bytes]:
    made = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w:document/>"}
    return made if parts else zipped(made)


@overload
def xlsx(*, parts: Literal[True]) -> dict[str, bytes]: ...
@overload
def xlsx(*, parts: Literal[False] = ...) -> bytes: ...
def xlsx(*, parts: bool = False) -> bytes | dict[str, bytes]:
    made = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}
    return made if parts else zipped(made)
