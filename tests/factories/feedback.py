"""Feedback for tests, in any state."""

from datetime import date
from unittest.mock import patch

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from tuoxian_portal.feedback.choices import ContactKind, FeedbackKind, FeedbackState
from tuoxian_portal.feedback.forms import FeedbackForm
from tuoxian_portal.feedback.models import Feedback


class FeedbackFactory(DjangoModelFactory):
    class Meta:
        model = Feedback

    class Params:
        reachable = factory.Trait(contact="13800001234", contact_kind=ContactKind.PHONE)
        answered = factory.Trait(
            state=FeedbackState.ANSWERED,
            answer="已经改正，谢谢。",
            ended_at=factory.LazyFunction(timezone.now),
        )
        closed = factory.Trait(
            state=FeedbackState.CLOSED,
            close_reason="没有需要答复的内容。",
            ended_at=factory.LazyFunction(timezone.now),
        )

    number = factory.Sequence(lambda n: f"YJ20990101-{n:04d}")
    kind = FeedbackKind.WRONG
    page = "/projects/"
    text = "这一页的日期不对。"
    answer_due = date(2099, 1, 10)


def stamp(age: float = 30) -> str:
    """Of a form that was shown `age` seconds ago."""
    with patch("time.time", return_value=timezone.now().timestamp() - age):
        return FeedbackForm.new_stamp()
