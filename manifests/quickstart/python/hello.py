print("hello from an image that build-all built")
