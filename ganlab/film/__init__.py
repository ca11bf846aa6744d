"""The room where films are made: the timeline with its controls and menus, and the list of exports."""
