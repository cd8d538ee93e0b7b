// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a process of a storm does: one action after the other, by chance, on a handful of VMs of its
 * own and on descriptors of its neighbour's VMs. Most may fail, as nothing is in order; a VM that
 * was launched and that nobody else has a hand on must answer.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flavour.h"
#include "handover.h"
#include "sev_abi.h"
#include "storm_life.h"

#define VMS		4
#define FOREIGN		3
#define REGIONS		6
#define PAGES		16UL
#define PAUSE_POLL_US	50000	/* of many processes: a look each 2 ms takes both processors */
#define ORPHAN_MS_MAX	300

struct region {
	uint64_t addr, size;	/* size 0: none */
};

struct own_vm {
	struct sev_vm vm;
	const struct flavour *flavour;
	struct region regions[REGIONS];
	bool launched;		/* has a context of the firmware, which it must answer for */
	bool shared;		/* others may have taken it over */
};

/* A neighbour's VM: to be mirrored or taken over. */
struct foreign_vm {
	int fd;			/* -1: none */
	const struct flavour *flavour;
};

static struct own_vm vms[VMS];
static struct foreign_vm foreign[FOREIGN];
static struct sev_host host;
static int flavour_count;
static struct storm_life *self;

/* xorshift64* (Marsaglia; Vigna): any but a zero state will do. */
static uint32_t chance(uint32_t below)
{
	self->random ^= self->random >> 12;
	self->random ^= self->random << 25;
	self->random ^= self->random >> 27;
	return (self->random * 0x2545f4914f6cdd1dULL >> 32) % below;
}

static bool exists(const struct own_vm *own)
{
	return own->vm.fd >= 0;
}

static struct own_vm *any_vm(bool existing)
{
	struct own_vm *own = &vms[chance(VMS)];

	return exists(own) == existing ? own : NULL;
}

static void forget(struct own_vm *own)
{
	*own = (struct own_vm) { .vm = { .fd = -1, .vcpu_fd = -1 } };
}

static void close_own(struct own_vm *own)
{
	sev_vm_close(&own->vm);
	sev_vm_free_memory(&own->vm);
	forget(own);
}

/* ---- VMs ------------------------------------------------------------------------------------ */

static bool new_vm(struct own_vm *own, const struct flavour *flavour, size_t size)
{
	forget(own);
	own->flavour = flavour;
	if (!sev_vm_create(&own->vm, &host, flavour->type, flavour->init, size).err)
		return true;
	forget(own);
	return false;
}

static bool act_create(void)
{
	struct own_vm *own = any_vm(false);

	return own && new_vm(own, &flavours[chance(flavour_count)], PAGES * SEV_PAGE_SIZE);
}

static bool act_init(void)
{
	struct own_vm *own = any_vm(true);

	return own && !sev_vm_init(&own->vm).err;
}

static bool act_vcpu(void)
{
	struct own_vm *own = any_vm(true);

	return own && own->vm.vcpu_fd < 0 && !sev_vm_add_vcpu(&own->vm).err;
}

static bool act_close(void)
{
	struct own_vm *own = any_vm(true);

	if (own)
		close_own(own);
	return own;
}

/* ---- regions -------------------------------------------------------------------------------- */

static bool act_register(void)
{
	struct own_vm *own = any_vm(true);
	struct region *region;

	if (!own || !own->vm.memory)
		return false;
	region = &own->regions[chance(REGIONS)];
	if (region->size)
		return false;
	region->addr = (uintptr_t)own->vm.memory + chance(PAGES * SEV_PAGE_SIZE / 2);
	region->size = 1 + chance(PAGES * SEV_PAGE_SIZE / 2);
	if (!sev_vm_register(&own->vm, region->addr, region->size).err)
		return true;
	region->size = 0;
	return false;
}

static bool act_unregister(void)
{
	struct own_vm *own = any_vm(true);
	struct region *region = own ? &own->regions[chance(REGIONS)] : NULL;

	if (!own || !region->size ||
	    sev_vm_unregister(&own->vm, region->addr, region->size).err)
		return false;
	region->size = 0;
	return true;
}

/* ---- commands ------------------------------------------------------------------------------- */

static bool act_launch_start(void)
{
	struct own_vm *own = any_vm(true);
	struct kvm_sev_launch_start start = { 0 };

	if (!own || own->launched)
		return false;
	start.policy = own->flavour->policy;
	own->launched = !sev_vm_command(&own->vm, KVM_SEV_LAUNCH_START, &start).err;
	return own->launched;
}

