// SPDX-License-Identifier: GPL-2.0-only
/*
 * Firmware commands that move guests between platforms, and the sessions and packets that a launch
 * uses as well.
 */
#include "qemu/osdep.h"
#include "hw/i386/sev-commands.h"

/* The policy is checked where the guest's owner vouches for it, which takes a session. */
uint16_t sev_session_read(SevFirmware *fw, const SevCmdStart *c, SevChannel *channel)
{
	uint8_t major = POLICY_API_MAJOR(c->policy), minor = POLICY_API_MINOR(c->policy);
	SevSession session;
	uint16_t status;
	SevCert peer;

	if (c->session_len != sizeof(session) || c->cert_len != sizeof(peer))
		return SEV_INVALID_LEN;
	status = sev_memory_read(fw, c->session_address, &session, sizeof(session));
	if (!status)
		status = sev_memory_read(fw, c->cert_address, &peer, sizeof(peer));
	if (!status)
		status = sev_session_open(&fw->identity, &peer, c->policy, &session, channel);
	if (!status && (c->policy & POLICY_RESERVED || major > fw->config.api_major ||
			(major == fw->config.api_major && minor > fw->config.api_minor)))
		status = SEV_POLICY_FAILURE;
	return status;
}

uint16_t sev_transport_in(SevFirmware *fw, const SevCmdTransport *c, const SevGuest *guest,
			  SevPacketKind kind)
{
	SevPacketHeader header;
	uint16_t status;

	if (!QEMU_IS_ALIGNED(c->guest_address, BLOCK_SIZE))
		return SEV_INVALID_ADDRESS;
	if (c->header_len != sizeof(header) || !c->guest_len || c->guest_len > SCRATCH_SIZE ||
	    !QEMU_IS_ALIGNED(c->guest_len, BLOCK_SIZE) || c->guest_len != c->trans_len)
		return SEV_INVALID_LEN;
	status = sev_memory_read(fw, c->header_address, &header, sizeof(header));
	if (!status)
		status = sev_memory_read(fw, c->trans_address, fw->scratch, c->trans_len);
	if (!status)
		status = sev_packet_open(kind, &guest->channel, fw->scratch, c->trans_len, &header);
	return status ?: sev_memory_write(fw, c->guest_address, fw->scratch, c->guest_len);
}

static uint16_t receiver_check(SevFirmware *fw, const SevCmdSendStart *c, uint32_t policy,
			       const SevCert *pdh)
{
	SevCertChain chain;
	uint16_t status;

	if (!(policy & (POLICY_SEV | POLICY_DOMAIN)))
		return SEV_SUCCESS;
	if (c->chain_len != sizeof(chain))
		return SEV_INVALID_LEN;
	status = sev_memory_read(fw, c->chain_address, &chain, sizeof(chain));
	if (!status && policy & POLICY_SEV) {
		uint8_t major = chain.pek.body.api_major, minor = chain.pek.body.api_minor;

		status = sev_cert_check_platform(&chain, pdh);
		if (!status && (major < POLICY_API_MAJOR(policy) ||
				(major == POLICY_API_MAJOR(policy) &&
				 minor < POLICY_API_MINOR(policy))))
			status = SEV_POLICY_FAILURE;
	}
	if (!status && policy & POLICY_DOMAIN)
		status = sev_cert_check_domain(&chain, pdh, &fw->identity);
	return status;
}

uint16_t sev_cmd_send_start(SevFirmware *fw, void *buffer, SevGuest *guest)
{
	SevCmdSendStart *c = buffer;
	SevChannel channel;
	SevSession session;
	uint16_t status;
	SevCert pdh;

	if (c->session_len != sizeof(session)) {
		c->session_len = sizeof(session);
		return SEV_INVALID_LEN;
	}
	if (guest->policy & POLICY_NOSEND)
		return SEV_POLICY_FAILURE;
	if (c->pdh_len != sizeof(pdh))
		return SEV_INVALID_LEN;
	status = sev_memory_read(fw, c->pdh_address, &pdh, sizeof(pdh));
	if (!status)
		status = receiver_check(fw, c, guest->policy, &pdh);
	if (!status)
		status = sev_session_create(&fw->identity, &pdh, guest->policy, &session, &channel);
	if (!status)
		status = sev_memory_write(fw, c->session_address, &session, sizeof(session));
	if (status)
		return status;
	guest->channel = channel;
	guest->state = GUEST_SUPDATE;
	c->policy = guest->policy;
	return SEV_SUCCESS;
}

uint16_t sev_cmd_send_update_data(SevFirmware *fw, void *buffer, SevGuest *guest)
{
	SevCmdTransport *c = buffer;
	SevPacketHeader header;
	uint16_t status;

	if (c->header_len < sizeof(header)) {
		c->header_len = sizeof(header);
		return SEV_INVALID_LEN;
	}
	if (!c->guest_len || c->guest_len > SCRATCH_SIZE || c->trans_len < c->guest_len ||
	    !QEMU_IS_ALIGNED(c->guest_len, BLOCK_SIZE))
		return SEV_INVALID_LEN;
	if (!QEMU_IS_ALIGNED(c->guest_address, BLOCK_SIZE))
		return SEV_INVALID_ADDRESS;
	status = sev_memory_read(fw, c->guest_address, fw->scratch, c->guest_len);
	if (status)
		return status;
	sev_packet_seal(SEV_PACKET_DATA, &guest->channel, fw->scratch, c->guest_len, &header);
	status = sev_memory_write(fw, c->trans_address, fw->scratch, c->guest_len);
	return status ?: sev_memory_write(fw, c->header_address, &header, sizeof(header));
}

uint16_t sev_cmd_send_update_vmsa(SevFirmware *fw, void *buffer, SevGuest *guest)
{
	return guest->policy & POLICY_ES ? sev_cmd_send_update_data(fw, buffer, guest) :
					   SEV_UNSUPPORTED;
}

uint16_t sev_cmd_send_finish(SevFirmware *fw, void *buffer, SevGuest *guest)
{
	memset(&guest->channel, 0, sizeof(guest->channel));
	guest->state = GUEST_SENT;
	return SEV_SUCCESS;
}

uint16_t sev_cmd_send_cancel(SevFirmware *fw, void *buffer, SevGuest *guest)
{
	memset(&guest->channel, 0, sizeof(guest->channel));
	guest->state = GUEST_RUNNING;
	return SEV_SUCCESS;
}

uint16_t sev_cmd_receive_start(SevFirmware *fw, void *buffer, SevGuest *none)
{
	SevChannel channel;
	uint16_t status = sev_session_read(fw, buffer, &channel);

	return status ?: sev_guest_create(fw, buffer, GUEST_RUPDATE, &channel);
}

uint16_t sev_cmd_receive_update_data(SevFirmware *fw, void *buffer, SevGuest *guest)
{
	return sev_transport_in(fw, buffer, guest, SEV_PACKET_DATA);
}

uint16_t sev_cmd_receive_update_vmsa(SevFirmware *fw, void *buffer, SevGuest *guest)
{
	return guest->policy & POLICY_ES ? sev_transport_in(fw, buffer, guest, SEV_PACKET_DATA) :
					   SEV_UNSUPPORTED;
}

uint16_t sev_cmd_receive_finish(SevFirmware *fw, void *buffer, SevGuest *guest)
{
	memset(&guest->channel, 0, sizeof(guest->channel));
	guest->state = GUEST_RUNNING;
	return SEV_SUCCESS;
}
