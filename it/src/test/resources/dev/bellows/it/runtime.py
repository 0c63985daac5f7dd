"""A program that tells what it was given: environment, arguments, directory, input, headers.

GET /?sleep=MS answers after a while, GET /?late=MS begins at once and ends later;
GET /?alone answers 500 if another such request is there;
GET /?ask=PORT tells, too, what a program at that port of this machine answers. It listens where
LISTEN says, else PORT. GET /?bloat=MB fills memory while it is answered.
GET /?write=PATH makes an empty file; GET /?read=PATH tells what a file or
directory holds. The file that SHOW names is told as it was at start.
"""
import http.server
import json
import os
import sys
import threading
import time
import urllib.parse
import urllib.request

at_end_of_input = threading.Event()
alone = threading.Lock()
shown = ""
if "SHOW" in os.environ:
    with open(os.environ["SHOW"]) as file:
        shown = file.read()


def read_input():
    if sys.stdin.read(1) == "":
        at_end_of_input.set()


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        query = urllib.parse.parse_qs(
            urllib.parse.urlparse(self.path).query, keep_blank_values=True
        )
        status = 200
        if "alone" in query:
            if alone.acquire(blocking=False):
                time.sleep(0.05)
                alone.release()
            else:
                status = 500
        time.sleep(int(query.get("sleep", ["0"])[0]) / 1000)
        asked = ""
        if "ask" in query:
            with urllib.request.urlopen(f"http://127.0.0.1:{int(query['ask'][0])}/") as answer:
                asked = answer.read().decode()
        if "bloat" in query:
            held = bytearray(int(query["bloat"][0]) << 20)  # zeroes: what is touched alone counts
            for page in range(0, len(held), 4096):
                held[page] = 1
        if "write" in query:
            open(query["write"][0], "w").close()
        read = ""
        if "read" in query:
            path = query["read"][0]
            if os.path.isdir(path):
                read = " ".join(sorted(os.listdir(path)))
            else:
                with open(path) as file:
                    read = file.read()
        body = json.dumps(
            {
                "environment": dict(os.environ),
                "arguments": sys.argv[1:],
                "directory": os.getcwd(),
                "atEndOfInput": at_end_of_input.is_set(),
                "protocol": self.request_version,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "greeting": os.environ.get("TARGET", ""),
                "asked": asked,
                "read": read,
                "shown": shown,
            }
        ).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        time.sleep(int(query.get("late", ["0"])[0]) / 1000)
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128


threading.Thread(target=read_input, daemon=True).start()
port = int(os.environ.get("LISTEN") or os.environ["PORT"])
Server(("", port), Answer).serve_forever()
