-- The schema after step 17 (m017_schedules), with a few rows. Never changed once it is released.
BEGIN TRANSACTION;
CREATE TABLE "_sqlite_migrations" (
   "id" INTEGER PRIMARY KEY,
   "migration_set" TEXT,
   "name" TEXT,
   "applied_at" TEXT
);
INSERT INTO "_sqlite_migrations" VALUES(1,'tokenflex-slack','m001_exports','2026-01-02 03:04:05.000000+00:00');
INSERT INTO "_sqlite_migrations" VALUES(2,'tokenflex-slack','m002_outbox','2026-01-02 03:04:05.000000+00:00');
INSERT INTO "_sqlite_migrations" VALUES(3,'tokenflex-slack','m003_calls','2026-01-02 03:04:05.000000+00:00');
INSERT INTO "_sqlite_migrations" VALUES(4,'tokenflex-slack','m004_logins_and_notes','2026-01-02 03:04:05.000000+00:00');
INSERT INTO "_sqlite_migrations" VALUES(5,'tokenflex-slack','m005_audit','2026-01-02 03:04:05.000000+00:00');
INSERT INTO "_sqlite_migrations" VALUES(6,'tokenflex-slack','m006_times_of_servers','2026-01-02 03:04:05.000000+00:00');
INSERT INTO "_sqlite_migrations" VALUES(7,'tokenflex-slack','m007_outbox_of_anything','2026-01-02 03:04:05.000000+00:00');
INSERT INTO "_sqlite_migrations" VALUES(8,'tokenflex-slack','m008_names_of_files','2026-11-29 03:16:32.315682+00:00');
INSERT INTO "_sqlite_migrations" VALUES(9,'tokenflex-slack','m009_discreet_messages','2026-11-29 03:23:59.882622+00:00');
INSERT INTO "_sqlite_migrations" VALUES(10,'tokenflex-slack','m010_refused_messages','2026-11-29 05:48:09.305971+00:00');
INSERT INTO "_sqlite_migrations" VALUES(11,'tokenflex-slack','m011_identities','2026-11-29 07:53:15.932915+00:00');
INSERT INTO "_sqlite_migrations" VALUES(12,'tokenflex-slack','m012_waiting','2026-11-29 08:24:59.127872+00:00');
INSERT INTO "_sqlite_migrations" VALUES(13,'tokenflex-slack','m013_templates','2026-11-29 08:45:42.465017+00:00');
INSERT INTO "_sqlite_migrations" VALUES(14,'tokenflex-slack','m014_what_files_hold','2026-11-29 11:48:05.192251+00:00');
INSERT INTO "_sqlite_migrations" VALUES(15,'tokenflex-slack','m015_answers','2026-11-29 15:03:18.309055+00:00');
INSERT INTO "_sqlite_migrations" VALUES(16,'tokenflex-slack','m016_attachments','2026-11-29 15:22:16.320867+00:00');
INSERT INTO "_sqlite_migrations" VALUES(17,'tokenflex-slack','m017_schedules','2026-11-29 16:19:00.334563+00:00');
CREATE TABLE alert_acts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        workspace TEXT NOT NULL DEFAULT '',
        origin TEXT NOT NULL UNIQUE,
        alert INTEGER NOT NULL REFERENCES alerts (id),
        at TEXT NOT NULL
    );
INSERT INTO "alert_acts" VALUES(1,'','press:1',1,'2026-01-02T03:05:05.000000+00:00');
CREATE TABLE alerts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        workspace TEXT NOT NULL DEFAULT '',
        origin TEXT NOT NULL UNIQUE,
        contract TEXT NOT NULL,
        channel TEXT NOT NULL,
        owner TEXT NOT NULL,
        watched TEXT NOT NULL,
        standing TEXT NOT NULL DEFAULT '',
        paused_why TEXT NOT NULL DEFAULT '',
        useless INTEGER NOT NULL DEFAULT 0,
        edition INTEGER NOT NULL DEFAULT 1,
        looked_at TEXT,
        created_at TEXT NOT NULL,
        changed_at TEXT NOT NULL
    );
INSERT INTO "alerts" VALUES(1,'','command:a','110000123456','C1','U1','{}','','',0,1,NULL,'2026-01-02T03:05:05.000000+00:00','2026-01-02T03:05:05.000000+00:00');
CREATE TABLE answers (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            workspace TEXT NOT NULL DEFAULT '',
            origin TEXT NOT NULL UNIQUE,
            export INTEGER NOT NULL REFERENCES exports (number),
            announcement INTEGER NOT NULL,
            asked TEXT NOT NULL DEFAULT '',
            person TEXT NOT NULL DEFAULT '',
            question_key TEXT NOT NULL DEFAULT '',
            first_day TEXT,
            last_day TEXT,
            state TEXT NOT NULL,
            fault TEXT NOT NULL DEFAULT '',
            wanted_at TEXT NOT NULL,
            changed_at TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            next_try_at TEXT,
            document TEXT NOT NULL DEFAULT '',
            sha256 TEXT NOT NULL DEFAULT ''
        );
