// SPDX-License-Identifier: GPL-2.0-only
/* Encrypted domains of libvirt's: written as XML, started paused, and what became of them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "domain.h"
#include "run.h"

#define FOLDER		"/tmp"
#define DISK		FOLDER "/disk.raw"
#define DISK_BYTES	(4 << 20)
#define FIRMWARE	"/usr/share/OVMF/OVMF_"
#define HUGEPAGES	"/proc/sys/vm/nr_hugepages"
#define HUGEPAGE_MIB	2

const char *const outcome_names[OUTCOME_NR] = {
	[STARTS] = "starts",
	[REFUSED_BY_RLIMIT] = "refused-by-rlimit",
	[KILLED_BY_CGROUP] = "killed-by-cgroup",
	[MLOCKALL_FAILS] = "mlockall-fails",
	[OTHERWISE] = "otherwise",
};

/*
 * In the order of their weight: a process that is killed, or that the kernel refuses, may still
 * complain of what followed. The last ones are QEMU's when MCL_FUTURE refuses a later mapping.
 */
static const struct {
	const char *text;
	enum outcome outcome;
} symptoms[] = {
	{ "locked pages exceed the lock limit", REFUSED_BY_RLIMIT },
	{ "total pages would exceed the lock limit", REFUSED_BY_RLIMIT },
	{ "Memory cgroup out of memory", KILLED_BY_CGROUP },
	{ "mlockall: ", MLOCKALL_FAILS },
	{ "cannot set up guest memory", MLOCKALL_FAILS },
	{ "Error creating thread: Resource temporarily unavailable", MLOCKALL_FAILS },
	{ "qemu_thread_create: Resource temporarily unavailable", MLOCKALL_FAILS },
};

const char *domain_file(const struct domain *domain)
{
	static char path[128];

	snprintf(path, sizeof(path), FOLDER "/%s.xml", domain->name);
	return path;
}

static void write_devices(const struct domain *domain, FILE *out)
{
	fputs("  <devices>\n    <emulator>/usr/bin/qemu-system-x86_64</emulator>\n"
	      "    <memballoon model='none'/>\n", out);
	if (domain->video)
		fprintf(out, "    <video><model type='%s'/></video>\n", domain->video);
	if (domain->graphics)
		fprintf(out, "    <graphics type='%s'/>\n", domain->graphics);
	if (domain->nic)
		fputs("    <interface type='user'><model type='virtio'/></interface>\n", out);
	if (domain->disk)
		fputs("    <disk type='file' device='disk'><driver name='qemu' type='raw'/>\n"
		      "      <source file='" DISK "'/><target dev='vda' bus='virtio'/></disk>\n"
		      "    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>\n",
		      out);
	fputs("  </devices>\n", out);
}

/* Debian 13 has the large firmware alone. */
static const char *firmware_size(const struct domain *domain)
{
	return domain->large || access(FIRMWARE "CODE.fd", F_OK) ? "_4M" : "";
}

bool domain_write(const struct domain *domain)
{
	const char *size = firmware_size(domain);
	FILE *out = fopen(domain_file(domain), "we");

	if (!out)
		return false;
	fprintf(out, "<domain type='kvm'>\n  <name>%s</name>\n  <memory unit='MiB'>%u</memory>\n"
		"  <vcpu>%u</vcpu>\n", domain->name, domain->ram, domain->vcpus);
	if (domain->iothreads)
		fprintf(out, "  <iothreads>%u</iothreads>\n", domain->iothreads);
	if (domain->limit)
		fprintf(out, "  <memtune><hard_limit unit='MiB'>%u</hard_limit></memtune>\n",
			domain->limit);
	if (domain->locked || domain->hugepages)
		fprintf(out, "  <memoryBacking>%s%s</memoryBacking>\n",
			domain->hugepages ? "<hugepages/>" : "", domain->locked ? "<locked/>" : "");
	fprintf(out, "  <os>\n    <type arch='x86_64' machine='q35'>hvm</type>\n"
		"    <loader readonly='yes' type='pflash'>" FIRMWARE "CODE%s.fd</loader>\n"
		"    <nvram template='" FIRMWARE "VARS%s.fd'/>\n  </os>\n"
		"  <features><acpi/></features>\n", size, size);
	write_devices(domain, out);
	fprintf(out, "  <launchSecurity type='sev'><policy>%s</policy></launchSecurity>\n</domain>\n",
		domain->es ? "0x5" : "0x1");
	return !fclose(out);
}

static void write_number(const char *path, unsigned int number)
{
	FILE *file = fopen(path, "we");

	if (!file)
		return;
	fprintf(file, "%u\n", number);
	fclose(file);
}

/* QEMU, which runs as another user, opens it. */
static void make_disk(void)
{
	int fd = open(DISK, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0 || ftruncate(fd, DISK_BYTES))
		perror(DISK);
	if (fd >= 0)
		close(fd);
}

static int log_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

/* What the kernel has said since, with what it said behind. */
static char *with_log(int fd, char *text)
{
	char record[8192], *line, *more;
	ssize_t length;

	while (fd >= 0 && (length = read(fd, record, sizeof(record) - 1)) > 0) {
		record[length] = '\0';
		line = strchr(record, ';');
		if (!line)
			continue;
		line[strcspn(line, "\n")] = '\0';
		if (asprintf(&more, "%s%s\n", text ?: "", line + 1) < 0)
			break;
		free(text);
		text = more;
	}
	if (fd >= 0)
		close(fd);
	return text;
}

static enum outcome outcome_of(const char *text)
{
	size_t i;

	for (i = 0; text && i < sizeof(symptoms) / sizeof(*symptoms); i++)
		if (strstr(text, symptoms[i].text))
			return symptoms[i].outcome;
	return OTHERWISE;
}

enum outcome domain_start(const struct domain *domain, char **said)
{
	const char *const create[] = { "sh", "-c", "exec virsh -q create --paused \"$0\" 2>&1",
				       domain_file(domain), NULL };
	const char *const destroy[] = { "sh", "-c", "exec virsh -q destroy \"$0\" 2>&1",
					domain->name, NULL };
	int log = log_open(), status = -1;
	enum outcome outcome;
	char *text;

	if (domain->disk)
		make_disk();
	if (domain->hugepages)
		write_number(HUGEPAGES, domain->ram / HUGEPAGE_MIB);
	text = with_log(log, run_output(create, &status));
	outcome = outcome_of(text);
	if (!status) {
		free(run_output(destroy, &status));
		/* It was there to be destroyed, so that nothing had ended it. */
		outcome = !status && outcome == OTHERWISE ? STARTS : outcome;
	}
	if (domain->hugepages)
		write_number(HUGEPAGES, 0);
	if (said)
		*said = text;
	else
		free(text);
	return outcome;
}
