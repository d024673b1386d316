"""Who holds a session: one lease per session in Valkey, with a fencing number.

The web side counts the fence up whenever it gives a session to somebody else, and drops
answers under an older one. A worker claims the lease with the fence of the message it
got. It is refused where a higher fence is on record (the message is late) and where the
same fence is held by another worker that still breathes (the message belongs there).
Losing Valkey loses every lease; the next message brings a higher fence.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from redis import Redis

from inference_worker.contract.names import (
    LEASE_TTL_S,
    cancel_key,
    heartbeat_key,
    lease_key,
    wish_key,
)

# KEYS: lease. ARGV: fence, worker, seconds to live, prefix of heartbeat keys.
_CLAIM = """
local held = redis.call('GET', KEYS[1])
local fence, holder = string.match(held or '', '^(%d+):(.*)$')
if fence then
  if tonumber(fence) > tonumber(ARGV[1]) then return {'stale', holder} end
  if tonumber(fence) == tonumber(ARGV[1]) and holder ~= ARGV[2]
     and redis.call('EXISTS', ARGV[4] .. holder) == 1 then
    return {'elsewhere', holder}
  end
end
redis.call('SET', KEYS[1], ARGV[1] .. ':' .. ARGV[2], 'EX', ARGV[3])
return {'taken', ARGV[2]}
"""

# KEYS: lease. ARGV: the value it must have, seconds to live.
_RENEW = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('EXPIRE', KEYS[1], ARGV[2])
"""

# KEYS: lease. ARGV: the value it must have.
_RELEASE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""


@dataclass(frozen=True)
class Claim:
    """What came of a claim: ``taken``, ``stale`` or ``elsewhere``, and who holds it."""

    outcome: str
    holder: str

    @property
    def taken(self) -> bool:
        """Whether the lease is ours."""
        return self.outcome == "taken"


@dataclass(frozen=True)
class Standing:
    """Whether a higher fence is on record, the turn cancelled, the wish that stands."""

    superseded: bool = False
    cancelled: str = ""
    wished: str = ""


class Leases:
    """The leases of one worker; its heartbeat thread renews them."""

    def __init__(self, client: Redis, worker: str) -> None:
        self.worker = worker
        self._client = client
        self._claim = client.register_script(_CLAIM)
        self._renew = client.register_script(_RENEW)
        self._release = client.register_script(_RELEASE)
        self._held: dict[str, int] = {}  # session → fence
        self._lock = threading.Lock()

    def claim(self, session: str, fence: int) -> Claim:
        """Take the lease of ``session`` under ``fence``, if it may be taken."""
        outcome, holder = self._claim(
            keys=[lease_key(session)],
            args=[fence, self.worker, LEASE_TTL_S, heartbeat_key("")],
        )
        claim = Claim(_text(outcome), _text(holder))
        if claim.taken:
            with self._lock:
                self._held[session] = fence
        return claim

    def release(self, session: str) -> None:
        """Give a lease back; one that somebody else took meanwhile stays theirs."""
        with self._lock:
            fence = self._held.pop(session, None)
        if fence is not None:
            self._release(keys=[lease_key(session)], args=[f"{fence}:{self.worker}"])

    def renew_all(self) -> None:
        """Renew every lease that is still ours and forget the others."""
        with self._lock:
            held = dict(self._held)
        for session, fence in held.items():
            value = f"{fence}:{self.worker}"
            if not self._renew(keys=[lease_key(session)], args=[value, LEASE_TTL_S]):
                with self._lock:
                    if self._held.get(session) == fence:
                        del self._held[session]

    def release_predecessor(self) -> None:
        """Give back what a process of the same name held when it died."""
        for key in self._client.scan_iter(match=lease_key("*"), count=1000):
            value = _text(self._client.get(key) or b"")
            if value.partition(":")[2] == self.worker:
                self._release(keys=[key], args=[value])

    def standing(self, session: str, fence: int) -> Standing:
        """How a step under ``fence`` stands: asked between two of its predictions."""
        held, cancelled, wished = self._client.mget(
            lease_key(session), cancel_key(session), wish_key(session)
        )
        known = _text(held or b"").partition(":")[0]
        return Standing(
            superseded=known.isdigit() and int(known) > fence,
            cancelled=_text(cancelled or b""),
            wished=_text(wished or b""),
        )


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
