// SPDX-License-Identifier: GPL-2.0-only
/*
 * sevadm monitor: what it listens to, what it makes of what comes, and what ends it. The module is
 * a stand-in of generic netlink, and poll() goes by a list of steps.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "folder.h"
#include "netlink.h"
#include "test.h"

#define STEPS_MAX	8

static char folder[] = "/tmp/sevadm-monitor-XXXXXX";

/* What poll() sees. */
enum step { NO_STEP, DATA, STOP, CHILD, BROKEN_PIPE, INTERRUPTED, FAILS };

/**
 * struct host - how it behaves, and what was done to it
 * @absent: the module is not loaded
 * @membership_error: errno of listening to group @group
 * @signalfd_error: errno of signalfd()
 * @steps: of poll()
 * @groups: a bit for each that was listened to
 * @room: that the socket was given
 * @journal: its socket is there; @entry: the last that it was sent
 */
static struct {
	bool absent, journal;
	int membership_error, signalfd_error;
	unsigned int group;
	enum step steps[STEPS_MAX];
	unsigned int polled, groups;
	int room;
	char entry[4096];
} host;

/* What comes, one with each step DATA. */
static struct datagram events[STEPS_MAX];
static unsigned int nr_events, nr_taken;

static void take_request(const struct nlmsghdr *request)
{
	ksft_exit_fail_msg("monitor asks for nothing but families: %u\n", request->nlmsg_type);
}

static ssize_t take_entry(const struct msghdr *msg)
{
	size_t used = 0, i;

	for (i = 0; i < msg->msg_iovlen; i++) {
		if (used + msg->msg_iov[i].iov_len >= sizeof(host.entry))
			break;
		memcpy(host.entry + used, msg->msg_iov[i].iov_base, msg->msg_iov[i].iov_len);
		used += msg->msg_iov[i].iov_len;
	}
	host.entry[used] = '\0';
	return used;
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
	int number = 0;

	(void)fd;
	memcpy(&number, value, size < sizeof(number) ? size : sizeof(number));
	if (level == SOL_SOCKET && option == SO_RCVBUFFORCE)
		host.room = number;
	if (level != SOL_NETLINK || option != NETLINK_ADD_MEMBERSHIP)
		return 0;
	if (host.membership_error && host.group == (unsigned int)number) {
		errno = host.membership_error;
		return -1;
	}
	host.groups |= 1U << number;
	return 0;
}

int signalfd(int fd, const sigset_t *mask, int flags)
{
	if (host.signalfd_error) {
		errno = host.signalfd_error;
		return -1;
	}
	return syscall(SYS_signalfd4, fd, mask, 8, flags);
}

int poll(struct pollfd *fds, nfds_t nr, int timeout)
{
	EXPECT_NUMBER(nr, 3);
	EXPECT_NUMBER(timeout, -1);
	EXPECT_NUMBER(fds[0].events, POLLIN);
	EXPECT_NUMBER(fds[1].events, POLLIN);
	EXPECT_NUMBER(fds[2].fd, STDOUT_FILENO);
	EXPECT(fcntl(fds[0].fd, F_GETFL) & O_NONBLOCK);
	EXPECT(fcntl(fds[1].fd, F_GETFL) & O_NONBLOCK);
	fds[0].revents = fds[1].revents = fds[2].revents = 0;
	switch (host.steps[host.polled++]) {
	case DATA:
		first_answer = 0;
		nr_answers = 0;
		*next_datagram() = events[nr_taken++];
		fds[0].revents = POLLIN;
		break;
	case STOP:
		raise(SIGTERM);
		fds[1].revents = POLLIN;
		break;
	case CHILD:
		raise(SIGCHLD);
		fds[1].revents = POLLIN;
		break;
	case BROKEN_PIPE:
		fds[2].revents = POLLERR;
		break;
	case INTERRUPTED:
		errno = EINTR;
		return -1;
	case FAILS:
		errno = ENOMEM;
		return -1;
	default:
		ksft_exit_fail_msg("it waits for what does not come\n");
	}
	return 1;
}

int access(const char *path, int mode)
{
	(void)mode;
	return !strcmp(path, "/sys/module/sevadm") && !host.absent ? 0 :
	       !strcmp(path, "/run/systemd/journal/socket") && host.journal ? 0 : -1;
}

/* ---- what comes ------------------------------------------------------------------------------ */

static void begin(void)
{
	memset(&host, 0, sizeof(host));
	family_error = controller_error = 0;
	nr_events = nr_taken = 0;
	output_json = false;
}

/* @number: of the sequence, which no request had */
static struct datagram *next_event(unsigned int type, unsigned int command)
{
	const struct nlmsghdr from = { .nlmsg_type = type, .nlmsg_seq = 123 };
	struct datagram *to = &events[nr_events++];

