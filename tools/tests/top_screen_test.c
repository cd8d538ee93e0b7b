// SPDX-License-Identifier: GPL-2.0-only
/*
 * A terminal of this test draws the screens of sevadm top, and compares each of them with
 * data/top.screens. UPDATE=1 writes that file again.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmp.h>

#include "cli/output.h"
#include "quoted_json.h"
#include "test.h"
#include "top.h"

#define LINES_MAX	24
#define COLUMNS_MAX	132
#define VMS		30
#define SECOND		1000000000ULL

/* ---- what is looked at ----------------------------------------------------------------------- */

static unsigned int looks;

/* VM N runs N commands a second, of N milliseconds each, and waits half of that before. */
static int look(struct top_sample *sample)
{
	static const char status[] =
		"{'pools':{'sev':{'capacity':410,'used':205,'reclaim':41,'reserved':41,'free':123,'peak':369},"
		"'sev_es':{'capacity':99,'used':0,'reclaim':0,'reserved':0,'free':99,'peak':0}},"
		"'pinned':{'current_bytes':1073741824,'peak_bytes':4294967296,'max_bytes':null},"
		"'vms':30,'events':4711,'limits_near':["
		"{'subject':'user 7','resource':'pin','current':3145728,'high':2097152,'max':4194304},"
		"{'subject':'cgroup /a','resource':'asid.sev','current':5,'high':4,'max':null}]}";
	char text[512];
	unsigned int i;

	*sample = (struct top_sample) {
		.status = quoted_json(status), .vms = json_object_new_array(),
	};
	sample->time_ns = ++looks * SECOND;
	sample->stats.nr = VMS;
	sample->stats.rows = calloc(VMS, sizeof(*sample->stats.rows));
	for (i = 1; i <= VMS; i++) {
		snprintf(text, sizeof(text), "{'id':%u,'name':%s,'comm':'qemu','type':'sev','asid':%u,"
			 "'pinned_bytes':%u,'cgroup':'/machine.slice/%0*u','state':'running','regions':3,"
			 "'handle':9,'policy':5,'uid':0,'pid':%u,'pinned_peak_bytes':8192}", i,
			 i == 3 ? "null" : i == 4 ? "'a-name-that-is-longer-than-its-column-may-be'" : "'web'",
			 /* One has a path that is longer than any line. */
			 i, (VMS - i) << 20, i == 16 ? 150 : 1, i, 4000 + i);
		json_object_array_add(sample->vms, quoted_json(text));
		sample->stats.rows[i - 1] = (struct stats_row) {
			.has_vm = true, .vm = i, .count = looks * i,
			.took.sum = (uint64_t)looks * i * i * 1000000,
			.waited.sum = (uint64_t)looks * i * i * 500000,
		};
	}
	return 0;
}

/* The last of two events. */
static struct json_object *trace(uint64_t vm, size_t nr)
{
	struct json_object *events;
	char text[256];

	snprintf(text, sizeof(text), "[{'time_ns':5000007000,'event':'psp','command':'LAUNCH_START','ret':0,'fw_error':0,'psp_ns':7000},"
		 "{'time_ns':%llu,'event':'kvm','command':'room for %zu','ret':-16,'duration_ns':900}]",
		 (unsigned long long)vm * SECOND, nr);
	events = quoted_json(text);
	while (json_object_array_length(events) > nr)
		json_object_array_del_idx(events, 0, 1);
	return events;
}

/* ---- the terminal: a VT220, as far as curses uses one ---------------------------------------- */

static struct terminal {
	int file;
	pid_t pid;
	unsigned int lines, columns, x, y;
	/* Lines from @top to @bottom move when one of them is inserted, or goes. */
	unsigned int top, bottom;
	char cells[LINES_MAX][COLUMNS_MAX + 1];
	char sequence[32];
	size_t length;
} terminal;

static void blank(unsigned int y, unsigned int from, unsigned int to)
{
	for (; from < to; from++)
		terminal.cells[y][from] = ' ';
}

/* The line at @y goes; those below it move up. */
static void drop_line(unsigned int y)
{
	for (; y < terminal.bottom; y++)
		memcpy(terminal.cells[y], terminal.cells[y + 1], terminal.columns);
	blank(y, 0, terminal.columns);
}

/* An empty line comes at @y; those from there on move down. */
static void insert_line(unsigned int y)
{
	unsigned int to;

	for (to = terminal.bottom; to > y; to--)
		memcpy(terminal.cells[to], terminal.cells[to - 1], terminal.columns);
	blank(y, 0, terminal.columns);
}

static void down(void)
{
	if (terminal.y == terminal.bottom)
		drop_line(terminal.top);
	else
		terminal.y++;
}

static void up(void)
{
	if (terminal.y == terminal.top)
		insert_line(terminal.top);
	else
		terminal.y--;
}

