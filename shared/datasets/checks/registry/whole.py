"""Codes that concern the file as a whole, or the file and a model"""

from shared.datasets.checks.registry.entry import Code, E, W

ROWS = (
    Code(
        "too_few_examples",
        E,
        "A dataset has at least 10 examples.",
        "Write more: 50 to 100 good ones are where improvement usually shows.",
        "OpenAI, supervised fine-tuning guide",
    ),
    Code(
        "few_examples",
        W,
        "50 well-made examples are the recommended start.",
        "Add examples of the cases that the base gets wrong.",
        "OpenAI, supervised fine-tuning guide",
    ),
    Code(
        "too_many_examples",
        E,
        "A file has at most 50,000 examples with images, and at most 50,000 reinforcement lines (1,000 to validate).",
        "Leave some out, or split the file.",
        "OpenAI, vision and reinforcement fine-tuning guides",
    ),
    Code(
        "file_too_large",
        W,
        "A file has at most 512 MB, which is what the Files API takes.",
        "Leave some examples out, or split the file.",
        "OpenAI API, Files",
    ),
    Code(
        "format_not_taken",
        E,
        "The file's format is one that the model's training takes.",
        "Convert the file, or choose a model that takes it.",
        "docs/catalogue.md",
    ),
    Code(
        "images_not_taken",
        E,
        "Images go to a model that sees.",
        "Choose a model with vision, or take the images out.",
        "docs/catalogue.md",
    ),
    Code(
        "example_truncated",
        W,
        "An example fits in the model's tokens per example; the rest is cut off from its end, silently.",
        "Shorten it: what is cut is the answer.",
        "OpenAI, supervised fine-tuning guide",
    ),
)
