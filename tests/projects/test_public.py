"""Public pages: what they show, what they never show, and how much they cost."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from projects.choices import Nature, Stage
from projects.models import FundsReceipt, ProjectFact, ProjectProblem
from projects.navigation import has_content
from projects.search import project_document, published_projects
from tests.factories.accounts import UserFactory
from tests.factories.directory import DepartmentFactory, IndustryFactory
from tests.factories.projects import (
    AcceptedReportFactory,
    KeyProjectFactory,
    LeadFactory,
    OpportunityFactory,
)

pytestmark = pytest.mark.django_db

LIST = "/projects/"


def text(response):
    return response.content.decode()


def published(**fields):
    return KeyProjectFactory(**{"is_published": True, "stage": Stage.BUILDING, **fields})


# --- Lists ---------------------------------------------------------------------------------------
def test_only_what_is_published_is_listed(client):
    shown, hidden = published(name="公开项目"), KeyProjectFactory(name="未公开项目")
    page = text(client.get(LIST))
    assert shown.name in page
    assert hidden.name not in page
    assert 'class="total">共 <b>1</b>' in page


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("industry=energy", {"甲"}),
        ("stage=signed", {"乙"}),
        ("stage=signed&stage=building", {"甲", "乙"}),
        ("type=continuing", {"乙"}),
        ("investment=from_1yi", {"甲"}),
        ("investment=unknown", {"丙"}),
        ("nature=group", {"丙"}),
        ("q=甲", {"甲"}),
        ("q=石墨 年产", {"乙"}),
        ("q=不存在的词", set()),
    ],
)
def test_facets_and_search(client, query, expected):
    published(name="项目甲", industry=IndustryFactory(slug="energy"), total_investment_wan=20_000)
    published(
        name="项目乙",
        stage=Stage.SIGNED,
        project_type="continuing",
        total_investment_wan=800,
        capacity="年产石墨一万吨",
    )
    published(name="项目丙", stage="", nature=Nature.GROUP, total_investment_wan=None)
    page = text(client.get(f"{LIST}?{query}"))
    assert {letter for letter in "甲乙丙" if f">项目{letter}</a>" in page} == expected


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("stage=sold", "已忽略"),
        ("page=99", "已显示第 1 页"),
        ("sort=magic", "默认顺序"),
        ("page=abc", "已显示"),
    ],
)
def test_what_the_list_does_not_know_becomes_a_notice(client, query, words):
    published()
    response = client.get(f"{LIST}?{query}")
    assert response.status_code == 200
    assert words in text(response)


def test_an_empty_list_says_what_to_do_next(client):
    published()
    page = text(client.get(f"{LIST}?q=没有这个"))
    assert "没有符合条件的项目" in page
    assert reverse("projects:enquiry") in page


def test_real_projects_come_before_samples_and_samples_are_marked(client):
    published(name="示例在后", is_sample=True, number="A-1")
    published(name="真实在前", number="Z-1")
    page = text(client.get(LIST))
    assert page.index("真实在前") < page.index("示例在后")
    assert "sample-mark" in page


@pytest.mark.parametrize("url", [LIST, "/projects/opportunities/"])
def test_a_list_costs_the_same_for_few_and_many(client, url, django_assert_max_num_queries):
    for _ in range(20):
        published()
        OpportunityFactory(is_published=True)
    client.get(url)
    with django_assert_max_num_queries(18):
        client.get(url)


def test_a_page_carries_a_validator(client):
    published()
    first = client.get(LIST)
    assert client.get(LIST, headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_opportunities_have_their_list(client):
    OpportunityFactory(name="公开机会", is_published=True)
    OpportunityFactory(name="未公开机会")
    page = text(client.get("/projects/opportunities/"))
    assert "公开机会" in page
    assert "未公开机会" not in page


# --- The brief -----------------------------------------------------------------------------------
def test_the_brief_shows_stage_figures_and_every_source(client):
    project = published(total_investment_wan=Decimal(1_182_000), source_title="某报道", source_date="2023 年")
    ProjectFact.objects.create(
        project=project, text="另一种说法", total_investment_wan=1_330_000, source_title="另一报道"
    )
    page = text(client.get(project.get_absolute_url()))
    for words in (
        "118.2\u00a0亿元",
        "某报道",
        "2023 年",
        "另一种说法",
        "133\u00a0亿元",
        "另一报道",
        "当前阶段",
    ):
        assert words in page


def test_an_unstated_stage_is_said_to_be_unstated(client):
    page = text(client.get(published(stage="", stage_note="").get_absolute_url()))
    assert "来源未载明" in page
    assert "stage-bar" not in page


@pytest.mark.parametrize("make", [KeyProjectFactory, OpportunityFactory])
def test_what_is_not_published_does_not_exist(client, make):
    assert client.get(make().get_absolute_url()).status_code == 404


@pytest.mark.parametrize("number", ["NOPE", "TX2023-999", "../../x", "%00"])
def test_an_unknown_number_is_404(client, number):
    assert client.get(f"/projects/{number}/").status_code == 404


@pytest.mark.parametrize("url", ["/invest/contact/?about=%00", "/projects/?q=%00", "/projects/?park=%00"])
def test_a_null_character_is_nothing(client, url):
    assert client.get(url).status_code == 200


def test_an_officer_sees_the_page_before_it_is_published(client):
    project = KeyProjectFactory()
    client.force_login(UserFactory(roles=["project_officer"]))
    assert "尚未对外公布" in text(client.get(project.get_absolute_url()))


def test_a_department_sees_its_own_unpublished_projects_only(client):
    own, other = DepartmentFactory(), DepartmentFactory()
    client.force_login(UserFactory(roles=["reviewer"], department=own))
    assert client.get(KeyProjectFactory(department=own).get_absolute_url()).status_code == 200
    assert client.get(KeyProjectFactory(department=other).get_absolute_url()).status_code == 404


def test_the_brief_costs_few_queries(client, django_assert_max_num_queries):
    project = published()
    for n in range(20):
        ProjectFact.objects.create(project=project, text=f"说法{n}", source_title="来源")
    client.get(project.get_absolute_url())
    with django_assert_max_num_queries(6):
        client.get(project.get_absolute_url())


# --- Nothing internal leaks ----------------------------------------------------------------------
SECRETS = (
    "李责任",
    "13911112222",
    "供电问题秘密",
    "进展秘密",
    "回单秘密",
    "王联系",
    "13922223333",
    "诉求秘密",
    "评定秘密",
    "2401-150122-04-01-123456",
    "777.5",
    "888.5",
    "999.5",
)


@pytest.fixture
def everything_internal():
    project = published(
        name="公开项目",
        responsible="李责任",
        responsible_phone="13911112222",
        annual_plan_wan=Decimal("777.5"),
        override_level="red",
        override_reason="评定秘密",
    )
    ProjectProblem.objects.create(
        project=project, text="供电问题秘密", owner="李责任", raised_on=date(2026, 1, 1)
    )
    AcceptedReportFactory(
        project=project,
        progress_text="进展秘密",
        problems_text="进展秘密",
        invested_month_wan=Decimal("888.5"),
    )
    FundsReceipt.objects.create(
        project=project, received_on=date(2026, 1, 1), amount_wan=Decimal("999.5"), evidence="回单秘密"
    )
    LeadFactory(contact_name="王联系", phone="13922223333", needs="诉求秘密", project=project)
    return project


def test_no_public_page_or_answer_holds_an_internal_field(client, api_client, everything_internal):
    project = everything_internal
    opportunity = OpportunityFactory(is_published=True)
    pages = [
        LIST,
        f"{LIST}?q=秘密",
        "/projects/opportunities/",
        project.get_absolute_url(),
        opportunity.get_absolute_url(),
        f"/invest/contact/?about={project.number}",
    ]
    answers = [
        "/api/v1/projects/key-projects/",
        f"/api/v1/projects/key-projects/{project.number}/",
        "/api/v1/projects/opportunities/",
        f"/api/v1/projects/opportunities/{opportunity.number}/",
        "/api/v1/projects/targets/",
        "/api/v1/projects/leads/",
        "/api/v1/projects/progress-reports/",
        "/api/v1/projects/enquiries/",
    ]
    shown = [text(client.get(url)) for url in pages]
    shown += [json.dumps(api_client.get(url).json(), ensure_ascii=False) for url in answers]
    shown.append(str(project_document(published_projects().get(pk=project.pk))))
    for body in shown:
        for secret in SECRETS:
            assert secret not in body


def test_the_secrets_are_there_to_be_leaked(everything_internal, api_client):
    """So that the test above can fail: staff do see them."""
    api_client.force_authenticate(UserFactory(roles=["project_officer"]))
    body = json.dumps(
        [
            api_client.get(f"/api/v1/projects/key-projects/{everything_internal.number}/").json(),
            api_client.get("/api/v1/projects/progress-reports/").json(),
        ],
        ensure_ascii=False,
    )
    assert "李责任" in body
    assert "进展秘密" in body


# --- Menu ----------------------------------------------------------------------------------------
def test_the_menu_entry_waits_for_content():
    assert not has_content()
    published()
    assert has_content()
