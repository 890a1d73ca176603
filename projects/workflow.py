"""What may happen to a project's stage and status, to a monthly report and to a lead: four tables."""

from typing import Any

from projects.choices import LeadState, ReportState, Stage, Status
from projects.confidence import is_assessed
from projects.stage_fields import missing_at, words
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.months import month_of
from tuoxian_portal.core.workflow import Guard, Transition, Workflow, register_check

MOVE_STAGE = "projects.move_stage"
SET_BACK = "projects.set_back_stage"
CHANGE_STATUS = "projects.change_status"
SUBMIT = "projects.submit_report"
ACCEPT = "projects.accept_report"
FREEZE = "projects.freeze_report"
RESTATE = "projects.restate_report"
PUBLISH_PHOTO = "projects.publish_progressphoto"
VOID_RECEIPT = "projects.void_fundsreceipt"
HANDLE_LEAD = "projects.handle_lead"
CONVERT_LEAD = "projects.convert_lead"


# --- A project's stage ---------------------------------------------------------------------------
def still_alive(project: Any, user: Any) -> str | None:
    return "项目已终止，不能变更阶段。" if project.status == Status.TERMINATED else None


def complete_for(stage: Stage) -> Guard:
    """Refuses while a field that `stage` requires is empty, and names them all."""

    def guard(project: Any, user: Any) -> str | None:
        missing = missing_at(project, stage)
        return f"进入“{stage.label}”还缺：{words(missing)}。请先补充后再推进。" if missing else None

    return guard


def _stage_transitions() -> tuple[Transition, ...]:
    """Each stage leads to the next one, and back with a reason."""
    forward, back = [], []
    for stage in Stage:
        if following := stage.next:
            forward.append(
                Transition(
                    f"advance_to_{following}",
                    f"推进到“{following.label}”",
                    frozenset({stage}),
                    following,
                    MOVE_STAGE,
                    guards=(still_alive, complete_for(following)),
                    tone="primary",
                )
            )
        if previous := stage.previous:
            back.append(
                Transition(
                    f"set_back_to_{previous}",
                    f"退回到“{previous.label}”",
                    frozenset({stage}),
                    previous,
                    SET_BACK,
                    needs_reason=True,
                    guards=(still_alive,),
                )
            )
    return (*forward, *back)


STAGE_WORKFLOW = register_check(
    Workflow(
        name="key_project_stage",
        states=Stage,
        initial=Stage.RESERVE,
        terminal=frozenset(),
        field_name="stage",
        transitions=_stage_transitions(),
    )
)


# --- A project's status --------------------------------------------------------------------------
class StatusWorkflow(Workflow):
    """An unstated status is worked on as a normal one."""

    def state_of(self, record: Any) -> str:
        return str(record.status or Status.NORMAL)


STATUS_WORKFLOW = register_check(
    StatusWorkflow(
        name="key_project_status",
        states=Status,
        initial=Status.NORMAL,
        terminal=frozenset({Status.TERMINATED}),
        field_name="status",
        transitions=(
            Transition(
                "stall",
                "标为停滞",
                frozenset({Status.NORMAL}),
                Status.STALLED,
                CHANGE_STATUS,
                needs_reason=True,
            ),
            Transition(
                "resume",
                "恢复正常",
                frozenset({Status.STALLED}),
                Status.NORMAL,
                CHANGE_STATUS,
                needs_reason=True,
                tone="primary",
            ),
            Transition(
                "terminate",
                "终止项目",
                frozenset({Status.NORMAL, Status.STALLED}),
                Status.TERMINATED,
                CHANGE_STATUS,
                needs_reason=True,
                confirm="终止后不能恢复，也不再计入项目数。确定终止？",
                tone="danger",
            ),
        ),
    )
)


# --- What else is done with a project ------------------------------------------------------------
OVERRIDE = "projects.override_confidence"
PUBLISH_PROJECT = "projects.publish_keyproject"
PUBLISH_OPPORTUNITY = "projects.publish_opportunity"
PUBLISH_NODE = "projects.publish_chainnode"
ALWAYS = frozenset({""})


