"""Holds many connections, requests and pods in Bellows' proxies and prints what they take. Started by capacity.sh."""

import resource
import socket
import sys
import threading
import time

from measure import HOST, PORTS, Bellows, finish, nginx, resident_mib, wrk

MODES = sys.argv[2:] or ["idle", "waiting", "pods", "body"]
CONNECTIONS = 10_000
REQUESTS = 5_000
PODS = 500
REQUEST = f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
WAIT_SECONDS = 120
BODY = 2**30
PIECE = 2**20
PAUSE_SECONDS = 0.01  # after each piece that is read slowly


def connect(port):
    client = socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS)
    client.sendall(REQUEST)
    return client


def answered(client):
    answer = b""
    while b"\r\n\r\n" not in answer or not answer.endswith(b"ok"):
        piece = client.recv(4096)
        if not piece:
            return False
        answer += piece
    return answer.startswith(b"HTTP/1.1 200 ")


def settled(proxy):
    """Resident memory once garbage has been collected, and twice so, since some of it is freed late."""
    for _ in range(2):
        proxy.ask("collect")
        time.sleep(0.5)
    return resident_mib(proxy.pid)


def row(what, count, before, after, note):
    print(
        f"| {what} | {before:.0f} | {after:.0f} | {after - before:.0f} MiB"
        f" | {(after - before) * 1024 / count:.1f} KiB | {note} |",
        flush=True,
    )


def idle():
    proxy = Bellows("queue-proxy")
    wrk(proxy.port, "/", 10)
    before = settled(proxy)
    clients = []
    for _ in range(CONNECTIONS):
        client = connect(proxy.port)
        assert answered(client)
        clients.append(client)
    full = resident_mib(proxy.pid)
    after = settled(proxy)
    for client in clients[:: CONNECTIONS // 100]:
        client.sendall(REQUEST)
        assert answered(client), "an idle connection still serves"
    row(f"{CONNECTIONS:,} idle connections", CONNECTIONS, before, after, f"{full:.0f} MiB before garbage was collected")
    for client in clients:
        client.close()


def waiting():
    proxy = Bellows("activator", "100")
    proxy.ask("wake")
    wrk(proxy.port, "/", 10)
    proxy.ask("sleep")
    before = settled(proxy)
    clients = [connect(proxy.port) for _ in range(REQUESTS)]
    time.sleep(2)
    full = resident_mib(proxy.pid)
    after = settled(proxy)
    proxy.ask("wake")
    began = time.monotonic()
    good = sum(answered(client) for client in clients)
    took = time.monotonic() - began
    row(
        f"{REQUESTS:,} requests waiting at zero", REQUESTS, before, after,
        f"{full:.0f} MiB before garbage was collected; then {good:,} answered 200 in {took:.1f} s",
    )
    for client in clients:
        client.close()


def pods():
    proxy = Bellows("queue-proxy")
    wrk(proxy.port, "/", 10)
    proxy.ask("pods 20")
    before = settled(proxy)
    proxy.ask(f"pods {PODS}")
    time.sleep(10)  # each of them reports once a second
    row(f"{PODS} pods", PODS, before, settled(proxy), "each with its listeners and its reports")


def pour(connection, octets):
    piece = bytes(PIECE)
    for _ in range(octets // PIECE):
        connection.sendall(piece)


def sip(connection, octets):
    """Reads slowly; answers how many octets came."""
    read = pause = 0
    while read < octets:
        piece = connection.recv(PIECE)
        if not piece:
            break
        read += len(piece)
        if read - pause >= PIECE:
            pause = read
            time.sleep(PAUSE_SECONDS)
    return read


def head(connection):
    text = b""
    while b"\r\n\r\n" not in text:
        text += connection.recv(1)
    return text


def program(server):
    """A GET is answered by a large body as fast as it is taken; one that is posted is read slowly."""
    while True:
        connection, _ = server.accept()
        if head(connection).startswith(b"GET"):
            connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {BODY}\r\n\r\n".encode())
            pour(connection, BODY)
        else:
            sip(connection, BODY)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        connection.close()


def body():
    server = socket.create_server(("127.0.0.1", 0))
    PORTS["BODY_PORT"] = server.getsockname()[1]
    threading.Thread(target=program, args=(server,), daemon=True).start()
    proxy = Bellows("gateway", backend="BODY_PORT")
    for what in ("GET", "POST"):
        before = settled(proxy)
        most = before
        over = threading.Event()

        def watch():
            nonlocal most
            while not over.wait(0.05):
                most = max(most, resident_mib(proxy.pid))

        watching = threading.Thread(target=watch)
        watching.start()
        began = time.monotonic()
        client = socket.create_connection(("127.0.0.1", proxy.port), timeout=WAIT_SECONDS)
        if what == "GET":
            client.sendall(REQUEST)
            assert head(client).startswith(b"HTTP/1.1 200 ")
            assert sip(client, BODY) == BODY
        else:
            client.sendall(f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {BODY}\r\n\r\n".encode())
            pour(client, BODY)
            assert answered(client)
        client.close()
        over.set()
        watching.join()
        row(
            f"1 GiB {'to a client' if what == 'GET' else 'to a program'} that reads slowly, gateway and queue-proxy",
            1, before, most, f"at most, in {time.monotonic() - began:.0f} s",
        )


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    nginx("backend")
    time.sleep(0.5)
    assert PORTS["BACKEND_PORT"]
    print("| What is held | RSS before, MiB | RSS with it | Difference | Each | |")
    print("|---|---:|---:|---:|---:|---|", flush=True)
    for mode in MODES:
        {"idle": idle, "waiting": waiting, "pods": pods, "body": body}[mode]()


try:
    main()
finally:
    finish()
