// SPDX-License-Identifier: GPL-2.0-only
/* What is measured of a QEMU whose sizes are known: the search for its limits, and the figures. */
#include "memlock/calibrate.h"
#include "memlock/command.h"
#include "memlock/machine.h"
#include "made_up_qemu.h"

/* The figures as lines, in KiB. */
static const char *lines_of(const struct memlock_figures *figures)
{
	static char text[1024];
	unsigned int i;

	text[0] = '\0';
	for (i = 0; i < FIGURE_NR; i++)
		append(text, sizeof(text), "%s %llu%s\n", memlock_figure_keys[i],
		       (unsigned long long)(figures->bytes[i] / KIB),
		       figures->bytes[i] % KIB ? " and more" : "");
	return text;
}

/* The folder that a machine's files were in, "" if none was started. */
static const char *folder_of_machine(void)
{
	static char folder[64];
	const char *at = strstr(machine->arguments, "filename=");

	folder[0] = '\0';
	if (at && sscanf(at, "filename=%63[^,]", folder) == 1)
		*(strrchr(folder, '/') ?: folder) = '\0';
	return folder;
}

/* Measures, and returns what is said meanwhile. */
static const char *calibrated(const struct qemu *with, int code, struct memlock_figures *figures)
{
	int ret;

	begin(with);
	capture_begin();
	ret = memlock_calibrate("some-qemu", figures);
	capture_end();
	EXPECT_NUMBER(ret, code);
	EXPECT_TEXT(captured, "");
	EXPECT(!*folder_of_machine() || access(folder_of_machine(), F_OK));
	return captured_errors;
}

/*
 * qemu_mapped_bytes is what the plain machine needs without its RAM blocks (512 MiB, firmware, ROMs
 * and tables: 528708 KiB) and a vCPU, and what libvirt's takes more (11 MiB).
 */
static void a_usual_qemu(void)
{
	struct memlock_figures figures;

	EXPECT_TEXT(calibrated(&(struct qemu) { .has_kvm = true, .may_raise = true }, 0, &figures),
		    "measuring a plain machine\nmeasuring 5 vCPUs\nmeasuring 4 iothreads\n"
		    "measuring VGA and VNC\nmeasuring qxl and VNC\nmeasuring a disk\n");
	EXPECT_TEXT(lines_of(&figures),
		    "qemu_anonymous_bytes 29696\n"	/* 20 MiB, and the kernel's 9 */
		    "vcpu_anonymous_bytes 1024\n"	/* 4 of them: 24 - 20 MiB */
		    "graphics_charge_bytes 12288\n"	/* 61 - 50 MiB, and 1 */
		    "qemu_locked_bytes 28672\n"	/* 581 MiB without 29, 8 and the blocks */
		    "stack_locked_bytes 8192\n"
		    "qemu_mapped_bytes 114688\n"
		    "vcpu_mapped_bytes 60608\n"		/* (934688 - 692288) / 4, to 64 */
		    "iothread_mapped_bytes 62592\n"	/* (942608 - 692288) / 4, to 64 */
		    "graphics_mapped_bytes 20480\n"	/* 728288 - 692288 - 16384, to 1024 */
		    "qxl_mapped_bytes 1024\n"		/* 843888 + 16384 - 728288 - 131072 */
		    "worker_mapped_bytes 27648\n");	/* 719328 - 692288, to 1024 */
	EXPECT_TEXT(figures.name, "9.2.3");
	EXPECT_NUMBER(figures.version, MEMLOCK_QEMU(9, 2));
	EXPECT_TEXT(figures.source, "measured with KVM, smallest limits of mlockall()");
	EXPECT_TEXT(figures.lacks, "cirrus virtio bochs");
	/*
	 * Without a lock, with one, and then halves, in KiB, until the smallest limit is known to
	 * 2 MiB: 675 MiB are 691200, between 690608 and 692288.
	 */
	EXPECT_TEXT(machine->log,
		    "off, all, 631808, 685568, 712448, 699008, 692288, 688928, 690608, "
		    "off, all, 754688, 869888, 927488, 956288, 941888, 934688, 931088, 932888, "
		    "off, all, 739328, 846848, 900608, 927488, 940928, 947648, 944288, 942608, "
		    "off, all, 652288, 716288, 748288, 732288, 724288, 728288, 726288, "
		    "off, all, 698368, 785408, 828928, 850688, 839808, 845248, 842528, 843888, "
		    "off, all, 642048, 700928, 730368, 715648, 723008, 719328, 717488");
}

