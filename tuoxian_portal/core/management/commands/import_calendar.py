"""Fills the working-day calendar from the `holidays` package."""

from importlib.metadata import version
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tuoxian_portal.core.calendar import import_year, today
from tuoxian_portal.core.models import CalendarYear

LAST_PUBLISHED = 2026
"""The last year whose holidays the pinned package has as the State Council published them."""


class Command(BaseCommand):
    help = "导入工作日历；不写年份时导入 2022 年至明年。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("years", nargs="*", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        for year in options["years"] or range(2022, today().year + 2):
            # The State Council publishes a year's holidays in the autumn before it; what the package
            # holds of a later year is a guess without 调休.
            status = (
                CalendarYear.Status.PUBLISHED if year <= LAST_PUBLISHED else CalendarYear.Status.PROJECTED
            )
            kept = CalendarYear.objects.filter(pk=year, status=CalendarYear.Status.PUBLISHED).exists()
            if kept and status == CalendarYear.Status.PROJECTED:
                self.stdout.write(f"{year} 年已由工作人员标为“已公布”，保留不动。")
                continue
            changed, removed = import_year(year, status=status, source=f"holidays {version('holidays')}")
            self.stdout.write(
                f"{year} 年（{CalendarYear.Status(status).label}）：更新 {changed} 天，删除 {removed} 天"
            )
