// SPDX-License-Identifier: GPL-2.0-only
/* Facts about /dev/kvm and /dev/sev: who may use them, and what the firmware says of itself. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <linux/psp-sev.h>

#include "cli/output.h"
#include "host/gather.h"
#include "host/read.h"
#include "sev/names.h"

/* More groups than any service account is in. */
#define GROUPS_MAX 256

struct account {
	char name[64];
	uid_t uid;
	gid_t gid;
	gid_t groups[GROUPS_MAX];
	int nr_groups;
};

/* ---- the user QEMU runs as ------------------------------------------------------------------- */

/* A line `user = "NAME"` of qemu.conf; libvirt's parser takes blanks anywhere. */
static bool configured_user(const char *root, char *name, size_t size)
{
	char path[PATH_MAX], line[1024], *value, *end;
	bool found = false;
	FILE *file;

	rooted(path, root, "/etc/libvirt/qemu.conf");
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		value = line + strspn(line, " \t");
		if (strncmp(value, "user", 4))
			continue;
		value += 4;
		value += strspn(value, " \t");
		if (*value++ != '=')
			continue;
		value += strspn(value, " \t");
		if (*value != '"' && *value != '\'')
			continue;
		end = strchr(value + 1, *value);
		if (!end || end == value + 1)
			continue;
		*end = '\0';
		/* "+0" is a number that must not be taken for a name. */
		snprintf(name, size, "%s", value + 1 + (value[1] == '+'));
		found = true;
	}
	if (file)
		fclose(file);
	return found;
}

static bool take_passwd(const struct passwd *entry, struct account *account)
{
	if (!entry)
		return false;
	snprintf(account->name, sizeof(account->name), "%s", entry->pw_name);
	account->uid = entry->pw_uid;
	account->gid = entry->pw_gid;
	return true;
}

static bool find_in(const char *root, const char *name, struct account *account)
{
	struct passwd *entry;
	char path[PATH_MAX];
	bool found = false;
	FILE *file;

	if (!root[0]) {
		entry = getpwnam(name);
		if (!entry && name[0] >= '0' && name[0] <= '9')
			entry = getpwuid(strtoul(name, NULL, 10));
		return take_passwd(entry, account);
	}
	rooted(path, root, "/etc/passwd");
	file = fopen(path, "re");
	while (file && !found && (entry = fgetpwent(file)))
		found = !strcmp(entry->pw_name, name) && take_passwd(entry, account);
	if (file)
		fclose(file);
	return found;
}

static void find_groups(const char *root, struct account *account)
{
	struct group *group;
	char path[PATH_MAX];
	char **member;
	FILE *file;

	account->nr_groups = GROUPS_MAX;
	if (!root[0]) {
		if (getgrouplist(account->name, account->gid, account->groups,
				 &account->nr_groups) < 0)
			account->nr_groups = GROUPS_MAX;
		return;
	}
	account->groups[0] = account->gid;
	account->nr_groups = 1;
	rooted(path, root, "/etc/group");
	file = fopen(path, "re");
	while (file && account->nr_groups < GROUPS_MAX && (group = fgetgrent(file)))
		for (member = group->gr_mem; *member; member++)
			if (!strcmp(*member, account->name))
				account->groups[account->nr_groups++] = group->gr_gid;
	if (file)
		fclose(file);
}

/* qemu.conf; else the account that the distribution's libvirt is built with; else the caller. */
static bool find_account(const char *root, struct account *account)
{
	static const char *const names[] = { "libvirt-qemu", "qemu" };
	char name[64];
	size_t i;

	if (configured_user(root, name, sizeof(name)))
		return find_in(root, name, account);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (find_in(root, names[i], account))
			return true;
	return !root[0] ? take_passwd(getpwuid(getuid()), account) :
	       find_in(root, "root", account);
}

/* ---- may it use a device --------------------------------------------------------------------- */

/* The kernel's own answer, access control lists and all: 1, 0, or -1 when there is none. */
static int ask_as(const struct account *account, const char *path)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (setgroups(account->nr_groups, account->groups) ||
		    setresgid(account->gid, account->gid, account->gid) ||
		    setresuid(account->uid, account->uid, account->uid))
			_exit(2);
		_exit(access(path, R_OK | W_OK) ? 1 : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status) ||
	    WEXITSTATUS(status) > 1)
		return -1;
	return !WEXITSTATUS(status);
}

/* The mode alone decides: path_resolution(7). */
static bool mode_allows(const struct account *account, const struct stat *file)
{
	unsigned int bits = file->st_mode;
	int i;

	if (!account->uid)
		return true;
	if (file->st_uid == account->uid)
		return (bits >> 6 & 6) == 6;
	for (i = 0; i < account->nr_groups; i++)
		if (file->st_gid == account->groups[i])
			return (bits >> 3 & 6) == 6;
	return (bits & 6) == 6;
}

