/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * sevadm: accountability of AMD SEV hosts. This header is the specification of both interfaces of
 * sevadm.ko: the character device /dev/sevadm and the generic netlink family "sevadm", whose
 * commands and attributes are in sevadm_netlink.h.
 *
 * Common to both:
 *  - sizes are in bytes, times in nanoseconds of CLOCK_BOOTTIME, ids of VMs are u64 and never
 *    reused while the module stays loaded;
 *  - a value the module does not know is *absent* (netlink) or its bit in the ``known`` mask is
 *    clear (ioctl, events): a number is never invented;
 *  - numbers of enums are ABI: values are only ever added at the end;
 *  - no kernel pointer is ever handed out.
 *
 * Errors of the ioctls, beyond what each one names:
 *  - ENOTTY: unknown ioctl;
 *  - E2BIG: the structure is longer than the kernel's, and a byte the kernel does not know is set;
 *  - EINVAL: understood, but wrong (a size below the first version's, a reserved field that is not
 *    zero, an unknown flag or enum value);
 *  - ENOENT: no such VM, ASID or pool;
 *  - EFAULT: an address outside of the caller's memory.
 */
#ifndef _UAPI_LINUX_SEVADM_H
#define _UAPI_LINUX_SEVADM_H

#include <linux/const.h>
#include <linux/ioctl.h>
#include <linux/types.h>

#include "sevadm_netlink.h"

#define SEVADM_DEVICE		"/dev/sevadm"

/** define SEVADM_COMM_LEN - length of a task's comm with its NUL: the kernel's TASK_COMM_LEN */
#define SEVADM_COMM_LEN		16

/**
 * enum sevadm_pool - an ASID pool: ASIDs that can stand in for one another
 * @SEVADM_POOL_SEV: plain SEV guests: from the lowest plain SEV ASID (CPUID 0x8000001F EDX) up to
 *	the highest ASID (ECX)
 * @SEVADM_POOL_SEV_ES: SEV-ES guests, and SEV-SNP guests where those have no pool of their own:
 *	from 1, or behind SEVADM_POOL_SEV_SNP, to the lowest plain SEV ASID less one
 * @SEVADM_POOL_SEV_SNP: SEV-SNP guests: from 1 to the last ASID for which ciphertext is hidden
 *	(kvm_amd.ciphertext_hiding_asids). The pool exists only while kvm_amd is loaded and divides
 *	the ASIDs so; the misc cgroup counts both pools as its resource sev_es
 * @SEVADM_POOL_NR: number of pools
 */
enum sevadm_pool {
	SEVADM_POOL_SEV,
	SEVADM_POOL_SEV_ES,
	SEVADM_POOL_SEV_SNP,
	SEVADM_POOL_NR,
};

/**
 * enum sevadm_vm_type - the kind of guest a VM was initialised for
 * @SEVADM_VM_TYPE_SEV: KVM_SEV_INIT, or KVM_SEV_INIT2 of a KVM_X86_SEV_VM
 * @SEVADM_VM_TYPE_SEV_ES: KVM_SEV_ES_INIT, or KVM_SEV_INIT2 of a KVM_X86_SEV_ES_VM
 * @SEVADM_VM_TYPE_SEV_SNP: KVM_SEV_INIT2 of a KVM_X86_SNP_VM
 */
enum sevadm_vm_type {
	SEVADM_VM_TYPE_SEV,
	SEVADM_VM_TYPE_SEV_ES,
	SEVADM_VM_TYPE_SEV_SNP,
};

/**
 * enum sevadm_vm_state - how far a VM's guest context is, in the firmware's words
 * @SEVADM_VM_STATE_INIT: KVM holds an ASID; the firmware has no guest context (yet, or any more)
 * @SEVADM_VM_STATE_LUPDATE: GSTATE.LUPDATE, after LAUNCH_START
 * @SEVADM_VM_STATE_LSECRET: GSTATE.LSECRET, after LAUNCH_MEASURE
 * @SEVADM_VM_STATE_RUNNING: GSTATE.RUNNING, after LAUNCH_FINISH, SNP_LAUNCH_FINISH, RECEIVE_FINISH,
 *	SEND_CANCEL
 * @SEVADM_VM_STATE_SUPDATE: GSTATE.SUPDATE, after SEND_START
 * @SEVADM_VM_STATE_RUPDATE: GSTATE.RUPDATE, after RECEIVE_START
 * @SEVADM_VM_STATE_SENT: GSTATE.SENT, after SEND_FINISH
 * @SEVADM_VM_STATE_LAUNCH: SEV-SNP: GSTATE_LAUNCH, after SNP_LAUNCH_START
 *
 * Source: AMD SEV API specification (55766), "Guest State Machine"; SNP firmware ABI (56860).
 */
