// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm config watch: limits of cgroups that do not exist yet wait here, and bind when they
 * appear.
 *
 * Every directory on the way to a cgroup of the file is watched before the next one is looked for:
 * no cgroup can appear unseen in between.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "config/config.h"
#include "kernel/cgroup.h"

/**
 * struct watch - what is watched
 * @ids: of the cgroup of each limit, 0: there is none
 */
struct watch {
	const char *path;
	struct limit_list list;
	uint64_t *ids;
	int inotify, signals;
};

static int watch_directory(const struct watch *watch, const char *path)
{
	if (inotify_add_watch(watch->inotify, path, IN_CREATE | IN_MOVED_TO | IN_DELETE |
			      IN_MOVED_FROM | IN_ONLYDIR) >= 0)
		return EXIT_OK;
	if (errno == ENOSPC)
		return fail(EXIT_REFUSED,
			    "cannot watch %s: too much is watched: raise sysctl fs.inotify.max_user_watches",
			    path);
	return errno == ENOENT || errno == ENOTDIR ? EXIT_ABSENT :
	       fail(EXIT_REFUSED, "cannot watch %s: %s", path, strerror(errno));
}

/* From the mount down to the parent of the cgroup, as far as there is something. */
static int watch_way(const struct watch *watch, const char *cgroup)
{
	const char *mount = cgroup_mount(), *slash = cgroup;
	char path[2 * PATH_MAX];
	int ret;

	if (!mount)
		return fail(EXIT_REFUSED, "no cgroup hierarchy of version 2 is mounted");
	while (slash) {
		snprintf(path, sizeof(path), "%s%.*s", mount, (int)(slash - cgroup), cgroup);
		ret = watch_directory(watch, path);
		if (ret)
			return ret == EXIT_ABSENT ? EXIT_OK : ret;
		slash = strchr(slash + 1, '/');
	}
	return EXIT_OK;
}

/* Watches all ways, then looks whether another cgroup than before is at the end of one. */
static int look(struct watch *watch, bool *changed)
{
	const struct limit_subject *subject;
	size_t i;
	int ret;

	for (i = 0; i < watch->list.nr; i++) {
		subject = &watch->list.rows[i]->subject;
		if (subject->kind != LIMIT_CGROUP)
			continue;
		ret = watch_way(watch, subject->path);
		if (ret)
			return ret;
	}
	for (i = 0; i < watch->list.nr; i++) {
		subject = &watch->list.rows[i]->subject;
		uint64_t id = 0;

		if (subject->kind == LIMIT_CGROUP)
			cgroup_id(subject->path, &id);
		if (id != watch->ids[i])
			*changed = true;
		watch->ids[i] = id;
	}
	return EXIT_OK;
}

/* The old list stays if the file cannot be read. */
static int load(struct watch *watch)
{
	struct limit_list list = {};
	int ret = config_load(watch->path, &list);
	uint64_t *ids = ret ? NULL : calloc(list.nr + 1, sizeof(*ids));

	if (!ret && !ids)
		ret = fail(EXIT_REFUSED, "out of memory");
	if (ret) {
		limit_list_free(&list);
		return ret;
	}
	limit_list_free(&watch->list);
	free(watch->ids);
	watch->list = list;
	watch->ids = ids;
	return EXIT_OK;
}

static int look_and_apply(struct watch *watch, bool always)
{
	bool changed = always;
	int ret = look(watch, &changed);

	if (!ret && changed)
		ret = config_apply_list(&watch->list, watch->path, false, true);
	output_flush();
	return ret;
}

/* What happened does not matter: look() finds out. */
static void drain(int fd)
{
	char events[4096];

	while (read(fd, events, sizeof(events)) > 0)
		;
}

static int handle_signal(struct watch *watch, bool *stop)
{
	struct signalfd_siginfo info;

	if (read(watch->signals, &info, sizeof(info)) != sizeof(info))
		return EXIT_OK;
	*stop = info.ssi_signo != SIGHUP;
	/* A file that is broken now has been reported: what was applied stays. */
	if (*stop || load(watch))
		return EXIT_OK;
	return look_and_apply(watch, true);
}

static int watch_until_stopped(struct watch *watch)
{
	struct pollfd polls[] = {
		{ .fd = watch->inotify, .events = POLLIN },
		{ .fd = watch->signals, .events = POLLIN },
	};
	bool stop = false;
	int ret = look_and_apply(watch, true);

	if (ret)
		return ret;
	/* What is refused has been reported, and may succeed when the next cgroup comes or goes. */
	while (ret != EXIT_ABSENT && !stop) {
		if (poll(polls, ARRAY_SIZE(polls), -1) < 0 && errno != EINTR)
			return fail(EXIT_REFUSED, "cannot wait for cgroups: %s", strerror(errno));
		if (polls[1].revents)
			ret = handle_signal(watch, &stop);
		if (!stop && polls[0].revents) {
			drain(watch->inotify);
			ret = look_and_apply(watch, false);
		}
	}
	return stop ? EXIT_OK : ret;
}

int config_watch(int argc, char **argv)
{
	struct watch watch = { .inotify = -1, .signals = -1 };
	sigset_t signals;
	int ret;

	ret = options_parse(no_options, NULL, &argc, argv);
	if (!ret)
		ret = config_take_file("watch", argc, argv, &watch.path);
	if (ret)
		return ret;
	if (!strcmp(watch.path, "-"))
		return fail(EXIT_USAGE, "config watch needs a file that it can read again");
	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	watch.signals = signalfd(-1, &signals, SFD_CLOEXEC);
	watch.inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (watch.signals < 0 || watch.inotify < 0)
		ret = fail(EXIT_REFUSED, "cannot watch: %s", strerror(errno));
	if (!ret)
		ret = load(&watch);
	if (!ret)
		ret = watch_until_stopped(&watch);
	close(watch.inotify);
	close(watch.signals);
	limit_list_free(&watch.list);
	free(watch.ids);
	return ret;
}
