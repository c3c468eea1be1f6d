#!/bin/sh
# Prints the path of a Chromium for the browser tests; installs Debian's when there is none and we may.
set -u
for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
  [ -n "$name" ] && found=$(command -v "$name") && { echo "$found"; exit 0; }
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium; } >&2 \
    && command -v chromium && exit 0
fi
echo "The browser tests need Chromium: install the package 'chromium', or name one with CHROMIUM=/path." >&2
exit 1
