/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a fault or an fsync is, and whether it was asked for. */
#ifndef SYNCFAULT_PLACE_H
#define SYNCFAULT_PLACE_H

#include <stdbool.h>

#include "../flight.h"

struct place {
	uint32_t dev;
	uint64_t inode;
	uint64_t page;
};

static __always_inline bool is_wanted_place(const struct place *place)
{
	if (!config.has_dev)
		return true;
	return place->dev == config.dev && (!config.inode || place->inode == config.inode);
}

/* The lock was taken for a fault that nobody asked about. */
static __always_inline void forget_lock(uint64_t pid_tgid)
{
	struct slot *slot = slot_of_tid((uint32_t)pid_tgid);

	if (slot && slot->stack == STAGE_LOCK)
		slot_release(slot);
}

static __always_inline void describe(struct slot *slot, const struct place *place, uint64_t address,
				     uint32_t flags)
{
	slot->record.address = address;
	slot->record.flags = flags;
	slot->record.dev = place->dev;
	slot->record.inode = place->inode;
	slot->record.page = place->page;
}

#endif
