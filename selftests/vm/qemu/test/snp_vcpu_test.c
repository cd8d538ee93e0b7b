// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of what a SEV-SNP guest's vCPU does: its accesses to pages in each state, PVALIDATE,
 * RMPADJUST, and the page that VMRUN takes its registers from. AMD64 Architecture Programmer's Manual,
 * volume 2, 15.36.6 to 15.36.12.
 */
#include "snp_test.h"
#include "vcpu.h"

#include <string.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define SPARE		PAGE(40)	/* a page for each row from here on */
#define FLAG_CARRY	1
#define FLAG_ZERO	0x40
#define NOT_VALIDATED	0x404

#define BYTES(v)	(v) & 0xff, (v) >> 8 & 0xff, (v) >> 16 & 0xff, (v) >> 24 & 0xff
#define MOVE(eax, ecx, edx)	0xb8, BYTES(eax), 0xb9, BYTES(ecx), 0xba, BYTES(edx)
#define PVALIDATE(at, size, yes)	MOVE(at, size, yes), 0xf2, 0x0f, 0x01, 0xff
#define RMPADJUST(at, size, what)	MOVE(at, size, what), 0xf3, 0x0f, 0x01, 0xfe
#define READ(at)	0xa1, BYTES(at)
#define WRITE(at)	0xa3, BYTES(at)
#define EXECUTE(at)	0xb8, BYTES(at), 0xff, 0xe0
#define CODE(...)	{ __VA_ARGS__, 0xf3, 0x0f, 0x01, 0xd9 }		/* VMGEXIT */
#define LEVEL(vmpl, permissions)	((vmpl) | (permissions) << 8)
#define IS_VMSA		(1 << 16)

/* What is at TARGET, or of 2 MiB at BIG_TARGET, by the RMP and by the nested tables. */
enum target {
	HOST, NEW, VALID, READABLE, WRITABLE, EXECUTABLE, OTHER_ASID, OTHER_GPA, IMMUTABLE, OUTSIDE,
	BIG_NEW, BIG_BY_SMALL, SMALL_BY_BIG,
};

#define RMP_READ	(NPF_PRESENT | NPF_USER | NPF_RMP | NPF_FINAL | NPF_ENCRYPTED)
#define RMP_WRITE	(RMP_READ | NPF_WRITE)
#define RMP_FETCH	(RMP_READ | NPF_FETCH)

/* It left by a nested page fault, or as its code or its handler of #VC told it to. */
#define FAULT(info)	VMEXIT_NPF, info, 0, 0, 0
#define VC(error)	VMEXIT_VMGEXIT, 0, error, 0, 0
#define DONE		VMEXIT_VMGEXIT, 0, 0, 0, 0
#define EAX(value)	VMEXIT_VMGEXIT, 0, 0, value, (value) ? 0 : FLAG_ZERO
#define CARRY		VMEXIT_VMGEXIT, 0, 0, 0, FLAG_ZERO | FLAG_CARRY

