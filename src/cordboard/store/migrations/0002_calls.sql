-- Calls while they live, and their records for ever.

-- The live row is the slot: tenants' caps count these rows, so that no counter can drift.
-- Small and hot (7 updates a call): room on each page for new versions, and vacuumed by count, not by share.
CREATE TABLE calls (
    tenant_id bigint NOT NULL,
    id uuid NOT NULL UNIQUE,
    node_id bigint NOT NULL REFERENCES nodes,
    phase text NOT NULL,
    is_queued boolean NOT NULL GENERATED ALWAYS AS (phase = 'queued') STORED,
    reference text NOT NULL,
    request_id text NOT NULL,
    customer_number text NOT NULL,
    requested_at timestamptz NOT NULL,
    last_event_at timestamptz,
    state json NOT NULL, -- domain.call_state.Call, whole
    PRIMARY KEY (tenant_id, id)
) WITH (fillfactor = 40, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0,
        autovacuum_analyze_threshold = 2000, autovacuum_analyze_scale_factor = 0, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX ON calls (tenant_id, reference);
-- On is_queued, not on phase: an update that leaves every indexed column alone needs no new index entries.
CREATE INDEX ON calls (node_id, requested_at) WHERE is_queued;
SELECT guard_rows('calls', 'select, insert, update, delete', '{select}');

-- Agents' slots: whom a live call occupies, rung or on the line. No reference to agents: one who is removed is still on
-- the line, and the call must be saved.
CREATE TABLE call_agents (
    tenant_id bigint NOT NULL,
    agent_id bigint NOT NULL,
    call_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, agent_id, call_id),
    FOREIGN KEY (tenant_id, call_id) REFERENCES calls ON DELETE CASCADE
) WITH (autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0, autovacuum_analyze_threshold = 2000,
        autovacuum_analyze_scale_factor = 0, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX ON call_agents (tenant_id, call_id);
SELECT guard_rows('call_agents', 'select, insert, delete');

-- How deep a node's queue is, all tenants' calls counted: a number, nobody's rows.
CREATE POLICY owner_counts ON calls FOR SELECT TO CURRENT_USER USING (true);
CREATE FUNCTION queued_calls_at(wanted_node_id bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS 'SELECT count(*) FROM calls WHERE node_id = wanted_node_id AND is_queued';
REVOKE ALL ON FUNCTION queued_calls_at FROM PUBLIC;
GRANT EXECUTE ON FUNCTION queued_calls_at TO cordboard_app;

CREATE TABLE call_requests (
    tenant_id bigint NOT NULL,
    request_id text NOT NULL,
    call_id uuid NOT NULL,
    reference text NOT NULL,
    accepted_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, request_id)
);
CREATE INDEX ON call_requests USING brin (accepted_at);
SELECT guard_rows('call_requests', 'select, insert, update', '{select, delete}');

CREATE TABLE instructions (
    tenant_id bigint NOT NULL,
    call_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    node_id bigint NOT NULL,
    kind text NOT NULL,
    argument text NOT NULL,
    given_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, call_id, id),
    FOREIGN KEY (tenant_id, call_id) REFERENCES calls ON DELETE CASCADE
);
SELECT guard_rows('instructions', 'select, insert', '{select, delete}');

