"""The register of electronic licences in the workbench: found by the whole number, imported from XLSX."""

from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from services.actions import licence_import as do
from services.models.licences import Licence, LicenceKind, LicenceStatus
from tuoxian_portal.core import crypto
from tuoxian_portal.core.admin_site import PortalAdmin, ReadOnlyAdmin, labels_of
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.codes import compact
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.export import xlsx_response
from tuoxian_portal.core.models import Job
from tuoxian_portal.core.sheets import ImportReport

EXAMPLES = {
    "kind": "电子营业执照",
    "number": "（证照上的编号）",
    "holder_name": "示例企业（甲）",
    "holder_number": "（18 位统一社会信用代码或身份证号码，文本格式）",
    "issuer": "",
    "issued_on": date(2026, 1, 5),
    "valid_until": "长期",
    "is_signed": "是",
    "revoked_on": "",
}


class StatusFilter(admin.SimpleListFilter):
    title = _("状态")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return LicenceStatus.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        rows: dict[str, Q] = {
            LicenceStatus.REVOKED: Q(revoked_on__isnull=False),
            LicenceStatus.EXPIRED: Q(revoked_on=None, valid_until__lt=today()),
            LicenceStatus.VALID: Q(revoked_on=None) & (Q(valid_until=None) | Q(valid_until__gte=today())),
        }
        wanted = rows.get(self.value() or "")
        return queryset if wanted is None else queryset.filter(wanted)


@admin.register(LicenceKind)
class LicenceKindAdmin(PortalAdmin):
    list_display = ["code", "name", "issuer", "is_active", "is_sample"]
    search_fields = ["code", "name"]
    autocomplete_fields = ["materials"]
    deletable = False


@admin.register(Licence)
class LicenceAdmin(ReadOnlyAdmin):
    list_display = [
        "kind",
        "shown_number",
        "shown_holder",
        "status_badge",
        "issued_on",
        "valid_until",
        "is_signed",
        "is_sample",
    ]
    list_filter = [StatusFilter, "kind", "is_signed", "is_sample"]
    list_select_related = ["kind"]
    list_before_template = "admin/services/licence/tools.html"
    search_fields = ["holder_name"]
    search_help_text = _("持证单位名称，或完整的证照编号、主体代码")
    fields = [
        "kind",
        "shown_number",
        "shown_holder",
        "shown_holder_number",
        "issuer",
        "issued_on",
        "valid_until",
        "is_signed",
        "revoked_on",
        "source",
        "is_sample",
    ]
    readonly_fields = fields

    @display(description=_("状态"), label=labels_of(LicenceStatus))
    def status_badge(self, licence: Licence) -> str:
        return str(licence.status.label)

    @display(description=_("证照编号"))
    def shown_number(self, licence: Licence) -> str:
        return licence.masked_number

    @display(description=_("持证主体"), ordering="holder_name")
    def shown_holder(self, licence: Licence) -> str:
        return licence.masked_holder

    @display(description=_("持证主体代码"))
    def shown_holder_number(self, licence: Licence) -> str:
        return licence.masked_holder_number

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, term: str) -> Any:
        """A whole number is found through its keyed hash."""
        digests = {crypto.keyed_hash(number) for number in (compact(term), term.strip()) if number}
        found = queryset.filter(Q(number_hash__in=digests) | Q(holder_hash__in=digests))
        if digests and found.exists():
            return found, False
        return super().get_search_results(request, queryset, term)

    # --- import ------------------------------------------------------------------------------------

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list, with the way to the import for who may."""
        return super().changelist_view(
            request,
            {**(extra_context or {}), "may_import": request.user.has_perm(do.IMPORT)},  # type: ignore[union-attr]  # staff only: never AnonymousUser
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("import/", view(self.import_view), name="services_licence_import"),
            path("import/template/", view(self.template_view), name="services_licence_template"),
            path("import/<uuid:job>/", view(self.report_view), name="services_licence_report"),
            *super().get_urls(),
        ]

    def _allowed(self, request: HttpRequest) -> None:
        if not request.user.has_perm(do.IMPORT):  # type: ignore[union-attr]  # staff only: never AnonymousUser
            raise PermissionDenied("您没有导入电子证照的权限。如需导入，请联系系统管理员。")

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Upload a workbook; its check begins at once in the background."""
        self._allowed(request)
        problems: list[str] = []
        if request.method == "POST":
            try:
                files = request.FILES.getlist("file")
                if not files:
                    raise ValidationError("请选择证照清单（XLSX）。")
                job = do.request_import(file=files[0], actor=request.user)
            except ValidationError as error:
                problems = error.messages
            else:
                return HttpResponseRedirect(reverse("admin:services_licence_report", args=[job.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": "导入电子证照",
            "opts": self.opts,
            "problems": problems,
            "columns": do.COLUMNS,
            "jobs": Job.objects.filter(kind="licence-import")[:10],
        }
        return TemplateResponse(
            request, "admin/services/licence/import.html", context, status=400 if problems else 200
        )

    def template_view(self, request: HttpRequest) -> HttpResponseBase:
        """The workbook to fill in: headings and one line that shows how."""
        self._allowed(request)
        return xlsx_response(
            "电子证照导入模板.xlsx",
            title="电子证照",
            headers=[f"{c.heading}{'*' if c.required else ''}" for c in do.COLUMNS],
            rows=[[EXAMPLES[c.name] for c in do.COLUMNS]],
            notes=[
                ("带 * 的列", "必填。"),
                ("证照类型", "填“电子证照类型”中的编码或名称。"),
                ("日期", "写成 2026-11-24；长期有效的“有效期至”留空或填“长期”。"),
                ("代码", "请把整列设为文本格式，否则 Excel 会丢掉末几位。"),
                ("示例行", "请删除后填写。"),
            ],
        )

    def report_view(self, request: HttpRequest, job: Any) -> HttpResponse:
        """How far the check is, what it found; POST imports what was found good."""
        self._allowed(request)
        found = Job.objects.filter(pk=job, kind="licence-import").first()
        if found is None:
            raise Http404
        if request.method == "POST":
            try:
                again = do.confirm_import(check=found, actor=request.user)
            except PortalError as error:
                messages.error(request, error.message)
            else:
                return HttpResponseRedirect(reverse("admin:services_licence_report", args=[again.pk]))
        report = ImportReport(**found.payload["report"]) if found.payload.get("report") else None
        context = {
            **self.admin_site.each_context(request),
            "title": found.title,
            "opts": self.opts,
            "job": found,
            "report": report,
            "written": bool(found.payload.get("write")) and found.state == Job.State.SUCCEEDED,
            "may_confirm": report is not None
            and not report.refused
            and not found.payload.get("write")
            and bool(report.added or report.changed),
        }
        return TemplateResponse(request, "admin/services/licence/report.html", context)
