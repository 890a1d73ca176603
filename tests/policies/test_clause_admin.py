"""The officer's editor: conditions as lines, errors in place, cases that guard publishing."""

from decimal import Decimal
from io import StringIO

import pytest
from django.urls import reverse
from hypothesis import given

from policies import actions
from policies.admin.rule_fields import condition_of, rows_of
from policies.choices import Publication, Verdict
from policies.models import ClauseCase, ExclusionGroup, PolicyClause
from policies.rules import conditions
from policies.rules.logic import Truth
from tests.factories.policies import ClaimFactory, ClauseFactory, PolicyFactory, claimable
from tests.policies.test_rules import LABELS, TODAY, known_facts, trees
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.errors import WorkflowError


def change_url(clause):
    return reverse("admin:policies_policyclause_change", args=[clause.pk])


CHECK = "/admin/policies/policyclause/check/"


@pytest.fixture
def officer(client, person):
    user = person("policy_officer")
    client.force_login(user)
    return user


def lines(*rows, mode="all"):
    data = {"condition-mode": mode}
    for number, (level, what, op, value) in enumerate(rows):
        data |= {
            f"condition-{number}-level": level,
            f"condition-{number}-what": what,
            f"condition-{number}-op": op,
            f"condition-{number}-value": value,
        }
    return data


def form_data(clause, *rows, mode="all", cases=(), **changes):
    data = {
        "policy": clause.policy_id,
        "order": 1,
        "heading": "设备补贴",
        "text": "给予补贴。",
        "benefit": "subsidy",
        "seen_version": clause.policy.version,
        "cases-TOTAL_FORMS": len(cases),
        "cases-INITIAL_FORMS": 0,
        "materials-TOTAL_FORMS": 0,
        "materials-INITIAL_FORMS": 0,
        **lines(*rows, mode=mode),
    }
    for number, (name, facts, verdict, amount) in enumerate(cases):
        data |= {
            f"cases-{number}-name": name,
            f"cases-{number}-order": 1,
            f"cases-{number}-facts": facts,
            f"cases-{number}-verdict": verdict,
            f"cases-{number}-amount_wan": amount,
        }
    return {**data, **changes}


@given(tree=trees, facts=known_facts())
def test_lines_and_trees_mean_the_same(tree, facts):
    rows = rows_of(conditions.dump(tree), LABELS)
    again = conditions.read(condition_of(rows, LABELS))
    assert conditions.judge(again, facts, TODAY) is conditions.judge(tree, facts, TODAY)
    assert rows_of(conditions.dump(again), LABELS) == rows


