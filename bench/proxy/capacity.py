"""Holds many connections, requests and pods in Bellows' proxies and prints what they take. Started by capacity.sh."""

import resource
import socket
import sys
import time

from measure import HOST, PORTS, Bellows, finish, nginx, resident_mib, wrk

MODES = sys.argv[2:] or ["idle", "waiting", "pods"]
CONNECTIONS = 10_000
REQUESTS = 5_000
PODS = 500
REQUEST = f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
WAIT_SECONDS = 120


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


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    nginx("backend")
    time.sleep(0.5)
    assert PORTS["BACKEND_PORT"]
    print("| What is held | RSS before, MiB | RSS with it | Difference | Each | |")
    print("|---|---:|---:|---:|---:|---|", flush=True)
    for mode in MODES:
        {"idle": idle, "waiting": waiting, "pods": pods}[mode]()


try:
    main()
finally:
    finish()
