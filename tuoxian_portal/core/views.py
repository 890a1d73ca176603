"""Pages that belong to no domain: errors, display settings, the component gallery, job progress."""

import sys
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from tuoxian_portal.core import gallery
from tuoxian_portal.core import health as health_report
from tuoxian_portal.core.api.errors import body
from tuoxian_portal.core.crypto import Unreadable
from tuoxian_portal.core.display import COOKIE, DisplaySettings
from tuoxian_portal.core.forms import DisplayForm
from tuoxian_portal.core.models import Job

YEAR = 365 * 24 * 60 * 60
RETRY_SECONDS = 60


# --- errors -------------------------------------------------------------------------------------
def _asks_the_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/v")


def _told_to_a_program(code: str, detail: str, status: int) -> JsonResponse:
    return JsonResponse(body(code, detail), status=status, json_dumps_params={"ensure_ascii": False})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _asks_the_api(request):
        return _told_to_a_program("bad_request", "这个请求无法处理，请核对地址和内容。", 400)
    return render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", {"reason": str(exception)}, status=403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403.html", {"expired": True}, status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _asks_the_api(request):
        return _told_to_a_program("not_found", "没有这个接口地址。", 404)
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 for what an operator must put right: the database, or the key of personal numbers.
    Asks neither database, cache nor session."""
    fault = sys.exc_info()[1]
    if isinstance(fault, OperationalError | InterfaceError):
        return service_unavailable(request)
    if isinstance(fault, Unreadable):
        return service_unavailable(
            request, "个人信息暂时无法读取，请联系系统管理员核对加密密钥。数据没有丢失。"
        )
    if _asks_the_api(request):
        return _told_to_a_program("error", "服务器出错，管理员可在日志中查到原因。请稍后再试。", 500)
    return HttpResponse(_alone(request, "500.html"), status=500)


def service_unavailable(request: HttpRequest, reason: str = "") -> HttpResponse:
    response: HttpResponse
    if _asks_the_api(request):
        response = _told_to_a_program("unavailable", reason or "暂时无法提供服务，请稍后再试。", 503)
    else:
        response = HttpResponse(_alone(request, "503.html", reason=reason), status=503)
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _alone(request: HttpRequest, template: str, **more: str) -> str:
    """`template` without context processors: whatever is broken must not break the page that says so."""
    context = {"site": settings.SITE, "display": DisplaySettings.from_request(request), **more}
    return render_to_string(template, context)


# --- display settings ---------------------------------------------------------------------------
@csrf_exempt  # the cookie only says how pages look, and public pages from the cache carry no token
def display(request: HttpRequest) -> HttpResponse:
    """Chooses how the pages look and goes back to where one was. What is not sent stays as it is."""
    current = DisplaySettings.from_request(request)
    back = request.POST.get("next") or request.GET.get("next") or "/"
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}, request.is_secure()):
        back = "/"
    if request.method == "POST":
        parts = [request.POST.get(name, getattr(current, name)) for name in ("size", "contrast", "scheme")]
        response = HttpResponseRedirect(back)
        response.set_cookie(
            COOKIE,
            str(DisplaySettings.parse(".".join(parts))),
            max_age=YEAR,
            samesite="Lax",
            httponly=True,
            secure=settings.SESSION_COOKIE_SECURE,
        )
        return response
    form = DisplayForm(initial=vars(current))
    return render(request, "core/display.html", {"form": form, "back": back})


# --- the component gallery ----------------------------------------------------------------------
def components(request: HttpRequest) -> HttpResponse:
    """Every component with example data in all its states; only while developing."""
    if not settings.DEBUG:
        raise Http404
    return render(request, "core/components.html", gallery.context())


# --- background work ----------------------------------------------------------------------------
@login_required
def job_progress(request: HttpRequest, job_id: Any) -> JsonResponse:
    """How far a job is, for the person who asked for it and for administrators."""
    jobs = Job.objects.all()
    if not request.user.has_perm("core.view_job"):
        jobs = jobs.filter(requested_by=request.user.pk)
    return JsonResponse(get_object_or_404(jobs, pk=job_id).as_dict())


@never_cache
def session(request: HttpRequest) -> JsonResponse:
    """Whether the caller is still signed in; the workbench asks before it sends a form."""
    login = f"{reverse('login')}?{urlencode({'next': reverse('core:signed_in')})}"
    return JsonResponse({"signed_in": request.user.is_authenticated, "login": login})


@login_required
@never_cache
def signed_in(request: HttpRequest) -> HttpResponse:
    """Where a login in a second window ends: the form that waits is in the first."""
    return render(request, "core/signed_in.html")


@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """503 only when pages cannot work; a broker or beat that is down is told in the body."""
    found = health_report.report()
    return JsonResponse(found, status=503 if found["status"] == "down" else 200)
