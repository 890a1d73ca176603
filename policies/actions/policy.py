"""What people do with policies and prices. The admin, the API and imports call these."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from policies.choices import Publication
from policies.models import FactorPrice, IncentivePolicy
from policies.workflow import POLICY_WORKFLOW
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.steps import differences, locked, step
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.concurrency import bump, check_version
from tuoxian_portal.core.errors import NotPermitted, WorkflowError
from tuoxian_portal.core.numbering import next_number


def unused_slug(title: str) -> str:
    """An address for a policy called `title`: its pinyin, with a number when that is taken."""
    from pypinyin import lazy_pinyin  # 58 MB of dictionaries that a reader's process never needs

    base = slugify(" ".join(lazy_pinyin(title)))[:60].strip("-") or "policy"
    taken = set(IncentivePolicy.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    taken.add("match")  # the page of that name
    slug, number = base, 2
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    return slug


def _step(
    name: str,
    policy: IncentivePolicy,
    actor: Any,
    reason: str,
    version: int | None,
    **values: Any,
) -> IncentivePolicy:
    return step(POLICY_WORKFLOW, name, policy, actor, reason=reason, version=version, **values)


def review(
    *, policy: IncentivePolicy, actor: Any, reason: str = "", version: int | None = None
) -> IncentivePolicy:
    """Someone other than its last editor found the text right."""
    return _step("review", policy, actor, reason, version)


def return_to_draft(
    *, policy: IncentivePolicy, actor: Any, reason: str, version: int | None = None
) -> IncentivePolicy:
    """A reviewed text needs another change."""
    return _step("return_to_draft", policy, actor, reason, version)


def publish(
    *, policy: IncentivePolicy, actor: Any, reason: str = "", version: int | None = None
) -> IncentivePolicy:
    """Shows it as in force. Raises `WorkflowError` with what is missing while the gate is shut."""
    return _step(
        "publish",
        policy,
        actor,
        reason,
        version,
        verified_on=today(),
        verified_by=actor,
        published_at=timezone.now(),
    )


def publish_unverified(
    *, policy: IncentivePolicy, actor: Any, reason: str = "", version: int | None = None
) -> IncentivePolicy:
    """Shows it as 待核实, with whatever is known."""
    return _step(
        "publish_unverified",
        policy,
        actor,
        reason,
        version,
        verified_on=None,
        verified_by=None,
        published_at=timezone.now(),
    )


def verify(
    *, policy: IncentivePolicy, actor: Any, reason: str = "", version: int | None = None
) -> IncentivePolicy:
    """Confirms a public policy as in force, through the same gate as `publish`."""
    return _step("verify", policy, actor, reason, version, verified_on=today(), verified_by=actor)


def unverify(
    *, policy: IncentivePolicy, actor: Any, reason: str, version: int | None = None
) -> IncentivePolicy:
    """Takes the confirmation back: the page stays and says 待核实."""
    return _step("unverify", policy, actor, reason, version, verified_on=None, verified_by=None)


def repeal(
    *,
    policy: IncentivePolicy,
    actor: Any,
    reason: str,
    on: date | None = None,
    replaced_by: IncentivePolicy | None = None,
    version: int | None = None,
) -> IncentivePolicy:
    """Ends it on `on` (today by default), naming its successor if there is one."""
    values: dict[str, Any] = {"repealed_on": on or today()}
    if replaced_by is not None:
        if replaced_by.pk == policy.pk:
            raise WorkflowError("一份政策不能被它自己取代。")
        values["replaced_by"] = replaced_by
    return _step("repeal", policy, actor, reason, version, **values)


def withdraw(
    *, policy: IncentivePolicy, actor: Any, reason: str, version: int | None = None
) -> IncentivePolicy:
    """Takes its page away. The confirmation goes too: it must pass the gate again to come back."""
    return _step("withdraw", policy, actor, reason, version, verified_on=None, verified_by=None)


def revise(
    *, policy: IncentivePolicy, actor: Any, reason: str = "", version: int | None = None
) -> IncentivePolicy:
    """Opens a withdrawn policy for a new draft."""
    return _step("revise", policy, actor, reason, version)


ACTIONS = {
    action.__name__: action
    for action in (
        review,
        return_to_draft,
        publish,
        publish_unverified,
        verify,
        unverify,
        repeal,
        withdraw,
        revise,
    )
}
"""Every transition of `POLICY_WORKFLOW`, by its name."""


@transaction.atomic
def save_policy(
    *, policy: IncentivePolicy, actor: Any, changed: list[str], version: int | None = None
) -> IncentivePolicy:
    """Adds `policy`, or saves its `changed` fields; validates the whole record.

    Raises `NotPermitted`, `EditConflict`, `ValidationError`, or `WorkflowError` when the content is
    locked (see `IncentivePolicy.is_editable`).
    """
    adding = policy.pk is None
    permission = "policies.add_incentivepolicy" if adding else "policies.change_incentivepolicy"
    if not actor.has_perm(permission):
        raise NotPermitted("您没有修改惠企政策的权限。")
    changes: dict[str, Any] = {}
    if adding:
        policy.state = Publication.DRAFT
        policy.slug = policy.slug or unused_slug(policy.title)
    else:
        fresh = locked(policy)
        check_version(fresh, version)
        _must_be_editable(fresh)
        changes = _changes(fresh, policy, changed)
        policy.version = fresh.version
        bump(policy)
    policy.edited_by = actor
    policy.full_clean()
    if adding:
        policy.save()
    else:
        policy.save(update_fields=[*changed, "edited_by", "version", "updated_at"])
    log(actor=actor, action="add_policy" if adding else "edit_policy", target=policy, changes=changes)
    return policy


def _changes(fresh: Any, edited: Any, names: list[str]) -> dict[str, list[Any]]:
    return differences(
        {name: getattr(fresh, name) for name in names}, {name: getattr(edited, name) for name in names}
    )


def _must_be_editable(policy: IncentivePolicy) -> None:
    if not policy.is_editable:
        raise WorkflowError(
            f"这份政策{policy.get_state_display()}"
            f"{'并已核实为有效' if policy.verified_on else ''}，内容不能直接修改。"
            "请先退回修改、转为待核实或撤下。"
        )


@transaction.atomic
def note_contents_changed(*, policy: IncentivePolicy, actor: Any, what: list[str]) -> IncentivePolicy:
    """Records that clauses or questions of `policy` were changed, after they were saved, in the same
    transaction; refuses (and so undoes it) while the content is locked."""
    fresh = locked(policy)
    _must_be_editable(fresh)
    fresh.edited_by = actor
    bump(fresh)
    fresh.save(update_fields=["edited_by", "version", "updated_at"])
    log(actor=actor, action="edit_contents", target=fresh, changes={"内容": [None, "；".join(what)[:1000]]})
    return fresh


@transaction.atomic
def save_price(
    *, price: FactorPrice, actor: Any, changed: list[str], version: int | None = None
) -> FactorPrice:
    """Adds a price, which gets its number, or saves its `changed` fields.

    Raises `NotPermitted`, `EditConflict` or `ValidationError`.
    """
    adding = price.pk is None
    if not actor.has_perm("policies.add_factorprice" if adding else "policies.change_factorprice"):
        raise NotPermitted("您没有修改要素价格的权限。")
    changes: dict[str, Any] = {}
    if adding:
        price.code = f"YS-{next_number('policies.factor-price'):04d}"
        price.full_clean()
        price.save()
    else:
        fresh = locked(price)
        check_version(fresh, version)
        changes = _changes(fresh, price, changed)
        price.version = fresh.version
        bump(price)
        price.full_clean()
        price.save(update_fields=[*changed, "version", "updated_at"])
    log(actor=actor, action="add_price" if adding else "edit_price", target=price, changes=changes)
    return price
