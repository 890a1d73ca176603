"""Promises: what they came to by the records, what people judge, which are overdue."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from projects import actions
from projects.choices import ReportState, Stage
from projects.choices_commitment import CommitmentKind, PromisedBy, Verdict
from projects.commitments import standing
from projects.models import Commitment, FundsReceipt
from tests import uploads
from tests.factories.accounts import UserFactory
from tests.factories.directory import DepartmentFactory
from tests.factories.projects import AcceptedReportFactory, KeyProjectFactory, ProgressReportFactory
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.errors import EditConflict, NotPermitted, WorkflowError

pytestmark = pytest.mark.django_db
KEPT, PARTLY, BROKEN, PENDING, WAITING = Verdict
DUE = date(2026, 6, 30)
BEFORE, AFTER = date(2026, 6, 30), date(2026, 7, 10)


@pytest.fixture
def officer():
    return UserFactory(roles=["project_officer"])


@pytest.fixture
def supervisor():
    return UserFactory(roles=["supervisor"])


@pytest.fixture
def project():
    return KeyProjectFactory(stage=Stage.SIGNED, actual_start=None, actual_production=None)


def promise(project, **fields):
    values = {
        "promised_by": PromisedBy.ENTERPRISE,
        "kind": CommitmentKind.JOBS,
        "text": "投产时用工 200 人",
        "source": "投资协议第五条",
        "due_on": DUE,
        "owner": "张三",
    }
    return Commitment(project=project, **{**values, **fields})


def save(commitment, actor, changed=(), **more):
    return actions.save_commitment(commitment=commitment, actor=actor, changed=list(changed), **more)


def found(commitment, on):
    return standing(Commitment.objects.with_measures().get(pk=commitment.pk), on=on)


def invested(project):
    AcceptedReportFactory(project=project, month=date(2026, 5, 1), invested_month_wan=300)
    AcceptedReportFactory(project=project, month=date(2026, 7, 1), invested_month_wan=9_000)
    ProgressReportFactory(
        project=project, month=date(2026, 6, 1), invested_month_wan=900, state=ReportState.SUBMITTED
    )


def received(project):
    for day, amount, voided in ((date(2026, 6, 30), 300, None), (date(2026, 7, 1), 9_000, None)):
        FundsReceipt.objects.create(
            project=project, received_on=day, amount_wan=amount, evidence="回单", voided_at=voided
        )


@pytest.mark.parametrize(
    ("kind", "amount", "set_up", "on", "verdict", "text"),
    [
        ("jobs", 200, None, BEFORE, PENDING, ""),
        ("jobs", 200, None, AFTER, WAITING, "已到期 10 天，请核定"),
        ("land", None, None, AFTER, WAITING, "已到期 10 天，请核定"),
        ("investment", 300, invested, BEFORE, KEPT, "累计完成投资 300 万元，承诺 300 万元（100.0%）"),
        ("investment", 1000, invested, BEFORE, PENDING, "（30.0%）"),
        ("investment", 1000, invested, AFTER, PARTLY, "（30.0%）"),
        ("investment", 1000, None, AFTER, BROKEN, "（0.0%）"),
        ("funds", 300, received, AFTER, KEPT, "累计到位 300 万元"),
        ("funds", 301, received, AFTER, PARTLY, "累计到位 300 万元"),
        ("start", None, {"actual_start": date(2026, 6, 30)}, AFTER, KEPT, "2026-06-30 开工"),
        ("start", None, {"actual_start": date(2026, 7, 5)}, AFTER, PARTLY, "2026-07-05 开工，晚 5 天"),
        ("start", None, None, AFTER, BROKEN, "尚未开工"),
        ("start", None, None, BEFORE, PENDING, ""),
        ("production", None, {"actual_production": date(2026, 6, 1)}, BEFORE, KEPT, "2026-06-01 投产"),
        ("production", None, {"actual_production": date(2026, 7, 9)}, BEFORE, PENDING, ""),
    ],
)
def test_what_the_records_say_of_a_promise(project, officer, kind, amount, set_up, on, verdict, text):
    made = save(promise(project, kind=kind, amount=amount), officer)
    if callable(set_up):
        set_up(project)
    elif set_up:
        type(project).objects.filter(pk=project.pk).update(**set_up)
    result = found(made, on)
    assert result.verdict == verdict
    assert text in result.text.replace("\xa0", " ")
    overdue = Commitment.objects.overdue(on).filter(pk=made.pk).exists()
    assert overdue == (on > DUE and verdict != KEPT)
    assert bool(result.overdue_days) == overdue


def test_a_judgement_keeps_what_the_records_say_beside_it(project, officer, supervisor):
    made = save(promise(project, kind=CommitmentKind.START), officer)
    judged = actions.judge_commitment(
        commitment=made, verdict=KEPT, actor=supervisor, reason="6 月 28 日已破土，手续补办"
    )
    result = found(judged, AFTER)
    assert (result.verdict, result.computed) == (KEPT, BROKEN)
    assert "6 月 28 日已破土" in result.text
    assert "尚未开工" in result.text
    assert judged.verdict_computed == found(judged, date.today()).computed
    assert not Commitment.objects.overdue(AFTER).exists()
    with pytest.raises(WorkflowError, match="已经核定"):
        actions.judge_commitment(commitment=judged, verdict=BROKEN, actor=supervisor, reason="x")
    with pytest.raises(WorkflowError, match="先“撤销核定”"):
        save(judged, officer, ["text"])
    back = actions.withdraw_verdict(commitment=judged, actor=supervisor, reason="依据不足")
    assert (back.verdict, back.judged_by) == ("", None)
    assert [e.action for e in history_of(back)] == ["withdraw_verdict", "judge", "add"]


def test_judging_needs_a_reason_a_word_and_the_permission(project, officer, supervisor):
    made = save(promise(project), officer)
    for verdict, reason, actor, error in (
        (KEPT, " ", supervisor, WorkflowError),
        (PENDING, "依据", supervisor, WorkflowError),
        (KEPT, "依据", officer, NotPermitted),
        (KEPT, "依据", UserFactory(roles=["official"]), NotPermitted),
    ):
        with pytest.raises(error):
            actions.judge_commitment(commitment=made, verdict=verdict, actor=actor, reason=reason)


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"owner": ""}, "owner"),
        ({"due_on": date(2026, 1, 1), "made_on": date(2026, 2, 1)}, "due_on"),
        ({"kind": "investment"}, "amount"),
        ({"amount": Decimal(-1)}, "amount"),
        ({"source": ""}, "source"),
    ],
)
def test_what_a_promise_must_say(project, officer, fields, at):
    with pytest.raises(ValidationError) as error:
        save(promise(project, **fields), officer)
    assert at in error.value.message_dict


def test_editing_is_versioned_and_keeps_its_evidence(project, officer):
    made = save(promise(project), officer, file=SimpleUploadedFile("协议.pdf", uploads.pdf()))
    made.text = "用工 300 人"
    edited = save(made, officer, ["text"], version=0)
    assert (edited.text, edited.evidence_name, edited.version) == ("用工 300 人", "协议.pdf", 1)
    with pytest.raises(EditConflict):
        save(made, officer, ["text"], version=0)
    with pytest.raises(ValidationError, match="程序"):
        save(promise(project), officer, file=SimpleUploadedFile("协议.pdf", b"MZ"))
    with pytest.raises(NotPermitted):
        save(promise(project), UserFactory(roles=["window"]))


@pytest.mark.parametrize("count", [2, 20])
def test_the_list_costs_the_same(client, officer, count, django_assert_max_num_queries):
    for _ in range(count):
        save(promise(KeyProjectFactory(), owner_department=DepartmentFactory()), officer)
    client.force_login(officer)
    client.get(reverse("admin:projects_commitment_changelist"))
    with django_assert_max_num_queries(16):
        assert client.get(reverse("admin:projects_commitment_changelist")).status_code == 200


def test_the_workbench_adds_edits_and_judges(client, officer, supervisor, project):
    client.force_login(officer)
    data = {
        "project": project.pk,
        "promised_by": "county",
        "kind": "power",
        "text": "架设 110 千伏专线",
        "source": "会议纪要",
        "due_on": "2026-06-30",
        "owner": "李四",
        "evidence_file": SimpleUploadedFile("纪要.pdf", uploads.pdf()),
    }
    response = client.post(reverse("admin:projects_commitment_add"), data)
    assert response.status_code == 302, response.context["errors"]
    made = Commitment.objects.get()
    page = reverse("admin:projects_commitment_change", args=[made.pk])
    text = client.get(page).content.decode()
    for words in ("到期待核定", "纪要.pdf", "架设 110 千伏专线"):
        assert words in text
    data |= {"text": "架设 220 千伏专线", "seen_version": "0"}
    data.pop("evidence_file")
    assert client.post(page, data).status_code == 302
    made.refresh_from_db()
    assert (made.text, made.evidence_name, made.version) == ("架设 220 千伏专线", "纪要.pdf", 1)
    assert client.get(reverse("admin:projects_commitment_evidence", args=[made.pk])).status_code == 200
    client.force_login(supervisor)
    do = reverse("admin:projects_commitment_do", args=[made.pk, "judge"])
    assert client.post(do, {"verdict": "partly", "reason": "已通临时电", "version": 1}).status_code == 302
    assert "部分兑现" in client.get(page).content.decode()
    project_page = client.get(reverse("admin:projects_keyproject_change", args=[project.pk]))
    assert "承诺兑现（1 项）" in project_page.content.decode()
    assert client.get(reverse("admin:projects_commitment_changelist") + "?overdue=1").status_code == 200


def test_the_api_adds_lists_and_judges(api_client, officer, supervisor, project):
    api_client.force_authenticate(officer)
    body = {
        "project": project.number,
        "promised_by": "enterprise",
        "kind": "jobs",
        "text": "用工 200 人",
        "source": "协议",
        "due_on": "2026-01-30",
        "owner": "王五",
    }
    made = api_client.post("/api/v1/projects/commitments/", body)
    assert made.status_code == 201, made.json()
    assert made.json()["standing"]["verdict"] == "waiting"
    assert api_client.get("/api/v1/projects/commitments/?overdue=true").json()["count"] == 1
    assert api_client.get("/api/v1/projects/commitments/?overdue=false").json()["count"] == 0
    url = f"/api/v1/projects/commitments/{made.json()['id']}/judge/"
    assert api_client.post(url, {"verdict": "kept", "reason": "名册"}).status_code == 403
    api_client.force_authenticate(supervisor)
    assert api_client.post(url, {"verdict": "kept", "reason": "名册"}).json()["verdict"] == "kept"