static bool act_update_data(void)
{
	struct own_vm *own = any_vm(true);
	struct kvm_sev_launch_update_data data = { .len = PAGES * SEV_PAGE_SIZE };

	if (!own || !own->vm.memory)
		return false;
	data.uaddr = (uintptr_t)own->vm.memory;
	return !sev_vm_command(&own->vm, KVM_SEV_LAUNCH_UPDATE_DATA, &data).err;
}

static bool act_finish(void)
{
	struct own_vm *own = any_vm(true);
	struct kvm_sev_launch_measure measure = { .len = 1024 };
	uint8_t blob[1024];

	if (!own)
		return false;
	measure.uaddr = (uintptr_t)blob;
	sev_vm_command(&own->vm, KVM_SEV_LAUNCH_MEASURE, &measure);
	return !sev_vm_command(&own->vm, KVM_SEV_LAUNCH_FINISH, NULL).err;
}

static bool act_debug(void)
{
	struct own_vm *own = any_vm(true);
	static uint8_t page[SEV_PAGE_SIZE];
	struct kvm_sev_dbg dbg = { .dst_uaddr = (uintptr_t)page, .len = SEV_PAGE_SIZE };

	if (!own || !own->vm.memory)
		return false;
	dbg.src_uaddr = (uintptr_t)own->vm.memory;
	return !sev_vm_command(&own->vm, KVM_SEV_DBG_DECRYPT, &dbg).err;
}

/* The one that must succeed: a VM that was launched lives, whatever becomes of the module. */
static bool act_status(void)
{
	struct own_vm *own = any_vm(true);
	struct kvm_sev_guest_status status = { 0 };
	struct sev_outcome out;

	if (!own || !own->launched)
		return false;
	out = sev_vm_command(&own->vm, KVM_SEV_GUEST_STATUS, &status);
	if (out.err && !own->shared) {
		printf("# a %s VM of process %d is gone: errno %d, fw_error %#x\n",
		       own->flavour->name, getpid(), out.err, out.fw_error);
		atomic_fetch_add(&self->shared->failures, 1);
	}
	return !out.err;
}

/* ---- mirrors and migrations ----------------------------------------------------------------- */

static bool act_mirror(void)
{
	struct own_vm *source = any_vm(true), *own = any_vm(false);

	if (!source || !own || !new_vm(own, source->flavour, 0))
		return false;
	if (!sev_vm_mirror(&own->vm, &source->vm).err)
		return true;
	close_own(own);
	return false;
}

static bool take_over(struct own_vm *own, const struct sev_vm *source,
		      const struct flavour *flavour, bool vcpu)
{
	if (!own || !new_vm(own, flavour, 0))
		return false;
	/* A SEV-ES guest's VMSAs move too: KVM wants as many vCPUs at the destination. */
	if (vcpu && flavour->type == SEV_TYPE_SEV_ES)
		sev_vm_add_vcpu(&own->vm);
	if (!sev_vm_migrate(&own->vm, source).err)
		return true;
	close_own(own);
	return false;
}

static bool act_migrate(void)
{
	struct own_vm *source = any_vm(true), *own = any_vm(false);

	if (!source || !take_over(own, &source->vm, source->flavour, source->vm.vcpu_fd >= 0))
		return false;
	own->vm.memory = source->vm.memory;
	own->vm.size = source->vm.size;
	memcpy(own->regions, source->regions, sizeof(own->regions));
	own->shared = source->shared;
	/*
	 * KVM leaves sev_fd behind (kvm_sev_info.fd): commands of what was moved fail with EBADF.
	 */
	source->vm.memory = NULL;
	memset(source->regions, 0, sizeof(source->regions));
	source->launched = false;
	if (chance(2))
		close_own(source);
	return true;
}

/* ---- descriptors of other processes --------------------------------------------------------- */

static bool act_send(void)
{
	struct own_vm *own = any_vm(true);

	if (!own)
		return false;
	/* Before it is sent: the neighbour may be quicker. */
	own->shared = true;
	return handover_send(self->neighbour, own->vm.fd, own->flavour - flavours);
}

static void close_foreign(struct foreign_vm *vm)
{
	if (vm->fd >= 0)
		close(vm->fd);
	vm->fd = -1;
}

static bool act_receive(void)
{
	struct foreign_vm *vm = &foreign[chance(FOREIGN)];
	int flavour = 0;

	close_foreign(vm);
	vm->fd = handover_receive(self->mailbox, &flavour);
	if (vm->fd < 0)
		return false;
	vm->flavour = &flavours[flavour];
	return true;
}