enum sevadm_vm_state {
	SEVADM_VM_STATE_INIT,
	SEVADM_VM_STATE_LUPDATE,
	SEVADM_VM_STATE_LSECRET,
	SEVADM_VM_STATE_RUNNING,
	SEVADM_VM_STATE_SUPDATE,
	SEVADM_VM_STATE_RUPDATE,
	SEVADM_VM_STATE_SENT,
	SEVADM_VM_STATE_LAUNCH,
};

/**
 * enum sevadm_asid_state - what an ASID is doing
 * @SEVADM_ASID_STATE_FREE: KVM may hand it out at once
 * @SEVADM_ASID_STATE_USED: a VM holds it
 * @SEVADM_ASID_STATE_RECLAIM: its VM is gone; it waits for the next WBINVD and DF_FLUSH
 */
enum sevadm_asid_state {
	SEVADM_ASID_STATE_FREE,
	SEVADM_ASID_STATE_USED,
	SEVADM_ASID_STATE_RECLAIM,
};

/**
 * enum sevadm_module_state - how much of the module is at work
 * @SEVADM_MODULE_STATE_WAITING: kvm_amd or ccp is not loaded: there is nothing to account yet
 * @SEVADM_MODULE_STATE_ATTACHED: every required seam is attached
 * @SEVADM_MODULE_STATE_DEGRADED: a required seam could not be attached; its reason says why, and
 *	what depends on it is unknown
 */
enum sevadm_module_state {
	SEVADM_MODULE_STATE_WAITING,
	SEVADM_MODULE_STATE_ATTACHED,
	SEVADM_MODULE_STATE_DEGRADED,
};

/* ---- events: what read() of /dev/sevadm returns ------------------------------------------ */

/**
 * enum sevadm_event_type - what an event is about
 * @SEVADM_EVENT_LOST: @sevadm_event.count events were overwritten before the reader came to them,
 *	or did not fit when the ring was made smaller; @sevadm_event.seq is that of the first one
 *	lost
 * @SEVADM_EVENT_PSP: a command of the security processor has ended, or was refused by ccp
 * @SEVADM_EVENT_KVM: a KVM_MEMORY_ENCRYPT_OP ioctl, a mirror or a migration has ended;
 *	@sevadm_event.command is an enum sev_cmd_id, or one of enum sevadm_kvm_command
 * @SEVADM_EVENT_PIN: guest memory was pinned, or pinning was refused (@sevadm_event.ret < 0)
 * @SEVADM_EVENT_UNPIN: pinned guest memory was released
 * @SEVADM_EVENT_ASID: an ASID changed its state (@sevadm_event.asid_state)
 * @SEVADM_EVENT_LIMIT: a limit of a subject was met, or usage passed it (@sevadm_event.knob);
 *	@sevadm_event.ret < 0: something was refused
 */
enum sevadm_event_type {
	SEVADM_EVENT_LOST,
	SEVADM_EVENT_PSP,
	SEVADM_EVENT_KVM,
	SEVADM_EVENT_PIN,
	SEVADM_EVENT_UNPIN,
	SEVADM_EVENT_ASID,
	SEVADM_EVENT_LIMIT,
};

/**
 * enum sevadm_kvm_command - VM-level operations that have no number among KVM's SEV commands
 * @SEVADM_KVM_REGISTER_REGION: KVM_MEMORY_ENCRYPT_REG_REGION
 * @SEVADM_KVM_UNREGISTER_REGION: KVM_MEMORY_ENCRYPT_UNREG_REGION
 * @SEVADM_KVM_COPY_ENC_CONTEXT: KVM_CAP_VM_COPY_ENC_CONTEXT_FROM: the VM became a mirror
 * @SEVADM_KVM_MOVE_ENC_CONTEXT: KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM: intra-host migration
 * @SEVADM_KVM_DESTROY: the end of a VM
 * @SEVADM_KVM_MAKE_PRIVATE: @sevadm_event.count pages of a SEV-SNP guest have become private since
 *	the event of this kind before; once a second at most, when a VM ends, and before somebody
 *	begins to read (SEVADM_EVENT_REPEATED). It took no call of its own, and is put down to
 *	the process that initialised the VM, as far as that is known
 * @SEVADM_KVM_MAKE_SHARED: as many were given back
 *
 * The values lie far above KVM's own numbers (linux/kvm.h, enum sev_cmd_id).
 */
