/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites and the sources under test use of the kernel, for one thread in user space. It is
 * stricter where that costs nothing: a lock taken twice, or a reference given back twice, aborts.
 */
#ifndef SEVADM_USER_SHIM_H
#define SEVADM_USER_SHIM_H

#include <assert.h>
#include <cpuid.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/types.h>

/* ---- types and arithmetic ------------------------------------------------------------------- */

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;
typedef unsigned int gfp_t;

#define __user
#define __rcu
#define __force
#undef __packed
#define __packed		__attribute__((packed))
#define U32_MAX			UINT32_MAX
#define U64_MAX			((u64)~0ULL)
#define IS_ENABLED(option)	0
#define BIT(n)			(1UL << (n))
#define BIT_ULL(n)		(1ULL << (n))
#define ____cacheline_aligned
#define GENMASK(high, low)	((~0UL << (low)) & (~0UL >> (63 - (high))))
#define SZ_4K			0x1000
#define SZ_2M			0x200000
#define PAGE_SHIFT		12
#define PAGE_SIZE		(1UL << PAGE_SHIFT)
#define PAGE_MASK		(~(PAGE_SIZE - 1))
#define PMD_SIZE		0x200000UL
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define READ_ONCE(x)		(*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, value)	(*(volatile typeof(x) *)&(x) = (value))
#define smp_load_acquire(pointer)	READ_ONCE(*(pointer))
#define smp_store_release(pointer, value) WRITE_ONCE(*(pointer), value)
#define array_size(n, size)	((size_t)(n) * (size))
#define container_of(pointer, type, member)	\
	((type *)((char *)(pointer) - offsetof(type, member)))

#define min(a, b)		({ typeof(a) _a = (a); typeof(b) _b = (b); _a < _b ? _a : _b; })
#define max(a, b)		({ typeof(a) _c = (a); typeof(b) _d = (b); _c > _d ? _c : _d; })
#define max3(a, b, c)		({ typeof(a) _e = max(a, b); max(_e, c); })
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define clamp(x, low, high)	({ typeof(x) _x = max(x, low); min(_x, high); })
#define round_down(x, to)	((x) & ~((typeof(x))(to) - 1))
#define swap(a, b)		do { typeof(a) _s = (a); (a) = (b); (b) = _s; } while (0)
#define get_random_u32()	0x5eedU
#define hash_32(value, bits)	((u32)((value) * 0x61C88647U) >> (32 - (bits)))
#define ilog2(n)		(63 - __builtin_clzll(n))

/* The bound of the last index that is kept within it where the processor speculates; 0: none. */
extern size_t shim_bound;

#define array_index_nospec(index, size)	({						\
	size_t _index = (index);							\
											\
	shim_bound = (size);								\
	assert(_index < shim_bound);							\
	_index;										\
})

static inline unsigned long roundup_pow_of_two(unsigned long n)
{
	return n > 1 ? 1UL << (ilog2(n - 1) + 1) : 1;
}

static inline int kstrtouint(const char *text, unsigned int base, unsigned int *value)
{
	char *end;
	unsigned long long number;

	errno = 0;
	number = strtoull(text, &end, base);
	if (end == text || (*end && strcmp(end, "\n")))
		return -EINVAL;
	if (errno || number > UINT_MAX)
		return -ERANGE;
	*value = number;
	return 0;
}

static inline ssize_t strscpy(char *to, const char *from, size_t size)
{
	return snprintf(to, size, "%s", from) < (int)size ? (ssize_t)strlen(to) : -E2BIG;
}

/* The first byte that is not that one; NULL: all are. */
static inline const void *memchr_inv(const void *memory, int byte, size_t size)
{
	const u8 *at = memory;

	for (; size; size--, at++)
		if (*at != (u8)byte)
			return at;
	return NULL;
}

/* ---- errors --------------------------------------------------------------------------------- */

#define WARN_ON_ONCE(condition)	assert(!(condition))

static inline void *ERR_PTR(long error)
{
	return (void *)error;
}

static inline bool IS_ERR_OR_NULL(const void *pointer)
{
	return !pointer || (uintptr_t)pointer >= (uintptr_t)-4095;
}

static inline bool IS_ERR(const void *pointer)
{
	return (uintptr_t)pointer >= (uintptr_t)-4095;
}

static inline long PTR_ERR(const void *pointer)
{
	return (long)pointer;
}

static inline int PTR_ERR_OR_ZERO(const void *pointer)
{
	return IS_ERR(pointer) ? PTR_ERR(pointer) : 0;
}

/* ---- faults: one allocation, or one copy from or to user space, fails ------------------------ */

/* How many of them there are until one fails, that one included; 0: none fails, or it has. */
extern unsigned int shim_fault;

static inline bool shim_fails(void)
{
	return shim_fault && !--shim_fault;
}

