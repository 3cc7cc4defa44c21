"""Approved marks as files for other programs: DICOM SEG, NIfTI, COCO. Each writer has a reader in `readback` that
shares no code with it, so that a file is called saved only after it was read back and compared."""
