"""The people of a demo installation, one per role. Their names and passwords are shown on its sign-in page."""

from __future__ import annotations

import json

from django.conf import settings

from medreview.accounts.models import Project, Role, User
from medreview.accounts.services import add_member, create_user

PASSWORD = "look-and-mark"  # noqa: S105 (public on purpose: a demo installation on the user's own machine)
PEOPLE = (
    ("eva", "Eva Vogel", Role.ANNOTATOR, "reads and marks cases"),
    ("marc", "Marc Keller", Role.REVIEWER, "reviews readings"),
    ("kira", "Kira Adler", Role.MANAGER, "manages data, models and retrains"),
)
KNOWN_TRUTH = "known-truth"


def make_people(projects: list[Project]) -> dict[str, User]:
    """Create the demo people where absent, give each their role, and write the file the sign-in page shows."""
    users = {}
    for username, name, role, _ in PEOPLE:
        users[username] = User.objects.filter(username=username).first() or create_user(
            username=username, password=PASSWORD, display_name=name
        )
        for project in projects:
            add_member(project=project, user=users[username], role=role, actor=None)
    shown = [
        {"username": username, "password": PASSWORD, "role": role, "display_name": name, "does": does}
        for username, name, role, does in PEOPLE
    ]
    settings.DEMO_USERS_FILE.write_text(json.dumps(shown, indent=1))
    return users


def known_truth_reader() -> User:
    """The author of readings taken from the known truth; nobody can sign in as it."""
    user = User.objects.filter(username=KNOWN_TRUTH).first()
    if user is None:
        user = User(username=KNOWN_TRUTH, display_name="Known truth", is_active=False)
        user.set_unusable_password()
        user.save()
    return user


def demo_people() -> list[dict[str, str]]:
    """The people shown on the sign-in page; empty where this is not a demo installation."""
    if not settings.DEMO_USERS_FILE.exists():
        return []
    shown: list[dict[str, str]] = json.loads(settings.DEMO_USERS_FILE.read_text())
    return shown
