/* SPDX-License-Identifier: GPL-2.0-only */
/* A KubeVirt object under check: what its rules see, and what corrects them. */
#ifndef SEVADM_CHECK_KUBEVIRT_OBJECT_H
#define SEVADM_CHECK_KUBEVIRT_OBJECT_H

#include "host/facts.h"
#include "report/findings.h"
#include "report/yaml_edit.h"

/**
 * struct vm_object - what the rules see
 * @version: of KubeVirt, KUBEVIRT_VERSION(), 0: not known
 * @host: facts about the node it is for, NULL: none in particular
 * @kind: the object's
 * @outer: what has evictionStrategy and the like
 * @spec: what holds the VM's devices: a domain's, or an instance type's spec
 * @launch: its launchSecurity, NULL: none
 */
struct vm_object {
	struct target *target;
	unsigned int version;
	const struct host_facts *host;
	yaml_document_t *doc;
	yaml_node_t *root, *spec, *outer, *launch;
	const char *kind;
};

/**
 * struct kubevirt_turn - one rule, judged alone
 * @target: gets its findings
 * @aside: gets those in documents with aliases, which are not corrected
 * @rule: its number, as kubevirt_rule_at() has it
 * @edit: gets its corrections; NULL: none are made
 */
struct kubevirt_turn {
	struct target *target, *aside;
	unsigned int version;
	const struct host_facts *host;
	unsigned int rule;
	struct yaml_edit *edit;
};

/** kubevirt_judge_turn() - one rule on all documents of @bytes; 0, or -1: @error says why not */
int kubevirt_judge_turn(const struct kubevirt_turn *turn, const char *bytes, size_t size,
			struct yaml_error *error);

#define KUBEVIRT_FIX(name) \
	void kubevirt_fix_##name(const struct vm_object *object, struct yaml_edit *edit)

/* kubevirt_edits.c */
KUBEVIRT_FIX(paused);
KUBEVIRT_FIX(efi);
KUBEVIRT_FIX(secure_boot);
KUBEVIRT_FIX(persistent);
KUBEVIRT_FIX(boot_nic);
KUBEVIRT_FIX(machine);
KUBEVIRT_FIX(smm);
KUBEVIRT_FIX(hotplug);
KUBEVIRT_FIX(migration);

#endif
