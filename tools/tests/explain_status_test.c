// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every firmware status with every kind of command: no remedy contradicts the specification.
 *
 * The table names what the first cause speaks of. A dash: neither AMD SEV API (55766, "API") nor
 * AMD SEV-SNP ABI (56860, "ABI") lists the status for these commands, and explain has to say so.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cli/output.h"
#include "explain/explain.h"
#include "sev/names.h"
#include "test.h"

enum command_kind {
	SEV,		/* launch of a plain SEV guest */
	SEV_ES,		/* launch of a SEV-ES guest */
	SNP_LAUNCH,	/* launch of a SEV-SNP guest */
	REQUEST,	/* a guest's request for a report or key */
	HOST_SEV,	/* INIT of the host */
	HOST_SNP,	/* SNP_INIT of the host */
	KINDS,
};

static const char *const lines[KINDS] = {
	[SEV] = "qemu-system-x86_64: sev_launch_start: LAUNCH_START ret=-5 fw_error=%u '' policy=0x3",
	[SEV_ES] = "qemu-system-x86_64: sev_launch_start: LAUNCH_START ret=-5 fw_error=%u '' policy=0x7",
	[SNP_LAUNCH] = "qemu-system-x86_64: sev_snp_launch_start: SNP_LAUNCH_START ret=-5 fw_error=%u ''",
	[REQUEST] = "sev-guest sev-guest: Detected error from ASP request. rc: -5, exitinfo2: 0x%x",
	[HOST_SEV] = "ccp 0000:01:00.5: SEV: INIT failed 0x%x, rc -5",
	[HOST_SNP] = "ccp 0000:01:00.5: SEV-SNP: SNP_INIT_EX failed rc -5, error 0x%x",
};

