"""Filters of the catalogue API. An unknown value is a 400 that names the field."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from services.choices import FactScope, HandlingKind, ItemType, ProjectStage, PublicationState
from services.models import HallMechanism, HallStatistic, Material, ServiceBundle, ServiceItem, ServiceTheme
from tuoxian_portal.core.api.filters import ChoicesFilter, SearchFilter


class ItemFilter(filters.FilterSet):
    item_type = ChoicesFilter(choices=ItemType.choices)
    stage = ChoicesFilter(choices=ProjectStage.choices)
    handling_kind = filters.ChoiceFilter(choices=HandlingKind.choices)
    state = filters.ChoiceFilter(choices=PublicationState.choices, label="发布状态（工作人员）")
    theme = filters.ModelMultipleChoiceFilter(
        field_name="themes", queryset=ServiceTheme.objects.all(), to_field_name="slug"
    )
    authority = filters.CharFilter(lookup_expr="icontains")
    for_individuals = filters.BooleanFilter()
    for_organisations = filters.BooleanFilter()
    at_window = filters.BooleanFilter()
    online = filters.BooleanFilter()
    mobile = filters.BooleanFilter()
    by_post = filters.BooleanFilter()
    updated_after = filters.IsoDateTimeFilter(field_name="updated_at", lookup_expr="gte")
    search = SearchFilter(label="名称、别名、拼音或编号中的词")

    class Meta:
        model = ServiceItem
        fields: list[str] = []


class BundleFilter(filters.FilterSet):
    theme = filters.ModelMultipleChoiceFilter(queryset=ServiceTheme.objects.all(), to_field_name="slug")
    stage = ChoicesFilter(choices=ProjectStage.choices)
    state = filters.ChoiceFilter(choices=PublicationState.choices, label="发布状态（工作人员）")
    for_individuals = filters.BooleanFilter()
    for_organisations = filters.BooleanFilter()
    item = filters.CharFilter(field_name="members__item__code", label="包含的事项编号", distinct=True)
    search = SearchFilter(label="名称、别名或拼音中的词")

    class Meta:
        model = ServiceBundle
        fields: list[str] = []


class MaterialFilter(filters.FilterSet):
    search = filters.CharFilter(field_name="name", lookup_expr="icontains")
    has_electronic_licence = filters.BooleanFilter(method="by_licence", label="可由电子证照替代")

    class Meta:
        model = Material
        fields: list[str] = []

    def by_licence(self, queryset: Any, name: str, value: bool) -> QuerySet:
        return queryset.exclude(electronic_licence="") if value else queryset.filter(electronic_licence="")


class StatisticFilter(filters.FilterSet):
    scope = ChoicesFilter(choices=FactScope.choices)
    group = filters.CharFilter()

    class Meta:
        model = HallStatistic
        fields: list[str] = []


class MechanismFilter(filters.FilterSet):
    scope = ChoicesFilter(choices=FactScope.choices)

    class Meta:
        model = HallMechanism
        fields: list[str] = []
