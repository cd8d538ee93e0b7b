#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""multiply.py NR FOLDER [LOOKS]: of the recording, make one of a host with NR VMs that are at work.

FOLDER/recording has LOOKS looks at it, one after the other (2); FOLDER/root has the processes whose
names the VMs have, for SEVADM_SYSROOT. Messages are those that were recorded: only what differs by
VM, and the sums, are other ones.
"""
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
STATUS, VM, ASID, LIMIT, STATS = 1, 3, 4, 6, 11		# enum sevadm_cmd: what depends on the VMs
HEAD = 20						# struct nlmsghdr and struct genlmsghdr
SEV, SEV_ES = 0, 1					# enum sevadm_pool, and of types
SEV_ES_ASIDS, ASIDS = 99, 509				# as an EPYC 7003 has them
FIRST_ID, FIRST_PID = 2, 4100
STATE_RUNNING = 3
WORDS = ("web", "db", "mail", "build", "cache", "queue", "wiki", "vault")
GIB = (4, 16, 8, 32, 2, 8, 4, 64)


def attributes(data):
    """Return the attributes of a message as a list of [type, bytes]."""
    found, at = [], 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("<HH", data, at)
        found.append([kind, data[at + 4:at + length]])
        at += (length + 3) & ~3
    return found


def put(found):
    return b"".join(struct.pack("<HH", 4 + len(value), kind) + value + bytes(-len(value) % 4) for kind, value in found)


def change(found, **values):
    """Return a copy with other numbers, each as wide as it was: change(found, a5=7); none: the
    attribute goes."""
    copy = []
    for kind, value in found:
        if f"a{kind}" in values:
            new = values[f"a{kind}"]
            if new is None:
                continue
            value = new.encode() + b"\0" if isinstance(new, str) else new.to_bytes(len(value), "little")
        copy.append([kind, value])
    return copy


def number(found, kind):
    return next((int.from_bytes(value, "little") for at, value in found if at == kind), None)


def read_recording():
    """Return the time, and of each request its first answers."""
    time, answers, current = None, {}, None
    for line in (HERE / "recording").read_text().splitlines():
        letter, data = line[0], line[2:]
        if letter == "T":
            time = time or data
        if letter == "N":
            current = answers.setdefault(data, []) if data not in answers else None
        if letter == "A" and current is not None:
            current.append(bytes.fromhex(data))
    device = [line for line in (HERE / "recording").read_text().splitlines() if line[0] == "D"]
    return time, answers, device


def messages(datagrams):
    for data in datagrams:
        at = 0
        while at < len(data):
            length, kind = struct.unpack_from("<IH", data, at)
            yield kind, data[at:at + length]
            at += (length + 3) & ~3


def datagrams_of(header, rows, rest):
    """Put rows into messages with the header of one, some in each, and the rest behind them."""
    lines, data = [], b""
    for row in rows:
        body = put(row)
        data += struct.pack("<I", HEAD + len(body)) + header[4:HEAD] + body
        if len(data) > 6000:
            lines.append(data)
            data = b""
    return lines + [data] * bool(data) + rest


class Host:
    def __init__(self, nr):
        self.vms = []
        free = {SEV: iter(range(SEV_ES_ASIDS + 1, ASIDS + 1)),
                SEV_ES: iter(range(1, SEV_ES_ASIDS + 1))}
        for i in range(nr):
            pool = SEV_ES if i % 3 == 1 and i // 3 < SEV_ES_ASIDS else SEV
            self.vms.append({
                "id": FIRST_ID + i, "pid": FIRST_PID + i, "pool": pool, "asid": next(free[pool]),
                "name": f"{WORDS[i % len(WORDS)]}-{i // len(WORDS) + 1}",
                "bytes": GIB[i % len(GIB)] << 30, "regions": 8,
            })

    def used(self, pool):
        return sum(vm["pool"] == pool for vm in self.vms)

    def pinned(self, look):
        return sum(self.pinned_by(vm, look) for vm in self.vms)

    # The first VM is being started: its memory is pinned bit by bit.
    def pinned_by(self, vm, look):
        return vm["bytes"] // 4 * (1 + look) if vm is self.vms[0] else vm["bytes"]

    def vm_row(self, template, vm, look):
        return change(template, a1=vm["id"], a2=vm["pid"], a3="CPU 0/KVM", a5="/machine.slice", a7=vm["pool"], a8=vm["pool"],
                      a9=STATE_RUNNING if vm is not self.vms[0] else 1, a10=vm["asid"], a11=vm["id"],
                      a12=5 if vm["pool"] else 1, a13=self.pinned_by(vm, look), a14=vm["bytes"], a15=vm["regions"])

    def stats_row(self, template, vm, look):
        busy = look * (200 if vm is self.vms[0] else vm["id"] % 3 * 4)
        row = change(template, a5=vm["id"], a6=12 + busy, a7=0, a10=self.pinned_by(vm, look))
        return [[kind, self.times(value, busy, 900_000 if kind & 0x7fff == 12 else 250_000)
                 if kind & 0x7fff in (12, 13) else value] for kind, value in row]

    @staticmethod
    def times(value, busy, each):
        found = attributes(value)
        return put(change(found, a1=number(found, 1) + busy, a2=number(found, 2) + busy * each))

    def asid_row(self, template, asid):
        vm = self.by_asid.get(asid)
        row = change(template, a1=asid, a2=SEV_ES if asid <= SEV_ES_ASIDS else SEV,
                     a3=1 if vm else 0)
        return change(row, a4=vm["id"], a5=vm["pid"]) if vm else row

    def pool_row(self, value):
        row = attributes(value)
        pool = number(row, 1)
        low, high = ((1, SEV_ES_ASIDS), (SEV_ES_ASIDS + 1, ASIDS))[pool == SEV]
        used = self.used(pool)
        return put(change(row, a2=low, a3=high, a4=high - low + 1, a5=used, a6=0,
                          a7=high - low + 1 - used,
                          a8=used + 2, a9=0, a10=used, a11=0))

    def status_row(self, row, look):
        row = change(row, a4=len(self.vms), a6=self.pinned(look), a7=self.pinned(1))
        return [[kind, self.pool_row(value) if kind & 0x7fff == 3 else value]
                for kind, value in row]

    # The host's limits, and that of machine.slice; the user's would be of processes that are not
    # there.
    def limit_rows(self, rows, look):
        for row in rows:
            subject, resource = number(row, 1), number(row, 3)
            if subject == 1:
                continue
            used = (self.pinned(look), self.used(SEV), self.used(SEV_ES))[resource]
            if resource:
                yield change(row, a8=used, a9=used)
            else:
                roof = self.pinned(1) * 20 // 19 if subject == 0 else 2**64 - 1
                yield change(row, a5=self.pinned(1) * 9 // 10, a6=roof, a8=used, a9=self.pinned(1),
                             a10=1, a11=0)

    def answer(self, request, datagrams, look):
        """Return the answer to a request, as it is of this host."""
        kind, command = struct.unpack_from("<HxxxxxxxxxxB", bytes.fromhex(request), 4)
        found = list(messages(datagrams))
        rows = [attributes(data[HEAD:]) for at, data in found if at == kind]
        if kind == 16 or not rows:
            return datagrams
        header = next(data for at, data in found if at == kind)
        rest = [data for at, data in found if at != kind]
        if command == STATUS:
            rows = [self.status_row(rows[0], look)]
        elif command == VM and len(rows) > 1:
            rows = [self.vm_row(rows[0], vm, look) for vm in self.vms]
        elif command == LIMIT:
            rows = list(self.limit_rows(rows, look))
        elif command == STATS:
            template = next(row for row in rows if number(row, 5) is not None)
            rows = [row for row in rows if number(row, 5) is None]
            rows += [self.stats_row(template, vm, look) for vm in self.vms]
        elif command == ASID and len(rows) > 1:
            self.by_asid = {vm["asid"]: vm for vm in self.vms}
            free = next(row for row in rows if number(row, 4) is None)
            used = next(row for row in rows if number(row, 4) is not None)
            rows = [self.asid_row(used if asid in self.by_asid else free, asid)
                    for asid in range(1, ASIDS + 1)]
        else:
            return datagrams
        return datagrams_of(header, rows, rest)

    def write_processes(self, root):
        for vm in self.vms:
            folder = root / "proc" / str(vm["pid"])
            folder.mkdir(parents=True, exist_ok=True)
            words = ("/usr/bin/qemu-system-x86_64", "-name", f"guest={vm['name']},debug-threads=on", "-machine", "q35")
            (folder / "cmdline").write_bytes("".join(f"{word}\0" for word in words).encode())
            (folder / "cgroup").write_text(f"0::/machine.slice/machine-qemu\\x2d{vm['id']}\\x2d{vm['name']}.scope\n")


def main():
    nr, folder, looks = int(sys.argv[1]), pathlib.Path(sys.argv[2]), int((sys.argv + ["2"])[3])
    time, answers, device = read_recording()
    host = Host(nr)
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "recording", "w", encoding="ascii") as file:
        print("T", time, file=file)
        for look in range(looks):
            for request, datagrams in answers.items():
                print("N", request, file=file)
                for data in host.answer(request, datagrams, look):
                    print("A", data.hex(), file=file)
        for line in device:
            print(line, file=file)
    host.write_processes(folder / "root")


if __name__ == "__main__":
    main()
