"""Telling an enterprise: the paper, its freezing, the mail and its outbox."""

import shutil
import subprocess
from datetime import date, timedelta
from decimal import Decimal
from unittest import mock

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from policies import actions, claim_mail
from policies.choices_claims import ClaimState, NoticeMethod
from policies.models import ClaimMail, ClaimNotice, PolicyClaim
from policies.notice_paper import compose, paper_of, render
from policies.tasks import send_waiting
from tests.factories.directory import EnterpriseFactory
from tests.factories.policies import ClaimFactory, claimable
from tests.policies.test_claim_clocks import on
from tuoxian_portal.core.calendar import load_calendar, today
from tuoxian_portal.core.errors import WorkflowError
from tuoxian_portal.core.models import Job
from tuoxian_portal.core.outbox import MailState
from tuoxian_portal.directory.models import Enterprise

pytestmark = pytest.mark.django_db
S = ClaimState
DECIDED = {S.REVIEWED, S.APPROVED, S.PAID, S.REFUSED}
PDFTOTEXT = shutil.which("pdftotext") or ""
needs_pdftotext = pytest.mark.skipif(not PDFTOTEXT, reason="needs pdftotext")


@pytest.fixture
def officer(person):
    return person("policy_officer")


def enterprise(email="zhang@example.com", **fields):
    return EnterpriseFactory(contact_email=email, **fields)


def claim_at(state, **fields):
    fields.setdefault(
        "clause", claimable(objection_days=5, payer="测试单位", objection_to="测试窗口 0471-0000000")
    )
    values = {
        "approved_yuan": Decimal(300_000),
        "approved_on": date(2026, 11, 4) if state in {S.APPROVED, S.PAID} else None,
        "paid_on": date(2026, 11, 5) if state == S.PAID else None,
        "reviewed_on": date(2026, 11, 3),
        "basis": "投资额不低于 1000 万元（名录里是 2000 万元）",
    }
    if state == S.REFUSED:
        values |= {"refusal_code": "materials", "refusal_reason": "发票不全", "approved_yuan": None}
    return ClaimFactory(state=state, **{**values, **fields})


def text_of(data):
    assert data.startswith(b"%PDF")
    done = subprocess.run([PDFTOTEXT, "-layout", "-", "-"], input=data, capture_output=True, check=True)  # noqa: S603  (our own arguments)
    return done.stdout.decode()


def flat(text):
    return "".join(text.split())


# --- the paper ---------------------------------------------------------------------------------------
class TestPaper:
    @pytest.mark.parametrize("state", list(S))
    def test_each_decision_has_its_words_and_nothing_else_has_any(self, state):
        claim = claim_at(state)
        if state not in DECIDED:
            with pytest.raises(WorkflowError, match="还没有可以告知的决定"):
                compose(claim, claim.number)
            return
        paper = compose(claim, claim.number)
        facts = dict(paper["facts"])
        assert ("不予" in paper["title"]) == (state == S.REFUSED)
        assert ("核定金额" in facts) == (state != S.REFUSED)
        assert any("行政复议" in text for text in paper["after"]) == (state == S.REFUSED)
        if state == S.REFUSED:
            assert (facts["原因"], facts["理由"]) == ("材料不全或不实", "发票不全")

    def test_nothing_is_said_that_the_clause_does_not_state(self):
        paper = compose(claim_at(S.APPROVED, clause=claimable(pay_within_days=None)), "1")
        text = "".join(paper["after"])
        assert "公示" not in text
        assert "作出本告知的单位" in text
        assert not {"兑付单位", "兑付时间"} & dict(paper["facts"]).keys()

    @needs_pdftotext
    def test_it_prints(self, client, officer):
        client.force_login(officer)
        claim = actions.notify_claim(claim=claim_at(S.APPROVED), actor=officer, method="in_person")
        answer = client.get(reverse("admin:policies_policyclaim_notice", args=[claim.pk]))
        assert answer.headers["Content-Type"] == "application/pdf"
        assert "no-store" in answer.headers["Cache-Control"]
        text = flat(text_of(answer.content))
        until = load_calendar().add(today(), 5)
        for part in (
            "惠企政策兑现告知书",
            f"{claim.number}-01",
            claim.enterprise.name,
            "300,000元（30万元）",
            "名录里是2000万元",
            f"至{until.year}年{until.month}月{until.day}日止",
            "测试窗口0471-0000000",
            "二〇二六年十一月四日",
        ):
            assert flat(part) in text, part

    @needs_pdftotext
    def test_many_are_one_file_with_a_page_each(self):
        papers = [compose(claim_at(state), str(number)) for number, state in enumerate(sorted(DECIDED))]
        pages = text_of(render(papers)).split("\f")
        assert [f"编号：{n}" in flat(page) for n, page in enumerate(pages[:-1])] == [True] * 4

    def test_what_was_issued_stays_as_it_was(self, officer):
        claim = actions.notify_claim(claim=claim_at(S.REVIEWED), actor=officer, method="post")
        issued = claim.notices.get().content
        claim.enterprise.__class__.objects.filter(pk=claim.enterprise_id).update(name="改名公司")
        fresh = PolicyClaim.objects.get(pk=claim.pk)
        assert paper_of(fresh) == issued
        fresh = actions.approve_claim(claim=fresh, actor=officer)
        later = paper_of(PolicyClaim.objects.get(pk=claim.pk))  # another decision: not what was issued
        assert later["to"] == "改名公司："
        assert later["number"] == claim.number
        actions.notify_claim(claim=fresh, actor=officer, method="post")
        assert [n.number[-3:] for n in claim.notices.all()] == ["-02", "-01"]


