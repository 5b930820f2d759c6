"""Codes of the checks of quality: what a file that is right in every line would teach"""

from shared.datasets.checks.registry.entry import Code, I, W

ROWS = (
    Code(
        "duplicate_example",
        W,
        "An example stands once.",
        "Keep one of the lines named.",
        "own; Lee et al. 2022, Deduplicating Training Data Makes Language Models Better",
        "(two equal lines)",
    ),
    Code(
        "contradiction",
        W,
        "A prompt has one answer, where answers are values of up to 40 characters: labels, numbers, names.",
        "Decide which answer is right, or write into the prompt what makes them differ.",
        "OpenAI, fine-tuning guide, Iterating on data quality",
        '(two lines ask "Is 7 prime?", one answers "Yes", one "No")',
    ),
    Code(
        "agreement_bound",
        W,
        "The answers to the same prompt agree; they bound how well any model can match them.",
        "Settle the contradictions; more data does not help.",
        "OpenAI, fine-tuning guide, Iterating on data quality",
        "(a file with contradictions)",
        once=True,
    ),
    Code(
        "answers_vary",
        I,
        "Prose that answers the same prompt in other words says the same.",
        "Look at the lines named. Wordings that agree do no harm; the model will mix them.",
        "OpenAI, fine-tuning guide, Iterating on data quality",
        "(one question, answered in two different paragraphs)",
        once=True,
    ),
    Code(
        "leaked_example",
        W,
        "No example of the validation file stands in the training file.",
        "Remove it from the validation file.",
        "OpenAI, fine-tuning guide, Train and test splits",
        "(a line that stands in both files)",
    ),
    Code(
        "leaked_prompt",
        W,
        "No prompt of the validation file stands in the training file.",
        "Move all examples of a prompt to one of the two files.",
        "OpenAI, fine-tuning guide, Train and test splits",
        "(a prompt that stands in both files, with two answers)",
    ),
)
