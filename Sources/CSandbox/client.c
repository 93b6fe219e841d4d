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

int csb_step_start(const struct csb_step_request *request, int stdout_fd, int stderr_fd,
                   struct csb_step_started *started, struct csb_failure *failure) {
    int ours = -1, theirs = -1;
    CSB_CLOSE int memory = csb_encode_request(request);
    if (memory < 0) return csb_fail_with(failure, CSB_STEP_MEMFD, -memory, NULL);
    if (csb_socket_pair(&ours, &theirs) < 0) return csb_fail(failure, CSB_STEP_SOCKET_PAIR, NULL);
    int fds[4] = {memory, stdout_fd, stderr_fd, theirs};
    ssize_t sent = csb_send(csb_executor()->zygote_socket, "s", 1, fds, 4);
    close(theirs);
    int result = sent < 0 ? csb_fail_with(failure, CSB_STEP_REQUEST, (int)-sent, "zygote")
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
