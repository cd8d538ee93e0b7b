/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Explanations: from what a log says (a symptom) and what the host is like (facts) to causes.
 * messages_*.c know the lines, typed.c the numbers; topics_*.c, causes.c and statuses.c the causes,
 * facts.c the host; explain.c is the command.
 */
#ifndef SEVADM_EXPLAIN_H
#define SEVADM_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/sevadm.h>

#include "explain/refusals.h"

/** enum symptom_context - what was being done, as a set of bits so that a cause can fit several */
enum symptom_context {
	CONTEXT_NONE		= 0,		/* only numbers were given */
	CONTEXT_INIT		= 1 << 0,	/* KVM_SEV_INIT, ES_INIT, INIT2 */
	CONTEXT_START		= 1 << 1,	/* LAUNCH_START of SEV and SEV-ES */
	CONTEXT_SNP_START	= 1 << 2,	/* SNP_LAUNCH_START */
	CONTEXT_LAUNCH		= 1 << 3,	/* any later launch command */
	CONTEXT_REGISTER	= 1 << 4,	/* QEMU could not register a region */
	CONTEXT_PIN_LIMIT	= 1 << 5,	/* KVM met RLIMIT_MEMLOCK */
	CONTEXT_PIN_FAILURE	= 1 << 6,	/* KVM could not pin all pages */
	CONTEXT_MLOCKALL	= 1 << 7,	/* QEMU's mlockall() of <locked/> */
	CONTEXT_OOM_CGROUP	= 1 << 8,	/* a memory cgroup's OOM killer took QEMU */
	CONTEXT_OOM_HOST	= 1 << 9,	/* the host's OOM killer took QEMU */
	CONTEXT_PSP_INIT	= 1 << 10,	/* ccp's INIT of the platform */
	CONTEXT_PSP_TIMEOUT	= 1 << 11,	/* ccp gave the security processor up */
	CONTEXT_PSP_BUFFERS	= 1 << 12,	/* ccp ran out of command buffers */
	CONTEXT_PSP_COMMAND	= 1 << 13,	/* a firmware command failed, as ccp logs it */
	CONTEXT_BIOS_OFF	= 1 << 14,	/* SMEE is off */
	CONTEXT_SEV_DISABLED	= 1 << 15,	/* kvm_amd has no plain SEV */
	CONTEXT_ES_DISABLED	= 1 << 16,	/* kvm_amd has no SEV-ES or no SEV-SNP */
	CONTEXT_LAUNCH_ES	= 1 << 17,	/* LAUNCH_UPDATE_VMSA, which SEV-ES alone has */
	CONTEXT_SNP_UPDATE	= 1 << 18,	/* SNP_LAUNCH_UPDATE */
	CONTEXT_SNP_FINISH	= 1 << 19,	/* SNP_LAUNCH_FINISH */
	CONTEXT_SECRET		= 1 << 20,	/* LAUNCH_SECRET */
	CONTEXT_REQUEST		= 1 << 21,	/* a guest's SNP_GUEST_REQUEST */
	CONTEXT_SNP_INIT	= 1 << 22,	/* ccp's SNP_INIT of the platform */
	CONTEXT_SNP_DISABLED	= 1 << 23,	/* kvm_amd has no SEV-SNP */
	CONTEXT_ES_UNUSABLE	= 1 << 24,	/* kvm_amd may not offer SEV-ES */
	CONTEXT_SEV_UNUSABLE	= 1 << 25,	/* kvm_amd has no ASID for plain SEV */
	CONTEXT_QEMU_FAULTED	= 1 << 26,	/* the kernel met the RMP in QEMU */
};

struct message;

/**
 * struct symptom - what one line says
 * @message: the row of the tables that the line is, NULL: numbers
 * @topic: whose causes it has, NULL: those of its numbers in @context
 * @context: an enum symptom_context
 * @err: errno, positive; 0: not said
 * @fw_known: @fw_error was said
 * @has_pages: @pages and @limit were said, both in pages of 4 KiB
 * @has_policy: @policy was said
 */
struct symptom {
	const struct message *message;
	const char *topic;
	unsigned int context;
	int err;
	bool fw_known;
	uint32_t fw_error;
	bool has_pages;
	uint64_t pages;
	uint64_t limit;
	bool has_policy;
	uint64_t policy;
};

#define FACT_UNKNOWN	(-1)

/**
 * struct pool_facts - one ASID pool
 * @misc_known: @misc_capacity and @misc_current were read from the root of the cgroups; those of
 *	sev_es hold for sev_snp, too
 * @known: @capacity, @used and @reclaim come from the module
 * @free_known: so does @free: there are no unaccounted VMs
 * @full_cgroup: a cgroup whose misc.current has come to its misc.max; empty: none found
 */
