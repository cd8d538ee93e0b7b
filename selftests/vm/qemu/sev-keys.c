// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measurements, transport keys and packets are the real ones: SHA-256, HMAC-SHA-256, AES-128-CTR
 * and the key derivation of SP 800-108, byte for byte as AMD's SEV API specification (55766) and
 * its published firmware have them, so whoever holds a guest's transport keys can check a launch
 * measurement or prepare a secret with the usual tools.
 *
 * Elliptic curves are not emulated. A public key is a random point that is on no curve, and
 *   the shared secret of two keys  = SHA-256(the lesser point || the greater point)
 *   the signature of a key         = SHA-256(its point || what it signs), zero-padded
 * which anybody can compute: enough for tests to play the other party, and no secret is kept here.
 */
#include "qemu/osdep.h"
#include "qemu/bswap.h"
#include "qemu/guest-random.h"
#include "qemu/iov.h"
#include "crypto/aes.h"
#include "hw/i386/sev-keys.h"
#include "hw/i386/sev-status.h"

#define CERT_VERSION		1
#define CURVE_P384		2
#define POINT_BYTES		48

#define USAGE_OCA		0x1001
#define USAGE_PEK		0x1002
#define USAGE_PDH		0x1003
#define USAGE_CEK		0x1004
#define USAGE_NONE		0x1000

#define ALGO_ECDSA_SHA256	0x002
#define ALGO_ECDH_SHA256	0x003

#define CONTEXT_MEASURE		0x04

static struct iovec part(const void *base, size_t len)
{
	return (struct iovec) { .iov_base = (void *)base, .iov_len = len };
}

static void sha256(uint8_t *digest, const struct iovec *iov, int parts)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	gsize len = SEV_DIGEST_SIZE;

	for (int i = 0; i < parts; i++)
		g_checksum_update(sum, iov[i].iov_base, iov[i].iov_len);
	g_checksum_get_digest(sum, digest, &len);
}

static void hmac(uint8_t *mac, const uint8_t *key, size_t key_len, const struct iovec *iov,
		 int parts)
{
	GHmac *h = g_hmac_new(G_CHECKSUM_SHA256, key, key_len);
	gsize len = SEV_DIGEST_SIZE;

	for (int i = 0; i < parts; i++)
		g_hmac_update(h, iov[i].iov_base, iov[i].iov_len);
	g_hmac_get_digest(h, mac, &len);
	g_hmac_unref(h);
}

static void aes_ctr(const uint8_t *key, const uint8_t *iv, uint8_t *data, size_t len)
{
	uint8_t counter[AES_BLOCK_SIZE], stream[AES_BLOCK_SIZE];
	AES_KEY aes;

	AES_set_encrypt_key(key, 8 * SEV_KEY_SIZE, &aes);
	memcpy(counter, iv, sizeof(counter));
	for (size_t i = 0; i < len; i++) {
		if (i % AES_BLOCK_SIZE == 0) {
			AES_encrypt(counter, stream, &aes);
			for (int j = AES_BLOCK_SIZE; j-- && !++counter[j];)
				;
		}
		data[i] ^= stream[i % AES_BLOCK_SIZE];
	}
}

/* SP 800-108 in counter mode; nothing longer than one HMAC is ever derived. */
static void derive(uint8_t *out, size_t len, const uint8_t *key, size_t key_len,
		   const char *label, const uint8_t *context, size_t context_len)
{
	uint32_t i = cpu_to_le32(1), bits = cpu_to_le32(8 * len);
	uint8_t mac[SEV_DIGEST_SIZE];
	struct iovec parts[] = {
		part(&i, sizeof(i)), part(label, strlen(label) + 1),
		part(context, context_len), part(&bits, sizeof(bits)),
	};

	hmac(mac, key, key_len, parts, ARRAY_SIZE(parts));
	memcpy(out, mac, len);
}

/* Certificates */

