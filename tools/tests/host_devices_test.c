// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts that come from devices of this host: what the firmware and KVM answer, and who may ask.
 * Files, accounts and ioctl() are stand-ins.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <linux/kvm.h>
#include <linux/psp-sev.h>

#include "cli/output.h"
#include "folder.h"
#include "gathered_facts.h"
#include "host/gather.h"
#include "host/rmp.h"
#include "test.h"

static char folder[] = "/tmp/sevadm-devices-XXXXXX";

/**
 * struct host - how it behaves
 * @sev_open, @kvm_open: errno of opening the device
 * @sev_error, @firmware: of a command
 * @types, @memfd: KVM's answers
 * @user: who asks; @denied, @cannot_become: what the kernel answers
 * @has_acl: of the devices; @mode, @owner, @group: of /dev/kvm
 * @accounts: those there are, between blanks
 * @closed: how many devices were
 * @rmp_base, @rmp_end: registers
 */
static struct {
	int sev_open, kvm_open, sev_error, types, memfd;
	unsigned int firmware, opened, closed;
	uid_t user;
	uid_t owner;
	gid_t group;
	mode_t mode;
	bool has_acl, denied, cannot_become;
	const char *accounts;
	uint64_t rmp_base, rmp_end;
} host;

#define SEV_FILE	901
#define KVM_FILE	902

static int refuse(int error)
{
	errno = error;
	return -1;
}

int open(const char *path, int flags, ...)
{
	int error = !strcmp(path, "/dev/sev") ? host.sev_open : host.kvm_open;

	if (strcmp(path, "/dev/sev") && strcmp(path, "/dev/kvm"))
		return syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
	EXPECT_NUMBER(flags, O_RDWR | O_CLOEXEC);
	if (error)
		return refuse(error);
	host.opened++;
	return !strcmp(path, "/dev/sev") ? SEV_FILE : KVM_FILE;
}

int close(int fd)
{
	host.closed += fd == SEV_FILE || fd == KVM_FILE;
	return fd == SEV_FILE || fd == KVM_FILE ? 0 : syscall(SYS_close, fd);
}

/* The processor's registers; without a base none can be read. */
ssize_t pread(int fd, void *to, size_t size, off_t at)
{
	if (at != MSR_RMP_BASE && at != MSR_RMP_END)
		return syscall(SYS_pread64, fd, to, size, at);
	if (host.rmp_base == UINT64_MAX)
		return refuse(EIO);
	memcpy(to, at == MSR_RMP_BASE ? &host.rmp_base : &host.rmp_end, size);
	return size;
}

/* struct sev_user_data_snp_status has no header here that is old enough. */
static void answer_snp(unsigned char *status)
{
	const uint32_t build = 21, guests = 4;
	const uint64_t current = 0xd315000000000004, reported = 0xd314000000000003;

	status[0] = 1;
	status[1] = 55;
	status[2] = 1;
	memcpy(status + 4, &build, sizeof(build));
	memcpy(status + 12, &guests, sizeof(guests));
	memcpy(status + 16, &current, sizeof(current));
	memcpy(status + 24, &reported, sizeof(reported));
}

int ioctl(int fd, unsigned long request, ...)
{
	struct sev_user_data_status *status;
	struct sev_issue_cmd *command;
	void *argument;
	va_list args;

	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	if (fd == KVM_FILE && request == KVM_CHECK_EXTENSION && (uintptr_t)argument == 235)
		return host.types;
	if (fd == KVM_FILE && request == KVM_CHECK_EXTENSION && (uintptr_t)argument == 234)
		return host.memfd;
	if (fd != SEV_FILE || request != SEV_ISSUE_CMD)
		return syscall(SYS_ioctl, fd, request, argument);
	command = argument;
	if (host.sev_error) {
		command->error = host.firmware;
		return refuse(host.sev_error);
	}
	if (command->cmd == 9) {
		answer_snp((unsigned char *)(uintptr_t)command->data);
		return 0;
	}
	EXPECT_NUMBER(command->cmd, SEV_PLATFORM_STATUS);
	status = (void *)(uintptr_t)command->data;
	*status = (struct sev_user_data_status) {
		.api_major = 1, .api_minor = 51, .state = 2, .build = 7, .guest_count = 3,
	};
	return 0;
}

