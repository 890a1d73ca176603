"""The public pages of the catalogue and its API and admin, through their doors."""

from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.forms import modelform_factory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from zeal import zeal_ignore

from services.admin.catalogue import PublicFileForm
from services.choices import Necessity, PublicationState
from services.models import HallMechanism, HallStatistic, ItemMaterial, ItemStep, ServiceItem
from services.views.catalogue import ITEM_FACETS
from tests.factories.accounts import UserFactory
from tests.factories.catalogue import (
    BundleFactory,
    CompleteItemFactory,
    MaterialFactory,
    MemberFactory,
    PublishedItemFactory,
    ThemeFactory,
    add_field,
    add_line,
    yes_or_no,
)
from tests.factories.directory import OutletFactory
from tests.uploads import docx, pdf
from tuoxian_portal.core.listing import count_together

pytestmark = pytest.mark.django_db
S = PublicationState


def text_of(client: Any, url: str, **data: Any) -> str:
    response = client.get(url, data)
    assert response.status_code == 200
    return response.content.decode()


def options(response: Any, name: str) -> dict[str, int]:
    facet = next(f for f in response.context["listing"].facets if f.name == name)
    return {option.value: option.count for option in facet.options}


# --- The finder -----------------------------------------------------------------------------------
def test_the_finder_narrows_by_every_facet(client: Any) -> None:
    theme = ThemeFactory()
    person = PublishedItemFactory(for_individuals=True, for_organisations=False, online=True, at_window=False)
    person.themes.add(theme)
    company = PublishedItemFactory(stage="land", item_type="filing")
    url = reverse("services:list")
    response = client.get(url)
    assert options(response, "audience") == {"organisations": 1, "individuals": 1}
    assert options(response, "theme") == {theme.slug: 1}
    assert options(response, "channel") == {"window": 1, "online": 1}
    assert options(response, "stage") == {"land": 1}
    for chosen, found in (
        ({"audience": "individuals"}, person),
        ({"theme": theme.slug}, person),
        ({"channel": "online"}, person),
        ({"stage": "land"}, company),
        ({"type": "filing"}, company),
        ({"authority": company.authority}, company),
    ):
        assert list(client.get(url, chosen).context["listing"].page) == [found]


def test_odd_addresses_are_answered_in_words(client: Any) -> None:
    PublishedItemFactory()
    text = text_of(
        client, reverse("services:list"), theme="nowhere", page="99", sort="upwards", q="x\x00" * 90
    )
    assert "没有“nowhere”这一项" in text
    assert "没有这种排序方式" in text
    assert "关键词过长" in text


def test_an_empty_result_names_next_actions(client: Any) -> None:
    text = text_of(client, reverse("services:list"), q="绝无此事")
    assert "没有找到相符的事项" in text
    assert reverse("services:bundles") in text


def test_a_bundle_that_answers_the_words_comes_first(client: Any) -> None:
    bundle = BundleFactory(name="开办餐饮店", aliases="开饭店")
    MemberFactory.create_batch(2, bundle=bundle)
    item = PublishedItemFactory(name="食品经营许可", aliases="开饭店")
    text = text_of(client, reverse("services:list"), q="kaifandian")
    assert text.index(bundle.name) < text.index(item.name)


def test_a_guide_keeps_within_its_queries(client: Any, settings: Any) -> None:
    """With every part filled in, once what all guides share has been read for another one."""
    settings.PUBLIC_PAGE_SECONDS = 60
    first, second = PublishedItemFactory(), PublishedItemFactory()
    bundle = BundleFactory()
    for item in (first, second):
        MemberFactory(bundle=bundle, item=item)
        item.themes.add(ThemeFactory())
        item.outlets.add(OutletFactory())
    client.get(first.get_absolute_url())
    with CaptureQueriesContext(connection) as seen:
        text = text_of(client, second.get_absolute_url())
    assert bundle.name in text
    assert len(seen) <= 8


