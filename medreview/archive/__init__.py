"""What was acquired: patients, studies, series, instances, grids; how bytes come in and how frames go out."""
