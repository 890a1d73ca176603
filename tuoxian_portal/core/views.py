"""Pages that belong to no domain: errors, display settings, the component gallery, job progress."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render

from tuoxian_portal.core.models import Job


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "403.html", {"reason": str(exception)}, status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "500.html", status=500)


@login_required
def job_progress(request: HttpRequest, job_id: Any) -> JsonResponse:
    """How far a job is, for the person who asked for it and for administrators."""
    jobs = Job.objects.all()
    if not request.user.has_perm("core.view_job"):
        jobs = jobs.filter(requested_by=request.user)
    return JsonResponse(get_object_or_404(jobs, pk=job_id).as_dict())
