// SPDX-License-Identifier: GPL-2.0-only
/* The model of locked memory: the deaths and figures that were seen with real QEMU and libvirt. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/plan.h"
#include "cli/output.h"
#include "memlock/calibrate.h"
#include "memlock/command.h"
#include "memlock/input.h"
#include "memlock/machine.h"
#include "memlock/memory.h"
#include "memlock/model.h"
#include "report/findings.h"
#include "report/xml.h"
#include "test.h"

#define MIB	((uint64_t)1 << 20)
#define INHERITED (64 * MIB)

static enum memlock_outcome outcome(const struct vm_shape *shape)
{
	const struct memlock_host host = { .inherited = INHERITED };
	struct memlock_forecast forecast;

	memlock_forecast(shape, &host, &forecast);
	return forecast.outcome;
}

/* QEMU 7.2, -m 128 -nodefaults with a 2 MiB OVMF registers so many pages. */
static void pins_what_qemu_registers(void)
{
	struct vm_shape shape;

	vm_shape_default(&shape, 128 * MIB);
	shape.firmware = 480 * 4096;
	shape.variables = 32 * 4096;
	EXPECT(memlock_need(&shape, CEILING_PINNED) ==
	      (32768 + 480 + 32 + 32 + 32 + 512 + 16 + 1) * 4096ULL);
}

static void dies_three_deaths(void)
{
	struct vm_shape shape;

	vm_shape_default(&shape, 256 * MIB);
	EXPECT(outcome(&shape) == OUTCOME_REFUSED_BY_RLIMIT);
	/* Just above RAM: pinned it may be, but the cgroup has no room for QEMU. */
	shape.hard_limit = 266 * MIB;
	EXPECT(outcome(&shape) == OUTCOME_KILLED_BY_CGROUP);
	shape.locked = true;
	shape.hard_limit = 600 * MIB;
	EXPECT(outcome(&shape) == OUTCOME_MLOCKALL_FAILS);
	shape.hard_limit = MEMLOCK_UNLIMITED;
	EXPECT(outcome(&shape) == OUTCOME_STARTS);
}

/* Real libvirt (sevadm_libvirt_test): memory is registered before QEMU calls mlockall(). */
static void dies_of_what_comes_first(void)
{
	struct vm_shape shape;

	vm_shape_default(&shape, 256 * MIB);
	shape.locked = true;
	shape.hard_limit = 200 * MIB;
	EXPECT(outcome(&shape) == OUTCOME_REFUSED_BY_RLIMIT);
	shape.hard_limit = 271 * MIB;
	EXPECT(outcome(&shape) == OUTCOME_KILLED_BY_CGROUP);
	shape.hard_limit = 310 * MIB;
	EXPECT(outcome(&shape) == OUTCOME_MLOCKALL_FAILS);
}

/* Before Linux 6.2 pins allocate nothing. */
static void dies_later(void)
{
	struct host_facts facts = {};
	struct memlock_forecast forecast;
	struct memlock_host host;
	struct vm_shape shape;

	vm_shape_default(&shape, 256 * MIB);
	shape.hard_limit = 271 * MIB;
	host_set_text(&facts, HOST_KERNEL, "6.2.0-rc1");
	memlock_host_of(&host, &facts);
	memlock_forecast(&shape, &host, &forecast);
	EXPECT(forecast.outcome == OUTCOME_KILLED_BY_CGROUP && !forecast.while_running);
	host_set_text(&facts, HOST_KERNEL, "6.1.0-56-amd64");
	memlock_host_of(&host, &facts);
	memlock_forecast(&shape, &host, &forecast);
	EXPECT(forecast.outcome == OUTCOME_KILLED_BY_CGROUP && forecast.while_running);
	shape.locked = true;
	memlock_forecast(&shape, &host, &forecast);
	EXPECT(forecast.outcome == OUTCOME_MLOCKALL_FAILS && !forecast.while_running);
	host_facts_free(&facts);
}