# --- the act -----------------------------------------------------------------------------------------
class TestTelling:
    def test_what_is_refused(self, officer):
        claim = claim_at(S.REFUSED, enterprise=enterprise(email=""))
        tell = {"claim": claim, "actor": officer}
        for values, field in (
            ({"method": "pigeon"}, "method"),
            ({"method": "email"}, "method"),
            ({"method": "post", "notified_on": today() + timedelta(days=1)}, "notified_on"),
            ({"method": "post", "notified_on": date(2026, 11, 2)}, "notified_on"),
            ({"method": "email", "notified_on": today() - timedelta(days=1)}, "notified_on"),
        ):
            with pytest.raises(ValidationError) as caught:
                actions.notify_claim(**tell, **values)
            assert field in caught.value.message_dict
        assert not ClaimNotice.objects.exists()

    def test_a_refused_claim_may_be_told_and_objected_to_in_time(self, officer):
        claim = actions.notify_claim(claim=claim_at(S.REFUSED), actor=officer, method="post")
        assert claim.objection_until == load_calendar().add(today(), 5)
        assert claim.is_open_to_objections_on(claim.objection_until)

    def test_a_paid_claim_is_told_without_a_period(self, officer):
        claim = actions.notify_claim(claim=claim_at(S.PAID), actor=officer, method="phone")
        assert (claim.notified_on, claim.objection_until) == (today(), None)


# --- the mail ----------------------------------------------------------------------------------------
def tell(officer, method="post", commit=None, **fields):
    claim = claim_at(S.APPROVED, enterprise=fields.pop("enterprise", None) or enterprise(), **fields)
    return actions.notify_claim(claim=claim, actor=officer, method=method)


