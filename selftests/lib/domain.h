/* SPDX-License-Identifier: GPL-2.0-only */
/* Encrypted domains of libvirt's: written as XML, started paused, and what became of them. */
#ifndef SEVADM_DOMAIN_H
#define SEVADM_DOMAIN_H

#include <stdbool.h>

/**
 * struct domain - what differs between the domains of the tests
 * @name: its name, also the file's
 * @ram: MiB
 * @limit: <hard_limit> in MiB; 0: none
 * @video: its model; NULL: no display
 * @graphics: "vnc" or "spice"; NULL: none
 * @es: policy bit 2, so that it is a SEV-ES guest
 * @large: firmware of 4 MiB instead of 2
 * @nic: a virtio-net adapter with its ROM
 * @disk: a virtio disk and a random number generator
 */
struct domain {
	const char *name;
	unsigned int ram, vcpus, iothreads;
	unsigned int limit;
	const char *video, *graphics;
	bool locked, hugepages, es, large, nic, disk;
};

enum outcome {
	STARTS,
	REFUSED_BY_RLIMIT,
	KILLED_BY_CGROUP,
	MLOCKALL_FAILS,
	OTHERWISE,
	OUTCOME_NR,
};

/* As sevadm calls them. */
extern const char *const outcome_names[OUTCOME_NR];

/* Where its XML is, once it was written. */
const char *domain_file(const struct domain *domain);
bool domain_write(const struct domain *domain);

/*
 * What becomes of a domain that libvirt starts paused: up to LAUNCH_MEASURE nothing is missing, and
 * no vCPU has to run. It is gone afterwards. @said, unless
 * NULL, becomes what libvirt, QEMU and the kernel said, to be freed.
 */
enum outcome domain_start(const struct domain *domain, char **said);

#endif /* SEVADM_DOMAIN_H */
