// SPDX-License-Identifier: GPL-2.0-only
/*
 * vm, asid, top, metrics and check memlock of a process: what they print of hosts that have VMs,
 * few of them or none, and whom a name means. The kernel is a stand-in; names come from processes
 * that a folder has.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "folder.h"
#include "memlock/process.h"
#include "netlink.h"
#include "report/files.h"
#include "report/findings.h"
#include "top.h"

static char folder[] = "/tmp/sevadm-lists-XXXXXX";

/**
 * struct host - what the module answers
 * @vms: numbers of VMs; VM N is of process 100 + N and has ASID N
 * @asids: how many there are, from 1 on; those of VMs are used, @waiting of the others wait
 * @own: what was asked of VMs was about the caller's
 * @refuse: the question that is refused
 * @whole: it answers with all of its status, of a host whose SEV-SNP is initialised: @snp
 * @tcb: how often the firmware's TCB was to be asked for
 * @fd: of the device; @events: how many are in its ring, of which @next were read
 */
static struct {
	const char *vms;
	unsigned int asids, waiting, refuse, events, next, tcb;
	bool own, whole, snp;
	int fd;
} host;

static bool has_vm(unsigned int id)
{
	return id && id < 10 && strchr(host.vms, '0' + id);
}

static struct datagram *begin_row(const struct nlmsghdr *request)
{
	struct datagram *to = next_datagram();

	answer_genl(to, request, request->nlmsg_flags & NLM_F_DUMP ? NLM_F_MULTI : 0,
		    ((const struct genlmsghdr *)NLMSG_DATA(request))->cmd);
	return to;
}

static void answer_vm(const struct nlmsghdr *request, unsigned int id)
{
	struct datagram *to = begin_row(request);

	put_u64(to, SEVADM_A_VM_ID, id);
	put_u32(to, SEVADM_A_VM_PID, 100 + id);
	put_attribute(to, SEVADM_A_VM_COMM, "qemu", 5);
	put_u32(to, SEVADM_A_VM_TYPE, SEVADM_VM_TYPE_SEV);
	put_u32(to, SEVADM_A_VM_POOL, SEVADM_POOL_SEV);
	put_u32(to, SEVADM_A_VM_ASID, id);
	put_u64(to, SEVADM_A_VM_PINNED_BYTES, id << 20);
	put_u64(to, SEVADM_A_VM_PRIVATE_BYTES, 1 << 20);
	end_message(to);
}

static void answer_asid(const struct nlmsghdr *request, unsigned int asid)
{
	struct datagram *to = begin_row(request);

	put_u32(to, SEVADM_A_ASID_ASID, asid);
	put_u32(to, SEVADM_A_ASID_POOL, SEVADM_POOL_SEV);
	put_u32(to, SEVADM_A_ASID_STATE, has_vm(asid) ? SEVADM_ASID_STATE_USED :
		asid <= host.waiting ? SEVADM_ASID_STATE_RECLAIM : SEVADM_ASID_STATE_FREE);
	if (has_vm(asid))
		put_u64(to, SEVADM_A_ASID_VM, asid);
	end_message(to);
}

