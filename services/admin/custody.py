"""材料去向 in the workbench: where each paper of a case is, and handing it on; the list of handovers."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from services import custody
from services.actions import custody as do
from services.choices_custody import HolderKind, LineAnswer
from services.models.cases import Case
from services.models.custody import Handover, HandoverLine, Holder
from tuoxian_portal.accounts.models import User
from tuoxian_portal.core.admin_site import ReadOnlyAdmin, day_and_rest
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.directory.models import Outlet


def custody_of(request: HttpRequest, case: Case) -> dict[str, Any]:
    """For the page of `case`: papers, handovers, what this person may do; some five queries."""
    user: Any = request.user
    may = user.has_perm(do.MOVE)
    events = custody.events_of(case)
    handovers = list(
        Handover.objects.filter(case=case)
        .with_holders()
        .select_related("paper")
        .prefetch_related("lines__material")
    )
    pending = [line for h in handovers for line in _pending(h)]
    papers = custody.whereabouts(case, events=events, transit=pending)
    names = {m.pk: m for m in case.materials.all()}
    for event in events:
        event.material = names[event.material_id]
    mine = [p for p in papers if may and p.can_move and p.holder is not None and p.holder.includes(user)]
    here = case.handling_outlet or case.outlet
    may_transfer = (
        may and case.is_open and user.outlet_id == here.pk and user.has_perm("services.receive_case")
    )
    return {
        "papers": papers,
        "custody_history": events[:-60:-1],
        "handovers": [
            {
                "record": h,
                "key": str(h.pk),
                "may_sign": may and h.is_open and h.receiver.includes(user),
                "may_recall": may and h.is_open and h.sender.includes(user),
            }
            for h in handovers
        ],
        "movable": mine,
        "receivers": _receivers(case, user) if mine else [],
        "transfer_to": list(Outlet.objects.filter(is_active=True).exclude(pk=here.pk))
        if may_transfer
        else [],
        "owed_late": [m for m in case.materials.all() if m.is_promise_broken] if case.is_open else [],
    }


def _pending(handover: Handover) -> list[HandoverLine]:
    """The lines that wait for an answer, each knowing its handover with the holders."""
    lines = [line for line in handover.lines.all() if line.answer == LineAnswer.PENDING]
    for line in lines:
        line.handover = handover
    return lines


def _receivers(case: Case, user: Any) -> list[tuple[str, str]]:
    """Whom the papers can be handed to: units of the case, and the colleagues of this person's unit."""
    found = [(f"department-{case.department_id}", str(case.department))]
    found += [(f"outlet-{outlet.pk}", str(outlet)) for outlet in custody.outlets_of(case)]
    people = User.objects.filter(is_active=True, is_staff=True).exclude(pk=user.pk)
    unit = (
        {"department": user.department_id}
        if user.department_id == case.department_id
        else {"outlet": user.outlet_id}
    )
    found += [(f"person-{person.pk}", str(person)) for person in people.filter(**unit)[:50]]
    return found


def _receiver(text: str) -> Holder:
    """The holder that a choice such as `outlet-3` names. Raises `ValidationError`."""
    kind, _dash, key = text.partition("-")
    model: Any = {
        "outlet": Outlet,
        "person": User,
        "department": Case._meta.get_field("department").related_model,
    }.get(kind)
    unit = model.objects.filter(pk=key).first() if model and key.isdecimal() and len(key) < 18 else None
    if unit is None:
        raise ValidationError({"receiver": "请选择接收方。"})
    return Holder(HolderKind(kind), unit)


def _numbers(values: list[str]) -> list[int]:
    return [int(value) for value in values if value.isdecimal() and len(value) < 18]


@dataclass(frozen=True)
class Refusal:
    """A move of papers that was refused: the button, what was typed, what is wrong, by field."""

    do: str
    handover: str
    typed: dict[str, str]
    ticked: list[int]
    fields: dict[str, str]


def refusal_of(request: HttpRequest, error: PortalError | ValidationError) -> Refusal:
    if isinstance(error, PortalError):
        fields = {name: "；".join(texts) for name, texts in error.fields.items()} or {"": error.message}
    elif hasattr(error, "error_dict"):
        fields = {name: "；".join(texts) for name, texts in error.message_dict.items()}
    else:
        fields = {"": "；".join(error.messages)}
    # What is wrong with the ticks stands above the papers.
    for name in ("materials", "refused"):
        if name in fields:
            fields[""] = fields.pop(name)
    data = request.POST
    return Refusal(
        do=data.get("do", ""),
        handover=data.get("handover", ""),
        typed={name: value for name, value in data.items() if isinstance(value, str)},
        ticked=_numbers(data.getlist("materials") + data.getlist("refused")),
        fields=fields,
    )