/* Which ASIDs a kind of guest can have: kvm_amd's sev_hardware_setup(). */
static void divides_asids(void)
{
	static const struct {
		uint64_t most, least, hiding;
		bool known;
		uint64_t asids, es, snp;
	} rows[] = {
		{ 509, 100, 0, true, 410, 99, 99 },
		/* With hidden ciphertext SEV-SNP guests have ASIDs of their own, from 1 on. */
		{ 509, 100, 1, true, 410, 98, 1 },
		{ 509, 100, 99, true, 410, 0, 99 },
		/* More than there are below the least are all of these. */
		{ 509, 100, 100, true, 410, 0, 99 },
		{ 509, 100, 4000, true, 410, 0, 99 },
		{ 509, 1, 0, true, 509, 0, 0 },
		{ 509, 509, 0, true, 1, 508, 508 },
		{ 509, 510, 0, true, 0, 509, 509 },
		/* No processor says so. */
		{ 509, 511, 0, false, 0, 0, 0 },
		{ 509, 0, 0, false, 0, 0, 0 },
	};
	struct host_facts facts = {};
	struct memlock_host host;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		host_set_number(&facts, HOST_MAX_ASID, rows[i].most);
		host_set_number(&facts, HOST_MIN_SEV_ASID, rows[i].least);
		if (rows[i].hiding)
			host_set_number(&facts, HOST_CIPHERTEXT_HIDING_ASIDS, rows[i].hiding);
		memlock_host_of(&host, &facts);
		EXPECT_NUMBER(host.asids_known, rows[i].known);
		EXPECT_NUMBER(host.asids, rows[i].asids);
		EXPECT_NUMBER(host.es_asids, rows[i].es);
		EXPECT_NUMBER(host.snp_asids, rows[i].snp);
		host_facts_free(&facts);
		facts = (struct host_facts) {};
	}
	host_set_number(&facts, HOST_MAX_ASID, 509);
	memlock_host_of(&host, &facts);
	EXPECT(!host.asids_known);
	host_facts_free(&facts);
	facts = (struct host_facts) {};
	host_set_number(&facts, HOST_MIN_SEV_ASID, 1);
	memlock_host_of(&host, &facts);
	EXPECT(!host.asids_known);
	host_facts_free(&facts);
}

/* Of a host, of one of which nothing is known, and of none. */
static void takes_facts_of_hosts(void)
{
	struct host_facts facts = {};
	struct memlock_host host;

	memlock_host_of(&host, NULL);
	EXPECT(host.inherited == MEMLOCK_LIBVIRT_DEFAULT && host.match == MATCH_ASSUMED);
	EXPECT(!host.memory && !host.rmp && !host.qemu && !host.charges_late && !host.asids_known);
	memlock_host_of(&host, &facts);
	EXPECT(host.inherited == MEMLOCK_LIBVIRT_DEFAULT && host.match == MATCH_ASSUMED);
	EXPECT(!host.memory && !host.rmp && !host.qemu && !host.charges_late && !host.asids_known);
	host_set_number(&facts, HOST_MEMLOCK_LIBVIRT_BYTES, 7 * MIB);
	host_set_number(&facts, HOST_MEMORY_BYTES, 1024 * MIB);
	host_set_number(&facts, HOST_RMP_BYTES, 5 * MIB);
	host_set_text(&facts, HOST_QEMU_VERSION, "7.2.22");
	host_set_text(&facts, HOST_KERNEL, "5.19.0");
	memlock_host_of(&host, &facts);
	EXPECT_NUMBER(host.inherited, 7 * MIB);
	EXPECT_NUMBER(host.memory, 1024 * MIB);
	EXPECT_NUMBER(host.rmp, 5 * MIB);
	EXPECT_NUMBER(host.qemu, MEMLOCK_QEMU(7, 2));
	EXPECT_TEXT(host.qemu_name, "7.2.22");
	EXPECT(host.match == MATCH_VERSION && host.figures->version == MEMLOCK_QEMU(7, 2));
	EXPECT(host.charges_late);
	host_facts_free(&facts);
}

/* "mm/gup: reliable R/O long-term pinning in COW mappings" is in Linux 6.2. */
static void knows_when_pins_are_charged(void)
{
	static const struct {
		const char *kernel;
		bool late;
	} rows[] = {
		{ "5.19.17", true }, { "6.0.0", true }, { "6.1.0-56-amd64", true }, { "6.2.0", false },
		{ "6.12.117+deb12-amd64", false }, { "7.0.1", false }, { "10.1.0", false }, { "linux", false },
		{ "6", false },
	};
	struct memlock_host host;
	struct host_facts facts;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		facts = (struct host_facts) {};
		host_set_text(&facts, HOST_KERNEL, rows[i].kernel);
		memlock_host_of(&host, &facts);
		EXPECT_NUMBER(host.charges_late, rows[i].late);
		host_facts_free(&facts);
	}
}

