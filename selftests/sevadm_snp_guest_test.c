// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPUs of SEV-SNP guests run on this host as the architecture says, each guest a few bytes of
 * code: which of its pages it reaches, what PVALIDATE and RMPADJUST answer, and what it notices of
 * a hypervisor that takes a page away. And sevadm's ledger, and the machine's own count of the
 * guest's pages, are right while such a guest runs and when it is gone; what a guest asks of the
 * security processor is in the trace.
 *
 * Wants sevhost --snp, and a kernel with KVM's SNP side (Linux 6.11).
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"
#include "lib/check.h"
#include "lib/events.h"
#include "lib/ledger.h"
#include "lib/rmp_count.h"
#include "lib/sev_abi.h"
#include "lib/tiny_guest.h"

#define MEMORY		(4UL << 20)
#define PAGES		(MEMORY / SEV_PAGE_SIZE)
#define LAUNCHED	(TINY_FREE / SEV_PAGE_SIZE)
#define FREE_PAGES	(PAGES - LAUNCHED)
#define PAGE		0x20000		/* one of the guest's own */
#define NOT_VALIDATED	0x404		/* #VC's error code */
#define CARRY		0x100		/* of what PVALIDATE_VALUE leaves */

#define LARGE		1
#define PVALIDATE(page, size, yes)	EAX(page), ECX(size), EDX(yes), 0xf2, 0x0f, 0x01, 0xff
#define VALIDATE(page)			PVALIDATE(page, 0, 1)
#define RESCIND(page)			PVALIDATE(page, 0, 0)
/* SETC AH; MOV EDX, EAX: what it has answered, and CARRY if the page was so already */
#define PVALIDATE_VALUE			0x0f, 0x92, 0xc4, EDX_IS_EAX, TINY_END
#define RMPADJUST(page, size, what)	EAX(page), ECX(size), EDX(what), 0xf3, 0x0f, 0x01, 0xfe
#define VMPL(level, permissions)	((level) | (permissions) << 8)
#define IS_VMSA				(1 << 16)
#define ANSWER				EDX_IS_EAX, TINY_END
#define WRITE_EAX(page)			0xa3, TINY_BYTES(page)
#define READ_EAX(page)			0xa1, TINY_BYTES(page)
#define READ_EDX(page)			0x8b, 0x15, TINY_BYTES(page)
#define VMGEXIT_MSR			GHCB_WRITE, VMGEXIT, GHCB_READ

/* EDI is the page, ESI how many are left, EBX all answers. */
#define VALIDATE_PAGES(count)	0x31, 0xdb, 0xbf, TINY_BYTES(TINY_FREE), 0xbe, TINY_BYTES(count), \
				0x89, 0xf8, 0x31, 0xc9, EDX(1), 0xf2, 0x0f, 0x01, 0xff, 0x09, \
				0xc3, 0x81, 0xc7, TINY_BYTES(0x1000), 0x4e, 0x75, 0xe8
#define FOR_EVER		0xf3, 0x90, 0xeb, 0xfc	/* PAUSE; JMP */

