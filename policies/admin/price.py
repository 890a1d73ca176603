"""Other places' prices: what staff keep so that visitors can compare."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from policies.actions.price import save_comparison_price
from policies.admin.policy import SavedThroughActions
from policies.models import ComparisonPrice
from tuoxian_portal.audit.workflow_admin import VersionedModelForm
from tuoxian_portal.core.admin_site import SOURCE_FIELDS


@admin.register(ComparisonPrice)
class ComparisonPriceAdmin(SavedThroughActions):
    form = VersionedModelForm
    deletable = True
    list_display = ("place", "factor", "item", "value_label", "as_of_date", "is_public")
    list_filter = ("factor", "place", "is_public")
    search_fields = ("place", "item", "source_title")
    date_hierarchy = "as_of_date"
    fieldsets = (
        (None, {"fields": (("place", "factor"), "item", ("value", "unit"), "tax")}),
        (_("时间"), {"fields": ("as_of_date", "note", "is_public")}),
        (_("来源（必填）"), {"fields": (*SOURCE_FIELDS, "seen_version")}),
    )

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        changed = [name for name in form.changed_data if name != "seen_version"]
        if changed or not change:
            save_comparison_price(
                price=obj,
                actor=request.user,
                changed=changed,
                version=form.cleaned_data.get("seen_version"),
            )