static void put_status(struct datagram *to)
{
	struct datagram pool = {};

	put_attribute(to, SEVADM_A_STATUS_VERSION, "7.8.9", 6);
	put_u32(&pool, SEVADM_A_POOL_POOL, SEVADM_POOL_SEV);
	put_u32(&pool, SEVADM_A_POOL_CAPACITY, host.asids);
	put_u32(&pool, SEVADM_A_POOL_USED, strlen(host.vms));
	put_u32(&pool, SEVADM_A_POOL_RECLAIM, host.waiting);
	put_u32(&pool, SEVADM_A_POOL_FREE, host.asids - strlen(host.vms) - host.waiting);
	put_u32(&pool, SEVADM_A_POOL_PEAK, host.asids);
	put_u64(&pool, SEVADM_A_POOL_CHARGED, strlen(host.vms));
	put_u32(&pool, SEVADM_A_POOL_RESERVED, 0);
	put_attribute(to, SEVADM_A_STATUS_POOL | NLA_F_NESTED, pool.bytes, pool.size);
	put_u32(to, SEVADM_A_STATUS_VMS, strlen(host.vms));
	put_u32(to, SEVADM_A_STATUS_UNACCOUNTED_VMS, 0);
	put_u64(to, SEVADM_A_STATUS_PINNED_BYTES, 1ULL << 30);
	put_u64(to, SEVADM_A_STATUS_PINNED_PEAK_BYTES, 2ULL << 30);
	put_u32(to, SEVADM_A_STATUS_API_MAJOR, 1);
	put_u32(to, SEVADM_A_STATUS_API_MINOR, 55);
	put_u32(to, SEVADM_A_STATUS_BUILD, 39);
	put_u32(to, SEVADM_A_STATUS_FIRMWARE_STATE, 1);
	if (!host.snp)
		return;
	put_u64(to, SEVADM_A_STATUS_PRIVATE_BYTES, 3 << 20);
	put_u64(to, SEVADM_A_STATUS_PRIVATE_PEAK_BYTES, 4 << 20);
	put_u64(to, SEVADM_A_STATUS_RMP_FIRMWARE_BYTES, 5 << 20);
	put_u64(to, SEVADM_A_STATUS_LEAKED_BYTES, 4096);
}

/* The first attribute of a question, as a number; its type. */
static unsigned int first_attribute(const struct nlmsghdr *request, uint64_t *value)
{
	const char *body = (const char *)NLMSG_DATA(request) + GENL_HDRLEN;
	const struct nlattr *attribute = (const void *)body;

	*value = 0;
	if (request->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN + NLA_HDRLEN)
		return 0;
	memcpy(value, attribute + 1, attribute->nla_len - NLA_HDRLEN);
	return attribute->nla_type & NLA_TYPE_MASK;
}

static void take_request(const struct nlmsghdr *request)
{
	unsigned int command = ((const struct genlmsghdr *)NLMSG_DATA(request))->cmd, i, type;
	struct datagram *to;
	uint64_t value;

	type = first_attribute(request, &value);
	if (command == host.refuse) {
		answer_error(request, EIO, NULL, NO_OFFSET);
		return;
	}
	if (request->nlmsg_flags & NLM_F_DUMP) {
		host.own |= command == SEVADM_CMD_VM_GET && type == SEVADM_A_VM_OWN;
		for (i = 1; command == SEVADM_CMD_VM_GET && i < 10; i++)
			if (has_vm(i))
				answer_vm(request, i);
		for (i = 1; command == SEVADM_CMD_ASID_GET && i <= host.asids; i++)
			answer_asid(request, i);
		answer_done(request);
		return;
	}
	if (command == SEVADM_CMD_STATUS_GET) {
		to = begin_row(request);
		put_u32(to, SEVADM_A_STATUS_STATE, SEVADM_MODULE_STATE_ATTACHED);
		if (host.whole)
			put_status(to);
		end_message(to);
	} else if (command == SEVADM_CMD_VM_GET && has_vm(value)) {
		answer_vm(request, value);
	} else if (command == SEVADM_CMD_ASID_GET && value && value <= host.asids) {
		answer_asid(request, value);
	} else {
		answer_error(request, ENOENT, NULL, NO_OFFSET);
		return;
	}
	answer_error(request, 0, NULL, NO_OFFSET);
}

int open(const char *path, int flags, ...)
{
	if (strcmp(path, SEVADM_DEVICE))
		return syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
	host.fd = dup(STDIN_FILENO);
	return host.fd;
}

int close(int fd)
{
	if (fd == host.fd)
		host.fd = -1;
	return syscall(SYS_close, fd);
}

