"""What an authority allows: held against a slow model that looks at every day by itself."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.choices_entrustments import Power
from services.mandate import Mandate, Matter, Pause

FIRST = date(2026, 11, 1)
DAYS = st.integers(0, 40).map(lambda n: FIRST + timedelta(days=n))
PAUSES = st.lists(st.tuples(DAYS, st.none() | DAYS), max_size=3)


@st.composite
def mandates(draw: st.DrawFn) -> Mandate:
    starts_on = draw(DAYS)
    return Mandate(
        powers=frozenset(draw(st.sets(st.sampled_from(Power.values)))),
        items=frozenset(draw(st.sets(st.integers(1, 4)))),
        stages=frozenset(draw(st.sets(st.sampled_from(["land", "design"])))),
        signed_on=draw(st.none() | DAYS),
        starts_on=starts_on,
        ends_on=starts_on + timedelta(days=draw(st.integers(0, 40))),
        pauses=tuple(Pause(a, b if b is None or b >= a else a) for a, b in draw(PAUSES)),
        ended_on=draw(st.none() | DAYS),
    )


def slow(mandate: Mandate, power: str, matter: Matter | None, day: date) -> bool:
    """Walks from the signature to `day` and keeps the books by hand."""
    if mandate.signed_on is None or mandate.starts_on is None or mandate.ends_on is None:
        return False
    in_force = False
    walk = FIRST - timedelta(days=1)
    while walk < day:
        walk += timedelta(days=1)
        signed, started = walk >= mandate.signed_on, walk >= mandate.starts_on
        over = walk > mandate.ends_on or (mandate.ended_on is not None and walk >= mandate.ended_on)
        paused = False
        for pause in mandate.pauses:
            end = pause.ended_on or date.max
            paused |= pause.started_on <= walk < end
        in_force = signed and started and not over and not paused
    if not in_force:
        return False
    matters = matter is None or matter.item in mandate.items or matter.stage in mandate.stages
    return power in mandate.powers and matters


@given(
    mandates(),
    st.sampled_from(Power.values),
    st.none() | st.builds(Matter, st.integers(1, 6), st.sampled_from(["", "land", "design", "utilities"])),
    DAYS,
)
def test_it_allows_exactly_what_is_written(
    mandate: Mandate, power: str, matter: Matter | None, day: date
) -> None:
    assert mandate.allows(power, matter, day) == slow(mandate, power, matter, day)
    assert mandate.allows(power, matter, day) == (mandate.refusal(power, matter, day) is None)


@given(mandates(), st.sampled_from(Power.values), st.builds(Matter, st.integers(1, 6)), DAYS)
def test_a_narrower_authority_never_allows_more(
    mandate: Mandate, power: str, matter: Matter, day: date
) -> None:
    narrower = Mandate(
        powers=mandate.powers - {Power.SUBMIT},
        items=frozenset(list(mandate.items)[1:]),
        stages=frozenset(),
        signed_on=mandate.signed_on,
        starts_on=mandate.starts_on,
        ends_on=mandate.ends_on,
        pauses=(*mandate.pauses, Pause(day)),
        ended_on=mandate.ended_on,
    )
    assert not narrower.allows(power, matter, day)
    if not mandate.allows(power, matter, day):
        assert not narrower.allows(power, matter, day)


@given(mandates(), st.sampled_from(Power.values), st.integers(1, 6), DAYS)
def test_what_it_refuses_it_explains_in_chinese(mandate: Mandate, power: str, item: int, day: date) -> None:
    refusal = mandate.refusal(power, Matter(item), day)
    assert refusal is None or (refusal.endswith("。") and any("\u4e00" <= c <= "\u9fff" for c in refusal))


def test_an_item_without_a_stage_is_covered_by_none() -> None:
    mandate = Mandate(
        frozenset(Power.values), frozenset(), frozenset({"land"}), FIRST, FIRST, FIRST + timedelta(days=9)
    )
    assert mandate.allows(Power.SUBMIT, Matter(1, "land"), FIRST)
    assert not mandate.allows(Power.SUBMIT, Matter(1), FIRST)
