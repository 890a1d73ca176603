"""One verb for many claims: each through its own action, each with its own outcome.

A batch is a `core.Job`: up to `AT_ONCE` claims are done while the page waits, more by a worker. What became
of each claim stays in the job.
"""

import hashlib
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.urls import reverse

from policies.actions import claim as steps
from policies.actions.claim_notice import notify_claim
from policies.models import PolicyClaim
from policies.workflow_claims import CLAIM_WORKFLOW
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.errors import NotPermitted, PortalError, WorkflowError
from tuoxian_portal.core.jobs import Progress, enqueue, job_handler, run
from tuoxian_portal.core.models import Job

KIND = "policies-claim-batch"
AT_ONCE = 200
MOST = 2_000
SAVED_EVERY = 25
VERBS: dict[str, Any] = {
    "confirm_claim": steps.confirm_claim,
    "review_claim": steps.review_claim,
    "approve_claim": steps.approve_claim,
    "notify_claim": notify_claim,
}


def start_batch(*, verb: str, claims: Sequence[int], actor: Any, values: dict[str, Any] | None = None) -> Job:
    """Does `verb` with each of `claims` (their keys), with the same `values`; returns the job.

    Raises `NotPermitted`, or `WorkflowError` for none or more than `MOST`.
    """
    transition = CLAIM_WORKFLOW.by_name[verb]
    if not actor.has_perm(transition.permission):
        raise NotPermitted(f"您没有“{transition.label}”的权限。")
    if not claims:
        raise WorkflowError("没有选中任何一笔。请回到列表勾选后再办理。")
    if len(claims) > MOST:
        raise WorkflowError(f"一次最多办理 {MOST} 笔，选中了 {len(claims)} 笔。请先筛选，分批办理。")
    title = f"{transition.label}：{len(claims)} 笔政策兑现"
    payload = {"verb": verb, "claims": list(claims), "values": _stored(values or {})}
    if len(claims) > AT_ONCE:
        same = hashlib.sha256(f"{actor.pk} {verb} {payload['claims']}".encode()).hexdigest()
        return enqueue(KIND, title=title, payload=payload, requested_by=actor, dedupe_key=same)
    job = Job.objects.create(kind=KIND, title=title, payload=payload, requested_by=actor)
    run(str(job.pk))
    job.refresh_from_db()
    return job


def _stored(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def _read(values: dict[str, Any]) -> dict[str, Any]:
    day = values.get("notified_on")
    return {**values, "notified_on": date.fromisoformat(day)} if day else values


@job_handler(KIND)  # here and not in `tasks`: the page, too, does small ones
def do_batch(job: Job, progress: Progress) -> str:
    """Does what is left of the job. Safe to run again after a worker died: what is done stays done."""
    verb, keys = job.payload["verb"], job.payload["claims"]
    values = _read(job.payload["values"])
    results: dict[str, list[Any]] = dict(job.payload.get("results", {}))
    for place, key in enumerate(keys, start=1):
        if str(key) not in results:
            results[str(key)] = _one(job, verb, key, values)
        if place % SAVED_EVERY == 0 or place == len(keys):
            job.payload["results"] = results
            Job.objects.filter(pk=job.pk).update(payload=job.payload)
            progress(place, len(keys), f"已办理 {place} / {len(keys)} 笔")
    return reverse("admin:policies_policyclaim_outcome", args=[job.pk])


def _one(job: Job, verb: str, key: int, values: dict[str, Any]) -> list[Any]:
    """`[done, why not]`."""
    actor = job.requested_by
    claim = PolicyClaim.objects.visible_to(actor).filter(pk=key).first() if actor else None
    if claim is None:
        return [False, "这一笔已不存在，或您不能查看。"]
    try:
        VERBS[verb](claim=claim, actor=actor, **values)
    except PortalError as error:
        # A worker that died had done it and not written so down.
        done = history_of(claim).filter(action=verb, actor=actor, at__gte=job.created_at).exists()
        return [done, "" if done else error.message]
    except ValidationError as error:
        return [False, "".join(error.messages)]
    return [True, ""]
