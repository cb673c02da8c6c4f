"""Signing in at an OpenID provider: discovery, the authorisation code with PKCE, a proven answer.

Knows nothing of the hub: it proves who came, and others decide what that opens.
"""
