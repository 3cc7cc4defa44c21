"""Bearer tokens for scripts, the browser session (with CSRF) for people."""

from __future__ import annotations

from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from medreview.accounts.models import ApiToken, Role, Scope, User
from medreview.accounts.selectors import living_token
from medreview.accounts.services import note_use


def user_of_token(text: str) -> User | None:
    """The person of a living token, narrowed to its project; None for any other text."""
    token = living_token(text)
    return _narrowed(token) if token is not None else None


def _narrowed(token: ApiToken) -> User:
    token.user.only_project_id = token.project_id
    return token.user


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer mr_…`. What the scope leaves out is refused by `permissions` and by the selectors."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = living_token(text.strip())
        if token is None:
            raise exceptions.AuthenticationFailed("This token is unknown, expired or revoked; make a new one.")
        note_use(token)
        user = _narrowed(token)
        if token.scope != Scope.MANAGE and request.method not in SAFE_METHODS:
            user.withheld_roles = frozenset({Role.MANAGER})
        return user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BrowserAuthentication(SessionAuthentication):
    """The session cookie. Names a scheme so that "not signed in" is 401, not 403."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"
