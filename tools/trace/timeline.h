/* SPDX-License-Identifier: GPL-2.0-only */
/* Timelines: where the time of each VM's launch went, worked out from events. */
#ifndef SEVADM_TIMELINE_H
#define SEVADM_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/sevadm.h>

/** enum slice_kind - what time was spent with; the words: slice_kind_name() */
enum slice_kind {
	SLICE_PINNING,	/* guest memory was pinned */
	SLICE_FIRMWARE,	/* inside one of the firmware's commands */
	SLICE_WAITING,	/* queueing for the firmware's one mailbox */
	SLICE_KVM,	/* in KVM's calls, but in none of the above */
	SLICE_OUTSIDE,	/* between KVM's calls: QEMU and all else */
};

/**
 * struct slice - the time of one kind, for the firmware of one command
 * @command: SLICE_FIRMWARE: its number
 * @failures: of @count
 * @bytes: pinned, or what the commands were about
 */
struct slice {
	enum slice_kind kind;
	uint32_t command;
	uint64_t count, failures, ns, max_ns, bytes;
};

/* The firmware has fewer commands than this. */
#define SLICES_MAX	96

/** struct phase - slices in the order in which they first occurred */
struct phase {
	struct slice slices[SLICES_MAX];
	size_t nr;
};

/**
 * struct vm_timeline - one VM, or the host's own commands
 * @has_vm: @vm is its id; else these are commands of no VM
 * @start_ns: when its first call began
 * @launch_end_ns: when its launch was done; the rest of its life comes after that
 * @end_ns: its last event
 * @launch: sums up to @launch_ns, but for the host
 * @after: what came later, without SLICE_OUTSIDE
 * @kvm_ns: time of KVM's calls during the launch
 * @made_private: pages of a SEV-SNP guest that became private, in all that was recorded of its life
 * @made_shared: pages that were given back
 * @nested: running total of what happened within calls, by the time it ended
 */
struct vm_timeline {
	bool has_vm, finished;
	uint64_t vm;
	uint32_t pid;
	char comm[SEVADM_COMM_LEN + 1];
	uint64_t start_ns, launch_end_ns, end_ns, kvm_ns, events, failures;
	uint64_t made_private, made_shared;
	struct phase launch, after;
	struct nested {
		uint64_t end_ns, total_ns;
	} *nested;
	size_t nr_nested;
};

/* More than any host has ASIDs at a time. */
#define VMS_MAX		4096

/** struct timeline - @left_out: events of VMs beyond VMS_MAX */
struct timeline {
	struct vm_timeline **vms;
	size_t nr, left_out;
	uint64_t start_ns, end_ns;
};

/** timeline_build() - false: out of memory. @events are in the order in which they ended. */
bool timeline_build(const struct sevadm_event *events, size_t nr, struct timeline *timeline);

void timeline_free(struct timeline *timeline);

const char *slice_kind_name(enum slice_kind kind);

/** slice_name() - a slice in words: the firmware command's name, or its kind's */
const char *slice_name(const struct slice *slice);

/** event_start() - when what @event reports began, waiting included */
uint64_t event_start(const struct sevadm_event *event);

/** timeline_has() - return true if @event belongs to @vm, and takes time */
bool timeline_has(const struct vm_timeline *vm, const struct sevadm_event *event);

#endif
