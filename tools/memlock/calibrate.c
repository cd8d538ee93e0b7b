// SPDX-License-Identifier: GPL-2.0-only
/* Measuring what a host's QEMU takes, with machines that never run. */
#include "memlock/calibrate.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/errors.h"
#include "cli/output.h"
#include "memlock/machine.h"
#include "memlock/shape.h"
#include "report/run_program.h"

#define FOLDER		"/tmp/sevadm-calibrate.XXXXXX"

#define KIB	((uint64_t)1 << 10)
#define MIB	((uint64_t)1 << 20)

/* The smallest limit is found as exactly as this. */
#define STEP		(2 * MIB)
/*
 * What the kernel holds for a VM and its process, which no file of /proc/PID has: KVM, cgroup, page
 * cache of files. Debian 12's QEMU is charged from 7 to 9 MiB more than is anonymous.
 */
#define KERNEL_CHARGE	(9 * MIB)
/*
 * What libvirt's QEMU maps more, by devices and monitors of its own: its smallest limits with
 * Debian 12's are those that are found here with KVM and 7 MiB, and the model has 4 MiB more.
 */
#define LIBVIRT_MAPPED	(11 * MIB)
#define STACK		(8 * MIB)
#define VGA_MEMORY	(16 * MIB)
#define QXL_MEMORY	(128 * MIB)
/* glibc: a stack of RLIMIT_STACK, an arena of HEAP_MAX_SIZE, and their guards. */
#define THREAD_MOST	(72 * MIB + 64 * KIB)
/* Differences are taken between that many threads and none. */
#define MORE_THREADS	4
#define SAMPLES		3

/** struct video_model - libvirt's name of one, and QEMU's of its device */
static const struct video_model {
	const char *model, *device;
} video_models[] = {
	{ "vga", "VGA" }, { "cirrus", "cirrus-vga" }, { "qxl", "qxl-vga" },
	{ "virtio", "virtio-vga" }, { "bochs", "bochs-display" }, { "ramfb", "ramfb" },
};

/** enum machine_kind - a row of kinds[] */
enum machine_kind {
	MACHINE_PLAIN,
	MACHINE_VCPUS,
	MACHINE_IOTHREADS,
	MACHINE_GRAPHICS,
	MACHINE_QXL,
	MACHINE_DISK,
	MACHINE_NR,
};

static const char *const plain[] = { NULL };
static const char *const vcpus[] = { "-smp", "5", NULL };
static const char *const iothreads[] = {
	"-object", "iothread,id=iothread1", "-object", "iothread,id=iothread2",
	"-object", "iothread,id=iothread3", "-object", "iothread,id=iothread4", NULL
};
static const char *const graphics[] = { "-vnc", "none", "-device", "VGA,romfile=", NULL };
static const char *const qxl[] = { "-vnc", "none", "-device", "qxl-vga,romfile=", NULL };

/* ---- one machine ----------------------------------------------------------------------------- */

/** struct measured - of one kind of machine: without a lock, with one, and the smallest limit */
struct measured {
	struct machine_seen plain, locked;
	uint64_t least;
};

static int smallest_limit(const char *qemu, const char *folder, const char *const *more,
			  struct measured *measured)
{
	uint64_t low = MACHINE_RAM_MIB * MIB, high = measured->locked.mapped + STEP, middle;
	struct machine_seen seen;
	int ret;

	while (high > low && high - low > STEP) {
		middle = low + (high - low) / 2;
		ret = machine_start(qemu, folder, more, middle, &seen);
		if (ret)
			return ret;
		if (seen.started)
			high = middle;
		else
			low = middle;
	}
	measured->least = high - measured->locked.code_buffer;
	return 0;
}

/* True: RLIMIT_MEMLOCK can be raised for a child; a container's root may not. */
static bool may_raise_limit(void)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit before;

	if (prlimit(0, RLIMIT_MEMLOCK, &all, &before))
		return false;
	setrlimit(RLIMIT_MEMLOCK, &before);
	return true;
}

/*
 * Without leave to set limits, all that is mapped counts: threads that start late could do without
 * an arena, so that this is more than is needed. Workers come and go: the most that is seen counts.
 */
static int upper_bound(const char *qemu, const char *folder, const char *const *more,
		       struct measured *measured)
{
	struct machine_seen seen;
	unsigned int i;
	int ret = 0;

	measured->locked = measured->plain;
	for (i = 0; i < SAMPLES && !ret; i++) {
		ret = machine_start(qemu, folder, more, 0, &seen);
		if (seen.mapped > measured->locked.mapped)
			measured->locked = seen;
	}
	measured->locked.resident = measured->locked.usable;
	measured->least = measured->locked.mapped - measured->locked.code_buffer;
	return ret;
}