	*to = (struct datagram) {};
	answer_genl(to, &from, 0, command);
	return to;
}

/* An event as the module sends it, in so many bytes of it. */
static void add_event(const struct sevadm_event *event, size_t size)
{
	struct datagram *to = next_event(FAMILY, SEVADM_CMD_EVENT);
	char record[sizeof(*event) + 16];

	memset(record, 0xff, sizeof(record));
	memcpy(record, event, sizeof(*event));
	put_attribute(to, SEVADM_A_EVENT_RECORD, record, size);
	end_message(to);
}

static void add_family(unsigned int command, const char *name)
{
	struct datagram *to = next_event(GENL_ID_CTRL, command);

	if (name)
		put_attribute(to, CTRL_ATTR_FAMILY_NAME, name, strlen(name) + 1);
	end_message(to);
}

static void add_error(int error)
{
	events[nr_events++] = (struct datagram) { .error = error };
}

static const struct sevadm_event refusal = {
	.size = sizeof(refusal), .type = SEVADM_EVENT_LIMIT, .known = SEVADM_KNOWN_VM, .vm = 3,
	.time_ns = 12345678901ULL, .pid = 4711, .comm = "qemu", .resource = SEVADM_RESOURCE_PIN,
	.knob = SEVADM_KNOB_MAX, .usage = 4096, .limit = 8192, .amount = 8192, .ret = -ENOMEM,
};
static const struct sevadm_event conversion = {
	.size = sizeof(conversion), .type = SEVADM_EVENT_ASID, .known = SEVADM_KNOWN_VM, .vm = 5,
};

/* ---- the command ----------------------------------------------------------------------------- */

/* Runs it with these words; what is blocked then is let through again, and nothing is left. */
static int monitor(const char *words)
{
	const struct timespec now = {};
	char copy[256], *argv[16] = { (char *)"monitor" }, *word, *rest;
	sigset_t all, before;
	int argc = 1, ret;

	snprintf(copy, sizeof(copy), "%s", words);
	for (word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	argv[argc] = NULL;
	sigprocmask(SIG_BLOCK, NULL, &before);
	capture_begin();
	ret = do_monitor(argc, argv);
	capture_end();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	while (sigtimedwait(&all, NULL, &now) > 0)
		;
	sigprocmask(SIG_SETMASK, &before, NULL);
	return ret;
}

#define STEPS(...)	memcpy(host.steps, ((enum step[]) { __VA_ARGS__ }), \
			       sizeof((enum step[]) { __VA_ARGS__ }))

static unsigned int lines_of(const char *text)
{
	unsigned int nr = 0;

	for (; *text; text++)
		nr += *text == '\n';
	return nr;
}

static void events_are_printed(void)
{
	begin();
	add_event(&refusal, sizeof(refusal));
	add_event(&conversion, sizeof(conversion));
	STEPS(DATA, INTERRUPTED, DATA, STOP);
	EXPECT_NUMBER(monitor(""), EXIT_OK);
	EXPECT_NUMBER(host.groups, 1U << GROUP_NOTIFY | 1U << GROUP_EVENTS);
	EXPECT_NUMBER(host.room, 8 << 20);
	EXPECT_NUMBER(host.polled, 4);
	EXPECT_NUMBER(lines_of(captured), 3);
	EXPECT(strstr(captured, "TIME"));
	EXPECT(strstr(captured, "\n     12.345678  limit  "));
	EXPECT(strstr(captured, "4711 qemu"));
	EXPECT(strstr(captured, "  asid  "));
	EXPECT_TEXT(captured_errors, "");

	begin();
	add_event(&refusal, sizeof(refusal));
	STEPS(DATA, STOP);
	output_json = true;
	EXPECT_NUMBER(monitor(""), EXIT_OK);
	EXPECT(!strncmp(captured, "{\"seq\":0,\"time_ns\":12345678901,\"event\":\"limit\"", 45));
	EXPECT(strstr(captured, "\"subject\":\"host\""));
	EXPECT_NUMBER(lines_of(captured), 1);
}

static void events_are_chosen(void)
{
	begin();
	add_event(&refusal, sizeof(refusal));
	add_event(&conversion, sizeof(conversion));
	STEPS(DATA, DATA, STOP);
	EXPECT_NUMBER(monitor("--event asid"), EXIT_OK);
	EXPECT_NUMBER(lines_of(captured), 2);
	EXPECT(!strstr(captured, "limit"));
	EXPECT_NUMBER(monitor("--event nothing"), EXIT_USAGE);
	EXPECT_NUMBER(monitor("words"), EXIT_USAGE);
	EXPECT_TEXT(captured_errors, "sevadm: monitor takes options only: see sevadm monitor --help\n");
}

