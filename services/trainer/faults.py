"""Faults that can be switched on: their grammar, and the book of those that stand."""

import re
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

#: Faults of any request.
OF_REQUESTS = frozenset(
    {"rate_limit", "error_before", "error_after", "late", "hang", "drop_before", "drop_after", "slow"}
)
_ANSWERS_ABOUT_JOBS = frozenset({"jobs.create", "jobs.retrieve", "jobs.list"})
#: Faults that mean something only to some operations. On `jobs.create` the last five stay with the job for its life.
OF_OPERATIONS = {
    "training_not_available": frozenset({"jobs.create"}),
    "file_not_ready": frozenset({"files.create", "jobs.create"}),
    "model_not_ready": frozenset({"jobs.create", "chat.completions", "completions", "models.retrieve"}),
    "result_base64": frozenset({"jobs.create", "files.content"}),
    "unknown_status": _ANSWERS_ABOUT_JOBS,
    "error_empty": _ANSWERS_ABOUT_JOBS,
    "job_error": frozenset({"jobs.create"}),
}
STAY_WITH_A_JOB = ("model_not_ready", "result_base64", "unknown_status", "error_empty", "job_error")
#: What `=VALUE` is when it is left out: seconds, but for `unknown_status` (the status) and `job_error` (the code).
DEFAULTS = {
    "rate_limit": "1", "late": "2", "hang": "2", "slow": "1", "file_not_ready": "2", "model_not_ready": "2",
    "unknown_status": "pausing_for_lunch", "job_error": "server_error",
}  # fmt: skip
_FAULT = re.compile(r"(?:(?P<operation>[a-z.*]+):)?(?P<name>[a-z_0-9]+)(?:=(?P<value>[^*,]+))?(?:\*(?P<count>\d+))?")


class FaultRefused(ValueError):
    """A fault that cannot be read."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; `left` is how many requests it will still meet, None for all."""

    name: str
    operation: str = "*"
    value: str = ""
    left: int | None = None

    @property
    def seconds(self) -> float:
        return float(self.value)

    def meets(self, operation: str) -> bool:
        meant = self.name in OF_REQUESTS or operation in OF_OPERATIONS[self.name]
        return meant and self.left != 0 and fnmatchcase(operation, self.operation)

    def __str__(self) -> str:
        value = f"={self.value}" if self.value else ""
        return f"{self.operation}:{self.name}{value}" + (f"*{self.left}" if self.left is not None else "")


def parse(text: str) -> list[Fault]:
    """Read `[OPERATION:]NAME[=VALUE][*COUNT], …`; raises FaultRefused with the part that it cannot read."""
    return [_one(part.strip()) for part in text.split(",") if part.strip()]


class FaultBook:
    """The faults that stand, in the order in which they were switched on."""

    def __init__(self, text: str = "") -> None:
        self._standing = parse(text)

    def add(self, text: str) -> None:
        self._standing += parse(text)

    def clear(self) -> None:
        self._standing = []

    def listed(self) -> list[str]:
        return [str(fault) for fault in self._standing if fault.left != 0]

    def take(self, operation: str, header: str = "") -> dict[str, Fault]:
        """Return the faults that meet a request, by name, and count it; the header's come before standing ones."""
        met = {fault.name: fault for fault in parse(header) if fault.meets(operation)}
        for index, fault in enumerate(self._standing):
            if fault.name not in met and fault.meets(operation):
                met[fault.name] = fault
                if fault.left is not None:
                    self._standing[index] = replace(fault, left=fault.left - 1)
        return met


def _one(text: str) -> Fault:
    read = _FAULT.fullmatch(text)
    if read is None:
        raise FaultRefused(f'The fault "{text}" cannot be read; expected [OPERATION:]NAME[=VALUE][*COUNT].')
    name = read["name"]
    if name not in OF_REQUESTS and name not in OF_OPERATIONS:
        known = ", ".join(sorted({*OF_REQUESTS, *OF_OPERATIONS}))
        raise FaultRefused(f'The fault "{name}" is not known; there are {known}.')
    value = read["value"] or DEFAULTS.get(name, "")
    if name in DEFAULTS and name not in ("unknown_status", "job_error") and not re.fullmatch(r"\d+(\.\d+)?", value):
        raise FaultRefused(f'The fault "{text}" has the value "{value}"; expected seconds, such as {name}=2.')
    return Fault(name, read["operation"] or "*", value, int(read["count"]) if read["count"] else None)