static const struct row {
	enum target target;
	uint8_t vmpl;
	bool answers;		/* EAX and flags are looked at */
	uint8_t code[64];
	uint64_t exit, info1, error, rax, flags;
} rows[] = {
	/* accesses */
	{ HOST, 0, false, CODE(READ(TARGET)), FAULT(RMP_READ) },
	{ HOST, 0, false, CODE(WRITE(TARGET)), FAULT(RMP_WRITE) },
	{ HOST, 0, false, CODE(EXECUTE(TARGET)), FAULT(RMP_FETCH) },
	{ OUTSIDE, 0, false, CODE(READ(TARGET)), FAULT(RMP_READ) },
	{ OTHER_ASID, 0, false, CODE(READ(TARGET)), FAULT(RMP_READ) },
	{ OTHER_ASID, 0, false, CODE(WRITE(TARGET)), FAULT(RMP_WRITE) },
	{ OTHER_GPA, 0, false, CODE(READ(TARGET)), FAULT(RMP_READ) },
	{ OTHER_GPA, 0, false, CODE(WRITE(TARGET)), FAULT(RMP_WRITE) },
	{ IMMUTABLE, 0, false, CODE(READ(TARGET)), FAULT(RMP_READ) },
	{ NEW, 0, false, CODE(READ(TARGET)), VC(NOT_VALIDATED) },
	{ NEW, 0, false, CODE(WRITE(TARGET)), VC(NOT_VALIDATED) },
	{ NEW, 0, false, CODE(EXECUTE(TARGET)), VC(NOT_VALIDATED) },
	{ VALID, 0, false, CODE(WRITE(TARGET), READ(TARGET)), DONE },
	{ BIG_NEW, 0, false, CODE(READ(BIG_TARGET + 0x5000)), VC(NOT_VALIDATED) },
	{ BIG_BY_SMALL, 0, false, CODE(READ(BIG_TARGET)), FAULT(RMP_READ) },
	{ BIG_BY_SMALL, 0, false, CODE(READ(BIG_TARGET + 0x5000)), FAULT(RMP_READ) },
	{ SMALL_BY_BIG, 0, false, CODE(READ(BIG_TARGET)), FAULT(RMP_READ) },
	/* permissions of another level than the highest */
	{ VALID, 1, false, CODE(READ(TARGET)), FAULT(RMP_READ | NPF_VMPL) },
	{ VALID, 3, false, CODE(WRITE(TARGET)), FAULT(RMP_WRITE | NPF_VMPL) },
	{ VALID, 1, false, CODE(EXECUTE(TARGET)), FAULT(RMP_FETCH | NPF_VMPL) },
	{ READABLE, 1, false, CODE(READ(TARGET)), DONE },
	{ READABLE, 1, false, CODE(WRITE(TARGET)), FAULT(RMP_WRITE | NPF_VMPL) },
	{ READABLE, 1, false, CODE(EXECUTE(TARGET)), FAULT(RMP_FETCH | NPF_VMPL) },
	{ WRITABLE, 2, false, CODE(WRITE(TARGET), READ(TARGET)), DONE },
	{ EXECUTABLE, 1, false, CODE(READ(TARGET)), FAULT(RMP_READ | NPF_VMPL) },
	/* validation comes before permissions */
	{ NEW, 1, false, CODE(READ(TARGET)), VC(NOT_VALIDATED) },

	/* PVALIDATE */
	{ NEW, 0, true, CODE(PVALIDATE(TARGET, 0, 1)), EAX(0) },
	{ NEW, 0, true, CODE(PVALIDATE(TARGET + 0x123, 0, 1)), EAX(0) },
	{ NEW, 0, true, CODE(PVALIDATE(TARGET, 0, 0)), CARRY },
	{ VALID, 0, true, CODE(PVALIDATE(TARGET, 0, 1)), CARRY },
	{ VALID, 0, true, CODE(PVALIDATE(TARGET, 0, 0)), EAX(0) },
	{ NEW, 0, false, CODE(PVALIDATE(TARGET, 0, 1), WRITE(TARGET), READ(TARGET)), DONE },
	{ NEW, 0, false, CODE(READ(0x1000), PVALIDATE(TARGET, 0, 0), READ(TARGET)), VC(NOT_VALIDATED) },
	{ VALID, 0, false, CODE(WRITE(TARGET), PVALIDATE(TARGET, 0, 0), READ(TARGET)),
	  VC(NOT_VALIDATED) },
	{ VALID, 0, false, CODE(EXECUTE(0x1000 + 7), PVALIDATE(TARGET, 0, 0), WRITE(TARGET)),
	  VC(NOT_VALIDATED) },
	{ HOST, 0, false, CODE(PVALIDATE(TARGET, 0, 1)), FAULT(RMP_READ) },
	{ OTHER_ASID, 0, false, CODE(PVALIDATE(TARGET, 0, 1)), FAULT(RMP_READ) },
	{ OTHER_GPA, 0, false, CODE(PVALIDATE(TARGET, 0, 1)), FAULT(RMP_READ) },
	{ IMMUTABLE, 0, false, CODE(PVALIDATE(TARGET, 0, 1)), FAULT(RMP_READ) },
	{ NEW, 1, true, CODE(PVALIDATE(TARGET, 0, 1)), EAX(FAIL_PERMISSION) },
	{ BIG_NEW, 0, true, CODE(PVALIDATE(BIG_TARGET, 1, 1)), EAX(0) },
	{ BIG_NEW, 0, false, CODE(PVALIDATE(BIG_TARGET, 1, 1), WRITE(BIG_TARGET + 0x5000)), DONE },
	{ BIG_NEW, 0, true, CODE(PVALIDATE(BIG_TARGET + 0x1000, 1, 1)), EAX(FAIL_INPUT) },
	{ BIG_NEW, 0, false, CODE(PVALIDATE(BIG_TARGET + 0x1000, 0, 1)), FAULT(RMP_READ | NPF_SIZE) },
	{ NEW, 0, true, CODE(PVALIDATE(TARGET, 1, 1)), EAX(FAIL_INPUT) },
	{ BIG_BY_SMALL, 0, false, CODE(PVALIDATE(BIG_TARGET, 1, 1)), FAULT(RMP_READ) },

	/* RMPADJUST */
	{ VALID, 0, true, CODE(RMPADJUST(TARGET, 0, LEVEL(1, 0xf))), EAX(0) },
	{ VALID, 0, true, CODE(RMPADJUST(TARGET, 0, LEVEL(3, 0))), EAX(0) },
	{ VALID, 0, true, CODE(RMPADJUST(TARGET, 0, LEVEL(1, 0) | IS_VMSA)), EAX(0) },
	{ VALID, 0, true, CODE(RMPADJUST(TARGET, 0, LEVEL(0, 0xf))), EAX(FAIL_PERMISSION) },
	{ VALID, 0, true, CODE(RMPADJUST(TARGET, 0, LEVEL(4, 0xf))), EAX(FAIL_INPUT) },
	{ VALID, 0, true, CODE(RMPADJUST(TARGET, 0, LEVEL(1, 0x20))), EAX(FAIL_INPUT) },
	{ READABLE, 1, true, CODE(RMPADJUST(TARGET, 0, LEVEL(2, 1))), EAX(0) },
	{ READABLE, 1, true, CODE(RMPADJUST(TARGET, 0, LEVEL(2, 3))), EAX(FAIL_PERMISSION) },
	{ READABLE, 1, true, CODE(RMPADJUST(TARGET, 0, LEVEL(1, 1))), EAX(FAIL_PERMISSION) },
	{ READABLE, 1, true, CODE(RMPADJUST(TARGET, 0, LEVEL(0, 1))), EAX(FAIL_PERMISSION) },
	{ READABLE, 1, true, CODE(RMPADJUST(TARGET, 0, LEVEL(2, 1) | IS_VMSA)), EAX(FAIL_PERMISSION) },
	{ NEW, 0, false, CODE(RMPADJUST(TARGET, 0, LEVEL(1, 0xf))), VC(NOT_VALIDATED) },
	{ HOST, 0, false, CODE(RMPADJUST(TARGET, 0, LEVEL(1, 0xf))), FAULT(RMP_READ) },
	{ OTHER_ASID, 0, false, CODE(RMPADJUST(TARGET, 0, LEVEL(1, 0xf))), FAULT(RMP_READ) },
	{ BIG_NEW, 0, true, CODE(PVALIDATE(BIG_TARGET, 1, 1), RMPADJUST(BIG_TARGET, 1, LEVEL(1, 3))),
	  EAX(0) },
	{ BIG_NEW, 0, false,
	  CODE(PVALIDATE(BIG_TARGET, 1, 1), RMPADJUST(BIG_TARGET, 0, LEVEL(1, 3))),
	  FAULT(RMP_READ | NPF_SIZE) },
};

