"""The people of the sample data: the demonstration accounts, still without passwords."""

from tuoxian_portal.accounts.demo import ensure_demo_accounts
from tuoxian_portal.core.samples import SampleContext, SampleMaker, sample_makers


def make(context: SampleContext) -> None:
    """Accounts are not activity: `seed_demo --clear` leaves them, for the audit log points at them."""
    ensure_demo_accounts()


sample_makers.register("accounts", SampleMaker(name="accounts", order=20, make=make))
