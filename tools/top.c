// SPDX-License-Identifier: GPL-2.0-only
/* sevadm top: where its looks come from. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/errors.h"
#include "cli/output.h"
#include "kernel/device.h"
#include "status.h"
#include "top.h"
#include "trace/event.h"
#include "trace/filter.h"
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

static int look(struct top_sample *sample)
{
	struct timespec now;
	int ret;

	*sample = (struct top_sample) { .stats.by_vm = true };
	ret = status_get(&sample->status);
	if (!ret)
		ret = vms_get(&sample->vms);
	if (!ret)
		ret = stats_take_live(&sample->stats);
	if (ret) {
		top_sample_drop(sample);
		return ret;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	sample->time_ns = now.tv_sec * 1000000000ULL + now.tv_nsec;
	return EXIT_OK;
}

/* The last events of a VM. */
struct tail {
	struct filter filter;
	struct json_object *rows;
	size_t most;
};

static int keep_last(const struct sevadm_event *event, void *context)
{
	struct tail *tail = context;

	if (!filter_wants(&tail->filter, event))
		return EXIT_OK;
	json_object_array_add(tail->rows, event_to_json(event));
	if (json_object_array_length(tail->rows) > tail->most)
		json_object_array_del_idx(tail->rows, 0, 1);
	return EXIT_OK;
}

static struct json_object *trace(uint64_t vm, size_t nr)
{
	struct tail tail = {
		.filter = { .has_vm = true, .vm = vm }, .rows = json_object_new_array(), .most = nr,
	};
	int fd;

	if (device_open(&fd))
		return tail.rows;
	if (!filter_apply(&tail.filter, fd))
		device_read(fd, keep_last, &tail);
	close(fd);
	return tail.rows;
}

int do_top(int argc, char **argv)
{
	static const struct top_source source = { look, trace };
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
	return top_watch(&source, options.seconds * 1000);
}