static const struct row {
	const char *what;
	uint8_t code[96];
	enum tiny_ending ending;
	uint32_t value;
} rows[] = {
	{ "it ends itself", { EDX(0x1234567), TINY_END }, ENDED, 0x1234567 },
	{ "SEV_STATUS says SEV, SEV-ES and SEV-SNP", { SEV_STATUS, ANSWER }, ENDED, 7 },
	{ "CPUID is a #VC", { 0x0f, 0xa2 }, ENDED, 0x72 },
	/* the hypervisor's features: bit 12 is SNP */
	{ "KVM says in the GHCB MSR that it knows SNP",
	  { EAX(0x80), EDX(0), VMGEXIT_MSR, 0x25, TINY_BYTES(0x1fff), ANSWER }, ENDED, 0x1081 },

	{ "what was launched is validated", { VALIDATE(0x2000), PVALIDATE_VALUE }, ENDED, CARRY },
	{ "a page of its own is not, until it is", { VALIDATE(PAGE), PVALIDATE_VALUE }, ENDED, 0 },
	{ "validating again changes nothing",
	  { VALIDATE(PAGE), VALIDATE(PAGE), PVALIDATE_VALUE }, ENDED, CARRY },
	{ "it keeps what is written to it",
	  { VALIDATE(PAGE), EAX(0x7654321), WRITE_EAX(PAGE + 0x123), READ_EDX(PAGE + 0x123),
	    TINY_END },
	  ENDED, 0x7654321 },
	{ "all of its pages can be validated",
	  { VALIDATE_PAGES(FREE_PAGES), 0x89, 0xda, TINY_END }, ENDED, 0 },
	{ "reading a page that is not validated is a #VC",
	  { READ_EAX(PAGE), ANSWER }, ENDED, NOT_VALIDATED },
	{ "writing one is", { WRITE_EAX(PAGE), ANSWER }, ENDED, NOT_VALIDATED },
	{ "executing one is", { 0xb8, TINY_BYTES(PAGE), 0xff, 0xe0 }, ENDED, NOT_VALIDATED },
	/* another handler: MOV EDX, CR2; JMP behind the first one's POP */
	{ "CR2 is its address",
	  { EAX(0xe9d2200f), WRITE_EAX(0x1900), EAX(TINY_VC + 1 - 0x1908), WRITE_EAX(0x1904),
	    EAX(0x00081900), WRITE_EAX(0x2000 + 29 * 8), READ_EAX(PAGE + 0x321) }, ENDED,
	    PAGE + 0x321 },
	{ "a #VC for it without a handler ends it",
	  { 0x0f, 0x01, 0x1d, TINY_BYTES(0x9000), READ_EAX(PAGE) }, SHUTDOWN, 0 },
	{ "a page can be rescinded", { VALIDATE(PAGE), RESCIND(PAGE), PVALIDATE_VALUE }, ENDED, 0 },
	{ "and is reached no more",
	  { VALIDATE(PAGE), WRITE_EAX(PAGE), RESCIND(PAGE), READ_EAX(PAGE), ANSWER },
	  ENDED, NOT_VALIDATED },
	{ "rescinding a page that is not validated changes nothing",
	  { RESCIND(PAGE), PVALIDATE_VALUE }, ENDED, CARRY },
	{ "4 KiB pages cannot be validated as one of 2 MiB",
	  { PVALIDATE(0x200000, LARGE, 1), PVALIDATE_VALUE }, ENDED, 6 },
	{ "and are reached no more than before",
	  { PVALIDATE(0x200000, LARGE, 1), READ_EAX(0x200000), ANSWER }, ENDED, NOT_VALIDATED },
	{ "a page of 2 MiB begins at 2 MiB",
	  { PVALIDATE(0x201000, LARGE, 1), PVALIDATE_VALUE }, ENDED, 1 },

	{ "RMPADJUST gives a page to another level",
	  { VALIDATE(PAGE), RMPADJUST(PAGE, 0, VMPL(1, 0xf)), ANSWER }, ENDED, 0 },
	{ "but none to its own", { VALIDATE(PAGE), RMPADJUST(PAGE, 0, VMPL(0, 0xf)), ANSWER }, ENDED, 2 },
	{ "RMPADJUST of a page that is not validated is a #VC",
	  { RMPADJUST(PAGE, 0, VMPL(1, 0xf)), ANSWER }, ENDED, NOT_VALIDATED },
	{ "RMPADJUST of 2 MiB, of which there are 4 KiB pages",
	  { VALIDATE(0x200000), RMPADJUST(0x200000, LARGE, VMPL(1, 1)), ANSWER }, ENDED, 6 },
	{ "it makes a page a VMSA, and that one a page again",
	  { VALIDATE(PAGE), RMPADJUST(PAGE, 0, VMPL(1, 0) | IS_VMSA), 0x89, 0xc3,
	    RMPADJUST(PAGE, 0, VMPL(1, 0)), 0x01, 0xd8, ANSWER }, ENDED, 0 },

	{ "RMPUPDATE is the host's", { 0xf2, 0x0f, 0x01, 0xfe }, SHUTDOWN, 0 },
	{ "PSMASH is", { 0xf3, 0x0f, 0x01, 0xff }, SHUTDOWN, 0 },
};

static struct sev_host host;
static struct rmp_counts rest;

