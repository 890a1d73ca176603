"""What the history says of a change, whatever kind of value it was."""

from services.models import Case, ServiceRating
from tuoxian_portal.audit.workflow_admin import describe


def test_words_lists_and_nothing_are_told():
    lines = describe(
        ServiceRating,
        {
            "standing": ["clear", "doubtful"],
            "doubts": [[], ["同一电话", "过快"]],
            "judgement": [None, "属实"],
            "comment": ["旧", "新"],
            "unknown": [1, 2],
        },
    )
    assert lines == [
        "认定：正常 → 待认定",
        "疑点：空 → 同一电话、过快",
        "认定理由：空 → 属实",
        "意见：已修改",
    ]


def test_what_is_nested_does_not_break_the_page():
    assert describe(Case, {"item_snapshot": [{}, {"a": [1]}]})[0].startswith("受理时的事项内容：")
