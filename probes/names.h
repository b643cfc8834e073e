/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names, told once: a device's when it is first seen or renamed, a process's likewise. Java cannot
 * ask later: by then the process may have ended and the namespace may be gone.
 */
#ifndef TRAITRACE_NAMES_H
#define TRAITRACE_NAMES_H

#include "output.h"

#define NAMES 8192

struct name {
	__u64 bytes[2];
	__u64
	    cookie; /* of the network namespace: the number of one that is gone is soon another's */
};

struct device_key {
	__u32 netns;
	__u32 ifindex;
};

/* LRU: what falls out is told again. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, NAMES);
	__type(key, struct device_key);
	__type(value, struct name);
} devices SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, NAMES);
	__type(key, __u32);
	__type(value, struct name);
} tasks SEC(".maps");

static __always_inline bool same_name(const struct name *known, const struct name *name)
{
	return known && known->bytes[0] == name->bytes[0] && known->bytes[1] == name->bytes[1] &&
	       known->cookie == name->cookie;
}

/* `dev` may be a bare address. */
static __always_inline void tell_device(struct net_device *dev, __u32 netns, __u32 ifindex)
{
	struct device_key key = {.netns = netns, .ifindex = ifindex};
	struct name name = {};
	struct device_record *record;

	bpf_probe_read_kernel(name.bytes, sizeof(name.bytes), dev->name);
	name.cookie = BPF_CORE_READ(dev, nd_net.net, net_cookie);
	if (same_name(bpf_map_lookup_elem(&devices, &key), &name))
		return;
	record = reserve(sizeof(*record));
	if (!record)
		return;
	bpf_map_update_elem(&devices, &key, &name, BPF_ANY);
	__builtin_memset(record, 0, sizeof(*record));
	record->time = bpf_ktime_get_ns();
	record->cookie = name.cookie;
	record->netns = netns;
	record->ifindex = ifindex;
	record->physical = BPF_CORE_READ(dev, dev.parent) != 0;
	__builtin_memcpy(record->name, name.bytes, sizeof(name.bytes));
	record->kind = RECORD_DEVICE;
	submit(record);
}

static __always_inline void tell_task(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 pid = task->tgid;
	struct name name = {};
	struct task_record *record;

	bpf_probe_read_kernel(name.bytes, sizeof(name.bytes), task->group_leader->comm);
	if (same_name(bpf_map_lookup_elem(&tasks, &pid), &name))
		return;
	record = reserve(sizeof(*record));
	if (!record)
		return;
	bpf_map_update_elem(&tasks, &pid, &name, BPF_ANY);
	__builtin_memset(record, 0, sizeof(*record));
	record->time = bpf_ktime_get_ns();
	record->cgroup = bpf_get_current_cgroup_id();
	record->pid = pid;
	record->tid = task->pid;
	__builtin_memcpy(record->name, name.bytes, sizeof(name.bytes));
	record->kind = RECORD_TASK;
	submit(record);
}

#endif
