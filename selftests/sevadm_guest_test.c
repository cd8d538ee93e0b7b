// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPUs of SEV and SEV-ES guests run on this host as the architecture says, each guest a few bytes of
 * code: what they see, which exits reach the VMM, what a SEV-ES guest gets #VC for, and with which
 * error code.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "kselftest.h"
#include "lib/check.h"
#include "lib/tiny_guest.h"

#define MEMORY		(4UL << 20)

/* MOV EDI, TINY_FREE; MOV ECX, 256; again: MOV [EDI], EDI; ADD EDI, 4096; LOOP again; MOV EAX, EDI */
#define TOUCH_256	0xbf, 0, 0, 1, 0, ECX(256), 0x89, 0x3f, 0x81, 0xc7, 0, 0x10, 0, 0, 0xe2, 0xf6, \
			0x89, 0xf8

static const struct row {
	const char *what;
	enum sev_type type;
	uint8_t code[64];
	enum tiny_ending ending;
	uint32_t value;
} rows[] = {
	{ "an OUT reaches the VMM", SEV_TYPE_SEV, { EAX(0x1234567), OUT_EAX }, PORT, 0x1234567 },
	{ "SEV_STATUS says SEV", SEV_TYPE_SEV, { SEV_STATUS, OUT_EAX }, PORT, 1 },
	{ "HLT reaches the VMM", SEV_TYPE_SEV, { 0xf4 }, HALT, 0 },
	{ "a write to a device does", SEV_TYPE_SEV,
	  { EAX(0x7654321), 0xa3, 0, 0, 0, 0xf0 }, MMIO, 0x7654321 },
	{ "256 pages are touched", SEV_TYPE_SEV, { TOUCH_256, OUT_EAX }, PORT, TINY_FREE + (256 << 12) },
	{ "CPUID is answered by KVM", SEV_TYPE_SEV,
	  { EAX(0x77), 0x0f, 0xa2, EAX(3), OUT_EAX }, PORT, 3 },
	{ "an INT3 without a handler ends it", SEV_TYPE_SEV, { 0xcc }, SHUTDOWN, 0 },

	{ "it ends itself", SEV_TYPE_SEV_ES, { EDX(0x1234567), TINY_END }, ENDED, 0x1234567 },
	{ "SEV_STATUS says SEV and SEV-ES", SEV_TYPE_SEV_ES,
	  { SEV_STATUS, EDX_IS_EAX, TINY_END }, ENDED, 3 },
	{ "the GHCB MSR is what was written", SEV_TYPE_SEV_ES,
	  { EAX(0x1234000), GHCB_WRITE, EAX(0), GHCB_READ, EDX_IS_EAX, TINY_END }, ENDED, 0x1234000 },
	{ "KVM answers in the GHCB MSR: C-bit 51", SEV_TYPE_SEV_ES,
	  { EAX(2), GHCB_WRITE, VMGEXIT, GHCB_READ, EDX_IS_EAX, TINY_END }, ENDED, 51 << 24 | 1 },
	{ "registers outlive a VMGEXIT", SEV_TYPE_SEV_ES,
	  { 0xbb, 1, 0, 0, 0, 0xbe, 2, 0, 0, 0, 0xbd, 4, 0, 0, 0, EAX(2), GHCB_WRITE, VMGEXIT,
	    0x01, 0xf3, 0x01, 0xeb, 0x89, 0xda, TINY_END }, ENDED, 7 },
	{ "256 pages are touched", SEV_TYPE_SEV_ES,
	  { TOUCH_256, EDX_IS_EAX, TINY_END }, ENDED, TINY_FREE + (256 << 12) },
	{ "HLT reaches the VMM", SEV_TYPE_SEV_ES, { 0xf4 }, HALT, 0 },
	{ "CPUID is a #VC", SEV_TYPE_SEV_ES, { 0x0f, 0xa2 }, ENDED, 0x72 },
	{ "IN is", SEV_TYPE_SEV_ES, { 0xe5, 0x10 }, ENDED, 0x7b },
	{ "RDMSR of an intercepted MSR is", SEV_TYPE_SEV_ES, { ECX(0xc0010015U), 0x0f, 0x32 }, ENDED, 0x7c },
	{ "VMMCALL is", SEV_TYPE_SEV_ES, { 0x0f, 0x01, 0xd9 }, ENDED, 0x81 },
	{ "WBINVD is", SEV_TYPE_SEV_ES, { 0x0f, 0x09 }, ENDED, 0x89 },
	{ "RDPMC is", SEV_TYPE_SEV_ES, { 0x31, 0xc9, 0x0f, 0x33 }, ENDED, 0x6f },
	{ "a read of DR7 is", SEV_TYPE_SEV_ES, { 0x0f, 0x21, 0xf8 }, ENDED, 0x27 },
	{ "a write to DR7 is", SEV_TYPE_SEV_ES, { EAX(0x400), 0x0f, 0x23, 0xf8 }, ENDED, 0x37 },
	{ "an access to a device is", SEV_TYPE_SEV_ES, { 0xa1, 0, 0, 0, 0xf0 }, ENDED, 0x400 },
	{ "a write to CR0 is none, and is over", SEV_TYPE_SEV_ES,
	  { 0x0f, 0x20, 0xc0, 0x0f, 0x22, 0xc0, EDX(5), TINY_END }, ENDED, 5 },
	{ "a write to CR4 is none either", SEV_TYPE_SEV_ES,
	  { 0x0f, 0x20, 0xe0, 0x0f, 0x22, 0xe0, EDX(6), TINY_END }, ENDED, 6 },
	{ "PVALIDATE is no instruction of it", SEV_TYPE_SEV_ES, { 0xf2, 0x0f, 0x01, 0xff }, SHUTDOWN, 0 },
	{ "RMPADJUST is none", SEV_TYPE_SEV_ES, { 0xf3, 0x0f, 0x01, 0xfe }, SHUTDOWN, 0 },
	{ "a #VC without a handler ends it", SEV_TYPE_SEV_ES,
	  { 0x0f, 0x01, 0x1d, 0, 0x90, 0, 0, 0x0f, 0xa2 }, SHUTDOWN, 0 },	/* LIDT of zeroes */
};

