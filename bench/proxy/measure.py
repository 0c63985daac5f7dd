"""Drives nginx and Bellows' proxies in turns and prints what they cost. Started by proxy.sh."""

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


def bellows(role, concurrency="0", backend="BACKEND_PORT"):
    """The flags are those of ./bellows; one event loop, as nginx has one worker."""
    process = subprocess.Popen(
        [
            f"{jdk()}/bin/java", "-XX:+UseSerialGC", "-Xms48m", "-Xmx320m",
            "-XX:MaxDirectMemorySize=128m", "-XX:-UsePerfData", "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow", "-cp", f"{HERE}/app/target/lib/*",
            f"{HERE}/bench/src/main/java/dev/bellows/bench/proxy/ProxyUnderTest.java",
            role, str(PORTS[backend]), concurrency, "1",
        ],
        stdout=subprocess.PIPE, text=True,
    )
    STARTED.append(process)
    return process.pid, int(process.stdout.readline())


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


def measure(title, contestants, load):
    """contestants: name to (pid, port); the first is what the others are compared with."""
    for name, (pid, port) in contestants.items():
        print(f"{title}: warming up {name}", file=sys.stderr)
        load(port, WARM)
    rows = {name: [] for name in contestants}
    for number in range(ROUNDS):
        turn = list(contestants)
        random.shuffle(turn)
        for name in turn:
            pid, port = contestants[name]
            before = cpu_seconds(pid)
            requests, rate, p50, p99 = load(port, SECONDS)
            cost = (cpu_seconds(pid) - before) / requests * 1e6
            rows[name].append((cost, rate, p50, p99, resident_mib(pid)))
            print(f"{title}: round {number + 1}: {name}: {cost:.1f} us/request", file=sys.stderr)
    print(f"\n{title}\n")
    print("| Proxy | CPU µs per request (min to max) | ratio | requests/s | p50 ms | p99 ms | RSS MiB |")
    print("|---|---|---:|---:|---:|---:|---:|")
    first = statistics.median(row[0] for row in next(iter(rows.values())))
    for name, measured in rows.items():
        cost, rate, p50, p99, rss = (statistics.median(column) for column in zip(*measured))
        low, high = min(r[0] for r in measured), max(r[0] for r in measured)
        print(
            f"| {name} | {cost:.1f} ({low:.1f} to {high:.1f}) | {cost / first:.2f} | {rate:,.0f}"
            f" | {p50:.2f} | {p99:.2f} | {rss:.0f} |",
            flush=True,
        )


def main():
    os.makedirs(f"{WORK}/files")
    with open(f"{WORK}/files/1m", "wb") as f:
        f.write(os.urandom(2**20))
    nginx("backend")
    proxy = nginx("nginx")
    time.sleep(0.5)
    plain = (proxy, PORTS["NGINX_PORT"])
    if "small" in MODES:
        measure(
            "Small GET, 50 keep-alive connections",
            {
                "nginx": plain,
                "queue-proxy, shared form": bellows("queue-proxy"),
                "the same, containerConcurrency 10": bellows("queue-proxy", "10"),
                "gateway and queue-proxy, one process": bellows("gateway"),
            },
            lambda port, seconds: wrk(port, "/", seconds),
        )
    if "large" in MODES:
        measure(
            "GET of 1 MiB, 50 keep-alive connections",
            {"nginx": plain, "queue-proxy, shared form": bellows("queue-proxy")},
            lambda port, seconds: wrk(port, "/1m", seconds),
        )
    if "h2c" in MODES:
        measure(
            "Small GET over HTTP/2 without TLS, 10 connections of 10 streams"
            " (nginx speaks HTTP/1.1 to the backend, we HTTP/2)",
            {
                "nginx": (proxy, PORTS["NGINX_H2C_PORT"]),
                "queue-proxy, shared form": bellows("queue-proxy", backend="BACKEND_H2C_PORT"),
            },
            lambda port, seconds: h2load(port, "/", seconds, "-c10", "-m10"),
        )
    if "latency" in MODES:
        measure(
            "Small GET, 1,000 a second over 50 connections, whatever the answers take",
            {"nginx": plain, "queue-proxy, shared form": bellows("queue-proxy")},
            lambda port, seconds: h2load(
                port, "/", seconds, "--h1", f"-c{CONNECTIONS}", "--rps=20"
            ),
        )


try:
    main()
finally:
    for each in STARTED:
        each.terminate()
        each.wait()
    shutil.rmtree(WORK, ignore_errors=True)
