"""Claims: every state × action, the envelope, exclusions, caps, clocks, roles, the 免申即享 list, what is enjoyed once."""

from datetime import date
from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.urls import reverse

from policies import actions
from policies.choices import Verdict
from policies.choices_claims import ClaimState, RefusalCode
from policies.models import ExclusionGroup, PolicyClaim
from policies.qualifying import gaps_of, unclaimed
from policies.workflow_claims import CLAIM_WORKFLOW
from tests.factories.directory import EnterpriseFactory, ProfileFactory
from tests.factories.policies import ClaimFactory, claimable
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.calendar import load_calendar, today
from tuoxian_portal.core.errors import EditConflict, NotPermitted, WorkflowError

pytestmark = pytest.mark.django_db
S = ClaimState
MORE = {
    "refuse_claim": {"refusal_code": RefusalCode.CONDITION},
    "pay_claim": {"payment_reference": "凭证 1"},
    "notify_claim": {"method": "post"},
}
ALLOWED = {
    S.PROPOSED: {"confirm_claim", "refuse_claim", "withdraw_claim"},
    S.FILED: {"review_claim", "refuse_claim", "withdraw_claim"},
    S.REVIEWED: {"approve_claim", "notify_claim", "refuse_claim", "object_claim", "withdraw_claim"},
    S.APPROVED: {"notify_claim", "pay_claim", "object_claim"},
    S.PAID: {"notify_claim"},
    S.REFUSED: {"notify_claim", "object_claim"},
    S.OBJECTED: {"reopen_claim", "uphold_claim"},
    S.WITHDRAWN: set(),
}


def at(state, **fields):
    if state in {S.REVIEWED, S.APPROVED, S.PAID}:
        fields.setdefault("approved_yuan", Decimal(300_000))
    if state in {S.APPROVED, S.PAID}:
        fields.setdefault("approved_on", date(2026, 11, 3))
    if state == S.PAID:
        fields.setdefault("paid_on", date(2026, 11, 4))
    return ClaimFactory(state=state, **fields)


@pytest.fixture
def officer(person):
    return person("policy_officer")


def enterprise(**facts):
    row = EnterpriseFactory()
    ProfileFactory(enterprise=row, **facts)
    return row


@pytest.mark.parametrize("state", list(S))
def test_every_state_and_action(state, officer):
    for name, action in actions.CLAIM_ACTIONS.items():
        claim = at(state)
        assert {t.name for t in CLAIM_WORKFLOW.available(claim, officer)} == ALLOWED[state]
        if name in ALLOWED[state]:
            after = action(claim=claim, actor=officer, reason="测试理由", **MORE.get(name, {}))
            assert after.state == (CLAIM_WORKFLOW.by_name[name].target or state)
            assert history_of(claim).get().action == name
        else:
            with pytest.raises((WorkflowError, ValidationError)):
                action(claim=claim, actor=officer, reason="测试理由", **MORE.get(name, {}))
            claim.refresh_from_db()
            assert claim.state == state


@pytest.mark.parametrize("role", ["official", "supervisor", "window", "project_officer", "finance_officer"])
def test_other_roles_decide_nothing(role, person):
    somebody = person(role)
    for state in S:
        claim = at(state)
        assert CLAIM_WORKFLOW.available(claim, somebody) == []
        for name in ALLOWED[state]:
            with pytest.raises(NotPermitted):
                actions.CLAIM_ACTIONS[name](claim=claim, actor=somebody, reason="理由", **MORE.get(name, {}))
    with pytest.raises(NotPermitted):
        actions.file_claim(clause=claimable(), enterprise=enterprise(), actor=somebody)


