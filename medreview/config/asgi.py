"""The ASGI entry point: frames by the short way, uploads past the disk guard, everything else through Django."""

import os

from django.conf import settings
from django.core.asgi import get_asgi_application

from medreview.core import request_metrics

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medreview.config.settings")
_django = get_asgi_application()
request_metrics.share(settings.DATA_DIR / "run" / "metrics")

from medreview.archive.frames_asgi import FramesApp  # noqa: E402 (needs the app registry)
from medreview.archive.limits import BodyLimitApp  # noqa: E402
from medreview.config.disk_guard import DiskGuard  # noqa: E402
from medreview.core.child import die_with_parent  # noqa: E402

# A server process whose master was killed would go on serving beside the one that replaces it.
if "MEDREVIEW_STOP_WITH_PARENT" in os.environ:
    die_with_parent(os.getppid())

application = BodyLimitApp(DiskGuard(FramesApp(_django)))  # type: ignore[arg-type]  # Django narrows the scope to a dict
