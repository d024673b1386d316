"""``python -m inference_worker.evaluation``."""

import sys

from inference_worker.evaluation.cli import main

if __name__ == "__main__":
    sys.exit(main())
