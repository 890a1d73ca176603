"""Real bytes, good and bad, through the one door for files."""

import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.uploads import docx, jpeg, ofd, pdf, png, xlsx, zipped
from tuoxian_portal.core.uploads import ACCEPT, KINDS, RandomPath, check_upload, clean_name, private_storage

GOOD: dict[str, Callable[[], bytes]] = {
    "pdf": pdf,
    "jpg": jpeg,
    "png": png,
    "ofd": ofd,
    "docx": docx,
    "xlsx": xlsx,
}


def refused(name: str, content: bytes, **more: object) -> tuple[str, str]:
    """The code and the sentence with which a file is refused."""
    with pytest.raises(ValidationError) as caught:
        check_upload(SimpleUploadedFile(name, content), **more)  # type: ignore[arg-type]  # a file as Django hands it over
    return str(caught.value.code), caught.value.messages[0]


@pytest.mark.parametrize("code", GOOD)
def test_every_allowed_type_passes_with_its_digest(code: str) -> None:
    content = GOOD[code]()
    checked = check_upload(SimpleUploadedFile(f"材料.{code.upper()}", content))
    assert checked.kind is KINDS[code]
    assert checked.size == len(content)
    assert checked.sha256 == hashlib.sha256(content).hexdigest()
    assert checked.file.read() == content, "the stream stands at its start again"


def test_a_jpeg_may_be_called_jpeg() -> None:
    assert check_upload(SimpleUploadedFile("照片.jpeg", jpeg())).kind.code == "jpg"


@pytest.mark.parametrize(
    ("name", "content", "code", "says"),
    [
        ("通知.pdf", b"MZ\x90\x00" + b"\0" * 400, "type", "程序文件"),
        ("通知.pdf", b"", "empty", "空文件"),
        ("通知.pdf", b"%PDF-1.7\n1 0 obj", "damaged", "不完整"),
        ("通知.pdf", pdf(b"/Encrypt 5 0 R"), "encrypted", "密码"),
        ("通知.jpg", pdf(), "extension", "通知.pdf"),
        ("通知.pdf", jpeg(), "extension", "通知.jpg"),
        ("没有扩展名", jpeg(), "extension", "没有扩展名.jpg"),
        ("照片.jpg", jpeg()[:-200], "damaged", "已损坏"),
        ("照片.png", png()[:-20], "damaged", "已损坏"),
        ("照片.jpg", jpeg() + zipped({"a.html": b"<script>"}), "mixed", "压缩包"),
        ("通知.pdf", pdf() + zipped({"a.class": b"x"}) + b"\n%%EOF", "mixed", "压缩包"),
        ("照片.gif", b"GIF89a" + b"\0" * 40, "type", "另存为 JPG"),
        ("照片.heic", b"\0\0\0\x18ftypheic" + b"\0" * 40, "type", "HEIC"),
        ("照片.webp", b"RIFF\x10\0\0\0WEBP" + b"\0" * 40, "type", "WEBP"),
        ("表.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 40, "type", "另存为 DOCX"),
        ("页面.pdf", b"<!doctype html><script>alert(1)</script>", "type", "PDF、JPG"),
        ("材料.docx", zipped({"a.txt": b"x"}), "type", "解压后"),
        ("材料.docx", zipped({**docx(parts=True), "word/vbaProject.bin": b"x"}), "macro", "宏"),
        (
            "材料.docx",
            zipped({**docx(parts=True), "[Content_Types].xml": b"ms-word.document.macroEnabled.main+xml"}),
            "macro",
            "宏",
        ),
        ("材料.docx", zipped({**docx(parts=True), "word/run.EXE": b"MZ"}), "mixed", "程序"),
        ("材料.docx", zipped({**docx(parts=True), "../../etc/passwd": b"x"}), "damaged", "路径"),
        ("材料.docx", zipped({**docx(parts=True), **xlsx(parts=True)}), "mixed", "两种格式"),
        ("材料.docx", docx()[:-30], "damaged", "已损坏"),
        ("材料.docx", b"PK\x03\x04" + b"\0" * 100, "damaged", "已损坏"),
    ],
)
def test_what_is_refused_says_what_to_do(name: str, content: bytes, code: str, says: str) -> None:
    found, sentence = refused(name, content)
    assert (found, says in sentence) == (code, True), sentence
    assert sentence.startswith("文件“")


def test_more_than_twenty_megabytes_is_refused() -> None:
    code, sentence = refused("扫描.pdf", b"%PDF-1.7\n" + b"0" * (21 * 1024 * 1024) + b"\n%%EOF")
    assert code == "too_large"
    assert "20 MB" in sentence


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    packed = zipped({**xlsx(parts=True), "xl/worksheets/sheet1.xml": b"0" * (60 * 1024 * 1024)})
    assert len(packed) < 100_000
    assert refused("表.xlsx", packed)[0] == "bomb"


def test_an_archive_that_lies_about_its_sizes_is_damaged() -> None:
    content = bytearray(docx())
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = (10**9).to_bytes(4, "little")
    assert refused("材料.docx", bytes(content))[0] in {"bomb", "damaged"}


def test_an_encrypted_archive_is_refused() -> None:
    content = bytearray(docx())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    assert refused("材料.docx", bytes(content))[0] == "encrypted"


@override_settings(UPLOAD_MAX_PIXELS=100)
def test_a_picture_of_absurd_size_is_refused_before_it_is_decoded() -> None:
    assert refused("照片.png", png())[0] == "bomb"


def test_a_place_may_allow_fewer_types() -> None:
    code, sentence = refused("表.pdf", pdf(), kinds=["xlsx"])
    assert code == "type"
    assert sentence.endswith("这里只能上传 XLSX。")


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\张三\\营业执照.pdf", "营业执照.pdf"),
        ("执照\u202egpj.exe.pdf", "执照gpj.exe.pdf"),
        ("a\x00b\r\nc.pdf", "abc.pdf"),
        ('报"告";x=<1>.pdf', "报_告__x=_1_.pdf"),
        ("CON.pdf", "_CON.pdf"),
        ("...pdf", "pdf"),
        ("", "附件"),
        (" . ", "附件"),
        ("长" * 300 + ".pdf", "长" * 116 + ".pdf"),
    ],
)
def test_names_are_made_safe(raw: str, clean: str) -> None:
    assert clean_name(raw) == clean


