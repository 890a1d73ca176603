"""Handing out files of evidence: to staff who see the record, never under a public address."""

from typing import Any

from django.contrib.admin.utils import unquote
from django.http import FileResponse, Http404, HttpRequest
from django.urls import URLPattern, path, reverse

from tuoxian_portal.core.uploads import file_response


class EvidenceMixin:
    """Adds `<id>/evidence/` to the admin of an `Evidenced` model."""

    def get_urls(self: Any) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_evidence"
        view = self.admin_site.admin_view(self.evidence_view)
        return [path("<path:object_id>/evidence/", view, name=name), *super().get_urls()]  # type: ignore[misc]  # of the admin it is mixed into

    def evidence_view(self: Any, request: HttpRequest, object_id: str) -> FileResponse:
        record = self.get_object(request, unquote(object_id))
        if record is None or record.file_kind is None or not self.has_view_permission(request, record):
            raise Http404
        return file_response(record.evidence_file.open(), name=record.evidence_name, kind=record.file_kind)

    def evidence_url(self: Any, record: Any) -> str:
        """Where the file is, "" without one."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_evidence"
        return reverse(name, args=[record.pk]) if record.evidence_file else ""
