// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the firmware's command buffers say. The expectations are written down from the
 * specifications (55766; SEV-SNP 56860), not from the table under test.
 */
#include <kunit/test.h>

#include "../psp_command.c"

#define HANDLE_VALUE	0x1234
#define BYTES		0x5000

/* Each of these buffers begins with the handle. */
static const struct expected {
	u32 command;
	int state;		/* after success; negative: as before */
	size_t length_at;	/* 0: it has none */
} expected[] = {
	{ SEV_CMD_DECOMMISSION, SEVADM_VM_STATE_INIT, 0 },
	{ SEV_CMD_ACTIVATE, -1, 0 },
	{ SEV_CMD_DEACTIVATE, -1, 0 },
	{ SEV_CMD_GUEST_STATUS, -1, 0 },
	{ SEV_CMD_LAUNCH_START, SEVADM_VM_STATE_LUPDATE, 0 },
	{ SEV_CMD_LAUNCH_UPDATE_DATA, -1, 0x10 },
	{ SEV_CMD_LAUNCH_UPDATE_VMSA, -1, 0x10 },
	{ SEV_CMD_LAUNCH_MEASURE, SEVADM_VM_STATE_LSECRET, 0x10 },
	{ SEV_CMD_LAUNCH_UPDATE_SECRET, -1, 0x20 },
	{ SEV_CMD_LAUNCH_FINISH, SEVADM_VM_STATE_RUNNING, 0 },
	{ SEV_CMD_ATTESTATION_REPORT, -1, 0x20 },
	{ SEV_CMD_SEND_START, SEVADM_VM_STATE_SUPDATE, 0 },
	{ SEV_CMD_SEND_UPDATE_DATA, -1, 0x20 },
	/* Linux, which never sends it, leaves out a reserved word that the specification has. */
	{ SEV_CMD_SEND_UPDATE_VMSA, -1, offsetof(struct sev_data_send_update_vmsa, guest_len) },
	{ SEV_CMD_SEND_FINISH, SEVADM_VM_STATE_SENT, 0 },
	{ SEV_CMD_SEND_CANCEL, SEVADM_VM_STATE_RUNNING, 0 },
	{ SEV_CMD_RECEIVE_START, SEVADM_VM_STATE_RUPDATE, 0 },
	{ SEV_CMD_RECEIVE_UPDATE_DATA, -1, 0x20 },
	{ SEV_CMD_RECEIVE_UPDATE_VMSA, -1, 0x20 },
	{ SEV_CMD_RECEIVE_FINISH, SEVADM_VM_STATE_RUNNING, 0 },
	{ SEV_CMD_DBG_DECRYPT, -1, 0x18 },
	{ SEV_CMD_DBG_ENCRYPT, -1, 0x18 },
};

static void expected_name(const struct expected *e, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "command %#x", e->command);
}

KUNIT_ARRAY_PARAM(expected, expected, expected_name);

static void psp_decodes_the_guest(struct kunit *test)
{
	const struct expected *e = test->param_value;
	struct sevadm_psp_guest guest;
	u8 buffer[256] = {};

	*(u32 *)buffer = HANDLE_VALUE;
	*(u32 *)(buffer + e->length_at) = e->length_at ? BYTES : HANDLE_VALUE;
	sevadm_psp_decode(e->command, buffer, &guest);
	KUNIT_EXPECT_TRUE(test, guest.known & SEVADM_KNOWN_HANDLE);
	KUNIT_EXPECT_EQ(test, guest.handle, HANDLE_VALUE);
	KUNIT_EXPECT_EQ(test, !!(guest.known & SEVADM_KNOWN_BYTES), !!e->length_at);
	KUNIT_EXPECT_EQ(test, guest.bytes, e->length_at ? BYTES : 0);
	KUNIT_EXPECT_EQ(test, !!(guest.known & SEVADM_KNOWN_ASID), e->command == SEV_CMD_ACTIVATE);
}

static void psp_leads_to_the_state(struct kunit *test)
{
	const struct expected *e = test->param_value;
	struct sevadm_psp_guest guest;

	sevadm_psp_decode(e->command, NULL, &guest);
	KUNIT_EXPECT_EQ(test, guest.state < 0 ? -1 : guest.state, e->state);
}

