"""Brings the search index in line with the public records."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tuoxian_portal.search.index import rebuild


class Command(BaseCommand):
    help = "更新站内搜索索引（只写有变化的条目，可重复执行）。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from-scratch", action="store_true", help="先清空再重建")

    def handle(self, *args: Any, **options: Any) -> None:
        result = rebuild(from_scratch=options["from_scratch"])
        for kind, counts in result.items():
            self.stdout.write(
                f"{kind}：写入 {counts.written}，未变 {counts.unchanged}，删除 {counts.removed}"
            )
        self.stdout.write("站内搜索索引已更新。")
