"""Open data: what is in it, what never is, what it says about itself, and what it costs."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from policies.choices import Publication
from policies.models import FactorPrice, PolicyClause
from projects.choices import Stage
from projects.models import KeyProject, Opportunity
from services.choices import PublicationState
from services.models import ItemMaterial, ServiceItem
from tests.factories.catalogue import BundleFactory, CompleteItemFactory, MemberFactory, PublishedItemFactory
from tests.factories.finance import LoanProductFactory
from tests.factories.policies import PolicyFactory
from tests.factories.projects import ChainNodeFactory, KeyProjectFactory, OpportunityFactory
from tuoxian_portal.core.datasets import datasets
from tuoxian_portal.opendata import states
from tuoxian_portal.opendata.models import DatasetState

pytestmark = pytest.mark.django_db

KEYS = [dataset.key for dataset in datasets]
SECRET = "不该出去的字样"


def table(client: Client, key: str) -> list[dict[str, str]]:
    answer = client.get(f"/open-data/{key}.csv")
    assert answer.status_code == 200
    text = answer.getvalue().decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def book(client: Client, key: str) -> Any:
    answer = client.get(f"/open-data/{key}.xlsx")
    assert answer.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(answer.getvalue()))


# --- What is in it -------------------------------------------------------------------------------
def test_there_is_a_dataset_for_each_public_collection() -> None:
    assert set(KEYS) == {
        *("key-projects", "opportunities", "chain-nodes", "targets", "policies", "policy-clauses"),
        *("factor-prices", "service-items", "item-materials", "bundles", "hall-statistics"),
        *("loan-products", "finance-events"),
    }


@pytest.mark.parametrize("key", KEYS)
def test_an_empty_portal_gives_empty_files(client: Client, key: str) -> None:
    assert table(client, key) == []
    assert client.get(f"/open-data/{key}/").status_code == 200


@pytest.mark.parametrize("key", KEYS)
def test_every_file_holds_the_countys_facts(client: Client, reference: None, key: str) -> None:
    dataset = datasets[key]
    rows = table(client, key)
    assert len(rows) == dataset.rows().count()
    assert list(rows[0]) == dataset.headers if rows else True
    assert not any("None" in cell for row in rows for cell in row.values())
    sheets = book(client, key)
    assert sheets.sheetnames[1:] == ["数据字典", "口径"]
    assert sheets.worksheets[0].max_row == len(rows) + 1
    page = client.get(f"/open-data/{key}/").content.decode()
    assert all(column.heading in page for column in dataset.columns)
    assert "可自由查阅、下载；引用请注明来源和日期。" in page


def test_the_columns_of_a_dataset_are_named_once() -> None:
    for dataset in datasets:
        for names in ([c.name for c in dataset.columns], dataset.headers):
            assert len(names) == len(set(names)), dataset.key
        assert dataset.columns[-1].name == "is_sample"


def test_every_dataset_leads_somewhere_that_answers(client: Client, reference: None) -> None:
    for dataset in datasets:
        page = client.get(f"/open-data/{dataset.key}/")
        assert client.get(page.context["page_url"]).status_code == 200, dataset.key
        for name in ("api", "feed"):
            if url := page.context[name]:
                assert client.get(url).status_code == 200, url


def test_samples_are_marked(client: Client) -> None:
    KeyProjectFactory(name="真", is_published=True)
    KeyProjectFactory(name="假", is_published=True, is_sample=True)
    PolicyClause.objects.create(policy=PolicyFactory(published=True, is_sample=True), text="示例条款")
    assert {r["项目名称"]: r["示例"] for r in table(client, "key-projects")} == {"真": "否", "假": "是"}
    assert table(client, "policy-clauses")[0]["示例"] == "是"


def test_a_formula_stays_text(client: Client) -> None:
    KeyProjectFactory(name='=HYPERLINK("http://evil")', is_published=True)
    assert table(client, "key-projects")[0]["项目名称"].startswith("'=")
    cell = book(client, "key-projects").worksheets[0]["B2"]
    assert cell.data_type == "s"


# --- What never is -------------------------------------------------------------------------------
def everything(client: Client) -> str:
    texts = [
        client.get("/open-data/").content.decode(),
        client.get("/open-data/catalog.json").content.decode(),
    ]
    for key in KEYS:
        texts.append(client.get(f"/open-data/{key}.csv").getvalue().decode())
        texts.append(client.get(f"/open-data/{key}/").content.decode())
        sheets = book(client, key)
        texts += [str(cell) for sheet in sheets for row in sheet.iter_rows(values_only=True) for cell in row]
    return "\n".join(texts)


def test_what_is_not_published_never_leaves(client: Client) -> None:
    """Drafts, what was withdrawn, retired or has expired; also when another public row names it."""
    hidden = {"source_title": SECRET}
    project = KeyProjectFactory(name=SECRET, **hidden)
    OpportunityFactory(name=SECRET, **hidden)
    ChainNodeFactory(name=SECRET, **hidden)
    ChainNodeFactory(name="公开环节", project=project, is_published=True)
    for state in Publication.values:
        if state != Publication.PUBLISHED:
            policy = PolicyFactory(title=SECRET, state=state, **hidden)
            PolicyClause.objects.create(policy=policy, text=SECRET, **hidden)
    PolicyFactory(title="旧政策", published=True, replaced_by=policy)
    FactorPrice.objects.create(
        code="P-1", factor="power", item=SECRET, kind="actual", value_text="1", is_public=False, **hidden
    )
    for state in PublicationState.values:
        if state != PublicationState.PUBLISHED:
            item = CompleteItemFactory(name=SECRET, state=state, **hidden)
            ItemMaterial.objects.filter(item=item).update(wording=SECRET)
            MemberFactory(bundle=BundleFactory(name=f"{SECRET}{state}", state=state), **{"title": SECRET})
    public = PublishedItemFactory(name="公开事项")
    CompleteItemFactory(name=SECRET, code=public.code, revises=public)
    MemberFactory(bundle=BundleFactory(name="公开的一次办"), item=item)
    LoanProductFactory(name=SECRET, state="draft", **hidden)
    LoanProductFactory(name=SECRET, state="published", valid_until="2020-01-01", **hidden)
    found = everything(client)
    assert SECRET not in found
    assert "公开环节" in found
    assert "公开事项" in found
    assert project.number not in found


INTERNAL = {
    KeyProject: ["responsible", "responsible_phone", "override_reason", "project_code", "reference_id"],
    Opportunity: ["contact", "reference_id"],
}


def test_internal_fields_of_published_records_never_leave(client: Client) -> None:
    project = KeyProjectFactory(stage=Stage.BUILDING, is_published=True)
    opportunity = OpportunityFactory(is_published=True)
    node = ChainNodeFactory(is_published=True, internal_note=SECRET)
    for model, names in INTERNAL.items():
        record = project if model is KeyProject else opportunity
        for name in names:
            setattr(record, name, SECRET)
        record.save()
    product = LoanProductFactory(state="published", contact_name=SECRET, contact_phone="13800001234")
    policy = PolicyFactory(published=True)
    found = everything(client)
    for text in (SECRET, "13800001234"):
        assert text not in found
    for record in (project.name, opportunity.name, node.name, product.name, policy.title):
        assert record in found


def test_staff_get_what_everybody_gets(client: Client, person: Callable[..., Any]) -> None:
    KeyProjectFactory(name=SECRET)
    client.force_login(person("project_officer"))
    assert table(client, "key-projects") == []


# --- Validators and dates ------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_did_not_change_is_not_sent_again(client: Client, kind: str) -> None:
    project = KeyProjectFactory(is_published=True)
    url = f"/open-data/key-projects.{kind}"
    first = client.get(url)
    for header, value in (
        ("if-none-match", first.headers["ETag"]),
        ("if-modified-since", first.headers["Last-Modified"]),
    ):
        assert client.get(url, headers={header: value}).status_code == 304
    KeyProject.objects.filter(pk=project.pk).update(is_published=False)
    again = client.get(url, headers={"if-none-match": first.headers["ETag"]})
    assert again.status_code == 200
    assert again.headers["ETag"] != first.headers["ETag"]
    head = client.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Type"] == again.headers["Content-Type"]


def test_the_date_moves_when_a_reader_would_notice(client: Client) -> None:
    """A save that changes nothing shown does not; a withdrawal and a renamed park do."""
    project = KeyProjectFactory(stage=Stage.SIGNED, is_published=True)
    dataset = datasets["key-projects"]
    first = states.refresh(dataset)[dataset.key]
    assert (first.rows, first.changed_at) == (1, project.updated_at)
    project.responsible = "另一个人"
    project.save()
    assert states.refresh(dataset)[dataset.key].changed_at == first.changed_at
    project.park.name = "改名的园区"
    project.park.save()
    second = states.refresh(dataset)[dataset.key]
    assert second.changed_at > first.changed_at
    KeyProject.objects.update(is_published=False)
    third = states.refresh(dataset)[dataset.key]
    assert third.rows == 0
    assert third.changed_at > second.changed_at
    assert DatasetState.objects.count() == 1


def test_files_come_from_the_cache_of_states(client: Client, settings: Any) -> None:
    settings.PUBLIC_PAGE_SECONDS = 60
    url = "/open-data/key-projects.csv"
    etag = client.get(url).headers["ETag"]
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url, headers={"if-none-match": etag}).status_code == 304
    assert len(captured) == 0
    assert client.get(url).headers["Cache-Control"] == "public, max-age=60"


def test_one_address_cannot_have_files_made_without_end(client: Client) -> None:
    answers = [client.get("/open-data/targets.csv").status_code for _ in range(121)]
    assert answers == [200] * 120 + [429]


# --- Costs ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "key", ["key-projects", "item-materials", "service-items", "bundles", "policy-clauses"]
)
def test_rows_cost_no_queries(key: str) -> None:
    def make() -> None:
        KeyProjectFactory(stage=Stage.SIGNED, is_published=True)
        MemberFactory()
        PolicyClause.objects.create(policy=PolicyFactory(published=True), text="条款")

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert list(datasets[key].values())
        return len(captured)

    make()
    list(datasets[key].values())  # vocabularies go to the cache
    few = cost()
    for _ in range(8):
        make()
    assert cost() == few


def test_the_page_costs_one_query_however_many_rows(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    client.get("/open-data/")
    with django_assert_max_num_queries(1):
        client.get("/open-data/")
    with django_assert_max_num_queries(1):
        client.get("/open-data/catalog.json")


# --- The catalogue -------------------------------------------------------------------------------
def test_the_catalogue_is_dcat(client: Client, reference: None) -> None:
    answer = client.get("/open-data/catalog.json")
    assert answer.headers["Content-Type"].startswith("application/ld+json")
    found = json.loads(answer.content)
    assert found["@type"] == "dcat:Catalog"
    prefixes = set(found["@context"])
    assert [entry["dcterms:identifier"] for entry in found["dcat:dataset"]] == KEYS

    def terms(node: Any) -> set[str]:
        if isinstance(node, list):
            return set().union(*map(terms, node))
        if not isinstance(node, dict):
            return set()
        names = {name for name in node if not name.startswith("@")}
        names |= {value for name, value in node.items() if name == "@type"}
        return names.union(*(terms(value) for name, value in node.items() if name != "@context"))

    assert {term.partition(":")[0] for term in terms(found) - prefixes} <= prefixes
    assert "dcterms:license" not in answer.content.decode()
    for entry in found["dcat:dataset"]:
        for distribution in entry["dcat:distribution"]:
            path = distribution["dcat:accessURL"]["@id"].partition("://")[2].partition("/")[2]
            assert client.get(f"/{path}").status_code == 200, path


def test_what_is_not_there_is_404(client: Client) -> None:
    for path in ("/open-data/none/", "/open-data/none.csv", "/open-data/targets.pdf"):
        assert client.get(path).status_code == 404
    assert client.post("/open-data/targets.csv").status_code == 405


def test_the_hourly_task_looks_at_everything() -> None:
    from tuoxian_portal.opendata.tasks import check_datasets

    check_datasets()
    assert set(DatasetState.objects.values_list("key", flat=True)) == set(KEYS)
    assert all(state.changed_at <= timezone.now() for state in DatasetState.objects.all())


def test_items_are_the_version_in_force(client: Client) -> None:
    item = PublishedItemFactory()
    assert [row["公开编号"] for row in table(client, "service-items")] == [item.code]
    ServiceItem.objects.update(state=PublicationState.RETIRED)
    assert table(client, "service-items") == []
    assert table(client, "item-materials") == []
