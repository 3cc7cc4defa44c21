"""Whether a person has a second factor, and whether this installation asks them for one."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.conf import settings

from medreview.accounts.models import Membership, Role, User


def has_second_factor(user: User) -> bool:
    """An authenticator app was set up and gave its first code."""
    return bool(Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists())


def needs_second_factor(user: User) -> bool:
    """Whether this installation asks this person for a second factor (MEDREVIEW_REQUIRE_MFA)."""
    if settings.REQUIRE_MFA == "managers":
        return bool(user.is_superuser) or Membership.objects.filter(user=user, role=Role.MANAGER).exists()
    return bool(settings.REQUIRE_MFA == "all")


def lacks_second_factor(user: User) -> bool:
    """True for a person who must set one up before anything else."""
    return needs_second_factor(user) and not has_second_factor(user)
