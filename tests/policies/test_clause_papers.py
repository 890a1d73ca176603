"""Papers and items of clauses: out of the hall's catalogue, on pages, in the editor, in the API."""

import re
from datetime import date, timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.db import connection
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from zeal import zeal_ignore

from policies import actions
from policies.guides import one_set
from policies.models import ClauseMaterial, ExclusionGroup, PolicyClause
from policies.reference import policy_children
from services.choices import PublicationState
from services.models import Material, ServiceItem
from tests.factories.catalogue import CompleteItemFactory, MaterialFactory, PublishedItemFactory, add_line
from tests.factories.policies import ClaimFactory, ClauseFactory, PolicyFactory
from tests.policies.test_clause_admin import change_url, form_data
from tests.policies.test_match import MATCH, PDF, rule, text
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.errors import PortalError

pytestmark = pytest.mark.django_db


def licensed(name="营业执照"):
    return MaterialFactory(name=name, electronic_licence=f"电子{name}")


def grant(policy=None, **fields):
    """A clause that takes part in matching."""
    defaults = {
        "heading": "设备补贴",
        "benefit": "subsidy",
        "condition": rule("investment", "gte", "1000"),
        "formula": "设备投入 × 5%",
        "cap_wan": Decimal(50),
        "mode": "apply",
    }
    return ClauseFactory(policy=policy or PolicyFactory(in_force=True), **{**defaults, **fields})


def page_of(client, clause):
    cache.clear()
    return text(client.get(clause.policy.get_absolute_url()))