static void recommends_what_starts(void)
{
	static const uint64_t rams[] = { 128, 256, 1024, 4096, 131072 };
	struct vm_shape shape;
	unsigned int i, locked, vcpus;

	for (i = 0; i < sizeof(rams) / sizeof(*rams); i++)
		for (locked = 0; locked < 2; locked++)
			for (vcpus = 1; vcpus <= 256; vcpus *= 4) {
				vm_shape_default(&shape, rams[i] * MIB);
				shape.locked = locked;
				shape.vcpus = vcpus;
				shape.hard_limit = memlock_recommend(&shape);
				EXPECT(outcome(&shape) == OUTCOME_STARTS);
				EXPECT(!(shape.hard_limit % MIB));
			}
}

/* Pinned like any, but not charged. */
static void huge_pages(void)
{
	struct vm_shape small, huge;

	vm_shape_default(&small, 1024 * MIB);
	huge = small;
	huge.hugepages = true;
	EXPECT(memlock_need(&huge, CEILING_PINNED) == memlock_need(&small, CEILING_PINNED));
	EXPECT(memlock_need(&huge, CEILING_CHARGED) ==
	       memlock_need(&small, CEILING_CHARGED) - 1024 * MIB);
}

static void snp_pins_nothing(void)
{
	struct vm_shape shape;

	vm_shape_default(&shape, 4096 * MIB);
	shape.type = SEVADM_VM_TYPE_SEV_SNP;
	EXPECT(!memlock_need(&shape, CEILING_PINNED));
	EXPECT(outcome(&shape) == OUTCOME_STARTS);
}

static unsigned int version_for(unsigned int version, enum memlock_match match)
{
	enum memlock_match is;
	const struct memlock_figures *figures = memlock_figures_shipped(version, &is);

	EXPECT(is == match);
	return figures->version;
}

static void chooses_figures(void)
{
	EXPECT(version_for(MEMLOCK_QEMU(7, 2), MATCH_VERSION) == MEMLOCK_QEMU(7, 2));
	EXPECT(version_for(MEMLOCK_QEMU(10, 0), MATCH_VERSION) == MEMLOCK_QEMU(10, 0));
	EXPECT(version_for(MEMLOCK_QEMU(6, 0), MATCH_NEAREST) == MEMLOCK_QEMU(7, 2));
	EXPECT(version_for(MEMLOCK_QEMU(8, 2), MATCH_NEAREST) == MEMLOCK_QEMU(7, 2));
	EXPECT(version_for(MEMLOCK_QEMU(9, 2), MATCH_NEAREST) == MEMLOCK_QEMU(10, 0));
	EXPECT(version_for(MEMLOCK_QEMU(11, 1), MATCH_NEAREST) == MEMLOCK_QEMU(10, 0));
	EXPECT(version_for(0, MATCH_ASSUMED) == MEMLOCK_QEMU(10, 0));
	EXPECT(memlock_version("10.0.13") == MEMLOCK_QEMU(10, 0) && !memlock_version("x") &&
	       !memlock_version("10") && !memlock_version(NULL));
}

/* What is foretold of a QEMU that is not known is enough for each that is. */
static void asks_for_the_most(void)
{
	enum memlock_match match;
	const struct memlock_figures *most = memlock_figures_shipped(0, &match), *row;
	enum memlock_figure figure;
	unsigned int i;

	for (i = 0; (row = memlock_figures_at(i)); i++)
		for (figure = 0; figure < FIGURE_NR; figure++)
			EXPECT(row->bytes[figure] <= most->bytes[figure]);
	EXPECT(i >= 2);
}

