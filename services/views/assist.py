"""帮您办 for the public: what help there is, asking for it, the confirmation with its number."""

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from services.actions.entrustments import Principal, register_entrustment
from services.choices import FactScope
from services.choices_entrustments import SPECIAL_POWERS, AssistanceMode, EntrustmentChannel, Power
from services.forms_assist import AssistForm
from services.models import Entrustment, HallMechanism, HallStatistic
from services.papers.render import spaced
from services.throttling import AssistThrottle
from services.views.catalogue import tabs
from tuoxian_portal.core.chinese import plain_date
from tuoxian_portal.core.http import public_page
from tuoxian_portal.core.money import plain
from tuoxian_portal.directory.models import Outlet

DONE_SALT = "services.assist.done"
DONE_FOR = 60 * 60  # seconds: the confirmation shows the password
GROUP = "帮您办"
STEPS = [
    ("说出想办的事", "在网上填表、打电话，或者到窗口说。马上得到一个编号。"),
    ("听承诺", "帮办员联系您，说清材料、流程和时限，给您服务承诺书。到这一步不满意，可以不委托。"),
    ("签委托书", "写明委托谁、办什么、能做什么、到什么时候。没有写明的，帮办员不能代办。"),
    ("帮办", "交来的材料逐件登记、双方签字。办到哪一步，凭编号和密码随时查。"),
    ("办结签单", "办理结果交到您手里，原件全部当面退还，您签字确认。"),
    ("回访评价", "由帮办员以外的人回访。不满意会整改。"),
]
POWER_NOTES = {
    Power.GUIDE: "带您到该去的窗口",
    Power.FILL: "按您说的内容填，您核对",
    Power.SUBMIT: "交到窗口，拿回接收回执",
    Power.RUN: "到几个部门的，由帮办员跑",
    Power.RECEIVE: "补正告知、受理通知收到后转给您",
    Power.COLLECT: "领到后当面交给您",
    Power.SIGN: "一般不代签，须您特别授权",
    Power.STATE: "一般不代为表态，须您特别授权",
}
CRUMBS = [("办事服务", "/services/")]


def _desk() -> Outlet | None:
    return Outlet.objects.filter(level=Outlet.Level.COUNTY, is_active=True).order_by("order", "pk").first()


def _answer_time() -> str:
    days = settings.ASSIST_ANSWER_WORKING_DAYS
    return f"{days} 个工作日内联系您。" if days else ""


@public_page
def about(request: HttpRequest) -> HttpResponse:
    """What the help is, what it is not, and how it goes. Three queries."""
    figures = [
        {"value": plain(row.value), "unit": row.unit, "label": row.name, "note": row.period, "record": row}
        for row in HallStatistic.objects.of_county().filter(group=GROUP)
    ]
    mechanisms = list(
        HallMechanism.objects.filter(reference_id__in=["HM-04", "HM-05", "HM-06"], scope=FactScope.COUNTY)
    )
    return render(
        request,
        "services/help.html",
        {
            "steps": [{"title": title, "text": text} for title, text in STEPS],
            "powers": [
                (label, POWER_NOTES[Power(value)])
                for value, label in Power.choices
                if value not in SPECIAL_POWERS
            ],
            "special": [
                (label, POWER_NOTES[Power(value)])
                for value, label in Power.choices
                if value in SPECIAL_POWERS
            ],
            "figures": figures,
            "source": figures[0]["record"] if figures else None,
            "mechanisms": mechanisms,
            "answer_time": _answer_time(),
            "desk": _desk(),
            "tabs": tabs("help"),
            "breadcrumbs": [*CRUMBS, ("帮您办", "")],
        },
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def request_help(request: HttpRequest) -> HttpResponse:
    """The form; a valid one is recorded once and leads to its confirmation."""
    if request.method != "POST":
        return _page(request, AssistForm(initial={"stamp": AssistForm.new_stamp()}))
    form = AssistForm(request.POST)
    status = 400
    if form.is_valid() and form.token:
        known = Entrustment.objects.filter(submission=form.token).exists()
        if known or AssistThrottle().allow_request(request, None):  # type: ignore[arg-type]  # counts by address, asks no view
            made = _register(form)
            if made is not None:
                done = signing.dumps(made.number, salt=DONE_SALT)
                return HttpResponseRedirect(f"{reverse('services:assist_done')}?{urlencode({'n': done})}")
        else:
            form.add_error(None, "提交过于频繁，请一小时后再试，或直接到窗口说。您填写的内容已保留。")
            status = 429
    form.renew()
    return _page(request, form, status=status)


def _register(form: AssistForm) -> Entrustment | None:
    """The entrustment, or None with the errors at their fields."""
    data = form.cleaned_data
    outlet = data["outlet"] or _desk()
    try:
        return register_entrustment(
            actor=None,
            principal=Principal(
                kind=data["principal_kind"],
                name=data["principal_name"],
                phone=data["phone"],
                contact_name=data["contact_name"],
            ),
            needs=data["needs"],
            mode=data["mode"],
            channel=EntrustmentChannel.WEB,
            outlet=outlet,
            visit_address=data["visit_address"] if data["mode"] == AssistanceMode.ON_SITE else "",
            submission=form.token,
        )
    except ValidationError as error:
        for name, problems in error.error_dict.items():
            form.add_error(name if name in form.fields else None, problems)
        return None


def _page(request: HttpRequest, form: AssistForm, *, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "answer_time": _answer_time(),
        "desk": _desk(),
        "breadcrumbs": [*CRUMBS, ("帮您办", reverse("services:help")), ("提出帮办需求", "")],
    }
    return render(request, "services/assist.html", context, status=status)


@never_cache
def done(request: HttpRequest) -> HttpResponse:
    """The confirmation with number and password. Its address is signed and good for an hour."""
    try:
        number = signing.loads(request.GET.get("n", ""), salt=DONE_SALT, max_age=DONE_FOR)
    except signing.BadSignature:
        raise Http404("没有这份帮办需求，或者确认页已经过期。凭编号和密码可以在“查办件进度”查询。") from None
    made = get_object_or_404(Entrustment, number=number)
    due = f"最迟{plain_date(made.answer_due)}有人按您留的电话联系您。" if made.answer_due else ""
    return render(
        request,
        "services/assist_done.html",
        {
            "number": made.number,
            "code": spaced(made.tracking_code),
            "text": f"已转给{made.outlet.name}的帮办员。{due}",
            "next": [
                "请记下编号和查询密码，办到哪一步随时可以查。",
                "帮办员联系您，说清材料、流程和时限；是否委托由您决定。",
                "帮办自愿、免费。有人以帮办名义收费的，请拨打 12345。",
            ],
            "breadcrumbs": [*CRUMBS, ("帮您办", reverse("services:help")), ("已收到", "")],
        },
    )
