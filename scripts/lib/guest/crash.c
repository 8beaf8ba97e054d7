// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A plugin of QEMU's translator (API version 1, tcg-plugins.rst in its documentation): ends QEMU by
 * SIGKILL at an instruction of the guest, and counts the instructions that flush. SIGKILL is sent
 * by the thread that is the CPU, so that no further instruction of the guest is executed; no
 * device, no file system and no handler in QEMU notices.
 *
 * The guest can choose the moment by marks: a NOP whose operand is MARK_OPERAND, which does nothing
 * on any machine. Arguments:
 *   log=FILE   lines "crash …" and "flushes …"
 *   at=        nothing, or MARK, MARK+N, MARK@0xADDRESS, MARK+Nms: see scripts/guest
 *
 * Instructions are counted by whole blocks (what the guest executes without a jump): the guest ends
 * before the block in which the Nth would be, which is the same one in every run. Kernel code and
 * interrupts count too.
 *
 * Flushes are counted from the first mark to the last, those at user addresses.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What is used from qemu-plugin.h, for which Debian has no package. */
typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info_t;
enum { QEMU_PLUGIN_CB_NO_REGS };
typedef void (*exec_fn)(unsigned int cpu, void *data);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id,
					   void (*fn)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, exec_fn fn, int flags,
					  void *data);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, exec_fn fn, int flags,
					    void *data);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*fn)(qemu_plugin_id_t, void *),
				    void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t i);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

#define EXPORT __attribute__((visibility("default")))
extern EXPORT int qemu_plugin_version;
EXPORT int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc,
			       char **argv);

/* nopl 0x6b72616d(%rax): "mark". */
static const uint8_t mark_bytes[] = { 0x0f, 0x1f, 0x80, 'm', 'a', 'r', 'k' };

/* Kernel addresses have their upper half set. */
#define KERNEL_SPACE (1ULL << 63)

struct block {
	uint64_t address;
	uint64_t instructions;
};

static struct {
	FILE *log;
	uint64_t mark;	       /* 0: no crash */
	uint64_t instructions; /* after it */
	uint64_t address;      /* or when it is executed; 0: none */
	uint64_t wait_ms;      /* or after this much of the host's time; is_wait */
	bool is_wait;
} wanted;

static uint64_t marks, instructions, clwb, sfence;
static uint64_t clwb_at_mark, sfence_at_mark;
static bool is_armed;

static _Noreturn void crash(uint64_t address)
{
	fprintf(wanted.log,
		"crash mark %" PRIu64 ", instruction %" PRIu64 " after it, at %#" PRIx64, marks,
		instructions, address);
	fprintf(wanted.log, "\n");
	fflush(wanted.log);
	kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

static void start_timer(void)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL };
	const struct itimerspec when = {
		.it_value = { .tv_sec = (time_t)(wanted.wait_ms / 1000),
			      .tv_nsec = (long)(wanted.wait_ms % 1000) * 1000000L + 1 }
	};
	timer_t timer;

	fprintf(wanted.log, "crash mark %" PRIu64 ", %" PRIu64 " ms of the host after it\n", marks,
		wanted.wait_ms);
	fflush(wanted.log);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) || timer_settime(timer, 0, &when, NULL))
		kill(getpid(), SIGKILL);
}

static void on_mark(unsigned int cpu, void *address)
{
	(void)cpu;
	marks++;
	if (marks == 1)
		clwb = sfence = 0;
	clwb_at_mark = clwb;
	sfence_at_mark = sfence;
	if (!wanted.mark || marks != wanted.mark)
		return;
	instructions = 0;
	if (wanted.is_wait)
		start_timer();
	else if (wanted.address || wanted.instructions)
		is_armed = true;
	else
		crash((uint64_t)(uintptr_t)address);
}

static void on_address(unsigned int cpu, void *data)
{
	(void)cpu, (void)data;
	if (is_armed)
		crash(wanted.address);
}

