// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the firmware's SEV-SNP guest commands.
 */
#include "snp_owner.h"
#include "snp_test.h"

#include <string.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define GPA		0x40000000ULL
#define OTHER		PAGE(1)
#define ASID		5

#define DEBUG		(1 << 19)

#define ZEROES			0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define START(gctx, policy)	SNP_LAUNCH_START, AT(gctx), policy, 0, 0, 0, 0, 0, 0, 0, 0, 0
#define UPDATE(type, page)	SNP_LAUNCH_UPDATE, AT(CTX), (type) << 1, 0, AT(page), 0, 0
#define FINISH(gctx)		SNP_LAUNCH_FINISH, AT(gctx), ZEROES

enum { INIT_STATE, LAUNCH_STATE, RUNNING_STATE };

static void start_init(const char *properties)
{
	start_snp(properties);
	snp_on();
	snp_init();
	give(OUTPUT);
}

/* A guest in that state, its context at @gctx; beyond INIT it has @asid. */
static void make_guest(uint64_t gctx, uint32_t policy, uint32_t asid, int state)
{
	give(gctx);
	OK(SNP_GCTX_CREATE, AT(gctx));
	if (state == INIT_STATE)
		return;
	OK(START(gctx, policy));
	OK(SNP_ACTIVATE, AT(gctx), asid);
	if (state == RUNNING_STATE)
		OK(FINISH(gctx));
}

static void assign(uint64_t page, uint64_t gpa, uint32_t asid)
{
	EXPECT(rmpupdate(page, gpa, 1, 0, 1, asid), 0);
}

struct __attribute__((packed)) guest_status {
	uint64_t policy;
	uint32_t asid;
	uint8_t state, reserved[3];
	uint32_t flags, reserved2[3];
};

static struct guest_status read_guest(uint64_t gctx)
{
	struct guest_status status;

	OK(SNP_GUEST_STATUS, AT(gctx), AT(OUTPUT));
	machine_read(OUTPUT, &status, sizeof(status));
	return status;
}

static void test_context(void)
{
	start_init("");
	EXPECT(CMD(SNP_GCTX_CREATE, AT(CTX)), INVALID_PAGE_STATE);
	EXPECT(CMD(SNP_GCTX_CREATE, AT(CTX + 8)), SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_GCTX_CREATE, (uint32_t)RMP_BASE, 1), SEV_RET_INVALID_PARAM);
	give(CTX);
	EXPECT(CMD(SNP_DECOMMISSION, AT(CTX)), SEV_RET_INVALID_GUEST);
	OK(SNP_GCTX_CREATE, AT(CTX));
	EXPECT(CMD(SNP_GCTX_CREATE, AT(CTX)), INVALID_PAGE_STATE);
	EXPECT(machine_count_pages(ANY_ASID, CONTEXT), 1);
	EXPECT(read_guest(CTX).state, INIT_STATE);
	EXPECT(rmpupdate(BIG(1), 0, 1, 1, 1, 0), 0);
	EXPECT(CMD(SNP_GCTX_CREATE, AT(BIG(1))), INVALID_PAGE_SIZE);
	OK(SNP_DECOMMISSION, AT(CTX));
	EXPECT(machine_count_pages(ANY_ASID, CONTEXT), 0);
	EXPECT(CMD(SNP_DECOMMISSION, AT(CTX)), SEV_RET_INVALID_GUEST);
	OK(SNP_PAGE_RECLAIM, AT(CTX));
	EXPECT(rmpupdate(CTX, 0, 0, 0, 0, 0), 0);
}

