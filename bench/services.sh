#!/usr/bin/env bash
# Measures what many Services at once cost: from the first POST to the last Ready, minus what it takes
# to start as many of the same program by hand; the CPU time of Bellows per Service, and its writes.
# The program is busybox's httpd, since a slow starter would hide what is measured. In each round all
# Services are made, and deleted again; the first round runs code that is not compiled yet.
#
#   bench/services.sh [SERVICES] [ROUNDS]     default 200 and 3; about 20 s a round
#
# Then some more are made while every kind is watched, which tells what the writes are.
#
# Needs busybox and python3. BELLOWS names another way to start the command line. With APART=yes
# the control plane and the autoscaler are processes of their own, whose CPU time is told apart.
set -euo pipefail

services=${1:-200} rounds=${2:-3}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bellows=${BELLOWS:-$here/bellows}
for tool in busybox python3; do
  command -v "$tool" >/dev/null || { echo "services.sh needs $tool" >&2; exit 1; }
done

work=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do
    kill "$pid" && wait "$pid"
  done 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

"$bellows" --version >/dev/null # builds first, where that is due

# Runs a command, and returns when its output says that it is ready.
start() {
  local output=$1
  shift
  "$@" >"$output" 2>&1 &
  pids=("$!" "${pids[@]}")
  for _ in $(seq 600); do
    ! grep -q 'is ready' "$output" || return 0
    kill -0 "${pids[0]}" 2>/dev/null || break
    sleep 0.1
  done
  cat "$output" >&2
  exit 1
}

apart=()
[ -z "${APART:-}" ] || apart=(--without 'control-plane,autoscaler')
start "$work/up" "$bellows" up --data-dir "$work/data" --port 0 --api-port 0 "${apart[@]}"
while read -r -a words; do
  # What `up` prints for who runs them by hand: VARIABLE=VALUE ./bellows PART OPTION ...
  for i in "${!words[@]}"; do
    [ "${words[i]}" != ./bellows ] || words[i]=$bellows
  done
  start "$work/part-${#pids[@]}" env "${words[@]}" --metrics-port 0
done < <(grep 'SYSTEM_NAMESPACE=' "$work/up" || true)
mkdir "$work/site"
echo hello >"$work/site/index.html"
"$bellows" image add dev.local/bench-httpd --data-dir "$work/data" -- \
  sh -c "exec busybox httpd -f -p 127.0.0.1:\$PORT -h $work/site" >/dev/null

python3 - "$work" "$services" "$rounds" <<'PYTHON'
import collections, concurrent.futures, http.client, json, os, re, socket, ssl, subprocess, sys, threading, time
from urllib.parse import urlparse

work, services, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
config = open(f"{work}/data/kubeconfig").read()
server = urlparse(re.search(r"server: \"?([^\s\"]+)", config).group(1))
token = re.search(r"token: \"?([^\s\"]+)", config).group(1)
KIND = "/apis/serving.knative.dev/v1/namespaces/default/services"
CLIENTS = 8


def processes():
    """The JVMs, by the command that they run: whoever has the data directory in its words."""
    found = {}
    for each in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = open(f"/proc/{each}/cmdline", "rb").read().decode(errors="replace").split("\0")
        except OSError:
            continue
        if words[0].endswith("java") and any(word.startswith(f"{work}/data") for word in words):
            found[words[words.index("dev.bellows.app.Main") + 1]] = int(each)
    return found


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
            "spec": {"containers": [{"image": "dev.local/bench-httpd"}]}}},
    }


def cpu():
    """Seconds of processor time, by process."""
    seconds = {}
    for name, process in running.items():
        fields = open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()
        seconds[name] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return seconds


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


def kinds():
    for version in ["/api/v1"] + [
            "/apis/" + group["preferredVersion"]["groupVersion"]
            for group in ask(connection, "GET", "/apis")["groups"]]:
        for kind in ask(connection, "GET", version)["resources"]:
            if "/" not in kind["name"] and "watch" in kind["verbs"]:
                yield f"{version}/{kind['name']}"


def count_writes(numbers):
    """Makes Services, and prints what was written for each until nothing more is."""
    counts, version = collections.Counter(), newest(connection)

    def follow(path):
        watching = connect()
        watching.request("GET", f"{path}?watch=true&resourceVersion={version}", None,
                         {"Authorization": "Bearer " + token})
        events = watching.getresponse()
        while line := events.readline():
            counts[path.split("/", 2)[2], json.loads(line)["type"]] += 1

    for path in kinds():
        threading.Thread(target=follow, args=(path,), daemon=True).start()
    each(numbers, lambda c, n: ask(c, "POST", KIND, manifest(n)))
    seen = -1
    while seen != newest(connection):
        seen = newest(connection)
        time.sleep(3)
    print(f"writes per Service, of {len(numbers)}: {counts.total() / len(numbers):.1f}")
    for (kind, event), count in counts.most_common():
        print(f"  {count / len(numbers):5.1f} {event.lower():8} {kind}")


def delete(numbers):
    each(numbers, lambda c, n: ask(c, "DELETE", f"{KIND}/many-{n}"))
    while ask(connection, "GET", KIND + "?limit=1")["items"]:
        time.sleep(0.25)
    time.sleep(8)  # for their programs to end


running = processes()
connection = connect()
everyone = list(range(services))
for number in range(1, rounds + 1):
    hand = by_hand()
    before, version = cpu(), newest(connection)
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(1) as follower:
        all_ready = follower.submit(until_all_ready, version)
        each(everyone, lambda c, n: ask(c, "POST", KIND, manifest(n)))
        posted = time.monotonic() - began
        all_ready.result()
    took = time.monotonic() - began
    used = ", ".join(
        f"{name} {1000 * (after - before[name]) / services:.1f} ms" for name, after in cpu().items())
    print(f"round {number}: {services} Services Ready after {took:.2f} s (all posted after {posted:.2f} s);"
          f" by hand {hand:.2f} s; difference {took - hand:.2f} s; CPU per Service: {used};"
          f" writes per Service {(newest(connection) - version) / services:.1f}",
          flush=True)
    delete(everyone)
count_writes(everyone[:20])
PYTHON