int ioctl(int fd, unsigned long request, ...)
{
	void *argument;
	va_list args;

	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	if (fd != host.fd)
		return syscall(SYS_ioctl, fd, request, argument);
	EXPECT(request == SEVADM_IOC_EVENT_FILTER);
	return 0;
}

/* Event N failed with errno N, and is of VM 3 if N is even; the device itself leaves none out. */
ssize_t read(int fd, void *to, size_t size)
{
	struct sevadm_event *events = to;
	size_t nr;

	if (fd != host.fd)
		return syscall(SYS_read, fd, to, size);
	for (nr = 0; host.next < host.events && (nr + 1) * sizeof(*events) <= size; nr++) {
		host.next++;
		events[nr] = (struct sevadm_event) {
			.size = sizeof(*events), .type = SEVADM_EVENT_KVM, .seq = host.next,
			.known = SEVADM_KNOWN_VM, .vm = host.next % 2 ? 4 : 3, .pid = host.next,
			.ret = -(int)host.next, .command = 2,
		};
	}
	errno = EAGAIN;
	return nr ? (ssize_t)(nr * sizeof(*events)) : -1;
}

int access(const char *path, int mode)
{
	/* Its trace is this machine's own. */
	if (!strcmp(path, SEVADM_DEVICE)) {
		errno = ENOENT;
		return -1;
	}
	return strcmp(path, "/sys/module/sevadm") ? faccessat(AT_FDCWD, path, mode, 0) : 0;
}

/* Which pools this machine's kvm_amd uses is not the question. */
FILE *fopen(const char *path, const char *mode)
{
	const int flags = *mode == 'r' ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC;
	int fd = strncmp(path, "/sys/", 5) ? open(path, flags) : -1;

	return fd < 0 ? NULL : fdopen(fd, mode);
}

/* A process of its own would ask the firmware. */
int pipe2(int files[2], int flags)
{
	(void)files;
	(void)flags;
	host.tcb++;
	return -1;
}

int sysinfo(struct sysinfo *info)
{
	*info = (struct sysinfo) { .totalram = 4096, .mem_unit = 1 << 20 };
	return 0;
}

uid_t geteuid(void)
{
	return 0;
}

/* ---- words ----------------------------------------------------------------------------------- */

static void begin(const char *vms, unsigned int asids)
{
	memset(&host, 0, sizeof(host));
	host.vms = vms;
	host.asids = asids;
	host.fd = -1;
	output_json = false;
}

/* Runs the command of that name with at most one word. */
static int run(const struct command *commands, const char *name, const char *word)
{
	char copy[64], *argv[] = { copy, NULL };
	int ret;

	for (; strcmp(commands->name, name); commands++)
		;
	snprintf(copy, sizeof(copy), "%s", word ?: "");
	capture_begin();
	ret = commands->run(!!word, argv);
	capture_end();
	return ret;
}

static void lists_of_vms(void)
{
	begin("", 9);
	EXPECT_NUMBER(run(vm_commands, "list", NULL), EXIT_OK);
	EXPECT_TEXT(captured, "No VM holds SEV resources.\n");
	EXPECT(!host.own);
	EXPECT_NUMBER(run(vm_commands, "list", "--own"), EXIT_OK);
	EXPECT_TEXT(captured, "None of your VMs holds SEV resources.\n");
	EXPECT(host.own);
	output_json = true;
	EXPECT_NUMBER(run(vm_commands, "list", NULL), EXIT_OK);
	EXPECT_TEXT(captured, "[]\n");

	begin("356", 9);
	EXPECT_NUMBER(run(vm_commands, "list", NULL), EXIT_OK);
	EXPECT(strstr(captured, "web") && strstr(captured, "twin") && strstr(captured, "5.0 MiB"));
	EXPECT_NUMBER(run(vm_commands, "list", "3"), EXIT_USAGE);
	host.refuse = SEVADM_CMD_VM_GET;
	EXPECT_NUMBER(run(vm_commands, "list", NULL), EXIT_REFUSED);
	EXPECT_NUMBER(run(vm_commands, "list", "--own"), EXIT_REFUSED);
	EXPECT_TEXT(captured, "");
}

