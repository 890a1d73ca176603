"""The table of an entrustment's life: 咨询登记 → 承诺 → 委托 → 帮办中 ⇄ 中止 → 办结签单 → 回访.

Sources: the county's five rules (服务承诺、办理委托、材料流转、办结签单、服务评价), 民法典 Art. 165 (what
an authority names), Art. 173 (how it ends). `tests/services/test_entrustment_workflow.py` walks every
state × action × role.
"""

from typing import Any

from services.choices_cases import OPEN_STATES
from services.choices_entrustments import ENDED_STATES, LAPSING_STATES, EntrustmentState, PaperForm
from tuoxian_portal.core.workflow import Transition, Workflow, register_check

HANDLE = "services.handle_entrustment"
FOLLOW_UP = "services.follow_up_entrustment"
SUPERVISE = "services.supervise_entrustment"


def is_its_helper(entrustment: Any, user: Any) -> str | None:
    """Only who is named in the authority acts under it."""
    if user is None or user.pk in entrustment.helper_ids:
        return None
    if entrustment.helper_id is None:
        return "本委托还没有帮办员，请先办理服务承诺，或请督办指定帮办员。"
    return f"本委托由{entrustment.helper}帮办，请由本人或协办人办理。"


def free_or_mine(entrustment: Any, user: Any) -> str | None:
    """Before the promise whoever of the outlet takes it up becomes its helper, unless one is named."""
    if entrustment.helper_id is None:
        return None
    return is_its_helper(entrustment, user)


def in_period(entrustment: Any, user: Any) -> str | None:
    if entrustment.is_expired:
        return f"委托期限已于 {entrustment.ends_on:%Y-%m-%d} 届满，委托终止。仍需帮办的，请另立委托。"
    return None


def originals_returned(entrustment: Any, user: Any) -> str | None:
    held = [str(p) for p in entrustment.papers.all() if p.is_held and p.form == PaperForm.ORIGINAL]
    if held:
        return f"还有原件没有退还委托人：{'、'.join(held)}。请当面退还并登记签名后再签单。"
    return None


def cases_closed(entrustment: Any, user: Any) -> str | None:
    waiting = [
        link.case.case_number for link in entrustment.case_links.all() if link.case.state in OPEN_STATES
    ]
    if waiting:
        return f"关联办件尚未办结：{'、'.join(waiting)}。办结后再签单；委托人不再办理的，请用“委托人撤回”。"
    return None


def something_done(entrustment: Any, user: Any) -> str | None:
    rows = (entrustment.steps, entrustment.case_links, entrustment.visits)
    if not any(row.all() for row in rows):
        return "还没有任何帮办记录。请先登记做了什么，再办结签单。"
    return None


def some_paper_held(entrustment: Any, user: Any) -> str | None:
    if not any(p.is_held for p in entrustment.papers.all()):
        return "手里没有委托人的材料。"
    return None


def has_project(entrustment: Any, user: Any) -> str | None:
    if entrustment.project_id is None:
        return "本委托没有关联重点项目，没有全程计划。"
    return None


def not_a_helper(entrustment: Any, user: Any) -> str | None:
    """回访 is made by somebody else than whose work it is about."""
    if user is not None and user.pk in entrustment.helper_ids:
        return "您是本委托的帮办员，回访须由另一人办理。"
    return None


def _t(name: str, label: str, sources: Any, target: Any, permission: str | None, **more: Any) -> Transition:
    return Transition(
        name=name,
        label=label,
        sources=frozenset({sources} if isinstance(sources, str) else sources),
        target=target,
        permission=permission,
        **more,
    )


S = EntrustmentState
OPEN = frozenset(S) - ENDED_STATES
BEFORE_SIGN_OFF = OPEN - {S.SIGNED_OFF}
MINE = (is_its_helper, in_period)

