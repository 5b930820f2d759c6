"""The command `tuneyard`."""

import typer

from services.cli import check, parts
from services.cli.run import command as run
from services.cli.up import command as up

app = typer.Typer(
    name="tuneyard",
    help="The fine-tuning control plane: from a JSONL file to a tuned model, checked, priced, created once, and told.",
    no_args_is_help=True,
    add_completion=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_show_locals=False,
)
up.register(app)
check.register(app)
run.register(app)
parts.register(app)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
