"""到位资金: recorded with evidence, voided with a reason, never edited; who sees the file."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from projects import actions
from projects.choices import FundsSource, Stage, Status
from projects.models import FundsReceipt, KeyProject
from tests import uploads
from tests.factories.accounts import UserFactory
from tests.factories.projects import KeyProjectFactory
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.errors import NotPermitted, WorkflowError

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _private(settings, tmp_path):
    settings.STORAGES = {
        **settings.STORAGES,
        "private": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path, "base_url": None},
        },
    }


@pytest.fixture
def officer():
    return UserFactory(roles=["project_officer"])


@pytest.fixture
def project():
    return KeyProjectFactory(stage=Stage.BUILDING)


def receipt(project, **fields):
    values = {"received_on": date(2026, 3, 1), "amount_wan": Decimal(500), "evidence": "银行回单 1 号"}
    return FundsReceipt(project=project, **{**values, **fields})


def record(project, actor, file=None, **fields):
    return actions.record_receipt(receipt=receipt(project, **fields), actor=actor, file=file)


def totals(project):
    found = KeyProject.objects.with_totals(2026).get(pk=project.pk)
    return found.received_year_wan, found.received_total_wan


def test_a_receipt_counts_until_it_is_voided(project, officer):
    first = record(project, officer, source_kind=FundsSource.LOAN)
    record(project, officer, received_on=date(2025, 3, 1), amount_wan=Decimal(20))
    assert totals(project) == (500, 520)
    with pytest.raises(WorkflowError, match="理由"):
        actions.void_receipt(receipt=first, actor=officer, reason="")
    voided = actions.void_receipt(receipt=first, actor=officer, reason="金额录错")
    assert (voided.voided_by, voided.void_reason) == (officer, "金额录错")
    assert totals(project) == (0, 20)
    assert [entry.action for entry in history_of(first)] == ["void", "add"]
    with pytest.raises(WorkflowError, match="已经作废"):
        actions.void_receipt(receipt=first, actor=officer, reason="再作废")


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"amount_wan": Decimal(0)}, "amount_wan"),
        ({"amount_wan": Decimal(-1)}, "amount_wan"),
        ({"received_on": today() + timedelta(days=1)}, "received_on"),
        ({"evidence": ""}, "evidence"),
        ({"source_kind": "moon"}, "source_kind"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(project, officer, fields, at):
    with pytest.raises(ValidationError) as error:
        record(project, officer, **fields)
    assert at in error.value.message_dict


def test_the_same_money_is_not_recorded_twice(project, officer):
    first = record(project, officer)
    with pytest.raises(ValidationError, match="已经登记过"):
        record(project, officer)
    actions.void_receipt(receipt=first, actor=officer, reason="重新登记")
    assert record(project, officer).pk


def test_a_terminated_project_receives_nothing(officer):
    with pytest.raises(WorkflowError, match="终止"):
        record(KeyProjectFactory(status=Status.TERMINATED), officer)


@pytest.mark.parametrize("role", ["supervisor", "official", "window", "finance_officer"])
def test_who_may_not_record_or_void(project, officer, role):
    kept = record(project, officer)
    user = UserFactory(roles=[role])
    with pytest.raises(NotPermitted):
        record(project, user, evidence="另一张")
    with pytest.raises(NotPermitted):
        actions.void_receipt(receipt=kept, actor=user, reason="x")


def test_evidence_is_checked_and_kept_privately(project, officer, client):
    kept = record(project, officer, file=SimpleUploadedFile("回单.pdf", uploads.pdf()))
    assert (kept.evidence_name, kept.evidence_kind, len(kept.evidence_sha256)) == ("回单.pdf", "pdf", 64)
    assert "回单" not in kept.evidence_file.name
    url = reverse("admin:projects_fundsreceipt_evidence", args=[kept.pk])
    assert client.get(url).status_code == 302
    client.force_login(UserFactory(roles=["window"]))
    assert client.get(url).status_code in {403, 404}
    client.force_login(officer)
    response = client.get(url)
    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    assert "no-store" in response["Cache-Control"]
    assert b"".join(response.streaming_content) == uploads.pdf()


def test_a_program_is_no_evidence(project, officer):
    with pytest.raises(ValidationError) as error:
        record(project, officer, file=SimpleUploadedFile("回单.pdf", b"MZ\x90\x00"))
    assert "程序" in error.value.message_dict["evidence_file"][0]
    assert not FundsReceipt.objects.exists()


def form(project, **changes):
    return {
        "project": project.pk,
        "received_on": "2026-03-01",
        "amount_wan": "500",
        "source_kind": "own",
        "payer": "",
        "evidence": "银行回单 9 号",
        **changes,
    }


def test_the_workbench_records_shows_and_voids(client, officer, project):
    client.force_login(officer)
    url = reverse("admin:projects_fundsreceipt_add")
    page = client.get(f"{url}?project={project.pk}")
    assert page.status_code == 200
    response = client.post(
        url, form(project, evidence_file=SimpleUploadedFile("单.png", uploads.png(), "image/png"))
    )
    kept = FundsReceipt.objects.get()
    assert response.status_code == 302
    assert (kept.recorded_by, kept.evidence_kind) == (officer, "png")
    change = reverse("admin:projects_fundsreceipt_change", args=[kept.pk])
    text = client.get(change).content.decode()
    assert "单.png" in text
    assert 'name="amount_wan"' not in text
    assert client.get(reverse("admin:projects_fundsreceipt_changelist")).status_code == 200
    client.post(
        reverse("admin:projects_fundsreceipt_do", args=[kept.pk, "void"]), {"reason": "录错", "version": 0}
    )
    kept.refresh_from_db()
    assert kept.voided_at


def test_the_workbench_keeps_what_was_typed_when_the_file_is_refused(client, officer, project):
    client.force_login(officer)
    response = client.post(
        reverse("admin:projects_fundsreceipt_add"),
        form(project, evidence_file=SimpleUploadedFile("单.pdf", b"MZ", "application/pdf")),
    )
    text = response.content.decode()
    assert response.status_code == 200
    assert "程序文件" in text
    assert "银行回单 9 号" in text
    assert not FundsReceipt.objects.exists()


def test_the_api_records_lists_and_voids(api_client, officer, project):
    api_client.force_authenticate(officer)
    body = {
        "project": project.number,
        "received_on": "2026-03-01",
        "amount_wan": "12.5",
        "evidence": "验资报告",
    }
    made = api_client.post("/api/v1/projects/funds-receipts/", body)
    assert made.status_code == 201, made.json()
    assert made.json()["available_actions"] == ["void"]
    again = api_client.post("/api/v1/projects/funds-receipts/", body)
    assert again.status_code == 400
    number = made.json()["id"]
    assert api_client.post(f"/api/v1/projects/funds-receipts/{number}/void/", {}).status_code == 409
    done = api_client.post(f"/api/v1/projects/funds-receipts/{number}/void/", {"reason": "录错"})
    assert done.json()["void_reason"] == "录错"
    assert api_client.get("/api/v1/projects/funds-receipts/?voided=true").json()["count"] == 1
    assert api_client.get("/api/v1/projects/funds-receipts/?voided=false").json()["count"] == 0
    api_client.force_authenticate(None)
    assert api_client.get("/api/v1/projects/funds-receipts/").status_code in {401, 403}
