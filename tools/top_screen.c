// SPDX-License-Identifier: GPL-2.0-only
/*
 * The screen of sevadm top: pools and limits as bars, VMs in an order, and one VM with its trace.
 */
#include <curses.h>
#include <inttypes.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/bar.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "limit/limit.h"
#include "top.h"

#define FILTER_MAX	40
#define WIDE		100	/* columns from which on there is room for all */
#define ROW		67	/* columns of a VM's row without its name and its cgroup */
#define NAME_MIN	12
#define NAME_MAX	32
#define ESCAPE		27

/**
 * struct screen - what is shown
 * @rows: the VMs as they are on the screen
 * @selected: which of them, and @id the VM that it is
 * @filter: what they have in them; @typing: it is being typed
 * @detail: only the selected VM is shown, with its trace
 */
struct screen {
	const struct top_source *source;
	struct top_sample before, now;
	struct json_object *rows;
	size_t selected, first;
	uint64_t id;
	enum top_order order;
	char filter[FILTER_MAX + 1];
	bool typing, detail;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

/* Words of a line end where the screen does: lines are never wrapped. */
__attribute__((format(printf, 1, 2)))
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
	output_make_printable(line);
	addnstr(line, COLS - 1);
	move(y + 1, 0);
}

/* From here on words are on a bar as wide as the screen. */
static void head_begin(void)
{
	attron(A_REVERSE);
	if (getcury(stdscr) < LINES - 1)
		hline(' ' | A_REVERSE, COLS - 1);
}

static struct json_object *get(struct json_object *row, const char *key)
{
	return json_object_object_get(row, key);
}

/* ---- pools and limits ------------------------------------------------------------------------ */

static bool is_wide(void)
{
	return getmaxx(stdscr) >= WIDE;
}

static size_t bar_width(void)
{
	return is_wide() ? 24 : 14;
}

static void draw_pools(struct json_object *pools)
{
	char bar[BAR_MAX + 1];

	json_object_object_foreach(pools, name, pool) {
		const struct bar_part parts[] = {
			{ '#', json_get_u64(pool, "used") }, { '~', json_get_u64(pool, "reclaim") },
			{ '+', json_get_u64(pool, "reserved") },
		};

		bar_draw(bar, bar_width(), json_get_u64(pool, "capacity"), parts, ARRAY_SIZE(parts));
		bar_mark(bar, bar_width(), json_get_u64(pool, "capacity"), json_get_u64(pool, "peak"), '|');
		add_line("%-8s[%s] %s of %s used, %s reclaim, %s reserved, %s free", name, bar,
			 output_text(pool, "used", NULL), output_text(pool, "capacity", NULL),
			 output_text(pool, "reclaim", NULL), output_text(pool, "reserved", NULL),
			 output_text(pool, "free", NULL));
	}
}

/*
 * The bar is as long as the maximum, or as what is used; '!' marks the soft limit. The subject
 * comes last, as a cgroup's path is of any length.
 */
static void draw_limit(struct json_object *limit)
{
	static const char *const knobs[] = { "high", "max" };
	output_formatter format = limit_in_bytes(json_get_text(limit, "resource")) ? format_bytes : NULL;
	struct bar_part used = { '#', json_get_u64(limit, "current") };
	uint64_t whole = json_get_u64(limit, json_is_null(limit, "max") ? "current" : "max");
	char bar[BAR_MAX + 1], text[128];
	size_t length, i;

	bar_draw(bar, bar_width(), whole, &used, 1);
	snprintf(text, sizeof(text), "%s", output_text(limit, "current", format));
	for (i = 0; i < ARRAY_SIZE(knobs); i++) {
		if (json_is_null(limit, knobs[i]))
			continue;
		length = strlen(text);
		snprintf(text + length, sizeof(text) - length, ", %s %s", knobs[i],
			 output_text(limit, knobs[i], format));
	}
	if (!json_is_null(limit, "high"))
		bar_mark(bar, bar_width(), whole, json_get_u64(limit, "high"), '!');
	add_line("near    [%s] %s %s: %s", bar, output_text(limit, "resource", NULL), text,
		 output_text(limit, "subject", NULL));
}