INSERT INTO "answers" VALUES(1,'','answer:1:1',1,1,'','','',NULL,NULL,'wanted','','2026-01-02T03:05:05.000000+00:00','2026-01-02T03:05:05.000000+00:00',0,NULL,'','');
CREATE TABLE attachments (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            workspace TEXT NOT NULL DEFAULT '',
            export INTEGER NOT NULL REFERENCES exports (number),
            announcement INTEGER NOT NULL,
            format TEXT NOT NULL,
            state TEXT NOT NULL,
            slack_id TEXT NOT NULL DEFAULT '',
            name TEXT NOT NULL DEFAULT '',
            size INTEGER NOT NULL DEFAULT 0,
            rows INTEGER NOT NULL DEFAULT 0,
            total INTEGER NOT NULL DEFAULT 0,
            handed_at TEXT,
            times_handed INTEGER NOT NULL DEFAULT 0,
            reason TEXT NOT NULL DEFAULT '',
            wanted_at TEXT NOT NULL,
            changed_at TEXT NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            next_try_at TEXT,
            UNIQUE (export, announcement)
        );
INSERT INTO "attachments" VALUES(1,'',1,1,'csv','wanted','','',0,0,0,NULL,0,'','2026-01-02T03:05:05.000000+00:00','2026-01-02T03:05:05.000000+00:00',0,NULL);
CREATE TABLE audit (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at TEXT NOT NULL,
            person TEXT NOT NULL,
            act TEXT NOT NULL,
            export_number INTEGER,
            channel TEXT NOT NULL,
            source TEXT NOT NULL,
            result TEXT NOT NULL
        , workspace TEXT NOT NULL DEFAULT '');
INSERT INTO "audit" VALUES(1,'2026-01-02T03:04:05.000000+00:00','U1','requested',1,'C1','command','for channel C1','');
CREATE TABLE calls (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            started_at TEXT NOT NULL,
            ended_at TEXT,
            name TEXT NOT NULL,
            rank INTEGER NOT NULL,
            person TEXT NOT NULL,
            burst INTEGER NOT NULL,
            rate_limited INTEGER NOT NULL DEFAULT 0,
            retry_after REAL
        , workspace TEXT NOT NULL DEFAULT '');
INSERT INTO "calls" VALUES(1,'2026-01-02T03:04:05.500000+00:00','2026-01-02T03:04:06.000000+00:00','submit',0,'U1',0,0,NULL,'');
CREATE TABLE channel_ids (
            old TEXT PRIMARY KEY,
            workspace TEXT NOT NULL DEFAULT '',
            new TEXT NOT NULL,
            changed_at TEXT NOT NULL
        );
CREATE TABLE events (id TEXT PRIMARY KEY, heard_at TEXT NOT NULL);
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
        , intent_server_at TEXT, workspace TEXT NOT NULL DEFAULT '', upstream_file_name TEXT NOT NULL DEFAULT '', noted_at TEXT, attempts INTEGER NOT NULL DEFAULT 0, next_try_at TEXT, is_named_by_us INTEGER NOT NULL DEFAULT 0, known_through TEXT, period TEXT NOT NULL DEFAULT '', wants_answer INTEGER NOT NULL DEFAULT 1, run INTEGER, alert INTEGER);
INSERT INTO "exports" VALUES(1,'command:1','ready','110000123456','year1','{"fields": ["productName"], "metrics": ["tokensConsumed"], "downloadFileName": "year1"}','U1','C1','2026-01-02T03:04:05.000000+00:00','2026-01-02T03:05:05.000000+00:00','2026-01-02T03:04:06#7be9d6ac','Download','2026-01-02T03:04:06.000000+00:00','2026-01-02T03:05:05.000000+00:00','','',NULL,NULL,0,NULL,1,NULL,NULL,NULL,'','',NULL,0,NULL,0,NULL,'',1,NULL,NULL);
INSERT INTO "exports" VALUES(2,'command:2','queued','110000123456','zwölf','{"fields": ["productName"], "metrics": ["tokensConsumed"], "where": "contractYear=1", "downloadFileName": "zwölf"}','U2','C1','2026-01-02T03:04:07.000000+00:00','2026-01-02T03:04:07.000000+00:00',NULL,NULL,NULL,NULL,'','',NULL,NULL,0,NULL,0,NULL,NULL,NULL,'','',NULL,0,NULL,0,NULL,'',1,NULL,NULL);
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL, saved_at TEXT NOT NULL);
INSERT INTO "facts" VALUES('login key salt','00112233445566778899aabbccddeeff','2026-01-02T03:04:05.000000+00:00');
CREATE TABLE logins (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            refresh_token BLOB NOT NULL,
            access_token BLOB,
            access_expires_at TEXT,
            scopes TEXT NOT NULL DEFAULT '',
            seed TEXT NOT NULL DEFAULT '',
            saved_at TEXT NOT NULL
        );
