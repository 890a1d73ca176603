"""Many claims at once from the list: asked once, done one by one, reported row by row."""

import re
import uuid
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import AdminForm
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from policies.actions import claim_batch
from policies.admin.claim_forms import batch_form
from policies.models import PolicyClaim
from policies.workflow_claims import APPROVE, CLAIM_WORKFLOW, REVIEW
from tuoxian_portal.core.errors import PortalError

SHOWN = 100
NEXT = {
    "confirm_claim": "接着由另一位有批准权限的人批准。",
    "review_claim": "接着由另一位有批准权限的人批准。",
    "approve_claim": "接着打印告知书送达，再“登记已告知”；公示（异议）期满后兑付。",
    "notify_claim": "告知书已定稿，可以打印。有公示（异议）期的，期满后登记兑付。",
}
"""What follows a batch."""
CHOSEN = re.compile(r"(?P<number>[A-Z0-9-]{1,20})\.(?P<version>[0-9]{1,9})(?:,|$)", re.ASCII)


class ClaimBatchMixin:
    """Adds the actions, the page that asks, and the page that reports."""

    def get_urls(self) -> list[URLPattern]:
        here: Any = self
        view = here.admin_site.admin_view
        return [
            path("batch/<slug:verb>/", view(self.batch_view), name="policies_policyclaim_batch"),
            path("outcome/<uuid:job>/", view(self.outcome_view), name="policies_policyclaim_outcome"),
            path(
                "outcome/<uuid:job>/papers/", view(self.papers_view), name="policies_policyclaim_batch_papers"
            ),
            *super().get_urls(),  # type: ignore[misc]  # a mixin of ModelAdmin
        ]

    def has_review_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(REVIEW))  # type: ignore[union-attr]  # staff only: never AnonymousUser

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(APPROVE))  # type: ignore[union-attr]  # staff only: never AnonymousUser

    @admin.action(description=_("确认享受所选（免申即享）"), permissions=["review"])
    def confirm_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return self._ask(request, "confirm_claim", _versions(queryset))

    @admin.action(description=_("审核通过所选"), permissions=["review"])
    def review_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return self._ask(request, "review_claim", _versions(queryset))

    @admin.action(description=_("批准所选"), permissions=["approve"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return self._ask(request, "approve_claim", _versions(queryset))

    @admin.action(description=_("登记已告知所选"), permissions=["review"])
    def notify_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return self._ask(request, "notify_claim", _versions(queryset))

    def _ask(
        self,
        request: HttpRequest,
        verb: str,
        versions: dict[str, int],
        form: Any = None,
        problem: str = "",
        request_id: str = "",
    ) -> HttpResponse:
        """Shows what was selected as it is now, and asks; `versions` of the claims are those that were shown
        first."""
        here: Any = self
        transition = CLAIM_WORKFLOW.by_name[verb]
        form = form or batch_form(verb)
        rows = PolicyClaim.objects.visible_to(request.user).filter(
            number__in=list(versions)[: claim_batch.MOST]
        )
        ready = rows.filter(state__in=transition.sources)
        context = {
            **here.admin_site.each_context(request),
            "title": f"{transition.label}：选中 {len(versions)} 笔",
            "opts": here.opts,
            "transition": transition,
            "form": form,
            "adminform": AdminForm(form, [(None, {"fields": list(form.fields)})], {}, model_admin=here),
            "media": here.media + form.media,
            "claims": ",".join(f"{number}.{version}" for number, version in versions.items()),
            "request_id": request_id or uuid.uuid4(),
            "total": len(versions),
            "ready": ready.count(),
            "money": ready.total_yuan() if verb == "approve_claim" else None,
            "rows": rows.select_related("enterprise", "clause").order_by("filed_on", "pk")[:SHOWN],
            "at_once": claim_batch.AT_ONCE,
            "problem": problem,
            "action": reverse("admin:policies_policyclaim_batch", args=[verb]),
            "back": reverse("admin:policies_policyclaim_changelist"),
        }
        return TemplateResponse(request, "policies/admin/claim_batch.html", context)

    def batch_view(self, request: HttpRequest, verb: str) -> HttpResponse:
        """Begins what was asked; a refusal keeps the selection and what was typed."""
        here: Any = self
        if verb not in claim_batch.VERBS:
            raise Http404
        if not here.has_view_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseRedirect(reverse("admin:policies_policyclaim_changelist"))
        versions = {
            found["number"]: int(found["version"])
            for found in CHOSEN.finditer(request.POST.get("claims", ""))
        }
        request_id = request.POST.get("request_id", "")[:36]
        form = batch_form(verb, request.POST)
        if not form.is_valid():
            return self._ask(request, verb, versions, form, request_id=request_id)
        try:
            job = claim_batch.start_batch(
                verb=verb,
                claims=list(versions),
                actor=request.user,
                values=form.cleaned_data,
                versions=versions,
                request_id=request_id,
            )
        except PortalError as error:
            return self._ask(request, verb, versions, form, error.message, request_id)
        return HttpResponseRedirect(reverse("admin:policies_policyclaim_outcome", args=[job.pk]))

    def outcome_view(self, request: HttpRequest, job: Any) -> HttpResponse:
        """How far it is, and what became of each claim; for who asked and for administrators."""
        here: Any = self
        if not here.has_view_permission(request):
            raise PermissionDenied
        found = claim_batch.batches_of(request.user).filter(pk=job).first()
        if found is None:
            raise Http404
        told = claim_batch.outcomes(found)
        claims = PolicyClaim.objects.select_related("enterprise", "clause").in_bulk(
            [outcome.number for outcome in told], field_name="number"
        )
        refused = [(o, claims.get(o.number)) for o in told if not o.done]
        verb = found.payload["verb"]
        tells = verb == "notify_claim" and not found.is_open and any(o.done for o in told)
        done = [claims.get(o.number) for o in told if o.done]
        context = {
            **here.admin_site.each_context(request),
            "title": found.title,
            "opts": here.opts,
            "job": found,
            "refused": refused,
            "done": done[:SHOWN],
            "done_count": len(done),
            "verb_label": CLAIM_WORKFLOW.by_name[verb].label.removeprefix("登记已"),
            "next": NEXT[verb] if done else "",
            "papers": reverse("admin:policies_policyclaim_batch_papers", args=[found.pk]) if tells else "",
            "back": reverse("admin:policies_policyclaim_changelist"),
        }
        return TemplateResponse(request, "policies/admin/claim_outcome.html", context)

    def papers_view(self, request: HttpRequest, job: Any) -> HttpResponse:
        """The notices of all that a batch has told, as issued, in one PDF."""
        here: Any = self
        found = claim_batch.batches_of(request.user).filter(pk=job).first()
        if found is None:
            raise Http404
        told = [outcome.number for outcome in claim_batch.outcomes(found) if outcome.done]
        answer = here.print_selected(request, here.get_queryset(request).filter(number__in=told))
        return answer or HttpResponseRedirect(reverse("admin:policies_policyclaim_outcome", args=[found.pk]))


def _versions(queryset: QuerySet) -> dict[str, int]:
    """Number and version of each."""
    return dict(queryset.order_by("filed_on", "pk").values_list("number", "version"))
