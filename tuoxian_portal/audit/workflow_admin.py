"""An admin whose buttons are the workflow: one small form per verb, and the history beneath.

A subclass names its `workflow` and, in `verbs`, the form and the function of each transition it
offers::

    class LoanIntentAdmin(WorkflowAdmin):
        workflow = INTENT_WORKFLOW
        verbs = {"approve_credit": Verb(CreditForm, actions.approve_credit, "intent")}

The buttons are those of `workflow.available(record, user)`; the function checks again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import AdminForm
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextareaWidget

from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.admin_site import PortalAdmin
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.fields import EncryptedTextField
from tuoxian_portal.core.workflow import Transition, Workflow

SECOND_CLICK = timedelta(seconds=10)


class VersionForm(forms.Form):
    """Carries the version of the record that was shown, so that nothing newer is overwritten."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class ReasonForm(VersionForm):
    """A verb that needs nothing but a reason."""

    reason = forms.CharField(
        label="理由", required=False, max_length=300, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3})
    )


@dataclass(frozen=True)
class Verb:
    """How the admin asks for a transition: the form, the action, and the action's name for the record.

    `form` is called as `form(data, record=…)` when it takes a record (see `for_record`). The cleaned
    data become the action's arguments.
    """

    form: type[forms.Form]
    action: Callable[..., Any]
    argument: str
    for_record: bool = False
    arguments: Callable[[dict[str, Any]], dict[str, Any]] = dict


def _done(transition: Transition) -> str:
    """What is said after a step; a label may itself begin with 已 (“已联系答复”)."""
    return f"已{transition.label.removeprefix('已')}。"


