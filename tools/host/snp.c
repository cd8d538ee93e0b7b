// SPDX-License-Identifier: GPL-2.0-only
/* Facts about SEV-SNP: the RMP table, what KVM offers, and what the firmware says of itself. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/kvm.h>
#include <linux/psp-sev.h>

#include "cli/output.h"
#include "host/gather.h"
#include "host/read.h"
#include "host/rmp.h"
#include "sev/names.h"

/* Of kernels that are newer than the headers here: linux/kvm.h, linux/psp-sev.h. */
#define CAP_GUEST_MEMFD		234
#define CAP_VM_TYPES		235
#define COMMAND_SNP_STATUS	9

/* The firmware answers within milliseconds. */
#define ANSWER_MS		1000

/* struct sev_user_data_snp_status; AMD SEV-SNP ABI (56860), SNP_PLATFORM_STATUS */
struct snp_status {
	uint8_t api_major;
	uint8_t api_minor;
	uint8_t state;
	uint8_t is_rmp_initialised;
	uint32_t build;
	uint32_t bits;
	uint32_t guests;
	uint64_t tcb_current;
	uint64_t tcb_reported;
};

/* ---- the RMP table --------------------------------------------------------------------------- */

bool rmp_said(const char *line, uint64_t *bytes)
{
	static const char *const ranges[] = {
		"RMP table physical range [", "RMP table physical address [",
	};
	const char *at = strstr(line, "RMP table has not been reserved by BIOS");
	uint64_t first, last;
	size_t i;

	if (at) {
		*bytes = 0;
		return true;
	}
	at = strstr(line, "RMP table does not cover full system RAM (");
	if (at && sscanf(strchr(at, '('), "(expected %" SCNx64 " got %" SCNx64 ")", &first, bytes) == 2)
		return true;
	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		at = strstr(line, ranges[i]);
		if (at && sscanf(strchr(at, '['), "[%" SCNx64 " - %" SCNx64 "]", &first, &last) == 2 &&
		    last > first) {
			*bytes = last + 1 - first;
			return true;
		}
	}
	return false;
}

/* Where the MSRs cannot be read, the kernel's log may still have what it read from them at boot. */
static bool rmp_of_log(const char *root, uint64_t *bytes)
{
	char path[PATH_MAX], record[8192];
	bool found = false;
	ssize_t length;
	int fd;

	rooted(path, root, "/dev/kmsg");
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	/* Each read() is one record. EPIPE: some were overwritten meanwhile. EAGAIN: no more. */
	while (!found && ((length = read(fd, record, sizeof(record) - 1)) > 0 ||
			  (length < 0 && errno == EPIPE))) {
		record[length > 0 ? length : 0] = '\0';
		found = rmp_said(record, bytes);
	}
	close(fd);
	return found;
}

/* RMP_END is the last byte. Processors without SNP have neither MSR. */
static void gather_rmp(const char *root, struct host_facts *facts)
{
	uint64_t base, end, bytes;
	int ret;

	if (!host_is(facts, HOST_CPU_SEV_SNP)) {
		host_set_unknown(facts, HOST_RMP_BYTES, "the processor has no SEV-SNP");
		return;
	}
	ret = read_msr(root, MSR_RMP_BASE, &base) ?: read_msr(root, MSR_RMP_END, &end);
	if (ret && rmp_of_log(root, &bytes))
		host_set_number(facts, HOST_RMP_BYTES, bytes);
	else if (ret)
		host_set_unknown(facts, HOST_RMP_BYTES, "%s", read_msr_why(MSR_RMP_BASE, ret));
	else if (base && !end)
		host_set_unknown(facts, HOST_RMP_BYTES, "the RMP table is in segments");
	else
		host_set_number(facts, HOST_RMP_BYTES, base && end > base ? end + 1 - base : 0);
}

/* Lines "START-END : System RAM", of which only root sees the numbers. */
static void gather_top(const char *root, struct host_facts *facts)
{
	char path[PATH_MAX], line[256];
	uint64_t start, end, top = 0;
	FILE *file;

	rooted(path, root, "/proc/iomem");
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " : System RAM", &start, &end) == 2 &&
		    strstr(line, ": System RAM") && end > top)
			top = end + 1;
	if (file)
		fclose(file);
	if (top)
		host_set_number(facts, HOST_MEMORY_TOP_BYTES, top);
	else
		host_set_unknown(facts, HOST_MEMORY_TOP_BYTES,
				 file ? "only root sees the addresses in /proc/iomem" :
				 "/proc/iomem cannot be read");
}

/* ---- what KVM offers ---------------------------------------------------------------------- */

unsigned int host_vm_types(void)
{
	int fd = host_root()[0] ? -1 : open("/dev/kvm", O_RDWR | O_CLOEXEC);
	int types = fd < 0 ? 0 : ioctl(fd, KVM_CHECK_EXTENSION, CAP_VM_TYPES);

	if (fd >= 0)
		close(fd);
	return types > 0 ? types : 0;
}

