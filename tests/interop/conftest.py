"""What the interop tests share: a mediator behind a chaos proxy, a sender, and wallets on demand."""

import itertools
import os

import pytest

from harness.acapy import AcapyAgent
from harness.chaos_proxy import ChaosProxy
from harness.credo import CredoAgent, connect, sender as credo_sender
from harness.fleet import Fleet
from harness.harbour import Harbour
from harness.mediator import Mediator

# Milliseconds; Credo's default is 5000. A poll that begins before the one before it has ended is answered only what
# the other does not have in hand; a busy machine needs more than half a second for a round of pickup 2.0.
POLLING = 3000

_sources = itertools.count(1)


@pytest.fixture(scope="session")
def workspace(tmp_path_factory):
    return tmp_path_factory.mktemp("interop")


@pytest.fixture(scope="module")
def proxy():
    proxy = ChaosProxy().start()
    yield proxy
    proxy.close()


@pytest.fixture(scope="module")
def mediator(request, workspace, proxy):
    """The mediator under test. Agents reach it through the proxy, whose address is its public one."""
    name = request.module.__name__.rpartition(".")[2]
    mediator = deployment(workspace / name, proxy.port)
    proxy.target_port = mediator.port
    mediator.start()
    yield mediator
    mediator.stop()


def deployment(directory, public_port):
    topology, engine = os.environ.get("INTEROP_TOPOLOGY"), os.environ.get("INTEROP_ENGINE")
    if topology:
        return Harbour(directory, topology, engine, public_port)
    return Fleet(directory, engine, public_port) if engine else Mediator(directory, public_port)


@pytest.fixture(scope="module")
def sender(request, workspace):
    """A Credo agent without a mediator, which sends to all the wallets of a file."""
    name = request.module.__name__.rpartition(".")[2]
    agent = credo_sender(workspace / name)
    yield agent.start()
    agent.close()


@pytest.fixture
def wallet(mediator, tmp_path):
    """Makes mediated Credo wallets: `wallet(strategy, **options)`, started, from an address of its own."""
    made = []

    def make(strategy: str | None = None, start: bool = True, **options) -> CredoAgent:
        number = next(_sources)
        options = {"invitationUrl": mediator.invitation_url(), "strategy": strategy, "pollingInterval": POLLING} | options
        agent = CredoAgent(tmp_path, f"wallet-{number}", source=f"127.0.1.{number % 250 + 1}", **options)
        agent.mediator, agent.lost_before = mediator, mediator.receipts_lost()
        made.append(agent)
        return agent.start() if start else agent

    yield make
    for agent in made:
        agent.close()


@pytest.fixture
def mail_to(sender):
    """Connects the sender to a wallet, the wallet accepting; the sender's connection id."""
    return lambda agent: connect(sender, agent)[0]


@pytest.fixture
def acapy(tmp_path):
    """Makes ACA-Py agents: `acapy(name, **options)`, started."""
    made = []

    def make(name: str, **options) -> AcapyAgent:
        agent = AcapyAgent(tmp_path, name, **options)
        made.append(agent)
        return agent.start()

    yield make
    for agent in made:
        agent.close()