static const struct row {
	uint32_t status;
	const char *words[KINDS];
	const char *section;
} rows[] = {
	{ 0x01, { "not initialised", "not initialised", "not initialised", "not initialised",
		  "SNP failed", "initialised already" }, "API 5.1, INIT; ABI, SNP_INIT" },
	{ 0x02, { "out of order", "out of order", "out of order", "not running", "-", "-" },
	  "API 4.2, GSTATE; ABI, 4.1" },
	{ 0x03, { "too old for SEV-ES", "too old for SEV-ES", "policy forbids", "-", "UEFI", "UEFI" },
	  "API, LAUNCH_UPDATE_VMSA; ABI, SNP_INIT, SNP_ACTIVATE" },
	{ 0x04, { "base64", "base64", "too small", "does not fit", "too small", "too small" },
	  "API, LAUNCH_START" },
	{ 0x05, { "-", "-", "-", "-", "-", "-" }, "API, PEK_CERT_IMPORT alone" },
	{ 0x06, { "certificate", "certificate", "-", "-", "-", "-" }, "API, LAUNCH_START" },
	{ 0x07, { "policy asks", "policy asks", "SNP policy asks", "VMPL", "-", "-" },
	  "API, LAUNCH_START; ABI, SNP_LAUNCH_START, MSG_REPORT_REQ" },
	{ 0x08, { "no ASID", "no ASID", "no ASID", "-", "-", "-" }, "API, ACTIVATE" },
	{ 0x09, { "address", "address", "address", "address", "address", "address" }, "ABI, Status Codes" },
	{ 0x0a, { "session", "session", "ID block", "-", "signature", "signature" },
	  "API, LAUNCH_START; ABI, SNP_LAUNCH_FINISH" },
	{ 0x0b, { "session", "session", "launch digest", "-", "-", "-" },
	  "API, LAUNCH_START; ABI, SNP_LAUNCH_FINISH" },
	{ 0x0c, { "another guest", "another guest", "another guest", "-", "-", "-" }, "API, ACTIVATE" },
	{ 0x0d, { "kind of guest", "kind of guest", "ciphertext hiding", "-", "-", "-" },
	  "API, ACTIVATE; ABI, SNP_ACTIVATE" },
	{ 0x0e, { "caches", "caches", "caches", "-", "caches", "caches" }, "API, Status Codes" },
	{ 0x0f, { "DF_FLUSH", "DF_FLUSH", "DF_FLUSH", "-", "DF_FLUSH", "DF_FLUSH" }, "API, DF_FLUSH" },
	{ 0x10, { "no such guest", "no such guest", "no such guest", "lost", "-", "-" }, "API, handles" },
	{ 0x11, { "does not know", "does not know", "does not know", "-", "does not know", "does not know" },
	  "API, Status Codes" },
	{ 0x12, { "still has an ASID", "still has an ASID", "still has an ASID", "-", "-", "-" },
	  "API, DECOMMISSION" },
	{ 0x13, { "SMEE", "SMEE", "SMEE", "-", "SMEE", "SMEE" }, "API, Status Codes" },
	{ 0x14, { "unsafe", "unsafe", "unsafe", "-", "unsafe", "unsafe" }, "API, Status Codes" },
	{ 0x15, { "policy asks for", "CVE-2025-48514", "feature", "does not know the request",
		  "does not do", "ciphertext hiding" }, "ABI, SNP_INIT_EX; AMD-SB-3023" },
	{ 0x16, { "reserved field", "reserved field", "reserves", "another VMPL's key", "disagree", "disagree" },
	  "API and ABI, Status Codes" },
	{ 0x17, { "no room", "no room", "no room", "-", "no room", "no room" }, "API, Status Codes" },
	{ 0x18, { "-", "-", "-", "-", "stored keys", "stored keys" }, "API, INIT_EX" },
	{ 0x19, { "size", "size", "size", "-", "size", "size" }, "ABI, RMP" },
	{ 0x1a, { "RMP state", "RMP state", "RMP state", "-", "RMP state", "RMP state" }, "ABI, page states" },
	{ 0x1b, { "-", "-", "metadata", "-", "-", "-" }, "ABI, SNP_PAGE_SWAP_IN" },
	{ 0x1c, { "another guest", "another guest", "another guest", "-", "another guest",
		  "another guest" }, "ABI, page states" },
	{ 0x1d, { "-", "-", "-", "message counter", "-", "-" }, "ABI, SNP_GUEST_REQUEST" },
	{ 0x1e, { "-", "-", "-", "-", "-", "-" }, "not assigned" },
	{ 0x1f, { "-", "-", "-", "-", "ring buffer", "ring buffer" }, "API, RING_BUFFER" },
	{ 0x20, { "-", "-", "-", "-", "since the last reset", "since the last reset" }, "ABI, SNP_INIT" },
	{ 0x21, { "-", "-", "-", "-", "rollback", "rollback" }, "ABI, DOWNLOAD_FIRMWARE_EX" },
	{ 0x22, { "-", "-", "-", "-", "rollback", "rollback" }, "ABI, DOWNLOAD_FIRMWARE_EX" },
	{ 0x23, { "-", "-", "-", "-", "shut down first", "shut down first" }, "ABI, DOWNLOAD_FIRMWARE_EX" },
	{ 0x24, { "-", "-", "-", "-", "update", "update" }, "ABI, DOWNLOAD_FIRMWARE_EX" },
	{ 0x25, { "-", "-", "-", "-", "halfway", "halfway" }, "ABI, DOWNLOAD_FIRMWARE_EX" },
	{ 0x26, { "-", "-", "-", "-", "initialise the RMP", "initialise the RMP" }, "ABI, SNP_INIT" },
	{ 0x27, { "-", "-", "-", "no VLEK is loaded", "-", "-" }, "ABI, MSG_REPORT_REQ" },
	{ 0x28, { "-", "-", "-", "-", "shutdown", "shutdown" }, "ABI, SNP_SHUTDOWN_EX" },
};

static size_t explain(uint32_t status, unsigned int kind, struct explanation list[CAUSES_MAX])
{
	struct symptom symptom;
	struct facts facts;
	char line[160];

	facts_none(&facts);
	snprintf(line, sizeof(line), lines[kind], status);
	if (!symptom_parse(line, &symptom) || !symptom.fw_known || symptom.fw_error != status)
		ksft_exit_fail_msg("\"%s\" does not give its status\n", line);
	return explain_symptom(&symptom, &facts, list);
}

static void complain(uint32_t status, unsigned int kind, const char *what, const char *text)
{
	ksft_print_msg("status 0x%x: \"%s\" %s: \"%s\"\n", status, lines[kind], what, text);
	test_failed = true;
}

