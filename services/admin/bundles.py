"""一次办 in the admin: members, prerequisites and questions, with a preview of what the public will see."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import StackedInline, TabularInline
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from services.actions import catalogue as actions
from services.admin.catalogue import CatalogueAdmin, CatalogueForm
from services.choices import PublicationState
from services.composition import compose
from services.models import BundleAnswer, BundleMember, BundleQuestion, ServiceBundle
from services.models.catalogue import split_words
from services.planning import find_circle
from services.views.bundles import bundle_page
from services.workflow_catalogue import bundle_workflow
from tuoxian_portal.audit.workflow_admin import ReasonForm, Verb, VersionForm
from tuoxian_portal.core.admin_site import SOURCE_FIELDS, KnownRelationsForm, PortalAdmin
from tuoxian_portal.core.errors import WorkflowError

LONGEST_OPTION = BundleAnswer._meta.get_field("label").max_length or 60
USUAL_VALUES = {"是": "yes", "否": "no"}


# --- Questions ------------------------------------------------------------------------------------
def users_of(answers: Iterable[BundleAnswer]) -> str:
    """The members that apply for one of `answers`, as 甲、乙; "" when there are none. One query."""
    wanted = [answer.pk for answer in answers]
    members = BundleMember.objects.filter(answers__in=wanted).select_related("item").distinct()
    return "、".join(member.name for member in members)


def renamed(
    before: list[BundleAnswer], labels: list[str]
) -> tuple[dict[str, BundleAnswer], list[BundleAnswer]]:
    """Which stored answer each of `labels` is, and which answers are gone. The same words are the same
    answer; of what is left, the first old one was renamed to the first new one, and so on."""
    by_label = {answer.label: answer for answer in before}
    stays = {label: by_label[label] for label in labels if label in by_label}
    old = [answer for answer in before if answer.label not in stays]
    new = [label for label in labels if label not in stays]
    # Fewer words than before: something was taken away, and nobody can tell what was renamed to what.
    pairs = min(len(old), len(new)) if len(new) >= len(old) else 0
    stays |= dict(zip(new[:pairs], old[:pairs], strict=True))
    return stays, old[pairs:]


class QuestionForm(forms.ModelForm):
    """A question with its options in one line; the identifiers are made from them."""

    options = forms.CharField(
        label=_("选项"),
        help_text=_("用顿号隔开，例如：是、否。改名时保持先后不变。"),
        widget=UnfoldAdminTextInputWidget,
    )

    class Meta:
        model = BundleQuestion
        fields = ["order", "text", "hint"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before = list(self.instance.answers.all()) if self.instance.pk else []
        self.fields["options"].initial = "、".join(answer.label for answer in self.before)

    def clean_options(self) -> list[str]:
        labels = split_words(self.cleaned_data["options"])
        if len(labels) < 2:
            raise ValidationError("至少要有两个选项，用顿号隔开，例如：是、否。")
        if len(set(labels)) < len(labels):
            raise ValidationError("选项有重复，请删去重复的一个。")
        if long := [label for label in labels if len(label) > LONGEST_OPTION]:
            raise ValidationError(f"选项“{long[0][:20]}……”太长，最多 {LONGEST_OPTION} 个字。")
        _stays, gone = renamed(self.before, labels)
        if gone and (users := users_of(gone)):
            names = "、".join(answer.label for answer in gone)
            raise ValidationError(
                f"选项“{names}”还决定着：{users}。请先在这些成员的“适用情形”里取消它，保存后再删选项。"
            )
        return labels

    def save(self, commit: bool = True) -> BundleQuestion:
        if not self.instance.key:
            taken = set(self.instance.bundle.questions.values_list("key", flat=True))
            self.instance.key = next(key for n in range(1, 999) if (key := f"q{n}") not in taken)
        question = super().save(commit)
        if commit:
            self._save_options(question)
        return question

    def _save_options(self, question: BundleQuestion) -> None:
        stays, gone = renamed(self.before, self.cleaned_data["options"])
        for answer in gone:
            answer.delete()
        taken = {answer.value for answer in stays.values()}
        for order, label in enumerate(self.cleaned_data["options"], 1):
            answer = stays.get(label) or BundleAnswer(question=question, value=_value_for(label, taken))
            taken.add(answer.value)
            answer.label, answer.order = label, order
            answer.save()


def _value_for(label: str, taken: set[str]) -> str:
    """The identifier of a new option: yes and no for what they mean, else the next free number."""
    usual = USUAL_VALUES.get(label)
    if usual and usual not in taken:
        return usual
    return next(value for n in range(1, 999) if (value := f"o{n}") not in taken)


def is_leaving(form: Any) -> bool:
    """Whether a row of a formset is ticked for deletion."""
    return bool(getattr(form, "cleaned_data", {}).get("DELETE"))


class QuestionSet(BaseInlineFormSet):
    def clean(self) -> None:
        """A question on which members depend is not deleted: they would then always apply."""
        super().clean()
        for form in self.forms:
            if is_leaving(form) and form.instance.pk and (users := users_of(form.instance.answers.all())):
                raise ValidationError(
                    f"问题“{form.instance.text}”还决定着：{users}。删去后这些事项就成了都要办，"
                    "请先改它们的“适用情形”，保存后再删问题。"
                )


class BundleQuestionLine(TabularInline):
    model = BundleQuestion
    form = QuestionForm
    formset = QuestionSet
    extra = 0
    tab = True
    fields = ("order", "text", "options", "hint")
    verbose_name_plural = _("情形问题")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).prefetch_related("answers")


# --- Members --------------------------------------------------------------------------------------
class MemberForm(KnownRelationsForm):
    class Meta:
        model = BundleMember
        fields = ["item", "title", "handled_by", "days", "answers", "prerequisites", "order"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        item, title = cleaned.get("item"), cleaned.get("title")
        if not item and not title and "item" not in self.errors:
            self.add_error("item", "请选择目录内的事项；目录以外的，在“名称”里填写。")
        if item and cleaned.get("days") is not None:
            self.add_error("days", "目录内事项用事项自己的时限，请清空这一格，或者去改事项。")
        return cleaned


class MemberSet(BaseInlineFormSet):
    def clean(self) -> None:
        """Refuses a circle among the prerequisites and names it."""
        super().clean()
        before: dict[int, list[int]] = {}
        names: dict[int, str] = {}
        for form in self.forms:
            pk = form.instance.pk
            if pk is None or is_leaving(form) or "prerequisites" not in getattr(form, "cleaned_data", {}):
                continue
            names[pk] = form.instance.name
            before[pk] = [member.pk for member in form.cleaned_data["prerequisites"]]
        if circle := find_circle(before):
            path = " → ".join(names[pk] for pk in circle)
            raise ValidationError(f"先办关系成了环：{path}。请在其中一个成员的“先办事项”里取消勾选。")


class MemberLine(StackedInline):
    model = BundleMember
    form = MemberForm
    formset = MemberSet
    extra = 0
    tab = True
    autocomplete_fields = ["item"]
    fields = (("order", "item"), ("title", "handled_by"), "days", "answers", "prerequisites")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return (
            super().get_queryset(request).select_related("item").prefetch_related("answers", "prerequisites")
        )

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Answers and prerequisites of this bundle only, to tick; read once for all members."""
        bundle = request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
        rows: Any = BundleMember.objects.filter(bundle=bundle).select_related("item")
        if db_field.name == "answers":
            rows = BundleAnswer.objects.filter(question__bundle=bundle).select_related("question")
            rows = rows.order_by("question__order", "question__pk", "order", "pk")
        kwargs["queryset"] = rows
        kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        field.choices = [(row.pk, str(row)) for row in rows]
        if db_field.name == "answers":
            field.help_text = _(
                "不勾选就是都要办。同一问题勾选几个，选中其中一个即可；几个问题都勾选的，要同时满足。"
            )
        else:
            field.help_text = _("勾选的都办完，才办这一项。")
        return field