class TestFiling:
    def test_it_keeps_what_the_register_said(self, officer):
        row = enterprise(investment_wan=2000, equipment_wan=600)
        claim = actions.file_claim(clause=claimable(), enterprise=row, actor=officer)
        assert (claim.verdict, claim.estimate_yuan) == (Verdict.YES, Decimal(300_000))
        assert "投资额不低于" in claim.basis
        assert claim.number == f"DX{today().year}-0001"
        assert history_of(claim).get().action == "file_claim"

    def test_once_a_year_unless_it_ended(self, officer):
        clause, row = claimable(), enterprise()
        first = actions.file_claim(clause=clause, enterprise=row, actor=officer)
        with pytest.raises(WorkflowError, match="不能重复"):
            actions.file_claim(clause=clause, enterprise=row, actor=officer)
        actions.refuse_claim(claim=first, actor=officer, refusal_code="condition", reason="不符")
        second = actions.file_claim(clause=clause, enterprise=row, actor=officer)
        assert second.number.endswith("-0002")

    def test_not_under_a_policy_that_is_not_in_force(self, officer):
        clause = claimable()
        clause.policy.__class__.objects.update(verified_on=None)
        clause.policy.refresh_from_db()
        with pytest.raises(WorkflowError, match="不是有效状态"):
            actions.file_claim(clause=clause, enterprise=enterprise(), actor=officer)

    def test_not_outside_the_window_nor_for_tax_paid_nor_for_an_absurd_year(self, officer):
        for clause, says in (
            (claimable(closes_on=date(2026, 1, 1)), "申报期"),
            (claimable(is_tax_tied=True), "与纳税挂钩"),
        ):
            with pytest.raises(WorkflowError, match=says):
                actions.file_claim(clause=clause, enterprise=enterprise(), actor=officer)
        with pytest.raises(ValidationError, match="年度"):
            actions.file_claim(clause=claimable(), enterprise=enterprise(), actor=officer, year=1)
        with pytest.raises(ValidationError):
            actions.file_claim(
                clause=claimable(), enterprise=enterprise(), actor=officer, claimed_yuan=Decimal(-1)
            )


class TestMoney:
    def test_never_above_the_cap(self, officer):
        claim = at(S.FILED)
        with pytest.raises(ValidationError, match="封顶"):
            actions.review_claim(claim=claim, actor=officer, approved_yuan=Decimal(500_001))
        with pytest.raises(ValidationError, match="核定金额"):
            actions.review_claim(claim=claim, actor=officer, approved_yuan=Decimal(0))
        assert actions.review_claim(claim=claim, actor=officer, approved_yuan=Decimal(500_000)).approved_yuan

    def test_without_any_amount_one_must_be_given(self, officer):
        with pytest.raises(ValidationError, match="请填写核定金额"):
            actions.review_claim(claim=at(S.FILED, estimate_yuan=None), actor=officer)

    def test_never_above_the_envelope(self, officer):
        clause = claimable(budget_wan=Decimal(70))
        one, two = (at(S.REVIEWED, clause=clause, approved_yuan=Decimal(400_000)) for _ in range(2))
        actions.approve_claim(claim=one, actor=officer)
        with pytest.raises(WorkflowError, match="只剩 30"):
            actions.approve_claim(claim=two, actor=officer)
        actions.object_claim(claim=one, actor=officer, reason="有异议")
        actions.approve_claim(claim=two, actor=officer)
        assert clause.claims.committed().total_yuan() == 400_000

    def test_exclusions_bind(self, officer):
        one, other = claimable(), claimable(heading="贴息")
        group = ExclusionGroup.objects.create(name="甲")
        group.clauses.add(one, other)
        row = enterprise()
        at(S.PAID, clause=one, enterprise=row)
        with pytest.raises(WorkflowError, match="不可同享"):
            actions.approve_claim(claim=at(S.REVIEWED, clause=other, enterprise=row), actor=officer)
        actions.approve_claim(claim=at(S.REVIEWED, clause=other, enterprise=enterprise()), actor=officer)

    def test_two_pairs_of_eyes(self, officer, person):
        claim = actions.review_claim(claim=at(S.FILED), actor=officer)
        with pytest.raises(WorkflowError, match="另一位工作人员"):
            actions.approve_claim(claim=claim, actor=officer)
        actions.approve_claim(claim=claim, actor=person("policy_officer"))

    def test_the_paying_clock_counts_working_days(self, officer):
        claim = actions.approve_claim(claim=at(S.REVIEWED), actor=officer)
        assert claim.pay_due_on == load_calendar().add(today(), 10)
        assert not claim.is_overdue_on(claim.pay_due_on)
        late = at(S.APPROVED, pay_due_on=date(2026, 1, 5))
        assert late.is_overdue_on(date(2026, 1, 6))
        assert list(PolicyClaim.objects.overdue(date(2026, 1, 6))) == [late]

    def test_the_paying_clock_follows_the_calendar(self, officer):
        from tuoxian_portal.core.calendar import forget_calendar
        from tuoxian_portal.core.models import CalendarDay

        claim = actions.approve_claim(claim=at(S.REVIEWED), actor=officer)
        due = claim.pay_due_on
        CalendarDay.objects.update_or_create(date=due, defaults={"is_working": False, "name": "放假"})
        forget_calendar()
        assert PolicyClaim.objects.derive_due_again() == 1
        claim.refresh_from_db()
        assert claim.pay_due_on > due
        assert PolicyClaim.objects.derive_due_again() == 0

    def test_paying(self, officer):
        claim = at(S.APPROVED)
        with pytest.raises(ValidationError, match="凭证"):
            actions.pay_claim(claim=claim, actor=officer, payment_reference=" ")
        with pytest.raises(ValidationError, match="不能早于批准"):
            actions.pay_claim(claim=claim, actor=officer, payment_reference="1", paid_on=date(2026, 1, 1))
        with pytest.raises(ValidationError, match="不能晚于今天"):
            actions.pay_claim(claim=claim, actor=officer, payment_reference="1", paid_on=date(2099, 1, 1))
        assert actions.pay_claim(claim=claim, actor=officer, payment_reference="1").paid_on == today()

    def test_an_older_page_is_refused(self, officer):
        claim = at(S.FILED, version=3)
        with pytest.raises(EditConflict):
            actions.review_claim(claim=claim, actor=officer, version=2)


