/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between machines: the registers with which a process entered the kernel, and the
 * numbers of system calls. On others than these no call is known, and with it no memory.
 */
#ifndef TRAITRACE_MACHINE_H
#define TRAITRACE_MACHINE_H

/* The registers of a system call. */
struct entry {
	__s32 number; /* -1 = the task is in none, or in none of the 64-bit kind */
	__u64 argument[6];
};

#if defined(__TARGET_ARCH_x86)

/* arch/x86/entry/syscalls/syscall_64.tbl */
enum {
	NR_READ = 0,
	NR_WRITE = 1,
	NR_READV = 19,
	NR_WRITEV = 20,
	NR_SENDFILE = 40,
	NR_SENDTO = 44,
	NR_RECVFROM = 45,
	NR_SENDMSG = 46,
	NR_RECVMSG = 47,
	NR_SPLICE = 275,
	NR_RECVMMSG = 299,
	NR_SENDMMSG = 307,
};

/* arch/x86/include/asm/thread_info.h */
#define TS_COMPAT 2
#define ENOSYS	  38

struct pt_regs {
	unsigned long r10;
	unsigned long r9;
	unsigned long r8;
	unsigned long ax;
	unsigned long dx;
	unsigned long si;
	unsigned long di;
	unsigned long orig_ax;
} __attribute__((preserve_access_index));

/*
 * From the entry of a system call to its return, ax holds -ENOSYS (arch/x86/entry/entry_64.S,
 * PUSH_AND_CLEAR_REGS): so work that is done on the way back to the process, that of an io_uring
 * for example, is not taken for the call's.
 */
static __always_inline struct entry entry_of_task(struct task_struct *task)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	struct entry entry = {.number = -1};

	if ((__s64)regs->ax != -ENOSYS || task->thread_info.status & TS_COMPAT)
		return entry;
	entry.number = regs->orig_ax;
	entry.argument[0] = regs->di;
	entry.argument[1] = regs->si;
	entry.argument[2] = regs->dx;
	entry.argument[3] = regs->r10;
	entry.argument[4] = regs->r8;
	entry.argument[5] = regs->r9;
	return entry;
}

#elif defined(__TARGET_ARCH_arm64)

/* include/uapi/asm-generic/unistd.h */
enum {
	NR_READ = 63,
	NR_WRITE = 64,
	NR_READV = 65,
	NR_WRITEV = 66,
	NR_SENDFILE = 71,
	NR_SPLICE = 76,
	NR_SENDTO = 206,
	NR_RECVFROM = 207,
	NR_SENDMSG = 211,
	NR_RECVMSG = 212,
	NR_RECVMMSG = 243,
	NR_SENDMMSG = 269,
};

#define TIF_32BIT 22

struct pt_regs {
	__u64 regs[31];
	__u64 orig_x0;
	__s32 syscallno;
} __attribute__((preserve_access_index));

/* struct thread_info here has flags and no status. */
struct thread_info___arm64 {
	unsigned long flags;
} __attribute__((preserve_access_index));

struct task_struct___arm64 {
	struct thread_info___arm64 thread_info;
} __attribute__((preserve_access_index));

/* Nothing tells here whether the call is over, so that only its descriptor speaks for it. */
static __always_inline struct entry entry_of_task(struct task_struct *task)
{
	struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	struct entry entry = {.number = -1};

	if (BPF_CORE_READ((struct task_struct___arm64 *)task, thread_info.flags) >> TIF_32BIT & 1)
		return entry;
	entry.number = regs->syscallno;
	entry.argument[0] = regs->orig_x0;
	entry.argument[1] = regs->regs[1];
	entry.argument[2] = regs->regs[2];
	entry.argument[3] = regs->regs[3];
	entry.argument[4] = regs->regs[4];
	entry.argument[5] = regs->regs[5];
	return entry;
}

#else

enum {
	NR_READ = -2,
	NR_WRITE = -3,
	NR_READV = -4,
	NR_WRITEV = -5,
	NR_SENDFILE = -6,
	NR_SENDTO = -7,
	NR_RECVFROM = -8,
	NR_SENDMSG = -9,
	NR_RECVMSG = -10,
	NR_SPLICE = -11,
	NR_RECVMMSG = -12,
	NR_SENDMMSG = -13,
};

static __always_inline struct entry entry_of_task(struct task_struct *task)
{
	return (struct entry){.number = -1};
}

#endif

#endif