static void cert_create(SevCert *cert, uint32_t usage, uint8_t api_major, uint8_t api_minor)
{
	SevPoint *point = &cert->body.key.point;

	memset(cert, 0, sizeof(*cert));
	cert->body.version = cpu_to_le32(CERT_VERSION);
	cert->body.api_major = api_major;
	cert->body.api_minor = api_minor;
	cert->body.key.usage = cpu_to_le32(usage);
	cert->body.key.algo = cpu_to_le32(usage == USAGE_PDH ? ALGO_ECDH_SHA256 :
							       ALGO_ECDSA_SHA256);
	cert->body.key.curve = cpu_to_le32(CURVE_P384);
	qemu_guest_getrandom_nofail(point->x, POINT_BYTES);
	qemu_guest_getrandom_nofail(point->y, POINT_BYTES);
	cert->sig[0].usage = cpu_to_le32(USAGE_NONE);
	cert->sig[1].usage = cpu_to_le32(USAGE_NONE);
}

static void signature(uint8_t *value, const SevPublicKey *key, const void *data, size_t len)
{
	struct iovec parts[] = { part(&key->point, sizeof(key->point)), part(data, len) };

	sha256(value, parts, ARRAY_SIZE(parts));
}

static void cert_sign(SevCert *cert, int slot, const SevCert *signer)
{
	SevSignature *sig = &cert->sig[slot];

	memset(sig, 0, sizeof(*sig));
	sig->usage = signer->body.key.usage;
	sig->algo = signer->body.key.algo;
	signature(sig->value, &signer->body.key, &cert->body, sizeof(cert->body));
}

static uint16_t cert_check(const SevCert *cert, uint32_t usage, const SevCert *signer)
{
	const SevPublicKey *key = &cert->body.key;
	uint32_t algo = usage == USAGE_PDH ? ALGO_ECDH_SHA256 : ALGO_ECDSA_SHA256;
	uint8_t value[SEV_DIGEST_SIZE];

	if (le32_to_cpu(cert->body.version) != CERT_VERSION || le32_to_cpu(key->usage) != usage ||
	    le32_to_cpu(key->algo) != algo || le32_to_cpu(key->curve) != CURVE_P384)
		return SEV_INVALID_CERTIFICATE;
	if (!signer)
		return SEV_SUCCESS;
	signature(value, &signer->body.key, &cert->body, sizeof(cert->body));
	for (int i = 0; i < ARRAY_SIZE(cert->sig); i++) {
		if (cert->sig[i].usage == signer->body.key.usage &&
		    !memcmp(cert->sig[i].value, value, sizeof(value)))
			return SEV_SUCCESS;
	}
	return SEV_BAD_SIGNATURE;
}

/* Generates what is missing, and everything that hangs on it. */
void sev_identity_fill(SevIdentity *id, uint8_t api_major, uint8_t api_minor)
{
	SevCertChain *chain = &id->chain;

	if (!chain->cek.body.version)
		cert_create(&chain->cek, USAGE_CEK, api_major, api_minor);
	if (!chain->oca.body.version) {
		cert_create(&chain->oca, USAGE_OCA, api_major, api_minor);
		cert_sign(&chain->oca, 0, &chain->oca);
		memset(&chain->pek, 0, sizeof(chain->pek));
	}
	if (!chain->pek.body.version) {
		cert_create(&chain->pek, USAGE_PEK, api_major, api_minor);
		cert_sign(&chain->pek, 0, &chain->oca);
		cert_sign(&chain->pek, 1, &chain->cek);
		sev_identity_drop_pdh(id);
	}
	if (!id->pdh.body.version) {
		cert_create(&id->pdh, USAGE_PDH, api_major, api_minor);
		cert_sign(&id->pdh, 0, &chain->pek);
	}
}

void sev_identity_drop_pdh(SevIdentity *id)
{
	memset(&id->pdh, 0, sizeof(id->pdh));
}

uint16_t sev_identity_import(SevIdentity *id, const SevCert *pek, const SevCert *oca)
{
	uint16_t status = cert_check(oca, USAGE_OCA, oca);

	if (!status)
		status = cert_check(pek, USAGE_PEK, oca);
	if (!status && memcmp(&pek->body, &id->chain.pek.body, sizeof(pek->body)))
		status = SEV_INVALID_CERTIFICATE;
	if (status)
		return status;
	id->chain.oca = *oca;
	cert_sign(&id->chain.pek, 0, oca);
	id->owned = 1;
	sev_identity_drop_pdh(id);
	return SEV_SUCCESS;
}

