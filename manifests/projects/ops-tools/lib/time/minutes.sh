# minutes SECONDS rounds up.
minutes() {
    echo $((($1 + 59) / 60))
}
