from datetime import timedelta

import pytest
import structlog

from tests.api.house import EXTENSION, MAKE_CALL, MEDIA, SEARCH, House, Office


async def test_a_call_could_be_made_now(house: House) -> None:
    system = house.core.store.system
    assert (await house.ask("GET", "/healthz")).json == {
        "status": "unavailable", "database": "ok", "engine": "away", "worker": "away",
    }  # fmt: skip
    await system.nodes.set_applied_revision(house.node.id, 1)
    await system.workers.beat("worker-1", house.clock.now())
    answer = await house.ask("GET", "/healthz/")
    assert answer.status == 200
    assert answer.json == {"status": "ok", "database": "ok", "engine": "ok", "worker": "ok"}


async def test_each_part_that_falls_silent_is_named(house: House) -> None:
    system = house.core.store.system
    await system.nodes.set_applied_revision(house.node.id, 1)
    await system.workers.beat("worker-1", house.clock.now())
    await house.beat(is_connected=False)
    answer = await house.ask("GET", "/healthz")
    assert (answer.status, answer.json["engine"], answer.json["worker"]) == (503, "away", "ok")
    house.clock.move(timedelta(seconds=6).total_seconds())
    await house.beat()
    answer = await house.ask("GET", "/healthz")
    assert (answer.status, answer.json["engine"], answer.json["worker"]) == (503, "ok", "away")


async def test_alive_without_a_database(house: House, office: Office) -> None:
    await house.core.store.close()
    assert (await house.ask("GET", "/livez")).json == {"status": "ok"}
    answer = await house.ask("GET", "/healthz")
    assert answer.status == 503
    assert answer.json["database"] == "away"
    assert (await house.ask("GET", "/metrics")).status == 200
    house.clock.move(2)
    for path in (MAKE_CALL, SEARCH):
        answer = await office.post(path, {"phoneNumber": "0912345678", "ipPhone": EXTENSION})
        assert answer.code == (503, "SERVICE_UNAVAILABLE")
        assert int(answer.headers["retry-after"]) > 0
    assert (await office.get(MEDIA, url="a.mp3")).code == (503, "SERVICE_UNAVAILABLE")


async def test_metrics(house: House, office: Office) -> None:
    assert (await office.call()).status == 200
    assert (await office.call()).status == 200
    await house.ask("GET", "/nothing")
    answer = await house.ask("GET", "/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    text = answer.body.decode()
    assert 'method="POST"' in text
    assert f'route="{MAKE_CALL}",status="200"}} 2.0' in text
    assert 'route="unknown",status="404"} 1.0' in text
    assert 'reason="agent_busy"} 1.0' in text
    assert 'cordboard_queued_calls{node="node-1"} 1.0' in text
    assert "/nothing" not in text


async def test_one_log_line_a_request_without_secrets(office: Office) -> None:
    with structlog.testing.capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        await office.call()
        await office.call()
        await office.get(MEDIA, url="a.mp3", sig="1.secretsignature")
        answer = await office.post(SEARCH, {}, **{"X-Request-Id": "crm-42"})
        bad = await office.post(SEARCH, {}, **{"X-Request-Id": "a b"})
    written = [line for line in lines if line["event"] == "request"]
    assert [(line["path"], line["status"], line["tenant_id"]) for line in written] == [
        (MAKE_CALL, 200, office.tenant.id),
        (MAKE_CALL, 200, office.tenant.id),
        (MEDIA, 404, office.tenant.id),
        (SEARCH, 200, office.tenant.id),
        (SEARCH, 200, office.tenant.id),
    ]
    assert written[1]["refusal"] == "agent_busy"
    assert written[3]["request_id"] == answer.headers["x-request-id"] == "crm-42"
    assert written[4]["request_id"] == bad.headers["x-request-id"] != "a b"
    assert "secret" not in str(lines)
    assert office.key not in str(lines)


async def test_an_unforeseen_error_is_answered_and_logged(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(_key: str) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(house.core.store.system.keys, "identify", fail)
    with structlog.testing.capture_logs() as lines:
        answer = await house.ask("POST", SEARCH, headers={"Authorization": "another key"})
    assert answer.code == (500, "FAIL")
    assert b"secret" not in answer.body
    assert [line["event"] for line in lines if line["log_level"] == "error"] == ["request failed"]
