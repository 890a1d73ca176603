"""Policies as an official reads them: who may, what it says, where each figure leads, what it costs."""

import csv
import io
from datetime import date
from decimal import Decimal

import openpyxl
import pytest
from django.urls import reverse

from policies.choices import ApplyMode
from policies.choices_claims import ClaimState
from policies.models import IncentivePolicy, PolicyClaim
from policies.qualifying import counts, counts_of, gaps_of, unclaimed
from tests.factories.directory import EnterpriseFactory, ProfileFactory
from tests.factories.policies import ClaimFactory, claimable
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.models import Job
from tuoxian_portal.dashboard import cockpit, policy_figures
from tuoxian_portal.dashboard.models import ClauseFigure

pytestmark = pytest.mark.django_db
S = ClaimState
URL = "/dashboard/policies/"
PAST = date(2026, 1, 5)


@pytest.fixture
def official(person, client):
    user = person("official")
    client.force_login(user)
    return user


def claim_at(state, clause=None, **fields):
    if state in {S.REVIEWED, S.APPROVED, S.PAID}:
        fields.setdefault("approved_yuan", Decimal(300_000))
    if state in {S.APPROVED, S.PAID}:
        fields.setdefault("approved_on", date(2026, 11, 4))
    if state == S.PAID:
        fields.setdefault("paid_on", date(2026, 11, 9))
    return ClaimFactory(state=state, clause=clause or claimable(), **fields)


def qualified(count, **fields):
    rows = [EnterpriseFactory(**fields) for _ in range(count)]
    for row in rows:
        ProfileFactory(enterprise=row, investment_wan=2000, equipment_wan=600)
    return rows


def lines(response):
    return {line.clause.heading: line for line in response.context["lines"]}


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("official", 200),
        ("supervisor", 200),
        ("policy_officer", 200),
        ("project_officer", 403),
        ("finance_officer", 403),
        ("window", 403),
    ],
)
def test_who_may(client, person, role, status):
    claimable()
    client.force_login(person(role))
    assert client.get(URL).status_code == status
    assert client.get(f"{URL}?export=csv").status_code == status
    assert client.post(f"{URL}refresh/").status_code == (302 if status == 200 else 403)
    client.logout()
    assert client.get(URL).status_code == 302


def test_a_clause_with_its_claims_money_and_register(client, official):
    clause = claimable(heading="设备补贴", review_within_days=5)
    there = qualified(4)
    qualified(1, is_sample=True)  # a sample is not an enterprise of the county
    ProfileFactory(investment_wan=10)
    claim_at(S.PAID, clause, enterprise=there[0], filed_on=date(2026, 11, 2))
    claim_at(S.REFUSED, clause, enterprise=there[1])
    claim_at(S.FILED, clause, enterprise=there[2], review_due_on=PAST)
    policy_figures.refresh()
    page = client.get(URL)
    line = lines(page)["设备补贴"]
    assert (line.figure.qualified, line.figure.unclaimed) == (4, 2)
    assert {label: count for label, count, _ in line.states} == {
        "已兑付": 1,
        "不予兑付": 1,
        "已申报，待审核": 1,
    }
    assert (line.approved, line.left, line.share) == (300_000, 700_000, 30)
    assert (line.review_late, line.pay_late) == (1, 0)
    assert (line.figure.days_to_approval, line.figure.days_to_payment) == (2, 3)
    gap = client.get(line.gap_href)
    assert {row["enterprise"] for row in gap.context["rows"]} == {there[1], there[3]}
    for _, count, href in line.states:
        assert len(client.get(href).context["cl"].result_list) == count


def test_only_clauses_in_force_or_with_claims(client, official):
    claimable(heading="现行")
    old, unused = claimable(heading="已废止"), claimable(heading="无人申报")
    claim_at(S.FILED, old, review_due_on=PAST)
    IncentivePolicy.objects.filter(pk__in=[old.policy_id, unused.policy_id]).update(repealed_on=PAST)
    policy_figures.refresh()
    page = client.get(URL)
    assert list(lines(page)) == ["已废止", "现行"]  # what is late comes first, in force or not
    assert lines(page)["已废止"].figure is None


