#!/usr/bin/env bash
# Measures how fast plain pods come up and whether they leave anything behind, in an embedded
# cluster in one process: see dev.bellows.bench.kubelet.PodStarts.
#
#   bench/pods.sh [one] [rate] [burst] [churn]     default all; some five minutes
#
# Needs busybox and Maven.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
command -v busybox >/dev/null || { echo "pods.sh needs busybox" >&2; exit 1; }
cd "$here"
exec mvn -q -Pjmh -DskipTests -pl bench -am package \
  -Dmain=dev.bellows.bench.kubelet.PodStarts "-Djmh=$*"
