"""The door in front of every API view: someone is signed in, with a second factor where the installation asks for
one, and a token has the scope. Rights to objects are the selectors' work."""

from __future__ import annotations

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from medreview.accounts.models import ApiToken, Scope
from medreview.accounts.second_factor import lacks_second_factor
from medreview.core.errors import NotAllowed

# Attributes a view may have: who lacks a second factor may still use it (to set one up); the methods that need the
# scope `manage` though no project is named; nothing but a browser session will do.
WITHOUT_SECOND_FACTOR = "is_open_without_second_factor"
NEEDS_MANAGE = "methods_that_manage"
BROWSER_ONLY = "is_for_browsers_only"


class IsSignedIn(BasePermission):
    def has_permission(self, request: Request, view: object) -> bool:
        if not (request.user and request.user.is_authenticated):
            return False
        if isinstance(request.auth, ApiToken):
            _check_scope(request, request.auth, view)
        elif not getattr(view, WITHOUT_SECOND_FACTOR, False) and lacks_second_factor(request.user):
            raise NotAllowed(
                "This installation asks you for a second factor; set one up on your account page.",
                code="second_factor_required",
            )
        return True


def _check_scope(request: Request, token: ApiToken, view: object) -> None:
    if getattr(view, BROWSER_ONLY, False):
        raise NotAllowed("This is done in the browser, not with a token.", code="scope")
    needed = Scope.MANAGE if request.method in getattr(view, NEEDS_MANAGE, ()) else Scope.ANNOTATE
    order = list(Scope.values)
    if request.method not in SAFE_METHODS and order.index(token.scope) < order.index(needed):
        raise NotAllowed(
            f"This token has the scope {token.scope}; this needs one with the scope {needed.value}.", code="scope"
        )