enum sevadm_kvm_command {
	SEVADM_KVM_REGISTER_REGION = 0x10000,
	SEVADM_KVM_UNREGISTER_REGION,
	SEVADM_KVM_COPY_ENC_CONTEXT,
	SEVADM_KVM_MOVE_ENC_CONTEXT,
	SEVADM_KVM_DESTROY,
	SEVADM_KVM_MAKE_PRIVATE,
	SEVADM_KVM_MAKE_SHARED,
};

/**
 * enum sevadm_refusal - why a SEVADM_EVENT_PIN with @sevadm_event.ret < 0 failed
 * @SEVADM_REFUSAL_OTHER: wrong address or length, no memory for the page array, or pages that
 *	could not be pinned; @sevadm_event.ret says which
 * @SEVADM_REFUSAL_MEMLOCK: RLIMIT_MEMLOCK: the VM's pinned pages and the new ones together exceed
 *	@sevadm_event.limit_bytes and the caller lacks CAP_IPC_LOCK (KVM's sev_pin_memory())
 * @SEVADM_REFUSAL_LIMIT: a limit on ``pin`` of this module, @sevadm_event.limit_bytes; nothing was
 *	pinned. The SEVADM_EVENT_LIMIT before it says whose limit
 */
enum sevadm_refusal {
	SEVADM_REFUSAL_OTHER,
	SEVADM_REFUSAL_MEMLOCK,
	SEVADM_REFUSAL_LIMIT,
};

/**
 * enum sevadm_subject - who a limit is for
 * @SEVADM_SUBJECT_HOST: the whole host; it always exists
 * @SEVADM_SUBJECT_USER: a user: VMs that processes of this real user id created; id: the uid in the
 *	initial user namespace
 * @SEVADM_SUBJECT_CGROUP: a cgroup (v2) and all below it: VMs that its processes created; id: the
 *	inode number of its directory
 */
enum sevadm_subject {
	SEVADM_SUBJECT_HOST,
	SEVADM_SUBJECT_USER,
	SEVADM_SUBJECT_CGROUP,
};

/**
 * enum sevadm_resource - what is limited
 * @SEVADM_RESOURCE_PIN: memory pinned by VMs, in bytes, whole pages: persistently, by regions, and
 *	transiently, while a command runs
 * @SEVADM_RESOURCE_ASID_SEV: ASIDs of pool SEVADM_POOL_SEV
 * @SEVADM_RESOURCE_ASID_SEV_ES: ASIDs of pool SEVADM_POOL_SEV_ES
 * @SEVADM_RESOURCE_PRIVATE: memory of SEV-SNP guests that is bound to guest_memfd, in bytes, whole
 *	pages: all of it may become private; and what was bound and still is private
 * @SEVADM_RESOURCE_ASID_SEV_SNP: ASIDs of pool SEVADM_POOL_SEV_SNP
 * @SEVADM_RESOURCE_NR: number of resources
 */
enum sevadm_resource {
	SEVADM_RESOURCE_PIN,
	SEVADM_RESOURCE_ASID_SEV,
	SEVADM_RESOURCE_ASID_SEV_ES,
	SEVADM_RESOURCE_PRIVATE,
	SEVADM_RESOURCE_ASID_SEV_SNP,
	SEVADM_RESOURCE_NR,
};

/**
 * enum sevadm_knob - a limit of a subject's resource; meanings are those of cgroup v2
 * @SEVADM_KNOB_MIN: guarantee, of ASIDs only: what is guaranteed and not used cannot be taken by
 *	others. In an event: an ASID was refused, as the free ones are guaranteed or leased to
 *	others
 * @SEVADM_KNOB_HIGH: soft limit: there is an event when usage passes it, and another one only after
 *	usage has been at most 15/16 of it
 * @SEVADM_KNOB_MAX: hard limit: what would exceed it is refused before anything is pinned or taken
 * @SEVADM_KNOB_POOL: in an event: the pool has no ASID left; a VM that ends makes one free
 * @SEVADM_KNOB_DRIFT: in an event: the misc cgroup believes more ASIDs of the pool to be used
 *	(@sevadm_event.limit) than are (@sevadm_event.usage): some kernels leak charges on
 *	intra-host migration. Such charges count against misc.max and against the pool's capacity
 */
