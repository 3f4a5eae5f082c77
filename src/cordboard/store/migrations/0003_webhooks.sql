-- Who wants to hear of calls, what waits to be sent, and what became of it.

CREATE TABLE subscriptions (
    tenant_id bigint NOT NULL REFERENCES tenants,
    id bigint GENERATED ALWAYS AS IDENTITY,
    uuid uuid NOT NULL DEFAULT gen_random_uuid(),
    dialect text NOT NULL,
    url text NOT NULL CHECK (url <> ''),
    -- Tenant and callback URL: order and slots apply to this. A collision of 64 bits would only share slots.
    target bigint NOT NULL GENERATED ALWAYS AS (hashtextextended(url, tenant_id)) STORED,
    -- With its port, as written but for its letters' case: the breaker applies to this.
    host text NOT NULL GENERATED ALWAYS AS (coalesce(lower(substring(url FROM '^[^:/?#]+://(?:[^/?#]*@)?([^/?#]*)')), '')) STORED,
    authorization_sealed bytea NOT NULL,
    secrets_sealed bytea NOT NULL, -- up to three that sign, as JSON
    notification_email text NOT NULL,
    kinds text[] NOT NULL CHECK (cardinality(kinds) > 0),
    is_enabled boolean NOT NULL DEFAULT true,
    failed_count integer NOT NULL DEFAULT 0,
    last_error text,
    -- The first and the last failure since anything arrived, and when its owner was told of them by mail.
    failing_since timestamptz,
    last_failed_at timestamptz,
    warned_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, uuid)
);
CREATE INDEX ON subscriptions (failing_since) WHERE failing_since IS NOT NULL;
SELECT guard_rows('subscriptions', 'select, insert, update, delete',
    '{select, "update (failed_count, last_error, failing_since, last_failed_at, warned_at)"}');

-- Unfinished deliveries only. state: 'ready' to be claimed; 'waiting' for its next attempt; 'leased' to a worker.
-- due_at: since when it is ready; when the next attempt is due; when the lease ends.
CREATE TABLE deliveries (
    tenant_id bigint NOT NULL,
    id uuid NOT NULL,
    sequence bigint GENERATED ALWAYS AS IDENTITY,
    subscription_id bigint NOT NULL,
    target bigint NOT NULL,
    call_id uuid NOT NULL,
    kind text NOT NULL,
    body bytea NOT NULL,
    state text NOT NULL DEFAULT 'ready' CHECK (state IN ('ready', 'waiting', 'leased')),
    created_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    first_claimed_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    leased_by text, -- the worker that claimed it last
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, subscription_id) REFERENCES subscriptions ON DELETE CASCADE
) WITH (fillfactor = 70, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.01,
        autovacuum_analyze_threshold = 1000, autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
-- The claim steps from target to target in this one, so that a target with 100,000 waiting costs as little as one with 1.
CREATE INDEX deliveries_ready ON deliveries (target, due_at, sequence) WHERE state = 'ready';
-- Few at any time. Apart from those that wait, which may be 100,000: counting a target's slots must not read them.
CREATE INDEX deliveries_leased ON deliveries (target) WHERE state = 'leased';
CREATE INDEX deliveries_waiting ON deliveries (due_at) WHERE state = 'waiting';
CREATE INDEX deliveries_call ON deliveries (tenant_id, call_id, target, sequence);
CREATE INDEX ON deliveries (tenant_id, subscription_id);
SELECT guard_rows('deliveries', 'select, insert, update (state, due_at), delete', '{select, update, delete}');

-- Hosts that did not answer a tenant's last attempts. open_until: nothing is sent there before; after that one delivery
-- goes to see whether it is back, and the others wait for what becomes of it. NULL: too few failures so far.
CREATE TABLE delivery_hosts (
    tenant_id bigint NOT NULL,
    host text NOT NULL,
    failures integer NOT NULL,
    failing_since timestamptz NOT NULL,
    failed_at timestamptz NOT NULL,
    open_until timestamptz,
    last_error text NOT NULL,
    PRIMARY KEY (tenant_id, host)
) WITH (fillfactor = 50);
SELECT guard_rows('delivery_hosts', 'select', '{select, insert, update, delete}');

-- When each target may have its next delivery, where there is a limit to how many it gets a second. A crash of the
-- database forgets them, and a target gets a few more at once.
CREATE UNLOGGED TABLE delivery_paces (
    tenant_id bigint NOT NULL,
    target bigint NOT NULL,
    next_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, target)
) WITH (fillfactor = 50);
CREATE INDEX ON delivery_paces (target); -- a claim knows no more
SELECT guard_rows('delivery_paces', 'select', '{select, insert, update, delete}');

