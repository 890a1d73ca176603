"""Loads the reference facts of every app; run twice, the second run changes nothing."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.core.reference import reference_sets


class Command(BaseCommand):
    help = "载入参考数据（可重复执行），报告新增、更新和未变的条数。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", help="只载入这些数据集（默认全部）")

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = options["names"]
        if unknown := [name for name in wanted if name not in reference_sets]:
            raise CommandError(
                f"没有名为 {', '.join(unknown)} 的数据集。可选：{', '.join(reference_sets.names())}"
            )
        for item in sorted(reference_sets, key=lambda s: (s.order, s.name)):
            if wanted and item.name not in wanted:
                continue
            try:
                outcome = item.load()
            except PortalError as error:
                raise CommandError(error.message) from error
            self.stdout.write(
                f"{item.name}：新增 {len(outcome.added)}，更新 {len(outcome.changed)}，"
                f"未变 {len(outcome.unchanged)}"
            )
