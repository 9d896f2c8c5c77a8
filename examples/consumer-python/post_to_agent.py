"""Brings an agent without the queue plug-in what came for it: posts each message to the agent's own HTTP transport.

    python post_to_agent.py redis://127.0.0.1:6379 http://127.0.0.1:8020 [partitions [topic prefix]]
"""

import sys
import urllib.error
import urllib.request

from consumer import Consumer, Message, Refused

HEADERS = {"content-type": "application/didcomm-envelope-enc"}
# An agent may be away for about an hour before its messages are set aside.
TRIES = 3600


def main(redis_url: str, agent: str, partitions: str = "1", prefix: str = "acapy") -> None:
    def handle(message: Message) -> None:
        request = urllib.request.Request(agent, message.payload, HEADERS)
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except urllib.error.HTTPError as error:
            # It has seen this message, and will not like it better the next time.
            if 400 <= error.code < 500:
                raise Refused from error
            raise

    Consumer(redis_url, handle, prefix, int(partitions), TRIES).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