# --- Bundles --------------------------------------------------------------------------------------
class BundleForm(CatalogueForm):
    class Meta:
        model = ServiceBundle
        fields = ["slug"]  # the fieldsets name the others


@admin.register(ServiceBundle)
class ServiceBundleAdmin(CatalogueAdmin):
    form = BundleForm
    workflow = bundle_workflow
    verbs = {
        "review": Verb(VersionForm, actions.review, "record"),
        "send_back": Verb(ReasonForm, actions.send_back, "record"),
        "publish": Verb(VersionForm, actions.publish, "record"),
        "take_back": Verb(VersionForm, actions.take_back, "record"),
        "retire": Verb(ReasonForm, actions.retire, "record"),
        "reopen": Verb(VersionForm, actions.reopen, "record"),
    }
    list_display = ["name", "theme", "department", "state_badge", "order", "updated_at", "sample"]
    list_filter = ["state", "theme", "department", "stage", "is_sample"]
    search_fields = ["search_text"]
    autocomplete_fields = ["department"]
    readonly_fields = ["state_badge", "missing", "published_at"]
    inlines = [MemberLine, BundleQuestionLine]
    fieldsets = (
        (None, {"fields": ("seen_version", ("state_badge", "published_at"), "missing")}),
        (
            _("基本信息"),
            {
                "classes": ["tab"],
                "fields": (
                    ("name", "slug"),
                    "aliases",
                    "summary",
                    ("theme", "stage"),
                    "order",
                    ("for_individuals", "for_organisations"),
                    ("department", "lead_authority"),
                    ("promised_days", "promised_text"),
                    "form_note",
                    "note",
                ),
            },
        ),
        (_("来源"), {"classes": ["tab"], "fields": SOURCE_FIELDS}),
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.preview_view)
        name = "services_servicebundle_preview"
        return [path("<path:object_id>/preview/", view, name=name), *super().get_urls()]

    def get_search_results(self, request: HttpRequest, queryset: Any, term: str) -> tuple[QuerySet, bool]:
        return (queryset.search(term) if term.strip() else queryset), False

    def verb_buttons(self, record: Any, user: Any) -> list[dict[str, str]]:
        url = reverse(f"{self.admin_site.name}:services_servicebundle_preview", args=[record.pk])
        return [*super().verb_buttons(record, user), {"label": "预览", "tone": "neutral", "url": url}]

    def preview_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The public page as it would be, for every state; the same function composes it."""
        record = self.get_object(request, unquote(object_id))
        if record is None:
            raise Http404
        if not self.has_view_permission(request, record):
            raise PermissionDenied
        bundle = ServiceBundle.objects.for_composition().get(pk=record.pk)
        try:
            composition = compose(bundle, {key: request.GET.get(key, "") for key in request.GET})
        except WorkflowError as error:
            messages.error(request, error.message)
            return HttpResponseRedirect(self.change_url(record))
        note = f"当前状态：{bundle.get_state_display()}。只有工作人员看得到本页；改动请回工作台。"
        return bundle_page(request, composition, preview=note)


# --- Answers of one question ----------------------------------------------------------------------
class AnswerSet(BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        gone = [form.instance for form in self.forms if is_leaving(form) and form.instance.pk]
        if gone and (users := users_of(gone)):
            raise ValidationError(
                f"要删的选项还决定着：{users}。请先在这些成员的“适用情形”里取消它，保存后再删选项。"
            )


class AnswerLine(TabularInline):
    model = BundleAnswer
    formset = AnswerSet
    extra = 0
    fields = ("order", "value", "label")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("question")


@admin.register(BundleQuestion)
class BundleQuestionAdmin(PortalAdmin):
    """Reached from its bundle; edited while the bundle is a draft."""

    deletable = False
    list_display = ["text", "bundle", "key"]
    list_filter = ["bundle"]
    search_fields = ["text"]
    readonly_fields = ["bundle"]
    inlines = [AnswerLine]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or obj.bundle.state == PublicationState.DRAFTED)
