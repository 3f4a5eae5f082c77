-- What is configured (tenants and all that is theirs) and what is running (nodes and what they see).

-- Who may do what to a table's rows: the access matrix of the house is the list of calls of this function.
-- app: commands of cordboard_app, on rows of the tenant that the connection is set to, nothing without one.
-- system: commands of cordboard_system, on every tenant's rows; what is not listed is denied.
CREATE FUNCTION guard_rows(rows regclass, app text, system text[] DEFAULT '{}', tenant_column name DEFAULT 'tenant_id')
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    own text := format('%I = current_setting(''cordboard.tenant_id'')::bigint', tenant_column);
    granted text;
    command text;
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', rows);
    EXECUTE format('CREATE POLICY app ON %s TO cordboard_app USING (%s) WITH CHECK (%s)', rows, own, own);
    EXECUTE format('GRANT %s ON %s TO cordboard_app', app, rows);
    FOREACH granted IN ARRAY system LOOP
        command := split_part(granted, ' ', 1);
        EXECUTE format('GRANT %s ON %s TO cordboard_system', granted, rows);
        EXECUTE format('CREATE POLICY system_%s ON %s FOR %s TO cordboard_system %s', command, rows, command,
            CASE command WHEN 'insert' THEN 'WITH CHECK (true)'
                         WHEN 'update' THEN 'USING (true) WITH CHECK (true)'
                         ELSE 'USING (true)' END);
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION guard_rows FROM PUBLIC;

GRANT USAGE ON SCHEMA public TO cordboard_app, cordboard_system;

CREATE TABLE tenants (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CONSTRAINT tenants_name UNIQUE CHECK (name <> ''),
    pbx_id bigint NOT NULL CONSTRAINT tenants_pbx_id UNIQUE,
    account_id text NOT NULL CONSTRAINT tenants_account_id UNIQUE,
    country text NOT NULL,
    timezone text NOT NULL,
    language text NOT NULL,
    admin_email text NOT NULL,
    allowed_destinations text[] NOT NULL,
    cors_origins text[] NOT NULL,
    limit_tenant integer NOT NULL CHECK (limit_tenant >= 0),
    limit_route integer NOT NULL CHECK (limit_route >= 0),
    max_calls integer CHECK (max_calls >= 0),
    recording_days integer CHECK (recording_days > 0),
    crm_logos json NOT NULL, -- URL by name
    is_enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now()
);
SELECT guard_rows('tenants', 'select, update', '{select, insert}', tenant_column => 'id');

CREATE TABLE keys (
    tenant_id bigint NOT NULL REFERENCES tenants,
    id bigint GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL,
    hint text NOT NULL,
    value_hash bytea NOT NULL CONSTRAINT keys_value_hash UNIQUE CHECK (length(value_hash) = 32),
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    PRIMARY KEY (tenant_id, id)
);
SELECT guard_rows('keys', 'select, insert, update (revoked_at)', '{select}');

CREATE TABLE groups (
    tenant_id bigint NOT NULL REFERENCES tenants,
    id bigint GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL CHECK (name <> ''),
    extension text NOT NULL CHECK (extension <> ''),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT groups_name UNIQUE (tenant_id, name),
    CONSTRAINT groups_extension UNIQUE (tenant_id, extension)
);
SELECT guard_rows('groups', 'select, insert, delete');

CREATE TABLE queues (
    tenant_id bigint NOT NULL REFERENCES tenants,
    id bigint GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL CHECK (name <> ''),
    number text, -- canonical; NULL: that of the first DID that leads here, if any
    strategy text NOT NULL DEFAULT 'normal',
    music text,
    max_wait_seconds integer CHECK (max_wait_seconds >= 0),
    selection text,
    does_announce_position boolean,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT queues_name UNIQUE (tenant_id, name)
);
SELECT guard_rows('queues', 'select, insert, update, delete');

