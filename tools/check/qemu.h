/* SPDX-License-Identifier: GPL-2.0-only */
/* A command line of QEMU's under check: what its rules see, and how they look things up. */
#ifndef SEVADM_CHECK_QEMU_H
#define SEVADM_CHECK_QEMU_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/sevadm.h>

#include "host/facts.h"
#include "report/findings.h"

#define QEMU_DOCUMENT	"QEMU, docs/system/i386/amd-memory-encryption"
#define QEMU_OPTIONS	4096

/** struct option_text - an option of QEMU's and its argument, "" for none */
struct option_text {
	const char *name, *value;
};

/**
 * struct qemu - what the rules see
 * @object: the argument of -object that begins with sev-, NULL: none
 * @other: the technology of another maker that the guest uses, NULL: none
 * @pid: of a running one, 0: planned
 */
struct qemu {
	struct target *target;
	struct option_text options[QEMU_OPTIONS];
	size_t nr;
	const char *object, *other;
	enum sevadm_vm_type type;
	const struct host_facts *host;
	pid_t pid;
};

/**
 * struct qemu_rule - one rule: a row of a table that ends with a row without an id
 * @types: bits (1 << enum sevadm_vm_type) of the guests it is about; 0: any command line
 */
struct qemu_rule {
	struct rule rule;
	unsigned int types;
	void (*check)(const struct qemu *qemu, const struct rule *rule);
};

extern const struct qemu_rule qemu_rules[];
extern const struct qemu_rule qemu_snp_rules[];

/** qemu_is_number() - true: all of @text is a number, decimal or with 0x */
bool qemu_is_number(const char *text, uint64_t *number);

/**
 * qemu_property() - the value of KEY in "first,KEY=VALUE,…" or {"KEY": VALUE}; the next call
 * reuses it
 */
const char *qemu_property(const char *text, const char *key);

/** qemu_is_on() - true: the property is on, in any of the words QEMU takes */
bool qemu_is_on(const char *text, const char *key);

/** qemu_is_off() - true: the property is given, and is off */
bool qemu_is_off(const char *text, const char *key);

/** qemu_kind() - return what an -object or a -device is: its first word; the next call reuses it */
const char *qemu_kind(const char *text);

/** qemu_option_is() - true: the option has this name */
bool qemu_option_is(const struct option_text *option, const char *name);

/** qemu_last() - return the argument of the last option of this name, NULL: none */
const char *qemu_last(const struct qemu *qemu, const char *name);

/** qemu_machine() - a property of -machine, of which there may be several; NULL: none */
const char *qemu_machine(const struct qemu *qemu, const char *key);

/** qemu_has_pflash() - true: the firmware is in flash */
bool qemu_has_pflash(const struct qemu *qemu);

/** qemu_has_igvm() - true: the machine is set up by an IGVM file */
bool qemu_has_igvm(const struct qemu *qemu);

#define qemu_for_each(option, qemu, word)					\
	for ((option) = (qemu)->options; (option) < (qemu)->options + (qemu)->nr; (option)++)	\
		if (qemu_option_is(option, word))

#endif
