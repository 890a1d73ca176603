"""A saved record is indexed soon after; the save does not wait for it."""

import pytest

from tests.factories.directory import BankFactory, TownFactory
from tuoxian_portal.core.models import Job
from tuoxian_portal.search.index import apply_changes
from tuoxian_portal.search.models import SearchChange
from tuoxian_portal.search.query import search
from tuoxian_portal.search.tasks import queue_changes, rebuild_index

pytestmark = pytest.mark.django_db


def titles(text):
    return [hit.title for hit in search(text).hits]


def test_saving_notes_the_change_and_a_job_indexes_it(company, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        one = company("氢能制造基地")
        assert titles("氢能") == []
    assert titles("氢能") == ["氢能制造基地"]
    assert not SearchChange.objects.exists()

    with django_capture_on_commit_callbacks(execute=True):
        one.name = "氢能装备基地"
        one.save()
    assert titles("氢能装备") == ["氢能装备基地"]

    with django_capture_on_commit_callbacks(execute=True):
        one.is_active = False
        one.save()
    assert titles("氢能") == []


def test_deleting_forgets(company, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        one = company("风机叶片厂")
    with django_capture_on_commit_callbacks(execute=True):
        one.delete()
    assert titles("叶片") == []


def test_many_saves_are_one_job(company, django_capture_on_commit_callbacks, settings):
    settings.CELERY_TASK_ALWAYS_EAGER = False
    for number in range(5):
        company(f"企业{number}")
    with django_capture_on_commit_callbacks() as callbacks:
        company("企业六")
        TownFactory()
    for callback in callbacks:
        callback()
    assert Job.objects.filter(kind="search-changes").count() == 1
    assert SearchChange.objects.count() == 7


def test_a_save_costs_one_query_more(company, django_assert_num_queries):
    one = company("甲厂")
    with django_assert_num_queries(2):
        one.save()


def test_what_no_source_names_is_left_alone(sources, django_assert_num_queries):
    bank = BankFactory()
    with django_assert_num_queries(1):
        bank.save()
    assert not SearchChange.objects.exists()


def test_several_changes_of_one_record_are_applied_once(company):
    one = company("多次修改")
    one.save()
    one.save()
    assert SearchChange.objects.count() == 3
    assert apply_changes().written == 1
    assert not SearchChange.objects.exists()


def test_nothing_to_do_is_one_query(sources, django_assert_num_queries):
    with django_assert_num_queries(1):
        apply_changes()


def test_a_change_left_over_is_picked_up(company, django_capture_on_commit_callbacks):
    company("遗漏的记录")
    with django_capture_on_commit_callbacks(execute=True):
        queue_changes()
    assert titles("遗漏") == ["遗漏的记录"]


def test_the_nightly_rebuild(company):
    company("夜间更新")
    rebuild_index()
    assert titles("夜间") == ["夜间更新"]
