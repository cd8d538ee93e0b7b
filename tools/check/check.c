// SPDX-License-Identifier: GPL-2.0-only
/* sevadm check: find what would keep a guest from starting. The commands. */
#include "check/check.h"
#include "memlock/command.h"

const struct command check_commands[] = {
	{ "host", NULL, "whether this host can run SEV guests, and which ones",
	  check_host_options, check_host },
	{ "domain", "FILE...", "whether libvirt domains can start as encrypted VMs",
	  check_domain_options, check_domain },
	{ "kubevirt", "FILE...", "whether KubeVirt's VMs can start as encrypted VMs",
	  check_kubevirt_options, check_kubevirt },
	{ "qemu", "PID | -- ARGUMENTS...", "whether a command line of QEMU's can start an encrypted VM",
	  check_qemu_options, check_qemu },
	{ "kata", "FILE...", "whether Kata Containers' configuration.toml starts confidential guests",
	  check_settings_options, check_kata },
	{ "nova", "FILE...", "whether properties of a flavour and an image of Nova's start encrypted VMs",
	  check_settings_options, check_nova },
	{ "proxmox", "FILE...", "whether VMs of Proxmox VE can start as encrypted VMs",
	  check_settings_options, check_proxmox },
	{ "incus", "FILE...", "whether instances of Incus can start as encrypted VMs",
	  check_settings_options, check_incus },
	{ "policy", "VALUE", "whether a guest can start with this policy", policy_check_options,
	  policy_check },
	{ "memlock", "FILE|PID...", "whether a VM's limits on memory let it start, or go on",
	  check_memlock_options, check_memlock },
	{ "ledger", NULL, "whether the module's ledger equals what kvm_amd believes",
	  check_ledger_options, check_ledger },
	{ "rules", NULL, "what is checked, and who says so", check_rules_options, check_rules },
	{}
};
