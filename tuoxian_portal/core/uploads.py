"""What comes in as a file: checked by its content before anything keeps it.

`check_upload` is the one door. It trusts neither the name nor the browser's content type: the type
follows from the bytes, the extension must agree with it, and what can run (programs, macros), cannot be
read (encrypted, damaged) or is two things at once is refused with a sentence that says what to do.
Signatures of six types need no package; archives are opened by `zipfile`, pictures by Pillow.
"""

import hashlib
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import IO, Any, cast
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import Storage, storages
from django.core.files.uploadhandler import FileUploadHandler
from django.http import FileResponse
from django.utils import timezone
from django.utils.deconstruct import deconstructible
from PIL import Image, UnidentifiedImageError

from tuoxian_portal.core.export import disposition


@dataclass(frozen=True)
class FileKind:
    """A type that may be uploaded. The first extension is the one it is kept under."""

    code: str
    label: str
    content_type: str
    extensions: tuple[str, ...]
    inline: bool = False  # browsers show it without running anything


_OFFICE = "application/vnd.openxmlformats-officedocument."
KINDS = {
    kind.code: kind
    for kind in (
        FileKind("pdf", "PDF", "application/pdf", ("pdf",), inline=True),
        FileKind("jpg", "JPG 图片", "image/jpeg", ("jpg", "jpeg"), inline=True),
        FileKind("png", "PNG 图片", "image/png", ("png",), inline=True),
        FileKind("ofd", "OFD 版式文件", "application/ofd", ("ofd",)),
        FileKind("docx", "Word 文档", f"{_OFFICE}wordprocessingml.document", ("docx",)),
        FileKind("xlsx", "Excel 表格", f"{_OFFICE}spreadsheetml.sheet", ("xlsx",)),
    )
}
ALLOWED_TEXT = "PDF、JPG、PNG、OFD、DOCX、XLSX"
# For the `accept` attribute of a file field.
ACCEPT = ",".join(f".{extension}" for kind in KINDS.values() for extension in kind.extensions)

MAX_NAME = 120
MAX_ENTRIES = 5_000
MAX_UNPACKED = 400 * 1024 * 1024
MAX_TYPES = 1024 * 1024  # of the list of parts, which is read into memory
MAX_RATIO = 200  # sheets of equal cells reach some 60; a bomb starts at several hundred
RATIO_FREE = 20 * 1024 * 1024  # below this much unpacked, no ratio is dangerous
CHUNK = 64 * 1024
RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)", re.IGNORECASE)
PROGRAMS = (".exe", ".dll", ".scr", ".com", ".bat", ".cmd", ".ps1", ".vbs", ".js", ".jar", ".msi", ".lnk")
# How what people try to upload begins, and what they should do instead.
STRANGERS = (
    (b"MZ", "是程序文件，不能作为材料上传。请上传 PDF 或图片。"),
    (b"\x7fELF", "是程序文件，不能作为材料上传。请上传 PDF 或图片。"),
    (b"#!", "是脚本文件，不能作为材料上传。请上传 PDF 或图片。"),
    (b"\xd0\xcf\x11\xe0", "是旧版或加了密码的 Office 文件，请去掉密码，另存为 DOCX 或 XLSX 后再上传。"),
    (b"GIF8", "是 GIF 图片，请另存为 JPG 或 PNG 后再上传。"),
    (b"BM", "是 BMP 图片，请另存为 JPG 或 PNG 后再上传。"),
    (b"II*\x00", "是 TIFF 图片，请另存为 PDF 或 JPG 后再上传。"),
    (b"MM\x00*", "是 TIFF 图片，请另存为 PDF 或 JPG 后再上传。"),
    (b"Rar!", "是压缩包，请解压后逐个上传。"),
    (b"7z\xbc\xaf", "是压缩包，请解压后逐个上传。"),
)
ENCRYPTED_PDF = re.compile(rb"/Encrypt\s*(?:<<|\d+\s+\d+\s+R)")


