"""Adds or removes sample activity, so that a newcomer sees the portal at work."""

import random
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.samples import (
    SEED,
    SampleContext,
    clear_samples,
    has_samples,
    sample_makers,
)


class Command(BaseCommand):
    help = "生成示例数据（均标“示例”）；--clear 只删除示例数据。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--scale", type=int, default=1, help="数据量倍数，默认 1")
        parser.add_argument("--clear", action="store_true", help="删除全部示例数据")
        parser.add_argument("--if-empty", action="store_true", help="已有示例数据时不做任何事")
        parser.add_argument("--yes-in-production", action="store_true", help="生产环境须加此项")
        parser.add_argument("--i-am-sure", action="store_true", help="生产环境须同时加此项")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["scale"] < 1:
            raise CommandError("--scale 应为不小于 1 的整数。")
        if options["clear"]:
            for label, count in clear_samples().items():
                self.stdout.write(f"已删除 {label} {count} 条")
            self.stdout.write("示例数据已清除。")
            return
        if not settings.DEBUG and not (options["yes_in_production"] and options["i_am_sure"]):
            raise CommandError(
                "当前为生产环境（DEBUG=False），不生成示例数据。确需生成，请同时加上 --yes-in-production 和 --i-am-sure。"
            )
        if has_samples():
            if options["if_empty"]:
                self.stdout.write("已有示例数据，未作改动。")
                return
            raise CommandError("已有示例数据。请先执行 seed_demo --clear 再生成。")
        with transaction.atomic():
            for maker in sorted(sample_makers, key=lambda m: m.order):
                self.stdout.write(f"生成示例：{maker.name} …")
                maker.make(
                    SampleContext(
                        random=random.Random(f"{SEED}-{maker.name}"),
                        scale=options["scale"],
                        today=today(),
                        say=self.stdout.write,
                    )
                )
        self.stdout.write("示例数据已生成，页面上均标“示例”。")
