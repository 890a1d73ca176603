"""Searching several fields: every word somewhere, not all in one place."""

import pytest

from tests.factories.directory import DepartmentFactory
from tuoxian_portal.core.querysets import PortalQuerySet
from tuoxian_portal.directory.models import Department

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("text", "found"),
    [("审批", ["a"]), ("审批 大厅", ["a"]), ("大厅  审批", ["a"]), ("审批 税务", []), ("", ["a", "b"])],
)
def test_each_word_is_found_in_one_of_the_fields(text, found):
    DepartmentFactory(name="行政审批局", note="在政务大厅", short_name="a")
    DepartmentFactory(name="税务局", note="", short_name="b")
    rows = PortalQuerySet(Department).with_every_word(text, "name__icontains", "note__icontains")
    assert sorted(rows.values_list("short_name", flat=True)) == found
