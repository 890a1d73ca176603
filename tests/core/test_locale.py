"""The catalogue of what packages leave in English, and its compiled form, which is committed so that
a clean clone needs no gettext."""

import re
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.urls import reverse
from django.utils.html import strip_tags

from tests.factories.accounts import SuperUserFactory

FOLDER = Path(settings.BASE_DIR) / "locale" / "zh_Hans" / "LC_MESSAGES"
# Names that stay as they are in a Chinese sentence.
NAMES = {"celery", "crontab", "tuoxian", "excel", "csv", "cookie", "ldap"}


def entries(catalogue):
    return {
        (e.msgctxt, e.msgid, e.msgid_plural): e.msgstr_plural or e.msgstr for e in catalogue if not e.obsolete
    }


def test_the_compiled_catalogue_is_up_to_date():
    source = polib.pofile(str(FOLDER / "django.po"))
    compiled = polib.mofile(str(FOLDER / "django.mo"))
    how = (
        'python -c "import polib; '
        "polib.pofile('locale/zh_Hans/LC_MESSAGES/django.po').save_as_mofile('locale/zh_Hans/LC_MESSAGES/django.mo')\""
    )
    assert entries(source) == entries(compiled), f"django.mo 已过期，请执行：{how}"


def test_every_entry_is_translated_and_keeps_its_placeholders():
    catalogue = polib.pofile(str(FOLDER / "django.po"))
    assert catalogue.percent_translated() == 100
    placeholder = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
    for entry in catalogue:
        for text in [entry.msgstr, *entry.msgstr_plural.values()]:
            if text:
                assert sorted(placeholder.findall(text)) == sorted(placeholder.findall(entry.msgid)), (
                    entry.msgid
                )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    [
        "admin:index",
        "admin:login",
        "admin:password_change",
        "admin:accounts_user_changelist",
        "admin:accounts_user_add",
        "admin:directory_enterprise_changelist",
        "admin:directory_enterprise_add",
        "admin:axes_accessattempt_changelist",
        "admin:django_celery_beat_periodictask_changelist",
    ],
)
def test_the_admin_speaks_chinese(client, name):
    if name != "admin:login":
        client.force_login(SuperUserFactory(username="u", display_name="测试"))
    page = client.get(reverse(name)).content.decode()
    page = re.sub(r"<(script|style|svg|template)\b.*?</\1>", "", page, flags=re.DOTALL)
    page = re.sub(r"<span[^>]*material-symbols-outlined[^>]*>.*?</span>", "", page, flags=re.DOTALL)
    page = re.sub(r"<option.*?</option>", "", page, flags=re.DOTALL)
    english = {word for word in re.findall(r"[A-Za-z]{4,}", strip_tags(page)) if word.lower() not in NAMES}
    assert not english
