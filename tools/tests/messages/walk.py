#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Lists the messages about encrypted guests that a source tree prints.

walk.py COMPONENT VERSION TREE: prints COMPONENT, VERSION, file, function and the text of each
message, separated by tabs. In a text, %d stands for a decimal number, %x for one in hexadecimal
(with or without 0x), %s for anything.
"""
import glob
import os
import re
import sys

# Files of which every message counts, and files of which those do that speak of encrypted guests.
OWN = {
    "kernel": ["drivers/crypto/ccp/sev-dev*.c", "arch/x86/kvm/svm/sev.c", "arch/x86/virt/svm/sev.c",
               "virt/kvm/guest_memfd.c"],
    "guest": ["arch/x86/coco/sev/*.c", "arch/x86/boot/compressed/sev*.c", "arch/x86/kernel/sev*.c",
              "drivers/virt/coco/sev-guest/*.c"],
    "qemu": ["target/i386/sev*.c", "target/i386/confidential-guest.c", "backends/igvm*.c",
             "target/i386/igvm.c", "backends/confidential-guest-support.c"],
    "libvirt": [],
    "ovmf": ["OvmfPkg/AmdSev/BlobVerifierLibSevHashes/*.c", "OvmfPkg/Library/AmdSvsmLib/*.c",
             "UefiCpuPkg/Library/MpInitLib/X64/AmdSev.c"],
}
MIXED = {
    "kernel": ["drivers/crypto/ccp/psp-dev.c", "drivers/iommu/amd/init.c"],
    "guest": ["arch/x86/boot/startup/*.c", "arch/x86/mm/mem_encrypt*.c", "kernel/dma/swiotlb.c",
              "arch/x86/kernel/apic/x2apic_savic.c"],
    "qemu": ["hw/i386/pc_sysfw*.c", "hw/i386/x86*.c", "accel/kvm/kvm-all.c", "target/i386/kvm/kvm.c",
             "*/physmem.c", "*/runstate.c", "*/vl.c", "hw/core/machine.c", "hw/virtio/virtio-bus.c"],
    "libvirt": ["src/qemu/*.c", "src/conf/domain_conf.c", "src/conf/domain_validate.c",
                "src/security/*.c", "src/util/virprocess.c"],
    "ovmf": ["OvmfPkg/Library/CcExitLib/*.c", "OvmfPkg/Sec/AmdSev.c", "OvmfPkg/PlatformPei/AmdSev.c",
             "OvmfPkg/Tcg/TpmMmioSevDecryptPei/*.c", "OvmfPkg/AmdSevDxe/*.c"],
}
ABOUT = re.compile(r"SEV|SNP|\bRMP\b|GHCB|\bPSP\b|\bpsp\b|VMPCK|guest_memfd|[Cc]onfidential|[Ll]aunch "
                   r"sec|[Mm]emory encryption|encrypted memory|locked memory|memlock|private guest "
                   r"memory|resettable|[Ss]tateless|swiotlb|SWIOTLB|Secure AVIC|decrypt|unencrypted|"
                   r"reset vector|iommu_platform|locking memory")

CALLS = re.compile(
    r"\b((?:pr_(?:err|warn|notice|info|crit|alert|emerg)|dev_(?:err|warn|notice|info|crit|alert)"
    r"|pci_(?:err|warn|notice|info)|error_report|error_setg|warn_report|info_report|printk"
    r"|virReport\w*Error|vcpu_unimpl|vm_unimpl)\w*|WARN(?:_ONCE)?|panic|error|warn|DEBUG"
    r"|early_printk|VIR_(?:WARN|ERROR))\s*\(")
TOKEN = re.compile(r'"((?:\\.|[^"\\\n])*)"|([A-Za-z_]\w*)|(\S)')
MACROS = {"PRIx64": "x", "PRIX64": "x", "PRIu64": "d", "PRId64": "d", "PRIx32": "x", "PRIu32": "d",
          "HWADDR_PRIx": "x", "RAM_ADDR_FMT": "%x", "PRIuSIZE": "d", "PRIu8": "d", "PRIx8": "x",
          "G_GSIZE_FORMAT": "d", "G_GUINT64_FORMAT": "d", "HWADDR_FMT_plx": "%x", "DEVICE_NAME": ""}
TRANSLATED = re.compile(r'\s*_\(\s*("(?:\\.|[^"\\\n])*"(?:\s*"(?:\\.|[^"\\\n])*")*)')
FUNCTION = re.compile(r"^(?![ \t#}/*])[^\n;={]*?\b([A-Za-z_]\w*)\s*\([^;{]*?\)[^;{=]*?\{", re.M | re.S)


def without_comments(text):
    def blank(match):
        found = match.group(0)
        return found if found[0] in "\"'" else re.sub(r"[^\n]", " ", found)

    return re.sub(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?\*/|//[^\n]*', blank, text,
                  flags=re.S)


def literal(text, at):
    """Return the first text among the arguments that begin at @at, or None."""
    depth, found = 1, None
    while True:
        token = TOKEN.search(text, at)
        if not token:
            return found
        at = token.end()
        string, word, sign = token.groups()
        if string is not None:
            found = (found or "") + string
        elif word and found is not None:
            if word not in MACROS:
                return found
            found += MACROS[word]
        elif sign == "," and found == "%s":
            more = TRANSLATED.match(text, at)
            return "".join(re.findall(r'"((?:\\.|[^"\\\n])*)"', more.group(1))) if more else found
        elif sign and found is not None and sign in ",()":
            return found
        elif sign == "(":
            depth += 1
        elif sign == ")":
            depth -= 1
            if not depth:
                return found
        elif sign == ";":
            return found


def canonical(text):
    def conversion(match):
        kind = match.group(0)[-1]
        if match.group(0).startswith("%p"):
            return "%s"
        return "%d" if kind in "diu" else "%x" if kind in "xX" else "%s"

    text = re.sub(r"\\[nr]", "", text).replace("\\t", " ").replace('\\"', '"')
    text = re.sub(r"%\d+\$", "%", text)
    text = re.sub(r"0x%(?=[-#0-9.*lLhzjt]*[xX])", "%", text)
    text = re.sub(r"%p[A-Za-z]{0,3}|%[-+ #0]*[0-9*]*(?:\.[0-9*]+)?(?:hh|h|ll|l|z|j|t|L)?[a-zA-Z]",
                  conversion, text)
    return text.replace("%%", "%").strip()


def messages(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        text = without_comments(file.read())
    functions = [(match.start(), match.group(1)) for match in FUNCTION.finditer(text)]
    for call in CALLS.finditer(text):
        found = literal(text, call.end())
        if found is None or not re.search("[A-Za-z]{3}", found):
            continue
        name = "?"
        for start, function in functions:
            if start > call.start():
                break
            name = function
        yield name, canonical(found)


def main(component, version, tree):
    for patterns, mixed in ((OWN[component], False), (MIXED[component], True)):
        paths = {path for pattern in patterns for path in glob.glob(os.path.join(tree, pattern))}
        for path in sorted(paths):
            for function, text in messages(path):
                if not mixed or ABOUT.search(text):
                    print(component, version, os.path.relpath(path, tree), function, text, sep="\t")


if __name__ == "__main__":
    main(*sys.argv[1:])