static bool runs_as_told(const struct row *row)
{
	struct tiny_guest guest;
	bool good;

	if (!tiny_guest_launch(&guest, &host, SEV_TYPE_SEV_SNP, MEMORY, row->code,
			       sizeof(row->code)))
		return false;
	good = check(tiny_guest_run(&guest) >= 0) &&
	       tiny_guest_ended(&guest, row->ending, row->value);
	tiny_guest_end(&guest);
	return good;
}

/* A guest that has validated a page, and will read it when it goes on. */
static bool launch_reader(struct tiny_guest *guest)
{
	static const uint8_t code[] = { VALIDATE(PAGE), EAX(5), WRITE_EAX(PAGE), EDX(1), TINY_END,
					READ_EDX(PAGE), TINY_END };

	if (!tiny_guest_launch(guest, &host, SEV_TYPE_SEV_SNP, MEMORY, code, sizeof(code)))
		return false;
	if (check(tiny_guest_run(guest) >= 0) && tiny_guest_ended(guest, ENDED, 1))
		return true;
	tiny_guest_end(guest);
	return false;
}

static bool keeps_its_page(void)
{
	struct tiny_guest guest;
	bool good;

	if (!launch_reader(&guest))
		return false;
	/* The memory that the VMM sees is not the guest's. */
	memset(guest.vm.memory + PAGE, 0xff, SEV_PAGE_SIZE);
	good = check(tiny_guest_run(&guest) >= 0) && tiny_guest_ended(&guest, ENDED, 5);
	tiny_guest_end(&guest);
	return good;
}

static bool misses_its_page(void)
{
	struct tiny_guest guest;
	bool good;

	if (!launch_reader(&guest))
		return false;
	good = check(!sev_vm_punch(&guest.vm, PAGE, SEV_PAGE_SIZE).err) &&
	       check(tiny_guest_run(&guest) >= 0) && tiny_guest_ended(&guest, ENDED, NOT_VALIDATED);
	tiny_guest_end(&guest);
	return good;
}

static bool set_shared(struct tiny_guest *guest, uint64_t address)
{
	struct kvm_memory_attributes attributes = { .address = address, .size = SEV_PAGE_SIZE };

	return check(!ioctl(guest->vm.fd, KVM_SET_MEMORY_ATTRIBUTES, &attributes));
}

/* A private access to a page that is shared. */
static bool faults_at(struct tiny_guest *guest, uint64_t address)
{
	const struct sev_memory_fault *fault = (const void *)&guest->run->padding;
	int ret = ioctl(guest->vm.vcpu_fd, KVM_RUN, 0);

	return check(ret == -1 && errno == EFAULT) &&
	       check(guest->run->exit_reason == KVM_EXIT_MEMORY_FAULT) &&
	       check(fault->flags == KVM_MEMORY_EXIT_FLAG_PRIVATE) && check(fault->gpa == address);
}

static bool host_shares(void)
{
	struct tiny_guest guest;
	bool good;

	if (!launch_reader(&guest))
		return false;
	good = set_shared(&guest, PAGE) && faults_at(&guest, PAGE);
	tiny_guest_end(&guest);
	return good;
}

/* The guest asks for a page to be shared (GHCB MSR 0x14, operation 2), and then reaches for it. */
static bool guest_shares(void)
{
	static const uint8_t code[] = { VALIDATE(PAGE), RESCIND(PAGE), EAX(PAGE | 0x14),
					EDX(2 << 20),
					VMGEXIT_MSR, EDX_IS_EAX, TINY_END, READ_EAX(PAGE), ANSWER };
	struct kvm_enable_cap calls = {
		.cap = KVM_CAP_EXIT_HYPERCALL, .args = { 1 << KVM_HC_MAP_GPA_RANGE },
	};
	struct tiny_guest guest;
	bool good;

	if (!tiny_guest_launch(&guest, &host, SEV_TYPE_SEV_SNP, MEMORY, code, sizeof(code)))
		return false;
	good = check(!ioctl(guest.vm.fd, KVM_ENABLE_CAP, &calls)) &&
	       check(tiny_guest_run(&guest) == KVM_EXIT_HYPERCALL) &&
	       check(guest.run->hypercall.nr == KVM_HC_MAP_GPA_RANGE) &&
	       check(guest.run->hypercall.args[0] == PAGE) &&
	       check(guest.run->hypercall.args[1] == 1) &&
	       set_shared(&guest, PAGE);
	guest.run->hypercall.ret = 0;
	good = good && check(tiny_guest_run(&guest) >= 0) &&
	       tiny_guest_ended(&guest, ENDED, 0x15) &&
	       faults_at(&guest, PAGE);
	tiny_guest_end(&guest);
	return good;
}

