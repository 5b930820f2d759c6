"""The rules of a file as a whole: what it is at all, how many examples, and whether a model takes it."""

import re

from shared.catalogue import BaseModel
from shared.datasets.checks.findings import Findings
from shared.datasets.checks.wording import bare_message, shown
from shared.datasets.formats import bare_key, is_json
from shared.datasets.formats.detect import Format

#: Two objects with nothing but a carriage return between them.
_OLD_MAC = re.compile(rb"\}[ \t]*\r\s*\{")
#: The first line of CSV or TSV: words and what parts them.
_HEADER = re.compile(rb'"?[A-Za-z][\w ]{0,40}"?(?:[,;\t] ?"?[A-Za-z][\w ]{0,40}"?){1,40}', re.ASCII)
_OF_METHOD: dict[str, frozenset[str]] = {
    "supervised": frozenset({"chat", "completion"}),
    "dpo": frozenset({"preference"}),
    "reinforcement": frozenset({"reinforcement"}),
}
#: gzip and zstd are unpacked as they are read.
_PACKED = {
    b"PK\x03\x04": "a zip archive or a spreadsheet. Unpack it; save a sheet as CSV, for tuneyard convert FILE",
    b"BZh": "bzip2. Unpack it, or pack it with gzip or zstd.",
    b"\xfd7zXZ": "xz. Unpack it, or pack it with gzip or zstd.",
    b"7z\xbc\xaf": "a 7z archive. Unpack it, or pack it with gzip or zstd.",
}
#: What stands in a repository where Git LFS keeps the file elsewhere.
LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_OTHERS = {
    b"PAR1": "the file is Parquet. Convert it: tuneyard convert FILE",
    LFS_POINTER: "the file is a pointer of Git LFS, not the data itself. Fetch it: git lfs pull.",
}
_BINARY = {b"\x89PNG": "a PNG image", b"%PDF-": "a PDF", b"SQLite format 3": "an SQLite database"}
#: What no text holds: control characters but for tabs, ends of lines and pages, and the escape of a terminal's colours.
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def what_is_wrong_at_all(first: bytes, parses: bool) -> tuple[str, str] | None:  # noqa: FBT001 (a fact, not a mode)
    """Return code and sentence when the first line shows that the file is not lines of JSON; None when it may be.

    `parses` says whether that line is a whole JSON value.
    """
    for magic, name in _PACKED.items():
        if first.startswith(magic):
            return "compressed_file", f"the file is {name}"
    if first.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "invalid_utf8", "the file is UTF-16. Save it as UTF-8."
    text = first.strip()
    if text.startswith(b"["):
        if parses and not text[1:].lstrip().startswith((b"{", b"[{")):
            return None
        if (key := bare_key(text)) is not None:
            return "bare_messages", bare_message(key)
        said = "the file is a JSON array; a dataset has one object per line. Convert it: tuneyard convert FILE"
        return "json_array", said
    return None if parses else _another_kind(text)


def _another_kind(text: bytes) -> tuple[str, str] | None:
    if text.startswith(b"{") and text.endswith((b"{", b"[", b",")):
        return "json_over_lines", _over_lines(text)
    if _OLD_MAC.search(text):
        said = "lines end with a carriage return alone, so that all is one line. Convert it: tr '\\r' '\\n' < FILE"
        return "carriage_returns", said
    for magic, said in _OTHERS.items():
        if text.startswith(magic):
            return "not_json_lines", said
    if (what := _kind_of_binary(text)) is not None:
        return "invalid_utf8", f"the file is {what}. Write its examples as JSON Lines."
    if _HEADER.fullmatch(text):
        said = f"the file looks like a table with the columns {shown(text.decode())}. Convert it: tuneyard convert FILE"
        return "not_json_lines", said
    return None


def _over_lines(text: bytes) -> str:
    if text.endswith(b",") and is_json(text[:-1]):
        return "the line ends in a comma, as in an array. Convert it: tuneyard convert FILE --to lines"
    return "an object goes over several lines; it must stand on one. Convert it: tuneyard convert FILE --to lines"


def _kind_of_binary(text: bytes) -> str | None:
    """Say what a file is that is no text. One broken line of JSON is left to the lines."""
    for magic, name in _BINARY.items():
        if text.startswith(magic):
            return name
    if text.startswith(b"{") or not _CONTROL.search(text):
        return None
    try:
        text.decode()
    except UnicodeDecodeError:
        return "binary data, not text"
    return None


def check_size(examples: int, findings: Findings) -> None:
    """Add what the number of examples says."""
    least, advised = findings.policy.thresholds.minimum_examples, findings.policy.thresholds.advised_examples
    found = f"the file has {_examples(examples)}"
    if examples < least:
        findings.add(
            "too_few_examples",
            f"{found}; at least {least} are required, and improvement usually shows with 50 to 100 well-made ones.",
        )
    elif examples < advised:
        findings.add(
            "few_examples",
            f"{found}; start with {advised} well-made ones and see whether the model improves. If it does, doubling "
            "them is likely to help about as much again.",
        )


def check_limits(kind: Format | None, examples: int, size: int, findings: Findings, *, for_validation: bool) -> None:
    """Add that the file has more bytes, examples or examples with images than a provider takes."""
    limits = findings.policy.thresholds
    if size > limits.maximum_bytes:
        said = f"the file has {size:,} bytes; OpenAI's Files API takes {limits.maximum_bytes:,}. Make it smaller."
        findings.add("file_too_large", said)
    seeing = findings.by_code["has_images"]
    if seeing > limits.maximum_image_examples:
        said = f"{seeing:,} examples have images; at most {limits.maximum_image_examples:,} may."
        findings.add("too_many_examples", said)
    if kind is Format.REINFORCEMENT:
        most = limits.maximum_graded_validation_examples if for_validation else limits.maximum_graded_examples
        if examples > most:
            what = "validation file" if for_validation else "file"
            said = f"a {what} of reinforcement lines has at most {most:,} examples; this one has {examples:,}."
            findings.add("too_many_examples", said)


def check_model(
    kind: Format | None,
    has_images: bool,  # noqa: FBT001 (a fact, not a mode)
    model: BaseModel,
    method: str | None,
    findings: Findings,
) -> None:
    """Add what keeps a file of this format from training this model by this method (`supervised`, `dpo`), or by any."""
    takes = taken(model, method)
    if kind is not None and kind.value not in takes:
        wanted = " or ".join(format_.called for format_ in Format if format_.value in takes)
        by = model.name if method is None else f"{method} training of {model.name}"
        said = f"{by} takes {wanted}." if wanted else f"{model.name} has no {method} training."
        cure = " Convert the file: tuneyard convert FILE" if kind is Format.COMPLETION and "chat" in takes else ""
        findings.add("format_not_taken", f"the file holds {kind.called}; {said}{cure}")
    if has_images and not model.vision:
        findings.add("images_not_taken", f"the file has images; {model.name} cannot be trained on images.")


def taken(model: BaseModel, method: str | None) -> frozenset[str]:
    """Return the formats that one method of a model takes, or all of its methods."""
    if method is None:
        return frozenset[str](model.formats)
    if method not in model.methods:
        return frozenset()
    return frozenset(model.formats) & _OF_METHOD.get(method, frozenset())


def _examples(number: int) -> str:
    return "1 example" if number == 1 else f"{number} examples"
