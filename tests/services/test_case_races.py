"""Many clerks at once, on PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connection

from services.actions import cases as do
from services.models import Case
from tests.factories.cases import Hall
from tuoxian_portal.core.errors import PortalError

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(function, arguments, workers=25):
    """Runs `function` for all of `arguments` in threads with a connection each."""

    def run(argument):
        try:
            return function(argument)
        finally:
            connection.close()

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(run, arguments))


def test_fifty_recordings_at_once_get_unbroken_unique_numbers():
    hall = Hall()
    cases = at_once(lambda _: hall.record(), range(50))
    serials = sorted(int(case.case_number.rsplit("-", 1)[1]) for case in cases)
    assert serials == list(range(1, 51))


def test_a_failure_among_them_leaves_no_gap():
    hall = Hall()

    def record(number):
        try:
            applicant = hall.applicant(phone="13800005678" if number % 5 else "坏")
            return hall.record(applicant=applicant)
        except Exception:
            return None

    made = [case for case in at_once(record, range(30)) if case]
    assert len(made) == 24
    assert sorted(int(c.case_number[-4:]) for c in made) == list(range(1, 25))


def test_one_form_sent_ten_times_at_once_makes_one_case():
    hall = Hall()
    submission = uuid4()
    cases = at_once(lambda _: hall.record(submission=submission), range(10), workers=10)
    assert len({case.pk for case in cases}) == 1
    assert Case.objects.count() == 1


def test_fifty_acceptances_at_once_accept_each_case_once():
    hall = Hall()
    cases = [hall.record() for _ in range(10)]

    def accept(case):
        try:
            return do.accept_case(case=case, actor=hall.clerk)
        except PortalError as error:
            return error

    results = at_once(accept, cases * 5)
    assert sum(isinstance(result, Case) for result in results) == 10
    for case in cases:
        assert case.intervals.filter(kind="statutory").count() == 1
        assert case.documents.filter(kind="acceptance").count() == 1
