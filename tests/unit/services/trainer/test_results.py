"""The result file has the guide's columns."""

from services.trainer.results import as_csv


def test_rows_have_five_digits_and_empty_cells_where_nothing_was_measured() -> None:
    steps = [
        {"step": 1, "train_loss": 1.523474, "train_mean_token_accuracy": 0.0, "total_steps": 2},
        {"step": 2, "train_loss": 0.5, "train_mean_token_accuracy": 1 / 3, "valid_loss": 2.0,
         "valid_mean_token_accuracy": 0.25, "full_valid_loss": 9.9},
    ]  # fmt: skip
    assert as_csv(steps) == (
        "step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n1,1.52347,0.0,,\n2,0.5,0.33333,2.0,0.25\n"
    )
