"""The DIMSE door: C-ECHO and C-STORE as a service class provider (PS3.4 annex B, PS3.7 9.1)."""

# How it calls itself. Any title may be called: the routes say where that leads.
AE_TITLE = "MEDREVIEW"
