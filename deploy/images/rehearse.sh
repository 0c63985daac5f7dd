#!/usr/bin/env bash
# Notes anew which classes the images' archives hold (*.classes): those that a rehearsal loads, but
# for the ones that every archive has and those of the one-machine mode. Run it when
# deploy/images/check.sh asks for it.
set -euo pipefail
cd "$(dirname "$0")/../.."

mvn -q -B -Dquick -DskipTests -pl app -am package
java=${JAVA_HOME:?must be a JDK 25, the one that builds the images}

# $1: image; then how it is rehearsed.
note() {
  local image=$1 list
  shift
  list=$(mktemp)
  "$java/bin/java" -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED -Xlog:disable \
    --sun-misc-unsafe-memory-access=allow -Djdk.httpclient.allowRestrictedHeaders=host \
    -XX:DumpLoadedClassList="$list" "$@" >/dev/null 2>&1
  LC_ALL=C comm -23 \
    <(names <"$list" | grep -v 'Lambda\|\$\$' | LC_ALL=C sort -u) \
    <(names <"$java/lib/classlist" | LC_ALL=C sort -u) |
    grep -v '^dev/bellows/embedded\|^dev/bellows/images\|^dev/bellows/app/demo\|^org/sqlite' \
      >"deploy/images/$image.classes"
  rm "$list"
}

names() { grep -v '^[@#]' | cut -d ' ' -f 1; }

note queue-proxy -cp 'dataplane/target/lib/*' dev.bellows.dataplane.queueproxy.Rehearsal
note bellows -cp 'app/target/lib/*' dev.bellows.app.Main warm-up
wc -l deploy/images/*.classes
