"""Serve the trainer by itself: python -m services.trainer."""

import logging

from services.trainer.app import run
from services.trainer.config import TrainerConfig

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
run(TrainerConfig())
