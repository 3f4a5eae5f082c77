"""Fixtures of the lab's own tests."""

from tests.support.phones import asterisk_installation, baresip_program, lab, shared_lab, sipp, sipp_program

__all__ = ["asterisk_installation", "baresip_program", "lab", "shared_lab", "sipp", "sipp_program"]
