# make deb: Debian's packages of this commit, for the Debian that builds them, into $(BUILD)/deb.
# SOURCE_DATE_EPOCH is the commit's, so that the same commit gives the same bytes.
DEB := $(BUILD)/deb
deb: dist
	@command -v dh dpkg-buildpackage >/dev/null || { echo "make: debhelper is missing. On Debian: sudo apt-get install debhelper" >&2; exit 1; }
	rm -rf $(DEB) && mkdir -p $(DEB)
	tar -xzf $(BUILD)/$(RELEASE).tar.gz -C $(DEB)
	cp -r packaging/debian $(DEB)/$(RELEASE)/debian
	sh packaging/changelog.sh $(VERSION) > $(DEB)/$(RELEASE)/debian/changelog
	cd $(DEB)/$(RELEASE) && dpkg-buildpackage --build=binary --unsigned-changes --no-check-builddeps
	rm -rf $(DEB)/$(RELEASE)
	@ls $(DEB)/*.deb

.PHONY: deb
