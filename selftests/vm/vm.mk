# SPDX-License-Identifier: GPL-2.0-only
# What the emulated SEV host is made of, each made before it is needed. sevhost makes by itself what
# is missing; these are for making it beforehand, and for the newest kernels that apt offers.

VM	:= $(dir $(lastword $(MAKEFILE_LIST)))
VM_KERNELS ?= 6.1 6.12

.PHONY: vm vm-qemu vm-kernels vm-image vm-kvm-selftests
vm: vm-qemu vm-kernels vm-image vm-kvm-selftests

vm-qemu:
	@$(VM)qemu/build

vm-kernels:
	@set -e; for series in $(VM_KERNELS); do $(VM)kernels/fetch $$series; done

vm-image:
	@$(VM)image/base
	@$(VM)image/qemu
	@$(VM)image/qemu-snp

vm-kvm-selftests:
	@set -e; for series in $(VM_KERNELS); do $(VM)kvm-selftests/build $$series; done