static void draw_status(struct json_object *status)
{
	struct json_object *pinned = get(status, "pinned"), *near = get(status, "limits_near");
	struct bar_part used = { '#', json_get_u64(pinned, "current_bytes") };
	bool limited = !json_is_null(pinned, "max_bytes");
	uint64_t whole = json_get_u64(pinned, limited ? "max_bytes" : "peak_bytes");
	char bar[BAR_MAX + 1];
	size_t i;

	bar_draw(bar, bar_width(), whole, &used, 1);
	add_line("pinned  [%s] %s of %s, peak %s; %s VM%s%s%s", bar,
		 output_text(pinned, "current_bytes", format_bytes),
		 limited ? output_text(pinned, "max_bytes", format_bytes) : "no limit",
		 output_text(pinned, "peak_bytes", format_bytes), output_text(status, "vms", NULL),
		 plural(json_get_u64(status, "vms")),
		 is_wide() ? ", events: " : "",
		 is_wide() ? output_text(status, "events", NULL) : "");
	draw_pools(get(status, "pools"));
	for (i = 0; i < json_object_array_length(near) && i < 3; i++)
		draw_limit(json_object_array_get_idx(near, i));
}

/* ---- VMs ------------------------------------------------------------------------------------- */

static const char *number_text(struct json_object *row, const char *key, char text[16])
{
	if (json_is_null(row, key))
		snprintf(text, 16, "-");
	else
		snprintf(text, 16, "%.1f", json_object_get_double(get(row, key)));
	return text;
}

/* A sign and bytes a second. */
static const char *growth_text(struct json_object *row, char text[32])
{
	int64_t growth = json_object_get_int64(get(row, "growth_bytes"));
	struct json_object *bytes = json_u64(growth < 0 ? -growth : growth);
	char size[24];

	format_bytes(bytes, size, sizeof(size));
	json_object_put(bytes);
	snprintf(text, 32, "%s%s", !growth ? "" : growth < 0 ? "-" : "+",
		 json_is_null(row, "growth_bytes") ? "-" : growth ? size : "0");
	return text;
}

/* What is left of the window; a cgroup has room from WIDE on. */
static int name_width(void)
{
	int room = COLS - ROW - (is_wide() ? 20 : 0);

	return room < NAME_MIN ? NAME_MIN : room > NAME_MAX ? NAME_MAX : room;
}

static void draw_vm(struct json_object *vm)
{
	int width = name_width();
	char growth[32], commands[16], firmware[16], wait[16];

	add_line("%-6s %-*.*s %-7s %5s %10s %11s %7s %6s %6s %s", output_text(vm, "id", NULL),
		 width, width, output_text(vm, json_is_null(vm, "name") ? "comm" : "name", NULL),
		 output_text(vm, "type", NULL), output_text(vm, "asid", NULL),
		 output_text(vm, "held_bytes", format_bytes), growth_text(vm, growth),
		 number_text(vm, "commands", commands), number_text(vm, "firmware_share", firmware),
		 number_text(vm, "wait_share", wait),
		 json_is_null(vm, "cgroup") ? "" : json_get_text(vm, "cgroup"));
}

/* The selected VM stays selected wherever it goes; if it ended, whichever is in its place. */
static void select_row(struct screen *screen)
{
	size_t nr = json_object_array_length(screen->rows), i;

	for (i = 0; i < nr; i++)
		if (json_get_u64(json_object_array_get_idx(screen->rows, i), "id") == screen->id)
			screen->selected = i;
	if (screen->selected >= nr)
		screen->selected = nr ? nr - 1 : 0;
}

static void draw_vms(struct screen *screen)
{
	size_t nr = json_object_array_length(screen->rows), room, i;

	add_line("%s", "");
	head_begin();
	add_line("%-6s %-*s %-7s %5s %10s %11s %7s %6s %6s %s", "VM", name_width(), "NAME", "TYPE", "ASID",
		 "MEMORY", "GROWTH/S", "CMD/S", "FW %", "WAIT %", "CGROUP");
	attroff(A_REVERSE);
	room = LINES - 1 > getcury(stdscr) ? LINES - 1 - getcury(stdscr) : 1;
	if (screen->selected < screen->first)
		screen->first = screen->selected;
	if (screen->selected >= screen->first + room)
		screen->first = screen->selected - room + 1;
	for (i = screen->first; i < nr && i < screen->first + room; i++) {
		if (i == screen->selected)
			attron(A_BOLD | A_UNDERLINE);
		draw_vm(json_object_array_get_idx(screen->rows, i));
		attroff(A_BOLD | A_UNDERLINE);
	}
}

