// SPDX-License-Identifier: GPL-2.0-only
/* sevadm monitor: events as the module multicasts them. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "host/facts.h"
#include "kernel/client.h"
#include "monitor_exec.h"
#include "monitor_journal.h"
#include "trace/event.h"
#include "trace/event_name.h"
#include "trace/filter.h"

/* Room for some ten thousand events that nobody has read yet. */
#define BUFFER_SIZE (8 << 20)

/**
 * struct monitor - one run
 * @filter: which events are wanted
 * @exec: what is started for each
 * @names: of the VMs that they are about
 * @journal: where they go instead of stdout, if that is the journal
 * @error: exit code of what failed while events were taken
 * @gone: the module was unloaded
 */
struct monitor {
	struct filter filter;
	struct exec exec;
	struct event_names *names;
	struct journal journal;
	struct nl_sock *sock;
	int error;
	bool gone;
};

const struct option_row monitor_options[] = {
	FILTER_ROWS(struct monitor),
	{ "exec", 0, "PROGRAM", "start PROGRAM for each event, which is in its environment",
	  OPTION_TEXT(struct monitor, exec.program) },
	{}
};

static const char *line_of(struct json_object *row)
{
	return json_object_to_json_string_ext(row, JSON_C_TO_STRING_PLAIN |
					      JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* Takes over @row. */
static void execute(struct monitor *monitor, struct json_object *row)
{
	struct timespec now;
	int ret;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ret = exec_event(&monitor->exec, row, now.tv_sec * 1000000000ULL + now.tv_nsec);
	if (ret)
		monitor->error = ret;
	json_object_put(row);
}

static bool goes_to_journal(struct monitor *monitor, struct json_object *row,
			    const struct sevadm_event *event, const char *name)
{
	char *sentence = monitor->journal.send ? event_sentence(event, name) : NULL;
	bool sent = sentence && journal_send(&monitor->journal, row,
					     output_json ? line_of(row) : sentence);

	free(sentence);
	return sent;
}

static void take(struct monitor *monitor, const struct sevadm_event *event)
{
	struct json_object *row;
	const char *name;

	if (!filter_wants(&monitor->filter, event))
		return;
	name = event_name(monitor->names, host_root(), event);
	row = event_to_json(event);
	event_name_add(row, name);
	if (!goes_to_journal(monitor, row, event, name)) {
		if (output_json)
			puts(line_of(row));
		else
			event_print(event, name);
	}
	execute(monitor, row);
}

/* The kernel does not say how many they were; the ring of the trace has them all. */
static void take_lost(struct monitor *monitor)
{
	static const char sentence[] =
		"Events were lost: they came faster than they were read. sevadm trace show --event limit has them.";
	struct json_object *row = json_object_new_object();
	const char *line;

	json_object_object_add(row, "event", json_object_new_string("lost"));
	json_object_object_add(row, "count", NULL);
	line = output_json ? line_of(row) : sentence;
	if (!journal_send(&monitor->journal, row, line))
		puts(line);
	execute(monitor, row);
}

/* The controller of generic netlink says when a family is gone. */
static void take_control(struct monitor *monitor, struct nlmsghdr *header)
{
	struct genlmsghdr *generic = nlmsg_data(header);
	struct nlattr *name;

	if (generic->cmd != CTRL_CMD_DELFAMILY)
		return;
	name = nlmsg_find_attr(header, GENL_HDRLEN, CTRL_ATTR_FAMILY_NAME);
	if (name && !strcmp(nla_get_string(name), SEVADM_GENL_NAME))
		monitor->gone = true;
}

static int on_valid(struct nl_msg *msg, void *context)
{
	struct nlmsghdr *header = nlmsg_hdr(msg);
	struct monitor *monitor = context;
	struct sevadm_event event = {};
	struct nlattr *record;
	size_t length;

	if (header->nlmsg_type == GENL_ID_CTRL) {
		take_control(monitor, header);
		return NL_OK;
	}
	record = nlmsg_find_attr(header, GENL_HDRLEN, SEVADM_A_EVENT_RECORD);
	if (!record)
		return NL_OK;
	/* A newer module's record is longer, an older one's shorter. */
	length = nla_len(record);
	memcpy(&event, nla_data(record), length < sizeof(event) ? length : sizeof(event));
	take(monitor, &event);
	return NL_OK;
}

static int subscribe(struct nl_sock *sock)
{
	int group, ret;

	group = genl_ctrl_resolve_grp(sock, "nlctrl", "notify");
	ret = group < 0 ? group : nl_socket_add_membership(sock, group);
	if (ret)
		return fail(EXIT_REFUSED, "cannot listen to generic netlink: %s", nl_geterror(ret));
	group = genl_ctrl_resolve_grp(sock, SEVADM_GENL_NAME, SEVADM_GENL_MCGRP_EVENTS);
	if (group == -NLE_OBJ_NOTFOUND)
		return fail(EXIT_ABSENT,
			    "the sevadm module is loaded, but its netlink family is not visible here: it exists only in the initial network namespace");
	ret = group < 0 ? group : nl_socket_add_membership(sock, group);
	if (ret == -NLE_PERM)
		return fail(EXIT_REFUSED,
			    "not permitted: this shows the VMs of all users and needs CAP_SYS_ADMIN in the initial user namespace: run it as root");
	if (ret)
		return fail(EXIT_REFUSED, "cannot listen to events: %s", nl_geterror(ret));
	return EXIT_OK;
}

static int receive(struct monitor *monitor)
{
	int ret = nl_recvmsgs_default(monitor->sock);

	/* libnl's word for ENOBUFS. */
	if (ret == -NLE_NOMEM)
		take_lost(monitor);
	else if (ret < 0 && ret != -NLE_AGAIN && ret != -NLE_INTR)
		return fail(EXIT_REFUSED, "cannot receive events: %s", nl_geterror(ret));
	if (monitor->gone)
		return fail(EXIT_ABSENT,
			    "the sevadm module was unloaded: there are no more events; run \"sevadm module load\", then this again");
	return monitor->error;
}

/* SIGCHLD only says that a program that was started has ended. */
static bool is_stopped(struct monitor *monitor, int signals)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGCHLD)
			return true;
		exec_reap(&monitor->exec);
	}
	return false;
}

