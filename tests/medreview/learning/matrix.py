"""Total matrices: every (state, event) is allowed with its target or refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from medreview.core.transitions import Table


def check_matrix(table: Table, states: Sequence[str], expected: Mapping[tuple[str, str], str]) -> None:
    """The table allows exactly `expected`; every state is reachable; only states without a way out are terminal."""
    events = {event for _, event in table}
    for state in states:
        for event in events:
            rule = table.get((state, event))
            assert (rule.target if rule else None) == expected.get((state, event)), (state, event)
    reached = {states[0]} | {rule.target for rule in table.values()}
    assert reached == set(states)
    assert all(rule.roles for rule in table.values())
