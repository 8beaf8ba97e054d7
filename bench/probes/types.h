/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the running kernel and the modules that are probed have, by their BTF. */
#ifndef SYNCFAULT_PROBES_TYPES_H
#define SYNCFAULT_PROBES_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#define TYPES_MODULES 4

struct btf;

struct types {
	struct btf *vmlinux;
	struct btf *modules[TYPES_MODULES];
};

/* 0, or -ENOSYS: the kernel was built without BTF. A module without it has no types of its own. */
int types_load(struct types *types);
void types_free(struct types *types);

/* Whether the kernel or one of the modules has a type of that name and kind, a BTF_KIND_…. */
bool types_has(const struct types *types, const char *name, uint32_t kind);

/* Whether a struct of the kernel's own has a field of that name. */
bool types_has_member(const struct types *types, const char *structure, const char *name);

#endif