static int listen_until_stopped(struct monitor *monitor, int signals)
{
	struct pollfd polls[] = {
		{ .fd = nl_socket_get_fd(monitor->sock), .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
		{ .fd = STDOUT_FILENO },	/* POLLERR: nobody is left to read the pipe */
	};
	int ret = EXIT_OK;

	if (!output_json && !monitor->journal.send)
		event_print_heading();
	while (!ret && output_flush()) {
		if (poll(polls, ARRAY_SIZE(polls), -1) < 0 && errno != EINTR)
			return fail(EXIT_REFUSED, "cannot wait for events: %s", strerror(errno));
		if (polls[2].revents || (polls[1].revents && is_stopped(monitor, signals)))
			break;
		if (polls[0].revents)
			ret = receive(monitor);
	}
	return ret;
}

/* Ctrl-C is how this ends: no error. */
static int open_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int connect_and_listen(struct monitor *monitor)
{
	int size = BUFFER_SIZE, signals, ret;

	ret = genl_connect(monitor->sock);
	if (ret)
		return fail(EXIT_REFUSED, "cannot open generic netlink: %s", nl_geterror(ret));
	setsockopt(nl_socket_get_fd(monitor->sock), SOL_SOCKET, SO_RCVBUFFORCE, &size,
		   sizeof(size));
	ret = subscribe(monitor->sock);
	if (ret)
		return ret;
	nl_socket_disable_seq_check(monitor->sock);
	nl_socket_modify_cb(monitor->sock, NL_CB_VALID, NL_CB_CUSTOM, on_valid, monitor);
	nl_socket_set_nonblocking(monitor->sock);
	signals = open_signals();
	if (signals < 0)
		return fail(EXIT_REFUSED, "cannot wait for signals: %s", strerror(errno));
	ret = listen_until_stopped(monitor, signals);
	close(signals);
	return ret;
}

int do_monitor(int argc, char **argv)
{
	struct monitor monitor = {};
	int ret;

	argc--;
	ret = options_parse(monitor_options, &monitor, &argc, argv + 1);
	if (ret)
		return ret;
	if (argc)
		return fail(EXIT_USAGE, "monitor takes options only: see sevadm monitor --help");
	if (!client_module_loaded())
		return fail_absent();
	journal_open(&monitor.journal);
	monitor.sock = nl_socket_alloc();
	if (!monitor.sock)
		return fail(EXIT_REFUSED, "out of memory");
	monitor.names = event_names_new();
	ret = connect_and_listen(&monitor);
	event_names_free(monitor.names);
	nl_socket_free(monitor.sock);
	return ret;
}
