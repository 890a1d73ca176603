"""What may happen to feedback."""

from tuoxian_portal.core.workflow import Transition, Workflow, register_check
from tuoxian_portal.feedback.choices import OPEN, OVER, FeedbackState

HANDLE = "feedback.handle_feedback"

FEEDBACK_WORKFLOW = register_check(
    Workflow(
        name="feedback",
        states=FeedbackState,
        initial=FeedbackState.NEW,
        terminal=frozenset(),
        transitions=(
            Transition("take", "我来处理", frozenset({FeedbackState.NEW}), FeedbackState.IN_HAND, HANDLE),
            Transition("answer", "答复", OPEN, FeedbackState.ANSWERED, HANDLE, tone="primary"),
            Transition(
                "close", "关闭意见", OPEN, FeedbackState.CLOSED, HANDLE, needs_reason=True, tone="danger"
            ),
            Transition("reopen", "重新处理", OVER, FeedbackState.IN_HAND, HANDLE, needs_reason=True),
        ),
    )
)
