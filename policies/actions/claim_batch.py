"""One verb for many claims: each through its own action, each with its own outcome.

A batch is a `core.Job`: up to `AT_ONCE` claims are done while the page waits, more by a worker. What became
of each claim stays in the job. A claim is done only as it was when the batch was asked for, so that of two
officers with the same batch one is told, claim by claim, that the other was first.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse

from policies.actions import claim as steps
from policies.actions.claim_notice import notify_claim
from policies.models import PolicyClaim
from policies.workflow_claims import CLAIM_WORKFLOW
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.errors import EditConflict, NotPermitted, PortalError, WorkflowError
from tuoxian_portal.core.jobs import Progress, enqueue, job_handler, run
from tuoxian_portal.core.models import Job

KIND = "policies-claim-batch"
AT_ONCE = 200
MOST = 2_000
SAVED_EVERY = 25
CHANGED = "这一笔在您选中之后已被修改（例如别人先办了），没有办理。请打开核对后再办。"
VERBS: dict[str, Any] = {
    "confirm_claim": steps.confirm_claim,
    "review_claim": steps.review_claim,
    "approve_claim": steps.approve_claim,
    "notify_claim": notify_claim,
}


def start_batch(
    *,
    verb: str,
    claims: Sequence[str],
    actor: Any,
    values: dict[str, Any] | None = None,
    versions: Mapping[str, int | None] | None = None,
    request_id: str = "",
) -> Job:
    """Does `verb` with each of `claims` (their numbers), with the same `values`; returns the job.

    Oldest application first, so that an envelope is shared out in the order of filing. `versions` are
    those that were seen, by number; without one, that of now. The same `request_id` again (a double click,
    a client that did not hear the answer) finds the job that it began.
    Raises `NotPermitted`, or `WorkflowError` for none or more than `MOST`.
    """
    transition = CLAIM_WORKFLOW.by_name[verb]
    if not actor.has_perm(transition.permission):
        raise NotPermitted(f"您没有“{transition.label}”的权限。")
    wanted = list(dict.fromkeys(claims))
    if not wanted:
        raise WorkflowError("没有选中任何一笔。请回到列表勾选后再办理。")
    if len(wanted) > MOST:
        raise WorkflowError(f"一次最多办理 {MOST} 笔，选中了 {len(wanted)} 笔。请先筛选，分批办理。")
    rows = PolicyClaim.objects.visible_to(actor).filter(number__in=wanted).order_by("filed_on", "pk")
    now = dict(rows.values_list("number", "version"))
    seen = {number: version for number, version in (versions or {}).items() if version is not None}
    payload = {
        "verb": verb,
        "claims": [*now, *(number for number in wanted if number not in now)],
        "versions": now | {number: seen[number] for number in now if number in seen},
        "values": _stored(values or {}),
    }
    title = f"{transition.label}：{len(wanted)} 笔政策兑现"
    return _begin(title, payload, actor, request_id)


def _begin(title: str, payload: dict[str, Any], actor: Any, request_id: str) -> Job:
    many = len(payload["claims"]) > AT_ONCE
    same = request_id or (f"{payload['verb']} {payload['claims']}" if many else "")
    key = hashlib.sha256(f"{actor.pk} {same}".encode()).hexdigest() if same else ""
    begun = Job.objects.filter(kind=KIND, dedupe_key=key)
    if request_id and (job := begun.first()):
        return job
    if many:
        return enqueue(KIND, title=title, payload=payload, requested_by=actor, dedupe_key=key)
    try:
        with transaction.atomic():
            job = Job.objects.create(
                kind=KIND, title=title, payload=payload, requested_by=actor, dedupe_key=key
            )
    except IntegrityError:  # the same click, a moment earlier
        return begun.get()
    run(str(job.pk))
    job.refresh_from_db()
    return job


def batches_of(user: Any) -> QuerySet[Job]:
    """The batches that `user` began; all of them for who may see every job."""
    jobs = Job.objects.filter(kind=KIND)
    return jobs if user.has_perm("core.view_job") else jobs.filter(requested_by=user.pk)


@dataclass(frozen=True)
class Outcome:
    """What became of one claim; `why` is why not."""

    number: str
    done: bool
    why: str


def outcomes(job: Job) -> list[Outcome]:
    """Of every claim that the batch has come to, in the order in which they were done."""
    results: dict[str, list[Any]] = job.payload.get("results", {})
    return [Outcome(number, *results[number]) for number in job.payload["claims"] if number in results]


def _stored(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items()}


def _read(values: dict[str, Any]) -> dict[str, Any]:
    day = values.get("notified_on")
    return {**values, "notified_on": date.fromisoformat(day)} if day else values


@job_handler(KIND)  # here and not in `tasks`: the page, too, does small ones
def do_batch(job: Job, progress: Progress) -> str:
    """Does what is left of the job. Safe to run again after a worker died: what is done stays done."""
    numbers, values = job.payload["claims"], _read(job.payload["values"])
    results: dict[str, list[Any]] = dict(job.payload.get("results", {}))
    for place, number in enumerate(numbers, start=1):
        if number not in results:
            results[number] = _one(job, number, values)
        if place % SAVED_EVERY == 0 or place == len(numbers):
            job.payload["results"] = results
            Job.objects.filter(pk=job.pk).update(payload=job.payload)
            progress(place, len(numbers), f"已办理 {place} / {len(numbers)} 笔")
    return reverse("admin:policies_policyclaim_outcome", args=[job.pk])


def _one(job: Job, number: str, values: dict[str, Any]) -> list[Any]:
    """`[done, why not]`."""
    verb, actor = job.payload["verb"], job.requested_by
    claim = PolicyClaim.objects.visible_to(actor).filter(number=number).first() if actor else None
    if claim is None:
        return [False, "没有这一笔，或您不能查看。"]
    try:
        VERBS[verb](claim=claim, actor=actor, version=job.payload["versions"].get(number), **values)
    except PortalError as error:
        # A worker that died had done it and not written so down.
        done = history_of(claim).filter(action=verb, actor=actor, at__gte=job.created_at).exists()
        why = CHANGED if isinstance(error, EditConflict) else error.message
        return [done, "" if done else why]
    except ValidationError as error:
        return [False, "".join(error.messages)]
    return [True, ""]