/* Each command with a page that is no context, and with a reserved bit. */
static void test_no_guest(void)
{
	static const uint32_t ids[] = {
		SNP_DECOMMISSION, SNP_ACTIVATE, SNP_GUEST_STATUS, SNP_LAUNCH_START,
		SNP_LAUNCH_UPDATE, SNP_LAUNCH_FINISH, SNP_DBG_DECRYPT, SNP_DBG_ENCRYPT, SNP_PAGE_MOVE,
	};

	start_init("");
	give(OTHER);
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		expect("hypervisor's page for command", ids[i], "status",
		       CMD(ids[i], AT(CTX), ZEROES), SEV_RET_INVALID_GUEST);
		expect("firmware's page for command", ids[i], "status",
		       CMD(ids[i], AT(OTHER), ZEROES), SEV_RET_INVALID_GUEST);
		expect("page of the RMP for command", ids[i], "status",
		       CMD(ids[i], (uint32_t)RMP_BASE, 1, ZEROES), SEV_RET_INVALID_PARAM);
		expect("crooked address for command", ids[i], "status",
		       CMD(ids[i], AT(OTHER + 16), ZEROES), SEV_RET_INVALID_PARAM);
		expect("page beyond the RMP for command", ids[i], "status",
		       CMD(ids[i], 0, 0x10000, ZEROES), SEV_RET_INVALID_GUEST);
	}
}

static void test_states(void)
{
	for (int state = INIT_STATE; state <= RUNNING_STATE; state++) {
		start_init("");
		make_guest(CTX, POLICY, ASID, state);
		assign(PAGE(4), GPA, ASID);
		EXPECT(read_guest(CTX).state, state);
		if (state != INIT_STATE)
			EXPECT(CMD(START(CTX, POLICY)), SEV_RET_INVALID_GUEST_STATE);
		if (state != LAUNCH_STATE) {
			EXPECT(CMD(UPDATE(NORMAL, PAGE(4))), SEV_RET_INVALID_GUEST_STATE);
			EXPECT(CMD(FINISH(CTX)), SEV_RET_INVALID_GUEST_STATE);
		}
		if (state == INIT_STATE)
			EXPECT(CMD(SNP_ACTIVATE, AT(CTX), ASID + 1), SEV_RET_INVALID_GUEST_STATE);
		EXPECT(read_guest(CTX).state, state);
	}
}

static void test_policy(void)
{
	static const struct { uint32_t low, high; int status; } rows[] = {
		{ 0x00000, 0, SEV_RET_POLICY_FAILURE }, { 0x10000, 0, SEV_RET_POLICY_FAILURE },
		{ 0x20000, 0, SEV_RET_SUCCESS }, { 0x30000, 0, SEV_RET_SUCCESS },
		{ 0x30137, 0, SEV_RET_SUCCESS }, { 0x30138, 0, SEV_RET_POLICY_FAILURE },
		{ 0x30200, 0, SEV_RET_POLICY_FAILURE }, { 0x300ff, 0, SEV_RET_SUCCESS },
		{ 0x1f0000, 0, SEV_RET_SUCCESS }, { 0x230000, 0, SEV_RET_POLICY_FAILURE },
		{ 0x430000, 0, SEV_RET_POLICY_FAILURE }, { 0x830000, 0, SEV_RET_POLICY_FAILURE },
		{ 0x1030000, 0, SEV_RET_POLICY_FAILURE }, { 0x2030000, 0, SEV_RET_POLICY_FAILURE },
		{ 0x30000, 1, SEV_RET_POLICY_FAILURE },
		{ 0x30000, 1U << 31, SEV_RET_POLICY_FAILURE },
	};

	start_init("");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		give(PAGE(10 + i));
		OK(SNP_GCTX_CREATE, AT(PAGE(10 + i)));
		expect("policy of row", i, "status",
		       CMD(SNP_LAUNCH_START, AT(PAGE(10 + i)), rows[i].low, rows[i].high,
			   0, 0, 0, 0, 0, 0, 0, 0), rows[i].status);
	}
	give(CTX);
	OK(SNP_GCTX_CREATE, AT(CTX));
	EXPECT(CMD(SNP_LAUNCH_START, AT(CTX), POLICY, 0, AT(0), 4, 0, 0, 0, 0, 0),
	       SEV_RET_INVALID_PARAM);
	/* A migration agent: a guest, and the policy must allow it. */
	EXPECT(CMD(SNP_LAUNCH_START, AT(CTX), POLICY | 1 << 18, 0, AT(OTHER), 1, 0, 0, 0, 0, 0),
	       SEV_RET_INVALID_GUEST);
	EXPECT(CMD(SNP_LAUNCH_START, AT(CTX), POLICY, 0, AT(PAGE(12)), 1, 0, 0, 0, 0, 0),
	       SEV_RET_POLICY_FAILURE);
	OK(SNP_LAUNCH_START, AT(CTX), POLICY | 1 << 18, 0, AT(PAGE(12)), 1, 0, 0, 0, 0, 0);
	EXPECT(read_guest(CTX).policy, POLICY | 1 << 18);
	/* RAPL_DIS, where SNP_INIT_EX has asked for it. */
	start_snp("");
	snp_on();
	OK(SNP_INIT_EX, 1 | 4, 0, ZEROES);
	make_guest(CTX, POLICY, 0, INIT_STATE);
	OK(START(CTX, POLICY | 1 << 23));
}

