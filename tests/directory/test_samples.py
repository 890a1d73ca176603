"""Sample master data."""

import random

import pytest
from django.core.management import call_command

from tests.factories.directory import BankFactory, EnterpriseFactory
from tuoxian_portal.core.calendar import today
from tuoxian_portal.core.reference import reference_sets
from tuoxian_portal.core.samples import SampleContext, sample_makers
from tuoxian_portal.directory.models import Bank, Enterprise
from tuoxian_portal.directory.samples import ENTERPRISES

pytestmark = pytest.mark.django_db


def make(scale=1):
    reference_sets["industries"].load()
    sample_makers["directory"].make(
        SampleContext(random=random.Random("seed"), scale=scale, today=today(), say=lambda text: None)
    )


def test_samples_are_marked_and_named_as_such():
    make(scale=3)
    assert Enterprise.objects.samples().count() == 3 * ENTERPRISES
    assert Bank.objects.samples().count() == 3
    assert all(name.startswith("示例") for name in Enterprise.objects.values_list("name", flat=True))


def test_samples_are_the_same_every_time():
    make()
    first = list(Enterprise.objects.values_list("name", "industry__slug"))
    call_command("seed_demo", "--clear", verbosity=0)
    make()
    assert list(Enterprise.objects.values_list("name", "industry__slug")) == first


def test_clearing_leaves_what_is_real():
    make()
    kept = EnterpriseFactory(), BankFactory()
    call_command("seed_demo", "--clear", verbosity=0)
    assert list(Enterprise.objects.all()) == [kept[0]]
    assert list(Bank.objects.all()) == [kept[1]]
