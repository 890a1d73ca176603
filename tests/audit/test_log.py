"""The audit log: complete, append-only, and silent about personal numbers."""

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories.accounts import SuperUserFactory, UserFactory
from tests.factories.directory import EnterpriseFactory, TownFactory
from tests.factories.projects import KeyProjectFactory
from tuoxian_portal.audit.actions import history_of, log, reveal
from tuoxian_portal.audit.context import remote_address
from tuoxian_portal.audit.middleware import AuditContextMiddleware
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core.errors import NotPermitted, WorkflowError

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry():
    return log(actor=UserFactory(), action="update", target=TownFactory(), reason="核对")


def test_an_entry_says_who_what_when_and_why(entry):
    assert entry.actor is not None
    assert entry.at is not None
    assert (entry.action, entry.reason, entry.address) == ("update", "核对", None)
    assert entry.object_repr.startswith("测试镇")


def test_the_system_acts_without_a_person():
    assert log(actor=None, action="clock", target=TownFactory()).actor is None


def test_the_address_of_the_request_is_recorded_and_forgotten(rf):
    town = TownFactory()

    def view(request):
        return log(actor=None, action="view", target=town)

    request = rf.get("/", REMOTE_ADDR="203.0.113.7")
    assert AuditContextMiddleware(view)(request).address == "203.0.113.7"
    assert remote_address.get() is None


def test_an_entry_costs_one_query(django_assert_num_queries):
    town, user = TownFactory(), UserFactory()
    log(actor=user, action="warm", target=town)
    with django_assert_num_queries(1):
        log(actor=user, action="update", target=town)


def test_nothing_of_it_can_be_changed_or_deleted(entry):
    entry.reason = "改写"
    for attempt in (
        entry.save,
        entry.delete,
        lambda: LogEntry.objects.filter(pk=entry.pk).update(reason="改写"),
        lambda: LogEntry.objects.bulk_update([entry], ["reason"]),
        lambda: LogEntry.objects.filter(pk=entry.pk).delete(),
        lambda: LogEntry._base_manager.all().delete(),
        lambda: LogEntry._base_manager.all().update(reason="改写"),
    ):
        with pytest.raises(TypeError, match="append-only"):
            attempt()
    assert LogEntry.objects.get().reason == "核对"


def test_who_acted_cannot_be_deleted(entry):
    with pytest.raises(models.ProtectedError):
        entry.actor.delete()


def test_entries_about_samples_go_with_the_samples(entry):
    log(actor=None, action="update", target=EnterpriseFactory(is_sample=True))
    LogEntry.objects.filter(is_sample=True).delete()
    assert list(LogEntry.objects.all()) == [entry]


def test_history_is_of_one_record_newest_first(entry, django_assert_num_queries):
    town = TownFactory()
    for number in range(4):
        log(actor=UserFactory(), action=f"step-{number}", target=town)
    with django_assert_num_queries(1):
        assert [e.action for e in history_of(town) if e.actor.username] == [
            "step-3",
            "step-2",
            "step-1",
            "step-0",
        ]


@pytest.fixture
def officer():
    return UserFactory(permissions=["audit.reveal_personal"], username="13804711234")


def test_revealing_returns_the_value_and_logs_the_look_without_it(officer):
    person = UserFactory(username="440524188001010014")
    assert reveal(record=person, field="username", actor=officer, reason=" 电话核实 ") == "440524188001010014"
    entry = LogEntry.objects.get()
    assert (entry.actor, entry.action) == (officer, "reveal")
    assert entry.reason == "查看“用户名”原文：电话核实"
    assert "4405" not in f"{entry.reason}{entry.changes}{entry.object_repr}"


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_look_needs_a_reason(officer, reason):
    with pytest.raises(WorkflowError, match="理由") as caught:
        reveal(record=officer, field="username", actor=officer, reason=reason)
    assert "reason" in caught.value.fields
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize(
    ("role", "allowed"),
    [("window", True), ("approver", True), ("issuer", False), ("official", False), ("bank_contact", False)],
)
def test_who_may_look(role, allowed):
    user = UserFactory(roles=[role])
    if allowed:
        assert reveal(record=user, field="username", actor=user, reason="核实") == user.username
    else:
        with pytest.raises(NotPermitted):
            reveal(record=user, field="username", actor=user, reason="核实")
        assert not LogEntry.objects.exists()


def test_the_list_speaks_in_the_words_of_the_records_page(client):
    client.force_login(SuperUserFactory())
    for action in ("edit", "terminate", "unheard-of"):
        log(actor=UserFactory(), action=action, target=KeyProjectFactory())
    page = client.get(reverse("admin:audit_logentry_changelist")).content.decode()
    for words in ("修改台账", "终止项目", "unheard-of"):
        assert words in page


def test_twenty_entries_cost_as_many_queries_as_two(client, django_assert_num_queries):
    client.force_login(SuperUserFactory())
    url = reverse("admin:audit_logentry_changelist")
    client.get(url)
    for count in (2, 18):
        for _ in range(count):
            log(actor=UserFactory(), action="edit", target=KeyProjectFactory())
        with django_assert_num_queries(7):
            client.get(url)


def actions_filter(response):
    (spec,) = [spec for spec in response.context["cl"].filter_specs if spec.parameter_name == "action"]
    return dict(spec.lookup_choices)


def test_the_filter_offers_what_was_done_in_the_words_of_the_pages(client):
    town, project = TownFactory(), KeyProjectFactory()
    for action, target in (("admin_change", town), ("publish", project), ("publish", town), ("odd", town)):
        log(actor=None, action=action, target=target)
    client.force_login(SuperUserFactory())
    address = reverse("admin:audit_logentry_changelist")
    offered = actions_filter(client.get(address))
    assert set(offered) >= {"admin_change", "publish", "odd"}
    assert offered["admin_change"] == "修改"
    assert offered["odd"] == "odd"
    assert offered["publish"] != "publish"
    shown = client.get(address, {"action": "publish"}).context["cl"].result_list
    assert {entry.action for entry in shown} == {"publish"}
    assert len(shown) == 2


def test_the_filter_steps_through_the_index_and_reads_no_rows():
    town = TownFactory()
    assert LogEntry.objects.distinct_actions() == sorted(
        set(LogEntry.objects.values_list("action", flat=True))
    )
    for action in ("b", "a", "b", "c", "a"):
        log(actor=None, action=action, target=town)
    with CaptureQueriesContext(connection) as queries:
        assert {"a", "b", "c"} <= set(LogEntry.objects.distinct_actions())
    (query,) = queries
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("EXPLAIN QUERY PLAN " + query["sql"])
            plan = [row[3] for row in cursor.fetchall() if "audit_logentry" in row[3]]
            assert plan
            assert all("USING COVERING INDEX" in line for line in plan)
        else:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("EXPLAIN " + query["sql"])
            plan = " ".join(row[0] for row in cursor.fetchall())
            assert "Index Only Scan" in plan
            assert "Seq Scan" not in plan
