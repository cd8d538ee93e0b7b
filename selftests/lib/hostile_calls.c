// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a hostile tenant does to a single call: takes its memory away, exchanges its files, holds it
 * where the kernel reads its arguments, and dies in the middle.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "flipper.h"
#include "hostile.h"
#include "sev_abi.h"
#include "stall.h"

#define TRIES		30	/* calls under one flipper */
#define STALL_MS	10000	/* in which a call reaches the page that it stalls at, or ends */
#define LOOK_MS		10
#define MOVES		20	/* of a VM that a stalled call holds on to */

/* ---- memory that comes and goes -------------------------------------------------------------- */

static unsigned int init_command(const struct hostile_vm *own)
{
	if (own->flavour->init == SEV_INIT_2)
		return KVM_SEV_INIT2;
	return own->flavour->type == SEV_TYPE_SEV ? KVM_SEV_INIT : KVM_SEV_ES_INIT;
}

/* Command and argument lie in the page: the call may fail at either, or behind both. */
struct command_page {
	struct kvm_sev_cmd command;
	union {
		struct kvm_sev_init init;
		struct kvm_sev_launch_start start;
		struct kvm_sev_guest_status status;
	};
};

bool hostile_unreadable(struct hostile *h)
{
	bool full = hostile_chance(h, 3) == 0;
	struct hostile_vm *own = hostile_place(h, full);
	struct command_page *page;
	struct flipper f = { 0 };
	bool done = false;
	int i;

	if (!own || (!full && !hostile_new(h, own, NULL, HOSTILE_PAGES * SEV_PAGE_SIZE)))
		return false;
	page = mmap(NULL, SEV_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	if (page == MAP_FAILED)
		return false;
	page->command = (struct kvm_sev_cmd) {
		.id = full ? KVM_SEV_LAUNCH_START : init_command(own),
		.data = (uintptr_t)&page->init,
		.sev_fd = h->host.sev_fd,
	};
	f.memory = page;
	hostile_begin(h);
	flipper_start(&f);
	for (i = 0; i < TRIES && !done; i++)
		done = !ioctl(own->vm.fd, KVM_MEMORY_ENCRYPT_OP, page);
	flipper_stop(&f);
	munmap(page, SEV_PAGE_SIZE);
	return done;
}

/* ---- files that are exchanged ---------------------------------------------------------------- */

/* What the descriptor is in turn with a VM. */
static int other_file(struct hostile *h, int vm_fd)
{
	const struct hostile_vm *own = hostile_place(h, true);

	switch (hostile_chance(h, 4)) {
	case 0:
		return ioctl(vm_fd, KVM_GET_STATS_FD, NULL);
	case 1:
		return own ? dup(own->vm.fd) : dup(h->host.kvm_fd);
	case 2:
		return h->foreign >= 0 ? dup(h->foreign) : dup(h->host.kvm_fd);
	default:
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	}
}

bool hostile_exchange(struct hostile *h)
{
	struct hostile_vm *source = hostile_sev_vm(h), *own = hostile_place(h, false);
	struct flipper f = { .fd = HOSTILE_FD };
	uint32_t cap = hostile_copy_or_move(h);
	bool done = false;
	int i;

	if (!source || !own || !hostile_new(h, own, source->flavour, 0))
		return false;
	f.files[0] = source->vm.fd;
	f.files[1] = other_file(h, source->vm.fd);
	if (f.files[1] < 0)
		return false;
	hostile_begin(h);
	flipper_start(&f);
	for (i = 0; i < TRIES && !done; i++)
		done = !hostile_take(&own->vm, cap, HOSTILE_FD);
	flipper_stop(&f);
	close(HOSTILE_FD);
	close(f.files[1]);
	/* What the VM was made from may be gone before it. */
	if (done && hostile_chance(h, 2))
		hostile_close(source);
	return done;
}

/* ---- calls that stall ------------------------------------------------------------------------ */

struct call {
	pthread_t thread;
	int fd;
	unsigned long request;
	void *argument;
	bool started;
	atomic_bool ended;
};

static void *do_call(void *argument)
{
	struct call *call = argument;

	ioctl(call->fd, call->request, call->argument);
	atomic_store(&call->ended, true);
	return NULL;
}

static void call_start(struct call *call)
{
	call->started = !pthread_create(&call->thread, NULL, do_call, call);
	if (!call->started)
		atomic_store(&call->ended, true);
}

/* Return true when the call has stalled; it may end before it does. */
static bool call_stalls(struct call *call, struct stall *stall)
{
	bool stalled = false;
	int ms;

	for (ms = 0; ms < STALL_MS && !stalled && !atomic_load(&call->ended); ms += LOOK_MS)
		stalled = stall_wait(stall, LOOK_MS);
	return stalled;
}

static void call_join(struct call *call)
{
	if (call->started)
		pthread_join(call->thread, NULL);
}

/* All that a VM is made of may be in its arguments, whole or cut off somewhere. */
static void stall_arguments(struct hostile *h, struct call *call, const struct hostile_vm *own,
			    struct stall *stall, uint8_t *rest)
{
	union {
		struct kvm_sev_cmd command;
		struct kvm_enable_cap enable;
		struct kvm_enc_region region;
	} all = { 0 };
	size_t size, readable;

	switch (hostile_chance(h, 4)) {
	case 0:
		call->request = KVM_MEMORY_ENCRYPT_REG_REGION;
		size = sizeof(all.region);
		all.region.addr = (uintptr_t)own->vm.memory;
		all.region.size = SEV_PAGE_SIZE;
		break;
	case 1:
		call->request = KVM_ENABLE_CAP;
		size = sizeof(all.enable);
		all.enable.cap = hostile_copy_or_move(h);
		all.enable.args[0] = h->foreign;
		break;
	default:
		call->request = KVM_MEMORY_ENCRYPT_OP;
		size = sizeof(all.command);
		all.command.id = hostile_chance(h, 2) ? init_command(own) : KVM_SEV_GUEST_STATUS;
		all.command.sev_fd = h->host.sev_fd;
	}
	readable = hostile_chance(h, 3) ? sizeof(uint32_t) : hostile_chance(h, size);
	call->argument = stall_place(stall, size, readable);
	memcpy(call->argument, &all, readable);
	memcpy(rest, (uint8_t *)&all + readable, size - readable);
}

/* The VM moves on and on, each successor the next one's source. */
static void move_on(struct hostile *h, struct hostile_vm *own)
{
	uint32_t moves = 1 + hostile_chance(h, MOVES);
	struct sev_vm next;

	while (moves--) {
		if (sev_vm_create(&next, &h->host, own->vm.type, own->vm.init, 0).err)
			return;
		if (hostile_take(&next, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM, own->vm.fd)) {
			sev_vm_close(&next);
			return;
		}
		close(own->vm.fd);
		own->vm.fd = next.fd;
	}
}

static bool stall(struct hostile *h, bool die)
{
	struct hostile_vm *own = hostile_place(h, true);
	uint8_t rest[SEV_PAGE_SIZE] = { 0 };
	struct call call = { 0 };
	struct stall s;
	bool stalled;

	if (!own || !stall_open(&s))
		return false;
	call.fd = dup(own->vm.fd);
	stall_arguments(h, &call, own, &s, rest);
	call_start(&call);
	stalled = call_stalls(&call, &s);
	if (stalled)
		hostile_begin(h);
	if (hostile_chance(h, 2))
		move_on(h, own);
	else
		hostile_close(own);
	if (die && stalled)
		raise(SIGKILL);
	stall_release(&s, rest);
	call_join(&call);
	close(call.fd);
	stall_close(&s);
	return stalled;
}

bool hostile_stall(struct hostile *h)
{
	return stall(h, false);
}

bool hostile_die_stalling(struct hostile *h)
{
	return stall(h, true);
}

/* One call sleeps with the VM's lock, and another that wants the same VM sleeps behind it. */
bool hostile_stall_locked(struct hostile *h)
{
	struct hostile_vm *own = hostile_sev_vm(h), *next = hostile_place(h, false);
	struct kvm_enable_cap enable = { .cap = hostile_copy_or_move(h) };
	struct kvm_sev_cmd command = { .id = KVM_SEV_LAUNCH_START, .sev_fd = h->host.sev_fd };
	uint8_t rest[SEV_PAGE_SIZE] = { 0 };
	struct call first, second;
	struct stall s;
	bool stalled;

	if (!own || !next || !hostile_new(h, next, own->flavour, 0) || !stall_open(&s))
		return false;
	command.data = (uintptr_t)stall_place(&s, sizeof(struct kvm_sev_launch_start), 4);
	enable.args[0] = own->vm.fd;
	first = (struct call) { .fd = own->vm.fd, .request = KVM_MEMORY_ENCRYPT_OP,
				.argument = &command };
	second = (struct call) { .fd = next->vm.fd, .request = KVM_ENABLE_CAP,
				 .argument = &enable };
	call_start(&first);
	stalled = call_stalls(&first, &s);
	if (stalled)
		hostile_begin(h);
	call_start(&second);
	usleep(1000 * hostile_chance(h, 20));
	if (!hostile_chance(h, 16))
		raise(SIGKILL);
	stall_release(&s, rest);
	call_join(&first);
	call_join(&second);
	stall_close(&s);
	return stalled;
}
