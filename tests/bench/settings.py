"""The settings of ``make run``, and the page that the viewer is timed beside."""

import os

from webapp.settings.local import *  # noqa: F403
from webapp.settings.shared import STATICFILES_DIRS as SHIPPED

STATICFILES_DIRS = [*SHIPPED, ("plain", os.environ["SLICEWISE_PLAIN_PAGE"])]
