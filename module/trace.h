/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints sevadm:*, one for each type of event. All their fields come from the record that goes
 * into the ring: a field whose bit in known is clear holds 0 and means nothing. The comm of the
 * task is part of every line of the trace already.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM sevadm

#if !defined(SEVADM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define SEVADM_TRACE_H

#include <linux/tracepoint.h>

#include <uapi/linux/sevadm.h>

#include "record.h"
#include "trace_names.h"

TRACE_EVENT(psp_command,
	TP_PROTO(const struct sevadm_event *event),
	TP_ARGS(event),
	TP_STRUCT__entry(
		__field(u64, seq)
		__field(u64, vm)
		__field(u64, psp_ns)
		__field(u64, wait_ns)
		__field(u64, bytes)
		__field(u32, command)
		__field(s32, ret)
		__field(u32, fw_error)
		__field(u32, asid)
		__field(u32, handle)
		__field(u32, kind)
		__field(u32, known)
		__field(u8, length_query)
	),
	TP_fast_assign(
		__entry->seq = event->seq;
		__entry->vm = event->vm;
		__entry->psp_ns = event->duration_ns;
		__entry->wait_ns = event->wait_ns;
		__entry->bytes = event->bytes;
		__entry->command = event->command;
		__entry->ret = event->ret;
		__entry->fw_error = event->fw_error;
		__entry->asid = event->asid;
		__entry->handle = event->handle;
		__entry->kind = event->kind;
		__entry->known = event->known;
		__entry->length_query = !!(event->flags & SEVADM_EVENT_LENGTH_QUERY);
	),
	TP_printk("command=%s ret=%d fw_error=%s vm=%llu asid=%u handle=%u bytes=%llu "
		  "psp_ns=%llu wait_ns=%llu length_query=%u kind=%u known=%#x",
		  __print_symbolic(__entry->command, SEVADM_PSP_COMMAND_NAMES),
		  __entry->ret,
		  __print_symbolic(__entry->fw_error, SEVADM_FW_ERROR_NAMES),
		  __entry->vm,
		  __entry->asid,
		  __entry->handle,
		  __entry->bytes,
		  __entry->psp_ns,
		  __entry->wait_ns,
		  __entry->length_query,
		  __entry->kind,
		  __entry->known)
);

TRACE_EVENT(kvm_command,
	TP_PROTO(const struct sevadm_event *event),
	TP_ARGS(event),
	TP_STRUCT__entry(
		__field(u64, seq)
		__field(u64, vm)
		__field(u64, peer_vm)
		__field(u64, duration_ns)
		__field(u64, count)
		__field(u32, command)
		__field(s32, ret)
		__field(u32, fw_error)
		__field(u32, asid)
		__field(u32, known)
		__field(u8, length_query)
	),
	TP_fast_assign(
		__entry->seq = event->seq;
		__entry->vm = event->vm;
		__entry->peer_vm = event->peer_vm;
		__entry->duration_ns = event->duration_ns;
		__entry->count = sevadm_event_calls(event);
		__entry->command = event->command;
		__entry->ret = event->ret;
		__entry->fw_error = event->fw_error;
		__entry->asid = event->asid;
		__entry->known = event->known;
		__entry->length_query = !!(event->flags & SEVADM_EVENT_LENGTH_QUERY);
	),
	TP_printk("command=%s ret=%d fw_error=%s vm=%llu asid=%u peer_vm=%llu duration_ns=%llu "
		  "length_query=%u count=%llu known=%#x",
		  __print_symbolic(__entry->command, SEVADM_KVM_COMMAND_NAMES),
		  __entry->ret,
		  __print_symbolic(__entry->fw_error, SEVADM_FW_ERROR_NAMES),
		  __entry->vm,
		  __entry->asid,
		  __entry->peer_vm,
		  __entry->duration_ns,
		  __entry->length_query,
		  __entry->count,
		  __entry->known)
);

