// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a hostile tenant: the table of what it tries, and what all of that needs.
 */
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cgroup.h"
#include "handover.h"
#include "hostile.h"
#include "random.h"
#include "sev_abi.h"

#define PAUSE_POLL_US	50000	/* of many processes: a look each 2 ms takes both processors */

uint32_t hostile_chance(struct hostile *h, uint32_t below)
{
	return random_below(&h->life->random, below);
}

void hostile_begin(struct hostile *h)
{
	atomic_fetch_add(&h->life->shared->tried[h->action], 1);
}

struct hostile_vm *hostile_place(struct hostile *h, bool full)
{
	struct hostile_vm *own = &h->vms[hostile_chance(h, HOSTILE_VMS)];

	return (own->vm.fd >= 0) == full ? own : NULL;
}

bool hostile_new(struct hostile *h, struct hostile_vm *own, const struct flavour *flavour,
		 size_t size)
{
	own->flavour = flavour ?: &flavours[hostile_chance(h, h->flavour_count)];
	if (!sev_vm_create(&own->vm, &h->host, own->flavour->type, own->flavour->init, size).err)
		return true;
	*own = (struct hostile_vm) { .vm = { .fd = -1, .vcpu_fd = -1, .memfd = -1 } };
	return false;
}

void hostile_close(struct hostile_vm *own)
{
	sev_vm_close(&own->vm);
	sev_vm_free_memory(&own->vm);
}

int hostile_take(const struct sev_vm *vm, uint32_t cap, int fd)
{
	struct kvm_enable_cap enable = { .cap = cap, .args = { fd } };

	return ioctl(vm->fd, KVM_ENABLE_CAP, &enable) ? errno : 0;
}

uint32_t hostile_copy_or_move(struct hostile *h)
{
	return hostile_chance(h, 2) ? KVM_CAP_VM_COPY_ENC_CONTEXT_FROM :
				      KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM;
}

struct hostile_vm *hostile_sev_vm(struct hostile *h)
{
	struct hostile_vm *own = hostile_place(h, true);

	if (own)
		sev_vm_init(&own->vm);
	return own;
}

/* ---- what is nothing out of the ordinary ----------------------------------------------------- */

static bool act_start(struct hostile *h)
{
	struct hostile_vm *own = hostile_place(h, false);

	if (!own || !hostile_new(h, own, NULL, HOSTILE_PAGES * SEV_PAGE_SIZE))
		return false;
	hostile_begin(h);
	return !sev_vm_init(&own->vm).err;
}

static bool act_launch(struct hostile *h)
{
	struct hostile_vm *own = hostile_sev_vm(h);
	struct kvm_sev_launch_start start = { 0 };
	struct kvm_sev_launch_update_data data = { .len = HOSTILE_PAGES * SEV_PAGE_SIZE };

	if (!own || !own->vm.memory)
		return false;
	start.policy = own->flavour->policy;
	data.uaddr = (uintptr_t)own->vm.memory;
	hostile_begin(h);
	return !sev_vm_command(&own->vm, KVM_SEV_LAUNCH_START, &start).err &&
	       !sev_vm_command(&own->vm, KVM_SEV_LAUNCH_UPDATE_DATA, &data).err;
}

static bool act_register(struct hostile *h)
{
	struct hostile_vm *own = hostile_sev_vm(h);
	uint64_t pages = 1 + hostile_chance(h, HOSTILE_PAGES);

	if (!own || !own->vm.memory)
		return false;
	hostile_begin(h);
	return !sev_vm_register(&own->vm, (uintptr_t)own->vm.memory, pages * SEV_PAGE_SIZE).err;
}

static bool act_unregister(struct hostile *h)
{
	struct hostile_vm *own = hostile_place(h, true);
	uint64_t pages = 1 + hostile_chance(h, HOSTILE_PAGES);

	if (!own || !own->vm.memory)
		return false;
	hostile_begin(h);
	return !sev_vm_unregister(&own->vm, (uintptr_t)own->vm.memory, pages * SEV_PAGE_SIZE).err;
}

static bool act_close(struct hostile *h)
{
	struct hostile_vm *own = hostile_place(h, true);

	if (!own)
		return false;
	hostile_begin(h);
	hostile_close(own);
	return true;
}

/* ---- VMs of other processes ------------------------------------------------------------------ */

static bool act_send(struct hostile *h)
{
	struct hostile_vm *own = hostile_place(h, true);

	if (!own)
		return false;
	hostile_begin(h);
	return handover_send(h->life->neighbour, own->vm.fd, 0);
}

bool hostile_receive(struct hostile *h)
{
	int note;

	if (h->foreign >= 0)
		close(h->foreign);
	h->foreign = handover_receive(h->life->mailbox, &note);
	return h->foreign >= 0;
}

static bool act_receive(struct hostile *h)
{
	hostile_begin(h);
	return hostile_receive(h);
}

