// SPDX-License-Identifier: GPL-2.0-only
/* The model of locked memory. */
#include "memlock/model.h"

#include <stdbool.h>

#include "memlock/memory.h"

#define KIB	((uint64_t)1 << 10)
#define MIB	((uint64_t)1 << 20)
#define PAGE	(4 * KIB)

#define P	(1U << CEILING_PINNED)
#define C	(1U << CEILING_CHARGED)
#define M	(1U << CEILING_MAPPED)

/*
 * Room that a recommendation leaves: devices that the model does not know, a longer command line.
 */
#define MARGIN_MIN	(16 * MIB)
#define MARGIN_PART	64

static bool pins(const struct vm_shape *shape)
{
	return shape->encrypted && shape->type != SEVADM_VM_TYPE_SEV_SNP;
}

static uint64_t ram(const struct vm_shape *shape)
{
	return shape->ram;
}

static uint64_t video(const struct vm_shape *shape)
{
	return shape->video;
}

static uint64_t firmware(const struct vm_shape *shape)
{
	return shape->firmware + shape->variables;
}

static uint64_t roms(const struct vm_shape *shape)
{
	return VM_OWN_ROMS + shape->roms;
}

static uint64_t acpi(const struct vm_shape *shape)
{
	(void)shape;
	return VM_ACPI_TABLES;
}

/* ACPI tables are registered after the firmware was measured: their room is free until then. */
static uint64_t launch_update(const struct vm_shape *shape)
{
	return pins(shape) && shape->firmware > acpi(shape) ? shape->firmware - acpi(shape) : 0;
}

static uint64_t page_array(const struct vm_shape *shape)
{
	return pins(shape) ? vm_shape_blocks(shape) / PAGE * 8 : 0;
}

static uint64_t page_tables(const struct vm_shape *shape)
{
	return 2 * (vm_shape_blocks(shape) / 512);
}

static uint64_t figure(const struct vm_shape *shape, enum memlock_figure which)
{
	return shape->figures->bytes[which];
}

static uint64_t qemu_charged(const struct vm_shape *shape)
{
	const unsigned int threads = shape->vcpus + shape->iothreads;
	uint64_t sum = figure(shape, FIGURE_QEMU_ANONYMOUS) +
		       threads * figure(shape, FIGURE_VCPU_ANONYMOUS) +
		       shape->graphics * figure(shape, FIGURE_GRAPHICS_CHARGE);

	if (shape->locked)
		sum += figure(shape, FIGURE_QEMU_LOCKED) +
		       threads * figure(shape, FIGURE_STACK_LOCKED);
	return sum;
}

static uint64_t qemu_mapped(const struct vm_shape *shape)
{
	return shape->locked ? figure(shape, FIGURE_QEMU_MAPPED) : 0;
}

static uint64_t threads_mapped(const struct vm_shape *shape)
{
	return !shape->locked ? 0 : shape->vcpus * figure(shape, FIGURE_VCPU_MAPPED) +
				    shape->iothreads * figure(shape, FIGURE_IOTHREAD_MAPPED);
}

static uint64_t displays_mapped(const struct vm_shape *shape)
{
	return !shape->locked ? 0 : shape->graphics * figure(shape, FIGURE_GRAPHICS_MAPPED) +
				    shape->qxl * figure(shape, FIGURE_QXL_MAPPED);
}

static uint64_t workers_mapped(const struct vm_shape *shape)
{
	return shape->locked && shape->disks ? figure(shape, FIGURE_WORKER_MAPPED) : 0;
}

const struct memlock_term memlock_terms[] = {
	{ "ram", P | C | M, ram,
	  "QEMU sev_ram_block_added(), kvm_amd sev_mem_enc_register_region()" },
	{ "video", P | C | M, video, "QEMU std VGA 16 MiB, qxl ram and vram" },
	{ "firmware", P | C | M, firmware, "pflash: sizes of the image and the variables" },
	{ "roms", P | C | M, roms, "QEMU pc.rom and isa-bios 128 KiB each, option ROMs" },
	{ "acpi-tables", P | C | M, acpi, "QEMU acpi_setup(): 2 MiB + 64 KiB + 4 KiB" },
	{ "launch-update", P, launch_update,
	  "kvm_amd sev_launch_update_data(): the image once more, while it is measured" },
	{ "page-array", C, page_array, "kvm_amd sev_pin_memory(): 8 bytes a pinned page" },
	{ "page-tables", C, page_tables, "the process's and the nested ones: 1/512 each" },
	{ "snp-stores", C, memory_snp_stores, "sevadm recommend memory has it term by term" },
	{ "qemu-memory", C, qemu_charged, "measured: QEMU and what the kernel holds for it" },
	{ "qemu-mappings", M, qemu_mapped,
	  "measured: programs, libraries, and the threads that each QEMU has" },
	{ "thread-mappings", M, threads_mapped,
	  "measured: stacks and malloc arenas of vCPUs and iothreads" },
	{ "display-mappings", M, displays_mapped,
	  "measured: VNC, SPICE and qxl besides its memory" },
	{ "worker-mappings", M, workers_mapped, "measured: the worker that looks at disks" },
	{}
};

const char *const memlock_outcome_names[] = {
	[OUTCOME_STARTS] = "starts",
	[OUTCOME_REFUSED_BY_RLIMIT] = "refused-by-rlimit",
	[OUTCOME_KILLED_BY_CGROUP] = "killed-by-cgroup",
	[OUTCOME_MLOCKALL_FAILS] = "mlockall-fails",
	[OUTCOME_NOT_ENCRYPTED] = "not-encrypted",
};

