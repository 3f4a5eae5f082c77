-- Logins of agents: a token holds as long as its row is here.

CREATE TABLE logins (
    tenant_id bigint NOT NULL,
    id uuid NOT NULL,
    agent_id bigint NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, agent_id) REFERENCES agents ON DELETE CASCADE
);
CREATE INDEX ON logins (tenant_id, agent_id);
CREATE INDEX ON logins (expires_at);
SELECT guard_rows('logins', 'select, insert, delete', '{select, delete}');

-- Whoever disables an agent, or sets another password, ends the agent's logins with it.
CREATE FUNCTION end_logins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM logins WHERE tenant_id = NEW.tenant_id AND agent_id = NEW.id;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION end_logins FROM PUBLIC;
CREATE TRIGGER end_logins AFTER UPDATE OF is_enabled, password_hash ON agents FOR EACH ROW
    WHEN (NOT NEW.is_enabled OR NEW.password_hash IS DISTINCT FROM OLD.password_hash)
    EXECUTE FUNCTION end_logins();

-- Also of names that nobody has: else a refusal would tell which names there are.
CREATE TABLE login_attempts (
    tenant_id bigint NOT NULL REFERENCES tenants,
    user_name text NOT NULL,
    began_at timestamptz NOT NULL,
    attempts integer NOT NULL,
    PRIMARY KEY (tenant_id, user_name)
);
CREATE INDEX ON login_attempts (began_at);
SELECT guard_rows('login_attempts', 'select, insert, update, delete', '{select, delete}');
