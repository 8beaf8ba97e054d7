// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/assets.h"

#include <string.h>

/* Laid out by scripts/lib/embed. */
extern const struct asset asset_table[];
extern const struct asset asset_table_end[];

const struct asset *asset_list(size_t *count)
{
	*count = (size_t)(asset_table_end - asset_table);
	return asset_table;
}

const struct asset *asset_find(const char *name)
{
	for (const struct asset *asset = asset_table; asset < asset_table_end; asset++)
		if (strcmp(asset->name, name) == 0)
			return asset;
	return NULL;
}
