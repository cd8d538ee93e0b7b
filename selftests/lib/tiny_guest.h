/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A SEV, SEV-ES or SEV-SNP guest of a few bytes of code, without firmware: launched in
 * milliseconds, and its vCPU runs. The code is 32-bit, flat and without paging; all of its memory
 * is encrypted. What a SEV-SNP guest has at TINY_FREE and above it must validate.
 */
#ifndef SEVADM_TINY_GUEST_H
#define SEVADM_TINY_GUEST_H

#include "sev_vm.h"

#define TINY_CODE	0x1000	/* where the guest begins */
#define TINY_IRQ	0x1100	/* its handler of TINY_VECTOR, if its code has one */
#define TINY_VECTOR	32
#define TINY_VC		0x1800	/* its handler of #VC: ends the guest, as TINY_END does */
#define TINY_STACK	0x8000	/* its upper end */
#define TINY_FREE	0x10000	/* what is above is the guest's own */

/*
 * A SEV-ES or SEV-SNP guest ends itself, with EDX for the host to see: WRMSR of 0x100 to the GHCB
 * MSR, VMGEXIT.
 */
#define TINY_END	0xb8, 0x00, 0x01, 0x00, 0x00, 0xb9, 0x30, 0x01, 0x01, 0xc0, \
			0x0f, 0x30, 0xf3, 0x0f, 0x01, 0xd9

/* Pieces of code. */
#define TINY_BYTES(v)	(v) & 0xff, (v) >> 8 & 0xff, (v) >> 16 & 0xff, (v) >> 24 & 0xff
#define OUT_EAX		0xe7, 0x10
#define EAX(value)	0xb8, TINY_BYTES((uint32_t)(value))
#define ECX(value)	0xb9, TINY_BYTES((uint32_t)(value))
#define EDX(value)	0xba, TINY_BYTES((uint32_t)(value))
#define SEV_STATUS	ECX(0xc0010131U), 0x0f, 0x32
#define GHCB_READ	ECX(0xc0010130U), 0x0f, 0x32
#define GHCB_WRITE	ECX(0xc0010130U), 0x0f, 0x30
#define VMGEXIT		0xf3, 0x0f, 0x01, 0xd9
#define EDX_IS_EAX	0x89, 0xc2

/* How a guest's run ends. */
enum tiny_ending {
	PORT,		/* OUT of EAX to port 0x10 */
	MMIO,		/* write of EAX to 0xf0000000 */
	HALT,
	ENDED,		/* a SEV-ES guest ended itself: EDX */
	SHUTDOWN,
};

struct tiny_guest {
	struct sev_vm vm;
	struct kvm_run *run;
	size_t run_size;
};

/*
 * Launch a guest of @size bytes of memory with @code, up to LAUNCH_FINISH. False: the errno is
 * printed, and there is nothing to end.
 */
bool tiny_guest_launch(struct tiny_guest *guest, const struct sev_host *host, enum sev_type type,
		       size_t size, const void *code, size_t length);
/* KVM_RUN: the exit's reason, or -1 and errno. */
int tiny_guest_run(struct tiny_guest *guest);
/* Has its run ended so, with that value? If it has not, how it did is printed. */
bool tiny_guest_ended(const struct tiny_guest *guest, enum tiny_ending ending, uint32_t value);
void tiny_guest_end(struct tiny_guest *guest);

#endif /* SEVADM_TINY_GUEST_H */
