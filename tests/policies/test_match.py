"""The match page: verdicts, amounts, the best combination, what is never promised, bad input, cost."""

import re
import time
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache

from policies.choices import Benefit, Nature, Publication
from policies.matching import match
from policies.models import ClauseMaterial, ExclusionGroup, PolicyClause
from services.models import Material
from tests.factories.policies import ClaimFactory, ClauseFactory, PolicyFactory
from tuoxian_portal.core.calendar import today

pytestmark = pytest.mark.django_db
MATCH = "/policies/match/"
PDF = "/policies/match/result.pdf"


def text(response):
    found = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))
    return found.replace("\u00a0", " ").replace("&nbsp;", " ")


def rule(fact, op, value):
    return {"all": [{"fact": fact, "is": op, "value": value}]}


@pytest.fixture
def clause():
    return ClauseFactory(
        policy=PolicyFactory(in_force=True, title="支持办法"),
        heading="设备补贴",
        benefit=Benefit.SUBSIDY,
        condition=rule("investment", "gte", "1000"),
        formula="设备投入 × 5%",
        cap_wan=Decimal(50),
        payer="测试单位",
        pay_within_days=30,
        papers=["申请表", "发票"],
        mode="apply",
    )


def test_a_match_says_how_much_why_who_pays_and_what_to_bring(client, clause):
    page = text(client.get(MATCH, {"investment": "6000", "equipment": "1,200 万元"}))
    assert "1,200 万元 × 5% = 60 万元，封顶 50 万元，取 50 万元" in page
    assert "投资额不低于 1,000 万元" in page
    assert "兑付单位： 测试单位； 兑付时限： 批准后 30 个工作日内。" in page
    assert "要准备： 申请表 发票" in page
    assert "合计约 50 万元" in page


def test_what_is_missing_is_told(client, clause):
    page = text(client.get(MATCH, {"investment": "800"}))
    assert "还差 200 万元" in page
    page = text(client.get(MATCH, {"equipment": "100"}))
    assert "可能符合（1 项）" in page
    assert "还要知道： 投资额" in page
    page = text(client.get(MATCH, {"investment": "2000"}))
    assert "金额还要知道： 设备投入" in page


def test_the_page_without_answers_asks_only_what_matters(client, clause):
    response = client.get(MATCH)
    assert list(response.context["form"].fields) == ["investment", "equipment"]
    assert response.context["result"] is None
    assert "请至少回答一个问题" in text(client.get(MATCH, {"investment": " ", "equipment": ""}))


def test_an_unverified_policy_is_never_promised(client, clause):
    clause.policy.__class__.objects.update(verified_on=None)
    page = client.get(MATCH, {"investment": "6000", "equipment": "1200"})
    result = page.context["result"]
    assert (len(result.yes), len(result.maybe), result.best.total) == (0, 1, 0)
    assert "还在核实，不能据此申报" in text(page)


@pytest.mark.parametrize(
    "policy_fields",
    [
        {"state": Publication.DRAFT},
        {"state": Publication.WITHDRAWN},
        {"repealed_on": date(2026, 1, 1)},
        {"expires_on": date(2026, 1, 20)},
        {"nature": Nature.CONSULTATION},
    ],
)
def test_what_is_not_offered_is_not_matched(client, clause, policy_fields):
    clause.policy.__class__.objects.update(**policy_fields)
    assert "设备补贴" not in text(client.get(MATCH, {"investment": "6000"}))


def test_a_reward_for_tax_paid_is_not_matched(client, clause):
    PolicyClause.objects.update(is_tax_tied=True)
    assert "设备补贴" not in text(client.get(MATCH, {"investment": "6000"}))
    PolicyClause.objects.update(is_tax_tied=False, text="按纳税额的一定比例奖励。")
    assert "设备补贴" not in text(client.get(MATCH, {"investment": "6000"}))


def test_the_sum_takes_the_best_of_what_excludes_each_other(client, clause):
    other = ClauseFactory(
        policy=clause.policy,
        heading="贷款贴息",
        benefit="interest",
        condition={"all": []},
        formula="投资额 × 1%",
        years=2,
    )
    third = ClauseFactory(
        policy=clause.policy, heading="人才", benefit="talent", condition={"all": []}, formula="3 万元"
    )
    group = ExclusionGroup.objects.create(name="固定资产类")
    group.clauses.add(clause, other)
    response = client.get(MATCH, {"investment": "6000", "equipment": "1200"})
    result = response.context["result"]
    assert result.best.total == 60 * 2 * 10_000 + 30_000
    assert set(result.best.keys) == {other.pk, third.pk}
    assert "与合计里的另一项不可同享" in text(response)
    assert "这是金额最高的组合" in text(response)


def test_never_more_than_is_left_of_the_envelope(client, clause):
    PolicyClause.objects.update(budget_wan=Decimal(60))
    ClaimFactory(clause=clause, state="approved", approved_yuan=400_000, approved_on=date(2026, 11, 3))
    response = client.get(MATCH, {"investment": "6000", "equipment": "1200"})
    assert response.context["result"].best.total == 200_000
    assert "资金盘子只剩 20 万元" in text(response)


def test_the_envelope_holds_where_no_condition_is_stated(client, clause):
    PolicyClause.objects.update(budget_wan=Decimal(60), condition=None)
    ClaimFactory(clause=clause, state="approved", approved_yuan=400_000, approved_on=date(2026, 11, 3))
    response = client.get(MATCH, {"investment": "6000", "equipment": "1200"})
    (found,) = response.context["result"].maybe
    assert found.estimate.total == 200_000