static void one_vm_by_its_name(void)
{
	begin("356", 9);
	EXPECT_NUMBER(run(vm_commands, "show", "web"), EXIT_OK);
	EXPECT(strstr(captured, "web"));
	/* Its memory is what it pins and what is private to it. */
	EXPECT(strstr(captured, "4.0 MiB"));
	output_json = true;
	EXPECT_NUMBER(run(vm_commands, "show", "3"), EXIT_OK);
	EXPECT(strstr(captured, "\"id\":3,") && strstr(captured, "\"name\":\"web\"") &&
	       strstr(captured, "\"memory_bytes\":4194304"));
	output_json = false;
	EXPECT_NUMBER(run(vm_commands, "show", "4"), EXIT_REFUSED);
	EXPECT_NUMBER(run(vm_commands, "show", "db"), EXIT_REFUSED);
	EXPECT_TEXT(captured_errors, "sevadm: no VM is called \"db\": sevadm vm list shows names and ids\n");
	/* Two have that name. */
	EXPECT_NUMBER(run(vm_commands, "show", "twin"), EXIT_REFUSED);
	EXPECT_TEXT(captured_errors, "sevadm: 2 VMs are called \"twin\": use the id of one, which sevadm vm list shows\n");
	EXPECT_TEXT(captured, "");
	EXPECT_NUMBER(run(vm_commands, "show", NULL), EXIT_USAGE);
	EXPECT_NUMBER(run(vm_commands, "show", "18446744073709551616"), EXIT_USAGE);
	host.refuse = SEVADM_CMD_VM_GET;
	EXPECT_NUMBER(run(vm_commands, "show", "web"), EXIT_REFUSED);
	EXPECT(!strstr(captured_errors, "is called"));
}

static void lists_of_asids(void)
{
	begin("", 0);
	EXPECT_NUMBER(run(asid_commands, "list", NULL), EXIT_OK);
	EXPECT_TEXT(captured, "This host has no ASIDs for SEV.\n");
	begin("", 4);
	EXPECT_NUMBER(run(asid_commands, "list", NULL), EXIT_OK);
	EXPECT_TEXT(captured, "All 4 ASIDs are free.\n");
	begin("3", 4);
	host.waiting = 1;
	EXPECT_NUMBER(run(asid_commands, "list", NULL), EXIT_OK);
	EXPECT(strstr(captured, "reclaim") && strstr(captured, "used") && strstr(captured, "web"));
	EXPECT(!strstr(captured, "free"));
	EXPECT_NUMBER(run(asid_commands, "list", "--all"), EXIT_OK);
	EXPECT(strstr(captured, "reclaim") && strstr(captured, "used") && strstr(captured, "free"));
	output_json = true;
	EXPECT_NUMBER(run(asid_commands, "list", NULL), EXIT_OK);
	EXPECT(strstr(captured, "\"asid\":4,") && strstr(captured, "\"state\":\"free\""));
	EXPECT_NUMBER(run(asid_commands, "show", "3"), EXIT_OK);
	EXPECT(strstr(captured, "\"asid\":3,") && strstr(captured, "\"name\":\"web\""));
	EXPECT_NUMBER(run(asid_commands, "show", "4"), EXIT_OK);
	EXPECT(strstr(captured, "\"name\":null"));
	output_json = false;
	EXPECT_NUMBER(run(asid_commands, "show", "5"), EXIT_REFUSED);
	EXPECT_NUMBER(run(asid_commands, "show", NULL), EXIT_USAGE);
	EXPECT_NUMBER(run(asid_commands, "show", "4294967296"), EXIT_USAGE);
	EXPECT_NUMBER(run(asid_commands, "list", "3"), EXIT_USAGE);
	/* A user who may not ask for VMs sees ASIDs without names. */
	host.refuse = SEVADM_CMD_VM_GET;
	EXPECT_NUMBER(run(asid_commands, "list", NULL), EXIT_OK);
	EXPECT(strstr(captured, "used") && !strstr(captured, "web"));
}

