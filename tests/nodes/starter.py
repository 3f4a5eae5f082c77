"""Something that starts a program by ``child.launched`` and is then killed, in a process of its own."""

import subprocess
import sys

from cordboard.nodes import child
from cordboard.nodes.user import service_user

if __name__ == "__main__":
    as_user, *command = sys.argv[1:]
    user = service_user() if as_user == "dropped" else None
    process = subprocess.Popen(child.launched(command, user=user))
    sys.stdout.write(f"{process.pid}\n")
    sys.stdout.flush()
    process.wait()
