"""The counter beyond the first case: the form, numbers that fail their check, licences, files, drafts."""

import json

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from services.actions.attachments import attach
from services.choices_forms import FieldKind
from services.models import BundleCase, Case, FormField, ItemField
from services.models.attachments import CaseAttachment
from tests.factories.accounts import UserFactory
from tests.factories.bundle_cases import BundleHall
from tests.factories.cases import CREDIT_CODE, IDENTITY, Hall
from tests.factories.licences import LicenceFactory
from tests.services.test_case_admin import ADD, page, sheet
from tests.uploads import jpeg
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.errors import NotPermitted

pytestmark = pytest.mark.django_db
PASSPORT = "G1234 5678"
WHY = "外籍投资人，护照号码"


@pytest.fixture
def hall():
    return Hall(materials=5)


@pytest.fixture
def clerk(client, hall):
    client.force_login(hall.clerk)
    return client


@pytest.fixture
def form(hall):
    """A form of three questions: one of them personal, one that the applicant's part answers."""
    for order, (key, label, more) in enumerate(
        [
            ("shop-name", "店铺名称", {}),
            ("owner-id", "负责人身份证号码", {"kind": FieldKind.ID_NUMBER, "personal": True}),
            (
                "who-number",
                "申请人证件号码",
                {"kind": FieldKind.EITHER_NUMBER, "fills_from": "number", "personal": True},
            ),
        ]
    ):
        field = FormField.objects.create(
            key=key, label=label, group="applicant", order=order, **{"kind": FieldKind.TEXT, **more}
        )
        ItemField.objects.create(item=hall.item, field=field, required=True, order=order)


# --- The form -----------------------------------------------------------------------------------


def test_what_is_typed_of_the_form_is_kept_sealed_and_shown_masked(clerk, hall, form):
    text = clerk.get(ADD, {"item": hall.item.code}).content.decode()
    assert "店铺名称" in text
    assert text.count("申请人证件号码") == 0  # the page has asked it already
    clerk.post(ADD, sheet(hall, **{"field_shop-name": "测试小店", "field_owner-id": IDENTITY}))
    case = Case.objects.get()
    assert json.loads(case.form_answers) == {
        "shop-name": "测试小店",
        "owner-id": IDENTITY,
        "who-number": IDENTITY,
    }
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT form_answers FROM services_case")
        assert "测试小店" not in cursor.fetchone()[0]
    shown = clerk.get(page(case)).content.decode()
    assert "测试小店" in shown
    assert IDENTITY not in shown
    revealed = clerk.post(reverse("admin:services_case_reveal", args=[case.pk]), {"reason": "核对申请表"})
    assert IDENTITY in revealed.content.decode()


def test_a_form_on_paper_need_not_be_typed_and_without_it_all_is_asked_at_once(clerk, hall, form):
    response = clerk.post(ADD, sheet(hall, phone="1", note="长" * 301))
    text = response.content.decode()
    assert response.status_code == 400
    for shown in (
        "请填写“店铺名称”",
        "请填写“负责人身份证号码”",
        "电话号码应为",
        "备注最多 300 字，现为 301 字",
    ):
        assert shown in text
    assert "长" * 301 in text
    assert not Case.objects.exists()
    # On paper: nothing is required, but what was typed must be right.
    wrong = {"paper_form": "1", "field_owner-id": "110105194912310021"}
    assert "校验位不符" in clerk.post(ADD, sheet(hall, **wrong)).content.decode()
    assert clerk.post(ADD, sheet(hall, paper_form="1")).status_code == 302
    assert json.loads(Case.objects.get().form_answers) == {"who-number": IDENTITY}


# --- A number that fails its check ----------------------------------------------------------------


def test_a_foreign_number_is_taken_with_a_logged_reason_and_marked(clerk, hall, form):
    data = sheet(hall, number=PASSPORT, paper_form="1")
    refused = clerk.post(ADD, data).content.decode()
    assert "应为 18 位" in refused
    assert "号码没有错、但通不过校验的，写明理由" in refused
    assert clerk.post(ADD, {**data, "override_reason": WHY}).status_code == 302
    case = Case.objects.get()
    assert (case.applicant_number, case.number_override) == ("G12345678", WHY)
    assert json.loads(case.form_answers) == {"who-number": "G12345678"}
    assert [e.reason for e in history_of(case) if e.action == "override_number"] == [WHY]
    shown = clerk.get(page(case)).content.decode()
    assert "未通过校验" in shown
    assert WHY in shown
    assert "G12345678" not in shown
    # Found again under the same number, however it is written.
    assert case.case_number in clerk.get("/admin/services/case/", {"q": "g 12345678"}).content.decode()