@given(st.text(max_size=400))
def test_any_name_becomes_a_safe_one(raw: str) -> None:
    name = clean_name(raw)
    assert 0 < len(name) <= 120
    assert not set(name) & set('/\\<>:"|?*\r\n\0\u202e')
    assert clean_name(name) == name


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"PK\x03\x04", b"%PDF-", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"]),
)
def test_any_bytes_are_refused_in_words_or_pass(tail: bytes, head: bytes) -> None:
    said: list[str] = []
    try:
        check_upload(SimpleUploadedFile("a.pdf", head + tail))
    except ValidationError as error:
        said = error.messages
    assert all(sentence.endswith("。") for sentence in said)


def test_what_is_kept_has_a_random_name_outside_the_web_root() -> None:
    path = RandomPath("cases")(None, "身份证 张三.pdf")
    assert path.startswith("cases/")
    assert path.endswith(".pdf")
    assert "张" not in path
    assert RandomPath("cases")(None, "x.php").endswith(".bin")
    kept = Path(private_storage().path(path))
    assert not any(kept.is_relative_to(root) for root in (settings.MEDIA_ROOT, settings.STATIC_ROOT))


def test_an_upload_is_cut_off_one_byte_past_the_limit() -> None:
    seen: list[int] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request.FILES["file"].size or 0)
        return HttpResponse()

    with override_settings(UPLOAD_MAX_MB=1):
        big = SimpleUploadedFile("a.pdf", b"0" * (5 * 1024 * 1024))
        view(RequestFactory().post("/", {"file": big}))
    assert seen == [1024 * 1024 + 1]


def test_the_field_offers_what_is_allowed() -> None:
    assert ACCEPT == ".pdf,.jpg,.jpeg,.png,.ofd,.docx,.xlsx"


def test_a_large_photograph_is_checked_without_decoding_it_whole() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (4000, 3000), "white").save(buffer, "JPEG")
    assert check_upload(SimpleUploadedFile("照片.jpg", buffer.getvalue())).kind.code == "jpg"


def test_archives_made_here_are_archives() -> None:
    assert zipfile.is_zipfile(io.BytesIO(ofd()))
