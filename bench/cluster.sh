#!/usr/bin/env bash
# Measures what many idle Services cost on a real control plane (etcd, kube-apiserver and a node of
# ours, two control planes, two autoscalers, an activator, a gateway): until each has its Deployment
# when all are applied at once, processor time per Service and part, calls of the API, memory, heap
# per idle Revision, and what the parts ask of the API while nothing happens, by its audit log.
#
#   bench/cluster.sh [SERVICES] [IDLE_SECONDS]     default 500 and 60; some 5 minutes
#   PARTS_OPTIONS=-XX:-UsePerfData bench/cluster.sh
#
# Needs what it/control-plane/build.sh builds. The parts run with -XX:TieredStopAtLevel=1, as they do
# in that test, unless PARTS_OPTIONS says other options of the JVM.
set -euo pipefail

services=${1:-500} idle=${2:-60}
cd "$(dirname "${BASH_SOURCE[0]}")/.."
mvn -q ${MAVEN_OPTIONS:-} -Dquick -pl it -am verify -Dit.test=ScaleIT -Dtest=NoSuchTest \
  -Dfailsafe.failIfNoSpecifiedTests=false -Dsurefire.failIfNoSpecifiedTests=false \
  -Dscale.services="$services" -Dscale.idle="$idle" \
  -Dparts.options="${PARTS_OPTIONS:--XX:TieredStopAtLevel=1}"
