// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drives the PSP from outside, through QEMU's qtest protocol: a line of text for each access.
 */
#include "machine.h"

#include <err.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PCI_CONFIG_ADDRESS	0xcf8
#define PCI_CONFIG_DATA		0xcfc
#define PCI_PSP			0x80000800	/* bus 0, device 1 */
#define PCI_COMMAND		0x04
#define PCI_BAR2		0x18
#define PCI_CAPABILITIES	0x34
#define PCI_CAP_VENDOR		0x09
#define PCI_COMMAND_MEMORY	0x02
#define PCI_COMMAND_MASTER	0x04

#define BAR			0xc0000000

#define REG_COMMAND		0x10980
#define REG_ADDRESS_LOW		0x109e0
#define REG_ADDRESS_HIGH	0x109e4
#define RESPONSE_DONE		0x80000000

static FILE *to, *from;
static pid_t pid;

/* The answer's second word, or an empty one. */
static const char *ask(const char *request)
{
	static char line[65536];

	fprintf(to, "%s\n", request);
	fflush(to);
	if (!fgets(line, sizeof(line), from))
		errx(1, "QEMU died at: %.60s", request);
	line[strcspn(line, "\n")] = 0;
	if (strncmp(line, "OK", 2))
		errx(1, "qtest: %.60s: %s", request, line);
	return line[2] ? line + 3 : "";
}

__attribute__((format(printf, 1, 2)))
static const char *askf(const char *format, ...)
{
	static char request[65536];
	va_list args;

	va_start(args, format);
	vsnprintf(request, sizeof(request), format, args);
	va_end(args);
	return ask(request);
}

static void pci_config(uint32_t offset, uint32_t value)
{
	askf("outl 0x%x 0x%x", PCI_CONFIG_ADDRESS, PCI_PSP | offset);
	askf("outl 0x%x 0x%x", PCI_CONFIG_DATA, value);
}

static uint32_t pci_config_read(uint32_t offset)
{
	askf("outl 0x%x 0x%x", PCI_CONFIG_ADDRESS, PCI_PSP | offset);
	return strtoul(askf("inl 0x%x", PCI_CONFIG_DATA), NULL, 16);
}

void machine_set_bus_master(bool on)
{
	pci_config(PCI_COMMAND, PCI_COMMAND_MEMORY | (on ? PCI_COMMAND_MASTER : 0));
}

/* With @bios, the processor runs it; without, it stands still. */
static void run(const char *qemu, const char *device, const char *bios, int in, int out)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	if (bios)
		execl(qemu, qemu, "-machine", "q35,max-ram-below-4g=64M", "-accel", "tcg", "-cpu",
		      "EPYC-Milan,+svm,-hypervisor,check=off", "-m", "96", "-display", "none",
		      "-nodefaults", "-bios", bios, "-device", device, "-qtest", "stdio",
		      "-qtest-log", "none", NULL);
	else
		execl(qemu, qemu, "-machine", "q35", "-accel", "tcg", "-cpu",
		      "EPYC-Rome,+svm,check=off", "-m", "64", "-display", "none", "-nodefaults",
		      "-S", "-device", device, "-qtest", "stdio", "-qtest-log", "none", NULL);
	err(1, "%s", qemu);
}

void machine_start(const char *qemu, const char *properties, const char *bios)
{
	char device[512];
	int in[2], out[2];

	machine_stop();
	snprintf(device, sizeof(device), "sev-psp,addr=1%s%s%s", bios ? ",snp=on" : "",
		 *properties ? "," : "", properties);
	if (pipe(in) || pipe(out))
		err(1, "pipe");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		close(in[1]);
		close(out[0]);
		run(qemu, device, bios, in[0], out[1]);
	}
	close(in[0]);
	close(out[1]);
	to = fdopen(in[1], "w");
	from = fdopen(out[0], "r");
	if (!to || !from)
		err(1, "fdopen");
	pci_config(PCI_BAR2, BAR);
	machine_set_bus_master(true);
}

void machine_stop(void)
{
	if (!pid)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	fclose(to);
	fclose(from);
	pid = 0;
}

void machine_write(uint64_t addr, const void *data, size_t len)
{
	const uint8_t *bytes = data;
	char hex[2 * 8192 + 1];

	while (len) {
		size_t chunk = len < 8192 ? len : 8192;

		for (size_t i = 0; i < chunk; i++)
			sprintf(hex + 2 * i, "%02x", bytes[i]);
		askf("write 0x%" PRIx64 " 0x%zx 0x%s", addr, chunk, hex);
		addr += chunk;
		bytes += chunk;
		len -= chunk;
	}
}

void machine_read(uint64_t addr, void *data, size_t len)
{
	uint8_t *bytes = data;

	while (len) {
		size_t chunk = len < 8192 ? len : 8192;
		const char *hex = askf("read 0x%" PRIx64 " 0x%zx", addr, chunk) + 2;

		for (size_t i = 0; i < chunk; i++)
			if (sscanf(hex + 2 * i, "%2hhx", &bytes[i]) != 1)
				errx(1, "qtest: bad data");
		addr += chunk;
		bytes += chunk;
		len -= chunk;
	}
}

uint32_t machine_register(uint32_t offset)
{
	return strtoul(askf("readl 0x%x", BAR + offset), NULL, 16);
}

void machine_set_register(uint32_t offset, uint32_t value)
{
	askf("writel 0x%x 0x%x", BAR + offset, value);
}

/* The vendor-specific capability of that length. */
static uint32_t find_capability(uint32_t length)
{
	uint32_t cap = pci_config_read(PCI_CAPABILITIES) & 0xff;

	while (cap && (pci_config_read(cap) & 0xff00ff) != (length << 16 | PCI_CAP_VENDOR))
		cap = pci_config_read(cap) >> 8 & 0xff;
	if (!cap)
		errx(1, "the PSP has no vendor-specific capability of %u bytes", length);
	return cap;
}

uint32_t machine_count_pages(uint16_t asid, uint8_t state)
{
	uint32_t cap = find_capability(16);

	pci_config(cap + 4, (uint32_t)state << 16 | asid);
	return pci_config_read(cap + 8);
}

uint32_t machine_arm_fault(uint16_t id, uint16_t status)
{
	uint32_t cap = find_capability(8), before;

	before = pci_config_read(cap + 4);
	pci_config(cap + 4, (uint32_t)id << 16 | status);
	return before;
}

int psp_command(unsigned int id, void *buffer, size_t len)
{
	uint32_t response;

	if (len)
		machine_write(COMMAND_BUFFER, buffer, len);
	machine_set_register(REG_ADDRESS_LOW, COMMAND_BUFFER);
	machine_set_register(REG_ADDRESS_HIGH, 0);
	machine_set_register(REG_COMMAND, id << 16 | 1);
	response = machine_register(REG_COMMAND);
	if (len)
		machine_read(COMMAND_BUFFER, buffer, len);
	return response & RESPONSE_DONE ? (int)(response & 0xffff) : PSP_SILENT;
}