/* ---- what is counted ------------------------------------------------------------------------ */

static pid_t start_endless_guest(void)
{
	static const uint8_t code[] = { VALIDATE_PAGES(FREE_PAGES), FOR_EVER };
	struct tiny_guest guest;
	pid_t pid = fork();

	if (pid)
		return pid;
	if (tiny_guest_launch(&guest, &host, SEV_TYPE_SEV_SNP, MEMORY, code, sizeof(code)))
		tiny_guest_run(&guest);
	_exit(1);
}

/*
 * As many validated pages more than at rest, of whatever ASID; they are looked at for five minutes.
 */
static bool valid_become(unsigned int more)
{
	struct rmp_counts seen;

	for (int tries = 0; tries < 3000; tries++) {
		if (!check(rmp_count(RMP_ANY_ASID, &seen)))
			return false;
		if (seen.pages[RMP_GUEST_VALID] == rest.pages[RMP_GUEST_VALID] + more &&
		    seen.pages[RMP_GUEST_INVALID] == rest.pages[RMP_GUEST_INVALID])
			return true;
		usleep(100000);
	}
	ksft_print_msg("%u pages are validated, %u are not; should be %u more than %u\n",
		       seen.pages[RMP_GUEST_VALID], seen.pages[RMP_GUEST_INVALID], more,
		       rest.pages[RMP_GUEST_VALID]);
	return false;
}

static bool ends(pid_t pid)
{
	return check(!kill(pid, SIGKILL)) && check(waitpid(pid, NULL, 0) == pid);
}

/* All of the guest's memory, and its VMSA. */
static bool is_counted(void)
{
	pid_t pid = start_endless_guest();
	bool good = check(pid > 0) && valid_become(PAGES + 1);

	good = !ledger_differences_quick("while it runs") && good;
	good = ends(pid) && valid_become(0) && good;
	return !ledger_differences("when it is gone", NULL) && good;
}

static bool two_are_counted(void)
{
	pid_t first = start_endless_guest(), second = start_endless_guest();
	bool good = check(first > 0) && check(second > 0) && valid_become(2 * (PAGES + 1));

	good = !ledger_differences_quick("while both run") && good;
	good = ends(first) && valid_become(PAGES + 1) && good;
	good = ends(second) && valid_become(0) && good;
	return !ledger_differences("when both are gone", NULL) && good;
}

/* ---- what is asked of the security processor ------------------------------------------------ */

/* Shared pages: what a VMM has there is what KVM reads. */
#define GHCB			0x30000
#define REQUEST			0x31000
#define ANSWER_PAGE		0x32000

/* The GHCB's fields (56421), and one bit for each 8 bytes of them that hold something. */
#define GHCB_EXIT_CODE		0x390
#define GHCB_EXIT_INFO_1	0x398
#define GHCB_EXIT_INFO_2	0x3a0
#define GHCB_VALID		0x3f0
#define GHCB_VERSION		0xffa
#define GUEST_REQUEST_EXIT	0x80000011

/* The firmware's (56860). */
#define SNP_GUEST_REQUEST	0x94
#define MESSAGE_TYPE		0x34
#define INVALID_PARAM		0x16

#define ASKED			3
#define ASK			EAX(GHCB), EDX(0), GHCB_WRITE, VMGEXIT, EDX(7), TINY_END

static void set_field(uint8_t *ghcb, unsigned int at, uint64_t value)
{
	memcpy(ghcb + at, &value, sizeof(value));
	ghcb[GHCB_VALID + at / 64] |= 1 << at / 8 % 8;
}

