"""A stand-in for `privet serve`, as a script: /healthz, /readyz, serving.json, and an end on SIGTERM.

Arguments: state directory, host, port (0: any), instance, seconds until ready, "deaf" to ignore SIGTERM, proxy address.
"""

import http.server
import json
import os
import signal
import sys
import time
from pathlib import Path

state, host, port, instance, delay, deaf, proxy = sys.argv[1:8]
begun = time.monotonic()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        ready = time.monotonic() - begun > float(delay)
        if self.path == "/readyz":
            body = {"ready": ready}
        else:
            body = {"status": "ok", "instance": instance, "pid": os.getpid(), "version": "1"}
            body |= {"proxy": proxy, "gateway": "127.0.0.1:2"} if ready else {}
        self.send_response(200 if ready or self.path == "/healthz" else 503)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_arguments):
        pass


if __name__ == "__main__":
    print("a line in the log", flush=True)
    server = http.server.ThreadingHTTPServer((host, int(port)), Handler)
    with (Path(state) / "starts").open("a") as file:
        file.write(f"{os.getpid()}\n")
    (Path(state) / "serving.json").write_text(json.dumps({"api": f"{host}:{server.server_port}", "pid": os.getpid()}))
    if deaf == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    server.serve_forever()
