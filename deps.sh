#!/bin/sh
# What this machine still needs, from Debian's packages and npm: deps.sh build|test…
# Prints the exact line; runs it as root, or with sudo after a yes (YES=1 says it beforehand), and never unasked. With everything in
# place it touches no network.
set -eu
cd "$(dirname "$0")"

build='gcc libc6-dev libwebsockets-dev libwebsockets-evlib-uv libuv1-dev libcjson-dev libmbedtls-dev libseccomp-dev'
test='clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32 chromium firefox-esr webkit2gtk-driver xvfb fonts-dejavu-core'

wanted=
for group in "$@"; do
	case $group in
	build) wanted="$wanted $build" ;;
	test)
		wanted="$wanted $test"
		command -v node >/dev/null || wanted="$wanted nodejs"
		command -v npm >/dev/null || wanted="$wanted npm"
		;;
	*) echo "deps.sh: unknown group '$group': build or test" >&2; exit 2 ;;
	esac
done

missing=
for package in $wanted; do
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
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

case " $* " in *' test '*)
	# The stamp is the lockfile that was installed: npm itself would ask the network to compare.
	if ! cmp -s package-lock.json node_modules/.installed-lock; then
		echo 'npm ci'
		npm ci --loglevel=error
		cp package-lock.json node_modules/.installed-lock
	fi
	;;
esac
