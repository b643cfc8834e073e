/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes of an skb that lie in page fragments, on kernels without bpf_dynptr_from_skb (before 6.4).
 *
 * x86-64 maps all memory in one piece, so a page's address follows from that of its descriptor
 * (arch/x86/include/asm/page_64.h, include/asm-generic/memory_model.h): both bases are variables,
 * whose addresses the loader tells where it knows them.
 */
#ifndef TRAITRACE_FRAGMENTS_H
#define TRAITRACE_FRAGMENTS_H

#include "config.h"

/* Of the kernel's 17: payloads that are looked for lie in the first ones. */
#define FRAGMENTS_READ 4
#define PAGE_SHIFT     12

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct page {
	unsigned long flags;
};

/* A fragment before Linux 6.9; later ones have other members. */
struct bio_vec {
	struct page *bv_page;
	unsigned int bv_len;
	unsigned int bv_offset;
};

struct skb_shared_info___fragments {
	__u8 nr_frags;
	struct bio_vec frags[17];
};

#pragma clang attribute pop

static __always_inline __u64 kernel_word(__u64 address)
{
	__u64 word = 0;

	bpf_probe_read_kernel(&word, sizeof(word), (void *)address);
	return word;
}

/* The address of a fragment's first byte in the kernel's map of all memory. */
static __always_inline __u64 start_of(const struct bio_vec *fragment)
{
	__u64 page = (__u64)BPF_CORE_READ(fragment, bv_page);
	__u64 descriptors = kernel_word(config.vmemmap_base_at);
	__u64 memory = kernel_word(config.page_offset_base_at);

	return memory + ((page - descriptors) / bpf_core_type_size(struct page) << PAGE_SHIFT) +
	       BPF_CORE_READ(fragment, bv_offset);
}

/* More than are ever read, and a power of two. */
#define FRAGMENT_READ_LIMIT 32

/*
 * Reads `bytes` bytes (a constant below FRAGMENT_READ_LIMIT) from `at` on, counted from the first
 * byte behind the linear part. They may lie in two fragments. `to` has room for twice the limit.
 */
static __always_inline bool read_fragments(char *to, __u32 bytes, const struct sk_buff *skb,
					   __u32 at)
{
	struct skb_shared_info___fragments *shared = (void *)(skb->head + skb->end);
	__u32 count;
	__u64 first;

	if (!config.vmemmap_base_at || !config.page_offset_base_at ||
	    !bpf_core_field_exists(shared->frags[0].bv_page))
		return false;
	count = BPF_CORE_READ(shared, nr_frags);
	first = (__u64)shared + bpf_core_field_offset(shared->frags);
	for (__u32 i = 0; i < FRAGMENTS_READ; i++) {
		const struct bio_vec *fragment =
		    (void *)(first + i * bpf_core_type_size(struct bio_vec));
		const struct bio_vec *next =
		    (void *)(first + (i + 1) * bpf_core_type_size(struct bio_vec));
		__u32 length, here;

		if (i >= count)
			return false;
		length = BPF_CORE_READ(fragment, bv_len);
		if (at + bytes <= length)
			return !bpf_probe_read_kernel(to, bytes, (void *)(start_of(fragment) + at));
		if (at < length) {
			here = (length - at) & (FRAGMENT_READ_LIMIT - 1);
			return i + 1 < count &&
			       !bpf_probe_read_kernel(to, here,
						      (void *)(start_of(fragment) + at)) &&
			       !bpf_probe_read_kernel(to + here, bytes, (void *)start_of(next));
		}
		at -= length;
	}
	return false;
}

#endif