def only_if(condition: Any, reason: str) -> Guard:
    """A guard from a condition on the record."""
    return lambda record, user: None if condition(record) else reason


def _publication(permission: str) -> tuple[Transition, ...]:
    return (
        Transition(
            "publish",
            "对外公布",
            ALWAYS,
            None,
            permission,
            guards=(only_if(lambda r: not r.is_published, "这条记录已经公布。"),),
        ),
        Transition(
            "withdraw",
            "撤下",
            ALWAYS,
            None,
            permission,
            needs_reason=True,
            guards=(only_if(lambda r: r.is_published, "这条记录尚未公布。"),),
        ),
    )


class EventWorkflow(Workflow):
    """Events that have no state of their own: only their guards say when they are possible."""

    def state_of(self, record: Any) -> str:
        return ""

    def problems(self) -> list[str]:
        return []


PROJECT_EVENTS = EventWorkflow(
    name="key_project_events",
    states=Status,
    initial="",
    terminal=frozenset(),
    transitions=(
        Transition(
            "place_stage",
            "核定阶段",
            ALWAYS,
            None,
            MOVE_STAGE,
            needs_reason=True,
            guards=(still_alive, only_if(lambda p: not p.stage, "项目已有阶段，请用推进或退回。")),
        ),
        Transition(
            "override_confidence",
            "人工评定",
            ALWAYS,
            None,
            OVERRIDE,
            needs_reason=True,
            guards=(only_if(is_assessed, "该项目不参与红黄绿评定（签约前、已达产、已终止或未定阶段）。"),),
        ),
        Transition(
            "clear_override",
            "撤销人工评定",
            ALWAYS,
            None,
            OVERRIDE,
            guards=(only_if(lambda p: p.override_level, "该项目没有人工评定。"),),
        ),
        *_publication(PUBLISH_PROJECT),
    ),
)

OPPORTUNITY_EVENTS = EventWorkflow(
    name="opportunity_events",
    states=Status,
    initial="",
    terminal=frozenset(),
    transitions=_publication(PUBLISH_OPPORTUNITY),
)


CHAIN_NODE_EVENTS = EventWorkflow(
    name="chain_node_events",
    states=Status,
    initial="",
    terminal=frozenset(),
    transitions=_publication(PUBLISH_NODE),
)


class ProjectDesk:
    """Everything that can be done with a project, as one workflow for the workbench."""

    tables = (STAGE_WORKFLOW, STATUS_WORKFLOW, PROJECT_EVENTS)

    def __init__(self) -> None:
        self.by_name = {name: t for table in self.tables for name, t in table.by_name.items()}

    def available(self, record: Any, user: Any) -> list[Transition]:
        return [t for table in self.tables for t in table.available(record, user)]


PROJECT_DESK = ProjectDesk()


# --- A monthly report ----------------------------------------------------------------------------
def not_own_report(report: Any, user: Any) -> str | None:
    """Whoever submitted a report does not accept it."""
    if user is not None and report.submitted_by_id == user.pk:
        return "这份进展由您本人提交，须由另一位工作人员审核。"
    return None


def month_is_over(report: Any, user: Any) -> str | None:
    """A month is closed once it has ended: nothing more can happen in it."""
    if report.month >= month_of(today()):
        return f"{report.month:%Y年%m月}尚未结束，月末之后才能冻结。"
    return None


REPORT_WORKFLOW = register_check(
    Workflow(
        name="progress_report",
        states=ReportState,
        initial=ReportState.DRAFT,
        terminal=frozenset({ReportState.FROZEN}),
        transitions=(
            Transition(
                "submit",
                "提交审核",
                frozenset({ReportState.DRAFT}),
                ReportState.SUBMITTED,
                SUBMIT,
                tone="primary",
            ),
            Transition(
                "accept",
                "审核通过",
                frozenset({ReportState.SUBMITTED}),
                ReportState.ACCEPTED,
                ACCEPT,
                guards=(not_own_report,),
                tone="primary",
            ),
            Transition(
                "send_back",
                "退回修改",
                frozenset({ReportState.SUBMITTED, ReportState.ACCEPTED}),
                ReportState.DRAFT,
                ACCEPT,
                needs_reason=True,
            ),
            Transition(
                "freeze",
                "冻结",
                frozenset({ReportState.ACCEPTED}),
                ReportState.FROZEN,
                FREEZE,
                guards=(month_is_over,),
                confirm="冻结后数据不能再改，只能作有理由的更正。确定冻结？",
            ),
            Transition(
                "restate",
                "更正",
                frozenset({ReportState.FROZEN}),
                None,
                RESTATE,
                needs_reason=True,
                confirm="更正计入尚未冻结的月份，已公布月份的期末数不变。原值、新值、理由和更正人都会保留。",
            ),
        ),
    )
)