static void gather_kvm(const char *root, struct host_facts *facts)
{
	const char *why = "SEVADM_SYSROOT has no KVM";
	int fd = -1, types;

	if (!root[0]) {
		fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
		why = fd < 0 ? "/dev/kvm cannot be opened" : "this kernel does not say";
	}
	types = fd < 0 ? -1 : ioctl(fd, KVM_CHECK_EXTENSION, CAP_VM_TYPES);
	/* Before 6.8 there is no such question. */
	if (types > 0) {
		host_set_number(facts, HOST_KVM_VM_TYPES, types);
		host_set_number(facts, HOST_GUEST_MEMFD,
				ioctl(fd, KVM_CHECK_EXTENSION, CAP_GUEST_MEMFD) > 0);
	} else {
		host_set_unknown(facts, HOST_KVM_VM_TYPES, "%s", why);
		host_set_unknown(facts, HOST_GUEST_MEMFD, "%s", why);
	}
	if (fd >= 0)
		close(fd);
}

/* ---- the firmware ---------------------------------------------------------------------------- */

/* 0 or an errno */
static int ask_status(int fd, struct snp_status *status)
{
	struct sev_issue_cmd command = {
		.cmd = COMMAND_SNP_STATUS, .data = (uintptr_t)status,
	};

	return ioctl(fd, SEV_ISSUE_CMD, &command) ? errno : 0;
}

/*
 * ccp waits for commands before this one without being interruptible, for minutes if the firmware
 * hangs: only a process that nobody waits for may ask. A program that reads what sevadm prints
 * waits for the end of all processes that could print.
 */
static void ask_and_answer(int to)
{
	struct snp_status status = {};
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fd != to)
			close(fd);
	fd = open("/dev/sev", O_RDWR | O_CLOEXEC);
	if (fd >= 0 && !ask_status(fd, &status) &&
	    write(to, &status, sizeof(status)) != sizeof(status))
		_exit(1);
	_exit(0);
}

bool snp_tcb(uint64_t *current, uint64_t *reported)
{
	struct snp_status status;
	struct pollfd answer;
	int files[2];
	bool asked;
	pid_t child;

	if (pipe2(files, O_CLOEXEC))
		return false;
	child = fork();
	if (!child)
		ask_and_answer(files[1]);
	close(files[1]);
	answer = (struct pollfd) { .fd = files[0], .events = POLLIN };
	asked = child > 0 && poll(&answer, 1, ANSWER_MS) > 0 &&
		read(files[0], &status, sizeof(status)) == sizeof(status);
	close(files[0]);
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, asked ? 0 : WNOHANG);
	}
	if (asked) {
		*current = status.tcb_current;
		*reported = status.tcb_reported;
	}
	return asked;
}

static void ask_firmware(struct host_facts *facts)
{
	struct snp_status status = {};
	int fd = open("/dev/sev", O_RDWR | O_CLOEXEC);
	int error;

	if (fd < 0) {
		host_set_unknown(facts, HOST_SNP_STATE, "/dev/sev: %m");
		return;
	}
	error = ask_status(fd, &status);
	close(fd);
	if (error) {
		host_set_unknown(facts, HOST_SNP_STATE, error == EINVAL ?
				 "SNP is not initialised, or this kernel is no SNP host" :
				 "SNP_PLATFORM_STATUS failed: %s", strerror(error));
		return;
	}
	host_set_number(facts, HOST_SNP_API_MAJOR, status.api_major);
	host_set_number(facts, HOST_SNP_API_MINOR, status.api_minor);
	host_set_number(facts, HOST_SNP_BUILD, status.build);
	host_set_text(facts, HOST_SNP_STATE, firmware_state_name(status.state));
	host_set_number(facts, HOST_SNP_GUESTS, status.guests);
	host_set_number(facts, HOST_SNP_TCB_CURRENT, status.tcb_current);
	host_set_number(facts, HOST_SNP_TCB_REPORTED, status.tcb_reported);
}

static void gather_firmware(const char *root, struct host_facts *facts)
{
	enum host_fact_id id;

	if (root[0])
		host_set_unknown(facts, HOST_SNP_STATE, "SEVADM_SYSROOT has no firmware");
	else
		ask_firmware(facts);
	for (id = HOST_SNP_API_MAJOR; id <= HOST_SNP_TCB_REPORTED; id++)
		if (!facts->facts[id].known && !facts->facts[id].why)
			host_set_unknown(facts, id, "%s", host_why(facts, HOST_SNP_STATE));
}

/* ---- files ----------------------------------------------------------------------------------- */

static void take_file(const char *root, const char *file, bool is_text, struct host_facts *facts,
		      enum host_fact_id id)
{
	char path[PATH_MAX], text[256];
	int ret;

	rooted(path, root, "%s", file);
	ret = read_small(path, text, sizeof(text));
	if (ret)
		host_set_unknown(facts, id, "%s: %s", file, strerror(-ret));
	else if (is_text)
		host_set_text(facts, id, text);
	else
		host_set_number(facts, id, strtoull(text, NULL, 0));
}

void gather_snp(const char *root, struct host_facts *facts)
{
	gather_rmp(root, facts);
	gather_top(root, facts);
	gather_kvm(root, facts);
	gather_firmware(root, facts);
	take_file(root, "/sys/module/kvm_amd/parameters/ciphertext_hiding_asids", false, facts,
		  HOST_CIPHERTEXT_HIDING_ASIDS);
	take_file(root, "/sys/firmware/sev/vulnerabilities/supported_mitigations", true, facts,
		  HOST_MITIGATIONS_SUPPORTED);
	take_file(root, "/sys/firmware/sev/vulnerabilities/verified_mitigations", true, facts,
		  HOST_MITIGATIONS_VERIFIED);
	take_file(root, "/sys/kernel/kexec_crash_size", false, facts, HOST_CRASH_KERNEL_BYTES);
}
