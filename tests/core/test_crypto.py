"""Personal numbers at rest and on screen."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tuoxian_portal.core import crypto
from tuoxian_portal.core.crypto import Unreadable


@given(st.text(max_size=200))
def test_what_is_sealed_comes_back(text):
    assert crypto.decrypt(crypto.encrypt(text)) == text


def test_the_same_text_is_sealed_differently_each_time():
    assert crypto.encrypt("150122") != crypto.encrypt("150122")


def test_another_key_opens_nothing(settings):
    sealed = crypto.encrypt("440524188001010014")
    settings.FIELD_KEYS = (b"x" * 32,)
    with pytest.raises(Unreadable):
        crypto.decrypt(sealed)


def test_a_changed_byte_is_noticed():
    sealed = crypto.encrypt("440524188001010014")
    place = len(sealed) // 2
    changed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
    with pytest.raises(Unreadable):
        crypto.decrypt(changed)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_a_hash_finds_equals_only(one, other):
    assert len(crypto.keyed_hash(one)) == 64
    assert (crypto.keyed_hash(one) == crypto.keyed_hash(other)) == (one == other)


def test_a_hash_depends_on_the_key_and_nothing_has_none(settings):
    before = crypto.keyed_hash("150122")
    settings.FIELD_KEYS = (b"x" * 32,)
    assert crypto.keyed_hash("150122") != before
    assert crypto.keyed_hash("") == ""


@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        (crypto.mask_identity, "440524188001010014", "440524********0014"),
        (crypto.mask_identity, "E1234567", "E1****67"),
        (crypto.mask_phone, "13804711234", "138****1234"),
        (crypto.mask_phone, "12345", "*****"),
        (crypto.mask_name, "张三", "张*"),
        (crypto.mask_name, "张小三", "张*三"),
        (crypto.mask_name, "欧阳小三", "欧**三"),
        (crypto.mask_name, "张", "张"),
        (crypto.mask_name, "", ""),
    ],
)
def test_masks(mask, value, shown):
    assert mask(value) == shown


@given(st.text("0123456789", min_size=3, max_size=20))
def test_a_masked_number_is_as_long_and_hides_at_least_half(number):
    for mask in (crypto.mask_identity, crypto.mask_phone):
        shown = mask(number)
        assert shown.count("*") >= 4 or shown.count("*") >= len(number) / 2 - 1
    assert len(crypto.mask_identity(number)) == len(number)
