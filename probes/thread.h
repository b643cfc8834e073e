/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is kept of a thread that moves bytes: the call that it is in, where the bytes lie, and room
 * to look at them.
 *
 * It belongs to the task, so that neither another thread nor an interrupt that finds us at work can
 * touch it, and it goes with the task. Programs that run in a softirq leave it alone: the task that
 * they interrupted may be here.
 */
#ifndef TRAITRACE_THREAD_H
#define TRAITRACE_THREAD_H

#include "context.h"
#include "event.h"
#include "machine.h"

/* Of an array of a process: parts that are empty are not told, so there may be more than parts. */
#define IOVECS_READ 8

/* The running call as its registers say it. */
struct call {
	__u32 what;	/* enum transfer_call */
	__s32 fd;	/* that it reads from or writes to; of a splice, the input */
	__s32 output;	/* of a splice or sendfile */
	__u32 message;	/* MSG_* */
	__u64 memory;	/* buffer, array of iovecs, msghdr, or first of the mmsghdrs */
	__u64 count;	/* of bytes, iovecs, or mmsghdrs */
	__u64 file;	/* open file that it reads from or writes to, where that was looked up */
	__u32 receives; /* 0 = it sends */
	__u32 timed;	/* recvmmsg with a timeout */
};

/* Where a call for several messages is, as seen from outside: see message_of. */
struct messages {
	__u64 memory; /* 0 = in none */
	__u64 count;
	__s32 fd;
	__u32 what;
	__u32 next;
	__u32 reserved;
};

struct thread {
	struct call call;
	struct messages messages;
	/* A send over TCP that is under way; 0 = none. */
	__u64 sending; /* address of the socket */
	__u64 source;  /* address of the iterator over the call's memory; 0 = not known */
	__u32 write_seq;
	__u32 told;    /* by which program; see told_by */
	__u32 settled; /* likewise; see settled_by */
	__u32 emitted; /* packets came out of the call under way */
	__u32 parts;
	__u32 partly; /* there are more */
	/* Of requests of an io_uring, the best so far; see find_request. */
	__u32 fit;
	__u32 alike;   /* how many fit as well */
	__u32 mapped;  /* their addresses are the kernel's: those of a umem */
	__u64 request; /* the last of them, address */
	__u64 room;    /* of all iovecs that were read */
	struct iovec iovecs[IOVECS_READ];
	struct transfer_part part[TRANSFER_PARTS];
	__u8 bytes[PART_WHOLE_BYTES + 8];
	__u8 tail[PART_EDGE_BYTES];
	/* Its message with a verdict on what waits in an nfnetlink queue; see nfqueue.h. */
	__u32 judging; /* enum judging; 0 = there is none */
	__u32 judged;  /* id of the packet in its queue */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct thread);
} threads SEC(".maps");

/* Whether a process is running, and no interrupt of it. */
static __always_inline bool is_process(void)
{
	return !in_softirq() && !(bpf_get_current_task_btf()->flags & PF_KTHREAD);
}

/* The running thread, NULL where the task has none of this: kernel threads, and for want of memory.
 */