class TestAutoGranted:
    def test_only_who_qualifies_and_nobody_twice(self, officer):
        clause = claimable()
        yes = enterprise(investment_wan=2000, equipment_wan=600)
        no, unknown = enterprise(investment_wan=10), enterprise()
        made = actions.propose_claims(clause=clause, enterprises=[yes, no, unknown], actor=officer)
        assert [(c.enterprise, c.state, c.estimate_yuan) for c in made] == [(yes, S.PROPOSED, 300_000)]
        assert actions.propose_claims(clause=clause, enterprises=[yes], actor=officer) == []

    def test_only_where_the_clause_says_so(self, officer):
        with pytest.raises(WorkflowError, match="不是免申即享"):
            actions.propose_claims(clause=claimable(mode="apply"), enterprises=[], actor=officer)


class TestRecurrence:
    """A one-off benefit is enjoyed once; of one for some years each year is a claim."""

    def earlier(self, clause, row, *years, state=S.PAID):
        return [at(state, clause=clause, enterprise=row, year=year) for year in years]

    def test_a_one_off_benefit_of_an_earlier_year_is_enjoyed(self, officer):
        row = enterprise(investment_wan=2000, equipment_wan=600)
        for recurrence, is_open in (("once", False), ("yearly", True), ("", True)):
            clause = claimable(recurrence=recurrence)
            (old,) = self.earlier(clause, row, today().year - 1)
            assert unclaimed(clause, today()).contains(row) is is_open
            assert gaps_of([clause], today()) == {clause.pk: (1, int(is_open))}
            made = actions.propose_claims(clause=clause, enterprises=[row], actor=officer)
            assert len(made) == int(is_open)
            if not is_open:
                with pytest.raises(WorkflowError, match=old.number):
                    actions.file_claim(clause=clause, enterprise=row, actor=officer)

    def test_one_that_was_refused_may_be_asked_for_again(self, officer):
        row, clause = enterprise(), claimable(recurrence="once")
        (old,) = self.earlier(clause, row, today().year - 1, state=S.REFUSED)
        made = actions.file_claim(clause=clause, enterprise=row, actor=officer)
        with pytest.raises(WorkflowError, match=made.number):
            actions.object_claim(claim=old, actor=officer, reason="当时的认定有误")

    def test_an_objection_to_a_refusal_of_this_year_beside_a_new_claim_is_told(self, officer):
        row, clause = enterprise(), claimable()
        (old,) = self.earlier(clause, row, today().year, state=S.REFUSED)
        actions.file_claim(clause=clause, enterprise=row, actor=officer)
        with pytest.raises(WorkflowError, match="另有"):
            actions.object_claim(claim=old, actor=officer, reason="当时的认定有误")

    def test_years_are_used_up_one_claim_a_year(self, officer):
        row, clause = enterprise(equipment_wan=5000), claimable(recurrence="yearly", years=2)
        self.earlier(clause, row, today().year - 2)
        made = actions.file_claim(clause=clause, enterprise=row, actor=officer, year=today().year - 1)
        # The cap and the estimate are those of one year.
        assert (made.estimate_yuan, made.most_yuan) == (500_000, 500_000)
        with pytest.raises(WorkflowError, match="连续享受 2 年"):
            actions.file_claim(clause=clause, enterprise=row, actor=officer)

    def test_the_migration_fills_in_what_years_say(self):
        clauses = [claimable(years=2), claimable()]
        import_module("policies.migrations.0004_clause_recurrence").years_mean_yearly(apps, None)
        assert [type(c).objects.get(pk=c.pk).recurrence for c in clauses] == ["yearly", ""]

    def test_once_and_years_do_not_go_together(self):
        with pytest.raises(ValidationError, match="一次性"):
            claimable(recurrence="once", years=2).full_clean()