enum sevadm_knob {
	SEVADM_KNOB_MIN,
	SEVADM_KNOB_HIGH,
	SEVADM_KNOB_MAX,
	SEVADM_KNOB_POOL,
	SEVADM_KNOB_DRIFT,
};

/** define SEVADM_LIMIT_MAX - value of a limit that limits nothing: "max" */
#define SEVADM_LIMIT_MAX	(~0ULL)

/* Bits of sevadm_event.known and sevadm_vm_query.known: which optional fields hold a value. */
#define SEVADM_KNOWN_VM			(1U << 0)	/* vm */
#define SEVADM_KNOWN_ASID		(1U << 1)	/* asid */
#define SEVADM_KNOWN_HANDLE		(1U << 2)	/* handle */
#define SEVADM_KNOWN_FW_ERROR		(1U << 3)	/* fw_error: the firmware was asked */
#define SEVADM_KNOWN_WAIT		(1U << 4)	/* wait_ns */
#define SEVADM_KNOWN_BYTES		(1U << 5)	/* bytes */
#define SEVADM_KNOWN_LIMIT		(1U << 6)	/* limit_bytes */
#define SEVADM_KNOWN_POLICY		(1U << 7)	/* policy */
#define SEVADM_KNOWN_MIRROR_OF		(1U << 8)	/* mirror_of */
#define SEVADM_KNOWN_PINNED		(1U << 9)	/* pinned_bytes; a VM's peak and regions */
#define SEVADM_KNOWN_PEER_VM		(1U << 10)	/* peer_vm */

#define SEVADM_KNOWN_STATE		(1U << 11)	/* state */
#define SEVADM_KNOWN_CREATOR		(1U << 12)	/* pid, uid, comm, cgroup_id */
#define SEVADM_KNOWN_CREATED		(1U << 13)	/* created_ns */
#define SEVADM_KNOWN_UID		(1U << 14)	/* of an event: uid */
#define SEVADM_KNOWN_PRIVATE		(1U << 15)	/* private_bytes, and what goes with it */
#define SEVADM_KNOWN_GMEM		(1U << 16)	/* gmem_size_bytes */
#define SEVADM_KNOWN_GMEM_ALLOCATED	(1U << 17)	/* gmem_bytes */
#define SEVADM_KNOWN_KIND		(1U << 18)	/* of an event: kind */

/* Bits of sevadm_event.flags */
#define SEVADM_EVENT_TRANSIENT		(1U << 0)	/* PIN, UNPIN: while one command runs */
/*
 * PSP, KVM: a buffer of length 0 was given and the firmware answered INVALID_LEN with the length
 * that is needed, as its API says: that is not a failure, though @sevadm_event.ret is -EIO
 */
#define SEVADM_EVENT_LENGTH_QUERY	(1U << 1)
/*
 * KVM, PIN, LIMIT: refusals that reached neither the firmware nor the pinning: @sevadm_event.count
 * calls that were not reported one by one, equal in process, VM, command and result.
 * @sevadm_event.time_ns is when they were reported, @sevadm_event.duration_ns how long one took on
 * average; the rest is that of the last. SEVADM_KVM_MAKE_PRIVATE and _SHARED: @sevadm_event.count
 * pages
 */
#define SEVADM_EVENT_REPEATED		(1U << 2)