/* Private pages of guests whose user space was up, in the RMP of an emulated SNP host. */
static void snp_after_boot(void)
{
	static const struct {
		uint64_t ram, pages;
		unsigned int vcpus;
	} seen[] = { { 256 * MIB, 49977, 1 }, { 320 * MIB, 66359, 2 } };
	struct vm_shape shape;
	uint64_t bytes, forecast;
	unsigned int i;

	for (i = 0; i < sizeof(seen) / sizeof(*seen); i++) {
		vm_shape_default(&shape, seen[i].ram);
		shape.type = SEVADM_VM_TYPE_SEV_SNP;
		shape.vcpus = seen[i].vcpus;
		shape.firmware = 4 * MIB;
		bytes = seen[i].pages * 4096;
		forecast = memory_sum(&shape, MEMORY_PRIVATE).booted;
		EXPECT(forecast >= bytes && forecast < bytes + bytes / 20);
	}
}

static void snp_stores(void)
{
	struct vm_shape shape;

	vm_shape_default(&shape, 4096 * MIB);
	shape.type = SEVADM_VM_TYPE_SEV_SNP;
	shape.qemu = MEMLOCK_QEMU(9, 2);
	EXPECT(memory_copies_of(&shape) == COPIES_ONE);
	EXPECT(memory_total(&shape).worst < 4600 * MIB && memory_max(&shape) > 4096 * MIB);
	/* The same limit by both commands. */
	EXPECT(memory_max(&shape) / MIB - memlock_recommend(&shape) / MIB + 1 <= 2);
	shape.vhost_user = true;
	EXPECT(memory_copies_of(&shape) == COPIES_OTHERS);
	EXPECT(memory_total(&shape).worst > 8192 * MIB);
	shape.vhost_user = false;
	shape.hugepages = true;
	EXPECT(memory_copies_of(&shape) == COPIES_HUGEPAGES);
	EXPECT(memory_hugetlb(&shape) == 4096 * MIB && memory_max(&shape) < 4400 * MIB);
	shape.hugepages = false;
	shape.qemu = MEMLOCK_QEMU(8, 2);
	EXPECT(memory_copies_of(&shape) == COPIES_OLD);
}

/*
 * Each term's size by hand, in KiB, of a VM of 512 MiB whose QEMU takes 1000, 100 for each thread
 * and 10 for each VNC server; 7 and 3 if its memory is locked.
 */
static void sums_memory(void)
{
	static const struct memlock_figures figures = {
		.bytes = {
			[FIGURE_QEMU_ANONYMOUS] = 1000 << 10, [FIGURE_VCPU_ANONYMOUS] = 100 << 10,
			[FIGURE_GRAPHICS_CHARGE] = 10 << 10, [FIGURE_QEMU_LOCKED] = 7 << 10,
			[FIGURE_STACK_LOCKED] = 3 << 10,
		},
	};
	struct vm_shape shape;

	vm_shape_default(&shape, 512 * MIB);
	shape.figures = &figures;
	shape.firmware = 512 << 10;
	shape.variables = 64 << 10;
	shape.video = 1024 << 10;
	shape.vcpus = 3;
	shape.iothreads = 2;
	shape.graphics = 1;
	/* RAM, firmware, and what else is pinned: 64 + 1024 + 256 + 2116. */
	EXPECT_NUMBER(memory_sum(&shape, MEMORY_PRIVATE).worst >> 10, 524288 + 512 + 3460);
	EXPECT_NUMBER(memory_sum(&shape, MEMORY_SHARED).worst, 0);
	/* Page tables: (524288 + 512 + 1024) / 512 * 2, 8 bytes for each of 132065 pages, QEMU. */
	EXPECT_NUMBER(memory_sum(&shape, MEMORY_OVERHEAD).worst,
		      (2054 << 10) + 132065 * 8 + (1510 << 10));
	shape.locked = true;
	EXPECT_NUMBER(memory_sum(&shape, MEMORY_OVERHEAD).worst,
		      (2054 << 10) + 132065 * 8 + (1510 << 10) + (22 << 10));
	shape.locked = false;
	shape.encrypted = false;
	EXPECT_NUMBER(memory_sum(&shape, MEMORY_OVERHEAD).worst, (2054 + 1510) << 10);
	shape.encrypted = true;
	shape.type = SEVADM_VM_TYPE_SEV_SNP;
	/* A save area each, the context and two pages of requests. */
	EXPECT_NUMBER(memory_sum(&shape, MEMORY_PRIVATE).worst >> 10, 524288 + 512 + 4 * 6);
	EXPECT_NUMBER(memory_sum(&shape, MEMORY_PRIVATE).booted >> 10,
		      524288 - 65536 + 512 + 4 * 6);
	EXPECT_NUMBER(memory_sum(&shape, MEMORY_SHARED).worst >> 10, 65536 + 3460);
	/* Two xarrays, of 9 bytes for each page of RAM. */
	EXPECT_NUMBER(memory_sum(&shape, MEMORY_OVERHEAD).worst,
		      (2054 << 10) + 2 * 9 * 131072 + (1510 << 10));
	EXPECT_NUMBER(memory_total(&shape).worst,
		      ((524288 + 512 + 24 + 65536 + 3460 + 2054 + 1510) << 10) + 2 * 9 * 131072);
}

