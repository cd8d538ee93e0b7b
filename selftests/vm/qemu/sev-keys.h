/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keys, certificates and protected packets of the emulated firmware: their wire formats (appendix C
 * and chapter 4 of AMD's SEV API specification, document 55766) and what is done with them.
 */
#ifndef HW_I386_SEV_KEYS_H
#define HW_I386_SEV_KEYS_H

#define SEV_DIGEST_SIZE		32
#define SEV_KEY_SIZE		16
#define SEV_NONCE_SIZE		16

typedef struct QEMU_PACKED SevPoint {
	uint8_t x[72];
	uint8_t y[72];
} SevPoint;

typedef struct QEMU_PACKED SevPublicKey {
	uint32_t usage;
	uint32_t algo;
	uint32_t curve;
	SevPoint point;
	uint8_t unused[880];
} SevPublicKey;

typedef struct QEMU_PACKED SevSignature {
	uint32_t usage;
	uint32_t algo;
	uint8_t value[512];
} SevSignature;

typedef struct QEMU_PACKED SevCertBody {
	uint32_t version;
	uint8_t api_major;
	uint8_t api_minor;
	uint8_t reserved[2];
	SevPublicKey key;
} SevCertBody;

typedef struct QEMU_PACKED SevCert {
	SevCertBody body;
	SevSignature sig[2];
} SevCert;

typedef struct QEMU_PACKED SevCertChain {
	SevCert pek;
	SevCert oca;
	SevCert cek;
} SevCertChain;

QEMU_BUILD_BUG_ON(sizeof(SevCert) != 2084);
QEMU_BUILD_BUG_ON(sizeof(SevCertChain) != 6252);

typedef struct QEMU_PACKED SevIdentity {
	uint8_t owned;		/* the OCA is not the firmware's own */
	SevCertChain chain;
	SevCert pdh;
} SevIdentity;

typedef struct QEMU_PACKED SevSession {
	uint8_t nonce[SEV_NONCE_SIZE];
	uint8_t wrapped[2 * SEV_KEY_SIZE];
	uint8_t wrap_iv[SEV_KEY_SIZE];
	uint8_t wrap_mac[SEV_DIGEST_SIZE];
	uint8_t policy_mac[SEV_DIGEST_SIZE];
} SevSession;

typedef struct QEMU_PACKED SevPacketHeader {
	uint32_t flags;
	uint8_t iv[SEV_KEY_SIZE];
	uint8_t mac[SEV_DIGEST_SIZE];
} SevPacketHeader;

typedef struct QEMU_PACKED SevMeasurement {
	uint8_t digest[SEV_DIGEST_SIZE];
	uint8_t nonce[SEV_NONCE_SIZE];
} SevMeasurement;

typedef struct QEMU_PACKED SevAttestation {
	uint8_t nonce[SEV_NONCE_SIZE];
	uint8_t launch_digest[SEV_DIGEST_SIZE];
	uint32_t policy;
	uint32_t sig_usage;
	uint32_t sig_algo;
	uint32_t reserved;
	uint8_t sig[144];
} SevAttestation;

QEMU_BUILD_BUG_ON(sizeof(SevAttestation) != 208);

/* A guest's transport keys: zero, as in AMD's firmware, if its launch brought no session. */
typedef struct SevChannel {
	uint8_t tek[SEV_KEY_SIZE];
	uint8_t tik[SEV_KEY_SIZE];
	uint8_t measurement[SEV_DIGEST_SIZE];
} SevChannel;

typedef struct SevLaunch {
	uint8_t api_major;
	uint8_t api_minor;
	uint8_t build;
	uint32_t policy;
	const uint8_t *digest;
} SevLaunch;

typedef enum SevPacketKind {
	SEV_PACKET_SECRET = 0x01,
	SEV_PACKET_DATA = 0x02,
} SevPacketKind;

void sev_identity_fill(SevIdentity *id, uint8_t api_major, uint8_t api_minor);
void sev_identity_drop_pdh(SevIdentity *id);
uint16_t sev_identity_import(SevIdentity *id, const SevCert *pek, const SevCert *oca);
uint16_t sev_cert_check_domain(const SevCertChain *chain, const SevCert *pdh,
			       const SevIdentity *own);
uint16_t sev_cert_check_platform(const SevCertChain *chain, const SevCert *pdh);

uint16_t sev_session_create(const SevIdentity *id, const SevCert *peer, uint32_t policy,
			    SevSession *session, SevChannel *channel);
uint16_t sev_session_open(const SevIdentity *id, const SevCert *peer, uint32_t policy,
			  const SevSession *session, SevChannel *channel);

void sev_measure(const SevLaunch *launch, SevChannel *channel, SevMeasurement *measurement);
void sev_attest(const SevIdentity *id, SevAttestation *report);

void sev_packet_seal(SevPacketKind kind, const SevChannel *channel, uint8_t *data, uint32_t len,
		     SevPacketHeader *header);
uint16_t sev_packet_open(SevPacketKind kind, const SevChannel *channel, uint8_t *data,
			 uint32_t len, const SevPacketHeader *header);

#endif