static void test_asids(void)
{
	start_init("max-asid=12,min-sev-asid=6");
	make_guest(CTX, POLICY, ASID, LAUNCH_STATE);
	EXPECT(read_guest(CTX).asid, ASID);
	EXPECT(CMD(SNP_ACTIVATE, AT(CTX), 4), SEV_RET_ACTIVE);
	give(OTHER);
	OK(SNP_GCTX_CREATE, AT(OTHER));
	OK(START(OTHER, POLICY));
	EXPECT(CMD(SNP_ACTIVATE, AT(OTHER), 0), SEV_RET_INVALID_ASID);
	EXPECT(CMD(SNP_ACTIVATE, AT(OTHER), 6), SEV_RET_INVALID_ASID);
	EXPECT(CMD(SNP_ACTIVATE, AT(OTHER), 13), SEV_RET_INVALID_ASID);
	EXPECT(CMD(SNP_ACTIVATE, AT(OTHER), 5000), SEV_RET_INVALID_ASID);
	EXPECT(CMD(SNP_ACTIVATE, AT(OTHER), ASID), SEV_RET_ASID_OWNED);
	/* An ASID that has pages is nobody's to begin with. */
	assign(PAGE(9), GPA, 4);
	EXPECT(CMD(SNP_ACTIVATE, AT(OTHER), 4), SEV_RET_INAVLID_CONFIG);
	OK(SNP_PAGE_RECLAIM, AT(PAGE(9)));
	EXPECT(rmpupdate(PAGE(9), 0, 0, 0, 0, 0), 0);
	OK(SNP_ACTIVATE, AT(OTHER), 4);
	/* A used one waits for a flush. */
	OK(SNP_DECOMMISSION, AT(CTX));
	OK(SNP_GCTX_CREATE, AT(CTX));
	OK(START(CTX, POLICY));
	EXPECT(CMD(SNP_ACTIVATE, AT(CTX), ASID), SEV_RET_DFFLUSH_REQUIRED);
	OK(SNP_DF_FLUSH);
	OK(SNP_ACTIVATE, AT(CTX), ASID);
	/* No shutdown with guests, and a flush does not help. */
	OK(SNP_DF_FLUSH);
	EXPECT(CMD(SNP_SHUTDOWN_EX, 8, 1), SEV_RET_DFFLUSH_REQUIRED);
	OK(SNP_DECOMMISSION, AT(CTX));
	OK(SNP_DECOMMISSION, AT(OTHER));
	OK(DF_FLUSH);
	OK(SNP_SHUTDOWN_EX, 8, 1);
}

static void test_both_kinds(void)
{
	start_init("max-asid=12,min-sev-asid=6");
	for (int i = 0; i < 512; i++)
		give(TMR + 0x1000 * i);
	OK(INIT, 1, 0, AT(TMR), 0x200000);
	give(COMMAND_BUFFER);
	make_guest(CTX, POLICY, ASID, RUNNING_STATE);
	/* A SEV-ES guest wants its ASID from the same pool. */
	OK(LAUNCH_START, 0, ES, AT(0), 0, 0, AT(0), 0);
	EXPECT(CMD(ACTIVATE, 1, ASID), SEV_RET_ASID_OWNED);
	OK(ACTIVATE, 1, 3);
	make_guest(OTHER, POLICY, 0, INIT_STATE);
	OK(START(OTHER, POLICY));
	EXPECT(CMD(SNP_ACTIVATE, AT(OTHER), 3), SEV_RET_ASID_OWNED);
	/* The legacy side's end is not that of SNP guests. */
	OK(SHUTDOWN);
	EXPECT(read_guest(CTX).asid, ASID);
	EXPECT(CMD(SNP_ACTIVATE, AT(OTHER), ASID), SEV_RET_ASID_OWNED);
}