/* 6 % of the guest's memory, from 64 MiB to 1 GiB, and never more than it has. */
static void shares_bounce_buffers(void)
{
	static const struct {
		uint64_t ram, buffers;
	} rows[] = {
		{ 32, 32 }, { 64, 64 }, { 65, 64 }, { 1000, 64 }, { 2000, 120 }, { 17000, 1020 },
		{ 18000, 1024 }, { 1000000, 1024 },
	};
	struct vm_shape shape;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		vm_shape_default(&shape, rows[i].ram * MIB);
		shape.type = SEVADM_VM_TYPE_SEV_SNP;
		shape.variables = 0;
		EXPECT_NUMBER((memory_sum(&shape, MEMORY_SHARED).booted -
			       (VM_OWN_ROMS + VM_ACPI_TABLES)) / MIB, rows[i].buffers);
	}
}

/* A whole MiB stays as it is: 512 MiB, 2372 KiB of ROMs and tables, 2 MiB of page tables, QEMU. */
static void rounds_memory_max(void)
{
	static const struct {
		uint64_t ram_mib, qemu, max_mib;
	} rows[] = {
		{ 512, 1724 << 10, 512 + 4 + 2 + 16 },
		{ 512, (1724 << 10) + 1, 512 + 4 + 2 + 16 + 1 },
		{ 512, (1724 << 10) - 1, 512 + 4 + 2 + 16 },
		/* A 64th, where that is more than 16 MiB. */
		{ 8192, (1724 << 10) + (28ULL << 20), (8192 + 4 + 32 + 28) / 64 * 65 },
	};
	struct memlock_figures figures = {};
	struct vm_shape shape;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		vm_shape_default(&shape, rows[i].ram_mib * MIB);
		figures.bytes[FIGURE_QEMU_ANONYMOUS] = rows[i].qemu;
		shape.figures = &figures;
		shape.encrypted = false;
		shape.firmware = shape.variables = 0;
		EXPECT_NUMBER(memory_max(&shape), rows[i].max_mib * MIB);
	}
}

/* A stand-in answers at once: what is measured is a shell. */
static void calibrates(void)
{
	struct memlock_figures figures, again;
	char path[] = "/tmp/sevadm-figures-XXXXXX";
	struct json_object *json;
	const char *why;
	int fd = mkstemp(path);

	EXPECT(fd >= 0);
	EXPECT(!memlock_calibrate(TESTS_FOLDER "/data/qemu-stand-in", &figures));
	EXPECT(figures.version == MEMLOCK_QEMU(9, 9) && !strcmp(figures.name, "9.9.1"));
	EXPECT(memlock_figures_lack(&figures, "qxl") && !memlock_figures_lack(&figures, "vga"));
	EXPECT(!memlock_figures_lack(&figures, "q") && !memlock_figures_lack(&figures, ""));
	EXPECT(figures.bytes[FIGURE_QEMU_ANONYMOUS] >= 9 * MIB);
	EXPECT(figures.bytes[FIGURE_WORKER_MAPPED] >= 8 * MIB);
	json = memlock_figures_json(&figures);
	EXPECT(!json_object_to_file(path, json));
	EXPECT(!memlock_figures_load(path, &again, &why));
	EXPECT(!memcmp(again.bytes, figures.bytes, sizeof(figures.bytes)));
	EXPECT(!strcmp(again.lacks, figures.lacks) && again.version == figures.version);
	json_object_put(json);
	unlink(path);
	EXPECT(memlock_figures_load(path, &again, &why) == -ENOENT);
	close(fd);
}

#define STAND_IN	TESTS_FOLDER "/data/qemu-stand-in"

/* ---- the program that is measured ------------------------------------------------------------ */

