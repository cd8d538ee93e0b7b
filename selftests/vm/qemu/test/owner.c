// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest owner's side of a launch: FIPS 180-4, FIPS 197, RFC 2104, SP 800-108 and the formats of
 * AMD's SEV API specification (55766), chapters 2 and 6.
 */
#include "owner.h"

#include <stdbool.h>
#include <string.h>

#define ALGO_ECDSA_SHA256	2
#define ALGO_ECDH_SHA256	3
#define USAGE_PDH		0x1003
#define CURVE_P384		2
#define CERT_BODY		1044
#define CERT_POINT		20
#define POINT_SIZE		144
#define SIGNATURE_SIZE		520

static uint32_t rotate(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

/* The first 32 bits of a root's fraction: the n-th prime's cube root, or square root. */
static uint32_t root_bits(int prime, bool cube)
{
	/* The greatest x with x^2 or x^3 <= prime * 2^64 or 2^96, bit by bit. */
	unsigned __int128 x = 0;

	for (int bit = 36; bit >= 0; bit--) {
		unsigned __int128 y = x | (unsigned __int128)1 << bit;

		if (cube ? y * y * y <= (unsigned __int128)prime << 96 :
			   y * y <= (unsigned __int128)prime << 64)
			x = y;
	}
	return (uint32_t)x;
}

struct sha256 {
	uint32_t h[8], k[64];
	uint8_t block[64];
	uint64_t len;
};

static void sha256_init(struct sha256 *s)
{
	int n = 0;

	memset(s, 0, sizeof(*s));
	for (int prime = 2; n < 64; prime++) {
		bool is_prime = true;

		for (int i = 2; i * i <= prime; i++)
			is_prime &= prime % i != 0;
		if (!is_prime)
			continue;
		if (n < 8)
			s->h[n] = root_bits(prime, false);
		s->k[n++] = root_bits(prime, true);
	}
}

static void sha256_block(struct sha256 *s)
{
	uint32_t w[64], v[8];

	for (int i = 0; i < 16; i++)
		w[i] = (uint32_t)s->block[4 * i] << 24 | s->block[4 * i + 1] << 16 |
		       s->block[4 * i + 2] << 8 | s->block[4 * i + 3];
	for (int i = 16; i < 64; i++)
		w[i] = w[i - 16] + w[i - 7] +
		       (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3) +
		       (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
	memcpy(v, s->h, sizeof(v));
	for (int i = 0; i < 64; i++) {
		uint32_t t1 = v[7] + (rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)) +
			      ((v[4] & v[5]) ^ (~v[4] & v[6])) + s->k[i] + w[i];
		uint32_t t2 = (rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)) +
			      ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof(*v));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (int i = 0; i < 8; i++)
		s->h[i] += v[i];
}

static void sha256_add(struct sha256 *s, const void *data, size_t len)
{
	for (const uint8_t *p = data; len; len--) {
		s->block[s->len++ % 64] = *p++;
		if (s->len % 64 == 0)
			sha256_block(s);
	}
}

static void sha256_end(struct sha256 *s, uint8_t *digest)
{
	uint64_t bits = 8 * s->len;
	uint8_t tail[8];

	sha256_add(s, "\x80", 1);
	while (s->len % 64 != 56)
		sha256_add(s, "", 1);
	for (int i = 0; i < 8; i++)
		tail[i] = bits >> (56 - 8 * i);
	sha256_add(s, tail, sizeof(tail));
	for (int i = 0; i < DIGEST_SIZE; i++)
		digest[i] = s->h[i / 4] >> (24 - i % 4 * 8);
}

static void sha256_pieces(struct sha256 *s, const struct piece *p)
{
	for (; p->data; p++)
		sha256_add(s, p->data, p->len);
}

void sha256(uint8_t *digest, const struct piece *pieces)
{
	struct sha256 s;

	sha256_init(&s);
	sha256_pieces(&s, pieces);
	sha256_end(&s, digest);
}