static void prepare(enum target target, uint64_t page)
{
	static const uint8_t permissions[] = { [READABLE] = 1, [WRITABLE] = 3, [EXECUTABLE] = 0xc };

	switch (target) {
	case HOST:
		break;
	case NEW:
		vcpu_assign(page, TARGET, VCPU_ASID, false);
		break;
	case VALID:
		vcpu_launch(page, TARGET, 0);
		break;
	case READABLE:
	case WRITABLE:
	case EXECUTABLE:
		vcpu_launch(page, TARGET, permissions[target]);
		break;
	case OTHER_ASID:
		vcpu_assign(page, TARGET, VCPU_ASID + 1, false);
		break;
	case OTHER_GPA:
		vcpu_assign(page, TARGET + 0x1000, VCPU_ASID, false);
		break;
	case IMMUTABLE:
		vcpu_assign(page, TARGET, VCPU_ASID, true);
		break;
	case OUTSIDE:
		page = 0x10000000000 - 0x1000;
		break;
	case BIG_NEW:
	case BIG_BY_SMALL:
		EXPECT(rmpupdate(BIG(1), BIG_TARGET, 1, 1, 0, VCPU_ASID), 0);
		break;
	case SMALL_BY_BIG:
		EXPECT(rmpupdate(BIG(1), 0, 0, 1, 0, 0), 0);
		vcpu_assign(BIG(1), BIG_TARGET, VCPU_ASID, false);
		break;
	}
	if (target == BIG_NEW || target == BIG_BY_SMALL || target == SMALL_BY_BIG)
		vcpu_map_big(BIG(1), target == BIG_BY_SMALL);
	else
		vcpu_map(page);
}

