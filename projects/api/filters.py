"""What the lists of the projects API can be narrowed by."""

from typing import Any

import django_filters as filters

from projects.choices import (
    InvestmentBand,
    LeadState,
    Nature,
    ProjectType,
    ReportState,
    Stage,
    TargetCategory,
)
from projects.models import InvestmentLead, KeyProject, Opportunity, ProgressReport, Target
from tuoxian_portal.core.api.filters import ChoicesFilter, SearchFilter


class KeyProjectFilter(filters.FilterSet):
    search = SearchFilter(label="关键词")
    industry = filters.CharFilter("industry__slug", label="产业标识")
    park = filters.CharFilter("park__name", label="园区")
    stage = ChoicesFilter(choices=Stage.choices)
    project_type = filters.ChoiceFilter(choices=ProjectType.choices)
    nature = filters.ChoiceFilter(choices=Nature.choices)
    investment_band = ChoicesFilter(choices=InvestmentBand.choices)
    investment_min = filters.NumberFilter("total_investment_wan", lookup_expr="gte")
    investment_max = filters.NumberFilter("total_investment_wan", lookup_expr="lte")

    class Meta:
        model = KeyProject
        fields = ["is_sample", "is_chain_leader"]


class OpportunityFilter(filters.FilterSet):
    search = SearchFilter(label="关键词")
    industry = filters.CharFilter("industry__slug", label="产业标识")
    park = filters.CharFilter("park__name", label="园区")

    class Meta:
        model = Opportunity
        fields = ["is_sample"]


class TargetFilter(filters.FilterSet):
    category = ChoicesFilter(choices=TargetCategory.choices)
    industry = filters.CharFilter("industry__slug", label="产业标识")
    computable = filters.BooleanFilter(method="with_rule", label="门户可计算实际值")

    class Meta:
        model = Target
        fields = ["year", "scope", "is_sample"]

    def with_rule(self, queryset: Any, name: str, value: bool) -> Any:
        return queryset.exclude(rule="") if value else queryset.filter(rule="")


class ProgressReportFilter(filters.FilterSet):
    project = filters.CharFilter("project__number", label="项目编号")
    month = filters.DateFilter("month")
    month_from = filters.DateFilter("month", lookup_expr="gte")
    month_to = filters.DateFilter("month", lookup_expr="lte")
    state = ChoicesFilter(choices=ReportState.choices)

    class Meta:
        model = ProgressReport
        fields = ["is_sample"]


class LeadFilter(filters.FilterSet):
    state = ChoicesFilter(choices=LeadState.choices)
    industry = filters.CharFilter("industry__slug", label="产业标识")
    due_to = filters.DateFilter("answer_due", lookup_expr="lte")

    class Meta:
        model = InvestmentLead
        fields = ["source", "is_sample"]