class TestAdmin:
    LIST = "/admin/policies/policyclaim/"

    def test_filing_and_the_steps(self, client, officer):
        client.force_login(officer)
        clause, row = claimable(), enterprise(investment_wan=2000, equipment_wan=600)
        data = {"clause": clause.pk, "enterprise": row.pk, "year": today().year, "note": ""}
        assert client.get(f"{self.LIST}add/").status_code == 200
        assert client.post(f"{self.LIST}add/", data).status_code == 302
        claim = PolicyClaim.objects.get()
        do = lambda verb: reverse("admin:policies_policyclaim_do", args=[claim.pk, verb])  # noqa: E731 (short)
        client.post(do("review_claim"), {"approved_yuan": "999999999"})
        claim.refresh_from_db()
        assert claim.state == S.FILED
        client.post(do("review_claim"), {"approved_yuan": "250000"})
        claim.refresh_from_db()
        assert (claim.state, claim.approved_yuan) == (S.REVIEWED, 250_000)
        page = client.get(reverse("admin:policies_policyclaim_change", args=[claim.pk]))
        assert page.status_code == 200
        assert "登记申报" in page.content.decode()
        again = client.post(f"{self.LIST}add/", {**data, "note": "我写的备注"}).content.decode()
        assert claim.number in again
        assert "我写的备注" in again
        bad = client.post(f"{self.LIST}add/", {**data, "year": "1900"})
        assert "年度应在" in bad.content.decode()

    def test_the_page_says_what_comes_next(self, client, officer):
        client.force_login(officer)
        day = today()
        told = {"notified_on": day, "clause": claimable(objection_days=5)}
        mine = at(S.REVIEWED, reviewed_by=officer)
        for claim, said in (
            (at(S.PROPOSED), "待确认"),
            (mine, "须由另一位"),
            (at(S.APPROVED), "还没有告知企业"),
            (at(S.APPROVED, objection_until=day, **told), "次日起才能兑付"),
            (at(S.APPROVED, notified_on=day, pay_due_on=date(2026, 11, 5)), "已经超时"),
            (at(S.REFUSED), "还没有告知企业"),
            (at(S.OBJECTED), "所有时限停住"),
        ):
            page = client.get(reverse("admin:policies_policyclaim_change", args=[claim.pk])).content.decode()
            assert said in page

    def test_who_sees_them(self, client, person):
        ClaimFactory()
        for role, status in (("official", 200), ("supervisor", 200), ("window", 403)):
            client.force_login(person(role))
            assert client.get(self.LIST).status_code == status

    def test_queries_do_not_grow(self, client, officer, django_assert_max_num_queries):
        client.force_login(officer)
        ClaimFactory.create_batch(20)  # one query a row would be 20 more
        with django_assert_max_num_queries(20):
            client.get(self.LIST)