static int measure(const char *qemu, const char *folder, const char *const *more,
		   struct measured *measured)
{
	int ret;

	ret = machine_start(qemu, folder, more, 0, &measured->plain);
	if (!ret && !measured->plain.started)
		ret = -ENODEV;
	if (!ret && !may_raise_limit())
		return upper_bound(qemu, folder, more, measured);
	/* All that it maps, it locks: no limit is as large. */
	if (!ret)
		ret = machine_start(qemu, folder, more, UINT64_MAX, &measured->locked);
	if (!ret && !measured->locked.started)
		ret = -ENOMEM;
	return ret ?: smallest_limit(qemu, folder, more, measured);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static uint64_t above(uint64_t value, uint64_t base, uint64_t least)
{
	return value > base + least ? value - base : least;
}

static uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) / to * to;
}

static uint64_t thread_mapped(const struct measured *many, const struct measured *one)
{
	if (!may_raise_limit())
		return THREAD_MOST;
	return round_up(above(many->least, one->least, 0) / MORE_THREADS, 64 * KIB);
}

/* What mlockall() fills of stacks, the stacks' own figure has. */
static void take(const struct measured *measured, bool has_qxl, struct memlock_figures *figures)
{
	const struct measured *one = &measured[MACHINE_PLAIN];
	uint64_t *bytes = figures->bytes, blocks, vcpu, resident;
	struct vm_shape shape;

	vm_shape_default(&shape, MACHINE_RAM_MIB * MIB);
	shape.firmware = MACHINE_CODE_BYTES;
	shape.variables = MACHINE_VARS_BYTES;
	blocks = vm_shape_blocks(&shape);
	bytes[FIGURE_QEMU_ANONYMOUS] = round_up(one->plain.anonymous + KERNEL_CHARGE, MIB);
	bytes[FIGURE_VCPU_ANONYMOUS] =
		above(measured[MACHINE_VCPUS].plain.anonymous / MORE_THREADS,
		      one->plain.anonymous / MORE_THREADS, 256 * KIB);
	bytes[FIGURE_GRAPHICS_CHARGE] =
		round_up(above(measured[MACHINE_GRAPHICS].plain.resident, one->plain.resident, 0),
			 MIB) + MIB;
	bytes[FIGURE_STACK_LOCKED] = STACK;
	resident = bytes[FIGURE_QEMU_ANONYMOUS] + STACK + blocks;
	bytes[FIGURE_QEMU_LOCKED] =
		round_up(above(one->locked.resident - one->locked.code_buffer, resident, 0), MIB);
	vcpu = thread_mapped(&measured[MACHINE_VCPUS], one);
	bytes[FIGURE_VCPU_MAPPED] = vcpu;
	bytes[FIGURE_IOTHREAD_MAPPED] = thread_mapped(&measured[MACHINE_IOTHREADS], one);
	bytes[FIGURE_QEMU_MAPPED] =
		round_up(above(one->least, blocks + vcpu, 0) + LIBVIRT_MAPPED, MIB);
	bytes[FIGURE_GRAPHICS_MAPPED] =
		round_up(above(measured[MACHINE_GRAPHICS].least, one->least + VGA_MEMORY, 0), MIB);
	if (has_qxl)
		bytes[FIGURE_QXL_MAPPED] =
			round_up(above(measured[MACHINE_QXL].least + VGA_MEMORY,
				       measured[MACHINE_GRAPHICS].least + QXL_MEMORY, 0), MIB);
	bytes[FIGURE_WORKER_MAPPED] =
		round_up(above(measured[MACHINE_DISK].least, one->least, STACK), MIB);
}

static int measure_all(const char *qemu, const char *folder, struct memlock_figures *figures)
{
	const bool has_qxl = !memlock_figures_lack(figures, "qxl");
	struct measured measured[MACHINE_NR] = {};
	char drive[512];
	const char *const disk[] = {
		"-blockdev", drive, "-device", "virtio-blk-pci,drive=disk", NULL
	};
	const struct { const char *name, *const *more; bool missing; } kinds[MACHINE_NR] = {
		[MACHINE_PLAIN] = { "a plain machine", plain },
		[MACHINE_VCPUS] = { "5 vCPUs", vcpus },
		[MACHINE_IOTHREADS] = { "4 iothreads", iothreads },
		[MACHINE_GRAPHICS] = { "VGA and VNC", graphics },
		[MACHINE_QXL] = { "qxl and VNC", qxl, !has_qxl },
		[MACHINE_DISK] = { "a disk", disk },
	};
	enum machine_kind i;
	int ret;

	snprintf(drive, sizeof(drive), "driver=file,filename=%s/disk,node-name=disk", folder);
	for (i = 0; i < MACHINE_NR; i++) {
		if (kinds[i].missing)
			continue;
		fprintf(stderr, "measuring %s\n", kinds[i].name);
		ret = measure(qemu, folder, kinds[i].more, &measured[i]);
		if (ret)
			return fail(EXIT_REFUSED, "%s with %s does not start: %s", qemu,
				    kinds[i].name, strerror(-ret));
	}
	take(measured, has_qxl, figures);
	return EXIT_OK;
}

