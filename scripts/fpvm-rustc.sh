#!/bin/sh
# cargo's RUSTC_WRAPPER for scripts/fpvm.sh: makes symbol names independent of where the checkout and the toolchain lie.
# Cargo hashes the absolute path of a package outside the workspace into `-C metadata`, which is part of every symbol; here the version takes its place.
# Names of the packages concerned, ours and the standard library's, are unique.
set -eu
case "${CARGO_MANIFEST_DIR:-}" in
  "" | */registry/src/*) exec "$@" ;;
esac
next=""
for argument in "$@"; do
  shift
  case "$next$argument" in
    -Cmetadata=* | metadata=*) argument="${argument%%metadata=*}metadata=hoike-$CARGO_PKG_VERSION" ;;
  esac
  set -- "$@" "$argument"
done
exec "$@"
