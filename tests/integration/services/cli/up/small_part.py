"""A stand-in for a part of the service: a little process that does what the supervisor looks at"""

import json
import os
import signal
import socket
import sys

PORTS = {"gateway": "TUNEYARD_PORT", "trainer": "TUNEYARD_TRAINER_PORT"}


def say_yes_for_ever(port: int) -> None:
    # Not http.server: its import would take longer than all the rest of a part's start.
    with socket.create_server(("127.0.0.1", port)) as listening:
        while True:
            asking, _ = listening.accept()
            with asking:
                asking.recv(65536)
                asking.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def main(name: str) -> None:
    if name == os.environ.get("BROKEN_PART"):
        sys.exit("the tables are not as they should be")
    if name == os.environ.get("MISTAKEN_PART"):
        print("a setting does not fit", flush=True)
        sys.exit(2)
    if name == os.environ.get("STUBBORN_PART"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print(json.dumps({"event": "small.started", "part": name, "pid": os.getpid()}), flush=True)
    if name in PORTS:
        say_yes_for_ever(int(os.environ[PORTS[name]]))
    while name != "migrate":
        signal.pause()


main(sys.argv[1])
