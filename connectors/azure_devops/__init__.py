"""Azure DevOps Boards: work items of an organisation, their comments and their service hooks."""
