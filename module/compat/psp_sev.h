/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The security processor's commands: kernels that cannot host SEV-SNP guests have no names for
 * those of SNP, whose numbers are the firmware ABI's (56860). Probed in compat/Kbuild.include.
 */
#ifndef SEVADM_COMPAT_PSP_SEV_H
#define SEVADM_COMPAT_PSP_SEV_H

#include <linux/psp-sev.h>

#ifndef SEVADM_HAVE_SEV_CMD_SNP
enum {
	SEV_CMD_SNP_INIT = 0x81,
	SEV_CMD_SNP_SHUTDOWN = 0x82,
	SEV_CMD_SNP_DF_FLUSH = 0x84,
	SEV_CMD_SNP_INIT_EX = 0x85,
	SEV_CMD_SNP_SHUTDOWN_EX = 0x86,
	SEV_CMD_SNP_DECOMMISSION = 0x90,
	SEV_CMD_SNP_ACTIVATE = 0x91,
	SEV_CMD_SNP_GUEST_STATUS = 0x92,
	SEV_CMD_SNP_GCTX_CREATE = 0x93,
	SEV_CMD_SNP_GUEST_REQUEST = 0x94,
	SEV_CMD_SNP_LAUNCH_START = 0xa0,
	SEV_CMD_SNP_LAUNCH_UPDATE = 0xa1,
	SEV_CMD_SNP_LAUNCH_FINISH = 0xa2,
	SEV_CMD_SNP_DBG_DECRYPT = 0xb0,
	SEV_CMD_SNP_DBG_ENCRYPT = 0xb1,
};
#endif

#endif /* SEVADM_COMPAT_PSP_SEV_H */
