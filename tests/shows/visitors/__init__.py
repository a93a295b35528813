"""Those who visit the demo site through the filter: real tools, scripted browsers and clients."""
