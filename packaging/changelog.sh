#!/bin/sh
# debian/changelog for this version: changelog.sh VERSION. What changed is in CHANGES.md.
set -eu
cd "$(dirname "$0")/.."
printf 'wvwasi-gw (%s) unstable; urgency=medium\n\n  * CHANGES.md says what is new.\n\n -- %s  %s\n' "$1" \
	"$(sed -n 's/^Maintainer: //p' packaging/debian/control)" "$(date -u -R -d "@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}")"
