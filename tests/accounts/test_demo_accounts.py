"""Demonstration accounts."""

import re
from io import StringIO

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command

from tuoxian_portal.accounts.demo import ACCOUNTS, demo_people, ensure_demo_accounts
from tuoxian_portal.accounts.models import Role, User
from tuoxian_portal.core.reference import reference_sets
from tuoxian_portal.directory.models import Bank

pytestmark = pytest.mark.django_db

ROW = re.compile(r"^  ([a-z-]+) +((?:\w{4}-){3}\w{4}) ", re.MULTILINE)


@pytest.fixture
def loaded(settings):
    settings.DEBUG = True
    for name in ("departments", "towns", "outlets", "roles"):
        reference_sets[name].load()


def run(*args):
    out = StringIO()
    call_command("create_demo_accounts", *args, stdout=out)
    return out.getvalue()


def test_one_account_for_each_role_with_a_password_that_works(loaded):
    passwords = dict(ROW.findall(run()))
    assert set(passwords) == {account.username for account in ACCOUNTS}
    assert len(set(passwords.values())) == len(ACCOUNTS)
    for account in ACCOUNTS:
        user = authenticate(username=account.username, password=passwords[account.username])
        assert user.role_codes == {account.role}
    assert {a.role for a in ACCOUNTS} == set(Role.objects.values_list("code", flat=True))


def test_a_second_run_says_they_exist_and_resets_nothing(loaded):
    run()
    before = list(User.objects.order_by("pk").values_list("password", flat=True))
    assert "13 个演示账号均已存在" in run()
    assert list(User.objects.order_by("pk").values_list("password", flat=True)) == before


def test_reset_gives_new_passwords(loaded):
    first = dict(ROW.findall(run()))
    second = dict(ROW.findall(run("--reset")))
    assert first.keys() == second.keys()
    assert not set(first.values()) & set(second.values())


def test_units_are_set_so_that_scopes_see_something(loaded):
    Bank.objects.create(name="示例银行（甲）", is_sample=True)
    run()
    holder = demo_people()
    assert holder["window"].outlet.name == "托克托县政务服务大厅"
    assert holder["reviewer"].department == holder["approver"].department is not None
    assert holder["bank_contact"].bank.is_sample
    town = User.objects.get(username="window-ma")
    assert town.outlet.level == "town"
    assert town.department is None, "it sees its outlet's cases only"


def test_accounts_made_for_samples_cannot_sign_in(loaded):
    ensure_demo_accounts()
    assert not any(user.has_usable_password() for user in User.objects.all())
    assert len(ROW.findall(run())) == len(ACCOUNTS)


def test_clearing_samples_leaves_a_bank_contact_that_sees_nothing(loaded):
    Bank.objects.create(name="示例银行（甲）", is_sample=True)
    run()
    call_command("seed_demo", "--clear", stdout=StringIO())
    assert User.objects.get(username="bank-wu").bank is None


def test_refused_in_production(loaded, settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG=False"):
        run()
    assert not User.objects.exists()


def test_roles_come_first(no_roles, settings):
    settings.DEBUG = True
    with pytest.raises(CommandError, match="load_reference"):
        run()