static void test_without_es(void)
{
	start_init("tcb=0xd51b000000000004");
	for (int i = 0; i < 512; i++)
		give(TMR + 0x1000 * i);
	OK(INIT, 1, 0, AT(TMR), 0x200000);
	give(COMMAND_BUFFER);
	EXPECT(CMD(LAUNCH_START, 0, ES, AT(0), 0, 0, AT(0), 0), SEV_RET_UNSUPPORTED);
	OK(LAUNCH_START, 0, 0, AT(0), 0, 0, AT(0), 0);
	/* Without SNP nothing is refused. */
	start_ready("tcb=0xd51b000000000004");
	OK(LAUNCH_START, 0, ES, AT(0), 0, 0, AT(0), 0);
}

static void test_hiding(void)
{
	start_snp("ciphertext-hiding=on,min-sev-asid=6");
	snp_on();
	EXPECT(CMD(SNP_INIT_EX, 1 | 8, 0, AT(0), 0, ZEROES), SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_INIT_EX, 1 | 8, 0, AT(0), 6, ZEROES), SEV_RET_INVALID_PARAM);
	OK(SNP_INIT_EX, 1 | 8, 0, AT(0), 3, ZEROES);
	OK(SNP_DF_FLUSH);
	give(CTX);
	OK(SNP_GCTX_CREATE, AT(CTX));
	OK(START(CTX, POLICY | 1 << 24));
	EXPECT(CMD(SNP_ACTIVATE, AT(CTX), 4), SEV_RET_INVALID_ASID);
	OK(SNP_ACTIVATE, AT(CTX), 3);
	start_snp("min-sev-asid=6");
	snp_on();
	EXPECT(CMD(SNP_INIT_EX, 1 | 8, 0, AT(0), 3, ZEROES), SEV_RET_INVALID_PARAM);
}