/* Files of the host are those of the folder. */
static const char *placed(const char *path, char name[128])
{
	snprintf(name, 128, "%s%s", !strncmp(path, "/etc/", 5) || !strncmp(path, "/dev/", 5) ||
		 !strncmp(path, "/proc/", 6) || !strncmp(path, "/sys/", 5) ? folder : "", path);
	return name;
}

FILE *fopen(const char *path, const char *mode)
{
	char name[128];
	int fd = syscall(SYS_openat, AT_FDCWD, placed(path, name),
			 *mode == 'w' ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY, 0600);

	return fd < 0 ? NULL : fdopen(fd, *mode == 'w' ? "w" : "r");
}

int stat(const char *path, struct stat *status)
{
	char name[128];
	int ret = fstatat(AT_FDCWD, placed(path, name), status, 0);

	if (!strcmp(path, "/dev/kvm")) {
		status->st_uid = host.owner;
		status->st_gid = host.group;
		status->st_mode = host.mode;
	}
	return ret;
}

int access(const char *path, int mode)
{
	char name[128];

	if (host.denied && mode == (R_OK | W_OK))
		return refuse(EACCES);
	return syscall(SYS_faccessat, AT_FDCWD, placed(path, name), mode);
}

ssize_t getxattr(const char *path, const char *key, void *value, size_t size)
{
	(void)path;
	(void)value;
	(void)size;
	EXPECT_TEXT(key, "system.posix_acl_access");
	return host.has_acl ? 44 : refuse(ENODATA);
}

/* The test's user stays the same; the test notes which one it was to become. */
int setgroups(size_t nr, const gid_t *groups)
{
	return host.cannot_become || nr != 2 || groups[1] != 777 ? refuse(EPERM) : 0;
}

int setresgid(gid_t real, gid_t effective, gid_t saved)
{
	return real == 64056 && effective == 64056 && saved == 64056 ? 0 : refuse(EINVAL);
}

int setresuid(uid_t real, uid_t effective, uid_t saved)
{
	return real == 64055 && effective == 64055 && saved == 64055 ? 0 : refuse(EINVAL);
}

uid_t geteuid(void)
{
	return host.user;
}

uid_t getuid(void)
{
	return host.user;
}

static struct passwd *account_of(const char *name, uid_t uid)
{
	static struct passwd entry;
	static char copy[64];

	snprintf(copy, sizeof(copy), "%s", name);
	entry = (struct passwd) { .pw_name = copy, .pw_uid = uid, .pw_gid = uid + 1 };
	return &entry;
}

struct passwd *getpwnam(const char *name)
{
	char word[80];

	snprintf(word, sizeof(word), " %s ", name);
	return strstr(host.accounts, word) ? account_of(name, 64055) : NULL;
}

struct passwd *getpwuid(uid_t uid)
{
	return uid == 1234 ? NULL : account_of("by-number", uid);
}

int getgrouplist(const char *user, gid_t group, gid_t *groups, int *nr)
{
	EXPECT(*nr >= 2);
	(void)user;
	groups[0] = group;
	groups[1] = 777;
	*nr = 2;
	return 2;
}

/* ---- what is found out ----------------------------------------------------------------------- */

static void begin(void)
{
	memset(&host, 0, sizeof(host));
	host.accounts = " libvirt-qemu ";
	host.user = 1000;
	host_facts_free(&facts);
	facts = (struct host_facts) {};
}

static void firmware_answers(void)
{
	begin();
	gather_devices("", &facts);
	EXPECT_NUMBER(number_of(HOST_FIRMWARE_API_MAJOR), 1);
	EXPECT_NUMBER(number_of(HOST_FIRMWARE_API_MINOR), 51);
	EXPECT_NUMBER(number_of(HOST_FIRMWARE_BUILD), 7);
	EXPECT_NUMBER(number_of(HOST_FIRMWARE_GUESTS), 3);
	EXPECT_TEXT(host_text(&facts, HOST_FIRMWARE_STATE), "working");
	EXPECT_UNKNOWN(HOST_FIRMWARE_ERROR, "the firmware answered");
	gather_snp("", &facts);
	EXPECT_NUMBER(number_of(HOST_SNP_API_MAJOR), 1);
	EXPECT_NUMBER(number_of(HOST_SNP_API_MINOR), 55);
	EXPECT_NUMBER(number_of(HOST_SNP_BUILD), 21);
	EXPECT_NUMBER(number_of(HOST_SNP_GUESTS), 4);
	EXPECT_NUMBER(number_of(HOST_SNP_TCB_CURRENT), 0xd315000000000004);
	EXPECT_NUMBER(number_of(HOST_SNP_TCB_REPORTED), 0xd314000000000003);
	EXPECT_TEXT(host_text(&facts, HOST_SNP_STATE), "init");
	EXPECT_NUMBER(host.opened, 3);
	EXPECT_NUMBER(host.closed, 3);
}