/* "ESC [ N ; M FINAL" */
static void control(char final)
{
	struct terminal *t = &terminal;
	unsigned int n = 0, m = 0, y;
	char *line = t->cells[t->y];

	sscanf(t->sequence + 1, "%u;%u", &n, &m);
	switch (final) {
	case 'H':
		t->y = n ? n - 1 : 0;
		t->x = m ? m - 1 : 0;
		break;
	case 'A':
		t->y -= n ?: 1;
		break;
	case 'B':
		t->y += n ?: 1;
		break;
	case 'C':
		t->x += n ?: 1;
		break;
	case 'D':
		t->x -= n ?: 1;
		break;
	case 'J':
		blank(t->y, n == 2 ? 0 : t->x, t->columns);
		for (y = n == 2 ? 0 : t->y + 1; y < t->lines; y++)
			blank(y, 0, t->columns);
		break;
	case 'K':
		blank(t->y, n ? 0 : t->x, n == 1 ? t->x + 1 : t->columns);
		break;
	case 'X':
		blank(t->y, t->x, t->x + (n ?: 1));
		break;
	case 'P':
		n = n ?: 1;
		memmove(line + t->x, line + t->x + n, t->columns - t->x - n);
		blank(t->y, t->columns - n, t->columns);
		break;
	case 'r':
		t->top = n ? n - 1 : 0;
		t->bottom = m ? m - 1 : t->lines - 1;
		t->x = t->y = 0;
		break;
	case 'L':
		for (n = n ?: 1; n; n--)
			insert_line(t->y);
		break;
	case 'M':
		for (n = n ?: 1; n; n--)
			drop_line(t->y);
		break;
	case '@':
		n = n ?: 1;
		memmove(line + t->x + n, line + t->x, t->columns - t->x - n);
		blank(t->y, t->x, t->x + n);
		break;
	}
}

/* "ESC D", "ESC E", "ESC M": down, to the beginning of the next line, up. */
static void move_line(char final)
{
	if (final == 'E')
		terminal.x = 0;
	if (final == 'M')
		up();
	else
		down();
}

static void take_byte(char byte)
{
	struct terminal *t = &terminal;

	if (t->length) {
		/* The sequence without its escape. */
		t->sequence[t->length - 1] = byte;
		t->sequence[t->length] = '\0';
		t->length++;
		if (t->length == 2 && strchr("[()", byte))
			return;
		if (t->sequence[0] == '[' && (byte < '@' || byte > '~') &&
		    t->length < sizeof(t->sequence) - 1)
			return;
		if (t->sequence[0] == '[' && t->sequence[1] != '?')
			control(byte);
		if (byte == t->sequence[0] && strchr("DEM", byte))
			move_line(byte);
		t->length = 0;
	} else if (byte == 27) {
		t->length = 1;
	} else if (byte == '\r') {
		t->x = 0;
	} else if (byte == '\n') {
		down();
	} else if (byte == '\t') {
		t->x = (t->x | 7) + 1;
	} else if (byte == '\b') {
		t->x--;
	} else if ((unsigned char)byte >= ' ' && t->y < t->lines && t->x < t->columns) {
		t->cells[t->y][t->x++] = byte;
	}
}

static void start(unsigned short lines, unsigned short columns)
{
	static const struct top_source source = { look, trace };
	struct winsize size = { lines, columns, 0, 0 };
	unsigned int y;
	int slave;

	memset(&terminal, 0, sizeof(terminal));
	terminal.lines = lines;
	terminal.columns = columns;
	terminal.bottom = lines - 1;
	for (y = 0; y < lines; y++)
		blank(y, 0, columns);
	if (openpty(&terminal.file, &slave, NULL, NULL, &size))
		abort();
	fflush(stdout);
	terminal.pid = fork();
	if (!terminal.pid) {
		close(terminal.file);
		login_tty(slave);
		stdin = fdopen(0, "r");
		stdout = fdopen(1, "w");
		setenv("TERM", "vt220", true);
		leave(top_watch(&source, 100));
	}
	close(slave);
}

static void press(const char *keys)
{
	if (write(terminal.file, keys, strlen(keys)) < 0)
		abort();
}

static void end(void)
{
	char rest[4096];
	int status = -1;

	press("q");
	while (read(terminal.file, rest, sizeof(rest)) > 0)
		;
	waitpid(terminal.pid, &status, 0);
	close(terminal.file);
	EXPECT_NUMBER(status, 0);
}

/* ---- screens --------------------------------------------------------------------------------- */

static char golden[1 << 16], *updated;
static size_t updated_size;
static FILE *update;

/* The screen as lines without the blanks at their ends. */
static const char *screen(void)
{
	static char text[LINES_MAX * (COLUMNS_MAX + 1) + 1];
	char *to = text;
	unsigned int y, length;

	for (y = 0; y < terminal.lines; y++) {
		length = terminal.columns;
		while (length && terminal.cells[y][length - 1] == ' ')
			length--;
		memcpy(to, terminal.cells[y], length);
		to += length;
		*to++ = '\n';
	}
	*to = '\0';
	return text;
}