static void psp_decodes_policies(struct kunit *test)
{
	struct sev_data_launch_start launch = { .handle = HANDLE_VALUE, .policy = 0x5 };
	struct sev_data_receive_start receive = { .handle = HANDLE_VALUE, .policy = 0x105 };
	struct sev_data_send_start send = { .handle = HANDLE_VALUE, .policy = 0x20005 };
	struct sevadm_psp_guest guest;

	sevadm_psp_decode(SEV_CMD_LAUNCH_START, &launch, &guest);
	KUNIT_EXPECT_TRUE(test, guest.known & SEVADM_KNOWN_POLICY);
	KUNIT_EXPECT_EQ(test, guest.policy, 0x5);
	sevadm_psp_decode(SEV_CMD_RECEIVE_START, &receive, &guest);
	KUNIT_EXPECT_EQ(test, guest.policy, 0x105);
	sevadm_psp_decode(SEV_CMD_SEND_START, &send, &guest);
	KUNIT_EXPECT_EQ(test, guest.policy, 0x20005);
}

static void psp_decodes_the_asid(struct kunit *test)
{
	struct sev_data_activate activate = { .handle = HANDLE_VALUE, .asid = 509 };
	struct sevadm_psp_guest guest;

	sevadm_psp_decode(SEV_CMD_ACTIVATE, &activate, &guest);
	KUNIT_EXPECT_EQ(test, guest.asid, 509);
}

/* Each of these buffers begins with the address of the guest's context page. */
static const struct snp {
	u32 command;
	int state;
	enum sevadm_psp_effect effect;
	u32 known;
} snps[] = {
	{ 0x90, SEVADM_VM_STATE_INIT, SEVADM_PSP_ENDED, 0 },	/* SNP_DECOMMISSION */
	{ 0x91, -1, SEVADM_PSP_BOUND, SEVADM_KNOWN_ASID },	/* SNP_ACTIVATE */
	{ 0x92, -1, SEVADM_PSP_NO_EFFECT, 0 },			/* SNP_GUEST_STATUS */
	{ 0x93, -1, SEVADM_PSP_NO_EFFECT, 0 },			/* SNP_GCTX_CREATE */
	{ 0x94, -1, SEVADM_PSP_NO_EFFECT, 0 },			/* SNP_GUEST_REQUEST */
	{ 0xa0, SEVADM_VM_STATE_LAUNCH, SEVADM_PSP_NO_EFFECT, SEVADM_KNOWN_POLICY },
	/* SNP_LAUNCH_UPDATE */
	{ 0xa1, -1, SEVADM_PSP_NO_EFFECT, SEVADM_KNOWN_BYTES | SEVADM_KNOWN_KIND },
	{ 0xa2, SEVADM_VM_STATE_RUNNING, SEVADM_PSP_NO_EFFECT, 0 },
	{ 0xb0, -1, SEVADM_PSP_NO_EFFECT, 0 },			/* SNP_DBG_DECRYPT */
	{ 0xb1, -1, SEVADM_PSP_NO_EFFECT, 0 },			/* SNP_DBG_ENCRYPT */
};

static void snp_name(const struct snp *s, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "command %#x", s->command);
}

KUNIT_ARRAY_PARAM(snp, snps, snp_name);

/* No part of the address may be taken for a handle, which user space is shown. */
static void psp_decodes_snp(struct kunit *test)
{
	const struct snp *s = test->param_value;
	const u64 gctx = 0x8000123456000;
	struct sevadm_psp_guest guest;
	u8 buffer[256];

	memset(buffer, 0xff, sizeof(buffer));
	memcpy(buffer, &gctx, sizeof(gctx));
	sevadm_psp_decode(s->command, buffer, &guest);
	KUNIT_EXPECT_EQ(test, guest.gctx, gctx);
	KUNIT_EXPECT_EQ(test, guest.known, s->known);
	KUNIT_EXPECT_EQ(test, guest.handle, 0);
	KUNIT_EXPECT_EQ(test, guest.state < 0 ? -1 : guest.state, s->state);
	KUNIT_EXPECT_EQ(test, guest.effect, s->effect);
	KUNIT_EXPECT_FALSE(test, sevadm_psp_asks_length(s->command, buffer));
	/* Only a guest's request has a message, whose kind is not in the buffer. */
	KUNIT_EXPECT_EQ(test, guest.message, s->command == 0x94 ? U64_MAX : 0);
}

