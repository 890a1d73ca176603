"""Electronic licences for tests."""

from datetime import date

import factory
from factory.django import DjangoModelFactory

from services.models import Licence, LicenceKind
from tests.factories.cases import IDENTITY


class LicenceKindFactory(DjangoModelFactory):
    class Meta:
        model = LicenceKind
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"TK-{n}")
    name = factory.Sequence(lambda n: f"测试证照{n}")

    @factory.post_generation
    def materials(self, create, extracted, **kwargs):
        if create and extracted:
            self.materials.set(extracted)


class LicenceFactory(DjangoModelFactory):
    class Meta:
        model = Licence

    kind = factory.SubFactory(LicenceKindFactory)
    number = factory.Sequence(lambda n: f"NO-2026-{n:05d}")
    holder_name = "测试申请人"
    holder_number = IDENTITY
    issued_on = date(2025, 1, 1)
    is_signed = True
