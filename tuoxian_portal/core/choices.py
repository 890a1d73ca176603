"""Choices that carry their badge, so that a status looks the same on every screen."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class BadgeChoices(models.TextChoices):
    """A `TextChoices` whose subclass names a badge tone for each value.

    Subclasses define `tones()` returning `{value: tone}`; the tones are those of the `badge`
    component: `neutral, info, good, warn, bad, muted`. A tone never stands alone: the component
    adds the word and a shape.
    """

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {}

    @property
    def tone(self) -> str:
        return self.tones().get(self.value, "neutral")


class Confidence(BadgeChoices):
    """How sure we are of a fact (the vocabulary of the reference data)."""

    STATED = "stated", _("来源载明")
    DERIVED = "derived", _("据来源推算")
    BACKGROUND = "background", _("法规背景，待核对")

    @classmethod
    def tones(cls) -> dict[str, str]:
        return {cls.STATED: "good", cls.DERIVED: "info", cls.BACKGROUND: "warn"}
