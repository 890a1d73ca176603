"""The catalogue in the admin: guides with their materials and forms, hall facts. Bundles: `bundles`.

Content is edited while a record is a draft; what is reviewed or published is read-only, and a
published item is revised in a draft of its next version.
"""

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import URLPattern, path
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline, TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminURLInputWidget

from services.actions import catalogue as actions
from services.admin.form_fields import FormLine
from services.admin.imports import export_view
from services.admin.versions import compare_url, compare_view, difference_note
from services.choices import PublicationState
from services.models import (
    HallMechanism,
    HallStatistic,
    ItemMaterial,
    ItemQuestion,
    ItemStep,
    LegalBasis,
    Material,
    ServiceItem,
    ServiceTheme,
)
from services.publishing import LEAVABLE, gaps_of
from services.workflow_catalogue import item_workflow
from tuoxian_portal.audit.actions import log
from tuoxian_portal.audit.workflow_admin import (
    ReasonForm,
    Verb,
    VersionedModelForm,
    VersionForm,
    WorkflowAdmin,
)
from tuoxian_portal.core.admin_site import SOURCE_FIELDS, KnownRelationsForm, PortalAdmin, badge
from tuoxian_portal.core.concurrency import bump
from tuoxian_portal.core.uploads import check_upload


def next_code() -> str:
    """The code after the highest `SI-nnn`, as a proposal."""
    codes = ServiceItem.objects.filter(code__startswith="SI-").values_list("code", flat=True)
    numbers = [int(match[1]) for code in codes if (match := re.fullmatch(r"SI-(\d+)", code))]
    return f"SI-{max(numbers, default=0) + 1:03d}"