/* The buffer of translated code is no part of any figure; the search has other halves. */
static void a_host_without_kvm(void)
{
	struct memlock_figures figures;

	calibrated(&(struct qemu) { .may_raise = true }, 0, &figures);
	EXPECT_TEXT(lines_of(&figures),
		    "qemu_anonymous_bytes 29696\n"
		    "vcpu_anonymous_bytes 1024\n"
		    "graphics_charge_bytes 12288\n"
		    "qemu_locked_bytes 28672\n"
		    "stack_locked_bytes 8192\n"
		    "qemu_mapped_bytes 114688\n"
		    "vcpu_mapped_bytes 60672\n"
		    "iothread_mapped_bytes 62656\n"
		    "graphics_mapped_bytes 20480\n"
		    "qxl_mapped_bytes 2048\n"
		    "worker_mapped_bytes 27648\n");
	EXPECT_TEXT(figures.source, "measured without KVM, smallest limits of mlockall()");
}

/* What cannot be told from nothing has the least that it can be. */
static void machines_that_are_all_the_same(void)
{
	struct memlock_figures figures;

	calibrated(&all_the_same, 0, &figures);
	EXPECT_TEXT(lines_of(&figures),
		    "qemu_anonymous_bytes 29696\n"
		    "vcpu_anonymous_bytes 256\n"
		    "graphics_charge_bytes 1024\n"
		    "qemu_locked_bytes 0\n"
		    "stack_locked_bytes 8192\n"
		    "qemu_mapped_bytes 11264\n"
		    "vcpu_mapped_bytes 0\n"
		    "iothread_mapped_bytes 0\n"
		    "graphics_mapped_bytes 0\n"
		    "qxl_mapped_bytes 0\n"
		    "worker_mapped_bytes 8192\n");
}

/*
 * All that is mapped counts, of four machines of each kind the one that maps most: each maps 1 MiB
 * more than the one before. What mlockall() would fill is what is not closed to all access.
 */
static void limits_that_may_not_be_raised(void)
{
	struct memlock_figures figures;

	calibrated(&(struct qemu) { .grows = 1 }, 0, &figures);
	EXPECT_TEXT(lines_of(&figures),
		    "qemu_anonymous_bytes 29696\n"
		    "vcpu_anonymous_bytes 1024\n"
		    "graphics_charge_bytes 12288\n"
		    "qemu_locked_bytes 108544\n"	/* 723 - 64 MiB without 29, 8 and the blocks */
		    "stack_locked_bytes 8192\n"
		    "qemu_mapped_bytes 149504\n"	/* 723 MiB without the blocks and a vCPU, and 11 MiB */
		    "vcpu_mapped_bytes 73792\n"
		    "iothread_mapped_bytes 73792\n"
		    "graphics_mapped_bytes 36864\n"	/* 760 + 15 - 723 - 16 MiB */
		    "qxl_mapped_bytes 0\n"
		    "worker_mapped_bytes 40960\n");	/* 740 + 23 - 723 MiB */
	EXPECT_TEXT(figures.source, "measured without KVM, as all that is mapped, as RLIMIT_MEMLOCK cannot be raised");
	EXPECT_TEXT(machine->log, "off, off, off, off, off, off, off, off, off, off, off, off, "
				  "off, off, off, off, off, off, off, off, off, off, off, off");
}

/* The figures as people and programs are shown them, and kept. */
static void the_command(void)
{
	static const char text[] =
		"qemu_anonymous_bytes         29.0 MiB\n"
		"vcpu_anonymous_bytes          1.0 MiB\n"
		"graphics_charge_bytes        12.0 MiB\n"
		"qemu_locked_bytes            28.0 MiB\n"
		"stack_locked_bytes            8.0 MiB\n"
		"qemu_mapped_bytes           112.0 MiB\n"
		"vcpu_mapped_bytes            59.2 MiB\n"
		"iothread_mapped_bytes        61.1 MiB\n"
		"graphics_mapped_bytes        20.0 MiB\n"
		"qxl_mapped_bytes              1.0 MiB\n"
		"worker_mapped_bytes          27.0 MiB\n"
		"video models that it lacks: cirrus virtio bochs\n"
		"figures of QEMU 9.2.3 are in ";
	static const char json[] =
		"{\"qemu_version\":\"9.2.3\",\"source\":\"measured with KVM, smallest limits of mlockall()\","
		"\"lacks\":\"cirrus virtio bochs\",\"figures\":{\"qemu_anonymous_bytes\":30408704,"
		"\"vcpu_anonymous_bytes\":1048576,\"graphics_charge_bytes\":12582912,\"qemu_locked_bytes\":29360128,"
		"\"stack_locked_bytes\":8388608,\"qemu_mapped_bytes\":117440512,\"vcpu_mapped_bytes\":62062592,"
		"\"iothread_mapped_bytes\":64094208,\"graphics_mapped_bytes\":20971520,\"qxl_mapped_bytes\":1048576,"
		"\"worker_mapped_bytes\":28311552}}\n";
	char path[] = "/tmp/sevadm-figures-XXXXXX";
	struct memlock_figures figures;
	const char *why;
	char want[1024];
	int fd = mkstemp(path), i;

	EXPECT(fd >= 0);
	close(fd);
	for (i = 0; i < 2; i++) {
		char *words[] = { (char *)"--calibrate", (char *)"--qemu", (char *)"some-qemu",
				  (char *)"--file", path, NULL };

		begin(&(struct qemu) { .has_kvm = true, .may_raise = true });
		output_json = i;
		capture_begin();
		EXPECT_NUMBER(recommend_memlock(5, words), 0);
		capture_end();
		snprintf(want, sizeof(want), "%s%s\n", text, path);
		EXPECT_TEXT(captured, i ? json : want);
		EXPECT_NUMBER(memlock_figures_load(path, &figures, &why), 0);
		EXPECT_TEXT(figures.name, "9.2.3");
		EXPECT_NUMBER(figures.bytes[FIGURE_WORKER_MAPPED], 27 * MIB);
		unlink(path);
	}
	output_json = false;
}

