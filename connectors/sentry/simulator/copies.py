"""The texts that Sentry's own integrations write into trackers, word for word as they send them.

getsentry/sentry: integrations/jira/integration.py (wiki, by the app's account),
integrations/vsts/issues.py (HTML, under the name of whoever installed it),
integrations/mixins/issues.py, actions/create_ticket.py.
"""

from __future__ import annotations

from dataclasses import dataclass

from connectors.sentry.simulator.organization import Organization
from connectors.sentry.simulator.records import Issue, Note


@dataclass(frozen=True, slots=True)
class Copies:
    """Writes them down as data; who plants them in a tracker is the test."""

    organization: Organization

    def jira_comment(self, note: Note) -> str:
        """A note as Jira's comment, in wiki markup."""
        return f"{note.user.name} wrote:\n\n{{quote}}{note.text}{{quote}}"

    def azure_comment(self, note: Note) -> str:
        """A note as Azure DevOps' comment: the words are not escaped."""
        return f"{note.user.name} wrote:\n\n<blockquote>{note.text}</blockquote>"

    def jira_description(self, issue: Issue) -> str:
        """The description of an issue that Sentry's button creates in Jira."""
        link = f"[{issue.short_id}|{self._page(issue)}?referrer=jira_integration]"
        return f"Sentry Issue: {link}\n\n{{code}}\n{issue.stack_trace}\n{{code}}"

    def azure_description(self, issue: Issue) -> str:
        """Description and first comment of an item that Sentry's button creates."""
        link = f'<a href="{self._page(issue)}?referrer=vsts_integration">{issue.short_id}</a>'
        return f"<p>Sentry Issue: {link}</p>\n<pre><code>{issue.stack_trace}\n</code></pre>"

    def jira_by_rule(self, issue: Issue, rule: str) -> str:
        """The description of an issue that an alert rule creates; no line break before its end."""
        said = f"This ticket was automatically created by Sentry via [{rule}|{self._rule()}]"
        return self.jira_description(issue) + said

    def azure_by_rule(self, issue: Issue, rule: str) -> str:
        """The same in Azure DevOps."""
        said = f"This work item was automatically created by Sentry via [{rule}]({self._rule()})"
        return f"{self.azure_description(issue)}\n{said}"

    def jira_server_link(self, issue: Issue) -> str:
        """What Jira Server's integration comments when a person links an issue."""
        return f"Linked Sentry Issue: [{issue.short_id}|{self._page(issue)}?referrer=jira_server]"

    def _page(self, issue: Issue) -> str:
        return self.organization.write.page(issue)

    def _rule(self) -> str:
        org = self.organization
        return f"{org.base_url}/organizations/{org.slug}/alerts/rules/checkout/77/"
