#!/usr/bin/env bash
# Builds kn, at the version that go.mod names, and an informer on its libraries, into a cache folder
# outside the sources; does nothing where both are there already.
#
#   build.sh            build if needed; the folder is the last line of the output
#   build.sh --where    say the folder, whether it is there or not
#
# It needs Go 1.24 or newer and the Go module proxy, and some 6 minutes of one core the first time.
# The cache is $BELLOWS_KN_CACHE, else below $XDG_CACHE_HOME.
set -euo pipefail
cd "$(dirname "$0")"

version=$(sed -nE 's#^[[:space:]]*(require )?knative.dev/client (v[^ ]+).*#\2#p' go.mod | head -n 1)
cache=${BELLOWS_KN_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/bellows/kn}
folder=$cache/kn-$version-$(cksum <informer/main.go | cut -d' ' -f1)

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

say "building kn"
package=knative.dev/client/pkg/kn/commands/version
CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X $package.Version=$version" \
  -o "$building/kn" knative.dev/client/cmd/kn
say "building the informer"
CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o "$building/informer" ./informer

mv "$building" "$folder"
say "done"
echo "$folder"