class CatalogueForm(VersionedModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("aliases", "conditions"):
            if name in self.fields:  # read-only forms have none
                self.fields[name].widget.attrs["rows"] = 3


class PublicFileForm(forms.ModelForm):
    """A form whose uploads the public will download: checked by their content."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, file in list(cleaned.items()):
            if isinstance(file, UploadedFile):
                try:
                    check_upload(file)
                except ValidationError as error:
                    self.add_error(name, error)
        return cleaned


class ItemForm(PublicFileForm, CatalogueForm):
    left_to_window = forms.MultipleChoiceField(
        label=_("以窗口答复为准的要素"),
        choices=list(LEAVABLE.items()),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("县里确实没有公布、由窗口答复的要素在此勾选；其余要素没有填写就不能发布。"),
    )

    class Meta:
        model = ServiceItem
        fields = ["code"]  # the fieldsets name the others

    def clean_code(self) -> str:
        return self.cleaned_data["code"].strip().upper()


class MaterialLineForm(PublicFileForm, KnownRelationsForm):
    """A material of an item, with its files."""


class MaterialLine(StackedInline):
    """A material is much to say: in a table of thirteen columns nobody finds anything."""

    model = ItemMaterial
    form = MaterialLineForm
    autocomplete_fields = ["material"]
    extra = 0
    tab = True
    collapsible = True
    fields = (
        ("order", "material", "wording"),
        ("necessity", "condition"),
        ("originals", "copies", "form", "origin"),
        ("acceptance", "licence_accepted"),
        ("blank_form", "sample_file"),
    )
    verbose_name_plural = _("申请材料")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("material")


class BasisLine(TabularInline):
    model = LegalBasis
    extra = 0
    tab = True
    fields = ("order", "statute", "article")


class StepLine(TabularInline):
    model = ItemStep
    extra = 0
    tab = True
    fields = ("order", "name", "who", "days", "text")


class QuestionLine(StackedInline):
    model = ItemQuestion
    extra = 0
    tab = True
    fields = ("order", "question", "answer")


class CatalogueAdmin(WorkflowAdmin):
    """What items and bundles share: read-only unless drafted, saves that are on record."""

    action_labels = {"add": "新建", "edit": "修改", "import": "清单导入"}
    deletable = False  # a record is retired, a next draft discarded
    state_badge = badge(PublicationState)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or obj.state == PublicationState.DRAFTED)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            bump(obj)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        fields = [name for name in form.changed_data if name != "seen_version"]
        fields += [formset.prefix for formset in formsets if formset.has_changed()]
        log(
            actor=request.user,
            action="edit" if change else "add",
            target=form.instance,
            changes={"fields": [None, fields]},
        )

    def get_view_on_site_url(self, obj: Any = None) -> str | None:
        """Only what is published has a page."""
        return obj.get_absolute_url() if obj is not None and obj.is_public else None

    @display(description=_("发布检查"))
    def missing(self, obj: Any) -> SafeString | str:
        """What stands between this record and the public."""
        if obj.pk is None:
            return str(_("保存后显示还缺什么。"))
        gaps = gaps_of(obj)
        if not gaps:
            return str(_("要素齐全，可以发布。"))
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((gap.text,) for gap in gaps)))


@admin.register(ServiceItem)
class ServiceItemAdmin(CatalogueAdmin):
    form = ItemForm
    workflow = item_workflow
    verbs = {
        "review": Verb(VersionForm, actions.review, "record"),
        "send_back": Verb(ReasonForm, actions.send_back, "record"),
        "publish": Verb(VersionForm, actions.publish, "record"),
        "retire": Verb(ReasonForm, actions.retire, "record"),
        "reopen": Verb(VersionForm, actions.reopen, "record"),
        "revise": Verb(VersionForm, actions.revise, "record"),
        "discard": Verb(VersionForm, actions.discard, "record"),
    }
    list_display = [
        "code",
        "name",
        "item_type",
        "department",
        "handling_kind",
        "version_number",
        "state_badge",
        "material_count",
        "updated_at",
        "sample",
    ]
    list_display_links = ["code", "name"]
    list_filter = ["state", "item_type", "department", "stage", "handling_kind", "themes", "is_sample"]
    search_fields = ["search_text", "authority"]
    autocomplete_fields = ["department", "themes", "outlets", "issues"]
    readonly_fields = ["state_badge", "missing", "version_number", "published_at", "revises"]
    inlines = [MaterialLine, FormLine, BasisLine, StepLine, QuestionLine]
    formfield_overrides = {
        **CatalogueAdmin.formfield_overrides,
        models.URLField: {"widget": UnfoldAdminURLInputWidget, "assume_scheme": "https"},
    }
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "seen_version",
                    ("state_badge", "version_number", "published_at"),
                    "revises",
                    "missing",
                )
            },
        ),
        (
            _("基本信息"),
            {
                "classes": ["tab"],
                "fields": (
                    ("code", "name"),
                    "aliases",
                    ("item_type", "full_assistance"),
                    ("stage", "themes"),
                    ("department", "authority"),
                    ("for_individuals", "for_organisations"),
                    ("basic_code", "implementation_code"),
                ),
            },
        ),
        (
            _("时限与办理"),
            {
                "classes": ["tab"],
                "fields": (
                    "handling_kind",
                    ("statutory_days", "statutory_unit", "statutory_kind"),
                    "statutory_text",
                    "statutory_basis",
                    ("promised_days", "promised_unit"),
                    "conditions",
                    ("visits", "visits_reason"),
                    ("at_window", "online", "mobile", "by_post"),
                    "online_url",
                    ("same_city", "cross_province", "cross_region"),
                    ("at_county", "at_town", "at_village"),
                    "outlets",
                    ("window", "phone", "complaint_phone"),
                    ("joint_bodies", "intermediary", "quota"),
                ),
            },
        ),
        (
            _("收费与结果"),
            {
                "classes": ["tab"],
                "fields": (
                    ("charged", "fee"),
                    "fee_basis",
                    ("result", "result_validity"),
                    "result_sample",
                    "issues",
                ),
            },
        ),
        (_("公开与来源"), {"classes": ["tab"], "fields": ("left_to_window", *SOURCE_FIELDS)}),
    )

    change_form_outer_before_template = "admin/services/serviceitem/before.html"
    list_before_template = "admin/services/serviceitem/list_before.html"

    def get_urls(self) -> list[URLPattern]:
        def compare(request: HttpRequest, object_id: str) -> HttpResponse:
            return compare_view(self, request, object_id)

        def export(request: HttpRequest) -> HttpResponseBase:
            return export_view(self, request)

        view = self.admin_site.admin_view(compare)
        return [
            path("export/", self.admin_site.admin_view(export), name="services_serviceitem_export"),
            path("<path:object_id>/compare/", view, name="services_serviceitem_compare"),
            *super().get_urls(),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("department")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        extra = dict(extra_context or {})
        record = self.get_object(request, unquote(object_id)) if object_id else None
        if record is not None and request.method == "GET":
            extra["difference"] = difference_note(record)
            extra["compare_url"] = compare_url(record)
        return super().changeform_view(request, object_id, form_url, extra)

    def verb_note(self, request: HttpRequest, record: ServiceItem, verb: str) -> SafeString | str:
        """Who reviews or publishes sees what would change for the public."""
        return difference_note(record) if verb in {"review", "publish"} else ""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        changelist.result_list = changelist.result_list.prefetch_related("materials")
        return changelist

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"code": next_code(), **super().get_changeform_initial_data(request)}

    def get_search_results(self, request: HttpRequest, queryset: Any, term: str) -> tuple[QuerySet, bool]:
        """Name, alias, pinyin or authority, as on the public page."""
        return (queryset.search(term) if term.strip() else queryset), False

    @display(description=_("材料"))
    def material_count(self, obj: ServiceItem) -> int:
        return len(obj.materials.all())


@admin.register(Material)
class MaterialAdmin(PortalAdmin):
    list_display = ["name", "electronic_licence", "use_count"]
    search_fields = ["name", "aliases"]
    ordering = ["name"]  # what is counted below loses the model's own
    fields = ("name", "aliases", "electronic_licence", "note", *SOURCE_FIELDS)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).annotate(use_total=Count("uses"))

    @display(description=_("使用事项"), ordering="use_total")
    def use_count(self, obj: Any) -> int:
        return obj.use_total

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or not obj.use_total)


@admin.register(ServiceTheme)
class ServiceThemeAdmin(PortalAdmin):
    list_display = ["name", "slug", "for_individuals", "for_organisations", "order"]
    search_fields = ["name"]


@admin.register(HallStatistic)
class HallStatisticAdmin(PortalAdmin):
    list_display = ["name", "group", "value", "unit", "period", "scope", "order"]
    list_filter = ["scope", "group"]
    search_fields = ["name"]


@admin.register(HallMechanism)
class HallMechanismAdmin(PortalAdmin):
    list_display = ["name", "meaning", "scope", "order"]
    list_filter = ["scope"]
    search_fields = ["name", "meaning"]
