"""The admin of master data: every page opens, nothing is deleted."""

import pytest
from django.contrib import admin
from django.urls import reverse

from tests.factories import directory as factories
from tests.factories.accounts import SuperUserFactory, UserFactory
from tuoxian_portal.core.reference import reference_sets
from tuoxian_portal.directory import models

pytestmark = pytest.mark.django_db

MODELS = [
    models.Town,
    models.Department,
    models.Outlet,
    models.Park,
    models.Industry,
    models.IndustryChain,
    models.Enterprise,
    models.Bank,
    models.CountyFact,
]


@pytest.fixture
def loaded():
    for item in reference_sets:
        if item.order < 20:
            item.load()
    factories.BankFactory()


@pytest.mark.parametrize("model", MODELS)
def test_every_page_opens(client, loaded, model):
    client.force_login(SuperUserFactory())
    name = f"admin:directory_{model._meta.model_name}"
    row = model.objects.first()
    for url in (
        reverse(f"{name}_changelist"),
        reverse(f"{name}_changelist") + "?q=托克托",
        reverse(f"{name}_add"),
        reverse(f"{name}_change", args=[row.pk]),
    ):
        assert client.get(url).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_master_data_is_switched_off_not_deleted(rf, model):
    request = rf.get("/")
    request.user = SuperUserFactory()
    assert not admin.site.get_model_admin(model).has_delete_permission(request)


@pytest.mark.parametrize(
    ("role", "status"),
    [("official", 200), ("window", 200), ("administrator", 200), ("issuer", 403), ("bank_contact", 200)],
)
def test_who_may_look_at_enterprises(client, role, status):
    client.force_login(UserFactory(roles=[role]))
    assert client.get(reverse("admin:directory_enterprise_changelist")).status_code == status


def test_the_list_of_enterprises_costs_the_same_for_many(client, django_assert_max_num_queries):
    industry, park = factories.IndustryFactory(), factories.ParkFactory()
    factories.EnterpriseFactory.create_batch(40, industry=industry, park=park)
    client.force_login(SuperUserFactory())
    with django_assert_max_num_queries(15):
        client.get(reverse("admin:directory_enterprise_changelist"))


@pytest.mark.parametrize(
    "facts", ["7", '"一句话"', '{"text": "x"}', '[{"text": "没有来源"}]', '[{"text": 5, "source": "x"}]']
)
def test_facts_that_the_public_pages_cannot_show_are_refused_with_an_example(client, facts):
    client.force_login(UserFactory(roles=["administrator"]))
    typed = {"name": "某园区", "aliases": "北区\n\n 工业园 ", "order": 1, "is_active": "on"}
    page = client.post(reverse("admin:directory_park_add"), {**typed, "facts": facts})
    assert "每条事实须写明内容和来源" in page.content.decode()
    client.post(reverse("admin:directory_park_add"), {**typed, "facts": '[{"text": "x", "source": "y"}]'})
    assert models.Park.objects.get().aliases == ["北区", "工业园"]
    assert client.get(reverse("admin:directory_park_changelist")).status_code == 200


def test_a_credit_code_that_another_enterprise_has_is_told_in_words(client):
    client.force_login(UserFactory(roles=["administrator"]))
    code = "91150122000000009U"
    taken, row = factories.EnterpriseFactory(credit_code=code), factories.EnterpriseFactory()
    none = {
        f"{name}-{part}_FORMS": 0 for name in ("profile", "qualifications") for part in ("TOTAL", "INITIAL")
    }
    typed = {"name": row.name, "credit_code": taken.credit_code, "order": 1, "facts": "[]"}
    page = client.post(reverse("admin:directory_enterprise_change", args=[row.pk]), {**typed, **none})
    assert "已有企业登记了这个统一社会信用代码" in page.content.decode()
