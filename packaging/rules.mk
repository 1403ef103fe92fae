# make deb: Debian's packages of this commit, for the Debian that builds them, into $(BUILD)/deb. The same commit gives the same bytes.
DEB := $(BUILD)/deb
deb: dist
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) sh packaging/deb.sh $(BUILD)/$(RELEASE).tar.gz $(DEB)
	@ls $(DEB)/*.deb

.PHONY: deb