class TestPage:
    def test_a_clause_says_everything_that_is_stated(self, client):
        item = PublishedItemFactory(name="惠企资金申报", lines=0)
        clause = grant(
            payer="测试财政",
            pay_within_days=30,
            years=2,
            opens_on=today() - timedelta(days=3),
            closes_on=date(2099, 6, 30),
            budget_wan=Decimal(500),
            service_item=item,
            papers=["申请表"],
        )
        ClauseMaterial.objects.create(clause=clause, material=licensed(), order=2, note="复印件 1 份")
        ClaimFactory(clause=clause, state="approved", approved_yuan=400_000, approved_on=date(2026, 11, 3))
        page = page_of(client, clause)
        for said in (
            "谁能享受 投资额不低于 1,000 万元。",
            "算法：设备投入 × 5%，每年封顶 50 万元，连续 2 年",
            "怎么兑现 申报 申报时间：",
            "谁兑付、多久 测试财政 兑付时限：批准后 30 个工作日内",
            "至 2099-06-30",
            "资金盘子 500 万元，还剩 460 万元",
            "复印件 1 份 · 可用电子营业执照，免交纸质材料",
            "可免交",
            "看我能享受多少",
            "办事指南",
        ):
            assert said in page
        assert "来源没有写明" not in page
        html = client.get(clause.policy.get_absolute_url()).content.decode()
        assert f'href="{item.get_absolute_url()}"' in html
        assert f'href="{reverse("services:checklist", args=[item.code])}"' in html

    def test_what_is_not_stated_is_said_once_and_quietly(self, client):
        clause = grant(condition=None)
        assert "来源没有写明：谁能享受、申报时间、谁兑付、兑付时限、要准备什么。" in page_of(client, clause)
        policy = PolicyFactory(published=True)
        for heading in ("降用电", "降用汽"):
            ClauseFactory(policy=policy, heading=heading, benefit="factor")
        page = page_of(client, policy.clauses.get(heading="降用电"))
        assert page.count("来源没有写明") == 1
        assert "只有文字的条款，来源没有写明谁能享受" in page

    def test_what_needs_no_application_asks_for_no_paper(self, client):
        page = page_of(client, grant(mode="auto", papers=["不该出现的表"]))
        assert "免申即享：不用申报" in page
        assert "不该出现的表" not in page
        assert "要准备什么" not in page

    @pytest.mark.parametrize("state", [s for s in PublicationState if s != PublicationState.PUBLISHED])
    def test_an_item_that_is_not_public_is_not_linked(self, client, state):
        item = CompleteItemFactory(state=state)
        clause = grant(service_item=item)
        html = client.get(clause.policy.get_absolute_url()).content.decode()
        assert item.code not in html
        assert item.code not in client.get(MATCH, {"investment": "6000"}).content.decode()

    def test_the_items_own_forms_are_offered_and_its_demand_for_paper_holds(self, client):
        item = PublishedItemFactory(lines=0)
        paper = licensed()
        line = add_line(item, paper, licence_accepted=False)
        line.blank_form.save("form.pdf", ContentFile(b"%PDF-1.4"))
        clause = grant(service_item=item)
        clause.materials.create(material=paper)
        html = client.get(clause.policy.get_absolute_url()).content.decode()
        assert f'href="{line.blank_url}"' in html
        assert "免交" not in html
        assert "空白表格" in text(client.get(MATCH, {"investment": "6000"}))

    def test_what_may_not_be_enjoyed_together_is_named_while_it_is_offered(self, client):
        clause = grant()
        group = ExclusionGroup.objects.create(name="固定资产类")
        other = grant(heading="贷款贴息")
        draft = ClauseFactory(heading="起草中的条款")
        over = grant(heading="到期的条款", policy=PolicyFactory(in_force=True, expires_on=date(2026, 2, 1)))
        group.clauses.add(clause, other, draft, over)
        page = page_of(client, clause)
        assert f"不可同享，只能选一项： 贷款贴息 （{other.policy.title}）" in page
        assert "起草中的条款" not in page
        assert "到期的条款" not in page

    def test_nobody_is_led_to_apply_for_what_is_over_or_barred(self, client):
        item = PublishedItemFactory()
        over = grant(service_item=item, policy=PolicyFactory(in_force=True, repealed_on=date(2026, 2, 1)))
        tied = grant(service_item=item, is_tax_tied=True)
        for clause in (over, tied):
            html = client.get(clause.policy.get_absolute_url()).content.decode()
            assert item.get_absolute_url() not in html
            assert "看我能享受多少" not in html
        assert "这一条与纳税挂钩" in page_of(client, tied)

    def test_ten_clauses_cost_as_many_queries_as_two(self, client):
        def count(number):
            policy = PolicyFactory(in_force=True)
            group = ExclusionGroup.objects.create(name=f"组{number}")
            for n in range(number):
                item = PublishedItemFactory(lines=1)
                clause = grant(policy, service_item=item, papers=[f"甲{n}", f"乙{n}"], budget_wan=Decimal(9))
                group.clauses.add(clause)
            client.get(policy.get_absolute_url())
            cache.clear()
            client.get("/policies/")  # the menu and the words of facts are in the cache afterwards
            client.get(MATCH, {"investment": "1"})
            with CaptureQueriesContext(connection) as queries:
                client.get(policy.get_absolute_url())
            return len(queries)

        assert count(2) == count(10) <= 12


class TestMatch:
    def test_one_set_of_papers_for_all_that_is_met(self, client):
        first = grant(heading="设备补贴", papers=["申请表", "审计报告"])
        second = grant(heading="贷款贴息", papers=["申请表"])
        grant(heading="人才补贴")  # says nothing of papers
        grant(heading="自动奖励", mode="auto", papers=["不用交的"])
        grant(heading="够不着", condition=rule("investment", "gte", "99999"), papers=["另一份"])
        for clause in (first, second):
            clause.materials.create(
                material=Material.objects.get_or_create(name="执照")[0], order=9, note="复印件"
            )
        Material.objects.filter(name="执照").update(electronic_licence="电子执照")
        response = client.get(MATCH, {"investment": "6000"})
        page = text(response)
        found = response.context["one_set"]
        assert [paper.material.name for paper in found.papers] == ["申请表", "审计报告", "执照"]
        assert "合并材料清单（3 份）" in page
        assert "2 项一共要 5 份，相同的只备一次，合起来 3 份，其中 1 份可用电子证照免交" in page
        assert "用于：设备补贴（复印件）、贷款贴息（复印件） · 可用电子执照，免交纸质材料" in page
        assert "“人才补贴”的来源没有写明要准备什么" in page
        assert "不用交的" not in page
        pdf = client.get(PDF, {"investment": "6000"})
        assert pdf.content.startswith(b"%PDF")

    def test_one_clause_alone_has_no_merged_list(self, client):
        grant(papers=["申请表"])
        assert client.get(MATCH, {"investment": "6000"}).context["one_set"] is None
        assert one_set([]) is None

    def test_one_clause_that_insists_on_paper_decides(self, client):
        paper = licensed()
        item = PublishedItemFactory(lines=0)
        add_line(item, paper, licence_accepted=False)
        for clause in (grant(service_item=item), grant()):
            clause.materials.create(material=paper)
        (merged,) = client.get(MATCH, {"investment": "6000"}).context["one_set"].papers
        assert merged.licence == ""

    def test_the_guide_is_linked(self, client):
        item = PublishedItemFactory(name="惠企资金申报")
        grant(service_item=item)
        html = client.get(MATCH, {"investment": "6000"}).content.decode()
        assert f'href="{item.get_absolute_url()}">惠企资金申报（办事指南）' in html