static char *file_of(const char *name)
{
	char path[128];
	const char *why;
	size_t size;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return file_read(path, &size, &why);
}

/* Of all VMs of a host as many as are asked for have samples of their own; a file is whole. */
static void metrics_of_vms(void)
{
	char word[128], *text;

	begin("356", 9);
	EXPECT_NUMBER(run(metrics_commands, "prometheus", NULL), EXIT_OK);
	EXPECT(strstr(captured, "sevadm_vm_pinned_bytes{id=\"3\""));
	EXPECT(strstr(captured, "sevadm_vm_pinned_bytes{id=\"6\""));
	EXPECT_NUMBER(run(metrics_commands, "prometheus", "--by-vm=0"), EXIT_OK);
	EXPECT(!strstr(captured, "sevadm_vm_pinned_bytes{"));
	EXPECT_NUMBER(run(metrics_commands, "prometheus", "--by-vm=1000000"), EXIT_OK);
	EXPECT_NUMBER(run(metrics_commands, "prometheus", "--by-vm=1000001"), EXIT_USAGE);
	EXPECT_NUMBER(run(metrics_commands, "prometheus", "words"), EXIT_USAGE);
	snprintf(word, sizeof(word), "--textfile=%s/sevadm.prom", folder);
	EXPECT_NUMBER(run(metrics_commands, "prometheus", word), EXIT_OK);
	EXPECT_TEXT(captured, "");
	text = file_of("sevadm.prom");
	EXPECT(text && strstr(text, "sevadm_vm_pinned_bytes{id=\"3\""));
	free(text);
	snprintf(word, sizeof(word), "--textfile=%s/sevadm.nfd", folder);
	EXPECT_NUMBER(run(metrics_commands, "nfd", word), EXIT_OK);
	text = file_of("sevadm.nfd");
	EXPECT(text && strstr(text, "sevadm"));
	free(text);
	/* Nothing is written by halves. */
	host.refuse = SEVADM_CMD_VM_GET;
	EXPECT_NUMBER(run(metrics_commands, "nfd", NULL), EXIT_REFUSED);
	EXPECT_NUMBER(run(metrics_commands, "prometheus", NULL), EXIT_REFUSED);
	EXPECT_TEXT(captured, "");
}

/* ---- a process ------------------------------------------------------------------------------- */

/* What check memlock finds and prints of process 103, which runs VM 3. */
static const struct target *look_at_process(struct report *report, const char *limit,
					     const char *locked)
{
	char text[256];

	snprintf(text, sizeof(text), "Max cpu time              unlimited            unlimited\n"
		 "Max locked memory         %-20s %-20s bytes\n", limit, limit);
	folder_put(folder, "proc/103/limits", 0644, text);
	snprintf(text, sizeof(text), "VmSize:\t   20480 kB\nVmLck:\t   %s kB\n", locked);
	folder_put(folder, "proc/103/status", 0644, text);
	EXPECT_NUMBER(memlock_process(report, 103), EXIT_OK);
	return report->targets[report->nr - 1];
}

static const char *message_of(const struct target *target, size_t i)
{
	return i < target->nr ? target->findings[i].message : "";
}

#define SLICE	"sys/fs/cgroup/machine.slice/"
#define SCOPE	SLICE "machine-qemu\\x2d7\\x2dweb.scope/"

