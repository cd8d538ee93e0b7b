// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm check ledger as a command: a made-up kernel, and a module that answers for it, or has
 * changed meanwhile.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "check/check.h"
#include "check/ledger.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "kernel_image.h"
#include "netlink.h"
#include "test.h"

/**
 * struct host - what the module says, and what happens while it is asked
 * @pinned: of VM 11; @private: of VM 12; @all_private, @firmware: as the status has them
 * @snp: it counts private memory
 * @commands: of the firmware; @more: so many more at each question
 * @refuse: the question that it refuses
 * @meanwhile: called after each question about statistics, with how many there have been
 * @rmp: where its last byte is, as the processor says; 0: it has no such register
 * @asked: how often about VMs; @pauses: how often the command waited
 * @absent: it is not loaded; @is_asked: the command runs
 */
static struct {
	uint64_t pinned, private, all_private, firmware;
	bool snp;
	uint64_t commands, more;
	unsigned int refuse;
	void (*meanwhile)(unsigned int nr);
	uint64_t rmp;
	unsigned int asked, pauses;
	bool absent, is_asked;
} host;

int access(const char *path, int mode)
{
	(void)mode;
	return strcmp(path, "/sys/module/sevadm") || host.absent ? -1 : 0;
}

uid_t geteuid(void)
{
	return 0;
}

int nanosleep(const struct timespec *time, struct timespec *left)
{
	(void)left;
	/* A pause of reading kvm_amd's memory is shorter. */
	host.pauses += time->tv_nsec == 20000000 && !time->tv_sec;
	return 0;
}

ssize_t pread(int fd, void *to, size_t size, off_t at)
{
	const uint64_t start = RMP_START;

	if (!host.is_asked || (at != MSR_RMP_BASE && at != MSR_RMP_END))
		return syscall(SYS_pread64, fd, to, size, at);
	memcpy(to, at == MSR_RMP_BASE ? &start : &host.rmp, size);
	errno = EIO;
	return host.rmp ? (ssize_t)size : -1;
}

static struct datagram *begin_row(const struct nlmsghdr *request)
{
	struct datagram *to = next_datagram();

	answer_genl(to, request, NLM_F_MULTI, ((struct genlmsghdr *)NLMSG_DATA(request))->cmd);
	return to;
}

static void answer_vms(const struct nlmsghdr *request)
{
	static const struct {
		uint32_t id, pid, type, pool, asid, handle, owner;
	} rows[] = {
		{ 11, 1, SEVADM_VM_TYPE_SEV, SEVADM_POOL_SEV, 5, 7, 0 },
		{ 12, 200, SEVADM_VM_TYPE_SEV_ES, SEVADM_POOL_SEV_ES, 1, 8, 0 },
		{ 13, 4194305, SEVADM_VM_TYPE_SEV, SEVADM_POOL_SEV, 5, 7, 11 },
	};
	struct datagram *to;
	size_t i;

	host.asked++;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		to = begin_row(request);
		put_u64(to, SEVADM_A_VM_ID, rows[i].id);
		put_u32(to, SEVADM_A_VM_PID, rows[i].pid);
		put_u32(to, SEVADM_A_VM_TYPE, rows[i].type);
		put_u32(to, SEVADM_A_VM_POOL, rows[i].pool);
		put_u32(to, SEVADM_A_VM_ASID, rows[i].asid);
		put_u32(to, SEVADM_A_VM_HANDLE, rows[i].handle);
		put_u64(to, SEVADM_A_VM_PINNED_BYTES, i ? i == 1 ? 8192 : 0 : host.pinned);
		put_u64(to, SEVADM_A_VM_REGIONS, i < 2);
		if (rows[i].owner)
			put_u64(to, SEVADM_A_VM_MIRROR_OF, rows[i].owner);
		if (host.snp && i == 1)
			put_u64(to, SEVADM_A_VM_PRIVATE_BYTES, host.private);
		end_message(to);
	}
	answer_done(request);
}

