/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The part of QEMU's plugin interface (since 9.0) that count.c uses. No
 * distribution packages the header.
 */
#ifndef HVSOCK_BENCH_QEMU_PLUGIN_H
#define HVSOCK_BENCH_QEMU_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

struct qemu_plugin_scoreboard;
struct qemu_plugin_tb;

struct qemu_plugin_u64 {
	struct qemu_plugin_scoreboard *score;
	size_t offset;
};

enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

struct qemu_plugin_scoreboard *qemu_plugin_scoreboard_new(size_t element_size);
uint64_t qemu_plugin_u64_sum(struct qemu_plugin_u64 entry);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
void
qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
				      void (*cb)(uint64_t id,
						 struct qemu_plugin_tb *tb));
void
qemu_plugin_register_vcpu_tb_exec_inline_per_vcpu(struct qemu_plugin_tb *tb,
						  enum qemu_plugin_op op,
						  struct qemu_plugin_u64 entry,
						  uint64_t imm);

#endif /* HVSOCK_BENCH_QEMU_PLUGIN_H */