-- The log: what became of deliveries, and each attempt. By days, so that it is purged by dropping a day.
CREATE TABLE delivery_log (
    tenant_id bigint NOT NULL,
    id uuid NOT NULL,
    subscription_id bigint NOT NULL,
    call_id uuid NOT NULL,
    kind text NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL,
    attempts integer NOT NULL,
    outcome text NOT NULL,
    finished_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id, finished_at)
) PARTITION BY RANGE (finished_at);
CREATE INDEX ON delivery_log (tenant_id, call_id);
CREATE INDEX ON delivery_log (tenant_id, created_at, id);
-- What can be replayed, and what people look for: few.
CREATE INDEX ON delivery_log (tenant_id, subscription_id, created_at, id) WHERE outcome <> 'delivered';
SELECT guard_rows('delivery_log', 'select, insert, delete', '{select, insert, delete}');

CREATE TABLE delivery_attempts (
    tenant_id bigint NOT NULL,
    delivery_id uuid NOT NULL,
    url text NOT NULL, -- where it went
    started_at timestamptz NOT NULL,
    duration_milliseconds integer NOT NULL,
    status integer,
    error text NOT NULL,
    response_body bytea NOT NULL,
    response_headers json NOT NULL,
    PRIMARY KEY (tenant_id, delivery_id, started_at)
) PARTITION BY RANGE (started_at);
SELECT guard_rows('delivery_attempts', 'select', '{select, insert, delete}');

-- What no day was made for, so that a clock or a worker that is off never costs an event. Nobody has rights on a
-- partition itself: its rows are reached through its table and that one's policies.
CREATE TABLE delivery_log_other PARTITION OF delivery_log DEFAULT;
CREATE TABLE delivery_attempts_other PARTITION OF delivery_attempts DEFAULT;
ALTER TABLE delivery_log_other ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE delivery_attempts_other ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

-- Make the log's days from yesterday on to a week ahead, and drop those before the oldest that is kept. A day that
-- rows wait for among the others already stays there. Nobody waits long for us: what is locked is done the next time.
CREATE FUNCTION turn_delivery_days(today date, oldest date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    parent text;
    name text;
BEGIN
    PERFORM pg_advisory_xact_lock(7306095254867960179); -- "delidays"
    FOREACH parent IN ARRAY ARRAY['delivery_log', 'delivery_attempts'] LOOP
        FOR day IN -1..7 LOOP
            name := format('%s_%s', parent, to_char(today + day, 'YYYYMMDD'));
            CONTINUE WHEN to_regclass('public.' || name) IS NOT NULL;
            BEGIN
                EXECUTE format('CREATE TABLE public.%I PARTITION OF public.%I FOR VALUES FROM (%L) TO (%L)', name, parent,
                    (today + day)::timestamp AT TIME ZONE 'UTC', (today + day + 1)::timestamp AT TIME ZONE 'UTC');
                EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
            EXCEPTION WHEN check_violation THEN
                CONTINUE;
            END;
        END LOOP;
        FOR name IN
            SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
            WHERE i.inhparent = ('public.' || parent)::regclass AND c.relname ~ '_[0-9]{8}$'
              AND to_date(right(c.relname, 8), 'YYYYMMDD') < oldest
        LOOP
            EXECUTE format('DROP TABLE public.%I', name);
        END LOOP;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION turn_delivery_days FROM PUBLIC;
GRANT EXECUTE ON FUNCTION turn_delivery_days TO cordboard_system;
SELECT turn_delivery_days(current_date, current_date);

-- What all workers have done since the database was made, for the metrics.
CREATE TABLE delivery_totals (
    name text PRIMARY KEY,
    value double precision NOT NULL
);
GRANT SELECT, INSERT, UPDATE ON delivery_totals TO cordboard_system;

-- Mails to be sent, written in the transaction of what they tell. due_at: when the next attempt is due, or a lease ends.
-- settled_at: when it was sent or given up, and then error says why.
CREATE TABLE mails (
    tenant_id bigint NOT NULL REFERENCES tenants,
    id uuid NOT NULL,
    recipient text NOT NULL CHECK (recipient <> ''),
    subject text NOT NULL,
    body text NOT NULL,
    created_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    settled_at timestamptz,
    error text NOT NULL DEFAULT '',
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ON mails (due_at) WHERE settled_at IS NULL;
CREATE INDEX ON mails (created_at);
SELECT guard_rows('mails', 'select, insert', '{select, "update (due_at, attempts, settled_at, error)", delete}');
