// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts about the processors. Sources: AMD APM volume 2 (24593), 15.34; volume 3 (24594), E.4.17.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/gather.h"
#include "host/read.h"

static void gather_name(const char *root, struct host_facts *facts)
{
	uint32_t registers[4], name[13] = {};
	const char *text = (const char *)name;
	uint32_t i;

	if (!read_cpuid(root, 0, registers)) {
		host_set_unknown(facts, HOST_CPU_VENDOR, "no CPUID");
		return;
	}
	memcpy(name, (uint32_t []) { registers[EBX], registers[EDX], registers[ECX] }, 12);
	host_set_text(facts, HOST_CPU_VENDOR, text);
	for (i = 0; i < 3; i++)
		if (!read_cpuid(root, 0x80000002 + i, name + 4 * i))
			return;
	host_set_text(facts, HOST_CPU_NAME, text + strspn(text, " "));
}

static void gather_features(const char *root, struct host_facts *facts)
{
	static const struct {
		enum host_fact_id id;
		unsigned int bit;
	} bits[] = {
		{ HOST_CPU_SME, 0 }, { HOST_CPU_SEV, 1 }, { HOST_CPU_SEV_ES, 3 },
		{ HOST_CPU_SEV_SNP, 4 },
	};
	uint32_t registers[4] = {};
	size_t i;

	if (read_cpuid(root, 0x80000001, registers))
		host_set_number(facts, HOST_CPU_SVM, registers[ECX] >> 2 & 1);
	else
		host_set_unknown(facts, HOST_CPU_SVM, "the processor has no CPUID 0x80000001");

	/* A processor without the leaf has none of it; only what could not be asked is unknown. */
	if (!read_cpuid(root, 0x8000001f, registers)) {
		memset(registers, 0, sizeof(registers));
		if (!facts->facts[HOST_CPU_VENDOR].known) {
			for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
				host_set_unknown(facts, bits[i].id, "no CPUID");
			return;
		}
	}
	for (i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		host_set_number(facts, bits[i].id, registers[EAX] >> bits[i].bit & 1);
	if (!(registers[EAX] & 3)) {
		host_set_unknown(facts, HOST_C_BIT, "the processor cannot encrypt memory");
		host_set_unknown(facts, HOST_REDUCED_PHYS_BITS,
				 "the processor cannot encrypt memory");
	} else {
		host_set_number(facts, HOST_C_BIT, registers[EBX] & 0x3f);
		host_set_number(facts, HOST_REDUCED_PHYS_BITS, registers[EBX] >> 6 & 0x3f);
	}
	if (!(registers[EAX] & 2)) {
		host_set_unknown(facts, HOST_MAX_ASID, "the processor has no SEV");
		host_set_unknown(facts, HOST_MIN_SEV_ASID, "the processor has no SEV");
		return;
	}
	host_set_number(facts, HOST_MAX_ASID, registers[ECX]);
	host_set_number(facts, HOST_MIN_SEV_ASID, registers[EDX]);
}

/* Returns a negative errno, or whether the bit is set. */
static int msr_bit(const char *path, uint32_t msr, unsigned int bit)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t value;
	int ret;

	if (fd < 0)
		return -errno;
	ret = pread(fd, &value, sizeof(value), msr) == sizeof(value) ? (int)(value >> bit & 1) :
	      errno ? -errno : -EIO;
	close(fd);
	return ret;
}

/*
 * The BIOS sets these in every processor; one that it left out is as bad as all. The kernel looks
 * at SYSCFG and HWCR in early_detect_mem_encrypt(), at VM_CR in its check whether SVM is disabled.
 */
static void gather_msr(const char *root, struct host_facts *facts, enum host_fact_id id,
		       uint32_t msr, unsigned int bit, bool any)
{
	char path[PATH_MAX];
	struct dirent *entry;
	int ret = -ENOENT, all = -1;
	DIR *directory;

	rooted(path, root, "/dev/cpu");
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9')
			continue;
		rooted(path, root, "/dev/cpu/%s/msr", entry->d_name);
		errno = 0;
		ret = msr_bit(path, msr, bit);
		if (ret < 0)
			break;
		all = all < 0 ? ret : any ? all | ret : all & ret;
	}
	if (directory)
		closedir(directory);
	if (ret >= 0 && all >= 0)
		host_set_number(facts, id, all);
	else
		host_set_unknown(facts, id, "%s", read_msr_why(msr, ret));
}

void gather_cpu(const char *root, struct host_facts *facts)
{
	gather_name(root, facts);
	gather_features(root, facts);
	gather_msr(root, facts, HOST_SYSCFG_SMEE, 0xc0010010, 23, false);
	gather_msr(root, facts, HOST_SYSCFG_SNPEN, 0xc0010010, 24, false);
	gather_msr(root, facts, HOST_HWCR_SMMLOCK, 0xc0010015, 0, false);
	gather_msr(root, facts, HOST_SVM_DISABLED, 0xc0010114, 4, true);
}
