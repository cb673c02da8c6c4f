"""A second implementation of Azure DevOps Boards, for tests and the demo.

Written from the vendor's published pages and schemas alone; it knows nothing of the connector.
"""

from connectors.azure_devops.simulator.errors import VendorError
from connectors.azure_devops.simulator.fields import Field
from connectors.azure_devops.simulator.identities import Identity
from connectors.azure_devops.simulator.records import Comment, Item, Relation
from connectors.azure_devops.simulator.simulator import AzureDevOpsSimulator, Call
from connectors.azure_devops.simulator.subscriptions import Notification, Subscription

__all__ = [
    "AzureDevOpsSimulator",
    "Call",
    "Comment",
    "Field",
    "Identity",
    "Item",
    "Notification",
    "Relation",
    "Subscription",
    "VendorError",
]