def test_what_needs_attention_leads_to_its_rows(client, official):
    late = claim_at(S.FILED, review_due_on=PAST)
    unpaid = claim_at(S.APPROVED, pay_due_on=PAST)
    full = claimable(heading="快用完", budget_wan=Decimal(100))
    for _ in range(3):
        claim_at(S.APPROVED, full)
    auto = claimable(heading="免申", mode=ApplyMode.AUTO)
    claimable(heading="申报的", mode=ApplyMode.APPLY)
    qualified(2)
    policy_figures.refresh()
    found = {c.label: c for c in client.get(URL).context["concerns"]}
    assert set(found) == {"政策兑现超时未审核", "政策资金超时未兑付", "资金盘子将用完", "免申即享未享受"}
    for label, claim in (("政策兑现超时未审核", late), ("政策资金超时未兑付", unpaid)):
        assert claim.number in found[label].lines[0]
        assert list(client.get(found[label].href).context["cl"].result_list) == [claim]
    assert set(lines(client.get(found["资金盘子将用完"].href))) == {"快用完"}
    listed = lines(client.get(found["免申即享未享受"].href))
    assert "免申" in listed
    assert "申报的" not in listed
    assert listed["免申"].clause == auto
    overview = {c.label: c.count for c in client.get(reverse("dashboard:cockpit")).context["concerns"]}
    assert overview["政策兑现超时未审核"] == overview["政策资金超时未兑付"] == 1


def test_figures_lead_to_their_rows(client, official):
    claim_at(S.FILED, review_due_on=PAST)
    claimable(heading="不超时")
    page = client.get(URL)
    late = page.context["stats"][-1]
    assert (late["value"], late["note"]) == ("1", "未审核 1，未兑付 0")
    assert client.get(late["href"]).context["listing"].total == 1


def test_files_hold_the_rows_and_their_meaning(client, official):
    claim_at(S.PAID, claimable(heading="=1+1"))
    claimable(heading="另一条", mode=ApplyMode.APPLY)
    policy_figures.refresh()
    text = b"".join(client.get(f"{URL}?export=csv&mode=auto").streaming_content)
    assert text.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
    assert [row["条款"] for row in rows] == ["'=1+1"]
    assert (Decimal(rows[0]["已批准（元）"]), rows[0]["已兑付"]) == (300_000, "1")
    raw = b"".join(client.get(f"{URL}?export=xlsx").streaming_content)
    book = openpyxl.load_workbook(io.BytesIO(raw))
    assert book.worksheets[0].max_row == 3
    notes = {row[0].value: row[1].value for row in book["口径"].iter_rows(min_row=2)}
    assert notes["筛选条件"] == "无"
    assert "符合未享受" in notes


@pytest.mark.parametrize("query", ["attention=moon", "mode=x", "page=99", "sort=zzz", "level=%00"])
def test_rubbish_in_the_address_is_said(client, official, query):
    claimable()
    response = client.get(f"{URL}?{query}")
    assert response.status_code == 200
    assert response.context["listing"].notices


def test_it_costs_the_same_for_few_rows_and_for_many(client, official, django_assert_max_num_queries):
    def grow(count):
        for _ in range(count):
            claim_at(S.FILED, review_due_on=PAST)
            claim_at(S.APPROVED, pay_due_on=PAST, approved_yuan=Decimal(990_000))
        qualified(2)
        policy_figures.refresh()

    grow(1)
    client.get(URL)
    with django_assert_max_num_queries(20) as few:
        client.get(URL)
    grow(8)
    with django_assert_max_num_queries(20) as many:
        client.get(URL)
    assert len(many) == len(few)


def test_refreshing_is_idempotent_and_says_when(client, official):
    claimable()
    assert policy_figures.as_of() is None
    assert "尚未计算" in client.get(URL).content.decode()
    assert policy_figures.refresh() == policy_figures.refresh() == 1
    assert ClauseFigure.objects.get().year == today().year
    assert policy_figures.as_of() is not None
    assert cockpit.as_of() is None  # the cockpit's own figures are not newer for it
    client.post(f"{URL}refresh/")
    assert Job.objects.filter(kind="refresh-policies").count() == 1
    assert not PolicyClaim.objects.exists()


def test_many_clauses_are_counted_together_as_one_by_one(django_assert_num_queries):
    rules = [{"all": [{"fact": "investment", "is": "gte", "value": str(n * 300)}]} for n in range(25)]
    clauses = [claimable(condition=rule) for rule in rules]
    clauses.append(claimable(condition={"all": []}))
    IncentivePolicy.objects.filter(pk=clauses[3].policy_id).update(is_sample=True)
    clauses[3].policy.refresh_from_db()
    qualified(2, is_sample=True)
    (one, *_) = qualified(4)
    EnterpriseFactory()  # nothing is known of it
    claim_at(S.FILED, clauses[0], enterprise=one, year=today().year)
    with django_assert_num_queries(2):
        together = counts_of([clause.rule for clause in clauses], today())
    assert together == [counts(clause.rule, today()) for clause in clauses]
    with django_assert_num_queries(3):
        gaps = gaps_of(clauses, today())
    assert gaps[clauses[0].pk] == (4, 3)
    assert gaps[clauses[3].pk] == (2, 2)
    assert gaps[clauses[-1].pk] == (5, 5)
    for clause in clauses:
        assert unclaimed(clause, today()).count() == gaps[clause.pk][1]
