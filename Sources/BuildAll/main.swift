print("build-all")
