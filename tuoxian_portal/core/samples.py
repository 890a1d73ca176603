"""Sample activity (示例): deterministic, marked, and removable without touching anything else.

An app registers in its `samples.py`::

    sample_makers.register("finance", SampleMaker(name="finance", order=50, make=make))

`make(Maker)` creates rows with `is_sample=True`. `clear` deletes every `is_sample` row of every model.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.apps import apps
from django.db import models, transaction

from tuoxian_portal.core.registries import Registry

SEED = 150122


@dataclass
class SampleContext:
    """What a maker works with: its own random stream, the scale, today, and a place for notes."""

    random: random.Random
    scale: int
    today: date
    say: Callable[[str], None]


@dataclass(frozen=True)
class SampleMaker:
    name: str
    order: int
    make: Callable[[SampleContext], None]


sample_makers: Registry[SampleMaker] = Registry("samples")


def sample_models() -> list[type[models.Model]]:
    """Every concrete model that can hold sample rows."""
    return [
        model
        for model in apps.get_models()
        if any(f.name == "is_sample" for f in model._meta.concrete_fields)
    ]


def has_samples() -> bool:
    """Whether any sample row exists; one query a model until one is found."""
    return any(model._base_manager.filter(is_sample=True).exists() for model in sample_models())


@transaction.atomic
def clear_samples() -> dict[str, int]:
    """Deletes every sample row, children before parents; returns counts by model label."""
    removed: dict[str, int] = {}
    pending = sample_models()
    # A PROTECT from a row not yet deleted postpones a model to the next round.
    while pending:
        postponed = []
        for model in pending:
            try:
                with transaction.atomic():
                    count, _ = model._base_manager.filter(is_sample=True).delete()
            except models.ProtectedError:
                postponed.append(model)
                continue
            if count:
                removed[model._meta.label] = count
        if len(postponed) == len(pending):
            # A real record points at a sample one: say so rather than delete what is real.
            for model in postponed:
                model._base_manager.filter(is_sample=True).delete()
        pending = postponed
    return removed
