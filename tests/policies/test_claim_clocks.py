"""The clocks of a claim: review, objection period, payment; at their edges and over any calendar."""

from datetime import date, timedelta
from decimal import Decimal
from unittest import mock

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from policies import actions
from policies.choices_claims import ClaimState
from policies.claim_clocks import clock_of, due_after
from policies.models import PolicyClaim
from tests.factories.directory import EnterpriseFactory, ProfileFactory
from tests.factories.policies import ClaimFactory, claimable
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.calendar import WorkingCalendar, forget_calendar, load_calendar, today
from tuoxian_portal.core.errors import WorkflowError
from tuoxian_portal.core.models import CalendarDay

S = ClaimState
DAYS = st.dates(date(2026, 1, 1), date(2027, 6, 30))
CALENDARS = st.dictionaries(DAYS, st.booleans(), max_size=60).map(lambda days: WorkingCalendar(days, [2026]))


def on(day):
    """Everybody's today is `day`."""
    names = ("actions.claim", "actions.claim_notice", "workflow_claims", "admin.claim")
    stack = [mock.patch(f"policies.{name}.today", return_value=day) for name in names]

    class Day:
        def __enter__(self):
            for patch in stack:
                patch.start()

        def __exit__(self, *_):
            for patch in stack:
                patch.stop()

    return Day()


def claim_at(state, clause=None, **fields):
    if state in {S.REVIEWED, S.APPROVED}:
        fields.setdefault("approved_yuan", Decimal(300_000))
    if state == S.APPROVED:
        fields.setdefault("approved_on", today())
    return ClaimFactory(state=state, **({"clause": clause} if clause else {}), **fields)


# --- the words ---------------------------------------------------------------------------------------
@given(CALENDARS, DAYS, st.integers(1, 60), DAYS)
def test_a_clock_is_over_the_day_after_its_last(calendar, start, days, day):
    """Whatever the calendar: not late on the last day, late on every later one, and the words agree."""
    due = due_after(calendar, start, days)
    assert due is not None
    assert calendar.is_working_day(due)
    assert calendar.between(start, due) == days
    claim = PolicyClaim(state=S.FILED, review_due_on=due)
    found = clock_of(claim, day, calendar)
    assert found is not None
    assert claim.is_review_overdue_on(day) == (day > due)
    assert (found.tone == "bad") == (day > due)
    if day <= due:
        left = calendar.between(day, due)
        assert found.label == (f"审核还剩 {left} 个工作日" if left else "审核今天到期")
    else:
        over = calendar.between(due, day)
        assert found.label == (f"审核已超时 {over} 个工作日" if over else "审核已到期")


@given(CALENDARS, DAYS, st.integers(1, 30), st.integers(1, 30), DAYS)
def test_payment_is_never_late_while_it_is_forbidden(calendar, start, pay, object_, day):
    claim = PolicyClaim(
        state=S.APPROVED,
        pay_due_on=due_after(calendar, start, pay),
        objection_until=due_after(calendar, start, object_),
    )
    if claim.is_open_to_objections_on(day):
        assert not claim.is_overdue_on(day)
        assert clock_of(claim, day, calendar).label.startswith("公示期")
    assert claim.is_overdue_on(day) == (day > max(claim.pay_due_on, claim.objection_until))


def test_without_a_time_there_is_no_clock():
    calendar = WorkingCalendar({}, [])
    for state in S:
        assert clock_of(PolicyClaim(state=state), date(2026, 11, 24), calendar) is None
    assert due_after(calendar, date(2026, 11, 24), None) is None


# --- through the actions -----------------------------------------------------------------------------
@pytest.fixture
def officer(person):
    return person("policy_officer")