/* What was released has neither a refusal nor a limit. */
DECLARE_EVENT_CLASS(sevadm_pin,
	TP_PROTO(const struct sevadm_event *event),
	TP_ARGS(event),
	TP_STRUCT__entry(
		__field(u64, seq)
		__field(u64, vm)
		__field(u64, bytes)
		__field(u64, pinned_bytes)
		__field(u64, limit_bytes)
		__field(u64, duration_ns)
		__field(u64, count)
		__field(u32, command)
		__field(s32, ret)
		__field(u32, refusal)
		__field(u32, flags)
		__field(u32, known)
	),
	TP_fast_assign(
		__entry->seq = event->seq;
		__entry->vm = event->vm;
		__entry->bytes = event->bytes;
		__entry->pinned_bytes = event->pinned_bytes;
		__entry->limit_bytes = event->limit_bytes;
		__entry->duration_ns = event->duration_ns;
		__entry->count = sevadm_event_calls(event);
		__entry->command = event->command;
		__entry->ret = event->ret;
		__entry->refusal = event->refusal;
		__entry->flags = event->flags;
		__entry->known = event->known;
	),
	TP_printk("command=%s ret=%d vm=%llu bytes=%llu pinned_bytes=%llu transient=%u "
		  "refusal=%s limit_bytes=%llu duration_ns=%llu count=%llu known=%#x",
		  __print_symbolic(__entry->command, SEVADM_KVM_COMMAND_NAMES),
		  __entry->ret,
		  __entry->vm,
		  __entry->bytes,
		  __entry->pinned_bytes,
		  __entry->flags & 1,
		  __entry->ret ? __print_symbolic(__entry->refusal, SEVADM_REFUSAL_NAMES) : "-",
		  __entry->limit_bytes,
		  __entry->duration_ns,
		  __entry->count,
		  __entry->known)
);

DEFINE_EVENT(sevadm_pin, pin,
	TP_PROTO(const struct sevadm_event *event),
	TP_ARGS(event));

DEFINE_EVENT(sevadm_pin, unpin,
	TP_PROTO(const struct sevadm_event *event),
	TP_ARGS(event));

TRACE_EVENT(asid,
	TP_PROTO(const struct sevadm_event *event),
	TP_ARGS(event),
	TP_STRUCT__entry(
		__field(u64, seq)
		__field(u64, vm)
		__field(u64, count)
		__field(u32, pool)
		__field(u32, asid)
		__field(u32, asid_state)
		__field(u32, known)
	),
	TP_fast_assign(
		__entry->seq = event->seq;
		__entry->vm = event->vm;
		__entry->count = event->count;
		__entry->pool = event->pool;
		__entry->asid = event->asid;
		__entry->asid_state = event->asid_state;
		__entry->known = event->known;
	),
	TP_printk("asid=%u pool=%s state=%s vm=%llu count=%llu known=%#x",
		  __entry->asid,
		  __print_symbolic(__entry->pool, SEVADM_POOL_NAMES),
		  __print_symbolic(__entry->asid_state, SEVADM_ASID_STATE_NAMES),
		  __entry->vm,
		  __entry->count,
		  __entry->known)
);

TRACE_EVENT(limit,
	TP_PROTO(const struct sevadm_event *event),
	TP_ARGS(event),
	TP_STRUCT__entry(
		__field(u64, seq)
		__field(u64, vm)
		__field(u64, subject_id)
		__field(u64, usage)
		__field(u64, limit)
		__field(u64, amount)
		__field(u64, count)
		__field(u32, subject)
		__field(u32, resource)
		__field(u32, knob)
		__field(s32, ret)
		__field(u32, known)
	),
	TP_fast_assign(
		__entry->seq = event->seq;
		__entry->vm = event->vm;
		__entry->subject_id = event->subject_id;
		__entry->usage = event->usage;
		__entry->limit = event->limit;
		__entry->amount = event->amount;
		__entry->count = sevadm_event_calls(event);
		__entry->subject = event->subject;
		__entry->resource = event->resource;
		__entry->knob = event->knob;
		__entry->ret = event->ret;
		__entry->known = event->known;
	),
	TP_printk("subject=%s id=%llu resource=%s knob=%s usage=%llu limit=%llu "
		  "amount=%llu ret=%d vm=%llu count=%llu known=%#x",
		  __print_symbolic(__entry->subject, SEVADM_SUBJECT_NAMES),
		  __entry->subject_id,
		  __print_symbolic(__entry->resource, SEVADM_RESOURCE_NAMES),
		  __print_symbolic(__entry->knob, SEVADM_KNOB_NAMES),
		  __entry->usage,
		  __entry->limit,
		  __entry->amount,
		  __entry->ret,
		  __entry->vm,
		  __entry->count,
		  __entry->known)
);

#endif /* SEVADM_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