def with_papers(clause, *rows, **changes):
    data = form_data(clause, mode="always", **changes)
    data["materials-TOTAL_FORMS"] = len(rows)
    for number, (material, note) in enumerate(rows):
        data |= {
            f"materials-{number}-order": number + 1,
            f"materials-{number}-material": material,
            f"materials-{number}-note": note,
        }
    return data


def _new(*names):
    return [(MaterialFactory(name=name).pk, "") for name in names]


@pytest.fixture
def officer(client, person):
    user = person("policy_officer")
    client.force_login(user)
    return user


class TestEditor:
    def test_papers_and_item_are_chosen_and_noted_in_the_history(self, client, officer):
        clause, paper, item = ClauseFactory(), MaterialFactory(), PublishedItemFactory()
        data = with_papers(clause, (paper.pk, "原件 1 份"), service_item=item.pk)
        response = client.post(change_url(clause), data)
        assert response.status_code == 302, response.content.decode()
        clause.refresh_from_db()
        assert clause.service_item == item
        assert list(clause.materials.values_list("material", "note")) == [(paper.pk, "原件 1 份")]
        entry = history_of(clause.policy).get()
        assert "申报材料" in entry.changes["内容"][1]
        page = client.get(change_url(clause)).content.decode()
        assert paper.name in page
        assert f'href="{item.get_absolute_url()}"' in page

    def test_a_row_without_a_number_comes_last(self, client, officer):
        clause = ClauseFactory(papers=["甲", "乙"])
        html = client.get(change_url(clause)).content.decode()
        empty = re.search(r'<input[^>]*name="materials-__prefix__-order"[^>]*>', html).group()
        assert "value" not in empty
        kept, gone = clause.materials.all()
        data = with_papers(clause, (kept.material_id, ""), (gone.material_id, ""), *_new("丙", "丁"))
        data |= {"materials-INITIAL_FORMS": 2, "materials-1-DELETE": "on", "materials-4-order": ""}
        data |= {"materials-0-id": kept.pk, "materials-1-id": gone.pk, "materials-0-order": 5}
        data |= {"materials-2-order": "", "materials-3-order": "", "materials-TOTAL_FORMS": 5}
        with zeal_ignore():  # Django's formsets look each row's choices up on their own
            assert client.post(change_url(clause), data).status_code == 302
        assert list(clause.materials.values_list("material__name", "order")) == [
            ("甲", 5),
            ("丙", 6),
            ("丁", 7),
        ]

    def test_a_new_clause_without_a_number_comes_last(self, client, officer):
        policy = ClauseFactory(order=4).policy
        data = form_data(ClauseFactory(policy=policy, order=7), mode="always", order="", seen_version="")
        assert client.post("/admin/policies/policyclause/add/", data).status_code == 302
        assert [c.order for c in policy.clauses.all()] == [4, 7, 8]

    @pytest.mark.parametrize("typed", ["abc", "999999999", "9" * 30, "<script>", "1'--"])
    def test_rubbish_for_a_paper_is_told_and_keeps_the_rest(self, client, officer, typed):
        clause = ClauseFactory()
        response = client.post(change_url(clause), with_papers(clause, (typed, "我写的说明")))
        assert response.status_code == 200
        assert "我写的说明" in response.content.decode()
        assert not clause.materials.exists()
        for value in (typed, ""):
            page = client.post(change_url(clause), with_papers(clause, service_item=value, heading=""))
            assert page.status_code in {200, 302}

    def test_a_paper_is_listed_once(self, client, officer):
        clause, paper = ClauseFactory(), MaterialFactory()
        with zeal_ignore():  # Django's formsets look each row's choices up on their own
            page = client.post(change_url(clause), with_papers(clause, (paper.pk, ""), (paper.pk, "再来")))
        assert page.status_code == 200
        assert "同一份材料只列一次" in page.content.decode()
        assert not clause.materials.exists()

    def test_no_more_than_thirty(self, client, officer):
        clause = ClauseFactory()
        rows = [(paper.pk, "") for paper in MaterialFactory.create_batch(31)]
        with zeal_ignore():  # Django's formsets look each row's choices up on their own
            assert client.post(change_url(clause), with_papers(clause, *rows)).status_code == 200
            assert client.post(change_url(clause), with_papers(clause, *rows[:30])).status_code == 302
        assert clause.materials.count() == 30

    def test_the_draft_of_a_next_version_cannot_be_chosen(self, client, officer):
        clause, item = ClauseFactory(), PublishedItemFactory()
        draft = CompleteItemFactory(code=item.code, revises=item)
        assert client.post(change_url(clause), with_papers(clause, service_item=draft.pk)).status_code == 200
        clause.refresh_from_db()
        assert clause.service_item is None

    def test_an_older_form_is_refused_with_its_papers_kept(self, client, officer):
        clause, paper = ClauseFactory(), MaterialFactory(name="我选的材料")
        stale = with_papers(clause, (paper.pk, "我写的说明"))
        actions.note_contents_changed(policy=clause.policy, actor=officer, what=["别人"])
        page = client.post(change_url(clause), stale).content.decode()
        assert "已被他人修改" in page
        assert "我选的材料" in page
        assert "我写的说明" in page
        assert not clause.materials.exists()

    def test_the_officer_searches_the_catalogue_and_may_add_a_paper(self, client, officer, person):
        paper, item = (
            MaterialFactory(name="营业执照", aliases="工商执照"),
            PublishedItemFactory(name="资金申报"),
        )
        draft = CompleteItemFactory(name="资金申报修订", code=item.code, revises=item)
        clause = ClauseFactory()

        def found(model, field, term):
            response = client.get(
                reverse("admin:autocomplete"),
                {"app_label": "policies", "model_name": model, "field_name": field, "term": term},
            )
            if response.status_code != 200:
                return response.status_code
            return [int(row["id"]) for row in response.json()["results"]]

        assert found("clausematerial", "material", "工商") == [paper.pk]
        assert found("policyclause", "service_item", "资金") == [item.pk]
        assert draft.pk not in found("policyclause", "service_item", "修订")
        assert reverse("admin:services_material_add") in client.get(change_url(clause)).content.decode()
        assert client.get(reverse("admin:services_material_change", args=[paper.pk])).status_code == 200
        assert client.post(reverse("admin:services_material_change", args=[paper.pk]), {}).status_code == 403
        client.force_login(person("project_officer"))
        assert found("clausematerial", "material", "工商") == 403

    def test_two_papers_cost_as_many_queries_as_twenty(self, client, officer):
        def count(number):
            clause = ClauseFactory(papers=[f"材料{number}-{n}" for n in range(number)])
            client.get(change_url(clause))
            with CaptureQueriesContext(connection) as queries:
                client.get(change_url(clause))
            return len(queries)

        assert count(2) == count(20)