def test_a_closed_window_is_said(client, clause):
    PolicyClause.objects.update(closes_on=today() - timedelta(days=1))
    assert "现在不在申报期内" in text(client.get(MATCH, {"investment": "6000"}))


def test_qualifications(client, clause):
    PolicyClause.objects.update(condition=rule("qualifications", "has", ["high_tech"]), formula="")

    def verdict(**query):
        result = client.get(MATCH, query).context["result"]
        return [len(result.yes), len(result.maybe), len(result.no)]

    assert verdict(qualifications="high_tech") == [1, 0, 0]
    assert verdict(qualifications="none") == [0, 0, 1]
    assert verdict(qualifications="green_factory") == [0, 0, 1]
    both = client.get(MATCH, {"qualifications": ["none", "high_tech"]})
    assert "就不要再选别的资质" in text(both)


@pytest.mark.parametrize(
    "typed",
    ["abc", "-5", "1e9", "9" * 39, "99999999999亿", "<script>alert(1)</script>", "\x00", "１２.３.４"],
)
def test_absurd_answers_are_answered_in_chinese_and_kept(client, clause, typed):
    for url in (MATCH, PDF):
        response = client.get(url, {"investment": typed}, follow=True)
        assert response.status_code == 200
        assert "<script>alert" not in response.content.decode()
    page = text(client.get(MATCH, {"investment": typed}))
    assert "处需要改正" in page


def test_nobody_was_registered_tomorrow(client, clause):
    PolicyClause.objects.update(condition=rule("registered_on", "younger", 5))
    tomorrow = today() + timedelta(days=1)
    assert f"{tomorrow} 还没有到" in text(client.get(MATCH, {"registered_on": str(tomorrow)}))
    assert "处需要改正" not in text(client.get(MATCH, {"registered_on": str(today())}))


def test_what_is_missing_for_two_reasons_is_asked_once(client, clause):
    both = {"all": rule("investment", "gte", "1000")["all"] + rule("equipment", "gte", "10")["all"]}
    PolicyClause.objects.update(condition=both)
    page = text(client.get(MATCH, {"investment": "1000"}))
    assert page.count("还要知道") == 1


def test_rubbish_in_every_parameter(client, clause):
    PolicyClause.objects.update(condition=rule("size", "in", ["small"]))
    for value in ("moon", "\x00", "<b>", "x" * 5000):
        response = client.get(MATCH, {"size": value, "equipment": value, "unknown": value})
        assert response.status_code == 200


def test_a_formula_that_divides_by_nought_is_said_not_raised(client, clause):
    PolicyClause.objects.update(formula="设备投入 ÷ 从业人数")
    page = text(client.get(MATCH, {"investment": "6000", "equipment": "1", "headcount": "0"}))
    assert "除数为 0" in page


def test_the_link_holds_the_answers_and_nothing_else(client, clause):
    response = client.get(MATCH, {"investment": "6000", "equipment": "", "name": "张三", "q": "x"})
    assert response.context["link"] == f"{MATCH}?investment=6000"
    assert "张三" not in response.content.decode()
    again = client.get(response.context["link"])
    assert len(again.context["result"].yes) == 1


def test_the_pdf(client, clause):
    response = client.get(PDF, {"investment": "6000", "equipment": "1200"})
    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF")
    assert client.get(PDF).headers["Location"] == MATCH


def test_a_script_in_every_text_stays_text(client, clause):
    attack = "<script>alert(1)</script>"
    PolicyClause.objects.update(heading=attack, text=attack, amount_text=attack, payer=attack)
    ClauseMaterial.objects.update(note=attack)
    Material.objects.filter(name="发票").update(name=attack, electronic_licence=attack)
    clause.policy.__class__.objects.update(title=attack)
    for query in ({"investment": "6000"}, {"investment": "1"}):
        assert attack not in client.get(MATCH, query).content.decode()


def _many(number):
    policy = PolicyFactory(in_force=True)
    for i in range(number):
        ClauseFactory(
            policy=policy,
            benefit="subsidy",
            condition={
                "all": [
                    {"fact": "investment", "is": "gte", "value": str(i)},
                    {
                        "any": [
                            {"fact": "headcount", "is": "gte", "value": "10"},
                            {"not": {"fact": "registered_on", "is": "aged", "value": 3}},
                        ]
                    },
                ]
            },
            formula=f"分段(设备投入；至 {i + 1} 万元：3%；其余：5%)，封顶 50 万元",
        )


def test_queries_do_not_grow_and_two_hundred_clauses_are_quick(client, django_assert_max_num_queries):
    query = {"investment": "100", "equipment": "500", "headcount": "20", "registered_on": "2020"}
    _many(2)
    client.get(MATCH, query)
    cache.clear()
    with django_assert_max_num_queries(17):
        client.get(MATCH, query)
    _many(200)
    cache.clear()
    with django_assert_max_num_queries(17):
        client.get(MATCH, query)
    clauses = list(PolicyClause.objects.for_matching())
    facts = {
        "investment": Decimal(100),
        "equipment": Decimal(500),
        "headcount": Decimal(20),
        "registered_on": date(2020, 1, 1),
    }
    match(clauses, facts, today(), {})
    for clause in clauses:
        clause.__dict__.pop("rule", None)
    start = time.process_time()
    result = match(clauses, facts, today(), {})
    took = time.process_time() - start
    assert len(result.yes) > 50
    assert took < 0.2, f"{took:.3f} s"  # the target of 20 ms is measured in bench/; this catches a blunder
