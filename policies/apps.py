from django.apps import AppConfig


class PoliciesConfig(AppConfig):
    name = "policies"
    verbose_name = "惠企政策与要素成本"

    def ready(self) -> None:
        from tuoxian_portal.core.calendar import calendar_listeners

        calendar_listeners.append(_calendar_changed)


def _calendar_changed() -> None:
    """The working-day calendar was edited: open paying deadlines follow."""
    from policies.models import PolicyClaim

    PolicyClaim.objects.derive_due_again()
