// SPDX-License-Identifier: GPL-2.0-only
/* Cgroups by path and by id, in a folder that stands for the hierarchy. */
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "folder.h"
#include "kernel/cgroup.h"
#include "test.h"

static char folder[] = "/tmp/sevadm-cgroup-XXXXXX";

/* What is mounted: a file in the folder; NULL: that cannot be known. */
static const char *mounts;
/* The cgroup that a handle is of, below the folder; NULL: it has gone. */
static const char *found;
static uint64_t asked;

FILE *setmntent(const char *path, const char *mode)
{
	char name[sizeof(folder) + 32];

	EXPECT_TEXT(path, "/proc/self/mounts");
	snprintf(name, sizeof(name), "%s/%s", folder, mounts ?: "none");
	return fopen(name, mode);
}

int open(const char *path, int flags, ...)
{
	if (!strcmp(path, folder))
		EXPECT_NUMBER(flags, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
}

int open_by_handle_at(int root, struct file_handle *handle, int flags)
{
	EXPECT_NUMBER(handle->handle_bytes, sizeof(asked));
	EXPECT_NUMBER(handle->handle_type, 0xfe);
	EXPECT_NUMBER(flags, O_PATH | O_CLOEXEC);
	memcpy(&asked, handle->f_handle, sizeof(asked));
	errno = ESTALE;
	return found ? openat(root, found, O_PATH | O_CLOEXEC) : -1;
}

static unsigned int open_files(void)
{
	unsigned int nr = 0;
	int fd;

	for (fd = 3; fd < 64; fd++)
		nr += fcntl(fd, F_GETFD) >= 0;
	return nr;
}

/* Not known once is not known for ever. */
static void nothing_is_mounted(void)
{
	unsigned int files = open_files();
	char path[64];
	uint64_t id;

	mounts = NULL;
	EXPECT(!cgroup_mount());
	EXPECT(!cgroup_id("/slice", &id));
	EXPECT(!cgroup_path(5, path, sizeof(path)));
	mounts = "version-1";
	EXPECT(!cgroup_mount());
	EXPECT(!cgroup_id("/slice", &id));
	mounts = "both";
	EXPECT_TEXT(cgroup_mount(), folder);
	/* It does not move. */
	mounts = NULL;
	EXPECT_TEXT(cgroup_mount(), folder);
	EXPECT_NUMBER(open_files(), files);
}

static void ids_of_paths(void)
{
	struct stat status;
	char name[64];
	uint64_t id = 0;

	snprintf(name, sizeof(name), "%s/slice", folder);
	EXPECT(!stat(name, &status));
	EXPECT(cgroup_id("/slice", &id));
	EXPECT_NUMBER(id, status.st_ino);
	EXPECT(!stat(folder, &status));
	EXPECT(cgroup_id("/", &id));
	EXPECT_NUMBER(id, status.st_ino);
	EXPECT(!cgroup_id("/none", &id));
	/* A file of a cgroup is none. */
	EXPECT(!cgroup_id("/slice/cgroup.procs", &id));
}

static void paths_of_ids(void)
{
	unsigned int files = open_files();
	char path[64], little[4];

	found = "slice";
	EXPECT(cgroup_path(0x1122334455667788ULL, path, sizeof(path)));
	EXPECT_NUMBER(asked, 0x1122334455667788ULL);
	EXPECT_TEXT(path, "/slice");
	found = "slice/guest";
	EXPECT(cgroup_path(1, path, sizeof(path)));
	EXPECT_TEXT(path, "/slice/guest");
	found = ".";
	EXPECT(cgroup_path(1, path, sizeof(path)));
	EXPECT_TEXT(path, "/");
	EXPECT(cgroup_path(1, little, sizeof(little)));
	found = "slice";
	EXPECT(cgroup_path(1, little, sizeof(little)));
	EXPECT_TEXT(little, "/sl");
	/* Outside of what is mounted here. */
	found = "/";
	EXPECT(!cgroup_path(1, path, sizeof(path)));
	found = NULL;
	EXPECT(!cgroup_path(1, path, sizeof(path)));
	EXPECT_NUMBER(open_files(), files);
}

int main(void)
{
	static const struct test tests[] = {
		{ "nothing is mounted", nothing_is_mounted },
		{ "ids of paths", ids_of_paths },
		{ "paths of ids", paths_of_ids },
	};
	char text[256];

	folder_make(folder);
	folder_put(folder, "slice/cgroup.procs", 0644, "");
	folder_put(folder, "slice/guest/cgroup.procs", 0644, "");
	folder_put(folder, "version-1", 0644, "proc /proc proc rw 0 0\ncgroup /cg cgroup rw,memory 0 0\n");
	snprintf(text, sizeof(text),
		 "cgroup /cg cgroup rw,memory 0 0\ncgroup2 %s cgroup2 rw 0 0\ncgroup2 /again cgroup2 rw 0 0\n",
		 folder);
	folder_put(folder, "both", 0644, text);
	run_each(tests, sizeof(tests) / sizeof(tests[0]));
	folder_remove(folder);
	ksft_finished();
}
