// SPDX-License-Identifier: GPL-2.0-only
/*
 * What one processor does to the map of memory never changes what another one reads: the one moves
 * a PCI device's registers in and out of the map, the other reads a register of the next device,
 * which stays where it is. Linux does the first as it looks at the PCI bus; an emulator that then
 * takes one device's registers for another's loses the end of an interrupt, and a processor that
 * stays in an interrupt for ever takes no further one of its timer's.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest.h"

#define DEVICES		"/sys/bus/pci/devices"
#define ROUNDS		3000
#define BARS		6
#define IORESOURCE_MEM	0x200
#define PCI_COMMAND	4
#define COMMAND_MEMORY	2

/* The registers of a device, by the first of its memory ranges. */
struct device {
	char name[64];
	int bar;
	uint64_t start;
};

static volatile uint32_t *reg;
static uint32_t expected;
static unsigned long reads, wrong;
static atomic_bool over;

/* Nowhere else are devices to be moved about: vm/init.c reads that file. */
static bool on_emulated_host(void)
{
	return !access("/sevhost/command", F_OK);
}

/* Fill in @device, or return false: it has no memory, or a driver has it. */
static bool look_at(const char *name, struct device *device)
{
	char path[320];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), DEVICES "/%s/driver", name);
	if (!access(path, F_OK))
		return false;
	snprintf(path, sizeof(path), DEVICES "/%s/resource", name);
	file = fopen(path, "re");
	if (!file)
		return false;
	for (int bar = 0; bar < BARS && !found; bar++) {
		unsigned long long start, end, flags;

		if (fscanf(file, "%llx %llx %llx", &start, &end, &flags) != 3)
			break;
		if (flags & IORESOURCE_MEM && start) {
			*device = (struct device) { .bar = bar, .start = start };
			snprintf(device->name, sizeof(device->name), "%.63s", name);
			found = true;
		}
	}
	fclose(file);
	return found;
}

/* The devices whose registers are at the lowest and at the highest address. */
static bool choose(struct device *lowest, struct device *highest)
{
	DIR *dir = opendir(DEVICES);
	unsigned int found = 0;
	struct device device;
	struct dirent *entry;

	if (!dir)
		return false;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || !look_at(entry->d_name, &device))
			continue;
		if (!found || device.start < lowest->start)
			*lowest = device;
		if (!found || device.start > highest->start)
			*highest = device;
		found++;
	}
	closedir(dir);
	return found > 1;
}

static int config_of(const struct device *device)
{
	char path[320];

	snprintf(path, sizeof(path), DEVICES "/%s/config", device->name);
	return open(path, O_RDWR | O_CLOEXEC);
}

static bool set_memory(int config, bool on)
{
	uint16_t command;

	if (pread(config, &command, sizeof(command), PCI_COMMAND) != sizeof(command))
		return false;
	command = on ? command | COMMAND_MEMORY : command & ~COMMAND_MEMORY;
	return pwrite(config, &command, sizeof(command), PCI_COMMAND) == sizeof(command);
}

static bool map(const struct device *device)
{
	char path[320];
	int file;

	snprintf(path, sizeof(path), DEVICES "/%s/resource%d", device->name, device->bar);
	file = open(path, O_RDWR | O_CLOEXEC);
	if (file < 0)
		return false;
	reg = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	close(file);
	return reg != MAP_FAILED;
}

static void stay_on(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		ksft_print_msg("cannot stay on processor %d\n", cpu);
}

/* In between, a while of any length without an access to a device: those wait for each other. */
static void *read_register(void *unused)
{
	uint32_t length = 1;

	(void)unused;
	stay_on(1);
	while (!over) {
		uint32_t value;

		length = length * 1664525 + 1013904223;
		for (volatile uint32_t i = length >> 16; i; i--)
			;
		value = *reg;
		reads++;
		if (value != expected && !wrong++)
			ksft_print_msg("read %08x, not %08x\n", value, expected);
	}
	return NULL;
}

int main(void)
{
	struct device moved, steady;
	int config, own_config;
	bool ok = true;
	pthread_t reader;

	ksft_print_header();
	if (!on_emulated_host() || sysconf(_SC_NPROCESSORS_ONLN) < 2)
		ksft_exit_skip("only for the emulated host, with two processors\n");
	if (!choose(&moved, &steady))
		ksft_exit_skip("no two devices without a driver\n");
	ksft_set_plan(1);
	config = config_of(&moved);
	own_config = config_of(&steady);
	if (config < 0 || own_config < 0 || !set_memory(own_config, true) || !map(&steady))
		ksft_exit_fail_msg("cannot reach the devices\n");
	expected = *reg;
	ksft_print_msg("%s reads %08x while %s comes and goes\n", steady.name, expected, moved.name);
	stay_on(0);
	if (pthread_create(&reader, NULL, read_register, NULL))
		ksft_exit_fail_msg("no thread\n");
	for (int round = 0; ok && round < 2 * ROUNDS; round++)
		ok = set_memory(config, round & 1);
	over = true;
	pthread_join(reader, NULL);
	ksft_print_msg("%lu of %lu reads were wrong\n", wrong, reads);
	ksft_test_result(ok && reads && !wrong, "a device's registers stay its own while another's come and go\n");
	ksft_finished();
}
