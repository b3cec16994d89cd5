/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The schema, one migration a version: migration N takes a database of
 * user_version N to N + 1.  Never edit one that was released; append.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

static const char *const schema_migrations[] = {
	"CREATE TABLE guest ("
	" uuid BLOB PRIMARY KEY,"
	" name TEXT NOT NULL,"
	" hold INTEGER NOT NULL DEFAULT 0,"
	" streak INTEGER NOT NULL DEFAULT 0,"
	" boot TEXT NOT NULL DEFAULT '',"	/* of the times that follow */
	" starts TEXT NOT NULL DEFAULT '',"	/* mono ms, space separated */
	" run_domid INTEGER NOT NULL DEFAULT 0,"
	" run_epoch INTEGER NOT NULL DEFAULT 0,"
	" run_ms INTEGER NOT NULL DEFAULT 0,"
	" type INTEGER,"			/* NULL: no configuration */
	" actions TEXT,"			/* names in order of reason */
	" config TEXT"				/* libxl's JSON */
	") WITHOUT ROWID;"
	"CREATE TABLE incident ("
	" number INTEGER PRIMARY KEY, boot TEXT NOT NULL,"
	" uuid BLOB NOT NULL, domid INTEGER NOT NULL,"
	" epoch INTEGER NOT NULL, cpu_time_ns INTEGER NOT NULL,"
	" name TEXT NOT NULL, type INTEGER NOT NULL,"
	" reason_code INTEGER NOT NULL, reason TEXT NOT NULL,"
	" wanted TEXT NOT NULL, action TEXT NOT NULL,"
	" source INTEGER NOT NULL, why TEXT NOT NULL,"
	" state TEXT NOT NULL, outcome TEXT NOT NULL,"
	" at INTEGER NOT NULL, absent INTEGER NOT NULL,"
	" paid INTEGER NOT NULL, due_ms INTEGER NOT NULL,"
	" due_wall_ms INTEGER NOT NULL,"
	" seen_ms INTEGER NOT NULL, closed_ms INTEGER NOT NULL,"
	" copy_uuid BLOB NOT NULL, new_uuid BLOB NOT NULL,"
	" new_domid INTEGER NOT NULL, new_epoch INTEGER NOT NULL,"
	" core_path TEXT NOT NULL);"
	"CREATE INDEX incident_seen ON incident (seen_ms);"
	"CREATE INDEX incident_pending ON incident (state, outcome);"
	"CREATE TABLE step ("
	" incident INTEGER NOT NULL, seq INTEGER NOT NULL,"
	" step TEXT NOT NULL, begun_ms INTEGER NOT NULL,"
	" ended_ms INTEGER NOT NULL, rc INTEGER NOT NULL,"
	" text TEXT NOT NULL,"
	" PRIMARY KEY (incident, seq)) WITHOUT ROWID;",
	"CREATE TABLE host ("
	" number INTEGER PRIMARY KEY, boot TEXT NOT NULL,"
	" worst TEXT NOT NULL, began_ms INTEGER NOT NULL,"
	" ended_ms INTEGER NOT NULL, text TEXT NOT NULL,"
	" advice TEXT NOT NULL);",
	"ALTER TABLE guest ADD COLUMN disowned INTEGER NOT NULL DEFAULT 0;",
	/* A core's figures, which outlive it. */
	"ALTER TABLE incident ADD COLUMN core_format TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE incident ADD COLUMN core_bytes INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE incident ADD COLUMN core_pages INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE incident ADD COLUMN core_zero INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE incident ADD COLUMN core_of INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE incident ADD COLUMN core_ms INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE incident ADD COLUMN core_cut INTEGER NOT NULL DEFAULT 0;",
	"ALTER TABLE incident ADD COLUMN panic TEXT NOT NULL DEFAULT '';"
	"CREATE TABLE evidence ("
	" incident INTEGER NOT NULL, kind TEXT NOT NULL,"
	" at_ms INTEGER NOT NULL, source TEXT NOT NULL,"
	" text TEXT NOT NULL, missing TEXT NOT NULL,"
	" PRIMARY KEY (incident, kind));",
	"ALTER TABLE incident ADD COLUMN unreported INTEGER NOT NULL DEFAULT 0;",
	"ALTER TABLE host ADD COLUMN retreat TEXT NOT NULL DEFAULT '';",
	/* Before this column existed, no daemon resumed a retreat. */
	"ALTER TABLE host ADD COLUMN retreat_state TEXT NOT NULL DEFAULT 'none';",
	"ALTER TABLE guest ADD COLUMN adopted INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE incident ADD COLUMN owner TEXT NOT NULL DEFAULT '';",
	/* What had to be looked for in the log of attempts before. */
	"ALTER TABLE incident ADD COLUMN begun TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE incident ADD COLUMN done TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE incident ADD COLUMN unheard INTEGER NOT NULL DEFAULT 0;"
	"UPDATE incident SET"
	" begun = coalesce((SELECT group_concat(DISTINCT step) FROM step"
	"  WHERE incident = number), ''),"
	" done = coalesce((SELECT group_concat(DISTINCT step) FROM step"
	"  WHERE incident = number AND ended_ms <> 0 AND rc = 0), '');",
	"ALTER TABLE incident ADD COLUMN wants_core INTEGER NOT NULL DEFAULT 1;",
	/* Which guest was written last: it rises with each. */
	"ALTER TABLE guest ADD COLUMN used INTEGER NOT NULL DEFAULT 0;"
	"CREATE INDEX guest_used ON guest (used);"
	"CREATE INDEX incident_guest ON incident (uuid);",
	/* By the clock of the row's boot; 0: from before it was on record. */
	"ALTER TABLE host ADD COLUMN began_mono_ms INTEGER NOT NULL DEFAULT 0;",
	/* The host was booted while the start was pending. */
	"ALTER TABLE incident ADD COLUMN rebooted INTEGER NOT NULL DEFAULT 0;",
	"ALTER TABLE incident ADD COLUMN twin INTEGER NOT NULL DEFAULT 0;",
	"ALTER TABLE incident ADD COLUMN wants_reattach INTEGER NOT NULL DEFAULT 0;",
};

#endif
