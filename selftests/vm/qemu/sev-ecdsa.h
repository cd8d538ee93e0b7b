/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ECDSA over P-384 with SHA-384 (FIPS 186-4), with keys and signatures laid out as AMD's firmware
 * has them (document 56860, "signature formats"): numbers are little-endian and padded to 72 bytes.
 */
#ifndef HW_I386_SEV_ECDSA_H
#define HW_I386_SEV_ECDSA_H

#define SEV_ECDSA_NUMBER	72
#define SEV_ECDSA_CURVE_P384	2
#define SEV_ECDSA_KEY_SIZE	0x404	/* curve, X, Y, zeroes */
#define SEV_ECDSA_SIG_SIZE	0x200	/* R, S, zeroes */
#define SEV_ECDSA_SECRET_SIZE	48

bool sev_ecdsa_verify(const uint8_t key[SEV_ECDSA_KEY_SIZE], const uint8_t sig[SEV_ECDSA_SIG_SIZE],
		      const void *data, size_t len);
/* The nonce is made from the key and the message, so the same report has the same signature. */
void sev_ecdsa_sign(const uint8_t secret[SEV_ECDSA_SECRET_SIZE], uint8_t sig[SEV_ECDSA_SIG_SIZE],
		    const void *data, size_t len);
void sev_ecdsa_public(const uint8_t secret[SEV_ECDSA_SECRET_SIZE],
		      uint8_t key[SEV_ECDSA_KEY_SIZE]);

#endif
