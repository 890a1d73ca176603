"""What a policy replaced and what replaced it, as far as the public may read it."""

from dataclasses import dataclass

from policies.models import IncentivePolicy
from tuoxian_portal.core.calendar import today

LONGEST = 10


@dataclass(frozen=True)
class Link:
    """One policy of the chain; `is_this` marks the one that was asked for."""

    policy: IncentivePolicy
    status: str
    tone: str
    is_this: bool


def chain_of(policy: IncentivePolicy) -> list[Link]:
    """From the oldest policy to the one that holds now; [] while it would name one policy only.

    One query for each step, at most `LONGEST` either way; a circle in the data ends it. Several that were
    replaced together stand side by side.
    """
    day = today()
    newer: list[IncentivePolicy] = []
    seen = {policy.pk}
    step = policy.replaced_by
    while step is not None and step.pk not in seen and len(newer) < LONGEST:
        seen.add(step.pk)
        newer.append(step)
        step = step.replaced_by
    older: list[IncentivePolicy] = []
    row = [policy.pk]
    for _ in range(LONGEST):
        before = list(
            IncentivePolicy.objects.filter(replaced_by__in=row)
            .exclude(pk__in=seen)
            .order_by("issued_on", "pk")
        )
        if not before:
            break
        older = [*before, *older]
        row = [old.pk for old in before]
        seen.update(row)
    found = [*older, policy, *newer]
    links = [
        Link(one, str(status.label), status.tone, one.pk == policy.pk)
        for one in found
        if one.is_published or one.pk == policy.pk
        for status in [one.status_on(day)]
    ]
    return links if len(links) > 1 else []