static void answer_asids(const struct nlmsghdr *request)
{
	static const struct {
		uint32_t pool, state;
		uint64_t vm;
	} rows[] = {
		{ SEVADM_POOL_SEV_ES, SEVADM_ASID_STATE_USED, 12 },
		{ SEVADM_POOL_SEV_ES, SEVADM_ASID_STATE_RECLAIM, 0 },
		{ SEVADM_POOL_SEV_ES, SEVADM_ASID_STATE_FREE, 0 },
		{ SEVADM_POOL_SEV_ES, SEVADM_ASID_STATE_FREE, 0 },
		{ SEVADM_POOL_SEV, SEVADM_ASID_STATE_USED, 11 },
		{ SEVADM_POOL_SEV, SEVADM_ASID_STATE_FREE, 0 },
		{ SEVADM_POOL_SEV, SEVADM_ASID_STATE_FREE, 0 },
		{ SEVADM_POOL_SEV, SEVADM_ASID_STATE_FREE, 0 },
	};
	struct datagram *to;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		to = begin_row(request);
		put_u32(to, SEVADM_A_ASID_ASID, i + 1);
		put_u32(to, SEVADM_A_ASID_POOL, rows[i].pool);
		put_u32(to, SEVADM_A_ASID_STATE, rows[i].state);
		if (rows[i].vm)
			put_u64(to, SEVADM_A_ASID_VM, rows[i].vm);
		end_message(to);
	}
	answer_done(request);
}

static void answer_status(const struct nlmsghdr *request)
{
	struct datagram *to = next_datagram(), pool;
	unsigned int i;

	answer_genl(to, request, 0, SEVADM_CMD_STATUS_GET);
	put_u32(to, SEVADM_A_STATUS_STATE, SEVADM_MODULE_STATE_ATTACHED);
	for (i = SEVADM_POOL_SEV; i <= SEVADM_POOL_SEV_ES; i++) {
		pool.size = 0;
		put_u32(&pool, SEVADM_A_POOL_POOL, i);
		put_u32(&pool, SEVADM_A_POOL_USED, 1);
		put_u32(&pool, SEVADM_A_POOL_RECLAIM, i == SEVADM_POOL_SEV_ES);
		put_attribute(to, SEVADM_A_STATUS_POOL | NLA_F_NESTED, pool.bytes, pool.size);
	}
	put_u64(to, SEVADM_A_STATUS_PINNED_BYTES, host.pinned + 8192);
	put_u32(to, SEVADM_A_STATUS_UNACCOUNTED_VMS, 0);
	if (host.snp) {
		put_u64(to, SEVADM_A_STATUS_PRIVATE_BYTES, host.all_private);
		put_u64(to, SEVADM_A_STATUS_RMP_FIRMWARE_BYTES, host.firmware);
	}
	end_message(to);
	answer_error(request, 0, NULL, NO_OFFSET);
}

/* What KVM was asked is not the firmware's. */
static void answer_stats(const struct nlmsghdr *request)
{
	struct datagram *to = begin_row(request);

	put_u32(to, SEVADM_A_STATS_EVENT, SEVADM_EVENT_KVM);
	put_u32(to, SEVADM_A_STATS_COMMAND, 2);
	put_u64(to, SEVADM_A_STATS_COUNT, host.asked * 100);
	end_message(to);
	to = begin_row(request);
	put_u32(to, SEVADM_A_STATS_EVENT, SEVADM_EVENT_PSP);
	put_u32(to, SEVADM_A_STATS_COMMAND, 0x30);
	put_u64(to, SEVADM_A_STATS_COUNT, host.commands += host.more);
	end_message(to);
	answer_done(request);
	if (host.meanwhile)
		host.meanwhile(host.asked);
}