/* The receiving platform must belong to our owner. */
uint16_t sev_cert_check_domain(const SevCertChain *chain, const SevCert *pdh,
			       const SevIdentity *own)
{
	uint16_t status = cert_check(&chain->oca, USAGE_OCA, &chain->oca);

	if (!status)
		status = cert_check(&chain->pek, USAGE_PEK, &chain->oca);
	if (!status)
		status = cert_check(pdh, USAGE_PDH, &chain->pek);
	if (!status && memcmp(&chain->oca, &own->chain.oca, sizeof(chain->oca)))
		status = SEV_POLICY_FAILURE;
	return status;
}

/* The receiving platform must be one of AMD's; AMD's own RSA certificates are not looked at. */
uint16_t sev_cert_check_platform(const SevCertChain *chain, const SevCert *pdh)
{
	uint16_t status = cert_check(&chain->cek, USAGE_CEK, NULL);

	if (!status)
		status = cert_check(&chain->pek, USAGE_PEK, &chain->cek);
	if (!status)
		status = cert_check(pdh, USAGE_PDH, &chain->pek);
	return status;
}

/* Sessions */

typedef struct SessionKeys {
	uint8_t kek[SEV_KEY_SIZE];
	uint8_t kik[SEV_KEY_SIZE];
} SessionKeys;

static void session_keys(const SevCert *a, const SevCert *b, const uint8_t *nonce,
			 SessionKeys *keys)
{
	const SevPoint *p = &a->body.key.point, *q = &b->body.key.point;
	uint8_t shared[SEV_DIGEST_SIZE], master[SEV_KEY_SIZE];
	struct iovec parts[2];

	if (memcmp(p, q, sizeof(*p)) > 0) {
		const SevPoint *greater = p;

		p = q;
		q = greater;
	}
	parts[0] = part(p, sizeof(*p));
	parts[1] = part(q, sizeof(*q));
	sha256(shared, parts, ARRAY_SIZE(parts));
	derive(master, sizeof(master), shared, sizeof(shared), "sev-master-secret", nonce,
	       SEV_NONCE_SIZE);
	derive(keys->kek, sizeof(keys->kek), master, sizeof(master), "sev-kek", NULL, 0);
	derive(keys->kik, sizeof(keys->kik), master, sizeof(master), "sev-kik", NULL, 0);
}

static void policy_mac(uint8_t *mac, const SevChannel *channel, uint32_t policy)
{
	uint32_t le = cpu_to_le32(policy);
	struct iovec parts[] = { part(&le, sizeof(le)) };

	hmac(mac, channel->tik, sizeof(channel->tik), parts, ARRAY_SIZE(parts));
}

static void wrap_mac(uint8_t *mac, const SessionKeys *keys, const SevSession *session)
{
	struct iovec parts[] = { part(session->wrapped, sizeof(session->wrapped)) };

	hmac(mac, keys->kik, sizeof(keys->kik), parts, ARRAY_SIZE(parts));
}

uint16_t sev_session_create(const SevIdentity *id, const SevCert *peer, uint32_t policy,
			    SevSession *session, SevChannel *channel)
{
	uint16_t status = cert_check(peer, USAGE_PDH, NULL);
	SessionKeys keys;

	if (status)
		return status;
	memset(channel, 0, sizeof(*channel));
	qemu_guest_getrandom_nofail(channel->tek, sizeof(channel->tek));
	qemu_guest_getrandom_nofail(channel->tik, sizeof(channel->tik));
	qemu_guest_getrandom_nofail(session->nonce, sizeof(session->nonce));
	qemu_guest_getrandom_nofail(session->wrap_iv, sizeof(session->wrap_iv));
	session_keys(&id->pdh, peer, session->nonce, &keys);
	memcpy(session->wrapped, channel->tek, SEV_KEY_SIZE);
	memcpy(session->wrapped + SEV_KEY_SIZE, channel->tik, SEV_KEY_SIZE);
	aes_ctr(keys.kek, session->wrap_iv, session->wrapped, sizeof(session->wrapped));
	wrap_mac(session->wrap_mac, &keys, session);
	policy_mac(session->policy_mac, channel, policy);
	return SEV_SUCCESS;
}

