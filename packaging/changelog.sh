#!/bin/sh
# Debian's changelog of a release, which CHANGES.md is in whole: changelog.sh VERSION CONTROL. SOURCE_DATE_EPOCH: when the release was made.
set -eu
printf 'wvwasi-gw (%s) unstable; urgency=medium\n\n  * CHANGES.md says what is new.\n\n' "$1"
printf ' -- %s  %s\n' "$(sed -n 's/^Maintainer: //p' "$2")" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")"
