// SPDX-License-Identifier: GPL-2.0-only
/* Events as text: the whole line of each kind, with each thing known and not. */
#include <errno.h>
#include <stdlib.h>

#include "cli/output.h"
#include "test.h"
#include "trace/event.h"

#define MS	1000000ULL
#define ALL	(SEVADM_KNOWN_VM | SEVADM_KNOWN_ASID | SEVADM_KNOWN_HANDLE | \
		 SEVADM_KNOWN_FW_ERROR | \
		 SEVADM_KNOWN_WAIT | SEVADM_KNOWN_BYTES)
#define QEMU	.pid = 812, .comm = "qemu", .vm = 3
#define AT	.time_ns = 12345678901ULL

static const struct {
	struct sevadm_event event;
	const char *text;
} rows[] = {
	{ { .type = SEVADM_EVENT_LOST, AT, .count = 7 },
	  "     12.345678  lost   -                      -                                 "
	  "     7 events were overwritten before they could be read" },
	{ { .type = SEVADM_EVENT_PSP, AT, QEMU, .command = 0x31, .known = ALL, .asid = 100,
	    .handle = 7,
	    .bytes = 4096, .duration_ns = 8 * MS, .wait_ns = 2 * MS },
	  "     12.345678  psp    LAUNCH_UPDATE_DATA     3  812 qemu                    8.0"
	  " ms  ok, ASID 100, handle 7, 4.0 KiB, waited 2.0 ms" },
	{ { .type = SEVADM_EVENT_PSP, AT, QEMU, .command = 0x31,
	    .known = ALL & ~SEVADM_KNOWN_WAIT & ~SEVADM_KNOWN_BYTES,
	    .asid = 100, .handle = 7, .bytes = 4096, .wait_ns = 2 * MS, .fw_error = 4,
	    .ret = -EIO },
	  "     12.345678  psp    LAUNCH_UPDATE_DATA     3  812 qemu                      0"
	  " ns  EIO, firmware: INVALID_LEN (a buffer is too small, or has the wrong length), AS"
	  "ID 100, handle 7" },
	{ { .type = SEVADM_EVENT_PSP, AT, QEMU, .command = 0x33, .known = SEVADM_KNOWN_FW_ERROR,
	    .fw_error = 4,
	    .ret = -EIO, .flags = SEVADM_EVENT_LENGTH_QUERY },
	  "     12.345678  psp    LAUNCH_MEASURE         -  812 qemu                      0"
	  " ns  length query (INVALID_LEN)" },
	{ { .type = SEVADM_EVENT_PSP, AT, QEMU, .command = 0x20, .known = SEVADM_KNOWN_WAIT,
	    .ret = -ETIMEDOUT },
	  "     12.345678  psp    DECOMMISSION           -  812 qemu                      0"
	  " ns  ETIMEDOUT, the firmware did not answer" },
	{ { .type = SEVADM_EVENT_KVM, AT, QEMU, .command = 0, .known = SEVADM_KNOWN_VM,
	    .duration_ns = 10 * MS },
	  "     12.345678  kvm    INIT                   3  812 qemu                   10.0"
	  " ms  ok" },
	{ { .type = SEVADM_EVENT_KVM, AT, QEMU, .command = 2,
	    .known = SEVADM_KNOWN_VM | SEVADM_KNOWN_FW_ERROR,
	    .ret = -EIO, .fw_error = 0 },
	  "     12.345678  kvm    LAUNCH_START           3  812 qemu                      0"
	  " ns  EIO" },
	{ { .type = SEVADM_EVENT_KVM, AT, QEMU, .command = SEVADM_KVM_MOVE_ENC_CONTEXT,
	    .known = SEVADM_KNOWN_VM | SEVADM_KNOWN_PEER_VM, .peer_vm = 2 },
	  "     12.345678  kvm    MOVE_ENC_CONTEXT       3  812 qemu                      0"
	  " ns  ok, from VM 2" },
	{ { .type = SEVADM_EVENT_KVM, AT, QEMU, .command = 2, .ret = -4000 },
	  "     12.345678  kvm    LAUNCH_START           -  812 qemu                      0"
	  " ns  unknown error" },
	{ { .type = SEVADM_EVENT_PIN, AT, QEMU, .command = SEVADM_KVM_REGISTER_REGION,
	    .bytes = 8192,
	    .known = SEVADM_KNOWN_VM | SEVADM_KNOWN_BYTES, .duration_ns = 999 },
	  "     12.345678  pin    REGISTER_REGION        3  812 qemu                    999"
	  " ns  ok, 8.0 KiB" },
	{ { .type = SEVADM_EVENT_PIN, AT, QEMU, .command = 3, .bytes = 8192,
	    .pinned_bytes = 1 << 20,
	    .known = SEVADM_KNOWN_VM | SEVADM_KNOWN_BYTES | SEVADM_KNOWN_PINNED,
	    .flags = SEVADM_EVENT_TRANSIENT },
	  "     12.345678  pin    LAUNCH_UPDATE_DATA     3  812 qemu                      0"
	  " ns  ok, 8.0 KiB while the command runs, 1.0 MiB pinned before" },
	{ { .type = SEVADM_EVENT_UNPIN, AT, QEMU, .command = SEVADM_KVM_DESTROY, .bytes = 8192,
	    .pinned_bytes = 8192,
	    .known = SEVADM_KNOWN_VM | SEVADM_KNOWN_BYTES | SEVADM_KNOWN_PINNED },
	  "     12.345678  unpin  DESTROY                3  812 qemu                      0"
	  " ns  ok, 8.0 KiB, 8.0 KiB pinned before" },
	{ { .type = SEVADM_EVENT_PIN, AT, QEMU, .command = SEVADM_KVM_REGISTER_REGION,
	    .bytes = 8192, .ret = -ENOMEM,
	    .refusal = SEVADM_REFUSAL_MEMLOCK, .limit_bytes = 4096, .pinned_bytes = 4096,
	    .known = SEVADM_KNOWN_VM | SEVADM_KNOWN_BYTES | SEVADM_KNOWN_PINNED |
		     SEVADM_KNOWN_LIMIT },
	  "     12.345678  pin    REGISTER_REGION        3  812 qemu                      0"
	  " ns  refused: asked for 2 pages (8.0 KiB), VM has 1 page (4.0 KiB) pinned, RLIMIT_ME"
	  "MLOCK is 1 page (4.0 KiB): raise the limit (LimitMEMLOCK= of the service, <hard_limi"
	  "t> of libvirt's domain) or give the process CAP_IPC_LOCK" },
	{ { .type = SEVADM_EVENT_PIN, AT, QEMU, .command = SEVADM_KVM_REGISTER_REGION,
	    .bytes = 4096, .ret = -ENOMEM,
	    .refusal = SEVADM_REFUSAL_MEMLOCK, .limit_bytes = 4096,
	    .known = SEVADM_KNOWN_VM | SEVADM_KNOWN_BYTES | SEVADM_KNOWN_PINNED |
		     SEVADM_KNOWN_LIMIT },
	  "     12.345678  pin    REGISTER_REGION        3  812 qemu                      0"
	  " ns  refused: asked for 1 page (4.0 KiB), VM has 0 pinned, RLIMIT_MEMLOCK is 1 page "
	  "(4.0 KiB): raise the limit (LimitMEMLOCK= of the service, <hard_limit> of libvirt's "
	  "domain) or give the process CAP_IPC_LOCK" },
	{ { .type = SEVADM_EVENT_PIN, AT, QEMU, .command = SEVADM_KVM_REGISTER_REGION,
	    .bytes = 4096, .ret = -ENOMEM,
	    .refusal = SEVADM_REFUSAL_MEMLOCK, .limit_bytes = 8192,
	    .known = SEVADM_KNOWN_VM | SEVADM_KNOWN_BYTES | SEVADM_KNOWN_LIMIT },
	  "     12.345678  pin    REGISTER_REGION        3  812 qemu                      0"
	  " ns  refused: asked for 1 page (4.0 KiB), VM has an unknown number pinned, RLIMIT_ME"
	  "MLOCK is 2 pages (8.0 KiB): raise the limit (LimitMEMLOCK= of the service, <hard_lim"
	  "it> of libvirt's domain) or give the process CAP_IPC_LOCK" },
	{ { .type = SEVADM_EVENT_PIN, AT, QEMU, .command = SEVADM_KVM_REGISTER_REGION,
	    .bytes = 4096, .ret = -ENOMEM,
	    .refusal = SEVADM_REFUSAL_MEMLOCK, .known = SEVADM_KNOWN_VM | SEVADM_KNOWN_BYTES },
	  "     12.345678  pin    REGISTER_REGION        3  812 qemu                      0"
	  " ns  ENOMEM, 4.0 KiB" },
	{ { .type = SEVADM_EVENT_ASID, AT, .asid = 5, .pool = SEVADM_POOL_SEV, .vm = 3,
	    .asid_state = SEVADM_ASID_STATE_USED, .known = SEVADM_KNOWN_VM | SEVADM_KNOWN_ASID },
	  "     12.345678  asid   -                      3                                 "
	  "     ASID 5 of pool sev: used" },
	{ { .type = SEVADM_EVENT_ASID, AT, .pool = SEVADM_POOL_SEV_ES, .vm = 3,
	    .asid_state = SEVADM_ASID_STATE_RECLAIM, .known = SEVADM_KNOWN_VM },
	  "     12.345678  asid   -                      3                                 "
	  "     an ASID of pool sev_es, it is not known which: reclaim" },
	{ { .type = SEVADM_EVENT_ASID, AT, .count = 9, .asid_state = SEVADM_ASID_STATE_FREE },
	  "     12.345678  asid   -                      -                                 "
	  "     9 ASIDs are free again: KVM recycled them by DF_FLUSH" },
	{ { .type = SEVADM_EVENT_ASID, AT, .count = 1, .asid_state = SEVADM_ASID_STATE_FREE },
	  "     12.345678  asid   -                      -                                 "
	  "     1 ASID is free again: KVM recycled it by DF_FLUSH" },
	{ { .type = SEVADM_EVENT_LIMIT, AT, QEMU, .known = SEVADM_KNOWN_VM, .ret = -ENOMEM,
	    .knob = SEVADM_KNOB_MAX,
	    .resource = SEVADM_RESOURCE_PIN, .subject = SEVADM_SUBJECT_USER, .subject_id = 1000,
	    .limit = 4096,
	    .usage = 4096, .amount = 8192 },
	  "     12.345678  limit  -                      3  812 qemu                       "
	  "     refused: user 1000: asked for 8.0 KiB, 4.0 KiB are used, pin.max is 4.0 KiB: en"
	  "d a VM, or raise it with sevadm limit set user 1000 pin.max=..." },
	{ { .type = SEVADM_EVENT_LIMIT, AT, QEMU, .known = SEVADM_KNOWN_VM,
	    .knob = SEVADM_KNOB_HIGH,
	    .resource = SEVADM_RESOURCE_ASID_SEV, .subject = SEVADM_SUBJECT_HOST, .limit = 4,
	    .usage = 5,
	    .amount = 1 },
	  "     12.345678  limit  -                      3  812 qemu                       "
	  "     host: asid.sev.high passed: 5 are used, the soft limit is 4" },
	{ { .type = SEVADM_EVENT_LIMIT, AT, QEMU, .known = SEVADM_KNOWN_VM, .ret = -EBUSY,
	    .knob = SEVADM_KNOB_MIN, .resource = SEVADM_RESOURCE_ASID_SEV, .amount = 1 },
	  "     12.345678  limit  -                      3  812 qemu                       "
	  "     refused: asked for 1 of asid.sev: those that are free are guaranteed or leased "
	  "to others: see sevadm limit list" },
	{ { .type = SEVADM_EVENT_LIMIT, AT, QEMU, .known = SEVADM_KNOWN_VM, .ret = -EBUSY,
	    .knob = SEVADM_KNOB_POOL, .resource = SEVADM_RESOURCE_ASID_SEV, .amount = 1 },
	  "     12.345678  limit  -                      3  812 qemu                       "
	  "     refused: pool sev has no ASID left: a VM that ends makes one free" },
	{ { .type = SEVADM_EVENT_LIMIT, AT, QEMU, .known = SEVADM_KNOWN_VM, .ret = -EBUSY,
	    .knob = SEVADM_KNOB_POOL, .resource = SEVADM_RESOURCE_ASID_SEV_SNP, .amount = 1 },
	  "     12.345678  limit  -                      3  812 qemu                       "
	  "     refused: pool sev_snp has no ASID left: a VM that ends makes one free; those of "
	  "sev_es are not for SEV-SNP guests: kvm_amd.ciphertext_hiding_asids divides them" },
	{ { .type = SEVADM_EVENT_LIMIT, AT, QEMU, .known = SEVADM_KNOWN_VM,
	    .knob = SEVADM_KNOB_DRIFT, .resource = SEVADM_RESOURCE_ASID_SEV_ES, .limit = 7,
	    .usage = 5 },
	  "     12.345678  limit  -                      3  812 qemu                       "
	  "     drift: the misc cgroup counts 7 ASIDs of pool sev_es, 5 are used: this kernel "
	  "leaks charges, which count against misc.max and against the pool itself" },
	/* A newer module sends it. */
	{ { .type = SEVADM_EVENT_LIMIT, AT, QEMU, .known = SEVADM_KNOWN_VM, .knob = 99,
	    .resource = SEVADM_RESOURCE_PIN },
	  "     12.345678  limit  -                      3  812 qemu                       "
	  "     host: pin" },
};

