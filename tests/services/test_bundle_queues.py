"""The queues of bundle cases: every row in the right one, counted in one query, open from the list."""

from datetime import timedelta

import pytest

from services.admin.bundle_cases import QUEUES
from services.models import BundleCase
from services.querysets_bundles import bundle_queues
from tests.factories.accounts import UserFactory
from tests.factories.bundle_cases import BundleHall
from tests.factories.directory import OutletFactory
from tuoxian_portal.core.calendar import today

pytestmark = pytest.mark.django_db
LIST = "/admin/services/bundlecase/"


@pytest.fixture
def hall():
    return BundleHall()


def test_the_list_has_every_queue_that_the_query_knows():
    assert set(QUEUES) == set(bundle_queues(today()))


def test_counts_and_rows_agree_in_one_query(hall, django_assert_num_queries):
    received = hall.record()
    late = hall.record()
    BundleCase.objects.filter(pk=late.pk).update(promised_by=today() - timedelta(days=1))
    soon = hall.record()
    BundleCase.objects.filter(pk=soon.pk).update(promised_by=today())
    BundleCase.objects.queue_counts()  # the calendar is looked up once
    with django_assert_num_queries(1):
        counts = BundleCase.objects.queue_counts()
    assert (counts["received"], counts["overdue"], counts["due_soon"]) == (3, 1, 1)
    for name in counts:
        assert BundleCase.objects.in_queue(name).count() == counts[name], name
    assert BundleCase.objects.in_queue("overdue").get() == late
    assert received in BundleCase.objects.in_queue("received")


def test_the_list_shows_them_to_each_in_her_scope(client, hall):
    case = hall.record()
    hall.record(actor=UserFactory(roles=["window"], outlet=OutletFactory()))
    client.force_login(hall.clerk)
    text = client.get(LIST).content.decode()
    assert "待受理 <b>1</b>" in text
    assert case.number in client.get(LIST, {"queue": "received"}).content.decode()
    assert case.number not in client.get(LIST, {"queue": "overdue"}).content.decode()
    for queue in (*QUEUES, "nonsense"):
        assert client.get(LIST, {"queue": queue}).status_code in {200, 302}


def test_nothing_in_bulk_and_no_deletion_goes_round_the_workflow(client, hall):
    case = hall.record()
    child = case.children.first()
    client.force_login(hall.supervisor)
    for record, path in ((case, LIST), (child, "/admin/services/case/")):
        assert 'name="action"' not in client.get(path).content.decode()
        assert client.get(f"{path}{record.pk}/delete/").status_code in {403, 404}
        assert client.post(f"{path}{record.pk}/delete/", {"post": "yes"}).status_code in {403, 404}
        data = {"action": "delete_selected", "_selected_action": [record.pk], "post": "yes"}
        client.post(path, data)
        record.refresh_from_db()
