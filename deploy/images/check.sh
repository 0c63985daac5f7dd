#!/usr/bin/env bash
# Makes the images twice and holds them to what docs/install.md says of them: the same bytes, the
# parts of Bellows that belong in them and no more, and, where podman is, that they run as nobody's
# root on a file system that is read only, with their classes from the archive.
set -euo pipefail
cd "$(dirname "$0")/../.."

tag=$(sed -n 's:.*<images.tag>\(.*\)</images.tag>.*:\1:p' pom.xml)
tars=(app/target/bellows.tar dataplane/target/queue-proxy.tar)
# This sandbox and many others give containers neither networks nor higher limits of their own.
podman_options=(--rm --network=host --read-only --ulimit nofile=1000:1000 --ulimit nproc=1000:1000)
! command -v runc >/dev/null || podman_options+=(--runtime runc)

fail() {
  echo "deploy/images/check.sh: $*" >&2
  exit 1
}

make_images() {
  mvn -q -B -Dquick -Pimages -DskipTests -pl app -am package >app/target/images.log 2>&1 || {
    tail -n 30 app/target/images.log
    fail "the images could not be made"
  }
}

mkdir -p app/target
make_images
first=$(cat app/target/bellows.digest dataplane/target/queue-proxy.digest)
rm "${tars[@]}"
make_images
second=$(cat app/target/bellows.digest dataplane/target/queue-proxy.digest)
[ "$first" = "$second" ] || fail "two builds differ: $first and $second"
echo "digests: $first"

# Jars and the bill of materials, as they lie in the layers.
contents() {
  local layers
  layers=$(mktemp -d)
  tar -xf "$1" -C "$layers"
  for layer in "$layers"/*.tar.gz; do
    tar -tzf "$layer" 2>/dev/null
  done
  rm -rf "$layers"
}
for tar in "${tars[@]}"; do
  printf '%s: %d KB\n' "$tar" $(($(stat -c %s "$tar") / 1024))
  contents "$tar" >"$tar.contents"
  grep -qx app/bom.json "$tar.contents" || fail "$tar has no bill of materials"
  grep -qx app/classes.jsa "$tar.contents" || fail "$tar has no archive of classes"
done
parts=$(grep -o 'bellows-[a-z]*' dataplane/target/queue-proxy.tar.contents | sort -u | tr '\n' ' ')
[ "$parts" = "bellows-core bellows-dataplane " ] || fail "the queue-proxy consists of $parts"

if ! command -v podman >/dev/null; then
  [ "${CI:-}" != true ] || fail "podman is not installed"
  echo "SKIPPED: running the images; podman is not installed"
  exit 0
fi
for tar in "${tars[@]}"; do
  podman load -q -i "$tar"
done

run() {
  podman run "${podman_options[@]}" "$@"
}
# An archive that does not fit would be passed over in silence; here it is an error.
run -e JDK_JAVA_OPTIONS=-Xshare:on "dev.local/bellows:$tag" --version
loaded=$(run -e JDK_JAVA_OPTIONS=-Xlog:class+load "dev.local/bellows:$tag" control-plane --help)
archived=$(grep -c 'source: shared objects file' <<<"$loaded" || true)
other=$(grep -cE 'source: (jrt|file):' <<<"$loaded" || true)
echo "bellows: $archived classes from the archive, $other from elsewhere"
[ "$archived" -gt $((other * 4)) ] || fail "the archive of classes is out of date: remake it with deploy/images/rehearse.sh"
user=$(podman image inspect --format '{{.User}}' "dev.local/bellows:$tag" "dev.local/queue-proxy:$tag" | sort -u)
[ "$user" = 65532:65532 ] || fail "the images run as $user"

# A queue-proxy that answers, for a program that is this script's.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.99.0.1", 0)); print(s.getsockname()[1])')
name=bellows-check-$$
podman run -d --name "$name" "${podman_options[@]:1}" -e BELLOWS_LISTEN_IP=127.99.0.1 \
  -e CONTAINER_CONCURRENCY=0 -e QUEUE_SERVING_PORT="$port" -e QUEUE_SERVING_TLS_PORT=8112 \
  -e USER_PORT=9 -e REVISION_TIMEOUT_SECONDS=300 -e SERVING_LOGGING_CONFIG= \
  -e SERVING_LOGGING_LEVEL=info -e SERVING_NAMESPACE=default -e SERVING_REVISION=check-00001 \
  -e SERVING_CONFIGURATION=check -e SERVING_POD=check -e SERVING_POD_IP=127.99.0.1 \
  "dev.local/queue-proxy:$tag" >/dev/null
trap 'podman rm -f -t 0 "$name" >/dev/null 2>&1 || true' EXIT
for _ in $(seq 300); do
  status=$(curl -s -o /dev/null -w '%{http_code}' -H 'K-Network-Probe: probe' -H 'K-Network-Hash: check' "http://127.99.0.1:$port/" || true)
  [ "$status" = 000 ] || break
  sleep 0.2
done
[ "$status" = 200 ] || {
  podman logs "$name" | tail -n 20
  fail "the queue-proxy answered its probe with $status"
}
echo "queue-proxy: answers, $(podman exec "$name" /opt/java/bin/java -Xshare:auto -version 2>&1 | head -n 1)"