@pytest.mark.django_db
class TestEditing:
    def test_a_condition_a_tiered_formula_and_its_case(self, client, officer):
        clause = ClauseFactory()
        data = form_data(
            clause,
            (0, "investment", "gte", "1,000 万元"),
            (0, "any", "", ""),
            (1, "size", "in", "小型、微型"),
            (1, "none", "", ""),
            (2, "headcount", "gt", "50人"),
            (0, "", "", ""),
            cases=[("小企业", "投资额：2000 万元\n企业规模：小型", "yes", "80")],
            formula="分段(投资额；至 1000 万元：3%；其余：5%)",
        )
        response = client.post(change_url(clause), data)
        assert response.status_code == 302, response.content.decode()
        clause.refresh_from_db()
        assert clause.condition == {
            "all": [
                {"fact": "investment", "is": "gte", "value": "1000"},
                {
                    "any": [
                        {"fact": "size", "is": "in", "value": ["small", "micro"]},
                        {"not": {"fact": "headcount", "is": "gt", "value": "50"}},
                    ]
                },
            ]
        }
        case = clause.cases.get()
        assert case.facts == {"investment": "2000 万元", "size": "小型"}
        clause.policy.refresh_from_db()
        assert clause.policy.edited_by == officer
        assert history_of(clause.policy).get().action == "edit_contents"
        page = client.get(change_url(clause)).content.decode()
        assert "投资额不低于" in page
        assert "通过：符合" in page
        # Nothing changed: nothing is written.
        version = clause.policy.version
        same = form_data(
            clause,
            (0, "investment", "gte", "1000"),
            (0, "any", "", ""),
            (1, "size", "in", "小型、微型"),
            (1, "none", "", ""),
            (2, "headcount", "gt", "50"),
            formula=clause.formula,
        )
        same |= {"cases-TOTAL_FORMS": 0}
        client.post(change_url(clause), same)
        clause.policy.refresh_from_db()
        assert clause.policy.version == version

    @pytest.mark.parametrize(
        ("rows", "mode", "says"),
        [
            ([(0, "size", "gte", "小型")], "all", "“企业规模”可以用的比较是：是"),
            ([(0, "size", "", "巨型")], "all", "可以填：大型、中型、小型、微型"),
            ([(0, "investment", "gte", "很多")], "all", "“很多”不是数字"),
            ([(0, "investment", "gte", "")], "all", "请填写数值"),
            ([(1, "investment", "gte", "5")], "all", "缩进太多"),
            ([(0, "any", "", "")], "all", "这一组下面没有条件"),
            ([(0, "magic", "gte", "5")], "all", "请选择这一行比较什么"),
            ([], "all", "请至少写一行条件"),
            ([(0, "investment", "gte", "5")], "always", "不要再写条件行"),
            ([(0, "investment", "gte", "5")], "", "写了条件行"),
            ([(0, "registered_on", "aged", "三")], "any", "之间的年数"),
            ([(0, "industry_code", "", "Z9")], "any", "行业代码"),
            ([(0, "registered_on", "since", "<script>")], "any", "日期"),
        ],
    )
    def test_a_wrong_line_is_told_at_its_line_and_kept(self, client, officer, rows, mode, says):
        clause = ClauseFactory()
        response = client.post(change_url(clause), form_data(clause, *rows, mode=mode, heading="打的字"))
        page = response.content.decode()
        assert response.status_code == 200
        assert says in page
        assert "<script>&" not in page
        assert 'value="打的字"' in page
        for row in rows:
            if row[3] and "<" not in row[3]:
                assert f'value="{row[3]}"' in page
        clause.refresh_from_db()
        assert clause.condition is None

    @pytest.mark.parametrize(
        ("formula", "says"),
        [
            ("设备投人 × 5%", "第 1 个字“设备投人”处：不认识“设备投人”。是不是"),
            ("设备投入 ÷ 0", "除数不能是 0"),
            ("<script>alert(1)</script>", "不认识"),
            ("9" * 501, "500"),
        ],
    )
    def test_a_wrong_formula_is_told_at_its_field(self, client, officer, formula, says):
        clause = ClauseFactory()
        response = client.post(change_url(clause), form_data(clause, mode="always", formula=formula))
        assert response.status_code == 200
        assert says in response.content.decode()
        assert "<script>alert" not in response.content.decode()

    def test_a_cap_needs_a_formula(self, client, officer):
        clause = ClauseFactory()
        page = client.post(change_url(clause), form_data(clause, mode="always", cap_wan="5")).content.decode()
        assert "没有公式时不能填封顶" in page

    def test_a_case_that_cannot_be_read_is_told(self, client, officer):
        clause = ClauseFactory()
        for facts, says in (("投资：很多", "第 1 行：请填写数字"), ("身高：180", "第 1 行应写成")):
            data = form_data(clause, mode="always", cases=[("甲", facts, "yes", "")])
            page = client.post(change_url(clause), data).content.decode()
            assert says in page

    def test_an_older_form_is_refused_and_keeps_what_was_typed(self, client, officer):
        clause = ClauseFactory()
        stale = form_data(clause, mode="always", heading="我打的字")
        actions.note_contents_changed(policy=clause.policy, actor=officer, what=["别人"])
        page = client.post(change_url(clause), stale).content.decode()
        assert "已被他人修改" in page
        assert "我打的字" in page

    def test_a_confirmed_policy_is_locked(self, client, officer):
        clause = ClauseFactory(policy=PolicyFactory(in_force=True), heading="原样")
        assert client.post(change_url(clause), form_data(clause, mode="always")).status_code in {403, 409}
        delete = reverse("admin:policies_policyclause_delete", args=[clause.pk])
        assert client.post(delete, {"post": "yes"}).status_code in {403, 409}
        clause.refresh_from_db()
        assert clause.heading == "原样"

    def test_who_may(self, client, person):
        clause = ClauseFactory()
        client.force_login(person("official"))
        assert client.get(change_url(clause)).status_code == 200
        assert client.post(change_url(clause), form_data(clause, mode="always")).status_code in {403, 409}
        client.force_login(person("window"))
        assert client.get(change_url(clause)).status_code in {302, 403}
        assert client.post(CHECK, {}).status_code == 403

    def test_the_live_check(self, client, officer):
        good = lines((0, "investment", "gte", "1000")) | {"formula": "设备投入 × 5%"}
        answer = client.post(CHECK, good).json()
        assert answer["sentence"].replace("\u00a0", " ") == "投资额不低于 1,000 万元"
        assert "用到：设备投入" in answer["formula"]
        bad = client.post(CHECK, lines((0, "investment", "gte", "x")) | {"formula": "投资额 +"}).json()
        assert (bad["row"], bad["formula_ok"]) == (0, False)
        for rubbish in ({}, {"condition-mode": "\x00", "formula": "\x00"}, {"condition-0-what": "x" * 999}):
            assert client.post(CHECK, rubbish).status_code == 200

    def test_the_pages_answer(self, client, officer):
        clause = ClauseFactory()
        clause.exclusion_groups.add(ExclusionGroup.objects.create(name="甲组"))
        for url in ("/admin/policies/policyclause/", "/admin/policies/exclusiongroup/", change_url(clause)):
            assert client.get(url).status_code == 200
        add = client.get(f"/admin/policies/policyclause/add/?policy={clause.policy_id}")
        assert "来源没有写明条件" in add.content.decode()
        client.get("/admin/policies/policyclause/add/?policy=\x00").status_code == 200  # noqa: B015 (must not raise)