/**
 * struct sevadm_event - one record of the event stream
 * @size: length of this record in bytes: readers step by it and ignore what they do not know
 * @type: enum sevadm_event_type
 * @seq: number of the event, from 1, without gaps
 * @time_ns: CLOCK_BOOTTIME when it ended
 * @vm: id of the VM concerned (SEVADM_KNOWN_VM)
 * @bytes: length that the command or pin is about (SEVADM_KNOWN_BYTES); for a pin, whole pages
 * @duration_ns: PSP: time inside the firmware command, without commands that it issues from within
 *	(SNP_PAGE_RECLAIM), whose events come first; KVM: of the whole call; PIN: of the pinning;
 *	UNPIN: of the call that released it, so far
 * @wait_ns: PSP: time spent queueing for the mailbox before the command (SEVADM_KNOWN_WAIT)
 * @pinned_bytes: PIN and UNPIN: what the VM had pinned before (SEVADM_KNOWN_PINNED)
 * @limit_bytes: PIN refused: the limit that was met (SEVADM_KNOWN_LIMIT)
 * @count: LOST: number of events that were overwritten; SEVADM_EVENT_REPEATED: number of calls, or
 *	of pages
 * @pid: process (tgid) in whose context it happened, in the initial pid namespace
 * @tid: thread of @pid
 * @command: PSP: firmware command id (linux/psp-sev.h, enum sev_cmd); KVM: enum sev_cmd_id or
 *	enum sevadm_kvm_command; PIN and UNPIN: the KVM command that did it
 * @ret: 0 or a negative errno
 * @fw_error: status the firmware answered (SEVADM_KNOWN_FW_ERROR)
 * @asid: ASID concerned (SEVADM_KNOWN_ASID)
 * @handle: firmware's handle of the guest (SEVADM_KNOWN_HANDLE)
 * @known: SEVADM_KNOWN_* bits
 * @flags: SEVADM_EVENT_* bits
 * @pool: ASID: enum sevadm_pool
 * @asid_state: ASID: enum sevadm_asid_state, the new one
 * @refusal: PIN with @ret < 0: enum sevadm_refusal
 * @peer_vm: KVM, COPY and MOVE_ENC_CONTEXT: id of the VM it came from (SEVADM_KNOWN_PEER_VM)
 * @comm: name of the thread @tid
 * @subject_id: LIMIT: uid, or id of the cgroup; 0 for the host
 * @usage: LIMIT: the subject's usage at that moment, in bytes or ASIDs
 * @limit: LIMIT: the limit met or passed, in bytes or ASIDs
 * @amount: LIMIT: what was asked for, in bytes or ASIDs
 * @subject: LIMIT: enum sevadm_subject
 * @resource: LIMIT: enum sevadm_resource
 * @knob: LIMIT: enum sevadm_knob
 * @uid: user whom it counts as (SEVADM_KNOWN_UID): real uid of the task, in the initial user
 *	namespace; for a task in another user namespace that namespace's owner, unless that is root
 * @kind: PSP: SNP_LAUNCH_UPDATE: type of the page; SNP_GUEST_REQUEST: type of the guest's message;
 *	both as in SNP ABI 56860 (SEVADM_KNOWN_KIND)
 * @reserved: zero
 */
struct sevadm_event {
	__u32 size;
	__u32 type;
	__aligned_u64 seq;
	__aligned_u64 time_ns;
	__aligned_u64 vm;
	__aligned_u64 bytes;
	__aligned_u64 duration_ns;
	__aligned_u64 wait_ns;
	__aligned_u64 pinned_bytes;
	__aligned_u64 limit_bytes;
	__aligned_u64 count;
	__u32 pid;
	__u32 tid;
	__u32 command;
	__s32 ret;
	__u32 fw_error;
	__u32 asid;
	__u32 handle;
	__u32 known;
	__u32 flags;
	__u32 pool;
	__u32 asid_state;
	__u32 refusal;
	__aligned_u64 peer_vm;
	char comm[SEVADM_COMM_LEN];
	__aligned_u64 subject_id;
	__aligned_u64 usage;
	__aligned_u64 limit;
	__aligned_u64 amount;
	__u32 subject;
	__u32 resource;
	__u32 knob;
	__u32 uid;
	__u32 kind;
	__u32 reserved;
};

/** define SEVADM_EVENT_FIRST_BYTES - length of the first version's record: read() takes no less */
#define SEVADM_EVENT_FIRST_BYTES	200

/*
 * read() of /dev/sevadm returns as many whole records as fit. Where not even one fits, the reader
 * is older than the kernel's record: it gets one, without the fields at the end that do not fit;
 * @sevadm_event.size is then what it got, a multiple of 8, and only fields that lie within it are
 * there, whatever @sevadm_event.known says. A new open file starts at the oldest event still held.
 * When one user or process floods the ring, events of others are held longer than the flood's, and
 * SEVADM_EVENT_LOST reports the gaps between them. Every open file has a cursor of its own, and may
 * have a filter; poll() returns EPOLLIN when there is an event that passes it.
 *
 * Errors of read(): EINVAL: the buffer is shorter than the first version's record; EAGAIN:
 * O_NONBLOCK and no event.
 * Errors of open(): EUSERS: 256 files are open already; not with CAP_SYS_ADMIN in the initial user
 * namespace.
 */

/* ---- ioctls of /dev/sevadm ---------------------------------------------------------------- */

/* 0xD8 is free in Documentation/userspace-api/ioctl/ioctl-number.rst of the kernel. */
#define SEVADM_IOC_MAGIC	0xD8