/* Starts a machine whose files are nobody else's. */
static int start_machine(const char *qemu, struct machine_seen *seen)
{
	static const char *const files[] = { "code", "vars", "disk" };
	char folder[] = "/tmp/sevadm-machine-XXXXXX", path[64];
	size_t i;
	int ret;

	EXPECT(mkdtemp(folder));
	ret = machine_start(qemu, folder, (const char *const[]) { NULL }, 0, seen);
	for (i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, files[i]);
		unlink(path);
	}
	EXPECT(!rmdir(folder));
	return ret;
}

static void finds_qemu_in_path(void)
{
	char *const path = strdup(getenv("PATH"));
	struct machine_seen seen;

	setenv("PATH", TESTS_FOLDER "/data", true);
	EXPECT_NUMBER(start_machine("qemu-stand-in", &seen), 0);
	EXPECT(seen.started);
	setenv("PATH", path, true);
	/* That there is none is not that it is not allowed. */
	EXPECT_NUMBER(start_machine("/nowhere/qemu", &seen), -ENOENT);
	free(path);
}

static void kills_what_stays(void)
{
	const int before = machine_patience_ms;
	struct machine_seen seen;

	setenv("STAND_IN_STAYS", "yes", true);
	machine_patience_ms = 1;
	EXPECT_NUMBER(start_machine(STAND_IN, &seen), 0);
	EXPECT(!seen.started && seen.mapped);
	machine_patience_ms = before;
	unsetenv("STAND_IN_STAYS");
}

/* The first machine's arguments name the folder, which is gone when the signal has ended it all. */
static void leaves_nothing_when_interrupted(void)
{
	char arguments[] = "/tmp/sevadm-arguments-XXXXXX", line[8192] = "", folder[64] = "";
	struct memlock_figures figures;
	const char *at;
	FILE *file;
	int fd = mkstemp(arguments), status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		setenv("STAND_IN_ARGUMENTS", arguments, true);
		setenv("STAND_IN_INTERRUPTS", "yes", true);
		/* What a shell starts in the background ignores it. */
		signal(SIGINT, SIG_DFL);
		_exit(memlock_calibrate(STAND_IN, &figures));
	}
	EXPECT(waitpid(pid, &status, 0) == pid);
	EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
	file = fdopen(fd, "r");
	EXPECT(file && fgets(line, sizeof(line), file));
	at = strstr(line, "filename=");
	EXPECT(at && sscanf(at, "filename=%63[^,]", folder) == 1 && strstr(folder, "/code"));
	*(strrchr(folder, '/') ?: folder) = '\0';
	EXPECT(*folder && access(folder, F_OK) && errno == ENOENT);
	if (file)
		fclose(file);
	unlink(arguments);
}

/* ---- a host's own figures -------------------------------------------------------------------- */

static char root[] = "/tmp/sevadm-root-XXXXXX";

static const char *in_root(const char *path)
{
	static char text[256];

	snprintf(text, sizeof(text), "%s%s", root, path);
	return text;
}

static void put_file(const char *path, const char *text)
{
	FILE *file = fopen(in_root(path), "w");

	EXPECT(file && fputs(text, file) >= 0 && !fclose(file));
}

static void make_root(void)
{
	static const char *const folders[] = { "", "/var", "/var/lib" };
	size_t i;

	memcpy(strrchr(root, '-') + 1, "XXXXXX", 6);
	EXPECT(mkdtemp(root));
	for (i = 1; i < sizeof(folders) / sizeof(*folders); i++)
		EXPECT(!mkdir(in_root(folders[i]), 0755));
	setenv("SEVADM_SYSROOT", root, true);
}

static void remove_root(void)
{
	char command[128];

	unsetenv("SEVADM_SYSROOT");
	snprintf(command, sizeof(command), "rm -r %s", root);
	EXPECT(!system(command));
}

static void all_may_read_figures(void)
{
	char *arguments[] = { (char *)"--calibrate", (char *)"--qemu", (char *)STAND_IN, NULL };
	const mode_t mask = umask(077);
	struct stat info;

	make_root();
	chmod(root, 0755);
	capture_begin();
	EXPECT_NUMBER(recommend_memlock(3, arguments), 0);
	capture_end();
	EXPECT(!stat(in_root("/var/lib/sevadm"), &info) && (info.st_mode & 0777) == 0755);
	EXPECT(!stat(in_root(MEMLOCK_CALIBRATION), &info) && (info.st_mode & 0777) == 0644);
	umask(mask);
	remove_root();
}

