"""The demo cohort: synthetic patients that make the first screen of a fresh machine worth looking at.

What lives here: the generator. `cohort.generate_cohort` writes about 40 MR patients (smooth random deformations of the
MNI152 T1 template with artificial lesions) and one computed CT thorax as DICOM series, with the truth beside them.
`template` reads nilearn's maps, `deform` makes heads, `lesions` puts marks in them, `acquisition` scans them, `mr` and
`ct` give arrays, `write` gives files, `manifest` describes the result.

What does not: importing the files, users and projects; that is `medreview.demo.seed`. Nothing else here needs Django,
and nothing here is used outside the demo and the tests.
"""
