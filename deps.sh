#!/bin/sh
# What this machine still needs, from Debian's packages and npm: deps.sh build|run|examples|test|test-PART…
# `deps.sh names GROUP…` prints the names of the packages and does nothing.
# Prints the exact line; runs it as root, or with sudo after a yes (YES=1 says it beforehand), and never unasked. With everything in
# place it touches no network.
set -eu
cd "$(dirname "$0")"

build='gcc libc6-dev libwebsockets-dev libwebsockets-evlib-uv libuv1-dev libcjson-dev libmbedtls-dev libqrencode-dev libseccomp-dev'
examples='clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32'
fuzz='clang-19 libclang-rt-19-dev'
gateway='openssl zbar-tools valgrind bindfs python3'
browsers='chromium firefox-esr webkit2gtk-driver xvfb fonts-dejavu-core iproute2 libnss3-tools ca-certificates strace curl'
window='libwebkit2gtk-4.1-dev evilwm xdotool x11-utils' # the window's engine, and a screen with a user at it

wanted=
names=
npm= # to-run: what is embedded, and Python; all: what examples and tests need too
[ -d vendor/xterm ] || npm=to-run # a release brings along what is embedded
for group in "$@"; do
	case $group in
	build) wanted="$wanted $build" ;;
	run) wanted="$wanted $build" npm=${npm:-to-run} ;;
	examples) wanted="$wanted $examples" npm=all ;;
	test-tables|test-harness|test-static|test-terminal|test-inspector|test-types|test-race) npm=all ;;
	test-unit) wanted="$wanted openssl" npm=all ;;
	test-fuzz) wanted="$wanted $fuzz" npm=all ;;
	test-gateway) wanted="$wanted $gateway" npm=all ;;
	test|test-*) wanted="$wanted $examples $fuzz $gateway $browsers $window" npm=all ;;
	fresh) wanted="$wanted mmdebstrap git" ;;
	names) names=1 ;;
	*) echo "deps.sh: unknown group '$group': build, run, examples, test, test-PART or fresh" >&2; exit 2 ;;
	esac
done
if [ -n "$npm" ]; then
	command -v node >/dev/null && [ -z "$names" ] || wanted="$wanted nodejs"
	command -v npm >/dev/null && [ -z "$names" ] || wanted="$wanted npm"
fi
if [ -n "$names" ]; then
	echo $wanted
	exit
fi

present=$(dpkg-query -W -f '${Package}=${db:Status-Status} ' $wanted 2>/dev/null || true)
missing=
for package in $wanted; do
	case " $present" in *" $package=installed "*) ;; *) missing="$missing $package" ;; esac
done
if [ -n "$missing" ]; then
	line="apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends$missing"
	if [ "$(id -u)" = 0 ]; then
		echo "$line"
		sh -c "$line"
	else
		echo "sudo sh -c '$line'"
		if [ "${YES:-}" != 1 ]; then
			if ! [ -t 0 ]; then
				echo "deps.sh: run the line above first (or YES=1 to let it be run)" >&2
				exit 1
			fi
			printf 'Run it now? [y/N] '
			read -r answer
			case $answer in y|Y|yes) ;; *) exit 1 ;; esac
		fi
		sudo sh -c "$line"
	fi
fi

# The stamp is the lockfile that was installed: npm itself would ask the network to compare.
installed() {
	cmp -s package-lock.json "node_modules/.installed-$1"
}
# A machine that tests keeps what tests need when the lockfile changes.
[ "$npm" = to-run ] && [ -e node_modules/.installed-lock ] && npm=all
if [ "$npm" = all ] && ! installed lock; then
	echo 'npm ci'
	npm ci --loglevel=error
	cp package-lock.json node_modules/.installed-lock
elif [ "$npm" = to-run ] && ! installed lock && ! installed lock-to-run; then
	echo 'npm ci --omit=dev'
	npm ci --omit=dev --loglevel=error
	cp package-lock.json node_modules/.installed-lock-to-run
fi
