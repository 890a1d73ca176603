"""Changes the key of personal numbers; the steps are in docs/operate.md."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tuoxian_portal.core import key_rotation
from tuoxian_portal.core.key_rotation import BATCH, Tally

REPORT_EVERY = 20 * BATCH  # rows
UNREADABLE = (
    "{} 行用列出的密钥都打不开，原样保留。请把写入它们的旧密钥加进 FIELD_ENCRYPTION_KEYS_OLD 后再运行。"
)


class Command(BaseCommand):
    help = (
        "更换个人信息加密密钥：把用旧密钥加密的内容逐批改用 FIELD_ENCRYPTION_KEY 加密。运行中门户可照常服务，"
        "中断后再运行即接着做。全部改完后停止门户，加 --hashes 重算检索散列，再去掉 FIELD_ENCRYPTION_KEYS_OLD。"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="只统计还剩多少，不改数据")
        parser.add_argument(
            "--hashes", action="store_true", help="重算检索散列；须先停止 web、worker 和 beat"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            self.count()
        elif options["hashes"]:
            self.hash()
        else:
            self.seal()

    def count(self) -> None:
        sealed = hashed = 0
        for model, names in key_rotation.sealed_models().items():
            left = key_rotation.left_to_seal(model, names)
            self.stdout.write(f"{model._meta.verbose_name}：待改用新密钥加密 {left:,} 行")
            sealed += left
        for model in key_rotation.hashed_models():
            tally = self.follow(
                f"{model._meta.verbose_name}：检索散列", key_rotation.hash_anew(model, write=False)
            )
            self.stdout.write(f"{model._meta.verbose_name}：待重算检索散列 {tally.changed:,} 行")
            hashed += tally.changed
        self.stdout.write(f"合计：待加密 {sealed:,} 行，待重算检索散列 {hashed:,} 行。没有改动数据。")

    def seal(self) -> None:
        left = unreadable = 0
        for model, names in key_rotation.sealed_models().items():
            total = key_rotation.left_to_seal(model, names)
            name = str(model._meta.verbose_name)
            tally = self.follow(name, key_rotation.seal_anew(model, names), total)
            self.stdout.write(f"{name}：已改用新密钥加密 {tally.changed:,} 行")
            unreadable += tally.unreadable
            left += key_rotation.left_to_seal(model, names) - tally.unreadable
        if unreadable:
            raise CommandError(UNREADABLE.format(unreadable))
        if left:
            raise CommandError(f"还有 {left:,} 行正被别人修改，没有改完，请再运行一次。")
        self.stdout.write("全部改用新密钥加密。")
        if len(settings.FIELD_KEYS) > 1:
            self.stdout.write("下一步：停止 web、worker 和 beat，运行 manage.py rotate_key --hashes。")

    def hash(self) -> None:
        for model, names in key_rotation.sealed_models().items():
            if key_rotation.left_to_seal(model, names):
                raise CommandError(
                    "还有内容没有改用新密钥加密，请先运行 manage.py rotate_key（不加 --hashes）。"
                )
        unreadable = 0
        for model in key_rotation.hashed_models():
            name = str(model._meta.verbose_name)
            tally = self.follow(name, key_rotation.hash_anew(model, write=True))
            self.stdout.write(f"{name}：核对 {tally.seen:,} 行，重算检索散列 {tally.changed:,} 行")
            unreadable += tally.unreadable
        if unreadable:
            raise CommandError(UNREADABLE.format(unreadable))
        self.stdout.write(
            "检索散列已全部重算。请去掉 FIELD_ENCRYPTION_KEYS_OLD，再启动 web、worker 和 beat。"
        )

    def follow(self, name: str, steps: Iterator[Tally], total: int = 0) -> Tally:
        """Says how far it is, every ten thousand rows; returns the last tally."""
        tally = Tally()
        for tally in steps:
            if tally.seen % REPORT_EVERY == 0:
                self.stdout.write(f"  {name} {tally.seen:,}" + (f" / {total:,}" if total else ""))
                self.stdout.flush()
        return tally
