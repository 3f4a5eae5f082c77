import pytest, asyncio, aiohttp
from tests.engine.test_asterisk_audio import *
from tests.support.baresip import *
from tests.support.programs import fetch_program
from tests.engine.ground import PASSWORD
from cordboard.domain.registration import Registration
@pytest.mark.parametrize("secs", [1,4])
async def test_x(real, secs, tmp_path):
    target = await real.add_phone(is_registered=False)
    prog = fetch_program(("baresip-core",), "usr/bin/baresip")
    async with running_baresip(prog, tmp_path/"b", BaresipAccount(username=target.address, registrar=real.node.sip, password=PASSWORD, is_answering=True), tone_hz=600) as phone:
        await real.is_registered(target.address)
        call_id = ids.new_call_id(); agent=ids.leg_id(call_id,1); bridge=ids.bridge_id(call_id)
        await real.engine.execute(CreateBridge(bridge_id=bridge))
        await real.engine.execute(Dial(leg_id=agent, target=target, caller=CallerId(number="1"), ring_seconds=20))
        await real.witness.leg(LegAnswered, agent)
        talk = Talk(real=real, phone=None, agent=agent, bridge_id=bridge)
        await real.engine.execute(PlayTone(leg_id=talk.agent, tone=Tone.MUSIC))
        await listen(secs)
        await real.engine.execute(StopTone(leg_id=talk.agent, tone=Tone.MUSIC))
        customer = await talk.dial(number_plan.tone_number(CUSTOMER_HZ))
        await real.witness.leg(LegAnswered, customer)
        await real.engine.execute(JoinBridge(bridge_id=talk.bridge_id, leg_id=talk.agent))
        await listen(2)
        await real.engine.execute(HangUp(leg_id=customer))
        await real.engine.execute(HangUp(leg_id=agent))
        await phone.until("CALL_CLOSED")
        heard = await phone.heard()
    print("BARESIP", secs, heard.seconds, heard.seconds_of(CUSTOMER_HZ), heard.silences(), heard.level_dbfs)