/**
 * enum sevadm_seek - where an open file's cursor goes
 * @SEVADM_SEEK_OLDEST: the oldest event still held
 * @SEVADM_SEEK_NEWEST: behind the newest event: only what comes from now on
 * @SEVADM_SEEK_SEQ: event @sevadm_event_seek.seq; events that are overwritten already count as lost
 */
enum sevadm_seek {
	SEVADM_SEEK_OLDEST,
	SEVADM_SEEK_NEWEST,
	SEVADM_SEEK_SEQ,
};

/**
 * struct sevadm_event_seek - SEVADM_IOC_EVENT_SEEK: place this open file's cursor
 * @size: sizeof(struct sevadm_event_seek)
 * @whence: enum sevadm_seek
 * @seq: in: for SEVADM_SEEK_SEQ; out: number of the event that is read next
 */
struct sevadm_event_seek {
	__u32 size;
	__u32 whence;
	__aligned_u64 seq;
};

/**
 * struct sevadm_event_command - a command that a filter lets pass
 * @type: SEVADM_EVENT_PSP: a command of the firmware; SEVADM_EVENT_KVM: one of KVM, with the pins
 *	and unpins that it causes
 * @command: as in @sevadm_event.command
 */
struct sevadm_event_command {
	__u32 type;
	__u32 command;
};

/** define SEVADM_FILTER_COMMANDS - number of commands a filter has room for */
#define SEVADM_FILTER_COMMANDS	16

/* Bits of sevadm_event_filter.flags */
#define SEVADM_FILTER_FAILED	(1U << 0)	/* what failed or was refused; no length query */

/**
 * struct sevadm_event_filter - SEVADM_IOC_EVENT_FILTER: which events this open file reads
 * @size: sizeof(struct sevadm_event_filter)
 * @flags: SEVADM_FILTER_* bits
 * @vm: only events about this VM, or about one that came from it (@sevadm_event.peer_vm); 0: all
 * @longer_ns: only events that took longer than this, waiting included; 0: all
 * @types: only these types of events, bits (1 << enum sevadm_event_type); 0: all
 * @pid: only events of this process, in the initial pid namespace; 0: all
 * @nr_commands: only events of the first @nr_commands of @commands; 0: all
 * @reserved: zero
 * @commands: the rest of it is zero
 *
 * An event has to meet all conditions. A new filter replaces the one before; all zeroes: no filter.
 * read() skips events that do not pass, and so do poll() and a reader that waits: a later filter
 * finds them only after SEVADM_IOC_EVENT_SEEK.
 *
 * SEVADM_EVENT_LOST always passes. Its @sevadm_event.count includes every event that was
 * overwritten before the reader came to it, whether or not it would have passed: events never
 * examined cannot be classified. A reader that waits examines each event as it happens, and so
 * loses none to a flood of events that it does not want.
 */
struct sevadm_event_filter {
	__u32 size;
	__u32 flags;
	__aligned_u64 vm;
	__aligned_u64 longer_ns;
	__u32 types;
	__u32 pid;
	__u32 nr_commands;
	__u32 reserved;
	struct sevadm_event_command commands[SEVADM_FILTER_COMMANDS];
};

/**
 * struct sevadm_pool_query - SEVADM_IOC_POOL_QUERY: one ASID pool
 * @size: sizeof(struct sevadm_pool_query)
 * @pool: in: enum sevadm_pool
 * @min_asid: lowest ASID of the pool
 * @max_asid: highest ASID of the pool
 * @capacity: number of ASIDs the processor has for this pool; 0: none
 * @used: held by VMs, as kvm_amd's own bitmap says; where that cannot be read, by VMs the module
 *	accounts
 * @reclaim: waiting for a DF_FLUSH
 * @free: @capacity - @used - @reclaim; where kvm_amd's bitmaps cannot be read, an upper bound
 *	while there are unaccounted VMs
 * @peak: highest @used while the module was attached
 * @reserved: in: zero; out: ASIDs guaranteed or leased, and not used by their owners
 * @recycles: number of DF_FLUSHes by which KVM made ASIDs free again
 * @charged: number that the misc cgroup believes to be used. It may be too high: intra-host
 *	migration leaks charges on some kernels. Of SEVADM_POOL_SEV_SNP, which the misc cgroup does
 *	not count apart: what its VMs are charged; SEVADM_POOL_SEV_ES has the rest
 *
 * Errors: ENOENT also for SEVADM_POOL_SEV_SNP where SEV-SNP guests have no pool of their own.
 */
