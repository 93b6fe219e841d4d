# What is in the folder that is given, as lines. Runs in a step and on the host, by busybox.
cd "$1" || exit
{
    find . -type d -exec stat -c 'directory %n %a %u:%g %Y' {} +
    find . ! -type d -exec stat -c '%F %n %a %u:%g %s %Y %t,%T' {} +
    find . -type f -exec sha256sum {} +
    find . -type l -exec sh -c 'echo "$0 -> $(readlink "$0")"' {} \;
} | sort
