"""Many claims at once from the list: asked once, done one by one, reported row by row."""

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
from tuoxian_portal.core.models import Job

DONE_SHOWN = 100


class ClaimBatchMixin:
    """Adds the actions, the page that asks, and the page that reports."""

    def get_urls(self) -> list[URLPattern]:
        here: Any = self
        view = here.admin_site.admin_view
        return [
            path("batch/<slug:verb>/", view(self.batch_view), name="policies_policyclaim_batch"),
            path("outcome/<uuid:job>/", view(self.outcome_view), name="policies_policyclaim_outcome"),
            *super().get_urls(),  # type: ignore[misc]  # a mixin of ModelAdmin
        ]

    def has_review_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(REVIEW))  # type: ignore[union-attr]  # staff only: never AnonymousUser

    def has_approve_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm(APPROVE))  # type: ignore[union-attr]  # staff only: never AnonymousUser

    @admin.action(description=_("确认享受所选（免申即享）"), permissions=["review"])
    def confirm_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return self._ask(request, "confirm_claim", _keys(queryset))

    @admin.action(description=_("审核通过所选"), permissions=["review"])
    def review_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return self._ask(request, "review_claim", _keys(queryset))

    @admin.action(description=_("批准所选"), permissions=["approve"])
    def approve_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return self._ask(request, "approve_claim", _keys(queryset))

    @admin.action(description=_("登记已告知所选"), permissions=["review"])
    def notify_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse:
        return self._ask(request, "notify_claim", _keys(queryset))

    def _ask(
        self, request: HttpRequest, verb: str, keys: list[int], form: Any = None, problem: str = ""
    ) -> HttpResponse:
        here: Any = self
        transition = CLAIM_WORKFLOW.by_name[verb]
        form = form or batch_form(verb)
        ready = PolicyClaim.objects.visible_to(request.user).filter(
            pk__in=keys[: claim_batch.MOST], state__in=transition.sources
        )
        context = {
            **here.admin_site.each_context(request),
            "title": f"{transition.label}：选中 {len(keys)} 笔",
            "opts": here.opts,
            "transition": transition,
            "form": form,
            "adminform": AdminForm(form, [(None, {"fields": list(form.fields)})], {}, model_admin=here),
            "media": here.media + form.media,
            "keys": ",".join(map(str, keys)),
            "total": len(keys),
            "ready": ready.count(),
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
        keys = [int(key) for key in request.POST.get("claims", "").split(",") if _is_key(key)]
        form = batch_form(verb, request.POST)
        if not form.is_valid():
            return self._ask(request, verb, keys, form)
        try:
            job = claim_batch.start_batch(
                verb=verb, claims=keys, actor=request.user, values=form.cleaned_data
            )
        except PortalError as error:
            return self._ask(request, verb, keys, form, error.message)
        return HttpResponseRedirect(reverse("admin:policies_policyclaim_outcome", args=[job.pk]))

    def outcome_view(self, request: HttpRequest, job: Any) -> HttpResponse:
        """How far it is, and what became of each claim; for who asked and for administrators."""
        here: Any = self
        if not here.has_view_permission(request):
            raise PermissionDenied
        jobs = Job.objects.filter(kind=claim_batch.KIND)
        if not request.user.has_perm("core.view_job"):  # type: ignore[union-attr]  # staff only: never AnonymousUser
            jobs = jobs.filter(requested_by=request.user.pk)
        found = jobs.filter(pk=job).first()
        if found is None:
            raise Http404
        results: dict[str, list[Any]] = found.payload.get("results", {})
        claims = PolicyClaim.objects.select_related("enterprise", "clause").in_bulk(
            [int(key) for key in results]
        )
        refused = [(claims.get(int(key)), why) for key, (done, why) in results.items() if not done]
        done = [claims.get(int(key)) for key, (ok, _why) in results.items() if ok]
        context = {
            **here.admin_site.each_context(request),
            "title": found.title,
            "opts": here.opts,
            "job": found,
            "transition": CLAIM_WORKFLOW.by_name[found.payload["verb"]],
            "refused": refused,
            "done": done[:DONE_SHOWN],
            "done_count": len(done),
            "back": reverse("admin:policies_policyclaim_changelist"),
        }
        return TemplateResponse(request, "policies/admin/claim_outcome.html", context)


def _keys(queryset: QuerySet) -> list[int]:
    """Oldest first, so that an envelope is shared out in the order of filing."""
    return list(queryset.order_by("filed_on", "pk").values_list("pk", flat=True))


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18
