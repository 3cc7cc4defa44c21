"""Writing people and their preferences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from medreview.accounts.models import User
from medreview.core import audit
from medreview.core.errors import Conflict, Invalid


def create_user(
    *, username: str, password: str, display_name: str = "", email: str = "", actor: User | None = None
) -> User:
    """A new person. Raises Invalid for a weak password or a false e-mail address, Conflict for what is taken."""
    if User.objects.filter(username=username).exists():
        raise Conflict(f"User {username!r} exists already.")
    if email and User.objects.filter(email__iexact=email).exists():
        raise Conflict(f"Somebody has the e-mail address {email!r} already.")
    user = User(username=username, display_name=display_name or username, email=email)
    try:
        User.username_validator(username)
        if email:
            validate_email(email)
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(f"User {username!r}: {' '.join(error.messages)}") from error
    user.set_password(password)
    with transaction.atomic():
        user.save()
        audit.record(
            "accounts.create_user", actor_id=actor.pk if actor else None, object_type="accounts.user", object_id=user.pk
        )
    return user


def update_preferences(*, user: User, changes: Mapping[str, Any]) -> None:
    for field, value in changes.items():
        setattr(user, field, value)
    with transaction.atomic():
        user.save(update_fields=list(changes))
        audit.record(
            "accounts.update_preferences", actor_id=user.pk, object_type="accounts.user", object_id=user.pk,
            fields=sorted(changes),
        )  # fmt: skip
