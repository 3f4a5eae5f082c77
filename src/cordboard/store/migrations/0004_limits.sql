-- How many requests each tenant made in the last ten seconds: in all (route ''), and on each route.

-- Unlogged: a crash of the database forgets ten seconds, and no count is written to disk.
CREATE UNLOGGED TABLE request_counts (
    tenant_id bigint NOT NULL REFERENCES tenants,
    route text NOT NULL,
    tick bigint NOT NULL, -- of the newest count: half seconds since 1970
    used integer NOT NULL, -- the sum of the counts
    counts integer[] NOT NULL, -- of 21 ticks, oldest first: ten seconds, and the half second that is not over yet
    PRIMARY KEY (tenant_id, route)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);
SELECT guard_rows('request_counts', 'select, insert, update');

-- The counts as they stand at a tick: what is over ten seconds old has left. For a clock that was set back by up to
-- that, time stands still until it has caught up; one that was set back further begins anew.
CREATE FUNCTION turn_counts(INOUT tick bigint, INOUT used integer, INOUT counts integer[], now_tick bigint)
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    passed bigint := now_tick - tick;
BEGIN
    IF passed NOT BETWEEN -20 AND 20 THEN
        tick := now_tick;
        used := 0;
        counts := array_fill(0, '{21}');
    ELSIF passed > 0 THEN
        tick := now_tick;
        FOR place IN 1..passed LOOP
            used := used - counts[place];
        END LOOP;
        counts := counts[passed + 1:21] || array_fill(0, ARRAY[passed::integer]);
    END IF;
END $$;

-- In how many whole seconds from an instant on so much of what is too much has left that one more is within the limit.
-- The count at a place leaves so many ticks after the newest began.
CREATE FUNCTION seconds_until_room(tick bigint, used integer, counts integer[], most integer, now_seconds float8)
RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    place integer := 0;
BEGIN
    WHILE used >= most LOOP
        place := place + 1;
        used := used - counts[place];
    END LOOP;
    RETURN greatest(1, ceil((tick + place) / 2.0 - now_seconds));
END $$;

-- Count a request of the connection's tenant on a route if both limits leave room for it, else on neither. A limit of
-- 0 is none, and nothing is counted for it (NULL). The instant is the database's own, read when the rows are locked:
-- what several processes bring along is served in another order, and several machines do not agree on it.
CREATE FUNCTION count_request(
    wanted text, tenant_limit integer, route_limit integer, at timestamptz,
    OUT tenant_used integer, OUT route_used integer, OUT wait_seconds integer
) LANGUAGE plpgsql AS $$
DECLARE
    own bigint := current_setting('cordboard.tenant_id')::bigint;
    now_seconds float8;
    now_tick bigint;
    tenant_tick bigint;
    tenant_counts integer[];
    route_tick bigint;
    route_counts integer[];
BEGIN
    -- The tenant's first, always, and the route's only when that one is held: nobody waits for each other.
    IF tenant_limit > 0 THEN
        LOOP
            SELECT c.tick, c.used, c.counts INTO tenant_tick, tenant_used, tenant_counts
            FROM request_counts c WHERE c.tenant_id = own AND c.route = '' FOR NO KEY UPDATE;
            EXIT WHEN FOUND;
            INSERT INTO request_counts VALUES (own, '', 0, 0, array_fill(0, '{21}')) ON CONFLICT DO NOTHING;
        END LOOP;
    END IF;
    IF route_limit > 0 THEN
        LOOP
            SELECT c.tick, c.used, c.counts INTO route_tick, route_used, route_counts
            FROM request_counts c WHERE c.tenant_id = own AND c.route = wanted FOR NO KEY UPDATE;
            EXIT WHEN FOUND;
            INSERT INTO request_counts VALUES (own, wanted, 0, 0, array_fill(0, '{21}')) ON CONFLICT DO NOTHING;
        END LOOP;
    END IF;
    now_seconds := extract(epoch FROM coalesce(at, clock_timestamp()));
    wait_seconds := 0;
    now_tick := floor(now_seconds * 2);
    -- NULL of what is unlimited is not different, and not too much.
    IF tenant_tick <> now_tick THEN
        SELECT * INTO tenant_tick, tenant_used, tenant_counts
        FROM turn_counts(tenant_tick, tenant_used, tenant_counts, now_tick);
    END IF;
    IF tenant_used >= tenant_limit THEN
        wait_seconds := seconds_until_room(tenant_tick, tenant_used, tenant_counts, tenant_limit, now_seconds);
    END IF;
    IF route_tick <> now_tick THEN
        SELECT * INTO route_tick, route_used, route_counts
        FROM turn_counts(route_tick, route_used, route_counts, now_tick);
    END IF;
    IF route_used >= route_limit THEN
        wait_seconds := greatest(wait_seconds,
            seconds_until_room(route_tick, route_used, route_counts, route_limit, now_seconds));
    END IF;
    IF wait_seconds > 0 THEN
        RETURN;
    END IF;
    IF tenant_limit > 0 THEN
        tenant_used := tenant_used + 1;
        tenant_counts[21] := tenant_counts[21] + 1;
        UPDATE request_counts c SET tick = tenant_tick, used = tenant_used, counts = tenant_counts
        WHERE c.tenant_id = own AND c.route = '';
    END IF;
    IF route_limit > 0 THEN
        route_used := route_used + 1;
        route_counts[21] := route_counts[21] + 1;
        UPDATE request_counts c SET tick = route_tick, used = route_used, counts = route_counts
        WHERE c.tenant_id = own AND c.route = wanted;
    END IF;
END $$;
REVOKE ALL ON FUNCTION turn_counts, seconds_until_room, count_request FROM PUBLIC;
GRANT EXECUTE ON FUNCTION turn_counts, seconds_until_room, count_request TO cordboard_app;
