"""Computes the cockpit's figures now, all shown months included."""

from typing import Any

from django.core.management.base import BaseCommand

from tuoxian_portal.core.calendar import today
from tuoxian_portal.dashboard import figures, policy_figures


class Command(BaseCommand):
    help = "重新计算驾驶舱数据（项目把握、大厅月度数据），可重复执行。"

    def handle(self, *args: Any, **options: Any) -> None:
        figures.refresh_hall(figures.last_months(today()))
        figures.refresh()
        policy_figures.refresh()
        self.stdout.write("驾驶舱数据已更新。")
