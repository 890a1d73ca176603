"""Every target of the sources is shown, with its actual and 口径 or the reason why there is none."""

from datetime import date

import pytest
from django.urls import reverse

from projects.choices import Stage, TargetCategory
from projects.models import Target
from projects.targets import RULES, actuals
from tests.factories.accounts import UserFactory
from tests.factories.projects import AcceptedReportFactory, KeyProjectFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client):
    client.force_login(UserFactory(roles=["official"]))
    return lambda query="": client.get(reverse("dashboard:targets") + query)


def test_every_target_of_the_sources_is_shown_with_a_rule_or_a_reason(reference, page):
    text = page().content.decode()
    targets = list(Target.objects.all())
    assert len(targets) == 64
    found = actuals(targets)
    for target in targets:
        assert target.indicator in text
        assert found[target.pk].is_known or found[target.pk].text
        if target.category == TargetCategory.TARGET and target.rule:
            assert target.rule in RULES
    assert "已公布的结果，本身就是实际值" in text
    assert "门户没有该指标的数据来源" in text
    assert "门户没有 2023 年的相应记录" in text


def test_what_is_computed_stands_before_what_was_typed(page):
    target = Target.objects.create(
        indicator="完成投资",
        year=2026,
        category=TargetCategory.TARGET,
        rule="invested",
        value=2,
        unit="亿元",
        typed_actual=9,
        typed_actual_source="公报",
        typed_actual_on=date(2026, 3, 1),
    )
    assert actuals([target])[target.pk].value == 9
    AcceptedReportFactory(project=KeyProjectFactory(stage=Stage.BUILDING), invested_month_wan=10_000)
    assert actuals([target])[target.pk].value == 1
    assert "50%" in page().content.decode()


def test_years_exports_and_rubbish(reference, page):
    assert page("?year=2023").status_code == 200
    assert "没有“1”年的目标" in page("?year=1").content.decode()
    response = page("?export=xlsx")
    assert response["Content-Type"].endswith("sheet")
    assert b"".join(response)[:2] == b"PK"


@pytest.mark.parametrize("count", [2, 40])
def test_the_page_costs_the_same(client, page, count, django_assert_max_num_queries):
    for n in range(count):
        Target.objects.create(
            indicator=f"指标{n}", year=2026, category=TargetCategory.TARGET, rule="invested"
        )
    page()
    with django_assert_max_num_queries(12):
        page()


def test_only_for_the_cockpit(client):
    assert client.get(reverse("dashboard:targets")).status_code == 302
    client.force_login(UserFactory(roles=["window"]))
    assert client.get(reverse("dashboard:targets")).status_code == 403
