"""Drives nginx and Bellows' proxies in turns and prints what they cost. Started by proxy.sh."""

import collections
import glob
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import open_loop

HERE = sys.argv[1]
MODES = sys.argv[2:] or ["small", "large", "h2c", "latency"]
WARM = float(os.environ.get("WARM", "20"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
SECONDS = float(os.environ.get("SECONDS_EACH", "6"))
CONNECTIONS = 50
HOST = "measured.default.example.com"
TICKS = os.sysconf("SC_CLK_TCK")
WORK = tempfile.mkdtemp(prefix="bellows-bench-")
os.chmod(WORK, 0o755)  # the backend's worker may be another user
STARTED = []


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


PORTS = {name: free_port() for name in ("BACKEND_PORT", "BACKEND_H2C_PORT", "NGINX_PORT", "NGINX_H2C_PORT")}


def nginx(conf):
    text = open(f"{HERE}/bench/proxy/{conf}.conf").read().replace("PREFIX", WORK)
    for name in sorted(PORTS, key=len, reverse=True):
        text = text.replace(name, str(PORTS[name]))
    path = f"{WORK}/{conf}.conf"
    open(path, "w").write(text)
    process = subprocess.Popen(["nginx", "-p", WORK, "-c", path, "-g", "daemon off;"])
    STARTED.append(process)
    return process.pid


def jdk():
    homes = [os.environ.get("JAVA_HOME", ""), *glob.glob("/usr/lib/jvm/*"), *glob.glob(os.path.expanduser("~/.sdkman/candidates/java/*"))]
    for home in homes:
        try:
            if re.search(r'^JAVA_VERSION="25[."]', open(f"{home}/release").read(), re.M):
                return home
        except OSError:
            pass
    sys.exit("no JDK 25 found; set JAVA_HOME")


class Bellows:
    """A proxy of ours. The flags are those of ./bellows; one event loop, as nginx has one worker."""

    def __init__(self, role, concurrency="0", backend="BACKEND_PORT"):
        self.process = subprocess.Popen(
            [
                f"{jdk()}/bin/java", "-XX:+UseSerialGC", "-Xms48m", "-Xmx320m",
                "-XX:MaxDirectMemorySize=128m", "-XX:-UsePerfData", "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow", "-cp", os.environ.get("CLASSES", "") + f"{HERE}/app/target/lib/*",
                f"{HERE}/bench/src/main/java/dev/bellows/bench/proxy/ProxyUnderTest.java",
                role, str(PORTS[backend]), concurrency, "1",
            ],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        STARTED.append(self.process)
        self.pid = self.process.pid
        self.port = int(self.process.stdout.readline())

    def ask(self, question):
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def allocated(self):
        return int(self.ask("allocated"))


class Nginx:
    """nginx as a proxy, by one of its ports."""

    def __init__(self, pid, port):
        self.pid = pid
        self.port = port

    def allocated(self):
        return None


def family(pid):
    children = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True).stdout.split()
    return [pid, *map(int, children)]


def cpu_seconds(pid):
    total = 0
    for each in family(pid):
        fields = open(f"/proc/{each}/stat").read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def resident_mib(pid):
    pages = sum(int(open(f"/proc/{each}/statm").read().split()[1]) for each in family(pid))
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def millis(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4}[unit]


def wrk(port, path, seconds):
    out = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "--latency", "-H", f"Host: {HOST}",
         f"http://127.0.0.1:{port}{path}"],
        capture_output=True, text=True, check=True,
    ).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        print(out, file=sys.stderr)
    return (
        int(re.search(r"(\d+) requests in", out)[1]),
        float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]),
        millis(re.search(r"^\s+50%\s+(\S+)", out, re.M)[1]),
        millis(re.search(r"^\s+99%\s+(\S+)", out, re.M)[1]),
    )