def test_a_paper_that_a_clause_asks_for_stays_in_the_catalogue(client, person):
    clause = ClauseFactory(papers=["申请表"])
    paper = Material.objects.get()
    with pytest.raises(ProtectedError):
        paper.delete()
    clause.delete()
    paper.delete()


def test_a_retired_item_stays_with_the_clause_and_is_linked_again_when_it_returns(client):
    item = PublishedItemFactory()
    clause = grant(service_item=item)
    url = clause.policy.get_absolute_url()
    ServiceItem.objects.update(state=PublicationState.RETIRED)
    assert item.get_absolute_url() not in client.get(url).content.decode()
    ServiceItem.objects.update(state=PublicationState.PUBLISHED)
    cache.clear()
    assert item.get_absolute_url() in client.get(url).content.decode()


def test_the_api_names_papers_and_the_public_item(api_client, django_assert_max_num_queries):
    item = PublishedItemFactory(lines=0)
    clause = grant(service_item=item)
    clause.materials.create(material=licensed(), note="复印件")
    hidden = grant(clause.policy, service_item=CompleteItemFactory())
    url = f"/api/v1/policies/policies/{clause.policy.slug}/"
    rows = {row["code"]: row for row in api_client.get(url).json()["clauses"]}
    row = rows[clause.code]
    assert row["materials"] == [{"name": "营业执照", "note": "复印件", "electronic_licence": "电子营业执照"}]
    assert (row["service_item"], row["service_item_url"]) == (item.code, item.get_absolute_url())
    assert rows[hidden.code]["service_item"] is None
    for _ in range(5):
        grant(clause.policy, service_item=PublishedItemFactory(), papers=["申请表"])
    with django_assert_max_num_queries(7):
        api_client.get(url)


