// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/types.h"

#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

/* Modules whose functions and tracepoints are probed. */
static const char *const modules[TYPES_MODULES + 1] = { "ext4", "jbd2", "xfs", "device_dax", NULL };

void types_free(struct types *types)
{
	for (size_t i = 0; modules[i]; i++)
		btf__free(types->modules[i]);
	btf__free(types->vmlinux);
}

int types_load(struct types *types)
{
	memset(types, 0, sizeof(*types));
	types->vmlinux = btf__load_vmlinux_btf();
	if (!types->vmlinux)
		return -ENOSYS;
	for (size_t i = 0; modules[i]; i++)
		types->modules[i] = btf__load_module_btf(modules[i], types->vmlinux);
	return 0;
}

/* Those of a module come after all of the kernel's, which are not gone through for each module. */
static bool has_own_type(const struct btf *module, uint32_t first, const char *name, uint32_t kind)
{
	for (uint32_t id = first; id < btf__type_cnt(module); id++) {
		const struct btf_type *type = btf__type_by_id(module, id);

		if (btf_kind(type) == kind &&
		    !strcmp(btf__name_by_offset(module, type->name_off), name))
			return true;
	}
	return false;
}

bool types_has(const struct types *types, const char *name, uint32_t kind)
{
	uint32_t first = btf__type_cnt(types->vmlinux);

	if (btf__find_by_name_kind(types->vmlinux, name, kind) > 0)
		return true;
	for (size_t i = 0; modules[i]; i++)
		if (types->modules[i] && has_own_type(types->modules[i], first, name, kind))
			return true;
	return false;
}

bool types_has_member(const struct types *types, const char *structure, const char *name)
{
	int id = btf__find_by_name_kind(types->vmlinux, structure, BTF_KIND_STRUCT);
	const struct btf_type *type = id > 0 ? btf__type_by_id(types->vmlinux, (uint32_t)id) : NULL;

	for (int i = 0; type && i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(types->vmlinux, btf_members(type)[i].name_off),
			    name))
			return true;
	return false;
}
