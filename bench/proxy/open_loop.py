"""Sends requests at times that are planned beforehand, whatever the answers take.

An answer's latency counts from the planned time of its request, so a proxy that stalls pays for every
request that had to wait meanwhile, and not only for those that were under way. The times are those of
independent clients (exponential gaps), from a seed: whoever is asked in the same round gets the same.
"""

import collections
import ctypes
import gc
import random
import select
import socket
import time

PR_SET_TIMERSLACK = 29
GIVE_UP_SECONDS = 10
OUTRUN = 50_000  # requests waiting for a free connection; more is no measurement


class Connection:
    def __init__(self, port, head):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.head = head
        self.planned = None
        self.got = b""

    def ask(self, planned):
        self.planned = planned
        if self.socket.send(self.head) != len(self.head):
            raise OSError("a request did not fit into the socket")

    def read(self):
        """The status of the answer, once it is whole."""
        piece = self.socket.recv(65536)
        if not piece:
            raise OSError("the connection was closed")
        self.got += piece
        end = self.got.find(b"\r\n\r\n")
        if end < 0:
            return None
        length = 0
        for line in self.got[:end].lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line[15:])
        if len(self.got) < end + 4 + length:
            return None
        status = int(self.got[9:12])
        self.got = b""
        return status


def run(port, host, path, seconds, rate, connections, seed):
    """Returns the latencies in seconds, sorted, of which none is left out."""
    ctypes.CDLL(None).prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0)
    chance = random.Random(seed)
    head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    by_file = {}
    for _ in range(connections):
        connection = Connection(port, head)
        by_file[connection.socket.fileno()] = connection
    files = list(by_file)
    free = collections.deque(by_file.values())
    waiting = collections.deque()
    latencies = []
    gc.disable()
    try:
        start = time.perf_counter() + 0.01
        end = start + seconds
        due = start + chance.expovariate(rate)
        while due < end or waiting or len(free) < connections:
            now = time.perf_counter()
            if now > end + GIVE_UP_SECONDS or len(waiting) > OUTRUN:
                raise OSError(f"{len(waiting)} requests wait and {connections - len(free)} have no answer")
            while due <= now and due < end:
                waiting.append(due)
                due += chance.expovariate(rate)
            while waiting and free:
                free.popleft().ask(waiting.popleft())
            pause = due - time.perf_counter() if due < end else 1.0
            ready, _, _ = select.select(files, [], [], max(0.0, pause))
            now = time.perf_counter()
            for each in ready:
                connection = by_file[each]
                status = connection.read()
                if status is None:
                    continue
                if status != 200:
                    raise OSError(f"answered with {status}")
                latencies.append(now - connection.planned)
                free.append(connection)
    finally:
        gc.enable()
        for connection in by_file.values():
            connection.socket.close()
    return sorted(latencies)
