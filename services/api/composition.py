"""What a bundle means for the answers given, and whether a form is filled in as it should be."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from services.api.serializers import BundleMemberSerializer
from services.composition import Composition, saving_table


class MergedMaterialSerializer(serializers.Serializer):
    material = serializers.IntegerField(source="material.pk")
    name = serializers.CharField()
    necessity = serializers.CharField()
    conditions = serializers.ListField(child=serializers.CharField())
    originals = serializers.IntegerField(allow_null=True)
    copies = serializers.IntegerField(allow_null=True)
    electronic_licence = serializers.CharField()
    wanted_by = serializers.ListField(child=serializers.CharField())


class SharedMaterialSerializer(serializers.Serializer):
    """A material that one of the members issues, so that nobody hands it in."""

    name = serializers.CharField()
    issued_by = serializers.CharField()


class FormQuestionSerializer(serializers.Serializer):
    """One question of the form. `items` are the codes of the items that need it; `conditions` are [] when
    it is always asked. The fields are the portal's own wording; the window's form holds."""

    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF takes declared fields out of the class
    kind = serializers.CharField()
    hint = serializers.CharField()
    unit = serializers.CharField()
    options = serializers.ListField(child=serializers.CharField())
    required = serializers.BooleanField()  # type: ignore[assignment]  # likewise
    conditions = serializers.ListField(child=serializers.CharField())
    personal = serializers.BooleanField()
    fills_from = serializers.CharField()
    items = serializers.ListField(child=serializers.CharField())


class FormGroupSerializer(serializers.Serializer):
    key = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF takes declared fields out of the class
    questions = FormQuestionSerializer(many=True)


class StepSerializer(serializers.Serializer):
    """One member in the plan. `days` is null when nobody published a limit; `start` and `end` are working
    days after acceptance, unknown limits left out; `on_path` marks the longest path."""

    member = serializers.IntegerField()
    name = serializers.CharField()
    item = serializers.CharField(allow_null=True)
    handled_by = serializers.CharField()
    days = serializers.IntegerField(allow_null=True)
    basis = serializers.CharField()
    calendar_days = serializers.IntegerField(allow_null=True)
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    on_path = serializers.BooleanField()


class PlanSerializer(serializers.Serializer):
    """Waves of members that run in parallel. `days` is the longest path, `total` one after another, both
    in working days; null when no limit is known, and lower bounds when `at_least`."""

    waves = serializers.ListField(child=StepSerializer(many=True))
    days = serializers.IntegerField(allow_null=True)
    total = serializers.IntegerField(allow_null=True)
    at_least = serializers.BooleanField()
    unknown = serializers.ListField(child=serializers.CharField())


class SavingSerializer(serializers.Serializer):
    """减负单. Days are null where a comparison would not be true; `notes` say what is assumed."""

    forms_before = serializers.IntegerField()
    forms_after = serializers.IntegerField()
    fields_before = serializers.IntegerField()
    fields_after = serializers.IntegerField()
    materials_before = serializers.IntegerField()
    materials_after = serializers.IntegerField()
    visits_before = serializers.IntegerField()
    visits_after = serializers.IntegerField()
    days_before = serializers.IntegerField(allow_null=True)
    days_after = serializers.IntegerField(allow_null=True)
    assumed_visits = serializers.IntegerField()
    unknown_days = serializers.IntegerField()
    converted_days = serializers.IntegerField()
    promised = serializers.BooleanField()
    notes = serializers.ListField(child=serializers.CharField())
    table = serializers.SerializerMethodField()

    def get_table(self, saving: Any) -> list[list[str]]:
        """The rows as they are printed: what, 分开办, 一次办, 减少."""
        return saving_table(saving)


class CompositionSerializer(serializers.Serializer):
    """What a bundle means for the answers given. `undecided` members wait for an answer."""

    answers = serializers.DictField(child=serializers.CharField())
    applies = BundleMemberSerializer(many=True)
    undecided = BundleMemberSerializer(many=True)
    excluded = BundleMemberSerializer(many=True)
    materials = MergedMaterialSerializer(many=True)
    shared = serializers.SerializerMethodField()
    held = MergedMaterialSerializer(many=True)
    form = serializers.SerializerMethodField()
    plan = serializers.SerializerMethodField()
    saving = SavingSerializer()
    ignored = serializers.ListField(child=serializers.CharField())

    @extend_schema_field(SharedMaterialSerializer(many=True))
    def get_shared(self, composition: Composition) -> list[dict[str, str]]:
        return [{"name": entry.name, "issued_by": member.name} for entry, member in composition.shared]

    @extend_schema_field(FormGroupSerializer(many=True))
    def get_form(self, composition: Composition) -> list[dict[str, Any]]:
        return [group.as_json() for group in composition.form]

    @extend_schema_field(PlanSerializer)
    def get_plan(self, composition: Composition) -> dict[str, Any]:
        return composition.plan.as_json()


class FormDataSerializer(serializers.Serializer):
    """What was filled in: field key → text. `answers` are those of the bundle's questions."""

    answers = serializers.DictField(
        child=serializers.CharField(allow_blank=True), required=False, default=dict
    )
    values = serializers.DictField(
        child=serializers.CharField(allow_blank=True, trim_whitespace=False), allow_empty=True
    )


class FormCheckSerializer(serializers.Serializer):
    """The values in their normal form, and what is wrong, both by field key. Nothing is stored."""

    values = serializers.DictField(child=serializers.CharField())
    problems = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
