"""督办: who issues, who answers, what is late, what is returned and closed."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from freezegun import freeze_time

from projects import actions
from projects.choices_notice import NoticeState
from projects.models import NoticeEntry, SupervisionNotice
from projects.workflow_oversight import NOTICE_WORKFLOW
from tests import uploads
from tests.factories.accounts import UserFactory
from tests.factories.directory import DepartmentFactory
from tests.factories.projects import KeyProjectFactory
from tuoxian_portal.core.calendar import load_calendar, today
from tuoxian_portal.core.errors import EditConflict, NotPermitted, WorkflowError
from tuoxian_portal.dashboard.cockpit import concerns

pytestmark = pytest.mark.django_db


@pytest.fixture
def department():
    return DepartmentFactory()


@pytest.fixture
def owner(department):
    return UserFactory(roles=["reviewer"], department=department)


@pytest.fixture
def supervisor():
    return UserFactory(roles=["supervisor"])


def issue(actor, **fields):
    values = {"title": "供电专线", "requirement": "本月底前通电", "reply_days": 3}
    return actions.issue_notice(notice=SupervisionNotice(**{**values, **fields}), actor=actor)


def answer(notice, actor, **more):
    return actions.answer_notice(notice=notice, text="已协调供电公司，周五送电", actor=actor, **more)


VERBS = {
    "answer": lambda n, u: answer(n, u),
    "return": lambda n, u: actions.return_notice(notice=n, actor=u, reason="没有写完成时间"),
    "close": lambda n, u: actions.close_notice(notice=n, actor=u, reason="已通电"),
    "cancel": lambda n, u: actions.cancel_notice(notice=n, actor=u, reason="重复"),
}


def test_a_notice_gets_a_number_and_a_deadline_in_working_days(supervisor, department):
    with freeze_time("2026-09-30 02:00"):  # before the National Day holidays
        first = issue(supervisor, owner_department=department)
        second = issue(supervisor, owner_department=department)
    assert (first.number, second.number) == ("DB2026-001", "DB2026-002")
    assert first.reply_due == load_calendar().add(date(2026, 9, 30), 3)
    assert first.reply_due > date(2026, 10, 3)


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"owner_department": None}, "owner_department"),
        ({"requirement": ""}, "requirement"),
        ({"reply_days": 0}, "reply_days"),
        ({"reply_days": 61}, "reply_days"),
    ],
)
def test_what_a_notice_must_say(supervisor, department, fields, at):
    with pytest.raises(ValidationError) as error:
        issue(supervisor, **{"owner_department": department, **fields})
    assert at in error.value.message_dict
    assert not SupervisionNotice.objects.exists()


def test_from_issue_over_a_return_to_the_end(supervisor, owner, department):
    notice = issue(supervisor, owner_department=department)
    notice = answer(notice, owner, file=SimpleUploadedFile("回执.pdf", uploads.pdf()))
    notice = actions.return_notice(notice=notice, actor=supervisor, reason="没有写完成时间", reply_days=2)
    assert (notice.state, notice.reply_due) == (
        NoticeState.RETURNED,
        load_calendar().add(today(), 2),
    )
    notice = answer(notice, owner)
    notice = actions.close_notice(notice=notice, actor=supervisor, reason="已通电")
    assert (notice.state, notice.ended_on) == (NoticeState.CLOSED, today())
    assert [(e.kind, e.by, e.evidence_name) for e in notice.entries.all()] == [
        ("answer", owner, "回执.pdf"),
        ("return", supervisor, ""),
        ("answer", owner, ""),
    ]


@pytest.mark.parametrize("state", list(NoticeState))
@pytest.mark.parametrize("verb", list(VERBS))
def test_every_state_and_verb(department, state, verb):
    user = UserFactory(roles=["supervisor", "reviewer"], department=department)
    notice = issue(user, owner_department=department)
    SupervisionNotice.objects.update(state=state)
    transition = NOTICE_WORKFLOW.by_name[verb]
    if state in transition.sources:
        assert VERBS[verb](notice, user).state == transition.target
    else:
        with pytest.raises(WorkflowError):
            VERBS[verb](notice, user)
        notice.refresh_from_db()
        assert notice.state == state
        assert not NoticeEntry.objects.exists()


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("supervisor", {"return", "close", "cancel"}),
        ("reviewer", {"answer"}),
        ("project_officer", {"answer"}),
        ("official", set()),
        ("window", set()),
    ],
)
@pytest.mark.parametrize("verb", list(VERBS))
def test_every_role_and_verb(supervisor, department, role, may, verb):
    notice = issue(supervisor, owner_department=department)
    SupervisionNotice.objects.update(state=next(iter(NOTICE_WORKFLOW.by_name[verb].sources)))
    user = UserFactory(roles=[role], department=department)
    if verb in may:
        VERBS[verb](notice, user)
    else:
        with pytest.raises(NotPermitted):
            VERBS[verb](notice, user)


def test_only_the_owner_answers_and_not_her_own_judge(supervisor, owner, department):
    notice = issue(supervisor, owner=owner)
    with pytest.raises(WorkflowError, match="承办人或承办单位"):
        answer(notice, UserFactory(roles=["reviewer"], department=department))
    both = UserFactory(roles=["supervisor", "reviewer"])
    mine = answer(issue(supervisor, owner=both), both)
    with pytest.raises(WorkflowError, match="另一位工作人员审核"):
        actions.close_notice(notice=mine, actor=both, reason="好")


def test_an_empty_answer_a_bad_file_and_a_stale_page(supervisor, owner, department):
    notice = issue(supervisor, owner_department=department)
    with pytest.raises(ValidationError, match="办理情况"):
        actions.answer_notice(notice=notice, text=" ", actor=owner)
    with pytest.raises(ValidationError, match="程序"):
        answer(notice, owner, file=SimpleUploadedFile("回执.pdf", b"MZ"))
    with pytest.raises(EditConflict):
        answer(notice, owner, version=7)
    with pytest.raises(ValidationError, match="1 到 60"):
        actions.return_notice(notice=notice, actor=supervisor, reason="x", reply_days=99)


def test_a_late_answer_is_taken_and_marked(supervisor, owner, department):
    with freeze_time("2026-03-02 02:00"):
        notice = issue(supervisor, owner_department=department)
    assert SupervisionNotice.objects.overdue(date(2026, 3, 6)).exists()
    assert not SupervisionNotice.objects.overdue(notice.reply_due).exists()
    answered = answer(notice, owner)
    assert answered.entries.get().is_late
    assert not SupervisionNotice.objects.overdue(today()).exists()


def test_who_sees_which_notices(supervisor, owner, department):
    own = issue(supervisor, owner_department=department)
    named = issue(supervisor, owner=owner)
    other = issue(supervisor, owner_department=DepartmentFactory())
    seen = SupervisionNotice.objects.visible_to
    assert set(seen(owner)) == {own, named}
    assert set(seen(supervisor)) == {own, named, other}
    assert not seen(UserFactory(roles=["window"])).exists()


def test_overdue_notices_stand_in_the_cockpit(supervisor, department):
    with freeze_time("2026-03-02 02:00"):
        issue(supervisor, owner_department=department)
    found = {c.label: c for c in concerns(UserFactory(roles=["official"]), today())}
    concern = found["督办超期未答复"]
    assert concern.count == 1
    assert "供电专线" in concern.lines[0]
    assert concern.href.endswith("supervisionnotice/?overdue=1")


def test_the_workbench_from_issue_to_print(client, supervisor, owner, department):
    project = KeyProjectFactory()
    client.force_login(supervisor)
    page = client.get(reverse("admin:projects_supervisionnotice_add") + f"?project={project.pk}")
    assert page.status_code == 200
    data = {
        "project": project.pk,
        "title": "供电专线",
        "requirement": "月底前通电",
        "reply_days": "3",
        "owner_department": department.pk,
    }
    missing = client.post(reverse("admin:projects_supervisionnotice_add"), {**data, "owner_department": ""})
    assert "请选择承办人或承办单位" in missing.content.decode()
    assert "月底前通电" in missing.content.decode()
    response = client.post(reverse("admin:projects_supervisionnotice_add"), data)
    assert response.status_code == 302, response.context["errors"]
    notice = SupervisionNotice.objects.get()
    assert (notice.issued_by, notice.project) == (supervisor, project)
    client.force_login(owner)
    change = reverse("admin:projects_supervisionnotice_change", args=[notice.pk])
    text = client.get(change).content.decode()
    assert "还没有答复" in text
    do = reverse("admin:projects_supervisionnotice_do", args=[notice.pk, "answer"])
    assert 'enctype="multipart/form-data"' in client.get(do).content.decode()
    refused = client.post(do, {"text": "已送电", "version": 0, "file": SimpleUploadedFile("回执.pdf", b"MZ")})
    assert "程序文件" in refused.content.decode()
    assert "已送电" in refused.content.decode()
    sent = client.post(
        do, {"text": "已送电", "version": 0, "file": SimpleUploadedFile("回执.pdf", uploads.pdf())}
    )
    assert sent.status_code == 302
    entry = NoticeEntry.objects.get()
    evidence = reverse("admin:projects_noticeentry_evidence", args=[entry.pk])
    assert client.get(evidence).status_code == 200
    printed = client.get(reverse("admin:projects_supervisionnotice_print", args=[notice.pk]))
    for words in (notice.number, "月底前通电", "已送电", str(department)):
        assert words in printed.content.decode()
    client.force_login(UserFactory(roles=["reviewer"], department=DepartmentFactory()))
    assert client.get(evidence).status_code == 404
    assert client.get(change).status_code in {302, 404}


@pytest.mark.parametrize("count", [2, 20])
def test_lists_cost_the_same(client, api_client, supervisor, count, django_assert_max_num_queries):
    for _ in range(count):
        issue(supervisor, owner_department=DepartmentFactory(), project=KeyProjectFactory())
    client.force_login(supervisor)
    url = reverse("admin:projects_supervisionnotice_changelist")
    client.get(url)
    with django_assert_max_num_queries(16):
        client.get(url)
    api_client.force_authenticate(supervisor)
    with django_assert_max_num_queries(8):
        api_client.get("/api/v1/projects/supervision-notices/")


def test_the_api_from_issue_to_end(api_client, supervisor, owner, department):
    api_client.force_authenticate(supervisor)
    root = "/api/v1/projects/supervision-notices/"
    body = {"title": "供电", "requirement": "通电", "owner_department": department.name, "reply_days": 2}
    assert api_client.post(root, {**body, "owner_department": None}).status_code == 400
    made = api_client.post(root, body)
    assert made.status_code == 201, made.json()
    url = f"{root}{made.json()['number']}/"
    api_client.force_authenticate(owner)
    assert api_client.get(url).json()["available_actions"] == ["answer"]
    assert api_client.post(f"{url}answer/", {"text": "已通电"}).json()["state"] == "answered"
    assert api_client.post(f"{url}close/", {"reason": "好"}).status_code == 403
    api_client.force_authenticate(supervisor)
    assert api_client.post(f"{url}return/", {"reason": "再报", "reply_days": 1}).json()["state"] == "returned"
    assert api_client.get(f"{root}?overdue=true").json()["count"] == 0
    assert api_client.post(f"{url}cancel/", {"reason": "已无必要"}).json()["state"] == "cancelled"


@pytest.mark.django_db
def test_what_is_issued_to_somebody_out_of_sight_is_issued_and_not_shown(api_client, department):
    """Who may issue, and has no county-wide view: the answer has no body, and is no fault."""
    issuer = UserFactory(permissions=["projects.add_supervisionnotice", "projects.view_supervisionnotice"])
    api_client.force_authenticate(issuer)
    body = {"title": "加快开工", "requirement": "说明进度", "owner_department": department.name}
    response = api_client.post("/api/v1/projects/supervision-notices/", body)
    assert response.status_code == 204, response.content
    assert SupervisionNotice.objects.get().issued_by == issuer