static void take_request(const struct nlmsghdr *request)
{
	unsigned int command = ((const struct genlmsghdr *)NLMSG_DATA(request))->cmd;

	if (host.refuse && host.refuse == command) {
		answer_error(request, EIO, NULL, NO_OFFSET);
		return;
	}
	switch (command) {
	case SEVADM_CMD_VM_GET:
		answer_vms(request);
		break;
	case SEVADM_CMD_ASID_GET:
		/* VMs are asked for once more, for their names. */
		host.asked--;
		answer_asids(request);
		break;
	case SEVADM_CMD_STATUS_GET:
		answer_status(request);
		break;
	case SEVADM_CMD_STATS_GET:
		answer_stats(request);
		break;
	default:
		answer_done(request);
	}
}

static void begin(void)
{
	memset(&host, 0, sizeof(host));
	host.pinned = 12288;
	output_json = false;
	make_kernel();
}

static int check(void)
{
	char *argv[] = { NULL };
	int ret;

	host.is_asked = true;
	capture_begin();
	ret = check_ledger(0, argv);
	capture_end();
	host.is_asked = false;
	return ret;
}

#define BOTH	"  kvm_amd has 3 VMs, 20.0 KiB pinned, 2 ASIDs used and 1 to be recycled"
#define NO_RMP	"  the RMP is not compared: the module counts no private memory: SEV-SNP is off, or this processor's RMP is unknown to it\n"

static void command_compares(void)
{
	char with[8] = "words", *argv[] = { with, NULL }, option[] = "--none", *wrong[] = { option, NULL };

	begin();
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT_TEXT(captured, "ledger: ok\n\n" BOTH ": the ledger has the same\n" NO_RMP);
	EXPECT_NUMBER(host.asked, 1);
	EXPECT_NUMBER(host.pauses, 0);
	output_json = true;
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT(strstr(captured, "\"kvm_amd\":{\"vms\":3,\"pinned_bytes\":20480,\"used\":2,\"reclaim\":1}"));
	EXPECT(strstr(captured, "\"rmp\":{\"compared\":false,\"reason\":\"the module counts no private memory"));
	EXPECT(strstr(captured, "\"guest_bytes\":null,\"firmware_bytes\":null}"));

	begin();
	capture_begin();
	EXPECT_NUMBER(check_ledger(1, argv), EXIT_USAGE);
	EXPECT_NUMBER(check_ledger(1, wrong), EXIT_USAGE);
	capture_end();
	EXPECT_NUMBER(host.asked, 0);
	host.absent = true;
	EXPECT_NUMBER(check(), EXIT_ABSENT);
}

static void is_right_again(unsigned int nr)
{
	if (nr == 4)
		host.pinned = 12288;
}

/* One reading may be in the middle of a change; five are none. */
static void difference_is_found_often(void)
{
	begin();
	host.pinned = 4096;
	EXPECT_NUMBER(check(), EXIT_REFUSED);
	EXPECT(strstr(captured, "ledger: error, 2 errors\n"));
	EXPECT(strstr(captured, "  error [ledger-vm]: "));
	EXPECT(strstr(captured, "  error [ledger-pinned]: "));
	EXPECT(strstr(captured, "\n" BOTH "\n"));
	EXPECT_NUMBER(host.asked, 5);
	EXPECT_NUMBER(host.pauses, 4);

	begin();
	host.pinned = 4096;
	host.meanwhile = is_right_again;
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT_NUMBER(host.asked, 5);
}

static void pins_more(unsigned int nr)
{
	put_vm(1, 1, 1, 200, 1, 8, 2 + nr, 0);
	write_kcore();
}

static void vm_appears(unsigned int nr)
{
	if (nr < 50)
		pins_more(nr);
	else
		make_kernel();
}

static void moments_that_are_not_quiet(void)
{
	begin();
	host.meanwhile = pins_more;
	EXPECT_NUMBER(check(), EXIT_USAGE);
	EXPECT(strstr(captured, "no quiet moment: VMs began, changed or ended in each of 100 readings"));
	EXPECT_NUMBER(host.asked, 100);
	EXPECT_NUMBER(host.pauses, 99);
	begin();
	host.meanwhile = vm_appears;
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT_NUMBER(host.asked, 51);
}

