# SPDX-License-Identifier: GPL-2.0-only
# How sevadm gets onto other machines: DKMS, packages, a tarball. Included by the top Makefile.

PACKAGING := tools/packaging
SOURCES	= $(DESTDIR)/usr/src/sevadm-$(VERSION)
MODPROBE_D ?= /etc/modprobe.d

# What DKMS builds, and what makes the module come before kvm_amd: all that a module's package holds.
.PHONY: install-dkms-source
install-dkms-source:
	install -d $(SOURCES) $(DESTDIR)$(MODPROBE_D)
	cp -r Kbuild VERSION COPYING dkms.conf module uapi $(SOURCES)/
	install -m 644 $(PACKAGING)/modprobe.conf $(DESTDIR)$(MODPROBE_D)/sevadm.conf

.PHONY: dkms-install
dkms-install: install-dkms-source
	dkms install sevadm/$(VERSION) -k $(KVER)

.PHONY: dkms-remove
dkms-remove:
	dkms remove sevadm/$(VERSION) --all
	rm -rf $(SOURCES) $(MODPROBE_D)/sevadm.conf

.PHONY: deb
deb:
	@$(PACKAGING)/deb

.PHONY: dist
dist:
	@$(PACKAGING)/dist

# What rpmbuild wants: `rpmbuild --define "_topdir $(BUILD)/rpm" -bb build/rpm/SPECS/sevadm.spec`
.PHONY: rpm-sources
rpm-sources:
	@mkdir -p $(BUILD)/rpm/SOURCES $(BUILD)/rpm/SPECS
	@cp "$$($(PACKAGING)/dist)" $(BUILD)/rpm/SOURCES/
	@sed 's/@VERSION@/$(VERSION)/' $(PACKAGING)/rpm/sevadm.spec.in >$(BUILD)/rpm/SPECS/sevadm.spec

.PHONY: matrix
matrix: tools selftests deb
	@selftests/matrix