/* ---- memory: the sanitiser looks for what is never freed ------------------------------------ */

#define GFP_KERNEL		0
#define GFP_KERNEL_ACCOUNT	0
#define __GFP_NOFAIL		1
#define kmalloc(size, flags)	shim_alloc(1, size, flags)
#define kzalloc(size, flags)	shim_alloc(1, size, flags)
#define vcalloc(n, size)	shim_alloc(n, size, GFP_KERNEL)
#define kvcalloc(n, size, flags) shim_alloc(n, size, flags)
#define kfree(pointer)		free((void *)(pointer))
#define vfree(pointer)		free((void *)(pointer))
#define kvfree(pointer)		free((void *)(pointer))

static inline void *shim_alloc(size_t n, size_t size, gfp_t flags)
{
	return !(flags & __GFP_NOFAIL) && shim_fails() ? NULL : calloc(n, size);
}

/* ---- locks ---------------------------------------------------------------------------------- */

struct shim_lock {
	bool held;
};

typedef struct shim_lock spinlock_t;

struct mutex {
	bool held;
};

#define DEFINE_SPINLOCK(name)		spinlock_t name
#define DEFINE_MUTEX(name)		struct mutex name
#define lockdep_assert_held(lock)	assert((lock)->held)
#define shim_take(lock)			do { assert(!(lock)->held); (lock)->held = true; } while (0)
#define shim_give(lock)			do { assert((lock)->held); (lock)->held = false; } while (0)
#define spin_lock(lock)			shim_take(lock)
#define spin_unlock(lock)		shim_give(lock)
#define mutex_lock(lock)		shim_take(lock)
#define mutex_unlock(lock)		shim_give(lock)
#define rcu_read_lock()			do { } while (0)
#define rcu_read_unlock()		do { } while (0)
#define cond_resched()			do { } while (0)
#define usleep_range(low, high)		do { } while (0)

struct rcu_head {
	void *unused;
};

struct kref {
	int references;
};

static inline void kref_init(struct kref *ref)
{
	ref->references = 1;
}

static inline unsigned int kref_read(const struct kref *ref)
{
	return ref->references;
}

static inline void kref_get(struct kref *ref)
{
	assert(ref->references > 0);
	ref->references++;
}

static inline void kref_put(struct kref *ref, void (*release)(struct kref *ref))
{
	assert(ref->references > 0);
	if (!--ref->references)
		release(ref);
}

/* ---- lists and hashes ----------------------------------------------------------------------- */

struct list_head {
	struct list_head *next, *prev;
};

#define LIST_HEAD(name)		struct list_head name = { &(name), &(name) }

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list->prev = list;
}

static inline bool list_empty(const struct list_head *list)
{
	return list->next == list;
}

static inline void shim_list_insert(struct list_head *entry, struct list_head *before)
{
	entry->next = before;
	entry->prev = before->prev;
	before->prev->next = entry;
	before->prev = entry;
}

static inline void list_add(struct list_head *entry, struct list_head *list)
{
	shim_list_insert(entry, list->next);
}

static inline void list_add_tail(struct list_head *entry, struct list_head *list)
{
	shim_list_insert(entry, list);
}

static inline void list_del(struct list_head *entry)
{
	assert(entry->next);
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
	entry->next = entry->prev = NULL;
}

static inline void list_del_init(struct list_head *entry)
{
	list_del(entry);
	INIT_LIST_HEAD(entry);
}

static inline void list_move(struct list_head *entry, struct list_head *list)
{
	list_del(entry);
	list_add(entry, list);
}

#define list_first_entry(list, type, member)	container_of((list)->next, type, member)
#define list_first_entry_or_null(head, type, member) \
	(list_empty(head) ? NULL : list_first_entry(head, type, member))
#define shim_entry(pointer, entry, member)	container_of(pointer, typeof(*(entry)), member)
#define list_for_each_entry(entry, list, member)						\
	for (entry = shim_entry((list)->next, entry, member); &entry->member != (list);		\
	     entry = shim_entry(entry->member.next, entry, member))
#define list_entry(pointer, type, member)	container_of(pointer, type, member)
#define list_for_each_entry_continue(entry, list, member)					\
	for (entry = shim_entry(entry->member.next, entry, member); &entry->member != (list);	\
	     entry = shim_entry(entry->member.next, entry, member))
#define list_for_each_entry_safe(entry, after, list, member)					\
	for (entry = shim_entry((list)->next, entry, member);					\
	     after = shim_entry(entry->member.next, entry, member), &entry->member != (list);	\
	     entry = after)

struct hlist_node {
	struct hlist_node *next, **link;
};

struct hlist_head {
	struct hlist_node *first;
};

