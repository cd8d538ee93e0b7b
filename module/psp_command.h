/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the command buffers of the security processor say about guests, and what commands do to
 * them.
 */
#ifndef SEVADM_PSP_COMMAND_H
#define SEVADM_PSP_COMMAND_H

#include <linux/types.h>

/**
 * enum sevadm_psp_effect - what a command that has succeeded did to a guest as a whole
 * @SEVADM_PSP_NO_EFFECT: nothing
 * @SEVADM_PSP_BOUND: an ASID was bound to it
 * @SEVADM_PSP_ENDED: the firmware has forgotten it
 */
enum sevadm_psp_effect {
	SEVADM_PSP_NO_EFFECT,
	SEVADM_PSP_BOUND,
	SEVADM_PSP_ENDED,
};

/**
 * struct sevadm_psp_guest - what a command says about a guest
 * @known: SEVADM_KNOWN_HANDLE, _ASID, _POLICY, _BYTES, _KIND
 * @handle: firmware's handle of the guest
 * @asid: ASID that is bound
 * @policy: guest policy
 * @bytes: length of the data the command is about
 * @gctx: physical address of a SEV-SNP guest's context page, which names the guest instead of a
 *	handle; 0: none. It never leaves the module
 * @message: physical address of a message of the guest's, whose header has its type; 0: none. It
 *	never leaves the module either
 * @kind: type of the page that is launched
 * @state: enum sevadm_vm_state the guest is in once the command has succeeded; negative: as before
 * @effect: what the command does to a guest as a whole once it has succeeded
 */
struct sevadm_psp_guest {
	u32 known;
	u32 handle;
	u32 asid;
	u64 policy;
	u64 bytes;
	u64 gctx;
	u64 message;
	u32 kind;
	int state;
	enum sevadm_psp_effect effect;
};

void sevadm_psp_decode(u32 command, const void *buffer, struct sevadm_psp_guest *guest);
bool sevadm_psp_asks_length(u32 command, const void *buffer);

#endif /* SEVADM_PSP_COMMAND_H */
