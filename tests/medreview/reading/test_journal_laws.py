"""Laws of the pure journal, tried on made-up sessions."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medreview.reading.journal.history import fold, reduce_draft, timeline_of
from medreview.reading.journal.reduce import finish, unfinish
from medreview.reading.journal.runs import RunsError, check_runs, xor_runs
from medreview.reading.journal.types import Context, Operation, OperationError
from ml.masks import decode_runs, encode_runs
from tests.contract.scenarios import accept, box, measure, paint, reject, remeasure, rename, state
from tests.contract.test_journal import context

CONTEXT: Context = context()
SIZE = 80


@st.composite
def canonical_runs(draw: st.DrawFn, size: int = SIZE) -> list[int]:
    flat = np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    return encode_runs(np.zeros((1, size), bool), flat.reshape(1, size))


some_runs = canonical_runs().filter(bool)
edits = st.one_of(
    st.builds(lambda f, k, r: paint(f, (k, r)), st.sampled_from("ab"), st.integers(0, 3), some_runs),
    st.builds(lambda f: box(f, [0, 1, 1], [2, 3, 4]), st.sampled_from(["n1", "n2"])),
    st.builds(lambda f: ("delete_finding", {"finding_id": f}), st.sampled_from(["a", "b", "n1", "s11"])),
    st.just(accept(11, "s11")),
    st.just(reject(11)),
    st.builds(lambda r: paint("s11", (2, r)), some_runs),
    st.builds(lambda f, x: measure(f, "arrow", [0, 0, 0], [x, 1, 0]), st.sampled_from(["a", "t1"]), st.integers(1, 9)),
    st.builds(lambda x: remeasure("t1", "arrow", [0, 0, 0], [x, 2, 0], k=1), st.integers(1, 9)),
    st.builds(rename, st.sampled_from(["a", "t1", "s11"]), st.sampled_from(["", "x", "y"])),
    st.builds(state, st.sampled_from(["lesion", "organ"]), st.sampled_from(["searched_none", "not_assessed"])),
)
entries = st.one_of(edits, st.just(("undo", {})), st.just(("redo", {})))


def journal_of(wanted: list[tuple[str, dict[str, Any]]]) -> list[Operation]:
    """The entries that fit, as a journal: what does not fit the draft is refused and left out, as the server does."""
    kept: list[Operation] = []
    for kind, payload in wanted:
        tried = [*kept, Operation(len(kept) + 1, f"op-{len(kept) + 1}", kind, payload)]
        try:
            reduce_draft(tried, CONTEXT)
        except OperationError:
            continue
        kept = tried
    return kept


def more(journal: list[Operation], kind: str, times: int) -> list[Operation]:
    start = len(journal)
    return journal + [Operation(start + n + 1, f"op-{start + n + 1}", kind, {}) for n in range(times)]


def same(first: dict[str, Any], second: dict[str, Any]) -> bool:
    return json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)


@given(st.lists(entries, max_size=25), st.integers(0, 25))
@settings(max_examples=80, deadline=None)
def test_undo_n_times_then_redo_n_times_changes_nothing(wanted: list[Any], times: int) -> None:
    journal = journal_of(wanted)
    times = min(times, len(timeline_of(journal).past))
    before = reduce_draft(journal, CONTEXT)
    after = reduce_draft(more(more(journal, "undo", times), "redo", times), CONTEXT)
    assert same({**before, "can_redo": None}, {**after, "can_redo": None})


@given(st.lists(entries, max_size=25))
@settings(max_examples=60, deadline=None)
def test_undoing_everything_gives_the_empty_draft(wanted: list[Any]) -> None:
    journal = journal_of(wanted)
    empty = reduce_draft(more(journal, "undo", len(timeline_of(journal).past)), CONTEXT)
    assert (empty["findings"], empty["decisions"], empty["label_status"], empty["can_undo"]) == ([], [], {}, False)


@given(st.lists(entries, max_size=25), st.integers(0, 25))
@settings(max_examples=60, deadline=None)
def test_folding_from_a_snapshot_equals_folding_from_the_start(wanted: list[Any], cut: int) -> None:
    past = timeline_of(journal_of(wanted)).past
    cut = min(cut, len(past))
    kept = json.loads(json.dumps(finish(fold(past[:cut], CONTEXT), CONTEXT)))
    assert same(finish(fold(past[cut:], CONTEXT, unfinish(kept)), CONTEXT), finish(fold(past, CONTEXT), CONTEXT))


@given(st.lists(entries, max_size=25))
@settings(max_examples=60, deadline=None)
def test_applying_an_operation_leaves_the_draft_before_it_alone(wanted: list[Any]) -> None:
    past = timeline_of(journal_of(wanted)).past
    bodies = [fold(past[:n], CONTEXT) for n in range(len(past) + 1)]
    shown = [json.dumps(finish(body, CONTEXT), sort_keys=True) for body in bodies]
    fold(past, CONTEXT)
    assert shown == [json.dumps(finish(body, CONTEXT), sort_keys=True) for body in bodies]


@given(canonical_runs(), canonical_runs())
def test_xor_of_runs_is_xor_of_voxels(first: list[int], second: list[int]) -> None:
    mixed = xor_runs(first, second)
    expected = decode_runs(first, 1, SIZE) ^ decode_runs(second, 1, SIZE)
    assert mixed == encode_runs(np.zeros((1, SIZE), bool), expected)
    assert xor_runs(mixed, second) == first


@given(st.lists(st.integers(-2, 90), max_size=8))
def test_runs_pass_the_check_exactly_when_they_are_canonical(runs: list[int]) -> None:
    try:
        check_runs(runs, SIZE)
    except RunsError:
        accepted = False
    else:
        accepted = True
    pairs = list(zip(runs[0::2], runs[1::2], strict=False))
    ends = [a + n for a, n in pairs]
    canonical = (
        len(runs) > 0
        and len(runs) % 2 == 0
        and all(a >= 0 and n >= 1 and a + n <= SIZE for a, n in pairs)
        and all(end < start for end, (start, _) in zip(ends, pairs[1:], strict=False))
    )
    assert accepted is canonical


def test_undo_of_nothing_is_refused() -> None:
    with pytest.raises(OperationError, match="nothing to undo"):
        reduce_draft([Operation(1, "op-1", "undo", {})], CONTEXT)
