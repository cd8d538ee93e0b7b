/* SPDX-License-Identifier: GPL-2.0-only */
/* A libvirt domain under check: what its rules see, how they report, and how they are listed. */
#ifndef SEVADM_CHECK_DOMAIN_H
#define SEVADM_CHECK_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

#include <libxml/tree.h>
#include <linux/sevadm.h>

#include "host/facts.h"
#include "report/findings.h"
#include "report/xml.h"
#include "report/xml_edit.h"

/** enum domain_profile - who starts the domain, which makes some rules harder */
enum domain_profile {
	PROFILE_LIBVIRT,
	PROFILE_NOVA,
	PROFILE_VIRT_INSTALL,
};

#define QEMU_VERSION(major, minor)	((major) * 1000 + (minor))

struct domain_rule;

/** struct domain_hit - an element that a rule was broken by, for its fix */
struct domain_hit {
	const struct domain_rule *rule;
	xmlNode *node;
	size_t finding;
};

/**
 * struct domain - what the rules see
 * @launch: its <launchSecurity>, NULL: none
 * @type: what that asks for; sev-es is bit 2 of the policy
 * @path: the file's
 * @qemu_version: QEMU_VERSION() of the host's, 0: not known
 * @host: facts about the host it is for, NULL: not known
 * @hits: in the order of the target's findings
 */
struct domain {
	xmlNode *root;
	xmlNode *launch;
	enum sevadm_vm_type type;
	const char *path;
	enum domain_profile profile;
	unsigned int qemu_version;
	const struct host_facts *host;
	struct target *target;
	struct domain_hit *hits;
	size_t nr_hits;
};

/* Types of guests that a rule is about. */
#define FOR_SEV		(1U << SEVADM_VM_TYPE_SEV)
#define FOR_ES		(1U << SEVADM_VM_TYPE_SEV_ES)
#define FOR_SNP		(1U << SEVADM_VM_TYPE_SEV_SNP)
#define FOR_PINNED	(FOR_SEV | FOR_ES)
#define FOR_ALL		(FOR_PINNED | FOR_SNP)

/**
 * struct domain_rule - one rule: a row of domain_rules[]
 * @types: FOR_… bits
 * @check: looks for what breaks it and calls domain_finding()
 * @fix: edits what was found at @node; NULL: only a person can
 */
struct domain_rule {
	struct rule rule;
	unsigned int types;
	void (*check)(struct domain *domain, const struct domain_rule *row);
	void (*fix)(const struct domain *domain, xmlNode *node, struct xml_edit *edit);
};

/* The table, which ends with a row without an id. */
extern const struct domain_rule domain_rules[];

/** domain_finding() - report that @row is broken by @node */
void domain_finding(struct domain *domain, const struct domain_rule *row, enum severity severity,
		    xmlNode *node, const char *format, ...) __attribute__((format(printf, 5, 6)));

/** domain_judge() - all rules on a <domain> */
void domain_judge(struct domain *domain, xmlNode *root);

/** domain_forget() - free what the rules noted */
void domain_forget(struct domain *domain);

/**
 * domain_fix() - correct what can be
 * @like: path, profile, version and host
 * @bytes: a domain that xml_read() takes; allocated, and taken over
 * @size: of @bytes, then of what is returned
 * @corrected: gets a finding for each correction
 *
 * Return: the corrected document, allocated; NULL: an edit has broken it, which is a bug.
 */
char *domain_fix(const struct domain *like, char *bytes, size_t *size, struct target *corrected);

/**
 * domains_read() - read the document of a file of domains
 *
 * Several documents one after the other, as virsh dumpxml prints them into one file, become one.
 *
 * Return: a tree that the caller frees, NULL: see @error.
 */
xmlDoc *domains_read(const char *bytes, size_t size, struct xml_error *error);

/**
 * domains_next() - return the domain after @after, NULL: the first
 *
 * They are the root itself, or what a snapshot, a status file of libvirt's or <domains> holds.
 */
xmlNode *domains_next(xmlDoc *doc, xmlNode *after);

/** domain_is_q35() - true: its machine type is one of Q35 */
bool domain_is_q35(const struct domain *domain);

#define DOMAIN_CHECK(name) \
	void domain_check_##name(struct domain *domain, const struct domain_rule *row)
#define DOMAIN_FIX(name) \
	void domain_fix_##name(const struct domain *domain, xmlNode *node, struct xml_edit *edit)

/* domain_machine.c */
DOMAIN_CHECK(name);
DOMAIN_CHECK(kvm);
DOMAIN_CHECK(arch);
DOMAIN_CHECK(machine);
DOMAIN_CHECK(firmware);
DOMAIN_CHECK(firmware_path);
DOMAIN_CHECK(snp_firmware);
DOMAIN_CHECK(nvram_template);
DOMAIN_CHECK(acpi);
DOMAIN_CHECK(secure_boot);
DOMAIN_CHECK(smm);
DOMAIN_CHECK(reboot);
DOMAIN_CHECK(nested);
DOMAIN_CHECK(cpu_mode);
DOMAIN_CHECK(suspend);
DOMAIN_CHECK(stray_text);
DOMAIN_FIX(name);
DOMAIN_FIX(kvm);
DOMAIN_FIX(machine);
DOMAIN_FIX(firmware);
DOMAIN_FIX(acpi);
DOMAIN_FIX(smm);
DOMAIN_FIX(nested);
DOMAIN_FIX(suspend);
DOMAIN_FIX(stray_text);

/* domain_launch.c */
DOMAIN_CHECK(encrypted);
DOMAIN_CHECK(launch_type);
DOMAIN_CHECK(launch_other);
DOMAIN_CHECK(host_type);
DOMAIN_CHECK(policy_host);
DOMAIN_CHECK(snp_versions);
DOMAIN_CHECK(cbitpos);
DOMAIN_CHECK(reduced_bits);
DOMAIN_CHECK(policy_given);
DOMAIN_CHECK(policy);
DOMAIN_CHECK(policy_weak);
DOMAIN_CHECK(session_pair);
DOMAIN_CHECK(dh_cert);
DOMAIN_CHECK(session);
DOMAIN_CHECK(snp_blobs);
DOMAIN_CHECK(snp_identity);
DOMAIN_CHECK(launch_elements);
DOMAIN_CHECK(kernel_hashes);
DOMAIN_CHECK(hashes_kernel);
DOMAIN_FIX(remove);
DOMAIN_FIX(policy_given);
DOMAIN_FIX(policy);
DOMAIN_FIX(kernel_hashes);

/* domain_memory.c */
DOMAIN_CHECK(memory_size);
DOMAIN_CHECK(lock_missing);
DOMAIN_CHECK(limit_low);
DOMAIN_CHECK(locked_uncapped);
DOMAIN_CHECK(hugepages);
DOMAIN_CHECK(snp_hugepages);
DOMAIN_CHECK(hotplug);
DOMAIN_CHECK(nvdimm);
DOMAIN_FIX(limit);

/* domain_devices.c */
DOMAIN_CHECK(virtio_iommu);
DOMAIN_CHECK(virtio_model);
DOMAIN_CHECK(net_rom);
DOMAIN_CHECK(ide);
DOMAIN_CHECK(ide_controller);
DOMAIN_CHECK(hostdev);
DOMAIN_CHECK(rng_backend);
DOMAIN_CHECK(virtiofs);
DOMAIN_CHECK(balloon);
DOMAIN_FIX(virtio_iommu);
DOMAIN_FIX(virtio_model);
DOMAIN_FIX(net_rom);
DOMAIN_FIX(ide);
DOMAIN_FIX(rng_backend);

#endif
