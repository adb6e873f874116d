"""Sign-in of officials by OpenID Connect: who they are, for which bureau, in which roles, and their sessions."""