static bool act_take_foreign(void)
{
	struct foreign_vm *vm = &foreign[chance(FOREIGN)];
	struct sev_vm source = { .host = &host, .fd = vm->fd, .vcpu_fd = -1 };
	struct own_vm *own = any_vm(false);
	bool done;

	if (vm->fd < 0 || !own)
		return false;
	done = take_over(own, &source, vm->flavour, chance(2));
	if (done)
		own->shared = true;
	return done;
}

static bool act_mirror_foreign(void)
{
	struct foreign_vm *vm = &foreign[chance(FOREIGN)];
	struct sev_vm source = { .host = &host, .fd = vm->fd, .vcpu_fd = -1 };
	struct own_vm *own = any_vm(false);

	if (vm->fd < 0 || !own || !new_vm(own, vm->flavour, 0))
		return false;
	if (!sev_vm_mirror(&own->vm, &source).err)
		return true;
	close_own(own);
	return false;
}

/* ---- death ---------------------------------------------------------------------------------- */

/* A child holds all descriptors for a while: VMs outlive the process that made them. */
static bool act_fork(void)
{
	uint32_t ms = 1 + chance(ORPHAN_MS_MAX);
	pid_t pid = fork();

	if (!pid) {
		usleep(ms * 1000);
		_exit(0);
	}
	return pid > 0;
}

static bool act_die(void)
{
	raise(SIGKILL);
	return false;
}

static const struct action {
	const char *name;
	unsigned int weight;
	bool (*act)(void);
} actions[] = {
	{ "create", 24, act_create },
	{ "init", 30, act_init },
	{ "vcpu", 10, act_vcpu },
	{ "close", 12, act_close },
	{ "register", 40, act_register },
	{ "unregister", 30, act_unregister },
	{ "launch start", 20, act_launch_start },
	{ "update data", 15, act_update_data },
	{ "finish", 8, act_finish },
	{ "debug", 15, act_debug },
	{ "status", 20, act_status },
	{ "mirror", 10, act_mirror },
	{ "migrate", 10, act_migrate },
	{ "send a VM", 5, act_send },
	{ "receive a VM", 6, act_receive },
	{ "take a VM over", 5, act_take_foreign },
	{ "mirror another's", 5, act_mirror_foreign },
	{ "fork", 1, act_fork },
	{ "die", 1, act_die },
	{ }
};

const char *storm_action_name(size_t index)
{
	return actions[index].name;
}

static size_t any_action(void)
{
	uint32_t sum = 0, number;
	size_t i;

	for (i = 0; actions[i].name; i++)
		sum += actions[i].weight;
	number = chance(sum);
	for (i = 0; number >= actions[i].weight; i++)
		number -= actions[i].weight;
	return i;
}

static void drop_all(void)
{
	size_t i;

	for (i = 0; i < VMS; i++)
		if (exists(&vms[i]))
			close_own(&vms[i]);
	/* What waits in the mailbox, too. */
	while (act_receive())
		;
	for (i = 0; i < FOREIGN; i++)
		close_foreign(&foreign[i]);
}

static void stand_still(struct storm_shared *shared)
{
	unsigned int generation = atomic_load(&shared->generation);

	atomic_fetch_add(&shared->paused, 1);
	while (atomic_load(&shared->pause)) {
		if (atomic_load(&shared->generation) != generation) {
			generation++;
			drop_all();
			atomic_fetch_add(&shared->dropped, 1);
		}
		usleep(PAUSE_POLL_US);
	}
	atomic_fetch_sub(&shared->paused, 1);
}

void storm_live(struct storm_life *life)
{
	struct storm_shared *shared = life->shared;
	const char *missing;
	size_t i, action;

	self = life;
	signal(SIGCHLD, SIG_IGN);
	for (i = 0; i < VMS; i++)
		forget(&vms[i]);
	for (i = 0; i < FOREIGN; i++)
		foreign[i].fd = -1;
	flavour_count = flavours_here();
	if (!sev_host_open(&host, &missing))
		_exit(1);

	while (!atomic_load(&shared->stop)) {
		if (atomic_load(&shared->pause))
			stand_still(shared);
		action = any_action();
		atomic_fetch_add(&shared->tried[action], 1);
		if (actions[action].act())
			atomic_fetch_add(&shared->done[action], 1);
	}
	drop_all();
	_exit(0);
}
