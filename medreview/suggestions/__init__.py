"""What a model proposed: prediction runs and the suggestions they offer to readers of the learning lane."""