# --- A photograph of the month ---------------------------------------------------------------------
PHOTO_EVENTS = EventWorkflow(
    name="progress_photo_events",
    states=Status,
    initial="",
    terminal=frozenset(),
    transitions=(
        Transition(
            "publish",
            "公布照片",
            ALWAYS,
            None,
            PUBLISH_PHOTO,
            guards=(
                only_if(lambda p: not p.is_published, "这张照片已经公布。"),
                only_if(
                    lambda p: p.report.state in ReportState.counted(),
                    "这个月的进展还没有审核，照片不能公布。请先审核。",
                ),
            ),
        ),
        Transition(
            "withdraw",
            "撤下照片",
            ALWAYS,
            None,
            PUBLISH_PHOTO,
            guards=(only_if(lambda p: p.is_published, "这张照片尚未公布。"),),
        ),
    ),
)


# --- Money that arrived --------------------------------------------------------------------------
RECEIPT_EVENTS = EventWorkflow(
    name="funds_receipt_events",
    states=Status,
    initial="",
    terminal=frozenset(),
    transitions=(
        Transition(
            "void",
            "作废",
            ALWAYS,
            None,
            VOID_RECEIPT,
            needs_reason=True,
            guards=(only_if(lambda r: r.voided_at is None, "这笔到位资金已经作废。"),),
            confirm="作废后不再计入合计，记录和理由保留；正确的金额请重新登记。确定作废？",
            tone="danger",
        ),
    ),
)


# --- A lead --------------------------------------------------------------------------------------
OPEN = frozenset({LeadState.NEW, LeadState.CONTACTED, LeadState.FOLLOWING})


def no_open_conflict(lead: Any, user: Any) -> str | None:
    """The first registrant is protected: a later lead waits for the supervisor. Lists prefetch
    `conflicts_as_later__first`."""
    for conflict in lead.conflicts_as_later.all():
        if not conflict.decision:
            return f"与先登记的 {conflict.first.number} 撞单，尚未裁定。请督办人员裁定后再转为项目。"
    return None


LEAD_WORKFLOW = register_check(
    Workflow(
        name="investment_lead",
        states=LeadState,
        initial=LeadState.NEW,
        terminal=frozenset({LeadState.CONVERTED}),
        transitions=(
            Transition(
                "contact",
                "已联系答复",
                frozenset({LeadState.NEW}),
                LeadState.CONTACTED,
                HANDLE_LEAD,
                tone="primary",
            ),
            Transition(
                "follow_up",
                "转入跟进",
                frozenset({LeadState.CONTACTED}),
                LeadState.FOLLOWING,
                HANDLE_LEAD,
                tone="primary",
            ),
            Transition(
                "convert",
                "转为项目",
                frozenset({LeadState.CONTACTED, LeadState.FOLLOWING}),
                LeadState.CONVERTED,
                CONVERT_LEAD,
                guards=(no_open_conflict,),
                confirm="将在项目台账中新建一个储备项目。确定转为项目？",
            ),
            Transition("visit", "登记拜访或接待", OPEN, None, HANDLE_LEAD),
            Transition(
                "close", "关闭", OPEN, LeadState.CLOSED, HANDLE_LEAD, needs_reason=True, tone="danger"
            ),
            Transition(
                "reopen",
                "重新跟进",
                frozenset({LeadState.CLOSED}),
                LeadState.FOLLOWING,
                HANDLE_LEAD,
                needs_reason=True,
            ),
        ),
    )
)