static bool act_take(struct hostile *h)
{
	struct hostile_vm *own = hostile_place(h, false);

	if (!own || h->foreign < 0 || !hostile_new(h, own, NULL, 0))
		return false;
	hostile_begin(h);
	return !hostile_take(&own->vm, hostile_copy_or_move(h), h->foreign);
}

static bool act_die(struct hostile *h)
{
	hostile_begin(h);
	raise(SIGKILL);
	return false;
}

static const struct action {
	const char *name;
	unsigned int weight;
	bool (*act)(struct hostile *h);
} actions[] = {
	{ "start a VM", 20, act_start },
	{ "launch it", 8, act_launch },
	{ "register", 16, act_register },
	{ "unregister", 8, act_unregister },
	{ "close", 12, act_close },
	{ "send a VM", 4, act_send },
	{ "receive a VM", 4, act_receive },
	{ "take another's", 6, act_take },
	{ "unreadable page", 10, hostile_unreadable },
	{ "exchanged file", 10, hostile_exchange },
	{ "stalled call", 6, hostile_stall },
	{ "stalled, locked", 4, hostile_stall_locked },
	{ "exhaust ASIDs", 3, hostile_exhaust_asids },
	{ "exhaust pages", 4, hostile_exhaust_pages },
	{ "absurd sizes", 3, hostile_absurd_sizes },
	{ "refused calls", 3, hostile_flood },
	{ "chain of moves", 3, hostile_chain },
	{ "many mirrors", 3, hostile_mirrors },
	{ "open devices", 3, hostile_open_devices },
	{ "messages", 3, hostile_messages },
	{ "user namespace", 2, hostile_namespace },
	{ "deep cgroup", 2, hostile_nest },
	{ "die in a call", 2, hostile_die_stalling },
	{ "die", 1, act_die },
	{ }
};

const char *storm_action_name(size_t index)
{
	return actions[index].name;
}

/* Tries of all processes, for each chance that the table gives the trick. */
static double share(const struct hostile *h, size_t i)
{
	return (double)atomic_load(&h->life->shared->tried[i]) / actions[i].weight;
}

/* The trick that has had the least of its share. */
static size_t behind(const struct hostile *h)
{
	size_t least = 0, i;

	for (i = 1; actions[i].name; i++)
		if (share(h, i) < share(h, least))
			least = i;
	return least;
}

/*
 * By chance, and every fourth turn what is behind: chance alone may for long not come to a trick
 * that is rare, or find what it needs.
 */
static size_t any_action(struct hostile *h)
{
	uint32_t sum = 0, number;
	size_t i;

	if (!hostile_chance(h, 4))
		return behind(h);
	for (i = 0; actions[i].name; i++)
		sum += actions[i].weight;
	number = hostile_chance(h, sum);
	for (i = 0; number >= actions[i].weight; i++)
		number -= actions[i].weight;
	return i;
}

/* ---- a life ---------------------------------------------------------------------------------- */

static void drop_all(struct hostile *h)
{
	size_t i;

	for (i = 0; i < HOSTILE_VMS; i++)
		hostile_close(&h->vms[i]);
	while (hostile_receive(h))
		;
}

static void stand_still(struct storm_shared *shared)
{
	atomic_fetch_add(&shared->paused, 1);
	while (atomic_load(&shared->pause))
		usleep(PAUSE_POLL_US);
	atomic_fetch_sub(&shared->paused, 1);
}

/* With files that root has opened: who may open /dev/kvm is not what this is about. */
static bool become(struct hostile *h)
{
	uid_t uid = HOSTILE_UID + h->life->index % HOSTILE_USERS;
	gid_t readers = READERS_GID;

	/* The death of a parent is forgotten by those who change their user. */
	return !setgroups(h->life->index % 2, &readers) &&
	       !setresgid(HOSTILE_GID, HOSTILE_GID, HOSTILE_GID) && !setresuid(uid, uid, uid) &&
	       !prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void storm_live(struct storm_life *life)
{
	struct hostile *h = calloc(1, sizeof(*h));
	struct storm_shared *shared = life->shared;
	const char *missing;
	size_t i;

	if (!life->index)
		innocent_live(life);
	signal(SIGCHLD, SIG_IGN);
	h->life = life;
	h->foreign = -1;
	h->flavour_count = flavours_here();
	for (i = 0; i < HOSTILE_VMS; i++)
		h->vms[i].vm = (struct sev_vm) { .fd = -1, .vcpu_fd = -1, .memfd = -1 };
	life->random = random_seeded(life->random);
	h->fuzz = (struct fuzz) {
		.random = random_seeded(life->random), .device = -1, .ids = { 1, HOSTILE_UID },
	};
	if (!sev_host_open(&h->host, &missing) || !cgroup_enter(HOSTILE_CGROUP, getpid()) ||
	    !become(h) || genl_open(&h->fuzz.genl))
		_exit(1);

	while (!atomic_load(&shared->stop)) {
		if (atomic_load(&shared->pause))
			stand_still(shared);
		h->action = any_action(h);
		if (actions[h->action].act(h))
			atomic_fetch_add(&shared->done[h->action], 1);
	}
	drop_all(h);
	_exit(0);
}
