#!/bin/sh
# Install what the browser tests and exported figures need, where it lacks and where we can.
# Where we cannot, say so in one line; the tests that need it then skip with that reason.
missing=
for browser in chromium chromium-browser google-chrome google-chrome-stable; do
    command -v "$browser" >/dev/null 2>&1 && found=1
done
[ -n "${found:-}" ] || missing="$missing chromium"
have_font() { command -v fc-list >/dev/null 2>&1 && fc-list : family | grep -q "$1"; }
have_font "Liberation Sans" || missing="$missing fonts-liberation"
have_font "Noto Sans CJK" || missing="$missing fonts-noto-cjk"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then as_root=; else as_root="sudo -n"; fi
if command -v apt-get >/dev/null 2>&1 && $as_root true 2>/dev/null; then
    echo "installing$missing"
    export DEBIAN_FRONTEND=noninteractive
    $as_root apt-get update -qq || true
    # shellcheck disable=SC2086 # a list of words
    $as_root apt-get install -qq -y --no-install-recommends $missing >/dev/null && exit 0
fi
echo "missing:$missing; install them with your system's package manager, else browser tests skip" >&2
