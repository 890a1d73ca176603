"""Attachments in the workbench: the section on a page, uploading, handing out, taking away.

The counter includes `admin/services/case/attachments.html` inside its own form with
`attachments_of(request, submission=…)` as `files`, loads `js/attachments.js`, and calls `keep_files` when
it is posted: so files survive an error on the form with and without scripts.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import URLPattern, path, reverse

from services.actions import attachments as do
from services.choices_cases import MaterialState
from services.models.attachments import CaseAttachment
from services.models.cases import Case, CaseMaterial
from services.models.catalogue import Material
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.uploads import ACCEPT, ALLOWED_TEXT, file_response

FIELD = "attachments"
TARGET = "attachment_material"


def attachments_of(
    request: HttpRequest,
    *,
    case: Case | None = None,
    submission: UUID | str | None = None,
    materials: Sequence[tuple[int, str]] = (),
) -> dict[str, Any]:
    """What the section shows: of `case`, or of the form with the token `submission`, whose `materials`
    (of the catalogue) a file can belong to; one query. Sets `files` on each material of `case`."""
    rows = CaseAttachment.objects.visible_to(request.user).select_related("uploaded_by", "line", "material")
    token = case.submission if case else _token(str(submission or ""))
    found = list(rows.filter(submission=token)) if token else []
    user: Any = request.user
    may_add = user.has_perm(do.ADD) and (case is None or case.is_open)
    if case is not None:
        materials = [(m.pk, m.name) for m in case.materials.all() if m.state != MaterialState.NOT_NEEDED]
    present = [_with_choices(a, materials) for a in found if a.removed_at is None]
    for line in case.materials.all() if case else []:
        line.files = [a for a in present if a.line_id == line.pk]  # type: ignore[attr-defined]  # for the page
    return {
        "case": case,
        "submission": token,
        "present": sorted(present, key=lambda a: a.shows == ""),
        "removed": [a for a in found if a.removed_at],
        "may_add": may_add,
        "may_remove": may_add,
        "targets": materials if may_add else [],
        "target": request.POST.get(TARGET, ""),
        "accept": ACCEPT,
        "allowed": ALLOWED_TEXT,
        "upload_url": reverse("admin:services_case_attach"),
    }


def _with_choices(attachment: CaseAttachment, materials: Sequence[tuple[int, str]]) -> CaseAttachment:
    """With `chosen`, and `choices` that hold it even where the list of materials has changed since."""
    what = attachment.line if attachment.case_id else attachment.material
    attachment.chosen = what.pk if what else None  # type: ignore[attr-defined]  # for the page
    known = any(pk == attachment.chosen for pk, _name in materials)  # type: ignore[attr-defined]
    extra = [(what.pk, what.name)] if what and not known else []
    attachment.choices = [*materials, *extra]  # type: ignore[attr-defined]
    return attachment


def keep_files(request: HttpRequest, *, submission: UUID | str) -> list[str]:
    """Keeps the files that came with a posted counter form, under the material chosen for them, and what
    was chosen for those kept before; returns what was wrong, one sentence each."""
    token = _token(str(submission))
    if token is None:
        return []
    _file_all(request, token)
    files = request.FILES.getlist(FIELD)
    if not files:
        return []
    return _attach_all(
        request, files, submission=token, material=_material(str(request.POST.get(TARGET, "")))
    )[1]


def _file_all(request: HttpRequest, token: UUID) -> None:
    """Files what the form already has under the materials chosen beside them (`shows_<pk>`)."""
    chosen = {name: value for name, value in request.POST.items() if name.startswith("shows_")}
    if not chosen:
        return
    rows = CaseAttachment.objects.present().filter(submission=token, case=None, uploaded_by=request.user.pk)
    for attachment in rows:
        if (key := chosen.get(f"shows_{attachment.pk}")) is not None:
            do.file_under(attachment=attachment, actor=request.user, material=_material(str(key)))


def _material(key: str) -> Material | None:
    return Material.objects.filter(pk=key).first() if key.isdecimal() and len(key) < 18 else None


def _line(case: Case, key: str) -> CaseMaterial | None:
    return next((m for m in case.materials.all() if str(m.pk) == key), None)


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
        "shows": attachment.shows,
        "chosen": attachment.line_id if attachment.case_id else attachment.material_id,
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
                "attachments/<int:pk>/file/",
                view(self.file_attachment_view),
                name="services_case_attachment_file",
            ),
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
        chosen = data.get(TARGET, "")
        if case is not None:
            where["line"] = _line(case, chosen)
        else:
            where["material"] = _material(chosen)
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

    def file_attachment_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Files it under a material of its case, or under none."""
        attachment = self._attachment(request, pk)
        case = attachment.case
        if request.method == "POST" and case is not None:
            line = _line(case, request.POST.get(TARGET, ""))
            try:
                do.file_under(attachment=attachment, actor=request.user, line=line)
                where = f"归入“{line.name}”" if line else "改为未归类"
                messages.success(request, f"附件“{attachment.name}”已{where}。")
            except PortalError as error:
                messages.error(request, error.message)
        return self._back(case)

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