static void first_causes(void)
{
	struct explanation list[CAUSES_MAX];
	const char *words, *cause;
	unsigned int kind;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		for (kind = 0; kind < KINDS; kind++) {
			words = rows[i].words[kind];
			if (!strcmp(words, "-"))
				words = "specification does not give this status";
			cause = explain(rows[i].status, kind, list) ? list[0].cause->cause : "nothing";
			if (!strstr(cause, words))
				complain(rows[i].status, kind, words, cause);
		}
}

/* Up to 0x28 the kernel has a name for each; the rest is of trusted I/O and of other mailboxes. */
static void all_statuses(void)
{
	uint32_t status;
	size_t i, found = 0;

	for (status = 1; status <= 0x28; status++)
		for (i = 0; i < ARRAY_SIZE(rows); i++)
			found += rows[i].status == status;
	EXPECT_NUMBER(found, 0x28);
	EXPECT_NUMBER(ARRAY_SIZE(rows), 0x28);
}

/* Words that no remedy may have for a kind of command, whatever the status. */
static const struct {
	unsigned int kinds;	/* 1 << enum command_kind */
	const char *word;
	const char *why;
} forbidden[] = {
	{ 1 << SNP_LAUNCH | 1 << REQUEST | 1 << HOST_SEV | 1 << HOST_SNP, "dhCert",
	  "only SEV and SEV-ES have sessions" },
	{ 1 << SNP_LAUNCH | 1 << REQUEST | 1 << HOST_SEV | 1 << HOST_SNP, "session and certificate",
	  "only SEV and SEV-ES have sessions" },
	{ 1 << SEV | 1 << SEV_ES | 1 << HOST_SEV | 1 << HOST_SNP, "id-block", "only SEV-SNP has ID blocks" },
	{ 1 << REQUEST, "BIOS", "a guest has no hand in its host's BIOS" },
	{ 1 << REQUEST, "reload", "a guest has no hand in its host's modules" },
	{ 1 << REQUEST | 1 << HOST_SEV | 1 << HOST_SNP, "0x30000", "no policy is involved" },
	{ 1 << SEV | 1 << SEV_ES, "0x30000", "that is a policy of SEV-SNP" },
};

static void no_remedy_of_another_kind(void)
{
	struct explanation list[CAUSES_MAX];
	uint32_t status;
	unsigned int kind;
	size_t nr, i, j;

	for (status = 1; status <= 0x3f; status++)
		for (kind = 0; kind < KINDS; kind++) {
			nr = explain(status, kind, list);
			for (i = 0; i < nr; i++)
				for (j = 0; j < ARRAY_SIZE(forbidden); j++)
					if (forbidden[j].kinds & 1 << kind &&
					    strstr(list[i].cause->remedy, forbidden[j].word))
						complain(status, kind, forbidden[j].why,
							 list[i].cause->remedy);
			EXPECT(nr);
		}
}

/*
 * The update is what made the firmware refuse SEV-ES; a rollback of it would be refused, or harm.
 */
static void no_remedy_makes_it_worse(void)
{
	struct explanation list[CAUSES_MAX];
	size_t nr, i;

	nr = explain(0x15, SEV_ES, list);
	for (i = 0; i < nr; i++)
		if (strstr(list[i].cause->remedy, "update") || strstr(list[i].cause->remedy, "install"))
			complain(0x15, SEV_ES, "must not be cured by firmware", list[i].cause->remedy);
	EXPECT(strstr(list[0].cause->remedy, "SEV-SNP guest"));
	EXPECT_NUMBER(list[0].verdict, VERDICT_PROVEN);
	nr = explain(0x21, HOST_SNP, list);
	for (i = 0; i < nr; i++)
		EXPECT(strstr(list[i].cause->remedy, "not older"));
	/* What the policy says decides which of the two it is. */
	nr = explain(0x15, SEV, list);
	EXPECT(nr && !strstr(list[0].cause->cause, "CVE-2025-48514"));
}

int main(void)
{
	static const struct test tests[] = {
		{ "the first cause of each status and command", first_causes },
		{ "the table has every status", all_statuses },
		{ "no remedy is one of another kind of command", no_remedy_of_another_kind },
		{ "no remedy makes it worse", no_remedy_makes_it_worse },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}