@pytest.mark.parametrize("number", ["", "1", "中文号码", "<script>alert(1)</script>", "9" * 31])
def test_an_override_is_no_way_to_write_anything(clerk, hall, number):
    response = clerk.post(ADD, sheet(hall, number=number, override_reason=WHY))
    assert response.status_code == 400
    assert "证件号码应为 5 到 30 位" in response.content.decode()


def test_a_right_number_needs_no_reason_and_keeps_none(clerk, hall):
    clerk.post(ADD, sheet(hall, override_reason=WHY))
    case = Case.objects.get()
    assert case.number_override == ""
    assert "override_number" not in [e.action for e in history_of(case)]


def test_an_overridden_number_is_masked_even_of_an_organisation(hall):
    applicant = hall.applicant(kind="organisation", number="HK-1234567-8", override_reason="境外公司")
    case = hall.record(applicant=applicant)
    assert case.masked_number != case.applicant_number
    assert (
        hall.record(applicant=hall.applicant(kind="organisation", number=CREDIT_CODE)).masked_number
        == CREDIT_CODE
    )


def test_who_may_not_override_is_refused(hall):
    plain = UserFactory(outlet=hall.outlet)
    plain.has_perm = lambda perm, obj=None: perm != "services.override_number"
    with pytest.raises(NotPermitted):
        hall.record(actor=plain, applicant=hall.applicant(number=PASSPORT, override_reason=WHY))


def test_a_bundle_takes_it_too_and_marks_every_case():
    hall = BundleHall()
    whole = hall.record(applicant=hall.applicant(number=PASSPORT, override_reason=WHY))
    assert whole.number_override == WHY
    assert {case.number_override for case in whole.children.all()} == {WHY}
    assert "override_number" in [e.action for e in history_of(whole)]


def test_a_note_that_is_too_long_is_refused_not_cut(hall):
    with pytest.raises(ValidationError, match="现为 301 字"):
        hall.record(note="长" * 301)
    with pytest.raises(ValidationError, match="现为 301 字"):
        BundleHall().record(note="长" * 301)
    assert hall.record(note="长" * 300).note == "长" * 300


# --- Licences, files, drafts ----------------------------------------------------------------------


def test_licences_of_the_applicant_are_offered_at_their_materials(clerk, hall):
    line = hall.item.materials.first()
    licence = LicenceFactory(holder_number=IDENTITY)
    licence.kind.materials.add(line.material)
    url = reverse("admin:services_case_applicant")
    data = {"kind": "person", "number": IDENTITY, "materials": [str(line.material_id), "x", "9" * 30]}
    assert clerk.post(url, data).json()["held"] == {str(line.material_id): licence.caption}
    assert clerk.post(url, {**data, "materials": []}).json()["held"] == {}
    again = clerk.post(ADD, sheet(hall, recompute="1", **{f"material_{line.pk}": None}))
    assert licence.caption in again.content.decode()
    clerk.post(ADD, sheet(hall, **{f"material_{line.pk}": None}))
    assert Case.objects.get().materials.get(material=line.material).state == "licensed"


def test_files_posted_with_the_form_survive_its_errors(clerk, hall):
    data = sheet(hall, phone="1")
    response = clerk.post(ADD, {**data, "attachments": SimpleUploadedFile("证件.jpg", jpeg())})
    assert response.status_code == 400
    assert "证件.jpg" in response.content.decode()
    clerk.post(ADD, {**data, "phone": "13800005678"})
    assert Case.objects.get().attachments.get().name == "证件.jpg"


def test_a_program_named_pdf_keeps_the_form_from_being_saved(clerk, hall):
    file = SimpleUploadedFile("材料.pdf", b"MZ" + b"\x00" * 200)
    response = clerk.post(ADD, {**sheet(hall), "attachments": file})
    assert response.status_code == 400
    assert "材料.pdf" in response.content.decode()
    assert not Case.objects.exists()
    assert not CaseAttachment.objects.exists()


def test_files_of_a_bundle_go_to_every_case(client):
    from tests.services.test_bundle_counter import sheet as bundle_sheet
    from tests.services.test_bundle_counter import url

    hall = BundleHall()
    client.force_login(hall.clerk)
    data = bundle_sheet(hall)
    attach(file=SimpleUploadedFile("照片.jpg", jpeg()), actor=hall.clerk, submission=data["submission"])
    client.post(url(hall), data)
    whole = BundleCase.objects.get()
    assert {a.case_id for a in CaseAttachment.objects.all()} == {c.pk for c in whole.children.all()}
    shown = client.get(whole.get_absolute_url()).content.decode()
    assert shown.count("照片.jpg") == 1


def test_a_draft_comes_back_without_being_recorded(clerk, hall):
    data = sheet(hall, number="12", note="带了样品", recompute="1")
    response = clerk.post(ADD, data)
    text = response.content.decode()
    assert response.status_code == 200
    for kept in ("带了样品", 'value="12"', data["submission"], "data-resumed"):
        assert kept in text
    assert not Case.objects.exists()
