// The hub's card on a ticket. It shows what the hub tells, and decides nothing.

import React, { useEffect, useState } from "react";
import { Alert, Button, Divider, Flex, Link, LoadingSpinner, Text, hubspot } from "@hubspot/ui-extensions";

// Your hub's public_url. The same stands in app-hsmeta.json under permittedUrls.fetch.
const HUB = "https://hub.acme.example";

hubspot.extend(({ context }) => <LinkedWork ticket={String(context.crm.objectId)} />);

const ask = async (path, ticket) => {
  const answer = await hubspot.fetch(`${HUB}${path}`, { method: "POST", timeout: 14000, body: { ticket } });
  const said = await answer.json();
  return answer.ok ? { content: said } : { problem: said };
};

const minutesSince = (time) => {
  const minutes = Math.max(0, Math.round((Date.now() - Date.parse(time)) / 60000));
  return minutes < 1 ? "checked just now" : `checked ${minutes} min ago`;
};

const LinkedWork = ({ ticket }) => {
  const [busy, setBusy] = useState(true);
  const [shown, setShown] = useState({});

  const load = async (path) => {
    setBusy(true);
    try {
      setShown(await ask(path, ticket));
    } catch {
      setShown({
        problem: { problem: "The hub did not answer", sentence: "Try again in a minute. If it stays, tell an admin of the hub." },
      });
    }
    setBusy(false);
  };
  useEffect(() => { load("/panel/hubspot"); }, [ticket]);

  if (busy) return <LoadingSpinner label="Asking the hub" showLabel={true} />;
  if (shown.problem) {
    return <Alert title={shown.problem.problem} variant="warning">{shown.problem.sentence}</Alert>;
  }
  const it = shown.content;
  return (
    <Flex direction="column" gap="small">
      {it.said ? <Text>{it.said}</Text> : null}
      <Text>
        <Text inline={true} format={{ fontWeight: "bold" }}>Customer sees: </Text>
        {it.customer_sees.stage ?? "nothing yet"}
      </Text>
      <Text>
        <Text inline={true} format={{ fontWeight: "bold" }}>Expected: </Text>
        {it.customer_sees.expected ?? "no date yet"}
      </Text>
      <Divider />
      {it.work.length === 0 ? <Text>No work item is linked to this ticket.</Text> : null}
      {it.work.map((each) => (
        <Text key={each.key}>
          {each.url ? <Link href={{ url: each.url, external: true }}>{each.key}</Link> : each.key}
          {` ${each.status || "not read yet"}${each.broken ? " (the link is broken)" : ""}`}
        </Text>
      ))}
      {(it.drafts_ready ?? []).map((about) => (
        <Text key={about}>{`Draft ready for the customer: ${about}. Approve it on the ticket's page.`}</Text>
      ))}
      {it.internal_tasks > 0 ? (
        <Text variant="microcopy">
          {`${it.internal_tasks} internal technical task${it.internal_tasks === 1 ? "" : "s"}, not shown to customers`}
        </Text>
      ) : null}
      {(it.checklist ?? []).length > 0 ? (
        <Text format={{ fontWeight: "bold" }}>Known before an escalation</Text>
      ) : null}
      {(it.checklist ?? []).map((each) => (
        <Text key={each.label}>{`${each.known ? "✓" : "– not known:"} ${each.label}`}</Text>
      ))}
      {it.escalation ? <Text>{it.escalation}</Text> : null}
      {it.policy ? <Link href={{ url: it.policy, external: true }}>The published policy of their plan</Link> : null}
      <Divider />
      <Text format={{ fontWeight: "bold" }}>Why is this not updating?</Text>
      <Text>{it.why}</Text>
      {it.what_to_do ? <Text>{`What to do: ${it.what_to_do}`}</Text> : null}
      <Flex direction="row" gap="small" align="center">
        <Button size="small" onClick={() => load("/panel/hubspot/check")}>Check now</Button>
        <Text variant="microcopy">{it.checked_at ? minutesSince(it.checked_at) : "not read yet"}</Text>
      </Flex>
      <Link href={{ url: it.page, external: true }}>Everything about this ticket</Link>
    </Flex>
  );
};
