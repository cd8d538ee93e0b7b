// SPDX-License-Identifier: GPL-2.0-only
/*
 * AES-256-GCM: NIST SP 800-38D, by names of its chapters 6 and 7. Bit by bit: messages are short.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "crypto/aes.h"
#include "hw/i386/sev-gcm.h"

#define BLOCK	16

typedef struct Block {
	uint64_t high, low;
} Block;

static Block multiply(Block x, Block y)
{
	Block z = {};

	for (int i = 0; i < 128; i++) {
		bool carry = y.low & 1;

		if ((i < 64 ? x.high >> (63 - i) : x.low >> (127 - i)) & 1) {
			z.high ^= y.high;
			z.low ^= y.low;
		}
		y.low = y.low >> 1 | y.high << 63;
		y.high = y.high >> 1 ^ (carry ? 0xe1ULL << 56 : 0);
	}
	return z;
}

static void ghash(Block *y, Block h, const uint8_t *data, size_t len)
{
	for (size_t done = 0; done < len; done += BLOCK) {
		uint8_t block[BLOCK] = {};

		memcpy(block, data + done, MIN(BLOCK, len - done));
		y->high ^= ldq_be_p(block);
		y->low ^= ldq_be_p(block + 8);
		*y = multiply(*y, h);
	}
}

static void gctr(const AES_KEY *key, const uint8_t *iv, uint32_t counter, uint8_t *data, size_t len)
{
	uint8_t block[BLOCK], stream[BLOCK];

	memcpy(block, iv, SEV_GCM_IV);
	for (size_t i = 0; i < len; i++) {
		if (i % BLOCK == 0) {
			stl_be_p(block + SEV_GCM_IV, counter++);
			AES_encrypt(block, stream, key);
		}
		data[i] ^= stream[i % BLOCK];
	}
}

/* Of the ciphertext. */
static void authenticate(const SevGcm *gcm, const AES_KEY *key, const uint8_t *data, size_t len,
			 uint8_t tag[SEV_GCM_TAG])
{
	uint8_t zero[BLOCK] = {}, hash_key[BLOCK], lengths[BLOCK];
	Block y = {}, h;

	AES_encrypt(zero, hash_key, key);
	h = (Block) { ldq_be_p(hash_key), ldq_be_p(hash_key + 8) };
	ghash(&y, h, gcm->aad, gcm->aad_len);
	ghash(&y, h, data, len);
	stq_be_p(lengths, 8 * gcm->aad_len);
	stq_be_p(lengths + 8, 8 * len);
	ghash(&y, h, lengths, sizeof(lengths));
	stq_be_p(tag, y.high);
	stq_be_p(tag + 8, y.low);
	gctr(key, gcm->iv, 1, tag, SEV_GCM_TAG);
}

void sev_gcm_seal(const SevGcm *gcm, uint8_t *data, size_t len, uint8_t tag[SEV_GCM_TAG])
{
	AES_KEY key;

	AES_set_encrypt_key(gcm->key, 8 * SEV_GCM_KEY, &key);
	gctr(&key, gcm->iv, 2, data, len);
	authenticate(gcm, &key, data, len, tag);
}

bool sev_gcm_open(const SevGcm *gcm, uint8_t *data, size_t len, const uint8_t tag[SEV_GCM_TAG])
{
	uint8_t right[SEV_GCM_TAG];
	AES_KEY key;

	AES_set_encrypt_key(gcm->key, 8 * SEV_GCM_KEY, &key);
	authenticate(gcm, &key, data, len, right);
	if (memcmp(right, tag, sizeof(right)))
		return false;
	gctr(&key, gcm->iv, 2, data, len);
	return true;
}