static void expect_row(long row, const char *what, uint64_t actual, uint64_t wanted)
{
	expect("row of rows[]", row, what, actual, wanted);
}

static void test_rows(void)
{
	vcpu_start("", 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct vcpu_exit exit;

		prepare(row->target, SPARE + 0x1000 * i);
		vcpu_set(0xca, &row->vmpl, sizeof(row->vmpl));
		exit = vcpu_run(row->code, sizeof(row->code));
		expect_row(i, "exit code", exit.code, row->exit);
		if (row->exit == VMEXIT_NPF)
			expect_row(i, "EXITINFO1", exit.info1, row->info1);
		else
			expect_row(i, "#VC's error code", exit.rbx, row->error);
		if (!row->answers)
			continue;
		expect_row(i, "EAX", exit.rax, row->rax);
		expect_row(i, "flags", exit.flags & (FLAG_CARRY | FLAG_ZERO), row->flags);
	}
}

/* What the guest's instructions leave in the table. */
static void test_entries(void)
{
	static const uint8_t validate[] = { PVALIDATE(TARGET, 0, 1) },
		adjust[] = { PVALIDATE(TARGET, 0, 1), RMPADJUST(TARGET, 0, LEVEL(2, 5) | IS_VMSA) },
		again[] = { RMPADJUST(TARGET, 0, LEVEL(2, 1)) },
		rescind[] = { PVALIDATE(TARGET, 0, 0) },
		big[] = { PVALIDATE(BIG_TARGET, 1, 1) };
	const uint64_t plain = 1 | TARGET | (uint64_t)VCPU_ASID << 51;
	uint64_t entry[2], valid;

	vcpu_start("", 0);
	prepare(NEW, SPARE);
	valid = machine_count_pages(VCPU_ASID, GUEST_VALID);
	EXPECT(machine_count_pages(VCPU_ASID, GUEST_INVALID), 1);
	vcpu_run(validate, sizeof(validate));
	rmp_entry(SPARE, entry);
	EXPECT(entry[0], plain | 1ULL << 62);
	EXPECT(entry[1], 0xf);
	EXPECT(machine_count_pages(VCPU_ASID, GUEST_VALID), valid + 1);
	EXPECT(machine_count_pages(VCPU_ASID, GUEST_INVALID), 0);
	vcpu_run(adjust, sizeof(adjust));
	rmp_entry(SPARE, entry);
	EXPECT(entry[0], plain | 3ULL << 61);
	EXPECT(entry[1], 0x05000f);
	vcpu_run(again, sizeof(again));
	rmp_entry(SPARE, entry);
	EXPECT(entry[0], plain | 1ULL << 62);
	EXPECT(entry[1], 0x01000f);
	vcpu_run(rescind, sizeof(rescind));
	rmp_entry(SPARE, entry);
	EXPECT(entry[0], plain);
	EXPECT(entry[1], 0x01000f);
	prepare(BIG_NEW, BIG(1));
	vcpu_run(big, sizeof(big));
	EXPECT(machine_count_pages(VCPU_ASID, GUEST_VALID), valid + 512);
	/* Smashed, they stay valid; updated, they do not. */
	EXPECT(psmash(BIG(1)), 0);
	EXPECT(machine_count_pages(VCPU_ASID, GUEST_VALID), valid + 512);
	EXPECT(rmpupdate(BIG(1) + 0x3000, BIG_TARGET + 0x3000, 1, 0, 0, VCPU_ASID), 0);
	EXPECT(machine_count_pages(VCPU_ASID, GUEST_VALID), valid + 511);
}