def test_names_and_codes_of_old_clauses_become_rows():
    paper = MaterialFactory(name="营业执照", aliases="工商执照、执照")
    item = PublishedItemFactory(code="SI-901")
    policy = PolicyFactory(title="支持办法")
    clauses = [ClauseFactory(policy=policy, heading=heading) for heading in ("甲", "乙")]
    migration = import_module("policies.migrations.0003_clause_materials")
    long = "长" * 150
    names = ["工商执照", " 营业执照 ", "资金申请表", long, ""]
    migration.link_catalogue(apps, [(clauses[0], names, " si-901 "), (clauses[1], ["资金申请表"], "没有的")])
    first, second = (PolicyClause.objects.get(pk=clause.pk) for clause in clauses)
    assert first.service_item == item
    assert second.service_item is None
    made = Material.objects.get(name="资金申请表")
    assert made.source_title == "支持办法 甲"
    assert list(first.materials.values_list("material__name", "order", "note")) == [
        (paper.name, 1, ""),
        ("资金申请表", 2, ""),
        ("长" * 120, 3, long),
    ]
    assert [row.material for row in second.materials.all()] == [made]


def test_reference_clauses_may_name_the_catalogue():
    paper, item = MaterialFactory(), PublishedItemFactory()
    policy = PolicyFactory(reference_id="POL-900")
    source = {"source": {"title": "来源"}, "confidence": "stated"}
    stated = {"text": "内容", "service_item": item.code, "materials": [{"name": paper.name, "note": "1 份"}]}
    record = {"id": "POL-900", "clauses": [stated], **source}
    assert policy_children(policy, record)
    clause = policy.clauses.get()
    assert clause.service_item == item
    assert list(clause.materials.values_list("material", "note")) == [(paper.pk, "1 份")]
    key = clause.materials.get().pk
    policy_children(policy, record)
    assert clause.materials.get().pk == key
    # Times and the recurrence only where the source states them.
    assert (clause.recurrence, clause.review_within_days, clause.objection_days) == ("", None, None)
    told = {"recurrence": "once", "review_within_days": 20, "objection_days": 7, "objection_to": "县工信局"}
    policy_children(policy, {"id": "POL-900", "clauses": [{**stated, **told}], **source})
    assert PolicyClause.objects.filter(pk=clause.pk, **told).exists()
    # What staff entered where the source says nothing stays.
    policy_children(policy, {"id": "POL-900", "clauses": [{"text": "内容二"}], **source})
    assert clause.materials.get().pk == key
    assert PolicyClause.objects.filter(pk=clause.pk, text="内容二", **told).exists()
    with pytest.raises(PortalError, match="没有的材料"):
        policy_children(
            policy,
            {"id": "POL-900", "clauses": [{**stated, "materials": [{"name": "没有的材料"}]}], **source},
        )
