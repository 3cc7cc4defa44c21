"""The door in front of every API view: someone is signed in. Rights to objects are the selectors' work."""

from __future__ import annotations

from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class IsSignedIn(BasePermission):
    def has_permission(self, request: Request, view: object) -> bool:
        return bool(request.user and request.user.is_authenticated)