/* What --calibrate measures is the host's QEMU, if it has one. */
static void host_without_qemu(void)
{
	char *arguments[] = { (char *)"--calibrate", NULL };

	make_root();
	capture_begin();
	EXPECT_NUMBER(recommend_memlock(1, arguments), 1);
	capture_end();
	EXPECT_TEXT(captured_errors, "sevadm: no qemu-system-x86_64 or qemu-kvm is installed\n");
	remove_root();
}

static void host_without_good_figures(void)
{
	const bool is_root = !geteuid();
	struct memlock_host host = { .match = MATCH_ASSUMED };

	make_root();
	EXPECT(!chmod(root, 0755) && !mkdir(in_root("/var/lib/sevadm"), 0755));
	put_file(MEMLOCK_CALIBRATION, "{\"qemu_version\":");
	capture_begin();
	EXPECT_NUMBER(memlock_calibrated(NULL, &host), 0);
	capture_end();
	EXPECT(host.match == MATCH_ASSUMED && strstr(captured_errors, "warning:"));
	/* A file that the caller named has to be good. */
	capture_begin();
	EXPECT_NUMBER(memlock_calibrated(in_root(MEMLOCK_CALIBRATION), &host), 2);
	capture_end();
	/* A figures file that may not be read counts as none. */
	EXPECT(!chmod(in_root(MEMLOCK_CALIBRATION), 0) && (!is_root || !seteuid(65534)));
	capture_begin();
	EXPECT_NUMBER(memlock_calibrated(NULL, &host), 0);
	capture_end();
	EXPECT_TEXT(captured_errors, "");
	EXPECT(!is_root || !seteuid(0));
	remove_root();
}

static uint64_t planned_overhead(bool here)
{
	struct host_facts facts = {};
	struct report report = {};
	struct json_object *row;
	uint64_t bytes = 0;

	EXPECT_NUMBER(host_plan(&report, &facts, here, TESTS_FOLDER "/data/plan/one.xml"), 0);
	EXPECT(report.nr == 1);
	if (report.nr == 1) {
		row = json_object_object_get(report.targets[0]->extra, "plan");
		row = json_object_array_get_idx(json_object_object_get(row, "domains"), 0);
		bytes = json_get_u64(row, "overhead_bytes");
	}
	report_free(&report);
	return bytes;
}

/* What this host has measured is for this host alone. */
static void plans_with_own_figures(void)
{
	struct json_object *json;

	make_root();
	EXPECT(!mkdir(in_root("/var/lib/sevadm"), 0755));
	json = json_object_from_file(TESTS_FOLDER "/data/figures.json");
	EXPECT(!json_object_to_file(in_root(MEMLOCK_CALIBRATION), json));
	json_object_put(json);
	EXPECT(planned_overhead(true) > planned_overhead(false) + 10 * MIB);
	remove_root();
}

static void figures_are_printable(void)
{
	char path[] = "/tmp/sevadm-figures-XXXXXX";
	struct memlock_figures figures;
	struct json_object *json;
	const char *why;

	close(mkstemp(path));
	json = json_object_from_file(TESTS_FOLDER "/data/figures.json");
	json_object_object_add(json, "qemu_version", json_object_new_string("9.2\033[2J"));
	json_object_object_add(json, "source", json_object_new_string("\033]0;x\007"));
	json_object_object_add(json, "lacks", json_object_new_string("qxl\n"));
	EXPECT(!json_object_to_file(path, json));
	EXPECT(!memlock_figures_load(path, &figures, &why));
	EXPECT_TEXT(figures.name, "9.2?[2J");
	EXPECT_TEXT(figures.source, "?]0;x?");
	EXPECT_TEXT(figures.lacks, "qxl?");
	json_object_put(json);
	unlink(path);
}