static void test_update(void)
{
	uint64_t entry[2];

	start_init("");
	give(CTX);
	OK(SNP_GCTX_CREATE, AT(CTX));
	OK(START(CTX, POLICY));
	assign(PAGE(4), GPA, ASID);
	EXPECT(CMD(UPDATE(NORMAL, PAGE(4))), SEV_RET_INACTIVE);
	OK(SNP_PAGE_RECLAIM, AT(PAGE(4)));
	EXPECT(rmpupdate(PAGE(4), 0, 0, 0, 0, 0), 0);
	OK(SNP_ACTIVATE, AT(CTX), ASID);
	EXPECT(CMD(UPDATE(NORMAL, PAGE(4))), INVALID_PAGE_STATE);
	EXPECT(rmpupdate(PAGE(4), GPA, 1, 0, 0, ASID), 0);
	EXPECT(CMD(UPDATE(NORMAL, PAGE(4))), INVALID_PAGE_STATE);
	assign(PAGE(4), GPA, ASID + 1);
	EXPECT(CMD(UPDATE(NORMAL, PAGE(4))), INVALID_PAGE_OWNER);
	OK(SNP_PAGE_RECLAIM, AT(PAGE(4)));
	assign(PAGE(4), GPA, ASID);
	for (int type = 0; type < 8; type++)
		if (type < NORMAL || type > CPUID)
			EXPECT(CMD(UPDATE(type, PAGE(4))), SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_LAUNCH_UPDATE, AT(CTX), NORMAL << 1 | 1 << 5, 0, AT(PAGE(4)), 0, 0),
	       SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_LAUNCH_UPDATE, AT(CTX), NORMAL << 1, 1, AT(PAGE(4)), 0, 0),
	       SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_LAUNCH_UPDATE, AT(CTX), NORMAL << 1, 0, AT(PAGE(4) + 16), 0, 0),
	       SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_LAUNCH_UPDATE, AT(CTX), NORMAL << 1, 0, AT(PAGE(4)), 1, 0),
	       SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_LAUNCH_UPDATE, AT(CTX), NORMAL << 1, 0, AT(PAGE(4)), 0, 1),
	       SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_LAUNCH_UPDATE, AT(CTX), NORMAL << 1 | 1, 0, AT(PAGE(4)), 0, 0),
	       INVALID_PAGE_SIZE);
	EXPECT(CMD(SNP_LAUNCH_UPDATE, AT(CTX), NORMAL << 1, 0, (uint32_t)RMP_BASE, 1, 0, 0),
	       SEV_RET_INVALID_PARAM);
	OK(SNP_LAUNCH_UPDATE, AT(CTX), NORMAL << 1, 0, AT(PAGE(4)), 0x03020100, 0);
	rmp_entry(PAGE(4), entry);
	EXPECT(entry[0], 1LL << 62 | 1 | GPA | (uint64_t)ASID << 51);
	EXPECT(entry[1], 0x0302010f);
	EXPECT(CMD(UPDATE(NORMAL, PAGE(4))), INVALID_PAGE_STATE);
	assign(PAGE(5), 0xfffffffff000ULL, ASID);
	OK(UPDATE(VMSA, PAGE(5)));
	rmp_entry(PAGE(5), entry);
	EXPECT(entry[0] >> 61, 3);
	EXPECT(machine_count_pages(ASID, GUEST_VALID), 2);
	EXPECT(rmpupdate(BIG(1), GPA, 1, 1, 1, ASID), 0);
	EXPECT(CMD(SNP_LAUNCH_UPDATE, AT(CTX), VMSA << 1 | 1, 0, AT(BIG(1)), 0, 0),
	       INVALID_PAGE_SIZE);
	EXPECT(CMD(UPDATE(NORMAL, BIG(1))), INVALID_PAGE_SIZE);
	OK(SNP_LAUNCH_UPDATE, AT(CTX), NORMAL << 1 | 1, 0, AT(BIG(1)), 0, 0);
	EXPECT(machine_count_pages(ASID, GUEST_VALID), 514);
}

static void test_contents(void)
{
	static uint8_t page[4096], before[4096];
	uint32_t *words = (uint32_t *)page;

	start_init("");
	make_guest(CTX, POLICY, ASID, LAUNCH_STATE);
	memset(page, 0xa5, sizeof(page));
	machine_write(PAGE(4), page, sizeof(page));
	machine_write(PAGE(5), page, sizeof(page));
	assign(PAGE(4), GPA, ASID);
	assign(PAGE(5), GPA + 0x1000, ASID);
	assign(PAGE(6), GPA + 0x2000, ASID);
	OK(UPDATE(ZERO, PAGE(4)));
	machine_read(PAGE(4), page, sizeof(page));
	memset(before, 0, sizeof(before));
	EXPECT_SAME(page, before, sizeof(page));
	OK(UPDATE(SECRETS, PAGE(5)));
	machine_read(PAGE(5), page, sizeof(page));
	EXPECT(words[0], 3);
	EXPECT(!memcmp(page + 0x20, before, 32), 0);
	EXPECT(!memcmp(page + 0x20, page + 0x40, 32), 0);
	EXPECT_SAME(page + 0xa0, before, sizeof(page) - 0xa0);
	/* A CPUID page: its form. */
	memset(page, 0, sizeof(page));
	words[0] = 65;
	machine_write(PAGE(6), page, sizeof(page));
	EXPECT(CMD(UPDATE(CPUID, PAGE(6))), SEV_RET_INVALID_PARAM);
	words[0] = 2;
	words[1] = 1;
	machine_write(PAGE(6), page, sizeof(page));
	EXPECT(CMD(UPDATE(CPUID, PAGE(6))), SEV_RET_INVALID_PARAM);
	words[1] = 0;
	words[4 + 12 + 10] = 1;		/* reserved, in the second entry */
	machine_write(PAGE(6), page, sizeof(page));
	EXPECT(CMD(UPDATE(CPUID, PAGE(6))), SEV_RET_INVALID_PARAM);
	words[4 + 12 + 10] = 0;
	machine_write(PAGE(6), page, sizeof(page));
	OK(UPDATE(CPUID, PAGE(6)));
	machine_read(PAGE(6), before, sizeof(before));
	EXPECT_SAME(page, before, sizeof(page));
}