INSERT INTO "logins" VALUES(1,X'67414141414142724266496D30683231384D494E713473446F5A574D6448505A4C4E5777714A466674694C32365050704262705245496655697979467376384D495677516A502D676B365964775A412D467135385651303953746747532D47304D546A593745636C39394A5F49613579477775457033513D',NULL,NULL,'data:read data:write','','2026-01-02T03:04:05.000000+00:00');
CREATE TABLE messages (
            delivery INTEGER PRIMARY KEY REFERENCES outbox (id),
            workspace TEXT NOT NULL DEFAULT '',
            channel TEXT NOT NULL,
            ts TEXT NOT NULL,
            link_expires_at TEXT, is_discreet INTEGER NOT NULL DEFAULT 0,
            UNIQUE (channel, ts)
        );
INSERT INTO "messages" VALUES(1,'','C1','1767323045.000100',NULL,0);
CREATE TABLE outbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            workspace TEXT NOT NULL DEFAULT '',
            subject TEXT NOT NULL UNIQUE,
            kind TEXT NOT NULL,
            about TEXT NOT NULL,
            about_id INTEGER,
            recipient TEXT NOT NULL,
            edition INTEGER NOT NULL DEFAULT 0,
            detail TEXT NOT NULL DEFAULT '',
            shows_link INTEGER NOT NULL DEFAULT 0,
            thread INTEGER REFERENCES outbox (id),
            after INTEGER REFERENCES outbox (id),
            state TEXT NOT NULL,
            due_at TEXT NOT NULL,
            created_at TEXT NOT NULL,
            version INTEGER NOT NULL DEFAULT 1,
            attempts INTEGER NOT NULL DEFAULT 0,
            last_error TEXT NOT NULL DEFAULT '',
            handed_over_at TEXT
        , refusal TEXT NOT NULL DEFAULT '', refused_since TEXT);
INSERT INTO "outbox" VALUES(1,'','card:1','card','export',1,'C1',0,'',0,NULL,NULL,'sent','2026-01-02T03:04:05.000000+00:00','2026-01-02T03:04:05.000000+00:00',1,0,'','2026-01-02T03:04:05.000000+00:00','',NULL);
INSERT INTO "outbox" VALUES(2,'','result:1:1','result','export',1,'C1',1,'',1,1,1,'waiting','2026-01-02T03:05:05.000000+00:00','2026-01-02T03:05:05.000000+00:00',1,0,'',NULL,'',NULL);
CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        workspace TEXT NOT NULL DEFAULT '',
        schedule INTEGER NOT NULL REFERENCES schedules (id),
        identity TEXT NOT NULL,
        due_at TEXT NOT NULL,
        state TEXT NOT NULL,
        late INTEGER NOT NULL DEFAULT 0,
        why TEXT NOT NULL DEFAULT '',
        export INTEGER REFERENCES exports (number),
        decided_at TEXT NOT NULL,
        changed_at TEXT NOT NULL,
        next_try_at TEXT,
        UNIQUE (schedule, identity)
    );
INSERT INTO "runs" VALUES(1,'',1,'2026-01-02T08:00','2026-01-02T03:05:05.000000+00:00','asked',0,'',1,'2026-01-02T03:05:05.000000+00:00','2026-01-02T03:05:05.000000+00:00',NULL);
CREATE TABLE schedules (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        workspace TEXT NOT NULL DEFAULT '',
        origin TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        question TEXT NOT NULL,
        contract TEXT NOT NULL,
        channel TEXT NOT NULL,
        owner TEXT NOT NULL,
        rule TEXT NOT NULL,
        missed TEXT NOT NULL,
        file_name TEXT NOT NULL DEFAULT '',
        waits_until TEXT NOT NULL DEFAULT '',
        only_changes INTEGER NOT NULL DEFAULT 0,
        paused_why TEXT NOT NULL DEFAULT '',
        through TEXT NOT NULL,
        next_at TEXT,
        failures INTEGER NOT NULL DEFAULT 0,
        edition INTEGER NOT NULL DEFAULT 1,
        created_at TEXT NOT NULL,
        changed_at TEXT NOT NULL
    );
