"""Pictures that carry their Recipe."""
