/* SPDX-License-Identifier: GPL-2.0-only */
/* From a probe to Java: the rings, and the counters of what did not fit. */
#ifndef TRAITRACE_OUTPUT_H
#define TRAITRACE_OUTPUT_H

#include "config.h"
#include "event.h"

enum counter {
	COUNTER_LOST_RECORDS = 0, /* a ring was full */
	COUNTER_UNTRACKED = 1,	  /* a side table was full */
	COUNTER_AGED = 2,	  /* entries removed by the sweep */
	COUNTER_RECORDS = 3,	  /* records written */
	COUNTERS = 4,
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTERS);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

struct ring {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
};

/* One ring per group of CPUs: the loader makes them and says how large they are. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__type(key, __u32);
	__array(values, struct ring);
} rings SEC(".maps");

static __always_inline void count(__u32 counter)
{
	__u64 *value = bpf_map_lookup_elem(&counters, &counter);

	if (value)
		*value += 1;
}

/*
 * Room for a record of `size` bytes (a constant), or NULL, which is counted.
 *
 * The record is compared with NULL here and, after inlining, nowhere else: Linux 6.1 forgets what
 * such a comparison told (kernel/bpf/verifier.c, reg_type_not_null: not for PTR_TO_MEM), and at a
 * second one complains that the record is leaked where there is none. So what is counted in both
 * cases must not be counted here.
 */
static __always_inline void *reserve(__u64 size)
{
	__u32 index = bpf_get_smp_processor_id() & config.ring_mask;
	void *ring = bpf_map_lookup_elem(&rings, &index);
	void *record;

	if (ring) {
		record = bpf_ringbuf_reserve(ring, size, 0);
		if (record)
			return record;
	}
	count(COUNTER_LOST_RECORDS);
	return 0;
}

/* A record of `struct event` that says nothing yet but its kind, time and place. */
static __always_inline struct event *reserve_event(enum record_kind kind)
{
	struct event *record = reserve(sizeof(*record));

	if (!record)
		return 0;
	__builtin_memset(record, 0, sizeof(*record));
	record->time = bpf_ktime_get_ns();
	record->cpu = bpf_get_smp_processor_id();
	record->kind = kind;
	return record;
}

/* Java polls: a wake-up per record would cost the traced host more than the record. */
static __always_inline void submit(void *record)
{
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	count(COUNTER_RECORDS);
}

#endif
