/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * AES-256-GCM (NIST SP 800-38D) with an IV of 96 bits and a tag of 128.
 */
#ifndef HW_I386_SEV_GCM_H
#define HW_I386_SEV_GCM_H

#define SEV_GCM_KEY	32
#define SEV_GCM_IV	12
#define SEV_GCM_TAG	16

typedef struct SevGcm {
	const uint8_t *key, *iv;
	const void *aad;
	size_t aad_len;
} SevGcm;

/* In place. */
void sev_gcm_seal(const SevGcm *gcm, uint8_t *data, size_t len, uint8_t tag[SEV_GCM_TAG]);
/* False, and nothing is decrypted: the tag is wrong. */
bool sev_gcm_open(const SevGcm *gcm, uint8_t *data, size_t len, const uint8_t tag[SEV_GCM_TAG]);

#endif
