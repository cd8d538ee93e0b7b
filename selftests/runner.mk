# SPDX-License-Identifier: GPL-2.0-only
# What the tests need of the kernel's tools/testing/selftests/lib.mk, for a build without a kernel
# tree: the same variables, the same targets.

BUILD ?= ../build
OUTPUT ?= $(abspath $(BUILD)/selftests)
INSTALL_PATH ?=
RM ?= rm -f

CFLAGS += -D_GNU_SOURCE=

TEST_GEN_PROGS := $(addprefix $(OUTPUT)/,$(TEST_GEN_PROGS))
TEST_GEN_FILES := $(addprefix $(OUTPUT)/,$(TEST_GEN_FILES))
# The tests look for their helpers beside them.
COPIES := $(addprefix $(OUTPUT)/,$(TEST_PROGS) $(TEST_FILES) settings)

all: $(TEST_GEN_PROGS) $(TEST_GEN_FILES) $(COPIES)

$(OUTPUT):
	mkdir -p $@

$(OUTPUT)/%: %.c | $(OUTPUT)
	$(LINK.c) $(filter %.c %.o %.a,$^) $(LDLIBS) -o $@

$(COPIES): $(OUTPUT)/%: % | $(OUTPUT)
	cp -p $< $@

run_tests: all
	cd $(OUTPUT) && ./runner.sh $(notdir $(TEST_GEN_PROGS)) $(TEST_PROGS)

install: all
	$(if $(INSTALL_PATH),,$(error set INSTALL_PATH to use install))
	mkdir -p $(INSTALL_PATH)
	cp -p $(TEST_GEN_PROGS) $(TEST_GEN_FILES) $(TEST_PROGS) $(TEST_FILES) settings config \
		$(INSTALL_PATH)/

clean:
	$(RM) -r $(TEST_GEN_PROGS) $(TEST_GEN_FILES) $(COPIES)

.PHONY: all run_tests install clean
