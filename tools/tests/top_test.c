// SPDX-License-Identifier: GPL-2.0-only
/* sevadm top: its rows; and its screen on a terminal of its own, with looks that are made up. */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

#include "cli/output.h"
#include "quoted_json.h"
#include "top.h"
#include "test.h"

#define SECOND 1000000000ULL

/* ---- rows ------------------------------------------------------------------------------------ */

static const char vms_before[] = "[{'id':1,'name':'web','comm':'qemu','pinned_bytes':100},"
				 "{'id':2,'name':null,'comm':'qemu','pinned_bytes':300}]";
static const char vms_now[] = "[{'id':1,'name':'web','comm':'qemu','pinned_bytes':500,'cgroup':'/a'},"
			      "{'id':2,'name':null,'comm':'qemu','pinned_bytes':100,'cgroup':'/b'},"
			      "{'id':7,'name':'Db','comm':'qemu','pinned_bytes':50,'cgroup':'/b'}]";

/* The ids of the rows, in their order. */
static const char *ids(enum top_order order, const char *filter, bool first)
{
	static struct stats_row old[] = {
		{ .has_vm = true, .vm = 1, .count = 10, .took.sum = 5 * SECOND },
		{ .has_vm = true, .vm = 2, .count = 50, .waited.sum = SECOND },
	};
	static struct stats_row new[] = {
		{ .has_vm = true, .vm = 1, .count = 14, .took.sum = 6 * SECOND },
		{ .has_vm = true, .vm = 2, .count = 80, .waited.sum = 2 * SECOND },
		{ .has_vm = true, .vm = 7, .count = 2, .took.sum = SECOND / 2 },
	};
	struct top_sample before = {
		.vms = quoted_json(vms_before), .stats = { .rows = old, .nr = 2 },
		.time_ns = 10 * SECOND,
	};
	struct top_sample now = {
		.vms = quoted_json(vms_now), .stats = { .rows = new, .nr = 3 },
		.time_ns = 12 * SECOND,
	};
	struct top_sample none = {};
	struct json_object *rows = top_rows(first ? &none : &before, &now, order, filter), *row;
	static char text[128];
	size_t i, length;

	text[0] = '\0';
	for (i = 0; i < json_object_array_length(rows); i++) {
		row = json_object_array_get_idx(rows, i);
		length = strlen(text);
		snprintf(text + length, sizeof(text) - length, "%s%s:%s:%.0f:%.0f:%.0f", i ? " " : "",
			 json_get_text(row, "id"), json_get_text(row, "growth_bytes") ?: "-",
			 json_object_get_double(json_object_object_get(row, "commands")),
			 json_object_get_double(json_object_object_get(row, "firmware_share")),
			 json_object_get_double(json_object_object_get(row, "wait_share")));
	}
	json_object_put(rows);
	json_object_put(before.vms);
	json_object_put(now.vms);
	return text;
}

static void rates_between_two_looks(void)
{
	EXPECT_TEXT(ids(TOP_BY_ID, "", false), "1:200:2:50:0 2:-100:15:0:50 7:25:1:25:0");
	EXPECT_TEXT(ids(TOP_BY_ID, "", true), "1:-:0:0:0 2:-:0:0:0 7:-:0:0:0");
}

/* What is not known yet has its keys, too: they are the screen's. */
static void first_look(void)
{
	struct top_sample none = {}, now = {
		.vms = quoted_json("[{'id':1,'pinned_bytes':100}]"), .time_ns = SECOND,
	};
	struct json_object *rows = top_rows(&none, &now, TOP_BY_ID, "");

	EXPECT_TEXT(json_object_to_json_string_ext(json_object_array_get_idx(rows, 0),
						   JSON_C_TO_STRING_PLAIN),
		    "{\"id\":1,\"pinned_bytes\":100,\"held_bytes\":100,\"growth_bytes\":null,\"commands\":null,"
		    "\"firmware_share\":null,\"wait_share\":null}");
	json_object_put(rows);
	json_object_put(now.vms);
}