CREATE TABLE dids (
    tenant_id bigint NOT NULL REFERENCES tenants,
    id bigint GENERATED ALWAYS AS IDENTITY,
    number text NOT NULL CONSTRAINT dids_number UNIQUE CHECK (number <> ''),
    label text NOT NULL,
    route_kind text,
    route_to text NOT NULL,
    group_name text GENERATED ALWAYS AS (CASE WHEN route_kind = 'group' THEN route_to END) STORED,
    queue_id bigint GENERATED ALWAYS AS (CASE WHEN route_kind = 'queue' THEN route_to::bigint END) STORED,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT dids_own_number UNIQUE (tenant_id, number),
    CONSTRAINT dids_group_name FOREIGN KEY (tenant_id, group_name) REFERENCES groups (tenant_id, name),
    CONSTRAINT dids_queue_id FOREIGN KEY (tenant_id, queue_id) REFERENCES queues
);
CREATE INDEX ON dids (tenant_id, queue_id) WHERE queue_id IS NOT NULL;
SELECT guard_rows('dids', 'select, insert, update, delete', '{select}');

-- Outbound queues: their agents call out with their DID.
CREATE TABLE callouts (
    tenant_id bigint NOT NULL REFERENCES tenants,
    id bigint GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL CHECK (name <> ''),
    did_number text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT callouts_name UNIQUE (tenant_id, name),
    CONSTRAINT callouts_did_number FOREIGN KEY (tenant_id, did_number) REFERENCES dids (tenant_id, number)
);
CREATE INDEX ON callouts (tenant_id, did_number);
SELECT guard_rows('callouts', 'select, insert, delete');

CREATE TABLE agents (
    tenant_id bigint NOT NULL REFERENCES tenants,
    id bigint GENERATED ALWAYS AS IDENTITY,
    user_name text NOT NULL CHECK (user_name <> ''),
    first_name text NOT NULL,
    last_name text NOT NULL,
    email text NOT NULL,
    uuid uuid NOT NULL DEFAULT gen_random_uuid(), -- unlike id, unique over all copies of this software
    password_hash text, -- Argon2id; NULL: cannot log in
    is_enabled boolean NOT NULL DEFAULT true,
    is_auto_answered boolean NOT NULL,
    max_calls integer NOT NULL CHECK (max_calls >= 0),
    did_number text,
    callout_id bigint,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT agents_user_name UNIQUE (tenant_id, user_name),
    CONSTRAINT agents_did_number FOREIGN KEY (tenant_id, did_number) REFERENCES dids (tenant_id, number)
        ON DELETE SET NULL (did_number),
    CONSTRAINT agents_callout FOREIGN KEY (tenant_id, callout_id) REFERENCES callouts ON DELETE SET NULL (callout_id)
);
CREATE INDEX ON agents (tenant_id, callout_id) WHERE callout_id IS NOT NULL;
SELECT guard_rows('agents', 'select, insert, update, delete', '{select}');

-- An extension is what a phone registers for: it has the SIP account, and belongs to one agent. One that was taken from
-- its agent keeps its account, known to no engine, until somebody gets it.
CREATE TABLE extensions (
    tenant_id bigint NOT NULL,
    extension text NOT NULL CHECK (extension <> ''),
    agent_id bigint,
    is_main boolean NOT NULL CHECK (agent_id IS NOT NULL OR NOT is_main),
    sip_username text NOT NULL CONSTRAINT extensions_sip_username UNIQUE CHECK (sip_username <> ''),
    sip_password_md5 text NOT NULL, -- HA1, RFC 2617 3.2.2.2
    PRIMARY KEY (tenant_id, extension),
    UNIQUE (tenant_id, sip_username),
    FOREIGN KEY (tenant_id, agent_id) REFERENCES agents ON DELETE CASCADE
);
CREATE INDEX ON extensions (tenant_id, agent_id);
CREATE UNIQUE INDEX ON extensions (tenant_id, agent_id) WHERE is_main;
SELECT guard_rows('extensions', 'select, insert, update, delete', '{select}');

-- A number is an agent's or a group's, never both. The tenant's row is locked so that of two at once the second sees
-- the first; each table's own key sees to the rest.
CREATE FUNCTION refuse_taken_number() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    is_taken boolean;
BEGIN
    PERFORM FROM tenants WHERE id = NEW.tenant_id FOR NO KEY UPDATE;
    IF TG_TABLE_NAME = 'groups' THEN
        is_taken := EXISTS (SELECT FROM extensions WHERE (tenant_id, extension) = (NEW.tenant_id, NEW.extension));
    ELSE
        is_taken := EXISTS (SELECT FROM groups WHERE (tenant_id, extension) = (NEW.tenant_id, NEW.extension));
    END IF;
    IF is_taken THEN
        RAISE unique_violation USING MESSAGE = 'the number is taken', CONSTRAINT = 'taken_number';
    END IF;
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION refuse_taken_number FROM PUBLIC;
CREATE TRIGGER refuse_taken_number BEFORE INSERT OR UPDATE OF tenant_id, extension ON extensions
    FOR EACH ROW EXECUTE FUNCTION refuse_taken_number();
