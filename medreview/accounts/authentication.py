"""Bearer tokens for scripts, the browser session (with CSRF) for people."""

from __future__ import annotations

import hashlib

from django.utils import timezone
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.request import Request

from medreview.accounts.models import ApiToken, User

TOKEN_PREFIX = "mr_"  # noqa: S105 (a prefix, not a secret)


def digest_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def user_of_token(token: str) -> User | None:
    """The active user of a living token, or None."""
    row = ApiToken.objects.select_related("user").filter(digest=digest_of(token), revoked_at__isnull=True).first()
    if row is None or not row.user.is_active or (row.expires_at and row.expires_at < timezone.now()):
        return None
    return row.user


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer mr_…`."""

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        user = user_of_token(token.strip())
        if user is None:
            raise exceptions.AuthenticationFailed("This token is unknown, expired or revoked; make a new one.")
        return user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BrowserAuthentication(SessionAuthentication):
    """The session cookie. Names a scheme so that "not signed in" is 401, not 403."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"
