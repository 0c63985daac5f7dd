#!/usr/bin/env bash
# Measures what it takes to hold many at once:
#
#   bench/capacity.sh [idle|waiting|pods|body]...        default: all four
#
# idle: 10,000 keep-alive connections of a queue-proxy, each of which has asked once. waiting: 5,000
# requests at a Revision at zero, then a pod: all must be answered. pods: 500 pods in one process. body:
# 1 GiB through gateway and queue-proxy to who reads it slowly, client or program: what is resident at
# most meanwhile.
# On Debian nginx, the program behind, is installed if it is missing.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
for pair in nginx:nginx-light wrk:wrk python3:python3; do
  tool=${pair%%:*}
  if ! command -v "$tool" >/dev/null; then
    echo "installing ${pair#*:}" >&2
    apt-get install -y -qq "${pair#*:}" >/dev/null || { echo "capacity.sh needs $tool" >&2; exit 1; }
  fi
done
"$here/bellows" --version >&2 # builds first, where that is due
exec python3 "$here/bench/proxy/capacity.py" "$here" "$@"
