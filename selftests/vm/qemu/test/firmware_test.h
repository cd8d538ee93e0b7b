/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the tests of the emulated firmware share: commands in words, and expectations.
 */
#ifndef SEV_TEST_FIRMWARE_TEST_H
#define SEV_TEST_FIRMWARE_TEST_H

#include <linux/psp-sev.h>
#include <stdbool.h>
#include <stdint.h>

#include "machine.h"
#include "owner.h"
#include "processor.h"

/* By the names and numbers of Linux's enum sev_cmd. */
enum {
	INIT = 0x01, SHUTDOWN, FACTORY_RESET, PLATFORM_STATUS, PEK_GEN, PEK_CSR, PEK_CERT_IMPORT,
	PDH_CERT_EXPORT, PDH_GEN, DF_FLUSH, DOWNLOAD_FIRMWARE, GET_ID, INIT_EX, NOP,
	DECOMMISSION = 0x20, ACTIVATE, DEACTIVATE, GUEST_STATUS, COPY,
	LAUNCH_START = 0x30, LAUNCH_UPDATE_DATA, LAUNCH_UPDATE_VMSA, LAUNCH_MEASURE, LAUNCH_SECRET,
	LAUNCH_FINISH, ATTESTATION,
	SEND_START = 0x40, SEND_UPDATE_DATA, SEND_UPDATE_VMSA, SEND_FINISH, SEND_CANCEL,
	RECEIVE_START = 0x50, RECEIVE_UPDATE_DATA, RECEIVE_UPDATE_VMSA, RECEIVE_FINISH,
	DBG_DECRYPT = 0x60, DBG_ENCRYPT,
	SNP_INIT = 0x81, SNP_SHUTDOWN, SNP_PLATFORM_STATUS, SNP_DF_FLUSH, SNP_INIT_EX,
	SNP_SHUTDOWN_EX,
	SNP_DECOMMISSION = 0x90, SNP_ACTIVATE, SNP_GUEST_STATUS, SNP_GCTX_CREATE,
	SNP_GUEST_REQUEST,
	SNP_LAUNCH_START = 0xa0, SNP_LAUNCH_UPDATE, SNP_LAUNCH_FINISH,
	SNP_DBG_DECRYPT = 0xb0, SNP_DBG_ENCRYPT,
	SNP_PAGE_MOVE = 0xc2, SNP_PAGE_SET_STATE = 0xc6, SNP_PAGE_RECLAIM, SNP_PAGE_UNSMASH,
	SNP_CONFIG, SNP_COMMIT = 0xcb, SNP_FEATURE_INFO = 0xce,
};

enum platform_state { P_UNINIT, P_INIT, P_WORKING };
enum guest_state { G_UNINIT, G_LUPDATE, G_LSECRET, G_RUNNING, G_SUPDATE, G_RUPDATE, G_SENT };

#define NODBG		0x01
#define NOKS		0x02
#define ES		0x04
#define NOSEND		0x08
#define DOMAIN		0x10
#define SEV_ONLY	0x20

/* Guest memory for the tests' own use, besides COMMAND_BUFFER. */
#define TMR		0x00200000
#define NV		0x00400000
#define DATA		0x00500000
#define OUTPUT		0x00600000
#define CERTS		0x00700000
#define NOWHERE		0x90000000

/* The command's words; an address takes two. The firmware's answer is in answer[]. */
#define AT(addr)	(addr), 0
#define CMD(...)	CMD_OF(__VA_ARGS__)	/* an argument may be a macro of several */
#define CMD_OF(id, ...)	command(id, (const uint32_t[]) { 0, ##__VA_ARGS__ },			\
				sizeof((const uint32_t[]) { 0, ##__VA_ARGS__ }) / 4 - 1)

#define EXPECT(actual, wanted)	expect(__FILE__, __LINE__, #actual, actual, wanted)
#define EXPECT_SAME(a, b, len)	expect(__FILE__, __LINE__, #a " is " #b, memcmp(a, b, len), 0)
#define OK(...)			EXPECT(CMD(__VA_ARGS__), SEV_RET_SUCCESS)

extern uint32_t answer[32];

int command(unsigned int id, const uint32_t *words, unsigned int count);
void expect(const char *file, int line, const char *what, long actual, long wanted);

/* Properties "" for the default ones. */
void start(const char *properties);
/* With SEV-SNP and a processor that the test drives; SNP is off in it. */
void start_snp(const char *properties);
/* The same, past INIT and DF_FLUSH. */
void start_ready(const char *properties);

enum platform_state platform_state(void);
unsigned int guest_count(void);
enum guest_state guest_state(uint32_t handle);
/* A guest brought to @state, activated with @asid unless that is 0. */
uint32_t guest(uint32_t policy, uint32_t asid, enum guest_state state);
void read_certs(uint8_t pdh[CERT_SIZE], uint8_t chain[CHAIN_SIZE]);

struct test {
	const char *name;
	void (*run)(void);
};

/* Each ends with an empty row. */
extern const struct test platform_tests[], guest_tests[], transport_tests[], device_tests[],
	rmp_tests[], snp_tests[], snp_guest_tests[], snp_request_tests[],
	snp_vcpu_tests[];

#endif
