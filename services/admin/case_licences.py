"""Electronic licences on the page of a case: what is offered, linking, taking back."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path

from services.actions import licences as do
from services.choices_cases import MaterialState
from services.models.cases import Case
from services.models.licences import Licence
from tuoxian_portal.core.errors import PortalError


def licences_of(request: HttpRequest, case: Case) -> dict[str, Any]:
    """For the page of `case`: how many materials are exempted, and which lines (pks) a licence of the
    applicant could replace. At most three queries, none for who may not link or a closed case."""
    lines = list(case.materials.all())
    may = request.user.has_perm(do.LINK)  # type: ignore[union-attr]  # staff
    open_lines = {
        m.material_id: m.pk
        for m in lines
        if m.material_id and m.state in {MaterialState.MISSING, MaterialState.DEFERRED}
    }
    held: dict[int, Licence] = {}
    if may and case.is_open and open_lines:
        held = Licence.objects.held_materials(case.applicant_hash, materials=open_lines)
    return {
        "can_link": may,
        "exempted": sum(m.state == MaterialState.LICENSED for m in lines),
        "offered": {open_lines[material]: licence for material, licence in held.items()},
    }


class LicencesMixin:
    """Adds `services_case_licence` to the admin of cases."""

    def get_urls(self) -> list[URLPattern]:
        here: Any = self
        return [
            path(
                "<int:pk>/licence/",
                here.admin_site.admin_view(self.licence_view),
                name="services_case_licence",
            ),
            *super().get_urls(),  # type: ignore[misc]  # a mixin of ModelAdmin
        ]

    def licence_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Links a licence to the posted `material`, or takes the link back (`unlink`, with a reason)."""
        here: Any = self
        case: Case = here._find(request, pk)
        if request.method == "POST":
            numbers = {
                name: int(text)
                if (text := request.POST.get(name, "")).isdecimal() and len(text) < 18
                else None
                for name in ("material", "version")
            }
            about: dict[str, Any] = {
                "case": case,
                "material": numbers["material"] or 0,
                "version": numbers["version"],
                "actor": request.user,
            }
            try:
                if "unlink" in request.POST:
                    do.unlink_licence(**about, reason=request.POST.get("reason", ""))
                    messages.success(request, "已取消关联，该材料恢复为未交。")
                else:
                    do.link_licence(**about)
                    messages.success(request, "已关联电子证照，该材料免交。")
            except PortalError as error:
                messages.error(request, error.message)
            except ValidationError as error:
                messages.error(request, "；".join(error.messages))
        return HttpResponseRedirect(f"{case.get_absolute_url()}#materials")
