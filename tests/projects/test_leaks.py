"""No public page and no public answer of the API holds what is internal.

Every field of every model of the app that is not named in `PUBLIC` is filled with a value that occurs
nowhere else; then everything that the public can reach is read. A new model or field is internal until
somebody names it here.
"""

import json
from collections import deque
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest
from django.apps import apps
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from projects.choices import MilestoneKind, Stage
from projects.models import (
    ChainNode,
    Commitment,
    ConfidenceMonth,
    FundsReceipt,
    InvestmentLead,
    KeyProject,
    LeadConflict,
    LeadReminder,
    LeadVisit,
    NoticeEntry,
    Opportunity,
    PortfolioFact,
    ProgressPhoto,
    ProgressReport,
    ProjectFact,
    ProjectMilestone,
    ProjectProblem,
    PromotionTarget,
    Restatement,
    SupervisionNotice,
    Target,
)
from projects.search import (
    opportunity_document,
    project_document,
    published_opportunities,
    published_projects,
)
from tests.browser.crawl import NOT_PUBLIC, without_arguments
from tests.factories.accounts import UserFactory
from tests.factories.directory import DepartmentFactory, IndustryChainFactory, IndustryFactory, ParkFactory
from tests.factories.projects import KeyProjectFactory, LeadFactory
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.money import format_wan, plain

pytestmark = pytest.mark.django_db

SOURCE = {"source_title", "source_publisher", "source_date", "source_where", "reference_id"}
PUBLIC: dict[type[models.Model], set[str]] = {
    KeyProject: {
        "number", "name", "enterprise_name", "location", "capacity", "summary", "stage_note", "stage_as_of",
        "total_investment_wan", "investment_note", "land_mu", *SOURCE,
    },
    ProjectFact: {"text", "as_of", "total_investment_wan", *SOURCE},
    Opportunity: {
        "number", "name", "site", "summary", "conditions", "cooperation", "scale", "contact",
        "total_investment_wan", *SOURCE,
    },
    ChainNode: {"name", "enterprise_name", "note", *SOURCE},
    # What sources state about targets and all projects together is published with its source.
    Target: {"indicator", "period", "value", "unit", "note", "rule", "words", "typed_actual", "typed_actual_source", *SOURCE},
    PortfolioFact: {"text", *SOURCE},
}  # fmt: skip
# Unique or meant for machines: filled by the scene itself.
KEYS = {"number", "token", "phone_hash", "reference_id", "name_key"}


class Planter:
    """Fills internal fields with values of their own and remembers whose they are."""

    def __init__(self) -> None:
        self.planted: dict[str, str] = {}

    def plant(self, row: models.Model, *, all_of_it: bool = False) -> None:
        model = type(row)
        shown = set() if all_of_it else PUBLIC.get(model, set())
        values = {}
        for field in model._meta.concrete_fields:
            if field.name in shown | KEYS or field.choices or field.primary_key or field.is_relation:
                continue
            if isinstance(field, models.GeneratedField | models.FileField | models.UUIDField):
                continue
            n, label = len(self.planted), f"{model.__name__}.{field.name}"
            if isinstance(field, models.CharField | models.TextField):
                if (field.max_length or 99) >= 8:
                    values[field.name] = text = f"秘密{n:05d}"
                    self.planted[text] = label
            elif isinstance(field, models.DecimalField) and field.max_digits >= 8:
                values[field.name] = amount = Decimal(70_000_000 + 1_010_101 * n) / 100
                for shape in (str(amount), plain(amount), format_wan(amount)):
                    self.planted[shape] = label
            elif isinstance(field, models.JSONField):
                values[field.name] = [f"秘密{n:05d}"]
                self.planted[f"秘密{n:05d}"] = label
        if values:
            model._base_manager.filter(pk=row.pk).update(**values)


