#!/bin/sh
# Makes an image that does what log_ids.py does, of busybox and what it is linked with; no registry
# is asked. Arguments: the image's name, an empty directory to work in.
set -eu
name=$1 root=$2
mkdir -p "$root/bin" "$root/www/cgi-bin" "$root/tmp"
for file in /bin/busybox $(ldd /bin/busybox 2>/dev/null | grep -oE '/[^ ]+ \(' | tr -d ' ('); do
  mkdir -p "$root$(dirname "$file")"
  cp "$file" "$root$file"
done
for tool in sh sleep httpd; do ln -s busybox "$root/bin/$tool"; done
cat >"$root/www/cgi-bin/ids" <<'CGI'
#!/bin/sh
id=${QUERY_STRING#id=}
id=${id%%&*}
echo "id $id" >&2
case $QUERY_STRING in *sleep=*) sleep "${QUERY_STRING#*sleep=}" ;; esac
printf 'Content-Type: text/plain\r\nX-Version: %s\r\nContent-Length: %d\r\n\r\n%s' "$VERSION" "${#id}" "$id"
CGI
chmod +x "$root/www/cgi-bin/ids"
tar -C "$root" -cf "$root.tar" .
podman import --quiet \
  --change 'ENTRYPOINT ["/bin/sh", "-c", "exec httpd -f -p $PORT -h /www"]' "$root.tar" "$name"
