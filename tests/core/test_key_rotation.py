"""A new FIELD_ENCRYPTION_KEY: what was sealed under the former one is read, sealed anew and found again."""

import base64
import os
from io import StringIO

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.db.models import CharField

from services.actions.ratings import find_invitation
from services.actions.recording import LikelyDuplicate
from services.models import Case, Licence, ServiceRating
from tests.factories.cases import Hall
from tests.factories.licences import LicenceFactory
from tests.factories.ratings import RatingHall
from tests.services.test_case_races import at_once
from tuoxian_portal.core import crypto, key_rotation

OLD, NEW, OTHER = b"o" * 32, b"n" * 32, b"x" * 32


def rotate(*options):
    out = StringIO()
    call_command("rotate_key", *options, stdout=out)
    return out.getvalue()


def stored(model, column):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {model._meta.db_table} ORDER BY id")  # noqa: S608  (names of our own)
        return [row[0] for row in cursor.fetchall()]


@pytest.fixture
def old_key(settings):
    settings.FIELD_KEYS = (OLD,)


def test_every_keyed_hash_says_what_it_is_made_of():
    undeclared = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        if model.__module__.startswith(("tuoxian_portal", "services", "projects", "policies", "finance"))
        for field in model._meta.local_concrete_fields
        if isinstance(field, CharField)
        and field.name.endswith("_hash")
        and field.name not in getattr(model, "hash_sources", {})
    ]
    assert undeclared == []


@pytest.mark.django_db
def test_the_whole_way_from_one_key_to_another(settings, old_key):
    hall = RatingHall()
    rating = hall.rating(comment="张三说很好")
    invitation = hall.invitation()
    number = invitation.case.applicant_number
    licence = LicenceFactory(number="C-1", holder_number=number)

    settings.FIELD_KEYS = (NEW, OLD)
    later = hall.record(applicant=hall.applicant(phone="13900000099"), confirmed=True)
    assert Case.objects.get(pk=invitation.case_id).applicant_number == number
    with pytest.raises(LikelyDuplicate):  # found by its number, under whichever key it was recorded
        hall.record(applicant=hall.applicant(), confirmed=False)
    assert "合计：待加密 0 行" not in rotate("--dry-run")
    with pytest.raises(CommandError, match="不加 --hashes"):
        rotate("--hashes")
    assert "全部改用新密钥加密" in rotate()
    assert "合计：待加密 0 行" in rotate("--dry-run")
    assert all(token.startswith(crypto.sealed_prefix(NEW)) for token in stored(Case, "phone"))
    assert find_invitation(invitation.token) == invitation

    assert "已全部重算" in rotate("--hashes")
    assert "待加密 0 行，待重算检索散列 0 行" in rotate("--dry-run")

    settings.FIELD_KEYS = (NEW,)
    assert find_invitation(invitation.token) == invitation
    assert Case.objects.get(pk=later.pk).phone == "13900000099"
    assert Licence.objects.get(holder_hash=crypto.keyed_hash(number)) == licence
    assert Case.objects.filter(applicant_hash=crypto.keyed_hash(number)).count() == 3
    fresh = ServiceRating.objects.get(pk=rating.pk)
    assert fresh.comment == "张三说很好"
    assert fresh.phone_hash == crypto.keyed_hash(rating.invitation.case.phone)
    assert fresh.address_hash == ""  # the address itself is kept nowhere


@pytest.fixture
def three_cases(old_key):
    hall = Hall()
    return [hall.record(applicant=hall.applicant(phone=f"1380471123{n}"), confirmed=True) for n in range(3)]


@pytest.mark.django_db
def test_stopped_half_way_it_goes_on_where_it_was(settings, three_cases, monkeypatch):
    settings.FIELD_KEYS = (NEW, OLD)
    monkeypatch.setattr(key_rotation, "BATCH", 1)
    names = key_rotation.sealed_models()[Case]
    next(key_rotation.seal_anew(Case, names))
    done = stored(Case, "phone")[0]
    assert key_rotation.left_to_seal(Case, names) == 2
    assert [case.phone for case in Case.objects.order_by("pk")] == [case.phone for case in three_cases]
    rotate()
    assert stored(Case, "phone")[0] == done  # what was done is not done again
    assert key_rotation.left_to_seal(Case, names) == 0


@pytest.mark.django_db
def test_what_no_listed_key_opens_is_counted_and_kept(settings, three_cases):
    settings.FIELD_KEYS = (OTHER,)
    hall = Hall()
    odd = hall.record()
    kept = stored(Case, "phone")[-1]
    settings.FIELD_KEYS = (NEW, OLD)
    with pytest.raises(CommandError, match="1 行用列出的密钥都打不开"):
        rotate()
    assert stored(Case, "phone")[-1] == kept
    settings.FIELD_KEYS = (NEW, OLD, OTHER)
    rotate()
    assert Case.objects.get(pk=odd.pk).phone == odd.phone


def test_tokens_that_do_not_name_their_key_are_read(settings, old_key):
    nonce = os.urandom(12)
    sealed = AESGCM(crypto._derived(OLD, b"encrypt")).encrypt(nonce, b"440524", None)
    token = "v1:" + base64.b64encode(nonce + sealed).decode()
    settings.FIELD_KEYS = (NEW, OLD)
    assert crypto.decrypt(token) == "440524"
    settings.FIELD_KEYS = (NEW,)
    with pytest.raises(crypto.Unreadable):
        crypto.decrypt(token)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_row_that_is_being_changed_is_left_for_the_next_run(settings, three_cases):
    settings.FIELD_KEYS = (NEW, OLD)
    with transaction.atomic():
        Case.objects.select_for_update().get(pk=three_cases[1].pk)
        (said,) = at_once(_refused, [None], workers=1)
    assert "还有 1 行正被别人修改" in said
    assert "全部改用新密钥加密" in rotate()


def _refused(_):
    with pytest.raises(CommandError) as refused:
        rotate()
    return str(refused.value)
