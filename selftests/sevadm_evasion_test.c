// SPDX-License-Identifier: GPL-2.0-only
/*
 * A tenant tries to get past the module: it stalls a call while its VM moves on and on, takes the
 * memory away that a command lies in, exchanges the file behind a descriptor, and runs processes
 * under its subordinate uids. The host survives, the ledger equals kvm_amd's own state, and limits
 * hold.
 *
 * usage: sevadm_evasion_test [--tries N] [--migrations N] [--depth N] [--only TEXT]
 *	20, 700, and cgroups 500 deep; all attacks, or those whose name has the text
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
#include <time.h>
#include <unistd.h>

#include "kselftest.h"
#include "lib/cgroup.h"
#include "lib/evasion.h"
#include "lib/events.h"
#include "lib/flipper.h"
#include "lib/kmod.h"
#include "lib/ledger.h"
#include "lib/limits.h"
#include "lib/sev_abi.h"
#include "lib/sev_vm.h"
#include "lib/stall.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define ALLOWED		12	/* VMs that the tenant may have */
#define WANTED		16	/* by it */
#define TRIES_A_VM	200	/* calls, until one of them initialises a VM */
#define REFUSALS_A_VM	10	/* of them, until it is believed that none will */
#define STALL_MS	60000
#define USER		1001
#define SUBORDINATE	100000
#define HUGE		(1UL << 62)
#define LOG_READ_ALL	3	/* SYSLOG_ACTION_READ_ALL, which no header has */

struct sev_host evasion_host;
bool evasion_good;
static unsigned long tries = 20, migrations = 700, depth = 500;
static const char *only = "";

bool evasion_new(struct sev_vm *vm)
{
	return !sev_vm_create(vm, &evasion_host, SEV_TYPE_SEV, SEV_INIT_LEGACY, 0).err;
}

bool evasion_start(struct sev_vm *vm)
{
	if (!evasion_new(vm))
		return false;
	if (!sev_vm_init(vm).err)
		return true;
	sev_vm_close(vm);
	return false;
}

bool evasion_max(uint32_t subject, uint64_t id, uint64_t max)
{
	return !limit_set(subject, id, SEVADM_RESOURCE_ASID_SEV, SEVADM_A_LIMIT_MAX_VALUE, max);
}

void evasion_check_empty(void)
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
	bool moved = evasion_new(&next) && !sev_vm_migrate(&next, vm).err;

	sev_vm_close(moved ? vm : &next);
	if (moved)
		*vm = next;
	return moved;
}