uint16_t sev_session_open(const SevIdentity *id, const SevCert *peer, uint32_t policy,
			  const SevSession *session, SevChannel *channel)
{
	uint16_t status = cert_check(peer, USAGE_PDH, NULL);
	uint8_t keys_wrapped[2 * SEV_KEY_SIZE], mac[SEV_DIGEST_SIZE];
	SessionKeys keys;

	if (status)
		return status;
	session_keys(&id->pdh, peer, session->nonce, &keys);
	wrap_mac(mac, &keys, session);
	if (memcmp(mac, session->wrap_mac, sizeof(mac)))
		return SEV_BAD_MEASUREMENT;
	memcpy(keys_wrapped, session->wrapped, sizeof(keys_wrapped));
	aes_ctr(keys.kek, session->wrap_iv, keys_wrapped, sizeof(keys_wrapped));
	memset(channel, 0, sizeof(*channel));
	memcpy(channel->tek, keys_wrapped, SEV_KEY_SIZE);
	memcpy(channel->tik, keys_wrapped + SEV_KEY_SIZE, SEV_KEY_SIZE);
	policy_mac(mac, channel, policy);
	return memcmp(mac, session->policy_mac, sizeof(mac)) ? SEV_BAD_MEASUREMENT : SEV_SUCCESS;
}

/* Guests */

/* HMAC(4 || API_MAJOR || API_MINOR || BUILD || POLICY || LD || MNONCE; TIK): section 6.5.1. */
void sev_measure(const SevLaunch *launch, SevChannel *channel, SevMeasurement *measurement)
{
	uint8_t head[] = { CONTEXT_MEASURE, launch->api_major, launch->api_minor, launch->build };
	uint32_t policy = cpu_to_le32(launch->policy);
	struct iovec parts[] = {
		part(head, sizeof(head)), part(&policy, sizeof(policy)),
		part(launch->digest, SEV_DIGEST_SIZE),
		part(measurement->nonce, sizeof(measurement->nonce)),
	};

	qemu_guest_getrandom_nofail(measurement->nonce, sizeof(measurement->nonce));
	hmac(measurement->digest, channel->tik, sizeof(channel->tik), parts, ARRAY_SIZE(parts));
	memcpy(channel->measurement, measurement->digest, sizeof(channel->measurement));
}

void sev_attest(const SevIdentity *id, SevAttestation *report)
{
	const SevPublicKey *pek = &id->chain.pek.body.key;

	report->sig_usage = pek->usage;
	report->sig_algo = pek->algo;
	signature(report->sig, pek, report, offsetof(SevAttestation, sig_usage));
}

static void packet_mac(uint8_t *mac, SevPacketKind kind, const SevChannel *channel,
		       const uint8_t *data, uint32_t len, const SevPacketHeader *header)
{
	uint32_t le = cpu_to_le32(len);
	uint8_t context = kind;
	struct iovec parts[] = {
		part(&context, sizeof(context)), part(&header->flags, sizeof(header->flags)),
		part(header->iv, sizeof(header->iv)), part(&le, sizeof(le)),
		part(&le, sizeof(le)), part(data, len),
		part(channel->measurement,
		     kind == SEV_PACKET_SECRET ? sizeof(channel->measurement) : 0),
	};

	hmac(mac, channel->tik, sizeof(channel->tik), parts, ARRAY_SIZE(parts));
}

void sev_packet_seal(SevPacketKind kind, const SevChannel *channel, uint8_t *data, uint32_t len,
		     SevPacketHeader *header)
{
	header->flags = 0;
	qemu_guest_getrandom_nofail(header->iv, sizeof(header->iv));
	aes_ctr(channel->tek, header->iv, data, len);
	packet_mac(header->mac, kind, channel, data, len, header);
}

uint16_t sev_packet_open(SevPacketKind kind, const SevChannel *channel, uint8_t *data,
			 uint32_t len, const SevPacketHeader *header)
{
	uint8_t mac[SEV_DIGEST_SIZE];

	/* Compressed, which AMD's firmware cannot read either. */
	if (header->flags)
		return SEV_UNSUPPORTED;
	packet_mac(mac, kind, channel, data, len, header);
	if (memcmp(mac, header->mac, sizeof(mac)))
		return SEV_BAD_MEASUREMENT;
	aes_ctr(channel->tek, header->iv, data, len);
	return SEV_SUCCESS;
}
