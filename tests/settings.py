"""The product's settings on a data directory of the test run's own, so that nothing touches `var/`."""

import os
import tempfile

os.environ["MEDREVIEW_DATA_DIR"] = tempfile.mkdtemp(prefix="medreview-test-")
os.environ.pop("MEDREVIEW_REDIS_URL", None)

from medreview.config.settings import *  # noqa: E402, F403