CREATE TRIGGER refuse_taken_number BEFORE INSERT OR UPDATE OF tenant_id, extension ON groups
    FOR EACH ROW EXECUTE FUNCTION refuse_taken_number();

CREATE TABLE group_members (
    tenant_id bigint NOT NULL,
    group_id bigint NOT NULL,
    extension text NOT NULL,
    position integer NOT NULL, -- 0 first, in the order in which they were given
    PRIMARY KEY (tenant_id, group_id, extension),
    FOREIGN KEY (tenant_id, group_id) REFERENCES groups ON DELETE CASCADE,
    CONSTRAINT group_members_extension FOREIGN KEY (tenant_id, extension) REFERENCES extensions ON DELETE CASCADE
);
CREATE INDEX ON group_members (tenant_id, extension);
SELECT guard_rows('group_members', 'select, insert, delete');

-- Calls that are prepared but for whom they go to. No references: what is removed and made again serves again.
CREATE TABLE click_to_calls (
    tenant_id bigint NOT NULL REFERENCES tenants,
    id uuid NOT NULL,
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL CHECK (name <> ''),
    extension text NOT NULL CHECK (extension <> ''),
    did_number text NOT NULL CHECK (did_number <> ''),
    first text NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
SELECT guard_rows('click_to_calls', 'select, insert, delete');

CREATE TABLE queue_members (
    tenant_id bigint NOT NULL,
    queue_id bigint NOT NULL,
    agent_id bigint NOT NULL,
    PRIMARY KEY (tenant_id, queue_id, agent_id),
    CONSTRAINT queue_members_queue FOREIGN KEY (tenant_id, queue_id) REFERENCES queues ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, agent_id) REFERENCES agents ON DELETE CASCADE
);
CREATE INDEX ON queue_members (tenant_id, agent_id);
SELECT guard_rows('queue_members', 'select, insert, delete');

