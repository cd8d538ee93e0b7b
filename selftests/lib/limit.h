/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Limits, as a test sets and reads them, and the ways a process changes whom its VMs are charged to.
 */
#ifndef SEVADM_LIMIT_LIB_H
#define SEVADM_LIMIT_LIB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/sevadm.h>

#include "genl.h"

#define LIMIT_ALL_RESOURCES	SEVADM_RESOURCE_NR

struct limit_subject {
	uint32_t kind;	/* enum sevadm_subject */
	uint64_t id;	/* not of the host */
};

#define LIMIT_HOST		((struct limit_subject) { SEVADM_SUBJECT_HOST, 0 })
#define LIMIT_USER(uid)		((struct limit_subject) { SEVADM_SUBJECT_USER, (uid) })
#define LIMIT_CGROUP(id)	((struct limit_subject) { SEVADM_SUBJECT_CGROUP, (id) })

/* One limit: a knob of a resource of a subject. */
struct limit {
	struct limit_subject subject;
	uint32_t resource;	/* enum sevadm_resource */
	uint32_t knob;		/* enum sevadm_knob */
	uint64_t value;
};

struct limit_state {
	uint64_t min, high, max, usage, peak, high_events, max_events;
	char cgroup[128];
};

/* Each 0, or the errno. */
int limit_set(struct genl *genl, struct limit_subject subject, uint32_t resource, uint32_t knob,
	      uint64_t value);
int limit_delete(struct genl *genl, struct limit_subject subject, uint32_t resource);
int limit_apply(struct genl *genl, const struct limit *limits, unsigned int nr);
/* ENOENT: it is not listed. */
int limit_get(struct genl *genl, struct limit_subject subject, uint32_t resource,
	      struct limit_state *state);
/* Number of limits that are listed, beside the host's; -1: they cannot be read. */
int limit_count(struct genl *genl);

/* The next LIMIT event of the ring, or of the multicast group, for a second at most. */
bool limit_event_of_ring(int device, struct sevadm_event *event);
bool limit_event_of_group(struct genl *genl, struct sevadm_event *event);

/* Where cgroup v2 is mounted; NULL: nowhere. */
const char *cgroup_root(void);
/* Makes a cgroup (@path begins with '/') unless it is there. Its id; 0: failed, told. */
uint64_t cgroup_make(const char *path);
bool cgroup_remove(const char *path);
/* VMs that this process initialises from now on are charged to the cgroup, to the user. */
bool cgroup_enter(const char *path);
bool user_enter(uid_t uid);

#endif /* SEVADM_LIMIT_LIB_H */
