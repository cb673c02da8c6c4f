"""The door: what is the vendor's comes in, whatever else stays out, and nothing makes it raise."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.domain.events import Ignored, InboundRequest, Refused, Verified
from bridge.kit.clock import rfc3339
from tests.conformance.line import START
from tests.conformance.pages import page_of
from tests.conformance.rig import Rig
from tests.conformance.rigs import RIGS
from tests.conformance.stand import Stand, standing

_SECOND = timedelta(seconds=1)


async def _letters(stand: Stand[Rig]) -> list[InboundRequest]:
    """Webhooks of a record that was made and changed."""
    stand.rig.subscribe()
    id = stand.rig.person_creates()
    stand.rig.clock.advance(seconds=2)
    stand.rig.person_edits(id, "Export fails again")
    letters = await stand.post()
    assert letters
    return letters


def _keys(stand: Stand[Rig], letters: list[InboundRequest]) -> list[str]:
    verdicts = [stand.receiver.verify(each, stand.rig.clock.now()) for each in letters]
    found = [key for each in verdicts if isinstance(each, Verified) for key in each.keys]
    assert len(verdicts) == len([each for each in verdicts if isinstance(each, Verified)])
    return found


async def test_delivery_of_the_vendor_is_let_in_with_keys_that_can_be_stored(
    stand: Stand[Rig],
) -> None:
    keys = _keys(stand, await _letters(stand))
    assert keys
    assert all(key.isprintable() and 0 < len(key) <= 200 for key in keys)
    assert len(keys) == len(set(keys))


async def test_delivery_that_the_vendor_sends_again_has_the_same_keys(stand: Stand[Rig]) -> None:
    stand.box.status = 503
    first = _keys(stand, await _letters(stand))
    stand.box.status = 200
    stand.rig.clock.advance(minutes=2)
    again = await stand.post()
    if not again:
        # What was not taken is lost, and a page says so.
        assert page_of(stand.manifest, "retries")
        return
    assert sorted(_keys(stand, again)) == sorted(first)


async def test_further_change_has_other_keys(stand: Stand[Rig]) -> None:
    first = _keys(stand, await _letters(stand))
    id = stand.rig.person_creates("Another")
    stand.rig.person_edits(id, "Another one")
    assert set(_keys(stand, await stand.post())).isdisjoint(first)


async def test_keys_are_the_same_after_a_restart(stand: Stand[Rig]) -> None:
    letters = await _letters(stand)
    first = _keys(stand, letters)
    stand.restart()
    assert _keys(stand, letters) == first


def _flipped(body: bytes) -> Iterator[bytes]:
    for place in range(len(body)):
        yield body[:place] + bytes([body[place] ^ 0x01]) + body[place + 1 :]


async def test_flipped_byte_in_the_body_is_refused_where_the_vendor_signs_it(
    stand: Stand[Rig],
) -> None:
    letter = (await _letters(stand))[0]
    now = stand.rig.clock.now()
    changed = [replace(letter, body=body) for body in (*_flipped(letter.body), b"", b"[]")]
    verdicts = {type(stand.receiver.verify(each, now)) for each in changed}
    if stand.rig.signs_body:
        assert verdicts == {Refused}
    else:
        # Then the secret is all there is; the page on which the vendor says so is known.
        assert stand.manifest.clock_window is None
        assert page_of(stand.manifest, "signature")


@pytest.mark.parametrize("proof", ["none", "empty", "cut", "changed", "of another secret"])
async def test_delivery_without_the_right_proof_is_refused(stand: Stand[Rig], proof: str) -> None:
    name, door = stand.rig.proof, stand.receiver
    for letter in await _letters(stand):
        right = letter.headers[name]
        middle = len(right) // 2
        headers = {each: value for each, value in letter.headers.items() if each != name}
        match proof:
            case "none":
                pass
            case "empty":
                headers[name] = ""
            case "cut":
                headers[name] = right[:-5]
            case "changed":
                other = "A" if right[middle] != "A" else "B"
                headers[name] = right[:middle] + other + right[middle + 1 :]
            case _:
                headers[name], door = right, stand.door("another-secret-altogether")
        verdict = door.verify(replace(letter, headers=headers), stand.rig.clock.now())
        assert isinstance(verdict, Refused)
        assert verdict.reason
        assert not any(secret in verdict.reason for secret in stand.rig.secrets)


@pytest.mark.parametrize("secrets", [(), ("",), ("", "")])
async def test_door_without_a_secret_is_closed(stand: Stand[Rig], secrets: tuple[str, ...]) -> None:
    door, name = stand.door(*secrets), stand.rig.proof
    for letter in await _letters(stand):
        for proof in (letter.headers[name], ""):
            given = replace(letter, headers={**letter.headers, name: proof})
            assert isinstance(door.verify(given, stand.rig.clock.now()), Refused)


async def test_old_and_new_secret_both_open_while_they_are_changed(stand: Stand[Rig]) -> None:
    letters, secret, now = await _letters(stand), stand.rig.door_secret, stand.rig.clock.now()
    for secrets in (("new-secret", secret), (secret, "new-secret"), (secret,)):
        verdicts = [stand.door(*secrets).verify(each, now) for each in letters]
        assert {type(each) for each in verdicts} == {Verified}
    assert isinstance(stand.door("new-secret").verify(letters[0], now), Refused)


async def test_signed_time_far_from_ours_is_refused_where_the_vendor_signs_one(
    stand: Stand[Rig],
) -> None:
    window, now = stand.manifest.clock_window, stand.rig.clock.now()
    letter = (await _letters(stand))[0]
    now = stand.rig.clock.now()
    if window is None:
        assert page_of(stand.manifest, "signature")
        assert isinstance(stand.receiver.verify(letter, now + timedelta(days=30)), Verified)
        return
    for near in (window - _SECOND, _SECOND - window):
        assert isinstance(stand.receiver.verify(letter, now + near), Verified)
    for far in (window + _SECOND, -window - _SECOND):
        assert isinstance(stand.receiver.verify(letter, now + far), Refused)


_SCHEMES = ("Basic ", "Bearer ", "sha256=", "")


@pytest.mark.parametrize("vendor", RIGS)
@given(data=st.data(), body=st.binary(), url=st.text(), words=st.text())
async def test_any_request_is_answered_and_none_of_them_let_in(
    vendor: str, data: st.DataObject, body: bytes, url: str, words: str
) -> None:
    async with standing(RIGS[vendor]) as stand:
        proof = data.draw(st.sampled_from(_SCHEMES)) + words
        known = st.sampled_from([stand.rig.proof, "x-hubspot-request-timestamp", "authorization"])
        stamps = st.sampled_from(["1772442000000", rfc3339(START), "9" * 400, "-1", "nan"])
        headers = data.draw(st.dictionaries(known | st.text(), stamps | st.text()))
        query = data.draw(st.dictionaries(st.text(), st.text(), max_size=2))
        request = InboundRequest("POST", url, query, {**headers, stand.rig.proof: proof}, body)
        assert isinstance(stand.receiver.verify(request, START), Refused)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("vendor", RIGS)
@given(body=st.binary() | _JSON.map(lambda value: json.dumps(value).encode()))
async def test_any_body_is_normalised(vendor: str, body: bytes) -> None:
    async with standing(RIGS[vendor]) as stand:
        hints = stand.receiver.normalise(stand.delivery(body))
        assert isinstance(hints, Ignored | tuple)
        assert hints if isinstance(hints, tuple) else hints.reason


def _places(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _places(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _places(inner, (*path, number))


def _with(value: object, path: tuple[str | int, ...], put: object) -> object:
    if not path:
        return put
    key, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {k: _with(v, rest, put) if k == key else v for k, v in value.items()}
    assert isinstance(value, list)
    return [_with(v, rest, put) if n == key else v for n, v in enumerate(value)]


@pytest.mark.parametrize("vendor", RIGS)
async def test_real_delivery_with_anything_in_any_place_is_normalised(vendor: str) -> None:
    wrong: tuple[object, ...] = (None, "", "x", "\x00", -1, 10**30, 1.5, True, [], {}, [None])
    async with standing(RIGS[vendor]) as stand:
        for letter in (await _letters(stand))[:4]:
            body = json.loads(letter.body)
            for path in [*_places(body)][:400]:
                for put in wrong:
                    changed = json.dumps(_with(body, path, put)).encode()
                    hints = stand.receiver.normalise(stand.delivery(changed))
                    assert isinstance(hints, Ignored | tuple)
                    signed = replace(letter, body=changed)
                    stand.receiver.verify(signed, stand.rig.clock.now())