def test_the_finder_costs_the_same_for_2_and_for_20(client: Any, django_assert_num_queries: Any) -> None:
    url = reverse("services:list")
    theme = ThemeFactory()

    def queries(total: int) -> int:
        while ServiceItem.objects.count() < total:
            PublishedItemFactory().themes.add(theme)
        client.get(url)  # the menu is cached once
        with CaptureQueriesContext(connection) as seen:
            client.get(url, {"q": "测试"})
        return len(seen)

    assert queries(2) == queries(20) <= 8


def test_facets_counted_together_count_the_same_as_alone(reference: None) -> None:
    items = ServiceItem.objects.published()
    alike = [facet for facet in ITEM_FACETS if not facet.multi]
    with CaptureQueriesContext(connection) as seen:
        together = count_together(items, alike)
    assert len(seen) == 1
    for facet in alike:
        assert sorted(together[facet.name]) == sorted(facet.options(items)), facet.name
        assert [n for _, _, n in together[facet.name]] == [n for _, _, n in facet.options(items)]


@pytest.mark.parametrize(
    "words", ["食品经营许可", "开饭店", "kaifandian", "KFD", "spjyxk", "kai fan dian", "shipin 许可"]
)
def test_the_finder_understands_colloquial_words_and_pinyin(client: Any, words: str) -> None:
    PublishedItemFactory(name="食品经营许可", aliases="开饭店、餐饮证")
    PublishedItemFactory(name="取水许可")
    text = text_of(client, reverse("services:list"), q=words)
    assert "食品经营许可" in text
    assert ">取水许可<" not in text


# --- The guide ------------------------------------------------------------------------------------
@pytest.mark.parametrize("state", [S.DRAFTED, S.REVIEWED, S.RETIRED])
@pytest.mark.parametrize("page", ["detail", "checklist"])
def test_what_is_not_published_does_not_exist(client: Any, page: str, state: str) -> None:
    item = CompleteItemFactory(state=state)
    assert client.get(reverse(f"services:{page}", args=[item.code])).status_code == 404


def test_a_guide_tells_what_an_applicant_asks(client: Any) -> None:
    item = PublishedItemFactory(lines=0, visits=0, aliases="测试别名")
    add_line(
        item,
        MaterialFactory(name="测试执照", electronic_licence="测试电子证照"),
        necessity=Necessity.CONDITIONAL,
        condition="委托办理的",
        originals=1,
        copies=2,
        origin="government",
    )
    text = text_of(client, item.get_absolute_url())
    for words in (
        item.name,
        "测试别名",
        "不用到现场",
        "5\xa0个工作日",
        "受理之日起 20 个工作日",
        "测试执照",
        "委托办理的",
        "原件\xa01\xa0份、复印件\xa02\xa0份",
        "可用测试电子证照，免交纸质材料",
        "政府部门核发",
        "不收费",
        "《测试条例》第一条",
        "0471-8512345",
        'name="ArticleTitle"',
    ):
        assert words in text


def test_a_guide_says_what_only_the_window_answers(client: Any) -> None:
    item = PublishedItemFactory(
        visits=None, charged=None, promised_days=None, left_to_window=["visits", "fee", "promised"]
    )
    facts = {label: value for label, value, _ in client.get(item.get_absolute_url()).context["facts"]}
    assert facts["到现场次数"] == facts["收费"] == "以窗口答复为准"
    assert facts["承诺时限"] == ""  # the component says that the county has not published it
    assert "县里尚未公布" in text_of(client, item.get_absolute_url())


def test_a_guide_shows_every_element_of_the_list(client: Any) -> None:
    item = PublishedItemFactory(
        item_type="filing",
        full_assistance=True,
        stage="land",
        at_town=True,
        basic_code="000104001000",
        implementation_code="1" * 31,
        same_city="collected",
        quota="每年 10 个",
        intermediary="测绘",
        joint_bodies="测试联办局",
        complaint_phone="0471-1234567",
        result_sample="catalogue/ab/x.pdf",
    )
    outlet = OutletFactory(address="测试路 1 号", opening_hours="9:00–17:00")
    item.outlets.add(outlet)
    ItemStep.objects.create(item=item, name="审查", who="审查员", days=3)
    text = text_of(client, item.get_absolute_url())
    for words in (
        "行政备案（10）",
        "可以委托帮办员全程办理",
        "县级、镇级",
        "000104001000",
        "1" * 31,
        "同城通办（异地代收代办）",
        "每年 10 个",
        "测绘",
        "测试联办局",
        "0471-1234567",
        f"{outlet.name}（测试路 1 号，9:00–17:00）",
        "审查员，3\xa0个工作日",
        reverse("services:file", args=[item.code, "result", 1]),
    ):
        assert words in text, words
    assert text.count('href="tel:0471-8512345"') >= 2  # at the top and at the bottom


