"""The product's settings on a data directory of the test run's own, so that nothing touches `var/`."""

import os
import tempfile
from pathlib import Path

os.environ["MEDREVIEW_DATA_DIR"] = tempfile.mkdtemp(prefix="medreview-test-")
os.environ.pop("MEDREVIEW_REDIS_URL", None)

from medreview.config.settings import *  # noqa: F403
from medreview.config.settings import DATABASES

# A file, as in the product: threads that share an in-memory database lock whole tables.
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(Path(os.environ["MEDREVIEW_DATA_DIR"]) / "test.sqlite3")}