static void gather_access(const char *root, const struct account *account, const char *device,
			  struct host_facts *facts, enum host_fact_id id)
{
	char path[PATH_MAX];
	struct stat file;
	int answer = -1;

	rooted(path, root, "%s", device);
	if (stat(path, &file)) {
		host_set_unknown(facts, id, "%s: %m", device);
		return;
	}
	if (!geteuid())
		answer = ask_as(account, path);
	else if (getuid() == account->uid)
		answer = !access(path, R_OK | W_OK);
	else if (getxattr(path, "system.posix_acl_access", NULL, 0) < 0)
		answer = mode_allows(account, &file);
	if (answer >= 0)
		host_set_number(facts, id, answer);
	else
		host_set_unknown(facts, id,
				 "%s has an access control list: only root can find out what it means for %s",
				 device, account->name);
}

/* ---- the firmware ---------------------------------------------------------------------------- */

/* Reading its status neither initialises nor changes the platform (AMD 55766, PLATFORM_STATUS). */
static void ask_firmware(struct host_facts *facts)
{
	struct sev_user_data_status status = {};
	struct sev_issue_cmd command = {
		.cmd = SEV_PLATFORM_STATUS, .data = (uintptr_t)&status,
	};
	char text[256];
	int fd, error;

	fd = open("/dev/sev", O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		host_set_unknown(facts, HOST_FIRMWARE_STATE, "/dev/sev: %m");
		return;
	}
	error = ioctl(fd, SEV_ISSUE_CMD, &command) ? errno : 0;
	close(fd);
	if (error) {
		if (command.error)
			snprintf(text, sizeof(text), "%s, firmware: %s (%s)", strerror(error),
				 fw_error_name(command.error), fw_error_meaning(command.error));
		else
			snprintf(text, sizeof(text), "%s", strerror(error));
		host_set_text(facts, HOST_FIRMWARE_ERROR, text);
		host_set_unknown(facts, HOST_FIRMWARE_STATE, "PLATFORM_STATUS failed: %s", text);
		return;
	}
	host_set_unknown(facts, HOST_FIRMWARE_ERROR, "the firmware answered");
	host_set_number(facts, HOST_FIRMWARE_API_MAJOR, status.api_major);
	host_set_number(facts, HOST_FIRMWARE_API_MINOR, status.api_minor);
	host_set_number(facts, HOST_FIRMWARE_BUILD, status.build);
	host_set_text(facts, HOST_FIRMWARE_STATE, firmware_state_name(status.state));
	host_set_number(facts, HOST_FIRMWARE_GUESTS, status.guest_count);
}

static void gather_firmware(const char *root, struct host_facts *facts)
{
	static const enum host_fact_id rest[] = {
		HOST_FIRMWARE_API_MAJOR, HOST_FIRMWARE_API_MINOR, HOST_FIRMWARE_BUILD,
		HOST_FIRMWARE_GUESTS, HOST_FIRMWARE_ERROR,
	};
	size_t i;

	if (root[0])
		host_set_unknown(facts, HOST_FIRMWARE_STATE, "SEVADM_SYSROOT has no firmware");
	else
		ask_firmware(facts);
	for (i = 0; i < ARRAY_SIZE(rest); i++)
		if (!facts->facts[rest[i]].known && !facts->facts[rest[i]].why)
			host_set_unknown(facts, rest[i], "%s",
					 host_why(facts, HOST_FIRMWARE_STATE));
}

void gather_devices(const char *root, struct host_facts *facts)
{
	static const struct {
		const char *path;
		enum host_fact_id there;
		enum host_fact_id usable;
	} devices[] = {
		{ "/dev/kvm", HOST_DEV_KVM, HOST_DEV_KVM_USABLE },
		{ "/dev/sev", HOST_DEV_SEV, HOST_DEV_SEV_USABLE },
	};
	struct account account = {};
	char path[PATH_MAX];
	bool found = find_account(root, &account);
	size_t i;

	if (found) {
		host_set_text(facts, HOST_QEMU_USER, account.name);
		find_groups(root, &account);
	} else {
		host_set_unknown(facts, HOST_QEMU_USER, "the user of qemu.conf has no account");
	}
	for (i = 0; i < ARRAY_SIZE(devices); i++) {
		rooted(path, root, "%s", devices[i].path);
		host_set_number(facts, devices[i].there, !access(path, F_OK));
		if (found)
			gather_access(root, &account, devices[i].path, facts, devices[i].usable);
		else
			host_set_unknown(facts, devices[i].usable, "%s",
					 host_why(facts, HOST_QEMU_USER));
	}
	gather_firmware(root, facts);
}
