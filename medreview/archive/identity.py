"""Who is the same patient: exactly (a row), and as far as the split is concerned (a key)."""

from __future__ import annotations

import hashlib
import unicodedata

from medreview.accounts.models import Project


def split_key(project: Project, patient_id: str, issuer: str = "") -> str:
    """Equal for spellings of one id (`P1 `, `p1`, `P-1`), so that aliases never end on two sides. 64 hex digits."""
    parts = (project.salt, _normalised(issuer), _normalised(patient_id) or patient_id)
    return hashlib.sha256("\x1f".join(("split", *parts)).encode()).hexdigest()


def _normalised(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())


def pseudonym(project: Project, patient_id: str, issuer: str = "", length: int = 6) -> str:
    """ "P-91C7E0": depends on the project's salt and the exact id; longer when shorter ones collide."""
    digest = hashlib.sha256("\x1f".join(("pseudonym", project.salt, issuer, patient_id)).encode()).hexdigest()
    return "P-" + digest[:length].upper()