@pytest.fixture
def planted(client) -> dict[str, str]:
    """One row of every model, of a published project; and one of each publishable that is not."""
    on = today()
    person = UserFactory(username="secret-person", display_name="秘密经办人")
    department = DepartmentFactory()
    chain = IndustryChainFactory(chief="秘密链长")
    project = KeyProjectFactory(
        stage=Stage.BUILDING,
        is_published=True,
        department=department,
        park=ParkFactory(),
        industry=IndustryFactory(),
        chain=chain,
        helper=person,
        override_level="red",
        override_reason="理由",
        override_by=person,
    )
    ProjectFact.objects.create(project=project, text="公开说法", source_title="公开来源")
    opportunity = Opportunity.objects.create(number="ZS2099-9001", name="公开机会", is_published=True)
    node = ChainNode.objects.create(
        chain=chain, name="公开环节", standing="project", project=project, is_published=True
    )
    opportunity.chain_node = node
    opportunity.save()
    report = ProgressReport.objects.create(
        project=project,
        month=date(2026, 1, 1),
        invested_month_wan=1,
        physical_progress=10,
        state="frozen",
        accepted_at=timezone.now(),
        submitted_by=person,
    )
    Restatement.objects.create(
        report=report,
        figure="invested_month_wan",
        old_value=1,
        new_value=2,
        reason="理由",
        booked_month=date(2026, 2, 1),
    )
    ProgressPhoto.objects.create(
        project=project,
        report=report,
        caption="未公布的照片",
        width=1,
        height=1,
        thumbnail_width=1,
        thumbnail_height=1,
    )
    ProjectMilestone.objects.create(project=project, kind=MilestoneKind.LAND, planned_on=on)
    ProjectProblem.objects.create(project=project, text="问题", owner_department=department)
    FundsReceipt.objects.create(project=project, received_on=on, amount_wan=1, recorded_by=person)
    Commitment.objects.create(project=project, promised_by="county", kind="land", text="承诺", due_on=on)
    notice = SupervisionNotice.objects.create(
        number="DB2099-001", project=project, title="督办", requirement="要求", issued_on=on, reply_due=on,
        owner=person,
    )  # fmt: skip
    NoticeEntry.objects.create(notice=notice, kind="answer", text="答复", due_on=on, by=person)
    ConfidenceMonth.objects.create(
        project=project, month=date(2026, 1, 1), level="red", computed="red", assessed_on=on
    )
    target = PromotionTarget.objects.create(kind="gap", name="目标", chain_node=node, owner=person)
    lead = LeadFactory(
        project=project, opportunity=opportunity, promotion_target=target, chain_node=node, owner=person
    )
    InvestmentLead.objects.filter(pk=lead.pk).update(converted_project=project, state="converted")
    LeadConflict.objects.create(first=lead, later=LeadFactory(), ground="name")
    LeadVisit.objects.create(lead=lead, kind="out", held_on=on, place="地点", people="人", outcome="结果")
    LeadReminder.objects.create(lead=lead, kind="step_due", due_on=on)
    Target.objects.create(indicator="公开目标", category="target", source_title="公开来源")
    PortfolioFact.objects.create(text="公开总体情况", source_title="公开来源")

    planter = Planter()
    for model in apps.get_app_config("projects").get_models():
        rows = list(model._base_manager.all())
        assert rows, f"{model.__name__} is not in the scene: add a row above, and its public fields to PUBLIC"
        for row in rows:
            planter.plant(row)
    # What is not published is secret as a whole.
    hidden = [
        KeyProjectFactory(stage=Stage.SIGNED, industry=project.industry, chain=chain, park=project.park),
        Opportunity.objects.create(
            number="ZS2099-9002", name="x", chain_node=node, industry=project.industry
        ),
        ChainNode.objects.create(chain=chain, name="x", standing="gap", position=9),
    ]
    for row in hidden:
        planter.plant(row, all_of_it=True)
    planter.planted |= {"秘密经办人": "User", "secret-person": "User", "秘密链长": "IndustryChain.chief"}
    planter.planted[hidden[0].number] = "unpublished project"
    planter.planted["ZS2099-9002"] = "unpublished opportunity"
    planter.planted[lead.number] = "lead number"
    planter.planted["DB2099-001"] = "notice number"
    return planter.planted


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attributes):
        if tag == "a" and (href := dict(attributes).get("href")):
            self.found.append(href)


def leaks_in(body: str, planted: dict[str, str]) -> set[str]:
    return {label for value, label in planted.items() if value in body}