static void firmware_does_not_answer(void)
{
	begin();
	host.sev_open = EACCES;
	gather_devices("", &facts);
	gather_snp("", &facts);
	EXPECT_UNKNOWN(HOST_FIRMWARE_STATE, "/dev/sev: Permission denied");
	EXPECT_UNKNOWN(HOST_FIRMWARE_BUILD, "/dev/sev: Permission denied");
	EXPECT_UNKNOWN(HOST_FIRMWARE_ERROR, "/dev/sev: Permission denied");
	EXPECT_UNKNOWN(HOST_SNP_STATE, "/dev/sev: Permission denied");
	EXPECT_UNKNOWN(HOST_SNP_API_MAJOR, "/dev/sev: Permission denied");
	EXPECT_UNKNOWN(HOST_SNP_TCB_REPORTED, "/dev/sev: Permission denied");

	begin();
	host.sev_error = EIO;
	host.firmware = 3;
	gather_devices("", &facts);
	gather_snp("", &facts);
	EXPECT(strstr(host_why(&facts, HOST_FIRMWARE_STATE), "PLATFORM_STATUS failed: Input/output error, firmware: INVALID_CONFIG ("));
	EXPECT(!strncmp(host_text(&facts, HOST_FIRMWARE_ERROR), "Input/output error, firmware: INVALID_CONFIG (", 46));
	EXPECT_TEXT(host_why(&facts, HOST_FIRMWARE_API_MINOR),
		    host_why(&facts, HOST_FIRMWARE_STATE));
	EXPECT_UNKNOWN(HOST_SNP_STATE, "SNP_PLATFORM_STATUS failed: Input/output error");
	EXPECT_NUMBER(host.opened, host.closed + 0U);

	begin();
	host.sev_error = EINVAL;
	gather_devices("", &facts);
	gather_snp("", &facts);
	EXPECT_UNKNOWN(HOST_FIRMWARE_STATE, "PLATFORM_STATUS failed: Invalid argument");
	EXPECT_TEXT(host_text(&facts, HOST_FIRMWARE_ERROR), "Invalid argument");
	EXPECT_UNKNOWN(HOST_SNP_STATE, "SNP is not initialised, or this kernel is no SNP host");

	/* What stands for the host has none. */
	begin();
	gather_devices(folder, &facts);
	gather_snp(folder, &facts);
	EXPECT_UNKNOWN(HOST_FIRMWARE_STATE, "SEVADM_SYSROOT has no firmware");
	EXPECT_UNKNOWN(HOST_SNP_STATE, "SEVADM_SYSROOT has no firmware");
	EXPECT_UNKNOWN(HOST_KVM_VM_TYPES, "SEVADM_SYSROOT has no KVM");
	EXPECT_NUMBER(host.opened, 0);
}

static void kvm_answers(void)
{
	begin();
	host.types = 0x1d;
	host.memfd = 1;
	gather_snp("", &facts);
	EXPECT_NUMBER(number_of(HOST_KVM_VM_TYPES), 0x1d);
	EXPECT_NUMBER(number_of(HOST_GUEST_MEMFD), 1);
	EXPECT_NUMBER(host_vm_types(), 0x1d);
	EXPECT_NUMBER(host.opened, host.closed + 0U);

	begin();
	host.types = 1;
	gather_snp("", &facts);
	EXPECT_NUMBER(number_of(HOST_KVM_VM_TYPES), 1);
	EXPECT_NUMBER(number_of(HOST_GUEST_MEMFD), 0);

	begin();
	host.memfd = 1;
	gather_snp("", &facts);
	EXPECT_UNKNOWN(HOST_KVM_VM_TYPES, "this kernel does not say");
	EXPECT_UNKNOWN(HOST_GUEST_MEMFD, "this kernel does not say");
	EXPECT_NUMBER(host_vm_types(), 0);
	host.types = -1;
	EXPECT_NUMBER(host_vm_types(), 0);

	begin();
	host.types = 1;
	host.kvm_open = ENOENT;
	gather_snp("", &facts);
	EXPECT_UNKNOWN(HOST_KVM_VM_TYPES, "/dev/kvm cannot be opened");
	EXPECT_NUMBER(host_vm_types(), 0);
	host.kvm_open = 0;
	setenv("SEVADM_SYSROOT", folder, true);
	EXPECT_NUMBER(host_vm_types(), 0);
	unsetenv("SEVADM_SYSROOT");
}