/* Waits until the screen is the one of that name; a loaded machine is slow, never this slow. */
static void expect_screen(const char *name)
{
	struct pollfd polled = { .fd = terminal.file, .events = POLLIN };
	char head[64], bytes[4096], want[1 << 13] = "";
	unsigned int tries = update ? 4 : 80, line = 1;
	const char *at, *end;
	ssize_t got, i;

	snprintf(head, sizeof(head), "== %s\n", name);
	at = strstr(golden, head);
	if (at) {
		at += strlen(head);
		end = strstr(at, "\n== ");
		snprintf(want, sizeof(want), "%.*s", (int)(end ? end + 1 - at : (long)strlen(at)), at);
	}
	while (strcmp(screen(), want) && tries) {
		if (poll(&polled, 1, 250) <= 0) {
			tries--;
			continue;
		}
		got = read(terminal.file, bytes, sizeof(bytes));
		if (got <= 0)
			break;
		for (i = 0; i < got; i++)
			take_byte(bytes[i]);
	}
	if (update) {
		fflush(update);
		if (!strstr(updated, head))
			fprintf(update, "%s%s", head, screen());
		return;
	}
	at = screen();
	if (!strcmp(at, want))
		return;
	for (i = 0; at[i] && at[i] == want[i]; i++)
		line += at[i] == '\n';
	while (i && at[i - 1] != '\n')
		i--;
	ksft_print_msg("%s, line %u is: %.*s\n", name, line, (int)strcspn(at + i, "\n"), at + i);
	test_failed = true;
}

static void narrow(void)
{
	start(24, 80);
	expect_screen("80 columns");
	/* The first that there was no room for. */
	press("jjjjjjjjjjjjjjjj");
	expect_screen("16 down");
	press("kkkkkkkkkkkkkkkk");
	expect_screen("80 columns");
	/* Below the last of those that there is room for. */
	press("jjjjjjjjjjjjjjjjjj");
	expect_screen("18 down");
	/* There are 30. */
	press("jjjjjjjjjjjjjjjjjjjj");
	expect_screen("38 down");
	press("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk");
	expect_screen("80 columns");
	press("\x1b[6~");
	press("\n");
	expect_screen("details half a page down");
	press("\x1b");
	press("\x1b[5~\n");
	expect_screen("details of the first");
	press("\x1b[5~");
	press("\x1b");
	expect_screen("80 columns");
	end();
}

static void wide(void)
{
	start(24, 132);
	expect_screen("132 columns");
	press("/a-name\n");
	expect_screen("filtered");
	press("/x");
	expect_screen("a filter is typed");
	press("\b\x7fzz\x1b");
	expect_screen("132 columns");
	press("/nothing like it\n\n");
	expect_screen("no VM");
	end();
}

/* The last of each order comes first the other way round; the one that is selected stays it. */
static void sorted(void)
{
	start(24, 80);
	press("ss");
	expect_screen("by commands");
	press("sssss");
	expect_screen("80 columns");
	end();
}

/* Of a VM's details there is room for one event, and for none. */
static void few_lines(void)
{
	start(12, 80);
	press("\n");
	expect_screen("12 lines");
	end();
	start(11, 80);
	press("\n");
	expect_screen("11 lines");
	end();
	/* The last line is the keys': one VM is there, whichever is selected. */
	start(9, 80);
	press("jj");
	expect_screen("9 lines");
	end();
	start(3, 80);
	expect_screen("3 lines");
	end();
}

/*
 * A VM stays selected in another order: the first, and the last, one key beyond which it was. Rates
 * are known from the second look on.
 */
static void selected_in_any_order(void)
{
	start(24, 80);
	expect_screen("80 columns");
	press("\nss/");
	expect_screen("details of the first, by commands");
	press("\n");
	end();
	start(24, 80);
	expect_screen("80 columns");
	press("jjjjjjjjjjjjjjjjjjjjjjjjjjjjjj");
	expect_screen("38 down");
	press("ss");
	expect_screen("by commands");
	press("\n/");
	expect_screen("details of the last, by commands");
	press("\n");
	end();
	/* Before the first is none. */
	start(24, 80);
	expect_screen("80 columns");
	press("k");
	press("ss\n/");
	expect_screen("details of the first, by commands");
	press("\n");
	end();
}

int main(void)
{
	static const char path[] = TESTS_FOLDER "/data/top.screens";
	static const struct test tests[] = {
		{ "80 columns", narrow },
		{ "132 columns", wide },
		{ "sorted", sorted },
		{ "few lines", few_lines },
		{ "selected in any order", selected_in_any_order },
	};
	FILE *file = fopen(path, "r");

	if (getenv("UPDATE"))
		update = open_memstream(&updated, &updated_size);
	else if (!file || !fread(golden, 1, sizeof(golden) - 1, file))
		ksft_exit_fail_msg("%s: %s\n", path, strerror(errno));
	if (file)
		fclose(file);
	run_each(tests, ARRAY_SIZE(tests));
	if (update) {
		fclose(update);
		file = fopen(path, "w");
		if (!file || fputs(updated, file) < 0 || fclose(file))
			ksft_exit_fail_msg("%s: %s\n", path, strerror(errno));
		free(updated);
	}
	ksft_finished();
}
