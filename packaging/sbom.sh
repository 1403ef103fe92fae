#!/bin/sh
# The bill of materials as SPDX 2.3 JSON, on standard output: sbom.sh VERSION [LIBRARIES]. What is embedded comes from package-lock.json, with its
# digest; what is linked, with the version that it was built against, from pkg-config; what is loaded, and what it was made with. LIBRARIES lists those that are shipped along, one file a line:
# package and its version, source and its version, file, SHA-512.
set -eu
cd "$(dirname "$0")/.."
version=$1
libraries=${2:-}
created=$(date -u -d "@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y package.json)}" +%Y-%m-%dT%H:%M:%SZ)
locked() {
	sed -n "\|^[[:space:]]*\"node_modules/$1\": {|,/^[[:space:]]*}/s/^[[:space:]]*\"$2\": \"\([^\"]*\)\".*/\1/p" package-lock.json | head -n 1
}
# linked_version MODULE: mbed TLS 2 has no file for pkg-config.
linked_version() {
	pkg-config --modversion "$1" 2>/dev/null | sed 's/-$//' | grep . ||
		printf '#include <%s/version.h>\nMBEDTLS_VERSION_STRING\n' "$1" | ${CC:-cc} -E -P - 2>/dev/null | tail -n 1 | tr -d '"'
}
id_of() {
	echo "SPDXRef-$(echo "$1" | tr -c 'A-Za-z0-9.\n' -)"
}
served="@xterm/xterm @xterm/addon-fit @xterm/addon-image @xterm/addon-search @xterm/addon-serialize @xterm/addon-unicode11 @xterm/addon-web-links client-zip"
relations=
# relation PACKAGE KIND; relation_of PACKAGE KIND: the other way round, as SPDX has it for what helps a program.
relation() {
	relations="$relations,
		{ \"spdxElementId\": \"SPDXRef-wvwasi-gw\", \"relationshipType\": \"$2\", \"relatedSpdxElement\": \"$(id_of "$1")\" }"
}
relation_of() {
	relations="$relations,
		{ \"spdxElementId\": \"$(id_of "$1")\", \"relationshipType\": \"$2\", \"relatedSpdxElement\": \"SPDXRef-wvwasi-gw\" }"
}
# package NAME VERSION LICENCE PURL [SHA512]; without a version: whichever the system has
package() {
	printf ',\n\t\t{ "SPDXID": "%s", "name": "%s",%s "licenseDeclared": "%s", "licenseConcluded": "NOASSERTION",\n' \
		"$(id_of "$1")" "$1" "${2:+ \"versionInfo\": \"$2\",}" "$3"
	printf '\t\t\t"copyrightText": "NOASSERTION", "downloadLocation": "NOASSERTION", "filesAnalyzed": false,\n'
	[ -z "${5:-}" ] || printf '\t\t\t"checksums": [{ "algorithm": "SHA512", "checksumValue": "%s" }],\n' "$5"
	printf '\t\t\t"externalRefs": [{ "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": "%s" }] }' "$4"
}
# licence_of SOURCE: what Debian's copyright file says about the library.
licence_of() {
	case $1 in
	libwebsockets|libuv1|cjson|libdeflate|brotli|e2fsprogs|krb5|libffi|libpsl|nghttp2) echo MIT ;; # of e2fsprogs: libcom_err
	mbedtls|openssl) echo Apache-2.0 ;;
	qrencode|gnutls28|libtasn1-6|rtmpdump) echo LGPL-2.1-or-later ;;
	libseccomp) echo LGPL-2.1-only ;;
	keyutils) echo LGPL-2.0-or-later ;;
	gmp|nettle|libidn2|libunistring) echo 'LGPL-3.0-or-later OR GPL-2.0-or-later' ;;
	libcap2|libssh2|p11-kit) echo BSD-3-Clause ;;
	libzstd) echo 'BSD-3-Clause OR GPL-2.0-only' ;;
	cyrus-sasl2) echo BSD-4-Clause ;;
	openldap) echo OLDAP-2.8 ;;
	curl) echo curl ;;
	zlib) echo Zlib ;;
	*) echo "sbom.sh: the licence of '$1' isn't in licence_of()" >&2; exit 1 ;;
	esac
}
[ -z "$libraries" ] || for source in $(cut -d ' ' -f 3 "$libraries"); do licence_of "$source" >/dev/null; done

cat <<END
{
	"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "wvwasi-gw-$version",
	"documentNamespace": "urn:wvwasi-gw:$version:$(sha256sum package-lock.json | cut -c 1-16)",
	"creationInfo": { "created": "$created", "creators": ["Tool: packaging/sbom.sh"] },
	"documentDescribes": ["SPDXRef-wvwasi-gw"],
	"packages": [
		{ "SPDXID": "SPDXRef-wvwasi-gw", "name": "wvwasi-gw", "versionInfo": "$version", "licenseDeclared": "MIT", "licenseConcluded": "MIT",
			"copyrightText": "Copyright (c) 2026 the wvwasi-gw authors", "downloadLocation": "NOASSERTION", "filesAnalyzed": false }$(
	for name in $served; do
		package "$name" "$(locked "$name" version)" "$(locked "$name" license)" "pkg:npm/$(echo "$name" | sed 's/^@/%40/')@$(locked "$name" version)" \
			"$(locked "$name" integrity | sed 's/^sha512-//' | base64 -d | od -An -v -tx1 | tr -d ' \n')"
	done
	# What Debian's packages of them say about their licences.
	[ -n "$libraries" ] || while read -r name module licence; do
		package "$name" "$(linked_version "$module")" "$licence" "pkg:generic/$name"
	done <<LINKED
libwebsockets libwebsockets MIT
libuv libuv MIT
cjson libcjson MIT
mbedtls mbedtls Apache-2.0
libqrencode libqrencode LGPL-2.1-or-later
libseccomp libseccomp LGPL-2.1-only
openssl libssl Apache-2.0
libdeflate libdeflate MIT
LINKED
	[ -n "$libraries" ] || package curl '' curl pkg:generic/curl
	# Puts our modules together; nothing of its own but a few lines of glue gets into the bundles.
	package esbuild "$(esbuild --version)" MIT "pkg:generic/esbuild@$(esbuild --version)"
	[ -z "$libraries" ] || while read -r name version source source_version file digest; do
		package "$file" "$version" "$(licence_of "$source")" "pkg:deb/debian/$name@$(printf %s "$version" | sed 's/:/%3A/; s/+/%2B/g')" "$digest"
	done <"$libraries"
)
	],
	"relationships": [
		{ "spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-wvwasi-gw" }$(
	for name in $served; do relation "$name" CONTAINS; done
	if [ -n "$libraries" ]; then
		for name in $(cut -d ' ' -f 5 "$libraries"); do relation "$name" CONTAINS; done
	else
		for name in libwebsockets libuv cjson mbedtls libqrencode libseccomp openssl libdeflate; do relation $name DYNAMIC_LINK; done
		relation_of curl RUNTIME_DEPENDENCY_OF # loaded where --net allows requests
	fi
	relation_of esbuild BUILD_TOOL_OF
	printf %s "$relations")
	]
}
END
