"""``python -m inference_worker.evaluation``; OMP_NUM_THREADS sets the threads."""

import sys

import torch

from inference_worker.arithmetic import pin_arithmetic
from inference_worker.evaluation.cli import main

if __name__ == "__main__":
    pin_arithmetic(torch.get_num_threads())
    sys.exit(main())
