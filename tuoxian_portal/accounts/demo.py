"""Demonstration accounts: one for each role, so that a newcomer sees what each person sees, and a
second window in a town.

They are made without a password, so nobody can sign in with them until `create_demo_accounts` gives
them one. Sample makers use them as the people who act.
"""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction

from tuoxian_portal.accounts.models import Role, User
from tuoxian_portal.core.errors import PortalError
from tuoxian_portal.directory.models import Bank, Department, Outlet


@dataclass(frozen=True)
class DemoAccount:
    """`department` and `outlet` are reference ids; `is_bank` puts the account into a sample bank.

    `door` is where the person starts. Everybody may open the workbench: for an official it is read-only,
    and holds the record behind each figure of the cockpit.
    """

    username: str
    display_name: str
    role: str
    department: str = ""
    outlet: str = ""
    is_bank: bool = False
    door: str = "/admin/"
    # What tells it from another account of the same role.
    note: str = ""


HALL: dict[str, Any] = {"department": "DEP-01", "outlet": "OUT-01"}
ACCOUNTS = (
    DemoAccount("window-zhang", "张窗（演示）", "window", **HALL),
    DemoAccount("window-ma", "马窗（演示）", "window", outlet="OUT-02", note="镇网点"),
    DemoAccount("reviewer-li", "李审（演示）", "reviewer", department="DEP-05"),
    DemoAccount("approver-wang", "王批（演示）", "approver", department="DEP-05"),
    DemoAccount("issuer-zhao", "赵出（演示）", "issuer", **HALL),
    DemoAccount("helper-liu", "刘帮（演示）", "helper", **HALL),
    DemoAccount("supervisor-chen", "陈督（演示）", "supervisor", department="DEP-01"),
    DemoAccount("project-yang", "杨项（演示）", "project_officer", department="DEP-03"),
    DemoAccount("policy-huang", "黄策（演示）", "policy_officer", department="DEP-18"),
    DemoAccount("finance-zhou", "周融（演示）", "finance_officer", department="DEP-18"),
    DemoAccount("bank-wu", "吴行（演示）", "bank_contact", is_bank=True),
    DemoAccount("official-xu", "徐领（演示）", "official", door="/dashboard/"),
    DemoAccount("admin-sun", "孙管（演示）", "administrator", department="DEP-01"),
)


@transaction.atomic
def ensure_demo_accounts() -> list[tuple[DemoAccount, User]]:
    """Makes what is missing of the accounts and sets their role and unit; passwords are left alone.

    Raises `PortalError` when the roles have not been loaded.
    """
    groups = {role.code: role.group for role in Role.objects.select_related("group")}
    if missing := {account.role for account in ACCOUNTS} - set(groups):
        raise PortalError(
            f"缺少角色 {'、'.join(sorted(missing))}。请先执行 python manage.py load_reference。"
        )
    return [(account, _ensure(account, groups[account.role])) for account in ACCOUNTS]


def demo_people() -> dict[str, User]:
    """Who acts in the samples: the first account of each role."""
    people: dict[str, User] = {}
    for account, user in ensure_demo_accounts():
        people.setdefault(account.role, user)
    return people


def _ensure(account: DemoAccount, group: Group) -> User:
    user = User.objects.filter(username=account.username).first()
    if user is None:
        user = User(username=account.username)
        user.set_unusable_password()
    user.display_name = account.display_name
    user.is_staff = True
    user.department = Department.objects.filter(reference_id=account.department or None).first()
    user.outlet = Outlet.objects.filter(reference_id=account.outlet or None).first()
    user.bank = Bank.objects.filter(is_sample=True).order_by("pk").first() if account.is_bank else None
    user.save()
    user.groups.set([group])
    return user
