"""Versions of an item in the admin: what was published, and any two of them side by side."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from services.comparison import compare
from services.models import ItemVersion, ServiceItem
from services.version_history import difference_to_published, history_of_item
from tuoxian_portal.core.admin_site import ReadOnlyAdmin


def difference_note(record: ServiceItem) -> SafeString | str:
    """与已发布版本的差异, as a reviewer sees it before the button; "" for a first version."""
    difference = difference_to_published(record)
    if difference is None:
        return ""
    return render_to_string(
        "admin/services/serviceitem/difference.html",
        {"comparison": difference, "compare_url": compare_url(record)},
    )


def compare_url(record: ServiceItem) -> str:
    return reverse("admin:services_serviceitem_compare", args=[record.pk])


def compare_view(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """Two versions of an item, field by field; `print=1` is the page for paper. At most 16 queries."""
    record = model_admin.get_object(request, unquote(object_id))
    if record is None:
        raise Http404
    if not (
        model_admin.has_view_permission(request, record)
        and request.user.has_perm("services.view_itemversion")
    ):
        raise PermissionDenied("您没有查看清单版本的权限。如需查看，请联系系统管理员。")
    history = history_of_item(record)
    known = {side.value for side in history.sides}
    old, new = (request.GET.get(name, "") for name in ("old", "new"))
    problem = ""
    if (old and old not in known) or (new and new not in known):
        problem = "没有您要的那个版本，已显示最近的两个。"
        old = new = ""
    old, new = old or history.defaults[0], new or history.defaults[1]
    context = {
        **model_admin.admin_site.each_context(request),
        "title": f"版本对比：{history.item.name}",
        "opts": model_admin.opts,
        "original": record,
        "item": history.item,
        "sides": history.sides,
        "old": old,
        "new": new,
        "old_label": history.label(old),
        "new_label": history.label(new),
        "problem": problem,
        "comparison": history.compare(old, new) if old and new else None,
        "back": model_admin.change_url(record),
    }
    name = "compare_print" if request.GET.get("print") else "compare"
    return TemplateResponse(request, f"admin/services/serviceitem/{name}.html", context)


@admin.register(ItemVersion)
class ItemVersionAdmin(ReadOnlyAdmin):
    """What was published, when and by whom. Written by the portal only."""

    list_display = ["item", "number", "published_at", "published_by", "comparison"]
    list_filter = ["published_at"]
    search_fields = ["item__search_text", "item__code"]
    fields = ("item", "number", "published_at", "published_by", "comparison", "elements")
    readonly_fields = ("comparison", "elements")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        queryset = super().get_queryset(request)
        # A list of fifty versions needs none of their contents.
        return queryset.select_related("item", "published_by").defer("content")

    @display(description=_("对比"))
    def comparison(self, obj: ItemVersion) -> SafeString:
        url = f"{compare_url(obj.item)}?new={obj.number}"
        if obj.number > 1:
            url += f"&old={obj.number - 1}"
        return format_html('<a href="{}">{}</a>', url, _("与其他版本对比"))

    @display(description=_("内容"))
    def elements(self, obj: ItemVersion) -> SafeString:
        """Everything that this version says, element by element."""
        rows = ((where, text) for where, _old, text in compare({}, obj.content).lines())
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}：{}</li>", rows))
