/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef SYNCFAULT_RESULT_ROWS_H
#define SYNCFAULT_RESULT_ROWS_H

#include "base/json.h"
#include "result/result.h"

/* Rows of struct result, cell_result and guest, for json_read, json_write and json_clear. */
extern const struct json_row result_rows[];
extern const struct json_row cell_rows[];
extern const struct json_row guest_rows[];

/* The same for struct cell_config, latency and worst_result, for whoever reads them alone. */
extern const struct json_row config_rows[];
extern const struct json_row latency_rows[];
extern const struct json_row worst_rows[];

#endif