class TestMail:
    def test_it_goes_out_once_with_the_paper(self, officer, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            claim = tell(officer)
        assert Job.objects.filter(kind="policies-send-notices").exists()
        claim_mail.send_due()
        assert claim_mail.send_due() == 0
        (letter,) = mail.outbox
        assert letter.to == ["zhang@example.com"]
        assert "惠企政策兑现告知书" in letter.subject
        assert "300,000" in letter.body
        assert letter.attachments[0][0] == f"{claim.number}-01.pdf"
        sent = ClaimMail.objects.get()
        assert (sent.state, sent.attempts) == (MailState.SENT, 1)
        assert letter.extra_headers["Message-ID"].startswith(f"<{sent.message_id}@")

    def test_no_mail_for_samples_nor_without_an_address(self, officer):
        tell(officer, enterprise=enterprise(is_sample=True))
        tell(officer, is_sample=True)
        tell(officer, enterprise=enterprise(email=""))
        tell(officer, enterprise=enterprise(is_sample=True), method="email")
        assert ClaimNotice.objects.count() == 4
        assert not ClaimMail.objects.exists()

    def test_a_server_that_is_down_loses_nothing(self, officer):
        tell(officer)
        with mock.patch("policies.claim_mail.EmailMessage.send", side_effect=OSError("zhang@example.com")):
            assert claim_mail.send_due() == 0
        waiting = ClaimMail.objects.get()
        assert (waiting.state, waiting.attempts) == (MailState.QUEUED, 1)
        assert "zhang" not in waiting.error
        assert list(PolicyClaim.objects.mail_waiting()) == [waiting.notice.claim]
        send_waiting()
        assert not Job.objects.filter(kind="policies-send-notices").exclude(state="succeeded").exists()
        ClaimMail.objects.update(next_try_at=timezone.now())
        send_waiting()
        claim_mail.send_due()
        assert len(mail.outbox) == 1

    def test_a_worker_that_died_is_taken_over_under_the_same_number(self, officer):
        tell(officer)
        dead = mock.patch("policies.claim_mail.outbox.settle", side_effect=KeyboardInterrupt)
        with dead, pytest.raises(KeyboardInterrupt):
            claim_mail.send_due()
        assert claim_mail.send_due() == 0
        ClaimMail.objects.update(claimed_at=timezone.now() - timedelta(hours=1))
        assert claim_mail.send_due() == 1
        one, two = (letter.extra_headers["Message-ID"] for letter in mail.outbox)
        assert one == two

    def test_what_no_longer_stands_is_not_sent(self, officer):
        claim = tell(officer)
        actions.object_claim(claim=claim, actor=officer, reason="有异议")
        assert claim_mail.send_due() == 0
        other = tell(officer)
        Enterprise.objects.filter(pk=other.enterprise_id).update(contact_email="")
        assert claim_mail.send_due() == 0
        assert set(ClaimMail.objects.values_list("state", flat=True)) == {MailState.DROPPED}

    def test_the_period_of_a_notice_by_mail_begins_when_it_goes_out(self, officer):
        claim = tell(officer, method=NoticeMethod.EMAIL)
        pay = {"claim": claim, "actor": officer, "payment_reference": "1"}
        later = load_calendar().add(claim.objection_until, 1)
        with on(later):
            with pytest.raises(WorkflowError, match="邮件还没有发出"):
                actions.pay_claim(**pay)
            assert claim_mail.send_due() == 1
            claim.refresh_from_db()
            assert (claim.notified_on, claim.objection_until) == (later, load_calendar().add(later, 5))
            with pytest.raises(WorkflowError, match="异议期到"):
                actions.pay_claim(**pay)
        until = claim.objection_until
        assert f"至{until.year}年{until.month}月{until.day}日止" in mail.outbox[0].body

    def test_a_new_notice_takes_the_place_of_one_that_waits(self, officer):
        claim = tell(officer)
        actions.notify_claim(claim=claim, actor=officer, method="post", undelivered=True)
        assert list(ClaimMail.objects.order_by("pk").values_list("state", flat=True)) == ["dropped", "queued"]


# --- doors -------------------------------------------------------------------------------------------
class TestDoors:
    def test_the_form_asks_how_and_keeps_what_was_typed(self, client, officer):
        client.force_login(officer)
        claim = claim_at(S.REVIEWED, enterprise=enterprise())
        url = reverse("admin:policies_policyclaim_do", args=[claim.pk, "notify_claim"])
        assert "z***@example.com" in client.get(url).content.decode()
        bad = client.post(url, {"method": "", "notified_on": "昨天", "reason": "已电话确认"}).content.decode()
        assert "已电话确认" in bad
        future = client.post(url, {"method": "post", "notified_on": "2099-01-01"}).content.decode()
        assert "不能晚于今天" in future
        assert client.post(url, {"method": "post"}).status_code == 302
        page = client.get(reverse("admin:policies_policyclaim_change", args=[claim.pk])).content.decode()
        assert f"{claim.number}-01" in page
        assert "邮件待发送" in page
        assert "公示期还剩 5 个工作日" in page
        assert "zhang@example.com" not in page

    def test_who_may_print(self, client, person, officer):
        claim = actions.notify_claim(claim=claim_at(S.REVIEWED), actor=officer, method="post")
        issued = claim.notices.get()
        urls = [
            reverse("admin:policies_policyclaim_notice", args=[claim.pk]),
            reverse("admin:policies_policyclaim_issued", args=[issued.pk]),
        ]
        for role, status in (("official", 200), ("supervisor", 200), ("window", 403)):
            client.force_login(person(role))
            assert [client.get(url).status_code for url in urls] == [status] * 2
        client.force_login(officer)
        assert client.get("/admin/policies/policyclaim/notices/99999/").status_code == 404
        assert client.get("/admin/policies/policyclaim/99999/notice/").status_code == 404
        undecided = reverse("admin:policies_policyclaim_notice", args=[claim_at(S.FILED).pk])
        assert client.get(undecided).status_code == 302

    def test_printing_the_selected(self, client, officer, django_assert_max_num_queries):
        client.force_login(officer)
        claims = [claim_at(S.REVIEWED) for _ in range(12)] + [claim_at(S.FILED)]
        data = {"action": "print_selected", "_selected_action": [c.pk for c in claims]}
        with django_assert_max_num_queries(22):
            answer = client.post("/admin/policies/policyclaim/", data)
        assert answer.headers["Content-Type"] == "application/pdf"
        none = client.post(
            "/admin/policies/policyclaim/",
            {"action": "print_selected", "_selected_action": [claims[-1].pk]},
            follow=True,
        )
        assert "还没有可以告知的决定" in none.content.decode()

    def test_by_the_api(self, api_client, officer):
        api_client.force_authenticate(officer)
        claim = claim_at(S.REFUSED)
        url = f"/api/v1/policies/policy-claims/{claim.number}/"
        assert api_client.post(f"{url}notify/", {}).status_code == 400
        assert api_client.post(f"{url}notify/", {"method": "pigeon"}).status_code == 400
        answer = api_client.post(f"{url}notify/", {"method": "public"}).json()
        assert (answer["notice_method"], answer["notified_on"]) == ("public", today().isoformat())
        assert answer["notices"][0]["content"]["title"] == "惠企政策不予兑现告知书"
        assert answer["refusal_reason"] == "发票不全"
        listed = api_client.get("/api/v1/policies/policy-claims/", {"clock": "objection"}).json()
        assert [row["number"] for row in listed["results"]] == [claim.number]
        assert api_client.get("/api/v1/policies/policy-claims/", {"clock": "moon"}).status_code == 400

    def test_the_address_of_an_enterprise_is_sealed_and_masked(self, client, officer, person):
        row = enterprise(email="")
        client.force_login(person("administrator"))
        url = reverse("admin:directory_enterprise_change", args=[row.pk])
        form = client.get(url).context["adminform"].form
        inlines = client.get(url).context["inline_admin_formsets"]
        data = {n: ("" if v is None else v) for n, v in form.initial.items() if n != "facts"} | {
            "facts": "[]"
        }
        for inline in inlines:
            data |= {
                f"{inline.formset.prefix}-{n}": v for n, v in inline.formset.management_form.initial.items()
            }
        data["is_active"] = "on"

        def post(**more):
            answer = client.post(url, {**data, **more})
            row.refresh_from_db()
            return answer

        assert set(post(contact_email="nonsense").context["adminform"].form.errors) == {"contact_email"}
        post(contact_email="zhang@example.com")
        assert row.contact_email == "zhang@example.com"
        page = client.get(url).content.decode()
        assert "z***@example.com" in page
        assert "zhang@example.com" not in page
        post(contact_email="")
        assert row.contact_email == "zhang@example.com"
        post(contact_email="", erase_email="on")
        assert row.contact_email == ""
