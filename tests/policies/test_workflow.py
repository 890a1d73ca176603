"""Every state × action, the gate, two pairs of eyes, versions, and the audit entries."""

from datetime import date

import pytest

from policies import actions
from policies.choices import Nature, Publication
from policies.models import IncentivePolicy
from policies.workflow import POLICY_WORKFLOW
from tests.factories.policies import ClauseFactory, PolicyFactory
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.errors import EditConflict, NotPermitted, WorkflowError

pytestmark = pytest.mark.django_db

# state, confirmed, repealed: what an officer may do with a complete policy that somebody else edited
ALLOWED = {
    (Publication.DRAFT, False, False): {"review"},
    (Publication.REVIEWED, False, False): {"return_to_draft", "publish", "publish_unverified"},
    (Publication.PUBLISHED, False, False): {"verify", "repeal", "withdraw"},
    (Publication.PUBLISHED, True, False): {"unverify", "repeal", "withdraw"},
    (Publication.PUBLISHED, True, True): {"withdraw"},
    (Publication.WITHDRAWN, False, False): {"revise"},
}
TARGETS = {
    "review": Publication.REVIEWED,
    "return_to_draft": Publication.DRAFT,
    "publish": Publication.PUBLISHED,
    "publish_unverified": Publication.PUBLISHED,
    "verify": Publication.PUBLISHED,
    "unverify": Publication.PUBLISHED,
    "repeal": Publication.PUBLISHED,
    "withdraw": Publication.WITHDRAWN,
    "revise": Publication.DRAFT,
}


@pytest.fixture
def officer(person):
    return person("policy_officer")


def test_the_table_and_the_actions_name_the_same_verbs():
    assert set(actions.ACTIONS) == set(POLICY_WORKFLOW.by_name) == set(TARGETS)


@pytest.mark.parametrize("case", ALLOWED, ids=lambda c: f"{c[0]}-{c[1]}-{c[2]}")
def test_every_state_and_action(case, officer):
    state, confirmed, repealed = case
    for name in TARGETS:
        policy = PolicyFactory(
            complete=True,
            state=state,
            verified_on=date(2026, 2, 1) if confirmed else None,
            repealed_on=date(2026, 3, 1) if repealed else None,
        )
        assert {t.name for t in POLICY_WORKFLOW.available(policy, officer)} == ALLOWED[case]
        if name in ALLOWED[case]:
            after = actions.ACTIONS[name](policy=policy, actor=officer, reason="测试理由")
            assert after.state == TARGETS[name], name
            assert after.version == policy.version + 1
            entry = history_of(policy).get()
            assert (entry.action, entry.actor, entry.reason) == (name, officer, "测试理由")
        else:
            with pytest.raises(WorkflowError):
                actions.ACTIONS[name](policy=policy, actor=officer, reason="测试理由")
            policy.refresh_from_db()
            assert policy.state == state, name
            assert not history_of(policy).exists()


@pytest.mark.parametrize("role", ["window", "project_officer", "official", "bank_contact"])
def test_other_roles_may_do_nothing(role, person):
    policy, somebody = PolicyFactory(complete=True), person(role)
    assert POLICY_WORKFLOW.available(policy, somebody) == []
    for action in actions.ACTIONS.values():
        with pytest.raises(NotPermitted):
            action(policy=policy, actor=somebody, reason="测试理由")


@pytest.mark.parametrize("name", ["return_to_draft", "unverify", "repeal", "withdraw"])
def test_what_takes_something_away_needs_a_reason(name, officer):
    state = Publication.REVIEWED if name == "return_to_draft" else Publication.PUBLISHED
    policy = PolicyFactory(complete=True, state=state, verified_on=date(2026, 2, 1))
    with pytest.raises(WorkflowError) as error:
        actions.ACTIONS[name](policy=policy, actor=officer, reason="  ")
    assert "reason" in error.value.fields


GATE = {
    "nature": (Nature.CONSULTATION, "征求意见稿"),
    "document_number": ("", "文号"),
    "legal_basis": ("", "法律依据"),
    "fair_competition_reviewed_on": (None, "公平竞争审查日期"),
    "fair_competition_reviewed_by": ("", "公平竞争审查机关"),
    "expires_on": (None, "有效期至或复审日期"),
}


@pytest.mark.parametrize(("name", "state"), [("publish", "reviewed"), ("verify", "published")])
def test_the_gate_names_what_is_missing(name, state, officer):
    for field, (value, word) in GATE.items():
        policy = PolicyFactory(complete=True, state=state)
        IncentivePolicy.objects.filter(pk=policy.pk).update(**{field: value})
        with pytest.raises(WorkflowError, match=word):
            actions.ACTIONS[name](policy=policy, actor=officer)
        policy.refresh_from_db()
        assert policy.verified_on is None, field


