"""The Qt-free core of ganlab: networks, rendering, training, files and the command line."""
