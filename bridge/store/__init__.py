"""The database: tables, migrations, queries. Nothing else in the hub knows SQL."""