@pytest.mark.parametrize(("name", "state"), [("publish", "reviewed"), ("verify", "published")])
def test_a_clause_tied_to_tax_shuts_the_gate(name, state, officer):
    policy = PolicyFactory(complete=True, state=state)
    ClauseFactory(policy=policy, order=3, text="按纳税额给予奖励")
    with pytest.raises(WorkflowError, match="第 3 条与纳税挂钩"):
        actions.ACTIONS[name](policy=policy, actor=officer)


def test_a_review_date_will_do_instead_of_an_end(officer):
    policy = PolicyFactory(
        complete=True, state=Publication.REVIEWED, expires_on=None, review_on=date(2028, 1, 1)
    )
    assert actions.publish(policy=policy, actor=officer).verified_by == officer


@pytest.mark.parametrize(("name", "state"), [("review", "draft"), ("verify", "published")])
def test_nobody_passes_their_own_work(name, state, officer, person):
    policy = PolicyFactory(complete=True, state=state, edited_by=officer)
    with pytest.raises(WorkflowError, match="另一位"):
        actions.ACTIONS[name](policy=policy, actor=officer)
    actions.ACTIONS[name](policy=policy, actor=person("administrator"))


def test_an_older_page_is_refused(officer):
    policy = PolicyFactory(state=Publication.REVIEWED)
    actions.publish_unverified(policy=policy, actor=officer, version=0)
    with pytest.raises(EditConflict):
        actions.withdraw(policy=policy, actor=officer, reason="理由", version=0)


def test_repeal_names_the_successor_and_not_itself(officer):
    policy, successor = PolicyFactory(published=True), PolicyFactory(published=True)
    with pytest.raises(WorkflowError, match="自己"):
        actions.repeal(policy=policy, actor=officer, reason="理由", replaced_by=policy)
    after = actions.repeal(
        policy=policy, actor=officer, reason="理由", on=date(2026, 5, 1), replaced_by=successor
    )
    assert (after.repealed_on, after.replaced_by) == (date(2026, 5, 1), successor)


# --- editing --------------------------------------------------------------------------------------
def test_a_new_policy_gets_an_address_of_its_own(officer):
    first = actions.save_policy(
        policy=PolicyFactory.build(title="支持 5G 应用", slug=""), actor=officer, changed=[]
    )
    second = actions.save_policy(
        policy=PolicyFactory.build(title="支持 5G 应用", slug=""), actor=officer, changed=[]
    )
    assert (first.slug, second.slug) == ("zhi-chi-5g-ying-yong", "zhi-chi-5g-ying-yong-2")
    assert first.state == Publication.DRAFT


def test_an_edit_records_what_changed_and_who(officer):
    policy = PolicyFactory(title="旧标题")
    policy.title = "新标题"
    actions.save_policy(policy=policy, actor=officer, changed=["title"], version=0)
    policy.refresh_from_db()
    assert (policy.title, policy.edited_by, policy.version) == ("新标题", officer, 1)
    assert history_of(policy).get().changes == {"title": ["旧标题", "新标题"]}


@pytest.mark.parametrize(
    ("state", "confirmed", "editable"),
    [
        (Publication.DRAFT, False, True),
        (Publication.REVIEWED, False, False),
        (Publication.PUBLISHED, False, True),
        (Publication.PUBLISHED, True, False),
        (Publication.WITHDRAWN, False, False),
    ],
)
def test_what_was_reviewed_or_confirmed_is_locked(state, confirmed, editable, officer):
    policy = PolicyFactory(state=state, verified_on=date(2026, 2, 1) if confirmed else None)
    assert policy.is_editable is editable
    policy.title = "新标题"
    if editable:
        actions.save_policy(policy=policy, actor=officer, changed=["title"])
        actions.note_contents_changed(policy=policy, actor=officer, what=["条款 1"])
    else:
        with pytest.raises(WorkflowError, match="不能直接修改"):
            actions.save_policy(policy=policy, actor=officer, changed=["title"])
        with pytest.raises(WorkflowError, match="不能直接修改"):
            actions.note_contents_changed(policy=policy, actor=officer, what=["条款 1"])


def test_prices_are_numbered_in_turn_and_edited_with_their_version(officer, person):
    from tests.factories.policies import PriceFactory

    first = actions.save_price(price=PriceFactory.build(item="甲"), actor=officer, changed=[])
    second = actions.save_price(price=PriceFactory.build(item="乙"), actor=officer, changed=[])
    assert (first.code, second.code) == ("YS-0001", "YS-0002")
    second.note = "说明"
    actions.save_price(price=second, actor=officer, changed=["note"], version=0)
    with pytest.raises(EditConflict):
        actions.save_price(price=second, actor=officer, changed=["note"], version=0)
    with pytest.raises(NotPermitted):
        actions.save_price(price=second, actor=person("window"), changed=["note"])
