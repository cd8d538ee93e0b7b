/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the owner of a guest computes for himself, sharing no code with the firmware.
 */
#ifndef SEV_TEST_OWNER_H
#define SEV_TEST_OWNER_H

#include <stddef.h>
#include <stdint.h>

#define DIGEST_SIZE	32
#define KEY_SIZE	16
#define CERT_SIZE	2084
#define CHAIN_SIZE	6252
#define SESSION_SIZE	128
#define HEADER_SIZE	52

struct piece {
	const void *data;
	size_t len;
};

/* The pieces end at the one without data. */
void sha256(uint8_t *digest, const struct piece *pieces);
void hmac_sha256(uint8_t *mac, const uint8_t key[KEY_SIZE], const struct piece *pieces);
void aes_ctr(const uint8_t key[KEY_SIZE], const uint8_t iv[KEY_SIZE], uint8_t *data, size_t len);

#define PIECES(...) ((const struct piece[]) { __VA_ARGS__, { NULL, 0 } })

/* The emulated firmware's certificates and signatures: see sev-keys.c. */
void owner_cert(uint8_t cert[CERT_SIZE], uint32_t usage, uint8_t seed);
void owner_sign(uint8_t cert[CERT_SIZE], int slot, const uint8_t signer[CERT_SIZE]);
void owner_signature(uint8_t *digest, const uint8_t signer[CERT_SIZE], const void *data,
		     size_t len);

struct owner {
	uint8_t cert[CERT_SIZE];
	uint8_t session[SESSION_SIZE];
	uint8_t tek[KEY_SIZE];
	uint8_t tik[KEY_SIZE];
};

/* Prepares a launch on the platform whose PDH certificate is given. */
void owner_prepare(struct owner *owner, const uint8_t pdh[CERT_SIZE], uint32_t policy);
/* Encrypts @data in place, for a guest that was measured as @measurement. */
void owner_secret(const struct owner *owner, const uint8_t measurement[DIGEST_SIZE],
		  uint8_t *data, uint32_t len, uint8_t header[HEADER_SIZE]);

#endif