static const char * const types[] = { [SEV_TYPE_SEV] = "SEV", [SEV_TYPE_SEV_ES] = "SEV-ES" };

static struct sev_host host;

static bool runs_as_told(const struct row *row)
{
	struct tiny_guest guest;
	int reason;
	bool good;

	if (!tiny_guest_launch(&guest, &host, row->type, MEMORY, row->code, sizeof(row->code)))
		return false;
	reason = tiny_guest_run(&guest);
	/* Older kernels have no more to say of a SEV-ES guest's shutdown. */
	if (reason < 0 && errno == EINVAL && row->type == SEV_TYPE_SEV_ES && row->ending == SHUTDOWN)
		good = true;
	else
		good = check(reason >= 0) && tiny_guest_ended(&guest, row->ending, row->value);
	tiny_guest_end(&guest);
	return good;
}

/* The processor, not KVM, goes past an instruction that waits. */
static bool goes_on_after_hlt(void)
{
	static const uint8_t code[] = { 0xf4, EDX(9), TINY_END };
	struct tiny_guest guest;
	bool good;

	if (!tiny_guest_launch(&guest, &host, SEV_TYPE_SEV_ES, MEMORY, code, sizeof(code)))
		return false;
	good = check(tiny_guest_run(&guest) == KVM_EXIT_HLT) && check(tiny_guest_run(&guest) >= 0) &&
	       tiny_guest_ended(&guest, ENDED, 9);
	tiny_guest_end(&guest);
	return good;
}

static void interrupt(int signal)
{
	(void)signal;
}

/* A guest in an endless loop leaves when its VMM is interrupted. */
static bool loops(enum sev_type type)
{
	static const uint8_t code[] = { 0xf3, 0x90, 0xeb, 0xfc };	/* PAUSE; JMP */
	struct itimerval soon = { .it_value.tv_usec = 50000 };
	struct tiny_guest guest;
	bool good;

	if (!tiny_guest_launch(&guest, &host, type, MEMORY, code, sizeof(code)))
		return false;
	setitimer(ITIMER_REAL, &soon, NULL);
	good = check(tiny_guest_run(&guest) == -1 && errno == EINTR);
	tiny_guest_end(&guest);
	return good;
}

int main(void)
{
	struct sigaction action = { .sa_handler = interrupt };
	const char *missing;

	ksft_print_header();
	if (!sev_host_open(&host, &missing))
		ksft_exit_skip("%s: %s\n", missing, strerror(errno));
	sigaction(SIGALRM, &action, NULL);
	ksft_set_plan(sizeof(rows) / sizeof(rows[0]) + 3);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ksft_test_result(runs_as_told(&rows[i]), "%s guest: %s\n", types[rows[i].type], rows[i].what);
	ksft_test_result(goes_on_after_hlt(), "SEV-ES guest: it goes on behind a HLT\n");
	ksft_test_result(loops(SEV_TYPE_SEV), "SEV guest: one that loops can be interrupted\n");
	ksft_test_result(loops(SEV_TYPE_SEV_ES), "SEV-ES guest: one that loops can be interrupted\n");
	ksft_finished();
}
