/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hostile tenant: one process that tries, one after the other and by chance, all that is known to
 * get past a ledger, to wear out what it needs, or to bring a host down. It may open /dev/kvm and
 * nothing else; one of two may read /dev/sevadm.
 */
#ifndef SEVADM_HOSTILE_H
#define SEVADM_HOSTILE_H

#include <stdbool.h>
#include <stdint.h>

#include "flavour.h"
#include "fuzz.h"
#include "storm_life.h"

#define HOSTILE_VMS	4
#define HOSTILE_PAGES	16UL	/* memory of a VM */
#define HOSTILE_FD	900	/* what changes behind a descriptor */

/* Users and groups of the processes; process 0 is innocent. */
#define HOSTILE_USERS	3
#define HOSTILE_UID	2001	/* and those behind it */
#define HOSTILE_GID	2000
#define READERS_GID	2010	/* may open /dev/sevadm */
#define INNOCENT_UID	3001
#define HOSTILE_CGROUP	"/sys/fs/cgroup/sevadm-adversary"

struct hostile_vm {
	struct sev_vm vm;
	const struct flavour *flavour;
};

struct hostile {
	struct storm_life *life;
	struct sev_host host;
	int flavour_count;
	struct hostile_vm vms[HOSTILE_VMS];
	int foreign;		/* another process's VM; -1: none */
	struct fuzz fuzz;
	unsigned int depth;	/* of its cgroup below HOSTILE_CGROUP */
	size_t action;		/* the trick that is at hand */
};

uint32_t hostile_chance(struct hostile *h, uint32_t below);
/* All that the trick at hand needs is there, and it comes now: it counts as tried. */
void hostile_begin(struct hostile *h);
/* A place with or without a VM in it; NULL: chance has found none. */
struct hostile_vm *hostile_place(struct hostile *h, bool full);
/* One that is a SEV VM, if it may be. */
struct hostile_vm *hostile_sev_vm(struct hostile *h);
/* A VM that is no SEV VM yet; @flavour NULL: of any. */
bool hostile_new(struct hostile *h, struct hostile_vm *own, const struct flavour *flavour,
		 size_t size);
void hostile_close(struct hostile_vm *own);
/* @vm takes over (MOVE) or mirrors (COPY) what is behind @fd: 0 or an errno. */
int hostile_take(const struct sev_vm *vm, uint32_t cap, int fd);
uint32_t hostile_copy_or_move(struct hostile *h);
bool hostile_receive(struct hostile *h);

/* Tricks on one call. True: the call that it is about succeeded, or stalled where it should. */
bool hostile_unreadable(struct hostile *h);
bool hostile_exchange(struct hostile *h);
bool hostile_stall(struct hostile *h);
bool hostile_stall_locked(struct hostile *h);
bool hostile_die_stalling(struct hostile *h);

/* Tricks by number and size. True: something was let through. */
bool hostile_exhaust_asids(struct hostile *h);
bool hostile_exhaust_pages(struct hostile *h);
bool hostile_absurd_sizes(struct hostile *h);
bool hostile_flood(struct hostile *h);
bool hostile_chain(struct hostile *h);
bool hostile_mirrors(struct hostile *h);
bool hostile_open_devices(struct hostile *h);
bool hostile_messages(struct hostile *h);
bool hostile_namespace(struct hostile *h);
bool hostile_nest(struct hostile *h);

/* Lives beside them, and reports all that is refused it as a failure of the storm. */
__attribute__((noreturn))
void innocent_live(struct storm_life *life);

#endif /* SEVADM_HOSTILE_H */
