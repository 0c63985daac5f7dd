#!/usr/bin/env bash
# Measures a sidecar queue-proxy (`./bellows queue-proxy`): the time from exec to its first answer
# (a readiness probe that passes, so the user container has been asked), its resident memory when
# idle and after a million requests, and its CPU time per request, user and system.
#
#   bench/sidecar.sh [STARTS [REQUESTS]]     default 20 and 1000000
#
# Needs nginx (the program behind it), h2load and python3. SIDECAR names another command to measure.
set -euo pipefail

starts=${1:-20}
requests=${2:-1000000}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
sidecar=${SIDECAR:-$here/bellows queue-proxy}
for tool in nginx h2load python3; do
  command -v "$tool" >/dev/null || { echo "sidecar.sh needs $tool" >&2; exit 1; }
done

work=$(mktemp -d)
pid=
program=
finish() {
  [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
  # Not -9: its worker would stay.
  [ -z "$program" ] || { kill "$program" && wait "$program"; } 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

# Addresses of loopback that nothing else uses: the ports of a queue-proxy are fixed.
export BELLOWS_LISTEN_IP=127.61.7.13
cat >"$work/nginx.conf" <<CONF
daemon off; pid $work/pid; error_log $work/error.log; worker_processes 1;
events { worker_connections 1024; }
http { access_log off; keepalive_requests 1000000000;
       server { listen 127.0.0.1:18089; location / { return 200 "ok"; } } }
CONF
export USER_PORT=18089
nginx -c "$work/nginx.conf" -p "$work" &
program=$!

export CONTAINER_CONCURRENCY=${CONTAINER_CONCURRENCY:-0} QUEUE_SERVING_PORT=8012 \
  QUEUE_SERVING_TLS_PORT=8112 REVISION_TIMEOUT_SECONDS=300 SERVING_NAMESPACE=bench \
  SERVING_REVISION=bench-00001 SERVING_CONFIGURATION=bench SERVING_POD=bench-1 \
  SERVING_POD_IP=$BELLOWS_LISTEN_IP SERVING_LOGGING_CONFIG= SERVING_LOGGING_LEVEL= \
  SERVING_READINESS_PROBE='{"tcpSocket":{"host":"127.0.0.1","port":18089},"successThreshold":1}'

# $1: how many starts. Prints one line; leaves the last one running, its pid in $work/last.
measure_starts() {
  python3 - "$1" "$work/last" $sidecar <<'PY'
import os, socket, statistics, subprocess, sys, time
starts, last, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
where = (os.environ["BELLOWS_LISTEN_IP"], 8012)
probe = b"GET / HTTP/1.1\r\nHost: x\r\nUser-Agent: kube-probe/1\r\nK-Network-Probe: queue\r\n\r\n"
millis, cpu = [], []
for n in range(starts):
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True)
    while True:
        try:
            with socket.create_connection(where, 1) as connection:
                connection.sendall(probe)
                if connection.recv(64).startswith(b"HTTP/1.1 200"):
                    break
        except OSError:
            pass
        if process.poll() is not None:
            sys.exit("the sidecar ended with %d" % process.returncode)
        time.sleep(0.001)
    millis.append((time.monotonic() - began) * 1000)
    ticks = open("/proc/%d/stat" % process.pid).read().rsplit(")", 1)[1].split()[11:13]
    cpu.append(sum(map(int, ticks)) * 1000 / os.sysconf("SC_CLK_TCK"))
    if n < starts - 1:
        process.kill()
        process.wait()
open(last, "w").write(str(process.pid))
millis.sort()
print("first answer after exec: median %.0f ms, min %.0f, max %.0f; CPU until then %.0f ms"
      % (statistics.median(millis), millis[0], millis[-1], statistics.median(cpu)))
PY
}

resident() { awk '/^VmRSS/ { printf "%.1f MB", $2 / 1024 }' "/proc/$pid/status"; }
ticks() { awk '{ sub(/^.*\) /, ""); print $12 + $13 }' "/proc/$pid/stat"; }

$sidecar >/dev/null 2>&1 & pid=$! # builds first, where that is due, and prepares the quick start
for _ in $(seq 600); do
  curl -s -o /dev/null "http://$BELLOWS_LISTEN_IP:8012/" && break
  sleep 0.1
done
kill -9 "$pid"; wait "$pid" 2>/dev/null || true

measure_starts "$starts"
pid=$(cat "$work/last")
sleep 3
echo "resident when idle: $(resident)"
for part in 1 2 3 4 5; do
  before=$(ticks)
  h2load --h1 -n $((requests / 5)) -c 50 -t 1 "http://$BELLOWS_LISTEN_IP:8012/" >"$work/load"
  after=$(ticks)
  awk -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" -v n=$((requests / 5)) -v part=$part \
    -v memory="$(resident)" '/^finished in/ { rate = $4 } /^requests:/ { ok = $8 }
      END { printf "part %d: %d succeeded, %s req/s, %.1f us CPU per request, resident %s\n",
            part, ok, rate, ticks / hz * 1e6 / n, memory }' "$work/load"
done
sleep 3
echo "resident after $requests requests: $(resident)"
