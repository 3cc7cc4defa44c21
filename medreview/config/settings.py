"""Settings. Everything that differs between a laptop and production comes from the environment:
`MEDREVIEW_DATA_DIR`, `DATABASE_URL`, `MEDREVIEW_REDIS_URL`, `MEDREVIEW_SECRET_KEY`, `MEDREVIEW_PRODUCTION`,
`MEDREVIEW_ALLOWED_HOSTS`, `MEDREVIEW_TRUSTED_ORIGINS`, `MEDREVIEW_TRAINING_SECONDS`, `MEDREVIEW_LOG_LEVEL`,
`MEDREVIEW_LOG_FORMAT`, `MEDREVIEW_METRICS_TOKEN`, `MEDREVIEW_MIN_FREE_MB`, `MEDREVIEW_RESERVE_MB` and some more
(docs/deployment.md has all of them). What production may not run with is refused at the end of this file.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from medreview.config import checks
from medreview.config.access import *  # noqa: F403 (each name is a setting)
from medreview.config.access import content_security_policy, shared_cache
from medreview.core import logs

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parents[2]
DATA_DIR = Path(env.str("MEDREVIEW_DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
PRODUCTION = env.bool("MEDREVIEW_PRODUCTION", default=False)
DEBUG = env.bool("MEDREVIEW_DEBUG", default=False)


def _secret_key() -> str:
    """The key from the environment; on a laptop one that is made once and kept in the data directory."""
    given: str = env.str("MEDREVIEW_SECRET_KEY", default="")
    if given:
        return given
    if PRODUCTION:
        return ""
    kept = DATA_DIR / "secret_key"
    if not kept.exists():
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(48))
    return kept.read_text()


SECRET_KEY = _secret_key()
ALLOWED_HOSTS = env.list("MEDREVIEW_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("MEDREVIEW_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.headless",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "medreview.core",
    "medreview.accounts",
    "medreview.archive",
    "medreview.labels",
    "medreview.registry",
    "medreview.cases",
    "medreview.annotations",
    "medreview.suggestions",
    "medreview.reading",
    "medreview.learning",
]

MIDDLEWARE = [
    "medreview.core.logs.request_context",
    "medreview.config.middleware.keep_saving",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "medreview.config.client_version.middleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "medreview.accounts.middleware.IdleTimeout",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "medreview.config.urls"
ASGI_APPLICATION = "medreview.config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


def _database() -> dict[str, Any]:
    """SQLite beside the data unless DATABASE_URL says otherwise. IMMEDIATE avoids "database is locked" on upgrade."""
    if "DATABASE_URL" not in env.ENVIRON:
        config: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(DATA_DIR / "medreview.sqlite3")}
    else:
        config = dict(env.db("DATABASE_URL"))
    if config["ENGINE"].endswith("sqlite3"):
        config["OPTIONS"] = {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        }
    elif most := env.int("MEDREVIEW_DATABASE_CONNECTIONS", default=0):
        # Set for web processes: each request has a thread of its own, and a browser sends a hundred at once. Whoever
        # gets no connection in time is told to come again. Health checks keep a restart of the database unnoticed.
        config["CONN_HEALTH_CHECKS"] = True
        config["OPTIONS"] = {"pool": {"min_size": 1, "max_size": most, "timeout": 10.0, "max_idle": 60.0}}
    return config


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PRODUCTION:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("MEDREVIEW_HSTS_SUBDOMAINS", default=True)
    SECURE_HSTS_PRELOAD = SECURE_HSTS_INCLUDE_SUBDOMAINS
    SECURE_SSL_REDIRECT = True
    # Asked by machines on the inside, past the proxy that speaks TLS.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]

CONTENT_SECURITY_POLICY = content_security_policy()

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True

FRONTEND_DIST = Path(env.str("MEDREVIEW_FRONTEND_DIST", default=str(BASE_DIR / "frontend" / "dist")))
STATIC_URL = "/static/"
WHITENOISE_ROOT = FRONTEND_DIST if FRONTEND_DIST.exists() else None
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
# Vite's file names carry a content hash, so they may be kept for ever.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/assets/.+$"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FILES = 64
DATA_UPLOAD_MAX_NUMBER_FIELDS = 512
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
UPLOAD_MAX_REQUEST_BYTES = 512 * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "medreview.accounts.authentication.BearerAuthentication",
        "medreview.accounts.authentication.BrowserAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["medreview.accounts.permissions.IsSignedIn"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    # A query parameter chooses no other renderer: `?format=` means nothing here.
    "URL_FORMAT_OVERRIDE": None,
    "EXCEPTION_HANDLER": "medreview.core.api.exception_handler",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "MedReview",
    "DESCRIPTION": "Annotation, review and active learning for medical images. Research use, not a medical device.",
    "VERSION": "1",
    "SERVE_PUBLIC": True,
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "medreview.config.openapi.document_errors",
    ],
    # 3.1 is JSON Schema: answers can be checked against it as they are.
    "OAS_VERSION": "3.1.0",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "AiState": "medreview.reading.serializers.shapes.AI_STATES",
        "CaseStatus": "medreview.cases.serializers.STATUSES",
        "Database": "medreview.core.machine.DATABASES",
        "DecisionVerdict": "medreview.reading.serializers.marks.VERDICTS",
        "DiskState": "medreview.core.machine.DISK_STATES",
        "ExportFormat": "medreview.reading.services.exporting.FORMATS",
        "ExportState": "medreview.reading.states.EXPORT_STATES",
        "FindingChange": "medreview.reading.serializers.shapes.FINDING_CHANGES",
        "FindingKind": "medreview.reading.serializers.marks.FINDING_KINDS",
        "FindingsPerLabel": "medreview.labels.serializers.FINDINGS",
        "GateVerdict": "medreview.learning.serializers.VERDICTS",
        "ImportOutcome": "medreview.archive.serializers.OUTCOMES",
        "ImportState": "medreview.archive.states.ImportState",
        "InboxDiscardReason": "medreview.archive.services.doors.DISCARD_REASONS",
        "JobEvent": "medreview.core.job_lists.JOB_EVENTS",
        "JobState": "medreview.core.models.JobState",
        "LabelKind": "medreview.labels.models.LabelKind",
        "Lane": "medreview.cases.serializers.LANES",
        "Locale": "medreview.accounts.serializers.LOCALES",
        "ModelEvent": "medreview.learning.serializers.MODEL_EVENTS",
        "ModelState": "medreview.registry.states.STATES",
        "OperationKind": "medreview.reading.journal.types.KINDS",
        "OperationStatus": "medreview.reading.serializers.marks.OPERATION_STATUSES",
        "Plane": "medreview.reading.serializers.marks.PLANES",
        "ProgressPhase": "medreview.learning.serializers.PHASES",
        "PromotionPolicy": "medreview.accounts.models.PromotionPolicy",
        "Provenance": "medreview.reading.serializers.marks.PROVENANCES",
        "QuarantineEvent": "medreview.archive.serializers.QUARANTINE_EVENTS",
        "QuarantineState": "medreview.archive.states.QuarantineState",
        "ReadingEvent": "medreview.reading.serializers.shapes.READING_EVENTS",
        "ReadingState": "medreview.reading.states.STATES",
        "ReasonCode": "medreview.reading.serializers.shapes.REASONS",
        "RejectReason": "medreview.reading.journal.types.REJECT_REASONS",
        "ReviewAction": "medreview.reading.serializers.inputs.REVIEW_ACTIONS",
        "ReviewMode": "medreview.reading.serializers.inputs.REVIEW_MODES",
        "ReviewOutcome": "medreview.reading.serializers.shapes.REVIEW_OUTCOMES",
        "Role": "medreview.accounts.models.Role",
        "RunState": "medreview.learning.states.STATES",
        "RunTrigger": "medreview.learning.serializers.TRIGGERS",
        "SuggestionKind": "medreview.reading.serializers.marks.SUGGESTION_KINDS",
        "SuggestionState": "medreview.reading.serializers.marks.SUGGESTION_STATES",
        "TokenScope": "medreview.accounts.models.Scope",
        "TaskKind": "medreview.accounts.serializers.TASKS",
        "Theme": "medreview.accounts.serializers.THEMES",
        "WorklistGroupKey": "medreview.reading.serializers.shapes.GROUPS",
        "WorklistStatus": "medreview.reading.serializers.shapes.WORKLIST_STATUSES",
    },
}


def _broker_socket() -> Path:
    """Where the embedded broker listens. A unix socket's path must stay under 107 bytes."""
    beside_data = DATA_DIR / "run" / "v.sock"
    if len(str(beside_data).encode()) < 100:
        return beside_data
    short = hashlib.sha256(str(DATA_DIR).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"medreview-{os.getuid()}-{short}" / "v.sock"


BROKER_SOCKET = _broker_socket()
REDIS_URL = env.str("MEDREVIEW_REDIS_URL", default=f"unix://{BROKER_SOCKET}")


def _broker_url(redis_url: str) -> str:
    """Celery's spelling of a redis URL: kombu wants `redis+socket://` for a unix socket."""
    if redis_url.startswith("unix://"):
        return "redis+socket://" + redis_url.removeprefix("unix://")
    return redis_url


CACHES = shared_cache(REDIS_URL)
CELERY_BROKER_URL = _broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Rows are re-published by the sweep; the broker itself must stay quiet about unacknowledged messages.
# Without a broker a request must not wait: the job's row is there, the sweep will publish it.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 86_400,
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "light"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
# In memory: what is due every few seconds needs no file, which several light workers would fight for.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"
CELERY_BEAT_SCHEDULE = {
    "sweep": {"task": "medreview.core.sweep", "schedule": 2.0, "options": {"expires": 4, "queue": "light"}},
    "poll": {"task": "medreview.learning.poll", "schedule": 5.0, "options": {"expires": 10, "queue": "light"}},
    "reserve": {"task": "medreview.core.keep_reserve", "schedule": 30.0, "options": {"expires": 30, "queue": "light"}},
}

STORAGE_DIR = DATA_DIR / "blobs"
STAGING_DIR = DATA_DIR / "staging"
RUNS_DIR = DATA_DIR / "runs"
EXPORTS_DIR = DATA_DIR / "exports"
# How long one training may take on this machine; 0 leaves it to the plan, which counts steps so that a busy machine
# learns the same.
TRAINING_SECONDS_BUDGET = env.float("MEDREVIEW_TRAINING_SECONDS", default=0.0)
DEMO_USERS_FILE = DATA_DIR / "demo_users.json"

# Below this much free space uploads and imports are refused; empty means 2 % of the disk, 2 to 20 GiB.
MIN_FREE_MB = env.int("MEDREVIEW_MIN_FREE_MB", default=None)
# Given up when the disk is really full, so that drafts, submits and reviews are still saved.
RESERVE_MB = env.int("MEDREVIEW_RESERVE_MB", default=64)
METRICS_TOKEN = env.str("MEDREVIEW_METRICS_TOKEN", default="")

LOGGING = logs.configuration(
    level=env.str("MEDREVIEW_LOG_LEVEL", default="WARNING"),
    form=env.str("MEDREVIEW_LOG_FORMAT", default="line"),
    with_values=env.bool("MEDREVIEW_LOG_VALUES", default=False),
)

if PRODUCTION:
    faults = checks.production_faults(
        secret_key=SECRET_KEY,
        debug=DEBUG,
        allowed_hosts=ALLOWED_HOSTS,
        redis_url=REDIS_URL,
        database_engine=DATABASES["default"]["ENGINE"],
        is_single_host=env.bool("MEDREVIEW_SINGLE_HOST", default=False),
        metrics_token=METRICS_TOKEN,
        demo_users_file=DEMO_USERS_FILE,
    )
    if faults:
        raise ImproperlyConfigured("MedReview does not start in production like this:\n- " + "\n- ".join(faults))