-- Seconds since 1970, cut. (EXTRACT from a timestamptz is not immutable: of some fields the session's zone decides.)
CREATE FUNCTION whole_seconds(at timestamptz) RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN floor(extract(epoch FROM at - timestamptz '1970-01-01 00:00:00+00'));

-- One flat table: see docs/adr for the size at which monthly partitions pay.
CREATE TABLE cdrs (
    tenant_id bigint NOT NULL,
    id uuid NOT NULL,
    number bigint GENERATED ALWAYS AS IDENTITY, -- unique over all tenants
    reference text NOT NULL,
    flow text NOT NULL,
    direction text NOT NULL,
    first text NOT NULL,
    request_id text NOT NULL,
    agent_id bigint, -- NULL: an inbound call that nobody answered
    agent_user_name text NOT NULL,
    agent_name text NOT NULL,
    agent_extension text NOT NULL,
    customer_number text NOT NULL,
    customer_name text NOT NULL,
    did_number text NOT NULL,
    requested_at timestamptz NOT NULL,
    ringing_at timestamptz,
    connected_at timestamptz,
    ended_at timestamptz NOT NULL,
    held_milliseconds bigint NOT NULL,
    outcome text NOT NULL,
    ended_by text NOT NULL,
    end_reason text NOT NULL,
    failed_party text,
    sip_code integer,
    recording_name text NOT NULL,
    recording_status text NOT NULL,
    transferred_to text NOT NULL,
    answered_at timestamptz,
    answerer_name text NOT NULL,
    answerer_number text NOT NULL,
    did_label text NOT NULL,
    contact_id uuid, -- no reference: a contact may go, the record stays
    contact_crm text NOT NULL,
    contact_crm_url text NOT NULL,
    is_archived boolean NOT NULL,
    labels text[] NOT NULL,
    rule_names text[] NOT NULL,
    voicemail_name text NOT NULL,
    sentiment_score smallint,
    announced_at timestamptz,
    -- Differences of whole seconds, as they are shown.
    duration_seconds integer NOT NULL GENERATED ALWAYS AS (
        whole_seconds(ended_at) - whole_seconds(requested_at)) STORED,
    answer_seconds integer GENERATED ALWAYS AS (whole_seconds(answered_at) - whole_seconds(requested_at)) STORED,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT cdrs_number UNIQUE (tenant_id, number)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
-- Lists and their counts come from this index alone, hence vacuumed early: index-only scans need the visibility map.
CREATE UNIQUE INDEX ON cdrs (tenant_id, requested_at, id) INCLUDE (direction, outcome);
CREATE INDEX ON cdrs (tenant_id, duration_seconds, number);
CREATE INDEX ON cdrs (tenant_id, reference);
CREATE INDEX ON cdrs (tenant_id, customer_number, requested_at);
-- With what else an agent's calls are counted by: of a busy one's two months alone (13 against 3 ms).
CREATE INDEX ON cdrs (tenant_id, agent_user_name, requested_at) INCLUDE (direction, outcome);
CREATE INDEX ON cdrs (tenant_id, agent_extension, requested_at) INCLUDE (direction, outcome);
-- With the caller: how many of a DID's calls are of numbers that are asked for too.
CREATE INDEX ON cdrs (tenant_id, did_number, requested_at) INCLUDE (customer_number) WHERE direction = 'inbound';
CREATE INDEX ON cdrs (tenant_id, request_id) WHERE request_id <> '';
SELECT guard_rows('cdrs', 'select, insert, update (recording_status)', '{select}');

-- Records whose event has not gone out yet. Not a column of theirs: to clear it would write a record into all its
-- indexes again.
CREATE TABLE cdr_events (
    tenant_id bigint NOT NULL,
    id uuid NOT NULL,
    due_at timestamptz NOT NULL, -- when it goes out at the latest
    PRIMARY KEY (tenant_id, id)
) WITH (autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0, autovacuum_analyze_threshold = 2000,
        autovacuum_analyze_scale_factor = 0, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX ON cdr_events (due_at);
SELECT guard_rows('cdr_events', 'select, insert, delete', '{select}');

-- What was said, in words: long, and few calls have it, so that lists which do not show it need not read past it.
CREATE TABLE cdr_texts (
    tenant_id bigint NOT NULL,
    id uuid NOT NULL,
    transcription text NOT NULL,
    summary text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, id) REFERENCES cdrs ON DELETE CASCADE
);
SELECT guard_rows('cdr_texts', 'select, insert, update');

-- How many records there are, by day and month: a tenant's millions are not counted anew for each page of a list.
-- What is counted: all of them; those of a DID, of an agent and of an extension, as lists ask for them.
CREATE TABLE cdr_counts (
    tenant_id bigint NOT NULL,
    counted text NOT NULL, -- all, did, agent, extension
    value text NOT NULL, -- of what is counted; all: ''
    grain text NOT NULL, -- month; of all and did day besides
    starts_on date NOT NULL, -- UTC
    direction text NOT NULL,
    outcome text NOT NULL,
    calls bigint NOT NULL,
    PRIMARY KEY (tenant_id, counted, value, grain, starts_on, direction, outcome)
) WITH (fillfactor = 80);
SELECT guard_rows('cdr_counts', 'select', '{select, insert, update}');

-- What is not in these counts yet: a count is their sum. Rows are only added, so that calls which end at once never wait
-- for each other, and a worker folds them in.
CREATE TABLE cdr_count_changes (
    tenant_id bigint NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    day date NOT NULL,
    direction text NOT NULL,
    outcome text NOT NULL,
    did_number text NOT NULL,
    agent_user_name text NOT NULL,
    agent_extension text NOT NULL,
    calls integer NOT NULL,
    PRIMARY KEY (tenant_id, id)
) WITH (autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0, autovacuum_analyze_threshold = 2000,
        autovacuum_analyze_scale_factor = 0, autovacuum_vacuum_cost_delay = 0);
SELECT guard_rows('cdr_count_changes', 'select, insert', '{select, "update (calls)", delete}');

-- By a trigger: whatever writes or purges records, and by whatever way, is counted.
CREATE FUNCTION note_cdr_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO cdr_count_changes
            (tenant_id, day, direction, outcome, did_number, agent_user_name, agent_extension, calls)
        VALUES (OLD.tenant_id, (OLD.requested_at AT TIME ZONE 'UTC')::date, OLD.direction, OLD.outcome,
            OLD.did_number, OLD.agent_user_name, OLD.agent_extension, -1);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO cdr_count_changes
            (tenant_id, day, direction, outcome, did_number, agent_user_name, agent_extension, calls)
        VALUES (NEW.tenant_id, (NEW.requested_at AT TIME ZONE 'UTC')::date, NEW.direction, NEW.outcome,
            NEW.did_number, NEW.agent_user_name, NEW.agent_extension, 1);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER note_count AFTER INSERT OR DELETE OR UPDATE OF
    tenant_id, requested_at, direction, outcome, did_number, agent_user_name, agent_extension ON cdrs
FOR EACH ROW EXECUTE FUNCTION note_cdr_count();

-- The numbers of a tenant's customers, each once: a part of a number is looked for among these, which are far fewer
-- than the calls. Whose records are gone may stay: nothing is found by it.
CREATE TABLE cdr_numbers (
    tenant_id bigint NOT NULL,
    number text COLLATE "C" NOT NULL, -- so that the key finds what begins with some digits
    PRIMARY KEY (tenant_id, number)
);
SELECT guard_rows('cdr_numbers', 'select, insert');
CREATE FUNCTION number_pieces(own_tenant_id bigint, number text)
RETURNS bigint[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_agg(hashtextextended('p' || substr(number, place, size), own_tenant_id))
    FROM generate_series(3, longest_piece('p')) AS size, generate_series(1, length(number) - size + 1) AS place
$$;
CREATE INDEX cdr_numbers_pieces ON cdr_numbers USING gin (number_pieces(tenant_id, number)) WITH (fastupdate = off);

CREATE FUNCTION note_cdr_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO cdr_numbers (tenant_id, number) VALUES (NEW.tenant_id, NEW.customer_number) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER note_number AFTER INSERT OR UPDATE OF tenant_id, customer_number ON cdrs
FOR EACH ROW EXECUTE FUNCTION note_cdr_number();

-- Neither @> nor LIKE is leakproof, so under row-level security they may not use an index (of 1.5 M rows: 788 ms). Here
-- they may: the owner reads all rows, and the tenant comes from the connection, never from the caller.
CREATE POLICY owner_searches ON cdr_numbers FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY owner_searches ON cdrs FOR SELECT TO CURRENT_USER USING (true);
-- Whole numbers that have ``part`` in them, or begin with ``beginning``: customers', up to twice ``most``; with_dids also
-- those that calls came in on.
CREATE FUNCTION cdr_numbers_with_part(part text, beginning text, with_dids boolean, most bigint)
RETURNS TABLE (number text, is_did boolean) LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20
SET search_path = pg_catalog, public, pg_temp
SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    own_tenant_id bigint := current_setting('cordboard.tenant_id')::bigint;
    pieces bigint[] := part_pieces(own_tenant_id, 'p', part);
BEGIN
    IF part !~ '^[0-9]{3,8}$' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a part of a number has 3 to 8 digits';
    END IF;
    IF beginning !~ '^([+][0-9]*)?$' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a canonical number begins with + and digits';
    END IF;
    RETURN QUERY
        SELECT n.number, false FROM cdr_numbers n
        WHERE n.tenant_id = own_tenant_id AND number_pieces(n.tenant_id, n.number) @> pieces AND strpos(n.number, part) > 0
        LIMIT most;
    IF beginning <> '' THEN
        RETURN QUERY
            SELECT n.number, false FROM cdr_numbers n
            WHERE n.tenant_id = own_tenant_id AND n.number LIKE beginning || '%' LIMIT most;
    END IF;
    IF with_dids THEN
        -- A tenant has few DIDs and many calls: from one DID to the next by the index, not through all calls.
        RETURN QUERY
            WITH RECURSIVE known (did) AS (
                SELECT min(did_number) FROM cdrs WHERE tenant_id = own_tenant_id AND direction = 'inbound'
                UNION ALL
                SELECT (SELECT min(did_number) FROM cdrs
                        WHERE tenant_id = own_tenant_id AND direction = 'inbound' AND did_number > did)
                FROM known WHERE did IS NOT NULL)
            SELECT did, true FROM known WHERE strpos(did, part) > 0 OR beginning <> '' AND starts_with(did, beginning);
    END IF;
END $$;
REVOKE ALL ON FUNCTION cdr_numbers_with_part FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cdr_numbers_with_part TO cordboard_app;

CREATE TABLE recordings (
    tenant_id bigint NOT NULL,
    name text NOT NULL,
    call_id uuid NOT NULL,
    parts integer NOT NULL,
    path text NOT NULL,
    status text NOT NULL,
    recorded_from timestamptz NOT NULL,
    duration_seconds double precision NOT NULL,
    size_bytes bigint NOT NULL,
    sha256 text NOT NULL,
    created_at timestamptz NOT NULL,
    attempts integer NOT NULL,
    leased_until timestamptz NOT NULL DEFAULT '-infinity',
    PRIMARY KEY (tenant_id, name)
);
CREATE INDEX ON recordings (tenant_id, call_id);
CREATE INDEX ON recordings (leased_until, created_at) WHERE status = 'pending';
CREATE INDEX ON recordings (tenant_id, recorded_from) WHERE status = 'ready';
SELECT guard_rows('recordings', 'select, insert, update', '{select, "update (leased_until, attempts)"}');
