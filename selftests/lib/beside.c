// SPDX-License-Identifier: GPL-2.0-only
/* Probes and tracers, by tracefs. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../kselftest.h"
#include "beside_kinds.h"

#define TRACEFS	"/sys/kernel/tracing/"
#define GROUP	"sevadm_beside"

const struct beside_function *beside_list;
size_t beside_nr;

bool beside_functions(const struct beside_function *functions, size_t nr)
{
	if (nr > BESIDE_FUNCTIONS_MAX)
		return false;
	beside_list = functions;
	beside_nr = nr;
	return true;
}

static bool put(const char *file, int flags, const char *text)
{
	char path[128];
	ssize_t done;
	int fd;

	snprintf(path, sizeof(path), TRACEFS "%s", file);
	fd = open(path, O_WRONLY | O_CLOEXEC | flags);
	done = fd < 0 ? -1 : write(fd, text, strlen(text));
	if (fd >= 0)
		close(fd);
	if (done == (ssize_t)strlen(text))
		return true;
	ksft_print_msg("%s: '%s': %s\n", file, text, strerror(errno));
	return false;
}

/* ---- probes --------------------------------------------------------------------------------- */

static void stop_probes(void)
{
	put("events/" GROUP "/enable", 0, "0");
	put("kprobe_events", O_TRUNC, "");
}

/* @kind: "p" for entries, "r" for exits */
static bool start_probes(const char *kind)
{
	bool good = true;
	char text[256];
	size_t i;

	for (i = 0; i < beside_nr && good; i++) {
		bool kernel = !strcmp(beside_list[i].module, "vmlinux");

		snprintf(text, sizeof(text), "%s:" GROUP "/%s %s%s%s\n", kind, beside_list[i].name,
			 kernel ? "" : beside_list[i].module, kernel ? "" : ":",
			 beside_list[i].name);
		good = put("kprobe_events", O_APPEND, text);
	}
	return good && put("events/" GROUP "/enable", 0, "1");
}

static bool start_entries(void)
{
	return start_probes("p");
}

static bool start_exits(void)
{
	return start_probes("r");
}

/* kprobe_profile: a line of name, hits and misses for each probe. */
static bool calls_of_probes(unsigned long long *calls)
{
	unsigned long long hits, misses;
	FILE *f = fopen(TRACEFS "kprobe_profile", "re");
	char name[128];
	size_t i;

	if (!f)
		return false;
	memset(calls, 0, beside_nr * sizeof(*calls));
	while (fscanf(f, "%127s %llu %llu%*[^\n]", name, &hits, &misses) == 3)
		for (i = 0; i < beside_nr; i++)
			if (!strcmp(name, beside_list[i].name))
				calls[i] = hits + misses;
	fclose(f);
	return true;
}

/* ---- tracers -------------------------------------------------------------------------------- */

static void stop_tracer(void)
{
	put("current_tracer", 0, "nop");
	put("set_ftrace_filter", O_TRUNC, "");
}

static bool start_tracer(const char *tracer)
{
	char text[128];
	size_t i;

	if (!put("set_ftrace_filter", O_TRUNC, ""))
		return false;
	for (i = 0; i < beside_nr; i++) {
		snprintf(text, sizeof(text), "%s\n", beside_list[i].name);
		if (!put("set_ftrace_filter", O_APPEND, text))
			return false;
	}
	return put("current_tracer", 0, tracer) && put("trace", O_TRUNC, "");
}

static bool start_function(void)
{
	return start_tracer("function");
}

static bool start_graph(void)
{
	return start_tracer("function_graph");
}

/* Return true if a line has the name, as a word that does not name a caller ("<-NAME"). */
static bool has_call(const char *line, const char *name)
{
	size_t length = strlen(name);
	const char *at = line;

	for (; (at = strstr(at, name)); at += length)
		if (at > line && at[-1] == ' ' && strchr(" [(", at[length]) && at[length])
			return true;
	return false;
}

static bool calls_of_tracer(unsigned long long *calls)
{
	FILE *f = fopen(TRACEFS "trace", "re");
	char line[512];
	size_t i;

	if (!f)
		return false;
	memset(calls, 0, beside_nr * sizeof(*calls));
	while (fgets(line, sizeof(line), f))
		for (i = 0; i < beside_nr; i++)
			calls[i] += *line != '#' && has_call(line, beside_list[i].name);
	fclose(f);
	return true;
}

static const struct beside beside_kprobe = {
	"a kprobe", start_entries, calls_of_probes, stop_probes
};

static const struct beside beside_kretprobe = {
	"a kretprobe", start_exits, calls_of_probes, stop_probes
};

static const struct beside beside_function = {
	"the function tracer", start_function, calls_of_tracer, stop_tracer
};

static const struct beside beside_graph = {
	"the function graph tracer", start_graph, calls_of_tracer, stop_tracer
};

const struct beside *const beside_all[] = {
	&beside_fentry, &beside_fexit, &beside_kprobe, &beside_kretprobe, &beside_function,
	&beside_graph, NULL,
};