/* Return how it ended: the firmware may have been well where KVM was not. */
static const char *result_of(struct json_object *event)
{
	int ret = json_object_get_int(json_object_object_get(event, "ret"));
	const char *name = strerrorname_np(-ret);

	if (json_object_get_boolean(json_object_object_get(event, "length_query")))
		return "length query";
	if (json_get_u64(event, "fw_error"))
		return output_text(event, "fw_error_name", NULL);
	if (ret < 0)
		return name ?: output_text(event, "ret", NULL);
	return json_is_null(event, "ret") ? "-" : "ok";
}

static void draw_event(struct json_object *event)
{
	const char *took = json_is_null(event, "psp_ns") ? "duration_ns" : "psp_ns";
	uint64_t time_ns = json_get_u64(event, "time_ns");

	add_line("%9" PRIu64 ".%06" PRIu64 " %-6s %-22.22s %-16.16s %s", time_ns / 1000000000,
		 time_ns % 1000000000 / 1000, output_text(event, "event", NULL),
		 output_text(event, "command", NULL), result_of(event),
		 output_text(event, took, format_ns));
}

static void draw_detail(struct screen *screen)
{
	static const struct column fields[] = {
		{ "name", "name" }, { "type", "type" }, { "state", "state" }, { "asid", "ASID" },
		{ "handle", "handle" }, { "policy", "policy", format_hex }, { "pid", "process" },
		{ "comm", "command" }, { "uid", "user" }, { "cgroup", "cgroup" },
		{ "pinned_bytes", "pinned", format_bytes }, { "pinned_peak_bytes", "at most", format_bytes },
		{ "private_bytes", "private", format_bytes },
		{ "regions", "regions" },
	};
	struct json_object *vm = json_object_array_get_idx(screen->rows, screen->selected), *events;
	size_t i;

	if (!vm) {
		add_line("There is no VM.");
		return;
	}
	add_line("VM %s", output_text(vm, "id", NULL));
	for (i = 0; i < ARRAY_SIZE(fields); i += 2)
		add_line("%-9s %-28.28s %-9s %s", fields[i].heading,
			 output_text(vm, fields[i].key, fields[i].format),
			 i + 1 < ARRAY_SIZE(fields) ? fields[i + 1].heading : "",
			 i + 1 < ARRAY_SIZE(fields) ?
			 output_text(vm, fields[i + 1].key, fields[i + 1].format) : "");
	add_line("%s", "");
	head_begin();
	add_line("%16s %-6s %-22s %-16s %s", "TIME", "EVENT", "COMMAND", "RESULT", "TOOK");
	attroff(A_REVERSE);
	i = LINES - 1 > getcury(stdscr) ? LINES - 1 - getcury(stdscr) : 0;
	events = screen->source->trace(json_get_u64(vm, "id"), i);
	for (i = 0; events && i < json_object_array_length(events); i++)
		draw_event(json_object_array_get_idx(events, i));
	json_object_put(events);
}

static void draw(struct screen *screen)
{
	json_object_put(screen->rows);
	screen->rows = top_rows(&screen->before, &screen->now, screen->order, screen->filter);
	select_row(screen);
	erase();
	move(0, 0);
	if (screen->detail) {
		draw_detail(screen);
	} else {
		draw_status(screen->now.status);
		draw_vms(screen);
	}
	move(LINES - 1, 0);
	if (screen->typing)
		printw("filter: %s_", screen->filter);
	else if (screen->detail)
		addnstr("Esc: all VMs   q: quit", COLS - 1);
	else
		printw("q: quit  s: sort (%s)  /: filter%s%s  Enter: details", top_orders[screen->order],
		       *screen->filter ? ": " : "", screen->filter);
	refresh();
}

/* ---- keys ------------------------------------------------------------------------------------ */

static void type_filter(struct screen *screen, int key)
{
	size_t length = strlen(screen->filter);

	if (key == '\n' || key == KEY_ENTER) {
		screen->typing = false;
	} else if (key == ESCAPE) {
		screen->typing = false;
		screen->filter[0] = '\0';
	} else if ((key == KEY_BACKSPACE || key == 127 || key == '\b') && length) {
		screen->filter[length - 1] = '\0';
	} else if (key >= ' ' && key < 127 && length < FILTER_MAX) {
		screen->filter[length] = key;
		screen->filter[length + 1] = '\0';
	}
}

