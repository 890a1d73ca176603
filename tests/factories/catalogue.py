"""Catalogue records for tests. `CompleteItemFactory` passes the publishing gate, `ItemFactory` of
`tests.factories.cases` is the lighter one for cases."""

from typing import Any

import factory
from django.utils import timezone
from factory.django import DjangoModelFactory

from services.choices import HandlingKind, ItemType, LimitKind, Necessity, PublicationState
from services.choices_forms import FieldGroup
from services.models import (
    BundleAnswer,
    BundleMember,
    BundleQuestion,
    FormField,
    ItemField,
    ItemMaterial,
    ItemStep,
    LegalBasis,
    Material,
    ServiceBundle,
    ServiceItem,
    ServiceTheme,
)
from tests.factories.directory import DepartmentFactory


class ThemeFactory(DjangoModelFactory):
    class Meta:
        model = ServiceTheme

    slug = factory.Sequence(lambda n: f"theme-{n}")
    name = factory.Sequence(lambda n: f"测试主题{n}")


class MaterialFactory(DjangoModelFactory):
    class Meta:
        model = Material

    name = factory.Sequence(lambda n: f"测试材料{n}")


class CompleteItemFactory(DjangoModelFactory):
    """An item with every element of a guide; `lines=n` materials."""

    class Meta:
        model = ServiceItem
        skip_postgeneration_save = True

    code = factory.Sequence(lambda n: f"TC-{n:04d}")
    name = factory.Sequence(lambda n: f"测试办事事项{n}")
    item_type = ItemType.LICENCE
    department = factory.SubFactory(DepartmentFactory)
    authority = factory.SelfAttribute("department.name")
    for_organisations = True
    handling_kind = HandlingKind.PROMISED
    statutory_days = 20
    statutory_unit = "working"
    statutory_kind = LimitKind.OFFICE
    statutory_text = "受理之日起 20 个工作日"
    promised_days = 5
    conditions = "符合测试条件"
    visits = 1
    at_window = True
    at_county = True
    charged = False
    result = "测试证书"
    window = "测试窗口"
    phone = "0471-8512345"

    @factory.post_generation
    def lines(self, create: bool, extracted: Any, **kwargs: Any) -> None:
        if not create:
            return
        LegalBasis.objects.create(item=self, statute="测试条例", article="第一条")
        ItemStep.objects.create(item=self, name="受理")
        for order in range(2 if extracted is None else extracted):
            ItemMaterial.objects.create(item=self, material=MaterialFactory(), originals=1, order=order)


class PublishedItemFactory(CompleteItemFactory):
    state = PublicationState.PUBLISHED
    published_at = factory.LazyFunction(timezone.now)


class BundleFactory(DjangoModelFactory):
    class Meta:
        model = ServiceBundle

    slug = factory.Sequence(lambda n: f"bundle-{n}")
    name = factory.Sequence(lambda n: f"测试一件事{n}")
    lead_authority = "测试牵头部门"
    for_organisations = True
    state = PublicationState.PUBLISHED


class MemberFactory(DjangoModelFactory):
    class Meta:
        model = BundleMember

    bundle = factory.SubFactory(BundleFactory)
    item = factory.SubFactory(PublishedItemFactory)
    order = factory.Sequence(lambda n: n % 30_000)


def yes_or_no(bundle: ServiceBundle, key: str) -> dict[str, BundleAnswer]:
    """A question with the answers `yes` and `no`, by value."""
    question = BundleQuestion.objects.create(bundle=bundle, key=key, text=f"是否{key}？")
    return {
        value: BundleAnswer.objects.create(question=question, value=value, label=label)
        for value, label in (("yes", "是"), ("no", "否"))
    }


def add_line(item: ServiceItem, material: Material, **fields: Any) -> ItemMaterial:
    return ItemMaterial.objects.create(
        item=item, material=material, **{"necessity": Necessity.REQUIRED, **fields}
    )


def add_field(item: ServiceItem, key: str, *, line: dict[str, Any] | None = None, **fields: Any) -> ItemField:
    """A line of `item`'s form; the field of that key is made when there is none."""
    defaults = {"label": f"测试项目{key}", "group": FieldGroup.APPLICANT, **fields}
    field, _ = FormField.objects.get_or_create(key=key, defaults=defaults)
    return ItemField.objects.create(item=item, field=field, **(line or {}))
