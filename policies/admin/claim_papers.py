"""The notices of a claim in the workbench: one, or those of many as one PDF."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from policies.models import ClaimMail, ClaimNotice, PolicyClaim
from policies.notice_paper import PRINTED_AT_ONCE, TITLES, paper_of, render
from tuoxian_portal.core.crypto import mask_email
from tuoxian_portal.core.errors import PortalError

LINK = "text-primary-600 underline dark:text-primary-500"


def _pdf(data: bytes, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


class ClaimPapersMixin:
    """Who sees a claim prints its papers; everybody else gets 404."""

    def get_urls(self) -> list[URLPattern]:
        here: Any = self
        view = here.admin_site.admin_view
        return [
            path("<int:pk>/notice/", view(self.notice_view), name="policies_policyclaim_notice"),
            path("notices/<int:pk>/", view(self.issued_view), name="policies_policyclaim_issued"),
            *super().get_urls(),  # type: ignore[misc]  # a mixin of ModelAdmin
        ]

    def _claims(self, request: HttpRequest) -> QuerySet[PolicyClaim]:
        here: Any = self
        if not here.has_view_permission(request):
            raise PermissionDenied
        return here.get_queryset(request).select_related("clause__policy", "enterprise")

    def notice_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The paper of what is decided now; as issued once it was."""
        claim = self._claims(request).filter(pk=pk).first()
        if claim is None:
            raise Http404
        try:
            paper = paper_of(claim)
        except PortalError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(reverse("admin:policies_policyclaim_change", args=[pk]))
        return _pdf(render([paper]), paper["number"])

    def issued_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A notice as it was issued."""
        notice = ClaimNotice.objects.filter(pk=pk).first()
        if notice is None or not self._claims(request).filter(pk=notice.claim_id).exists():
            raise Http404
        return _pdf(render([notice.content]), notice.number)

    @admin.action(description=_("打印所选告知书（一个 PDF）"), permissions=["view"])
    def print_selected(self, request: HttpRequest, queryset: QuerySet) -> HttpResponse | None:
        """Leaves out, and says so, what has no decision to tell."""
        rows = queryset.filter(state__in=TITLES).select_related("clause__policy", "enterprise")
        claims = list(rows.prefetch_related("notices").order_by("number")[: PRINTED_AT_ONCE + 1])
        left_out = queryset.count() - len(claims)
        if not claims:
            messages.error(
                request, "所选的都还没有可以告知的决定：已审核、已批准、已兑付和不予兑付的才有告知书。"
            )
            return None
        if len(claims) > PRINTED_AT_ONCE:
            messages.error(request, f"一次最多打印 {PRINTED_AT_ONCE} 份，请先筛选，分批打印。")
            return None
        if left_out:
            messages.warning(request, f"所选中有 {left_out} 笔还没有可以告知的决定，没有打印。")
        return _pdf(render(paper_of(claim) for claim in claims), f"notices-{len(claims)}")

    @display(description=_("告知书"))
    def papers(self, claim: PolicyClaim) -> str:
        """The way to print, then what was issued, newest first, with how it travels."""
        parts = []
        if claim.state in TITLES:
            parts.append(paper_link(claim))
        for notice in claim.notices.select_related("mail"):
            url = reverse("admin:policies_policyclaim_issued", args=[notice.pk])
            told = f"{notice.get_state_display()}，{notice.notified_on} {notice.get_method_display()}告知"
            parts.append(
                format_html(
                    '<a class="{}" href="{}" target="_blank">{}</a> {}{}',
                    LINK,
                    url,
                    notice.number,
                    told,
                    _mail(notice),
                )
            )
        return format_html_join("", "<div>{}</div>", ((part,) for part in parts)) or "还没有决定"

    @display(description=_("联系邮箱"))
    def shown_email(self, claim: PolicyClaim) -> str:
        address = claim.enterprise.contact_email
        return mask_email(address) if address else "名录里没有"


def paper_link(claim: PolicyClaim) -> SafeString:
    """To the paper of what is decided now."""
    url = reverse("admin:policies_policyclaim_notice", args=[claim.pk])
    return format_html('<a class="{}" href="{}" target="_blank">打印告知书（PDF）</a>', LINK, url)


def _mail(notice: ClaimNotice) -> str:
    mail: ClaimMail | None = getattr(notice, "mail", None)
    if mail is None:
        return ""
    sent = f" {timezone.localtime(mail.sent_at):%Y-%m-%d}" if mail.sent_at else ""
    return f"；邮件{mail.get_state_display()}{sent}{f'（{mail.error}）' if mail.error else ''}"