def api_lists(resolver: URLResolver | None = None, prefix: str = "") -> list[str]:
    """The address of every list of the API: routes of routers without an argument."""
    found = []
    for pattern in (resolver or get_resolver()).url_patterns:
        route = str(pattern.pattern).replace("^", "").replace("$", "").replace("\\Z", "")
        if isinstance(pattern, URLResolver):
            found += api_lists(pattern, prefix + route)
        elif isinstance(pattern, URLPattern) and "(" not in route and "<" not in route:
            found.append(f"/{prefix}{route}")
    return [path for path in found if path.startswith("/api/v1/projects")]


def test_no_public_page_holds_what_is_internal(client, planted):
    """Follows every link from every address, filters and sorts included."""
    queue = deque(["/", *without_arguments()])
    seen: dict[str, str] = {}
    shapes: set[tuple[str, ...]] = set()
    while queue and len(seen) < 250:
        path = queue.popleft()
        parts = urlsplit(path)
        # One page for each combination of parameters: values do not make another page.
        shape = (parts.path, *sorted(p.partition("=")[0] for p in parts.query.split("&")))
        if shape in shapes or parts.path.startswith(NOT_PUBLIC) or parts.netloc:
            continue
        shapes.add(shape)
        response = client.get(path)
        if response.status_code != 200 or response.streaming:
            continue
        body = response.content.decode()
        seen[path] = body
        links = Links()
        links.feed(body)
        queue.extend(
            urljoin(path, href) for href in links.found if not href.startswith(("http", "mailto", "tel"))
        )
    found = {path: leaks for path, body in seen.items() if (leaks := leaks_in(body, planted))}
    assert found == {}
    for expected in (
        "/projects/",
        "/projects/opportunities/",
        "/invest/chains/",
        "/invest/contact/",
        "/sitemap.xml",
    ):
        assert expected in seen
    project = KeyProject.objects.get(is_published=True)
    assert project.get_absolute_url() in seen
    assert "公开环节" in seen["/invest/chains/"]
    assert "公开说法" in seen[project.get_absolute_url()]


def test_no_public_answer_of_the_api_holds_what_is_internal(client, planted):
    lists = api_lists()
    assert "/api/v1/projects/leads/" in lists
    read = 0
    for path in lists:
        response = client.get(path)
        body = response.content.decode()
        assert leaks_in(body, planted) == set(), path
        if response.status_code != 200 or "json" not in response["Content-Type"]:
            continue
        for row in json.loads(body).get("results", []):
            key = row.get("number") or row.get("id")
            detail = client.get(f"{path}{key}/")
            assert leaks_in(detail.content.decode(), planted) == set(), path
            read += detail.status_code == 200
    assert read >= 3


def test_what_is_not_published_is_not_found(client, planted):
    hidden = KeyProject.objects.get(is_published=False)
    for path in (
        f"/projects/{hidden.number}/",
        "/projects/ZS2099-9002/",
        f"/api/v1/projects/key-projects/{hidden.number}/",
        "/api/v1/projects/opportunities/ZS2099-9002/",
        f"/api/v1/projects/chain-nodes/{ChainNode.objects.get(is_published=False).pk}/",
    ):
        response = client.get(path)
        assert response.status_code == 404, path
        assert leaks_in(response.content.decode(), planted) <= {
            "unpublished project",
            "unpublished opportunity",
        }


def test_nothing_internal_is_indexed(planted):
    documents = [project_document(row) for row in published_projects()]
    documents += [opportunity_document(row) for row in published_opportunities()]
    assert documents
    assert leaks_in(str(documents), planted) == set()


def test_the_secrets_are_there_to_be_leaked(client, planted):
    """So that the tests above can fail: staff do see them."""
    client.force_login(UserFactory(roles=["project_officer"], is_staff=True))
    project = KeyProject.objects.get(is_published=True)
    staff = client.get(f"/dashboard/projects/{project.number}/").content.decode()
    staff += client.get("/api/v1/projects/leads/").content.decode()
    seen = leaks_in(staff, planted)
    assert {
        "KeyProject.responsible",
        "ProjectProblem.text",
        "Commitment.text",
        "InvestmentLead.needs",
    } <= seen