@pytest.mark.django_db
class TestCases:
    @pytest.fixture
    def clause(self):
        return ClauseFactory(
            policy=PolicyFactory(complete=True, state=Publication.REVIEWED),
            heading="设备补贴",
            condition={"all": [{"fact": "investment", "is": "gte", "value": "1000"}]},
            formula="设备投入 × 5%",
            cap_wan=Decimal(50),
        )

    @pytest.mark.parametrize(
        ("facts", "verdict", "amount", "problem"),
        [
            ({"investment": "1000", "equipment": "600"}, "yes", "30", None),
            ({"investment": "1000", "equipment": "6000"}, "yes", "50", None),
            ({"equipment": "600"}, "maybe", None, None),
            ({"investment": "999"}, "no", None, None),
            ({"investment": "999"}, "yes", None, "应为“符合”，算出“不符合”"),
            ({"investment": "1000", "equipment": "600"}, "yes", "31", "应得 31 万元，算出 30 万元"),
            ({"investment": "1000"}, "yes", "30", "算不出金额（缺设备投入）"),
        ],
    )
    def test_publishing_runs_them(self, clause, person, facts, verdict, amount, problem):
        ClauseCase.objects.create(
            clause=clause, name="用例甲", facts=facts, verdict=verdict, amount_wan=amount and Decimal(amount)
        )
        officer = person("policy_officer")
        if problem is None:
            actions.publish(policy=clause.policy, actor=officer)
            return
        for action in (actions.publish, actions.publish_unverified):
            with pytest.raises(WorkflowError) as caught:
                action(policy=clause.policy, actor=officer)
            assert "设备补贴的用例“用例甲”" in caught.value.message
            assert problem in caught.value.message
        assert Verdict(verdict).value in {truth.value for truth in Truth}

    def test_the_policy_page_names_the_failing_case(self, client, officer, clause):
        ClauseCase.objects.create(clause=clause, name="用例甲", facts={"investment": "1"}, verdict="yes")
        url = reverse("admin:policies_incentivepolicy_change", args=[clause.policy_id])
        assert "用例“用例甲”" in client.get(url).content.decode()

    def test_a_case_whose_words_are_gone_fails_readably(self, clause, person):
        ClauseCase.objects.create(clause=clause, name="旧", facts={"park": "没有的园区"}, verdict="maybe")
        with pytest.raises(WorkflowError, match="企业情况读不懂"):
            actions.publish(policy=clause.policy, actor=person("policy_officer"))


@pytest.mark.django_db
def test_every_sample_case_holds_and_every_reference_rule_is_sound(reference):
    from django.core.management import call_command

    from policies.cases import failures
    from policies.fact_labels import fresh_labels

    call_command("seed_demo", yes_in_production=True, i_am_sure=True, stdout=StringIO())
    clauses = list(PolicyClause.objects.prefetch_related("cases").select_related("policy"))
    assert failures(clauses, TODAY, fresh_labels()) == []
    assert ClauseCase.objects.exists()
    for clause in clauses:
        clause.full_clean(validate_unique=False)


def test_a_clause_that_is_locked_reads_as_words_and_says_why(client, officer):
    clause = claimable()
    clause.cases.create(name="刚到门槛", facts={"investment": "1000"}, verdict="yes")
    page = client.get(change_url(clause)).content.decode()
    assert "投资额不低于" in page
    assert "投资额：1000" in page
    assert "&quot;fact&quot;" not in page
    assert "条款不能修改" in page
    assert f"{reverse('admin:policies_policyclaim_add')}?clause={clause.pk}" in page


def test_the_list_narrows_to_policies_in_force_and_leads_to_claims(client, officer):
    claim = ClaimFactory()
    other = ClauseFactory(heading="没有公开的条款")
    page = client.get("/admin/policies/policyclause/", {"status": "in_force"}).content.decode()
    assert f"?clause__id__exact={claim.clause_id}" in page
    assert other.heading not in page
