"""Photographs: upright, without their place, small, refused when harmful, public only when published."""

import io

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from projects import actions
from projects.choices import ReportState, Stage
from projects.models import ProgressPhoto
from projects.photos import LARGE, SMALL, develop
from tests.factories.accounts import UserFactory
from tests.factories.projects import AcceptedReportFactory, KeyProjectFactory, ProgressReportFactory
from tuoxian_portal.core.errors import NotPermitted, WorkflowError

pytestmark = pytest.mark.django_db
ORIENTATION, GPS = 0x0112, 0x8825


@pytest.fixture(autouse=True)
def _private(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path, "base_url": None},
        },
    }


def phone_picture(size=(2400, 1200), orientation=6):
    """As a phone held upright makes it: lying, with its orientation and its place in the EXIF; red on
    the left as it is stored, which is the top when it is turned."""
    picture = Image.new("RGB", size, "blue")
    picture.paste("red", (0, 0, size[0] // 4, size[1]))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    exif[0x010F] = "手机"
    exif.get_ifd(GPS)[2] = (40.0, 16.0, 30.0)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", exif=exif, quality=90)
    return SimpleUploadedFile("现场.jpg", buffer.getvalue(), "image/jpeg")


@pytest.fixture
def officer():
    return UserFactory(roles=["project_officer"])


@pytest.fixture
def report():
    return AcceptedReportFactory(project=KeyProjectFactory(stage=Stage.BUILDING, is_published=True))


def add(report, officer, file=None, **fields):
    return actions.add_photo(
        report=report, file=file or phone_picture(), caption="主厂房封顶", actor=officer, **fields
    )


def test_copies_are_upright_small_and_say_nothing_of_the_place(report, officer):
    photo = add(report, officer)
    with Image.open(photo.original.open()) as original:
        assert original.getexif().get_ifd(GPS)
    for field, side, size in (
        (photo.picture, LARGE, (photo.width, photo.height)),
        (photo.thumbnail, SMALL, (photo.thumbnail_width, photo.thumbnail_height)),
    ):
        data = field.open().read()
        with Image.open(io.BytesIO(data)) as copy:
            assert copy.format == "WEBP"
            assert copy.size == size == (side // 2, side)
            assert not copy.getexif()
            assert not {"exif", "xmp", "icc_profile"} & set(copy.info)
            red, _green, blue = copy.convert("RGB").getpixel((copy.width // 2, 10))
            assert red > 200 > 60 > blue
        assert b"Exif" not in data


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned(orientation):
    made = develop(phone_picture((800, 400), orientation))
    upright = (400, 800) if orientation >= 5 else (800, 400)
    assert (made.large.width, made.large.height) == upright


def test_transparency_becomes_white():
    buffer = io.BytesIO()
    Image.new("RGBA", (300, 300), (0, 0, 0, 0)).save(buffer, "PNG")
    made = develop(SimpleUploadedFile("图.png", buffer.getvalue()))
    with Image.open(made.small.content) as copy:
        assert min(copy.convert("RGB").getpixel((5, 5))) > 250


def huge_png():
    """A small file that claims a large picture."""
    buffer = io.BytesIO()
    Image.new("1", (9_000, 9_000)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("炸弹.png", huge_png(), "bomb"),
        ("照片.jpg", b"\xff\xd8\xff\xe0" + b"\x00" * 500, "damaged"),
        ("照片.jpg", b"GIF89a....", "type"),
        ("照片.pdf", b"%PDF-1.4\n%%EOF", "type"),
        ("空.jpg", b"", "empty"),
    ],
)
def test_what_is_harmful_or_no_photograph_is_refused(name, content, code):
    with pytest.raises(ValidationError) as error:
        develop(SimpleUploadedFile(name, content))
    assert error.value.code == code
    assert name in error.value.messages[0]


def test_between_the_limit_of_files_and_that_of_photographs(monkeypatch):
    monkeypatch.setattr("projects.photos.MAX_PIXELS", 100_000)
    with pytest.raises(ValidationError, match="像素过多"):
        develop(phone_picture((800, 400)))
    with pytest.raises(ValidationError, match="太小"):
        develop(phone_picture((300, 100)))


def test_the_same_picture_is_kept_once_and_a_caption_is_asked_for(report, officer):
    assert add(report, officer) == add(report, officer)
    with pytest.raises(ValidationError, match="写明照片里是什么"):
        actions.add_photo(report=report, file=phone_picture(), caption=" ", actor=officer)
    assert ProgressPhoto.objects.count() == 1


def test_a_refused_photograph_leaves_no_file(report, officer, tmp_path):
    report.state = ReportState.FROZEN
    report.save()
    with pytest.raises(WorkflowError, match="已冻结"):
        add(report, officer)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_who_may_not_add_or_publish(report, officer):
    photo = add(report, officer)
    for role in ("official", "window", "supervisor"):
        user = UserFactory(roles=[role])
        with pytest.raises(NotPermitted):
            add(report, user)
        with pytest.raises(NotPermitted):
            actions.publish_photo(photo=photo, actor=user)


def test_a_photograph_is_public_only_while_it_and_its_project_are(report, officer, client):
    photo = add(report, officer)
    page = report.project.get_absolute_url()
    assert client.get(photo.thumbnail_url).status_code == 404
    assert photo.thumbnail_url not in client.get(page).content.decode()
    actions.publish_photo(photo=photo, actor=officer)
    response = client.get(photo.get_absolute_url())
    assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
    assert b"".join(response)[:4] == b"RIFF"
    text = client.get(page).content.decode()
    assert photo.thumbnail_url in text
    assert "主厂房封顶" in text
    report.project.is_published = False
    report.project.save()
    assert client.get(photo.thumbnail_url).status_code == 404
    client.force_login(officer)
    response = client.get(photo.thumbnail_url)
    assert (response.status_code, response["Cache-Control"]) == (200, "private, no-store")
    assert b"".join(response)[:4] == b"RIFF"


def test_a_photograph_of_an_unaccepted_month_is_not_published(officer):
    report = ProgressReportFactory(project=KeyProjectFactory(stage=Stage.BUILDING))
    with pytest.raises(WorkflowError, match="还没有审核"):
        actions.publish_photo(photo=add(report, officer), actor=officer)


def test_the_original_is_for_staff_only(report, officer, client):
    url = reverse("admin:projects_progressphoto_original", args=[add(report, officer).token])
    assert client.get(url).status_code == 302
    client.force_login(UserFactory(roles=["window"]))
    assert client.get(url).status_code == 404
    client.force_login(officer)
    response = client.get(url)
    assert response.status_code == 200
    assert b"".join(response), "read to its end, so that the client closes it"


def inline(prefix, *rows):
    data = {f"{prefix}-TOTAL_FORMS": str(len(rows)), f"{prefix}-INITIAL_FORMS": "0"}
    for n, row in enumerate(rows):
        data |= {f"{prefix}-{n}-{name}": value for name, value in row.items()}
    return data


def test_a_month_is_entered_with_problems_and_photographs(client, officer):
    project = KeyProjectFactory(stage=Stage.BUILDING)
    client.force_login(officer)
    data = {
        "project": project.pk,
        "month": "2026-03-15",
        "invested_month_wan": "120",
        "physical_progress": "30",
        "progress_text": "主厂房封顶",
        **inline("problems", {"text": "供电未到位", "owner": "张三", "due_on": "2099-01-01"}),
        **inline("photos", {"original": phone_picture(), "caption": "封顶"}),
    }
    url = reverse("admin:projects_progressreport_add")
    response = client.post(url, data)
    assert response.status_code == 302, response.context["errors"]
    report = project.progress_reports.get()
    assert report.photos.get().caption == "封顶"
    problem = project.problems.get()
    assert (problem.report, problem.owner) == (report, "张三")
    page = client.get(reverse("admin:projects_progressreport_change", args=[report.pk])).content.decode()
    assert report.photos.get().thumbnail_url in page


def test_a_problem_without_owner_or_deadline_is_named_and_nothing_is_lost(client, officer):
    project = KeyProjectFactory(stage=Stage.BUILDING)
    client.force_login(officer)
    data = {
        "project": project.pk,
        "month": "2026-03-15",
        "invested_month_wan": "120",
        "physical_progress": "30",
        "progress_text": "主厂房封顶",
        **inline("problems", {"text": "供电未到位"}),
        **inline("photos", {"original": SimpleUploadedFile("坏.jpg", b"MZ"), "caption": "封顶"}),
    }
    response = client.post(reverse("admin:projects_progressreport_add"), data)
    text = response.content.decode()
    for words in ("责任人，或选择责任单位", "请填写解决期限", "程序文件", "供电未到位", "主厂房封顶"):
        assert words in text
    assert not project.progress_reports.exists()


def test_publishing_by_the_button(client, officer, report):
    photo = add(report, officer)
    client.force_login(officer)
    url = reverse("admin:projects_progressphoto_publish", args=[photo.token])
    assert client.get(url).status_code == 405
    client.post(url, {"publish": "1"})
    photo.refresh_from_db()
    assert photo.is_published
