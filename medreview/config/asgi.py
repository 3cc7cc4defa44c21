"""The ASGI entry point: frames by the short way, everything else through Django."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medreview.config.settings")
_django = get_asgi_application()

from medreview.archive.frames_asgi import FramesApp  # noqa: E402 (needs the app registry)

application = FramesApp(_django)  # type: ignore[arg-type]  # Django narrows the scope to a dict
