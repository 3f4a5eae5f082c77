import pytest

from tests.api.house import Office
from tests.api.management.client import Client


@pytest.fixture
def client(office: Office) -> Client:
    """A client with the tenant's key."""
    return Client(office=office)


@pytest.fixture
def strangers_client(stranger: Office) -> Client:
    """A client with another tenant's key."""
    return Client(office=stranger)
