"""The life of one name in a plan: provided, removed, provided anew; and where those who need it fit in."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence


class Span(NamedTuple):
    """A time in which a name exists.

    Attributes:
        providers: Who makes it exist; empty when it exists before the plan begins.
        remover: Who ends it; None when it lasts.
    """

    providers: tuple[int, ...]
    remover: int | None


class Lifeline(NamedTuple):
    """The life of one name.

    Attributes:
        events: Who provides or removes it, in order.
        removals: Which of the events are removals.
        spans: The times in which it exists, in order.
        doubtful: A time before the plan in which it may have existed, and need not.
    """

    events: tuple[int, ...]
    removals: frozenset[int]
    spans: tuple[Span, ...]
    doubtful: tuple[Span, ...] = ()


def lifeline_after(removers: Sequence[int], providers: Sequence[int]) -> Lifeline:
    """The life of a name that is cleared away, where it is there, to be made anew: removals first.

    Args:
        removers: Places in the base order, ascending.
        providers: The same.
    """
    lasting = Span(tuple(providers), None)
    return Lifeline((*removers, *providers), frozenset(removers), (lasting,), (Span((), removers[0]),))


class Manners(NamedTuple):
    """What else decides the order of events.

    Attributes:
        turns: The turn of each place of the base order in a first order of the plan; empty for the base order itself.
        tolerant: Those of the providers that let be what was provided before.
        keepers: Those of the providers that need what was provided before: they take its place while it exists.
        leads: Tells whether one event certainly comes before another; None when nobody asked.
    """

    turns: Sequence[int] = ()
    tolerant: Collection[int] = ()
    keepers: Collection[int] = ()
    leads: Callable[[int, int], bool] | None = None


_PLAIN = Manners()


def lifeline(
    providers: Sequence[int], removers: Sequence[int], modules: Sequence[str], manners: Manners = _PLAIN
) -> Lifeline:
    """Put the providers and removers of a name in the order that makes sense of them.

    Inside a module the base order holds. Between modules a removal follows a provision, and what is provided anew
    follows the removal. Who provides with IF NOT EXISTS or OR REPLACE comes after who does not: the other way round
    the second would fail.

    Args:
        providers: Places in the base order, ascending.
        removers: The same.
        modules: The module of each place of the base order.
        manners: What else decides.
    """
    removals = frozenset(removers) - frozenset(providers)
    if not removals:
        in_order = tuple(sorted(providers, key=lambda item: item in manners.tolerant))
        return Lifeline(in_order, removals, (Span(in_order, None),))
    waiting = sorted({*providers, *removals}, key=lambda item: (manners.turns[item] if manners.turns else 0, item))
    events = tuple(_merge(waiting, removals, modules, manners))
    return Lifeline(events, removals, tuple(_spans(events, removals)))


def _merge(waiting: list[int], removals: frozenset[int], modules: Sequence[str], manners: Manners) -> Iterator[int]:
    exists = False

    def turn(item: int) -> tuple[bool, bool]:
        """The least comes next: who fits what there is, then who would fail later."""
        fits = (item in removals or item in manners.keepers) is exists
        return not fits, (item in removals) if exists else (item in manners.tolerant)

    while waiting:
        first_of_module: dict[str, int] = {}
        for item in waiting:
            first_of_module.setdefault(modules[item], item)
        ready = [item for item in first_of_module.values() if not _is_led(item, waiting, manners)]
        chosen = min(ready or first_of_module.values(), key=turn)
        exists = chosen not in removals
        waiting.remove(chosen)
        yield chosen


def _is_led(item: int, waiting: Sequence[int], manners: Manners) -> bool:
    return manners.leads is not None and any(manners.leads(other, item) for other in waiting if other != item)


def _spans(events: Sequence[int], removals: frozenset[int]) -> Iterator[Span]:
    providers: list[int] = []
    for number, event in enumerate(events):
        if event not in removals:
            providers.append(event)
        elif providers or number == 0:
            yield Span(tuple(providers), event)
            providers = []
    if providers:
        yield Span(tuple(providers), None)