static void hmac(uint8_t *mac, const uint8_t *key, size_t key_len, const struct piece *pieces)
{
	uint8_t pad[64] = {};
	struct sha256 s;

	memcpy(pad, key, key_len);
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36;
	sha256_init(&s);
	sha256_add(&s, pad, sizeof(pad));
	sha256_pieces(&s, pieces);
	sha256_end(&s, mac);
	for (size_t i = 0; i < sizeof(pad); i++)
		pad[i] ^= 0x36 ^ 0x5c;
	sha256(mac, PIECES({ pad, sizeof(pad) }, { mac, DIGEST_SIZE }));
}

void hmac_sha256(uint8_t *mac, const uint8_t key[KEY_SIZE], const struct piece *pieces)
{
	hmac(mac, key, KEY_SIZE, pieces);
}

static uint8_t gf_double(uint8_t x)
{
	return x << 1 ^ (x & 0x80 ? 0x1b : 0);
}

static uint8_t gf_mul(uint8_t x, uint8_t y)
{
	uint8_t product = 0;

	for (; y; y >>= 1, x = gf_double(x))
		product ^= y & 1 ? x : 0;
	return product;
}

static uint8_t aes_sbox(uint8_t x)
{
	uint8_t inverse = 1;

	/* x^254 */
	for (int i = 0; i < 254; i++)
		inverse = gf_mul(inverse, x);
	x = inverse;
	for (int i = 1; i < 5; i++)
		x ^= (uint8_t)(inverse << i | inverse >> (8 - i));
	return x ^ 0x63;
}

static void aes_encrypt(const uint8_t key[KEY_SIZE], uint8_t state[KEY_SIZE])
{
	uint8_t round_key[KEY_SIZE], next[KEY_SIZE], constant = 1;

	memcpy(round_key, key, KEY_SIZE);
	for (int round = 0; round <= 10; round++) {
		for (int i = 0; i < KEY_SIZE; i++)
			state[i] ^= round_key[i];
		if (round == 10)
			break;
		for (int i = 0; i < KEY_SIZE; i++)
			next[i] = aes_sbox(state[(i + 4 * (i % 4)) % KEY_SIZE]);
		for (int i = 0; i < KEY_SIZE; i++) {
			const uint8_t *column = next + i / 4 * 4;

			state[i] = round == 9 ? next[i] :
				   gf_mul(column[i % 4], 2) ^ gf_mul(column[(i + 1) % 4], 3) ^
				   column[(i + 2) % 4] ^ column[(i + 3) % 4];
		}
		for (int i = 0; i < 4; i++)
			round_key[i] ^= aes_sbox(round_key[12 + (i + 1) % 4]) ^
					(i ? 0 : constant);
		for (int i = 4; i < KEY_SIZE; i++)
			round_key[i] ^= round_key[i - 4];
		constant = gf_double(constant);
	}
}

void aes_ctr(const uint8_t key[KEY_SIZE], const uint8_t iv[KEY_SIZE], uint8_t *data, size_t len)
{
	uint8_t counter[KEY_SIZE], stream[KEY_SIZE];

	memcpy(counter, iv, KEY_SIZE);
	for (size_t i = 0; i < len; i++) {
		if (i % KEY_SIZE == 0) {
			memcpy(stream, counter, KEY_SIZE);
			aes_encrypt(key, stream);
			for (int j = KEY_SIZE; j-- && !++counter[j];)
				;
		}
		data[i] ^= stream[i % KEY_SIZE];
	}
}

static void put32(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = value >> 8 * i;
}

void owner_cert(uint8_t cert[CERT_SIZE], uint32_t usage, uint8_t seed)
{
	memset(cert, 0, CERT_SIZE);
	put32(cert, 1);
	put32(cert + 8, usage);
	put32(cert + 12, usage == USAGE_PDH ? ALGO_ECDH_SHA256 : ALGO_ECDSA_SHA256);
	put32(cert + 16, CURVE_P384);
	memset(cert + CERT_POINT, seed, POINT_SIZE);
}

