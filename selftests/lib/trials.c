// SPDX-License-Identifier: GPL-2.0-only
/* The calls: what each needs, how it is made, and what is given back after it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/sevadm.h>

#include "../kselftest.h"
#include "adopt_request.h"
#include "flavour.h"
#include "kmod.h"
#include "sev_abi.h"
#include "trials.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define MEMORY		(64UL << 10)
#define USER		4711	/* the first of USERS */
#define USERS		3
#define EVENTS		4	/* that are read at one go: there are as many */
#define LISTEN_SECONDS	60

/* ---- what the calls need, and what they are: each 0 or the errno -------------------------- */

static int nothing(struct scene *s)
{
	(void)s;
	return 0;
}

static void nothing_to_end(struct scene *s)
{
	(void)s;
}

static int device_open(struct scene *s)
{
	s->device = open(SEVADM_DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	return s->device < 0 ? errno : 0;
}

static void device_close(struct scene *s)
{
	if (s->device >= 0)
		close(s->device);
	s->device = -1;
}

static int event_filter(struct scene *s)
{
	struct sevadm_event_filter filter = {
		.size = sizeof(filter), .flags = SEVADM_FILTER_FAILED,
	};

	return ioctl(s->device, SEVADM_IOC_EVENT_FILTER, &filter) ? errno : 0;
}

static int reserve(struct scene *s)
{
	struct sevadm_lease lease = {
		.size = sizeof(lease), .pool = SEVADM_POOL_SEV, .count = 2,
		.subject = SEVADM_LEASE_USER, .subject_id = USER,
	};

	if (ioctl(s->device, SEVADM_IOC_RESERVE, &lease))
		return errno;
	s->lease = lease.lease;
	return 0;
}

static int reserved(struct scene *s)
{
	return device_open(s) ?: reserve(s);
}

static int release(struct scene *s)
{
	struct sevadm_lease_release lease = { .size = sizeof(lease), .lease = s->lease };

	return ioctl(s->device, SEVADM_IOC_RELEASE, &lease) ? errno : 0;
}

static int event_seek(struct scene *s)
{
	struct sevadm_event_seek oldest = { .size = sizeof(oldest), .whence = SEVADM_SEEK_OLDEST };

	return ioctl(s->device, SEVADM_IOC_EVENT_SEEK, &oldest) ? errno : 0;
}

static int event_read(struct scene *s)
{
	struct sevadm_event events[EVENTS];

	return read(s->device, events, sizeof(events)) < 0 ? errno : 0;
}

static int pool_query(struct scene *s)
{
	struct sevadm_pool_query query = { .size = sizeof(query), .pool = SEVADM_POOL_SEV };

	return ioctl(s->device, SEVADM_IOC_POOL_QUERY, &query) ? errno : 0;
}

static int asid_query(struct scene *s)
{
	struct sevadm_asid_query query = { .size = sizeof(query), .asid = 1 };

	return ioctl(s->device, SEVADM_IOC_ASID_QUERY, &query) ? errno : 0;
}

static int vm_query(struct scene *s)
{
	struct sevadm_vm_query query = { .size = sizeof(query), .by = SEVADM_VM_BY_NEXT };

	return ioctl(s->device, SEVADM_IOC_VM_QUERY, &query) ? errno : 0;
}

static int vm_create(struct scene *s)
{
	return sev_vm_create(&s->vm, &s->host, flavours[0].type, flavours[0].init, MEMORY).err;
}

static int vm_init(struct scene *s)
{
	return sev_vm_init(&s->vm).err;
}

static int vm_created_and_init(struct scene *s)
{
	return vm_create(s) ?: vm_init(s);
}

static int vm_register(struct scene *s)
{
	return sev_vm_register(&s->vm, (uintptr_t)s->vm.memory, MEMORY).err;
}

static int vm_unregister(struct scene *s)
{
	return sev_vm_unregister(&s->vm, (uintptr_t)s->vm.memory, MEMORY).err;
}

static int vm_registered(struct scene *s)
{
	return vm_created_and_init(s) ?: vm_register(s);
}

static int vm_and_device(struct scene *s)
{
	return vm_registered(s) ?: device_open(s);
}

static int vm_start(struct scene *s)
{
	struct kvm_sev_launch_start start = { .policy = flavours[0].policy };

	return sev_vm_command(&s->vm, KVM_SEV_LAUNCH_START, &start).err;
}

static int vm_started(struct scene *s)
{
	return vm_registered(s) ?: vm_start(s);
}

static int vm_update(struct scene *s)
{
	struct kvm_sev_launch_update_data data = {
		.uaddr = (uintptr_t)s->vm.memory, .len = MEMORY,
	};

	return sev_vm_command(&s->vm, KVM_SEV_LAUNCH_UPDATE_DATA, &data).err;
}

static int two_vms(struct scene *s)
{
	return vm_started(s) ?:
	       sev_vm_create(&s->other, &s->host, flavours[0].type, flavours[0].init, 0).err;
}

static int vm_mirror(struct scene *s)
{
	return sev_vm_mirror(&s->other, &s->vm).err;
}

static int vm_migrate(struct scene *s)
{
	return sev_vm_migrate(&s->other, &s->vm).err;
}

static int vm_close(struct scene *s)
{
	sev_vm_close(&s->vm);
	return 0;
}

static void vms_end(struct scene *s)
{
	sev_vm_close(&s->other);
	sev_vm_close(&s->vm);
	sev_vm_free_memory(&s->vm);
}

static void vms_and_device_end(struct scene *s)
{
	device_close(s);
	vms_end(s);
}

static int netlink_open(struct scene *s)
{
	return genl_open(&s->genl);
}

static struct genl_message *message(struct scene *s, uint8_t command, uint16_t flags)
{
	static struct genl_message request;

	genl_begin(&request, &s->genl, command, flags);
	return &request;
}

static void put_limit(struct genl_message *request, uint64_t user)
{
	genl_put_u32(request, SEVADM_A_LIMIT_SUBJECT, SEVADM_SUBJECT_USER);
	genl_put_u64(request, SEVADM_A_LIMIT_ID, user);
	genl_put_u32(request, SEVADM_A_LIMIT_RESOURCE, SEVADM_RESOURCE_PIN);
	genl_put_u64(request, SEVADM_A_LIMIT_MAX_VALUE, MEMORY);
}

static int limit_set(struct scene *s)
{
	struct genl_message *request = message(s, SEVADM_CMD_LIMIT_SET, 0);

	put_limit(request, USER);
	return genl_talk(&s->genl, request, NULL, NULL);
}

static int limit_apply(struct scene *s)
{
	struct genl_message *request = message(s, SEVADM_CMD_LIMIT_APPLY, 0);
	unsigned int i;
	size_t nest;

	for (i = 0; i < USERS; i++) {
		nest = genl_nest(request, SEVADM_A_APPLY_LIMIT);
		put_limit(request, USER + i);
		genl_nest_end(request, nest);
	}
	return genl_talk(&s->genl, request, NULL, NULL);
}

static int limits_there(struct scene *s)
{
	return netlink_open(s) ?: limit_apply(s);
}

static int limit_delete(struct scene *s)
{
	struct genl_message *request = message(s, SEVADM_CMD_LIMIT_DELETE, 0);

	genl_put_u32(request, SEVADM_A_LIMIT_SUBJECT, SEVADM_SUBJECT_USER);
	genl_put_u64(request, SEVADM_A_LIMIT_ID, USER);
	return genl_talk(&s->genl, request, NULL, NULL);
}

static int limit_get(struct scene *s)
{
	return genl_talk(&s->genl, message(s, SEVADM_CMD_LIMIT_GET, NLM_F_DUMP), NULL, NULL);
}

static void count_user(const struct nlattr *first, size_t length, void *users)
{
	const struct nlattr *attr;
	size_t rest;

	genl_for_each(attr, rest, first, length)
		if (genl_type(attr) == SEVADM_A_LIMIT_SUBJECT &&
		    genl_number(attr) == SEVADM_SUBJECT_USER)
			++*(unsigned int *)users;
}

/* A socket whose request has failed may still get that error: the next one takes another. */
static bool netlink_anew(struct scene *s)
{
	genl_close(&s->genl);
	return !netlink_open(s);
}

/* What is applied is there as a whole or not at all. */
static bool all_or_none(struct scene *s, int err)
{
	unsigned int users = 0;

	return netlink_anew(s) &&
	       !genl_talk(&s->genl, message(s, SEVADM_CMD_LIMIT_GET, NLM_F_DUMP), count_user,
			  &users) &&
	       (users == USERS || (err && !users));
}

static void limits_end(struct scene *s)
{
	if (!netlink_anew(s) ||
	    genl_talk(&s->genl, message(s, SEVADM_CMD_LIMIT_APPLY, 0), NULL, NULL))
		ksft_exit_fail_msg("limits cannot be taken away again\n");
	genl_close(&s->genl);
}

static int vm_and_netlink(struct scene *s)
{
	return vm_registered(s) ?: netlink_open(s);
}

static void vms_and_netlink_end(struct scene *s)
{
	genl_close(&s->genl);
	vms_end(s);
}

static void netlink_close(struct scene *s)
{
	genl_close(&s->genl);
}

static int status_get(struct scene *s)
{
	return genl_talk(&s->genl, message(s, SEVADM_CMD_STATUS_GET, 0), NULL, NULL);
}

static int seam_get(struct scene *s)
{
	return genl_talk(&s->genl, message(s, SEVADM_CMD_SEAM_GET, NLM_F_DUMP), NULL, NULL);
}

static int vm_get(struct scene *s)
{
	return genl_talk(&s->genl, message(s, SEVADM_CMD_VM_GET, NLM_F_DUMP), NULL, NULL);
}

static int asid_get(struct scene *s)
{
	return genl_talk(&s->genl, message(s, SEVADM_CMD_ASID_GET, NLM_F_DUMP), NULL, NULL);
}

static int stats_get(struct scene *s)
{
	return genl_talk(&s->genl, message(s, SEVADM_CMD_STATS_GET, NLM_F_DUMP), NULL, NULL);
}

static int stats_reset(struct scene *s)
{
	return genl_talk(&s->genl, message(s, SEVADM_CMD_STATS_RESET, 0), NULL, NULL);
}

static int vm_numbered(struct scene *s)
{
	struct sevadm_vm_query query = { .size = sizeof(query), .by = SEVADM_VM_BY_NEXT };
	int err = vm_and_netlink(s) ?: device_open(s);

	if (!err && ioctl(s->device, SEVADM_IOC_VM_QUERY, &query))
		err = errno;
	s->vm_id = query.vm;
	device_close(s);
	return err;
}

static int vm_get_one(struct scene *s)
{
	struct genl_message *request = message(s, SEVADM_CMD_VM_GET, 0);

	genl_put_u64(request, SEVADM_A_VM_ID, s->vm_id);
	return genl_talk(&s->genl, request, NULL, NULL);
}

static int asid_get_one(struct scene *s)
{
	struct genl_message *request = message(s, SEVADM_CMD_ASID_GET, 0);

	genl_put_u32(request, SEVADM_A_ASID_ASID, 1);
	return genl_talk(&s->genl, request, NULL, NULL);
}

/* A limit that the VM's region is too large for, and somebody who hears of the refusal. */
static int listener_and_limit(struct scene *s)
{
	struct genl_message *request;
	int err = vm_created_and_init(s) ?: netlink_open(s) ?: genl_open(&s->listener) ?:
		  genl_join(&s->listener);

	if (err)
		return err;
	request = message(s, SEVADM_CMD_LIMIT_SET, 0);
	genl_put_u32(request, SEVADM_A_LIMIT_SUBJECT, SEVADM_SUBJECT_HOST);
	genl_put_u32(request, SEVADM_A_LIMIT_RESOURCE, SEVADM_RESOURCE_PIN);
	genl_put_u64(request, SEVADM_A_LIMIT_MAX_VALUE, SEV_PAGE_SIZE);
	return genl_talk(&s->genl, request, NULL, NULL);
}

/* Well refused. */
static int vm_register_too_much(struct scene *s)
{
	int err = vm_register(s);

	return err == ENOMEM ? 0 : err ?: EPROTO;
}

/*
 * Without a fault on its way, a message comes. One user's are not sent beyond some a second
 * (module/multicast.c): then one of a later second is.
 */
static bool heard(struct scene *s, int err)
{
	unsigned int seconds;

	if (err || s->met)
		return true;
	for (seconds = 0; seconds < LISTEN_SECONDS; seconds++) {
		if (genl_event(&s->listener, 1000, NULL, NULL))
			return true;
		if (vm_register_too_much(s))
			return false;
	}
	return false;
}

static void listener_end(struct scene *s)
{
	genl_close(&s->listener);
	limits_end(s);
	vms_end(s);
}

/* The module comes after the VM. */
static int older_vm(struct scene *s)
{
	if (!kmod_unload_sevadm())
		return EBUSY;
	return vm_started(s) ?: (kmod_load("sevadm", NULL) ? netlink_open(s) : ENOEXEC);
}

static int adopt(struct scene *s)
{
	struct genl_message *request = message(s, SEVADM_CMD_ADOPT, 0);

	if (!adopt_request_put(request, NULL))
		return ENOTSUP;
	return genl_talk(&s->genl, request, NULL, NULL);
}

/* What failed is done again, and leaves nothing out: the ledger is compared after that. */
static bool adopted_in_the_end(struct scene *s, int err)
{
	return !err || (netlink_anew(s) && !adopt(s));
}

static int certificates_export(struct scene *s)
{
	void *pdh = NULL, *chain = NULL;
	uint32_t pdh_len, chain_len;
	int err = sev_host_certificates(&s->host, &pdh, &pdh_len, &chain, &chain_len).err;

	free(pdh);
	free(chain);
	return err;
}

static struct sev_outcome run_step(struct scene *s, const char *name)
{
	const struct sev_step *step = sev_step_find(name);
	struct sev_outcome out;

	if (!step)
		ksft_exit_fail_msg("there is no step %s\n", name);
	out = step->run(&s->launch);
	/* One that is to be refused ends well if it is. */
	if (step->expect)
		out.err = out.err == step->expect ? 0 : out.err ?: EPROTO;
	return out;
}

static int launch_up_to_step(struct scene *s)
{
	const struct sev_launch_options options = {
		.type = s->step.type, .init = s->step.init, .memory = MEMORY, .regions = 1,
		.policy = s->step.policy,
	};
	const struct sev_step *steps[SEV_STEPS_MAX];
	const char *missing;
	int i, count, err;
	char *wrong;

	if (!sev_launch_open(&s->launch, &options, &missing))
		return errno;
	count = sev_steps_parse(s->step.before, steps, &wrong);
	if (count < 0)
		return ENOENT;
	for (i = 0; i < count; i++) {
		err = steps[i]->run(&s->launch).err;
		if (err)
			return err;
	}
	return 0;
}

static int take_step(struct scene *s)
{
	return run_step(s, s->step.step).err;
}

static void launch_end(struct scene *s)
{
	sev_launch_close(&s->launch);
}

/* ---- the calls ------------------------------------------------------------------------------ */

#define SEV	SEV_TYPE_SEV, SEV_INIT_LEGACY, 0
#define ES	SEV_TYPE_SEV_ES, SEV_INIT_2, 4
#define SNP	SEV_TYPE_SEV_SNP, SEV_INIT_2, SEV_SNP_POLICY
#define LAUNCHED \
	"create,init,vcpu,register,launch_start,launch_update_data,measure,finish"
#define SENT	LAUNCHED ",send_start,send_update_data"
#define SNP_LAUNCHED \
	"create,init,vcpu,snp_start,snp_update,snp_finish"

/* A call that ends one way or the other; then something holds; one that ends well. */
#define BOTH(name, prepare, call, undo)							\
	{ name, prepare, call, undo, BOTH_WAYS, NULL, { 0 } }
#define HOLDS(name, prepare, call, undo, holds)						\
	{ name, prepare, call, undo, BOTH_WAYS, holds, { 0 } }
#define WELL(name, prepare, call, undo)							\
	{ name, prepare, call, undo, ALWAYS_WELL, NULL, { 0 } }

/* A step of a launch, and one that gives something back. */
#define STEP(name, flavour, before, step)						\
	{ name, launch_up_to_step, take_step, launch_end, BOTH_WAYS, NULL,		\
	  { flavour, before, step } }
#define END(name, flavour, before, step)						\
	{ name, launch_up_to_step, take_step, launch_end, ALWAYS_WELL, NULL,		\
	  { flavour, before, step } }

const struct trial trials[] = {
	BOTH("open of " SEVADM_DEVICE, nothing, device_open, device_close),
	BOTH("SEVADM_IOC_EVENT_FILTER", device_open, event_filter, device_close),
	BOTH("SEVADM_IOC_RESERVE", device_open, reserve, device_close),
	BOTH("SEVADM_IOC_RELEASE", reserved, release, device_close),
	BOTH("SEVADM_IOC_EVENT_SEEK", device_open, event_seek, device_close),
	BOTH("read of " SEVADM_DEVICE, vm_and_device, event_read, vms_and_device_end),
	BOTH("SEVADM_IOC_POOL_QUERY", device_open, pool_query, device_close),
	BOTH("SEVADM_IOC_ASID_QUERY", device_open, asid_query, device_close),
	BOTH("SEVADM_IOC_VM_QUERY", vm_and_device, vm_query, vms_and_device_end),
	BOTH("KVM_SEV_INIT", vm_create, vm_init, vms_end),
	BOTH("KVM_MEMORY_ENCRYPT_REG_REGION", vm_created_and_init, vm_register, vms_end),
	WELL("KVM_MEMORY_ENCRYPT_UNREG_REGION", vm_registered, vm_unregister, vms_end),
	BOTH("KVM_SEV_LAUNCH_START", vm_registered, vm_start, vms_end),
	BOTH("KVM_SEV_LAUNCH_UPDATE_DATA", vm_started, vm_update, vms_end),
	BOTH("KVM_CAP_VM_COPY_ENC_CONTEXT_FROM", two_vms, vm_mirror, vms_end),
	BOTH("KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM", two_vms, vm_migrate, vms_end),
	WELL("a VM's end", vm_started, vm_close, vms_end),
	BOTH("SEVADM_CMD_LIMIT_SET", netlink_open, limit_set, limits_end),
	HOLDS("SEVADM_CMD_LIMIT_APPLY", netlink_open, limit_apply, limits_end, all_or_none),
	BOTH("SEVADM_CMD_LIMIT_DELETE", limits_there, limit_delete, limits_end),
	BOTH("SEVADM_CMD_LIMIT_GET", limits_there, limit_get, limits_end),
	BOTH("SEVADM_CMD_STATUS_GET", netlink_open, status_get, netlink_close),
	BOTH("SEVADM_CMD_SEAM_GET", netlink_open, seam_get, netlink_close),
	BOTH("SEVADM_CMD_VM_GET", vm_and_netlink, vm_get, vms_and_netlink_end),
	BOTH("SEVADM_CMD_ASID_GET", vm_and_netlink, asid_get, vms_and_netlink_end),
	BOTH("SEVADM_CMD_STATS_GET", netlink_open, stats_get, netlink_close),
	BOTH("SEVADM_CMD_STATS_RESET", netlink_open, stats_reset, netlink_close),
	BOTH("SEVADM_CMD_VM_GET of one VM", vm_numbered, vm_get_one, vms_and_netlink_end),
	BOTH("SEVADM_CMD_ASID_GET of one ASID", netlink_open, asid_get_one, netlink_close),
	HOLDS("SEVADM_CMD_ADOPT", older_vm, adopt, vms_and_netlink_end, adopted_in_the_end),
	{ "SEVADM_CMD_EVENT", listener_and_limit, vm_register_too_much, listener_end,
	  ALWAYS_WELL, heard, { 0 } },
	BOTH("SEV_PDH_CERT_EXPORT", nothing, certificates_export, nothing_to_end),
	STEP("KVM_SEV_INIT2", ES, "create", "init"),
	STEP("KVM_SEV_LAUNCH_UPDATE_VMSA", ES,
	     "create,init,vcpu,register,launch_start,launch_update_data", "launch_update_vmsa"),
	STEP("KVM_SEV_LAUNCH_MEASURE", SEV, "create,init,register,launch_start,launch_update_data",
	     "measure"),
	STEP("KVM_SEV_LAUNCH_SECRET", SEV,
	     "create,init,register,launch_start,launch_update_data,measure", "secret"),
	STEP("KVM_SEV_LAUNCH_FINISH", SEV,
	     "create,init,register,launch_start,launch_update_data,measure", "finish"),
	STEP("KVM_SEV_GUEST_STATUS", SEV, LAUNCHED, "status"),
	STEP("KVM_SEV_GET_ATTESTATION_REPORT", SEV, LAUNCHED, "attestation"),
	STEP("KVM_SEV_DBG_DECRYPT", SEV, LAUNCHED, "dbg_decrypt"),
	STEP("KVM_SEV_DBG_ENCRYPT", SEV, LAUNCHED, "dbg_encrypt"),
	STEP("KVM_SEV_SEND_START", SEV, LAUNCHED, "send_start"),
	STEP("KVM_SEV_SEND_UPDATE_DATA", SEV, LAUNCHED ",send_start", "send_update_data"),
	STEP("KVM_SEV_SEND_CANCEL", SEV, LAUNCHED ",send_start", "send_cancel"),
	STEP("KVM_SEV_SEND_FINISH", SEV, SENT, "send_finish"),
	STEP("KVM_SEV_RECEIVE_START", SEV, SENT ",spare", "receive_start"),
	STEP("KVM_SEV_RECEIVE_UPDATE_DATA", SEV, SENT ",receive_start", "receive_update_data"),
	STEP("KVM_SEV_RECEIVE_FINISH", SEV, SENT ",receive_start,receive_update_data",
	     "receive_finish"),
	STEP("KVM_SEV_DBG_DECRYPT of a mirror", SEV, LAUNCHED ",mirror", "mirror_dbg"),
	STEP("KVM_CAP_VM_MOVE_ENC_CONTEXT_FROM of a mirror", SEV, LAUNCHED ",mirror,spare",
	     "migrate_mirror"),
	END("the end of a mirror", SEV, LAUNCHED ",mirror", "close_mirror"),
};

const size_t trials_nr = ARRAY_SIZE(trials);

const struct trial snp_trials[] = {
	STEP("KVM_SEV_INIT2", SNP, "create", "init"),
	STEP("KVM_SEV_SNP_LAUNCH_START", SNP, "create,init,vcpu", "snp_start"),
	STEP("KVM_SEV_SNP_LAUNCH_UPDATE", SNP, "create,init,vcpu,snp_start", "snp_update"),
	STEP("KVM_SEV_SNP_LAUNCH_FINISH", SNP, "create,init,vcpu,snp_start,snp_update",
	     "snp_finish"),
	STEP("KVM_PRE_FAULT_MEMORY", SNP, SNP_LAUNCHED, "snp_prefault"),
	END("a hole in guest_memfd", SNP, SNP_LAUNCHED ",snp_prefault", "snp_punch"),
	END("the end of a SEV-SNP guest", SNP, SNP_LAUNCHED ",snp_prefault", "close"),
};

const size_t snp_trials_nr = ARRAY_SIZE(snp_trials);