static void move_selection(struct screen *screen, long by)
{
	long nr = json_object_array_length(screen->rows), to = (long)screen->selected + by;

	to = to < 0 ? 0 : to >= nr ? nr - 1 : to;
	if (nr) {
		screen->selected = to;
		screen->id = json_get_u64(json_object_array_get_idx(screen->rows, to), "id");
	}
}

/* Returns false: that is all. */
static bool take_key(struct screen *screen, int key)
{
	if (screen->typing) {
		type_filter(screen, key);
		return true;
	}
	switch (key) {
	case 'q':
		return false;
	case 's':
		screen->order = (screen->order + 1) % TOP_ORDERS;
		break;
	case '/':
		screen->typing = true;
		screen->filter[0] = '\0';
		break;
	case '\n':
	case KEY_ENTER:
		screen->detail = true;
		move_selection(screen, 0);
		break;
	case ESCAPE:
		screen->detail = false;
		break;
	case 'k':
	case KEY_UP:
		move_selection(screen, -1);
		break;
	case 'j':
	case KEY_DOWN:
		move_selection(screen, 1);
		break;
	case KEY_PPAGE:
		move_selection(screen, -LINES / 2);
		break;
	case KEY_NPAGE:
		move_selection(screen, LINES / 2);
		break;
	}
	return true;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/*
 * Signals come in between the check and the wait only where ppoll() is woken by them. A terminal
 * that is gone ends it, also where nobody was sent SIGHUP.
 */
static void wait_for_key(int64_t milliseconds, const sigset_t *open)
{
	struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000L };
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };

	if (ppoll(&input, 1, &time, open) > 0 && input.revents & (POLLHUP | POLLERR | POLLNVAL))
		stopped = 1;
}

/* Until the next look is due, or false: that is all. */
static bool draw_until_due(struct screen *screen, int milliseconds, const sigset_t *open)
{
	int64_t due = now_ms() + milliseconds, left;
	int key;

	draw(screen);
	while (!stopped && (left = due - now_ms()) > 0) {
		wait_for_key(left, open);
		key = stopped ? ERR : getch();
		if (key == ERR)
			continue;
		for (; key != ERR; key = getch())
			if (!take_key(screen, key))
				return false;
		draw(screen);
	}
	return !stopped;
}

static int run(struct screen *screen, int milliseconds, const sigset_t *open)
{
	int ret = EXIT_OK;

	while (!ret && draw_until_due(screen, milliseconds, open)) {
		top_sample_drop(&screen->before);
		screen->before = screen->now;
		screen->now = (struct top_sample) {};
		ret = screen->source->look(&screen->now);
	}
	return ret;
}

static void block_signals(sigset_t *open)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t blocked;
	size_t i;

	sigemptyset(&blocked);
	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		sigaction(signals[i], &action, NULL);
		sigaddset(&blocked, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &blocked, open);
}

int top_watch(const struct top_source *source, int milliseconds)
{
	struct screen screen = { .source = source };
	sigset_t open;
	SCREEN *terminal;
	int ret;

	/*
	 * The first answer comes before the screen is taken over: most errors are reported there.
	 */
	ret = source->look(&screen.now);
	if (ret)
		return ret;
	setlocale(LC_CTYPE, "");
	terminal = newterm(NULL, stdout, stdin);
	if (!terminal) {
		top_sample_drop(&screen.now);
		return fail(EXIT_USAGE, "the terminal \"%s\" is not known: set TERM", getenv("TERM"));
	}
	block_signals(&open);
	cbreak();
	noecho();
	curs_set(0);
	set_escdelay(50);
	keypad(stdscr, true);
	nodelay(stdscr, true);
	ret = run(&screen, milliseconds, &open);
	endwin();
	delscreen(terminal);
	sigprocmask(SIG_SETMASK, &open, NULL);
	json_object_put(screen.rows);
	top_sample_drop(&screen.before);
	top_sample_drop(&screen.now);
	if (!ret)
		return EXIT_OK;
	/* What went wrong was shown on the screen that is gone: asked again, it stays. */
	ret = source->look(&screen.now);
	top_sample_drop(&screen.now);
	return ret;
}
