// Reading, writing, messages with descriptors.
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

#include "internal.h"

static const char *const step_texts[] = {
#define X(name, text) [CSB_STEP_##name] = text,
    CSB_STEPS(X)
#undef X
};

const char *csb_step_text(int32_t step) {
    if (step < 0 || (size_t)step >= sizeof step_texts / sizeof *step_texts) return "unknown step";
    return step_texts[step];
}

int csb_fail_with(struct csb_failure *failure, enum csb_step step, int error, const char *path) {
    failure->step = step;
    failure->error = error;
    csb_format(failure->path, sizeof failure->path, "%s", path ? path : "");
    return -error;
}

int csb_fail(struct csb_failure *failure, enum csb_step step, const char *path) {
    return csb_fail_with(failure, step, errno, path);
}

// snprintf that cuts and returns what is there. glibc's is safe after a fork for these simple formats: no allocation.
size_t csb_format(char *buffer, size_t size, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(buffer, size, format, arguments);
    va_end(arguments);
    if (length < 0) return 0;
    return (size_t)length < size ? (size_t)length : size - 1;
}

// Reads until `length` or the end of the file.
ssize_t csb_read(int fd, void *buffer, size_t length) {
    size_t done = 0;
    while (done < length) {
        ssize_t count = read(fd, (char *)buffer + done, length - done);
        if (count == 0) break;
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -errno;
        done += (size_t)count;
    }
    return (ssize_t)done;
}

int csb_write_all(int fd, const void *buffer, size_t length) {
    size_t done = 0;
    while (done < length) {
        ssize_t count = write(fd, (const char *)buffer + done, length - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return -errno;
        done += (size_t)count;
    }
    return 0;
}

// One write to an existing file of proc or a control group: those take a value in one piece only.
int csb_write_file(const char *path, const void *text, size_t length) {
    CSB_CLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -errno;
    if (write(fd, text, length) < 0) return -errno;
    return 0;
}

union control {
    struct cmsghdr header;
    char space[CMSG_SPACE(sizeof(int) * CSB_DESCRIPTOR_LIMIT)];
};

ssize_t csb_send(int fd, const void *message, size_t length, const int *fds, int count) {
    struct iovec part = {.iov_base = (void *)message, .iov_len = length};
    union control control = {0};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > 0) {
        header.msg_control = &control;
        header.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
        struct cmsghdr *item = CMSG_FIRSTHDR(&header);
        item->cmsg_level = SOL_SOCKET;
        item->cmsg_type = SCM_RIGHTS;
        item->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
        memcpy(CMSG_DATA(item), fds, sizeof(int) * (size_t)count);
    }
    ssize_t sent;
    do sent = sendmsg(fd, &header, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

ssize_t csb_receive(int fd, void *message, size_t length, int *fds, int *count, int flags) {
    int room = count ? *count : 0, taken = 0;
    if (count) *count = 0;
    struct iovec part = {.iov_base = message, .iov_len = length};
    union control control = {0};
    struct msghdr header = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t received;
    do received = recvmsg(fd, &header, MSG_CMSG_CLOEXEC | flags);
    while (received < 0 && errno == EINTR);
    if (received < 0) return -errno;
    for (struct cmsghdr *item = CMSG_FIRSTHDR(&header); item; item = CMSG_NXTHDR(&header, item)) {
        if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) continue;
        int got = (int)((item->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        for (int index = 0; index < got; index++) {
            int value;
            memcpy(&value, CMSG_DATA(item) + sizeof(int) * (size_t)index, sizeof value);
            if (taken < room) fds[taken++] = value;
            else close(value);
        }
    }
    if (count) *count = taken;
    if (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) return -EMSGSIZE;
    return received;
}

int csb_openat2(int directory, const char *path, uint64_t flags, uint64_t resolve) {
    struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = resolve};
    int fd;
    do fd = (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
    while (fd < 0 && (errno == EINTR || errno == EAGAIN));
    return fd < 0 ? -errno : fd;
}

// A message of the kernel's default limit (wmem_max, 208 KiB) must fit with its bookkeeping; SO_SNDBUF is doubled.
int csb_socket_pair(int *first, int *second) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return -errno;
    int room = 4 * CSB_MESSAGE_LIMIT;
    for (int index = 0; index < 2; index++) {
        setsockopt(pair[index], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
        setsockopt(pair[index], SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    }
    *first = pair[0];
    *second = pair[1];
    return 0;
}
