"""The signer against published and independently computed vectors."""

from __future__ import annotations

from connectors.hubspot.simulator.signing import decoded_uri, sign_v1, sign_v2, sign_v3

SECRET = "8f3c1f1a-2b7e-4d5c-9a61-0c2f7be1d4aa"
URI = "https://hub.example.test/webhooks/hubspot?tenant=acme"
AT = 1795338943000
BODY = (
    b'[{"eventId":100,"subscriptionId":4455,"portalId":24680135,"appId":1357911,'
    b'"occurredAt":1795338942000,"subscriptionType":"ticket.propertyChange","attemptNumber":0,'
    b'"objectId":5158001,"propertyName":"hs_pipeline_stage","propertyValue":"4",'
    b'"changeSource":"CRM_UI","sourceId":"userId:9001"}]'
)
DOC_SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"


def test_v1_of_the_documented_example_is_reproduced() -> None:
    body = (
        b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
        b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,'
        b'"changeSource":"CRM","changeFlag":"NEW","appId":54321}]'
    )
    wanted = "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"
    assert sign_v1(DOC_SECRET, body) == wanted


def test_v2_of_the_documented_examples_is_reproduced() -> None:
    uri = "https://www.example.com/webhook_uri"
    got = sign_v2(DOC_SECRET, "GET", uri, b"")
    assert got == "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"
    posted = sign_v2(DOC_SECRET, "POST", uri, b'{"example_field":"example_value"}')
    assert posted == "9569219f8ba981ffa6f6f16aa0f48637d35d728c7e4d93d0d52efaa512af7900"


def test_all_versions_of_one_webhook_are_reproduced() -> None:
    assert len(BODY) == 286
    v1 = "81d314f69aae12bebe2aad88173267bc330a9483621eecf7dbb4d1e9ee834ee0"
    v2 = "499431114140cf96bae6216477ddbf81b3bc17e74087f1c75171d4e6bd52dcc6"
    assert sign_v1(SECRET, BODY) == v1
    assert sign_v2(SECRET, "POST", URI, BODY) == v2
    assert sign_v3(SECRET, "POST", URI, BODY, AT) == "C0WtQJQIxWLWxRYkBGRkxcvciMeq7Sg9Y20I62rkRg4="


def test_v3_with_escapes_is_signed_over_the_decoded_uri() -> None:
    uri = "https://hub.example.test/webhooks/hubspot?src=a%3Ab%2Fc&n=x%20y"
    assert decoded_uri(uri).endswith("?src=a:b/c&n=x%20y")
    signed = sign_v3(SECRET, "POST", uri, BODY, AT)
    assert signed == "LQ8wQ9GPaR/DRuzzmN2F9rcqU8l7O/nFnZJKkoK4ivw="
    assert signed != "FRd6oNTo68VOt3Twla72Pax2voU95nuMmdqW3EIa5so="


def test_v3_with_umlauts_is_signed_over_the_bytes() -> None:
    body = '[{"eventId":101,"propertyValue":"Zürich \u2013 naïve"}]'.encode()
    assert len(body) == 54
    assert sign_v3(SECRET, "POST", URI, body, AT) == "Yw69va+5VoqTqx30vu0k+bfCCj9J3byIHzN0spytQuM="
