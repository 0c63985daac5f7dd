"""A program whose health can be switched.

It listens where LISTEN says, else PORT, after LATE seconds. GET /healthz answers 503 once somebody
asked for /start-failing, and wherever HEALTH is another port: then only the program at that port,
where it listens too, is healthy. GET /query answers 200 to probe=ok alone. Any other path answers
200. With the argument "probe" it asks itself for /healthz, and fails if that is not 200.
"""
import http.server
import os
import sys
import threading
import time
import urllib.request

port = int(os.environ.get("LISTEN") or os.environ["PORT"])
health_port = int(os.environ.get("HEALTH", port))
failing = threading.Event()

if sys.argv[1:] == ["probe"]:
    urllib.request.urlopen(f"http://127.0.0.1:{health_port}/healthz", timeout=5).close()
    sys.exit()


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        status = 200
        if self.path == "/start-failing":
            failing.set()
        elif self.path == "/healthz":
            healthy = not failing.is_set() and self.server.server_port == health_port
            status = 200 if healthy else 503
        elif self.path.startswith("/query"):
            status = 200 if self.path == "/query?probe=ok" else 404
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


time.sleep(float(os.environ.get("LATE", "0")))
if health_port != port:
    threading.Thread(target=Server(("", health_port), Answer).serve_forever, daemon=True).start()
Server(("", port), Answer).serve_forever()
