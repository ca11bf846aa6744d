"""Films: the timeline, its edits and playback, exports and their list."""
