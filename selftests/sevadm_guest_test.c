// SPDX-License-Identifier: GPL-2.0-only
/*
 * vCPUs of SEV and SEV-ES guests run on this host as the architecture says, each guest a few bytes
 * of code: what they see, which exits reach the VMM, what a SEV-ES guest gets #VC for, and with
 * which error code; that an interrupt is delivered once; and that other processors do not disturb
 * them.
 */
#include <errno.h>
#include <linux/kvm.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"
#include "lib/check.h"
#include "lib/tiny_guest.h"

#define MEMORY		(4UL << 20)

/*
 * MOV EDI, TINY_FREE; MOV ECX, 256; again: MOV [EDI], EDI; ADD EDI, 4096; LOOP again; MOV EAX, EDI
 */
#define TOUCH_256	0xbf, 0, 0, 1, 0, ECX(256), 0x89, 0x3f, 0x81, 0xc7, 0, 0x10, 0, 0, \
			0xe2, 0xf6, 0x89, 0xf8

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
	  { EAX(0x1234000), GHCB_WRITE, EAX(0), GHCB_READ, EDX_IS_EAX, TINY_END }, ENDED,
	    0x1234000 },
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
	if (reason < 0 && errno == EINVAL && row->type == SEV_TYPE_SEV_ES &&
	    row->ending == SHUTDOWN)
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
	good = check(tiny_guest_run(&guest) == KVM_EXIT_HLT) &&
	       check(tiny_guest_run(&guest) >= 0) &&
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
	/* Again and again: the first may come before the guest runs. */
	struct itimerval soon = {
		.it_value = { .tv_usec = 50000 }, .it_interval = { .tv_usec = 50000 },
	}, never = { 0 };
	struct tiny_guest guest;
	bool good;

	if (!tiny_guest_launch(&guest, &host, type, MEMORY, code, sizeof(code)))
		return false;
	setitimer(ITIMER_REAL, &soon, NULL);
	good = check(tiny_guest_run(&guest) == -1 && errno == EINTR);
	setitimer(ITIMER_REAL, &never, NULL);
	tiny_guest_end(&guest);
	return good;
}

static void stay_on(int processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	/* Where there is no such processor, any does. */
	sched_setaffinity(0, sizeof(set), &set);
}

/* Has the other processors wait, again and again: the atomic access is misaligned. */
static void wait_for_me(uint8_t *bytes)
{
	asm volatile("lock incl %0" : "+m" (*(uint32_t *)(bytes + 1)));
}

/* Loads the FPU's state, which belongs to this processor alone. */
static void load_fpu(uint8_t *bytes)
{
	asm volatile("fxrstor64 %0" : : "m" (*(const uint8_t (*)[512])(bytes + 1024)));
	__atomic_store_n(bytes + 1, 1, __ATOMIC_RELAXED);
}

/* A process that does @what on another processor, for ever. */
static pid_t disturb(void (*what)(uint8_t *))
{
	uint8_t *bytes = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
			      0);
	pid_t child = bytes == MAP_FAILED ? -1 : fork();

	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		stay_on(1);
		asm volatile("fxsave64 %0" : "=m" (*(uint8_t (*)[512])(bytes + 1024)));
		while (1)
			what(bytes);
	}
	while (child > 0 && !__atomic_load_n(bytes + 1, __ATOMIC_RELAXED))
		sched_yield();
	return child;
}

#define INTERRUPTS	100

/*
 * STI; again: MOV ECX, 1000000; LOOP itself; MOV EAX, ESI; OUT 0x10, EAX; JMP again. The handler:
 * INC ESI; IRET.
 */
static const uint8_t counts_interrupts[TINY_IRQ - TINY_CODE + 2] = {
	0xfb, ECX(1000000), 0xe2, 0xfe, 0x89, 0xf0, OUT_EAX, 0xeb, 0xf3,
	[TINY_IRQ - TINY_CODE] = 0x46, 0xcf,
};

static void calm(pid_t disturber)
{
	if (disturber <= 0)
		return;
	kill(disturber, SIGKILL);
	waitpid(disturber, NULL, 0);
}

/* However the processor is disturbed between an interrupt's injection and the next exit. */
static bool delivers_once(void)
{
	struct kvm_interrupt irq = { .irq = TINY_VECTOR };
	struct tiny_guest guest;
	uint32_t value = 0;
	pid_t disturber;
	bool good;

	if (!tiny_guest_launch(&guest, &host, SEV_TYPE_SEV, MEMORY, counts_interrupts,
			       sizeof(counts_interrupts)))
		return false;
	disturber = disturb(wait_for_me);
	good = check(disturber > 0);
	stay_on(0);
	for (; good && value <= INTERRUPTS; value++)
		good = check(tiny_guest_run(&guest) >= 0) &&
		       tiny_guest_ended(&guest, PORT, value) &&
		       check(!ioctl(guest.vm.vcpu_fd, KVM_INTERRUPT, &irq));
	calm(disturber);
	tiny_guest_end(&guest);
	return good;
}

#define EXITS		5000

/* Goes in and out of a guest: what another processor does meanwhile changes nothing here. */
static bool minds_its_own(void)
{
	/* XOR EAX, EAX; again: OUT 0x10, EAX; INC EAX; JMP again */
	static const uint8_t code[] = { 0x31, 0xc0, OUT_EAX, 0x40, 0xeb, 0xfb };
	struct tiny_guest guest;
	uint32_t value = 0;
	pid_t disturber;
	bool good;

	if (!tiny_guest_launch(&guest, &host, SEV_TYPE_SEV, MEMORY, code, sizeof(code)))
		return false;
	disturber = disturb(load_fpu);
	good = check(disturber > 0);
	stay_on(0);
	for (; good && value < EXITS; value++)
		good = check(tiny_guest_run(&guest) >= 0) && tiny_guest_ended(&guest, PORT, value);
	calm(disturber);
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
	ksft_set_plan(sizeof(rows) / sizeof(rows[0]) + 5);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ksft_test_result(runs_as_told(&rows[i]), "%s guest: %s\n", types[rows[i].type], rows[i].what);
	ksft_test_result(goes_on_after_hlt(), "SEV-ES guest: it goes on behind a HLT\n");
	ksft_test_result(loops(SEV_TYPE_SEV), "SEV guest: one that loops can be interrupted\n");
	ksft_test_result(loops(SEV_TYPE_SEV_ES), "SEV-ES guest: one that loops can be interrupted\n");
	ksft_test_result(delivers_once(), "SEV guest: an interrupt is delivered once\n");
	ksft_test_result(minds_its_own(), "SEV guest: it runs beside a processor that loads its FPU\n");
	ksft_finished();
}