/* ---- what it is ------------------------------------------------------------------------------ */

static int take_version(const char *qemu, struct memlock_figures *figures)
{
	char *argv[] = { (char *)qemu, "--version", NULL }, *output = NULL;
	char version[32];
	int ret = EXIT_OK;

	if (run_program(argv, NULL, &output) ||
	    sscanf(output, "QEMU emulator version %31[0-9.]", version) != 1 ||
	    !memlock_version(version))
		ret = fail(EXIT_REFUSED, "%s does not say its version: is it a QEMU?", qemu);
	free(output);
	if (ret)
		return ret;
	figures->version = memlock_version(version);
	snprintf(figures->name, sizeof(figures->name), "%s", version);
	return EXIT_OK;
}

static int take_devices(const char *qemu, struct memlock_figures *figures)
{
	char *argv[] = { (char *)qemu, "-device", "help", NULL }, *output = NULL, name[64];
	size_t i, length = 0;
	int ret = EXIT_OK;

	if (run_program(argv, NULL, &output))
		ret = fail(EXIT_REFUSED, "%s -device help failed", qemu);
	for (i = 0; !ret && i < ARRAY_SIZE(video_models); i++) {
		snprintf(name, sizeof(name), "name \"%s\"", video_models[i].device);
		if (!strstr(output, name))
			length += (size_t)snprintf(figures->lacks + length,
						   sizeof(figures->lacks) - length, "%s%s",
						   length ? " " : "", video_models[i].model);
	}
	free(output);
	return ret;
}

/* Where machines' files are: what a signal ends has to remove them, too. */
static char folder[sizeof(FOLDER)];
static int folder_fd;

/* Calls only what may be called while a signal is handled: signal-safety(7). */
static void clean(void)
{
	static const char *const files[] = { "code", "vars", "disk" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(files); i++)
		unlinkat(folder_fd, files[i], 0);
	rmdir(folder);
}

static const int endings[] = { SIGINT, SIGTERM, SIGHUP };
static struct sigaction before[ARRAY_SIZE(endings)];

/* It is called once: the signal then does what it does without a handler. */
static void clean_and_end(int number)
{
	clean();
	raise(number);
}

static void handle_endings(void)
{
	const struct sigaction action = {
		.sa_handler = clean_and_end, .sa_flags = (int)SA_RESETHAND
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(endings); i++) {
		sigaction(endings[i], NULL, &before[i]);
		/* As of nohup. */
		if (before[i].sa_handler != SIG_IGN)
			sigaction(endings[i], &action, NULL);
	}
}

static void restore_endings(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(endings); i++)
		sigaction(endings[i], &before[i], NULL);
}

static int make_folder(void)
{
	memcpy(folder, FOLDER, sizeof(FOLDER));
	if (!mkdtemp(folder))
		return fail(EXIT_REFUSED, "%s: %s", folder, strerror(errno));
	folder_fd = open(folder, O_DIRECTORY | O_CLOEXEC);
	if (folder_fd >= 0)
		return EXIT_OK;
	rmdir(folder);
	return fail(EXIT_REFUSED, "%s: %s", folder, strerror(errno));
}

int memlock_calibrate(const char *qemu, struct memlock_figures *figures)
{
	int ret;

	*figures = (struct memlock_figures) {};
	ret = take_version(qemu, figures) ?: take_devices(qemu, figures) ?: make_folder();
	if (ret)
		return ret;
	handle_endings();
	ret = measure_all(qemu, folder, figures);
	clean();
	restore_endings();
	close(folder_fd);
	snprintf(figures->source, sizeof(figures->source),
		 "measured %s KVM, %s",
		 access("/dev/kvm", R_OK | W_OK) ? "without" : "with",
		 may_raise_limit() ? "smallest limits of mlockall()" :
		 "as all that is mapped, as RLIMIT_MEMLOCK cannot be raised");
	return ret;
}