-- The keys are what searches look at: folded text, all addresses and all numbers in one.
CREATE TABLE contacts (
    tenant_id bigint NOT NULL REFERENCES tenants,
    id uuid NOT NULL,
    first_name text NOT NULL,
    last_name text NOT NULL,
    email text NOT NULL DEFAULT '',
    other_emails text[] NOT NULL DEFAULT '{}',
    company text NOT NULL DEFAULT '',
    job_title text NOT NULL DEFAULT '',
    website text NOT NULL DEFAULT '',
    crm_name text NOT NULL DEFAULT '',
    crm_url text NOT NULL DEFAULT '',
    first_name_key text NOT NULL DEFAULT '',
    last_name_key text NOT NULL DEFAULT '',
    emails_key text NOT NULL DEFAULT '',
    phones_key text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ON contacts (tenant_id, created_at, id);
SELECT guard_rows('contacts', 'select, insert, update, delete');

-- Searches by part, without an extension: each short piece of a key, hashed with its field and tenant. Pieces of
-- numbers reach to 4 digits: there are only 1,000 of 3, and many numbers begin alike (6 digits, p95: 9.3 against 4.1 ms).
CREATE FUNCTION longest_piece(field text) RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE field WHEN 'p' THEN 4 ELSE 3 END
$$;
CREATE FUNCTION contact_pieces(own_tenant_id bigint, first_name text, last_name text, emails text, phones text)
RETURNS bigint[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_agg(hashtextextended(field || substr(key, place, size), own_tenant_id))
    FROM (VALUES ('f', first_name), ('l', last_name), ('e', emails), ('p', phones)) AS of (field, key),
        generate_series(1, longest_piece(field)) AS size, generate_series(1, length(key) - size + 1) AS place
$$;
-- Such as a key has when it has ``part`` in it. They cover it side by side: the fewer are looked up, the sooner.
CREATE FUNCTION part_pieces(own_tenant_id bigint, field text, part text)
RETURNS bigint[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT COALESCE(array_agg(hashtextextended(
        field || substr(part, least(place, length(part) - size + 1), size), own_tenant_id)), '{}')
    FROM (SELECT least(longest_piece(field), length(part)) AS size) AS longest,
        generate_series(1, length(part), size) AS place
    WHERE part <> ''
$$;
-- No list of pending entries: whoever searches would read it through.
CREATE INDEX contacts_pieces ON contacts
    USING gin (contact_pieces(tenant_id, first_name_key, last_name_key, emails_key, phones_key))
    WITH (fastupdate = off);

CREATE FUNCTION has_parts(contact contacts, first_part text, last_part text, email_part text, phone_patterns text[])
RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT strpos(contact.first_name_key, first_part) > 0 AND strpos(contact.last_name_key, last_part) > 0
        AND strpos(contact.emails_key, email_part) > 0
        AND (phone_patterns = '{}' OR contact.phones_key LIKE ANY (phone_patterns))
$$;

-- The conditions are not leakproof, so under row-level security they may not use an index. Here they may: the owner
-- reads all rows, and the tenant comes from the connection, never from the caller.
CREATE POLICY owner_searches ON contacts FOR SELECT TO CURRENT_USER USING (true);
-- The oldest ``most`` but for the first ``skipped``. ``phone_parts``: up to 3, one of which a contact must have.
CREATE FUNCTION contact_ids_with_parts(
    first_part text, last_part text, email_part text, phone_parts text[], skipped bigint, most bigint)
RETURNS SETOF uuid LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    own_tenant_id bigint := current_setting('cordboard.tenant_id')::bigint;
    near bigint;
    patterns text[] := ARRAY(SELECT '%' || part || '%' FROM unnest(phone_parts) AS part);
    -- Some pieces are enough, the last of a number: what numbers begin with, many do (1.5 against 15 ms).
    pieces bigint[] := part_pieces(own_tenant_id, 'f', left(first_part, 12))
        || part_pieces(own_tenant_id, 'l', left(last_part, 12)) || part_pieces(own_tenant_id, 'e', left(email_part, 12));
    wanted_1 bigint[] := pieces || part_pieces(own_tenant_id, 'p', right(COALESCE(phone_parts[1], ''), 6));
    wanted_2 bigint[];
    wanted_3 bigint[];
    found uuid[];
BEGIN
    IF EXISTS (SELECT FROM unnest(phone_parts) AS part WHERE part !~ '^[+]?[0-9]+$') OR cardinality(phone_parts) > 3 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a part of a number is + and digits';
    END IF;
    IF cardinality(phone_parts) > 1 THEN
        wanted_2 := pieces || part_pieces(own_tenant_id, 'p', right(phone_parts[2], 6));
    END IF;
    IF cardinality(phone_parts) > 2 THEN
        wanted_3 := pieces || part_pieces(own_tenant_id, 'p', right(phone_parts[3], 6));
    END IF;
    -- What many contacts have is found among the oldest: no index could say sooner which of the many come first.
    -- What none of the first few has is rare: the index finds it sooner than more of them.
    FOREACH near IN ARRAY ARRAY[1000, 5000] LOOP
        SELECT COALESCE(array_agg(met.id), '{}') INTO found
        FROM (
            SELECT oldest.id FROM (
                SELECT * FROM contacts WHERE tenant_id = own_tenant_id ORDER BY created_at, id LIMIT near) AS oldest
            WHERE has_parts(oldest::contacts, first_part, last_part, email_part, patterns)
            LIMIT skipped + most) AS met;
        EXIT WHEN cardinality(found) IN (0, skipped + most);
    END LOOP;
    IF cardinality(found) = skipped + most
        OR NOT EXISTS (SELECT FROM contacts WHERE tenant_id = own_tenant_id ORDER BY created_at, id OFFSET near LIMIT 1)
    THEN
        RETURN QUERY SELECT unnest(found[skipped + 1 : skipped + most]);
    ELSIF cardinality(found) > near / 50 THEN
        RETURN QUERY
            SELECT c.id FROM contacts c
            WHERE c.tenant_id = own_tenant_id AND has_parts(c, first_part, last_part, email_part, patterns)
            ORDER BY c.created_at, c.id OFFSET skipped LIMIT most;
    ELSE
        RETURN QUERY
            WITH met AS MATERIALIZED (
                SELECT c.id, c.created_at FROM contacts c
                WHERE c.tenant_id = own_tenant_id
                  AND (contact_pieces(tenant_id, first_name_key, last_name_key, emails_key, phones_key) @> wanted_1
                    OR contact_pieces(tenant_id, first_name_key, last_name_key, emails_key, phones_key) @> wanted_2
                    OR contact_pieces(tenant_id, first_name_key, last_name_key, emails_key, phones_key) @> wanted_3)
                  AND has_parts(c, first_part, last_part, email_part, patterns))
            SELECT met.id FROM met ORDER BY met.created_at, met.id OFFSET skipped LIMIT most;
    END IF;
END $$;
REVOKE ALL ON FUNCTION contact_ids_with_parts FROM PUBLIC;
GRANT EXECUTE ON FUNCTION contact_ids_with_parts TO cordboard_app;

CREATE TABLE contact_phones (
    tenant_id bigint NOT NULL,
    contact_id uuid NOT NULL,
    position integer NOT NULL CHECK (position >= 0), -- 0: the primary one
    number text NOT NULL CHECK (number <> ''), -- canonical
    PRIMARY KEY (tenant_id, contact_id, position),
    FOREIGN KEY (tenant_id, contact_id) REFERENCES contacts ON DELETE CASCADE
);
CREATE INDEX ON contact_phones (tenant_id, number);
SELECT guard_rows('contact_phones', 'select, insert, update, delete');

CREATE TABLE trunks (
    tenant_id bigint NOT NULL REFERENCES tenants,
    id bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    name text NOT NULL CHECK (name <> ''),
    host text NOT NULL,
    port integer NOT NULL CHECK (port BETWEEN 1 AND 65535),
    username text NOT NULL,
    password_sealed bytea NOT NULL,
    number_format text NOT NULL,
    does_register boolean NOT NULL,
    priority integer NOT NULL,
    codecs text[] NOT NULL,
    external_address text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT trunks_name UNIQUE (tenant_id, name)
);
SELECT guard_rows('trunks', 'select, insert, update, delete', '{select}');

CREATE TABLE nodes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CONSTRAINT nodes_name UNIQUE,
    heartbeat_at timestamptz,
    startup_time text NOT NULL DEFAULT '',
    is_connected boolean NOT NULL DEFAULT false,
    live_calls integer NOT NULL DEFAULT 0,
    applied_revision bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);
GRANT SELECT ON nodes TO cordboard_app;
GRANT SELECT, INSERT, UPDATE ON nodes TO cordboard_system;

CREATE TABLE workers (
    name text PRIMARY KEY,
    heartbeat_at timestamptz NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);
GRANT SELECT, INSERT, UPDATE, DELETE ON workers TO cordboard_system;

CREATE TABLE registrations (
    tenant_id bigint NOT NULL,
    sip_username text NOT NULL,
    node_id bigint NOT NULL REFERENCES nodes ON DELETE CASCADE,
    contacts text[] NOT NULL, -- the SIP URIs of its phones; none: it is not registered
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, sip_username, node_id),
    FOREIGN KEY (tenant_id, sip_username) REFERENCES extensions (tenant_id, sip_username) ON DELETE CASCADE
);
SELECT guard_rows('registrations', 'select', '{select, insert, update, delete}');

CREATE TABLE trunk_states (
    tenant_id bigint NOT NULL,
    trunk_id bigint NOT NULL,
    node_id bigint NOT NULL REFERENCES nodes ON DELETE CASCADE,
    is_registered boolean NOT NULL,
    detail text NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, trunk_id, node_id),
    FOREIGN KEY (tenant_id, trunk_id) REFERENCES trunks ON DELETE CASCADE
);
SELECT guard_rows('trunk_states', 'select', '{select, insert, update}');

-- One row: every change of what nodes are provisioned with raises the revision, in the same transaction.
CREATE TABLE configuration (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    revision bigint NOT NULL
);
INSERT INTO configuration (revision) VALUES (1);
GRANT SELECT, UPDATE (revision) ON configuration TO cordboard_app, cordboard_system;