static __always_inline struct thread *this_thread(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (!is_process())
		return 0;
	return bpf_task_storage_get(&threads, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
}

/* Programs that tell of calls, for told_by. */
enum teller {
	TOLD_BY_RECEIVE = 1,
	TOLD_BY_SEND,
	TOLD_BY_SENDPAGE,
	TOLD_BY_SPLICE,
	TOLD_BY_SOCKMAP,
	TOLD_BY_UMEM,
};

/* Whether the other copy of this program has told of what happens now. See FIRST_COPY. */
static __always_inline bool told_by(struct thread *t, __u32 program)
{
	bool before = !FIRST_COPY && t->told == program;

	t->told = FIRST_COPY ? program : 0;
	t->settled = program;
	return before;
}

/* Whether one of the two copies of this program has told of the call that ends now. */
static __always_inline bool settled_by(struct thread *t, __u32 program)
{
	bool before = t->settled == program;

	t->settled = 0;
	return before;
}

/* Reads what call is under way. Global: the verifier looks at it once. */
__noinline int read_call(struct call *c)
{
	struct entry e = entry_of_task(bpf_get_current_task_btf());

	if (!c)
		return 0;
	__builtin_memset(c, 0, sizeof(*c));
	c->fd = e.argument[0];
	c->output = -1;
	c->memory = e.argument[1];
	c->count = e.argument[2];
	switch (e.number) {
	case NR_READ:
		c->what = CALL_READ;
		c->receives = 1;
		break;
	case NR_READV:
		c->what = CALL_READV;
		c->receives = 1;
		break;
	case NR_RECVFROM:
		c->what = CALL_RECVFROM;
		c->message = e.argument[3];
		c->receives = 1;
		break;
	case NR_RECVMSG:
		c->what = CALL_RECVMSG;
		c->message = e.argument[2];
		c->receives = 1;
		break;
	case NR_RECVMMSG:
		c->what = CALL_RECVMMSG;
		c->message = e.argument[3];
		c->timed = e.argument[4] != 0;
		c->receives = 1;
		break;
	case NR_WRITE:
		c->what = CALL_WRITE;
		break;
	case NR_WRITEV:
		c->what = CALL_WRITEV;
		break;
	case NR_SENDTO:
		c->what = CALL_SENDTO;
		c->message = e.argument[3];
		break;
	case NR_SENDMSG:
		c->what = CALL_SENDMSG;
		c->message = e.argument[2];
		break;
	case NR_SENDMMSG:
		c->what = CALL_SENDMMSG;
		c->message = e.argument[3];
		break;
	case NR_SPLICE:
		c->what = CALL_SPLICE;
		c->output = e.argument[2];
		break;
	case NR_SENDFILE:
		c->what = CALL_SENDFILE;
		c->output = e.argument[0];
		c->fd = e.argument[1];
		break;
	default:
		c->what = CALL_OTHER;
		c->fd = -1;
	}
	return 0;
}

/* The address of the open file that the running process knows by this number; 0 = none. */
static __always_inline __u64 file_of(__s32 fd)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct fdtable *table = task->files->fdt;
	__u64 first = (__u64)table->fd;
	__u64 file = 0;

	if (fd < 0 || (__u32)fd >= table->max_fds)
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), (void *)(first + (__u64)fd * sizeof(file)));
	return file;
}

/* Documentation/admin-guide/devices.txt: /dev/net/tun, as the kernel keeps it. */
#define TUN_DEVICE (10u << 20 | 200)

static __always_inline bool is_tun_file(const struct file *file)
{
	return BPF_CORE_READ(file, f_inode, i_rdev) == TUN_DEVICE;
}

/* On behalf of an io_uring, as far as one can tell from outside. */
static __always_inline bool by_uring(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (!bpf_core_field_exists(task->io_uring))
		return false;
	return task->flags & PF_IO_WORKER || task->io_uring;
}

/*
 * Which of its messages a call for several is at. It is the number of times that this was asked
 * since the call began, and the call ends with the last message or an error; but where it ends with
 * a timeout, or with a partly sent message, it has to be told (`forget_messages`), or nothing must
 * be concluded (`timed`).
 */
static __always_inline __u32 message_of(struct thread *t, bool failed)
{
	struct messages *m = &t->messages;
	const struct call *c = &t->call;
	__u32 index;

	if (c->what != CALL_RECVMMSG && c->what != CALL_SENDMMSG) {
		m->memory = 0;
		return 0;
	}
	if (m->memory != c->memory || m->count != c->count || m->fd != c->fd ||
	    m->what != c->what) {
		m->memory = c->memory;
		m->count = c->count;
		m->fd = c->fd;
		m->what = c->what;
		m->next = 0;
	}
	index = m->next++;
	if (failed || m->next >= m->count || c->timed)
		m->memory = 0;
	return index;
}

static __always_inline void forget_messages(struct thread *t)
{
	t->messages.memory = 0;
}

#endif
