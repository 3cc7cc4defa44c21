"""`medreview import`: images with the labels that others have made, one command a data set.

`sources` finds images, `coco`, `voc`, `masks` and `nifti` read marks, `matching` ties their categories to the project's
labels, `run` takes the images in and records the marks as readings, `command` is the shell's side.
"""