/* A SEV-SNP guest pins nothing. */
static void private_memory_counts(void)
{
	struct top_sample before = { .vms = quoted_json("[{'id':1,'pinned_bytes':0,'private_bytes':100}]"), .time_ns = SECOND };
	struct top_sample now = {
		.vms = quoted_json("[{'id':1,'pinned_bytes':0,'private_bytes':900},{'id':2,'pinned_bytes':500,'private_bytes':null}]"),
		.time_ns = 2 * SECOND,
	};
	struct json_object *rows = top_rows(&before, &now, TOP_BY_MEMORY, ""), *first;

	first = json_object_array_get_idx(rows, 0);
	EXPECT_TEXT(json_get_text(first, "id"), "1");
	EXPECT_TEXT(json_get_text(first, "held_bytes"), "900");
	EXPECT_TEXT(json_get_text(first, "growth_bytes"), "800");
	EXPECT_TEXT(json_get_text(json_object_array_get_idx(rows, 1), "held_bytes"), "500");
	json_object_put(rows);
	json_object_put(before.vms);
	json_object_put(now.vms);
}

static void each_order(void)
{
	static const char *const order[TOP_ORDERS] = {
		[TOP_BY_MEMORY] = "127", [TOP_BY_GROWTH] = "172", [TOP_BY_COMMANDS] = "217",
		[TOP_BY_FIRMWARE] = "172", [TOP_BY_WAIT] = "217", [TOP_BY_ID] = "127",
		[TOP_BY_NAME] = "721",
	};
	char have[8];
	const char *text;
	size_t i, nr;

	for (i = 0; i < TOP_ORDERS; i++) {
		text = ids(i, "", false);
		for (nr = 0; text; text = strchr(text, ' '), nr++) {
			text += *text == ' ';
			have[nr] = *text;
		}
		have[nr] = '\0';
		EXPECT_TEXT(have, order[i]);
		EXPECT(top_orders[i]);
	}
}

static void those_that_are_wanted(void)
{
	EXPECT(!strncmp(ids(TOP_BY_ID, "WEB", false), "1:", 2));
	EXPECT(!strchr(ids(TOP_BY_ID, "WEB", false), ' '));
	EXPECT(!strncmp(ids(TOP_BY_ID, "/b", false), "2:", 2));
	EXPECT(!strncmp(ids(TOP_BY_ID, "7", false), "7:", 2));
	EXPECT_TEXT(ids(TOP_BY_ID, "nothing like it", false), "");
}

/* ---- the screen ------------------------------------------------------------------------------ */

static int looks;

static int look(struct top_sample *sample)
{
	*sample = (struct top_sample) {
		.status = quoted_json("{'pools':{'sev':{'capacity':8,'used':4,'reclaim':2,'reserved':0,'free':2,'peak':7}},"
				"'pinned':{'current_bytes':4096,'peak_bytes':8192,'max_bytes':8192},'vms':3,'events':9,"
				"'limits_near':[{'subject':'host','resource':'pin','current':8,'high':4,'max':8}]}"),
		.vms = quoted_json(vms_now), .time_ns = ++looks * SECOND,
	};
	return 0;
}

static struct json_object *trace(uint64_t vm, size_t nr)
{
	(void)nr;
	return vm == 7 ? quoted_json("[{'time_ns':5,'event':'psp','command':'LAUNCH_START','ret':0,'fw_error':0,'psp_ns':7},"
			       "{'time_ns':6,'event':'kvm','command':'LAUNCH_START','ret':-16,'fw_error':0,"
			       "'fw_error_name':'SUCCESS'},"
			       "{'time_ns':7,'event':'psp','command':'ACTIVATE','ret':-5,'fw_error':23,"
			       "'fw_error_name':'RESOURCE_LIMIT'},{'time_ns':8,'event':'asid'}]") :
			 json_object_new_array();
}

struct terminal {
	int file, slave;
	pid_t pid;
	struct termios before;
	char said[1 << 18];
	size_t length;
};

static void start(struct terminal *terminal, unsigned short lines, unsigned short columns)
{
	static const struct top_source source = { look, trace };
	struct winsize size = { lines, columns, 0, 0 };

	terminal->length = 0;
	terminal->said[0] = '\0';
	if (openpty(&terminal->file, &terminal->slave, NULL, NULL, &size) ||
	    tcgetattr(terminal->slave, &terminal->before))
		abort();
	fflush(stdout);
	terminal->pid = fork();
	if (!terminal->pid) {
		close(terminal->file);
		login_tty(terminal->slave);
		stdin = fdopen(0, "r");
		stdout = fdopen(1, "w");
		setenv("TERM", "xterm", true);
		leave(top_watch(&source, 100));
	}
	fcntl(terminal->file, F_SETFL, O_NONBLOCK);
}

