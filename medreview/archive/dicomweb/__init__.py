"""DICOMweb (PS3.18 10): QIDO-RS, WADO-RS and STOW-RS, one root per project: `/dicomweb/<slug>`.

So that permission and search scope are the same thing. Names and ids of patients, and files that hold them, go to
managers only; everyone else gets the pseudonym and the pixels.
"""