INSERT INTO "schedules" VALUES(1,'','command:s','Tokens','{}','110000123456','C1','U1','{}','once','','',0,'','2026-01-01T08:00',NULL,0,1,'2026-01-02T03:05:05.000000+00:00','2026-01-02T03:05:05.000000+00:00');
CREATE TABLE tellings (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        workspace TEXT NOT NULL DEFAULT '',
        alert INTEGER NOT NULL,
        mark TEXT NOT NULL,
        told TEXT NOT NULL,
        counted TEXT NOT NULL DEFAULT '',
        told_at TEXT NOT NULL,
        changed_at TEXT NOT NULL
    );
CREATE TABLE templates (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            workspace TEXT NOT NULL DEFAULT '',
            origin TEXT UNIQUE,
            home TEXT NOT NULL,
            owner TEXT NOT NULL,
            name TEXT NOT NULL,
            name_key TEXT NOT NULL,
            sentence TEXT NOT NULL,
            question TEXT NOT NULL,
            created_at TEXT NOT NULL,
            changed_at TEXT NOT NULL,
            UNIQUE (home, name_key)
        );
CREATE UNIQUE INDEX "idx__sqlite_migrations_migration_set_name"
    ON "_sqlite_migrations" ("migration_set", "name");
CREATE INDEX exports_at_work ON exports (state, contract_number) WHERE state IN ('queued', 'submitting', 'requested', 'retrying', 'deleting');
CREATE INDEX exports_of_channel ON exports (channel, number);
CREATE INDEX exports_of_requester ON exports (requester, number);
CREATE INDEX calls_started ON calls (started_at);
CREATE INDEX audit_at ON audit (at);
CREATE TRIGGER audit_never_changes BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END;
CREATE TRIGGER audit_never_shrinks BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END;
CREATE TRIGGER audit_never_replaces BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'the audit only grows'); END;
CREATE INDEX outbox_due ON outbox (state, due_at) WHERE state IN ('waiting', 'sending');
CREATE INDEX outbox_about ON outbox (about, about_id);
CREATE INDEX outbox_thread ON outbox (thread) WHERE thread IS NOT NULL;
CREATE INDEX outbox_after ON outbox (after) WHERE after IS NOT NULL;
CREATE INDEX messages_not_discreet ON messages (channel) WHERE is_discreet = 0;
CREATE INDEX events_heard ON events (heard_at);
CREATE INDEX exports_abandoned ON exports (changed_at) WHERE state = 'abandoned';
CREATE INDEX answers_wanted ON answers (state, id) WHERE state = 'wanted';
CREATE INDEX answers_of_export ON answers (export, announcement);
CREATE INDEX answers_of_question ON answers (question_key, id) WHERE state = 'found';
CREATE INDEX attachments_open ON attachments (state, id)
        WHERE state IN ('wanted', 'uploading', 'uploaded', 'handing', 'handed', 'deleting')
        ;
CREATE INDEX schedules_due ON schedules (next_at) WHERE paused_why = '';
CREATE INDEX schedules_of_channel ON schedules (channel, id);
CREATE INDEX schedules_of_owner ON schedules (owner, id);
CREATE INDEX runs_failed ON runs (state, id) WHERE state = 'failed';
CREATE INDEX runs_open ON runs (state, id) WHERE state IN ('wanted', 'waiting', 'asked');
CREATE INDEX runs_of_export ON runs (export) WHERE export IS NOT NULL;
CREATE INDEX exports_of_alert ON exports (alert, number) WHERE alert IS NOT NULL;
CREATE INDEX tellings_of_alert ON tellings (alert, id);
CREATE INDEX alerts_of_contract ON alerts (contract, id);
CREATE INDEX alerts_of_channel ON alerts (channel, id);
CREATE INDEX alerts_of_owner ON alerts (owner, id);
CREATE INDEX alert_acts_of_alert ON alert_acts (alert);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('exports',2);
INSERT INTO "sqlite_sequence" VALUES('calls',1);
INSERT INTO "sqlite_sequence" VALUES('audit',1);
INSERT INTO "sqlite_sequence" VALUES('outbox',2);
INSERT INTO "sqlite_sequence" VALUES('answers',1);
INSERT INTO "sqlite_sequence" VALUES('attachments',1);
INSERT INTO "sqlite_sequence" VALUES('schedules',1);
INSERT INTO "sqlite_sequence" VALUES('runs',1);
INSERT INTO "sqlite_sequence" VALUES('alerts',1);
INSERT INTO "sqlite_sequence" VALUES('alert_acts',1);
COMMIT;