struct sevadm_pool_query {
	__u32 size;
	__u32 pool;
	__u32 min_asid;
	__u32 max_asid;
	__u32 capacity;
	__u32 used;
	__u32 reclaim;
	__u32 free;
	__u32 peak;
	__u32 reserved;
	__aligned_u64 recycles;
	__aligned_u64 charged;
};

/**
 * struct sevadm_asid_query - SEVADM_IOC_ASID_QUERY: one ASID
 * @size: sizeof(struct sevadm_asid_query)
 * @asid: in: 1 up to the highest ASID of the host
 * @pool: enum sevadm_pool
 * @state: enum sevadm_asid_state
 * @vm: id of the VM that holds it; 0: none
 */
struct sevadm_asid_query {
	__u32 size;
	__u32 asid;
	__u32 pool;
	__u32 state;
	__aligned_u64 vm;
};

/**
 * enum sevadm_vm_by - how SEVADM_IOC_VM_QUERY finds its VM
 * @SEVADM_VM_BY_ID: the VM whose id is @sevadm_vm_query.vm
 * @SEVADM_VM_BY_NEXT: the VM with the lowest id above @sevadm_vm_query.vm: 0 starts a listing
 * @SEVADM_VM_BY_PID: the first VM created by process @sevadm_vm_query.by_pid of the caller's pid
 *	namespace; ESRCH: no such process. A caller that holds a pidfd of it and finds it still
 *	alive after the query knows that the number was not reused meanwhile. (Kernels export no
 *	function that would let a module resolve a pidfd itself.)
 */
enum sevadm_vm_by {
	SEVADM_VM_BY_ID,
	SEVADM_VM_BY_NEXT,
	SEVADM_VM_BY_PID,
};

/**
 * struct sevadm_vm_query - SEVADM_IOC_VM_QUERY: one VM of the ledger
 * @size: sizeof(struct sevadm_vm_query)
 * @by: in: enum sevadm_vm_by
 * @by_pid: in: for SEVADM_VM_BY_PID, else zero
 * @known: out: SEVADM_KNOWN_* bits
 * @vm: in and out: id of the VM
 * @created_ns: CLOCK_BOOTTIME of its initialisation (SEVADM_KNOWN_CREATED; not of an adopted VM)
 * @cgroup_id: id of the cgroup (v2) that created it: the inode number of its directory
 *	(SEVADM_KNOWN_CREATOR)
 * @pinned_bytes: pinned by KVM_MEMORY_ENCRYPT_REG_REGION, and transiently by commands that run:
 *	what kvm_sev_info.pages_locked counts (SEVADM_KNOWN_PINNED)
 * @pinned_peak_bytes: highest @pinned_bytes so far (SEVADM_KNOWN_PINNED)
 * @regions: number of registered regions (SEVADM_KNOWN_PINNED)
 * @mirror_of: id of the VM whose encryption context it mirrors (SEVADM_KNOWN_MIRROR_OF)
 * @policy: guest policy as given to LAUNCH_START or RECEIVE_START (SEVADM_KNOWN_POLICY)
 * @pid: process (tgid) that created it, in the initial pid namespace (SEVADM_KNOWN_CREATOR: not of
 *	an adopted VM whose creator had ended)
 * @uid: real user id of that process, in the initial user namespace (SEVADM_KNOWN_CREATOR)
 * @type: enum sevadm_vm_type
 * @pool: enum sevadm_pool
 * @state: enum sevadm_vm_state (SEVADM_KNOWN_STATE)
 * @asid: its ASID (SEVADM_KNOWN_ASID)
 * @handle: firmware's handle (SEVADM_KNOWN_HANDLE)
 * @reserved: zero
 * @comm: name of the thread that created it (SEVADM_KNOWN_CREATOR)
 * @private_bytes: pages that the RMP assigns to its ASID, exactly: a SEV-SNP guest's memory, which
 *	is neither pinned nor locked, and can be neither moved nor swapped (SEVADM_KNOWN_PRIVATE).
 *	Other guests, and mirrors, have none
 * @private_peak_bytes: the most @private_bytes ever was (SEVADM_KNOWN_PRIVATE)
 * @conversions: pages that became private since the VM has its ASID (SEVADM_KNOWN_PRIVATE)
 * @reclaims: pages that it has given back since then (SEVADM_KNOWN_PRIVATE)
 * @leaked_bytes: of @private_bytes: what the kernel gave up, as the firmware would not let go of it
 *	(SEVADM_KNOWN_PRIVATE)
 * @gmem_size_bytes: memory that is bound to guest_memfd: of a SEV-SNP guest, what may become
 *	private. On newer kernels guests of other types may have some, too (SEVADM_KNOWN_GMEM)
 * @gmem_bytes: what is allocated in those files, private or not (SEVADM_KNOWN_GMEM_ALLOCATED)
 */
