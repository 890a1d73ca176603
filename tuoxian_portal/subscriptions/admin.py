"""Subscriptions and the outbox for who runs the portal: to look at, to stop, to try again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from tuoxian_portal.core.admin_site import ReadOnlyAdmin, badge
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.outbox import MailState
from tuoxian_portal.subscriptions import actions
from tuoxian_portal.subscriptions.choices import SubscriptionState
from tuoxian_portal.subscriptions.models import Message, Subscription


class _StaffActions(ReadOnlyAdmin):
    """A read-only list whose rows can be handed to one action."""

    def _each(self, request: HttpRequest, rows: QuerySet, act: Any, done: str) -> None:
        count, refusals = 0, []
        for row in rows:
            try:
                act(row)
                count += 1
            except PortalError as error:
                refusals.append(f"{row}：{error.message}")
        if count:
            messages.success(request, f"{done} {count} 条。")
        for refusal in refusals[:5]:
            messages.error(request, refusal)

    def has_stop_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("subscriptions.stop_subscription")


@admin.register(Subscription)
class SubscriptionAdmin(_StaffActions):
    state_badge = badge(SubscriptionState)
    list_display = ("title", "shown_email", "frequency", "state_badge", "created_at", "next_due_at")
    list_filter = ("state", "frequency", "kind")
    search_fields = ("title",)
    fields = (
        "title",
        "query",
        "shown_email",
        "frequency",
        "state",
        "created_at",
        "confirm_until",
        "confirmed_at",
        "next_due_at",
        "ended_at",
    )
    readonly_fields = fields
    actions = ("stop_chosen",)

    @display(description=_("邮箱"))
    def shown_email(self, subscription: Subscription) -> str:
        return subscription.masked_email or "已删除"

    @admin.action(description=_("停止所选订阅并删除邮箱"), permissions=["stop"])
    def stop_chosen(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._each(
            request,
            queryset,
            lambda row: actions.stop(subscription=row, actor=request.user, reason="工作人员停止"),
            "已停止",
        )


@admin.register(Message)
class MessageAdmin(_StaffActions):
    state_badge = badge(MailState)
    list_display = ("subscription", "kind", "state_badge", "attempts", "next_try_at", "sent_at", "error")
    list_filter = ("state", "kind")
    fields = (
        "subscription",
        "kind",
        "state",
        "attempts",
        "next_try_at",
        "sent_at",
        "error",
        "created_at",
    )
    readonly_fields = fields
    actions = ("retry_chosen",)

    @admin.action(description=_("立即重试所选邮件"), permissions=["stop"])
    def retry_chosen(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._each(
            request, queryset, lambda row: actions.retry(message=row, actor=request.user), "已安排重试"
        )