@pytest.mark.django_db
class TestReview:
    def test_it_begins_with_the_filing_or_the_list(self, officer):
        clause = claimable(review_within_days=7)
        rows = [EnterpriseFactory() for _ in range(2)]
        for row in rows:
            ProfileFactory(enterprise=row, investment_wan=2000, equipment_wan=600)
        filed = actions.file_claim(clause=clause, enterprise=rows[0], actor=officer)
        (proposed,) = actions.propose_claims(clause=clause, enterprises=rows[1:], actor=officer)
        due = load_calendar().add(today(), 7)
        assert (filed.review_due_on, proposed.review_due_on) == (due, due)
        assert list(PolicyClaim.objects.review_overdue(due)) == []
        assert set(PolicyClaim.objects.review_overdue(due + timedelta(days=1))) == {filed, proposed}
        actions.review_claim(claim=filed, actor=officer)
        assert list(PolicyClaim.objects.review_overdue(due + timedelta(days=1))) == [proposed]

    def test_a_clause_that_states_none_has_none(self, officer):
        filed = actions.file_claim(clause=claimable(), enterprise=EnterpriseFactory(), actor=officer)
        assert filed.review_due_on is None
        assert not PolicyClaim.objects.review_overdue(date(2099, 1, 1)).exists()

    def test_it_begins_anew_when_an_objection_is_settled(self, officer):
        clause = claimable(review_within_days=5, objection_days=5)
        claim = claim_at(S.FILED, clause, review_from=date(2026, 11, 2), review_due_on=date(2026, 11, 9))
        claim = actions.review_claim(claim=claim, actor=officer)
        claim = actions.notify_claim(claim=claim, actor=officer, method="public")
        assert claim.objection_until
        claim = actions.object_claim(claim=claim, actor=officer, reason="有异议")
        stopped = (claim.review_due_on, claim.objection_until, claim.pay_due_on, claim.notified_on)
        assert stopped == (None, None, None, None)
        assert clock_of(claim, date(2099, 1, 1), load_calendar()) is None
        claim = actions.reopen_claim(claim=claim, actor=officer, reason="不成立")
        assert (claim.review_from, claim.review_due_on) == (today(), load_calendar().add(today(), 5))
        assert (claim.reviewed_on, claim.reviewed_by) == (None, None)


@pytest.mark.django_db
class TestObjections:
    FRIDAY = date(2026, 11, 20)

    def told(self, **clause):
        claim = claim_at(
            S.APPROVED,
            claimable(objection_days=3, **clause),
            approved_on=date(2026, 11, 19),
            reviewed_on=date(2026, 11, 18),
        )
        with on(self.FRIDAY):
            return actions.notify_claim(claim=claim, actor=None, method="in_person")

    def test_paying_waits_for_its_last_day(self, officer):
        claim = self.told()
        assert claim.objection_until == date(2026, 11, 25)  # Monday, Tuesday, Wednesday
        pay = {"claim": claim, "actor": officer, "payment_reference": "1"}
        with on(date(2026, 11, 25)), pytest.raises(WorkflowError, match="2026-11-25 结束"):
            actions.pay_claim(**pay)
        with on(date(2026, 11, 26)):
            with pytest.raises(ValidationError, match="2026-11-25 结束"):
                actions.pay_claim(**pay, paid_on=date(2026, 11, 25))
            assert actions.pay_claim(**pay).state == S.PAID

    def test_paying_waits_for_the_notification(self, officer):
        claim = claim_at(S.APPROVED, claimable(objection_days=3))
        with pytest.raises(WorkflowError, match="请先“登记已告知”"):
            actions.pay_claim(claim=claim, actor=officer, payment_reference="1")
        assert actions.pay_claim(claim=claim_at(S.APPROVED), actor=officer, payment_reference="1")

    def test_who_is_told_in_review_is_not_told_twice(self, officer):
        claim = claim_at(S.REVIEWED, claimable(objection_days=3), reviewed_on=date(2026, 11, 18))
        with on(self.FRIDAY):
            claim = actions.notify_claim(claim=claim, actor=officer, method="public")
        with on(date(2026, 11, 24)):
            claim = actions.approve_claim(claim=claim, actor=officer)
            claim = actions.notify_claim(claim=claim, actor=officer, method="post")
            assert (claim.notified_on, claim.notice_method) == (self.FRIDAY, "public")
            assert claim.objection_until == date(2026, 11, 25)
            claim = actions.notify_claim(claim=claim, actor=officer, method="post", undelivered=True)
        assert (claim.notified_on, claim.objection_until) == (date(2026, 11, 24), date(2026, 11, 27))

    def test_an_objection_after_the_period_can_still_be_recorded(self, officer):
        claim = self.told()
        with on(date(2026, 12, 20)):
            assert actions.object_claim(claim=claim, actor=officer, reason="迟到").state == S.OBJECTED

    def test_the_lists(self):
        claim = self.told(pay_within_days=1)
        rows = PolicyClaim.objects
        rows.filter(pk=claim.pk).update(pay_due_on=date(2026, 11, 23))
        assert list(rows.in_objection(date(2026, 11, 25))) == [claim]
        assert list(rows.overdue(date(2026, 11, 25))) == []
        assert list(rows.in_objection(date(2026, 11, 26))) == []
        assert list(rows.overdue(date(2026, 11, 26))) == [claim]
        assert list(rows.untold()) == []


