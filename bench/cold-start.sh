#!/usr/bin/env bash
# Measures what a request pays for finding no instance: its time to the first byte through the
# gateway, minus that of the same program started by hand. The program is busybox's httpd, since a
# slow starter would hide what is measured. Before each run no process of the service exists
# (checked in /proc). Besides, the processor time that Bellows takes until that first byte, which a
# busy machine changes less than the time that passes, and how much of it the JVM's compilers take.
#
#   bench/cold-start.sh [RUNS]     default 30; about 4 s each
#
# Needs busybox, python3 and kubectl. BELLOWS names another way to start the command line.
set -euo pipefail

runs=${1:-30}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bellows=${BELLOWS:-$here/bellows}
for tool in busybox python3 kubectl; do
  command -v "$tool" >/dev/null || { echo "cold-start.sh needs $tool" >&2; exit 1; }
done

work=$(mktemp -d)
pid=
finish() {
  [ -z "$pid" ] || { kill "$pid" && wait "$pid"; } 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

"$bellows" --version >/dev/null # builds first, where that is due
"$bellows" up --data-dir "$work/data" --port 0 --api-port 0 --output json \
  >"$work/up.json" 2>"$work/up.log" &
pid=$!
for _ in $(seq 300); do
  [ -s "$work/up.json" ] && break
  kill -0 "$pid" || { cat "$work/up.log" >&2; exit 1; }
  sleep 0.1
done
gateway=$(python3 -c 'import json,sys; print(json.loads(open(sys.argv[1]).readline())["gateway"])' "$work/up.json")
export KUBECONFIG=$work/data/kubeconfig

# Zero is to come soon; the way back from it is not touched by these.
kubectl -n knative-serving patch configmap config-autoscaler --type merge \
  -p '{"data":{"scale-to-zero-grace-period":"1s"}}' >/dev/null

# Several services take turns, so that one is measured while others go back to zero.
services=4
for n in $(seq "$services"); do
  mkdir -p "$work/site-$n"
  echo "hello" >"$work/site-$n/index.html"
  "$bellows" image add "bench.local/httpd-$n" --data-dir "$work/data" -- \
    sh -c "exec busybox httpd -f -p 127.0.0.1:\$PORT -h $work/site-$n" >/dev/null
  kubectl apply -f - >/dev/null <<YAML
apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: cold-$n
spec:
  template:
    metadata:
      annotations:
        autoscaling.knative.dev/window: "6s"
    spec:
      containers:
        - image: bench.local/httpd-$n
YAML
done
kubectl wait ksvc --all --for=condition=Ready --timeout=60s >/dev/null

python3 - "$gateway" "$work" "$runs" "$services" "$pid" <<'PYTHON'
import os, socket, subprocess, sys, time
from urllib.parse import urlparse

gateway, work, runs, services = urlparse(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
bellows = f"/proc/{sys.argv[5]}/task"


def processes(site):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as words:
                if site.encode() + b"\0" in words.read():
                    found.append(pid)
        except OSError:
            pass  # it has just ended
    return found


def first_byte(address, host, began):
    with socket.create_connection(address) as connection:
        connection.sendall(f"GET /index.html HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        status = connection.recv(4096)
        took = (time.perf_counter() - began) * 1000
    if b" 200 " not in status.split(b"\r\n")[0]:
        sys.exit(f"not answered well: {status!r}")
    return took


def processor_time():
    """Milliseconds of all threads of Bellows, and of the JVM's compilers among them."""
    total = compilers = 0.0
    for task in os.listdir(bellows):
        try:
            with open(f"{bellows}/{task}/schedstat") as spent, open(f"{bellows}/{task}/comm") as name:
                took = int(spent.read().split()[0]) / 1e6
                total += took
                compilers += took if "Compiler" in name.read() else 0
        except OSError:
            pass  # it has just ended
    return total, compilers


def from_zero(n):
    deadline = time.monotonic() + 120
    while processes(f"{work}/site-{n}"):
        if time.monotonic() > deadline:
            sys.exit(f"cold-{n} did not go to zero")
        time.sleep(0.1)
    time.sleep(1.5)  # what follows the end of the last instance has passed
    if processes(f"{work}/site-{n}"):
        sys.exit(f"cold-{n} is not at zero")
    before = processor_time()
    began = time.perf_counter()
    took = first_byte((gateway.hostname, gateway.port), f"cold-{n}.default.example.com", began)
    spent.append([after - earlier for after, earlier in zip(processor_time(), before)])
    return took


def by_hand(n):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.perf_counter()
    program = subprocess.Popen(
        ["sh", "-c", f"exec busybox httpd -f -p 127.0.0.1:$PORT -h {work}/hand"],
        env={**os.environ, "PORT": str(port)},
    )
    try:
        while True:
            try:
                return first_byte(("127.0.0.1", port), "localhost", began)
            except ConnectionRefusedError:
                time.sleep(0.0002)
    finally:
        program.kill()
        program.wait()


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


os.makedirs(f"{work}/hand")
with open(f"{work}/hand/index.html", "w") as page:
    page.write("hello\n")

zero, hand, extra, spent = [], [], [], []
for run in range(runs):
    cold = from_zero(run % services + 1)
    warm = by_hand(run)
    zero.append(cold)
    hand.append(warm)
    extra.append(cold - warm)
    print(f"run {run + 1:2}: from zero {cold:6.1f} ms, by hand {warm:5.1f} ms, extra {cold - warm:6.1f} ms", flush=True)
for name, values in (("from zero", zero), ("by hand", hand), ("extra", extra)):
    print(f"{name:>9}: p50 {percentile(values, 0.5):.1f} ms, p95 {percentile(values, 0.95):.1f} ms")
total, compilers = (percentile(each, 0.5) for each in zip(*spent))
print(f"processor time until the first byte: p50 {total:.0f} ms, of which {compilers:.0f} ms in compilers")
PYTHON
