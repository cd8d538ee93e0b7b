/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A SEV or SEV-ES guest of a few bytes of code, without firmware: launched in milliseconds, and its
 * vCPU runs. The code is 32-bit, flat and without paging; all of its memory is encrypted.
 */
#ifndef SEVADM_TINY_GUEST_H
#define SEVADM_TINY_GUEST_H

#include "sev_vm.h"

#define TINY_CODE	0x1000	/* where the guest begins */
#define TINY_VC		0x1800	/* its handler of #VC: ends the guest, as TINY_END does */
#define TINY_STACK	0x8000	/* its upper end */
#define TINY_FREE	0x10000	/* what is above is the guest's own */

/* A SEV-ES guest ends itself, with EDX for the host to see: WRMSR of 0x100 to the GHCB MSR, VMGEXIT. */
#define TINY_END	0xb8, 0x00, 0x01, 0x00, 0x00, 0xb9, 0x30, 0x01, 0x01, 0xc0, \
			0x0f, 0x30, 0xf3, 0x0f, 0x01, 0xd9

struct tiny_guest {
	struct sev_vm vm;
	struct kvm_run *run;
	size_t run_size;
};

/*
 * Launch a guest of @size bytes of memory with @code, up to LAUNCH_FINISH. False: the errno is told,
 * and there is nothing to end.
 */
bool tiny_guest_launch(struct tiny_guest *guest, const struct sev_host *host, enum sev_type type,
		       size_t size, const void *code, size_t length);
/* KVM_RUN: the exit's reason, or -1 and errno. */
int tiny_guest_run(struct tiny_guest *guest);
void tiny_guest_end(struct tiny_guest *guest);

#endif /* SEVADM_TINY_GUEST_H */
