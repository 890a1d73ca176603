"""What other systems read of the catalogue."""

from rest_framework import serializers

from services.models import (
    BundleAnswer,
    BundleMember,
    BundleQuestion,
    HallMechanism,
    HallStatistic,
    ItemField,
    ItemMaterial,
    ItemQuestion,
    ItemStep,
    ItemVersion,
    LegalBasis,
    Material,
    ServiceBundle,
    ServiceItem,
    ServiceTheme,
)
from services.workflow_catalogue import bundle_workflow, item_workflow
from tuoxian_portal.core.api.serializers import PortalModelSerializer

SOURCE = ["source_title", "source_publisher", "source_date", "source_where", "confidence"]


class ThemeSerializer(PortalModelSerializer):
    class Meta:
        model = ServiceTheme
        fields = ["slug", "name", "for_individuals", "for_organisations"]


class MaterialSerializer(PortalModelSerializer):
    """A material of the catalogue; `uses` counts the items that ask for it."""

    uses = serializers.IntegerField(source="use_total", read_only=True)

    class Meta:
        model = Material
        fields = ["id", "name", "aliases", "electronic_licence", "note", "uses", *SOURCE]


class ItemMaterialSerializer(PortalModelSerializer):
    """One line of an item's list. Counts are null when no source states them."""

    name = serializers.CharField(read_only=True)
    material = serializers.PrimaryKeyRelatedField(read_only=True)
    catalogue_name = serializers.CharField(source="material.name", read_only=True)
    electronic_licence = serializers.CharField(
        read_only=True, help_text="本事项认可的电子证照；空表示须交材料。"
    )
    sample_file = serializers.SerializerMethodField()
    blank_form = serializers.SerializerMethodField()
    necessity_label = serializers.CharField(source="get_necessity_display", read_only=True)
    origin_label = serializers.CharField(source="get_origin_display", read_only=True)

    class Meta:
        model = ItemMaterial
        fields = [
            "material",
            "name",
            "catalogue_name",
            "necessity",
            "necessity_label",
            "condition",
            "originals",
            "copies",
            "form",
            "origin",
            "origin_label",
            "acceptance",
            "electronic_licence",
            "sample_file",
            "blank_form",
        ]

    def get_sample_file(self, line: ItemMaterial) -> str:
        """The address of a filled-in example; "" when there is none."""
        return line.sample_url

    def get_blank_form(self, line: ItemMaterial) -> str:
        """The address of the empty form; "" when there is none."""
        return line.blank_url


class ItemFieldSerializer(PortalModelSerializer):
    """One field of an item's form. The fields are the portal's own wording; the window's form holds."""

    key = serializers.CharField(source="field.key", read_only=True)
    label = serializers.CharField(source="name", read_only=True)
    kind = serializers.CharField(source="field.kind", read_only=True)
    group = serializers.CharField(source="field.group", read_only=True)
    group_label = serializers.CharField(source="field.get_group_display", read_only=True)
    hint = serializers.CharField(source="field.hint", read_only=True)
    unit = serializers.CharField(source="field.unit", read_only=True)
    options = serializers.ListField(source="field.option_list", child=serializers.CharField(), read_only=True)
    personal = serializers.BooleanField(source="field.personal", read_only=True)
    condition = serializers.CharField(source="condition_text", read_only=True)

    class Meta:
        model = ItemField
        fields = [
            "key",
            "label",
            "kind",
            "group",
            "group_label",
            "hint",
            "unit",
            "options",
            "required",
            "condition",
            "personal",
        ]


class LegalBasisSerializer(PortalModelSerializer):
    class Meta:
        model = LegalBasis
        fields = ["statute", "article"]


class ItemStepSerializer(PortalModelSerializer):
    class Meta:
        model = ItemStep
        fields = ["name", "who", "days", "text"]


class ItemQuestionSerializer(PortalModelSerializer):
    class Meta:
        model = ItemQuestion
        fields = ["question", "answer"]


class ItemListSerializer(PortalModelSerializer):
    """One row. Limits are null when unknown; `promised_days` is the county's own promise."""

    aliases = serializers.ListField(source="alias_list", child=serializers.CharField(), read_only=True)
    audiences = serializers.ListField(child=serializers.CharField(), read_only=True)
    channels = serializers.ListField(child=serializers.CharField(), read_only=True)
    department = serializers.CharField(source="department.name", default="", read_only=True)
    item_type_label = serializers.CharField(source="get_item_type_display", read_only=True)
    item_type_code = serializers.CharField(source="national_type_code", read_only=True)
    levels = serializers.ListField(child=serializers.CharField(), read_only=True)
    themes = serializers.SlugRelatedField(slug_field="slug", many=True, read_only=True)
    url = serializers.CharField(source="get_absolute_url", read_only=True)

    class Meta:
        model = ServiceItem
        fields = [
            "code",
            "name",
            "aliases",
            "item_type",
            "item_type_label",
            "item_type_code",
            "authority",
            "department",
            "audiences",
            "themes",
            "stage",
            "full_assistance",
            "levels",
            "handling_kind",
            "statutory_days",
            "statutory_unit",
            "statutory_kind",
            "promised_days",
            "promised_unit",
            "visits",
            "channels",
            "state",
            "version_number",
            "is_sample",
            "updated_at",
            "url",
            *SOURCE,
        ]