#define DEFINE_HASHTABLE(name, bits)	struct hlist_head name[1 << (bits)]
#define hash_init(table)		memset(table, 0, sizeof(table))
#define HASH_BITS(table)		__builtin_ctzl(ARRAY_SIZE(table))
#define hash_min(key, bits) \
	((u64)(key) * 0x9e3779b97f4a7c15 >> 32 & ((1 << (bits)) - 1))
#define shim_bucket(table, key)		(&(table)[hash_min(key, HASH_BITS(table))])
#define hash_add(table, node, key)	shim_hash_add(shim_bucket(table, key), node)
#define hash_add_rcu(table, node, key)	hash_add(table, node, key)
#define hlist_entry(pointer, type, member)	container_of(pointer, type, member)
#define data_race(expression)		(expression)
/* How often it has been disabled: a case has to leave it as it was. */
extern int shim_preempt;
#define preempt_disable()		((void)shim_preempt++)
#define preempt_enable()		((void)shim_preempt--)
#define local_bh_disable()		preempt_disable()
#define local_bh_enable()		preempt_enable()

static inline u32 hash_ptr(const void *pointer, unsigned int bits)
{
	return (u32)(uintptr_t)pointer;
}

static inline void shim_hash_add(struct hlist_head *bucket, struct hlist_node *node)
{
	node->next = bucket->first;
	node->link = &bucket->first;
	if (node->next)
		node->next->link = &node->next;
	bucket->first = node;
}

static inline void hash_del(struct hlist_node *node)
{
	assert(node->link);
	*node->link = node->next;
	if (node->next)
		node->next->link = node->link;
	node->link = NULL;
}

#define hash_del_rcu(node)		hash_del(node)

#define hash_for_each_possible(table, entry, member, key)					\
	for (struct hlist_node *_node = shim_bucket(table, key)->first;				\
	     _node && (entry = shim_entry(_node, entry, member), true); _node = _node->next)

#define hash_for_each(table, bucket, entry, member)						\
	for (bucket = 0; bucket < (int)ARRAY_SIZE(table); bucket++)				\
		for (struct hlist_node *_node = (table)[bucket].first;				\
		     _node && (entry = shim_entry(_node, entry, member), true); _node = _node->next)

#define hash_for_each_safe(table, bucket, after, entry, member)					\
	for (bucket = 0; bucket < (int)ARRAY_SIZE(table); bucket++)				\
		hlist_for_each_entry_safe(entry, after, &(table)[bucket], member)

#define HLIST_HEAD(name)		struct hlist_head name = { NULL }
#define hlist_add_head(node, head)	shim_hash_add(head, node)
#define hlist_for_each_entry_safe(entry, after, head, member)					\
	for (struct hlist_node *_node = (head)->first;						\
	     _node && (entry = shim_entry(_node, entry, member), after = _node->next, true);	\
	     _node = after)

static inline bool hlist_unhashed_lockless(const struct hlist_node *node)
{
	return !node->link;
}

/* ---- counters ------------------------------------------------------------------------------- */

typedef struct { int counter; } atomic_t;
typedef struct { s64 counter; } atomic64_t;

#define atomic_inc(counter_)		((counter_)->counter++)
#define atomic_dec(counter_)		((counter_)->counter--)
#define atomic_read(counter_)		((counter_)->counter)
#define atomic_set(counter_, to)	((counter_)->counter = (to))
#define atomic64_inc(counter_)		((counter_)->counter++)
#define atomic64_read(counter_)		((counter_)->counter)
#define atomic64_set(counter_, to)	((counter_)->counter = (to))
#define atomic64_add(by, counter_)	((void)((counter_)->counter += (by)))
#define atomic64_sub(by, counter_)	((void)((counter_)->counter -= (by)))
#define atomic64_add_return(by, counter_) ((counter_)->counter += (s64)(by))
#define atomic64_sub_return(by, counter_) ((counter_)->counter -= (s64)(by))
#define atomic64_fetch_add(by, counter_) (((counter_)->counter += (s64)(by)) - (s64)(by))

static inline bool atomic64_try_cmpxchg(atomic64_t *counter, s64 *old, s64 new)
{
	if (counter->counter == *old) {
		counter->counter = new;
		return true;
	}
	*old = counter->counter;
	return false;
}

/* ---- one processor -------------------------------------------------------------------------- */

#define DECLARE_PER_CPU(type, name)	extern type name
#define DEFINE_PER_CPU(type, name)	type name
#define this_cpu_inc(counter_)		((counter_)++)
#define per_cpu_ptr(pointer, cpu)	((void)(cpu), (pointer))
#define for_each_possible_cpu(cpu)	for ((cpu) = 0; (cpu) < 1; (cpu)++)
#define barrier()			asm volatile("" : : : "memory")
#define OPTIMIZER_HIDE_VAR(variable)	asm("" : "+r" (variable))

