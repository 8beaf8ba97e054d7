/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slot arithmetic of the latency histogram, shared by the program and by what runs in the kernel.
 *
 * Log-linear, as in HdrHistogram and fio's stat.h: each power of two of nanoseconds is divided into
 * SLOTS_PER_OCTAVE slots of equal width. With 32 of them:
 *
 *	range     0 .. 2^40 - 1 ns (18 minutes); a larger value has no slot, and is counted apart
 *	error     0 below 64 ns, else the slot's width is at most 1/32 of any value in it
 *	memory    SLOT_COUNT = (40 - 5) * 32 + 32 = 1,152 counters
 *
 * A value v with its highest bit at e >= 5 falls into slot (e - 5) * 32 + (v >> (e - 5)); below 32
 * the slot is the value. All functions are pure and have no loops, which suits the BPF verifier.
 */
#ifndef SYNCFAULT_SLOTS_H
#define SYNCFAULT_SLOTS_H

#define SLOT_SUB_BITS	 5
#define SLOTS_PER_OCTAVE (1 << SLOT_SUB_BITS)
#define SLOT_RANGE_BITS	 40
#define SLOT_COUNT	 ((SLOT_RANGE_BITS - SLOT_SUB_BITS) * SLOTS_PER_OCTAVE + SLOTS_PER_OCTAVE)
#define LOG2_US_COUNT	 32

/*
 * Index of the highest bit set, 0 for 0 and 1. BPF has no instruction for it, so the byte that
 * holds it is searched for, and the rest is looked up in a table. Code that cannot have tables in
 * BPF defines SLOT_NO_TABLE.
 */
#ifndef SLOT_NO_TABLE
#define SLOT_X2(n)   n, n
#define SLOT_X4(n)   SLOT_X2(n), SLOT_X2(n)
#define SLOT_X8(n)   SLOT_X4(n), SLOT_X4(n)
#define SLOT_X16(n)  SLOT_X8(n), SLOT_X8(n)
#define SLOT_X32(n)  SLOT_X16(n), SLOT_X16(n)
#define SLOT_X64(n)  SLOT_X32(n), SLOT_X32(n)
#define SLOT_X128(n) SLOT_X64(n), SLOT_X64(n)

static const unsigned char slot_msb_of_byte[256] = { 0,		  0,	       SLOT_X2(1),
						     SLOT_X4(2),  SLOT_X8(3),  SLOT_X16(4),
						     SLOT_X32(5), SLOT_X64(6), SLOT_X128(7) };
#endif

/* Most latencies are below 65,536 ns and take the shortest path. */
static inline __attribute__((always_inline)) unsigned int slot_msb(unsigned long long v)
{
	unsigned int msb = 0;

	if (v > 0xffff) {
		if (v >> 32) {
			v >>= 32;
			msb = 32;
		}
		if (v > 0xffff) {
			v >>= 16;
			msb += 16;
		}
	}
	if (v > 0xff) {
		v >>= 8;
		msb += 8;
	}
#ifndef SLOT_NO_TABLE
	return msb + slot_msb_of_byte[v & 0xff];
#else
	if (v > 0xf) {
		v >>= 4;
		msb += 4;
	}
	if (v > 3) {
		v >>= 2;
		msb += 2;
	}
	return msb + (unsigned int)(v >> 1);
#endif
}

/* Slot of ns, or SLOT_COUNT where ns is 2^40 or more. */
static inline __attribute__((always_inline)) unsigned int slot_of(unsigned long long ns)
{
	unsigned int shift;

	if (ns > 0xffff && ns >> SLOT_RANGE_BITS)
		return SLOT_COUNT;
	if (ns < SLOTS_PER_OCTAVE)
		return (unsigned int)ns;
	shift = slot_msb(ns) - SLOT_SUB_BITS;
	return shift * SLOTS_PER_OCTAVE + (unsigned int)(ns >> shift);
}

/* The smallest ns that falls into slot, for slot <= SLOT_COUNT (where it is 2^40). */
static inline __attribute__((always_inline)) unsigned long long slot_low(unsigned int slot)
{
	unsigned int shift;

	if (slot < 2 * SLOTS_PER_OCTAVE)
		return slot;
	shift = slot / SLOTS_PER_OCTAVE - 1;
	return (unsigned long long)(slot - shift * SLOTS_PER_OCTAVE) << shift;
}

/* The greatest ns that falls into slot, for slot < SLOT_COUNT. */
static inline __attribute__((always_inline)) unsigned long long slot_high(unsigned int slot)
{
	return slot_low(slot + 1) - 1;
}

/*
 * The letter's buckets: whole microseconds, rounded down, by powers of two. Bucket 0 is 0 us,
 * bucket i > 0 holds 2^(i-1) .. 2^i - 1 us; the last one holds everything larger.
 */
static inline __attribute__((always_inline)) unsigned int log2_us_of(unsigned long long ns)
{
	unsigned long long us = ns / 1000;
	unsigned int i = us ? slot_msb(us) + 1 : 0;

	return i < LOG2_US_COUNT ? i : LOG2_US_COUNT - 1;
}

static inline __attribute__((always_inline)) unsigned long long log2_us_from(unsigned int i)
{
	return i ? 1ULL << (i - 1) : 0;
}

static inline __attribute__((always_inline)) unsigned long long log2_us_to(unsigned int i)
{
	return i ? (1ULL << i) - 1 : 0;
}

#endif
