-- Who wants to hear of calls, what waits to be sent, and what became of it.

CREATE TABLE subscriptions (
    tenant_id bigint NOT NULL REFERENCES tenants,
    id bigint GENERATED ALWAYS AS IDENTITY,
    uuid uuid NOT NULL DEFAULT gen_random_uuid(),
    dialect text NOT NULL,
    url text NOT NULL CHECK (url <> ''),
    -- Tenant and callback URL: order and slots apply to this. A collision of 64 bits would only share slots.
    target bigint NOT NULL GENERATED ALWAYS AS (hashtextextended(url, tenant_id)) STORED,
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
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX ON delivery_log (tenant_id, call_id);
CREATE INDEX ON delivery_log (tenant_id, created_at, id);
-- What can be replayed, and what people look for: few.
CREATE INDEX ON delivery_log (tenant_id, subscription_id, created_at, id) WHERE outcome <> 'delivered';
CREATE INDEX ON delivery_log USING brin (finished_at);
SELECT guard_rows('delivery_log', 'select, insert, delete', '{select, insert, delete}');

CREATE TABLE delivery_attempts (
    tenant_id bigint NOT NULL,
    delivery_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    url text NOT NULL, -- where it went
    started_at timestamptz NOT NULL,
    duration_milliseconds integer NOT NULL,
    status integer,
    error text NOT NULL,
    response_body bytea NOT NULL,
    response_headers json NOT NULL,
    PRIMARY KEY (tenant_id, delivery_id, id)
);
CREATE INDEX ON delivery_attempts USING brin (started_at);
SELECT guard_rows('delivery_attempts', 'select', '{select, insert, delete}');

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
