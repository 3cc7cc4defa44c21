"""What a computing child is asked to do by a test."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

log = logging.getLogger("medreview.test")


def speak(payload: dict[str, Any], report: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Logs from its main thread, from another one, and as a library."""
    log.warning("child speaks")
    thread = threading.Thread(target=lambda: log.warning("thread speaks"))
    thread.start()
    thread.join()
    logging.getLogger("somebody.else").error("library speaks")
    return {}