/* 56860, SNP_LAUNCH_UPDATE: bit 0 is the size, bits 3 to 1 are the type, bit 4 is IMI_PAGE. */
static void psp_decodes_page_types(struct kunit *test)
{
	struct sevadm_psp_guest guest;
	u8 buffer[256];
	u32 type;

	for (type = 0; type < 8; type++) {
		memset(buffer, 0xff, sizeof(buffer));
		buffer[8] = 0xf1 | type << 1;
		sevadm_psp_decode(0xa1, buffer, &guest);
		KUNIT_EXPECT_EQ(test, guest.kind, type);
		KUNIT_EXPECT_EQ(test, guest.bytes, SZ_2M);
	}
}

#ifdef SEVADM_HAVE_SEV_CMD_SNP
static void psp_decodes_snp_fields(struct kunit *test)
{
	struct sev_data_snp_launch_start launch = { .gctx_paddr = 0x1000,
						    .policy = 0x1000000030000 };
	struct sev_data_snp_activate activate = { .gctx_paddr = 0x1000, .asid = 4 };
	struct sev_data_snp_launch_update update = {
		.gctx_paddr = 0x1000, .page_type = 7, .imi_page = 1, .address = U64_MAX };
	struct sev_data_snp_addr address = { .address = 0x2000 };
	struct sevadm_psp_guest guest;

	sevadm_psp_decode(SEV_CMD_SNP_LAUNCH_START, &launch, &guest);
	KUNIT_EXPECT_EQ(test, guest.policy, launch.policy);
	sevadm_psp_decode(SEV_CMD_SNP_ACTIVATE, &activate, &guest);
	KUNIT_EXPECT_EQ(test, guest.asid, 4);
	KUNIT_EXPECT_EQ(test, guest.gctx, 0x1000);
	sevadm_psp_decode(SEV_CMD_SNP_LAUNCH_UPDATE, &update, &guest);
	KUNIT_EXPECT_EQ(test, guest.bytes, SZ_4K);
	KUNIT_EXPECT_EQ(test, guest.kind, 7);
	update.page_size = 1;
	sevadm_psp_decode(SEV_CMD_SNP_LAUNCH_UPDATE, &update, &guest);
	KUNIT_EXPECT_EQ(test, guest.bytes, SZ_2M);
	sevadm_psp_decode(SEV_CMD_SNP_DECOMMISSION, &address, &guest);
	KUNIT_EXPECT_EQ(test, guest.gctx, 0x2000);
}
#endif

/* Only these change who a guest is. */
static void psp_knows_effects(struct kunit *test)
{
	struct sevadm_psp_guest guest;
	u32 command;

	for (command = 0; command < 0x200; command++) {
		enum sevadm_psp_effect expected =
			command == SEV_CMD_ACTIVATE || command == 0x91 ? SEVADM_PSP_BOUND :
			command == SEV_CMD_DECOMMISSION || command == 0x90 ? SEVADM_PSP_ENDED :
			SEVADM_PSP_NO_EFFECT;

		sevadm_psp_decode(command, NULL, &guest);
		KUNIT_EXPECT_EQ_MSG(test, guest.effect, expected, "command %#x", command);
	}
}

/* The firmware's names begin at 1: a LAUNCH_START that failed has given none. */
static void psp_no_handle_is_none(struct kunit *test)
{
	struct sev_data_launch_start launch = { .policy = 0x5 };
	struct sevadm_psp_guest guest;

	sevadm_psp_decode(SEV_CMD_LAUNCH_START, &launch, &guest);
	KUNIT_EXPECT_FALSE(test, guest.known & SEVADM_KNOWN_HANDLE);
	KUNIT_EXPECT_TRUE(test, guest.known & SEVADM_KNOWN_POLICY);
}