static void one_more_asid(void)
{
	put(USED_MAP, 1 << 1 | 1 << 2 | 1 << 5 | 1 << 8, 8);
	write_kcore();
}

static void vm_has_ended(unsigned int nr)
{
	if (nr == 30)
		make_kernel();
}

static void asid_is_given_up(unsigned int nr)
{
	if (nr == 40)
		make_kernel();
	else if (nr == 41)
		one_more_asid();
}

/* Its ASID is in use for a while, without a VM; after 50 readings it is lost. */
static void vms_that_end(void)
{
	begin();
	one_more_asid();
	host.meanwhile = vm_has_ended;
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT_NUMBER(host.asked, 31);

	begin();
	one_more_asid();
	EXPECT_NUMBER(check(), EXIT_REFUSED);
	EXPECT(strstr(captured, "[ledger-asid]") && strstr(captured, "[ledger-pool]"));
	EXPECT(strstr(captured, ", 3 ASIDs used and 1 to be recycled\n"));
	EXPECT_NUMBER(host.asked, 54);

	/* Again from the beginning: the reading in between was not quiet. */
	begin();
	host.pinned = 4096;
	one_more_asid();
	host.meanwhile = asid_is_given_up;
	EXPECT_NUMBER(check(), EXIT_REFUSED);
	EXPECT_NUMBER(host.asked, 95);
}

static void memory_goes(unsigned int nr)
{
	(void)nr;
	put(VM(1) + NEXT, BASE - 4096, 8);
	write_kcore();
}

static void command_cannot_compare(void)
{
	static const unsigned int questions[] = { SEVADM_CMD_VM_GET, SEVADM_CMD_ASID_GET,
						  SEVADM_CMD_STATUS_GET, SEVADM_CMD_STATS_GET };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(questions); i++) {
		begin();
		host.refuse = questions[i];
		EXPECT_NUMBER(check(), EXIT_REFUSED);
		EXPECT_TEXT(captured_errors, "sevadm: the kernel refused: Input/output error\n");
		EXPECT_TEXT(captured, "");
	}
	begin();
	host.meanwhile = memory_goes;
	EXPECT_NUMBER(check(), EXIT_USAGE);
	EXPECT(strstr(captured, "the VMs keep changing: no two of 200 readings"));
	EXPECT_NUMBER(host.asked, 1);
	begin();
	memory_goes(0);
	EXPECT_NUMBER(check(), EXIT_USAGE);
	EXPECT(strstr(captured, "the VMs keep changing: no two of 200 readings"));
	EXPECT_NUMBER(host.asked, 0);
	begin();
	write_symbols("nr_asids");
	EXPECT_NUMBER(check(), EXIT_USAGE);
	EXPECT(strstr(captured, "nr_asids in kvm_amd"));
	begin();
	write_file("/proc/kcore", "no core", 7, 0);
	EXPECT_NUMBER(check(), EXIT_USAGE);
	EXPECT(strstr(captured, "not a 64-bit ELF core"));
}

/* VM 12 has three pages, the firmware one; another table than the one above. */
static void begin_rmp(void)
{
	char path[256];
	int i;

	snprintf(path, sizeof(path), "%s/dev/mem", root);
	unlink(path);
	for (i = 0; i < 5; i++)
		put_entry(i, i < 3 ? 1 : 0, i < 4);
	make_processor(1 << 4);
	begin();
	host.snp = true;
	host.private = host.all_private = 3 * 4096;
	host.firmware = 4096;
	host.rmp = RMP_START + 0x4000 + 5 * 16 - 1;
}

static void page_is_given(unsigned int nr)
{
	host.private = host.all_private = 4096 * nr;
}

static void rmp_is_right_again(unsigned int nr)
{
	if (nr == 5)
		host.private = host.all_private = 3 * 4096;
}

