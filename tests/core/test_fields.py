"""Shared model fields, through the models that use them."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, models

from tests.factories.directory import EnterpriseFactory
from tuoxian_portal.core.fields import CreditCodeField, EncryptedTextField, WanField
from tuoxian_portal.directory.models import Enterprise

VALID = "91350100M000100Y43"


@pytest.fixture
def secret_model():
    class Secret(models.Model):
        text = EncryptedTextField("号码", blank=True)
        amount = WanField(null=True)
        balance = WanField(null=True, signed=True)

        class Meta:
            app_label = "core"
            managed = False
            db_table = "test_secret"

        def __str__(self):
            return "secret"

    yield Secret
    from django.apps import apps

    apps.all_models["core"].pop("secret")
    apps.clear_cache()


@pytest.fixture
def secrets(secret_model, transactional_db):
    with connection.schema_editor() as editor:
        editor.create_model(secret_model)
    yield secret_model
    with connection.schema_editor() as editor:
        editor.delete_model(secret_model)


def test_text_is_sealed_in_the_database_and_plain_in_python(secrets):
    row = secrets.objects.create(text="440524188001010014")
    with connection.cursor() as cursor:
        cursor.execute("SELECT text FROM test_secret")
        stored = cursor.fetchone()[0]
    assert "440524" not in stored
    assert stored.startswith("v2:")
    assert secrets.objects.get(pk=row.pk).text == "440524188001010014"
    assert secrets.objects.create(text="").text == ""


def test_sealed_text_cannot_be_searched(secret_model):
    for lookup in ("text", "text__contains", "text__in"):
        with pytest.raises(ValidationError, match="散列字段"):
            secret_model.objects.filter(**{lookup: "440524"})
    secret_model.objects.filter(text__isnull=True)


def test_an_amount_is_not_negative_unless_it_is_signed(secret_model):
    secret_model(text="x", amount=Decimal("0.0001"), balance=-1).full_clean()
    with pytest.raises(ValidationError) as caught:
        secret_model(text="x", amount=-1, balance=-1).full_clean()
    assert set(caught.value.message_dict) == {"amount"}


def test_fields_survive_a_migration():
    for field in (WanField(), WanField(signed=True), CreditCodeField("码"), EncryptedTextField()):
        _, path, args, kwargs = field.deconstruct()
        again = type(field)(*args, **kwargs)
        assert again.deconstruct()[1:] == (path, args, kwargs)
        assert [type(v) for v in again.validators] == [type(v) for v in field.validators]


@pytest.mark.django_db
def test_a_credit_code_is_stored_in_its_normal_form():
    company = Enterprise(name="测试企业", credit_code=" 91350100 m000100y43 ")
    company.full_clean()
    company.save()
    assert Enterprise.objects.get().credit_code == VALID


@pytest.mark.django_db
def test_a_wrong_credit_code_is_refused_with_its_reason_and_an_empty_one_is_unknown():
    with pytest.raises(ValidationError, match="校验位不符"):
        Enterprise(name="测试企业", credit_code="91350100M000100Y44").full_clean()
    EnterpriseFactory(credit_code="")
    EnterpriseFactory(credit_code="")
