"""The printed papers of a record in the workbench: as PDF, and as a page that prints from the browser."""

from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from services.models.papers import IssuedPaper
from services.papers.render import facts_of, link_of, render_paper


class PapersMixin:
    """For an admin whose records have papers: `paper_model` names their table.

    Adds `services_<model>_paper` and `services_<model>_print`, both by the paper's pk. Who sees the
    record sees its papers; everybody else gets 404.
    """

    paper_model: type[IssuedPaper]

    def get_urls(self) -> list[URLPattern]:
        here: Any = self
        view, name = here.admin_site.admin_view, f"services_{here.opts.model_name}"
        return [
            path("papers/<int:pk>/", view(self.paper_view), name=f"{name}_paper"),
            path("papers/<int:pk>/print/", view(self.print_view), name=f"{name}_print"),
            *super().get_urls(),  # type: ignore[misc]  # a mixin of ModelAdmin
        ]

    def done_links(self, record: Any, since: datetime) -> list[tuple[str, str]]:
        """The papers that an act has just made, to be printed without looking for them; one query."""
        here: Any = self
        made = self.paper_model._default_manager.filter(
            **{self.paper_model.SUBJECT: record}, created_at__gte=since
        )
        name = f"{here.admin_site.name}:services_{here.opts.model_name}_paper"
        return [
            (f"打印{paper.content['title']}", reverse(name, args=[paper.pk])) for paper in made.order_by("pk")
        ]

    def _paper(self, request: HttpRequest, pk: int) -> IssuedPaper:
        here: Any = self
        if not here.has_view_permission(request):
            raise PermissionDenied
        papers = self.paper_model._default_manager.select_related(self.paper_model.SUBJECT)
        paper = papers.filter(pk=pk).first()
        if paper is None or not here.get_queryset(request).filter(pk=paper.subject.pk).exists():
            raise Http404
        return paper

    def paper_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A paper as PDF, the same each time it is printed."""
        paper = self._paper(request, pk)
        response = HttpResponse(render_paper(paper), content_type="application/pdf")
        response.headers["Content-Disposition"] = f'inline; filename="{paper.number}.pdf"'
        response.headers["Cache-Control"] = "private, no-store"
        return response

    def print_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The same paper as a page that prints from the browser."""
        paper = self._paper(request, pk)
        context = {"document": paper, "content": paper.content, "facts": [*facts_of(paper), *link_of(paper)]}
        response = TemplateResponse(request, "admin/services/case/paper.html", context)
        response.headers["Cache-Control"] = "private, no-store"
        return response