/* No program takes more than 64 GiB besides its guest. */
static void figures_are_sizes(void)
{
	static const struct {
		const char *size;
		int ret;
	} rows[] = {
		{ "0", 0 }, { "1", 0 }, { "68719476736", 0 }, { "68719476737", -EINVAL }, { "-1", -EINVAL },
		{ "1.5", -EINVAL }, { "\"1\"", -EINVAL }, { "null", -EINVAL }, { "[1]", -EINVAL },
	};
	char path[] = "/tmp/sevadm-figures-XXXXXX";
	struct memlock_figures figures;
	struct json_object *json;
	const char *why;
	unsigned int key;
	size_t i;

	close(mkstemp(path));
	for (key = 0; key < FIGURE_NR; key += FIGURE_NR - 1)
		for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			json = json_object_from_file(TESTS_FOLDER "/data/figures.json");
			json_object_object_add(json_object_object_get(json, "figures"), memlock_figure_keys[key],
					       json_tokener_parse(rows[i].size));
			EXPECT(!json_object_to_file(path, json));
			json_object_put(json);
			EXPECT_NUMBER(memlock_figures_load(path, &figures, &why), rows[i].ret);
			EXPECT(!rows[i].ret || !strcmp(why, "one of its figures is missing or is not a size"));
		}
	unlink(path);
}

/* ---- domains --------------------------------------------------------------------------------- */

static void reads_domains(void)
{
	static const char text[] =
		"<domain type='kvm'><memory unit='GiB'>4</memory>"
		"<maxMemory slots='4' unit='GiB'>8</maxMemory><vcpu>6</vcpu><iothreads>2</iothreads>"
		"<memtune><hard_limit unit='GiB'>5</hard_limit></memtune>"
		"<memoryBacking><locked/></memoryBacking><devices>"
		"<interface type='network'/><interface type='user'><rom enabled='no'/></interface>"
		"<graphics type='vnc'/><video><model type='qxl' ram='65536' vram='32768'/></video>"
		"<video><model type='vga'/></video></devices>"
		"<launchSecurity type='sev'><policy>0x0005</policy></launchSecurity></domain>";
	struct xml_error error;
	struct vm_shape shape;
	const char *why;
	xmlDoc *doc = xml_read(text, strlen(text), &error);

	EXPECT(doc && vm_shape_domain(&shape, xmlDocGetRootElement(doc), &why));
	EXPECT(shape.ram == 4096 * MIB && shape.ram_max == 8192 * MIB);
	EXPECT(shape.vcpus == 6 && shape.iothreads == 2 && shape.graphics == 1);
	EXPECT(shape.video == 112 * MIB && shape.roms == MIB / 4);
	EXPECT(shape.locked && shape.hard_limit == 5120 * MIB && shape.encrypted);
	EXPECT(shape.type == SEVADM_VM_TYPE_SEV_ES && !shape.firmware_known);
	xmlFreeDoc(doc);
}

int main(void)
{
	static const struct test tests[] = {
		{ "pins what QEMU registers", pins_what_qemu_registers },
		{ "dies three deaths", dies_three_deaths },
		{ "dies of what comes first", dies_of_what_comes_first },
		{ "dies later on old kernels", dies_later },
		{ "divides ASIDs", divides_asids },
		{ "takes facts of hosts", takes_facts_of_hosts },
		{ "knows when pins are charged", knows_when_pins_are_charged },
		{ "recommends what starts", recommends_what_starts },
		{ "huge pages", huge_pages },
		{ "SNP pins nothing", snp_pins_nothing },
		{ "chooses figures by version", chooses_figures },
		{ "asks for the most if QEMU is not known", asks_for_the_most },
		{ "SNP after boot", snp_after_boot },
		{ "SNP's two stores", snp_stores },
		{ "sums memory", sums_memory },
		{ "shares bounce buffers", shares_bounce_buffers },
		{ "rounds memory.max", rounds_memory_max },
		{ "calibrates", calibrates },
		{ "finds QEMU in PATH", finds_qemu_in_path },
		{ "kills a machine that stays", kills_what_stays },
		{ "leaves nothing when interrupted", leaves_nothing_when_interrupted },
		{ "all may read the figures", all_may_read_figures },
		{ "a host without QEMU", host_without_qemu },
		{ "a host without good figures", host_without_good_figures },
		{ "plans with its own figures", plans_with_own_figures },
		{ "figures are printable", figures_are_printable },
		{ "figures are sizes", figures_are_sizes },
		{ "reads domains", reads_domains },
	};

	run_tests(tests, sizeof(tests) / sizeof(tests[0]));
}
