// Connects to the abstract socket of the given name and prints how that went.
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(int count, char **arguments) {
    if (count != 2) return 2;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(arguments[1]);
    memcpy(address.sun_path + 1, arguments[1], length);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    int result = connect(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length));
    puts(strerror(result < 0 ? errno : 0));
    return 0;
}