/* ---- the RMP --------------------------------------------------------------------------------- */

/* Only root sees more than zeroes. */
static void top_of_memory(void)
{
	static const struct {
		const char *text;
		long long top;
	} rows[] = {
		{ "00000000-00000fff : Reserved\n00001000-7fffffff : System RAM\n"
		  "  00100000-00ffffff : Kernel code\n100000000-17fffffff : System RAM\n"
		  "fd00000000-ffffffffff : Reserved\n", 0x180000000 },
		{ "100000000-17fffffff : System RAM\n00001000-7fffffff : System RAM\n", 0x180000000 },
		{ "00000000-00000000 : System RAM\n", -1 }, { "", -1 },
	};
	char name[128];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		folder_put(folder, "proc/iomem", 0600, rows[i].text);
		begin();
		gather_snp(folder, &facts);
		EXPECT_NUMBER(number_of(HOST_MEMORY_TOP_BYTES), rows[i].top);
	}
	EXPECT_UNKNOWN(HOST_MEMORY_TOP_BYTES, "only root sees the addresses in /proc/iomem");
	snprintf(name, sizeof(name), "%s/proc/iomem", folder);
	unlink(name);
	begin();
	gather_snp(folder, &facts);
	EXPECT_UNKNOWN(HOST_MEMORY_TOP_BYTES, "/proc/iomem cannot be read");
}

