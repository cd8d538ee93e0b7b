#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What sevadm -j prints is what Documentation/sevadm.schema.json says: no key is missing, none is
undocumented."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = "tools/tests/data"
HOST = f"{DATA}/domain/host.json"
SEVADM = os.environ.get("SEVADM", str(ROOT / "build/bin/sevadm"))
SCHEMA = json.loads((ROOT / "Documentation/sevadm.schema.json").read_text())

TASK = {"vm": 3, "pid": 812, "comm": "qemu", "uid": 1000, "ret": 0}
MANY = {"count": 1, "repeated": False}
FIRMWARE = {"fw_error": 0, "fw_error_name": "SUCCESS", "length_query": False}
PIN = {"command": "REGISTER_REGION", **TASK, "bytes": 4096, "pages": 1, "transient": False, "pinned_bytes": 0,
       "limit_bytes": None, "refusal": None, "duration_ns": 7, **MANY}
EVENTS = [
    {"event": "psp", "command": "LAUNCH_START", "command_id": 48, "asid": 1, "handle": 1, **TASK, **FIRMWARE,
     "bytes": None, "psp_ns": 5, "wait_ns": 1, "kind": None, "kind_name": None},
    {"event": "kvm", "command": "LAUNCH_START", "command_id": 2, "peer_vm": None, **TASK, **FIRMWARE,
     "duration_ns": 9, **MANY},
    {"event": "pin", **PIN}, {"event": "unpin", **PIN},
    {"event": "asid", "asid": 1, "pool": "sev", "state": "used", "vm": 3, "count": 0},
    {"event": "limit", **TASK, "subject": "host", "resource": "pin", "knob": "max", "unit": "bytes", "current": 1,
     "limit": None, "unlimited": ["limit"],
     "amount": 2, **MANY},
    {"event": "lost", "count": 3},
]

# What is printed, in $defs; lines: an object a line; the command.
CASES = [
    ("version", False, "version"),
    ("error", False, "vm"),
    ("error", False, "nonsense"),
    ("rules", False, "check rules"),
    ("check", True, f"check domain --host {HOST} {DATA}/domain/bad {DATA}/domain/good"),
    ("check", True, f"check domain --host {DATA}/domain/hosts-snp {DATA}/domain/base-snp.xml"),
    ("check", True, f"check kubevirt {DATA}/kubevirt/bad"),
    ("check", True, f"check proxmox {DATA}/settings/proxmox.conf"),
    ("check", True, f"check qemu --host {HOST} -- qemu -object sev-guest,id=sev0"),
    ("check", True, f"check memlock --host {HOST} {DATA}/domain/guide.xml"),
    ("check", True, f"check memlock {os.getpid()}"),
    ("check", True, "check policy 0x42"),
    ("check", True, "policy check --type sev-snp 0x30000"),
    ("check", True, "check host"),
    ("check", True, f"check host --host {DATA}/domain/hosts-snp"),
    ("check", True, f"check qemu --host {DATA}/domain/hosts-snp -- qemu -object sev-snp-guest,id=sev0"),
    ("policies", False, "policy decode 0x7 0x30000"),
    ("policy", False, "policy encode nodbg es"),
    ("certificate", False, f"policy certificate {DATA}/dh-cert.bin"),
    ("certificate", False, f"policy session {DATA}/session.base64"),
    ("recommendation", False, f"recommend memlock --host {HOST} --memory 4G"),
    ("recommendation", False, f"recommend memlock --host {HOST} {DATA}/plain.xml"),
    ("memory", False, f"recommend memory --host {HOST} --memory 4G --count 3"),
    ("memory", False, f"recommend memory --host {DATA}/new.json --memory 4G --type plain --hugepages"),
    ("check", True, f"check host --host {DATA}/planned.json --host {DATA}/small.json --plan {DATA}/plan"),
    ("explain", False, "explain fw_error=7"),
    ("report", False, "trace report RECORDING"),
    ("stats", False, "trace stats RECORDING"),
    ("calibration", False, f"recommend memlock --calibrate --qemu {DATA}/qemu-stand-in --file RECORDING"),
]


def closed(schema):
    """Return the schema with objects that have no keys but those it lists."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: closed(part) for key, part in schema.items()}
    # Of a recording's header, every version has more.
    if "properties" in schema and "format" not in schema["properties"]:
        schema.setdefault("additionalProperties", False)
    return schema


def faults(jsonschema, name, value):
    schema = {**closed(SCHEMA), "$ref": f"#/$defs/{name}"}
    checker = jsonschema.Draft202012Validator(schema)
    for fault in checker.iter_errors(value):
        yield f"{'/'.join(map(str, fault.absolute_path))}: {fault.message[:300]}"


def check_case(jsonschema, name, lines, words):
    run = subprocess.run([SEVADM, "-j", *words], capture_output=True, text=True, cwd=ROOT, check=False)
    try:
        values = [json.loads(text) for text in (run.stdout.splitlines() if lines else [run.stdout])]
    except json.JSONDecodeError as error:
        return [f"no JSON: {error}: {run.stdout[:300]}; stderr: {run.stderr[:300]}"]
    wrong = [fault for value in values for fault in faults(jsonschema, name, value)]
    if name == "error" and not run.returncode:
        wrong.append("it says that it failed, and ends with 0")
    if not values:
        wrong.append(f"nothing was printed; stderr: {run.stderr[:300]}")
    return wrong


def main():
    # Debian's package is Debian's Python's.
    try:
        import jsonschema
    except ImportError:
        if sys.executable != "/usr/bin/python3":
            os.execv("/usr/bin/python3", ["/usr/bin/python3", __file__])
        raise
    failed = 0
    print(f"TAP version 13\n1..{len(CASES) + 1}")
    with tempfile.TemporaryDirectory() as folder:
        recording = pathlib.Path(folder, "recording")
        rows = [{"format": "sevadm-trace", "version": 1},
                *({"seq": i, "time_ns": 10 * i, **event} for i, event in enumerate(EVENTS)),
                {"end": True, "events": len(EVENTS) - 1, "lost": 3}]
        recording.write_text("".join(json.dumps(row) + "\n" for row in rows))
        results = [("the lines of a recording", [fault for row in rows for fault in faults(jsonschema, "recording", row)])]
        for name, lines, command in CASES:
            words = [str(recording) if word == "RECORDING" else word for word in command.split()]
            results.append((f"{name}: {command}", check_case(jsonschema, name, lines, words)))
    for number, (title, wrong) in enumerate(results, 1):
        for fault in wrong[:5]:
            print(f"# {fault}")
        print(f"{'not ' if wrong else ''}ok {number} {title}")
        failed += bool(wrong)
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