static void each_line(void)
{
	char *end;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		capture_begin();
		event_print(&rows[i].event, NULL);
		capture_end();
		end = strrchr(captured, '\n');
		EXPECT(end && !end[1]);
		if (end)
			*end = '\0';
		EXPECT_TEXT(captured, rows[i].text);
	}
}

/* A VM's name stands in the place of its process's, and controls no terminal. */
static void names(void)
{
	const struct sevadm_event kvm = {
		.type = SEVADM_EVENT_KVM, AT, QEMU, .command = 2, .ret = -EBUSY,
		.known = SEVADM_KNOWN_VM,
	};
	const struct sevadm_event asid = {
		.type = SEVADM_EVENT_ASID, AT, .asid = 5, .vm = 3,
		.asid_state = SEVADM_ASID_STATE_USED,
		.known = SEVADM_KNOWN_VM | SEVADM_KNOWN_ASID,
	};

	capture_begin();
	event_print(&kvm, "web\033-front");
	event_print(&asid, "web-front");
	capture_end();
	EXPECT_TEXT(captured,
		    "     12.345678  kvm    LAUNCH_START           3  812 web?-front                0 ns  EBUSY\n"
		    "     12.345678  asid   -                      3  web-front                           ASID 5 of pool sev: used\n");
}

/* The columns of the heading are those of the lines. */
/* A process chooses the name: no terminal is to take it for a command, no journal for bytes. */
static void hostile_names(void)
{
	struct sevadm_event event = { .type = SEVADM_EVENT_KVM, QEMU, .known = SEVADM_KNOWN_VM };
	char *sentence = event_sentence(&event, "w\033]0;\n\x9b" "2J\xc2\x9b\xe2\x82\xac\xe2\x82");

	EXPECT_TEXT(sentence, "kvm INIT: ok; VM 3 w?]0;??2J??\xe2\x82\xac??; process 812 qemu");
	free(sentence);
}

static void heading(void)
{
	capture_begin();
	event_print_heading();
	capture_end();
	EXPECT_TEXT(captured,
		    "          TIME  EVENT  COMMAND               VM  PROCESS                       TOOK  RESULT\n");
}

int main(void)
{
	static const struct test tests[] = {
		{ "each line", each_line },
		{ "names of VMs", names },
		{ "names that processes choose", hostile_names },
		{ "the heading", heading },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}