/* SNP guests pin nothing: their memory is guest_memfd's. */
uint64_t memlock_need(const struct vm_shape *shape, enum ceiling ceiling)
{
	const struct memlock_term *term;
	uint64_t sum = 0;

	if (!shape->encrypted)
		return 0;
	if ((ceiling == CEILING_PINNED && !pins(shape)) ||
	    (ceiling == CEILING_MAPPED && !shape->locked))
		return 0;
	for (term = memlock_terms; term->name; term++)
		if (term->ceilings & 1U << ceiling)
			sum += term->bytes(shape);
	/* hugetlb pages are charged to the hugetlb controller (cgroup-v2.rst). */
	if (ceiling == CEILING_CHARGED && shape->hugepages)
		sum -= ram(shape);
	return sum;
}

/* Return what is charged when the machine's memory is registered with KVM, before mlockall(). */
static uint64_t charged_first(const struct vm_shape *shape)
{
	struct vm_shape unlocked = *shape;

	unlocked.locked = false;
	return memlock_need(&unlocked, CEILING_CHARGED);
}

/* libvirt: qemuDomainGetMemLockLimitBytes(); launchSecurity is not looked at. */
static uint64_t rlimit_of(const struct vm_shape *shape, uint64_t inherited, const char **setter)
{
	if (shape->hard_limit != MEMLOCK_UNLIMITED) {
		*setter = "<hard_limit>, by libvirt";
		return shape->hard_limit;
	}
	if (shape->locked) {
		*setter = "<locked/> without <hard_limit>: libvirt sets no limit";
		return MEMLOCK_UNLIMITED;
	}
	if (shape->vfio) {
		*setter = "libvirt, for devices passed through: RAM + 1 GiB";
		return shape->ram_max + 1024 * MIB;
	}
	*setter = "inherited from the libvirt daemon (LimitMEMLOCK= of its unit)";
	return inherited;
}

/* QEMU comes to them in this order: mlockall() is called when the machine is complete. */
static void meet_ceilings(const struct vm_shape *shape, bool charges_late,
			  struct memlock_forecast *forecast)
{
	const struct {
		enum ceiling ceiling;
		enum memlock_outcome outcome;
		uint64_t need;
	} order[] = {
		{ CEILING_PINNED, OUTCOME_REFUSED_BY_RLIMIT, forecast->need[CEILING_PINNED] },
		{ CEILING_CHARGED, OUTCOME_KILLED_BY_CGROUP,
		  charges_late ? 0 : charged_first(shape) },
		{ CEILING_MAPPED, OUTCOME_MLOCKALL_FAILS, forecast->need[CEILING_MAPPED] },
		{ CEILING_CHARGED, OUTCOME_KILLED_BY_CGROUP, forecast->need[CEILING_CHARGED] },
	};
	uint64_t limit, least = UINT64_MAX;
	size_t i;

	forecast->outcome = OUTCOME_STARTS;
	forecast->ceiling = CEILING_PINNED;
	forecast->while_running = false;
	for (i = 0; i < sizeof(order) / sizeof(*order); i++) {
		limit = forecast->limit[order[i].ceiling];
		if (order[i].need > limit) {
			forecast->outcome = order[i].outcome;
			forecast->ceiling = order[i].ceiling;
			forecast->while_running = charges_late && !shape->locked &&
						  order[i].ceiling == CEILING_CHARGED;
			return;
		}
		if (order[i].need && limit - order[i].need < least) {
			least = limit - order[i].need;
			forecast->ceiling = order[i].ceiling;
		}
	}
}

void memlock_forecast(const struct vm_shape *shape, const struct memlock_host *host,
		      struct memlock_forecast *forecast)
{
	enum ceiling ceiling;

	for (ceiling = 0; ceiling < CEILING_NR; ceiling++)
		forecast->need[ceiling] = memlock_need(shape, ceiling);
	forecast->limit[CEILING_PINNED] = rlimit_of(shape, host->inherited,
						    &forecast->setter[CEILING_PINNED]);
	forecast->limit[CEILING_MAPPED] = forecast->limit[CEILING_PINNED];
	forecast->setter[CEILING_MAPPED] = forecast->setter[CEILING_PINNED];
	forecast->limit[CEILING_CHARGED] = shape->hard_limit;
	forecast->setter[CEILING_CHARGED] = shape->hard_limit == MEMLOCK_UNLIMITED ?
		"nobody: there is no <hard_limit>" : "<hard_limit>, by libvirt, as memory.max";

	meet_ceilings(shape, host->charges_late, forecast);
	if (!shape->encrypted)
		forecast->outcome = OUTCOME_NOT_ENCRYPTED;
}

uint64_t memlock_recommend(const struct vm_shape *shape)
{
	struct vm_shape grown = *shape;
	uint64_t need = 0, one, margin;
	enum ceiling ceiling;

	if (!shape->encrypted)
		return 0;
	grown.ram = shape->ram_max;
	for (ceiling = 0; ceiling < CEILING_NR; ceiling++) {
		one = memlock_need(&grown, ceiling);
		need = one > need ? one : need;
	}
	margin = need / MARGIN_PART > MARGIN_MIN ? need / MARGIN_PART : MARGIN_MIN;
	return (need + margin + MIB - 1) / MIB * MIB;
}
