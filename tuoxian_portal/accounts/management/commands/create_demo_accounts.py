"""Gives each role's demonstration account a password, printed once."""

import secrets
import unicodedata
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tuoxian_portal.accounts.demo import ensure_demo_accounts
from tuoxian_portal.core.errors import PortalError

# Without 0 O 1 l I, which are mistaken for each other when a password is typed from paper.
ALPHABET = "abcdefghijkmnpqrstuvwxyzACDEFGHJKLMNPQRSTUVWXYZ23456789"


def make_password() -> str:
    """Sixteen characters in four groups, about 92 bits."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(4))


def pad(text: str, width: int) -> str:
    """`text` filled up to `width` columns; a Chinese character takes two."""
    used = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
    return text + " " * max(0, width - used)


class Command(BaseCommand):
    help = "为每个角色建立一个演示账号并显示一次密码；已有密码的账号不动，--reset 重设。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reset", action="store_true", help="为全部演示账号重设密码")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError(
                "当前为生产环境（DEBUG=False），不建立演示账号。请在工作台“用户”中为真实人员建账号。"
            )
        try:
            accounts = ensure_demo_accounts()
        except PortalError as error:
            raise CommandError(error.message) from error
        rows = []
        for account, user in accounts:
            if user.has_usable_password() and not options["reset"]:
                continue
            password = make_password()
            user.set_password(password)
            user.save(update_fields=["password"])
            role = user.groups.get()
            role_name = f"{role.name}（{account.note}）" if account.note else role.name
            rows.append((account.username, password, role_name, account.door))
        if not rows:
            self.stdout.write(f"{len(accounts)} 个演示账号均已存在，密码未改动。忘记密码时加 --reset 重设。")
            return
        self.stdout.write("演示账号（密码只显示这一次）：")
        for username, password, role_name, door in [("账号", "密码", "角色", "入口"), *rows]:
            self.stdout.write(f"  {pad(username, 18)}{pad(password, 22)}{pad(role_name, 22)}{door}")
        if kept := len(accounts) - len(rows):
            self.stdout.write(f"另有 {kept} 个账号已存在，密码未改动。")
