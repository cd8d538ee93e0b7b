// SPDX-License-Identifier: GPL-2.0-only
/* Files to check: found by path, glob or folder, and read within bounds. */
#include "report/files.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/errors.h"
#include "report/atomic_file.h"

/* nftw() has no argument of its own. */
static struct file_list *walk_list;
static const char *const *walk_endings;

static int add(struct file_list *list, const char *path, bool found)
{
	struct file_name *names = list->names;

	if (!(list->nr & (list->nr - 1))) {
		names = reallocarray(names, list->nr ? 2 * list->nr : 1, sizeof(*names));
		if (!names)
			return fail(EXIT_REFUSED, "out of memory");
		list->names = names;
	}
	names[list->nr].path = strdup(path);
	names[list->nr].found = found;
	if (!names[list->nr].path)
		return fail(EXIT_REFUSED, "out of memory");
	list->nr++;
	return EXIT_OK;
}

static bool has_ending(const char *path, const char *const *endings)
{
	size_t length = strlen(path), size;

	for (; *endings; endings++) {
		size = strlen(*endings);
		if (length > size && !strcmp(path + length - size, *endings))
			return true;
	}
	return false;
}

static int walk(const char *path, const struct stat *info, int kind, struct FTW *place)
{
	(void)info;
	(void)place;
	return kind == FTW_F && has_ending(path, walk_endings) ? add(walk_list, path, true) : 0;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct file_name *)a)->path, ((const struct file_name *)b)->path);
}

static int add_folder(struct file_list *list, const char *path, const char *const *endings)
{
	size_t before = list->nr;
	int ret;

	walk_list = list;
	walk_endings = endings;
	ret = nftw(path, walk, 16, FTW_PHYS);
	if (ret < 0)
		return fail(EXIT_USAGE, "%s: %s", path, strerror(errno));
	if (!ret && list->nr > before)
		qsort(list->names + before, list->nr - before, sizeof(*list->names), by_path);
	return ret;
}

static int add_path(struct file_list *list, const char *path, const char *const *endings)
{
	struct stat info;

	if (strcmp(path, "-") && !stat(path, &info) && S_ISDIR(info.st_mode))
		return add_folder(list, path, endings);
	return add(list, path, false);
}

int file_list_add(struct file_list *list, const char *argument, const char *const *endings)
{
	glob_t found;
	size_t i;
	int ret;

	/* A shell expands globs itself; those that come quoted, or from a unit file, are ours. */
	if (!access(argument, F_OK) || !strpbrk(argument, "*?["))
		return add_path(list, argument, endings);
	ret = glob(argument, 0, NULL, &found);
	if (ret)
		return fail(EXIT_USAGE, "%s matches no file", argument);
	for (i = 0, ret = EXIT_OK; i < found.gl_pathc && !ret; i++)
		ret = add_path(list, found.gl_pathv[i], endings);
	globfree(&found);
	return ret;
}

void file_list_free(struct file_list *list)
{
	while (list->nr)
		free(list->names[--list->nr].path);
	free(list->names);
	*list = (struct file_list) {};
}

static const char *refuse_kind(int fd, const char *path)
{
	struct stat info;

	if (!strcmp(path, "-"))
		return NULL;
	if (fstat(fd, &info))
		return strerror(errno);
	if (S_ISDIR(info.st_mode))
		return "is a folder";
	return S_ISREG(info.st_mode) || S_ISFIFO(info.st_mode) ? NULL : "is not a file";
}

static char *read_all(int fd, size_t *size, const char **why)
{
	size_t room = 16384, used = 0;
	char *bytes = NULL, *more;
	ssize_t ret;

	for (;;) {
		more = realloc(bytes, room + 1);
		if (!more) {
			*why = "out of memory";
			break;
		}
		bytes = more;
		ret = read(fd, bytes + used, room - used);
		if (ret < 0 && errno == EINTR)
			continue;
		if (ret < 0) {
			*why = strerror(errno);
			break;
		}
		used += (size_t)ret;
		if (!ret) {
			bytes[used] = '\0';
			*size = used;
			return bytes;
		}
		if (used > FILE_MAX_BYTES) {
			*why = "is larger than 4 MiB, which no VM's description is";
			break;
		}
		if (used == room)
			room *= 2;
	}
	free(bytes);
	return NULL;
}

char *file_read(const char *path, size_t *size, const char **why)
{
	int fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : dup(0);
	char *bytes = NULL;

	if (fd < 0) {
		*why = strerror(errno);
		return NULL;
	}
	*why = refuse_kind(fd, path);
	if (!*why)
		bytes = read_all(fd, size, why);
	close(fd);
	return bytes;
}

static int write_all(int fd, const char *bytes, size_t size)
{
	ssize_t ret;

	for (; size; bytes += ret, size -= (size_t)ret) {
		ret = write(fd, bytes, size);
		if (ret < 0 && errno == EINTR)
			ret = 0;
		if (ret < 0)
			return -errno;
	}
	return 0;
}

int file_write(const char *path, const char *bytes, size_t size)
{
	char real[PATH_MAX];
	struct stat info;
	char *name;
	int fd, ret;

	if (!strcmp(path, "-"))
		return fwrite(bytes, 1, size, stdout) == size ? 0 : -EIO;
	ret = file_target(path, real, &fd);
	if (fd >= 0) {
		ret = write_all(fd, bytes, size);
		if (close(fd) && !ret)
			ret = -errno;
	}
	if (ret || fd >= 0)
		return ret;
	if (asprintf(&name, "%s.XXXXXX", real) < 0)
		return -ENOMEM;
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0) {
		ret = -errno;
		free(name);
		return ret;
	}
	ret = write_all(fd, bytes, size);
	/* A file that is replaced stays as readable as it was; a new one is like any other. */
	if (!ret && fchmod(fd, stat(real, &info) ? 0644 : info.st_mode & 07777))
		ret = -errno;
	if (close(fd) && !ret)
		ret = -errno;
	if (!ret && rename(name, real))
		ret = -errno;
	if (ret)
		unlink(name);
	free(name);
	return ret;
}

int file_write_fixed(const char *path, const char *output, const char *bytes, size_t size)
{
	char *name = output ? strdup(output) : NULL;
	int ret;

	if (!name && asprintf(&name, "%s.fixed", path) < 0)
		name = NULL;
	ret = name ? file_write(name, bytes, size) : -ENOMEM;
	if (ret)
		ret = fail(EXIT_REFUSED, "%s: %s", name ?: path, strerror(-ret));
	free(name);
	return ret;
}
