"""How items and bundles come before the public: drafted, reviewed, published, retired."""

from typing import Any

from services.choices import PublicationState as S
from services.publishing import gaps_of
from tuoxian_portal.core.workflow import Transition, Workflow, register_check


def complete(record: Any, user: Any) -> str | None:
    """The guard of publishing: nothing an applicant needs is missing."""
    gaps = gaps_of(record)
    return "还不能发布：" + " ".join(gap.text for gap in gaps) if gaps else None


def is_first_version(record: Any, user: Any) -> str | None:
    return "这是修订稿，可以直接放弃，不用停办。" if getattr(record, "revises_id", None) else None


def is_next_version(record: Any, user: Any) -> str | None:
    return None if getattr(record, "revises_id", None) else "不是修订稿，不能放弃。"


def has_no_next_version(record: Any, user: Any) -> str | None:
    return "已有修订稿，请在修订稿上修改。" if hasattr(record, "next_draft") else None


def revises_what_is_published(record: Any, user: Any) -> str | None:
    item = getattr(record, "revises", None)
    if item is not None and item.state != S.PUBLISHED:
        return "原事项已停办，修订稿不能使它重新公开。请放弃修订稿，或先重新编制并发布原事项。"
    return None


def publication(model: str, *, revisable: bool) -> Workflow:
    """The table for one model. A published item is revised in a draft beside it; a published bundle
    has no case history of its own and is simply taken back."""
    review, publish = f"services.review_{model}", f"services.publish_{model}"
    change = f"services.change_{model}"
    rows = [
        Transition("review", "审核通过", frozenset({S.DRAFTED}), S.REVIEWED, review, guards=(complete,)),
        Transition("send_back", "退回修改", frozenset({S.REVIEWED}), S.DRAFTED, review, needs_reason=True),
        Transition(
            "publish",
            "发布",
            frozenset({S.REVIEWED}),
            S.PUBLISHED,
            publish,
            guards=(revises_what_is_published, complete),
            confirm="发布后群众立即可见。",
            tone="primary",
        ),
        Transition(
            "retire",
            "停办",
            frozenset({S.PUBLISHED}),
            S.RETIRED,
            publish,
            needs_reason=True,
            guards=(is_first_version,),
            confirm="停办后不再对外显示，已收的办件照常办理。",
            tone="danger",
        ),
        Transition("reopen", "重新编制", frozenset({S.RETIRED}), S.DRAFTED, change),
    ]
    if revisable:
        rows += [
            Transition(
                "revise", "修订", frozenset({S.PUBLISHED}), None, change, guards=(has_no_next_version,)
            ),
            Transition(
                "discard",
                "放弃修订稿",
                frozenset({S.DRAFTED, S.REVIEWED}),
                None,
                change,
                guards=(is_next_version,),
                tone="danger",
            ),
        ]
    else:
        rows.append(
            Transition(
                "take_back",
                "撤回修改",
                frozenset({S.PUBLISHED}),
                S.DRAFTED,
                publish,
                confirm="撤回期间群众看不到这个一次办。",
            )
        )
    return Workflow(
        name=f"{model}_publication",
        states=S,
        initial=S.DRAFTED,
        terminal=frozenset(),
        transitions=tuple(rows),
    )


item_workflow = register_check(publication("serviceitem", revisable=True))
bundle_workflow = register_check(publication("servicebundle", revisable=False))