/* ---- bitmaps -------------------------------------------------------------------------------- */

#define BITS_PER_LONG			(8 * sizeof(long))
#define DECLARE_BITMAP(name, bits)	\
	unsigned long name[((bits) + BITS_PER_LONG - 1) / BITS_PER_LONG]

static inline bool test_bit(unsigned long bit, const unsigned long *map)
{
	return map[bit / BITS_PER_LONG] >> bit % BITS_PER_LONG & 1;
}

static inline bool test_and_set_bit(unsigned long bit, unsigned long *map)
{
	bool before = test_bit(bit, map);

	map[bit / BITS_PER_LONG] |= 1UL << bit % BITS_PER_LONG;
	return before;
}

#define set_bit(bit, map)		((void)test_and_set_bit(bit, map))
#define __set_bit(bit, map)		set_bit(bit, map)

static inline void __clear_bit(unsigned long bit, unsigned long *map)
{
	map[bit / BITS_PER_LONG] &= ~(1UL << bit % BITS_PER_LONG);
}

/* @bits: there is none. */
static inline unsigned long find_last_bit(const unsigned long *map, unsigned long bits)
{
	unsigned long bit;

	for (bit = bits; bit; bit--)
		if (test_bit(bit - 1, map))
			return bit - 1;
	return bits;
}

#define bitmap_empty(map, bits)		(find_last_bit(map, bits) == (bits))

static inline void bitmap_set(unsigned long *map, unsigned int first, unsigned int bits)
{
	while (bits--)
		set_bit(first + bits, map);
}

/* @bits are at most 64. */
static inline void bitmap_from_arr64(unsigned long *map, const u64 *array, unsigned int bits)
{
	map[0] = array[0] & GENMASK(bits - 1, 0);
}

static inline bool bitmap_subset(const unsigned long *part, const unsigned long *whole,
				 unsigned int bits)
{
	while (bits--)
		if (test_bit(bits, part) && !test_bit(bits, whole))
			return false;
	return true;
}

#include "shim_tasks.h"
#include "shim_wait.h"
#include "shim_files.h"

/* No misc cgroup charges anybody here. */
struct kvm_memory_slot;
enum kvm_mr_change { KVM_MR_CREATE };

enum pg_level { PG_LEVEL_NONE, PG_LEVEL_4K, PG_LEVEL_2M };

enum misc_res_type {
	MISC_CG_RES_SEV,
	MISC_CG_RES_SEV_ES,
};

#define misc_cg_res_total_usage(type)		((u64)(type) * 0)

/* ---- modules, time, the processor ----------------------------------------------------------- */

struct kernel_param {
	void *arg;
};

struct kernel_param_ops {
	int (*set)(const char *text, const struct kernel_param *param);
	int (*get)(char *text, const struct kernel_param *param);
};

static inline int param_get_uint(char *text, const struct kernel_param *param)
{
	return sprintf(text, "%u\n", *(unsigned int *)param->arg);
}

#define module_param_cb(name, ops, value, mode)		\
	static const struct kernel_param_ops *shim_param_##name __attribute__((unused)) = (ops)
#define shim_nothing				_Static_assert(1, "a declaration of nothing")
#define MODULE_PARM_DESC(name, text)		shim_nothing
#define MODULE_AUTHOR(text)			shim_nothing
#define MODULE_DESCRIPTION(text)		shim_nothing
#define MODULE_LICENSE(text)			shim_nothing
#define DECLARE_STATIC_CALL(name, function)	struct shim_static_call_##name

#define NSEC_PER_SEC	1000000000L
#define fallthrough	__attribute__((fallthrough))

static inline u64 div64_u64(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}

/* Any hash will do. */
static inline u32 jhash2(const u32 *words, u32 nr, u32 hash)
{
	while (nr--)
		hash = (hash ^ *words++) * 0x9e3779b1;
	return hash ^ hash >> 15;
}

static inline u64 ktime_get_boottime_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

#define cpuid(leaf, a, b, c, d)	__cpuid(leaf, *(a), *(b), *(c), *(d))

static inline u32 cpuid_eax(u32 leaf)
{
	u32 a, b, c, d;

	cpuid(leaf, &a, &b, &c, &d);
	return a;
}

/* Memory is where its address says. */
#define __sme_clr(address)	(address)
#define pfn_valid(pfn)		((pfn) != 0)
#define phys_to_virt(address)	((void *)(uintptr_t)(address))
#define virt_to_phys(pointer)	((u64)(uintptr_t)(pointer))
#define copy_from_kernel_nofault(to, from, size) (memcpy(to, from, size), 0)

/* Named in prototypes. */
struct kvm;
struct kvm_enc_region;
struct misc_cg;
struct page;

#endif /* SEVADM_USER_SHIM_H */
