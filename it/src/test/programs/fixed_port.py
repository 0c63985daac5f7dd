"""Listens where it likes, at 127.0.0.1:8080, whatever PORT says; /call?URL fetches from elsewhere."""

import http.server
import socketserver
import urllib.request


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        answer = b"fixed"
        if self.path.startswith("/call?"):
            try:
                with urllib.request.urlopen(self.path.split("?", 1)[1], timeout=20) as found:
                    answer = found.read()
            except OSError as error:
                answer = repr(error).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 100


Server(("127.0.0.1", 8080), Handler).serve_forever()
