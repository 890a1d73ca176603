"""Derives the deadlines of open cases again, after the working-day calendar changed."""

from typing import Any

from django.core.management.base import BaseCommand

from services.actions.clocks import recompute_deadlines


class Command(BaseCommand):
    help = "按工作日历重新推算在办办件的期限，列出有变动的办件。"

    def handle(self, *args: Any, **options: Any) -> None:
        moved = recompute_deadlines()
        for change in moved:
            self.stdout.write(str(change))
        self.stdout.write(f"期限变动 {len(moved)} 件。")
