#!/usr/bin/env bash
# Measures what a request costs in our proxies and in nginx, before the same backend, in turns.
#
#   bench/proxy.sh [small|large|h2c|latency]...     default: all four
#
# CPU is user + system time of the whole proxy process, garbage collection and compilation included,
# divided by the requests answered. Each proxy is warmed up for WARM seconds (20), then ROUNDS rounds
# (5) of SECONDS (6) each are measured, the proxies in turns; the table shows medians. latency sends
# 1,000 requests a second at times that are planned beforehand (proxy/open_loop.py). On Debian the
# missing ones of nginx, wrk and h2load are installed.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
for pair in nginx:nginx-light wrk:wrk h2load:nghttp2-client python3:python3; do
  tool=${pair%%:*}
  if ! command -v "$tool" >/dev/null; then
    echo "installing ${pair#*:}" >&2
    apt-get install -y -qq "${pair#*:}" >/dev/null || { echo "proxy.sh needs $tool" >&2; exit 1; }
  fi
done
"$here/bellows" --version >&2 # builds first, where that is due
exec python3 "$here/bench/proxy/measure.py" "$here" "$@"