/* #VC's CR2, and the guest's address of a nested page fault, to the page. */
static void test_addresses(void)
{
	static const uint8_t code[] = { READ(TARGET + 0x321) };
	struct vcpu_exit exit;

	vcpu_start("", 0);
	prepare(NEW, SPARE);
	exit = vcpu_run(code, sizeof(code));
	EXPECT(exit.rbx, NOT_VALIDATED);
	EXPECT(exit.rdx, TARGET + 0x321);
	prepare(HOST, SPARE + 0x1000);
	exit = vcpu_run(code, sizeof(code));
	EXPECT(exit.code, VMEXIT_NPF);
	EXPECT(exit.info2 & ~0xfffULL, TARGET);
}

static uint64_t run_from(uint64_t vmsa)
{
	return vcpu_run_at(vmsa, "\x90", 1).code;
}

static void test_vmsa(void)
{
	static const uint8_t make_vmsa[] = { RMPADJUST(TARGET, 0, LEVEL(1, 0) | IS_VMSA) };
	const uint64_t snp = 1, unknown = 1ULL << 40 | 1, none = 0;
	uint8_t vmpl = 4;

	vcpu_start("", 0);
	EXPECT(run_from(VCPU_VMSA), VMEXIT_VMGEXIT);
	EXPECT(run_from(~0ULL), VMEXIT_INVALID);
	EXPECT(run_from(VCPU_VMSA + 8), VMEXIT_INVALID);
	/* The host's page, one that is none, another guest's; one that the guest has made one is. */
	vcpu_set(0x3b0, &snp, sizeof(snp));
	EXPECT(run_from(SPARE), VMEXIT_INVALID);
	prepare(VALID, SPARE);
	EXPECT(run_from(SPARE), VMEXIT_INVALID);
	prepare(OTHER_ASID, SPARE + 0x1000);
	EXPECT(run_from(SPARE + 0x1000), VMEXIT_INVALID);
	vcpu_map(SPARE);
	vcpu_run(make_vmsa, sizeof(make_vmsa));
	machine_write(SPARE + 0x3b0, &snp, sizeof(snp));
	EXPECT(run_from(SPARE), VMEXIT_INVALID);	/* its EFER is 0 */
	/* Its contents. */
	vcpu_set(0xca, &vmpl, sizeof(vmpl));
	EXPECT(run_from(VCPU_VMSA), VMEXIT_INVALID);
	vmpl = 0;
	vcpu_set(0xca, &vmpl, sizeof(vmpl));
	vcpu_set(0x3b0, &unknown, sizeof(unknown));
	EXPECT(run_from(VCPU_VMSA), VMEXIT_INVALID);
	/* A guest without SNP has its registers in a page of the host's. */
	vcpu_set(0x3b0, &none, sizeof(none));
	EXPECT(run_from(VCPU_VMSA), VMEXIT_INVALID);
	vcpu_set(0x3b0, &snp, sizeof(snp));
	EXPECT(run_from(VCPU_VMSA), VMEXIT_VMGEXIT);
}

const struct test snp_vcpu_tests[] = {
	{ "a SEV-SNP guest's accesses and instructions, row by row", test_rows },
	{ "what PVALIDATE and RMPADJUST leave in the RMP", test_entries },
	{ "addresses of a SEV-SNP guest's faults", test_addresses },
	{ "pages that VMRUN takes a SEV-SNP guest's registers from", test_vmsa },
	{ }
};
