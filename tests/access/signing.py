"""A browser for the tests of signing in: keeps its cookies, sends its CSRF token, speaks JSON."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
import time
from typing import Any

from django.test import Client

from medreview.accounts.models import User
from medreview.accounts.services import create_user

AUTH = "/_allauth/browser/v1/"
PASSWORD = "read-and-mark-7"


def person(username: str, **fields: Any) -> User:
    return create_user(username=username, password=PASSWORD, **fields)


class Browser:
    """CSRF is enforced, as for everybody."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.client = Client(enforce_csrf_checks=True, REMOTE_ADDR=address)
        self.client.get(AUTH + "config")

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        token = self.client.cookies["csrftoken"].value
        headers = {"HTTP_X_CSRFTOKEN": token}
        return self.client.generic(method, path, "" if body is None else _json(body), "application/json", **headers)

    def sign_in(self, username: str, password: str = PASSWORD) -> Any:
        return self.ask("POST", AUTH + "auth/login", {"username": username, "password": password})

    @property
    def session(self) -> str:
        return str(self.client.cookies["sessionid"].value)


def _json(body: Any) -> str:
    from json import dumps

    return dumps(body)


def code_of(secret: str, step: int = 0) -> str:
    """The six digits an authenticator app shows now (RFC 6238, SHA-1, 30 s), written here from the standard."""
    counter = int(time.time()) // 30 + step
    digest = hmac.new(base64.b32decode(secret), struct.pack(">Q", counter), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"
