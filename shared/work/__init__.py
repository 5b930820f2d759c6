"""The to-do list: work rows, claims with epochs, outcomes, wake-ups."""
