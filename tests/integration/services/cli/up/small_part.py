"""A stand-in for a part of the service: a little process that does what the supervisor looks at"""

import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

PORTS = {"gateway": "TUNEYARD_PORT", "trainer": "TUNEYARD_TRAINER_PORT"}


class Yes(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments: object) -> None: ...


def main(name: str) -> None:
    if name == os.environ.get("BROKEN_PART"):
        sys.exit("the tables are not as they should be")
    if name == os.environ.get("STUBBORN_PART"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print(json.dumps({"event": "small.started", "part": name, "pid": os.getpid()}), flush=True)
    if name in PORTS:
        HTTPServer(("127.0.0.1", int(os.environ[PORTS[name]])), Yes).serve_forever()
    while name != "migrate":
        signal.pause()


main(sys.argv[1])