static void on_block(unsigned int cpu, void *data)
{
	const struct block *block = data;

	(void)cpu;
	if (!is_armed)
		return;
	if (!wanted.address && instructions + block->instructions > wanted.instructions)
		crash(block->address);
	instructions += block->instructions;
}

static void count(unsigned int cpu, void *counter)
{
	(void)cpu;
	++*(uint64_t *)counter;
}

/* CLWB is 66 0f ae /6 with an operand in memory, SFENCE 0f ae f8; prefixes for r8 to r15 between.
 */
static void look_at_flush(struct qemu_plugin_insn *insn)
{
	const uint8_t *bytes = qemu_plugin_insn_data(insn);
	size_t size = qemu_plugin_insn_size(insn), i = 0;
	bool has_prefix = size && bytes[0] == 0x66;

	i = has_prefix;
	i += i < size && (bytes[i] & 0xf0) == 0x40;
	if (i + 3 > size || bytes[i] != 0x0f || bytes[i + 1] != 0xae)
		return;
	if (has_prefix && bytes[i + 2] < 0xc0 && (bytes[i + 2] >> 3 & 7) == 6)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, count, QEMU_PLUGIN_CB_NO_REGS, &clwb);
	else if (!has_prefix && bytes[i + 2] == 0xf8)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, count, QEMU_PLUGIN_CB_NO_REGS,
						       &sfence);
}

static void look_at(struct qemu_plugin_insn *insn)
{
	uint64_t address = qemu_plugin_insn_vaddr(insn);

	if (wanted.address && address == wanted.address)
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_address, QEMU_PLUGIN_CB_NO_REGS,
						       NULL);
	if (address & KERNEL_SPACE)
		return;
	if (qemu_plugin_insn_size(insn) == sizeof(mark_bytes) &&
	    !memcmp(qemu_plugin_insn_data(insn), mark_bytes, sizeof(mark_bytes)))
		qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark, QEMU_PLUGIN_CB_NO_REGS,
						       (void *)(uintptr_t)address);
	else
		look_at_flush(insn);
}

/* A block is never freed: QEMU may come back to what it has translated, and the guest is short. */
static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t n = qemu_plugin_tb_n_insns(tb);
	struct block *block;

	(void)id;
	if (wanted.mark && !wanted.is_wait) {
		block = malloc(sizeof(*block));
		if (!block)
			abort();
		block->instructions = n;
		block->address = qemu_plugin_insn_vaddr(qemu_plugin_tb_get_insn(tb, 0));
		qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS, block);
	}
	for (size_t i = 0; i < n; i++)
		look_at(qemu_plugin_tb_get_insn(tb, i));
}

static void on_exit_of_qemu(qemu_plugin_id_t id, void *data)
{
	(void)id, (void)data;
	fprintf(wanted.log, "flushes marks %" PRIu64 ", clwb %" PRIu64 ", sfence %" PRIu64 "\n",
		marks, clwb_at_mark, sfence_at_mark);
	fflush(wanted.log);
}

static void take_at(const char *text)
{
	char *end;

	wanted.mark = strtoull(text, &end, 10);
	if (*end == '@')
		wanted.address = strtoull(end + 1, NULL, 16);
	if (*end != '+')
		return;
	wanted.instructions = strtoull(end + 1, &end, 10);
	wanted.is_wait = !strcmp(end, "ms");
	wanted.wait_ms = wanted.instructions;
}

int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info_t *info, int argc, char **argv)
{
	(void)info;
	for (int i = 0; i < argc; i++) {
		if (!strncmp(argv[i], "log=", 4))
			wanted.log = fopen(argv[i] + 4, "we");
		else if (!strncmp(argv[i], "at=", 3))
			take_at(argv[i] + 3);
	}
	if (!wanted.log)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
	qemu_plugin_register_atexit_cb(id, on_exit_of_qemu, NULL);
	return 0;
}
