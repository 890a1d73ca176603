"""Photographs over the API: the same checks and actions as in the workbench."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from projects.choices import ReportState, Stage
from projects.models import ProgressPhoto
from tests.factories.accounts import UserFactory
from tests.factories.projects import AcceptedReportFactory, KeyProjectFactory, ProgressReportFactory
from tests.projects.test_photos import _private, phone_picture  # noqa: F401  (a fixture that keeps files apart)
from tuoxian_portal.audit.actions import history_of

pytestmark = pytest.mark.django_db
URL = "/api/v1/projects/photos/"


@pytest.fixture
def officer():
    return UserFactory(roles=["project_officer"])


@pytest.fixture
def report():
    project = KeyProjectFactory(stage=Stage.BUILDING, is_published=True)
    return AcceptedReportFactory(project=project, month=date(2026, 3, 1))


def upload(client, report, **changes):
    data = {
        "project": report.project.number,
        "month": "2026-03-17",
        "original": phone_picture((800, 400)),
        "caption": "主厂房封顶",
        **changes,
    }
    return client.post(URL, {k: v for k, v in data.items() if v is not None}, format="multipart")


def test_a_photograph_is_added_shown_published_and_withdrawn(api_client, officer, report):
    api_client.force_login(officer)
    made = upload(api_client, report)
    assert made.status_code == 201, made.json()
    row = made.json()
    assert (row["project"], row["month"], row["is_published"]) == (
        report.project.number,
        "2026-03-01",
        False,
    )
    assert row["available_actions"] == ["publish"]
    one = f"{URL}{row['token']}/"
    shown = api_client.post(f"{one}publish/", {}, format="json").json()
    assert (shown["is_published"], shown["available_actions"]) == (True, ["withdraw"])
    api_client.logout()
    assert api_client.get(row["url"]).status_code == 200
    api_client.force_login(officer)
    assert api_client.post(f"{one}publish/", {}, format="json").status_code == 409
    assert api_client.post(f"{one}withdraw/", {}, format="json").json()["is_published"] is False
    api_client.logout()
    assert api_client.get(row["url"]).status_code == 404
    assert [e.action for e in history_of(report)] == ["withdraw_photo", "publish_photo", "add_photo"]


def test_the_original_is_for_staff(api_client, officer, report):
    api_client.force_login(officer)
    token = upload(api_client, report).json()["token"]
    answer = api_client.get(f"{URL}{token}/original/")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert b"".join(answer.streaming_content)[:2] == b"\xff\xd8"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"original": SimpleUploadedFile("照片.jpg", b"MZ\x90\x00" * 50)}, "original"),
        ({"original": None}, "original"),
        ({"caption": " "}, "caption"),
        ({"taken_on": "2999-01-01"}, "taken_on"),
        ({"month": "2026-05-01"}, "month"),
        ({"month": "三月"}, "month"),
        ({"project": "TX0000-000"}, "month"),
    ],
)
def test_what_is_wrong_is_said_by_field(api_client, officer, report, changes, field):
    api_client.force_login(officer)
    answer = upload(api_client, report, **changes)
    assert answer.status_code == 400
    assert field in answer.json()["fields"]
    assert not ProgressPhoto.objects.exists()


def test_a_frozen_month_takes_no_more(api_client, officer, report):
    report.state = ReportState.FROZEN
    report.save()
    api_client.force_login(officer)
    assert upload(api_client, report).status_code == 409


@pytest.mark.parametrize(("role", "status"), [("official", 403), ("supervisor", 403), ("window", 400)])
def test_who_may_not_add(api_client, report, role, status):
    api_client.force_login(UserFactory(roles=[role]))
    assert upload(api_client, report).status_code == status
    assert api_client.get(URL).status_code == 200


def test_strangers_and_other_staff_see_nothing(api_client, officer, report):
    api_client.force_login(officer)
    token = upload(api_client, report).json()["token"]
    api_client.logout()
    assert api_client.get(URL).status_code == 403
    api_client.force_login(UserFactory(roles=["window"]))
    assert api_client.get(URL).json()["results"] == []
    assert api_client.get(f"{URL}{token}/").status_code == 404
    assert api_client.post(f"{URL}{token}/publish/", {}, format="json").status_code == 404


def test_the_list_filters_and_costs_the_same(api_client, officer, report, django_assert_max_num_queries):
    api_client.force_login(officer)
    for side in range(400, 406):
        assert upload(api_client, report, original=phone_picture((side, 400))).status_code == 201
    ProgressReportFactory(project=KeyProjectFactory(stage=Stage.BUILDING))
    with django_assert_max_num_queries(8):
        found = api_client.get(URL, {"project": report.project.number, "month": "2026-03-01"}).json()
    assert len(found["results"]) == 6
    assert api_client.get(URL, {"is_published": "true"}).json()["results"] == []