static void psp_platform_has_no_guest(struct kunit *test)
{
	static const u32 commands[] = {
		0, SEV_CMD_INIT, SEV_CMD_SHUTDOWN, SEV_CMD_PLATFORM_STATUS, SEV_CMD_DF_FLUSH,
		SEV_CMD_PDH_CERT_EXPORT, 0x81, 0x84, 0xc7, 0xc9, 0x7ff, U32_MAX,
	};
	struct sevadm_psp_guest guest;
	u8 buffer[256];
	size_t i;

	memset(buffer, 0xff, sizeof(buffer));
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		sevadm_psp_decode(commands[i], buffer, &guest);
		KUNIT_EXPECT_EQ_MSG(test, guest.known, 0, "command %#x", commands[i]);
		KUNIT_EXPECT_LT(test, guest.state, 0);
	}
}

static void psp_command_without_a_buffer(struct kunit *test)
{
	struct sevadm_psp_guest guest;

	sevadm_psp_decode(SEV_CMD_LAUNCH_START, NULL, &guest);
	KUNIT_EXPECT_EQ(test, guest.known, 0);
}

/* Where the length lies that is 0 in a query, by the specification. */
static const struct query {
	u32 command;
	size_t length_at;	/* 0: nothing can be asked */
} queries[] = {
	{ SEV_CMD_PEK_CSR, 0x8 },
	{ SEV_CMD_PDH_CERT_EXPORT, 0x8 },
	{ SEV_CMD_GET_ID, 0x8 },
	{ SEV_CMD_LAUNCH_MEASURE, 0x10 },
	{ SEV_CMD_ATTESTATION_REPORT, 0x20 },
	{ SEV_CMD_SEND_START, 0x40 },
	{ SEV_CMD_SEND_UPDATE_DATA, 0x10 },
	/* Without the reserved word, see above. */
	{ SEV_CMD_SEND_UPDATE_VMSA, offsetof(struct sev_data_send_update_vmsa, hdr_len) },
	{ SEV_CMD_LAUNCH_UPDATE_DATA, 0 },
	{ SEV_CMD_LAUNCH_UPDATE_SECRET, 0 },
	{ SEV_CMD_RECEIVE_UPDATE_DATA, 0 },
	{ SEV_CMD_PLATFORM_STATUS, 0 },
	{ SEV_CMD_PEK_CERT_IMPORT, 0 },
	{ 0xfff, 0 },
};

static void query_name(const struct query *q, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "command %#x", q->command);
}

KUNIT_ARRAY_PARAM(query, queries, query_name);

static void psp_knows_length_queries(struct kunit *test)
{
	const struct query *q = test->param_value;
	u8 buffer[256] = {};

	KUNIT_EXPECT_EQ(test, sevadm_psp_asks_length(q->command, buffer), !!q->length_at);
	KUNIT_EXPECT_FALSE(test, sevadm_psp_asks_length(q->command, NULL));

	/* Whatever else is 0. */
	if (q->length_at)
		*(u32 *)(buffer + q->length_at) = 1;
	KUNIT_EXPECT_FALSE(test, sevadm_psp_asks_length(q->command, buffer));
}

static struct kunit_case psp_cases[] = {
	KUNIT_CASE_PARAM(psp_knows_length_queries, query_gen_params),
	KUNIT_CASE_PARAM(psp_decodes_the_guest, expected_gen_params),
	KUNIT_CASE_PARAM(psp_leads_to_the_state, expected_gen_params),
	KUNIT_CASE_PARAM(psp_decodes_snp, snp_gen_params),
	KUNIT_CASE(psp_decodes_page_types),
#ifdef SEVADM_HAVE_SEV_CMD_SNP
	KUNIT_CASE(psp_decodes_snp_fields),
#endif
	KUNIT_CASE(psp_knows_effects),
	KUNIT_CASE(psp_decodes_policies),
	KUNIT_CASE(psp_decodes_the_asid),
	KUNIT_CASE(psp_no_handle_is_none),
	KUNIT_CASE(psp_platform_has_no_guest),
	KUNIT_CASE(psp_command_without_a_buffer),
	{}
};

static struct kunit_suite psp_suite = {
	.name = "sevadm_psp_command",
	.test_cases = psp_cases,
};

kunit_test_suite(psp_suite);
