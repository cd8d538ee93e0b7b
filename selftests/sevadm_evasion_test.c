// SPDX-License-Identifier: GPL-2.0-only
/*
 * A tenant tries to get past the module: it stalls a call while its VM moves on and on, takes the memory away
 * that a command lies in, exchanges the file behind a descriptor, and runs processes under its
 * subordinate uids. The host survives, the ledger equals kvm_amd's own state, and limits hold.
 *
 * usage: sevadm_evasion_test [--tries N] [--migrations N]     (20, 520)
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/klog.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest.h"
#include "lib/cgroup.h"
#include "lib/events.h"
#include "lib/flipper.h"
#include "lib/kmod.h"
#include "lib/ledger.h"
#include "lib/limits.h"
#include "lib/sev_abi.h"
#include "lib/sev_vm.h"
#include "lib/stall.h"

#define ALLOWED		4	/* VMs that the tenant may have */
#define TRIES_A_VM	200	/* calls, until one of them initialises a VM */
#define REFUSALS_A_VM	10	/* of them, until it is believed that none will */
#define STALL_MS	60000
#define USER		1001
#define SUBORDINATE	100000
#define HUGE		(1UL << 62)
#define LOG_READ_ALL	3	/* SYSLOG_ACTION_READ_ALL, which no header has */

static struct sev_host host;
static unsigned long tries = 20, migrations = 520;
static bool good;

#define check(condition) do {								\
	if (!(condition)) {								\
		ksft_print_msg("%s:%d: not so: %s\n", __func__, __LINE__, #condition);	\
		good = false;								\
	}										\
} while (0)

static bool vm_new(struct sev_vm *vm)
{
	return !sev_vm_create(vm, &host, SEV_TYPE_SEV, SEV_INIT_LEGACY, 0).err;
}

static bool vm_start(struct sev_vm *vm)
{
	if (!vm_new(vm))
		return false;
	if (!sev_vm_init(vm).err)
		return true;
	sev_vm_close(vm);
	return false;
}

static bool set_max(uint32_t subject, uint64_t id, uint64_t max)
{
	return !limit_set(subject, id, SEVADM_RESOURCE_ASID_SEV, SEVADM_A_LIMIT_MAX_VALUE, max);
}

/* Nothing is left of an attack. */
static void check_empty(void)
{
	struct ledger_totals totals = { 0 };

	check(!ledger_differences("at the end", &totals));
	check(!totals.vms && !totals.pinned_bytes);
}

/* ---- a call that stalls --------------------------------------------------------------------- */

struct stalled_call {
	pthread_t thread;
	atomic_int tid;
	int fd;
	void *command;
};

static void *call(void *argument)
{
	struct stalled_call *c = argument;

	atomic_store(&c->tid, gettid());
	ioctl(c->fd, KVM_MEMORY_ENCRYPT_OP, c->command);
	return NULL;
}

static bool migrate(struct sev_vm *vm)
{
	struct sev_vm next;
	bool moved = vm_new(&next) && !sev_vm_migrate(&next, vm).err;

	sev_vm_close(moved ? vm : &next);
	if (moved)
		*vm = next;
	return moved;
}

/* The call holds on to the first of many VMs, each of which has been the next one's source. */
static void migrations_behind_a_stalled_call(void)
{
	static uint8_t page[SEV_PAGE_SIZE];
	struct kvm_sev_cmd command = { .id = KVM_SEV_GUEST_STATUS, .sev_fd = host.sev_fd };
	struct stalled_call c;
	struct stall stall;
	struct sev_vm vm;
	unsigned long i;

	check(stall_open(&stall) && vm_start(&vm));
	if (!good)
		return;
	c.fd = dup(vm.fd);
	c.command = stall_place(&stall, sizeof(command), sizeof(command.id));
	memcpy(c.command, &command, sizeof(command.id));
	memcpy(page, (uint8_t *)&command + sizeof(command.id), sizeof(command) - sizeof(command.id));
	check(!pthread_create(&c.thread, NULL, call, &c));
	check(stall_wait(&stall, STALL_MS));
	for (i = 0; i < migrations && good; i++)
		check(migrate(&vm));
	check(!ledger_differences_quick("the call stalls"));
	check(stall_release(&stall, page));
	pthread_join(c.thread, NULL);
	close(c.fd);
	check(!ledger_differences_quick("the call has ended"));
	sev_vm_close(&vm);
	stall_close(&stall);
	check_empty();
}