class ItemDetailSerializer(ItemListSerializer):
    """A whole guide. `left_to_window` names the elements that only the window answers."""

    materials = ItemMaterialSerializer(many=True, read_only=True)
    form_fields = ItemFieldSerializer(many=True, read_only=True)
    bases = LegalBasisSerializer(many=True, read_only=True)
    steps = ItemStepSerializer(many=True, read_only=True)
    questions = ItemQuestionSerializer(many=True, read_only=True)
    outlets = serializers.SlugRelatedField(slug_field="name", many=True, read_only=True)
    result_sample = serializers.CharField(source="result_sample_url", read_only=True)
    left_to_window = serializers.ListField(child=serializers.CharField(), read_only=True)
    available_actions = serializers.SerializerMethodField()

    class Meta(ItemListSerializer.Meta):
        fields = [
            *ItemListSerializer.Meta.fields,
            "basic_code",
            "implementation_code",
            "statutory_text",
            "statutory_basis",
            "conditions",
            "visits_reason",
            "online_url",
            "same_city",
            "cross_province",
            "cross_region",
            "charged",
            "fee",
            "fee_basis",
            "result",
            "result_validity",
            "result_sample",
            "outlets",
            "window",
            "phone",
            "complaint_phone",
            "joint_bodies",
            "intermediary",
            "quota",
            "left_to_window",
            "materials",
            "form_fields",
            "bases",
            "steps",
            "questions",
            "published_at",
            "version",
            "available_actions",
        ]

    def get_available_actions(self, item: ServiceItem) -> list[str]:
        return [t.name for t in item_workflow.available(item, self.context["request"].user)]


class ItemVersionSerializer(PortalModelSerializer):
    """One published version. `content` is everything that its guide said."""

    class Meta:
        model = ItemVersion
        fields = ["number", "published_at"]


class FieldChangeSerializer(serializers.Serializer):
    name = serializers.CharField()
    label = serializers.CharField()
    old = serializers.CharField()
    new = serializers.CharField()


class RowSerializer(serializers.Serializer):
    title = serializers.CharField()
    text = serializers.CharField()


class RowChangeSerializer(serializers.Serializer):
    title = serializers.CharField()
    changes = FieldChangeSerializer(many=True)


class SectionSerializer(serializers.Serializer):
    """Materials, statutes, steps or questions that differ."""

    name = serializers.CharField()
    label = serializers.CharField()
    added = RowSerializer(many=True)
    removed = RowSerializer(many=True)
    changed = RowChangeSerializer(many=True)
    reordered = serializers.BooleanField()


class ComparisonSerializer(serializers.Serializer):
    """What differs between two versions, in the words of the guide."""

    is_empty = serializers.BooleanField()
    fields = FieldChangeSerializer(many=True)
    sections = SectionSerializer(many=True)


class BundleMemberSerializer(PortalModelSerializer):
    name = serializers.CharField(read_only=True)
    item = serializers.CharField(source="item.code", default=None, read_only=True)
    answers = serializers.SerializerMethodField()
    prerequisites = serializers.SerializerMethodField()

    class Meta:
        model = BundleMember
        fields = ["order", "name", "item", "handled_by", "days", "answers", "prerequisites"]

    def get_answers(self, member: BundleMember) -> dict[str, list[str]]:
        """`{question key: [answer values]}` under which the member applies; {} for always."""
        wanted: dict[str, list[str]] = {}
        for answer in member.answers.all():
            wanted.setdefault(answer.question.key, []).append(answer.value)
        return wanted

    def get_prerequisites(self, member: BundleMember) -> list[int]:
        """The `order` of the members that come first."""
        return sorted(p.order for p in member.prerequisites.all())


class BundleAnswerSerializer(PortalModelSerializer):
    class Meta:
        model = BundleAnswer
        fields = ["value", "label"]


class BundleQuestionSerializer(PortalModelSerializer):
    answers = BundleAnswerSerializer(many=True, read_only=True)

    class Meta:
        model = BundleQuestion
        fields = ["key", "text", "hint", "answers"]


class BundleListSerializer(PortalModelSerializer):
    audiences = serializers.ListField(child=serializers.CharField(), read_only=True)
    department = serializers.CharField(source="department.name", default="", read_only=True)
    theme = serializers.CharField(source="theme.slug", default=None, read_only=True)
    url = serializers.CharField(source="get_absolute_url", read_only=True)

    class Meta:
        model = ServiceBundle
        fields = [
            "slug",
            "name",
            "summary",
            "theme",
            "audiences",
            "stage",
            "department",
            "lead_authority",
            "promised_days",
            "promised_text",
            "form_note",
            "note",
            "state",
            "is_sample",
            "updated_at",
            "url",
            *SOURCE,
        ]


class BundleDetailSerializer(BundleListSerializer):
    members = BundleMemberSerializer(many=True, read_only=True)
    questions = BundleQuestionSerializer(many=True, read_only=True)
    available_actions = serializers.SerializerMethodField()

    class Meta(BundleListSerializer.Meta):
        fields = [
            *BundleListSerializer.Meta.fields,
            "members",
            "questions",
            "published_at",
            "version",
            "available_actions",
        ]

    def get_available_actions(self, bundle: ServiceBundle) -> list[str]:
        return [t.name for t in bundle_workflow.available(bundle, self.context["request"].user)]


class HallStatisticSerializer(PortalModelSerializer):
    class Meta:
        model = HallStatistic
        fields = ["id", "name", "group", "value", "unit", "period", "scope", "note", *SOURCE]


class HallMechanismSerializer(PortalModelSerializer):
    parts = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = HallMechanism
        fields = ["id", "name", "meaning", "parts", "scope", *SOURCE]
