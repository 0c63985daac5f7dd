"""Serves HTTP on $PORT; prints the id of every request (?id=N) and answers with it.

With ?sleep=S it takes S seconds over it. X-Version tells $VERSION.
"""

import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        query = parse_qs(urlparse(self.path).query)
        request_id = query["id"][0]
        sys.stdout.write("id " + request_id + "\n")
        sys.stdout.flush()
        time.sleep(float(query.get("sleep", ["0"])[0]))
        body = request_id.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Version", os.environ.get("VERSION", ""))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = True


Server(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
