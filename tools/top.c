// SPDX-License-Identifier: GPL-2.0-only
/* sevadm top: a live view of pools, limits that are near, and VMs by what they have pinned. */
#include <curses.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "status.h"
#include "vm.h"

#define SECONDS_MAX 3600

struct options {
	unsigned long long seconds;
};

const struct option_row top_options[] = {
	{ "interval", 0, "SECONDS", "time between two looks (2)",
	  OPTION_NUMBER(struct options, seconds, 1, SECONDS_MAX) },
	{}
};

/* Words of a line end where the screen does: lines are never wrapped. */
static void add_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void add_line(const char *format, ...)
{
	char line[512];
	va_list args;
	int y = getcury(stdscr);

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (y >= LINES - 1)
		return;
	addnstr(line, COLS - 1);
	move(y + 1, 0);
}

static void draw_status(struct json_object *status)
{
	struct json_object *pinned = json_object_object_get(status, "pinned"), *near, *limit;
	output_formatter format;
	size_t i;

	add_line("VMs %s, pinned %s of %s, at most %s; events %s", output_text(status, "vms", NULL),
		 output_text(pinned, "current_bytes", format_bytes),
		 json_is_null(pinned, "max_bytes") ? "no limit" :
		 output_text(pinned, "max_bytes", format_bytes),
		 output_text(pinned, "peak_bytes", format_bytes), output_text(status, "events", NULL));
	json_object_object_foreach(json_object_object_get(status, "pools"), name, pool)
		add_line("pool %-7s %s of %s used, %s reclaim, %s reserved, %s free", name,
			 output_text(pool, "used", NULL), output_text(pool, "capacity", NULL),
			 output_text(pool, "reclaim", NULL), output_text(pool, "reserved", NULL),
			 output_text(pool, "free", NULL));
	near = json_object_object_get(status, "limits_near");
	for (i = 0; i < json_object_array_length(near); i++) {
		limit = json_object_array_get_idx(near, i);
		format = strcmp(json_get_text(limit, "resource"), "pin") ? NULL : format_bytes;
		add_line("near: %s %s: %s, high %s, max %s", output_text(limit, "subject", NULL),
			 output_text(limit, "resource", NULL), output_text(limit, "current", format),
			 output_text(limit, "high", format), output_text(limit, "max", format));
	}
}

static int by_pinned(const void *a, const void *b)
{
	uint64_t left = json_get_u64(*(struct json_object *const *)a, "pinned_bytes");
	uint64_t right = json_get_u64(*(struct json_object *const *)b, "pinned_bytes");

	return left < right ? 1 : left > right ? -1 : 0;
}

static void draw_vms(struct json_object *vms)
{
	struct json_object *vm;
	size_t i;

	json_object_array_sort(vms, by_pinned);
	add_line("%s", "");
	attron(A_REVERSE);
	add_line("%-6s %-20.20s %-7s %5s %-8s %7s %10s %10s %s", "VM", "NAME", "TYPE", "ASID",
		 "STATE", "PID", "PINNED", "PEAK", "CGROUP");
	attroff(A_REVERSE);
	for (i = 0; i < json_object_array_length(vms); i++) {
		vm = json_object_array_get_idx(vms, i);
		add_line("%-6s %-20.20s %-7s %5s %-8s %7s %10s %10s %s", output_text(vm, "id", NULL),
			 output_text(vm, json_is_null(vm, "name") ? "comm" : "name", NULL),
			 output_text(vm, "type", NULL), output_text(vm, "asid", NULL),
			 output_text(vm, "state", NULL), output_text(vm, "pid", NULL),
			 output_text(vm, "pinned_bytes", format_bytes),
			 output_text(vm, "pinned_peak_bytes", format_bytes),
			 json_is_null(vm, "cgroup") ? "-" : json_get_text(vm, "cgroup"));
	}
}

static int ask(struct json_object **status, struct json_object **vms)
{
	int ret = status_get(status);

	if (ret)
		return ret;
	ret = vms_get(vms);
	if (ret)
		json_object_put(*status);
	return ret;
}

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static bool draw_until_key(struct json_object *status, struct json_object *vms, int seconds)
{
	int key;

	timeout(seconds * 1000);
	do {
		erase();
		move(0, 0);
		draw_status(status);
		draw_vms(vms);
		mvaddnstr(LINES - 1, 0, "q: quit", COLS - 1);
		refresh();
		key = getch();
	} while (key == KEY_RESIZE && !stopped);
	return key != 'q' && !stopped;
}

static int watch(int seconds)
{
	struct sigaction action = { .sa_handler = on_signal };
	struct json_object *status, *vms;
	SCREEN *screen;
	bool more = true;
	int ret;

	/* The first answer comes before the screen is taken over: most errors are reported there. */
	ret = ask(&status, &vms);
	if (ret)
		return ret;
	setlocale(LC_CTYPE, "");
	screen = newterm(NULL, stdout, stdin);
	if (!screen) {
		json_object_put(status);
		json_object_put(vms);
		return fail(EXIT_USAGE, "the terminal \"%s\" is not known: set TERM", getenv("TERM"));
	}
	cbreak();
	noecho();
	curs_set(0);
	keypad(stdscr, true);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	while (more) {
		more = draw_until_key(status, vms, seconds);
		json_object_put(status);
		json_object_put(vms);
		if (!more)
			break;
		ret = ask(&status, &vms);
		more = !ret;
	}
	endwin();
	delscreen(screen);
	/* What went wrong was shown on the screen that is gone: asked again, it stays. */
	return ret ? ask(&status, &vms) : EXIT_OK;
}

int do_top(int argc, char **argv)
{
	struct options options = { .seconds = 2 };
	int ret;

	argc--;
	ret = options_parse(top_options, &options, &argc, argv + 1);
	if (ret)
		return ret;
	if (argc || output_json)
		return fail(EXIT_USAGE, "top takes --interval only, and prints no JSON: see sevadm top --help");
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return fail(EXIT_USAGE,
			    "top needs a terminal: sevadm status and sevadm vm list say the same once");
	if (!getenv("TERM"))
		return fail(EXIT_USAGE, "top needs the kind of terminal: TERM is not set");
	return watch(options.seconds);
}