/* The call holds on to the first of many VMs, each of which has been the next one's source. */
static void migrations_behind_a_stalled_call(void)
{
	static uint8_t page[SEV_PAGE_SIZE];
	struct kvm_sev_cmd command = { .id = KVM_SEV_GUEST_STATUS, .sev_fd = evasion_host.sev_fd };
	struct stalled_call c;
	struct stall stall;
	struct sev_vm vm;
	unsigned long i;

	check(stall_open(&stall) && evasion_start(&vm));
	if (!evasion_good)
		return;
	c.fd = dup(vm.fd);
	c.command = stall_place(&stall, sizeof(command), sizeof(command.id));
	memcpy(c.command, &command, sizeof(command.id));
	memcpy(page, (uint8_t *)&command + sizeof(command.id),
	       sizeof(command) - sizeof(command.id));
	check(!pthread_create(&c.thread, NULL, call, &c));
	check(stall_wait(&stall, STALL_MS));
	for (i = 0; i < migrations && evasion_good; i++)
		check(migrate(&vm));
	check(!ledger_differences_quick("the call stalls"));
	check(stall_release(&stall, page));
	pthread_join(c.thread, NULL);
	close(c.fd);
	check(!ledger_differences_quick("the call has ended"));
	sev_vm_close(&vm);
	stall_close(&stall);
	evasion_check_empty();
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

/*
 * The kernel's log names the task that keeps the module while the module's own look at its command
 * stalls.
 */
static void unloading_behind_a_stalled_call(void)
{
	static uint8_t page[SEV_PAGE_SIZE];
	struct kvm_sev_cmd command = { .id = KVM_SEV_GUEST_STATUS, .sev_fd = evasion_host.sev_fd };
	struct stalled_call c = { .tid = 0 };
	pthread_t unloader;
	struct stall stall;
	struct sev_vm vm;
	void *failed = NULL;
	char text[64];
	int waited;

	check(stall_open(&stall) && evasion_start(&vm));
	if (!evasion_good)
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
	evasion_check_empty();
}

/* The number of a command is its caller's: it names no operation that is not such a command. */
static void command_that_is_named_an_end(void)
{
	struct kvm_sev_cmd command = { .id = SEVADM_KVM_DESTROY, .sev_fd = evasion_host.sev_fd };
	struct sevadm_event events[16];
	int reader, count, i, found = 0;
	struct sev_vm vm;
	__u64 seq;

	check(evasion_start(&vm));
	reader = events_open(&seq);
	check(reader >= 0);
	check(ioctl(vm.fd, KVM_MEMORY_ENCRYPT_OP, &command) == -1 && errno == EINVAL);
	count = events_read(reader, events, sizeof(events) / sizeof(events[0]));
	for (i = 0; i < count; i++) {
		found += events[i].type == SEVADM_EVENT_KVM && events[i].pid == (__u32)getpid();
		check(events[i].type != SEVADM_EVENT_KVM ||
		      events[i].command != SEVADM_KVM_DESTROY);
	}
	check(found == 1);
	close(reader);
	sev_vm_close(&vm);
	evasion_check_empty();
}

/* ---- memory that comes and goes ------------------------------------------------------------- */

/* 0, or why the last of many calls failed. */
static int init_by(struct sev_vm *vm, struct kvm_sev_cmd *command, struct flipper *f)
{
	int i, err = 0, refusals = 0;
	unsigned long flips;

	for (i = 0; i < TRIES_A_VM && refusals < REFUSALS_A_VM; i++) {
		flips = atomic_load(&f->flips);
		err = ioctl(vm->fd, KVM_MEMORY_ENCRYPT_OP, command) ? errno : 0;
		if (!err || (err != EFAULT && err != EBUSY))
			break;
		refusals += err == EBUSY;
		if (err == EFAULT)
			flipper_wait(f, flips);
	}
	/* KVM has initialised it, and could not write that down. */
	return err == EINVAL && i ? 0 : err;
}

static void memory_that_comes_and_goes(void)
{
	struct sev_vm vms[WANTED];
	unsigned long done = 0, outside = 0, round;
	struct kvm_sev_cmd *command;
	struct flipper f = { 0 };
	int i, count, err;

	f.memory = mmap(NULL, SEV_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			-1, 0);
	command = f.memory;
	*command = (struct kvm_sev_cmd) { .id = KVM_SEV_INIT, .sev_fd = evasion_host.sev_fd };
	check(evasion_max(SEVADM_SUBJECT_USER, getuid(), ALLOWED));
	for (round = 0; done < tries && round < tries && evasion_good; round++) {
		/* Before the page comes and goes: to make a VM, KVM wants the memory map. */
		for (i = 0; i < WANTED; i++)
			check(evasion_new(&vms[i]));
		flipper_start(&f);
		for (i = count = 0; i < WANTED; i++) {
			err = init_by(&vms[i], command, &f);
			check(!err || err == EBUSY || err == EFAULT);
			count += !err;
		}
		flipper_stop(&f);
		mprotect(f.memory, SEV_PAGE_SIZE, PROT_READ | PROT_WRITE);
		done += count;
		outside += ledger_differences_quick("memory that comes and goes");
		if (count > ALLOWED) {
			ksft_print_msg("%d VMs, where %d are allowed\n", count, ALLOWED);
			evasion_good = false;
		}
		for (i = 0; i < WANTED; i++)
			sev_vm_close(&vms[i]);
	}
	ksft_print_msg("%lu VMs initialised, %lu differences\n", done, outside);
	check(done && !outside);
	check(!limit_delete(SEVADM_SUBJECT_USER, getuid()));
	munmap(f.memory, SEV_PAGE_SIZE);
	evasion_check_empty();
}

/* ---- a descriptor that is exchanged --------------------------------------------------------- */

static int take(struct sev_vm *vm, uint32_t cap, int fd)
{
	struct kvm_enable_cap enable = { .cap = cap, .args = { fd } };

	return ioctl(vm->fd, KVM_ENABLE_CAP, &enable) ? errno : 0;
}

/*
 * The one VM that is allowed moves on, while the descriptor that it moves from is a file of another
 * sort half of the time. What it has become counts: there is no room for one more.
 */
static void move_of_an_exchanged_descriptor(void)
{
	struct flipper f = { .files = { -1, open("/dev/null", O_RDONLY) }, .fd = 900 };
	unsigned long moved = 0, calls = 0, outside = 0;
	struct sev_vm vm, next, more;

	check(evasion_start(&vm) && evasion_new(&more));
	check(evasion_max(SEVADM_SUBJECT_USER, getuid(), 1));
	while (moved < tries && calls < 1000 * tries && evasion_good) {
		check(evasion_new(&next));
		f.files[0] = vm.fd;
		dup3(vm.fd, f.fd, O_CLOEXEC);
		flipper_start(&f);
		while (calls++ < 1000 * tries &&
		       take(&next, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM, f.fd))
			;
		flipper_stop(&f);
		moved++;
		outside += ledger_differences_quick("a descriptor is exchanged");
		dup3(f.files[1], f.fd, O_CLOEXEC);
		sev_vm_close(&vm);
		check(sev_vm_init(&more).err == EBUSY);
		vm = next;
	}
	ksft_print_msg("%lu VMs moved by %lu calls, %lu differences\n", moved, calls, outside);
	check(moved == tries && !outside);
	check(!limit_delete(SEVADM_SUBJECT_USER, getuid()));
	sev_vm_close(&more);
	sev_vm_close(&vm);
	close(f.files[1]);
	close(f.fd);
	evasion_check_empty();
}

/* The descriptor is the one VM, then the other. */
static void either_of_two_vms(uint32_t cap)
{
	struct flipper f = { .fd = 900 };
	unsigned long done = 0, calls = 0, outside = 0;
	struct sev_vm vms[2], next;

	while (done < tries && calls < 1000 * tries && evasion_good) {
		check(evasion_start(&vms[0]) && evasion_start(&vms[1]) && evasion_new(&next));
		f.files[0] = vms[0].fd;
		f.files[1] = vms[1].fd;
		dup3(vms[0].fd, f.fd, O_CLOEXEC);
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
	evasion_check_empty();
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

	check(evasion_start(&vm) && evasion_new(&next));
	stats = ioctl(vm.fd, KVM_GET_STATS_FD, NULL);
	check(stats >= 0);
	check(take(&next, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM, stats) == EBADF);
	check(take(&next, KVM_CAP_VM_COPY_ENC_CONTEXT_FROM, evasion_host.kvm_fd) == EBADF);
	check(take(&next, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM, -1) == EBADF);
	check(take(&next, KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM, next.fd) == EBUSY ||
	      errno == EINVAL);
	check(!ledger_differences_quick("files that are no VMs"));
	close(stats);
	sev_vm_close(&next);
	sev_vm_close(&vm);
	evasion_check_empty();
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
	if (setresuid(1, 1, 1) || !evasion_new(&vm))
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

	check(evasion_max(SEVADM_SUBJECT_USER, USER, 1));
	check(start_by_subordinate() == 0);
	check(evasion_max(SEVADM_SUBJECT_USER, USER, 0));
	status = start_by_subordinate();
	if (status != EBUSY)
		ksft_print_msg("user %d has no VM, and a subordinate uid of it gets %d\n", USER,
			       status);
	check(status == EBUSY);
	check(!limit_delete(SEVADM_SUBJECT_USER, USER));
	evasion_check_empty();
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
	check(!sev_vm_create(&vm, &evasion_host, type, SEV_INIT_LEGACY, 0).err &&
	      !sev_vm_init(&vm).err);
	check(evasion_new(&mirror) && !sev_vm_mirror(&mirror, &vm).err);
	for (i = 1; i <= MOVES && evasion_good; i++) {
		check(cgroup_enter(misc_cgroups[i % 2], getpid()));
		check(evasion_new(&next) && !sev_vm_migrate(&next, &vm).err);
		sev_vm_close(&vm);
		vm = next;
		check(evasion_new(&next) && !sev_vm_migrate(&next, &mirror).err);
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
	evasion_check_empty();
}

/* ---- a cgroup that is nested deep ------------------------------------------------------------ */

#define OUTERMOST	CGROUPS "/sevadm-deep"

static bool go_down(bool make)
{
	unsigned long i;

	if (chdir(OUTERMOST))
		return false;
	for (i = 0; i < depth; i++)
		if ((make && mkdir("d", 0755)) || chdir("d"))
			return false;
	return true;
}

static bool go_up_and_remove(void)
{
	unsigned long i;

	for (i = 0; i < depth; i++)
		if (chdir("..") || rmdir("d"))
			return false;
	return true;
}

/* What the outermost cgroup may have, all the others within it may have together. */
static bool have_one_vm_in_depth(void)
{
	struct sev_vm vm, more;

	return go_down(true) && cgroup_enter(".", getpid()) && evasion_start(&vm) && evasion_new(&more) &&
	       sev_vm_init(&more).err == EBUSY;
}

static bool have_nothing_in_depth(void)
{
	return go_down(false) && go_up_and_remove();
}

static bool in_child(bool (*have)(void))
{
	pid_t child = fork();
	int status;

	if (!child)
		_exit(!have());
	return waitpid(child, &status, 0) == child && !status;
}

static void cgroup_that_is_nested_deep(void)
{
	struct limit limit = { 0 };
	struct stat stats;

	check(!mkdir(OUTERMOST, 0755) && !stat(OUTERMOST, &stats));
	check(evasion_max(SEVADM_SUBJECT_CGROUP, stats.st_ino, 1));
	check(in_child(have_one_vm_in_depth));
	check(!limit_get(SEVADM_SUBJECT_CGROUP, stats.st_ino, SEVADM_RESOURCE_ASID_SEV, &limit));
	check(!limit.current && limit.peak == 1 && limit.max_events == 1);
	check(!limit_delete(SEVADM_SUBJECT_CGROUP, stats.st_ino));
	check(in_child(have_nothing_in_depth) && !rmdir(OUTERMOST));
	evasion_check_empty();
}

/* ---- absurd sizes --------------------------------------------------------------------------- */

/*
 * What KVM refuses before it pins a page is charged to nobody, and leaves no trace in what others
 * see.
 */
static void absurd_sizes(void)
{
	struct limit before = { 0 }, after = { 0 };
	struct rlimit rlimit, none = { 0, 0 };
	struct sev_vm vm;

	getrlimit(RLIMIT_MEMLOCK, &rlimit);
	check(evasion_start(&vm));
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
	evasion_check_empty();
}

static const struct attack {
	const char *name;
	void (*run)(void);
	bool (*possible)(void);	/* NULL: on each kernel */
} attacks[] = {
	{ "memory that comes and goes under a command", memory_that_comes_and_goes, NULL },
	{ "a descriptor that is exchanged while a VM moves", move_of_an_exchanged_descriptor, NULL },
	{ "a descriptor of two VMs while one of them moves", move_of_either_of_two_vms, NULL },
	{ "a descriptor of two VMs while a mirror is made", mirror_of_either_of_two_vms, NULL },
	{ "files that are no VMs", files_that_are_no_vms, NULL },
	{ "subordinate uids", subordinate_uids, NULL },
	{ "absurd sizes", absurd_sizes, NULL },
	{ "moves of VMs and mirrors between cgroups", moves_between_cgroups, NULL },
	{ "a cgroup that is nested deep", cgroup_that_is_nested_deep, NULL },
	{ "migrations behind a call that stalls", migrations_behind_a_stalled_call, NULL },
	{ "unloading behind a call that stalls", unloading_behind_a_stalled_call, NULL },
	{ "a command that is named the end of a VM", command_that_is_named_an_end, NULL },
	{ "commands in a file that fails now and then", evasion_file_that_fails_now_and_then,
	  evasion_has_file_systems },
	{ "a command in a file that outlives a kill", evasion_file_that_outlives_a_kill,
	  evasion_has_file_systems },
	{ "seams that are missing refuse nobody", evasion_seams_that_are_missing, NULL },
	{ "a VM whose creating thread ended before it was adopted", evasion_creating_thread_has_ended, NULL },
	{ "a VM whose processes have all ended before it was adopted", evasion_all_processes_have_ended, NULL },
	{ "VMs that come and go while older ones are adopted", evasion_adoption_while_others_come_and_go, NULL },
};

static bool is_wanted(const struct attack *attack)
{
	return strstr(attack->name, only) && (!attack->possible || attack->possible());
}

static void name_impossible(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(attacks); i++)
		if (attacks[i].possible && !attacks[i].possible())
			ksft_print_msg("not on this kernel: %s\n", attacks[i].name);
}

static bool options(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "tries", required_argument, NULL, 't' },
		{ "migrations", required_argument, NULL, 'm' },
		{ "depth", required_argument, NULL, 'd' },
		{ "only", required_argument, NULL, 'o' },
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
		case 'd':
			depth = strtoul(optarg, NULL, 0);
			break;
		case 'o':
			only = optarg;
			break;
		default:
			return false;
		}
	return optind == argc && tries && migrations && depth;
}