ENTRUSTMENT_WORKFLOW = register_check(
    Workflow(
        name="entrustment",
        states=EntrustmentState,
        initial=S.CONSULTED,
        terminal=ENDED_STATES,
        transitions=(
            _t(
                "assign",
                "指定帮办员",
                {S.CONSULTED, S.PROMISED},
                None,
                SUPERVISE,
                confirm="委托书签署以前可以指定或改派；签署以后更换帮办员，须签续办委托书。",
            ),
            _t(
                "amend",
                "更正登记",
                {S.CONSULTED, S.PROMISED},
                None,
                HANDLE,
                guards=(free_or_mine,),
                confirm="核对委托人、方式和网点；转给其他网点的，请说明原因。拟定委托书以后不再更正。",
            ),
            _t(
                "promise",
                "作出服务承诺",
                S.CONSULTED,
                S.PROMISED,
                HANDLE,
                guards=(free_or_mine,),
                tone="primary",
                confirm="打印服务承诺书交委托人。帮办服务自愿、免费。",
            ),
            _t(
                "draw_up",
                "拟定委托书",
                {S.PROMISED, S.DRAWN_UP},
                S.DRAWN_UP,
                HANDLE,
                guards=(is_its_helper,),
                tone="primary",
                confirm="写明代理人、委托事项、权限和期限，打印授权委托书请委托人签字或盖章。",
            ),
            _t(
                "sign",
                "登记签署",
                S.DRAWN_UP,
                S.HELPING,
                HANDLE,
                guards=MINE,
                tone="primary",
                confirm="委托人已在授权委托书上签字或盖章。登记后开始帮办。",
            ),
            # Acts under the authority
            _t("record_step", "登记帮办记录", S.HELPING, None, HANDLE, guards=MINE, tone="primary"),
            _t("link_case", "关联办件", S.HELPING, None, HANDLE, guards=MINE),
            _t(
                "receive_papers",
                "接收材料",
                S.HELPING,
                None,
                HANDLE,
                guards=MINE,
                confirm="逐件核对，双方在材料交接单上签字。",
            ),
            _t(
                "return_papers",
                "退还材料",
                {S.HELPING, S.SUSPENDED, S.TERMINATED},
                None,
                HANDLE,
                guards=(some_paper_held,),
                confirm="当面清点退还，双方在材料交接单上签字。",
            ),
            _t(
                "record_visit",
                "登记上门帮办",
                {S.PROMISED, S.DRAWN_UP, S.HELPING},
                None,
                HANDLE,
                guards=MINE,
            ),
            _t(
                "issue_plan",
                "打印全帮办计划表",
                {S.PROMISED, S.DRAWN_UP, S.HELPING, S.SUSPENDED},
                None,
                HANDLE,
                guards=(is_its_helper, has_project),
            ),
            _t(
                "renew",
                "变更或续期",
                S.HELPING,
                None,
                HANDLE,
                guards=MINE,
                confirm="延长期限、增加事项或更换帮办员，须由委托人签续办委托书。",
            ),
            _t(
                "suspend",
                "中止",
                S.HELPING,
                S.SUSPENDED,
                HANDLE,
                needs_reason=True,
                guards=MINE,
                confirm="打印中止单。中止期间不能以委托人名义办理任何事项。",
            ),
            _t(
                "resume",
                "续办",
                S.SUSPENDED,
                S.HELPING,
                HANDLE,
                guards=MINE,
                tone="primary",
                confirm="委托人签续办委托书后恢复帮办。",
            ),
            # Ending
            _t(
                "sign_off",
                "办结签单",
                S.HELPING,
                S.SIGNED_OFF,
                HANDLE,
                guards=(*MINE, something_done, cases_closed, originals_returned),
                tone="primary",
                confirm="委托人在办结签单上签字。原件须已全部退还。",
            ),
            _t(
                "follow_up",
                "回访",
                S.SIGNED_OFF,
                S.CLOSED,
                FOLLOW_UP,
                guards=(not_a_helper,),
                tone="primary",
                confirm="由帮办员以外的人回访，记下委托人的评价。",
            ),
            _t(
                "withdraw",
                "委托人撤回",
                BEFORE_SIGN_OFF,
                S.TERMINATED,
                HANDLE,
                needs_reason=True,
                guards=(free_or_mine,),
                tone="danger",
                confirm="委托人可以随时取消委托。终止后不能恢复；手里的材料仍须退还。",
            ),
            _t(
                "terminate",
                "终止委托",
                BEFORE_SIGN_OFF,
                S.TERMINATED,
                SUPERVISE,
                needs_reason=True,
                tone="danger",
                confirm="帮办无法继续时由督办终止，打印终止通知。终止后不能恢复。",
            ),
            _t("expire", "期满终止", LAPSING_STATES, S.TERMINATED, None),
        ),
    )
)
