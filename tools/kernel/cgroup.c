// SPDX-License-Identifier: GPL-2.0-only
/* Cgroups (v2) by path and by id. */
#include <fcntl.h>
#include <limits.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/cgroup.h"

/* fs/kernfs: FILEID_KERNFS of include/linux/exportfs.h, a handle that is the id alone. */
#define FILEID_KERNFS	0xfe

/* Hosts with both versions have it at /sys/fs/cgroup/unified. */
const char *cgroup_mount(void)
{
	static char found[PATH_MAX];
	struct mntent *entry;
	FILE *mounts;

	if (found[0])
		return found;
	mounts = setmntent("/proc/self/mounts", "r");
	if (!mounts)
		return NULL;
	while ((entry = getmntent(mounts)))
		if (!strcmp(entry->mnt_type, "cgroup2")) {
			snprintf(found, sizeof(found), "%s", entry->mnt_dir);
			break;
		}
	endmntent(mounts);
	return found[0] ? found : NULL;
}

bool cgroup_id(const char *path, uint64_t *id)
{
	const char *mount = cgroup_mount();
	char full[2 * PATH_MAX];
	struct stat status;

	if (!mount)
		return false;
	snprintf(full, sizeof(full), "%s%s", mount, path);
	if (stat(full, &status) || !S_ISDIR(status.st_mode))
		return false;
	*id = status.st_ino;
	return true;
}

bool cgroup_path(uint64_t id, char *path, size_t size)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + sizeof(id)];
	} by_id = { .handle = { .handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS } };
	const char *mount = cgroup_mount();
	char link[32], full[2 * PATH_MAX];
	int root, fd = -1;
	ssize_t length = -1;

	if (!mount)
		return false;
	memcpy(by_id.handle.f_handle, &id, sizeof(id));
	root = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root >= 0) {
		fd = open_by_handle_at(root, &by_id.handle, O_PATH | O_CLOEXEC);
		close(root);
	}
	if (fd >= 0) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		length = readlink(link, full, sizeof(full) - 1);
		close(fd);
	}
	if (length < (ssize_t)strlen(mount))
		return false;
	full[length] = '\0';
	snprintf(path, size, "%s", full[strlen(mount)] ? full + strlen(mount) : "/");
	return true;
}
