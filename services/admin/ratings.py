"""Ratings and their rectification in the workbench; and what the page of a case says about its rating."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.helpers import AdminForm
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from services.actions.ratings import find_open, record_rating
from services.admin.papers import PapersMixin
from services.admin.rating_forms import RATING_VERBS, REMEDIATION_VERBS, RecordForm
from services.choices_ratings import (
    RatingGrade,
    RatingStanding,
    RemediationState,
)
from services.models.cases import Case
from services.models.ratings import RatingRemediation, RatingTag, RemediationPaper, ServiceRating
from services.workflow_ratings import RATING_WORKFLOW, RECORD, REMEDIATION_WORKFLOW, publication_of
from tuoxian_portal.audit.workflow_admin import WorkflowAdmin, add_errors
from tuoxian_portal.core.admin_site import SOURCE_FIELDS, TONES, PortalAdmin, badge, day_and_rest
from tuoxian_portal.core.errors import PortalError

QUEUES = {
    "verifying": "待核实",
    "rectifying": "整改中",
    "calling_back": "待回访",
    "overdue": "超期",
}
GRADE_COLOURS = {str(grade.label): TONES.get(grade.tone, "") for grade in RatingGrade}


def rating_of(case: Case, user: Any) -> dict[str, Any] | None:
    """What the page of a case says about its rating: a sentence and where to go; None before it is
    done. One of a bundle case's shares the rating of the whole. The grade itself is shown to those who may
    read ratings. Four queries at most."""
    whole: Any = case.bundle_case if case.in_bundle else case
    invitation = getattr(whole, "rating_invitation", None)
    if invitation is None:
        return None
    links = []
    if invitation.is_used:
        text = f"{timezone.localtime(invitation.rated_at):%Y-%m-%d} 已评价。"
        if user.has_perm("services.view_servicerating"):
            text = f"已评价：{invitation.rating.get_grade_display()}。"
            links.append(("查看评价", invitation.rating.get_absolute_url()))
        remediation = getattr(invitation.rating, "remediation", None)
        if remediation and user.has_perm("services.view_ratingremediation"):
            links.append(("查看整改", remediation.get_absolute_url()))
    elif invitation.is_expired:
        text = f"未评价，邀请已于 {invitation.expires_on:%Y-%m-%d} 过期。"
    else:
        text = f"待评价，邀请有效期至 {invitation.expires_on:%Y-%m-%d}。二维码印在评价邀请上。"
        if user.has_perm(RECORD):
            url = reverse("admin:services_servicerating_record")
            links.append(("登记纸质、电话评价", f"{url}?case={case.case_number}"))
    return {"text": text, "links": links}


@admin.register(RatingTag)
class RatingTagAdmin(PortalAdmin):
    deletable = False  # ratings that carry a tag keep it; it is switched off instead
    list_display = ["name", "side", "order", "is_active"]
    list_filter = ["side", "is_active"]
    search_fields = ["name"]
    fieldsets = (
        (None, {"fields": (("name", "code"), "side", ("order", "is_active"))}),
        (_("来源"), {"fields": SOURCE_FIELDS, "classes": ["collapse"]}),
    )


@admin.register(ServiceRating)
class ServiceRatingAdmin(WorkflowAdmin):
    """Nothing is edited in place: verbs only. `record/` is the form for paper and telephone."""

    workflow = RATING_WORKFLOW
    verbs = RATING_VERBS
    actions = None
    deletable = False
    action_labels = {"rate": "评价", "dismiss": "认定无效"}
    standing_badge = badge(RatingStanding, "standing", _("认定"))
    list_display = [
        "number",
        "grade_badge",
        "matter",
        "department",
        "outlet",
        "channel",
        "rated_day",
        "standing_badge",
        "shown_public",
        "sample",
    ]
    list_filter = [
        "standing",
        "grade",
        "channel",
        "invitation__department",
        "invitation__outlet",
        "is_sample",
    ]
    list_select_related = ["invitation__department", "invitation__outlet", "publication"]
    search_fields = [
        "number",
        "invitation__case__case_number",
        "invitation__bundle_case__number",
        "invitation__entrustment__number",
        "invitation__title",
    ]
    search_help_text = _("评价编号、办件编号或事项")
    date_hierarchy = "rated_at"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "number",
                    "grade_badge",
                    "tag_list",
                    "comment",
                    ("channel", "rated_at"),
                    "recorded_by",
                )
            },
        ),
        (_("评价的事项"), {"fields": ("matter", ("department", "outlet"), "case_link")}),
        (
            _("认定"),
            {"fields": (("standing_badge", "doubt_list"), "judgement", ("judged_by", "judged_at"))},
        ),
        (_("整改与公开"), {"fields": ("remediation_link", "public_text", "public_answer")}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return (
            super()
            .get_queryset(request)
            .select_related(
                "invitation__department",
                "invitation__outlet",
                "invitation__case__item",
                "invitation__bundle_case",
                "invitation__entrustment",
                "publication",
                "remediation",
                "recorded_by",
                "judged_by",
            )
            .prefetch_related("tags")
        )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.record_view)
        return [path("record/", view, name="services_servicerating_record"), *super().get_urls()]

    def record_view(self, request: HttpRequest) -> HttpResponse:
        """One rating that came on paper or by telephone, for one case of this person's scope."""
        if not request.user.has_perm(RECORD):
            raise PermissionDenied("您没有登记评价的权限。如需登记，请联系窗口负责人。")
        case = Case.objects.visible_to(request.user).filter(case_number=request.GET.get("case", "")).first()
        invitation = find_open(case) if case is not None else None
        if case is None:
            raise Http404
        back = case.get_absolute_url()
        if invitation is None:
            messages.warning(request, "本件没有待评价的邀请：尚未办结、已经评价，或邀请已过期。")
            return HttpResponseRedirect(back)
        form = RecordForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                record_rating(invitation=invitation, actor=request.user, **form.cleaned_data)
            except PortalError as error:
                form.add_error(None, error.message)
            except ValidationError as error:
                add_errors(form, error)
            else:
                messages.success(request, "评价已登记。差评已转督办人员核实。")
                return HttpResponseRedirect(back)
        context = {
            **self.admin_site.each_context(request),
            "title": f"登记评价：{case.case_number} {case.item_name}",
            "opts": self.opts,
            "form": form,
            "adminform": AdminForm(
                cast(Any, form), [(None, {"fields": list(form.fields)})], {}, model_admin=self
            ),
            "transition": {
                "label": "登记评价",
                "tone": "primary",
                "confirm": "照群众的原话和选择登记，登记人会留下记录，登记后不能修改。",
            },
            "back": back,
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/portal/verb.html", context)

    # --- columns ---------------------------------------------------------------------------------

    @display(description=_("评价"), ordering="grade", label=GRADE_COLOURS)
    def grade_badge(self, rating: ServiceRating) -> str:
        return str(RatingGrade(rating.grade).label)

    @display(description=_("事项"))
    def matter(self, rating: ServiceRating) -> str:
        return rating.invitation.title

    @display(description=_("部门"))
    def department(self, rating: ServiceRating) -> str:
        return str(rating.invitation.department or "—")

    @display(description=_("网点"))
    def outlet(self, rating: ServiceRating) -> str:
        return str(rating.invitation.outlet)

    @display(description=_("公开"), label={"已公开": "info"})
    def shown_public(self, rating: ServiceRating) -> str | None:
        return "已公开" if publication_of(rating) is not None else None

    @display(description=_("评价时间"), ordering="rated_at")
    def rated_day(self, rating: ServiceRating) -> SafeString:
        at = timezone.localtime(rating.rated_at)
        return day_and_rest(at.date(), f"{at:%H:%M}")

    @display(description=_("标签"))
    def tag_list(self, rating: ServiceRating) -> str:
        return "、".join(rating.tag_names) or "—"

    @display(description=_("疑点"))
    def doubt_list(self, rating: ServiceRating) -> str:
        return "；".join(rating.doubt_labels) or "—"

    @display(description=_("办件"))
    def case_link(self, rating: ServiceRating) -> str:
        subject = rating.invitation.subject
        return format_html('<a href="{}">{}</a>', subject.get_absolute_url(), subject)

    @display(description=_("差评整改"))
    def remediation_link(self, rating: ServiceRating) -> str:
        found = getattr(rating, "remediation", None)
        if found is None:
            return "—"
        return format_html(
            '<a href="{}">{}</a> {}', found.get_absolute_url(), found, found.get_state_display()
        )

    @display(description=_("公开的意见"))
    def public_text(self, rating: ServiceRating) -> str:
        publication = publication_of(rating)
        return publication.comment or "（只公开评价和标签）" if publication else "未公开"

    @display(description=_("公开的答复"))
    def public_answer(self, rating: ServiceRating) -> str:
        publication = publication_of(rating)
        return publication.answer if publication else "—"


class RemediationQueueFilter(admin.SimpleListFilter):
    title = _("队列")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(QUEUES.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        queue = self.value()
        return queryset.in_queue(queue) if queue in QUEUES else queryset


@admin.register(RatingRemediation)
class RatingRemediationAdmin(PapersMixin, WorkflowAdmin):
    paper_model = RemediationPaper
    workflow = REMEDIATION_WORKFLOW
    verbs = REMEDIATION_VERBS
    actions = None
    deletable = False
    action_labels = {"open": "产生"}
    state_badge = badge(RemediationState)
    list_before_template = "admin/services/case/queues.html"
    list_display = ["number", "grade_badge", "matter", "responsible", "state_badge", "due", "sample"]
    list_filter = [RemediationQueueFilter, "state", "department", "outlet", "is_sample"]
    list_select_related = ["rating__invitation", "department", "outlet"]
    search_fields = [
        "number",
        "rating__number",
        "rating__invitation__case__case_number",
        "rating__invitation__bundle_case__number",
        "rating__invitation__entrustment__number",
    ]
    search_help_text = _("整改编号、评价编号或办件编号")
    fieldsets = (
        (
            None,
            {"fields": (("number", "state_badge"), ("due", "rounds"), ("department", "outlet"), "papers")},
        ),
        (_("评价"), {"fields": ("grade_badge", "matter", "tag_list", "comment", "case_link")}),
        (_("核实"), {"fields": ("finding", ("verified_by", "verified_at"))}),
        (_("整改答复"), {"fields": ("answer", ("answered_by", "answered_at"))}),
        (_("回访"), {"fields": ("verdict", "call_note", ("called_by", "called_at"))}),
        (_("办结"), {"fields": ("closing_note", ("closed_by", "closed_at"))}),
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return (
            super()
            .get_queryset(request)
            .select_related(
                "rating__invitation__case__item",
                "rating__invitation__bundle_case",
                "rating__invitation__entrustment",
                "department",
                "outlet",
            )
            .prefetch_related("rating__tags")
        )

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list, with the queues and their sizes above it."""
        counts = RatingRemediation.objects.visible_to(request.user).queue_counts()
        queues = [{"name": n, "label": label, "count": counts[n]} for n, label in QUEUES.items()]
        context = {**(extra_context or {}), "queues": queues, "queue": request.GET.get("queue", "")}
        return super().changelist_view(request, context)

    @display(description=_("评价"), ordering="rating__grade", label=GRADE_COLOURS)
    def grade_badge(self, remediation: RatingRemediation) -> str:
        return str(RatingGrade(remediation.rating.grade).label)

    @display(description=_("事项"))
    def matter(self, remediation: RatingRemediation) -> str:
        return remediation.rating.invitation.title

    @display(description=_("责任单位"))
    def responsible(self, remediation: RatingRemediation) -> str:
        return str(remediation.department or remediation.outlet)

    @display(description=_("整改期限"), ordering="due_on")
    def due(self, remediation: RatingRemediation) -> SafeString:
        return day_and_rest(remediation.due_on, "超期" if remediation.is_overdue else "")

    @display(description=_("标签"))
    def tag_list(self, remediation: RatingRemediation) -> str:
        return "、".join(remediation.rating.tag_names) or "—"

    @display(description=_("意见"))
    def comment(self, remediation: RatingRemediation) -> str:
        return remediation.rating.comment or "（未填写）"

    @display(description=_("办件"))
    def case_link(self, remediation: RatingRemediation) -> str:
        subject = remediation.rating.invitation.subject
        return format_html('<a href="{}">{}</a>', subject.get_absolute_url(), subject)

    @display(description=_("文书"))
    def papers(self, remediation: RatingRemediation) -> Any:
        return papers_list(remediation, "ratingremediation")


def papers_list(record: Any, model: str) -> Any:
    """Links to the printed papers of `record`, one query; a dash when there are none."""
    links = [
        format_html(
            '<a href="{}" target="_blank">{} {}</a>',
            reverse(f"admin:services_{model}_paper", args=[paper.pk]),
            paper.content["title"],
            paper.number,
        )
        for paper in record.documents.all()
    ]
    return format_html("{}" + "　{}" * (len(links) - 1), *links) if links else "—"
