"""Proves the book of investment over all data."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from projects.ledger import prove
from projects.models import KeyProject


class Command(BaseCommand):
    help = (
        "核对全部项目的投资账：期初＋本月＋更正＝期末，逐月衔接，合计与页面一致。"
        "列出每一处不符；有不符时退出码为 1。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", action="append", metavar="编号", help="只核对这个项目，可重复")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = None
        if numbers := options["project"]:
            rows = KeyProject.objects.filter(number__in=numbers)
            if unknown := set(numbers) - set(rows.values_list("number", flat=True)):
                raise CommandError(f"没有这些项目：{'、'.join(sorted(unknown))}。请核对编号。")
        proof = prove(rows)
        for line in proof.breaks:
            self.stdout.write(str(line))
        text = f"核对 {proof.projects} 个项目、{proof.months} 个月、{proof.restatements} 条更正"
        if proof.breaks:
            raise CommandError(f"{text}：{len(proof.breaks)} 处不符，见上。")
        self.stdout.write(self.style.SUCCESS(f"{text}：全部相符。"))