@dataclass(frozen=True)
class CheckedUpload:
    """A file that passed. `name` is safe to show and to send in a header; `sha256` is of the bytes."""

    file: File
    name: str
    kind: FileKind
    size: int
    sha256: str


def max_bytes() -> int:
    return settings.UPLOAD_MAX_MB * 1024 * 1024


def check_upload(file: File, *, kinds: Iterable[str] = KINDS, limit: int | None = None) -> CheckedUpload:
    """Checks `file` and returns it with its safe name, type, size (bytes) and SHA-256.

    `kinds` names the types allowed here (codes of `KINDS`), `limit` the most bytes
    (`settings.UPLOAD_MAX_MB`). Reads the file twice or three times, never whole into memory. Raises
    `ValidationError` with one Chinese sentence; its code is `empty`, `too_large`, `type`, `extension`,
    `damaged`, `encrypted`, `macro`, `bomb` or `mixed`.
    """
    limit = limit or max_bytes()
    allowed = [KINDS[code] for code in kinds]
    name = clean_name(file.name or "")
    size = file.size
    if not size:
        raise _refusal("empty", name, "是空文件，请重新导出或重新拍照后再上传。")
    if size > limit:
        raise _refusal(
            "too_large", name, f"超过 {limit // (1024 * 1024)} MB，请压缩图片、降低扫描清晰度或分成几份上传。"
        )
    stream = cast(IO[bytes], file)
    kind = _kind_of(stream, name)
    if kind not in allowed:
        labels = "、".join(dict.fromkeys(k.extensions[0].upper() for k in allowed))
        raise _refusal("type", name, f"是{kind.label}，这里只能上传 {labels}。")
    stem, _, extension = name.rpartition(".")
    if extension.lower() not in kind.extensions:
        right = f"{stem or extension}.{kind.extensions[0]}"
        raise _refusal(
            "extension",
            name,
            f"的内容是{kind.label}，与扩展名不符。请确认没有选错文件，改名为“{right}”后再上传。",
        )
    if kind.code == "pdf":
        _check_pdf(stream, name, size)
    elif kind.code in {"jpg", "png"}:
        _check_picture(stream, name, kind)
    if kind.code in {"pdf", "jpg", "png"} and _hides_archive(stream):
        raise _refusal("mixed", name, "里夹带了压缩包，请重新导出或重新拍照后再上传。")
    digest = hashlib.sha256()
    for chunk in _chunks(stream):
        digest.update(chunk)
    stream.seek(0)
    return CheckedUpload(file=file, name=name, kind=kind, size=size, sha256=digest.hexdigest())


def _refusal(code: str, name: str, sentence: str) -> ValidationError:
    return ValidationError(f"文件“{name}”{sentence}", code=code)


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    stream.seek(0)
    while chunk := stream.read(CHUNK):
        yield chunk


# --- Names ------------------------------------------------------------------------------------------


def clean_name(raw: str) -> str:
    """`raw` as a name that is safe on every system, in a header and on a page.

    Folders, control and invisible characters (a right-to-left mark makes `gpj.exe` look like a
    picture), what Windows reserves, and length beyond `MAX_NAME` go; the extension stays.
    """
    name = unicodedata.normalize("NFC", raw).replace("\\", "/").rsplit("/", 1)[-1]
    name = "".join(c for c in name if unicodedata.category(c)[0] != "C")
    name = re.sub(r'[<>:"|?*%;]', "_", " ".join(name.split())).strip(". ")
    if RESERVED.match(name):
        name = f"_{name}"
    stem, dot, extension = name.rpartition(".")
    if not dot:
        return name[:MAX_NAME] or "附件"
    extension = extension[:10]
    return f"{stem[: MAX_NAME - len(extension) - 1].rstrip('. ') or '附件'}.{extension}"


# --- Types ------------------------------------------------------------------------------------------