struct sevadm_vm_query {
	__u32 size;
	__u32 by;
	__s32 by_pid;
	__u32 known;
	__aligned_u64 vm;
	__aligned_u64 created_ns;
	__aligned_u64 cgroup_id;
	__aligned_u64 pinned_bytes;
	__aligned_u64 pinned_peak_bytes;
	__aligned_u64 regions;
	__aligned_u64 mirror_of;
	__aligned_u64 policy;
	__u32 pid;
	__u32 uid;
	__u32 type;
	__u32 pool;
	__u32 state;
	__u32 asid;
	__u32 handle;
	__u32 reserved;
	char comm[SEVADM_COMM_LEN];
	__aligned_u64 private_bytes;
	__aligned_u64 private_peak_bytes;
	__aligned_u64 conversions;
	__aligned_u64 reclaims;
	__aligned_u64 leaked_bytes;
	__aligned_u64 gmem_size_bytes;
	__aligned_u64 gmem_bytes;
};

/**
 * enum sevadm_lease_subject - whose VMs use up a lease
 * @SEVADM_LEASE_DESCENDANTS: those of the process that reserved it and of its descendants
 * @SEVADM_LEASE_USER: those of a user; id: the uid
 * @SEVADM_LEASE_CGROUP: those of a cgroup and all below it; id: the inode number of its directory
 */
enum sevadm_lease_subject {
	SEVADM_LEASE_DESCENDANTS,
	SEVADM_LEASE_USER,
	SEVADM_LEASE_CGROUP,
};

/**
 * struct sevadm_lease - SEVADM_IOC_RESERVE: reserve ASIDs through this open file
 * @size: sizeof(struct sevadm_lease)
 * @pool: enum sevadm_pool
 * @count: number of ASIDs, from 1
 * @subject: enum sevadm_lease_subject
 * @subject_id: id as in enum sevadm_lease_subject; zero for SEVADM_LEASE_DESCENDANTS
 * @lease: out: number of the lease, for SEVADM_IOC_RELEASE
 *
 * Only VMs of the subject can take these ASIDs. Each that takes one uses up one of the lease, and
 * gives it back to the lease when it ends. The lease ends with SEVADM_IOC_RELEASE or when the last
 * descriptor of the open file is closed, also by the death of its owner; VMs keep their ASIDs.
 *
 * Errors: EPERM: needs CAP_SYS_ADMIN in the initial user namespace; EBUSY: fewer are available: the
 * others are used, or guaranteed or leased to others; ENOSPC: this open file has 64 leases; ENOENT:
 * no such cgroup, or SEV-SNP guests have no pool of their own.
 */
struct sevadm_lease {
	__u32 size;
	__u32 pool;
	__u32 count;
	__u32 subject;
	__aligned_u64 subject_id;
	__aligned_u64 lease;
};

/**
 * struct sevadm_lease_release - SEVADM_IOC_RELEASE: end one lease of this open file
 * @size: sizeof(struct sevadm_lease_release)
 * @reserved: zero
 * @lease: its number; ENOENT: this open file has no such lease
 */
struct sevadm_lease_release {
	__u32 size;
	__u32 reserved;
	__aligned_u64 lease;
};

#define SEVADM_IOC_EVENT_SEEK	_IO(SEVADM_IOC_MAGIC, 0x00)
#define SEVADM_IOC_POOL_QUERY	_IO(SEVADM_IOC_MAGIC, 0x01)
#define SEVADM_IOC_ASID_QUERY	_IO(SEVADM_IOC_MAGIC, 0x02)
#define SEVADM_IOC_VM_QUERY	_IO(SEVADM_IOC_MAGIC, 0x03)
#define SEVADM_IOC_RESERVE	_IO(SEVADM_IOC_MAGIC, 0x04)
#define SEVADM_IOC_RELEASE	_IO(SEVADM_IOC_MAGIC, 0x05)
#define SEVADM_IOC_EVENT_FILTER	_IO(SEVADM_IOC_MAGIC, 0x06)

#endif /* _UAPI_LINUX_SEVADM_H */