def test_what_nobody_knows_is_left_to_the_window(client: Any) -> None:
    item = PublishedItemFactory(window="", phone="", conditions="", at_county=False)
    details = dict(row[:2] for row in client.get(item.get_absolute_url()).context["details"])
    text = text_of(client, item.get_absolute_url())
    assert not {"可办层级", "办理窗口", "咨询电话"} & set(details)
    assert "可办层级、办理窗口、咨询电话：以窗口答复为准。" in text
    assert "<p>以窗口答复为准</p>" in text


def test_forms_of_a_material_are_handed_out_while_the_guide_is_published(
    client: Any, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    item = PublishedItemFactory(lines=0)
    line = add_line(item, MaterialFactory(name="测试申请表"))
    line.blank_form.save("表.docx", ContentFile(docx()))
    line.sample_file.save("样.pdf", ContentFile(pdf()))
    page = text_of(client, item.get_absolute_url())
    blank, sample = (
        reverse("services:file", args=[item.code, kind, line.material_id]) for kind in ("blank", "sample")
    )
    assert blank in page
    assert sample in page
    form = client.get(blank)
    assert b"".join(form).startswith(b"PK")
    assert form.headers["Content-Disposition"].startswith("attachment")
    assert "%E6%B5%8B%E8%AF%95%E7%94%B3%E8%AF%B7%E8%A1%A8" in form.headers["Content-Disposition"]
    shown = client.get(sample)
    assert (shown.headers["Content-Type"], b"".join(shown)[:5]) == ("application/pdf", b"%PDF-")
    assert shown.headers["Content-Disposition"].startswith("inline")
    for address in (
        reverse("services:file", args=[item.code, "result", 1]),
        reverse("services:file", args=[item.code, "blank", 999]),
        reverse("services:file", args=["NO-1", "blank", line.material_id]),
    ):
        assert client.get(address).status_code == 404
    ServiceItem.objects.filter(pk=item.pk).update(state=S.RETIRED)
    assert client.get(blank).status_code == 404


def test_an_item_that_insists_on_paper_does_not_promise_otherwise(client: Any) -> None:
    item = PublishedItemFactory(lines=0)
    add_line(item, MaterialFactory(electronic_licence="测试电子证照"), licence_accepted=False)
    assert "测试电子证照" not in text_of(client, item.get_absolute_url())


def test_a_guide_costs_the_same_for_few_and_many(client: Any) -> None:
    counts = []
    for lines in (2, 20):
        item = PublishedItemFactory(lines=lines)
        for _ in range(lines // 2):
            MemberFactory(item=item)
        client.get(item.get_absolute_url())
        with CaptureQueriesContext(connection) as seen:
            client.get(item.get_absolute_url())
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 12


def test_a_sample_is_marked(client: Any) -> None:
    assert "示例" in text_of(client, PublishedItemFactory(is_sample=True).get_absolute_url())


def test_the_slip_lists_every_material(client: Any) -> None:
    item = PublishedItemFactory(lines=4)
    text = text_of(client, reverse("services:checklist", args=[item.code]))
    for line in item.materials.all():
        assert line.name in text
    assert text.count('type="checkbox"') == 4


# --- Bundles --------------------------------------------------------------------------------------
def test_a_bundle_is_composed_from_the_address(client: Any) -> None:
    bundle = BundleFactory()
    shared = MaterialFactory(name="测试共用材料")
    one, two = MemberFactory(bundle=bundle), MemberFactory(bundle=bundle)
    for member in (one, two):
        add_line(member.item, shared)
    two.answers.add(yes_or_no(bundle, "fire")["yes"])
    url = bundle.get_absolute_url()

    text = text_of(client, url)
    assert "还有 1 个事项要看您的回答" in text
    assert "减负单" not in text

    text = text_of(client, url, fire="yes")
    assert "2\xa0个事项共用这一份" in text
    assert "减负单" in text
    assert "提交材料：原 6，现 5" in text
    assert "checked" in text

    text = text_of(client, url, fire="no")
    assert "按您的回答不用办" in text
    assert "因为“是否fire？”答“否”" in text
    assert "已忽略" in text_of(client, url, fire="<script>alert(1)</script>")
    assert "<script>alert" not in text_of(client, url, fire="<script>alert(1)</script>")


def test_a_bundle_page_costs_the_same_for_few_and_many(client: Any) -> None:
    counts = []
    for size in (2, 20):
        bundle = BundleFactory()
        MemberFactory.create_batch(size, bundle=bundle)
        client.get(bundle.get_absolute_url())
        with CaptureQueriesContext(connection) as seen:
            client.get(bundle.get_absolute_url())
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 12


@pytest.mark.parametrize("state", [S.DRAFTED, S.REVIEWED, S.RETIRED])
def test_an_unpublished_bundle_does_not_exist(client: Any, state: str) -> None:
    bundle = BundleFactory(state=state)
    assert client.get(bundle.get_absolute_url()).status_code == 404
    assert bundle.name not in text_of(client, reverse("services:bundles"))


def test_bundles_are_listed(client: Any) -> None:
    bundle = BundleFactory(theme=ThemeFactory())
    response = client.get(reverse("services:bundles"), {"theme": bundle.theme.slug})
    assert list(response.context["listing"].page) == [bundle]


# --- The hall -------------------------------------------------------------------------------------
def test_hall_figures_carry_their_period_and_other_places_are_context(client: Any) -> None:
    common = {"group": "一次办", "unit": "件", "source_title": "测试来源"}
    HallStatistic.objects.create(name="本县办件", value=1353, period="2022 年", **common)
    HallStatistic.objects.create(name="全区窗口", value=347, period="2021 年", scope="region", **common)
    HallMechanism.objects.create(name="外地做法", meaning="不对外显示", scope="elsewhere")
    response = client.get(reverse("services:hall"))
    assert [f["label"] for f in response.context["figures"]] == ["本县办件"]
    assert response.context["figures"][0]["value"] == "1,353"
    text = response.content.decode()
    assert "2022 年" in text
    assert "测试来源" in text
    assert "不是本县数据" in text
    assert "外地做法" not in text


# --- The API --------------------------------------------------------------------------------------
def test_the_api_lists_and_filters_items(api_client: Any) -> None:
    item = PublishedItemFactory(name="食品经营许可", stage="land")
    PublishedItemFactory()
    CompleteItemFactory()
    url = "/api/v1/services/items/"
    assert api_client.get(url).json()["count"] == 2
    for query in ({"search": "spjy"}, {"stage": "land"}, {"search": item.code.lower()}):
        assert [row["code"] for row in api_client.get(url, query).json()["results"]] == [item.code]
    assert api_client.get(url, {"stage": "nowhere"}).status_code == 400
    assert api_client.get(url, {"unknown": "1"}).status_code == 400


def test_an_item_in_the_api_carries_its_materials(api_client: Any) -> None:
    item = PublishedItemFactory(lines=3)
    data = api_client.get(f"/api/v1/services/items/{item.code}/").json()
    assert len(data["materials"]) == 3
    assert data["materials"][0]["originals"] == 1
    assert data["available_actions"] == []
    hidden = CompleteItemFactory()
    assert api_client.get(f"/api/v1/services/items/{hidden.code}/").status_code == 404


@pytest.mark.parametrize(("path", "make"), [("items", PublishedItemFactory), ("bundles", BundleFactory)])
def test_api_lists_cost_the_same_for_2_and_for_20(api_client: Any, path: str, make: Any) -> None:
    counts = []
    for size in (2, 18):
        make.create_batch(size)
        with CaptureQueriesContext(connection) as seen:
            api_client.get(f"/api/v1/services/{path}/")
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 4


def test_a_composition_in_the_api(api_client: Any) -> None:
    bundle = BundleFactory()
    MemberFactory(bundle=bundle)
    member = MemberFactory(bundle=bundle)
    member.answers.add(yes_or_no(bundle, "fire")["yes"])
    url = f"/api/v1/services/bundles/{bundle.slug}/composition/"
    assert [m["name"] for m in api_client.get(url).json()["undecided"]] == [member.name]
    data = api_client.get(url, {"fire": "yes"}).json()
    assert len(data["applies"]) == 2
    assert data["saving"]["forms_before"] == 2
    assert data["saving"]["forms_after"] == 1
    assert data["plan"]["days"] == 5
    assert data["plan"]["total"] == data["saving"]["days_before"] == 10
    assert ["办理时间（工作日）", "10", "5", "5"] in data["saving"]["table"]
    assert data["held"] == []


def test_a_form_is_checked_through_the_api(api_client: Any) -> None:
    bundle = BundleFactory()
    items = [MemberFactory(bundle=bundle).item for _ in range(2)]
    for item in items:
        add_field(item, "seats", kind="number")
    paths = (f"bundles/{bundle.slug}", f"items/{items[0].code}")
    for path in paths:
        url = f"/api/v1/services/{path}/check-form/"
        api_client.logout()
        assert api_client.post(url, {"values": {}}, format="json").status_code in (401, 403)
        api_client.force_login(UserFactory(roles=["window"]))
        good = api_client.post(url, {"values": {"seats": " 12 "}}, format="json")
        assert good.json() == {"values": {"seats": "12"}, "problems": {}}
        bad = api_client.post(url, {"values": {"seats": "many"}}, format="json")
        assert bad.status_code == 200
        assert "只填写数字" in bad.json()["problems"]["seats"][0]
        assert api_client.post(url, {"values": ["x"]}, format="json").status_code == 400
        assert api_client.post(url, {}, format="json").status_code == 400
    form = api_client.get(f"/api/v1/services/bundles/{bundle.slug}/composition/").json()["form"]
    assert form[0]["questions"][0]["items"] == [item.code for item in items]
    assert (
        api_client.get(f"/api/v1/services/items/{items[0].code}/").json()["form_fields"][0]["key"] == "seats"
    )


def test_staff_publish_through_the_api(api_client: Any) -> None:
    item = CompleteItemFactory()
    url = f"/api/v1/services/items/{item.code}/"
    assert api_client.post(f"{url}review/").status_code in (401, 403)
    api_client.force_login(UserFactory(roles=["window"]))
    assert api_client.post(f"{url}review/").status_code == 403
    api_client.force_login(UserFactory(roles=["approver"]))
    assert api_client.get(url).json()["available_actions"] == ["review"]
    assert api_client.post(f"{url}publish/").status_code == 409
    assert api_client.post(f"{url}review/").json()["state"] == S.REVIEWED
    assert api_client.post(f"{url}publish/", {"version": 0}).json()["code"] == "edit_conflict"
    assert api_client.post(f"{url}publish/", {"version": 1}).json()["state"] == S.PUBLISHED
    assert api_client.post(f"{url}retire/").json()["fields"] == {"reason": ["请填写理由。"]}
    assert api_client.post(f"{url}retire/", {"reason": "职权调整"}).json()["state"] == S.RETIRED


@pytest.mark.parametrize("path", ["materials", "themes", "hall-statistics", "hall-mechanisms"])
def test_code_tables_are_open(api_client: Any, path: str) -> None:
    PublishedItemFactory().themes.add(ThemeFactory())
    assert api_client.get(f"/api/v1/services/{path}/").status_code == 200


# --- The admin ------------------------------------------------------------------------------------
@pytest.fixture
def editor(client: Any) -> Any:
    who = UserFactory(roles=["administrator"])
    client.force_login(who)
    return who


def change(item: Any) -> str:
    return reverse(f"admin:services_{item._meta.model_name}_change", args=[item.pk])


def test_the_admin_says_what_is_missing_and_edits_drafts_only(client: Any, editor: Any) -> None:
    draft = CompleteItemFactory(phone="")
    text = text_of(client, change(draft))
    assert "没有填写咨询电话" in text
    assert 'name="_save"' in text
    published = PublishedItemFactory()
    text = text_of(client, change(published))
    assert 'name="_save"' not in text
    assert "修订" in text
    assert published.get_absolute_url() in text
    assert draft.get_absolute_url() not in text_of(client, change(draft))


def test_a_draft_is_opened_edited_and_published_in_the_admin(client: Any, editor: Any) -> None:
    item = PublishedItemFactory()
    url = reverse("admin:services_serviceitem_do", args=[item.pk, "revise"])
    response = client.post(url, {"version": "0"})
    draft = ServiceItem.objects.get(revises=item)
    assert response.url == change(draft)
    for verb in ("review", "publish"):
        draft.refresh_from_db()
        do = reverse("admin:services_serviceitem_do", args=[draft.pk, verb])
        response = client.post(do, {"version": str(draft.version)})
    assert response.url == change(item)
    item.refresh_from_db()
    assert item.version_number == 2


@pytest.mark.parametrize(
    "model", ["serviceitem", "servicebundle", "material", "itemversion", "hallstatistic"]
)
def test_admin_lists_cost_the_same_for_2_and_for_20(client: Any, editor: Any, model: str) -> None:
    url = reverse(f"admin:services_{model}_changelist")
    counts = []
    for size in (2, 18):
        for _ in range(size):
            MemberFactory()
        client.get(url)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(url, {"q": "测试"} if model == "serviceitem" else {}).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_admin_finds_by_pinyin(client: Any, editor: Any) -> None:
    item = PublishedItemFactory(name="食品经营许可")
    PublishedItemFactory()
    url = reverse("admin:services_serviceitem_changelist")
    assert list(client.get(url, {"q": "spjyxk"}).context["cl"].result_list) == [item]


def test_saving_bumps_the_version_and_is_on_record(client: Any, editor: Any) -> None:
    bundle = BundleFactory(state=S.DRAFTED)
    MemberFactory.create_batch(2, bundle=bundle)
    form = client.get(change(bundle)).context["adminform"].form
    data = {name: form.initial.get(name) or "" for name in form.fields}
    data |= {"name": "改过的名称", "for_organisations": "on", "seen_version": str(bundle.version)}
    for formset in client.get(change(bundle)).context["inline_admin_formsets"]:
        management = formset.formset.management_form
        data |= {management.add_prefix(name): management[name].value() for name in management.fields}
        for row in formset.formset.initial_forms:
            data |= {
                row.add_prefix(name): "" if (v := row[name].value()) is None else v
                for name in row.fields
                if name != "DELETE"
            }
    data = {key: "" if value is None else value for key, value in data.items() if value is not False}
    # Django's formsets look every row's choice up on its own when they are posted.
    with zeal_ignore([{"model": "services.*"}]):
        response = client.post(change(bundle), data)
    assert response.status_code == 302, response.context["adminform"].form.errors
    bundle.refresh_from_db()
    assert (bundle.name, bundle.version) == ("改过的名称", 1)

    with zeal_ignore([{"model": "services.*"}]):
        response = client.post(change(bundle), data | {"name": "再改"})
    assert "已被他人修改" in response.content.decode()
    bundle.refresh_from_db()
    assert bundle.name == "改过的名称"


def test_a_program_named_pdf_is_no_sample() -> None:
    form_class = modelform_factory(ItemMaterial, form=PublicFileForm, fields=["sample_file"])
    wrong = form_class({}, {"sample_file": SimpleUploadedFile("样表.pdf", b"MZ" + b"0" * 200)})
    assert "程序文件" in wrong.errors["sample_file"][0]
    assert form_class({}, {"sample_file": SimpleUploadedFile("样表.pdf", pdf())}).is_valid()