int main(int argc, char **argv)
{
	const char *reason = ledger_unavailable(), *missing;
	unsigned int count = 0;
	time_t start;
	size_t i;

	if (!options(argc, argv)) {
		fprintf(stderr, "usage: %s [--tries N] [--migrations N] [--depth N] [--only TEXT]\n", argv[0]);
		return 2;
	}
	ksft_print_header();
	if (reason)
		ksft_exit_skip("%s\n", reason);
	if (!sev_host_open(&evasion_host, &missing))
		ksft_exit_fail_msg("%s: %s\n", missing, strerror(errno));
	if (limits_open())
		ksft_exit_fail_msg("no netlink family\n");
	for (i = 0; i < ARRAY_SIZE(attacks); i++)
		count += is_wanted(&attacks[i]);
	/* With nothing to run, nothing would fail. */
	if (!count)
		ksft_exit_fail_msg("no attack that is possible here has \"%s\" in its name\n", only);
	name_impossible();
	ksft_set_plan(count);
	for (i = 0; i < ARRAY_SIZE(attacks); i++) {
		if (!is_wanted(&attacks[i]))
			continue;
		evasion_good = true;
		start = time(NULL);
		attacks[i].run();
		ksft_print_msg("%ld s\n", (long)(time(NULL) - start));
		ksft_test_result(evasion_good, "%s\n", attacks[i].name);
	}
	ksft_finished();
}