static void test_finish(void)
{
	start_init("");
	give(CTX);
	OK(SNP_GCTX_CREATE, AT(CTX));
	OK(START(CTX, POLICY));
	EXPECT(CMD(FINISH(CTX)), SEV_RET_INACTIVE);
	OK(SNP_ACTIVATE, AT(CTX), ASID);
	EXPECT(CMD(SNP_LAUNCH_FINISH, AT(CTX), AT(0), AT(0), 8, 0, ZEROES), SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_LAUNCH_FINISH, AT(CTX), AT(0), AT(0), 0, 1, ZEROES), SEV_RET_INVALID_PARAM);
	OK(SNP_LAUNCH_FINISH, AT(CTX), AT(0), AT(0), 4, 0, ZEROES);
	EXPECT(read_guest(CTX).state, RUNNING_STATE);
	EXPECT(read_guest(CTX).flags, 1);
	EXPECT(CMD(SNP_GUEST_STATUS, AT(CTX), AT(OUTPUT + 0xff0)), SEV_RET_INVALID_PARAM);
	EXPECT(CMD(SNP_GUEST_STATUS, AT(CTX), AT(DATA)), INVALID_PAGE_STATE);
	/* An incoming migration image is finished by its agent alone. */
	give(OTHER);
	OK(SNP_GCTX_CREATE, AT(OTHER));
	OK(SNP_LAUNCH_START, AT(OTHER), POLICY, 0, AT(0), 2, 0, 0, 0, 0, 0);
	OK(SNP_ACTIVATE, AT(OTHER), ASID + 1);
	EXPECT(CMD(FINISH(OTHER)), SEV_RET_INVALID_GUEST_STATE);
}

/* The launch that snp_owner.h is about: a page of each type. */
static void launch(void)
{
	static uint8_t page[4096];

	make_guest(CTX, POLICY, ASID, LAUNCH_STATE);
	for (int type = NORMAL; type <= CPUID; type++) {
		uint64_t at = PAGE(3 + type);

		for (size_t i = 0; i < sizeof(page); i++)
			page[i] = type == NORMAL ? i * 7 + 3 : type == VMSA ? i * 5 + 1 : 0;
		machine_write(at, page, sizeof(page));
		assign(at, type == VMSA ? 0xfffffffff000ULL : GPA + 0x1000 * (type - 1), ASID);
		OK(SNP_LAUNCH_UPDATE, AT(CTX), type << 1, 0, AT(at),
		   type == CPUID ? 0x03020100 : 0, 0);
	}
}

struct __attribute__((packed)) id_block {
	uint8_t digest[48], family[16], image[16];
	uint32_t version, svn;
	uint64_t policy;
};

struct id_auth {
	uint32_t id_algo, author_algo;
	uint8_t reserved[0x38], block_signature[0x200], id_key[0x404], reserved2[0x3c];
	uint8_t key_signature[0x200], author_key[0x404], reserved3[0x37c];
};

#define FINISH_BY(flags)	SNP_LAUNCH_FINISH, AT(CTX), AT(DATA), AT(DATA + 0x1000), flags, 0, \
				0, 0, 0, 0, 0, 0, 0, 0

static void write_owner(const struct id_block *block, const struct id_auth *auth)
{
	machine_write(DATA, block, sizeof(*block));
	machine_write(DATA + 0x1000, auth, sizeof(*auth));
}

