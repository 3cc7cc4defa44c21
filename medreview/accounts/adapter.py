"""allauth, closed by default: people are added by a manager, not by themselves; tries to sign in are counted."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.utils import user_username
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, JsonResponse

from medreview.accounts import throttle
from medreview.core import audit


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        """The address behind our own proxies. Requests whose headers name none share one count."""
        try:
            return str(super().get_client_ip(request))
        except (ImproperlyConfigured, PermissionDenied):
            return "unknown"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse with the time to wait when this name or this address tried too often."""
        seconds = throttle.seconds_to_wait(name=_name_in(credentials), address=self.get_client_ip(request))
        if seconds:
            audit.record("accounts.sign_in_throttled", actor_id=None, object_type="accounts.user", outcome="refused")
            raise ImmediateHttpResponse(too_many_tries(seconds))

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        user: AbstractBaseUser | None = super().authenticate(request, **credentials)
        if user is not None:
            throttle.signed_in(name=_name_in(credentials), address=self.get_client_ip(request))
        return user

    def _rollback_login_failed_rl_usage(self) -> None:
        """allauth's own count is not used."""

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        audit.record("accounts.sign_in_failed", actor_id=None, object_type="accounts.user", outcome="refused")

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> Any:
        audit.record("accounts.signed_in", actor_id=user.pk, object_type="accounts.user", object_id=user.pk)
        return super().post_login(request, user, **kwargs)

    def send_notification_mail(self, template_prefix: str, user: AbstractBaseUser, *args: Any, **kwargs: Any) -> None:
        """The product sends no mail; what allauth would tell the person (a new password, a second factor set up or
        removed) is written to the audit trail."""
        action = template_prefix.rsplit("/", 1)[-1]
        audit.record(f"accounts.{action}", actor_id=user.pk, object_type="accounts.user", object_id=user.pk)


def too_many_tries(seconds: int) -> JsonResponse:
    """429 in allauth's shape, with the time to wait in words and as Retry-After."""
    message = f"Too many tries to sign in. Wait {seconds} seconds, then try again."
    error = {"code": "too_many_login_attempts", "message": message}
    answer = JsonResponse({"status": 429, "errors": [error], "meta": {"retry_after": seconds}}, status=429)
    answer["Retry-After"] = str(seconds)
    answer["Cache-Control"] = "no-store"
    return answer


def _name_in(credentials: dict[str, Any]) -> str:
    return str(credentials.get("username") or credentials.get("email") or "")


class MfaAdapter(DefaultMFAAdapter):
    """Secrets of authenticator apps are kept encrypted under the installation's secret key."""

    def get_totp_issuer(self) -> str:
        return "MedReview"

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return str(user_username(user))

    def encrypt(self, text: str) -> str:
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _keys().decrypt(encrypted_text.encode()).decode()


def _keys() -> MultiFernet:
    """The current key first; older ones still open what they closed."""
    secrets = [str(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    digests = [hashlib.sha256(b"medreview.second-factor:" + secret.encode()).digest() for secret in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


class SocialAdapter(DefaultSocialAccountAdapter):
    """Sign-in by the organisation: who has an account here with the confirmed e-mail address is let in."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return bool(settings.OIDC_SIGN_UP == "any")
