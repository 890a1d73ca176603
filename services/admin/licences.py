"""The register of electronic licences in the workbench: found by the whole number, imported from XLSX."""

from datetime import date
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from services.actions.licence_import import LICENCE_IMPORT
from services.models.licences import Licence, LicenceKind, LicenceStatus
from tuoxian_portal.core import crypto
from tuoxian_portal.core.admin_imports import SheetImportMixin
from tuoxian_portal.core.admin_site import PortalAdmin, ReadOnlyAdmin, labels_of
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.codes import compact

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
IMPORT_NOTES = (
    ("证照类型", "填“电子证照类型”中的编码或名称。"),
    ("日期", "写成 2026-11-24；长期有效的“有效期至”留空或填“长期”。"),
    ("代码", "请把整列设为文本格式，否则 Excel 会丢掉末几位。"),
    ("没有的列", "库里已有的内容不改动。"),
    ("示例行", "模板中的示例行请删除后填写。"),
)


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
    list_display = ["code", "name", "issuer", "is_active", "sample"]
    search_fields = ["code", "name"]
    autocomplete_fields = ["materials"]
    deletable = False


@admin.register(Licence)
class LicenceAdmin(SheetImportMixin, ReadOnlyAdmin):
    sheet_import = LICENCE_IMPORT
    import_notes = IMPORT_NOTES
    import_example = tuple(EXAMPLES[column.name] for column in LICENCE_IMPORT.columns)
    list_display = [
        "kind",
        "shown_number",
        "shown_holder",
        "status_badge",
        "issued_on",
        "valid_until",
        "is_signed",
        "sample",
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

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list, with the way to the import for who may."""
        return super().changelist_view(
            request,
            {**(extra_context or {}), "may_import": request.user.has_perm(LICENCE_IMPORT.permission)},  # type: ignore[union-attr]  # staff only: never AnonymousUser
        )
