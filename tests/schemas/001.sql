-- The schema after step 1 (m001_exports), with a few rows. Never changed once it is released.
BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'tokenflex-slack','m001_exports','2026-01-02 03:04:05.000000+00:00');
CREATE TABLE exports (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            origin TEXT NOT NULL UNIQUE,
            state TEXT NOT NULL,
            contract_number TEXT NOT NULL,
            file_name TEXT NOT NULL,
            request_body TEXT NOT NULL,
            requester TEXT NOT NULL,
            channel TEXT NOT NULL,
            accepted_at TEXT NOT NULL,
            changed_at TEXT NOT NULL,
            request_key TEXT UNIQUE,
            upstream_status TEXT,
            requested_at TEXT,
            finished_at TEXT,
            explanation TEXT NOT NULL DEFAULT '',
            note TEXT NOT NULL DEFAULT '',
            intent_at TEXT,
            unanswered_since TEXT,
            lists_without INTEGER NOT NULL DEFAULT 0,
            last_list_at TEXT,
            announcement INTEGER NOT NULL DEFAULT 0,
            replaces INTEGER REFERENCES exports (number),
            replaced_by INTEGER REFERENCES exports (number)
        );
INSERT INTO "exports" VALUES(1,'command:1','ready','110000123456','year1','{"fields": ["productName"], "metrics": ["tokensConsumed"], "downloadFileName": "year1"}','U1','C1','2026-01-02T03:04:05.000000+00:00','2026-01-02T03:05:05.000000+00:00','2026-01-02T03:04:06#7be9d6ac','Download','2026-01-02T03:04:06.000000+00:00','2026-01-02T03:05:05.000000+00:00','','',NULL,NULL,0,NULL,1,NULL,NULL);
INSERT INTO "exports" VALUES(2,'command:2','queued','110000123456','zwölf','{"fields": ["productName"], "metrics": ["tokensConsumed"], "where": "contractYear=1", "downloadFileName": "zwölf"}','U2','C1','2026-01-02T03:04:07.000000+00:00','2026-01-02T03:04:07.000000+00:00',NULL,NULL,NULL,NULL,'','',NULL,NULL,0,NULL,0,NULL,NULL);
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX exports_at_work ON exports (state, contract_number) WHERE state IN ('queued', 'submitting', 'requested', 'retrying', 'deleting');
CREATE INDEX exports_of_channel ON exports (channel, number);
CREATE INDEX exports_of_requester ON exports (requester, number);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('exports',2);
COMMIT;
