"""What was said: marks with geometry in immutable versions, and the voxel truth of each segment."""