/* A newer module's record is longer, an older one's shorter. */
static void records_of_other_lengths(void)
{
	begin();
	add_event(&refusal, sizeof(refusal) + 16);
	add_event(&refusal, offsetof(struct sevadm_event, time_ns) + 8);
	/* One without a record. */
	end_message(next_event(FAMILY, SEVADM_CMD_EVENT));
	STEPS(DATA, DATA, DATA, STOP);
	output_json = true;
	EXPECT_NUMBER(monitor(""), EXIT_OK);
	EXPECT_NUMBER(lines_of(captured), 2);
	EXPECT(strstr(captured, "\"pid\":4711"));
	EXPECT(strstr(captured, "\"pid\":0"));
}

static void events_are_lost(void)
{
	begin();
	add_error(ENOBUFS);
	add_event(&conversion, sizeof(conversion));
	STEPS(DATA, DATA, STOP);
	EXPECT_NUMBER(monitor(""), EXIT_OK);
	EXPECT(strstr(captured, "\nEvents were lost: they came faster than they were read. sevadm trace show --event limit has them.\n"));
	EXPECT_NUMBER(lines_of(captured), 3);

	begin();
	add_error(ENOBUFS);
	STEPS(DATA, STOP);
	output_json = true;
	EXPECT_NUMBER(monitor(""), EXIT_OK);
	EXPECT_TEXT(captured, "{\"event\":\"lost\",\"count\":null}\n");
}

static void receiving_fails(void)
{
	begin();
	add_error(EAGAIN);
	add_error(EBADF);
	STEPS(DATA, DATA);
	EXPECT_NUMBER(monitor(""), EXIT_REFUSED);
	EXPECT(!strncmp(captured_errors, "sevadm: cannot receive events: ", 31));
	EXPECT_NUMBER(host.polled, 2);
	EXPECT_NUMBER(lines_of(captured_errors), 1);
}

/* The controller says so of every family. */
static void module_goes(void)
{
	begin();
	add_family(CTRL_CMD_NEWFAMILY, SEVADM_GENL_NAME);
	add_family(CTRL_CMD_DELFAMILY, "another");
	add_family(CTRL_CMD_DELFAMILY, NULL);
	add_family(CTRL_CMD_DELFAMILY, SEVADM_GENL_NAME);
	STEPS(DATA, DATA, DATA, DATA);
	EXPECT_NUMBER(monitor(""), EXIT_ABSENT);
	EXPECT_NUMBER(host.polled, 4);
	EXPECT_TEXT(captured_errors, "sevadm: the sevadm module was unloaded: there are no more events; run \"sevadm module load\", then this again\n");
}

static void what_ends_it(void)
{
	begin();
	STEPS(CHILD, BROKEN_PIPE);
	EXPECT_NUMBER(monitor(""), EXIT_OK);
	EXPECT_NUMBER(host.polled, 2);

	begin();
	STEPS(FAILS);
	EXPECT_NUMBER(monitor(""), EXIT_REFUSED);
	EXPECT_TEXT(captured_errors, "sevadm: cannot wait for events: Cannot allocate memory\n");
}

static void it_cannot_listen(void)
{
	static const struct {
		int controller, family, membership;
		unsigned int group;
		int exit;
		const char *said;
	} rows[] = {
		{ ENOENT, 0, 0, 0, EXIT_REFUSED, "cannot listen to generic netlink: Object not found" },
		{ 0, 0, EPERM, GROUP_NOTIFY, EXIT_REFUSED, "cannot listen to generic netlink: Operation not permitted" },
		{ 0, ENOENT, 0, 0, EXIT_ABSENT, "its netlink family is not visible here" },
		{ 0, 0, EPERM, GROUP_EVENTS, EXIT_REFUSED, "not permitted: this shows the VMs of all users" },
		{ 0, 0, EINVAL, GROUP_EVENTS, EXIT_REFUSED, "cannot listen to events: Invalid input" },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		begin();
		controller_error = rows[i].controller;
		family_error = rows[i].family;
		host.membership_error = rows[i].membership;
		host.group = rows[i].group;
		EXPECT_NUMBER(monitor(""), rows[i].exit);
		EXPECT(strstr(captured_errors, rows[i].said));
		EXPECT_NUMBER(lines_of(captured_errors), 1);
		EXPECT_TEXT(captured, "");
		EXPECT_NUMBER(host.polled, 0);
	}
	begin();
	host.signalfd_error = EMFILE;
	EXPECT_NUMBER(monitor(""), EXIT_REFUSED);
	EXPECT_TEXT(captured_errors, "sevadm: cannot wait for signals: Too many open files\n");
	begin();
	host.absent = true;
	EXPECT_NUMBER(monitor(""), EXIT_ABSENT);
	EXPECT_NUMBER(host.groups, 0);
}