static void module_goes(unsigned int nr)
{
	if (nr == 2)
		host.refuse = SEVADM_CMD_STATUS_GET;
}

static void module_goes_later(unsigned int nr)
{
	if (nr == 3)
		host.refuse = SEVADM_CMD_STATUS_GET;
}

static void command_compares_the_rmp(void)
{
	begin_rmp();
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT_TEXT(captured, "ledger: ok\n\n" BOTH ": the ledger has the same\n"
		    "  the RMP has 12.0 KiB of guests and 4.0 KiB of the firmware: the ledger has the same\n");
	EXPECT_NUMBER(host.asked, 3);
	EXPECT_NUMBER(host.pauses, 0);
	output_json = true;
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT(strstr(captured, "\"rmp\":{\"compared\":true,\"reason\":null,\"guest_bytes\":12288,\"firmware_bytes\":4096}"));

	begin_rmp();
	host.private = 4096;
	EXPECT_NUMBER(check(), EXIT_REFUSED);
	EXPECT(strstr(captured, "[ledger-private]: VM 12: the ledger's private_bytes is 4096, the RMP's 12288"));
	EXPECT(strstr(captured, "  the RMP has 12.0 KiB of guests and 4.0 KiB of the firmware\n"));
	EXPECT_NUMBER(host.asked, 11);
	EXPECT_NUMBER(host.pauses, 4);

	/* The firmware's pages are compared where it did nothing. */
	begin_rmp();
	host.firmware = 8192;
	EXPECT_NUMBER(check(), EXIT_REFUSED);
	EXPECT(strstr(captured, "the firmware: the ledger's firmware_bytes is 8192, the RMP's 4096"));

	begin_rmp();
	host.private = host.all_private = 4096;
	host.meanwhile = rmp_is_right_again;
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT_NUMBER(host.asked, 7);
}

static void rmp_is_not_compared(void)
{
	char path[256];

	begin_rmp();
	host.meanwhile = page_is_given;
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT(strstr(captured, "  the RMP is not compared: private memory was given or taken during each reading\n"));
	EXPECT_NUMBER(host.asked, 41);
	EXPECT_NUMBER(host.pauses, 19);

	begin_rmp();
	host.firmware = 8192;
	host.more = 1;
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT(strstr(captured, "  the RMP is not compared: the firmware was at work during each reading, and has what it is handed meanwhile\n"));

	begin_rmp();
	host.rmp = 0;
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT(strstr(captured, "  the RMP is not compared: "));
	EXPECT_NUMBER(host.asked, 1);
	begin_rmp();
	snprintf(path, sizeof(path), "%s/dev/mem", root);
	EXPECT(!truncate(path, 4096));
	EXPECT_NUMBER(check(), EXIT_OK);
	EXPECT(strstr(captured, "  the RMP is not compared: /dev/mem ends before the RMP does\n"));
	EXPECT_NUMBER(host.asked, 2);
	begin_rmp();
	host.meanwhile = module_goes;
	EXPECT_NUMBER(check(), EXIT_REFUSED);
	EXPECT_TEXT(captured, "");
	begin_rmp();
	host.meanwhile = module_goes_later;
	host.private = 4096;
	EXPECT_NUMBER(check(), EXIT_REFUSED);
	EXPECT_TEXT(captured, "");
	EXPECT_NUMBER(host.asked, 4);
}

int main(void)
{
	static const struct test tests[] = {
		{ "the command compares", command_compares },
		{ "a difference is found often", difference_is_found_often },
		{ "moments that are not quiet", moments_that_are_not_quiet },
		{ "VMs that end", vms_that_end },
		{ "the command cannot compare", command_cannot_compare },
		{ "the command compares the RMP", command_compares_the_rmp },
		{ "the RMP is not compared", rmp_is_not_compared },
	};

	make_image();
	run_tests(tests, ARRAY_SIZE(tests));
}
