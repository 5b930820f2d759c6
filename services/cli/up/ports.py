"""Find out whether a port is free before anything starts"""

import socket

from services.cli.up.errors import CannotStart


def claim_port(host: str, port: int, option: str) -> int:
    """`port` itself when it is free, or a free one for 0. Raises CannotStart, naming `option`."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise CannotStart(
            f"{host} is not an address of this machine: {error.strerror}. Choose another --host."
        ) from error
    with socket.socket(family, kind, protocol) as probe:
        # As servers do: connections of an earlier `up` that are still closing do not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise CannotStart(
                f"Port {port} on {host} cannot be used: {error.strerror}. "
                f"Choose another with {option}, or 0 for any free one."
            ) from error
        free: int = probe.getsockname()[1]
        return free