def _kind_of(stream: IO[bytes], name: str) -> FileKind:
    stream.seek(0)
    head = stream.read(16)
    if head.startswith(b"%PDF-"):
        return KINDS["pdf"]
    if head.startswith(b"\xff\xd8\xff"):
        return KINDS["jpg"]
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return KINDS["png"]
    if head.startswith(b"PK\x03\x04"):
        return _archive_kind(stream, name)
    if head[4:8] == b"ftyp" and head[8:12] in {b"heic", b"heix", b"mif1", b"msf1", b"hevc", b"avif"}:
        raise _refusal(
            "type",
            name,
            "是手机的 HEIC 照片，请在手机设置里把相机格式改为“兼容性最佳”，或另存为 JPG 后再上传。",
        )
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        raise _refusal("type", name, "是 WEBP 图片，请另存为 JPG 或 PNG 后再上传。")
    for start, sentence in STRANGERS:
        if head.startswith(start):
            raise _refusal("type", name, sentence)
    raise _refusal("type", name, f"的内容不是 {ALLOWED_TEXT} 中的任何一种，请转换格式后再上传。")


def _archive_kind(stream: IO[bytes], name: str) -> FileKind:
    """OFD, DOCX or XLSX. Unpacks every entry once, within limits, so that a damaged or lying archive
    is found here and not by who opens it."""
    damaged = _refusal("damaged", name, "已损坏，打不开。请重新导出后再上传。")
    try:
        with zipfile.ZipFile(stream) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES or sum(e.file_size for e in entries) > MAX_UNPACKED:
                raise _refusal("bomb", name, "解压后过大，请拆分或重新导出后再上传。")
            names = [entry.filename for entry in entries]
            _check_entries(entries, name)
            unpacked = 0
            for entry in entries:
                with archive.open(entry) as part:
                    while chunk := part.read(CHUNK):
                        unpacked += len(chunk)
                        if unpacked > MAX_UNPACKED or (
                            unpacked > RATIO_FREE and unpacked > MAX_RATIO * _size(stream)
                        ):
                            raise _refusal("bomb", name, "解压后过大，请拆分或重新导出后再上传。")
            types = b""
            if "[Content_Types].xml" in names:
                with archive.open("[Content_Types].xml") as part:
                    types = part.read(MAX_TYPES)
    except ValidationError:
        raise
    except Exception as error:  # zipfile and its decompressors raise a dozen kinds for broken bytes
        raise damaged from error
    if b"macroEnabled" in types:
        raise _refusal("macro", name, "带有宏，不能上传。请另存为不带宏的 DOCX 或 XLSX 后再上传。")
    found = [
        code
        for code, marks in (
            ("ofd", ("OFD.xml",)),
            ("docx", ("[Content_Types].xml", "word/document.xml")),
            ("xlsx", ("[Content_Types].xml", "xl/workbook.xml")),
        )
        if all(mark in names for mark in marks)
    ]
    if len(found) > 1:
        raise _refusal("mixed", name, "里混有两种格式，请重新导出后再上传。")
    if not found:
        raise _refusal("type", name, "是压缩包或其他格式，不能上传。压缩包请解压后逐个上传。")
    return KINDS[found[0]]


def _check_entries(entries: list[zipfile.ZipInfo], name: str) -> None:
    for entry in entries:
        path = entry.filename.replace("\\", "/").lower()
        if entry.flag_bits & 0x1:
            raise _refusal("encrypted", name, "加了密码，无法审查。请去掉密码后再上传。")
        if path.rsplit("/", 1)[-1] == "vbaproject.bin":
            raise _refusal("macro", name, "带有宏，不能上传。请另存为不带宏的 DOCX 或 XLSX 后再上传。")
        if path.endswith(PROGRAMS):
            raise _refusal("mixed", name, "里夹带了程序，不能上传。请删除后重新导出。")
        if path.startswith("/") or ".." in path.split("/"):
            raise _refusal("damaged", name, "的内部路径不正常，请重新导出后再上传。")


def _size(stream: IO[bytes]) -> int:
    return cast(Any, stream).size


