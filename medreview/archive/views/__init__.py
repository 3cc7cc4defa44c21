"""HTTP of the archive that is described in the API's document; DICOMweb is in `dicomweb`."""
