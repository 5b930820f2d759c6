"""
Every error this system raises, its HTTP status, and whether trying again can help.

* TuneyardError
  + Unauthorized        401  no
  + Forbidden           403  no
  + NotFound            404  no    also another project's object
  + Conflict            409  no
    - IllegalMove       409  no    the state machine says so
  + Refused             400  no    the caller's input
  + Unavailable         503  yes   a part of ours that does not answer
  + ProviderError
    - ProviderBusy      503  yes   a definite no for now: 429, or never connected
    - ProviderUnclear   502  yes   it may have acted: a timeout, a dropped connection, a 5xx
    - ProviderRefused   502  no    it will say the same tomorrow
  + WrongSettings       500  no    a part ends with it when it starts
  + Fenced              500  no    somebody else holds this work now; write nothing
"""


class TuneyardError(Exception):
    """Something went wrong in Tuneyard."""

    status = 500
    type = "server_error"
    code: str | None = None
    retryable = False

    def __init__(self, message: str | None = None, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or "").strip().splitlines()[0])
        self.param = param
        self.code = code or type(self).code


class Unauthorized(TuneyardError):
    """The request carries no valid API key."""

    status = 401
    type = "invalid_request_error"
    code = "invalid_api_key"


class Forbidden(TuneyardError):
    """The key lacks the scope that the call needs."""

    status = 403
    type = "invalid_request_error"
    code = "insufficient_permissions"


class NotFound(TuneyardError):
    """There is no such object in this project."""

    status = 404
    type = "invalid_request_error"


class Conflict(TuneyardError):
    """The object is not in a state that allows this."""

    status = 409
    type = "invalid_request_error"
    code = "conflict"


class IllegalMove(Conflict):
    """The state machine has no such arrow."""


class Refused(TuneyardError):
    """The request cannot be accepted as it is."""

    status = 400
    type = "invalid_request_error"


class Unavailable(TuneyardError):
    """A part of the service does not answer. Try again in a few seconds."""

    status = 503
    type = "service_unavailable_error"
    retryable = True


class ProviderError(TuneyardError):
    """The provider could not do what was asked."""

    status = 502
    type = "provider_error"


class ProviderBusy(ProviderError):
    """The provider refused for now."""

    status = 503
    retryable = True

    def __init__(self, message: str | None = None, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ProviderUnclear(ProviderError):
    """The provider gave no clear answer: it may or may not have acted."""

    retryable = True


class ProviderRefused(ProviderError):
    """The provider refused for good."""

    def __init__(
        self, message: str, *, provider_status: int, code: str | None = None, param: str | None = None
    ) -> None:
        super().__init__(message, param=param, code=code)
        self.provider_status = provider_status


class WrongSettings(TuneyardError):
    """A setting names something that cannot be opened."""


class Fenced(TuneyardError):
    """The lease on this work was lost: somebody else does it now."""
