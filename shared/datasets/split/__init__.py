"""Two files out of one: examples to train on, and examples held out that ask something else."""

from shared.datasets.split.plan import CannotSplit, Plan, Side, check_asked, check_size, plan

__all__ = ["CannotSplit", "Plan", "Side", "check_asked", "check_size", "plan"]