/* Reads until @text was said, after what was said before; false: the program ended without. */
static bool says(struct terminal *terminal, const char *text)
{
	size_t from = terminal->length;
	struct pollfd polled = { .fd = terminal->file, .events = POLLIN };
	ssize_t got;

	while (!strstr(terminal->said + from, text)) {
		/* A loaded machine is slow, never this slow. */
		if (poll(&polled, 1, 60000) <= 0)
			return false;
		got = read(terminal->file, terminal->said + terminal->length,
			   sizeof(terminal->said) - 1 - terminal->length);
		if (got <= 0)
			return false;
		terminal->length += got;
		terminal->said[terminal->length] = '\0';
	}
	return true;
}

static void press(struct terminal *terminal, const char *keys)
{
	if (write(terminal->file, keys, strlen(keys)) < 0)
		abort();
}

/* What the program left behind: its exit code, and a terminal that is as it was. */
static bool leaves_all_as_it_was(struct terminal *terminal, int code)
{
	bool left = says(terminal, "\x1b[?1049l");	/* back from the alternate screen */
	struct termios after = {};
	int status;

	waitpid(terminal->pid, &status, 0);
	tcgetattr(terminal->slave, &after);
	close(terminal->slave);
	close(terminal->file);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != code)
		ksft_print_msg("status %#x\n", status);
	return left && WIFEXITED(status) && WEXITSTATUS(status) == code &&
	       after.c_lflag == terminal->before.c_lflag &&
	       after.c_iflag == terminal->before.c_iflag &&
	       after.c_oflag == terminal->before.c_oflag &&
	       !memcmp(after.c_cc, terminal->before.c_cc, sizeof(after.c_cc));
}

static struct terminal terminal;

static void the_screen(void)
{
	start(&terminal, 24, 80);
	EXPECT(says(&terminal, "GROWTH/S"));
	EXPECT(strstr(terminal.said, "4 of 8 used, 2 reclaim, 0 reserved, 2 free"));
	EXPECT(strstr(terminal.said, "pin 8 B, high 4 B, max 8 B: host"));
	EXPECT(strstr(terminal.said, "near    ["));
	press(&terminal, "sss");
	EXPECT(says(&terminal, "firmware"));
	press(&terminal, "/db\n");
	EXPECT(says(&terminal, "Db"));
	press(&terminal, "\n");
	EXPECT(says(&terminal, "RESOURCE_LIMIT"));
	EXPECT(strstr(terminal.said, "LAUNCH_START"));
	EXPECT(strstr(terminal.said, "EBUSY"));
	EXPECT(!strstr(terminal.said, "SUCCESS"));
	press(&terminal, "\x1b");
	EXPECT(says(&terminal, "GROWTH/S"));
	press(&terminal, "q");
	EXPECT(leaves_all_as_it_was(&terminal, 0));
}

static void signals_leave_the_terminal_as_it_was(void)
{
	static const int signals[] = { SIGTERM, SIGHUP, SIGINT };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		start(&terminal, 24, 80);
		EXPECT(says(&terminal, "q: quit"));
		kill(terminal.pid, signals[i]);
		EXPECT(leaves_all_as_it_was(&terminal, 0));
	}
}

/* Nobody sends SIGHUP to a process group in the background, or to one that ignores it. */
static void a_terminal_that_is_gone_ends_it(void)
{
	int status = -1;

	start(&terminal, 24, 80);
	EXPECT(says(&terminal, "q: quit"));
	close(terminal.slave);
	close(terminal.file);
	waitpid(terminal.pid, &status, 0);
	EXPECT(WIFEXITED(status) && !WEXITSTATUS(status));
}

static void sizes_that_are_odd(void)
{
	static const struct {
		unsigned short lines, columns;
	} sizes[] = { { 1, 1 }, { 2, 200 }, { 60, 3 }, { 200, 400 } };
	struct winsize size = { 5, 20, 0, 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		start(&terminal, sizes[i].lines, sizes[i].columns);
		EXPECT(says(&terminal, "\x1b["));
		ioctl(terminal.slave, TIOCSWINSZ, &size);
		press(&terminal, "jjk\n");
		press(&terminal, "q");
		EXPECT(leaves_all_as_it_was(&terminal, 0));
	}
}

int main(void)
{
	static const struct test tests[] = {
		{ "rates between two looks", rates_between_two_looks },
		{ "the first look", first_look },
		{ "private memory counts", private_memory_counts },
		{ "each order", each_order },
		{ "those that are wanted", those_that_are_wanted },
		{ "the screen", the_screen },
		{ "signals leave the terminal as it was", signals_leave_the_terminal_as_it_was },
		{ "a terminal that is gone ends it", a_terminal_that_is_gone_ends_it },
		{ "sizes that are odd", sizes_that_are_odd },
	};

	run_tests(tests, ARRAY_SIZE(tests));
}
