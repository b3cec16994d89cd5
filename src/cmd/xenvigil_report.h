/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes the HTML page of a report.  Sends no request, writes no file.
 */
#ifndef CMD_XENVIGIL_REPORT_H
#define CMD_XENVIGIL_REPORT_H

#include <json-c/json.h>

#include "base/text.h"

/*
 * Appends a whole document about INCIDENT, as the daemon answers "info".  It
 * names nothing outside itself, and nothing in it is a guest's markup.
 */
void xenvigil_report_html(json_object *incident, struct text *html);

#endif
