// SPDX-License-Identifier: GPL-2.0-only
/* The shape of a VM, as libvirt's documentation of its domain XML has the defaults. */
#include "memlock/shape.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "report/xml.h"
#include "report/xml_value.h"

#define KIB	((uint64_t)1 << 10)
#define MIB	((uint64_t)1 << 20)

/* No adapter has as much: what is larger is held to it, so that sums stay far from 2^64. */
#define ATTRIBUTE_KIB_MAX	(1ULL << 32)

/* Debian's OVMF_CODE_4M.fd and OVMF_VARS_4M.fd, the larger of the two sizes that it comes in. */
#define OVMF_CODE_BYTES	(3653632ULL)
#define OVMF_VARS_BYTES	(540672ULL)

/* efi-virtio.rom, 160 KiB, in a memory block of a power of two (QEMU's pci_add_option_rom()). */
#define NIC_ROM_BYTES	(256 * KIB)

void vm_shape_default(struct vm_shape *shape, uint64_t ram)
{
	enum memlock_match match;

	*shape = (struct vm_shape) {
		.figures = memlock_figures_shipped(0, &match),
		.encrypted = true,
		.type = SEVADM_VM_TYPE_SEV,
		.ram = ram,
		.ram_max = ram,
		.firmware = OVMF_CODE_BYTES,
		.variables = OVMF_VARS_BYTES,
		.vcpus = 1,
		.hard_limit = MEMLOCK_UNLIMITED,
	};
}

uint64_t vm_shape_blocks(const struct vm_shape *shape)
{
	return shape->ram + shape->video + shape->firmware + shape->variables + VM_OWN_ROMS +
	       shape->roms + VM_ACPI_TABLES;
}

/* QEMU maps flash in whole pages. */
static bool file_bytes(const char *path, uint64_t *bytes)
{
	struct stat st;

	if (!path || stat(path, &st) || !S_ISREG(st.st_mode) || !st.st_size)
		return false;
	*bytes = ((uint64_t)st.st_size + 4095) & ~4095ULL;
	return true;
}

static void take_flash(struct vm_shape *shape, const xmlNode *loader, const xmlNode *nvram)
{
	char path[4096];

	shape->firmware_known = loader && file_bytes(xml_text(loader, path, sizeof(path)),
						     &shape->firmware);
	/* libvirt copies the template when the domain is started for the first time. */
	if (!nvram || (!file_bytes(xml_text(nvram, path, sizeof(path)), &shape->variables) &&
		       !file_bytes(xml_attribute(nvram, "template"), &shape->variables)))
		shape->firmware_known = false;
}

static uint64_t attribute_kib(const xmlNode *node, const char *name, uint64_t otherwise)
{
	const char *text = xml_attribute(node, name);

	unsigned long long kib;

	if (!text)
		return otherwise;
	kib = strtoull(text, NULL, 10);
	return (kib < ATTRIBUTE_KIB_MAX ? kib : ATTRIBUTE_KIB_MAX) * KIB;
}

/* libvirt: qemuDomainDefaultVideoRAM(); QEMU's std VGA and virtio-vga have 16 MiB by default. */
static uint64_t video_bytes(const xmlNode *devices)
{
	const xmlNode *video, *model;
	uint64_t sum = 0;

	xml_for_each(video, devices, "video") {
		model = xml_find(video, "model");
		if (xml_is(model, "type", "none"))
			continue;
		if (xml_is(model, "type", "qxl"))
			sum += attribute_kib(model, "ram", 64 * MIB) +
			       attribute_kib(model, "vram", 64 * MIB);
		else
			sum += attribute_kib(model, "vram", 16 * MIB);
	}
	return sum;
}

static uint64_t rom_bytes(const xmlNode *devices)
{
	const xmlNode *nic;
	uint64_t sum = 0;

	xml_for_each(nic, devices, "interface")
		if (!xml_is(xml_find(nic, "rom"), "enabled", "no"))
			sum += NIC_ROM_BYTES;
	return sum;
}

static unsigned int count_qxl(const xmlNode *devices)
{
	const xmlNode *video;
	unsigned int nr = 0;

	xml_for_each(video, devices, "video")
		nr += xml_is(xml_find(video, "model"), "type", "qxl");
	return nr;
}

static bool has_vhost_user(const xmlNode *devices)
{
	const xmlNode *node;

	xml_for_each(node, devices, "interface")
		if (xml_is(node, "type", "vhostuser"))
			return true;
	xml_for_each(node, devices, "disk")
		if (xml_is(node, "type", "vhostuser"))
			return true;
	return false;
}

static unsigned int count(const xmlNode *devices, const char *name)
{
	const xmlNode *node;
	unsigned int nr = 0;

	xml_for_each(node, devices, name)
		nr++;
	return nr;
}

static unsigned int number(const xmlNode *node, unsigned int otherwise)
{
	uint64_t value;

	return xml_number(node, &value) && value && value <= 4096 ? value : otherwise;
}

static void take_launch(struct vm_shape *shape, const xmlNode *launch)
{
	uint64_t policy;

	shape->encrypted = xml_is(launch, "type", "sev") || xml_is(launch, "type", "sev-snp");
	shape->foreign = launch && !shape->encrypted;
	if (xml_is(launch, "type", "sev-snp"))
		shape->type = SEVADM_VM_TYPE_SEV_SNP;
	else if (shape->encrypted && xml_number(xml_find(launch, "policy"), &policy) && policy & 4)
		shape->type = SEVADM_VM_TYPE_SEV_ES;
}

bool vm_shape_domain(struct vm_shape *shape, const xmlNode *root, const char **why)
{
	const xmlNode *devices = xml_find(root, "devices");
	uint64_t bytes;

	if (!xml_bytes(xml_find(root, "memory"), &bytes) || !bytes || bytes >= 1ULL << 52) {
		*why = "its <memory> is missing or is not a size";
		return false;
	}
	vm_shape_default(shape, bytes);
	take_launch(shape, xml_find(root, "launchSecurity"));
	if (xml_bytes(xml_find(root, "maxMemory"), &bytes) && bytes > shape->ram &&
	    bytes < 1ULL << 52)
		shape->ram_max = bytes;
	shape->video = video_bytes(devices);
	shape->roms = rom_bytes(devices);
	take_flash(shape, xml_find(root, "os/loader"), xml_find(root, "os/nvram"));
	shape->vcpus = number(xml_find(root, "vcpu"), 1);
	shape->iothreads = number(xml_find(root, "iothreads"), 0);
	shape->qxl = count_qxl(devices);
	shape->disks = count(devices, "disk");
	shape->graphics = count(devices, "graphics");
	shape->vfio = count(devices, "hostdev");
	shape->vhost_user = has_vhost_user(devices);
	shape->hugepages = xml_find(root, "memoryBacking/hugepages");
	shape->locked = xml_find(root, "memoryBacking/locked");
	/* libvirt takes VIR_DOMAIN_MEMORY_PARAM_UNLIMITED KiB and more for no limit. */
	if (xml_bytes(xml_find(root, "memtune/hard_limit"), &bytes) &&
	    bytes / KIB < 9007199254740991ULL)
		shape->hard_limit = bytes;
	return true;
}