class WorkflowAdmin(PortalAdmin):
    """Buttons, verb pages and history for a model with a `Workflow`."""

    workflow: Workflow
    verbs: Mapping[str, Verb] = {}
    action_labels: Mapping[str, str] = {}
    history_length = 50
    change_form_outer_before_template = "admin/portal/verbs.html"
    change_form_outer_after_template = "admin/portal/history.html"

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_do"
        view = self.admin_site.admin_view(self.verb_view)
        return [path("<path:object_id>/do/<slug:verb>/", view, name=name), *super().get_urls()]

    def verb_url(self, record: Any, verb: str) -> str:
        return reverse(
            f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_do", args=[record.pk, verb]
        )

    def change_url(self, record: Any) -> str:
        return reverse(
            f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_change", args=[record.pk]
        )

    def label_of(self, action: str) -> str:
        """The Chinese word for an audit entry's action."""
        transition = self.workflow.by_name.get(action)
        return transition.label if transition else self.action_labels.get(action, action)

    def verb_buttons(self, record: Any, user: Any) -> list[dict[str, str]]:
        """What `user` may do with `record` now, as the buttons above its page."""
        return [
            {"label": t.label, "tone": t.tone, "url": self.verb_url(record, t.name)}
            for t in self.workflow.available(record, user)
            if t.name in self.verbs
        ]

    def history(self, record: Any) -> list[dict[str, Any]]:
        """Who did what with `record`, newest first; one query."""
        return [
            {
                "at": entry.at,
                "who": entry.actor or "系统",
                "what": self.label_of(entry.action),
                "reason": entry.reason,
                "changes": describe(type(record), entry.changes),
            }
            for entry in history_of(record)[: self.history_length]
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        extra = dict(extra_context or {})
        record = self.get_object(request, unquote(object_id)) if object_id else None
        if record is not None:
            extra["verb_buttons"] = self.verb_buttons(record, request.user)
            extra["history"] = self.history(record)
        return super().changeform_view(request, object_id, form_url, extra)

    def verb_note(self, request: HttpRequest, record: Any, verb: str) -> SafeString | str:
        """What somebody should see before doing `verb`, above its form; "" for nothing."""
        return ""

    def verb_about(self, record: Any) -> str:
        """Whose record it is, beneath the name of the verb; "" where the title says enough."""
        return ""

    def done_links(self, record: Any, since: datetime) -> list[tuple[str, str]]:
        """What to go on with after a verb, as (label, address): the papers that it made since then."""
        return []

    def _say_done(
        self, request: HttpRequest, record: Any, transition: Transition, *, since: datetime, more: str = ""
    ) -> None:
        links = format_html_join(
            "",
            ' <a class="wb-next" href="{1}" target="_blank" rel="noopener">{0}</a>',
            self.done_links(record, since),
        )
        messages.success(request, format_html("{}{}{}", _done(transition), more, links))

    def verb_view(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        """The form of one verb; a refusal is shown on the form and nothing typed is lost."""
        record = self.get_object(request, unquote(object_id))
        if record is None or verb not in self.verbs:
            raise Http404
        if not self.has_view_permission(request, record):
            raise PermissionDenied
        spec, transition = self.verbs[verb], self.workflow.by_name[verb]
        back = self.change_url(record)
        options: dict[str, Any] = {"record": record} if spec.for_record else {}
        version = getattr(record, "version", None)
        if request.FILES:  # only forms with a file field are sent with one
            options["files"] = request.FILES
        form = spec.form(
            request.POST if request.method == "POST" else None, initial={"version": version}, **options
        )
        if "reason" in form.fields and transition.needs_reason:
            form.fields["reason"].required = True
        since: list[dict[str, Any]] = []
        if request.method == "POST" and form.is_valid():
            started = timezone.now()
            try:
                result = spec.action(
                    **{spec.argument: record}, actor=request.user, **spec.arguments(form.cleaned_data)
                )
            except PortalError as error:
                if self._was_done_a_moment_ago(request, record, verb, form):
                    self._say_done(
                        request,
                        record,
                        transition,
                        since=started - SECOND_CLICK,
                        more="您点了两次，只办理了一次。",
                    )
                    return HttpResponseRedirect(back)
                form.add_error(None, error.message)
                since = self._happened_since(request, record, form)
            except ValidationError as error:
                add_errors(form, error)
            else:
                self._say_done(request, record, transition, since=started)
                # A verb may answer with another row (a draft opened, a draft merged): go there.
                same = not isinstance(result, self.model) or result.pk == record.pk
                return HttpResponseRedirect(back if same else self.change_url(result))
        shown = [name for name, field in form.fields.items() if not field.widget.is_hidden]
        context = {
            **self.admin_site.each_context(request),
            "title": f"{transition.label}：{record}",
            "opts": self.opts,
            "original": record,
            "form": form,
            "adminform": AdminForm(cast(Any, form), [(None, {"fields": shown})], {}, model_admin=self),
            "transition": transition,
            "about": self.verb_about(record),
            "note": self.verb_note(request, record, verb),
            "since": since,
            "back": back,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/portal/verb.html", context)

    def _was_done_a_moment_ago(self, request: HttpRequest, record: Any, verb: str, form: Any) -> bool:
        """Whether this is the second click on a button whose first one did it: the same person, the same
        verb, the same version on the screen."""
        seen = form.cleaned_data.get("version")
        if seen is None:
            return False
        lately = history_of(record).filter(
            action=verb, actor=request.user.pk, at__gte=timezone.now() - SECOND_CLICK
        )
        fresh = self.get_object(request, str(record.pk))
        return getattr(fresh, "version", seen) > seen and lately.exists()

    def _happened_since(self, request: HttpRequest, record: Any, form: Any) -> list[dict[str, Any]]:
        """What others did with `record` after the form was opened, newest first; [] when nothing.

        Having seen it, the person may send the same form again: it now carries the new version.
        """
        fresh = self.get_object(request, str(record.pk))
        seen = form.cleaned_data.get("version")
        if fresh is None or seen is None or seen >= getattr(fresh, "version", 0):
            return []
        form.data = form.data.copy()
        form.data["version"] = fresh.version
        return self.history(fresh)[: fresh.version - seen]


def describe(model: type[Model], changes: Mapping[str, Any]) -> list[str]:
    """An audit entry's changes in the words of the forms: `状态：已受理 → 审查中`. No queries.

    What is encrypted at rest is only named; long texts are cut.
    """
    fields = {f.attname: f for f in model._meta.concrete_fields}
    fields |= {f.name: f for f in model._meta.concrete_fields}
    lines = []
    for name, values in changes.items():
        field = fields.get(name)
        if field is None or not (isinstance(values, list) and len(values) == 2):
            continue
        label = str(field.verbose_name)
        if isinstance(field, EncryptedTextField):
            lines.append(f"{label}：已修改")
            continue
        words = dict(field.flatchoices)
        before, after = (_in_words(value, words) for value in values)
        lines.append(f"{label}：{before} → {after}")
    return lines


def _in_words(value: Any, words: Mapping[Any, Any]) -> str:
    if value in (None, "", []):
        return "空"
    parts = value if isinstance(value, list) else [value]
    return "、".join(str(words.get(part, part)) for part in map(_hashable, parts))[:60]


def _hashable(value: Any) -> Any:
    return str(value) if isinstance(value, list | dict) else value


def add_errors(form: forms.BaseForm, error: ValidationError) -> None:
    """Puts an action's error at its fields; what the form does not have goes to the top."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, problems in error.error_dict.items():
        form.add_error(name if name in form.fields else None, problems)


class VersionedModelForm(forms.ModelForm):
    """A model form that refuses, with everything typed kept, when the record changed meanwhile.

    The admin's fieldsets name `seen_version`."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["seen_version"].initial = self.instance.version

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        seen = cleaned.get("seen_version")
        if self.instance.pk and seen is not None and seen != self.instance.version:
            raise ValidationError(
                "这条记录在您打开之后已被他人修改，本次没有保存。请另开页面核对最新内容后再改。"
            )
        return cleaned
