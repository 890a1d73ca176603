"""The page of one project for staff: with its permits, which only this layer can join."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from projects.models import KeyProject
from services.actions.project_cases import link_case, unlink_case
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.dashboard import project_page
from tuoxian_portal.dashboard.views_cockpit import cockpit_page


class LinkForm(forms.Form):
    case_number = forms.CharField(label="办件编号", max_length=40, help_text="接收回执上的编号，空格不影响。")


class UnlinkForm(forms.Form):
    case_number = forms.CharField(max_length=40, widget=forms.HiddenInput)
    reason = forms.CharField(label="理由", max_length=200)


def _project(request: HttpRequest, number: str) -> Any:
    """The project if it is this person's business; 404 otherwise."""
    on = today()
    project = (
        KeyProject.objects.visible_to(request.user)
        .select_related("industry", "park", "town", "department", "chain", "enterprise", "helper", "lead")
        .with_totals(on.year)
        .with_confidence_inputs(on)
        .prefetch_related("milestones", "lead__visits")
        .filter(number=number)
        .first()
    )
    if project is None:
        raise Http404("没有这个项目，或者它不在您的范围内。")
    return project


@require_http_methods(["GET", "HEAD", "POST"])
@cockpit_page
def project(request: HttpRequest, number: str) -> HttpResponse:
    """Everything about a project; POST links one of its cases, or takes a link back with a reason."""
    found = _project(request, number)
    form: forms.Form = LinkForm()
    status = 200
    if request.method == "POST":
        undo = "unlink" in request.POST
        form = UnlinkForm(request.POST) if undo else LinkForm(request.POST)
        if form.is_valid():
            try:
                act: Any = unlink_case if undo else link_case
                act(project=found, actor=request.user, **form.cleaned_data)
            except PortalError as error:
                form.add_error(None, error.message)
            except ValidationError as error:
                for name, problems in error.error_dict.items():
                    form.add_error(name if name in form.fields else None, problems)
            else:
                messages.success(request, "已取消关联。" if undo else "已关联到本项目。")
                return redirect("dashboard:project", number=number)
        status = 400
        if undo:  # its own form is a row of the table: the words go above
            for problem in [message for problems in form.errors.values() for message in problems]:
                messages.error(request, str(problem))
            form = LinkForm()
    context = {**project_page.page(found, request.user, today()), "form": form}
    return render(request, "dashboard/project.html", context, status=status)
