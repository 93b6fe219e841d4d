# fill NAME=VALUE ... puts values for @NAME@ in what it reads.
fill() {
    script=""
    for pair in "$@"; do
        script="$script;s/@${pair%%=*}@/${pair#*=}/g"
    done
    sed -e "${script#;}"
}
