"""Industry chains: links with their rules, the map and its table, what is public of them."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from projects import actions
from projects.chain_map import BOX, GAP, chain_map
from projects.choices_pipeline import NodeStanding
from projects.models import ChainNode
from tests.factories.accounts import UserFactory
from tests.factories.directory import EnterpriseFactory, IndustryChainFactory
from tests.factories.projects import ChainNodeFactory, KeyProjectFactory, OpportunityFactory
from tuoxian_portal.core.errors import EditConflict, NotPermitted, WorkflowError

pytestmark = pytest.mark.django_db
URL = "/invest/chains/"


@pytest.fixture
def officer():
    return UserFactory(roles=["project_officer"])


# --- The links -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("standing", "field"),
    [(NodeStanding.EXISTING, "enterprise"), (NodeStanding.PROJECT, "project")],
)
def test_what_is_said_to_be_here_is_named(officer, standing, field):
    node = ChainNode(chain=IndustryChainFactory(), name="环节", standing=standing)
    with pytest.raises(ValidationError) as error:
        actions.save_chain_node(node=node, actor=officer, changed=[])
    assert field in error.value.message_dict


def test_a_gap_has_no_enterprise(officer):
    node = ChainNodeFactory(enterprise_name="某企业")
    node.standing = NodeStanding.GAP
    with pytest.raises(ValidationError, match="不是缺环"):
        actions.save_chain_node(node=node, actor=officer, changed=["standing"])


def test_a_chain_has_a_link_once(officer):
    first = ChainNodeFactory()
    with pytest.raises(ValidationError, match="已有此环节"):
        actions.save_chain_node(node=ChainNode(chain=first.chain, name=first.name), actor=officer, changed=[])


def test_nobody_overwrites_a_newer_link(officer):
    node = ChainNodeFactory()
    with pytest.raises(EditConflict):
        actions.save_chain_node(node=node, actor=officer, changed=["note"], version=4)


@pytest.mark.parametrize("role", ["supervisor", "official", "window", "policy_officer"])
def test_others_keep_no_chains(role):
    user = UserFactory(roles=[role])
    with pytest.raises(NotPermitted):
        actions.save_chain_node(node=ChainNodeFactory(), actor=user, changed=["note"])
    with pytest.raises(NotPermitted):
        actions.publish(record=ChainNodeFactory(), actor=user)


def test_publishing_and_withdrawing(officer):
    node = actions.publish(record=ChainNodeFactory(), actor=officer)
    assert node.is_published
    with pytest.raises(WorkflowError, match="理由"):
        actions.withdraw(record=node, actor=officer, reason="")
    assert not actions.withdraw(record=node, actor=officer, reason="待核").is_published


# --- The map -------------------------------------------------------------------------------------
def test_the_map_has_a_box_for_each_link_and_an_arrow_between():
    nodes = [ChainNodeFactory.build(chain=None, name=f"环节{n}", standing="unstated") for n in range(3)]
    drawn = chain_map(nodes)
    assert [box.name for box in drawn.boxes] == ["环节0", "环节1", "环节2"]
    assert [bool(box.arrow) for box in drawn.boxes] == [False, True, True]
    assert {b.y - a.y for a, b in zip(drawn.boxes, drawn.boxes[1:], strict=False)} == {BOX + GAP}
    assert all(box.y + BOX <= drawn.height for box in drawn.boxes)
    assert "环节1（来源未载明）" in drawn.description


def test_long_words_stay_in_their_box():
    node = ChainNodeFactory.build(chain=None, name="长" * 60, enterprise_name="长" * 60, standing="existing")
    box = chain_map([node]).boxes[0]
    assert len(box.name) <= 18
    assert len(box.sub) <= 23


def test_no_links_no_map():
    assert chain_map([]).height == 0


# --- The page ------------------------------------------------------------------------------------
def test_the_page_draws_the_published_links_and_says_what_is_missing(client):
    chain = IndustryChainFactory(name="测试链", leader=EnterpriseFactory(name="链主公司"), chief="某链长")
    here = ChainNodeFactory(
        chain=chain, name="原料", position=1, standing="existing", enterprise_name="某厂", is_published=True
    )
    gap = ChainNodeFactory(chain=chain, name="深加工", position=2, standing="gap", is_published=True)
    ChainNodeFactory(chain=chain, name="保密环节", position=3, standing="gap")
    offered = OpportunityFactory(name="深加工项目", chain_node=gap, is_published=True)
    OpportunityFactory(name="保密机会", chain_node=gap)
    html = client.get(URL).content.decode()
    assert "测试链：缺 1 环：深加工" in html
    assert "链主企业：链主公司" in html
    assert html.count('<g class="') == 2
    assert 'role="img"' in html
    assert offered.get_absolute_url() in html
    assert here.enterprise_name in html
    for hidden in ("保密", "某链长"):
        assert hidden not in html


def test_a_project_is_named_only_while_it_is_published(client):
    node = ChainNodeFactory(standing="project", project=KeyProjectFactory(name="保密项目"), is_published=True)
    assert "保密项目" not in client.get(URL).content.decode()
    api = f"/api/v1/projects/chain-nodes/{node.pk}/"
    assert client.get(api).json()["project"] is None
    node.project.is_published = True
    node.project.save()
    assert client.get(api).json()["project"] == node.project.number
    assert "保密项目" in client.get(URL).content.decode()


def test_without_published_links_there_is_no_page(client):
    ChainNodeFactory()
    assert client.get(URL).status_code == 404
    assert URL not in client.get("/sitemap/").content.decode()


def test_it_costs_the_same_for_many_links(client, django_assert_max_num_queries):
    chain = IndustryChainFactory()
    client.get("/help/")
    for n in range(12):
        ChainNodeFactory(chain=chain, position=n + 1, is_published=True)
    with django_assert_max_num_queries(4):
        client.get(URL)


def test_the_map_is_safe(client):
    ChainNodeFactory(name="<script>x</script>", is_published=True)
    assert "<script>x" not in client.get(URL).content.decode()


# --- The workbench and the reference data ---------------------------------------------------------
def test_an_officer_keeps_links_in_the_workbench(client, officer):
    client.force_login(officer)
    chain = IndustryChainFactory()
    url = reverse("admin:projects_chainnode_add")
    typed = {"chain": chain.pk, "position": 1, "name": "电池材料", "standing": "existing", "confidence": ""}
    refused = client.post(url, typed)
    assert "请选择企业或填写企业名称" in refused.content.decode()
    assert "电池材料" in refused.content.decode()
    client.post(url, {**typed, "standing": "gap"})
    assert ChainNode.objects.get().standing == NodeStanding.GAP
    page = client.get(reverse("admin:projects_chainnode_changelist")).content.decode()
    assert "缺环" in page


def test_sources_name_the_links_and_no_gap(client, reference):
    nodes = ChainNode.objects.exclude(reference_id=None)
    assert nodes.count() == 12
    assert set(nodes.values_list("standing", flat=True)) == {NodeStanding.UNSTATED}
    assert all(node.has_source and node.source_date for node in nodes)
    html = client.get(URL).content.decode()
    assert "来源未载明" in html
    assert not re.search(r"缺 \d+ 环", html)
    assert URL in client.get("/invest/").content.decode()


def test_an_opportunity_names_its_own_contact(client):
    offered = OpportunityFactory(is_published=True, contact="0471-0000000")
    assert "0471-0000000" in client.get(offered.get_absolute_url()).content.decode()
    api = client.get(f"/api/v1/projects/opportunities/{offered.number}/")
    assert api.json()["contact"] == "0471-0000000"
