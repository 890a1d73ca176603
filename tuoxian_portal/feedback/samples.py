"""Sample feedback (示例): one waiting, one late, one in hand, one answered, one closed."""

from datetime import datetime, time, timedelta

from django.utils import timezone

from tuoxian_portal.core.calendar import load_calendar
from tuoxian_portal.core.samples import SampleContext, SampleMaker, sample_makers
from tuoxian_portal.feedback.choices import ContactKind, FeedbackKind, FeedbackState
from tuoxian_portal.feedback.models import Feedback

ROWS = (
    (0, FeedbackState.NEW, FeedbackKind.IDEA, "/open-data/", "示例：希望数据里有各年的汇总。"),
    (12, FeedbackState.NEW, FeedbackKind.WRONG, "/invest/costs/", "示例：页面上的日期好像旧了。"),
    (3, FeedbackState.IN_HAND, FeedbackKind.MISSING, "/services/", "示例：没有找到想办的事项。"),
    (20, FeedbackState.ANSWERED, FeedbackKind.BROKEN, "/projects/", "示例：手机上点筛选没有反应。"),
    (25, FeedbackState.CLOSED, FeedbackKind.OTHER, "", "示例：测试一下这个表单。"),
)


def make(context: SampleContext) -> None:
    calendar = load_calendar()
    for number, (days, state, kind, page, text) in enumerate(ROWS, start=1):
        day = context.today - timedelta(days=days)
        at = timezone.make_aware(datetime.combine(day, time(10)))
        over = state in (FeedbackState.ANSWERED, FeedbackState.CLOSED)
        row = Feedback.objects.create(
            number=f"YJSL-{number:04d}",
            kind=kind,
            page=page,
            text=text,
            contact="sample@example.com" if number == 3 else "",
            contact_kind=ContactKind.EMAIL if number == 3 else ContactKind.NONE,
            state=state,
            answer_due=calendar.add(day, 5),
            answer="示例答复：已经修好，谢谢您告诉我们。" if state == FeedbackState.ANSWERED else "",
            close_reason="示例理由：没有需要答复的内容。" if state == FeedbackState.CLOSED else "",
            ended_at=at + timedelta(days=2) if over else None,
            is_sample=True,
        )
        Feedback.objects.filter(pk=row.pk).update(created_at=at)


sample_makers.register("feedback", SampleMaker(name="feedback", order=90, make=make))
