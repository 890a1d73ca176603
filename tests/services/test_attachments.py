"""Files of a case: kept, recognised, handed out to who sees the case, taken away, swept."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from services.actions import attachments as do
from services.actions import cases
from services.choices_cases import CLOSED_STATES, CaseState
from services.models import Case, CaseAttachment
from services.tasks import sweep_attachments
from tests.factories.accounts import UserFactory
from tests.factories.bundle_cases import BundleHall
from tests.factories.cases import Hall
from tests.factories.directory import OutletFactory
from tests.uploads import docx, jpeg, pdf
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.errors import NotPermitted, WorkflowError
from tuoxian_portal.core.uploads import private_storage

pytestmark = pytest.mark.django_db
UPLOAD = "/admin/services/case/attachments/"
JSON = {"Accept": "application/json"}


@pytest.fixture
def hall() -> Hall:
    return Hall(materials=2)


@pytest.fixture
def clerk(client, hall):
    client.force_login(hall.clerk)
    return client


def upload(name: str = "营业执照.pdf", content: bytes = b"") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or pdf())


def attached(hall: Hall, case: Case, **more) -> CaseAttachment:
    return do.attach(**{"file": upload(), "actor": hall.clerk, "case": case, **more}).attachment


# --- Actions ----------------------------------------------------------------------------------------


def test_a_file_is_kept_under_a_random_name_with_its_digest(hall) -> None:
    case = hall.record()
    one = attached(hall, case, file=upload("../..\\夹\u202e营业执照.PDF"))
    assert (one.name, one.kind, one.size) == ("夹营业执照.PDF", "pdf", len(pdf()))
    assert one.file.name.startswith("attachments/")
    assert "执照" not in one.file.name
    assert private_storage().open(one.file.name).read() == pdf()
    assert [e.action for e in history_of(case)][:1] == ["attach"]


def test_the_same_bytes_are_recognised_under_any_name(hall) -> None:
    case = hall.record()
    one = attached(hall, case)
    again = do.attach(file=upload("另一个名字.pdf"), actor=hall.clerk, case=case)
    assert (again.attachment, again.is_new) == (one, False)
    assert case.attachments.count() == 1
    other = hall.record()
    assert do.attach(file=upload(), actor=hall.clerk, case=other).is_new, "another case may have the same"


def test_the_database_refuses_the_same_file_twice(hall) -> None:
    one = attached(hall, hall.record())
    one.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        one.save()


def test_what_is_uploaded_before_recording_belongs_to_the_case_afterwards(hall) -> None:
    token = uuid4()
    line = hall.item.materials.first()
    before = do.attach(file=upload(), actor=hall.clerk, submission=token, material=line.material).attachment
    foreign = do.attach(
        file=upload(content=jpeg(), name="a.jpg"), actor=UserFactory(roles=["window"]), submission=token
    ).attachment
    case = hall.record(submission=token)
    before.refresh_from_db()
    foreign.refresh_from_db()
    assert before.case == case
    assert before.line == case.materials.get(material=line.material)
    assert foreign.case is None, "nobody slips a file into another's case"


def test_a_second_window_with_the_same_token_adds_to_the_recorded_case(hall) -> None:
    token = uuid4()
    case = hall.record(submission=token)
    assert do.attach(file=upload(), actor=hall.clerk, submission=token).attachment.case == case
    stranger = UserFactory(roles=["window"], outlet=OutletFactory())
    with pytest.raises(NotPermitted):
        do.attach(file=upload(), actor=stranger, submission=token)


@pytest.mark.parametrize("state", sorted(CLOSED_STATES))
def test_nothing_is_added_to_or_taken_from_a_closed_case(hall, state) -> None:
    case = hall.record()
    one = attached(hall, case)
    Case.objects.filter(pk=case.pk).update(state=state)
    with pytest.raises(WorkflowError, match="另立一件"):
        attached(hall, case, file=upload("b.docx", docx()))
    with pytest.raises(WorkflowError, match="已结束"):
        do.remove(attachment=one, actor=hall.clerk, reason="传错")


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("window", True),
        ("reviewer", True),
        ("approver", True),
        ("issuer", True),
        ("helper", False),
        ("supervisor", False),
        ("official", False),
    ],
)
def test_who_works_on_a_case_may_attach(hall, role, may) -> None:
    case = hall.record()
    if may:
        assert do.attach(file=upload(), actor=hall.person(role), case=case).is_new
    else:
        with pytest.raises(NotPermitted):
            do.attach(file=upload(), actor=hall.person(role), case=case)


def test_taking_away_keeps_who_and_why_and_lets_the_file_come_again(hall) -> None:
    case = hall.record()
    one = attached(hall, case)
    with pytest.raises(WorkflowError, match="理由"):
        do.remove(attachment=one, actor=hall.clerk, reason=" ")
    with pytest.raises(NotPermitted, match="上传人或窗口"):
        do.remove(attachment=one, actor=hall.reviewer, reason="不要")
    gone = do.remove(attachment=one, actor=hall.clerk, reason="传错了")
    assert (gone.removed_by, gone.removed_reason) == (hall.clerk, "传错了")
    with pytest.raises(WorkflowError, match="已撤下"):
        do.hand_out(attachment=gone, actor=hall.clerk)
    assert do.attach(file=upload(), actor=hall.clerk, case=case).is_new


def test_a_line_of_another_case_is_refused(hall) -> None:
    other = hall.record().materials.first()
    with pytest.raises(ValidationError, match="不属于本件"):
        attached(hall, hall.record(), line=other)


def test_there_is_an_end_to_attachments(hall, monkeypatch) -> None:
    monkeypatch.setattr(do, "MAX_ATTACHMENTS", 1)
    case = hall.record()
    attached(hall, case)
    with pytest.raises(WorkflowError, match="最多 1 个"):
        attached(hall, case, file=upload("b.docx", docx()))


def test_a_lost_file_is_said_in_words(hall) -> None:
    one = attached(hall, hall.record())
    private_storage().delete(one.file.name)
    with pytest.raises(WorkflowError, match="系统管理员"):
        do.hand_out(attachment=one, actor=hall.clerk)


def test_what_was_never_recorded_is_swept_after_two_days(hall, django_capture_on_commit_callbacks) -> None:
    kept = attached(hall, hall.record())
    fresh = do.attach(file=upload(), actor=hall.clerk, submission=uuid4()).attachment
    old = do.attach(file=upload(), actor=hall.clerk, submission=uuid4()).attachment
    CaseAttachment.objects.filter(pk=old.pk).update(uploaded_at=timezone.now() - timedelta(days=3))
    with django_capture_on_commit_callbacks(execute=True):
        assert sweep_attachments() == 1
    assert set(CaseAttachment.objects.all()) == {kept, fresh}
    assert not private_storage().exists(old.file.name)
    assert private_storage().exists(kept.file.name)
    assert sweep_attachments() == 0


# --- The workbench ----------------------------------------------------------------------------------


def test_a_script_uploads_lists_and_removes_before_recording(clerk, hall) -> None:
    token = str(uuid4())
    answer = clerk.post(
        UPLOAD, {"submission": token, "attachments": [upload(), upload("b.docx", docx())]}, headers=JSON
    )
    assert [a["name"] for a in answer.json()["attachments"]] == ["营业执照.pdf", "b.docx"]
    listed = clerk.get(UPLOAD, {"submission": token}).json()["attachments"]
    assert len(listed) == 2
    assert clerk.post(listed[0]["remove_url"], headers=JSON).status_code == 200
    assert len(clerk.get(UPLOAD, {"submission": token}).json()["attachments"]) == 1
    clerk.force_login(UserFactory(roles=["window"], outlet=hall.outlet))
    assert clerk.get(UPLOAD, {"submission": token}).json()["attachments"] == [], "another's form is not mine"
    assert clerk.get(listed[1]["url"]).status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("通知.pdf", b"MZ\x90\x00" + b"\0" * 200, "程序文件"),
        ("大.pdf", b"%PDF-" + b"0" * (21 * 1024 * 1024), "20 MB"),
        ("空.pdf", b"", "空文件"),
    ],
)
def test_a_bad_file_is_refused_in_words_and_keeps_nothing(clerk, name, content, says) -> None:
    token = str(uuid4())
    file = SimpleUploadedFile(name, content)
    answer = clerk.post(UPLOAD, {"submission": token, "attachments": file}, headers=JSON)
    assert answer.status_code == 400
    assert says in answer.json()["problems"][0]
    assert not CaseAttachment.objects.exists()


@pytest.mark.parametrize("data", [{}, {"submission": "x"}, {"case": "99999"}, {"case": "x"}])
def test_nonsense_is_404(clerk, data) -> None:
    assert clerk.post(UPLOAD, data).status_code == 404


def test_the_form_of_the_page_works_without_scripts(clerk, hall) -> None:
    case = hall.record()
    line = case.materials.first()
    page = case.get_absolute_url()
    answer = clerk.post(
        UPLOAD, {"case": case.pk, "attachment_material": line.pk, "attachments": upload()}, follow=True
    )
    shown = answer.content.decode()
    assert "已添加附件“营业执照.pdf”" in shown
    assert f'wb-info">{line.name}</span>' in shown
    assert (
        "没有重复保存"
        in clerk.post(UPLOAD, {"case": case.pk, "attachments": upload()}, follow=True).content.decode()
    )
    assert "请选择文件" in clerk.post(UPLOAD, {"case": case.pk}, follow=True).content.decode()
    remove = reverse("admin:services_case_attachment_remove", args=[case.attachments.get().pk])
    assert clerk.get(remove).url.startswith(page)
    assert "须写明理由" in clerk.post(remove, follow=True).content.decode()
    assert "已撤下 1 个" in clerk.post(remove, {"reason": "传错"}, follow=True).content.decode()


def test_files_are_handed_out_safely_and_looks_are_logged(clerk, hall) -> None:
    case = hall.record()
    url = reverse("admin:services_case_attachment", args=[attached(hall, case).pk])
    answer = clerk.get(url)
    assert b"".join(answer.streaming_content) == pdf()
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("inline; filename*=UTF-8''%E8%90%A5")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    word = attached(hall, case, file=upload("a.docx", docx()))
    answer = clerk.get(reverse("admin:services_case_attachment", args=[word.pk]))
    assert answer["Content-Disposition"].startswith("attachment;")
    assert [e.action for e in history_of(case)].count("open_attachment") == 2


def test_whoever_does_not_see_the_case_gets_404(client, hall) -> None:
    one = attached(hall, hall.record())
    urls = [
        reverse(f"admin:services_case_{name}", args=[one.pk]) for name in ("attachment", "attachment_remove")
    ]
    for user in (UserFactory(roles=["window"], outlet=OutletFactory()), UserFactory(roles=["reviewer"])):
        client.force_login(user)
        assert [client.post(url, {"reason": "x"}).status_code for url in urls] == [404, 404]
    client.logout()
    assert client.get(urls[0]).status_code == 302


def test_two_attachments_cost_as_many_queries_as_twenty(clerk, hall, django_assert_num_queries) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def asked() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            clerk.get(page)
        return len(queries)

    case = hall.record()
    page = case.get_absolute_url()
    for _ in range(2):
        attached(hall, case, file=upload("a.jpg", jpeg()))
    clerk.get(page)
    few = asked()
    for _ in range(18):
        attached(hall, case, file=upload("a.jpg", jpeg()))
    assert asked() == few


def test_a_closed_case_shows_its_files_without_a_form(clerk, hall) -> None:
    case = hall.record()
    attached(hall, case)
    Case.objects.filter(pk=case.pk).update(state=CaseState.COMPLETED)
    shown = clerk.get(case.get_absolute_url()).content.decode()
    assert "营业执照.pdf" in shown
    assert 'type="file"' not in shown


# --- Under a material ---------------------------------------------------------------------------------


def test_a_kept_file_is_filed_under_a_material_and_out_again(hall) -> None:
    case = hall.record()
    one, line = attached(hall, case), case.materials.last()
    assert one.shows == "", "what was not said is 未归类"
    assert do.file_under(attachment=one, actor=hall.reviewer, line=line).shows == line.name
    assert do.file_under(attachment=one, actor=hall.clerk, line=line).line == line, "twice is once"
    assert do.file_under(attachment=one, actor=hall.clerk).line is None
    assert [e.action for e in history_of(case)][:2] == ["file_under"] * 2
    assert len([e for e in history_of(case) if e.action == "file_under"]) == 2


def test_filing_is_refused_in_words(hall) -> None:
    case, other = hall.record(), hall.record()
    one = attached(hall, case)
    with pytest.raises(ValidationError, match="不属于本件"):
        do.file_under(attachment=one, actor=hall.clerk, line=other.materials.first())
    with pytest.raises(NotPermitted):
        do.file_under(attachment=one, actor=hall.supervisor, line=case.materials.first())
    with pytest.raises(NotPermitted, match="范围"):
        do.file_under(attachment=one, actor=UserFactory(roles=["window"], outlet=OutletFactory()))
    do.remove(attachment=one, actor=hall.clerk, reason="传错")
    with pytest.raises(WorkflowError, match="撤下"):
        do.file_under(attachment=one, actor=hall.clerk, line=case.materials.first())
    Case.objects.filter(pk=other.pk).update(state=CaseState.WITHDRAWN)
    late = attached(hall, case, file=upload("b.docx", docx()))
    Case.objects.filter(pk=case.pk).update(state=CaseState.WITHDRAWN)
    with pytest.raises(WorkflowError, match="已结束"):
        do.file_under(attachment=late, actor=hall.clerk, line=case.materials.first())


def test_the_same_bytes_again_say_what_they_show(hall) -> None:
    case = hall.record()
    attached(hall, case)
    again = do.attach(file=upload(), actor=hall.clerk, case=case, line=case.materials.first())
    assert (again.is_new, again.attachment.shows) == (False, case.materials.first().name)


def test_the_page_shows_files_under_their_material_and_files_them_without_scripts(clerk, hall) -> None:
    case = hall.record()
    first = case.materials.first()
    data = {"case": case.pk, "attachment_material": first.pk, "attachments": upload("甲.pdf")}
    clerk.post(UPLOAD, data)
    clerk.post(UPLOAD, {"case": case.pk, "attachments": upload("乙.docx", docx())})
    page = clerk.get(case.get_absolute_url()).content.decode()
    table = page[page.index('id="materials"') : page.index('id="custody"')]
    assert "甲.pdf" in table
    assert "乙.docx" not in table
    assert page.count("未归类</span>") == 1
    loose = case.attachments.get(name="乙.docx")
    url = reverse("admin:services_case_attachment_file", args=[loose.pk])
    page = clerk.post(url, {"attachment_material": first.pk}, follow=True).content.decode()
    assert f"归入“{first.name}”" in page
    assert "未归类</span>" not in page
    page = clerk.post(url, {"attachment_material": "²"}, follow=True).content.decode()
    assert "改为未归类" in page


def test_the_counter_files_what_comes_with_its_form(clerk, hall) -> None:
    token, [first, second] = str(uuid4()), [m.material for m in hall.item.materials.all()]
    early = do.attach(file=upload("先传.docx", docx()), actor=hall.clerk, submission=UUID(token)).attachment
    form = {
        "submission": token,
        "item": hall.item.code,
        "recompute": "1",
        "attachment_material": first.pk,
        "attachments": upload("随表.pdf"),
        f"shows_{early.pk}": second.pk,
    }
    page = clerk.post("/admin/services/case/add/", form).content.decode()
    assert page.count("selected") >= 2
    case = hall.record(submission=UUID(token))
    assert {a.name: a.shows for a in case.attachments.select_related("line")} == {
        "先传.docx": second.name,
        "随表.pdf": first.name,
    }


def test_a_script_hears_under_what_its_file_stands(clerk, hall) -> None:
    token, material = str(uuid4()), hall.item.materials.first().material
    data = {"submission": token, "attachment_material": material.pk, "attachments": upload()}
    [made] = clerk.post(UPLOAD, data, headers=JSON).json()["attachments"]
    assert (made["shows"], made["chosen"]) == (material.name, material.pk)


# --- API --------------------------------------------------------------------------------------------


def test_the_api_lists_keeps_and_hands_out(api_client, hall) -> None:
    case = hall.record()
    api_client.force_authenticate(hall.clerk)
    url = f"/api/v1/services/cases/{case.case_number}/attachments/"
    made = api_client.post(url, {"file": upload(), "material": case.materials.first().pk}, format="multipart")
    assert made.status_code == 201
    assert made.json()["material"] == case.materials.first().name
    assert api_client.post(url, {"file": upload()}, format="multipart").status_code == 200
    refused = api_client.post(url, {"file": upload("a.pdf", b"MZ" + b"0" * 50)}, format="multipart")
    assert (refused.status_code, "程序文件" in refused.json()["detail"]) == (400, True)
    [one] = api_client.get(url).json()
    assert one["sha256"] == made.json()["sha256"]
    assert b"".join(api_client.get(f"{url}{one['id']}/").streaming_content) == pdf()
    filed = api_client.post(f"{url}{one['id']}/file-under/", {"material": None}, format="json")
    assert (filed.status_code, filed.json()["material"]) == (200, "")
    again = api_client.post(f"{url}{one['id']}/file-under/", {"material": case.materials.last().pk})
    assert again.json()["material"] == case.materials.last().name
    for bad, status in ((0, 404), ("x", 400), (10**30, 400)):
        assert api_client.post(f"{url}{one['id']}/file-under/", {"material": bad}).status_code == status
    gone = api_client.post(f"{url}{one['id']}/remove/", {"reason": "传错"})
    assert gone.status_code == 200
    assert api_client.get(url).json() == []
    assert api_client.get(f"{url}{one['id']}/").status_code == 404


def test_the_api_is_scoped(api_client, hall) -> None:
    case = hall.record()
    one = attached(hall, case)
    api_client.force_authenticate(UserFactory(roles=["window"], outlet=OutletFactory()))
    url = f"/api/v1/services/cases/{case.case_number}/attachments/"
    assert api_client.get(url).status_code == 404
    assert api_client.get(f"{url}{one.pk}/").status_code == 404
    assert api_client.post(url, {"file": upload()}, format="multipart").status_code == 404


def test_correcting_a_case_leaves_its_files(hall) -> None:
    case = hall.record()
    one = attached(hall, case)
    case = cases.request_correction(case=case, actor=hall.clerk, missing=["复印件不清晰"], days=5)
    assert isinstance(one.submission, UUID)
    assert list(case.attachments.all()) == [one]


def test_a_file_of_one_material_goes_to_the_cases_of_the_bundle_that_ask_for_it() -> None:
    hall, token = BundleHall(), uuid4()
    own = hall.beside.materials.exclude(material=hall.identity).first().material
    for name, content, material in (
        ("照片.jpg", jpeg(), None),
        ("身份证.pdf", pdf(), hall.identity),
        ("平面图.docx", docx(), own),
    ):
        do.attach(file=upload(name, content), actor=hall.clerk, submission=token, material=material)
    made = hall.record(submission=token)
    kept = {
        item: {a.name: a.shows for a in hall.case(made, item).attachments.select_related("line", "material")}
        for item in hall.items
    }
    everywhere = {"照片.jpg": "", "身份证.pdf": hall.identity.name}
    assert kept[hall.first] == kept[hall.second] == everywhere
    assert kept[hall.beside] == everywhere | {"平面图.docx": own.name}


def test_what_comes_after_a_bundle_was_recorded_is_refused_and_not_lost_later() -> None:
    hall, token = BundleHall(), uuid4()
    hall.record(submission=token)
    with pytest.raises(WorkflowError, match="已经登记"):
        do.attach(file=upload(), actor=hall.clerk, submission=token)
    assert not CaseAttachment.objects.exists()
