import pytest

from tests.factories.policies import PolicyFactory
from tuoxian_portal.core.lists import public_lists
from tuoxian_portal.subscriptions import actions


@pytest.fixture
def policies():
    return public_lists["policies"]


@pytest.fixture
def follow(policies, django_capture_on_commit_callbacks):
    """A confirmed subscription."""

    def make(query="", email="zhang@example.com", frequency="daily", kind=None):
        with django_capture_on_commit_callbacks(execute=True):
            subscription = actions.subscribe(
                public_list=public_lists[kind] if kind else policies,
                query=query,
                email=email,
                frequency=frequency,
            )
        return actions.confirm(subscription=subscription)

    return make


@pytest.fixture
def public():
    """A public policy."""

    def make(**fields):
        return PolicyFactory(published=True, **fields)

    return make
