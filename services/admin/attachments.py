"""Attachments in the workbench: the section on a page, uploading, handing out, taking away.

The counter includes `admin/services/case/attachments.html` inside its own form with
`attachments_of(request, submission=…)` as `files`, loads `js/attachments.js`, and calls `keep_files` when
it is posted: so files survive an error on the form with and without scripts.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse

from services.actions import attachments as do
from services.models.attachments import CaseAttachment
from services.models.cases import Case
from services.models.catalogue import Material
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.uploads import ACCEPT, ALLOWED_TEXT, file_response

FIELD = "attachments"


def attachments_of(
    request: HttpRequest, *, case: Case | None = None, submission: UUID | str | None = None
) -> dict[str, Any]:
    """What the section shows: of `case`, or of the form with the token `submission`; one query."""
    rows = CaseAttachment.objects.visible_to(request.user).select_related("uploaded_by", "line")
    token = case.submission if case else _token(str(submission or ""))
    found = list(rows.filter(submission=token)) if token else []
    user: Any = request.user
    may_add = user.has_perm(do.ADD) and (case is None or case.is_open)
    return {
        "case": case,
        "submission": token,
        "present": [a for a in found if a.removed_at is None],
        "removed": [a for a in found if a.removed_at],
        "may_add": may_add,
        "may_remove": may_add,
        "lines": [m for m in case.materials.all() if m.state != "not_needed"] if case and may_add else [],
        "accept": ACCEPT,
        "allowed": ALLOWED_TEXT,
        "upload_url": reverse("admin:services_case_attach"),
    }


def keep_files(request: HttpRequest, *, submission: UUID | str) -> list[str]:
    """Keeps the files that came with a posted counter form; returns what was wrong with the others, one
    sentence each."""
    token = _token(str(submission))
    files = request.FILES.getlist(FIELD)
    if token is None or not files:
        return []
    return _attach_all(request, files, submission=token)[1]


def _attach_all(
    request: HttpRequest, files: Iterable[Any], **where: Any
) -> tuple[list[do.Attached], list[str]]:
    kept, problems = [], []
    for file in files:
        try:
            kept.append(do.attach(file=file, actor=request.user, **where))
        except ValidationError as error:
            problems += error.messages
        except PortalError as error:
            problems.append(error.message)
    return kept, problems


def _token(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _as_dict(attachment: CaseAttachment, *, is_new: bool = True) -> dict[str, Any]:
    return {
        "id": attachment.pk,
        "name": attachment.name,
        "size": attachment.size_text,
        "kind": attachment.file_kind.label,
        "is_new": is_new,
        "url": reverse("admin:services_case_attachment", args=[attachment.pk]),
        "remove_url": reverse("admin:services_case_attachment_remove", args=[attachment.pk]),
    }


class AttachmentsMixin:
    """Adds to the admin of cases the routes of its attachments. Outside one's scope: 404."""

    def get_urls(self) -> list[URLPattern]:
        here: Any = self
        view = here.admin_site.admin_view
        return [
            path("attachments/", view(self.attach_view), name="services_case_attach"),
            path("attachments/<int:pk>/", view(self.attachment_view), name="services_case_attachment"),
            path(
                "attachments/<int:pk>/remove/",
                view(self.remove_attachment_view),
                name="services_case_attachment_remove",
            ),
            *super().get_urls(),  # type: ignore[misc]  # a mixin of ModelAdmin
        ]

    def attach_view(self, request: HttpRequest) -> HttpResponse:
        """Keeps the posted files: of `case` (pk) or under `submission`. Answers a script with JSON, a
        form with its page; GET lists what `submission` has."""
        here: Any = self
        if not here.has_view_permission(request):
            raise PermissionDenied
        data = request.POST if request.method == "POST" else request.GET
        case = None
        if number := data.get("case", ""):
            case = here._find(request, number)
        token = _token(data.get("submission", ""))
        if case is None and token is None:
            raise Http404
        if request.method != "POST":
            found = attachments_of(request, case=case, submission=token)
            return JsonResponse({"attachments": [_as_dict(a) for a in found["present"]]})
        files = request.FILES.getlist(FIELD)
        where: dict[str, Any] = {"case": case, "submission": token}
        if (key := data.get("line", "")).isdecimal() and case is not None:
            where["line"] = next((m for m in case.materials.all() if str(m.pk) == key), None)
        if (key := data.get("material", "")).isdecimal() and len(key) < 18:
            where["material"] = Material.objects.filter(pk=key).first()
        kept, problems = _attach_all(request, files, **where)
        if not files:
            problems.append(f"请选择文件（{ALLOWED_TEXT}）。")
        if "application/json" in request.headers.get("Accept", ""):
            return JsonResponse(
                {
                    "attachments": [_as_dict(k.attachment, is_new=k.is_new) for k in kept],
                    "problems": problems,
                },
                status=400 if problems and not kept else 200,
            )
        for problem in problems:
            messages.error(request, problem)
        for one in kept:
            name = one.attachment.name
            messages.success(
                request, f"已添加附件“{name}”。" if one.is_new else f"“{name}”已经上传过，没有重复保存。"
            )
        return self._back(case)

    def attachment_view(self, request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
        """The file itself: pictures and PDF in the browser, the rest as a download."""
        attachment = self._attachment(request, pk)
        try:
            file = do.hand_out(attachment=attachment, actor=request.user)
        except PortalError as error:
            messages.error(request, error.message)
            return self._back(attachment.case)
        return file_response(file, name=attachment.name, kind=attachment.file_kind)

    def remove_attachment_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Takes the file away; a script gets JSON, a form its page."""
        attachment = self._attachment(request, pk)
        wants_json = "application/json" in request.headers.get("Accept", "")
        if request.method != "POST":
            return self._back(attachment.case)
        try:
            do.remove(attachment=attachment, actor=request.user, reason=request.POST.get("reason", ""))
        except PortalError as error:
            if wants_json:
                return JsonResponse({"problems": [error.message]}, status=error.status)
            messages.error(request, error.message)
            return self._back(attachment.case)
        if wants_json:
            return JsonResponse({"removed": attachment.pk})
        messages.success(request, f"已撤下附件“{attachment.name}”。")
        return self._back(attachment.case)

    def _attachment(self, request: HttpRequest, pk: int) -> CaseAttachment:
        rows = CaseAttachment.objects.visible_to(request.user).select_related("case")
        attachment = rows.filter(pk=pk).first()
        if attachment is None:
            raise Http404
        return attachment

    def _back(self, case: Case | None) -> HttpResponseRedirect:
        if case is None:
            return HttpResponseRedirect(reverse("admin:services_case_add"))
        return HttpResponseRedirect(f"{case.get_absolute_url()}#attachments")
