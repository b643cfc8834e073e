/* SPDX-License-Identifier: GPL-2.0-only */
/* Payload bytes of an event, where the user asked for them. Nothing that follows packets reads
 * them. */
#ifndef TRAITRACE_PAYLOAD_H
#define TRAITRACE_PAYLOAD_H

#include "fragments.h"
#include "identity.h"

extern int bpf_dynptr_from_skb(struct __sk_buff *skb, __u64 flags,
			       struct bpf_dynptr *dynptr) __ksym __weak;

static __always_inline void tell_payload(struct sk_buff *skb, struct scratch *s,
					 const struct skb_entry *e, __u16 counter, bool trusted)
{
	struct payload_record *record;
	struct bpf_dynptr whole;
	__u32 at = s->start + s->print.payload_at + config.payload_offset;

	if (!config.payload_bytes || !s->print.payload_at)
		return;
	record = reserve(sizeof(*record));
	if (!record)
		return;
	__builtin_memset(record, 0, sizeof(*record));
	record->time = e->time;
	record->packet_id = e->packet_id;
	record->skb_id = e->skb_id;
	record->offset = config.payload_offset;
	record->kind = RECORD_PAYLOAD;
	record->counter = counter;
	if (at + sizeof(record->data) <= s->tail) {
		if (!bpf_probe_read_kernel(record->data, sizeof(record->data), skb->head + at))
			record->len = sizeof(record->data);
	} else if (trusted && &bpf_dynptr_from_skb) {
		/* In page fragments. Offsets there count from skb->data. */
		__u32 from = at - (__u32)(skb->data - skb->head);

		if (!bpf_dynptr_from_skb((struct __sk_buff *)skb, 0, &whole) &&
		    !bpf_dynptr_read(record->data, sizeof(record->data), &whole, from, 0))
			record->len = sizeof(record->data);
	} else if (!&bpf_dynptr_from_skb && at >= s->tail) {
		/* The snapshot was written: its room is free. */
		if (read_fragments((char *)s->window, sizeof(record->data), skb, at - s->tail)) {
			__builtin_memcpy(record->data, s->window, sizeof(record->data));
			record->len = sizeof(record->data);
		}
	}
	submit(record);
}

#endif
