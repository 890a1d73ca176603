"""The county's master data in the workbench."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline, TabularInline
from unfold.widgets import UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from tuoxian_portal.core.admin_record import Recorded
from tuoxian_portal.core.admin_site import SOURCE_FIELDS, PortalAdmin
from tuoxian_portal.core.crypto import mask_email
from tuoxian_portal.directory.models import (
    Bank,
    CountyFact,
    Department,
    Enterprise,
    EnterpriseProfile,
    EnterpriseQualification,
    Industry,
    IndustryChain,
    Outlet,
    Park,
    Town,
)

SOURCE = (_("来源"), {"classes": ["collapse"], "fields": SOURCE_FIELDS})


class NamedAdmin(Recorded, PortalAdmin):
    """Master data: own fields first, its source folded below. Rows are switched off, not deleted."""

    own_fields: tuple[Any, ...] = ()
    search_fields = ["name", "note"]
    list_filter = ["is_active", "confidence"]
    ordering = ["order", "pk"]
    deletable = False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return [(None, {"fields": ["name", *self.own_fields, "note", "order", "is_active"]}), SOURCE]


@admin.register(Town)
class TownAdmin(NamedAdmin):
    list_display = ["name", "code", "kind", "is_active"]
    search_fields = ["name", "code"]
    own_fields = ("code", "kind")


@admin.register(Department)
class DepartmentAdmin(NamedAdmin):
    list_display = ["name", "short_name", "phone", "confidence", "is_active"]
    search_fields = ["name", "short_name"]
    own_fields = ("short_name", "phone", "duties")
    one_a_line = ("duties",)


@admin.register(Outlet)
class OutletAdmin(NamedAdmin):
    list_display = ["name", "level", "town", "phone", "is_active"]
    list_filter = ["level", "town", "is_active"]
    own_fields = ("level", "town", "address", "phone", "opening_hours")


@admin.register(Park)
class ParkAdmin(NamedAdmin):
    list_display = ["name", "alias_text", "is_active"]
    own_fields = ("aliases", "facts")
    one_a_line = ("aliases",)

    @admin.display(description=_("别名"))
    def alias_text(self, park: Park) -> str:
        return "、".join(park.aliases)


@admin.register(Industry)
class IndustryAdmin(NamedAdmin):
    list_display = ["name", "slug", "order", "is_active"]
    own_fields = ("slug",)


@admin.register(IndustryChain)
class IndustryChainAdmin(NamedAdmin):
    list_display = ["name", "industry", "link_text", "is_active"]
    list_filter = ["industry", "is_active"]
    own_fields = ("industry", "links", "leader", "chief")
    one_a_line = ("links",)

    @admin.display(description=_("环节"))
    def link_text(self, chain: IndustryChain) -> str:
        return " → ".join(chain.links)


class ProfileInline(StackedInline):
    """What policies ask about the enterprise, with its own source: an empty field is 不清楚."""

    model = EnterpriseProfile
    verbose_name_plural = _("企业画像（用于政策匹配，不清楚的不填）")
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("industry_code", "chain", "town"),
                    ("registered_on", "size", "qualifications_complete"),
                    ("headcount", "talent"),
                    ("revenue_wan", "rd_spending_wan"),
                    ("project_kind", "investment_wan"),
                    ("equipment_wan", "loan_wan"),
                    ("power_use", "power_price"),
                    ("steam_use", "sewage", "as_of"),
                ]
            },
        ),
        SOURCE,
    ]


class QualificationInline(TabularInline):
    model = EnterpriseQualification
    extra = 0
    fields = ["kind", "number", "valid_from", "valid_until"]


class EnterpriseForm(forms.ModelForm):
    """The contact address is never shown again; it can only be replaced or erased."""

    contact_email = forms.EmailField(
        label=_("联系邮箱"), required=False, max_length=200, widget=UnfoldAdminTextInputWidget
    )
    erase_email = forms.BooleanField(
        label=_("删除联系邮箱"), required=False, widget=UnfoldBooleanSwitchWidget
    )

    class Meta:
        model = Enterprise
        fields = "__all__"  # noqa: DJ007 (the admin's fieldsets name them)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kept_email = self.instance.contact_email
        if field := self.fields.get("contact_email"):
            self.initial["contact_email"] = ""
            field.help_text = (
                f"现为 {mask_email(self.kept_email)}，留空不改。"
                if self.kept_email
                else "企业同意用来接收政策兑现告知书的邮箱；没有的不填。"
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not cleaned.get("contact_email"):
            cleaned["contact_email"] = "" if cleaned.get("erase_email") else self.kept_email
        return cleaned


@admin.register(Enterprise)
class EnterpriseAdmin(NamedAdmin):
    form = EnterpriseForm
    inlines = [ProfileInline, QualificationInline]
    list_display = ["name", "short_name", "credit_code", "industry", "park", "is_sample", "is_active"]
    list_filter = ["industry", "park", "is_sample", "is_active"]
    search_fields = ["name", "short_name", "credit_code"]
    own_fields = (
        "short_name",
        "credit_code",
        "industry",
        "park",
        ("contact_email", "erase_email"),
        "facts",
    )


@admin.register(Bank)
class BankAdmin(NamedAdmin):
    list_display = ["name", "is_sample", "is_active"]
    list_filter = ["is_sample", "is_active"]


@admin.register(CountyFact)
class CountyFactAdmin(Recorded, PortalAdmin):
    list_display = ["label", "value", "unit", "year", "topic", "confidence"]
    list_filter = ["topic", "confidence"]
    search_fields = ["label", "value", "text"]
    deletable = False
    fieldsets = [
        (None, {"fields": ["key", "topic", "label", "value", "unit", "year", "text", "order"]}),
        SOURCE,
    ]