static void test_id_block(void)
{
	struct id_block block = { .version = 1, .svn = 7, .policy = POLICY }, wrong_block;
	struct id_auth auth = { .id_algo = 1, .author_algo = 1 }, wrong_auth;

	memcpy(block.digest, launch_digest, sizeof(block.digest));
	for (int i = 0; i < 16; i++) {
		block.family[i] = i;
		block.image[i] = 16 + i;
	}
	memcpy(auth.block_signature, id_block_signature, sizeof(id_block_signature));
	memcpy(auth.id_key, id_key, sizeof(id_key));
	memcpy(auth.key_signature, id_key_signature, sizeof(id_key_signature));
	memcpy(auth.author_key, author_key, sizeof(author_key));
	start_init("");
	launch();
	wrong_block = block;
	wrong_block.digest[47] ^= 1;
	write_owner(&wrong_block, &auth);
	EXPECT(CMD(FINISH_BY(1)), SEV_RET_BAD_MEASUREMENT);
	wrong_block = block;
	wrong_block.policy ^= 1;
	write_owner(&wrong_block, &auth);
	EXPECT(CMD(FINISH_BY(1)), SEV_RET_POLICY_FAILURE);
	wrong_auth = auth;
	wrong_auth.id_algo = 2;
	write_owner(&block, &wrong_auth);
	EXPECT(CMD(FINISH_BY(1)), SEV_RET_INVALID_PARAM);
	wrong_auth = auth;
	wrong_auth.author_algo = 0;
	write_owner(&block, &wrong_auth);
	EXPECT(CMD(FINISH_BY(3)), SEV_RET_INVALID_PARAM);
	wrong_block = block;
	wrong_block.svn++;
	write_owner(&wrong_block, &auth);
	EXPECT(CMD(FINISH_BY(1)), SEV_RET_BAD_SIGNATURE);
	wrong_auth = auth;
	wrong_auth.block_signature[0] ^= 1;
	write_owner(&block, &wrong_auth);
	EXPECT(CMD(FINISH_BY(1)), SEV_RET_BAD_SIGNATURE);
	wrong_auth = auth;
	wrong_auth.id_key[4] ^= 1;		/* not on the curve */
	write_owner(&block, &wrong_auth);
	EXPECT(CMD(FINISH_BY(1)), SEV_RET_BAD_SIGNATURE);
	wrong_auth = auth;
	wrong_auth.id_key[0] = 1;		/* another curve */
	write_owner(&block, &wrong_auth);
	EXPECT(CMD(FINISH_BY(1)), SEV_RET_BAD_SIGNATURE);
	wrong_auth = auth;
	wrong_auth.key_signature[72] ^= 1;
	write_owner(&block, &wrong_auth);
	EXPECT(CMD(FINISH_BY(3)), SEV_RET_BAD_SIGNATURE);
	write_owner(&block, &auth);
	EXPECT(CMD(SNP_LAUNCH_FINISH, AT(CTX), AT(NOWHERE), AT(DATA), 1, 0, 0, 0, 0, 0, 0, 0, 0, 0),
	       SEV_RET_INVALID_ADDRESS);
	EXPECT(read_guest(CTX).state, LAUNCH_STATE);
	OK(FINISH_BY(3));
	EXPECT(read_guest(CTX).state, RUNNING_STATE);
}