@pytest.mark.django_db
def test_every_running_clock_follows_the_calendar(officer):
    clause = claimable(review_within_days=3, objection_days=3, pay_within_days=3)
    day = today()
    due = load_calendar().add(day, 3)
    filed = claim_at(S.FILED, clause, review_from=day, review_due_on=due)
    told = claim_at(S.REVIEWED, clause, notified_on=day, objection_until=due)
    approved = claim_at(S.APPROVED, clause, pay_due_on=due)
    done = claim_at(S.WITHDRAWN, clause, review_from=day, review_due_on=due)
    later = claim_at(S.FILED, clause, review_from=day)  # filed before the clause stated a time
    CalendarDay.objects.update_or_create(date=due, defaults={"is_working": False, "name": "放假"})
    forget_calendar()
    assert PolicyClaim.objects.derive_due_again() == 3
    moved = load_calendar().add(day, 3)
    assert moved > due
    for claim, name, wanted in (
        (filed, "review_due_on", moved),
        (told, "objection_until", moved),
        (approved, "pay_due_on", moved),
        (done, "review_due_on", due),
        (later, "review_due_on", None),
    ):
        claim.refresh_from_db()
        assert getattr(claim, name) == wanted
    assert PolicyClaim.objects.derive_due_again() == 0


@pytest.mark.django_db
class TestList:
    URL = "/admin/policies/policyclaim/"

    def test_badges_and_filters(self, client, officer):
        client.force_login(officer)
        late = claim_at(S.FILED, review_due_on=date(2026, 1, 5))
        unpaid = claim_at(S.APPROVED, pay_due_on=date(2026, 1, 5), notified_on=date(2026, 1, 2))
        told = claim_at(S.REVIEWED, notified_on=today(), objection_until=load_calendar().add(today(), 4))
        page = client.get(self.URL).content.decode()
        assert "审核已超时" in page
        assert "兑付已超时" in page
        assert "公示期还剩 4 个工作日" in page
        for clock, found in (
            ("review_late", {late}),
            ("pay_late", {unpaid}),
            ("objection", {told}),
            ("untold", set()),
            ("mail", set()),
            ("rubbish", {late, unpaid, told}),
        ):
            listed = client.get(self.URL, {"clock": clock}).context["cl"].result_list
            assert set(listed) == found, clock

    def test_what_is_late_waits_on_the_first_page(self, client, officer):
        client.force_login(officer)
        claim_at(S.FILED, review_due_on=date(2026, 1, 5))
        tasks = {t["title"]: t for t in client.get("/admin/").context["portal_tasks"]}
        assert tasks["超时未审核的政策兑现"]["count"] == "1"
        assert tasks["超时未兑付的政策资金"]["count"] == "0"
        assert len(client.get(tasks["超时未审核的政策兑现"]["url"]).context["cl"].result_list) == 1

    def test_history_says_what_moved(self, officer):
        claim = actions.notify_claim(
            claim=claim_at(S.REVIEWED, claimable(objection_days=3)), actor=officer, method="phone"
        )
        entry = history_of(claim).get()
        assert entry.changes["notice_method"] == ["", "phone"]
