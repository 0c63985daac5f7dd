#!/usr/bin/env bash
# Builds etcd, kube-apiserver, kube-controller-manager and kube-scheduler, at the versions that go.mod
# names, into a cache folder outside the sources; does nothing where they are there already.
#
#   build.sh            build if needed; the folder is the last line of the output
#   build.sh --where    say the folder, whether it is there or not
#
# It needs Go 1.24 or newer and the Go module proxy, about 4 GB of memory, and 20 to 30 minutes on two
# cores the first time. The cache is $BELLOWS_CONTROL_PLANE_CACHE, else below $XDG_CACHE_HOME.
set -euo pipefail
cd "$(dirname "$0")"

version_of() { sed -nE "s#^[[:space:]]*$1 (v[^ ]+).*#\1#p" go.mod | head -n 1; }

kubernetes=$(version_of k8s.io/kubernetes)
etcd=$(version_of go.etcd.io/etcd/server/v3)
cache=${BELLOWS_CONTROL_PLANE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/bellows/control-plane}
folder=$cache/kubernetes-$kubernetes-etcd-$etcd

if [ "${1:-}" = --where ]; then
  echo "$folder"
  exit
fi

say() { printf '%s %s\n' "$(date +%T)" "$*" >&2; }

mkdir -p "$cache"
exec 9>"$cache/lock"
if ! flock -n 9; then
  say "another build is under way: waiting for it"
  flock 9
fi
if [ -d "$folder" ]; then
  say "there already"
  echo "$folder"
  exit
fi
# Where it is unpacked by hand comes first: what a distribution has may be too old.
PATH=/usr/local/go/bin:$PATH
# From 1.21 on, it fetches what go.mod asks for; older ones cannot even read it.
if ! go_version=$({ go env GOVERSION || { cd / && go env GOVERSION; }; } 2>/dev/null); then
  say "this needs Go 1.24 or newer, and there is none; install one from https://go.dev/dl into /usr/local/go"
  exit 1
fi
if ! printf '1.24\n%s\n' "${go_version#go}" | sort -V -C; then
  say "this needs Go 1.24 or newer, and $(command -v go) is ${go_version#go}; install a newer one from https://go.dev/dl into /usr/local/go"
  exit 1
fi

# Whole or not at all: what is half built lies elsewhere, and goes with this script.
rm -rf "$cache"/building.*
building=$cache/building.$$
mkdir "$building"
trap 'rm -rf "$building"' EXIT

say "fetching modules"
go mod download

# What a release's own build passes, so that /version tells the truth.
major_minor=${kubernetes#v}
flags="-s -w"
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  flags+=" -X $package.gitVersion=$kubernetes"
  flags+=" -X $package.gitMajor=${major_minor%%.*}"
  flags+=" -X $package.gitMinor=$(cut -d. -f2 <<<"$major_minor")"
  flags+=" -X $package.gitTreeState=clean"
done

# $1: the program's name, $2: its package.
build() {
  say "building $1"
  CGO_ENABLED=0 go build -trimpath -ldflags "$flags" -o "$building/$1" "$2"
}

build etcd go.etcd.io/etcd/server/v3
build kube-apiserver k8s.io/kubernetes/cmd/kube-apiserver
build kube-controller-manager k8s.io/kubernetes/cmd/kube-controller-manager
build kube-scheduler k8s.io/kubernetes/cmd/kube-scheduler

mv "$building" "$folder"
say "done"
echo "$folder"
