"""Signing in by OAuth2: in a browser or on another device, and renewing what came of it.

Nothing of it is imported before an account signs in, or its access token has to be renewed.
"""
