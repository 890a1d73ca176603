"""`/track/`: an applicant follows a case with the number and password from the slip."""

import hmac
import re
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from services import throttling
from services.choices_cases import CaseState
from services.models.applicants import TRACKING_ALPHABET
from services.models.cases import Case
from services.models.ratings import rating_offer
from services.progress import public_timeline, remaining_text, status_sentence
from services.views import track_bundle, track_help
from tuoxian_portal.audit.actions import history_of
from tuoxian_portal.core.chinese import plain_date
from tuoxian_portal.core.codes import compact

NUMBER = re.compile(r"^150122(\d{8})(\d{4,})$")
# One sentence for every wrong pair, so that nobody learns which numbers exist.
WRONG = "没有找到与编号和密码都相符的办件。请对照接收回执核对后再试；回执遗失请到窗口查询。"
TRACK_BUNDLE = "services/track_bundle.html"
TOO_MANY = "查询过于频繁，请 15 分钟后再试，或拨打窗口电话询问。"


class TrackForm(forms.Form):
    number = forms.CharField(
        label="办件编号",
        max_length=60,
        help_text="在接收回执右上方的表格里，例如 150122-20261124-0001；一次办的编号末段以 B 开头，帮办委托的编号以 BB 开头。空格和连字符不影响。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "请填写办件编号。"},
    )
    code = forms.CharField(
        label="查询密码",
        max_length=40,
        help_text="回执上的 8 位字母和数字，大小写均可。",
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "characters"}
        ),
        error_messages={"required": "请填写查询密码。"},
    )

    def clean_number(self) -> str:
        """The number as it is stored; anything that cannot be one is simply not found."""
        digits = compact(self.cleaned_data["number"])
        found = NUMBER.match(digits)
        if found:
            return f"150122-{found[1]}-{found[2]}"
        return track_bundle.spelled(digits) or track_help.spelled(digits) or digits

    def clean_code(self) -> str:
        return compact(self.cleaned_data["code"])


def find_case(number: str, code: str) -> Case | None:
    """The case if the pair is right. One query; the same time for a wrong number and a wrong code."""
    case = Case.objects.select_related("item", "outlet", "department").filter(case_number=number).first()
    expected = case.tracking_code if case else TRACKING_ALPHABET[:8]
    right = hmac.compare_digest(expected.encode(), code.encode())
    return case if case is not None and right and not throttling.too_many_wrong(number) else None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def track(request: HttpRequest) -> HttpResponse:
    """The form, or by POST the case: number and password never stand in an address."""
    form = TrackForm(request.POST if request.method == "POST" else None)
    case, status = None, 200
    if request.method == "POST" and form.is_valid():
        if throttling.too_many_from(request.META.get("REMOTE_ADDR", "")):
            form.add_error(None, TOO_MANY)
            status = 429
        else:
            number = form.cleaned_data["number"]
            if number.startswith(track_help.PREFIX):
                helped = track_help.find_entrustment(number, form.cleaned_data["code"])
                if helped is not None:
                    return render(request, "services/track_help.html", track_help.help_progress(helped))
            code = form.cleaned_data["code"]
            if track_bundle.spelled(number.replace("-", "")) and (
                whole := track_bundle.find_bundle(number, code)
            ):
                return render(request, TRACK_BUNDLE, track_bundle.bundle_progress(whole.pk))
            case = find_case(number, code)
            if case is not None and case.in_bundle and case.bundle_case_id:
                return render(request, TRACK_BUNDLE, track_bundle.bundle_progress(case.bundle_case_id))
            if case is None:
                if number.startswith(("150122-", track_help.PREFIX)):
                    throttling.count_wrong(number)
                form.add_error(None, WRONG)
    if case is None and status == 200 and form.is_bound:
        status = 400
    crumbs = [("首页", "/"), ("办件进度查询", "")]
    context = {"form": form, "crumbs": crumbs, **(progress(case) if case else {})}
    return render(request, "services/track.html", context, status=status)


def progress(case: Case) -> dict[str, Any]:
    """What the public sees of a case: masked names, dates, no staff."""
    state = CaseState(case.state)
    facts = [
        ("办件编号", case.case_number),
        ("事项", case.item_name),
        ("申请人", case.masked_name),
        ("办理部门", case.department.name),
        ("收件网点", case.outlet.name),
    ]
    if case.received_on:
        facts.append(("收件日期", plain_date(case.received_on)))
    if case.decide_by and not case.decided_on and case.is_open:
        facts.append(("应作出决定日", plain_date(case.decide_by)))
    missing: list[str] = []
    if case.state == CaseState.CORRECTING:
        notice = case.corrections.order_by("-pk").first()
        missing = notice.items if notice else []
    phones = [
        {"name": place.name, "phone": place.phone} for place in (case.outlet, case.department) if place.phone
    ]
    invitation = getattr(case, "rating_invitation", None) if case.state == CaseState.COMPLETED else None
    return {
        "case": case,
        **rating_offer(invitation),
        "state_label": state.label,
        "state_tone": state.tone,
        "sentence": status_sentence(case, public=True),
        "remaining": remaining_text(case) if not case.is_overdue else "",
        "facts": facts,
        "missing": missing,
        "timeline": public_timeline(case, history_of(case)),
        "phones": phones,
        "has_sample": case.is_sample,
    }
