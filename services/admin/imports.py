"""The catalogue as a workbook in the admin: download, hand in, look at the dry run, confirm."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from services.actions import catalogue_import as actions
from services.choices import ImportState
from services.exchange.export import catalogue_book, working_rows
from services.exchange.reading import MAX_MB
from services.models import CatalogueImport, ServiceItem
from services.workflow_imports import IMPORT, import_workflow
from tuoxian_portal.audit.workflow_admin import Verb, VersionForm, WorkflowAdmin
from tuoxian_portal.core.admin_site import badge
from tuoxian_portal.core.export import xlsx_response
from tuoxian_portal.core.uploads import check_upload

SHOWN = 200  # rows of each kind on the page; the download has all


def export_view(model_admin: Any, request: HttpRequest) -> HttpResponseBase:
    """The list as it is filtered, as a workbook; `template=1` is an empty one."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    if request.GET.get("template"):
        return catalogue_book("事项清单模板.xlsx", [])
    try:
        shown = model_admin.get_changelist_instance(request).get_queryset(request)
    except IncorrectLookupParameters:  # an address that no filter of the list makes
        shown = model_admin.get_queryset(request)
    keys = shown.order_by().values("pk")
    items = working_rows(ServiceItem.objects.filter(Q(pk__in=keys) | Q(next_draft__in=keys)))
    return catalogue_book(f"事项清单-{timezone.localdate():%Y%m%d}.xlsx", items)


class ImportForm(forms.ModelForm):
    class Meta:
        model = CatalogueImport
        fields = ["file"]
        help_texts = {
            "file": _(
                "XLSX，不超过 %(size)s MB。先核对、后导入：上传后只显示将新增、变更和有误的行，"
                "确认之前不写入任何内容。"
            )
            % {"size": MAX_MB}
        }

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        check_upload(file, kinds=["xlsx"], limit=MAX_MB * 1024 * 1024)
        return file


@admin.register(CatalogueImport)
class CatalogueImportAdmin(WorkflowAdmin):
    """Every workbook that was handed in, with what its dry run found."""

    form = ImportForm
    workflow = import_workflow
    action_labels = {"add": "上传"}
    verbs = {
        "apply": Verb(VersionForm, actions.apply, "record"),
        "recheck": Verb(VersionForm, actions.recheck, "record"),
    }
    deletable = False
    view_on_site = False
    list_display = ["name", "state_badge", "found", "uploaded_by", "created_at"]
    list_filter = ["state"]
    search_fields = ["name"]
    state_badge = badge(ImportState)
    readonly_fields = ["state_badge", "name", "uploaded_by", "created_at", "applied_by", "applied_at"]
    change_form_outer_after_template = "admin/services/catalogueimport/after.html"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ((None, {"fields": ("file",)}),)
        rows = ("state_badge", ("name", "uploaded_by", "created_at"), ("applied_by", "applied_at"))
        return ((None, {"fields": rows}),)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.report_view)
        return [
            path("<path:object_id>/report/", view, name="services_catalogueimport_report"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("uploaded_by", "applied_by", "job")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(IMPORT)  # type: ignore[union-attr]  # staff

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        record = actions.hand_in(file=form.cleaned_data["file"], actor=request.user)
        obj.__dict__.update(record.__dict__)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        """To the page that waits for the dry run."""
        return HttpResponseRedirect(obj.get_absolute_url())

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The action has written its entry."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        extra = {
            **(extra_context or {}),
            "show_save_and_add_another": False,
            "show_save_and_continue": False,
        }
        record = self.get_object(request, unquote(object_id)) if object_id else None
        if record is not None:
            extra |= {"record": record, "dry_run": self.dry_run(record)}
        return super().changeform_view(request, object_id, form_url, extra)

    def verb_note(self, request: HttpRequest, record: Any, verb: str) -> SafeString | str:
        """Who confirms sees once more what would be written."""
        return self.dry_run(record) if verb == "apply" else ""

    def dry_run(self, record: CatalogueImport) -> SafeString:
        report = record.report
        return render_to_string(
            "admin/services/catalogueimport/report.html",
            {
                "record": record,
                "job": record.job,
                "working": record.state in {ImportState.CHECKING, ImportState.APPLYING},
                "counts": record.counts,
                "problems": report.get("problems", [])[:SHOWN],
                "added": report.get("added", [])[:SHOWN],
                "changed": report.get("changed", [])[:SHOWN],
                "materials": report.get("materials", [])[:SHOWN],
                "shown": SHOWN,
            },
        )

    def report_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """The whole dry run as a workbook, to hand to who keeps the list."""
        record = self.get_object(request, unquote(object_id))
        if record is None:
            raise Http404
        return xlsx_response(
            f"核对结果-{record.pk}.xlsx",
            title="核对结果",
            headers=["结果", "工作表", "行号", "公开编号", "事项", "位置", "原", "新或说明"],
            rows=report_rows(record.report),
            notes=[("文件", record.name), ("状态", record.get_state_display())],
        )

    @display(description=_("核对结果"))
    def found(self, obj: CatalogueImport) -> str:
        counts = obj.counts
        if not counts:
            return ""
        return (
            f"新增 {counts['added']}，变更 {counts['changed']}，不变 {counts['unchanged']}，"
            f"有误 {counts['problems']}"
        )


def report_rows(report: dict[str, Any]) -> Iterator[list[Any]]:
    """The dry run line by line."""
    for sheet, row, column, text in report.get("problems", []):
        yield ["有误", sheet, row or "", "", "", column, "", text]
    for code, name, _counts in report.get("added", []):
        yield ["新增", "", "", code, name, "", "", ""]
    for entry in report.get("changed", []):
        for where, old, new in entry["lines"]:
            yield ["变更", "", "", entry["code"], entry["name"], where, old, new]
    for name in report.get("materials", []):
        yield ["材料目录新增", "", "", "", "", name, "", ""]