static void process_near_its_limits(void)
{
	struct report report = {};
	const struct target *target;

	begin("356", 9);
	/* VM 3 has 3 MiB pinned and 1 MiB private; its slice has 1.5 MiB left of 64. */
	folder_put(folder, SCOPE "memory.current", 0644, "10485760\n");
	folder_put(folder, SCOPE "memory.max", 0644, "33554432\n");
	folder_put(folder, SLICE "memory.current", 0644, "65536000\n");
	folder_put(folder, SLICE "memory.max", 0644, "67108864\n");
	target = look_at_process(&report, "33554432", "0");
	EXPECT_TEXT(target->text,
		    "  pinned           3.0 MiB of 32.0 MiB, 29.0 MiB left\n"
		    "  charged         10.0 MiB of 32.0 MiB, 22.0 MiB left\n"
		    "  private          1.0 MiB, which no RLIMIT_MEMLOCK counts\n"
		    "  cgroup    /machine.slice/machine-qemu\\x2d7\\x2dweb.scope\n"
		    "  at most          1.5 MiB may be added, by memory.max of /machine.slice\n");
	EXPECT_NUMBER(target->nr, 1);
	EXPECT_TEXT(message_of(target, 0),
		    "charged, against memory.max of /machine.slice: 1.5 MiB are left for all in it");
	EXPECT_NUMBER(target->nr ? target->findings[0].line : 1, 0);

	/* All that it has mapped is locked, and there is little left of either. */
	folder_put(folder, SLICE "memory.max", 0644, "max\n");
	folder_put(folder, SCOPE "memory.current", 0644, "33000000\n");
	target = look_at_process(&report, "21495808", "20480");
	EXPECT_NUMBER(target->nr, 2);
	EXPECT_TEXT(message_of(target, 0),
		    "charged, against memory.max: 31.5 MiB of 32.0 MiB, 0.5 MiB are left");
	EXPECT_TEXT(message_of(target, 1),
		    "mapped, against RLIMIT_MEMLOCK: 20.0 MiB of 20.5 MiB, 0.5 MiB are left");
	EXPECT(strstr(target->text, "  mapped          20.0 MiB of 20.5 MiB, 0.5 MiB left\n"));

	/* CAP_IPC_LOCK has pinned more than the limit; and no limit is near. */
	target = look_at_process(&report, "1048576", "0");
	EXPECT(strstr(target->text, "  pinned           3.0 MiB of 1.0 MiB  (CAP_IPC_LOCK is not held to it)\n"));
	target = look_at_process(&report, "unlimited", "0");
	EXPECT(strstr(target->text, "  pinned           3.0 MiB of unlimited\n"));

	/* Nobody to ask what is pinned. */
	host.refuse = SEVADM_CMD_VM_GET;
	capture_begin();
	target = look_at_process(&report, "33554432", "0");
	capture_end();
	EXPECT_TEXT(message_of(target, 0), "what it has pinned is not known");
	EXPECT(strstr(target->text, "  pinned       unknown     of 32.0 MiB\n"));
	EXPECT_NUMBER(memlock_process(&report, 999), EXIT_OK);
	target = report.targets[report.nr - 1];
	EXPECT(strstr(message_of(target, 0), "there is no process 999"));
	report_free(&report);
}

/* ---- status ---------------------------------------------------------------------------------- */

#define STATUS_HEAD	"sevadm 7.8.9, attached; firmware API 1.55 build 39, init\n"

#define STATUS_POOLS	\
	"\nPOOL  # USED  ~ RECLAIM  + RESERVED  ASIDS  USED  RECLAIM  RESERVED  FREE  PEAK\n" \
	"sev   ########~~~...............     9      3     1        0         5     9\n" \
	"\npinned  ##########.........|....................  1.0 GiB of 4.0 GiB (host's memory), at most 2.0 GiB\n"

#define STATUS_VMS	\
	"\nVM  NAME  TYPE  ASID  PINNED   COMMANDS  IN FIRMWARE\n" \
	"6   twin  sev   6     6.0 MiB  -         -\n" \
	"5   twin  sev   5     5.0 MiB  -         -\n" \
	"3   web   sev   3     3.0 MiB  -         -\n"

