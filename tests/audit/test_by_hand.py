"""What administrators save in the workbench without an action of the portal's own is on record, too."""

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Group
from django.urls import reverse

from tests.factories.accounts import UserFactory
from tests.factories.directory import DepartmentFactory, EnterpriseFactory
from tuoxian_portal.audit.actions import log, log_many
from tuoxian_portal.audit.models import LogEntry
from tuoxian_portal.core.models import CalendarDay

pytestmark = pytest.mark.django_db
SECRET = "Qz7-oak-river-lamp"


@pytest.fixture
def administrator(client):
    person = UserFactory(roles=["administrator"])
    client.force_login(person)
    return person


def entry():
    return LogEntry.objects.select_related("actor").get()


def test_a_role_given_to_somebody_is_told_with_what_she_had_before(administrator, client):
    person, other = UserFactory(roles=["window"]), DepartmentFactory()
    role = Group.objects.get(role__code="supervisor")
    typed = {"username": person.username, "is_active": "on", "groups": [role.pk], "department": other.pk}
    response = client.post(reverse("admin:accounts_user_change", args=[person.pk]), typed)
    assert response.status_code == 302
    found = entry()
    assert (found.actor, found.action, found.object_id) == (administrator, "admin_change", str(person.pk))
    assert found.changes["groups"] == [["窗口受理"], [role.name]]
    assert found.changes["department"] == [None, str(other)]
    assert found.changes["is_staff"] == [True, False]
    assert "角色" in found.reason


def test_a_new_account_and_a_new_password_are_told_and_the_password_is_not(administrator, client):
    new = {"username": "new-one", "password1": SECRET, "password2": SECRET, "usable_password": "true"}
    client.post(reverse("admin:accounts_user_add"), new)
    assert entry().action == "admin_add"
    person = UserFactory()
    address = reverse("admin:auth_user_password_change", args=[person.pk])
    response = client.post(address, {"password1": SECRET, "password2": SECRET, "usable_password": "true"})
    assert response.status_code == 302
    last = LogEntry.objects.first()
    assert (last.object_id, last.action) == (str(person.pk), "admin_change")
    assert "密码" in last.reason
    assert SECRET not in f"{last.reason}{last.changes}"


def test_the_calendar_and_a_lock_are_told(administrator, client):
    day = {"date": "2026-12-31", "is_working": "", "name": "临时放假"}
    client.post(reverse("admin:core_calendarday_add"), day)
    assert CalendarDay.objects.get().name == "临时放假"
    assert entry().object_repr == "2026-12-31 临时放假"
    lock = AccessAttempt.objects.create(username="window-1", failures_since_start=5)
    client.post(reverse("admin:axes_accessattempt_delete", args=[lock.pk]), {"post": "yes"})
    assert not AccessAttempt.objects.exists()
    assert LogEntry.objects.first().action == "admin_delete"


def test_what_is_encrypted_at_rest_is_named_and_never_written_into_the_log():
    firm = EnterpriseFactory()
    changes = {"contact_email": ["old@example.com", "new@example.com"], "name": ["甲", "乙"]}
    log(actor=None, action="edit", target=firm, changes=changes)
    log_many(actor=None, action="edit", targets=[firm], changes=[changes])
    for written in LogEntry.objects.all():
        assert written.changes == {"contact_email": [None, None], "name": ["甲", "乙"]}
