// SPDX-License-Identifier: GPL-2.0-only
/* sevadm asid reserve: ASIDs leased while a command runs; the lease ends with this process. */
#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "asid_reserve.h"
#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "kernel/cgroup.h"
#include "kernel/device.h"
#include "limit/limit.h"
#include "sev/names.h"

#define WRONG_SIZE	512

/* What a shell exits with when a command cannot be run, or was ended by a signal. */
#define EXIT_NOT_RUN	126
#define EXIT_NOT_FOUND	127
#define EXIT_SIGNALLED	128

/* Passed on; what else there is ends or stops this process as usual. */
static const int forwarded[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 };

struct reservation {
	struct sevadm_lease lease;
	bool has_count;
};

static int set_count(void *options, const char *text)
{
	struct reservation *reservation = options;
	unsigned long long count;
	int ret = number_parse("number of ASIDs", text, UINT32_MAX, &count);

	if (!ret && !count)
		return fail(EXIT_USAGE, "--count needs at least 1 ASID");
	reservation->lease.count = count;
	reservation->has_count = true;
	return ret;
}

static int set_subject(struct reservation *reservation, enum limit_subject_kind kind,
		       const char *text)
{
	struct limit_subject subject;
	char wrong[WRONG_SIZE];
	int ret = EXIT_OK;
	uint64_t id;

	if (reservation->lease.subject != SEVADM_LEASE_DESCENDANTS)
		return fail(EXIT_USAGE, "a lease is for one user or one cgroup");
	if (!limit_subject_parse(limit_subjects[kind], text, &subject, wrong, sizeof(wrong)))
		return fail(EXIT_USAGE, "%s", wrong);
	id = subject.uid;
	if (kind == LIMIT_CGROUP && !cgroup_id(subject.path, &id))
		ret = fail(EXIT_REFUSED, "there is no cgroup %s: systemd-cgls shows those there are",
			   subject.path);
	reservation->lease.subject = kind == LIMIT_USER ? SEVADM_LEASE_USER : SEVADM_LEASE_CGROUP;
	reservation->lease.subject_id = id;
	free(subject.path);
	return ret;
}

static int set_user(void *options, const char *text)
{
	return set_subject(options, LIMIT_USER, text);
}

static int set_cgroup(void *options, const char *text)
{
	return set_subject(options, LIMIT_CGROUP, text);
}

static const char *const pools[] = { "sev", "sev_es", "sev_snp", NULL };
#define NO_POOL	(ARRAY_SIZE(pools) - 1)

const struct option_row reserve_options[] = {
	{ "pool", 0, "POOL", "of this pool", OPTION_WORD(struct reservation, lease.pool, pools) },
	{ "count", 0, "N", "so many ASIDs", NULL, set_count },
	{ "user", 0, "USER", "for VMs of this user, not only those that COMMAND starts", NULL,
	  set_user },
	{ "cgroup", 0, "PATH", "for VMs of this cgroup", NULL, set_cgroup },
	{}
};

static bool pool_exists(int fd, uint32_t pool)
{
	struct sevadm_pool_query query = { .size = sizeof(query), .pool = pool };

	return !ioctl(fd, SEVADM_IOC_POOL_QUERY, &query);
}

static int reserve(int fd, struct sevadm_lease *lease)
{
	if (!ioctl(fd, SEVADM_IOC_RESERVE, lease))
		return EXIT_OK;
	switch (errno) {
	case EPERM:
		return fail(EXIT_REFUSED,
			    "not permitted to reserve ASIDs: it needs CAP_SYS_ADMIN in the initial user namespace: run it as root");
	case EBUSY:
		return fail(EXIT_REFUSED,
			    "%u ASIDs of pool %s cannot be reserved: so many are not free, or are guaranteed or leased to others: see sevadm status",
			    lease->count, pool_name(lease->pool));
	case ENOENT:
		if (lease->pool == SEVADM_POOL_SEV_SNP && !pool_exists(fd, lease->pool))
			return fail(EXIT_REFUSED,
				    "kvm_amd has no pool sev_snp here: SEV-SNP guests take ASIDs of pool sev_es");
		return fail(EXIT_REFUSED, "the cgroup is gone");
	case ENOTTY:
		return fail(EXIT_ABSENT,
			    "the sevadm module that is loaded is too old to reserve ASIDs: load the one of this version");
	default:
		return fail(EXIT_REFUSED, "cannot reserve ASIDs: %s", strerror(errno));
	}
}

/* The command gets the signals as this program got them, but for SIGPIPE, which main() ignores. */
static int spawn(char **argv, const sigset_t *mask, pid_t *child)
{
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int error;

	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setsigmask(&attributes, mask);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	error = posix_spawnp(child, argv[0], NULL, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	if (!error)
		return EXIT_OK;
	return fail(error == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN, "cannot run %s: %s", argv[0],
		    strerror(error));
}

/* Until the command has ended; its exit status. */
static int attend(pid_t child, int signals)
{
	struct signalfd_siginfo info;
	int status;

	for (;;) {
		if (read(signals, &info, sizeof(info)) != sizeof(info))
			continue;
		/* What the terminal sends goes to the command as well, being in the same group. */
		if (info.ssi_signo != SIGCHLD) {
			if (info.ssi_code != SI_KERNEL)
				kill(child, info.ssi_signo);
			continue;
		}
		if (waitpid(child, &status, WNOHANG) == child)
			return WIFSIGNALED(status) ? EXIT_SIGNALLED + WTERMSIG(status) :
			       WEXITSTATUS(status);
	}
}

static int run(char **argv)
{
	sigset_t signals, before;
	size_t i;
	pid_t child;
	int fd, ret;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	for (i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
		sigaddset(&signals, forwarded[i]);
	sigprocmask(SIG_BLOCK, &signals, &before);
	fd = signalfd(-1, &signals, SFD_CLOEXEC);
	if (fd < 0)
		return fail(EXIT_REFUSED, "cannot wait for signals: %s", strerror(errno));
	ret = spawn(argv, &before, &child);
	if (!ret)
		ret = attend(child, fd);
	close(fd);
	return ret;
}

int asid_reserve(int argc, char **argv)
{
	struct reservation reservation = { .lease = {
		.size = sizeof(reservation.lease), .pool = NO_POOL } };
	int fd, ret;

	ret = options_parse(reserve_options, &reservation, &argc, argv);
	if (ret)
		return ret;
	if (reservation.lease.pool == NO_POOL || !reservation.has_count || !argc)
		return fail(EXIT_USAGE,
			    "asid reserve needs --pool, --count and a command: sevadm asid reserve --pool sev --count 2 -- COMMAND");
	ret = device_open(&fd);
	if (ret)
		return ret;
	ret = reserve(fd, &reservation.lease);
	if (!ret)
		ret = run(argv);
	close(fd);
	return ret;
}