static void status_of_hosts(void)
{
	begin("356", 9);
	host.whole = true;
	host.waiting = 1;
	EXPECT_NUMBER(run(status_commands, "show", NULL), EXIT_OK);
	EXPECT_TEXT(captured, STATUS_HEAD
		    "\nNothing is wrong: no pool and no limit is nearly used up.\n"
		    STATUS_POOLS STATUS_VMS);
	EXPECT_NUMBER(host.tcb, 0);
	host.snp = true;
	EXPECT_NUMBER(run(status_commands, "show", NULL), EXIT_OK);
	EXPECT_TEXT(captured, STATUS_HEAD
		    "\nwarning: 4.0 KiB of memory are leaked: the firmware would not return them\n"
		    "  only a restart of the host gets them back; the kernel's log names them: update SEV firmware and kernel if there are more\n"
		    STATUS_POOLS
		    "private 3.0 MiB, at most 4.0 MiB; limit: none; the firmware has 5.0 MiB\n"
		    "        4.0 KiB leaked: the firmware would not return it, only a reboot does\n"
		    STATUS_VMS);
	EXPECT_NUMBER(host.tcb, 1);
	/* Programs ask nothing but the module. */
	output_json = true;
	EXPECT_NUMBER(run(status_commands, "show", NULL), EXIT_OK);
	EXPECT(strstr(captured, "\"firmware\":{\"api_major\":1,\"api_minor\":55,\"build\":39,\"state\":\"init\"},"));
	EXPECT(strstr(captured, "\"findings\":[{\"finding\":\"pages-leaked\","));
	EXPECT(strstr(captured, "\"busiest\":[{\"id\":6,\"name\":\"twin\",\"type\":\"sev\","));
	EXPECT_NUMBER(host.tcb, 1);
	output_json = false;
	EXPECT_NUMBER(run(status_commands, "show", "now"), EXIT_USAGE);
	EXPECT_TEXT(captured_errors, "sevadm: status takes no arguments: see sevadm status --help\n");
	host.refuse = SEVADM_CMD_VM_GET;
	EXPECT_NUMBER(run(status_commands, "show", NULL), EXIT_REFUSED);
	EXPECT_TEXT(captured, "");
	host.refuse = SEVADM_CMD_STATUS_GET;
	EXPECT_NUMBER(run(status_commands, "show", NULL), EXIT_REFUSED);
	begin("", 9);
	host.whole = true;
	EXPECT_NUMBER(run(status_commands, "show", NULL), EXIT_OK);
	EXPECT(strstr(captured, "\nNo VM holds SEV resources.\n"));
}

/* ---- top ------------------------------------------------------------------------------------- */

static char screen[1 << 16];