static void *unload(void *argument)
{
	(void)argument;
	return kmod_unload_sevadm() ? NULL : argument;
}

/* Return true once the kernel's log has the text. */
static bool is_in_log(const char *text)
{
	static char log[1 << 20];
	int length = klogctl(LOG_READ_ALL, log, sizeof(log) - 1);

	log[length > 0 ? length : 0] = '\0';
	return strstr(log, text);
}

/* The kernel's log names the task that keeps the module while the module's own look at its command stalls. */
static void unloading_behind_a_stalled_call(void)
{
	static uint8_t page[SEV_PAGE_SIZE];
	struct kvm_sev_cmd command = { .id = KVM_SEV_GUEST_STATUS, .sev_fd = host.sev_fd };
	struct stalled_call c = { .tid = 0 };
	pthread_t unloader;
	struct stall stall;
	struct sev_vm vm;
	void *failed = NULL;
	char text[64];
	int waited;

	check(stall_open(&stall) && vm_start(&vm));
	if (!good)
		return;
	c.fd = vm.fd;
	c.command = stall_place(&stall, sizeof(command), 0);
	memcpy(page, &command, sizeof(command));
	check(!pthread_create(&c.thread, NULL, call, &c));
	check(stall_wait(&stall, STALL_MS));
	snprintf(text, sizeof(text), "sevadm: task %d (", atomic_load(&c.tid));
	check(!pthread_create(&unloader, NULL, unload, &failed));
	for (waited = 0; waited < STALL_MS && !is_in_log(text); waited += 100)
		usleep(100000);
	check(waited < STALL_MS);
	check(stall_release(&stall, page));
	pthread_join(c.thread, NULL);
	pthread_join(unloader, &failed);
	check(!failed && kmod_load_sevadm() && !limits_open());
	sev_vm_close(&vm);
	stall_close(&stall);
	check_empty();
}

/* The number of a command is its caller's: it names no operation that is not such a command. */
static void command_that_is_named_an_end(void)
{
	struct kvm_sev_cmd command = { .id = SEVADM_KVM_DESTROY, .sev_fd = host.sev_fd };
	struct sevadm_event events[16];
	int reader, count, i, found = 0;
	struct sev_vm vm;
	__u64 seq;

	check(vm_start(&vm));
	reader = events_open(&seq);
	check(reader >= 0);
	check(ioctl(vm.fd, KVM_MEMORY_ENCRYPT_OP, &command) == -1 && errno == EINVAL);
	count = events_read(reader, events, sizeof(events) / sizeof(events[0]));
	for (i = 0; i < count; i++) {
		found += events[i].type == SEVADM_EVENT_KVM && events[i].pid == (__u32)getpid();
		check(events[i].type != SEVADM_EVENT_KVM || events[i].command != SEVADM_KVM_DESTROY);
	}
	check(found == 1);
	close(reader);
	sev_vm_close(&vm);
	check_empty();
}

/* ---- memory that comes and goes ------------------------------------------------------------- */

/* 0, or why the last of many calls failed. */
static int init_by(struct sev_vm *vm, struct kvm_sev_cmd *command)
{
	int i, err = 0, refusals = 0;

	for (i = 0; i < TRIES_A_VM && refusals < REFUSALS_A_VM; i++) {
		err = ioctl(vm->fd, KVM_MEMORY_ENCRYPT_OP, command) ? errno : 0;
		if (!err || (err != EFAULT && err != EBUSY))
			break;
		refusals += err == EBUSY;
	}
	/* KVM has initialised it, and could not write that down. */
	return err == EINVAL && i ? 0 : err;
}