void owner_signature(uint8_t *digest, const uint8_t signer[CERT_SIZE], const void *data,
		     size_t len)
{
	sha256(digest, PIECES({ signer + CERT_POINT, POINT_SIZE }, { data, len }));
}

void owner_sign(uint8_t cert[CERT_SIZE], int slot, const uint8_t signer[CERT_SIZE])
{
	uint8_t *signature = cert + CERT_BODY + slot * SIGNATURE_SIZE;

	memset(signature, 0, SIGNATURE_SIZE);
	memcpy(signature, signer + 8, 8);	/* usage, algorithm */
	owner_signature(signature + 8, signer, cert, CERT_BODY);
}

static void derive(uint8_t *out, const uint8_t *key, size_t key_len, const char *label,
		   const uint8_t *context, size_t context_len)
{
	uint8_t mac[DIGEST_SIZE], one[4], bits[4];

	put32(one, 1);
	put32(bits, 8 * KEY_SIZE);
	hmac(mac, key, key_len, PIECES({ one, 4 }, { label, strlen(label) + 1 },
				       { context, context_len }, { bits, 4 }));
	memcpy(out, mac, KEY_SIZE);
}

void owner_prepare(struct owner *o, const uint8_t pdh[CERT_SIZE], uint32_t policy)
{
	uint8_t *nonce = o->session, *wrapped = nonce + KEY_SIZE, *iv = wrapped + 2 * KEY_SIZE;
	uint8_t *wrap_mac = iv + KEY_SIZE, *policy_mac = wrap_mac + DIGEST_SIZE;
	uint8_t shared[DIGEST_SIZE], master[KEY_SIZE], kek[KEY_SIZE], kik[KEY_SIZE], le_policy[4];
	const uint8_t *lesser, *greater;

	owner_cert(o->cert, USAGE_PDH, 0x77);
	lesser = o->cert + CERT_POINT;
	greater = pdh + CERT_POINT;
	if (memcmp(lesser, greater, POINT_SIZE) > 0) {
		lesser = greater;
		greater = o->cert + CERT_POINT;
	}
	sha256(shared, PIECES({ lesser, POINT_SIZE }, { greater, POINT_SIZE }));
	for (int i = 0; i < KEY_SIZE; i++) {
		nonce[i] = i;
		iv[i] = 0xf0 + i;
		o->tek[i] = 3 * i;
		o->tik[i] = 7 * i;
	}
	derive(master, shared, DIGEST_SIZE, "sev-master-secret", nonce, KEY_SIZE);
	derive(kek, master, KEY_SIZE, "sev-kek", (void *)"", 0);
	derive(kik, master, KEY_SIZE, "sev-kik", (void *)"", 0);
	memcpy(wrapped, o->tek, KEY_SIZE);
	memcpy(wrapped + KEY_SIZE, o->tik, KEY_SIZE);
	aes_ctr(kek, iv, wrapped, 2 * KEY_SIZE);
	hmac_sha256(wrap_mac, kik, PIECES({ wrapped, 2 * KEY_SIZE }));
	put32(le_policy, policy);
	hmac_sha256(policy_mac, o->tik, PIECES({ le_policy, 4 }));
}

void owner_secret(const struct owner *o, const uint8_t measurement[DIGEST_SIZE], uint8_t *data,
		  uint32_t len, uint8_t header[HEADER_SIZE])
{
	uint8_t *iv = header + 4, *mac = iv + KEY_SIZE, le_len[4];

	memset(header, 0, HEADER_SIZE);
	memset(iv, 0xff, KEY_SIZE);
	put32(le_len, len);
	aes_ctr(o->tek, iv, data, len);
	hmac_sha256(mac, o->tik, PIECES({ "\x01", 1 }, { header, 4 + KEY_SIZE }, { le_len, 4 },
					{ le_len, 4 }, { data, len },
					{ measurement, DIGEST_SIZE }));
}
