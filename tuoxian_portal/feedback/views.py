"""The public pages of feedback: the form, its confirmation, and the answer. They work without JavaScript."""

import hmac
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from services.models.applicants import TRACKING_ALPHABET
from services.papers.render import spaced
from tuoxian_portal.core.chinese import plain_date
from tuoxian_portal.feedback import actions
from tuoxian_portal.feedback.choices import FeedbackState
from tuoxian_portal.feedback.forms import AnswerForm, FeedbackForm
from tuoxian_portal.feedback.models import Feedback
from tuoxian_portal.feedback.pages import clean_page
from tuoxian_portal.feedback.throttling import AnswerThrottle, FeedbackThrottle

DONE_SALT = "feedback.received"
DONE_FOR = 60 * 60  # seconds: the confirmation shows the password
CRUMBS = [("意见建议", "/feedback/")]
# One sentence for every wrong pair, so that nobody learns which numbers exist.
WRONG = "没有找到与编号和密码都相符的意见。请核对后再试；密码丢了，可以重新提交。"
TOO_MANY = "提交过于频繁，请一小时后再试。您填写的内容已保留。"
TOO_MANY_QUESTIONS = "查询过于频繁，请一分钟后再试。"


def _promise() -> str:
    days = settings.FEEDBACK_ANSWER_WORKING_DAYS
    return f"{days} 个工作日内答复。" if days else ""


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The form; a valid one is recorded once and leads to its confirmation."""
    if request.method != "POST":
        initial = {"stamp": FeedbackForm.new_stamp(), "page": clean_page(request.GET.get("page", ""))}
        return _form(request, FeedbackForm(initial=initial))
    form = FeedbackForm(request.POST)
    status = 400
    if form.is_valid() and form.token:
        known = Feedback.objects.filter(token=form.token).exists()
        if known or FeedbackThrottle().allow_request(request, None):  # type: ignore[arg-type]  # counts by address, asks no view
            data = {name: form.cleaned_data[name] for name in ("kind", "text", "page", "contact")}
            made = actions.record_feedback(token=form.token, **data)
            done = signing.dumps(made.number, salt=DONE_SALT)
            return HttpResponseRedirect(f"{reverse('feedback:received')}?{urlencode({'n': done})}")
        form.add_error(None, TOO_MANY)
        status = 429
    form.renew()
    return _form(request, form, status=status)


def _form(request: HttpRequest, form: FeedbackForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "promise": _promise(), "breadcrumbs": [("意见建议", "")]}
    return render(request, "feedback/new.html", context, status=status)


@never_cache
@require_safe
def received(request: HttpRequest) -> HttpResponse:
    """The confirmation with number and password. Its address is signed and good for an hour."""
    try:
        number = signing.loads(request.GET.get("n", ""), salt=DONE_SALT, max_age=DONE_FOR)
    except signing.BadSignature:
        raise Http404("没有这份意见，或者确认页已经过期。凭编号和密码可以查答复。") from None
    feedback = get_object_or_404(Feedback, number=number)
    due = feedback.answer_due
    context = {
        "number": feedback.number,
        "code": spaced(feedback.code),
        "text": f"最迟{plain_date(due)}答复。" if due else "我们会看每一条意见。",
        "next": [
            "请记下编号和查询密码，或者打印本页。",
            "凭编号和密码在“查答复”里看处理到哪一步、答复了什么。",
            "留了联系方式的，需要了解情况时会有人联系您。",
        ],
        "breadcrumbs": [*CRUMBS, ("已收到", "")],
    }
    return render(request, "feedback/received.html", context)


def find(number: str, code: str) -> Feedback | None:
    """The record if the pair is right. One query; the same time for a wrong number and a wrong password."""
    feedback = Feedback.objects.filter(number=number).first()
    expected = feedback.code if feedback else TRACKING_ALPHABET[:8]
    right = hmac.compare_digest(expected.encode(), code.encode())
    return feedback if feedback is not None and right else None


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest) -> HttpResponse:
    """The question, or by POST the answer: number and password never stand in an address."""
    form = AnswerForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_bound:
        status = 400
        if form.is_valid():
            if not AnswerThrottle().allow_request(request, None):  # type: ignore[arg-type]  # counts by address, asks no view
                form.add_error(None, TOO_MANY_QUESTIONS)
                status = 429
            elif found := find(form.cleaned_data["number"], form.cleaned_data["code"]):
                return render(request, "feedback/answer.html", _progress(found))
            else:
                form.add_error(None, WRONG)
    context = {"form": form, "breadcrumbs": [*CRUMBS, ("查答复", "")]}
    return render(request, "feedback/ask.html", context, status=status)


def _progress(feedback: Feedback) -> dict[str, Any]:
    """What the writer sees: no names of staff, no contact."""
    state = FeedbackState(feedback.state)
    facts = [
        ("编号", feedback.number),
        ("类型", feedback.get_kind_display()),
        *([("页面", feedback.page)] if feedback.page else []),
        ("提交日期", plain_date(timezone.localdate(feedback.created_at))),
        ("您说的", feedback.text),
    ]
    return {
        "facts": facts,
        "state_label": state.label,
        "state_tone": state.tone,
        "sentence": _sentence(feedback),
        "answer": feedback.answer if state == FeedbackState.ANSWERED else "",
        "reason": feedback.close_reason if state == FeedbackState.CLOSED else "",
        "has_sample": feedback.is_sample,
        "breadcrumbs": [*CRUMBS, ("查答复", "")],
    }


def _sentence(feedback: Feedback) -> str:
    if feedback.ended_at:
        return f"{feedback.get_state_display()}，{plain_date(timezone.localdate(feedback.ended_at))}。"
    due = f"，最迟{plain_date(feedback.answer_due)}答复" if feedback.answer_due else ""
    return f"{feedback.get_state_display()}{due}。"