static void memory_that_comes_and_goes(void)
{
	struct sev_vm vms[2 * ALLOWED];
	unsigned long done = 0, outside = 0, round;
	struct kvm_sev_cmd *command;
	struct flipper f = { 0 };
	int i, count, err;

	f.memory = mmap(NULL, SEV_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
	command = f.memory;
	*command = (struct kvm_sev_cmd) { .id = KVM_SEV_INIT, .sev_fd = host.sev_fd };
	check(set_max(SEVADM_SUBJECT_USER, getuid(), ALLOWED));
	for (round = 0; done < tries && round < tries && good; round++) {
		flipper_start(&f);
		for (i = count = 0; i < 2 * ALLOWED; i++) {
			check(vm_new(&vms[i]));
			err = init_by(&vms[i], command);
			check(!err || err == EBUSY || err == EFAULT);
			count += !err;
		}
		flipper_stop(&f);
		mprotect(f.memory, SEV_PAGE_SIZE, PROT_READ | PROT_WRITE);
		done += count;
		outside += ledger_differences_quick("memory that comes and goes");
		if (count > ALLOWED) {
			ksft_print_msg("%d VMs, where %d are allowed\n", count, ALLOWED);
			good = false;
		}
		for (i = 0; i < 2 * ALLOWED; i++)
			sev_vm_close(&vms[i]);
	}
	ksft_print_msg("%lu VMs initialised, %lu differences\n", done, outside);
	check(done && !outside);
	check(!limit_delete(SEVADM_SUBJECT_USER, getuid()));
	munmap(f.memory, SEV_PAGE_SIZE);
	check_empty();
}

/* ---- a descriptor that is exchanged --------------------------------------------------------- */

static int take(struct sev_vm *vm, uint32_t cap, int fd)
{
	struct kvm_enable_cap enable = { .cap = cap, .args = { fd } };

	return ioctl(vm->fd, KVM_ENABLE_CAP, &enable) ? errno : 0;
}

/*
 * The one VM that is allowed moves on, while the descriptor that it moves from is a file of another sort
 * half of the time. What it has become counts: there is no room for one more.
 */
static void move_of_an_exchanged_descriptor(void)
{
	struct flipper f = { .files = { -1, open("/dev/null", O_RDONLY) }, .fd = 900 };
	unsigned long moved = 0, calls = 0, outside = 0;
	struct sev_vm vm, next, more;

	check(vm_start(&vm));
	check(set_max(SEVADM_SUBJECT_USER, getuid(), 1));
	while (moved < tries && calls < 1000 * tries && good) {
		check(vm_new(&next));
		f.files[0] = vm.fd;
		dup2(vm.fd, f.fd);
		flipper_start(&f);
		while (calls++ < 1000 * tries && take(&next, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM, f.fd))
			;
		flipper_stop(&f);
		moved++;
		outside += ledger_differences_quick("a descriptor is exchanged");
		dup2(f.files[1], f.fd);
		sev_vm_close(&vm);
		check(!vm_start(&more));
		vm = next;
	}
	ksft_print_msg("%lu VMs moved by %lu calls, %lu differences\n", moved, calls, outside);
	check(moved == tries && !outside);
	check(!limit_delete(SEVADM_SUBJECT_USER, getuid()));
	sev_vm_close(&vm);
	close(f.files[1]);
	close(f.fd);
	check_empty();
}

/* The descriptor is the one VM, then the other. */
static void either_of_two_vms(uint32_t cap)
{
	struct flipper f = { .fd = 900 };
	unsigned long done = 0, calls = 0, outside = 0;
	struct sev_vm vms[2], next;

	while (done < tries && calls < 1000 * tries && good) {
		check(vm_start(&vms[0]) && vm_start(&vms[1]) && vm_new(&next));
		f.files[0] = vms[0].fd;
		f.files[1] = vms[1].fd;
		dup2(vms[0].fd, f.fd);
		flipper_start(&f);
		while (calls++ < 1000 * tries && take(&next, cap, f.fd))
			;
		flipper_stop(&f);
		done++;
		outside += ledger_differences_quick("the one VM, or the other");
		close(f.fd);
		sev_vm_close(&vms[0]);
		sev_vm_close(&vms[1]);
		outside += ledger_differences_quick("the one VM, or the other, and both are closed");
		sev_vm_close(&next);
	}
	ksft_print_msg("%lu of %lu calls succeeded, %lu differences\n", done, calls, outside);
	check(done == tries && !outside);
	check_empty();
}

static void move_of_either_of_two_vms(void)
{
	either_of_two_vms(KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM);
}

static void mirror_of_either_of_two_vms(void)
{
	either_of_two_vms(KVM_CAP_VM_COPY_ENC_CONTEXT_FROM);
}

/* What is no VM, though it has to do with one. */
static void files_that_are_no_vms(void)
{
	struct sev_vm vm, next;
	int stats;

	check(vm_start(&vm) && vm_new(&next));
	stats = ioctl(vm.fd, KVM_GET_STATS_FD, NULL);
	check(stats >= 0);
	check(take(&next, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM, stats) == EBADF);
	check(take(&next, KVM_CAP_VM_COPY_ENC_CONTEXT_FROM, host.kvm_fd) == EBADF);
	check(take(&next, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM, -1) == EBADF);
	check(take(&next, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM, next.fd) == EBUSY ||
	      errno == EINVAL);
	check(!ledger_differences_quick("files that are no VMs"));
	close(stats);
	sev_vm_close(&next);
	sev_vm_close(&vm);
	check_empty();
}

/* ---- other identities ----------------------------------------------------------------------- */

/* In a child: exit status 0: a VM could be initialised; else the errno. */
static void start_as(int ready, int go)
{
	struct sev_outcome out;
	struct sev_vm vm;
	char c = 0;

	if (setresuid(USER, USER, USER) || unshare(CLONE_NEWUSER))
		_exit(errno);
	if (write(ready, &c, 1) != 1 || read(go, &c, 1) != 1)
		_exit(EIO);
	/* In the namespace, 1 is the first subordinate uid. */
	if (setresuid(1, 1, 1) || !vm_new(&vm))
		_exit(errno);
	out = sev_vm_init(&vm);
	_exit(out.err);
}

static bool write_map(pid_t pid)
{
	char path[64], map[64];
	int fd, len;
	bool done;

	snprintf(path, sizeof(path), "/proc/%d/uid_map", pid);
	len = snprintf(map, sizeof(map), "0 %d 1\n1 %d 1000\n", USER, SUBORDINATE);
	fd = open(path, O_WRONLY);
	done = fd >= 0 && write(fd, map, len) == len;
	close(fd);
	return done;
}

/* As newuidmap(1) lets a user do. */
static int start_by_subordinate(void)
{
	int ready[2], go[2], status = 0;
	pid_t child;
	char c = 0;

	check(!pipe(ready) && !pipe(go));
	child = fork();
	if (!child)
		start_as(ready[1], go[0]);
	check(read(ready[0], &c, 1) == 1 && write_map(child) && write(go[1], &c, 1) == 1);
	waitpid(child, &status, 0);
	close(ready[0]);
	close(ready[1]);
	close(go[0]);
	close(go[1]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void subordinate_uids(void)
{
	int status;

	check(set_max(SEVADM_SUBJECT_USER, USER, 1));
	check(start_by_subordinate() == 0);
	check(set_max(SEVADM_SUBJECT_USER, USER, 0));
	status = start_by_subordinate();
	if (status != EBUSY)
		ksft_print_msg("user %d has no VM, and a subordinate uid of it gets %d\n", USER,
			       status);
	check(status == EBUSY);
	check(!limit_delete(SEVADM_SUBJECT_USER, USER));
	check_empty();
}

/* ---- what KVM charges the misc cgroup for ---------------------------------------------------- */

#define CGROUPS		"/sys/fs/cgroup"
#define MOVES		5

static const char *const misc_cgroups[] = { CGROUPS "/sevadm-misc-a", CGROUPS "/sevadm-misc-b" };

/* As many ASIDs are charged as are used: in both pools. */
static void check_charges(unsigned int used, unsigned int used_es)
{
	struct sevadm_pool_query pool = { .size = sizeof(pool), .pool = SEVADM_POOL_SEV };
	int fd = open(SEVADM_DEVICE, O_RDONLY | O_CLOEXEC);

	check(!ioctl(fd, SEVADM_IOC_POOL_QUERY, &pool));
	check(pool.used == used && pool.charged == used);
	pool = (struct sevadm_pool_query) { .size = sizeof(pool), .pool = SEVADM_POOL_SEV_ES };
	check(!ioctl(fd, SEVADM_IOC_POOL_QUERY, &pool));
	check(pool.used == used_es && pool.charged == used_es);
	close(fd);
}

/* A VM and its mirror, which has no ASID of its own, move from one cgroup to the other and back. */
static void move_between_cgroups(enum sev_type type)
{
	unsigned int es = type == SEV_TYPE_SEV_ES;
	struct sev_vm vm, mirror, next;
	int i;

	check(cgroup_enter(misc_cgroups[0], getpid()));
	check(!sev_vm_create(&vm, &host, type, SEV_INIT_LEGACY, 0).err && !sev_vm_init(&vm).err);
	check(vm_new(&mirror) && !sev_vm_mirror(&mirror, &vm).err);
	for (i = 1; i <= MOVES && good; i++) {
		check(cgroup_enter(misc_cgroups[i % 2], getpid()));
		check(vm_new(&next) && !sev_vm_migrate(&next, &vm).err);
		sev_vm_close(&vm);
		vm = next;
		check(vm_new(&next) && !sev_vm_migrate(&next, &mirror).err);
		sev_vm_close(&mirror);
		mirror = next;
		check_charges(!es, es);
	}
	sev_vm_close(&mirror);
	sev_vm_close(&vm);
	check_charges(0, 0);
}

static void moves_between_cgroups(void)
{
	check(!mkdir(misc_cgroups[0], 0755) && !mkdir(misc_cgroups[1], 0755));
	move_between_cgroups(SEV_TYPE_SEV);
	move_between_cgroups(SEV_TYPE_SEV_ES);
	check(cgroup_enter(CGROUPS, getpid()));
	check(!rmdir(misc_cgroups[0]) && !rmdir(misc_cgroups[1]));
	check_empty();
}

/* ---- absurd sizes --------------------------------------------------------------------------- */

/* What KVM refuses before it pins a page is charged to nobody, and leaves no trace in what others see. */
static void absurd_sizes(void)
{
	struct limit before = { 0 }, after = { 0 };
	struct rlimit rlimit, none = { 0, 0 };
	struct sev_vm vm;

	getrlimit(RLIMIT_MEMLOCK, &rlimit);
	check(vm_start(&vm));
	check(!limit_set(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PIN, SEVADM_A_LIMIT_HIGH_VALUE,
			 1UL << 40));
	check(!limit_get(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PIN, &before));
	check(sev_vm_register(&vm, SEV_PAGE_SIZE, HUGE).err);
	check(sev_vm_register(&vm, SEV_PAGE_SIZE, UINT64_MAX - 2 * SEV_PAGE_SIZE).err);
	/* Pages that are not there: found out when others have been pinned. */
	check(sev_vm_register(&vm, SEV_PAGE_SIZE, 1UL << 42).err);
	check(!limit_get(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PIN, &after));
	check(after.peak == before.peak);
	check(after.high_events == before.high_events);
	check(!setrlimit(RLIMIT_MEMLOCK, &none));
	check(sev_vm_register(&vm, (uintptr_t)&none & ~4095UL, 1UL << 30).err);
	check(!setrlimit(RLIMIT_MEMLOCK, &rlimit));
	check(!limit_get(SEVADM_SUBJECT_HOST, 0, SEVADM_RESOURCE_PIN, &after));
	check(after.peak == before.peak);
	check(!limit_delete(SEVADM_SUBJECT_HOST, 0));
	sev_vm_close(&vm);
	check_empty();
}

/* ---- a module that does not see all, or comes late -------------------------------------------- */

#define UNSEEN		40	/* so many that the kernel gives one the memory of another */
#define YIELD		"/sys/module/sevadm/parameters/yield"

static bool yield(const char *function)
{
	FILE *file = fopen(YIELD, "w");
	bool written = file && fputs(function, file) >= 0;

	return file && !fclose(file) && written;
}

static bool is_any_listed(void)
{
	struct sevadm_vm_query query = { .size = sizeof(query), .by = SEVADM_VM_BY_NEXT };
	int fd = open(SEVADM_DEVICE, O_RDONLY | O_CLOEXEC);
	bool listed = !ioctl(fd, SEVADM_IOC_VM_QUERY, &query);

	close(fd);
	return listed;
}

/* Where a seam is missing (here: the end of a VM), so are data; nobody is refused, and nothing stays behind. */
static void seams_that_are_missing(void)
{
	struct sev_vm vm;
	int n;

	check(yield("sev_vm_destroy"));
	for (n = 0; n < UNSEEN && good; n++) {
		check(vm_start(&vm));
		sev_vm_close(&vm);
	}
	check(!is_any_listed());
	check(kmod_unload_sevadm() && kmod_load_sevadm());
	check(!limits_open());
	check_empty();
}

static atomic_bool churns;

static void *churn(void *argument)
{
	struct sev_vm vm;

	(void)argument;
	while (atomic_load(&churns))
		if (vm_start(&vm))
			sev_vm_close(&vm);
	return NULL;
}

/* ASIDs are taken and given back all the while that the module looks for VMs that are older than it. */
static void adoption_while_others_come_and_go(void)
{
	struct ledger_totals totals = { 0 };
	pthread_t threads[2];
	struct sev_vm vm;
	int i;

	check(vm_start(&vm));
	check(kmod_unload_sevadm());
	atomic_store(&churns, true);
	for (i = 0; i < 2; i++)
		check(!pthread_create(&threads[i], NULL, churn, NULL));
	check(kmod_load_sevadm());
	atomic_store(&churns, false);
	for (i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	check(!limits_open());
	check(!ledger_differences("a VM is older than the module", &totals));
	check(totals.vms == 1);
	sev_vm_close(&vm);
	check_empty();
}

static void *start_vm(void *vm)
{
	return vm_start(vm) ? vm : NULL;
}

/* Whose VM it is shows even if the thread that made it has ended before the module came. */
static void adoption_when_the_creating_thread_has_ended(void)
{
	struct sevadm_vm_query query = { .size = sizeof(query), .by = SEVADM_VM_BY_NEXT };
	pthread_t thread;
	struct sev_vm vm;
	void *started;
	int fd;

	check(!pthread_create(&thread, NULL, start_vm, &vm));
	pthread_join(thread, &started);
	check(started);
	check(kmod_unload_sevadm() && kmod_load_sevadm() && !limits_open());
	fd = open(SEVADM_DEVICE, O_RDONLY | O_CLOEXEC);
	check(!ioctl(fd, SEVADM_IOC_VM_QUERY, &query));
	check(query.known & SEVADM_KNOWN_CREATOR && query.pid == (__u32)getpid());
	close(fd);
	sev_vm_close(&vm);
	check_empty();
}

static const struct attack {
	const char *name;
	void (*run)(void);
} attacks[] = {
	{ "memory that comes and goes under a command", memory_that_comes_and_goes },
	{ "a descriptor that is exchanged while a VM moves", move_of_an_exchanged_descriptor },
	{ "a descriptor of two VMs while one of them moves", move_of_either_of_two_vms },
	{ "a descriptor of two VMs while a mirror is made", mirror_of_either_of_two_vms },
	{ "files that are no VMs", files_that_are_no_vms },
	{ "subordinate uids", subordinate_uids },
	{ "absurd sizes", absurd_sizes },
	{ "moves of VMs and mirrors between cgroups", moves_between_cgroups },
	{ "migrations behind a call that stalls", migrations_behind_a_stalled_call },
	{ "unloading behind a call that stalls", unloading_behind_a_stalled_call },
	{ "a command that is named the end of a VM", command_that_is_named_an_end },
	{ "seams that are missing refuse nobody", seams_that_are_missing },
	{ "a VM whose creating thread ended before it was adopted", adoption_when_the_creating_thread_has_ended },
	{ "VMs that come and go while older ones are adopted", adoption_while_others_come_and_go },
};

static bool options(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "tries", required_argument, NULL, 't' },
		{ "migrations", required_argument, NULL, 'm' },
		{}
	};
	int option;

	while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (option) {
		case 't':
			tries = strtoul(optarg, NULL, 0);
			break;
		case 'm':
			migrations = strtoul(optarg, NULL, 0);
			break;
		default:
			return false;
		}
	return optind == argc && tries && migrations;
}

int main(int argc, char **argv)
{
	const char *reason = ledger_unavailable(), *missing;
	size_t i;

	if (!options(argc, argv)) {
		fprintf(stderr, "usage: %s [--tries N] [--migrations N]\n", argv[0]);
		return 2;
	}
	ksft_print_header();
	if (reason)
		ksft_exit_skip("%s\n", reason);
	if (!sev_host_open(&host, &missing))
		ksft_exit_fail_msg("%s: %s\n", missing, strerror(errno));
	if (limits_open())
		ksft_exit_fail_msg("no netlink family\n");
	ksft_set_plan(sizeof(attacks) / sizeof(attacks[0]));
	for (i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		good = true;
		attacks[i].run();
		ksft_test_result(good, "%s\n", attacks[i].name);
	}
	ksft_finished();
}
