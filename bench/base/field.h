/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields of structs, for tables whose rows fill or read them through a pointer to void. */
#ifndef SYNCFAULT_BASE_FIELD_H
#define SYNCFAULT_BASE_FIELD_H

#include <stddef.h>

/* The offset of a field that has this type; any other type does not compile. */
#define field_offset(struct_, field_, type_) \
	_Generic(((struct_ *)0)->field_, type_ : offsetof(struct_, field_))

#endif