class CustodyMixin:
    """Adds `services_case_custody`, one POST for every move of papers, to the admin of cases."""

    def get_urls(self) -> list[URLPattern]:
        here: Any = self
        return [
            path(
                "<int:pk>/custody/",
                here.admin_site.admin_view(self.custody_view),
                name="services_case_custody",
            ),
            *super().get_urls(),  # type: ignore[misc]  # a mixin of ModelAdmin
        ]

    def custody_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Does what the pressed button says. A refusal draws the page again with the reason at the field
        that it is about and everything as it was typed."""
        here: Any = self
        case: Case = here._find(request, pk)
        if request.method == "POST":
            try:
                messages.success(request, self._move(request, case))
            except (PortalError, ValidationError) as error:
                return here.case_page(request, case, refused=refusal_of(request, error), status=400)
        if not Case.objects.visible_to(request.user).filter(pk=case.pk).exists():  # passed back: not hers now
            return HttpResponseRedirect(reverse("admin:services_case_changelist"))
        return HttpResponseRedirect(f"{case.get_absolute_url()}#custody")

    def _move(self, request: HttpRequest, case: Case) -> str:
        data = request.POST
        about: dict[str, Any] = {"actor": request.user}
        materials = _numbers(data.getlist("materials"))
        reason = data.get("reason", "")
        match data.get("do"):
            case "send":
                try:
                    due = parse_date(text) if (text := data.get("due_back_on", "").strip()) else None
                except ValueError:
                    due = None
                if text and due is None:
                    raise ValidationError({"due_back_on": "应归还日期应形如 2026-12-01。"})
                handover = do.hand_over_papers(
                    case=case,
                    materials=materials,
                    receiver=_receiver(data.get("receiver", "")),
                    due_back_on=due,
                    note=data.get("note", ""),
                    **about,
                )
                return f"已移交，等待{handover.receiver}签收。请打印物料流转凭证。"
            case "return":
                do.return_papers(case=case, materials=materials, recipient=data.get("recipient", ""), **about)
                return "已登记退还申请人。"
            case "sign":
                refused = dict.fromkeys(_numbers(data.getlist("refused")), reason)
                do.answer_handover(
                    handover=self._handover(case, data.get("handover", "")), refused=refused, **about
                )
                return "已签收。" if not refused else "已登记签收和拒收。"
            case "recall":
                do.recall_handover(
                    handover=self._handover(case, data.get("handover", "")), reason=reason, **about
                )
                return "已撤回移交。"
            case "transfer":
                outlet = Outlet.objects.filter(pk__in=_numbers([data.get("outlet", "")])).first()
                if outlet is None:
                    raise ValidationError({"outlet": "请选择要转交的网点。"})
                do.transfer_case(case=case, outlet=outlet, reason=reason, **about)
                return f"已转交{outlet}，材料等待对方签收。"
            case _:
                raise ValidationError("没有选择要办理的操作，请刷新页面后重试。")

    def _handover(self, case: Case, key: str) -> Handover:
        found = Handover.objects.filter(case=case, pk__in=_numbers([key])).first()
        if found is None:
            raise ValidationError("没有这次移交，请刷新页面查看。")
        return found


QUEUES = {"mine": "待我签收", "transit": "在途", "late": "逾期未还"}


class HandoverFilter(admin.SimpleListFilter):
    """What a person asks of handovers: what waits for me, what is on its way, what is late."""

    title = _("队列")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return list(QUEUES.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        return queryset.in_queue(self.value() or "", request.user)


@admin.register(Handover)
class HandoverAdmin(ReadOnlyAdmin):
    list_display = [
        "shown_case",
        "shown_sender",
        "shown_receiver",
        "handed_by",
        "shown_day",
        "shown_return",
        "shown_state",
    ]
    list_display_links = None
    list_filter = [HandoverFilter]
    search_fields = ["case__case_number"]
    search_help_text = _("办件编号")
    list_before_template = "admin/services/case/queues.html"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list, with what waits, what is on its way and what is late above it; a query each."""
        seen = Handover.objects.visible_to(request.user)
        queues = [
            {"name": name, "label": label, "count": seen.in_queue(name, request.user).count()}
            for name, label in QUEUES.items()
        ]
        context = {**(extra_context or {}), "queues": queues, "queue": request.GET.get("queue", "")}
        return super().changelist_view(request, context)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).with_holders()

    @display(description=_("办件"))
    def shown_case(self, handover: Handover) -> SafeString:
        url = reverse("admin:services_case_change", args=[handover.case_id])
        return format_html('<a href="{}#custody">{}</a>', url, handover.case)

    @display(description=_("移交方"))
    def shown_sender(self, handover: Handover) -> str:
        return str(handover.sender)

    @display(description=_("接收方"))
    def shown_receiver(self, handover: Handover) -> str:
        return str(handover.receiver)

    @display(description=_("移交时间"), ordering="handed_at")
    def shown_day(self, handover: Handover) -> SafeString:
        at = timezone.localtime(handover.handed_at)
        return day_and_rest(at.date(), f"{at:%H:%M}")

    @display(description=_("应归还日期"), ordering="due_back_on")
    def shown_return(self, handover: Handover) -> str:
        return f"{handover.due_back_on:%Y-%m-%d}" if handover.due_back_on else "—"

    @display(description=_("情况"), label={"在途待签收": "warning", "已签收": "success"})
    def shown_state(self, handover: Handover) -> str:
        return "在途待签收" if handover.is_open else "已签收"
