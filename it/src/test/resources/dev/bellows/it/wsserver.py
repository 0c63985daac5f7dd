"""A WebSocket server that sends every text back (RFC 6455, unfragmented frames below 64 KiB).

TARGET is put behind what it sends; "wait MS" is sent back after a while.
"""
import base64
import hashlib
import os
import socketserver
import struct
import time

KEY = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE = 1, 8
TARGET = os.environ.get("TARGET", "").encode()


class Answer(socketserver.StreamRequestHandler):
    def handle(self):
        headers = {}
        for line in iter(self.rfile.readline, b"\r\n"):
            if not line:
                return
            name, _, value = line.partition(b":")
            headers[name.strip().lower()] = value.strip()
        if b"sec-websocket-key" not in headers:  # somebody asks whether it is ready
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        digest = hashlib.sha1(headers[b"sec-websocket-key"] + KEY).digest()
        self.wfile.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
        )
        while True:
            head = self.rfile.read(2)
            if len(head) < 2:
                return
            kind, size = head[0] & 15, head[1] & 127
            if size == 126:
                (size,) = struct.unpack(">H", self.rfile.read(2))
            mask = self.rfile.read(4)
            text = bytes(b ^ mask[i % 4] for i, b in enumerate(self.rfile.read(size)))
            if kind == TEXT:
                if text.startswith(b"wait "):
                    time.sleep(int(text[5:]) / 1000)
                text += TARGET
                size = len(text)
            length = bytes([size]) if size < 126 else b"\x7e" + struct.pack(">H", size)
            if kind in (TEXT, CLOSE):
                self.wfile.write(bytes([128 | kind]) + length + text)
            if kind == CLOSE:
                return


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


Server(("127.0.0.1", int(os.environ["PORT"])), Answer).serve_forever()
