#!/bin/sh
# What this machine still needs, from Debian's packages and npm: deps.sh build|run|examples|test|test-PART… Node and npm are for tests
# and for examples alone.
# `deps.sh names GROUP…` prints the names of the packages and does nothing.
# Prints the exact line; runs it as root, or with sudo after a yes (YES=1 says it beforehand), and never unasked. With everything in
# place it touches no network.
set -eu
cd "$(dirname "$0")"

build='gcc libc6-dev esbuild libwebsockets-dev libwebsockets-evlib-uv libuv1-dev libcjson-dev libmbedtls-dev libqrencode-dev libseccomp-dev libssl-dev libdeflate-dev'
examples='clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32'
fuzz='clang-19 libclang-rt-19-dev'
gateway='openssl zbar-tools valgrind bindfs python3 strace postgresql redis-server nginx-light wrk dnsmasq-base dpkg-dev libcurl4-openssl-dev' # and peers for the network
browsers='chromium firefox-esr webkit2gtk-driver xvfb fonts-dejavu-core iproute2 libnss3-tools ca-certificates curl sqlite3'
disks='btrfs-progs xfsprogs' # with quotas, and whose power is cut: e2fsprogs' are everywhere
window='libwebkit2gtk-4.1-dev evilwm xdotool x11-utils' # the window's engine, and a screen with a user at it

wanted=
names=
fetch= # something that downloads, for what is embedded and for Python (fetch.sh)
node= # Node alone runs some parts
npm= # its packages: what examples and tests need
for group in "$@"; do
	case $group in
	build|run) wanted="$wanted $build" fetch=1 ;;
	examples) wanted="$wanted $examples" npm=1 ;;
	test-tables|test-harness|test-map|test-static|test-inspector|test-race) node=1 ;;
	test-unit) wanted="$wanted openssl nginx-light libcurl4-openssl-dev" node=1 ;;
	test-fuzz) wanted="$wanted $fuzz" node=1 ;;
	test-terminal|test-types) npm=1 ;;
	test-gateway) wanted="$wanted $examples $gateway" npm=1 ;;
	test|test-packages) wanted="$wanted $examples $fuzz $gateway $browsers $disks $window mmdebstrap git" npm=1 ;;
	test-*) wanted="$wanted $examples $fuzz $gateway $browsers $disks $window" npm=1 ;;
	languages) wanted="$wanted clang-19 lld-19 lld wasi-libc libclang-rt-19-dev-wasm32 libc++-19-dev-wasm32 libc++abi-19-dev-wasm32 rustc libstd-rust-dev-wasm32" npm=1 ;;
	bench) wanted="$wanted websockify" ;; # make bench, beside build and test
	fresh) wanted="$wanted mmdebstrap git" ;;
	names) names=1 ;;
	*) echo "deps.sh: unknown group '$group': build, run, examples, test, test-PART, bench, languages or fresh" >&2; exit 2 ;;
	esac
done
# Any Node and npm will do, Debian's or others.
[ -z "$node$npm" ] || { command -v node >/dev/null && [ -z "$names" ]; } || wanted="$wanted nodejs"
[ -z "$npm" ] || { command -v npm >/dev/null && [ -z "$names" ]; } || wanted="$wanted npm"
if [ -n "$fetch" ] && ! [ -d vendor ] && ! { command -v npm || command -v curl || command -v wget; } >/dev/null; then
	wanted="$wanted wget ca-certificates"
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
if [ -n "$npm" ] && ! cmp -s package-lock.json node_modules/.installed-lock; then
	echo 'npm ci'
	npm ci --loglevel=error
	cp package-lock.json node_modules/.installed-lock
fi