static void test_debug(void)
{
	uint8_t page[4096], seen[4096];

	start_init("");
	make_guest(CTX, POLICY | DEBUG, ASID, LAUNCH_STATE);
	make_guest(OTHER, POLICY, ASID + 1, LAUNCH_STATE);
	memset(page, 0x3c, sizeof(page));
	machine_write(PAGE(4), page, sizeof(page));
	assign(PAGE(4), GPA, ASID);
	OK(UPDATE(NORMAL, PAGE(4)));
	assign(PAGE(5), GPA, ASID + 1);
	EXPECT(CMD(SNP_DBG_DECRYPT, AT(CTX), AT(PAGE(4)), AT(PAGE(6))), INVALID_PAGE_STATE);
	give(PAGE(6));
	OK(SNP_DBG_DECRYPT, AT(CTX), AT(PAGE(4)), AT(PAGE(6)));
	machine_read(PAGE(6), seen, sizeof(seen));
	EXPECT_SAME(page, seen, sizeof(page));
	EXPECT(CMD(SNP_DBG_DECRYPT, AT(CTX), AT(PAGE(6)), AT(PAGE(6))), INVALID_PAGE_STATE);
	EXPECT(CMD(SNP_DBG_DECRYPT, AT(CTX), AT(PAGE(5)), AT(PAGE(6))), INVALID_PAGE_OWNER);
	EXPECT(CMD(SNP_DBG_DECRYPT, AT(OTHER), AT(PAGE(5)), AT(PAGE(6))), SEV_RET_POLICY_FAILURE);
	EXPECT(CMD(SNP_DBG_DECRYPT, AT(CTX), AT(PAGE(4) + 1), AT(PAGE(6))), SEV_RET_INVALID_PARAM);
	memset(page, 0x77, sizeof(page));
	machine_write(PAGE(7), page, sizeof(page));
	OK(SNP_DBG_ENCRYPT, AT(CTX), AT(PAGE(7)), AT(PAGE(4)));
	machine_read(PAGE(4), seen, sizeof(seen));
	EXPECT_SAME(page, seen, sizeof(page));
	EXPECT(CMD(SNP_DBG_ENCRYPT, AT(CTX), AT(PAGE(7)), AT(PAGE(5))), INVALID_PAGE_OWNER);
	EXPECT(CMD(SNP_DBG_ENCRYPT, AT(CTX), AT(PAGE(7)), AT(PAGE(6))), INVALID_PAGE_STATE);
}

static void test_move(void)
{
	uint64_t entry[2];

	start_init("");
	make_guest(CTX, POLICY, ASID, LAUNCH_STATE);
	machine_write(PAGE(4), "moved", 6);
	assign(PAGE(4), GPA, ASID);
	EXPECT(CMD(SNP_PAGE_MOVE, AT(CTX), 0, 0, AT(PAGE(4)), AT(PAGE(5))),
	       INVALID_PAGE_STATE);
	assign(PAGE(5), GPA + 0x9000, ASID);
	assign(PAGE(6), GPA, ASID + 1);
	EXPECT(CMD(SNP_PAGE_MOVE, AT(CTX), 0, 0, AT(PAGE(4)), AT(PAGE(6))), INVALID_PAGE_OWNER);
	EXPECT(CMD(SNP_PAGE_MOVE, AT(CTX), 1, 0, AT(PAGE(4)), AT(PAGE(5))), INVALID_PAGE_SIZE);
	EXPECT(CMD(SNP_PAGE_MOVE, AT(CTX), 2, 0, AT(PAGE(4)), AT(PAGE(5))), SEV_RET_INVALID_PARAM);
	OK(SNP_PAGE_MOVE, AT(CTX), 0, 0, AT(PAGE(4)), AT(PAGE(5)));
	rmp_entry(PAGE(5), entry);
	EXPECT(entry[0], 1 | GPA | (uint64_t)ASID << 51);
	EXPECT(machine_count_pages(ASID, GUEST_INVALID), 2);
}

const struct test snp_guest_tests[] = {
	{ "an SNP guest's context page", test_context },
	{ "SNP guest commands without a guest", test_no_guest },
	{ "SNP guest commands in every wrong guest state", test_states },
	{ "SNP policies", test_policy },
	{ "SNP_ACTIVATE and ASIDs", test_asids },
	{ "SNP guests beside SEV-ES guests", test_both_kinds },
	{ "a firmware that refuses SEV-ES guests beside SNP", test_without_es },
	{ "ASIDs where ciphertext is hidden", test_hiding },
	{ "SNP_LAUNCH_UPDATE and its pages", test_update },
	{ "zero, secrets and CPUID pages", test_contents },
	{ "SNP_LAUNCH_FINISH and SNP_GUEST_STATUS", test_finish },
	{ "the launch digest and the ID block, by other software", test_id_block },
	{ "SNP_DBG_DECRYPT and SNP_DBG_ENCRYPT", test_debug },
	{ "SNP_PAGE_MOVE", test_move },
	{ }
};
