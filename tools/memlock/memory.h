/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What memory a VM takes of its host. An SNP guest has two stores of it: private pages, in
 * guest_memfd, and shared ones, in QEMU's ordinary memory. Both are page cache that cannot be
 * reclaimed, charged to the VM's cgroup, and in none of RLIMIT_MEMLOCK, VmLck, VmPin and, for what
 * is private, VmRSS.
 */
#ifndef SEVADM_MEMLOCK_MEMORY_H
#define SEVADM_MEMLOCK_MEMORY_H

#include <stdint.h>

#include "memlock/shape.h"

/**
 * enum memory_kind - where memory is
 * @MEMORY_PRIVATE: encrypted for the guest: guest_memfd, or pinned
 * @MEMORY_SHARED: QEMU's ordinary memory of a guest whose private memory is elsewhere
 * @MEMORY_OVERHEAD: what KVM, QEMU and page tables take besides
 */
enum memory_kind {
	MEMORY_PRIVATE,
	MEMORY_SHARED,
	MEMORY_OVERHEAD,
	MEMORY_NR,
};

extern const char *const memory_kind_names[];

/**
 * struct memory_need - bytes of one term
 * @worst: at most
 * @booted: once a Linux guest is up
 */
struct memory_need {
	uint64_t worst, booted;
};

/**
 * struct memory_term - something that takes memory: a row of memory_terms[]
 * @source: how much it is, by what
 * @plain_source: the same where the guest is not encrypted; NULL: it is @source
 */
struct memory_term {
	const char *name;
	enum memory_kind kind;
	struct memory_need (*need)(const struct vm_shape *shape);
	const char *source;
	const char *plain_source;
};

extern const struct memory_term memory_terms[];

/**
 * enum memory_copies - whether a page can be in both stores
 * @COPIES_ONE: QEMU discards the copy that a conversion leaves behind
 * @COPIES_HUGEPAGES: it does not discard shared huge pages
 * @COPIES_OTHERS: another process, as of vhost-user, maps the shared store and fills it again
 * @COPIES_OLD: this QEMU is older than those that discard
 */
enum memory_copies {
	COPIES_ONE,
	COPIES_HUGEPAGES,
	COPIES_OTHERS,
	COPIES_OLD,
};

extern const char *const memory_copies_texts[];

/** memory_copies_of() - of an SNP guest */
enum memory_copies memory_copies_of(const struct vm_shape *shape);

/** memory_source() - that of a term, for this guest */
const char *memory_source(const struct memory_term *term, const struct vm_shape *shape);

/** memory_sum() - all terms of a kind */
struct memory_need memory_sum(const struct vm_shape *shape, enum memory_kind kind);

/** memory_total() - all terms */
struct memory_need memory_total(const struct vm_shape *shape);

/** memory_snp_stores() - what an SNP guest has charged besides its memory, at worst; else 0 */
uint64_t memory_snp_stores(const struct vm_shape *shape);

/** memory_hugetlb() - at most so much is of hugetlbfs, which memory.max does not count */
uint64_t memory_hugetlb(const struct vm_shape *shape);

/** memory_max() - memory.max that is safe: what is charged at worst, and a margin; whole MiB */
uint64_t memory_max(const struct vm_shape *shape);

#endif
