"""The DIMSE door: C-ECHO and C-STORE as a service class provider (PS3.4 annex B, PS3.7 9.1)."""
