"""The admin's first page and sidebar show each person what she works with, and nothing else."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from tests.factories.accounts import SuperUserFactory, UserFactory
from tuoxian_portal.dashboard import sidebar

pytestmark = pytest.mark.django_db


def titles(client, user):
    client.force_login(user)
    response = client.get(reverse("admin:index"))
    assert response.status_code == 200
    return {
        group["title"]: [str(item["title"]) for item in group["items"]]
        for group in response.context["sidebar_navigation"]
    }


@pytest.mark.parametrize(
    ("role", "shown", "hidden"),
    [
        ("window", {"办件"}, {"系统", "金融", "报告"}),
        ("project_officer", {"项目", "基础数据"}, {"系统"}),
        ("policy_officer", {"政策"}, {"系统"}),
        ("finance_officer", {"金融"}, {"系统"}),
        ("administrator", {"系统", "基础数据"}, {"办件"}),
    ],
)
def test_each_role_sees_its_work(client, role, shown, hidden):
    groups = titles(client, UserFactory(roles=[role])).keys()
    assert shown <= groups
    assert not hidden & groups


def test_every_registered_model_has_its_place(client):
    shown = [title for items in titles(client, SuperUserFactory()).values() for title in items]
    assert len(shown) == len(admin.site._registry)


def test_every_name_of_the_table_is_a_registered_model():
    for group in sidebar.GROUPS:
        for name, _ in group.models:
            assert admin.site.is_registered(apps.get_model(name)), name


def test_every_task_asks_for_values_that_exist():
    for task in sidebar.TASKS:
        model = apps.get_model(task.model)
        for field, value in task.values:
            assert value in dict(model._meta.get_field(field).flatchoices), task


def test_a_name_that_is_not_installed_is_left_out(client, monkeypatch):
    monkeypatch.setattr(sidebar, "GROUPS", (sidebar.Group("旧", (("gone.Model", "x"),)),))
    assert "旧" not in titles(client, SuperUserFactory())


def test_what_waits_links_to_its_rows(client):
    client.force_login(UserFactory(roles=["project_officer"]))
    response = client.get(reverse("admin:index"))
    tasks = {task["title"]: task for task in response.context["portal_tasks"]}
    lead = tasks["新收的招商线索"]
    assert lead["count"] == "0"
    assert client.get(lead["url"]).status_code == 200
    assert "待审批的办件" not in tasks


def test_a_person_without_a_role_is_told_whom_to_ask(client):
    client.force_login(UserFactory())
    assert "请联系系统管理员" in client.get(reverse("admin:index")).content.decode()


def test_the_first_page_costs_few_queries(client, django_assert_max_num_queries):
    client.force_login(UserFactory(roles=["window", "reviewer", "approver", "issuer", "project_officer"]))
    with django_assert_max_num_queries(26):
        client.get(reverse("admin:index"))


@pytest.mark.parametrize(
    ("role", "first"),
    [
        ("window", ["收件登记", "登记帮办咨询"]),
        ("helper", ["登记帮办咨询"]),
        ("project_officer", ["填报月度进展", "登记招商线索"]),
        ("finance_officer", ["登记贷款意向"]),
        ("bank_contact", ["登记贷款意向"]),
        ("policy_officer", ["录入政策"]),
        ("official", []),
        ("reviewer", []),
    ],
)
def test_what_a_role_records_most_is_one_click_away(client, role, first):
    client.force_login(UserFactory(roles=[role]))
    shortcuts = client.get(reverse("admin:index")).context["portal_shortcuts"]
    assert [item["title"] for item in shortcuts] == first
    for item in shortcuts:
        assert client.get(item["url"]).status_code == 200
