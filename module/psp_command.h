/* SPDX-License-Identifier: GPL-2.0-only */
/* What the command buffers of the security processor say about guests. */
#ifndef SEVADM_PSP_COMMAND_H
#define SEVADM_PSP_COMMAND_H

#include <linux/types.h>

/**
 * struct sevadm_psp_guest - what a command says about a guest
 * @known: SEVADM_KNOWN_HANDLE, _ASID, _POLICY, _BYTES
 * @handle: firmware's handle of the guest
 * @asid: ASID that is bound
 * @policy: guest policy
 * @bytes: length of the data the command is about
 */
struct sevadm_psp_guest {
	u32 known;
	u32 handle;
	u32 asid;
	u64 policy;
	u64 bytes;
};

void sevadm_psp_decode(u32 command, const void *buffer, struct sevadm_psp_guest *guest);
bool sevadm_psp_asks_length(u32 command, const void *buffer);
int sevadm_psp_next_state(u32 command);

#endif /* SEVADM_PSP_COMMAND_H */