/* Reads on to the end: a program that still has the file open would be taken for the next one. */
static void expect_said(const char *path, const char *want)
{
	FILE *file = fopen(path, "r");
	char line[64] = "", more[64];

	EXPECT(fgets(line, sizeof(line), file));
	EXPECT_TEXT(line, want);
	EXPECT(!fgets(more, sizeof(more), file));
	fclose(file);
}

/* What was started has ended before the next look, which its file says. */
static void programs_are_started(void)
{
	char words[128], said[64];

	begin();
	snprintf(said, sizeof(said), "%s/said", folder);
	snprintf(words, sizeof(words), "--exec %s/program", folder);
	unlink(said);
	mkfifo(said, 0600);
	setenv("SAID", said, true);
	folder_put(folder, "program", 0700, "#!/bin/sh\necho $SEVADM_EVENT $SEVADM_VM >$SAID\n");
	add_event(&refusal, sizeof(refusal));
	STEPS(DATA, CHILD, STOP);
	EXPECT_NUMBER(monitor(words), EXIT_OK);
	expect_said(said, "limit 3\n");

	/* For a loss as well. */
	begin();
	add_error(ENOBUFS);
	STEPS(DATA, STOP);
	EXPECT_NUMBER(monitor(words), EXIT_OK);
	expect_said(said, "lost\n");

	begin();
	add_event(&refusal, sizeof(refusal));
	STEPS(DATA);
	EXPECT_NUMBER(monitor("--exec /no/such/program"), EXIT_USAGE);
	EXPECT_TEXT(captured_errors, "sevadm: cannot start /no/such/program: No such file or directory\n");
	EXPECT_NUMBER(host.polled, 1);
}

/* Run as a service: no heading, no lines, but entries with what people read, or JSON. */
static void events_go_to_the_journal(void)
{
	struct stat status;
	char stream[64];

	fstat(STDOUT_FILENO, &status);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)status.st_dev,
		 (unsigned long long)status.st_ino);
	setenv("JOURNAL_STREAM", stream, true);
	take_other = take_entry;

	begin();
	host.journal = true;
	add_event(&refusal, sizeof(refusal));
	STEPS(DATA, STOP);
	EXPECT_NUMBER(monitor(""), EXIT_OK);
	EXPECT_TEXT(captured, "");
	EXPECT(strstr(host.entry, "MESSAGE=") && strstr(host.entry, "; VM 3; process 4711 qemu"));
	EXPECT(strstr(host.entry, "SEVADM_VM=3"));

	begin();
	host.journal = true;
	output_json = true;
	add_event(&refusal, sizeof(refusal));
	STEPS(DATA, STOP);
	EXPECT_NUMBER(monitor(""), EXIT_OK);
	EXPECT_TEXT(captured, "");
	EXPECT(strstr(host.entry, "MESSAGE={\"seq\":0,"));

	begin();
	host.journal = true;
	add_error(ENOBUFS);
	STEPS(DATA, STOP);
	EXPECT_NUMBER(monitor(""), EXIT_OK);
	EXPECT_TEXT(captured, "");
	EXPECT(strstr(host.entry, "MESSAGE=Events were lost: "));

	/* There is no journal: lines. */
	begin();
	add_event(&refusal, sizeof(refusal));
	STEPS(DATA, STOP);
	EXPECT_NUMBER(monitor(""), EXIT_OK);
	EXPECT_NUMBER(lines_of(captured), 2);
	EXPECT_TEXT(host.entry, "");
	unsetenv("JOURNAL_STREAM");
}

int main(void)
{
	static const struct test tests[] = {
		{ "events are printed", events_are_printed },
		{ "events are chosen", events_are_chosen },
		{ "records of other lengths", records_of_other_lengths },
		{ "events are lost", events_are_lost },
		{ "receiving fails", receiving_fails },
		{ "the module goes", module_goes },
		{ "what ends it", what_ends_it },
		{ "it cannot listen", it_cannot_listen },
		{ "programs are started", programs_are_started },
		{ "events go to the journal", events_go_to_the_journal },
	};

	unsetenv("JOURNAL_STREAM");
	folder_make(folder);
	/* No VM of this machine has a name. */
	setenv("SEVADM_SYSROOT", folder, true);
	run_each(tests, ARRAY_SIZE(tests));
	folder_remove(folder);
	ksft_finished();
}
