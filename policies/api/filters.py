"""Filters of the policy API. An unknown value is a 400 that names the field."""

from typing import Any

from django_filters import rest_framework as filters

from policies.choices import Factor, Level, Nature, PriceKind, Publication, Status, Theme
from policies.choices_claims import ClaimOrigin, ClaimState
from policies.models import FactorPrice, IncentivePolicy, PolicyClaim
from tuoxian_portal.core.api.filters import ChoicesFilter, SearchFilter
from tuoxian_portal.core.calendar import today
from tuoxian_portal.directory.models import Industry


class PolicyFilter(filters.FilterSet):
    level = ChoicesFilter(choices=Level.choices)
    theme = ChoicesFilter(choices=Theme.choices)
    nature = ChoicesFilter(choices=Nature.choices)
    status = ChoicesFilter(choices=Status.choices, label="状态（按今天推算）")
    state = filters.ChoiceFilter(choices=Publication.choices, label="公开状态（工作人员）")
    industry = filters.ModelChoiceFilter(queryset=Industry.objects.all(), to_field_name="slug")
    issued_from = filters.DateFilter(field_name="issued_on", lookup_expr="gte")
    issued_to = filters.DateFilter(field_name="issued_on", lookup_expr="lte")
    updated_after = filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gte")
    search = SearchFilter(label="标题、文号、发文机关、解读、条款中的词")

    class Meta:
        model = IncentivePolicy
        fields: list[str] = []


class FactorPriceFilter(filters.FilterSet):
    factor = ChoicesFilter(choices=Factor.choices)
    kind = ChoicesFilter(choices=PriceKind.choices)
    as_of_from = filters.DateFilter(field_name="as_of_date", lookup_expr="gte")
    as_of_to = filters.DateFilter(field_name="as_of_date", lookup_expr="lte")

    class Meta:
        model = FactorPrice
        fields: list[str] = []


class ClaimFilter(filters.FilterSet):
    state = ChoicesFilter(choices=ClaimState.choices)
    origin = ChoicesFilter(choices=ClaimOrigin.choices)
    year = filters.NumberFilter()
    clause = filters.CharFilter(field_name="clause__code", label="条款编号")
    policy = filters.CharFilter(field_name="clause__policy__slug", label="政策网址标识")
    filed_from = filters.DateFilter(field_name="filed_on", lookup_expr="gte")
    filed_to = filters.DateFilter(field_name="filed_on", lookup_expr="lte")
    clock = filters.ChoiceFilter(
        choices=[
            ("review_late", "审核超时"),
            ("pay_late", "兑付超时"),
            ("objection", "公示期内"),
            ("untold", "已决定未告知"),
        ],
        method="by_clock",
        label="时限（按今天推算）",
    )

    def by_clock(self, queryset: Any, name: str, value: str) -> Any:
        narrow: dict[str, Any] = {
            "review_late": lambda: queryset.review_overdue(today()),
            "pay_late": lambda: queryset.overdue(today()),
            "objection": lambda: queryset.in_objection(today()),
            "untold": queryset.untold,
        }
        return narrow[value]()

    class Meta:
        model = PolicyClaim
        fields: list[str] = []
