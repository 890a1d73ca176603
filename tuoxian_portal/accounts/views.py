"""Signing in."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from tuoxian_portal.core.api.errors import body


class PortalLoginView(LoginView):
    """The one door for staff. Where it leads without `next` depends on the person: an official to the
    cockpit, everybody else to the workbench."""

    template_name = "accounts/login.html"
    # Django's view would put django.contrib.sites in the place of the portal's own `site`.
    extra_context = {"site": settings.SITE}

    def get_default_redirect_url(self) -> str:
        person: Any = self.request.user  # signed in a moment ago
        return reverse("dashboard:cockpit" if person.has_role("official") else "admin:index")


def locked_out(request: HttpRequest, refused: Any, credentials: dict[str, Any] | None) -> HttpResponse:
    """What axes answers while a name or an address is locked: 429, with when to try again."""
    seconds = int(settings.AXES_COOLOFF_TIME.total_seconds())
    minutes = seconds // 60
    many = getattr(request, "tried_many_names", False)
    response: HttpResponse
    if request.path.startswith("/api/"):
        text = (
            f"从这个网络地址用多个用户名登录失败，请 {minutes} 分钟后再试。"
            if many
            else f"登录失败次数过多，账号已锁定，请 {minutes} 分钟后再试。"
        )
        response = JsonResponse(body("locked", text), status=429)
    else:
        response = render(
            request,
            "accounts/locked.html",
            {
                "minutes": minutes,
                "limit": settings.AXES_FAILURE_LIMIT,
                "names": settings.LOGIN_NAMES_PER_ADDRESS if many else 0,
                "login_url": request.path,
            },
            status=429,
        )
    response.headers["Retry-After"] = str(seconds)
    return response
