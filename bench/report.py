"""The monthly report, made in a process of its own so that its memory can be told."""

import json
import time

from bench import environment

environment.prepare()


def main() -> None:
    import django

    django.setup()

    from bench.server import peak_memory_mb
    from tuoxian_portal.core.calendar import today
    from tuoxian_portal.core.months import period_of, previous_month
    from tuoxian_portal.reports.actions import produce_report
    from tuoxian_portal.reports.models import ReportRun

    period = period_of(previous_month(today()))
    ReportRun.objects.all().delete()
    started = time.perf_counter()
    run = produce_report(
        kind="monthly-projects", period=period, actor=None, progress=lambda done, total, text: None
    )
    print(
        json.dumps(
            {
                "seconds": time.perf_counter() - started,
                "memory_mb": peak_memory_mb(),
                "formats": sorted(run.files.values_list("format", flat=True)),
            }
        )
    )


if __name__ == "__main__":
    main()
