import asyncio
from datetime import timedelta
from uuid import uuid4

from cordboard.domain.mail import Mail
from tests.store.conftest import NOW, Office


def mail(office: Office) -> Mail:
    return Mail(
        id=uuid4(), tenant_id=office.tenant.id, recipient="a@b.example", subject="s", body="b", created_at=NOW
    )  # fmt: skip


async def test_a_mail_is_claimed_by_one(office: Office, other_office: Office) -> None:
    written = [mail(office), mail(other_office)]
    for each, owner in zip(written, (office, other_office), strict=True):
        await owner.rows.mails.add(each)
    mails = office.store.system.mails
    claims = await asyncio.gather(*(mails.claim(1, NOW, 60) for _ in range(6)))
    claimed = [each for claim in claims for each in claim]
    assert sorted(each.id for each in claimed) == sorted(each.id for each in written)
    assert {each.attempts for each in claimed} == {1}
    assert await mails.claim(9, NOW + timedelta(seconds=59), 60) == []
    assert len(await mails.claim(9, NOW + timedelta(seconds=60), 60)) == 2


async def test_what_is_settled_is_never_claimed_again(office: Office) -> None:
    await office.rows.mails.add(mail(office))
    mails = office.store.system.mails
    (claimed,) = await mails.claim(9, NOW, 60)
    await mails.settle(claimed, NOW)
    await mails.put_off(claimed, NOW, "a slow one")
    assert await mails.claim(9, NOW + timedelta(days=1), 60) == []


async def test_what_is_put_off_comes_back(office: Office) -> None:
    await office.rows.mails.add(mail(office))
    mails = office.store.system.mails
    (claimed,) = await mails.claim(9, NOW, 60)
    await mails.put_off(claimed, NOW + timedelta(minutes=5), "450 later")
    assert await mails.claim(9, NOW + timedelta(seconds=299), 60) == []
    (again,) = await mails.claim(9, NOW + timedelta(seconds=300), 60)
    assert (again.id, again.attempts) == (claimed.id, 2)


async def test_they_are_kept_for_thirty_days(office: Office) -> None:
    await office.rows.mails.add(mail(office))
    await office.store.system.purge(NOW + timedelta(days=30))
    assert len(await office.rows.mails.list()) == 1
    await office.store.system.purge(NOW + timedelta(days=30, seconds=1))
    assert await office.rows.mails.list() == []
