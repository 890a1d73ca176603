"""Synonyms, and what was not found."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from tuoxian_portal.audit.actions import log
from tuoxian_portal.core.admin_site import PortalAdmin, ReadOnlyAdmin, badge
from tuoxian_portal.core.calendar import today
from tuoxian_portal.search import synonyms
from tuoxian_portal.search.models import MissKind, SearchMiss, SynonymGroup


@admin.register(SynonymGroup)
class SynonymGroupAdmin(PortalAdmin):
    list_display = ("words", "note", "is_active", "updated_at")
    list_filter = ("is_active",)
    search_fields = ("words", "note")
    fields = ("words", "note", "is_active")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        log(actor=request.user, action="change_synonyms" if change else "add_synonyms", target=obj)
        synonyms.forget()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        log(actor=request.user, action="delete_synonyms", target=obj)
        super().delete_model(request, obj)
        synonyms.forget()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        for group in queryset:
            log(actor=request.user, action="delete_synonyms", target=group)
        super().delete_queryset(request, queryset)
        synonyms.forget()


class RecentFilter(admin.SimpleListFilter):
    title = _("时间")
    parameter_name = "days"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("7", _("最近 7 天")), ("30", _("最近 30 天"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        days = self.value()
        return (
            queryset.filter(day__gt=today() - timedelta(days=int(days))) if days in {"7", "30"} else queryset
        )


@admin.register(SearchMiss)
class SearchMissAdmin(ReadOnlyAdmin):
    kind_badge = badge(MissKind, field="kind", title=_("看到什么"))
    list_display = ("text", "kind_badge", "count", "day", "next_step")
    list_display_links = None
    list_filter = ("kind", RecentFilter)
    search_fields = ("text",)
    ordering = ("-count", "-day", "text")

    @display(description=_("怎么办"))
    def next_step(self, miss: SearchMiss) -> Any:
        again = f"{reverse('search:results')}?{urlencode({'q': miss.text})}"
        add = f"{reverse('admin:search_synonymgroup_add')}?{urlencode({'words': miss.text + '、'})}"
        return format_html('<a href="{}">加为同义词</a>　<a href="{}">再搜一次</a>', add, again)
