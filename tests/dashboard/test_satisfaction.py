"""好差评 on the hall's page: figures, their scope, what is overdue."""

from datetime import timedelta

import pytest
from django.urls import reverse

from services.actions import ratings as rate
from services.models import RatingRemediation
from tests.factories.ratings import RatingHall
from tuoxian_portal.core.calendar import today

pytestmark = pytest.mark.django_db


@pytest.fixture
def rated():
    hall = RatingHall()
    for grade in (5, 5, 3, 1):
        hall.rating(grade)
    hall.invitation()
    rate.dismiss_rating(rating=hall.doubtful(), actor=hall.supervisor, reason="不是本人")
    return hall


def panel_for(client, user):
    client.force_login(user)
    return client.get(reverse("dashboard:hall")).context["ratings"]


def test_what_counts_how_many_answered_and_that_it_is_little(client, rated):
    panel = panel_for(client, rated.official)
    assert panel.finding == "近 13 个月有效评价 4 份，满意率 75%，参评率 83.3%（样本不足）"
    assert [(bar["label"], bar["value"]) for bar in panel.bars] == [
        ("非常满意", 2),
        ("满意", 0),
        ("基本满意", 1),
        ("不满意", 0),
        ("非常不满意", 1),
    ]
    assert len(panel.months) == 13
    assert panel.months[-1] == [f"{today():%Y-%m}", 6, 5, "83.3%", 4, "75%（样本不足）"]
    assert panel.departments[0][0] == rated.department.name
    assert client.get(panel.bars[0]["href"]).status_code == 200


def test_a_department_sees_its_own(client, rated):
    other = RatingHall()
    other.rating(5)
    approver = other.approver
    panel = panel_for(client, rated.official)
    assert len(panel.departments) == 2
    from tuoxian_portal.dashboard import satisfaction

    own = satisfaction.panel(approver, today())
    assert [row[0] for row in own.departments] == [other.department.name]


def test_what_is_overdue_is_asked_about(client, rated):
    remediation = RatingRemediation.objects.get()
    RatingRemediation.objects.update(due_on=today() - timedelta(days=2))
    client.force_login(rated.official)
    concerns = client.get(reverse("dashboard:cockpit")).context["concerns"]
    concern = next(c for c in concerns if c.label == "差评整改超期")
    assert concern.count == 1
    assert remediation.number in concern.lines[0]
    assert remediation.number in client.get(concern.href).content.decode()
    queues = {label: (count, href) for label, count, href in panel_for(client, rated.official).queues}
    assert queues["差评整改超期"][0] == queues["差评待核实"][0] == 1


def test_the_panel_takes_four_queries(rated, django_assert_num_queries):
    from tuoxian_portal.dashboard import satisfaction

    rated.official.has_perm("services.view_case")
    with django_assert_num_queries(4):
        satisfaction.panel(rated.official, today())
