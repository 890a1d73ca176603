"""The one way in the workbench to a masked number in the clear: a reason, an audit entry, one look."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from tuoxian_portal.audit.actions import reveal
from tuoxian_portal.core.errors import PortalError

LONGEST_REASON = 200


class RevealMixin:
    """For an admin whose records hold masked fields: `revealable` names them.

    Adds `<app>_<model>_reveal` by the record's pk, to which the record's page posts a reason. The answer
    is that page once more with the plain values (`revealed_page`), kept in no cache.
    """

    revealable: tuple[str, ...] = ()

    def get_urls(self) -> list[URLPattern]:
        here: Any = self
        view = here.admin_site.admin_view(self.reveal_view)
        name = f"{here.opts.app_label}_{here.opts.model_name}_reveal"
        return [path("<int:pk>/reveal/", view, name=name), *super().get_urls()]  # type: ignore[misc]  # a mixin of ModelAdmin

    def may_reveal(self, request: HttpRequest) -> bool:
        return request.user.has_perm("audit.reveal_personal")

    def _reveal_page_of(self, record: Any) -> str:
        here: Any = self
        name = f"{here.admin_site.name}:{here.opts.app_label}_{here.opts.model_name}_change"
        return reverse(name, args=[record.pk])

    def reveal_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Shows all of `revealable` in full once; a refusal leads back to the record and says why."""
        here: Any = self
        if not here.has_view_permission(request):
            raise PermissionDenied
        record = here.get_object(request, str(pk))
        if record is None:
            raise Http404
        if request.method != "POST":
            return HttpResponseRedirect(self._reveal_page_of(record))
        reason = request.POST.get("reason", "")[:LONGEST_REASON]
        try:
            with transaction.atomic():
                shown = {
                    name: reveal(record=record, field=name, actor=request.user, reason=reason)
                    for name in self.revealable
                    if getattr(record, name)
                }
        except PortalError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(self._reveal_page_of(record))
        response = self.revealed_page(request, record, shown)
        response.headers["Cache-Control"] = "no-store"
        return response

    def revealed_page(self, request: HttpRequest, record: Any, shown: dict[str, str]) -> HttpResponse:
        """The page with the plain values, by field; a bare one unless the record has its own."""
        here: Any = self
        labels = [(str(here.opts.get_field(name).verbose_name), value) for name, value in shown.items()]
        context = {
            **here.admin_site.each_context(request),
            "title": f"查看原文：{record}",
            "opts": here.opts,
            "original": record,
            "shown": labels,
            "back": self._reveal_page_of(record),
        }
        return TemplateResponse(request, "admin/portal/revealed.html", context)
