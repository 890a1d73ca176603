"""What the lists of the finance API can be narrowed by."""

import django_filters as filters

from finance.choices import DemandState, DropReason, IntentState, Level, Purpose
from finance.models import FinancingDemand, LoanIntent, LoanProduct, MatchmakingEvent
from tuoxian_portal.core.api.filters import ChoicesFilter


class LoanProductFilter(filters.FilterSet):
    bank = filters.CharFilter(field_name="bank__name")
    name = filters.CharFilter(lookup_expr="icontains")

    class Meta:
        model = LoanProduct
        fields = ["bank", "name", "is_sample"]


class MatchmakingEventFilter(filters.FilterSet):
    level = filters.ChoiceFilter(choices=Level.choices)
    held_from = filters.DateFilter("held_on", lookup_expr="gte")
    held_to = filters.DateFilter("held_on", lookup_expr="lte")

    class Meta:
        model = MatchmakingEvent
        fields = ["level", "kind", "held_from", "held_to", "is_sample"]


class FinancingDemandFilter(filters.FilterSet):
    state = ChoicesFilter(choices=DemandState.choices)
    purpose = filters.ChoiceFilter(choices=Purpose.choices)
    registered_from = filters.DateFilter("registered_on", lookup_expr="gte")
    registered_to = filters.DateFilter("registered_on", lookup_expr="lte")
    amount_min = filters.NumberFilter("amount_wan", lookup_expr="gte")
    amount_max = filters.NumberFilter("amount_wan", lookup_expr="lte")

    class Meta:
        model = FinancingDemand
        fields = [
            "state",
            "purpose",
            "registered_from",
            "registered_to",
            "amount_min",
            "amount_max",
            "is_sample",
        ]


class LoanIntentFilter(filters.FilterSet):
    state = ChoicesFilter(choices=IntentState.choices)
    bank = filters.CharFilter(field_name="bank__name")
    event = filters.CharFilter(field_name="event__slug")
    project = filters.CharFilter(field_name="project__number")
    drop_reason = filters.ChoiceFilter(choices=DropReason.choices)
    intent_from = filters.DateFilter("intent_on", lookup_expr="gte")
    intent_to = filters.DateFilter("intent_on", lookup_expr="lte")
    amount_min = filters.NumberFilter("amount_wan", lookup_expr="gte")
    amount_max = filters.NumberFilter("amount_wan", lookup_expr="lte")

    class Meta:
        model = LoanIntent
        fields = [
            "state",
            "bank",
            "event",
            "project",
            "drop_reason",
            "intent_from",
            "intent_to",
            "amount_min",
            "amount_max",
            "is_sample",
        ]
