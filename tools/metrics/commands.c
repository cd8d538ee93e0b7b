// SPDX-License-Identifier: GPL-2.0-only
/*
 * Metrics of commands: how many, how they failed, and the times of those of the firmware as
 * histograms, in seconds as Prometheus' documentation wants them.
 */
#include <inttypes.h>

#include "metrics/metrics.h"
#include "sev/names.h"

/*
 * The module counts times in powers of 2 ns. Every second one, from 4 us to 69 s, is a bucket here:
 * a command of the firmware takes from some 50 us (GUEST_STATUS) to seconds (SNP_INIT_EX).
 */
#define FIRST_BUCKET	12
#define LAST_BUCKET	36
#define BUCKET_STEP	2

static const char *interface_of(const struct stats_row *row)
{
	return row->type == SEVADM_EVENT_PSP ? "firmware" : "kvm";
}

static const char *command_of(const struct stats_row *row)
{
	return row->type == SEVADM_EVENT_PSP ? psp_command_name(row->command) :
					       kvm_command_name(row->command);
}

static void heading(FILE *file, const char *name, const char *type, const char *help)
{
	fprintf(file, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_counts(FILE *file, const struct stats *stats)
{
	const struct stats_row *row;

	heading(file, "sevadm_commands_total", "counter",
		"Commands of the firmware and of KVM's SEV interface");
	for (row = stats->rows; row < stats->rows + stats->nr; row++)
		fprintf(file, "sevadm_commands_total{interface=\"%s\",command=\"%s\"} %" PRIu64 "\n",
			interface_of(row), command_of(row), row->count);
}

static void write_failure(FILE *file, const struct stats_row *row, const char *status,
			  uint64_t count)
{
	fprintf(file, "sevadm_command_failures_total{interface=\"%s\",command=\"%s\",status=\"%s\"} %"
		PRIu64 "\n", interface_of(row), command_of(row), status, count);
}

static void write_failures(FILE *file, const struct stats *stats)
{
	const struct stats_row *row;
	uint64_t other;
	size_t i;

	heading(file, "sevadm_command_failures_total", "counter",
		"Commands that failed, by status of the firmware or errno");
	for (row = stats->rows; row < stats->rows + stats->nr; row++) {
		other = row->failures;
		for (i = 0; i < row->nr_statuses; i++) {
			write_failure(file, row, stats_status_name(row, i), row->statuses[i].count);
			other -= row->statuses[i].count;
		}
		if (other)
			write_failure(file, row, "other", other);
	}
}

static void write_histogram(FILE *file, const char *name, const char *command,
			    const struct times *times)
{
	uint64_t below = 0;
	unsigned int bucket, le = FIRST_BUCKET;

	/* Bucket N ends before 2^(N+1) ns. */
	for (bucket = 0; bucket < STATS_BUCKETS && le <= LAST_BUCKET; bucket++) {
		if (bucket == le) {
			fprintf(file, "%s_bucket{command=\"%s\",le=\"%.9g\"} %" PRIu64 "\n", name,
				command, (double)(1ULL << le) / 1e9, below);
			le += BUCKET_STEP;
		}
		below += times->buckets[bucket];
	}
	fprintf(file, "%s_bucket{command=\"%s\",le=\"+Inf\"} %" PRIu64 "\n"
		"%s_sum{command=\"%s\"} %.9g\n%s_count{command=\"%s\"} %" PRIu64 "\n",
		name, command, times->count, name, command, (double)times->sum / 1e9,
		name, command, times->count);
}

static void write_histograms(FILE *file, const struct stats *stats, const char *name,
			     const char *help, bool waited)
{
	const struct stats_row *row;
	const struct times *times;

	heading(file, name, "histogram", help);
	for (row = stats->rows; row < stats->rows + stats->nr; row++) {
		times = waited ? &row->waited : &row->took;
		if (row->type == SEVADM_EVENT_PSP && times->count)
			write_histogram(file, name, command_of(row), times);
	}
}

void metrics_write_commands(FILE *file, const struct stats *stats)
{
	write_counts(file, stats);
	write_failures(file, stats);
	write_histograms(file, stats, "sevadm_command_duration_seconds",
			 "Time that commands spent in the firmware", false);
	write_histograms(file, stats, "sevadm_command_wait_seconds",
			 "Time that commands queued for the firmware's mailbox", true);
}