/* What the guest asks next. False: it could not, or the answer is not the firmware's. */
static bool asks(struct tiny_guest *guest, uint8_t type)
{
	uint8_t *ghcb = guest->vm.memory + GHCB, *request = guest->vm.memory + REQUEST;
	uint64_t answer;

	memset(ghcb, 0, SEV_PAGE_SIZE);
	set_field(ghcb, GHCB_EXIT_CODE, GUEST_REQUEST_EXIT);
	set_field(ghcb, GHCB_EXIT_INFO_1, REQUEST);
	set_field(ghcb, GHCB_EXIT_INFO_2, ANSWER_PAGE);
	ghcb[GHCB_VERSION] = 2;
	/* All else in it is not as the firmware wants it. */
	memset(request, 0xff, SEV_PAGE_SIZE);
	request[MESSAGE_TYPE] = type;
	if (!check(tiny_guest_run(guest) >= 0) || !tiny_guest_ended(guest, ENDED, 7))
		return false;
	memcpy(&answer, ghcb + GHCB_EXIT_INFO_2, sizeof(answer));
	return check(answer == INVALID_PARAM);
}

static bool next_request(int events, struct sevadm_event *event)
{
	while (events_read(events, event, 1) == 1)
		if (event->type == SEVADM_EVENT_PSP && event->command == SNP_GUEST_REQUEST)
			return true;
	return check(!"a request is not in the trace");
}

/* Two guests take turns, and each asks for other things; the next event is about each in turn. */
static bool requests_are_traced(void)
{
	static const uint8_t code[] = { EAX(GHCB | 0x12), EDX(0), GHCB_WRITE, VMGEXIT, ASK, ASK,
					ASK };
	static const uint8_t types[2][ASKED] = { { 5, 3, 17 }, { 17, 0, 255 } };
	struct sevadm_event event;
	struct tiny_guest guests[2];
	uint64_t vms[2] = { 0 };
	int events = events_open(NULL);
	unsigned int i, j;
	bool good = true;

	for (i = 0; i < 2; i++)
		if (!tiny_guest_launch(&guests[i], &host, SEV_TYPE_SEV_SNP, MEMORY, code,
				       sizeof(code)))
			return false;
	for (j = 0; good && j < ASKED; j++)
		for (i = 0; good && i < 2; i++)
			good = asks(&guests[i], types[i][j]);
	for (j = 0; good && j < ASKED; j++)
		for (i = 0; good && i < 2; i++) {
			good = next_request(events, &event) &&
			       check(event.known & SEVADM_KNOWN_KIND) &&
			       check(event.kind == types[i][j]) &&
			       check(event.known & SEVADM_KNOWN_VM) &&
			       check(!j || event.vm == vms[i]) &&
			       check(event.ret == -EIO && event.fw_error == INVALID_PARAM) &&
			       check(event.known & SEVADM_KNOWN_WAIT && event.duration_ns);
			vms[i] = event.vm;
		}
	good = good && check(vms[0] != vms[1]);
	close(events);
	tiny_guest_end(&guests[1]);
	tiny_guest_end(&guests[0]);
	return good;
}

static const struct {
	const char *what;
	bool (*run)(void);
} cases[] = {
	{ "what its VMM writes is not in its page", keeps_its_page },
	{ "it notices that its page is another one", misses_its_page },
	{ "its page that the host shares faults to the VMM", host_shares },
	{ "its page that it has shared faults as a private one", guest_shares },
	{ "its pages are counted while it runs, and the ledger is true", is_counted },
	{ "those of two are", two_are_counted },
	{ "what it asks of the security processor is in the trace, by type", requests_are_traced },
};

#define ROWS	(sizeof(rows) / sizeof(rows[0]))
#define CASES	(sizeof(cases) / sizeof(cases[0]))

int main(void)
{
	const char *reason = ledger_unavailable();
	const char *missing;

	ksft_print_header();
	if (reason)
		ksft_exit_skip("%s\n", reason);
	if (!rmp_open())
		ksft_exit_skip("no emulated host with SEV-SNP\n");
	if (!sev_host_open(&host, &missing))
		ksft_exit_fail_msg("%s cannot be opened\n", missing);
	if (!sev_host_has_snp(&host))
		ksft_exit_fail_msg("KVM offers no SEV-SNP\n");
	if (!rmp_count(RMP_ANY_ASID, &rest))
		ksft_exit_fail_msg("the RMP could not be read\n");
	ksft_set_plan(ROWS + CASES);
	for (size_t i = 0; i < ROWS; i++)
		ksft_test_result(runs_as_told(&rows[i]), "SEV-SNP guest: %s\n", rows[i].what);
	for (size_t i = 0; i < CASES; i++)
		ksft_test_result(cases[i].run(), "SEV-SNP guest: %s\n", cases[i].what);
	ksft_finished();
}
