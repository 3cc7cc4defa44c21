"""Who may see and change a reading. Absent, foreign and not-yet-yours look the same: NotFound."""

from __future__ import annotations

from dataclasses import dataclass

from medreview.accounts.models import Role, User
from medreview.accounts.selectors import Access, access_project
from medreview.core.errors import NotAllowed, NotFound
from medreview.core.transitions import allowed_events
from medreview.reading import states
from medreview.reading.models import Reading, Review

REVIEWING_ROLES = (Role.REVIEWER, Role.ADJUDICATOR, Role.MANAGER)
DECIDING_ROLES = (Role.REVIEWER, Role.ADJUDICATOR)
REVIEW_EVENTS = ("approve", "return", "reject")


@dataclass(frozen=True)
class ReadingAccess:
    """A reading as one member of its project sees it."""

    reading: Reading
    access: Access

    @property
    def viewer(self) -> User:
        return self.access.viewer

    @property
    def is_own(self) -> bool:
        return self.reading.reader_id == self.viewer.pk

    @property
    def roles(self) -> frozenset[str]:
        """The member's roles, and `reader` where the reading is the member's own."""
        return self.access.roles | ({states.READER} if self.is_own else frozenset())

    @property
    def may_compare(self) -> bool:
        """Whether the viewer is here as a reviewer."""
        return self.access.has(*REVIEWING_ROLES)

    @property
    def may_decide(self) -> bool:
        return self.access.has(*DECIDING_ROLES) and (not self.is_own or self.access.project.allow_self_review)

    def require_decider(self) -> None:
        """Raise NotAllowed unless the viewer may review this reading; their own only where the project allows it."""
        self.access.require(*DECIDING_ROLES)
        if not self.may_decide:
            raise NotAllowed(
                f"Reading {self.reading.pk} is your own; someone else reviews it.",
                code="own_reading",
            )

    def open_review(self) -> Review | None:
        """The viewer's undecided review of this round."""
        found = Review.objects.filter(reading=self.reading, reviewer=self.viewer, round=self.reading.round, outcome="")
        return found.first()

    @property
    def is_editable(self) -> bool:
        """Whether the viewer may add journal operations now."""
        if self.reading.state in states.OPEN_STATES:
            return self.is_own
        return self.reading.state == states.SUBMITTED and self._is_editor()

    def _is_editor(self) -> bool:
        review = self.open_review() if self.may_decide else None
        return review is not None and review.editing

    def allowed_events(self) -> list[str]:
        events = allowed_events(self.reading, self.roles)
        return [event for event in events if event not in REVIEW_EVENTS or self.may_decide]


def access_reading(*, viewer: User, reading_id: int) -> ReadingAccess:
    """The reading, for its reader and, once it was submitted, for reviewers, adjudicators and managers.

    Raises NotFound for everyone else. A reviewer who is reading the same case blind must finish that first (NotFound).
    """
    related = Reading.objects.select_related("project", "reader", "case__patient", "case__study", "case__split")
    reading = related.filter(pk=reading_id).first()
    if reading is None:
        raise NotFound()
    access = access_project(viewer=viewer, project_id=reading.project_id)
    seen = ReadingAccess(reading, access)
    if not seen.is_own and not _is_shown_to_reviewer(seen):
        raise NotFound()
    return seen


def _is_shown_to_reviewer(seen: ReadingAccess) -> bool:
    reading = seen.reading
    if not seen.may_compare or (reading.state in states.OPEN_STATES and reading.round == 1):
        return False
    own = Reading.objects.filter(case_id=reading.case_id, reader=seen.viewer, state__in=states.OPEN_STATES)
    return not own.exists()
