#!/usr/bin/env bash
# Measures what many Services at once cost: from the first POST to the last Ready, minus what it takes
# to start as many of the same program by hand; the CPU time of Bellows per Service, and its writes.
# The program is busybox's httpd, since a slow starter would hide what is measured. In each round all
# Services are made, and deleted again; the first round runs code that is not compiled yet.
#
#   bench/services.sh [SERVICES] [ROUNDS]     default 200 and 3; about 20 s a round
#
# Needs busybox and python3. BELLOWS names another way to start the command line.
set -euo pipefail

services=${1:-200} rounds=${2:-3}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bellows=${BELLOWS:-$here/bellows}
for tool in busybox python3; do
  command -v "$tool" >/dev/null || { echo "services.sh needs $tool" >&2; exit 1; }
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
for _ in $(seq 600); do
  [ -s "$work/up.json" ] && break
  kill -0 "$pid" || { cat "$work/up.log" >&2; exit 1; }
  sleep 0.1
done
mkdir "$work/site"
echo hello >"$work/site/index.html"
"$bellows" image add bench.local/httpd --data-dir "$work/data" -- \
  sh -c "exec busybox httpd -f -p 127.0.0.1:\$PORT -h $work/site" >/dev/null

python3 - "$work" "$services" "$rounds" <<'PYTHON'
import concurrent.futures, http.client, json, os, re, socket, ssl, subprocess, sys, time
from urllib.parse import urlparse

work, services, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
config = open(f"{work}/data/kubeconfig").read()
server = urlparse(re.search(r"server: \"?([^\s\"]+)", config).group(1))
token = re.search(r"token: \"?([^\s\"]+)", config).group(1)
KIND = "/apis/serving.knative.dev/v1/namespaces/default/services"
CLIENTS = 8


def bellows():
    """The JVM: whoever has the data directory in its words."""
    for each in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = open(f"/proc/{each}/cmdline", "rb").read().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"java") and f"{work}/data".encode() in words:
            return int(each)
    sys.exit("Bellows does not run")


def connect():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection(server.hostname, server.port, context=context, timeout=120)


def ask(connection, method, path, body=None):
    headers = {"Authorization": "Bearer " + token, "Content-Type": "application/json"}
    connection.request(method, path, body and json.dumps(body), headers)
    answer = connection.getresponse()
    text = answer.read()
    if answer.status >= 300:
        sys.exit(f"{method} {path}: {answer.status} {text[:300]}")
    return json.loads(text)


def each(numbers, work_of_one):
    def some(mine):
        connection = connect()
        for n in mine:
            work_of_one(connection, n)
        connection.close()

    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(some, [numbers[i::CLIENTS] for i in range(CLIENTS)]))


def manifest(n):
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": "Service",
        "metadata": {"name": f"many-{n}"},
        "spec": {"template": {
            "metadata": {"annotations": {"autoscaling.knative.dev/min-scale": "1"}},
            "spec": {"containers": [{"image": "bench.local/httpd"}]}}},
    }


def cpu(process):
    fields = open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def by_hand():
    free = [socket.socket() for _ in range(services)]
    for each_one in free:
        each_one.bind(("127.0.0.1", 0))
    ports = [each_one.getsockname()[1] for each_one in free]
    for each_one in free:
        each_one.close()
    began = time.monotonic()
    programs = [
        subprocess.Popen(["sh", "-c", f"exec busybox httpd -f -p 127.0.0.1:$PORT -h {work}/site"],
                         env={"PORT": str(port), "PATH": os.environ["PATH"]})
        for port in ports]
    for port in ports:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.005)
    took = time.monotonic() - began
    for program in programs:
        program.kill()
        program.wait()
    return took


def ready(item):
    status = item.get("status", {})
    return any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions", []))


def until_all_ready(version):
    """Follows the Services from a version on, as kn and kubectl do."""
    connection, seen = connect(), set()
    connection.request("GET", f"{KIND}?watch=true&resourceVersion={version}", None,
                       {"Authorization": "Bearer " + token})
    events = connection.getresponse()
    while len(seen) < services:
        item = json.loads(events.readline())["object"]
        if ready(item):
            seen.add(item["metadata"]["name"])
    connection.close()


def newest(connection):
    return int(ask(connection, "GET", KIND + "?limit=1")["metadata"]["resourceVersion"])


process = bellows()
connection = connect()
for number in range(1, rounds + 1):
    hand = by_hand()
    before, version = cpu(process), newest(connection)
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(1) as follower:
        all_ready = follower.submit(until_all_ready, version)
        each(list(range(services)), lambda c, n: ask(c, "POST", KIND, manifest(n)))
        posted = time.monotonic() - began
        all_ready.result()
    took = time.monotonic() - began
    used = cpu(process) - before
    print(f"round {number}: {services} Services Ready after {took:.2f} s (all posted after {posted:.2f} s);"
          f" by hand {hand:.2f} s; difference {took - hand:.2f} s; CPU of Bellows per Service"
          f" {1000 * used / services:.1f} ms; writes per Service {(newest(connection) - version) / services:.1f}",
          flush=True)
    each(list(range(services)), lambda c, n: ask(c, "DELETE", f"{KIND}/many-{n}"))
    while ask(connection, "GET", KIND + "?limit=1")["items"]:
        time.sleep(0.25)
    time.sleep(8)  # for their programs to end
PYTHON
