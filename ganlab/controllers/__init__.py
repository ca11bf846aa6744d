"""Opening, playing, keeping: each joins the window to the session and the workers."""
