"""`/services/rate/<token>/`: the applicant rates once. `/services/ratings/`: what the public reads of it."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from services import throttling
from services.actions.ratings import EXPIRED, RatingClosed, find_invitation, submit_rating
from services.choices_ratings import RatingChannel, RatingGrade, TagSide
from services.models.ratings import MAX_COMMENT, PublishedAnswer, RatingInvitation, RatingTag
from services.querysets_ratings import SMALL
from services.satisfaction import NOTES, Line, PublicFigures, public_figures
from services.views.catalogue import tabs
from tuoxian_portal.audit.workflow_admin import add_errors
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.http import public_page
from tuoxian_portal.core.listing import Facet, Listing
from tuoxian_portal.core.money import NBSP, plain

UNKNOWN = "评价链接不完整或不正确。请重新扫描评价邀请上的二维码，或到办件进度查询页面评价。"
TOO_MANY = "打开的次数过多，请 15 分钟后再试，或请窗口代为登记。"


class RateForm(forms.Form):
    """Five large choices; everything else may stay empty. The length of the comment is checked by the
    action: a browser that cuts off what is pasted would lose it without a word."""

    grade = forms.TypedChoiceField(
        label="您对这次服务",
        coerce=int,
        choices=RatingGrade.choices,
        widget=forms.RadioSelect,
        error_messages={
            "required": "请选择一项，例如“满意”。",
            "invalid_choice": "请从五项中选择一项。",
        },
    )
    good_tags = forms.MultipleChoiceField(
        label="哪里做得好", required=False, widget=forms.CheckboxSelectMultiple
    )
    bad_tags = forms.MultipleChoiceField(
        label="哪里需要改进", required=False, widget=forms.CheckboxSelectMultiple
    )
    comment = forms.CharField(
        label="还想说的话",
        required=False,
        strip=True,
        help_text=f"可以不填，不超过 {MAX_COMMENT} 字。请不要写姓名、电话和证件号码。",
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tags = list(RatingTag.objects.filter(is_active=True))
        for name, side in (("good_tags", TagSide.GOOD), ("bad_tags", TagSide.BAD)):
            field: Any = self.fields[name]
            field.choices = [(tag.code, tag.name) for tag in tags if tag.side == side]
            field.error_messages["invalid_choice"] = "所选标签已停用，请重新选择。"
            if not field.choices:
                del self.fields[name]

    @property
    def arguments(self) -> dict[str, Any]:
        """What `submit_rating` takes."""
        data = self.cleaned_data
        return {
            "grade": data["grade"],
            "tags": [*data.get("good_tags", []), *data.get("bad_tags", [])],
            "comment": data["comment"],
        }


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: HttpRequest, token: str) -> HttpResponse:
    """The one page of a link: the form, or what has become of it. Opening it changes nothing, so that a
    preview by a messenger does not use the link up. Five queries to open."""
    address = request.META.get("REMOTE_ADDR", "")
    invitation = find_invitation(token)
    if invitation is None:
        many = throttling.too_many_links_from(address)
        return _closed(request, "打不开这个评价链接", TOO_MANY if many else UNKNOWN, 429 if many else 410)
    if invitation.is_used:
        return _thanks(request, invitation)
    if invitation.is_expired:
        return _closed(request, "评价邀请已过期", EXPIRED, 410, invitation)
    form = RateForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            submit_rating(
                invitation=invitation,
                channel=request.GET.get("via", RatingChannel.ONLINE),
                address=address,
                staff_session=request.user.is_authenticated,
                **form.arguments,
            )
        except RatingClosed:
            pass  # the other click was faster, or midnight was: the page says which
        except ValidationError as error:
            add_errors(form, error)
        if not form.errors:
            return HttpResponseRedirect(invitation.address())
    done = invitation.subject
    context = {
        "form": form,
        "action": request.get_full_path(),
        "facts": [
            ("办理事项", invitation.title),
            # Help is an outlet's: no department stands behind it.
            *([("办理部门", str(invitation.department))] if invitation.department else []),
            ("服务网点", str(invitation.outlet)),
            ("办件编号", str(done)),
        ],
        "expires_on": invitation.expires_on,
        "crumbs": [("首页", "/"), ("服务评价", "")],
        "has_sample": invitation.is_sample,
    }
    return render(request, "services/rate.html", context, status=400 if form.errors else 200)


def _thanks(request: HttpRequest, invitation: RatingInvitation) -> HttpResponse:
    """After rating, and whenever the link is opened again: that it was used, not what was said."""
    context = {
        "invitation": invitation,
        "crumbs": [("首页", "/"), ("服务评价", "")],
        "has_sample": invitation.is_sample,
    }
    return render(request, "services/rated.html", context)


def _closed(
    request: HttpRequest, title: str, text: str, status: int, invitation: RatingInvitation | None = None
) -> HttpResponse:
    context = {
        "closed_title": title,
        "closed_text": text,
        "invitation": invitation,
        "crumbs": [("首页", "/"), ("服务评价", "")],
    }
    return render(request, "services/rated.html", context, status=status)


def answer_listing(request: HttpRequest) -> Listing:
    """Published ratings with their answers."""
    return Listing(
        request,
        PublishedAnswer.objects.select_related("item", "department"),
        facets=[
            Facet("grade", "评价", "grade", choices=[(str(g.value), g.label) for g in RatingGrade]),
            Facet("item", "事项", "item__code", label_field="item__name"),
            Facet("department", "部门", "department__name"),
            Facet("month", "月份", "month"),
        ],
        search=lambda rows, text: rows.search(text),
        sorts={"new": ("最近公开", ["-published_at"])},
        shared_as="ratings",
        placeholder="意见或答复中的词",
    )


@public_page
def ratings(request: HttpRequest) -> HttpResponse:
    """Published ratings with their answers, and the figures. About ten queries."""
    listing = answer_listing(request)
    figures = public_figures(today())
    return render(
        request,
        "services/ratings.html",
        {
            "listing": listing,
            "figures": figures,
            "finding": _finding(figures),
            "bars": [
                {"label": label, "value": count or 0, "text": "少于 3 份" if count is None else f"{count} 份"}
                for label, count in figures.grades
            ],
            "months": _table(figures.months),
            "departments": _table(figures.departments),
            "table_headers": ["", "有效评价", "满意率", "参评率"],
            "notes": NOTES,
            "small": SMALL,
            "tabs": tabs("ratings"),
            "has_sample": figures.has_samples or any(row.is_sample for row in listing.page),
        },
    )


def _finding(figures: PublicFigures) -> str:
    if figures.total is None:
        return "近 13 个月的有效评价还不足以公布"
    total = figures.total
    text = f"近 13 个月收到有效评价 {total.n} 份，满意率 {plain(total.satisfied_percent or 0, 1)}%"
    return text + ("（样本不足）" if total.is_small else "")


def _table(lines: list[Line]) -> list[list[str]]:
    return [
        [line.label, "不单列", "—", "—"]
        if line.figures is None
        else [
            line.label,
            f"{line.n}{NBSP}份",
            "—"
            if line.satisfied_percent is None
            else f"{plain(line.satisfied_percent, 1)}%" + ("（样本不足）" if line.is_small else ""),
            "—" if line.response_percent is None else f"{plain(line.response_percent, 1)}%",
        ]
        for line in lines
    ]