/* Runs top on a terminal of its own: waits for a text, presses keys, and so on; its exit code. */
static int watch(const char *const *texts)
{
	struct winsize size = { 24, 100, 0, 0 };
	char *words[] = { (char *)"top", (char *)"--interval", (char *)"1", NULL };
	int file, slave, status = -1;
	struct pollfd polled;
	size_t length = 0, from = 0;
	char rest[4096];
	ssize_t got;
	pid_t pid;

	screen[0] = '\0';
	if (openpty(&file, &slave, NULL, NULL, &size))
		abort();
	fflush(stdout);
	pid = fork();
	if (!pid) {
		syscall(SYS_close, file);
		login_tty(slave);
		stdin = fdopen(0, "r");
		stdout = fdopen(1, "w");
		setenv("TERM", "xterm", true);
		/* 99: the device is open still. */
		leave(do_top(3, words) ?: host.fd < 0 ? EXIT_OK : 99);
	}
	syscall(SYS_close, slave);
	polled = (struct pollfd) { .fd = file, .events = POLLIN };
	for (; texts[0]; texts += 2) {
		while (!strstr(screen + from, texts[0])) {
			/* A loaded machine is slow, never this slow. */
			if (poll(&polled, 1, 60000) <= 0)
				break;
			got = syscall(SYS_read, file, screen + length, sizeof(screen) - 1 - length);
			if (got <= 0)
				break;
			length += got;
			screen[length] = '\0';
		}
		if (!strstr(screen + from, texts[0])) {
			ksft_print_msg("top does not show \"%s\"\n", texts[0]);
			test_failed = true;
			kill(pid, SIGKILL);
			break;
		}
		from = length;
		if (write(file, texts[1], strlen(texts[1])) < 0)
			abort();
	}
	/* It writes to the end. */
	while (poll(&polled, 1, 60000) > 0 && syscall(SYS_read, file, rest, sizeof(rest)) > 0)
		;
	waitpid(pid, &status, 0);
	syscall(SYS_close, file);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* A VM's last events are shown, and none of another VM's. */
static void top_shows_a_vm(void)
{
	static const char *const texts[] = { "web", "/web\n", "web", "\n", "ENOSTR", "q", NULL };

	begin("356", 9);
	/* Errno 60. */
	host.events = 60;
	EXPECT_NUMBER(watch(texts), EXIT_OK);
	EXPECT(!strstr(screen, "EBADSLT") && !strstr(screen, "ENOANO"));
	EXPECT(!strstr(screen, "ENOENT"));
	begin("356", 9);
	host.refuse = SEVADM_CMD_STATUS_GET;
	EXPECT_NUMBER(watch((const char *const[]) { "refused", "", NULL }), EXIT_REFUSED);
	begin("356", 9);
	host.refuse = SEVADM_CMD_VM_GET;
	EXPECT_NUMBER(watch((const char *const[]) { "refused", "", NULL }), EXIT_REFUSED);
}

static void top_needs_a_terminal(void)
{
	static const struct {
		const char *words[3];
		const char *error;
	} rows[] = {
		{ { "now" }, "sevadm: top takes --interval only, and prints no JSON: see sevadm top --help\n" },
		{ { "--interval", "0" }, "sevadm: --interval \"0\" is not a number from 1 to 3600\n" },
		{ { "--interval", "3601" }, "sevadm: --interval \"3601\" is not a number from 1 to 3600\n" },
	};
	char copies[3][16], *argv[5];
	int argc;
	size_t i;

	begin("", 0);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		argv[0] = (char *)"top";
		for (argc = 1; argc < 4 && rows[i].words[argc - 1]; argc++) {
			snprintf(copies[argc - 1], sizeof(copies[0]), "%s", rows[i].words[argc - 1]);
			argv[argc] = copies[argc - 1];
		}
		argv[argc] = NULL;
		capture_begin();
		EXPECT_NUMBER(do_top(argc, argv), EXIT_USAGE);
		capture_end();
		EXPECT_TEXT(captured_errors, rows[i].error);
	}
}

/* A process whose cgroup has the name of a domain of libvirt's, behind other lines. */
static void start_vm(unsigned int pid, const char *lines, const char *name)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "proc/%u/cmdline", pid);
	folder_put(folder, path, 0644, "qemu-system-x86_64");
	snprintf(path, sizeof(path), "proc/%u/cgroup", pid);
	snprintf(text, sizeof(text), "%s0::/machine.slice/machine-qemu\\x2d7\\x2d%s.scope\n", lines, name);
	folder_put(folder, path, 0644, text);
}

int main(void)
{
	static const struct test tests[] = {
		{ "lists of VMs", lists_of_vms },
		{ "one VM by its name", one_vm_by_its_name },
		{ "lists of ASIDs", lists_of_asids },
		{ "metrics of VMs", metrics_of_vms },
		{ "a process near its limits", process_near_its_limits },
		{ "status of hosts", status_of_hosts },
		{ "top shows a VM", top_shows_a_vm },
		{ "top needs a terminal", top_needs_a_terminal },
	};

	folder_make(folder);
	start_vm(103, "", "web");
	start_vm(105, "1:name=systemd:/elsewhere\n", "twin");
	start_vm(106, "", "twin");
	setenv("SEVADM_SYSROOT", folder, true);
	run_each(tests, ARRAY_SIZE(tests));
	folder_remove(folder);
	ksft_finished();
}
