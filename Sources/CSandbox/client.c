// The executor's side of the zygote's socket.
#include <sys/socket.h>

#include "internal.h"
#include "protocol.h"

static int await_start(int reply_fd, struct csb_step_started *started, struct csb_failure *failure) {
    struct csb_reply reply;
    int pidfd = -1, count = 1;
    ssize_t length = csb_receive(reply_fd, &reply, sizeof reply, &pidfd, &count, 0);
    if (length != (ssize_t)sizeof reply) return csb_fail_with(failure, CSB_STEP_REQUEST, EPIPE, "zygote");
    if (reply.kind == CSB_REPLY_FAILED) {
        *failure = reply.failure;
        return -failure->error;
    }
    if (count != 1) return csb_fail_with(failure, CSB_STEP_REQUEST, EBADMSG, "pidfd");
    started->pidfd = pidfd;
    started->network = reply.network;
    memcpy(started->note, reply.note, sizeof started->note);
    return 0;
}

static int send_start(const struct csb_step_request *request, const struct csb_step_files *files, int memory,
                      int reply) {
    int fds[CSB_DESCRIPTOR_LIMIT] = {memory, reply, files->stdout_fd, files->stderr_fd};
    struct csb_start start = {.has_stdin = files->stdin_fd >= 0, .is_terminal = files->is_terminal};
    int count = CSB_START_FIXED;
    if (start.has_stdin) fds[count++] = files->stdin_fd;
    for (size_t index = 0; index < request->mount_count; index++)
        if (request->mounts[index].kind == CSB_MOUNT_FILE) fds[count++] = request->mounts[index].content_fd;
    return (int)csb_send(csb_executor()->zygote_socket, &start, sizeof start, fds, count);
}

int csb_step_start(const struct csb_step_request *request, const struct csb_step_files *files,
                   struct csb_step_started *started, struct csb_failure *failure) {
    int ours = -1, theirs = -1;
    if (request->mount_count > CSB_MOUNT_LIMIT) return csb_fail_with(failure, CSB_STEP_REQUEST, E2BIG, "mounts");
    CSB_CLOSE int memory = csb_encode_request(request);
    if (memory < 0) return csb_fail_with(failure, CSB_STEP_MEMFD, -memory, NULL);
    if (csb_socket_pair(&ours, &theirs) < 0) return csb_fail(failure, CSB_STEP_SOCKET_PAIR, NULL);
    int sent = send_start(request, files, memory, theirs);
    close(theirs);
    int result = sent < 0 ? csb_fail_with(failure, CSB_STEP_REQUEST, -sent, "zygote")
                          : await_start(ours, started, failure);
    if (result == 0) return ours;
    close(ours);
    return result;
}

int csb_step_wait(int reply_fd, struct csb_usage *usage, struct csb_failure *failure) {
    struct csb_reply reply;
    ssize_t length = csb_receive(reply_fd, &reply, sizeof reply, NULL, NULL, 0);
    if (length != (ssize_t)sizeof reply) return csb_fail_with(failure, CSB_STEP_WAIT, EPIPE, "zygote");
    *usage = reply.usage;
    if (reply.kind == CSB_REPLY_EXITED) return 0;
    *failure = reply.failure;
    return -failure->error;
}