struct pool_facts {
	bool misc_known;
	uint64_t misc_capacity;
	uint64_t misc_current;
	bool known;
	uint64_t capacity;
	uint64_t used;
	uint64_t reclaim;
	bool free_known;
	uint64_t free;
	char full_cgroup[256];
};

/**
 * struct facts - what the host is like
 * @kvm_amd: 1: loaded, 0: not, FACT_UNKNOWN
 * @parameters: kvm_amd's sev, sev_es and sev_snp, by enum sevadm_vm_type
 * @cpuid_known: @min_asid and @max_asid come from CPUID 0x8000001F
 * @booted_ns: when this boot began, since 1970; its log begins there
 * @seen: contexts that other lines of the same log, or the kernel's log, speak of
 * @refusals: by limits on pinned memory and ASIDs, which the module's trace holds
 * @refusal: the one of them that the line in question is about, NULL: none is known to be it
 */
struct facts {
	int kvm_amd;
	int parameters[3];
	bool cpuid_known;
	uint32_t min_asid;
	uint32_t max_asid;
	struct pool_facts pools[SEVADM_POOL_NR];
	int64_t booted_ns;
	unsigned int seen;
	struct refusals refusals;
	const struct refusal *refusal;
};

/**
 * facts_ask_t - fills in what the module knows of @facts; false: it could not be asked
 */
typedef bool (*facts_ask_t)(struct facts *facts);

/**
 * facts_gather() - find out what this host is like
 * @root: where sys/ is: "" but for tests
 * @ask: asks the module; NULL: it is not loaded
 */
void facts_gather(const char *root, facts_ask_t ask, struct facts *facts);

/** facts_none() - a host of which nothing is known */
void facts_none(struct facts *facts);

/**
 * facts_forget_present() - leave out what changes while a host runs: what is so now neither proves
 * nor contradicts the cause of an old failure
 */
void facts_forget_present(struct facts *facts);

/**
 * facts_of_line() - leave out what says nothing of a line's time: what is so now, if the line is
 * old, and what the log of this boot has seen, if it was written before that
 * @facts: without what other lines of the line's own log have seen
 * @line: of QEMU's, libvirt's or a journal; one that says no time may be of now
 * @now_ns: since 1970
 */
void facts_of_line(struct facts *facts, const char *line, int64_t now_ns);

/** symptom_parse() - true: @line of a log is a known message, @symptom is what it says */
bool symptom_parse(const char *line, struct symptom *symptom);

/** symptom_parse_typed() - parse what was typed, which may be numbers alone */
bool symptom_parse_typed(const char *line, struct symptom *symptom);

/** symptom_policy() - true: @line names a guest's policy, as a command line or XML does */
bool symptom_policy(const char *line, uint64_t *policy);

/** firmware_refused() - true: @symptom has a status of the firmware that is no success */
bool firmware_refused(const struct symptom *symptom);

/** context_name() - return what was being done, in words */
const char *context_name(unsigned int context);

enum verdict {
	VERDICT_PROVEN,		/* the facts prove it */
	VERDICT_POSSIBLE,	/* the facts do not decide */
	VERDICT_CONTRADICTED,	/* the facts speak against it */
};

/* Decides from the facts; @why gets the fact. */
typedef enum verdict (*proof_t)(const struct facts *facts, const struct symptom *symptom,
				char *why, size_t size);

/**
 * struct cause - one cause
 * @err: the errno it shows as; 0: any
 * @fw_error: the firmware status it shows as, FW_NOT_ASKED or FW_ANY
 * @contexts: enum symptom_context bits it occurs in; 0: any
 * @source: which code or document says so; NULL: the message's own
 * @proof: decides from the facts; NULL: they cannot
 * @topic: of the messages that it is a cause of, NULL: found by the numbers
 * @link: where it was resolved, or is documented; NULL: none
 */
struct cause {
	int err;
	int64_t fw_error;
	unsigned int contexts;
	const char *cause;
	const char *check;
	const char *remedy;
	const char *source;
	proof_t proof;
	const char *topic;
	const char *link;
};

/* A row of topics_*.c */
#define TOPIC(name, cause, check, remedy, link)					\
	{ 0, FW_ANY, 0, cause, check, remedy, NULL, NULL, name, link }

/* Ended by rows without a cause. */
extern const struct cause host_topics[], vm_topics[], guest_topics[], status_causes[];

/* The firmware was not asked, or did not complain. */
#define FW_NOT_ASKED	(-2)
#define FW_ANY		(-3)

/* More than any symptom has. */
#define CAUSES_MAX	20

struct explanation {
	const struct cause *cause;
	enum verdict verdict;
	char why[320];
};

/** explain_symptom() - find the causes, the most likely first; returns their number */
size_t explain_symptom(const struct symptom *symptom, const struct facts *facts,
		       struct explanation explanations[CAUSES_MAX]);

#endif /* SEVADM_EXPLAIN_H */
