"""Matching in both directions at the size of a county: run as its own process, rolled back at the end.

10,000 enterprises × 200 clauses in the database, and 200 clauses against one enterprise in memory.
Prints one line of JSON.
"""

import json
import random
import statistics
import sys
import time
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from bench import environment

environment.prepare()

ENTERPRISES, CLAUSES = 10_000, 200


def conditions_of(count: int) -> list[dict[str, Any]]:
    """Conditions of three to five comparisons, as policies have them; each follows from its number."""
    found = []
    for number in range(count):
        chance = random.Random(number)
        found.append(
            {
                "all": [
                    {"fact": "investment", "is": "gte", "value": str(chance.choice([100, 500, 1000, 5000]))},
                    {
                        "any": [
                            {"fact": "qualifications", "is": "has", "value": ["high_tech", "tech_sme"]},
                            {"fact": "registered_on", "is": "younger", "value": chance.randint(1, 9)},
                            {"fact": "industry_code", "is": "under", "value": ["C27", "C2710", "D44"]},
                        ]
                    },
                    {"not": {"fact": "headcount", "is": "gt", "value": str(chance.randint(10, 900))}},
                ]
            }
        )
    return found


def fill_register(count: int) -> None:
    from tuoxian_portal.directory.models import Enterprise, EnterpriseProfile, EnterpriseQualification

    rows = Enterprise.objects.bulk_create(
        (Enterprise(name=f"示例企业·评测{n}", is_sample=True) for n in range(count)), batch_size=2000
    )
    profiles, held = [], []
    for number, row in enumerate(rows):
        chance = random.Random(number)
        profiles.append(
            EnterpriseProfile(
                enterprise=row,
                industry_code=chance.choice(["", "C", "C13", "C27", "C2710", "D44"]),
                registered_on=date(2026, 1, 1) - timedelta(days=chance.randint(1, 6000)),
                headcount=chance.choice([None, 10, 50, 200, 1000]),
                investment_wan=chance.choice([None, 50, 400, 900, 3000, 9000]),
                equipment_wan=chance.choice([None, 100, 1000]),
                qualifications_complete=chance.random() < 0.5,
            )
        )
        if chance.random() < 0.3:
            held.append(
                EnterpriseQualification(enterprise=row, kind=chance.choice(["high_tech", "tech_sme"]))
            )
    EnterpriseProfile.objects.bulk_create(profiles, batch_size=2000)
    EnterpriseQualification.objects.bulk_create(held, batch_size=2000)


def database_seconds(rules: list[Any], day: date) -> float:
    """One count of the three verdicts for each clause over the whole register."""
    from policies.qualifying import counts_of

    started = time.monotonic()
    counts_of(rules, day)
    return time.monotonic() - started


def memory_ms(day: date) -> float:
    """CPU of matching one enterprise with every clause; the median of five."""
    from policies.matching import match
    from policies.models import IncentivePolicy, PolicyClause

    policy = IncentivePolicy(
        pk=1,
        title="评测",
        document_number="1",
        legal_basis="1",
        fair_competition_reviewed_on=day,
        fair_competition_reviewed_by="1",
        verified_on=day,
        issued_on=day,
        expires_on=day + timedelta(days=900),
    )
    facts = {"investment": Decimal(6000), "headcount": Decimal(8), "equipment": Decimal(1200)}
    facts["registered_on"] = day - timedelta(days=400)  # type: ignore[assignment]  # facts hold any kind
    taken = []
    for _ in range(5):
        clauses = []
        for number, condition in enumerate(conditions_of(CLAUSES), start=1):
            clause = PolicyClause(
                pk=number,
                policy=policy,
                order=number,
                condition=condition,
                formula="设备投入 × 5%，封顶 50 万元",
            )
            clause._prefetched_objects_cache = {"exclusion_groups": []}  # type: ignore[attr-defined]  # no database in this workload
            clauses.append(clause)
        started = time.process_time()
        match(clauses, facts, day, {})
        taken.append((time.process_time() - started) * 1000)
    return statistics.median(taken)


def main() -> None:
    import django

    django.setup()
    from django.db import transaction

    from policies.rules import conditions
    from tuoxian_portal.core.calendar import today

    day = today()
    rules = [conditions.read(data) for data in conditions_of(CLAUSES)]
    count = 100 if "--few" in sys.argv else ENTERPRISES
    with transaction.atomic():
        fill_register(count)
        seconds = database_seconds(rules, day)
        transaction.set_rollback(True)
    print(json.dumps({"enterprises": count, "seconds": seconds, "match_ms": memory_ms(day)}))


if __name__ == "__main__":
    main()
