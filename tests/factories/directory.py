"""Master data for tests. Names cannot be taken for real ones."""

import factory
from factory.django import DjangoModelFactory

from tuoxian_portal.directory import models


class Named(DjangoModelFactory):
    class Meta:
        abstract = True

    order = factory.Sequence(lambda n: n % 30_000)


class TownFactory(Named):
    class Meta:
        model = models.Town

    name = factory.Sequence(lambda n: f"测试镇{n}")
    code = factory.Sequence(lambda n: f"{150199000 + n}")


class DepartmentFactory(Named):
    class Meta:
        model = models.Department

    name = factory.Sequence(lambda n: f"测试部门{n}")


class OutletFactory(Named):
    class Meta:
        model = models.Outlet

    name = factory.Sequence(lambda n: f"测试大厅{n}")
    level = models.Outlet.Level.COUNTY


class ParkFactory(Named):
    class Meta:
        model = models.Park

    name = factory.Sequence(lambda n: f"测试园区{n}")


class IndustryFactory(Named):
    class Meta:
        model = models.Industry

    name = factory.Sequence(lambda n: f"测试产业{n}")
    slug = factory.Sequence(lambda n: f"industry-{n}")


class IndustryChainFactory(Named):
    class Meta:
        model = models.IndustryChain

    name = factory.Sequence(lambda n: f"测试产业链{n}")


class EnterpriseFactory(Named):
    class Meta:
        model = models.Enterprise

    name = factory.Sequence(lambda n: f"测试企业{n}")


class ProfileFactory(DjangoModelFactory):
    class Meta:
        model = models.EnterpriseProfile

    enterprise = factory.SubFactory(EnterpriseFactory)


class BankFactory(Named):
    class Meta:
        model = models.Bank

    name = factory.Sequence(lambda n: f"测试银行{n}")
