/* SPDX-License-Identifier: GPL-2.0-only */
/* The rules of all checks, as sevadm check rules lists them. */
#ifndef SEVADM_CHECK_RULES_H
#define SEVADM_CHECK_RULES_H

#include <stdbool.h>

#include "report/findings.h"

/**
 * struct rule_list - the rules of one check
 * @command: the words of the command line
 * @at: the rule in row @i, NULL after the last
 * @fixable: true: --fix corrects it
 */
struct rule_list {
	const char *check, *command;
	const struct rule *(*at)(unsigned int i);
	bool (*fixable)(unsigned int i);
};

const struct rule *host_rule_at(unsigned int i);
const struct rule *domain_rule_at(unsigned int i);
bool domain_rule_fixable(unsigned int i);
bool kubevirt_rule_fixable(unsigned int i);
const struct rule *kubevirt_rule_at(unsigned int i);
const struct rule *qemu_rule_at(unsigned int i);
const struct rule *kata_rule_at(unsigned int i);
const struct rule *nova_rule_at(unsigned int i);
const struct rule *proxmox_rule_at(unsigned int i);
const struct rule *incus_rule_at(unsigned int i);

#endif