def h2load(port, path, seconds, *options):
    log = f"{WORK}/h2load.log"
    if os.path.exists(log):
        os.remove(log)
    out = subprocess.run(
        ["h2load", "-t1", f"-D{seconds:g}", f"--log-file={log}", "-H", f":authority: {HOST}", *options,
         f"http://127.0.0.1:{port}{path}"],
        capture_output=True, text=True, check=True,
    ).stdout
    done = int(re.search(r"(\d+) succeeded", out)[1])
    failed = int(re.search(r"(\d+) failed", out)[1])
    if failed:
        print(f"{failed} failed", file=sys.stderr)
    took = sorted(int(line.split("\t")[2]) / 1000 for line in open(log))
    return done, done / seconds, took[len(took) // 2], took[int(len(took) * 0.99)]


ASKED = collections.Counter()  # by port: how often a proxy has been asked in the open loop


def planned(port, path, seconds, rate=1000):
    """In a round, everybody is asked at the same times."""
    ASKED[port] += 1
    took = open_loop.run(port, HOST, path, seconds, rate, CONNECTIONS, seed=ASKED[port])
    return len(took), len(took) / seconds, took[len(took) // 2] * 1e3, took[int(len(took) * 0.99)] * 1e3


def measure(title, contestants, load):
    """contestants: by name; the first is what the others are compared with."""
    for name, proxy in contestants.items():
        print(f"{title}: warming up {name}", file=sys.stderr)
        load(proxy.port, WARM)
    rows = {name: [] for name in contestants}
    for number in range(ROUNDS):
        turn = list(contestants)
        random.shuffle(turn)
        for name in turn:
            proxy = contestants[name]
            allocated, before = proxy.allocated(), cpu_seconds(proxy.pid)
            requests, rate, p50, p99 = load(proxy.port, SECONDS)
            cost = (cpu_seconds(proxy.pid) - before) / requests * 1e6
            garbage = 0 if allocated is None else (proxy.allocated() - allocated) / requests
            rows[name].append((cost, rate, p50, p99, resident_mib(proxy.pid), garbage))
            print(
                f"{title}: round {number + 1}: {name}: {cost:.1f} us/request, p50 {p50:.3f}, p99 {p99:.3f} ms",
                file=sys.stderr,
            )
    print(f"\n{title}\n")
    print(
        "| Proxy | CPU µs per request (min to max) | ratio (rounds) | requests/s | p50 ms | p99 ms"
        " | RSS MiB | bytes allocated per request |"
    )
    print("|---|---|---|---:|---:|---:|---:|---:|")
    first = [row[0] for row in next(iter(rows.values()))]
    for name, measured in rows.items():
        cost, rate, p50, p99, rss, garbage = (statistics.median(column) for column in zip(*measured))
        ratios = ", ".join(f"{row[0] / one:.2f}" for row, one in zip(measured, first))
        low, high = min(r[0] for r in measured), max(r[0] for r in measured)
        print(
            f"| {name} | {cost:.1f} ({low:.1f} to {high:.1f})"
            f" | {cost / statistics.median(first):.2f} ({ratios}) | {rate:,.0f}"
            f" | {p50:.3f} | {p99:.3f} | {rss:.0f} | {garbage:,.0f} |",
            flush=True,
        )


def main():
    os.makedirs(f"{WORK}/files")
    with open(f"{WORK}/files/1m", "wb") as f:
        f.write(os.urandom(2**20))
    nginx("backend")
    proxy = nginx("nginx")
    time.sleep(0.5)
    plain = Nginx(proxy, PORTS["NGINX_PORT"])
    if "small" in MODES:
        measure(
            "Small GET, 50 keep-alive connections",
            {
                "nginx": plain,
                "queue-proxy, shared form": Bellows("queue-proxy"),
                "the same, containerConcurrency 10": Bellows("queue-proxy", "10"),
                "gateway and queue-proxy, one process": Bellows("gateway"),
            },
            lambda port, seconds: wrk(port, "/", seconds),
        )
    if "large" in MODES:
        measure(
            "GET of 1 MiB, 50 keep-alive connections",
            {"nginx": plain, "queue-proxy, shared form": Bellows("queue-proxy")},
            lambda port, seconds: wrk(port, "/1m", seconds),
        )
    if "h2c" in MODES:
        measure(
            "Small GET over HTTP/2 without TLS, 10 connections of 10 streams"
            " (nginx speaks HTTP/1.1 to the backend, we HTTP/2)",
            {
                "nginx": Nginx(proxy, PORTS["NGINX_H2C_PORT"]),
                "queue-proxy, shared form": Bellows("queue-proxy", backend="BACKEND_H2C_PORT"),
            },
            lambda port, seconds: h2load(port, "/", seconds, "-c10", "-m10"),
        )
    if "latency" in MODES:
        contestants = {
            "nginx": plain,
            "queue-proxy, shared form": Bellows("queue-proxy"),
            "gateway and queue-proxy, one process": Bellows("gateway"),
        }
        for proxy in contestants.values():
            wrk(proxy.port, "/", WARM)  # a thousand requests a second would take minutes to warm up
        measure(
            "Small GET, 1,000 a second over at most 50 connections, at planned times",
            contestants,
            lambda port, seconds: planned(port, "/", seconds),
        )


def finish():
    for each in STARTED:
        each.terminate()
        each.wait()
    shutil.rmtree(WORK, ignore_errors=True)


if __name__ == "__main__":
    try:
        main()
    finally:
        finish()
