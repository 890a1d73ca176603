"""The words of a supervision notice."""

from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.choices import BadgeChoices


class NoticeState(BadgeChoices):
    ISSUED = "issued", _("待答复")
    ANSWERED = "answered", _("已答复待审")
    RETURNED = "returned", _("退回重办")
    CLOSED = "closed", _("已办结")
    CANCELLED = "cancelled", _("已撤销")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {
            cls.ISSUED: "warn",
            cls.ANSWERED: "info",
            cls.RETURNED: "bad",
            cls.CLOSED: "good",
            cls.CANCELLED: "muted",
        }

    @classmethod
    def waiting(cls) -> list["NoticeState"]:
        """The owner's turn: the reply deadline runs."""
        return [cls.ISSUED, cls.RETURNED]


class NoticeEntryKind(BadgeChoices):
    ANSWER = "answer", _("答复")
    RETURN = "return", _("退回")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.ANSWER: "info", cls.RETURN: "warn"}