static void a_qemu_without_qxl(void)
{
	struct memlock_figures figures;
	struct qemu without = all_the_same;

	without.devices = "name \"VGA\"\nname \"cirrus-vga\"\nname \"virtio-vga\"\n"
			  "name \"bochs-display\"\nname \"ramfb\"\n";
	EXPECT_TEXT(calibrated(&without, 0, &figures),
		    "measuring a plain machine\nmeasuring 5 vCPUs\nmeasuring 4 iothreads\n"
		    "measuring VGA and VNC\nmeasuring a disk\n");
	EXPECT_TEXT(figures.lacks, "qxl");
	EXPECT_NUMBER(figures.bytes[FIGURE_QXL_MAPPED], 0);
}

static void qemus_that_cannot_be_measured(void)
{
	static const struct {
		struct qemu qemu;
		const char *says;
	} rows[] = {
		{ { .version = "qemu-img version 9.2.3" },
		  "sevadm: some-qemu does not say its version: is it a QEMU?\n" },
		{ { .version = "QEMU emulator version 9" },
		  "sevadm: some-qemu does not say its version: is it a QEMU?\n" },
		{ { .devices = "" }, "sevadm: some-qemu -device help failed\n" },
		{ { .may_raise = true, .stops = "-S" }, "measuring a plain machine\n"
		  "sevadm: some-qemu with a plain machine does not start: No such device\n" },
		{ { .may_raise = true, .stops = "-S", .stops_locked = true }, "measuring a plain machine\n"
		  "sevadm: some-qemu with a plain machine does not start: Cannot allocate memory\n" },
		{ { .stops = "-smp" }, "measuring a plain machine\nmeasuring 5 vCPUs\n"
		  "sevadm: some-qemu with 5 vCPUs does not start: No such device\n" },
	};
	struct memlock_figures figures;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		EXPECT_TEXT(calibrated(&rows[i].qemu, 1, &figures), rows[i].says);
}

/* What is done about signals while machines are there, and that it is as before afterwards. */
static void signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	const struct sigaction ignored = { .sa_handler = SIG_IGN };
	const struct sigaction usual = { .sa_handler = SIG_DFL };
	struct memlock_figures figures;
	struct sigaction now;
	size_t i, own;

	for (own = 0; own < ARRAY_SIZE(numbers); own++) {
		/* As of nohup: what is ignored stays it. */
		for (i = 0; i < ARRAY_SIZE(numbers); i++)
			sigaction(numbers[i], i == own ? &ignored : &usual, NULL);
		calibrated(&all_the_same, 0, &figures);
		EXPECT_TEXT(machine->signals, own == 0 ? "ignored, handled, handled, usual" :
			    own == 1 ? "handled, ignored, handled, usual" :
			    own == 2 ? "handled, handled, ignored, usual" : "handled, handled, handled, usual");
		for (i = 0; i < ARRAY_SIZE(numbers); i++) {
			sigaction(numbers[i], NULL, &now);
			EXPECT(now.sa_handler == (i == own ? SIG_IGN : SIG_DFL));
		}
	}
	signal(SIGPIPE, SIG_DFL);
}

int main(void)
{
	static const struct test tests[] = {
		{ "a usual QEMU", a_usual_qemu },
		{ "a host without KVM", a_host_without_kvm },
		{ "machines that are all the same", machines_that_are_all_the_same },
		{ "limits that may not be raised", limits_that_may_not_be_raised },
		{ "the command", the_command },
		{ "a QEMU without qxl", a_qemu_without_qxl },
		{ "QEMUs that cannot be measured", qemus_that_cannot_be_measured },
		{ "signals", signals },
	};

	share();
	run_tests(tests, ARRAY_SIZE(tests));
}
