"""Many entrustments at once: who sees them, which are about to run out, how many are on site."""

from datetime import date, timedelta
from typing import Any, Self

from django.db.models import Count, Exists, OuterRef, Q

from services.choices_cases import OPEN_STATES
from services.choices_entrustments import SIGNED_STATES, EntrustmentState, PaperForm
from tuoxian_portal.accounts.models import Role
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.querysets import PortalQuerySet

ENDING_SOON_DAYS = 7


class EntrustmentQuerySet(PortalQuerySet):
    def visible_to(self, user: Any) -> Self:
        """A helper sees what she helps with and what waits at her outlet, a window its outlet's,
        supervisors and officials all."""
        if not (user.is_authenticated and user.is_active and user.has_perm("services.view_entrustment")):
            return self.none()
        if Role.Scope.COUNTY in user.scopes:
            return self
        mine = Q(helper=user.pk) | Q(co_helper=user.pk)
        if Role.Scope.OUTLET in user.scopes and user.outlet_id:
            mine |= Q(outlet=user.outlet_id)
        return self.filter(mine)

    def helped_by(self, user: Any) -> Self:
        return self.filter(Q(helper=user.pk) | Q(co_helper=user.pk))

    def ending_soon(self, on: date | None = None) -> Self:
        """In force or paused, and over within seven days, `on` (today) included."""
        on = on or today()
        last = on + timedelta(days=ENDING_SOON_DAYS)
        return self.filter(state__in=SIGNED_STATES, ends_on__range=(on, last))

    def ready_to_sign_off(self) -> Self:
        """待办结签单: helping, with cases, all of which are closed."""
        from services.models.entrustments import EntrustmentCase

        links = EntrustmentCase.objects.filter(entrustment=OuterRef("pk"))
        return self.filter(
            Exists(links),
            ~Exists(links.filter(case__state__in=OPEN_STATES)),
            state=EntrustmentState.HELPING,
        )

    def holding_originals(self) -> Self:
        """Whose originals are still with the helper, whatever the state."""
        from services.models.entrustments import EntrustmentPaper

        held = EntrustmentPaper.objects.held().filter(entrustment=OuterRef("pk"), form=PaperForm.ORIGINAL)
        return self.filter(Exists(held))

    def in_queue(self, name: str, user: Any, on: date | None = None) -> Self:
        """One queue of the workbench. Raises `KeyError` for an unknown one."""
        on = on or today()
        return {
            "mine": lambda: self.helped_by(user).exclude(
                state__in=[EntrustmentState.CLOSED, EntrustmentState.TERMINATED]
            ),
            "consulted": lambda: self.filter(state=EntrustmentState.CONSULTED),
            "promised": lambda: self.filter(state__in=[EntrustmentState.PROMISED, EntrustmentState.DRAWN_UP]),
            "helping": lambda: self.filter(state=EntrustmentState.HELPING),
            "suspended": lambda: self.filter(state=EntrustmentState.SUSPENDED),
            "to_sign_off": self.ready_to_sign_off,
            "to_follow_up": lambda: self.filter(state=EntrustmentState.SIGNED_OFF),
            "ending_soon": lambda: self.ending_soon(on),
            "originals": self.holding_originals,
        }[name]()

    def queue_counts(self, user: Any, on: date | None = None) -> dict[str, int]:
        """The queues with their sizes; one query."""
        on = on or today()
        keys = {name: self.in_queue(name, user, on).order_by().values("pk") for name in QUEUES}
        return self.order_by().aggregate(
            **{name: Count("pk", filter=Q(pk__in=rows)) for name, rows in keys.items()}
        )


QUEUES = (
    "mine",
    "consulted",
    "promised",
    "helping",
    "suspended",
    "to_sign_off",
    "to_follow_up",
    "ending_soon",
    "originals",
)


class EntrustmentPaperQuerySet(PortalQuerySet):
    def held(self) -> Self:
        """Still with the helper."""
        return self.filter(returned_on__isnull=True)
