/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the probes know about the kernel's types: the fields that they read, and no more. Offsets
 * are those of the kernel that runs (CO-RE), from its BTF and that of its modules.
 */
#ifndef SYNCFAULT_KERNEL_H
#define SYNCFAULT_KERNEL_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct super_block {
	unsigned int s_dev;
};

struct inode {
	unsigned long i_ino;
	struct super_block *i_sb;
	unsigned int i_flags;
};

struct file {
	struct inode *f_inode;
};

struct vm_area_struct {
	unsigned long vm_start;
	unsigned long vm_pgoff;
	struct file *vm_file;
};

/* The number of the system call on each architecture: syscall_get_nr() in its asm/syscall.h. */
struct pt_regs___x86 {
	unsigned long orig_ax;
};

struct pt_regs___arm64 {
	int syscallno;
};

struct thread_info {
	unsigned long flags;
};

struct kernel_siginfo {
	int si_errno;
};

struct task_struct {
	struct thread_info thread_info;
	int pid;
	int tgid;
	char comm[16];
	unsigned int __state;
};

struct iomap_iter {
	struct inode *inode;
};

struct block_device {
	unsigned int bd_dev;
};

/* fs/jbd2 */
struct journal_s {
	struct block_device *j_fs_dev;
};

struct transaction_s {
	unsigned int t_tid;
};

struct transaction_run_stats_s {
	unsigned int rs_handle_count;
	unsigned int rs_blocks_logged;
};

/* fs/xfs */
struct xfs_mount {
	struct super_block *m_super;
};

struct xlog {
	struct xfs_mount *l_mp;
	struct xfs_cil *l_cilp;
};

struct xfs_cil {
	struct xlog *xc_log;
	struct xfs_cil_ctx *xc_ctx;
};

struct work_struct {
	void *func;
};

struct xfs_cil_ctx {
	struct xfs_cil *cil;
	long long sequence;
	struct work_struct push_work;
};

enum vm_fault_reason {
	VM_FAULT_RETRY = 0x400,
	VM_FAULT_NEEDDSYNC = 0x2000,
	VM_FAULT_COMPLETED = 0x4000, /* mmap_lock was given up already */
};

enum fault_flag {
	FAULT_FLAG_VMA_LOCK = 0x1000, /* this try holds the lock of its VMA, not mmap_lock */
};

#pragma clang attribute pop

/* Not in BTF; unchanged in the kernel's headers for many years. */
#define S_DAX (1 << 13) /* include/linux/fs.h; 0 where the kernel has no DAX */

#endif