static void rmp_is_found(void)
{
	static const char said[] = "6,1,1,-;SEV-SNP: RMP table physical range [0x0000000000100000 - 0x00000000102fffff]\n";
	static const struct {
		uint64_t base, end;
		const char *log;
		long long bytes;
	} rows[] = {
		{ 0x100000, 0x2fffff, "", 0x200000 }, { 0x100000, 0x2fffff, said, 0x200000 },
		{ 0, 0x2fffff, "", 0 }, { 0x100000, 0x100000, "", 0 }, { 0, 0, "", 0 },
		{ 0x100000, 0, "", -1 }, { UINT64_MAX, 0, said, 0x10200000 }, { UINT64_MAX, 0, "", -1 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		host_set_number(&facts, HOST_CPU_SEV_SNP, 1);
		host.rmp_base = rows[i].base;
		host.rmp_end = rows[i].end;
		folder_put(folder, "dev/kmsg", 0600, rows[i].log);
		folder_put(folder, "dev/cpu/0/msr", 0600, "");
		gather_snp(folder, &facts);
		EXPECT_NUMBER(number_of(HOST_RMP_BYTES), rows[i].bytes);
	}
	EXPECT(strstr(host_why(&facts, HOST_RMP_BYTES), "MSR"));
	begin();
	host.rmp_base = 0x100000;
	host.rmp_end = 0x2fffff;
	gather_snp(folder, &facts);
	EXPECT_UNKNOWN(HOST_RMP_BYTES, "the processor has no SEV-SNP");
}

/* ---- who may use a device -------------------------------------------------------------------- */

static const char *user_with(const char *conf)
{
	folder_put(folder, "etc/libvirt/qemu.conf", 0644, conf);
	begin();
	host.accounts = " libvirt-qemu someone ";
	gather_devices("", &facts);
	return facts.facts[HOST_QEMU_USER].known ? host_text(&facts, HOST_QEMU_USER) : "";
}

static void user_of_qemu(void)
{
	EXPECT_TEXT(user_with(""), "libvirt-qemu");
	EXPECT_TEXT(user_with("# user = \"someone\"\n"), "libvirt-qemu");
	EXPECT_TEXT(user_with("user = \"someone\"\n"), "someone");
	EXPECT_TEXT(user_with("group = \"x\"\n\tuser='someone' # words\n"), "someone");
	EXPECT_TEXT(user_with("user = \"someone\"\nuser = \"libvirt-qemu\"\n"), "libvirt-qemu");
	EXPECT_TEXT(user_with("user = someone\n"), "libvirt-qemu");
	EXPECT_TEXT(user_with("user = \"someone\n"), "libvirt-qemu");
	EXPECT_TEXT(user_with("user = \"\"\n"), "libvirt-qemu");
	EXPECT_TEXT(user_with("user \"someone\"\n"), "libvirt-qemu");
	EXPECT_TEXT(user_with("user = \"+55\"\n"), "by-number");
	EXPECT_TEXT(user_with("user = \"55\"\n"), "by-number");
	EXPECT_TEXT(user_with("user = \"1234\"\n"), "");
	EXPECT_TEXT(user_with("user = \"nobody-of-that-name\"\n"), "");
	EXPECT_UNKNOWN(HOST_QEMU_USER, "the user of qemu.conf has no account");
	EXPECT_UNKNOWN(HOST_DEV_KVM_USABLE, "the user of qemu.conf has no account");
	folder_put(folder, "etc/libvirt/qemu.conf", 0644, "");
	begin();
	host.accounts = " qemu ";
	gather_devices("", &facts);
	EXPECT_TEXT(host_text(&facts, HOST_QEMU_USER), "qemu");
	/* Neither: whoever asks. */
	begin();
	host.accounts = "";
	gather_devices("", &facts);
	EXPECT_TEXT(host_text(&facts, HOST_QEMU_USER), "by-number");
}

static long long usable(mode_t mode, uid_t owner, gid_t group)
{
	begin();
	host.mode = mode;
	host.owner = owner;
	host.group = group;
	gather_devices("", &facts);
	EXPECT_NUMBER(number_of(HOST_DEV_KVM), 1);
	return number_of(HOST_DEV_KVM_USABLE);
}

static void mode_decides(void)
{
	static const struct {
		mode_t mode;
		uid_t owner;
		gid_t group;
		int usable;
	} rows[] = {
		{ 0660, 0, 777, 1 }, { 0640, 0, 777, 0 }, { 0620, 0, 777, 0 }, { 0606, 0, 777, 0 },
		{ 0600, 0, 777, 0 }, { 0660, 0, 64056, 1 }, { 0660, 0, 5, 0 }, { 0666, 0, 5, 1 },
		{ 0604, 0, 5, 0 }, { 0602, 0, 5, 0 }, { 0600, 64055, 5, 1 },
		{ 0466, 64055, 777, 0 }, { 0266, 64055, 5, 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		EXPECT_NUMBER(usable(rows[i].mode, rows[i].owner, rows[i].group),
			      rows[i].usable);
	begin();
	host.has_acl = true;
	gather_devices("", &facts);
	EXPECT_UNKNOWN(HOST_DEV_KVM_USABLE,
		       "/dev/kvm has an access control list: only root can find out what it means for libvirt-qemu");
	/* Root asks as that user. */
	begin();
	host.user = 0;
	gather_devices("", &facts);
	EXPECT_NUMBER(number_of(HOST_DEV_KVM_USABLE), 1);
	begin();
	host.user = 0;
	host.denied = true;
	gather_devices("", &facts);
	EXPECT_NUMBER(number_of(HOST_DEV_KVM_USABLE), 0);
	begin();
	host.user = 0;
	host.cannot_become = true;
	gather_devices("", &facts);
	EXPECT(!facts.facts[HOST_DEV_KVM_USABLE].known);
	/* The caller is that user: the kernel says. */
	begin();
	host.user = 64055;
	host.has_acl = true;
	gather_devices("", &facts);
	EXPECT_NUMBER(number_of(HOST_DEV_KVM_USABLE), 1);
	/* No device. */
	begin();
	EXPECT_NUMBER(usable(0600, 0, 5), 0);
	EXPECT_NUMBER(number_of(HOST_DEV_SEV), 0);
	EXPECT_UNKNOWN(HOST_DEV_SEV_USABLE, "/dev/sev: No such file or directory");
}

int main(void)
{
	static const struct test tests[] = {
		{ "the firmware answers", firmware_answers },
		{ "the firmware does not answer", firmware_does_not_answer },
		{ "KVM answers", kvm_answers },
		{ "the RMP is found", rmp_is_found },
		{ "the top of memory", top_of_memory },
		{ "the user of QEMU", user_of_qemu },
		{ "the mode decides", mode_decides },
	};

	unsetenv("SEVADM_SYSROOT");
	folder_make(folder);
	folder_put(folder, "dev/kvm", 0600, "");
	folder_put(folder, "etc/libvirt/qemu.conf", 0644, "");
	run_each(tests, ARRAY_SIZE(tests));
	host_facts_free(&facts);
	folder_remove(folder);
	ksft_finished();
}