def _check_pdf(stream: IO[bytes], name: str, size: int) -> None:
    stream.seek(max(0, size - 2048))
    if b"%%EOF" not in stream.read():
        raise _refusal("damaged", name, "不完整，可能没有传完或没有导出完。请重新导出后再上传。")
    before = b""
    for chunk in _chunks(stream):
        if ENCRYPTED_PDF.search(before + chunk):
            raise _refusal(
                "encrypted", name, "加了密码或限制，无法审查。请去掉限制，或打印成新的 PDF 后再上传。"
            )
        before = chunk[-64:]


def _check_picture(stream: IO[bytes], name: str, kind: FileKind) -> None:
    """Opens the picture as its kind, refuses absurd sizes before decoding, then decodes it (a JPEG at
    an eighth of its size, which shows all damage at little cost)."""
    # JPEG opens a phone's MPO as well; naming MPO makes Pillow fail on a damaged file.
    wanted = {"jpg": ("JPEG",), "png": ("PNG",)}[kind.code]
    try:
        stream.seek(0)
        with Image.open(stream, formats=wanted) as picture:
            if picture.width * picture.height > settings.UPLOAD_MAX_PIXELS:
                raise _refusal("bomb", name, "的像素过多，请降低分辨率后再上传。")
            picture.verify()
        if kind.code == "png":
            return  # every chunk's checksum was just checked
        stream.seek(0)
        with Image.open(stream, formats=wanted) as picture:
            picture.draft("L", (max(1, picture.width // 8), max(1, picture.height // 8)))
            picture.load()
    except ValidationError:
        raise
    except Image.DecompressionBombError as error:
        raise _refusal("bomb", name, "的像素过多，请降低分辨率后再上传。") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise _refusal("damaged", name, "已损坏，打不开。请重新拍照或扫描后再上传。") from error


def _hides_archive(stream: IO[bytes]) -> bool:
    """Whether the file is an archive as well, read from its end."""
    stream.seek(0)
    return zipfile.is_zipfile(stream)


# --- Where files are kept ---------------------------------------------------------------------------


def private_storage() -> Storage:
    """Outside the web root; views that check who asks serve from it."""
    return storages["private"]


def file_response(file: File, *, name: str, kind: FileKind) -> FileResponse:
    """`file` as a download, or shown by the browser when `kind` runs nothing there. Under its checked
    type, never sniffed, never kept by a cache. Who may have it was asked before."""
    response = FileResponse(file, content_type=kind.content_type)
    how = disposition(name)
    response.headers["Content-Disposition"] = how.replace("attachment", "inline", 1) if kind.inline else how
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def remove_strays(folder: str, known: set[str], *, older_than: timedelta) -> int:
    """Deletes what lies under `folder` of the private storage, is not among `known` names, and is older
    than `older_than`: files that a killed process left without a row. Returns how many."""
    storage, limit = private_storage(), timezone.now() - older_than
    strays = [
        name
        for name in _walk(storage, folder)
        if name not in known and storage.get_modified_time(name) < limit
    ]
    for name in strays:
        storage.delete(name)
    return len(strays)


def _walk(storage: Storage, folder: str) -> Iterator[str]:
    if not storage.exists(folder):
        return
    folders, files = storage.listdir(folder)
    yield from (f"{folder}/{name}" for name in files)
    for name in folders:
        yield from _walk(storage, f"{folder}/{name}")


@deconstructible
class RandomPath:
    """`upload_to` that keeps nothing of the original name: `folder/ab/<random>.pdf`."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __call__(self, instance: Any, filename: str) -> str:
        token = uuid4().hex
        extension = filename.rpartition(".")[2].lower()
        known = any(extension in kind.extensions for kind in KINDS.values())
        return f"{self.folder}/{token[:2]}/{token}.{extension if known else 'bin'}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RandomPath) and other.folder == self.folder

    def __hash__(self) -> int:
        return hash(self.folder)


class CappedUploadHandler(FileUploadHandler):
    """Stands first among the handlers and lets through one byte more than may be uploaded, so that
    `check_upload` says it is too large and no upload fills the disk."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.left = max_bytes() + 1

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        kept, self.left = raw_data[: self.left], max(0, self.left - len(raw_data))
        return kept or None

    def file_complete(self, file_size: int) -> None:
        return None
