// Connects to a UNIX socket, sends a word and shows the answer.
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int count, char **arguments) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char answer[64];
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (count < 3) return 2;
    strncpy(address.sun_path, arguments[1], sizeof address.sun_path - 1);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("connect");
        return 1;
    }
    if (write(fd, arguments[2], strlen(arguments[2])) < 0) return 1;
    ssize_t length = read(fd, answer, sizeof answer);
    return length > 0 && write(1, answer, (size_t)length) == length ? 0 : 1;
}