class TestRegister:
    """The page that lists for a clause the enterprises of the register."""

    def url(self, clause):
        return reverse("admin:policies_policyclause_enterprises", args=[clause.pk])

    def test_lists_estimates_and_puts_on_the_list(self, client, officer):
        client.force_login(officer)
        clause = claimable()
        yes = enterprise(investment_wan=2000, equipment_wan=600)
        other = enterprise(investment_wan=3000, equipment_wan=9000)
        no, unknown = enterprise(investment_wan=10), enterprise()
        page = client.get(self.url(clause)).content.decode()
        assert yes.name in page
        assert other.name in page
        assert no.name not in page
        assert unknown.name not in page
        assert "30&nbsp;万元" in page or "30\u00a0万元" in page
        maybe = client.get(self.url(clause), {"verdict": "maybe"}).content.decode()
        assert unknown.name in maybe
        assert "投资额" in maybe
        # Somebody who does not qualify is not taken, whatever is posted.
        client.post(self.url(clause), {"enterprise": [yes.pk, no.pk, "x", "\x00"]})
        assert [c.enterprise for c in PolicyClaim.objects.all()] == [yes]
        client.post(self.url(clause), {"everybody": "1"})
        assert {c.enterprise for c in PolicyClaim.objects.all()} == {yes, other}
        assert set(PolicyClaim.objects.values_list("state", flat=True)) == {S.PROPOSED}

    def test_who_may(self, client, person, officer):
        clause = claimable()
        client.force_login(person("official"))
        assert client.get(self.url(clause)).status_code == 200
        client.post(self.url(clause), {"everybody": "1"})
        assert not PolicyClaim.objects.exists()
        client.force_login(person("window"))
        assert client.get(self.url(clause)).status_code == 403
        client.force_login(officer)
        assert client.get("/admin/policies/policyclause/999999/enterprises/").status_code == 404
        unstated = claimable(condition=None)
        assert "没有写明条件" in client.get(self.url(unstated)).content.decode()

    def test_queries_do_not_grow(self, client, officer):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        client.force_login(officer)
        clause = claimable()

        def count():
            client.get(self.url(clause))
            with CaptureQueriesContext(connection) as queries:
                client.get(self.url(clause))
            return len(queries)

        for _ in range(2):
            enterprise(investment_wan=2000, equipment_wan=600)
        few = count()
        for _ in range(18):
            enterprise(investment_wan=2000, equipment_wan=600)
        assert count() == few


class TestApi:
    URL = "/api/v1/policies/policy-claims/"

    def test_from_filing_to_payment(self, api_client, officer, person):
        row = enterprise(investment_wan=2000, equipment_wan=600)
        row.credit_code = "91150122MA0TEST001"
        type(row).objects.filter(pk=row.pk).update(credit_code=row.credit_code)
        clause = claimable(mode="apply")
        api_client.force_authenticate(officer)
        made = api_client.post(self.URL, {"clause": clause.code, "enterprise": row.credit_code})
        assert made.status_code == 201, made.json()
        one = f"{self.URL}{made.json()['number']}/"
        assert "review_claim" in made.json()["available_actions"]
        assert api_client.post(f"{one}review/", {"approved_yuan": "999999999"}).status_code == 400
        assert api_client.post(f"{one}review/", {}).json()["state"] == "reviewed"
        assert api_client.post(f"{one}approve/", {}).status_code == 409
        api_client.force_authenticate(person("policy_officer"))
        assert api_client.post(f"{one}approve/", {}).json()["pay_due_on"]
        assert api_client.post(f"{one}pay/", {}).status_code == 400
        paid = api_client.post(f"{one}pay/", {"payment_reference": "1"}).json()
        assert (paid["state"], paid["paid_on"]) == ("paid", today().isoformat())
        assert api_client.get(self.URL, {"state": "paid"}).json()["results"][0]["number"] == paid["number"]
        assert api_client.get(self.URL, {"state": "moon"}).status_code == 400

    def test_nobody_else_sees_them(self, api_client, person):
        claim = ClaimFactory()
        assert api_client.get(self.URL).status_code in {401, 403}
        api_client.force_authenticate(person("window"))
        answer = api_client.get(f"{self.URL}{claim.number}/")
        assert answer.status_code in {403, 404}

    def test_queries_do_not_grow(self, api_client, officer, django_assert_max_num_queries):
        api_client.force_authenticate(officer)
        ClaimFactory.create_batch(15)
        with django_assert_max_num_queries(8):
            api_client.get(self.URL)
