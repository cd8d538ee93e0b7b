// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a hostile tenant does by number and size: takes all there is, asks for more than there can
 * be, and asks again and again.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "hostile.h"
#include "sev_abi.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define MANY_VMS	16
#define MANY_REGIONS	64
#define MANY_CALLS	200
#define MANY_FILES	24
#define MANY_REQUESTS	40
#define CHAIN		24
#define NO_COMMAND	200	/* KVM has no commands of these numbers */
#define DEPTH_MAX	200
#define CHILD_MS	100

static bool start_as(struct hostile *h, struct sev_vm *vm, const struct flavour *flavour)
{
	if (sev_vm_create(vm, &h->host, flavour->type, flavour->init, 0).err)
		return false;
	if (!sev_vm_init(vm).err)
		return true;
	sev_vm_close(vm);
	return false;
}

static const struct flavour *any_flavour(struct hostile *h)
{
	return &flavours[hostile_chance(h, h->flavour_count)];
}

/* Both pools, each until it is refused. */
bool hostile_exhaust_asids(struct hostile *h)
{
	struct sev_vm vms[2 * MANY_VMS];
	size_t count = 0, i;

	hostile_begin(h);
	while (count < MANY_VMS && start_as(h, &vms[count], &flavours[0]))
		count++;
	while (count < 2 * MANY_VMS && start_as(h, &vms[count], &flavours[1]))
		count++;
	usleep(1000 * hostile_chance(h, 50));
	for (i = 0; i < count; i++)
		sev_vm_close(&vms[i]);
	return count;
}

bool hostile_exhaust_pages(struct hostile *h)
{
	struct hostile_vm *own = hostile_sev_vm(h);
	size_t count = 0;

	if (!own || !own->vm.memory)
		return false;
	hostile_begin(h);
	while (count < MANY_REGIONS &&
	       !sev_vm_register(&own->vm, (uintptr_t)own->vm.memory, own->vm.size).err)
		count++;
	return count;
}

/* Registers regions of sizes that cannot be pinned: a ledger that believes them counts wrong. */
bool hostile_absurd_sizes(struct hostile *h)
{
	struct hostile_vm *own = hostile_place(h, true);
	const uint64_t memory = own ? (uintptr_t)own->vm.memory : 0;
	const struct kvm_enc_region regions[] = {
		{ SEV_PAGE_SIZE, 1ULL << 62 },
		{ SEV_PAGE_SIZE, UINT64_MAX - 2 * SEV_PAGE_SIZE },
		{ UINT64_MAX, 2 },
		{ memory, 0 },
		{ memory, 1ULL << 42 },
		{ memory, HOSTILE_PAGES * SEV_PAGE_SIZE * 2 },
		{ 0, SEV_PAGE_SIZE },
	};
	bool done = false;
	size_t i;

	if (!own)
		return false;
	hostile_begin(h);
	for (i = 0; i < ARRAY_SIZE(regions); i++) {
		done |= !sev_vm_register(&own->vm, regions[i].addr, regions[i].size).err;
		done |= !sev_vm_unregister(&own->vm, regions[i].addr, regions[i].size).err;
	}
	return done;
}

/* Refused, each of them, and none of it may be at the cost of others. */
bool hostile_flood(struct hostile *h)
{
	struct hostile_vm *own = hostile_place(h, true);
	int i;

	if (!own)
		return false;
	hostile_begin(h);
	for (i = 0; i < MANY_CALLS; i++) {
		sev_vm_command(&own->vm, NO_COMMAND + hostile_chance(h, 50), NULL);
		sev_vm_register(&own->vm, 1, 1);
		sev_vm_init(&own->vm);
	}
	return true;
}

/* Starts a VM, and lets others take its context: each from the first, or from the one before. */
static size_t take_on(struct hostile *h, struct sev_vm vms[CHAIN], uint32_t cap, bool from_last)
{
	size_t count;

	if (!start_as(h, &vms[0], any_flavour(h)))
		return 0;
	hostile_begin(h);
	for (count = 1; count < CHAIN; count++) {
		if (sev_vm_create(&vms[count], &h->host, vms[0].type, vms[0].init, 0).err)
			break;
		if (hostile_take(&vms[count], cap, vms[from_last ? count - 1 : 0].fd)) {
			sev_vm_close(&vms[count]);
			break;
		}
	}
	return count;
}

static void close_all(struct sev_vm *vms, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		sev_vm_close(&vms[i]);
}

bool hostile_chain(struct hostile *h)
{
	struct sev_vm vms[CHAIN];
	size_t count = take_on(h, vms, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM, true), i;

	/* From either end. */
	for (i = 0; i < count; i++)
		sev_vm_close(&vms[hostile_chance(h, 2) ? i : count - 1 - i]);
	close_all(vms, count);
	return count > 1;
}

bool hostile_mirrors(struct hostile *h)
{
	struct sev_vm vms[CHAIN];
	size_t count = take_on(h, vms, KVM_CAP_VM_COPY_ENC_CONTEXT_FROM, false);

	if (count)
		sev_vm_close(&vms[hostile_chance(h, count)]);
	close_all(vms, count);
	return count > 1;
}

/* ---- sevadm's own doors ---------------------------------------------------------------------- */

bool hostile_open_devices(struct hostile *h)
{
	int files[MANY_FILES], count = 0, i;

	while (count < MANY_FILES) {
		files[count] = open(SEVADM_DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
		if (files[count] < 0)
			break;
		count++;
	}
	if (count)
		hostile_begin(h);
	for (i = 0; count && i < MANY_REQUESTS; i++) {
		h->fuzz.device = files[hostile_chance(h, count)];
		fuzz_device(&h->fuzz);
	}
	for (i = 0; i < count; i++)
		close(files[i]);
	return count;
}

bool hostile_messages(struct hostile *h)
{
	unsigned long before = h->fuzz.done;
	int i;

	hostile_begin(h);
	for (i = 0; i < MANY_REQUESTS; i++)
		fuzz_message(&h->fuzz);
	return h->fuzz.done > before;
}

/* ---- other identities ------------------------------------------------------------------------ */

/* Root of a user namespace of its own, with VMs that outlive what they were made for. */
bool hostile_namespace(struct hostile *h)
{
	uint32_t ms = hostile_chance(h, CHILD_MS);
	pid_t child = fork();
	struct sev_vm vms[MANY_VMS];
	int i;

	if (child)
		return child > 0;
	if (unshare(CLONE_NEWUSER))
		_exit(1);
	hostile_begin(h);
	for (i = 0; i < MANY_VMS; i++)
		if (!start_as(h, &vms[i], any_flavour(h)))
			break;
	usleep(1000 * ms);
	_exit(0);
}

/* One cgroup deeper, in a folder that all of them share. */
bool hostile_nest(struct hostile *h)
{
	char path[sizeof(HOSTILE_CGROUP) + 2 * DEPTH_MAX + 32] = HOSTILE_CGROUP;
	unsigned int i;
	FILE *file;
	bool good;

	if (h->depth == DEPTH_MAX)
		return false;
	hostile_begin(h);
	h->depth++;
	for (i = 0; i < h->depth; i++)
		strcat(path, "/d");
	if (mkdir(path, 0777) && errno != EEXIST)
		return false;
	chmod(path, 0777);
	strcat(path, "/cgroup.procs");
	chmod(path, 0666);
	file = fopen(path, "w");
	good = file && fprintf(file, "%d\n", getpid()) > 0;
	return file && !fclose(file) && good;
}
