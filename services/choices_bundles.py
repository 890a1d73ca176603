"""The words of bundle cases (一次办办件)."""

from django.utils.translation import gettext_lazy as _

from tuoxian_portal.core.choices import BadgeChoices


class BundleState(BadgeChoices):
    """Where a bundle case stands. Never stored: `bundle_states` derives it from its cases."""

    REGISTERED = "registered", _("登记")
    RECEIVED = "received", _("待受理")
    CORRECTING = "correcting", _("待补正")
    IN_PROGRESS = "in_progress", _("办理中")
    COLLECTING = "collecting", _("待领取")
    COMPLETED = "completed", _("已办结")
    PARTIAL = "partial", _("部分办结")
    WITHDRAWN = "withdrawn", _("已撤回")
    ENDED = "ended", _("已终结")
    VOID = "void", _("已作废")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {
            cls.REGISTERED: "neutral",
            cls.RECEIVED: "info",
            cls.CORRECTING: "warn",
            cls.IN_PROGRESS: "info",
            cls.COLLECTING: "good",
            cls.COMPLETED: "good",
            cls.PARTIAL: "warn",
            cls.WITHDRAWN: "muted",
            cls.ENDED: "muted",
            cls.VOID: "muted",
        }


CLOSED_BUNDLE_STATES = frozenset(
    {
        BundleState.COMPLETED,
        BundleState.PARTIAL,
        BundleState.WITHDRAWN,
        BundleState.ENDED,
        BundleState.VOID,
    }
)
OPEN_BUNDLE_STATES = frozenset(BundleState) - CLOSED_BUNDLE_STATES
