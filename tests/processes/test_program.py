import subprocess
import sys

_PROGRAM = """
import gc
from cordboard.processes.program import run_program

async def work(settings):
    print(gc.get_freeze_count(), len(gc.get_objects()))

run_program("test", work)
"""


def test_what_a_program_imported_is_not_collected_again() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, check=True, text=True)
    frozen, others = map(int, done.stdout.split())
    assert frozen > 10 * others
